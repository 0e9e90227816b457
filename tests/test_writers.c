#include "base/file.h"
#include "base/rng.h"
#include "data/sheet.h"
#include "data/writer.h"
#include "data_help.h"
#include <math.h>

static const double rows[3][4] = {{0, 1.5, -2.5, 300}, {0.1, 127.5, 1e-7, -1}, {7, 0.25, 2.5, 12}};

static void write_all(const char *path, const struct lt_writer_schema *schema, const double *values)
{
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    if (lt_writer_create(&w, path, schema, &err) || lt_writer_rows(w, values, 1, &err) ||
        lt_writer_rows(w, values + schema->columns, schema->rows - 1, &err) ||
        lt_writer_commit(&w, &err))
        T_FAIL("%s", err.text);
}

static const char *slurp(const char *path)
{
    static char text[1000];
    FILE *f = fopen(path, "rb");
    T_OK(f != NULL);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static int files_in_tmp(void)
{
    char folder[1000];
    int count = 0;
    snprintf(folder, sizeof folder, "%s", t_tmp("x"));
    *strrchr(folder, '/') = '\0';
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        count += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return count;
}

TEST(csv_keeps_names_and_types)
{
    const enum lt_type types[] = {LT_F32, LT_I64, LT_F64, LT_U8};
    const char *const names[] = {"a", "b,c", "say \"x\"", "d"};
    const struct lt_writer_schema schema = {
        .rows = 3, .columns = 4, .types = types, .names = names};
    write_all(t_tmp("a.csv"), &schema, rows[0]);
    T_STR(slurp(t_tmp("a.csv")), "a,\"b,c\",\"say \"\"x\"\"\",d\n"
                                 "0,2,-2.5,255\n"
                                 "0.1,128,1e-07,0\n"
                                 "7,0,2.5,12\n");
    struct lt_table *t = help_open(t_tmp("a.csv"));
    T_STR(lt_table_column_name(t, 2, NULL, 0), "say \"x\"");
    T_STR(help_cell(t, 1, 2), "9.9999999999999995e-08");
    lt_table_free(&t);
}

TEST(text_has_the_same_bytes_for_any_number_of_threads)
{
    enum { ROWS = 3000 };
    for (int64_t columns = 3; columns < 2000; columns += 1600) {
        const int64_t n = columns > 3 ? 7 : ROWS;
        struct lt_writer_schema schema = {
            .rows = n, .columns = columns, .type = LT_F32, .threads = 1};
        double *values = malloc((size_t)(n * columns) * sizeof *values);
        for (int64_t i = 0; i < n * columns; i++) {
            struct lt_stream random = lt_stream(1, LT_RNG_TEST, 8, (uint64_t)i);
            values[i] = i % 11 ? exp(9 * (double)lt_normal(&random, 0)) : NAN;
        }
        write_all(t_tmp("one.csv"), &schema, values);
        schema.threads = 3;
        write_all(t_tmp("three.csv"), &schema, values);
        free(values);
        struct lt_table *back = help_open(t_tmp("three.csv"));
        T_INT(lt_table_rows(back), n);
        lt_table_free(&back);
        struct lt_bytes one = {0}, three = {0};
        struct lt_error err = {0};
        T_INT(lt_bytes_read(&one, t_tmp("one.csv"), &err), 0);
        T_INT(lt_bytes_read(&three, t_tmp("three.csv"), &err), 0);
        T_INT(one.size, three.size);
        T_OK(memcmp(one.data, three.data, one.size) == 0);
        lt_bytes_free(&one);
        lt_bytes_free(&three);
    }
}

TEST(what_is_written_reads_back_in_every_kind)
{
    static const char *const names[] = {
        "b.csv",    "b.tsv",    "b.npy",    "b.idx",
#ifdef LT_HAVE_ZLIB
        "b.csv.gz", "b.tsv.gz", "b.npy.gz", "b.idx.gz",
#endif
#ifdef LT_HAVE_LIBZIP
        "b.npz",
#endif
    };
    static const enum lt_type types[] = {LT_F32, LT_F64};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int k = 0; k < 2; k++) {
            const struct lt_writer_schema schema = {.rows = 3, .columns = 4, .type = types[k]};
            write_all(t_tmp(names[i]), &schema, rows[0]);
            struct lt_table *t = help_open(t_tmp(names[i]));
            T_INT(lt_table_rows(t), 3);
            for (int r = 0; r < 3; r++)
                for (int j = 0; j < 4; j++)
                    T_INT((float)atof(help_cell(t, r, j)) == (float)rows[r][j], 1);
            lt_table_free(&t);
        }
    }
}

