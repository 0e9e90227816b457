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
    float *x, *mean;      /* (LT_PACKCODE_BATCH, planes), (LT_PACKCODE_BATCH, width) */
    unsigned char *cells; /* (LT_PACKCODE_BATCH, planes), of an encoder that reads cells */
};

/* What the encoder sees of at most LT_PACKCODE_BATCH rows. */
static int read_inputs(struct lt_packcoder *c, const int64_t *values, int64_t n,
                       struct lt_error *err)
{
    const struct lt_packcode *p = c->code;
    struct lt_block_group cells = {.values = c->cells};
    enum lt_type type = LT_F32;
    int groups, rc = 0;
    if (p->cells) {
        type = lt_planes_groups(p->cells, &groups)->type;
        rc = lt_planes_unmap(p->cells, values, n, NULL, 0, &cells, err);
    }
    for (int64_t i = 0; i < n * p->planes && !rc; i++) {
        int64_t j = i % p->planes;
        float v = p->cells ? (float)lt_type_value(type, c->cells, i) : (float)values[i];
        c->x[i] = (v - p->low[j]) * p->per[j];
    }
    return rc;
}

/* Of at most LT_PACKCODE_BATCH rows. */
static int encode_batch(struct lt_packcoder *c, const int64_t *values, int64_t n, float *mean,
                        struct lt_error *err)
{
    const struct lt_packcode *p = c->code;
    struct lt_pass pass = {.rows = n};
    int rc = read_inputs(c, values, n, err);
    if (rc)
        return rc;
    lt_net_put_input(c->net, c->x, n);
    lt_net_encode(c->net, &pass);
    lt_net_get_code(c->net, mean, n);
    for (int64_t i = 0; i < n * p->width && p->spread; i++)
        mean[i] = (mean[i] - p->centre[i % p->width]) / p->spread[i % p->width];
    return 0;
}

int lt_packcoder_means(struct lt_packcoder *c, const int64_t *values, int64_t rows, float *mean,
                       struct lt_error *err)
{
    int rc = 0;
    for (int64_t at = 0; at < rows && !rc; at += LT_PACKCODE_BATCH) {
        int64_t n = rows - at < LT_PACKCODE_BATCH ? rows - at : LT_PACKCODE_BATCH;
        rc = encode_batch(c, values + at * c->code->planes, n, mean + at * c->code->width, err);
    }
    return rc;
}

static int encode(void *context, const int64_t *values, int64_t rows, int64_t *q,
                  struct lt_error *err)
{
    struct lt_packcoder *c = context;
    const struct lt_packcode *p = c->code;
    int rc = 0;
    for (int64_t at = 0; at < rows && !rc; at += LT_PACKCODE_BATCH) {
        int64_t n = rows - at < LT_PACKCODE_BATCH ? rows - at : LT_PACKCODE_BATCH;
        rc = encode_batch(c, values + at * p->planes, n, c->mean, err);
        for (int64_t i = 0; i < n && !rc; i++)
            lt_packcode_round(p, c->mean + i * p->width, q + (at + i) * p->code->dims);
    }
    return rc;
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
    if (!rc && code->cells)
        rc = lt_alloc(&c->cells, (size_t)(LT_PACKCODE_BATCH * code->planes), 8, "an encoder", err);
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
        lt_free((*coder)->cells);
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
