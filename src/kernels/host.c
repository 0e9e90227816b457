#include "kernels/host.h"

#include "base/mem.h"
#include "base/parallel.h"
#include <math.h>
#include <string.h>

enum {
    CHUNK = 16384,     /* values; 64 KiB of each array, so that all of them fit a core's L2 */
    DOT_CHUNKS = 256,  /* most partial sums of a dot product */
    COLUMN_CHUNK = 256 /* columns */
};

/* What a chunk of an elementwise operation needs; each uses what it names. */
struct work {
    const struct lt_elementwise *elementwise;
    size_t n, size; /* values, values in a chunk */
    int kind;       /* activation, update, ... */
    float alpha, beta;
    const struct lt_update_args *args;
    const float *x, *x2, *x3;
    float *y, *y2, *y3;
    double *sums;
};

int lt_host_memory_create(struct lt_backend *b, size_t bytes, void **memory, struct lt_error *err)
{
    (void)b;
    return lt_alloc(memory, bytes, 1, "buffers", err);
}

void lt_host_memory_free(struct lt_backend *b, void *memory)
{
    (void)b;
    lt_free(memory);
}

struct transfer {
    unsigned char *to;
    const unsigned char *from;
    size_t bytes;
};

static void transfer_chunk(void *context, size_t chunk, int thread)
{
    const struct transfer *t = context;
    (void)thread;
    size_t begin = lt_chunk_begin(chunk, CHUNK * sizeof(float));
    memcpy(t->to + begin, t->from + begin,
           lt_chunk_end(chunk, CHUNK * sizeof(float), t->bytes) - begin);
}

static void transfer(const struct lt_backend *b, void *to, const void *from, size_t bytes)
{
    struct transfer t = {to, from, bytes};
    lt_parallel(b->threads, lt_chunks(bytes, CHUNK * sizeof(float)), transfer_chunk, &t);
}

void lt_host_upload(struct lt_backend *b, struct lt_buffer to, const void *from, size_t bytes)
{
    transfer(b, lt_host_at(to), from, bytes);
}

void lt_host_download(struct lt_backend *b, void *to, struct lt_buffer from, size_t bytes)
{
    transfer(b, to, lt_host_at(from), bytes);
}

void lt_host_copy(struct lt_backend *b, struct lt_buffer to, struct lt_buffer from, size_t bytes)
{
    (void)b;
    if (bytes)
        memmove(lt_host_at(to), lt_host_at(from), bytes);
}

void lt_host_zero(struct lt_backend *b, struct lt_buffer to, size_t bytes)
{
    (void)b;
    if (bytes)
        memset(lt_host_at(to), 0, bytes);
}

/* Runs fn over w->n values in chunks of CHUNK. */
static void each(struct lt_backend *b, struct work *w, lt_chunk_fn *fn)
{
    w->elementwise = lt_host_elementwise(b);
    w->size = CHUNK;
    lt_parallel(b->threads, lt_chunks(w->n, CHUNK), fn, w);
}

static size_t chunk_begin(const struct work *w, size_t chunk)
{
    return lt_chunk_begin(chunk, w->size);
}

static size_t chunk_count(const struct work *w, size_t chunk)
{
    return lt_chunk_end(chunk, w->size, w->n) - lt_chunk_begin(chunk, w->size);
}

static void act_forward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->elementwise->act_forward[w->kind](chunk_count(w, chunk), w->x + at, w->y + at);
}

void lt_host_act_forward(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                         struct lt_buffer y)
{
    struct work w = {.n = n, .kind = (int)act, .x = lt_host_at(pre), .y = lt_host_at(y)};
    each(b, &w, act_forward_chunk);
}

static void act_backward_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->elementwise->act_backward[w->kind](chunk_count(w, chunk), w->x ? w->x + at : NULL,
                                          w->x2 ? w->x2 + at : NULL, w->x3 + at, w->y + at);
}

void lt_host_act_backward(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                          struct lt_buffer y, struct lt_buffer dy, struct lt_buffer da)
{
    struct work w = {.n = n,
                     .kind = (int)act,
                     .x = lt_host_at(pre),
                     .x2 = lt_host_at(y),
                     .x3 = lt_host_at(dy),
                     .y = lt_host_at(da)};
    each(b, &w, act_backward_chunk);
}

static void axpby_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->elementwise->axpby(chunk_count(w, chunk), w->alpha, w->x + at, w->beta, w->y + at);
}

static void add_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->elementwise->add(chunk_count(w, chunk), w->x + at, w->x2 + at, w->y + at);
}

