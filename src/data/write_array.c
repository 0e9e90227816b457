/* NPY and IDX out; the number of rows is known when the header is written. */
#include "data/writer_ops.h"

#include "base/mem.h"
#include "data/readers.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LT_BATCH_BYTES = 1 << 20 };

/* Batches of many rows are converted in parts of about a megabyte. */
static int write_rows(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                      struct lt_error *err)
{
    size_t row_bytes = (size_t)w->columns * lt_type_size(w->type);
    int64_t most = 1 + LT_BATCH_BYTES / (int64_t)row_bytes;
    int rc = lt_grow(&w->buffer, &w->room, (size_t)most * row_bytes, 1, w->name, err);
    struct lt_out_rows part = *rows;
    while (n > 0 && !rc) {
        int64_t now = n < most ? n : most;
        rc = lt_writer_convert(w, &part, now, w->buffer, err);
        if (!rc && w->ops == &lt_idx_writer)
            lt_swap_bytes(w->buffer, (size_t)(now * w->columns), lt_type_size(w->type));
        if (!rc)
            rc = lt_sink_write(w->sink, w->buffer, (size_t)now * row_bytes, err);
        part = lt_out_from(&part, now * w->columns);
        n -= now;
    }
    return rc;
}

/* ---- NPY --------------------------------------------------------------- */

/* Padded with spaces so that the values begin at a multiple of 64 bytes. */
size_t lt_npy_head(const struct lt_writer *w, char head[LT_NPY_HEAD])
{
    int n = snprintf(head + 10, LT_NPY_HEAD - 10,
                     "{'descr': '%c%s', 'fortran_order': False, 'shape': (%" PRId64 ",",
                     lt_type_size(w->type) > 1 ? '<' : '|', lt_type_name(w->type), w->total);
    for (int i = 0; i < w->rank; i++)
        n += snprintf(head + 10 + n, LT_NPY_HEAD - 10 - (size_t)n, "%s%" PRId64, i ? ", " : " ",
                      w->shape[i]);
    n += snprintf(head + 10 + n, LT_NPY_HEAD - 10 - (size_t)n, "), }");
    size_t length = ((size_t)n + 11 + 63) & ~(size_t)63;
    memset(head + 10 + n, ' ', length - 11 - (size_t)n);
    head[length - 1] = '\n';
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    head[8] = (char)((length - 10) & 255);
    head[9] = (char)((length - 10) >> 8);
    return length;
}

static int begin_npy(struct lt_writer *w, struct lt_error *err)
{
    char head[LT_NPY_HEAD];
    w->type = lt_writer_common_type(w);
    return lt_sink_write(w->sink, head, lt_npy_head(w, head), err);
}

const struct lt_writer_ops lt_npy_writer = {
    .ending = ".npy", .gz = true, .begin = begin_npy, .rows = write_rows};

/* ---- IDX --------------------------------------------------------------- */

/* The type's code and the type that stands in for those IDX does not know. */
static unsigned char idx_code(enum lt_type *type)
{
    switch (*type) {
    case LT_BOOL:
        *type = LT_U8;
        break;
    case LT_U16:
        *type = LT_I32;
        break;
    case LT_U32:
    case LT_U64:
    case LT_I64:
        *type = LT_F64;
        break;
    default:
        break;
    }
    switch (*type) {
    case LT_U8:
        return 0x08;
    case LT_I8:
        return 0x09;
    case LT_I16:
        return 0x0b;
    case LT_I32:
        return 0x0c;
    case LT_F32:
        return 0x0d;
    default:
        return 0x0e;
    }
}

static void put_big_endian(unsigned char *p, int64_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(value >> (24 - 8 * i));
}

static int begin_idx(struct lt_writer *w, struct lt_error *err)
{
    unsigned char head[8 + 4 * LT_SHAPE_MAX] = {0};
    w->type = lt_writer_common_type(w);
    head[2] = idx_code(&w->type);
    head[3] = (unsigned char)(1 + w->rank);
    if (w->total > UINT32_MAX || w->columns > UINT32_MAX)
        return lt_fail(err, LT_EUSAGE, "%s: IDX holds at most %u rows; use .npy", w->name,
                       UINT32_MAX);
    put_big_endian(head + 4, w->total);
    for (int i = 0; i < w->rank; i++)
        put_big_endian(head + 8 + 4 * i, w->shape[i]);
    return lt_sink_write(w->sink, head, 8 + 4 * (size_t)w->rank, err);
}

const struct lt_writer_ops lt_idx_writer = {
    .ending = ".idx", .gz = true, .begin = begin_idx, .rows = write_rows};
