/* Encoding rows by a code that was made. */
#include "app/packcode_parts.h"
#include "base/mem.h"
#include <math.h>

void lt_packcode_round(const struct lt_packcode *c, const float *mean, int64_t *q)
{
    for (int64_t k = 0; k < c->code->dims; k++) {
        double v = rint((double)mean[c->kept[k]] / c->step[k]);
        q[k] = (int64_t)fmax(-1e6, fmin(1e6, v));
    }
}

struct lt_packcoder {
    const struct lt_packcode *code;
    struct lt_backend *backend;
    struct lt_net *net;
    float *x, *mean; /* (LT_PACKCODE_BATCH, planes), (LT_PACKCODE_BATCH, width) */
};

static int encode(void *context, const int64_t *values, int64_t rows, int64_t *q,
                  struct lt_error *err)
{
    struct lt_packcoder *c = context;
    const struct lt_packcode *p = c->code;
    (void)err;
    for (int64_t at = 0; at < rows; at += LT_PACKCODE_BATCH) {
        int64_t n = rows - at < LT_PACKCODE_BATCH ? rows - at : LT_PACKCODE_BATCH;
        for (int64_t i = 0; i < n * p->planes; i++) {
            int64_t j = i % p->planes;
            c->x[i] = ((float)values[at * p->planes + i] - p->low[j]) * p->per[j];
        }
        struct lt_pass pass = {.rows = n};
        lt_net_put_input(c->net, c->x, n);
        lt_net_encode(c->net, &pass);
        lt_net_get_code(c->net, c->mean, n);
        for (int64_t i = 0; i < n; i++)
            lt_packcode_round(p, c->mean + i * p->width, q + (at + i) * p->code->dims);
    }
    return 0;
}

int lt_packcoder_create(struct lt_packcoder **out, const struct lt_packcode *code,
                        struct lt_packencoder *encoder, struct lt_error *err)
{
    struct lt_net_options options = {.rows = LT_PACKCODE_BATCH, .precision = LT_PRECISION_F32};
    int rc = lt_alloc(out, 1, sizeof **out, "an encoder", err);
    if (rc)
        return rc;
    struct lt_packcoder *c = *out;
    c->code = code;
    rc = lt_backend_create(&c->backend, NULL, 1, err);
    if (!rc)
        rc = lt_net_create(&c->net, &code->encoder, c->backend, &options, err);
    if (!rc)
        rc = lt_alloc(&c->x, (size_t)(LT_PACKCODE_BATCH * code->planes), sizeof *c->x, "an encoder",
                      err);
    if (!rc)
        rc = lt_alloc(&c->mean, (size_t)(LT_PACKCODE_BATCH * code->width), sizeof *c->mean,
                      "an encoder", err);
    if (!rc)
        lt_net_set_weights(c->net, code->params);
    *encoder = (struct lt_packencoder){encode, c};
    if (rc)
        lt_packcoder_free(out);
    return rc;
}

void lt_packcoder_free(struct lt_packcoder **coder)
{
    if (*coder) {
        lt_net_free(&(*coder)->net);
        lt_backend_free(&(*coder)->backend);
        lt_free((*coder)->x);
        lt_free((*coder)->mean);
    }
    lt_free(*coder);
    *coder = NULL;
}

int lt_packcode_guess(const struct lt_packcode *code, const struct lt_pattern *pattern,
                      const int64_t *values, int64_t rows, int64_t *q, int32_t *guess,
                      struct lt_error *err)
{
    struct lt_packcoder *coder = NULL;
    struct lt_packencoder encoder;
    int16_t *room = NULL;
    int rc = lt_packcoder_create(&coder, code, &encoder, err);
    if (!rc)
        rc = encoder.encode(encoder.context, values, rows, q, err);
    if (!rc)
        rc = lt_alloc(&room, (size_t)(code->code->dims + lt_intnet_room(code->code->decoder)),
                      sizeof *room, "guesses", err);
    if (!rc)
        lt_code_guess(code->code, pattern, q, rows, room, guess);
    lt_free(room);
    lt_packcoder_free(&coder);
    return rc;
}
