/* Data to be packed, and packed files: random tables in NPY files, text, and files of many small blocks. */
#ifndef LT_TESTS_T_PACKED_H
#define LT_TESTS_T_PACKED_H

#include "app/pack.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/array.h"
#include "t.h"

static uint32_t drawn;

static uint64_t below(uint64_t n)
{
    const struct lt_stream s = lt_stream(11, LT_RNG_TEST, 0, 0);
    return lt_below(&s, drawn++, n);
}
T_UNUSED static double unit(void)
{
    return (double)below((uint64_t)1 << 53) * 0x1p-53;
}

/* ---- arrays ---- */

struct array {
    enum lt_type type;
    int64_t rows, columns, h, w, c; /* h > 0: images */
    size_t size;                    /* of cells */
    unsigned char *cells;
    const char *path;
};

static const char *descr_of(enum lt_type type)
{
    switch (type) {
    case LT_BOOL:
        return "|b1";
    case LT_I8:
        return "|i1";
    case LT_U8:
        return "|u1";
    case LT_I16:
        return "<i2";
    case LT_U16:
        return "<u2";
    case LT_I32:
        return "<i4";
    case LT_U32:
        return "<u4";
    case LT_I64:
        return "<i8";
    case LT_U64:
        return "<u8";
    case LT_F32:
        return "<f4";
    default:
        return "<f8";
    }
}

/* Writes cells as NPY; `name` is the file's. */
static void write_array(struct array *a, const char *name)
{
    char head[200], shape[100];
    if (a->h > 0)
        snprintf(shape, sizeof shape, "(%lld, %lld, %lld, %lld)", (long long)a->rows,
                 (long long)a->h, (long long)a->w, (long long)a->c);
    else
        snprintf(shape, sizeof shape, "(%lld, %lld)", (long long)a->rows, (long long)a->columns);
    int n = snprintf(head, sizeof head, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                     descr_of(a->type), shape);
    int size = (n + 11 + 63) / 64 * 64 - 10;
    a->path = t_tmp(name);
    FILE *f = fopen(a->path, "wb");
    T_OK(f && fwrite("\x93NUMPY\x01", 1, 7, f) == 7);
    fprintf(f, "%c%c%c%-*s\n", 0, size & 255, size >> 8, size - 1, head);
    T_OK(fwrite(a->cells, 1, a->size, f) == a->size && fclose(f) == 0);
}

static struct array make_array(enum lt_type type, int64_t rows, int64_t columns)
{
    struct array a = {.type = type, .rows = rows, .columns = columns};
    a.size = (size_t)(rows * columns) * lt_type_size(type);
    T_INT(lt_alloc(&a.cells, a.size, 1, "cells", NULL), 0);
    return a;
}

/* The cells of an NPY file are these, bit by bit. */
T_UNUSED static void expect_cells(const char *path, const void *cells, size_t size)
{
    struct lt_bytes bytes;
    T_INT(lt_bytes_read(&bytes, path, NULL), 0);
    T_OK(bytes.size > 10);
    size_t head = 10 + (size_t)bytes.data[8] + 256 * (size_t)bytes.data[9];
    T_INT(bytes.size - head, size);
    T_OK(memcmp(bytes.data + head, cells, size) == 0);
    lt_bytes_free(&bytes);
}

T_UNUSED static void expect_same_files(const char *a, const char *b)
{
    struct lt_bytes x, y;
    T_INT(lt_bytes_read(&x, a, NULL), 0);
    T_INT(lt_bytes_read(&y, b, NULL), 0);
    T_INT(x.size, y.size);
    T_OK(memcmp(x.data, y.data, x.size) == 0);
    lt_bytes_free(&x);
    lt_bytes_free(&y);
}

/* ---- packing ---- */

/* Without training, so that it is quick and the same each time. */
T_UNUSED static struct lt_pack_options quick_pack(const char *const *data, const char *path)
{
    return (struct lt_pack_options){
        .data = data, .count = 1, .path = path, .quick = true, .seed = 1, .threads = 1};
}

T_UNUSED static void pack_with(const struct lt_pack_options *o, struct lt_report **report)
{
    struct lt_error err = {0};
    if (lt_pack(o, report, &err))
        T_FAIL("packing: %s", err.text);
}

T_UNUSED static void unpack_to(const char *file, const char *path, int64_t from, int64_t to)
{
    struct lt_error err = {0};
    struct lt_unpack_options o = {.file = file, .path = path, .rows = {from, to}, .threads = 1};
    if (lt_unpack(&o, NULL, &err))
        T_FAIL("unpacking: %s", err.text);
}

T_UNUSED static void verify_with(const char *file, const char *data)
{
    struct lt_error err = {0};
    struct lt_verify_options o = {.file = file, .data = &data, .count = 1, .threads = 1};
    if (lt_verify(&o, NULL, &err))
        T_FAIL("verifying: %s", err.text);
}

static int64_t size_of_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

#endif
