#include "base/rng.h"
#include "data/number.h"
#include "data_help.h"

/* ---- what is read ------------------------------------------------------ */

TEST(columns_are_typed_by_their_content)
{
    struct lt_table *t = help_text("id,width,kind,gap\n1,1.5,cat,\n2,2,dog,NA\n-3,1e3,cat,?\n");
    T_INT(lt_table_rows(t), 3);
    T_INT(lt_table_columns(t), 4);
    T_STR(help_type(t, 0), "i8");
    T_STR(help_type(t, 1), "f8");
    T_STR(help_type(t, 2), "text");
    T_STR(help_type(t, 3), "f8");
    T_STR(help_cell(t, 2, 0), "-3");
    T_STR(help_cell(t, 1, 1), "2");
    T_STR(help_cell(t, 2, 1), "1000");
    T_STR(help_cell(t, 1, 2), "dog");
    T_INT(lt_table_text_count(t, 2), 2);
    T_STR(help_cell(t, 0, 3), "missing");
    T_STR(help_cell(t, 2, 3), "missing");
    T_OK(lt_table_group(t, 3)->missing && !lt_table_group(t, 0)->missing);
    lt_table_free(&t);
}

TEST(every_delimiter_is_found)
{
    const char *texts[] = {"a,b\n1,2\n", "a\tb\n1\t2\n", "a;b\n1;2\n", "a|b\n1|2\n"};
    for (int i = 0; i < 4; i++) {
        struct lt_table *t = help_text(texts[i]);
        T_INT(lt_table_columns(t), 2);
        T_STR(help_cell(t, 0, 1), "2");
        lt_table_free(&t);
    }
}

TEST(a_semicolon_table_may_hold_commas_in_its_texts)
{
    struct lt_table *t = help_text("name;size\na, b;1\nc;2\nd, e, f;3\n");
    T_INT(lt_table_columns(t), 2);
    T_STR(help_cell(t, 2, 0), "d, e, f");
    lt_table_free(&t);
}

TEST(a_header_is_found_or_its_absence)
{
    struct lt_table *t = help_text("1,2\n3,4\n");
    T_OK(!lt_table_has_names(t));
    T_INT(lt_table_rows(t), 2);
    lt_table_free(&t);
    t = help_text("x,y\n3,4\n");
    T_OK(lt_table_has_names(t));
    T_INT(lt_table_rows(t), 1);
    lt_table_free(&t);
    t = help_text("0,1,2,3,4\n9,8,7,6,5\n"); /* written by tools for columns without names */
    T_OK(lt_table_has_names(t));
    T_INT(lt_table_rows(t), 1);
    lt_table_free(&t);
    t = help_text("normal\nfault\nnormal\n"); /* its first text comes again: no header */
    T_INT(lt_table_rows(t), 3);
    lt_table_free(&t);
    t = help_text("label\nfault\nnormal\n");
    T_INT(lt_table_rows(t), 2);
    lt_table_free(&t);
    t = help_text("1.5,NA\n2,3\n");
    T_INT(lt_table_rows(t), 2);
    lt_table_free(&t);
}

TEST(quotes_hold_delimiters_quotes_and_line_ends)
{
    struct lt_table *t = help_text("\"na,me\",v\n\"a \"\"b\"\"\nc\",1\n\"x\",2\n");
    char where[100];
    T_STR(lt_table_column_name(t, 0, NULL, 0), "na,me");
    T_STR(help_cell(t, 0, 0), "a \"b\"\nc");
    T_STR(help_cell(t, 1, 1), "2");
    T_STR(lt_table_where(t, 0, 0, where, sizeof where), "t.csv:2: column \"na,me\"");
    T_STR(lt_table_where(t, 1, 1, where, sizeof where), "t.csv:4: column \"v\"");
    lt_table_free(&t);
}

TEST(byte_order_mark_carriage_returns_and_blank_lines_do_not_matter)
{
    struct lt_table *t = help_text("\xef\xbb\xbf\r\na,b\r\n1,2\r\n\r\n3,4\r\n\r\n");
    char where[100];
    T_STR(lt_table_column_name(t, 0, NULL, 0), "a");
    T_INT(lt_table_rows(t), 2);
    T_STR(help_type(t, 1), "i8");
    T_STR(help_cell(t, 1, 1), "4");
    T_STR(lt_table_where(t, 1, -1, where, sizeof where), "t.csv:5");
    lt_table_free(&t);
}

