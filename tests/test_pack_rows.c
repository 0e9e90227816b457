/* What packing promises, from data in a file to data in a file. */
#include "app/report.h"
#include "t_packed.h"

/* ---- random tables ---- */

enum style { NOISE, WALK, FEW, EXTREME, STYLES };

/* A random number for cells of any type; `at` walks. */
static double next_real(enum style style, double *at)
{
    static const double ends[] = {0,        -0.0,   INFINITY, -INFINITY, 1e308,
                                  -1.7e308, 5e-324, 1e-310,   1e30,      -1e-45};
    *at += unit() - 0.5;
    if (style == EXTREME && below(3) == 0)
        return below(8) ? ends[below(10)] : (double)NAN;
    if (style == FEW)
        return (double)below(5) / 8;
    return style == WALK ? rint(*at * 100) / 100 : *at;
}

static uint64_t next_bits(enum style style, double *at)
{
    *at += 4 * (unit() - 0.5);
    if (style == EXTREME)
        return below(2) ? (uint64_t)INT64_MIN >> below(64) : ~(uint64_t)0 >> below(64);
    if (style == NOISE)
        return below((uint64_t)1 << 32) << 32 | below((uint64_t)1 << 32);
    return style == FEW ? below(5) : (uint64_t)(int64_t)*at;
}

static void put_cell(struct array *a, int64_t i, enum style style, double *at)
{
    size_t size = lt_type_size(a->type);
    unsigned char *to = a->cells + (size_t)i * size;
    if (a->type == LT_F64 || a->type == LT_F32) {
        double x = next_real(style, at);
        float single = fabs(x) > 3e38 && isfinite(x) ? 3e38f : (float)x;
        memcpy(to, a->type == LT_F64 ? (void *)&x : (void *)&single, size);
    } else {
        uint64_t bits = next_bits(style, at);
        bits = a->type == LT_BOOL ? bits & 1 : bits;
        memcpy(to, &bits, size); /* its low bytes */
    }
}

static struct array random_array(enum lt_type type, int64_t rows, int64_t columns, const char *name)
{
    struct array a = make_array(type, rows, columns);
    enum style all = (enum style)below(STYLES), style[64];
    double at[64] = {0};
    for (int j = 0; j < 64; j++)
        style[j] = below(2) ? all : (enum style)below(STYLES);
    for (int64_t i = 0; i < rows * columns; i++)
        put_cell(&a, i, style[i % columns % 64], &at[i % columns % 64]);
    write_array(&a, name);
    return a;
}

static const enum lt_type types[] = {LT_BOOL, LT_I8,  LT_U8,  LT_I16, LT_U16, LT_I32,
                                     LT_U32,  LT_I64, LT_U64, LT_F32, LT_F64};
enum { TYPES = sizeof types / sizeof *types };

static void expect_exact(struct array *a)
{
    const char *packed = t_tmp("x.lpk"), *back = t_tmp("back.npy");
    struct lt_pack_options o = quick_pack(&a->path, packed);
    pack_with(&o, NULL);
    verify_with(packed, a->path);
    unpack_to(packed, back, 0, -1);
    expect_cells(back, a->cells, a->size);
    lt_free(a->cells);
}

TEST(arrays_of_every_type_come_back_bit_by_bit)
{
    for (int i = 0; i < TYPES; i++) {
        struct array a =
            random_array(types[i], 1 + (int64_t)below(300), 1 + (int64_t)below(9), "x.npy");
        expect_exact(&a);
    }
}

TEST(the_smallest_tables_come_back)
{
    static const int64_t shapes[][2] = {{1, 1}, {2, 1}, {1, 40}, {3, 2}};
    for (int i = 0; i < 4; i++) {
        struct array a = random_array(i % 2 ? LT_F64 : LT_I32, shapes[i][0], shapes[i][1], "x.npy");
        expect_exact(&a);
    }
}

