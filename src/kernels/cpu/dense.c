#include "kernels/cpu/dense.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/cpu/state.h"
#include "kernels/cpu/tiles.h"
#include <string.h>

/* Three products, all on row-major matrices without blocked layouts (whose
 * gain is eaten by packing, see docs/speed.md):
 *
 *   forward          y (B, out)   = x (B, in)     W^T (in, out)
 *   data gradient    dx (B, in)   = da (B, out)   W (out, in)
 *   weight gradient  dw (out, in) = da^T (out, B) x (B, in)
 *
 * In f32 a right-hand side that would have to be read across is transposed
 * once by pack. In bf16 the kernels copy it anyway, so one bf16 copy of W
 * serves both, and the copies of x and da serve all products that read them.
 *
 * A weight gradient over spec.batch rows is one product per tile. Over any
 * other number it is a sum over slices of BIG_SLICE rows, then of SLICE rows,
 * the last one filled up with rows of zeros. */
enum {
    SLICE = 32, /* rows */
    BIG_SLICE = 128,
    COLUMN_CHUNK = 256, /* columns of a bias gradient in a chunk */
    PACKED = 16384      /* values of W transposed in a chunk, about */
};

struct lt_dense {
    struct lt_dense_spec spec;
    bool bf16;
    struct lt_tiles forward, data;
    struct lt_tiles weights, weights_add;       /* over spec.batch: C = AB, C += AB */
    struct lt_tiles weights_big, weights_slice; /* C += AB over BIG_SLICE, SLICE rows */

    const float *plain;     /* W itself, from the last pack */
    float *transposed;      /* f32: W^T; NULL when nobody reads it */
    uint16_t *w16;          /* bf16: W (as it is stored) */
    uint16_t *x16, *da16;   /* bf16: (rows, in), (rows, out) */
    void *tail_x, *tail_da; /* (SLICE, in), (SLICE, out), f32 or bf16 */
};

void lt_cpu_dense_free(struct lt_backend *b, struct lt_dense *d)
{
    (void)b;
    if (!d)
        return;
    lt_tiles_free(&d->forward);
    lt_tiles_free(&d->data);
    lt_tiles_free(&d->weights);
    lt_tiles_free(&d->weights_add);
    lt_tiles_free(&d->weights_big);
    lt_tiles_free(&d->weights_slice);
    lt_free(d->transposed);
    lt_free(d->w16);
    lt_free(d->x16);
    lt_free(d->da16);
    lt_free(d->tail_x);
    lt_free(d->tail_da);
    lt_free(d);
}

/* B of forward is W^T, of the data gradient W; whether it is read across. */
static bool forward_reads_across(const struct lt_dense *d)
{
    return !d->spec.transposed;
}
static bool data_reads_across(const struct lt_dense *d)
{
    return d->spec.transposed;
}

static int plan_forward(struct lt_dense *d, struct lt_onednn *o, struct lt_error *err)
{
    const int64_t in = d->spec.in, out = d->spec.out;
    const bool across = d->bf16 && forward_reads_across(d);
    const struct lt_kernel_spec s = {.m = d->spec.rows,
                                     .n = out,
                                     .k = in,
                                     .a_row = in,
                                     .a_column = 1,
                                     .b_row = across ? 1 : out,
                                     .b_column = across ? in : 1,
                                     .c_row = out,
                                     .bf16 = d->bf16};
    return lt_tiles_create(&d->forward, o, &s, true, err);
}

static int plan_data_gradient(struct lt_dense *d, struct lt_onednn *o, struct lt_error *err)
{
    const int64_t in = d->spec.in, out = d->spec.out;
    const bool across = d->bf16 && data_reads_across(d);
    const struct lt_kernel_spec s = {.m = d->spec.rows,
                                     .n = in,
                                     .k = out,
                                     .a_row = out,
                                     .a_column = 1,
                                     .b_row = across ? 1 : in,
                                     .b_column = across ? out : 1,
                                     .c_row = in,
                                     .bf16 = d->bf16};
    return lt_tiles_create(&d->data, o, &s, true, err);
}

