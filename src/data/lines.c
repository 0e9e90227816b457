#include "data/lines.h"

#include "base/mem.h"
#include "data/csv.h"
#include "data/csv_scan.h"
#include "data/number.h"
#include "data/readers.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    READ_STEP = 256 << 10, /* bytes asked for at once */
    MAGIC = 6,             /* bytes that tell what is not CSV, unless a line ends before */
    SAMPLE = 64,           /* records that settle the header, as many as csv_scan.c looks at */
};

/* The complete records from `begin` on, as far as they were looked at.  Offsets count from begin. */
struct run {
    size_t end;              /* behind the last record to hand out */
    int64_t rows;            /* up to there */
    size_t at;               /* the record looked at, which is not complete or `bad` */
    size_t seen;             /* how far it was looked at; bad: its end */
    struct lt_csv_edge edge; /* there */
    int64_t held;            /* blank lines between end and at, of a single column */
    bool bad;                /* the record at `at` cannot be read */
    bool open;               /* because a quoted text does not end */
};

struct lt_lines {
    char *name;
    int descriptor;
    struct lt_numbers *numbers;
    char *text; /* what was read; [begin, used) was not handed out */
    size_t begin, used, room;
    int64_t line;  /* of text[begin] */
    bool started;  /* its first bytes were looked at */
    bool whole;    /* it is not CSV */
    bool skipping; /* text[begin] goes on a line that is too long */
    bool answered; /* something was handed out or refused */
    bool ended;    /* the descriptor gives nothing more */
    char *header;
    struct lt_csv_form form; /* columns is 0 until it is known */
    struct run run;
};

int lt_lines_open(struct lt_lines **out, int descriptor, const char *name, struct lt_error *err)
{
    struct lt_lines *l = NULL;
    *out = NULL;
    int rc = lt_alloc(&l, 1, sizeof *l, "lines", err);
    if (rc)
        return rc;
    l->descriptor = descriptor;
    l->line = 1;
    rc = lt_strdup(&l->name, name ? name : "standard input", err);
    if (!rc)
        rc = lt_numbers_create(&l->numbers, err);
    if (rc)
        lt_lines_free(&l);
    *out = l;
    return rc;
}

void lt_lines_free(struct lt_lines **lines)
{
    struct lt_lines *l = *lines;
    *lines = NULL;
    if (!l)
        return;
    lt_numbers_free(&l->numbers);
    lt_free(l->name);
    lt_free(l->text);
    lt_free(l->header);
    lt_free(l);
}

/* ---- reading ----------------------------------------------------------- */

static int fail_read(const struct lt_lines *l, struct lt_error *err)
{
    if (errno == EINTR)
        return lt_fail(err, LT_EINTERRUPTED, "%s: reading was interrupted", l->name);
    return lt_fail(err, LT_EFAIL, "%s: cannot be read: %s", l->name, strerror(errno));
}

/* Makes room behind what is there.  Text moves to the front only when at least as much was handed
 * out before it, so that every byte moves about once. */
static int make_room(struct lt_lines *l, struct lt_error *err)
{
    if (l->begin > 0 && l->begin >= l->used - l->begin) {
        memmove(l->text, l->text + l->begin, l->used - l->begin);
        l->used -= l->begin;
        l->begin = 0;
    }
    return lt_grow(&l->text, &l->room, l->used + READ_STEP, 1, l->name, err);
}

/* Takes what the descriptor has now, waiting for the first of it if asked.  poll goes before every
 * read so that neither a descriptor in non-blocking mode nor an interrupted wait is special. */
static int fill(struct lt_lines *l, bool wait, struct lt_error *err)
{
    bool first = true;
    do {
        int rc = make_room(l, err);
        if (rc)
            return rc;
        struct pollfd ready = {.fd = l->descriptor, .events = POLLIN};
        int some = poll(&ready, 1, wait && first ? -1 : 0);
        if (some == 0)
            return first ? LT_LINES_WAIT : LT_OK;
        ssize_t n = some < 0 ? -1 : read(l->descriptor, l->text + l->used, READ_STEP);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            continue;
        if (n < 0)
            return first || errno != EINTR ? fail_read(l, err) : LT_OK;
        l->used += (size_t)n;
        l->ended = n == 0;
        first = false;
    } while (!l->ended && l->used - l->begin < LT_LINES_BYTES);
    return LT_OK;
}