TEST(the_last_line_needs_no_line_end)
{
    const char *texts[] = {"a,b\n1,2", "a,b\n1,\"2\"", "a,b\r\n1,2\r"};
    for (int i = 0; i < 3; i++) {
        struct lt_table *t = help_text(texts[i]);
        T_INT(lt_table_rows(t), 1);
        T_STR(help_cell(t, 0, 1), "2");
        lt_table_free(&t);
    }
    struct lt_table *t = help_text("a,b\n1,");
    T_STR(help_cell(t, 0, 1), "missing");
    lt_table_free(&t);
}

TEST(every_word_for_a_missing_value_is_known)
{
    struct lt_table *t =
        help_text("v,w\n,1\nNA,1\nNaN,1\nnan,1\n?,1\nnull,1\nN/A,1\n\"\",1\n  ,1\n7,1\n");
    for (int row = 0; row < 9; row++)
        T_STR(help_cell(t, row, 0), "missing");
    T_STR(help_cell(t, 9, 0), "7");
    T_STR(help_type(t, 0), "i8");
    lt_table_free(&t);
}

TEST(infinity_is_a_value_that_later_stages_judge)
{
    struct lt_table *t = help_text("v\n1\ninf\n-Infinity\n");
    T_STR(help_type(t, 0), "f8");
    T_STR(help_cell(t, 1, 0), "inf");
    T_STR(help_cell(t, 2, 0), "-inf");
    lt_table_free(&t);
}

TEST(blank_lines_in_a_single_column_are_missing_values)
{
    struct lt_table *t = help_text("v\n1\n\n3\n\n\n");
    T_INT(lt_table_rows(t), 3);
    T_STR(help_cell(t, 1, 0), "missing");
    T_STR(help_cell(t, 2, 0), "3");
    lt_table_free(&t);
}

TEST(text_below_numbers_turns_the_whole_column_to_text)
{
    struct lt_table *t = help_text("a,b,c\n1,x,2.50\n007,y,\n3,z,oops\n4,x,1\n");
    char where[100];
    int64_t row = 0;
    struct lt_error err = {0};
    T_STR(help_type(t, 0), "i8");
    T_STR(help_type(t, 2), "text");
    T_STR(help_cell(t, 0, 2), "2.50");
    T_STR(help_cell(t, 1, 2), "missing");
    T_STR(help_cell(t, 2, 2), "oops");
    T_STR(help_cell(t, 3, 1), "x");
    T_INT(lt_table_first_text(t, 2, &row, &err), 0);
    T_INT(row, 2);
    T_STR(lt_table_where(t, row, 2, where, sizeof where), "t.csv:4: column \"c\"");
    lt_table_free(&t);
}

TEST(several_files_follow_one_another)
{
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    char where[3000], want[3000];
    const char *names[] = {t_text("one.csv", "a,b\n1,2\n3,4\n"), t_text("two.csv", "a,b\n5,x\n")};
    T_INT(lt_table_open(&t, names, 2, NULL, &err), 0);
    T_INT(lt_table_rows(t), 3);
    T_STR(help_type(t, 1), "text");
    T_STR(help_cell(t, 0, 1), "2");
    T_STR(help_cell(t, 2, 1), "x");
    snprintf(want, sizeof want, "%s:2: column \"b\"", names[1]);
    T_STR(lt_table_where(t, 2, 1, where, sizeof where), want);
    lt_table_free(&t);
    names[1] = t_text("three.csv", "a,c\n5,6\n");
    T_INT(lt_table_open(&t, names, 2, NULL, &err), LT_ECONTENT);
    snprintf(want, sizeof want,
             "%s:1: column 1 is called \"c\" but \"b\" in %s; files read together need the same "
             "columns",
             names[1], names[0]);
    T_ERR(err, want);
}

/* ---- numbers ----------------------------------------------------------- */

