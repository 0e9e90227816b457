/* What backends whose memory is the host's share: everything but products.
 *
 * Each function here has the signature of its entry in struct lt_backend_ops
 * and runs the serial code of elementwise.h over threads, in chunks whose size
 * does not depend on their number.
 */
#ifndef LT_KERNELS_HOST_H
#define LT_KERNELS_HOST_H

#include "kernels/backend.h"
#include "kernels/elementwise.h"

/* The state of such a backend begins with this. */
struct lt_host {
    const struct lt_elementwise *elementwise;
};

static inline const struct lt_elementwise *lt_host_elementwise(const struct lt_backend *b)
{
    return ((const struct lt_host *)b->state)->elementwise;
}

/* Where a buffer stands; NULL for none. */
static inline void *lt_host_at(struct lt_buffer b)
{
    return b.memory ? (char *)b.memory + b.offset : NULL;
}

static inline int64_t lt_round_up(int64_t n, int64_t step)
{
    return (n + step - 1) / step * step;
}

/* The rows that a buffer has room for. */
static inline int64_t lt_padded_rows(int64_t rows)
{
    return lt_round_up(rows, LT_ROW_BLOCK);
}

int lt_host_memory_create(struct lt_backend *b, size_t bytes, void **memory, struct lt_error *err);
void lt_host_memory_free(struct lt_backend *b, void *memory);
void lt_host_upload(struct lt_backend *b, struct lt_buffer to, const void *from, size_t bytes);
void lt_host_download(struct lt_backend *b, void *to, struct lt_buffer from, size_t bytes);
void lt_host_copy(struct lt_backend *b, struct lt_buffer to, struct lt_buffer from, size_t bytes);
void lt_host_zero(struct lt_backend *b, struct lt_buffer to, size_t bytes);

void lt_host_act_forward(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                         struct lt_buffer y);
void lt_host_act_backward(struct lt_backend *b, enum lt_act act, size_t n, struct lt_buffer pre,
                          struct lt_buffer y, struct lt_buffer dy, struct lt_buffer da);
void lt_host_axpby(struct lt_backend *b, size_t n, float alpha, struct lt_buffer x, float beta,
                   struct lt_buffer y);
void lt_host_add(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer z,
                 struct lt_buffer y);
void lt_host_copy_columns(struct lt_backend *b, int64_t rows, int64_t width, struct lt_buffer from,
                          int64_t from_stride, struct lt_buffer to, int64_t to_stride, bool add);
void lt_host_multiply(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer mask,
                      struct lt_buffer y);
void lt_host_observe(struct lt_backend *b, const struct lt_observe *o, struct lt_buffer x,
                     struct lt_buffer y);
void lt_host_head(struct lt_backend *b, enum lt_loss loss, enum lt_act unit, float scale,
                  int64_t rows, int64_t width, int64_t group, struct lt_buffer a,
                  struct lt_buffer t, struct lt_buffer y, struct lt_buffer da,
                  struct lt_buffer row_loss, struct lt_buffer row_squared_error);
void lt_host_update(struct lt_backend *b, enum lt_update kind, const struct lt_update_args *args,
                    size_t n, struct lt_buffer w, struct lt_buffer g, struct lt_buffer m,
                    struct lt_buffer v);
void lt_host_penalty(struct lt_backend *b, float l1, float l2, size_t n, struct lt_buffer w,
                     struct lt_buffer g);
double lt_host_dot(struct lt_backend *b, size_t n, struct lt_buffer x, struct lt_buffer y);
void lt_host_spd_inverse(struct lt_backend *b, int64_t n, struct lt_buffer a, float damping,
                         struct lt_buffer out, struct lt_buffer work);

void lt_host_noise(struct lt_backend *b, const struct lt_corruption *noise, uint64_t seed,
                   uint32_t epoch, const int64_t *row_ids, int64_t rows, int64_t width,
                   struct lt_buffer x, struct lt_buffer y);
void lt_host_dropout(struct lt_backend *b, float p, uint64_t seed, uint32_t epoch, uint32_t layer,
                     const int64_t *row_ids, int64_t rows, int64_t width, struct lt_buffer x,
                     struct lt_buffer mask, struct lt_buffer y);

void lt_host_step_rows(struct lt_backend *b, float length, int64_t rows, int64_t width,
                       struct lt_buffer x, struct lt_buffer direction, struct lt_buffer y);
void lt_host_sample(struct lt_backend *b, const struct lt_sampling *s, struct lt_buffer mean,
                    struct lt_buffer logvar, struct lt_buffer sigma, struct lt_buffer y,
                    struct lt_buffer row_loss);
