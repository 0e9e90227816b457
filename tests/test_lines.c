/* CSV records from a stream, as they come. */
#include "data/lines.h"
#include "data_help.h"
#include <fcntl.h>

/* ---- a pipe with lines at its end -------------------------------------- */

struct stream {
    int in, out; /* the pipe; in is -1 once closed */
    struct lt_lines *lines;
    struct lt_table *table; /* handed out last */
    int64_t first, rows;
    struct lt_error err;
};

static void stream_open(struct stream *s)
{
    int ends[2];
    *s = (struct stream){0};
    T_INT(pipe(ends), 0);
    s->out = ends[0];
    s->in = ends[1];
    T_INT(lt_lines_open(&s->lines, s->out, "t.csv", &s->err), 0);
}

static void stream_put(struct stream *s, const char *bytes, size_t n)
{
    T_INT(write(s->in, bytes, n), n);
}

static void stream_text(struct stream *s, const char *text)
{
    stream_put(s, text, strlen(text));
}

static void stream_end(struct stream *s)
{
    if (s->in >= 0)
        close(s->in);
    s->in = -1;
}

static int stream_poll(struct stream *s)
{
    lt_table_free(&s->table);
    s->err = (struct lt_error){0};
    int rc = lt_lines_poll(s->lines, &s->table, &s->first, &s->rows, &s->err);
    T_INT(s->err.code, rc < 0 ? rc : 0);
    T_OK((s->table != NULL) == (rc == 0));
    T_INT(s->rows, s->table ? lt_table_rows(s->table) : 0);
    return rc;
}

static void stream_close(struct stream *s)
{
    stream_end(s);
    close(s->out);
    lt_table_free(&s->table);
    lt_lines_free(&s->lines);
}

/* Checks the rows handed out against the same rows of the whole; returns how many. */
static int64_t check_rows(const struct stream *s, const struct lt_table *whole, int64_t at)
{
    char got[200], want[200];
    int64_t n = lt_table_rows(s->table), d = lt_table_columns(s->table);
    T_INT(d, lt_table_columns(whole));
    T_INT(lt_table_has_names(s->table), lt_table_has_names(whole));
    T_OK(at + n <= lt_table_rows(whole));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++) {
            T_STR(help_cell(s->table, i, j), help_cell(whole, at + i, j));
            T_STR(lt_table_where(s->table, i, j, got, sizeof got),
                  lt_table_where(whole, at + i, j, want, sizeof want));
        }
    snprintf(got, sizeof got, "t.csv:%lld", (long long)s->first);
    T_STR(got, lt_table_where(whole, at, -1, want, sizeof want));
    return n;
}

/* Feeds the text in pieces of `step` bytes, or in two cut at `step` when that is negative, and
 * expects the rows of the ordinary reader. */
static void expect_rows(const char *text, int step)
{
    struct lt_table *whole = help_text(text);
    struct stream s;
    size_t size = strlen(text);
    int64_t at = 0;
    int rc = 0;
    stream_open(&s);
    for (size_t done = 0, n; done < size; done += n) {
        n = step > 0 ? (size_t)step : done == 0 ? (size_t)-step : size - done;
        n = n < size - done ? n : size - done;
        stream_put(&s, text + done, n);
        while (!(rc = stream_poll(&s)))
            at += check_rows(&s, whole, at);
        if (rc != LT_LINES_WAIT)
            T_FAIL("cut at %zu: %s", done + n, s.err.text);
    }
    stream_end(&s);
    while (!(rc = stream_poll(&s)))
        at += check_rows(&s, whole, at);
    if (rc != LT_LINES_END || at != lt_table_rows(whole))
        T_FAIL("cut by %d: %lld rows and %d: %s", step, (long long)at, rc, s.err.text);
    T_INT(stream_poll(&s), LT_LINES_END);
    stream_close(&s);
    lt_table_free(&whole);
}

static void expect_rows_however_cut(const char *text)
{
    for (int cut = 1; cut <= (int)strlen(text); cut++)
        expect_rows(text, -cut);
    for (int step = 1; step < 20; step++)
        expect_rows(text, step);
}

/* ---- claims ------------------------------------------------------------ */

TEST(rows_are_those_of_the_ordinary_reader_wherever_the_stream_is_cut)
{
    expect_rows_however_cut("\xef\xbb\xbf\r\n\r\nid,\"na,me\",note\r\n1,x,\"a \"\"b\"\"\r\nc\"\r\n"
                            "\r\n2,\"y\" ,plain \"quote\"\r\n,NA,\"\"\r\n\n\r\n3,\"\n\n\",z\r\n"
                            "4,w,\"end, \"\"of it\"\"\"");
    expect_rows_however_cut("1;2,5;x\n3;4,5;\"a;b\"\n5;6,5;\"\"\"\"\n");
    expect_rows_however_cut("a\tb\n\"\"\tx\n2\t\"y\tz\"\n\n\n");
    expect_rows_however_cut("a|b\n1|x\r\n2|y\r");
    expect_rows_however_cut("7\n");
    expect_rows_however_cut("7,8");
}