TEST(images_come_back)
{
    static const int64_t shapes[][4] = {{1, 28, 28, 1}, {1, 5, 7, 3}, {6, 9, 1, 2}, {4, 1, 1, 1}};
    for (int i = 0; i < 4; i++) {
        const int64_t *s = shapes[i];
        enum lt_type type = i == 2 ? LT_U16 : i == 3 ? LT_F32 : LT_U8;
        struct array a = random_array(type, s[0], s[1] * s[2] * s[3], "x.npy");
        a.h = s[1];
        a.w = s[2];
        a.c = s[3];
        write_array(&a, "x.npy");
        expect_exact(&a);
    }
}

TEST(wide_tables_come_back)
{
    static const int64_t shapes[][2] = {{9, 1500}, {3, 5000}};
    for (int i = 0; i < 2; i++) {
        struct array a = random_array(i ? LT_I16 : LT_F32, shapes[i][0], shapes[i][1], "x.npy");
        expect_exact(&a);
    }
}

/* ---- bounds ---- */

static double cell_of(const struct array *a, const unsigned char *cells, int64_t i)
{
    return lt_type_value(a->type, cells, i);
}

/* |x - y| of integers of 64 bits, which doubles would round. */
static double distance(const struct array *a, const unsigned char *back, int64_t i)
{
    if (a->type != LT_I64)
        return fabs(cell_of(a, a->cells, i) - cell_of(a, back, i));
    int64_t x, y;
    memcpy(&x, a->cells + 8 * i, 8);
    memcpy(&y, back + 8 * i, 8);
    return (double)(x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x);
}

/* A relative bound is a share of each column's finite range. */
static double limit_of(const struct array *a, int64_t column, double bound, bool relative)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = column; i < a->rows * a->columns && relative; i += a->columns) {
        double x = cell_of(a, a->cells, i);
        low = isfinite(x) ? fmin(low, x) : low;
        high = isfinite(x) ? fmax(high, x) : high;
    }
    return !relative ? bound : high > low ? bound * (high - low) : 0;
}

static void expect_within(const struct array *a, const char *path, double bound, bool relative)
{
    struct lt_bytes bytes;
    size_t size = lt_type_size(a->type);
    T_INT(lt_bytes_read(&bytes, path, NULL), 0);
    const unsigned char *back = bytes.data + bytes.size - a->size;
    for (int64_t j = 0; j < a->columns; j++) {
        double limit = limit_of(a, j, bound, relative);
        for (int64_t i = j; i < a->rows * a->columns; i += a->columns) {
            size_t at = (size_t)i * size;
            double x = cell_of(a, a->cells, i);
            bool same = memcmp(a->cells + at, back + at, size) == 0;
            if (!same && (!isfinite(x) || !(distance(a, back, i) <= limit)))
                T_FAIL("%s: cell %lld is %.17g, came back as %.17g; bound %g%s, limit %g",
                       descr_of(a->type), (long long)i, x, cell_of(a, back, i), bound,
                       relative ? " of the range" : "", limit);
        }
    }
    lt_bytes_free(&bytes);
}

TEST(bounds_hold_for_every_value)
{
    static const enum lt_type bounded[] = {LT_F64, LT_F32, LT_I64, LT_I16, LT_U8, LT_F64, LT_F32};
    static const char *const absolute[] = {"0.001", "0.3", "7", "1e5", "2.5"};
    static const char *const relative[] = {"1e-6", "0.01", "30%"};
    static const double shares[] = {1e-6, 0.01, 0.3};
    for (int i = 0; i < 9; i++) {
        struct array a = random_array(bounded[i % 7], 200, 4, "x.npy");
        const char *packed = t_tmp("x.lpk"), *back = t_tmp("back.npy");
        struct lt_pack_options o = quick_pack(&a.path, packed);
        bool rel = i >= 6;
        *(rel ? &o.max_rel : &o.max_abs) = rel ? relative[i % 3] : absolute[i % 5];
        pack_with(&o, NULL);
        verify_with(packed, a.path);
        unpack_to(packed, back, 0, -1);
        expect_within(&a, back, rel ? shares[i % 3] : atof(absolute[i % 5]), rel);
        lt_free(a.cells);
    }
}

/* ---- text ---- */

