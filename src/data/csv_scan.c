#include "data/csv_scan.h"

#include "base/mem.h"
#include "data/number.h"
#include <string.h>

enum { LT_SAMPLE = 64 }; /* records looked at to find delimiter and header */

/* ---- fields ------------------------------------------------------------ */

/* Moves over the delimiter or line end behind a field. */
static bool step(struct lt_csv_cursor *c, struct lt_csv_field *field)
{
    if (c->p < c->end && *c->p == c->delimiter) {
        field->last = false;
        c->p++;
        return true;
    }
    field->last = true;
    if (c->p < c->end && *c->p == '\r' && (c->p + 1 == c->end || c->p[1] == '\n'))
        c->p++;
    if (c->p < c->end && *c->p != '\n')
        return false;
    if (c->p < c->end)
        c->p++;
    c->line++;
    return true;
}

static int next_quoted(struct lt_csv_cursor *c, struct lt_csv_field *field, struct lt_error *err)
{
    int64_t first_line = c->line;
    field->begin = ++c->p;
    for (;;) {
        const char *quote = memchr(c->p, '"', (size_t)(c->end - c->p));
        const char *stop = quote ? quote : c->end;
        for (const char *n = c->p; (n = memchr(n, '\n', (size_t)(stop - n))); n++)
            c->line++;
        if (!quote)
            return lt_fail(err, LT_ECONTENT,
                           "%s:%lld: a quoted text begins here and does not end; close it with \"",
                           c->name, (long long)first_line);
        c->p = quote + 1;
        if (c->p == c->end || *c->p != '"')
            break;
        field->doubled = true;
        c->p++;
    }
    field->end = c->p - 1;
    while (c->p < c->end && *c->p == ' ')
        c->p++;
    int64_t line = c->line;
    if (step(c, field))
        return LT_OK;
    return lt_fail(err, LT_ECONTENT,
                   "%s:%lld: text follows a closing quote; write a quote inside a text as \"\"",
                   c->name, (long long)line);
}

int lt_csv_next(struct lt_csv_cursor *c, struct lt_csv_field *field, struct lt_error *err)
{
    *field = (struct lt_csv_field){0};
    if (c->p < c->end && *c->p == '"') {
        field->quoted = true;
        return next_quoted(c, field, err);
    }
    const char *p = c->p;
    while (p < c->end && *p != c->delimiter && *p != '\n')
        p++;
    field->begin = c->p;
    field->end = p;
    bool newline = p == c->end || *p == '\n';
    if (newline && p > field->begin && p[-1] == '\r')
        field->end--;
    c->p = p;
    step(c, field);
    return LT_OK;
}

static enum lt_edge_state edge_behind_quote(char delimiter, char c)
{
    if (c == delimiter)
        return LT_EDGE_FIELD;
    return c == ' ' ? LT_EDGE_CLOSED : LT_EDGE_BROKEN;
}

/* The state behind c, which is no line end. */
static enum lt_edge_state edge_step(enum lt_edge_state state, char delimiter, char c)
{
    switch (state) {
    case LT_EDGE_FIELD:
    case LT_EDGE_PLAIN:
        if (c == delimiter)
            return LT_EDGE_FIELD;
        return state == LT_EDGE_FIELD && c == '"' ? LT_EDGE_QUOTED : LT_EDGE_PLAIN;
    case LT_EDGE_QUOTED:
        return c == '"' ? LT_EDGE_QUOTE : LT_EDGE_QUOTED;
    case LT_EDGE_QUOTE:
        return c == '"' ? LT_EDGE_QUOTED : edge_behind_quote(delimiter, c);
    case LT_EDGE_CLOSED:
        return edge_behind_quote(delimiter, c);
    default:
        return LT_EDGE_BROKEN;
    }
}

const char *lt_csv_record_end(struct lt_csv_edge *edge, char delimiter, const char *p,
                              const char *end)
{
    const char *line = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    bool simple = edge->state == LT_EDGE_FIELD && line && !memchr(p, '"', (size_t)(line - p));
    if (simple) /* most records are one line without quotes */
        return line + 1;
    for (; p < end; p++) {
        if (*p != '\n')
            edge->state = edge_step(edge->state, delimiter, *p);
        else if (edge->state != LT_EDGE_QUOTED)
            return p + 1;
    }
    return NULL;
}

bool lt_csv_skip_blank(struct lt_csv_cursor *c)
{
    const char *p = c->p;
    if (p < c->end && *p == '\r')
        p++;
    if (p < c->end && *p != '\n')
        return false;
    c->p = p < c->end ? p + 1 : p;
    c->line++;
    return true;
}

int64_t lt_csv_count(struct lt_csv_cursor cursor)
{
    int64_t count = 0;
    struct lt_csv_field field = {0};
    while (!field.last && cursor.p <= cursor.end && !lt_csv_next(&cursor, &field, NULL))
        count++;
    return count;
}

int lt_csv_text(const struct lt_csv_field *field, char **buf, size_t *capacity, size_t *length,
                const char *what, struct lt_error *err)
{
    size_t n = (size_t)(field->end - field->begin);
    int rc = lt_grow(buf, capacity, n + 1, 1, what, err);
    if (rc)
        return rc;
    char *to = *buf;
    for (const char *p = field->begin; p < field->end; p++) {
        *to++ = *p;
        p += field->doubled && *p == '"';
    }
    *to = '\0';
    *length = (size_t)(to - *buf);
    return LT_OK;
}