TEST(blank_lines_of_a_single_column_wait_for_a_record)
{
    expect_rows_however_cut("v\n\n1\n\r\n\n3\n\n\r\n\n");
    expect_rows_however_cut("\n\n1\n\n\n3\n\n\r");
    struct stream s;
    stream_open(&s);
    stream_text(&s, "1\n2\n\n\n");
    T_INT(stream_poll(&s), 0);
    T_INT(s.rows, 2);
    T_INT(stream_poll(&s), LT_LINES_WAIT);
    stream_text(&s, "5\n");
    T_INT(stream_poll(&s), 0);
    T_INT(s.rows, 3);
    T_INT(s.first, 3);
    T_STR(help_cell(s.table, 1, 0), "missing");
    stream_close(&s);
}

TEST(a_header_is_recognised_once)
{
    expect_rows("normal\nfault\nnormal\n", 20);        /* its first text comes again: none */
    expect_rows_however_cut("0,1,2,3,4\n9,8,7,6,5\n"); /* written by tools: one */
    struct stream s;
    stream_open(&s);
    stream_text(&s, "a,b\n");
    T_INT(stream_poll(&s), LT_LINES_WAIT);
    stream_text(&s, "x,1\n");
    T_INT(stream_poll(&s), 0);
    T_STR(lt_table_column_name(s.table, 1, NULL, 0), "b");
    stream_text(&s, "c,d\n");
    T_INT(stream_poll(&s), 0);
    T_INT(s.rows, 1);
    T_STR(help_cell(s.table, 0, 1), "d");
    T_STR(lt_table_column_name(s.table, 1, NULL, 0), "b");
    stream_close(&s);
}

TEST(numbers_without_a_header_are_answered_one_by_one)
{
    struct stream s;
    char line[40];
    stream_open(&s);
    for (int i = 0; i < 50; i++) {
        snprintf(line, sizeof line, "%d,%d\n1", i, i * i);
        stream_put(&s, line, strlen(line) - 1);
        T_INT(stream_poll(&s), 0);
        T_INT(s.rows, 1);
        T_INT(s.first, i + 1);
        T_INT(atoi(help_cell(s.table, 0, 1)), i * i);
        T_INT(stream_poll(&s), LT_LINES_WAIT);
    }
    stream_close(&s);
}

TEST(a_call_waits_for_a_record_and_not_for_the_end)
{
    struct stream s;
    char go = 0;
    int back[2];
    stream_open(&s);
    T_INT(pipe(back), 0);
    pid_t child = fork();
    if (child == 0) { /* writes the second record only when the first was answered */
        bool fine = write(s.in, "1,2\n3,", 6) == 6 && read(back[0], &go, 1) == 1;
        usleep(20000);
        _exit(!(fine && write(s.in, "4\n", 2) == 2));
    }
    stream_end(&s);
    for (int i = 0; i < 2; i++) {
        T_INT(lt_lines_next(s.lines, &s.table, &s.first, &s.rows, &s.err), 0);
        T_INT(s.rows, 1);
        T_INT(s.first, i + 1);
        T_STR(help_cell(s.table, 0, 1), i ? "4" : "2");
        lt_table_free(&s.table);
        T_INT(write(back[1], &go, 1), 1);
    }
    T_INT(lt_lines_next(s.lines, &s.table, &s.first, &s.rows, &s.err), LT_LINES_END);
    int status = 1;
    waitpid(child, &status, 0);
    T_INT(status, 0);
    close(back[0]);
    close(back[1]);
    stream_close(&s);
}