TEST(bytes_come_back_as_bytes_with_their_shape)
{
    static const char *const names[] = {"c.npy", "c.idx",
#ifdef LT_HAVE_LIBZIP
                                        "c.npz"
#endif
    };
    const struct lt_writer_schema schema = {
        .rows = 3, .columns = 4, .type = LT_U8, .shape_rank = 2, .shape = {2, 2}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        write_all(t_tmp(names[i]), &schema, rows[0]);
        struct lt_table *t = help_open(t_tmp(names[i]));
        int64_t h, w, c;
        T_OK(lt_table_image(t, &h, &w, &c) && h == 2 && w == 2);
        T_STR(help_type(t, 0), "u1");
        T_STR(help_cell(t, 0, 1), "2");
        T_STR(help_cell(t, 0, 2), "0");
        T_STR(help_cell(t, 0, 3), "255");
        T_STR(help_cell(t, 1, 1), "128");
        T_STR(help_cell(t, 2, 2), "3");
        lt_table_free(&t);
    }
}

TEST(the_same_data_give_the_same_bytes)
{
    static const char *const names[] = {"d.npy",
#ifdef LT_HAVE_LIBZIP
                                        "d.npz",
#endif
#ifdef LT_HAVE_ZLIB
                                        "d.csv.gz"
#endif
    };
    const struct lt_writer_schema schema = {.rows = 3, .columns = 4, .type = LT_F32};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[2000], other[40];
        snprintf(other, sizeof other, "e%s", names[i]);
        write_all(t_tmp(names[i]), &schema, rows[0]);
        write_all(t_tmp(other), &schema, rows[0]);
        snprintf(command, sizeof command, "cmp '%s' '%s'", t_tmp(names[i]), t_tmp(other));
        T_INT(t_shell(command, NULL, 0), 0);
    }
}

TEST(floats_may_be_given_as_floats)
{
    const float values[2][2] = {{0.1f, -3}, {1e10f, 16777216}};
    const struct lt_writer_schema schema = {.rows = 2, .columns = 2, .type = LT_F32};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    T_INT(lt_writer_create(&w, t_tmp("f.csv"), &schema, &err), 0);
    T_INT(lt_writer_rows_f32(w, values[0], 2, &err), 0);
    T_INT(lt_writer_commit(&w, &err), 0);
    T_OK(w == NULL);
    T_STR(slurp(t_tmp("f.csv")), "0.1,-3\n1e+10,16777216\n");
}

TEST(names_without_a_known_ending_are_refused)
{
    const struct lt_writer_schema schema = {.rows = 3, .columns = 4};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    T_INT(lt_writer_create(&w, "out.parquet", &schema, &err), LT_EUSAGE);
    T_ERR(
        err,
        "out.parquet: the ending of the name says no kind of file; use .csv, .tsv, .npy, .idx "
        "(each also with .gz) or .npz, for images also .png, .jpg, .webp, .pgm, .ppm or a folder, "
        "which ends in /");
    T_OK(w == NULL);
    T_INT(lt_writer_check("x.npz.gz", NULL), LT_EUSAGE);
    T_INT(lt_writer_check("x.csv.gz", NULL), 0);
    T_INT(lt_writer_check(NULL, NULL), 0);
}