void lt_csv_trim(const char **begin, const char **end)
{
    while (*begin < *end && (**begin == ' ' || **begin == '\t'))
        ++*begin;
    while (*begin < *end && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        --*end;
}

bool lt_csv_missing(const char *begin, const char *end)
{
    static const char *const words[] = {"?", "na", "n/a", "nan", "null"};
    size_t n = (size_t)(end - begin);
    if (n == 0)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncasecmp(begin, words[i], n) == 0)
            return true;
    return false;
}

/* ---- what kind of CSV -------------------------------------------------- */

enum kind { KIND_MISSING, KIND_NUMBER, KIND_TEXT };

static enum kind kind_of(const struct lt_csv_field *field, const struct lt_numbers *numbers)
{
    int64_t integer;
    double real;
    const char *begin = field->begin, *end = field->end;
    lt_csv_trim(&begin, &end);
    if (lt_csv_missing(begin, end))
        return KIND_MISSING;
    return lt_number_parse(numbers, begin, end, &integer, &real) ? KIND_NUMBER : KIND_TEXT;
}

/* How many of the first records have as many fields as the first, when cut at
 * this delimiter; 0 when the first has one field. */
static int agreement(struct lt_csv_cursor cursor, char delimiter, int64_t *fields)
{
    cursor.delimiter = delimiter;
    *fields = lt_csv_count(cursor);
    int agreeing = 0;
    for (int i = 0; i<LT_SAMPLE && * fields> 1 && cursor.p < cursor.end; i++) {
        if (lt_csv_skip_blank(&cursor))
            continue;
        int64_t count = 0;
        struct lt_csv_field field = {0};
        while (!field.last && !lt_csv_next(&cursor, &field, NULL))
            count++;
        if (!field.last)
            break;
        agreeing += count == *fields;
    }
    return agreeing;
}

/* The delimiter is the one that cuts most of the first records into the same
 * number of fields, then the one that makes more fields, then the first of
 * comma, tab, semicolon, bar.  None makes two fields: one column. */
char lt_csv_find_delimiter(const struct lt_csv_cursor *cursor)
{
    char best = ',';
    int best_agreement = 0;
    int64_t best_fields = 0;
    for (const char *d = ",\t;|"; *d; d++) {
        int64_t fields = 0;
        int a = agreement(*cursor, *d, &fields);
        if (a > best_agreement || (a == best_agreement && a > 0 && fields > best_fields)) {
            best = *d;
            best_agreement = a;
            best_fields = fields;
        }
    }
    return best;
}

/* Numbers 0, 1, 2 ... in the first record are the header that tools write for
 * columns without names; five or more of them are no coincidence, unless they stand alone. */
static bool counts_up(struct lt_csv_cursor cursor, bool *alone)
{
    struct lt_csv_field field = {0};
    int64_t j = 0;
    for (; !field.last && !lt_csv_next(&cursor, &field, NULL); j++) {
        char text[LT_NUMBER_TEXT];
        int n = lt_number_format_i64(text, j);
        if (field.end - field.begin != n || memcmp(field.begin, text, (size_t)n) != 0)
            return false;
    }
    while (cursor.p < cursor.end && lt_csv_skip_blank(&cursor))
        ;
    *alone = j >= 5 && cursor.p == cursor.end;
    return j >= 5 && cursor.p < cursor.end;
}

struct header_clues {
    bool numbers, texts; /* in the first record */
    bool below;          /* a number stands below a text */
    bool repeated;       /* a text of the first record comes again in its column */
    bool alone;          /* there is no other record */
};

/* Compares one record with the first, field by field. */
static void compare_record(struct lt_csv_cursor first, struct lt_csv_cursor *cursor,
                           const struct lt_numbers *numbers, struct header_clues *clues)
{
    struct lt_csv_field a = {0}, b = {0};
    while (!a.last && !b.last) {
        if (lt_csv_next(&first, &a, NULL) || lt_csv_next(cursor, &b, NULL)) {
            cursor->p = cursor->end;
            return;
        }
        if (kind_of(&a, numbers) != KIND_TEXT)
            continue;
        clues->below |= kind_of(&b, numbers) == KIND_NUMBER;
        clues->repeated |= b.end - b.begin == a.end - a.begin &&
                           memcmp(a.begin, b.begin, (size_t)(a.end - a.begin)) == 0;
    }
    while (!b.last && !lt_csv_next(cursor, &b, NULL))
        ;
}

/* The first record is a header when it holds text and no number, and either a
 * number stands below one of its texts in the records looked at, or none of
 * its texts comes again in its own column. */
bool lt_csv_find_header(const struct lt_csv_cursor *at, const struct lt_numbers *numbers,
                        bool *sure)
{
    struct lt_csv_cursor cursor = *at;
    struct lt_csv_field field = {0};
    struct header_clues clues = {.alone = false};
    bool header = false;
    while (!field.last && !lt_csv_next(&cursor, &field, NULL)) {
        enum kind kind = kind_of(&field, numbers);
        clues.numbers |= kind == KIND_NUMBER;
        clues.texts |= kind == KIND_TEXT;
    }
    if (clues.numbers) {
        header = counts_up(*at, &clues.alone);
    } else if (clues.texts) {
        clues.alone = true;
        for (int i = 0; i < LT_SAMPLE && cursor.p < cursor.end; i++) {
            if (lt_csv_skip_blank(&cursor))
                continue;
            clues.alone = false;
            compare_record(*at, &cursor, numbers, &clues);
        }
        header = clues.alone || clues.below || !clues.repeated;
    }
    if (sure)
        *sure = !clues.alone;
    return header;
}