static int plan_weight_gradient(struct lt_dense *d, struct lt_onednn *o, struct lt_error *err)
{
    const int64_t left = d->spec.transposed ? d->spec.in : d->spec.out;
    const int64_t right = d->spec.transposed ? d->spec.out : d->spec.in;
    struct lt_kernel_spec s = {.m = left,
                               .n = right,
                               .k = d->spec.batch,
                               .a_row = 1,
                               .a_column = left,
                               .b_row = right,
                               .b_column = 1,
                               .c_row = right,
                               .bf16 = d->bf16};
    int rc = lt_tiles_create(&d->weights, o, &s, false, err);
    s.add = true;
    if (!rc)
        rc = lt_tiles_create(&d->weights_add, o, &s, false, err);
    s.k = BIG_SLICE;
    if (!rc && d->spec.rows > BIG_SLICE)
        rc = lt_tiles_create(&d->weights_big, o, &s, false, err);
    s.k = SLICE;
    if (!rc)
        rc = lt_tiles_create(&d->weights_slice, o, &s, false, err);
    return rc;
}

static int alloc_copies(struct lt_dense *d, struct lt_error *err)
{
    const size_t rows = (size_t)lt_padded_rows(d->spec.rows);
    const size_t in = (size_t)d->spec.in, out = (size_t)d->spec.out;
    const size_t value = d->bf16 ? sizeof(uint16_t) : sizeof(float);
    int rc = LT_OK;
    if (d->bf16) {
        rc = lt_alloc(&d->w16, in * out, value, "bf16 weights", err);
        if (!rc)
            rc = lt_alloc(&d->x16, rows * in, value, "bf16 activations", err);
        if (!rc && d->spec.training)
            rc = lt_alloc(&d->da16, rows * out, value, "bf16 gradients", err);
    } else if (forward_reads_across(d) || (data_reads_across(d) && d->spec.need_dx)) {
        rc = lt_alloc(&d->transposed, in * out, value, "weights", err);
    }
    if (!rc && d->spec.training)
        rc = lt_alloc(&d->tail_x, SLICE * in, value, "activations", err);
    if (!rc && d->spec.training)
        rc = lt_alloc(&d->tail_da, SLICE * out, value, "gradients", err);
    return rc;
}

int lt_cpu_dense_create(struct lt_backend *b, const struct lt_dense_spec *spec,
                        struct lt_dense **out, struct lt_error *err)
{
    struct lt_onednn *o = lt_cpu_state(b)->onednn;
    struct lt_dense *d = NULL;
    size_t bytes;
    int rc = lt_alloc(&d, 1, sizeof *d, "layer", err);
    if (rc)
        goto out;
    d->spec = *spec;
    if (d->spec.batch == 0)
        d->spec.batch = d->spec.rows;
    d->bf16 = spec->precision == LT_PRECISION_BF16 && lt_onednn_has_bf16();
    if (!lt_size_mul((size_t)spec->in, (size_t)spec->out, &bytes)) {
        rc = lt_fail_memory(err, "weights", SIZE_MAX);
        goto out;
    }
    rc = alloc_copies(d, err);
    if (!rc)
        rc = plan_forward(d, o, err);
    if (!rc && spec->training && spec->need_dx)
        rc = plan_data_gradient(d, o, err);
    if (!rc && spec->training)
        rc = plan_weight_gradient(d, o, err);
out:
    if (rc) {
        lt_cpu_dense_free(b, d);
        d = NULL;
    }
    *out = d;
    return rc;
}

struct pack_work {
    const struct lt_elementwise *elementwise;
    int64_t rows, columns; /* of W as stored */
    size_t strip;          /* rows in a chunk, a multiple of 16 */
    const float *w;
    float *transposed;
};

static void pack_chunk(void *context, size_t chunk, int thread)
{
    const struct pack_work *w = context;
    const int64_t row = (int64_t)lt_chunk_begin(chunk, w->strip);
    const int64_t end = (int64_t)lt_chunk_end(chunk, w->strip, (size_t)w->rows);
    (void)thread;
    w->elementwise->transpose(end - row, w->columns, w->w + row * w->columns, w->columns,
                              w->transposed + row, w->rows);
}