void lt_host_add(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer z,
                 struct lt_buffer y)
{
    struct work w = {.n = n, .x = lt_host_at(x), .x2 = lt_host_at(z), .y = lt_host_at(y)};
    each(b, &w, add_chunk);
}

void lt_host_axpby(struct lt_backend *b, size_t n, float alpha, struct lt_buffer x, float beta,
                   struct lt_buffer y)
{
    struct work w = {.n = n, .alpha = alpha, .beta = beta, .x = lt_host_at(x), .y = lt_host_at(y)};
    each(b, &w, axpby_chunk);
}

static void multiply_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->elementwise->multiply(chunk_count(w, chunk), w->x + at, w->x2 + at, w->y + at);
}

void lt_host_multiply(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer mask,
                      struct lt_buffer y)
{
    struct work w = {.n = n, .x = lt_host_at(x), .x2 = lt_host_at(mask), .y = lt_host_at(y)};
    each(b, &w, multiply_chunk);
}

static void update_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->elementwise->update[w->kind](w->args, chunk_count(w, chunk), w->y + at, w->x + at,
                                    w->y2 ? w->y2 + at : NULL, w->y3 ? w->y3 + at : NULL);
}

void lt_host_update(struct lt_backend *b, enum lt_update kind, const struct lt_update_args *args,
                    size_t n, struct lt_buffer w, struct lt_buffer g, struct lt_buffer m,
                    struct lt_buffer v)
{
    struct work work = {.n = n,
                        .kind = (int)kind,
                        .args = args,
                        .x = lt_host_at(g),
                        .y = lt_host_at(w),
                        .y2 = lt_host_at(m),
                        .y3 = lt_host_at(v)};
    each(b, &work, update_chunk);
}

static void penalty_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->elementwise->penalty(w->alpha, w->beta, chunk_count(w, chunk), w->x + at, w->y + at);
}

void lt_host_penalty(struct lt_backend *b, float l1, float l2, size_t n, struct lt_buffer w,
                     struct lt_buffer g)
{
    struct work work = {.n = n, .alpha = l1, .beta = l2, .x = lt_host_at(w), .y = lt_host_at(g)};
    each(b, &work, penalty_chunk);
}

static void dot_chunk(void *context, size_t chunk, int thread)
{
    const struct work *w = context;
    const size_t at = chunk_begin(w, chunk);
    (void)thread;
    w->sums[chunk] = w->elementwise->dot(chunk_count(w, chunk), w->x + at, w->x2 + at);
}

/* Chunks grow with n so that their sums fit the stack; they are added in order. */
double lt_host_dot(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer y)
{
    double sums[DOT_CHUNKS], total = 0;
    const size_t share = (n / DOT_CHUNKS + CHUNK) / CHUNK * CHUNK;
    struct work w = {.elementwise = lt_host_elementwise(b),
                     .n = n,
                     .size = share,
                     .x = lt_host_at(x),
                     .x2 = lt_host_at(y),
                     .sums = sums};
    const size_t chunks = lt_chunks(n, share);
    lt_parallel(b->threads, chunks, dot_chunk, &w);
    for (size_t i = 0; i < chunks; i++)
        total += sums[i];
    return total;
}

/* Rows in a chunk of about CHUNK values. */
static size_t rows_per_chunk(int64_t width)
{
    return width >= CHUNK ? 1 : CHUNK / (size_t)(width > 0 ? width : 1);
}

struct columns {
    const struct lt_elementwise *elementwise;
    int64_t rows, width, from_stride, to_stride;
    const float *from;
    float *to;
    bool add;
};

static void copy_columns_chunk(void *context, size_t chunk, int thread)
{
    const struct columns *w = context;
    const size_t size = rows_per_chunk(w->width);
    const size_t width = (size_t)w->width, end = lt_chunk_end(chunk, size, (size_t)w->rows);
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, size); r < end; r++) {
        const float *from = w->from + (int64_t)r * w->from_stride;
        float *to = w->to + (int64_t)r * w->to_stride;
        if (w->add)
            w->elementwise->axpby(width, 1.0f, from, 1.0f, to);
        else
            memcpy(to, from, width * sizeof *to);
    }
}

void lt_host_copy_columns(struct lt_backend *b, int64_t rows, int64_t width, struct lt_buffer from,
                          int64_t from_stride, struct lt_buffer to, int64_t to_stride, bool add)
{
    struct columns w = {.elementwise = lt_host_elementwise(b),
                        .rows = rows,
                        .width = width,
                        .from_stride = from_stride,
                        .to_stride = to_stride,
                        .from = lt_host_at(from),
                        .to = lt_host_at(to),
                        .add = add};
    lt_parallel(b->threads, lt_chunks((size_t)rows, rows_per_chunk(width)), copy_columns_chunk, &w);
}