void lt_host_sample_backward(struct lt_backend *b, const struct lt_sampling *s, float scale,
                             struct lt_buffer mean, struct lt_buffer sigma, struct lt_buffer y,
                             struct lt_buffer dy, struct lt_buffer dmean, struct lt_buffer dlogvar);

void lt_host_prefix(struct lt_backend *b, const struct lt_prefix *p, struct lt_buffer x,
                    struct lt_buffer y);
void lt_host_prefix_backward(struct lt_backend *b, const struct lt_prefix *p, struct lt_buffer dy,
                             struct lt_buffer dx);

void lt_host_sparse(struct lt_backend *b, const struct lt_sparse *s, struct lt_buffer x,
                    struct lt_buffer y, struct lt_buffer mean, struct lt_buffer row_loss);
void lt_host_sparse_backward(struct lt_backend *b, const struct lt_sparse *s, float scale,
                             struct lt_buffer y, struct lt_buffer mean, struct lt_buffer dy,
                             struct lt_buffer dx);

void lt_host_attract(struct lt_backend *b, const struct lt_attraction *a, struct lt_buffer x,
                     struct lt_buffer z, struct lt_buffer sum, struct lt_buffer row_loss);
void lt_host_attract_backward(struct lt_backend *b, const struct lt_attraction *a, float scale,
                              struct lt_buffer x, struct lt_buffer z, struct lt_buffer sum,
                              struct lt_buffer dx, struct lt_buffer dz);

void lt_host_pool(struct lt_backend *b, enum lt_pool kind, const struct lt_squares *s,
                  struct lt_buffer x, struct lt_buffer y);
void lt_host_pool_backward(struct lt_backend *b, enum lt_pool kind, const struct lt_squares *s,
                           struct lt_buffer x, struct lt_buffer y, struct lt_buffer dy,
                           struct lt_buffer dx);
void lt_host_upsample(struct lt_backend *b, enum lt_upsample kind, const struct lt_squares *s,
                      struct lt_buffer x, struct lt_buffer y);
void lt_host_upsample_backward(struct lt_backend *b, enum lt_upsample kind,
                               const struct lt_squares *s, struct lt_buffer dy,
                               struct lt_buffer dx);
void lt_host_normalise(struct lt_backend *b, const struct lt_normalisation *n, struct lt_buffer x,
                       struct lt_buffer gain, struct lt_buffer bias, struct lt_buffer mean,
                       struct lt_buffer variance, struct lt_buffer moments, struct lt_buffer y);
void lt_host_normalise_backward(struct lt_backend *b, const struct lt_normalisation *n,
                                struct lt_buffer x, struct lt_buffer moments, struct lt_buffer gain,
                                struct lt_buffer da, struct lt_buffer dx, struct lt_buffer dgain,
                                struct lt_buffer dbias);

/* Not in the table of operations: sums (width) = column sums of a (rows, width). */
void lt_host_column_sums(struct lt_backend *b, int64_t rows, int64_t width, const float *a,
                         float *sums, bool add);

/* The entries above, for a backend's table. */
#define LT_HOST_OPS                                                                                \
    .memory_create = lt_host_memory_create, .memory_free = lt_host_memory_free,                    \
    .upload = lt_host_upload, .download = lt_host_download, .copy = lt_host_copy,                  \
    .zero = lt_host_zero, .act_forward = lt_host_act_forward,                                      \
    .act_backward = lt_host_act_backward, .axpby = lt_host_axpby, .add = lt_host_add,              \
    .copy_columns = lt_host_copy_columns, .noise = lt_host_noise, .step_rows = lt_host_step_rows,  \
    .dropout = lt_host_dropout, .multiply = lt_host_multiply, .head = lt_host_head,                \
    .observe = lt_host_observe, .update = lt_host_update, .penalty = lt_host_penalty,              \
    .dot = lt_host_dot, .spd_inverse = lt_host_spd_inverse, .sparse = lt_host_sparse,              \
    .sparse_backward = lt_host_sparse_backward, .sample = lt_host_sample,                          \
    .sample_backward = lt_host_sample_backward, .attract = lt_host_attract,                        \
    .attract_backward = lt_host_attract_backward, .prefix = lt_host_prefix,                        \
    .prefix_backward = lt_host_prefix_backward, .pool = lt_host_pool,                              \
    .pool_backward = lt_host_pool_backward, .upsample = lt_host_upsample,                          \
    .upsample_backward = lt_host_upsample_backward, .normalise = lt_host_normalise,                \
    .normalise_backward = lt_host_normalise_backward

#endif