static void put_field(FILE *f, int kind, int row)
{
    static const char *const odd[] = {"",    "NA",   "\"a,b\"", "\"a\"\"b\"", " 7",
                                      "+1",  "1e5",  "-0.0",    "0x1f",       "\xc3\xa9",
                                      "inf", "1.50", "007",     "."};
    if (kind == 0)
        fprintf(f, "%d", row);
    else if (kind == 1)
        fprintf(f, "%.3f", 20 * unit());
    else if (kind == 2)
        fputs(below(2) ? "ok" : "warm", f);
    else if (kind == 3)
        fputs(odd[below(14)], f);
    else
        fprintf(f, "%g", ldexp(unit() - 0.5, (int)below(99) - 50));
}

static const char *random_text(int rows, int columns, const char *end)
{
    const char *path = t_tmp("x.csv");
    FILE *f = fopen(path, "wb");
    bool header = below(2);
    int kind[9];
    T_OK(f);
    for (int j = 0; j < columns; j++)
        kind[j] = (int)below(5);
    for (int j = 0; j < columns && header; j++)
        fprintf(f, "%sc%d", j ? "," : "", j);
    if (header)
        fputs(end, f);
    for (int i = 0; i < rows; i++) {
        if (below(60) == 0)
            fputs("a line, of, another, kind, with, many, fields, more, than, columns", f);
        for (int j = 0; j < columns; j++) {
            fputs(j ? "," : "", f);
            put_field(f, kind[j], i);
        }
        if (i + 1 < rows || below(2))
            fputs(end, f);
    }
    T_OK(fclose(f) == 0);
    return path;
}

TEST(text_comes_back_byte_for_byte)
{
    for (int i = 0; i < 9; i++) {
        const char *packed = t_tmp("x.lpk"), *back = t_tmp("back.csv");
        const char *path =
            random_text(2 + (int)below(200), 1 + (int)below(8), i % 3 ? "\n" : "\r\n");
        struct lt_pack_options o = quick_pack(&path, packed);
        pack_with(&o, NULL);
        verify_with(packed, path);
        unpack_to(packed, back, 0, -1);
        expect_same_files(path, back);
    }
}

/* ---- sizes ---- */

/* Rows drawn again and again from a few, at random: far behind, where contexts do not look. */
static struct array repeats(void)
{
    enum { KNOWN = 300, COLUMNS = 16 };
    struct array a = make_array(LT_I64, 1200, COLUMNS);
    for (int64_t r = 0; r < a.rows; r++) {
        int64_t from = r < KNOWN ? -1 : (int64_t)below(KNOWN);
        for (int64_t j = 0; j < COLUMNS; j++) {
            uint64_t bits = below((uint64_t)1 << 62);
            unsigned char *cell = a.cells + (r * COLUMNS + j) * 8;
            memcpy(cell, from < 0 ? (void *)&bits : a.cells + (from * COLUMNS + j) * 8, 8);
        }
    }
    write_array(&a, "repeats.npy");
    return a;
}

TEST(no_file_is_much_larger_than_zstd_makes_it)
{
    struct array a = repeats();
    struct lt_report *report = NULL;
    struct lt_pack_options o = quick_pack(&a.path, t_tmp("repeats.lpk"));
    pack_with(&o, &report);
    double zstd = lt_report_get_number(report, "zstd_bytes");
    T_NOTE("%lld bytes, zstd %.0f", (long long)size_of_file(o.path), zstd);
    T_OK(zstd > 0 && (double)size_of_file(o.path) <= 1.01 * zstd + 4096);
    T_INT(lt_report_get_number(report, "bytes_out"), size_of_file(o.path));
    lt_report_free(&report);
    verify_with(o.path, a.path);
    unpack_to(o.path, t_tmp("back.npy"), 0, -1);
    expect_cells(t_tmp("back.npy"), a.cells, a.size);
    unpack_to(o.path, t_tmp("back.npy"), 1000, 1003);
    expect_cells(t_tmp("back.npy"), a.cells + (size_t)1000 * 16 * 8, (size_t)3 * 16 * 8);
    lt_free(a.cells);
}

/* ---- rows and models ---- */