TEST(a_bad_record_is_told_and_those_around_it_are_not_lost)
{
    static const char text[] = "a,b\n1,2\n3,4\n\n5,6,7\n8\n9,\"x\"y\n10,11\n12,\"p\nq\",r\n13,14\n";
    struct stream s;
    for (size_t cut = 1; cut < sizeof text; cut++) {
        stream_open(&s);
        stream_put(&s, text, cut < sizeof text - 1 ? cut : sizeof text - 1);
        int64_t sum = 0;
        int bad = 0, rc = 0;
        for (int part = 0; part < 2; part++) {
            while ((rc = stream_poll(&s)) <= 0) {
                static const char *const want[] = {
                    "t.csv:5: 3 fields where the header has 2; give every row as many, and put a "
                    "text that holds a delimiter in quotes",
                    "t.csv:6: 1 field where the header has 2; give every row as many, and put a "
                    "text that holds a delimiter in quotes",
                    "t.csv:7: text follows a closing quote; write a quote inside a text as \"\"",
                    "t.csv:9: 3 fields where the header has 2; give every row as many, and put a "
                    "text that holds a delimiter in quotes"};
                if (rc)
                    T_ERR(s.err, want[bad++]);
                for (int64_t i = 0; i < s.rows; i++)
                    sum += atoi(help_cell(s.table, i, 0)) * atoi(help_cell(s.table, i, 1));
            }
            if (part == 0)
                stream_put(&s, text + cut, cut < sizeof text - 1 ? sizeof text - 1 - cut : 0);
            stream_end(&s);
        }
        T_INT(rc, LT_LINES_END);
        T_INT(bad, 4);
        T_INT(sum, 2 + 12 + 110 + 182);
        stream_close(&s);
    }
}

TEST(a_quote_left_open_costs_its_line_only)
{
    struct stream s;
    stream_open(&s);
    stream_text(&s, "a,b\n1,2\n3,\"oops\n5,6\n7,8\n");
    T_INT(stream_poll(&s), 0);
    T_INT(stream_poll(&s), LT_LINES_WAIT);
    stream_end(&s);
    T_INT(stream_poll(&s), LT_ECONTENT);
    T_ERR(s.err, "t.csv:3: a quoted text begins here and does not end; close it with \"");
    T_INT(stream_poll(&s), 0);
    T_INT(s.rows, 2);
    T_INT(s.first, 4);
    T_INT(stream_poll(&s), LT_LINES_END);
    stream_close(&s);
}

TEST(a_first_record_that_is_bad_is_skipped_too)
{
    struct stream s;
    stream_open(&s);
    stream_text(&s, "\"a\"x,b\n\n1,2\n3,4\n");
    T_INT(stream_poll(&s), LT_ECONTENT);
    T_ERR(s.err, "t.csv:1: text follows a closing quote; write a quote inside a text as \"\"");
    T_INT(stream_poll(&s), 0);
    T_INT(s.rows, 2);
    T_INT(s.first, 3);
    stream_put(&s, "5,\0\n6,7\n", 8);
    T_INT(stream_poll(&s), LT_ECONTENT);
    T_ERR(s.err, "t.csv:5: a zero byte, which text does not hold; is this a table?");
    T_INT(stream_poll(&s), 0);
    T_INT(s.first, 6);
    stream_text(&s, "8\n");
    T_INT(stream_poll(&s), LT_ECONTENT);
    T_ERR(s.err, "t.csv:7: 1 field where the first row has 2; give every row as many, and put a "
                 "text that holds a delimiter in quotes");
    stream_close(&s);
}

static void expect_end(const char *bytes, size_t n, const char *message)
{
    struct stream s;
    stream_open(&s);
    stream_put(&s, bytes, n);
    stream_end(&s);
    T_INT(stream_poll(&s), LT_ECONTENT);
    T_ERR(s.err, message);
    T_INT(stream_poll(&s), LT_LINES_END);
    stream_close(&s);
}

TEST(a_stream_without_rows_is_refused_as_a_file_is)
{
    expect_end("", 0, "t.csv: is empty; a table needs at least one row");
    expect_end("\n\r\n", 3, "t.csv: is empty; a table needs at least one row");
    expect_end("a,b\n", 4, "t.csv: has a header but no rows; add rows below line 1");
    expect_end("\xff\xfe"
               "a\0,\0\n\0",
               8, "t.csv: is UTF-16 text; save it as UTF-8");
    expect_end(
        "GIF89a\1\0", 8,
        "t.csv: is a GIF image; CSV, NPY, NPZ, IDX, PNG, JPEG, WebP, PGM and PPM can be read");
}

TEST(what_is_not_csv_comes_as_one_table)
{
    struct stream s;
    stream_open(&s);
    stream_put(&s, "\0\0\x0b\1\0\0", 6);
    T_INT(stream_poll(&s), LT_LINES_WAIT);
    stream_put(&s, "\0\2\xff\xfe\0\7", 6);
    T_INT(stream_poll(&s), LT_LINES_WAIT);
    stream_end(&s);
    T_INT(stream_poll(&s), 0);
    T_INT(s.rows, 2);
    T_INT(s.first, 0);
    T_STR(help_cell(s.table, 0, 0), "-2");
    T_INT(stream_poll(&s), LT_LINES_END);
    stream_close(&s);
}