/* ---- handing out ------------------------------------------------------- */

/* `n` bytes are done with. */
static void consume(struct lt_lines *l, size_t n)
{
    const char *p = l->text + l->begin, *end = p + n;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        l->line++;
        p++;
    }
    l->begin += n;
    l->run = (struct run){0};
}

/* The size of the line that begins at text[begin], its end included. */
static size_t line_size(const struct lt_lines *l)
{
    const char *p = l->text + l->begin;
    size_t have = l->used - l->begin;
    const char *end = have ? memchr(p, '\n', have) : NULL;
    return end ? (size_t)(end + 1 - p) : have;
}

/* What a call gives besides its code. */
struct answer {
    struct lt_table *table;
    int64_t first_line, rows;
};

/* The next `size` bytes as a table or as the reader's refusal, after which `skip` bytes are done
 * with; but they stay when memory was short. */
static int read_part(struct lt_lines *l, const struct lt_csv_form *form, size_t size, size_t skip,
                     struct answer *answer, struct lt_error *err)
{
    struct lt_csv_form here = *form;
    here.line = l->line;
    const struct lt_csv_source source = {l->name, l->text + l->begin, size, &here};
    int rc = lt_csv_read(&answer->table, &source, 1, 1, err);
    if (rc && rc != LT_ECONTENT)
        return rc;
    answer->first_line = rc ? 0 : l->line;
    answer->rows = rc ? 0 : lt_table_rows(answer->table);
    l->answered = true;
    consume(l, skip);
    return rc;
}

/* Refuses the record at text[begin], of which a whole line is skipped: it may have no end. */
static int refuse_long(struct lt_lines *l, struct lt_error *err)
{
    int rc = lt_fail(err, LT_ECONTENT,
                     "%s:%lld: a record of more than %d MiB begins here; is a quoted text left "
                     "open, or is this no table?",
                     l->name, (long long)l->line, LT_LINES_RECORD >> 20);
    size_t n = line_size(l);
    l->skipping = l->text[l->begin + n - 1] != '\n';
    l->answered = true;
    consume(l, n);
    return rc;
}

/* Drops what is left of a line that was refused; LT_LINES_WAIT while its end has not come. */
static int skip_line(struct lt_lines *l)
{
    size_t n = line_size(l);
    l->skipping = n == 0 || l->text[l->begin + n - 1] != '\n';
    consume(l, n);
    return l->skipping ? LT_LINES_WAIT : LT_OK;
}

/* ---- the beginning ----------------------------------------------------- */

/* Whether the first bytes are there and what they say. */
static int start(struct lt_lines *l)
{
    const struct lt_bytes first = {.data = (const unsigned char *)l->text, .size = l->used};
    if (!l->ended && l->used < MAGIC && !memchr(l->text, '\n', l->used))
        return LT_LINES_WAIT;
    l->started = true;
    l->whole = !lt_source_is_csv(&first);
    if (l->used >= 3 && memcmp(l->text, "\xef\xbb\xbf", 3) == 0)
        l->begin = 3;
    return LT_OK;
}

/* What is not CSV, by the ordinary reader once all of it is there. */
static int read_whole(struct lt_lines *l, struct answer *answer, struct lt_error *err)
{
    if (!l->ended)
        return LT_LINES_WAIT;
    struct lt_bytes bytes = {
        .data = (const unsigned char *)l->text, .size = l->used, .owned = l->text};
    l->text = NULL;
    l->begin = l->used = l->room = 0;
    l->whole = false;
    l->answered = true;
    int rc = lt_source_read(&answer->table, l->name, &bytes, NULL, err);
    answer->rows = rc ? 0 : lt_table_rows(answer->table);
    return rc;
}