TEST(an_aborted_or_short_file_leaves_nothing_behind)
{
    const struct lt_writer_schema schema = {.rows = 3, .columns = 4, .type = LT_F32};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    char want[2000];
    int before = files_in_tmp();
    T_INT(lt_writer_create(&w, t_tmp("g.npy"), &schema, &err), 0);
    T_INT(lt_writer_rows(w, rows[0], 2, &err), 0);
    lt_writer_abort(&w);
    T_INT(files_in_tmp(), before);
    T_INT(lt_writer_create(&w, t_tmp("g.npy"), &schema, &err), 0);
    T_INT(lt_writer_rows(w, rows[0], 2, &err), 0);
    T_INT(lt_writer_commit(&w, &err), LT_EFAIL);
    snprintf(want, sizeof want, "%s: 2 rows written of 3 announced", t_tmp("g.npy"));
    T_ERR(err, want);
    T_INT(files_in_tmp(), before);
    err = (struct lt_error){0};
    T_INT(lt_writer_create(&w, t_tmp("g.npy"), &schema, &err), 0);
    T_INT(lt_writer_rows(w, rows[0], 3, &err), 0);
    T_INT(lt_writer_rows(w, rows[0], 1, &err), LT_EFAIL);
    lt_writer_abort(&w);
    T_INT(files_in_tmp(), before);
}

TEST(nan_does_not_become_an_integer_but_an_empty_cell)
{
    const struct lt_writer_schema schema = {.rows = 1, .columns = 2, .type = LT_U8};
    const double values[2] = {1, NAN};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    const char *csv = t_tmp("h.csv");
    T_INT(lt_writer_create(&w, csv, &schema, &err), 0);
    T_INT(lt_writer_rows(w, values, 1, &err), 0);
    T_INT(lt_writer_commit(&w, &err), 0);
    T_STR(slurp(csv), "1,\n");
    T_INT(lt_writer_create(&w, t_tmp("h.npy"), &schema, &err), 0);
    T_INT(lt_writer_rows(w, values, 1, &err), LT_EFAIL);
    T_OK(strstr(err.text,
                ": row 0, column 1 is not a number, which a column of integers cannot hold") !=
         NULL);
    lt_writer_abort(&w);
}

TEST(a_full_disk_and_a_missing_folder_are_reported)
{
    const struct lt_writer_schema schema = {.rows = 100000, .columns = 1, .type = LT_F64};
    static double values[100000];
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    T_INT(lt_writer_create(&w, t_tmp("no/such/x.csv"), &schema, &err), LT_EFAIL);
    if (access("/dev/full", W_OK))
        T_SKIP("no /dev/full here");
    err = (struct lt_error){0};
    char link[2000];
    snprintf(link, sizeof link, "%s", t_tmp("full.csv"));
    T_INT(symlink("/dev/full", link), 0);
    T_INT(lt_writer_create(&w, link, &schema, &err), 0);
    int rc = lt_writer_rows(w, values, 100000, &err);
    if (!rc)
        rc = lt_writer_commit(&w, &err);
    lt_writer_abort(&w);
    T_INT(rc, LT_EFAIL);
    T_OK(strstr(err.text, "No space left on device") != NULL);
}

TEST(reals_and_integers_together_make_one_array_of_doubles)
{
    const enum lt_type types[] = {LT_F32, LT_I64, LT_F64, LT_U8};
    const struct lt_writer_schema schema = {.rows = 3, .columns = 4, .types = types};
    write_all(t_tmp("i.npy"), &schema, rows[0]);
    struct lt_table *t = help_open(t_tmp("i.npy"));
    T_STR(help_type(t, 0), "f8");
    lt_table_free(&t);
}