static void column_sums_chunk(void *context, size_t chunk, int thread)
{
    const struct columns *w = context;
    const int64_t at = (int64_t)lt_chunk_begin(chunk, COLUMN_CHUNK);
    const int64_t end = (int64_t)lt_chunk_end(chunk, COLUMN_CHUNK, (size_t)w->width);
    (void)thread;
    w->elementwise->column_sums(w->rows, end - at, w->from_stride, w->from + at, w->to + at,
                                w->add);
}

void lt_host_column_sums(struct lt_backend *b, int64_t rows, int64_t width, const float *a,
                         float *sums, bool add)
{
    struct columns w = {.elementwise = lt_host_elementwise(b),
                        .rows = rows,
                        .width = width,
                        .from_stride = width,
                        .from = a,
                        .to = sums,
                        .add = add};
    lt_parallel(b->threads, lt_chunks((size_t)width, COLUMN_CHUNK), column_sums_chunk, &w);
}

/* ---- missing cells ---- */

struct observe {
    const struct lt_observe *o;
    const float *x;
    float *y;
};

static void observe_chunk(void *context, size_t chunk, int thread)
{
    const struct observe *w = context;
    const struct lt_observe *o = w->o;
    const int64_t out = o->width + o->flags;
    const size_t size = rows_per_chunk(out);
    const size_t end = lt_chunk_end(chunk, size, (size_t)o->rows);
    (void)thread;
    for (size_t r = lt_chunk_begin(chunk, size); r < end; r++) {
        const float *x = w->x + (int64_t)r * o->width, *flagged = x + o->flag_first;
        float *y = w->y + (int64_t)r * out, *flags = y + o->width;
        for (int64_t i = 0; i < o->width; i++)
            y[i] = isnan(x[i]) ? 0.0f : x[i];
        for (int64_t i = o->scaled; i < o->width; i++)
            y[i] *= o->gain;
        for (int64_t i = 0; i < o->flags; i++)
            flags[i] = isnan(flagged[i]) ? 1.0f : 0.0f;
    }
}

void lt_host_observe(struct lt_backend *b, const struct lt_observe *o, struct lt_buffer x,
                     struct lt_buffer y)
{
    struct observe w = {o, lt_host_at(x), lt_host_at(y)};
    lt_parallel(b->threads, lt_chunks((size_t)o->rows, rows_per_chunk(o->width + o->flags)),
                observe_chunk, &w);
}

struct head {
    struct lt_head_rows all;
    void (*run)(const struct lt_head_rows *rows);
};

static void head_chunk(void *context, size_t chunk, int thread)
{
    const struct head *w = context;
    struct lt_head_rows h = w->all;
    const size_t size = rows_per_chunk(h.width);
    const size_t row = lt_chunk_begin(chunk, size);
    const int64_t at = (int64_t)row * h.width;
    (void)thread;
    h.rows = (int64_t)(lt_chunk_end(chunk, size, (size_t)h.rows) - row);
    h.a += at;
    h.t += at;
    h.y = h.y ? h.y + at : NULL;
    h.da = h.da ? h.da + at : NULL;
    h.row_loss = h.row_loss ? h.row_loss + row : NULL;
    h.row_squared_error = h.row_squared_error ? h.row_squared_error + row : NULL;
    w->run(&h);
}

void lt_host_head(struct lt_backend *b, enum lt_loss loss, enum lt_act unit, float scale,
                  int64_t rows, int64_t width, int64_t group, struct lt_buffer a,
                  struct lt_buffer t, struct lt_buffer y, struct lt_buffer da,
                  struct lt_buffer row_loss, struct lt_buffer row_squared_error)
{
    struct head w = {.all = {.rows = rows,
                             .width = width,
                             .group = group,
                             .scale = scale,
                             .a = lt_host_at(a),
                             .t = lt_host_at(t),
                             .y = lt_host_at(y),
                             .da = lt_host_at(da),
                             .row_loss = lt_host_at(row_loss),
                             .row_squared_error = lt_host_at(row_squared_error)},
                     .run = lt_host_elementwise(b)->head[loss][unit == LT_ACT_SIGMOID]};
    lt_parallel(b->threads, lt_chunks((size_t)rows, rows_per_chunk(width)), head_chunk, &w);
}