TEST(any_rows_are_those_rows)
{
    struct array a = random_array(LT_F64, 120, 3, "x.npy");
    struct lt_pack_options o = quick_pack(&a.path, t_tmp("x.lpk"));
    pack_with(&o, NULL);
    static const int64_t ranges[][2] = {{0, 1}, {119, 120}, {17, 60}, {119, -1}};
    for (int i = 0; i < 4; i++) {
        int64_t from = ranges[i][0], to = ranges[i][1] < 0 ? 120 : ranges[i][1];
        unpack_to(o.path, t_tmp("back.npy"), from, ranges[i][1]);
        expect_cells(t_tmp("back.npy"), a.cells + from * 24, (size_t)(to - from) * 24);
    }
    static const int64_t wrong[][2] = {{-1, 3}, {5, 5}, {6, 5}, {0, 121}, {120, -1}};
    for (int i = 0; i < 5; i++) {
        struct lt_error err = {0};
        struct lt_unpack_options u = {.file = o.path,
                                      .path = t_tmp("none.npy"),
                                      .rows = {wrong[i][0], wrong[i][1]},
                                      .threads = 1};
        T_INT(lt_unpack(&u, NULL, &err), LT_EUSAGE);
        T_OK(size_of_file(t_tmp("none.npy")) == -1 && err.text[0]);
    }
    lt_free(a.cells);
}

static struct array walks(int64_t columns, const char *name)
{
    struct array a = make_array(LT_I32, 600, columns);
    int32_t at[8] = {0};
    for (int64_t i = 0; i < a.rows * columns; i++) {
        at[i % columns] += (int32_t)below(2001) - 1000;
        memcpy(a.cells + 4 * i, &at[i % columns], 4);
    }
    write_array(&a, name);
    return a;
}

TEST(a_shared_model_is_needed_and_must_be_the_one)
{
    struct array a = walks(3, "a.npy"), b = walks(3, "b.npy"), c = walks(4, "c.npy");
    struct lt_error err = {0};
    struct lt_pack_options first = quick_pack(&a.path, t_tmp("a.lpk"));
    struct lt_pack_options other = quick_pack(&c.path, t_tmp("c.lpk"));
    struct lt_pack_options second = quick_pack(&b.path, t_tmp("b.lpk"));
    pack_with(&first, NULL);
    pack_with(&other, NULL);
    second.model = first.path;
    second.share = true;
    pack_with(&second, NULL);
    struct lt_unpack_options u = {
        .file = second.path, .path = t_tmp("back.npy"), .rows = {0, -1}, .threads = 1};
    T_INT(lt_unpack(&u, NULL, NULL), LT_EUSAGE); /* without it */
    u.model = other.path;
    T_INT(lt_unpack(&u, NULL, &err), LT_EUSAGE);
    T_OK(strstr(err.text, "is not the model that it was packed with"));
    u.model = first.path;
    T_INT(lt_unpack(&u, NULL, NULL), 0);
    expect_cells(u.path, b.cells, b.size);
    second.model = other.path; /* for rows of another shape */
    T_INT(lt_pack(&second, NULL, NULL), LT_EUSAGE);
    second.model = first.path;
    second.share = false; /* then the model is inside */
    pack_with(&second, NULL);
    unpack_to(second.path, u.path, 0, -1);
    expect_cells(u.path, b.cells, b.size);
    lt_free(a.cells);
    lt_free(b.cells);
    lt_free(c.cells);
}

TEST(other_data_is_told_from_what_was_packed)
{
    struct array a = walks(3, "a.npy");
    struct lt_error err = {0};
    struct lt_pack_options o = quick_pack(&a.path, t_tmp("a.lpk"));
    pack_with(&o, NULL);
    a.cells[4 * 3 * 500 + 1] ^= 2;
    write_array(&a, "a.npy");
    struct lt_verify_options v = {.file = o.path, .data = &a.path, .count = 1, .threads = 1};
    T_INT(lt_verify(&v, NULL, &err), LT_ENO);
    T_OK(strstr(err.text, "row 500, column 0"));
    lt_free(a.cells);
}

T_MAIN