/* Lines of a file that is written by `write`. */
static struct lt_lines *lines_of_file(const char *name, void (*write)(FILE *f), int *descriptor)
{
    struct lt_error err = {0};
    struct lt_lines *lines = NULL;
    const char *path = t_tmp(name);
    FILE *f = fopen(path, "wb");
    T_OK(f);
    write(f);
    T_INT(fclose(f), 0);
    *descriptor = open(path, O_RDONLY);
    T_INT(lt_lines_open(&lines, *descriptor, NULL, &err), 0);
    return lines;
}

enum { MANY = 300000 };

static void write_many(FILE *f)
{
    fputs("row,square,name\n", f);
    for (int64_t i = 0; i < MANY; i++)
        fprintf(f, "%lld,%lld,\"n%lld\"\n", (long long)i, (long long)(i * i), (long long)i % 10);
}

TEST(a_big_file_flows_in_bulk)
{
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    int descriptor, rc, tables = 0;
    int64_t first, rows, done = 0;
    char where[100], want[100];
    struct lt_lines *lines = lines_of_file("many.csv", write_many, &descriptor);
    while (!(rc = lt_lines_next(lines, &t, &first, &rows, &err))) {
        T_INT(first, done + 2);
        T_INT(atoi(help_cell(t, rows - 1, 0)), done + rows - 1);
        snprintf(want, sizeof want, "standard input:%lld: column \"square\"",
                 (long long)(done + rows + 1));
        T_STR(lt_table_where(t, rows - 1, 1, where, sizeof where), want);
        T_OK(rows <= LT_LINES_ROWS);
        done += rows;
        tables++;
        lt_table_free(&t);
    }
    T_INT(rc, LT_LINES_END);
    T_INT(done, MANY);
    T_OK(tables >= 5 && tables < 30);
    lt_lines_free(&lines);
    close(descriptor);
}

enum { LONG = LT_LINES_RECORD / 4 + 1000 };

static void write_open_quote(FILE *f)
{
    fputs("1,2\n3,\"", f);
    for (int i = 0; i < LONG; i++)
        fputs("4,5\n", f);
}

TEST(a_record_that_grows_too_long_is_refused_and_costs_its_first_line)
{
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    int descriptor, rc, refused = 0;
    int64_t first, rows, done = 0;
    struct lt_lines *lines = lines_of_file("long.csv", write_open_quote, &descriptor);
    while ((rc = lt_lines_next(lines, &t, &first, &rows, &err)) <= 0) {
        if (rc == 0) {
            T_INT(first, done + 1 + refused);
            done += rows;
        } else {
            T_INT(done, 1);
            T_ERR(err, "standard input:2: a record of more than 16 MiB begins here; is a quoted "
                       "text left open, or is this no table?");
            T_INT(++refused, 1);
        }
        lt_table_free(&t);
    }
    T_INT(refused, 1);
    T_INT(done, LONG); /* all but the line of the quote, and the first row */
    lt_lines_free(&lines);
    close(descriptor);
}

static void write_long_line(FILE *f)
{
    fputs("1,2\n", f);
    for (int i = 0; i < 2 * LT_LINES_RECORD; i++)
        fputc('7', f);
    fputs("\n8,9\n", f);
}

TEST(a_line_without_an_end_is_refused_and_dropped)
{
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    int descriptor;
    int64_t first, rows;
    struct lt_lines *lines = lines_of_file("line.csv", write_long_line, &descriptor);
    T_INT(lt_lines_next(lines, &t, &first, &rows, &err), 0);
    T_INT(first, 1);
    lt_table_free(&t);
    T_INT(lt_lines_next(lines, &t, &first, &rows, &err), LT_ECONTENT);
    T_OK(strncmp(err.text, "standard input:2: a record of more than 16 MiB", 46) == 0);
    T_INT(lt_lines_next(lines, &t, &first, &rows, &err), 0);
    T_INT(first, 3);
    T_STR(help_cell(t, 0, 1), "9");
    lt_table_free(&t);
    T_INT(lt_lines_next(lines, &t, &first, &rows, &err), LT_LINES_END);
    lt_lines_free(&lines);
    close(descriptor);
}

TEST(a_descriptor_that_cannot_be_read_is_told)
{
    struct lt_error err = {0};
    struct lt_lines *lines = NULL;
    struct lt_table *t = NULL;
    int64_t first, rows;
    int folder = open("/", O_RDONLY);
    T_INT(lt_lines_open(&lines, folder, NULL, &err), 0);
    T_INT(lt_lines_next(lines, &t, &first, &rows, &err), LT_EFAIL);
    T_ERR(err, "standard input: cannot be read: Is a directory");
    lt_lines_free(&lines);
    close(folder);
}

T_MAIN