TEST(numbers_round_as_strtod_rounds)
{
    struct lt_numbers *numbers = NULL;
    struct lt_error err = {0};
    T_INT(lt_numbers_create(&numbers, &err), 0);
    struct lt_stream s = lt_stream(1, LT_RNG_TEST, 0, 0);
    for (uint32_t i = 0; i < 400000; i++) {
        char text[64];
        int64_t integer;
        double got = 0;
        uint64_t digits = lt_below(&s, 8 * i, UINT64_MAX) >> lt_below(&s, 8 * i + 2, 64);
        int exponent = (int)lt_below(&s, 8 * i + 4, 60) - 45;
        if (i % 3 == 0)
            snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
        else if (i % 3 == 1)
            snprintf(text, sizeof text, "-%.*g", (int)(1 + i % 20), (double)digits * 1e-12);
        else
            snprintf(text, sizeof text, "%llu.%llu", (unsigned long long)(digits >> 40),
                     (unsigned long long)(digits & 0xffffffffff));
        enum lt_number_kind kind =
            lt_number_parse(numbers, text, text + strlen(text), &integer, &got);
        if (kind == LT_NUMBER_INTEGER)
            got = (double)integer;
        if (!kind || got != strtod(text, NULL))
            T_FAIL("%s read as %.17g", text, got);
    }
    lt_numbers_free(&numbers);
}

TEST(numbers_at_the_edges_are_read_exactly)
{
    struct lt_numbers *numbers = NULL;
    struct lt_error err = {0};
    static const char *const texts[] = {"9007199254740993",
                                        "9007199254740992.5",
                                        "0.1",
                                        "2.2250738585072014e-308",
                                        "5e-324",
                                        "1.7976931348623157e308",
                                        "1e309",
                                        "-0.0",
                                        "0.000000000000000000000000001234567890123456789",
                                        "123456789012345678901234567890",
                                        "18446744073709551615e0",
                                        "9223372036854775807.0",
                                        "1e22",
                                        "1e23",
                                        "8.5e-27",
                                        "9007199254740993e-1",
                                        "4503599627370496.5",
                                        "4503599627370497.5",
                                        "1.00000000000000011102230246251565"};
    T_INT(lt_numbers_create(&numbers, &err), 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t integer = 0;
        double got = 0, want = strtod(texts[i], NULL);
        enum lt_number_kind kind =
            lt_number_parse(numbers, texts[i], texts[i] + strlen(texts[i]), &integer, &got);
        if (kind == LT_NUMBER_INTEGER)
            got = (double)integer;
        if (memcmp(&got, &want, sizeof got) != 0)
            T_FAIL("%s read as %.17g", texts[i], got);
    }
    static const char *const words[] = {"",      "-",   ".",       "e5",  "1e",  "1e+", "0x10",
                                        "1_000", "1,5", "infinit", "+-1", "1 2", "--1", "nan(1)"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lt_number_is(numbers, words[i]))
            T_FAIL("\"%s\" read as a number", words[i]);
    lt_numbers_free(&numbers);
}

TEST(written_numbers_read_back_as_the_same_bits)
{
    char text[LT_NUMBER_TEXT];
    for (uint32_t i = 0; i < 300000; i++) {
        uint32_t bits = i * 14321u * 7u + (i << 20);
        uint64_t wide = (uint64_t)bits * 0x9e3779b97f4a7c15u;
        float f;
        double d;
        memcpy(&f, &bits, sizeof f);
        memcpy(&d, &wide, sizeof d);
        if (i % 2)
            f = (float)((int)(bits >> 8) - (1 << 23)) * 1e-4f;
        if (isfinite(f)) {
            int n = lt_number_format_f32(text, f);
            T_INT(n, strlen(text));
            if (strtof(text, NULL) != f)
                T_FAIL("%.9g written as %s", (double)f, text);
        }
        if (isfinite(d)) {
            int n = lt_number_format_f64(text, d);
            T_INT(n, strlen(text));
            if (strtod(text, NULL) != d)
                T_FAIL("%.17g written as %s", d, text);
        }
    }
    lt_number_format_f32(text, 0.1f);
    T_STR(text, "0.1");
    lt_number_format_f32(text, 16777216.0f);
    T_STR(text, "16777216");
    lt_number_format_f32(text, -1.5e-4f);
    T_STR(text, "-0.00015");
    lt_number_format_f64(text, 1e300);
    T_STR(text, "1e+300");
    lt_number_format_i64(text, INT64_MIN);
    T_STR(text, "-9223372036854775808");
}