void lt_cpu_dense_pack(struct lt_backend *b, struct lt_dense *d, struct lt_buffer w)
{
    const struct lt_dense_spec *s = &d->spec;
    d->plain = lt_host_at(w);
    if (d->bf16) {
        lt_cpu_to_bf16(b, (size_t)(s->in * s->out), d->plain, d->w16);
    } else if (d->transposed) {
        struct pack_work work = {.elementwise = lt_host_elementwise(b),
                                 .rows = s->transposed ? s->in : s->out,
                                 .columns = s->transposed ? s->out : s->in,
                                 .w = d->plain,
                                 .transposed = d->transposed};
        work.strip = (size_t)lt_round_up(PACKED / work.columns + 1, 16);
        lt_parallel(b->threads, lt_chunks((size_t)work.rows, work.strip), pack_chunk, &work);
    }
}

struct forward_work {
    const struct lt_dense *dense;
    void (*bias_act)(int64_t rows, int64_t width, int64_t stride, const float *bias, float *pre,
                     float *y);
    int64_t rows;
    const void *x, *w;
    const float *bias;
    float *pre, *y;
};

/* The activation follows its tile at once, while it is in cache. */
static void forward_chunk(void *context, size_t chunk, int thread)
{
    const struct forward_work *f = context;
    const int64_t out = f->dense->spec.out;
    const struct lt_tile tile = lt_tiles_at(&f->dense->forward, f->rows, chunk);
    const int64_t at = tile.row * out + tile.column;
    lt_tile_run(&f->dense->forward, &tile, thread, f->x, f->w, f->y);
    f->bias_act(tile.rows, tile.columns, out, f->bias ? f->bias + tile.column : NULL,
                f->pre ? f->pre + at : NULL, f->y + at);
}

/* The weights as the products of this precision read them. */
static const void *weights_for(const struct lt_dense *d, bool across)
{
    if (d->bf16)
        return d->w16;
    return across ? d->transposed : d->plain;
}

void lt_cpu_dense_forward(struct lt_backend *b, struct lt_dense *d, int64_t rows,
                          struct lt_buffer x, struct lt_buffer bias, enum lt_act act,
                          struct lt_buffer pre, struct lt_buffer y)
{
    struct forward_work f = {.dense = d,
                             .bias_act = lt_host_elementwise(b)->bias_act[act],
                             .rows = lt_tiles_rows(rows),
                             .x = lt_host_at(x),
                             .w = weights_for(d, forward_reads_across(d)),
                             .bias = lt_host_at(bias),
                             .pre = lt_host_at(pre),
                             .y = lt_host_at(y)};
    if (d->bf16) {
        lt_cpu_to_bf16(b, (size_t)(rows * d->spec.in), f.x, d->x16);
        f.x = d->x16;
    }
    lt_parallel(b->threads, lt_tiles_count(&d->forward, f.rows), forward_chunk, &f);
}

struct backward_work {
    const struct lt_dense *dense;
    const struct lt_elementwise *elementwise;
    int64_t rows;
    const void *x, *da, *w; /* f32 or bf16 */
    const float *da32;
    float *dx, *dw, *db;
    bool accumulate;
    size_t data_tiles, weight_tiles; /* chunks: first these, then columns of db */
};

static void data_gradient_tile(const struct backward_work *w, size_t index, int thread)
{
    const struct lt_tiles *tiles = &w->dense->data;
    const struct lt_tile tile = lt_tiles_at(tiles, lt_tiles_rows(w->rows), index);
    lt_tile_run(tiles, &tile, thread, w->da, w->w, w->dx);
}

/* Adds the products of whole slices of rows from `row` on; returns the row after them. */
static int64_t add_slices(const struct backward_work *w, const struct lt_tiles *tiles,
                          const struct lt_tile *tile, int64_t row, int thread)
{
    const struct lt_kernel_spec *s = &tiles->spec;
    const size_t value = s->bf16 ? sizeof(uint16_t) : sizeof(float);
    const bool transposed = w->dense->spec.transposed;
    const char *left = transposed ? w->x : w->da, *right = transposed ? w->da : w->x;
    for (; row + s->k <= w->rows; row += s->k)
        lt_tile_run(tiles, tile, thread, left + (size_t)(row * s->a_column) * value,
                    right + (size_t)(row * s->b_row) * value, w->dw);
    return row;
}