/* One row, which a table gives back. */
static void expect_one_image(const char *name, enum lt_type type, const double *values,
                             const char *read_type, const char *last)
{
    const struct lt_writer_schema schema = {
        .rows = 1, .columns = 4, .type = type, .shape_rank = 2, .shape = {1, 4}};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    if (lt_writer_create(&w, t_tmp(name), &schema, &err) || lt_writer_rows(w, values, 1, &err) ||
        lt_writer_commit(&w, &err))
        T_FAIL("%s", err.text);
    struct lt_table *t = help_open(t_tmp(name));
    int64_t h, width, c;
    T_OK(lt_table_image(t, &h, &width, &c) && h == 1 && width == 4);
    T_STR(help_type(t, 0), read_type);
    T_STR(help_cell(t, 0, 3), last);
    lt_table_free(&t);
}

TEST(one_row_is_written_as_the_image_that_it_is)
{
    const double reals[] = {0, 0.5, -1, 0.75};
    expect_one_image("one.pgm", LT_U8, rows[0], "u1", "255");
    expect_one_image("one16.pgm", LT_U16, rows[0], "u2", "300");
    expect_one_image("real.pgm", LT_F32, reals, "u1", "191");
#ifdef LT_HAVE_PNG
    expect_one_image("one.png", LT_U8, rows[0], "u1", "255");
    expect_one_image("one16.png", LT_U16, rows[0], "u2", "300");
    expect_one_image("real.png", LT_F32, reals, "u1", "191");
#endif
}

TEST(several_rows_are_no_single_image)
{
    const struct lt_writer_schema schema = {
        .rows = 3, .columns = 4, .type = LT_U8, .shape_rank = 2, .shape = {2, 2}};
    const struct lt_writer_schema plain = {.rows = 1, .columns = 4, .type = LT_U8};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    char want[2000];
    int before = files_in_tmp();
    T_INT(lt_writer_create(&w, t_tmp("many.ppm"), &schema, &err), LT_EUSAGE);
    snprintf(want, sizeof want,
             "%s: holds one image and there are 3; give a folder, as in out/, or a .png, which "
             "shows all of them on one sheet",
             t_tmp("many.ppm"));
    T_ERR(err, want);
    err = (struct lt_error){0};
    T_INT(lt_writer_create(&w, t_tmp("plain.pgm"), &plain, &err), LT_EUSAGE);
    snprintf(want, sizeof want,
             "%s: rows of 4 values are no images and cannot be drawn; use .csv or .npy",
             t_tmp("plain.pgm"));
    T_ERR(err, want);
    T_INT(files_in_tmp(), before);
}

/* Writes cells as they are, in two parts, and reads them back: the same bits. */
static void expect_cells(const char *name, enum lt_type type, const void *values, int64_t n,
                         int64_t columns)
{
    const struct lt_writer_schema schema = {.rows = n, .columns = columns, .type = type};
    const size_t row = (size_t)columns * lt_type_size(type);
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    struct lt_block *b = NULL;
    if (lt_writer_create(&w, t_tmp(name), &schema, &err) || lt_writer_cells(w, values, 1, &err) ||
        lt_writer_cells(w, (const char *)values + row, n - 1, &err) || lt_writer_commit(&w, &err))
        T_FAIL("%s", err.text);
    struct lt_table *t = help_open(t_tmp(name));
    T_INT(lt_table_group(t, 0)->type, type);
    T_INT(lt_block_create(&b, t, n, &err), 0);
    T_INT(lt_table_range(t, 0, n, b, &err), 0);
    if (memcmp(b->group[0].values, values, (size_t)n * row) != 0)
        T_FAIL("%s of %s: other bits came back", name, lt_type_name(type));
    lt_block_free(&b);
    lt_table_free(&t);
}