/* ---- what is refused --------------------------------------------------- */

TEST(ragged_rows_are_refused_with_file_and_line)
{
    T_ERR(help_refused_text("a,b,c,d\n1,2,3,4\n1,2,3\n"),
          "t.csv:3: 3 fields where the header has 4; give every row as many, and put a text that "
          "holds a delimiter in quotes");
    T_ERR(
        help_refused_text("1,2\n1,2,3\n"),
        "t.csv:2: 3 fields where the first row has 2; give every row as many, and put a text that "
        "holds a delimiter in quotes");
    T_ERR(help_refused_text("a,b\n1,2\n\n3\n"),
          "t.csv:4: 1 field where the header has 2; give every row as many, and put a text that "
          "holds a delimiter in quotes");
    T_INT(help_refused_text("a,b\n1,2\n3\n").code, LT_ECONTENT);
}

TEST(files_without_rows_are_refused)
{
    T_ERR(help_refused_text(""), "t.csv: is empty; a table needs at least one row");
    T_ERR(help_refused_text("\n\n"), "t.csv: is empty; a table needs at least one row");
    T_ERR(help_refused_text("a,b\n"), "t.csv: has a header but no rows; add rows below line 1");
    T_INT(help_refused_text("a,b\n").code, LT_ECONTENT);
}

TEST(broken_quotes_are_refused)
{
    T_ERR(help_refused_text("a,b\n1,2\n\"x,2\n3,4\n"),
          "t.csv:3: a quoted text begins here and does not end; close it with \"");
    T_ERR(help_refused_text("a,b\n\"x\"y,2\n"),
          "t.csv:2: text follows a closing quote; write a quote inside a text as \"\"");
}

TEST(what_is_not_text_is_refused)
{
    T_ERR(help_refused("t.csv", "a,b\n1,\0\n", 8),
          "t.csv:2: a zero byte, which text does not hold; is this a table?");
    T_ERR(help_refused("t.csv",
                       "\xff\xfe"
                       "a\0",
                       4),
          "t.csv: is UTF-16 text; save it as UTF-8");
    T_ERR(help_refused("t.gif", "GIF89a\1\0", 8),
          "t.gif: is a GIF image; CSV, NPY, NPZ, IDX, PNG, JPEG, WebP, PGM and PPM can be read");
}

TEST(missing_files_and_folders_of_tables_are_refused)
{
    char want[2000];
    const char *missing = t_tmp("nothing.csv");
    struct lt_error err = help_refused_name(missing);
    T_INT(err.code, LT_EFAIL);
    T_OK(strstr(err.text, missing) == err.text);
    const char *file = t_text("in.csv", "1\n");
    char folder[1000];
    snprintf(folder, sizeof folder, "%s", file);
    *strrchr(folder, '/') = '\0';
    err = help_refused_name(folder);
    T_INT(err.code, LT_ECONTENT);
    snprintf(want, sizeof want, "%s/", folder);
    T_OK(strncmp(err.text, want, strlen(want)) == 0 && strstr(err.text, ": is no image"));
}

TEST(names_that_promise_another_kind_are_refused)
{
    T_ERR(help_refused("x.npy", "1,2\n", 4), "x.npy: is called .npy but is no NPY file (it begins "
                                             "with 31 2c 32 0a); is the name right?");
    T_ERR(help_refused("labels-idx1-ubyte", "\x01\x02\x03\x04", 4),
          "labels-idx1-ubyte: is called -ubyte but is no IDX file (it begins with 01 02 03 04); is "
          "the name right?");
}

/* ---- in pieces --------------------------------------------------------- */

/* Rows of integers, reals from row `reals` on, categories, an almost empty column, and one of
 * numbers with a text in row `late`; a blank line before row `blank`. */