static void weight_gradient_slices(const struct backward_work *w, size_t index, int thread)
{
    const struct lt_dense *d = w->dense;
    const struct lt_tiles *big = &d->weights_big, *small = &d->weights_slice;
    const struct lt_kernel_spec *s = &small->spec;
    const struct lt_tile tile = lt_tiles_at(small, s->m, index);
    if (!w->accumulate)
        for (int64_t r = 0; r < tile.rows; r++)
            memset(w->dw + (tile.row + r) * s->c_row + tile.column, 0,
                   (size_t)tile.columns * sizeof(float));
    int64_t row = 0;
    if (big->spec.k) {
        const struct lt_tile same = lt_tiles_at(big, s->m, index);
        row = add_slices(w, big, &same, row, thread);
    }
    row = add_slices(w, small, &tile, row, thread);
    if (row < w->rows)
        lt_tile_run(small, &tile, thread, d->spec.transposed ? d->tail_x : d->tail_da,
                    d->spec.transposed ? d->tail_da : d->tail_x, w->dw);
}

static void weight_gradient_tile(const struct backward_work *w, size_t index, int thread)
{
    const struct lt_dense *d = w->dense;
    const struct lt_tiles *tiles = w->accumulate ? &d->weights_add : &d->weights;
    const struct lt_tile tile = lt_tiles_at(tiles, tiles->spec.m, index);
    lt_tile_run(tiles, &tile, thread, d->spec.transposed ? w->x : w->da,
                d->spec.transposed ? w->da : w->x, w->dw);
}

static void bias_gradient_columns(const struct backward_work *w, size_t index)
{
    const int64_t out = w->dense->spec.out;
    const int64_t at = (int64_t)lt_chunk_begin(index, COLUMN_CHUNK);
    const int64_t end = (int64_t)lt_chunk_end(index, COLUMN_CHUNK, (size_t)out);
    w->elementwise->column_sums(w->rows, end - at, out, w->da32 + at, w->db + at, w->accumulate);
}

static void backward_chunk(void *context, size_t chunk, int thread)
{
    const struct backward_work *w = context;
    if (chunk < w->data_tiles)
        data_gradient_tile(w, chunk, thread);
    else if (chunk >= w->data_tiles + w->weight_tiles)
        bias_gradient_columns(w, chunk - w->data_tiles - w->weight_tiles);
    else if (w->rows == w->dense->spec.batch)
        weight_gradient_tile(w, chunk - w->data_tiles, thread);
    else
        weight_gradient_slices(w, chunk - w->data_tiles, thread);
}

/* The last rows % SLICE rows, filled up with zeros to a whole slice. */
static void fill_tail(void *tail, const void *rows_of, int64_t rows, int64_t width, size_t value)
{
    const int64_t whole = rows / SLICE * SLICE;
    const size_t used = (size_t)((rows - whole) * width) * value;
    memcpy(tail, (const char *)rows_of + (size_t)(whole * width) * value, used);
    memset((char *)tail + used, 0, (size_t)(SLICE * width) * value - used);
}

void lt_cpu_dense_backward(struct lt_backend *b, struct lt_dense *d, int64_t rows,
                           struct lt_buffer x, struct lt_buffer da, struct lt_buffer dx,
                           struct lt_buffer dw, struct lt_buffer db, bool accumulate)
{
    struct backward_work w = {.dense = d,
                              .elementwise = lt_host_elementwise(b),
                              .rows = rows,
                              .x = lt_host_at(x),
                              .da = lt_host_at(da),
                              .w = weights_for(d, data_reads_across(d)),
                              .da32 = lt_host_at(da),
                              .dx = lt_host_at(dx),
                              .dw = lt_host_at(dw),
                              .db = lt_host_at(db),
                              .accumulate = accumulate};
    const size_t value = d->bf16 ? sizeof(uint16_t) : sizeof(float);
    if (d->bf16) {
        lt_cpu_to_bf16(b, (size_t)(rows * d->spec.out), w.da32, d->da16);
        w.x = d->x16; /* as forward left it */
        w.da = d->da16;
    }
    if (rows != d->spec.batch) {
        fill_tail(d->tail_x, w.x, rows, d->spec.in, value);
        fill_tail(d->tail_da, w.da, rows, d->spec.out, value);
    }
    w.data_tiles = w.dx ? lt_tiles_count(&d->data, lt_tiles_rows(rows)) : 0;
    w.weight_tiles = lt_tiles_count(&d->weights, d->weights.spec.m);
    const size_t bias_chunks = w.db ? lt_chunks((size_t)d->spec.out, COLUMN_CHUNK) : 0;
    lt_parallel(b->threads, w.data_tiles + w.weight_tiles + bias_chunks, backward_chunk, &w);
}