/* The cursor on the first record and on nothing that is not a whole line. */
static struct lt_csv_cursor first_lines(struct lt_lines *l)
{
    const char *p = l->text + l->begin;
    size_t have = l->used - l->begin;
    const char *last = have ? memrchr(p, '\n', have) : NULL;
    const char *end = l->ended ? p + have : last ? last + 1 : p;
    struct lt_csv_cursor c = {p, end, l->line, ',', l->name};
    while (c.p < c.end && lt_csv_skip_blank(&c))
        ;
    consume(l, (size_t)(c.p - p));
    return c;
}

/* Cuts the cursor behind the last of the first records that are complete; returns the end of the
 * first, or NULL.  At the end of the stream whatever is left is complete. */
static const char *cut_records(const struct lt_lines *l, struct lt_csv_cursor *c, bool *open)
{
    const char *first = NULL, *p = c->p;
    *open = false;
    for (int i = 0; i < SAMPLE && p < c->end; i++) {
        struct lt_csv_edge edge = {0};
        const char *end = lt_csv_record_end(&edge, c->delimiter, p, c->end);
        if (!end && !l->ended)
            break;
        if (i == 0)
            *open = !end && edge.state == LT_EDGE_QUOTED;
        p = end ? end : c->end;
        first = first ? first : p;
    }
    c->end = p;
    return first;
}

/* The number of fields of a record, or -1 when it cannot be read. */
static int64_t count_fields(const struct lt_lines *l, const char *p, const char *end,
                            char delimiter)
{
    size_t size = (size_t)(end - p);
    struct lt_csv_cursor c = {p, end, 1, delimiter, l->name};
    struct lt_csv_field field = {0};
    int64_t fields = 0;
    if (size > LT_LINES_RECORD || memchr(p, 0, size))
        return -1;
    if (!memchr(p, '"', size)) { /* the common case, which needs no fields */
        for (size_t i = 0; i < size; i++)
            fields += p[i] == delimiter;
        return fields + 1;
    }
    for (; !field.last; fields++)
        if (lt_csv_next(&c, &field, NULL))
            return -1;
    return fields;
}

static int keep_form(struct lt_lines *l, const struct lt_csv_cursor *c, const char *end,
                     int64_t columns, bool header, struct lt_error *err)
{
    size_t size = (size_t)(end - c->p);
    if (header) {
        int rc = lt_alloc(&l->header, size, 1, l->name, err);
        if (rc)
            return rc;
        memcpy(l->header, c->p, size);
        consume(l, size);
    }
    l->form = (struct lt_csv_form){c->delimiter, columns, l->header, header ? size : 0, 0};
    return LT_OK;
}

/* Settles delimiter, columns and header; LT_LINES_WAIT until the records for that are there. */
static int find_form(struct lt_lines *l, struct answer *answer, struct lt_error *err)
{
    bool open = false, sure = false;
    struct lt_csv_cursor c = first_lines(l);
    bool full = l->used - l->begin > LT_LINES_RECORD; /* no more is waited for */
    c.delimiter = lt_csv_find_delimiter(&c);
    const char *end = cut_records(l, &c, &open);
    if (!end)
        return full ? refuse_long(l, err) : LT_LINES_WAIT;
    int64_t columns = count_fields(l, c.p, end, c.delimiter);
    if (columns < 0 && end - c.p > LT_LINES_RECORD)
        return refuse_long(l, err);
    if (columns < 0) { /* refused as a record of one field more than can be read */
        const struct lt_csv_form form = {c.delimiter, lt_csv_count(c) + 1, NULL, 0, 0};
        size_t size = (size_t)(end - c.p);
        return read_part(l, &form, size, open ? line_size(l) : size, answer, err);
    }
    bool header = lt_csv_find_header(&c, l->numbers, &sure);
    if (!sure && !l->ended && !full)
        return LT_LINES_WAIT;
    return keep_form(l, &c, end, columns, header, err);
}

/* ---- records ----------------------------------------------------------- */

static void accept(struct run *r, int64_t rows)
{
    r->rows += rows;
    r->held = 0;
    r->end = r->at;
}