struct long_text {
    char *text;
    size_t used;
};
static struct long_text long_text(int rows, int reals, int late, int blank)
{
    enum { LINE = 64 };
    struct long_text t = {malloc((size_t)rows * LINE + LINE), 0};
    t.used = (size_t)sprintf(t.text, "whole,real,kind,rare,code\n");
    for (int i = 0; i < rows; i++) {
        struct lt_stream s = lt_stream(3, LT_RNG_TEST, 4, (uint64_t)i);
        char rare[16] = "", code[16];
        double u = (double)lt_uniform(&s, 0);
        snprintf(code, sizeof code, "%d", (int)(u * 1e6));
        if (i % 5000 == 4321)
            snprintf(rare, sizeof rare, "r%d", i);
        t.used += (size_t)sprintf(t.text + t.used, i == blank ? "\r\n" : "");
        t.used += (size_t)sprintf(t.text + t.used, i < reals ? "%d,%.0f," : "%d,%.4f,", i, 99 * u);
        t.used +=
            (size_t)sprintf(t.text + t.used, "level %d,%s,%s\n", (int)(u * 977) * i % 977, rare,
                            i == late ? "x7"
                            : i % 7   ? code
                                      : "NA");
    }
    return t;
}

static int read_with(struct lt_table **out, const struct long_text *t, int threads,
                     struct lt_error *err)
{
    const struct lt_open_options options = {.threads = threads};
    return lt_table_from_bytes(out, "t.csv", t->text, t->used, &options, err);
}

static void same_tables(const struct lt_table *a, const struct lt_table *b)
{
    T_INT(lt_table_rows(a), lt_table_rows(b));
    T_INT(lt_table_columns(a), lt_table_columns(b));
    for (int64_t j = 0; j < lt_table_columns(a); j++) {
        T_STR(help_type(a, j), help_type(b, j));
        T_INT(lt_table_group(a, (int)j)->missing, lt_table_group(b, (int)j)->missing);
        T_INT(lt_table_text_count(a, j), lt_table_text_count(b, j));
        for (int32_t k = 0; k < lt_table_text_count(a, j); k++)
            T_STR(lt_table_text(a, j, k), lt_table_text(b, j, k));
    }
    T_OK(help_hash(a) == help_hash(b));
    for (int64_t row = 0; row < lt_table_rows(a); row += 997) {
        char of_a[100], of_b[100];
        lt_table_where(a, row, 0, of_a, sizeof of_a);
        lt_table_where(b, row, 0, of_b, sizeof of_b);
        T_STR(of_a, of_b);
    }
}

TEST(a_long_text_is_the_same_table_for_any_number_of_threads)
{
    enum { ROWS = 30000 };
    const int places[][3] = {{ROWS, -1, -1},        {0, -1, -1},          {ROWS / 2, -1, 20000},
                             {17000, ROWS - 1, -1}, {ROWS - 1, 0, 10000}, {1, ROWS / 2, 1}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct long_text t = long_text(ROWS, places[i][0], places[i][1], places[i][2]);
        struct lt_table *one = NULL, *many = NULL;
        struct lt_error err = {0};
        T_INT(read_with(&one, &t, 1, &err), 0);
        for (int threads = 2; threads <= 5; threads += 3) {
            T_INT(read_with(&many, &t, threads, &err), 0);
            same_tables(one, many);
            lt_table_free(&many);
        }
        lt_table_free(&one);
        free(t.text);
    }
}

TEST(faults_and_quotes_of_a_long_text_are_read_from_the_top)
{
    struct long_text t = long_text(30000, 9, -1, -1);
    struct lt_error one = {0}, many = {0};
    struct lt_table *table = NULL, *other = NULL;
    char *late = t.text + t.used - 1, *early = memchr(t.text + t.used / 2, ',', 100);
    *late = ','; /* the last line has a field too many, and one in the middle a quote */
    T_INT(read_with(&table, &t, 1, &one), LT_ECONTENT);
    T_INT(read_with(&table, &t, 3, &many), LT_ECONTENT);
    T_STR(one.text, many.text);
    *late = '\n';
    *early = '"';
    T_INT(read_with(&table, &t, 1, &one), LT_ECONTENT);
    T_INT(read_with(&table, &t, 3, &many), LT_ECONTENT);
    T_STR(one.text, many.text);
    t.used += (size_t)sprintf(t.text + t.used, "1,2,\"a\nb\",,\n");
    *early = ',';
    T_INT(read_with(&table, &t, 1, &one), 0);
    T_INT(read_with(&other, &t, 3, &many), 0);
    same_tables(table, other);
    lt_table_free(&table);
    lt_table_free(&other);
    free(t.text);
}

T_MAIN