TEST(cells_come_back_bit_by_bit)
{
    static const int64_t i8[4] = {INT64_MIN, INT64_MAX, -1, (INT64_C(1) << 53) + 1};
    static const uint64_t u8[4] = {0, UINT64_MAX, (UINT64_C(1) << 63) + 1, 7};
    /* two quiet NaN with payloads, a signalling one, negative zero */
    static const uint64_t f8[4] = {0x7ff8000000000123, 0xfff8dead0000beef, 0x7ff0000000000001,
                                   0x8000000000000000};
    static const uint32_t f4[4] = {0x7fc00123, 0xffc0beef, 0x7f800001, 0x80000001};
    static const int8_t i1[4] = {-128, 127, 0, -1};
    static const uint8_t b1[4] = {0, 1, 1, 0};
    static const char *const names[] = {
        "w.npy",
#ifdef LT_HAVE_LIBZIP
        "w.npz",
#endif
#ifdef LT_HAVE_ZLIB
        "w.npy.gz",
#endif
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect_cells(names[i], LT_I64, i8, 2, 2);
        expect_cells(names[i], LT_U64, u8, 4, 1);
        expect_cells(names[i], LT_F64, f8, 2, 2);
        expect_cells(names[i], LT_F32, f4, 2, 2);
        expect_cells(names[i], LT_I8, i1, 4, 1);
        expect_cells(names[i], LT_BOOL, b1, 2, 2);
    }
    expect_cells("w.idx", LT_I8, i1, 4, 1);
    expect_cells("w.idx", LT_F64, f8, 2, 2);
}