/* Takes the record [at, seen) into the run, or marks it bad. */
static void judge(struct lt_lines *l, bool open)
{
    struct run *r = &l->run;
    const char *p = l->text + l->begin + r->at, *end = l->text + l->begin + r->seen;
    struct lt_csv_cursor c = {p, end, 1, l->form.delimiter, l->name};
    bool blank = lt_csv_skip_blank(&c);
    if (blank && l->form.columns > 1 && r->rows == 0) {
        consume(l, r->seen);
    } else if (blank) {
        r->at = r->seen;
        r->held += l->form.columns == 1;
        if (l->form.columns > 1)
            accept(r, 0);
        else if (r->at - r->end >= LT_LINES_BYTES)
            accept(r, r->held); /* rather than hold blank lines without an end */
    } else if (count_fields(l, p, end, l->form.delimiter) == l->form.columns) {
        r->at = r->seen;
        accept(r, r->held + 1);
    } else {
        accept(r, r->held);
        r->bad = true;
        r->open = open;
    }
    r->edge = (struct lt_csv_edge){0};
}

static void gather(struct lt_lines *l)
{
    struct run *r = &l->run;
    while (!r->bad && r->end < LT_LINES_BYTES && r->rows < LT_LINES_ROWS) {
        const char *text = l->text + l->begin;
        size_t have = l->used - l->begin;
        const char *end =
            lt_csv_record_end(&r->edge, l->form.delimiter, text + r->seen, text + have);
        r->seen = end ? (size_t)(end - text) : have;
        if (!end && have - r->at > LT_LINES_RECORD)
            r->bad = true; /* and too long */
        if (!end && (!l->ended || r->at == have))
            break;
        judge(l, !end && r->edge.state == LT_EDGE_QUOTED);
    }
    if (r->bad)
        accept(r, r->held);
}

/* What there is, without reading more. */
static int hand_out(struct lt_lines *l, struct answer *answer, struct lt_error *err)
{
    struct run *r = &l->run;
    if (l->begin == l->used)
        return LT_LINES_WAIT;
    int rc = l->started ? LT_OK : start(l);
    if (!rc && l->whole)
        return read_whole(l, answer, err);
    if (!rc && l->skipping)
        rc = skip_line(l);
    if (!rc && l->form.columns == 0)
        rc = find_form(l, answer, err);
    if (rc || answer->table)
        return rc;
    gather(l);
    if (r->rows > 0)
        return read_part(l, &l->form, r->end, r->end, answer, err);
    if (!r->bad)
        return LT_LINES_WAIT;
    if (r->seen > LT_LINES_RECORD)
        return refuse_long(l, err);
    return read_part(l, &l->form, r->seen, r->open ? line_size(l) : r->seen, answer, err);
}

/* A stream without rows is refused as a file without rows is. */
static int finish(struct lt_lines *l, struct answer *answer, struct lt_error *err)
{
    const struct lt_csv_source nothing = {l->name, l->header ? l->header : "", l->form.header_size,
                                          NULL};
    if (l->answered)
        return LT_LINES_END;
    int rc = lt_csv_read(&answer->table, &nothing, 1, 1, err);
    l->answered = rc != LT_EFAIL;
    answer->rows = rc ? 0 : lt_table_rows(answer->table);
    return rc;
}

static int next(struct lt_lines *l, bool wait, struct answer *answer, struct lt_error *err)
{
    int rc;
    while ((rc = hand_out(l, answer, err)) == LT_LINES_WAIT) {
        if (l->ended)
            return finish(l, answer, err);
        if ((rc = fill(l, wait, err)))
            return rc;
    }
    return rc;
}

static int give(struct lt_lines *l, bool wait, struct lt_table **table, int64_t *first_line,
                int64_t *rows, struct lt_error *err)
{
    struct answer answer = {0};
    int rc = next(l, wait, &answer, err);
    *table = answer.table;
    *first_line = answer.first_line;
    *rows = answer.rows;
    return rc;
}

int lt_lines_next(struct lt_lines *l, struct lt_table **table, int64_t *first_line, int64_t *rows,
                  struct lt_error *err)
{
    return give(l, true, table, first_line, rows, err);
}

int lt_lines_poll(struct lt_lines *l, struct lt_table **table, int64_t *first_line, int64_t *rows,
                  struct lt_error *err)
{
    return give(l, false, table, first_line, rows, err);
}