TEST(cells_become_exact_text)
{
    const int64_t i8[4] = {INT64_MIN, INT64_MAX, -1, (INT64_C(1) << 53) + 1};
    const uint64_t u8[4] = {0, UINT64_MAX, (UINT64_C(1) << 63) + 1, 7};
    const double f8[4] = {0.1, 1e300, -0.0, NAN};
    const struct {
        enum lt_type type;
        const void *values;
        const char *text;
    } cases[] = {
        {LT_I64, i8, "-9223372036854775808,9223372036854775807\n-1,9007199254740993\n"},
        {LT_U64, u8, "0,18446744073709551615\n9223372036854775809,7\n"},
        {LT_F64, f8, "0.1,1e+300\n-0,\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct lt_writer_schema schema = {.rows = 2, .columns = 2, .type = cases[i].type};
        struct lt_error err = {0};
        struct lt_writer *w = NULL;
        T_INT(lt_writer_create(&w, t_tmp("x.csv"), &schema, &err), 0);
        T_INT(lt_writer_cells(w, cases[i].values, 2, &err), 0);
        T_INT(lt_writer_commit(&w, &err), 0);
        T_STR(slurp(t_tmp("x.csv")), cases[i].text);
    }
}

TEST(cells_that_a_file_cannot_hold_are_refused)
{
    const int64_t fit[2] = {INT64_MIN, (INT64_C(1) << 62) - (INT64_C(1) << 9)};
    const int64_t over[2] = {0, (INT64_C(1) << 53) + 1};
    const enum lt_type differ[] = {LT_I64, LT_F64};
    struct lt_writer_schema schema = {.rows = 1, .columns = 2, .type = LT_I64};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    T_INT(lt_writer_create(&w, t_tmp("y.idx"), &schema, &err), 0);
    T_INT(lt_writer_cells(w, fit, 1, &err), 0);
    T_INT(lt_writer_commit(&w, &err), 0);
    struct lt_table *t = help_open(t_tmp("y.idx"));
    T_STR(help_cell(t, 0, 0), "-9.2233720368547758e+18");
    lt_table_free(&t);
    T_INT(lt_writer_create(&w, t_tmp("y.idx"), &schema, &err), 0);
    T_INT(lt_writer_cells(w, over, 1, &err), LT_EFAIL);
    T_OK(strstr(err.text, ": row 0, column 1 is an integer of more digits than this kind of file "
                          "keeps; use .npy") != NULL);
    lt_writer_abort(&w);
    err = (struct lt_error){0};
    schema.types = differ;
    T_INT(lt_writer_create(&w, t_tmp("y.npy"), &schema, &err), 0);
    T_INT(lt_writer_cells(w, over, 1, &err), LT_EUSAGE);
    lt_writer_abort(&w);
}

TEST(cells_become_the_images_and_the_folders_they_were)
{
    static const uint16_t pixels[2][6] = {{0, 1, 65535, 256, 255, 32768}, {7, 8, 9, 10, 11, 12}};
    static const uint64_t reals[2][2] = {{0x7ff8000000000123, 1}, {2, 0xfff0000000000000}};
    const struct lt_writer_schema schemas[] = {
        {.rows = 2, .columns = 6, .type = LT_U16, .shape_rank = 2, .shape = {2, 3}},
        {.rows = 2, .columns = 2, .type = LT_F64, .shape_rank = 2, .shape = {1, 2}},
    };
    const void *const values[] = {pixels, reals};
    const size_t bytes[] = {sizeof pixels, sizeof reals};
    for (int i = 0; i < 2; i++) {
        struct lt_error err = {0};
        struct lt_writer *w = NULL;
        struct lt_block *b = NULL;
        char folder[2000];
        snprintf(folder, sizeof folder, "%s/", t_tmp(i ? "reals" : "pixels"));
        T_INT(lt_writer_create(&w, folder, &schemas[i], &err), 0);
        T_INT(lt_writer_cells(w, values[i], 2, &err), 0);
        T_INT(lt_writer_commit(&w, &err), 0);
        struct lt_table *t = help_open(folder);
        T_INT(lt_table_group(t, 0)->type, schemas[i].type);
        T_INT(lt_block_create(&b, t, 2, &err), 0);
        T_INT(lt_table_range(t, 0, 2, b, &err), 0);
        T_INT(memcmp(b->group[0].values, values[i], bytes[i]), 0);
        lt_block_free(&b);
        lt_table_free(&t);
    }
}

#ifdef LT_HAVE_PNG

/* Width and height of a PNG, from its first chunk. */
static void png_size(const char *path, int *width, int *height)
{
    unsigned char b[24];
    FILE *f = fopen(path, "rb");
    T_OK(f && fread(b, 1, sizeof b, f) == sizeof b);
    fclose(f);
    T_OK(memcmp(b, "\x89PNG", 4) == 0);
    *width = b[18] << 8 | b[19];
    *height = b[22] << 8 | b[23];
}

TEST(sheets_draw_originals_above_reconstructions)
{
    float a[3 * 16] = {0}, b[3 * 16] = {0};
    const struct lt_sheet sheet = {.originals = a,
                                   .reconstructions = b,
                                   .n = 3,
                                   .height = 4,
                                   .width = 4,
                                   .channels = 1,
                                   .columns = 2,
                                   .zoom = 1};
    struct lt_error err = {0};
    int width, height;
    T_INT(lt_sheet_write(t_tmp("s.png"), &sheet, &err), 0);
    png_size(t_tmp("s.png"), &width, &height);
    T_INT(width, 2 * (4 + 3) + 3);
    T_INT(height, 2 * (4 + 1 + 4 + 3) + 3);
}

TEST(rows_that_are_images_can_be_written_as_png)
{
    const struct lt_writer_schema schema = {
        .rows = 3, .columns = 4, .type = LT_U8, .shape_rank = 2, .shape = {2, 2}};
    const struct lt_writer_schema plain = {.rows = 3, .columns = 4, .type = LT_F32};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    int width, height;
    char want[2000];
    write_all(t_tmp("p.png"), &schema, rows[0]);
    png_size(t_tmp("p.png"), &width, &height);
    T_INT(width, 3 * (2 + 3) + 3);
    int before = files_in_tmp();
    T_INT(lt_writer_create(&w, t_tmp("q.png"), &plain, &err), LT_EUSAGE);
    snprintf(want, sizeof want,
             "%s: rows of 4 values are no images and cannot be drawn; use .csv or .npy",
             t_tmp("q.png"));
    T_ERR(err, want);
    T_INT(files_in_tmp(), before);
}

#endif

T_MAIN
