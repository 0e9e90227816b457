/* Inside the making of codes: what its files have in common. */
#ifndef LT_APP_PACKCODE_PARTS_H
#define LT_APP_PACKCODE_PARTS_H

#include "app/packcode.h"

enum {
    LT_PACKCODE_BATCH = 256,
    LT_PACKCODE_HIDDEN = 256, /* of the decoder */
    LT_PACKCODE_JUDGE = 10,   /* one row in so many does not teach */
};
static const double LT_PACKCODE_CARRIES = 0.05; /* nats: numbers with less are dropped */

struct lt_codemake {
    const struct lt_packcode_rows *rows;
    const struct lt_packcode_settings *settings;
    int64_t taught, dims, hidden, planes;
    struct lt_backend *backend;
    struct lt_net_spec spec;
    struct lt_net *net;
    struct lt_params layout;
    float *params;
    double weight;        /* of a nat */
    float *mean, *sigma;  /* (rows, dims) */
    double *nats, *noise; /* (dims): mean divergence; geometric mean of sigma */
    float *x;             /* (BATCH, planes) */
    struct lt_packcode *code;
    int64_t *q; /* (rows, kept) */
};

void lt_codemake_read(const struct lt_codemake *m, const int64_t *ids, int64_t n,
                      float *x /* (n, planes) */);
/* Means and sigmas of all rows by the network as it is. */
void lt_codemake_encode(struct lt_codemake *m);
/* Divergences and noise of every number; all nats of a row. */
double lt_codemake_measure(struct lt_codemake *m);
/* How much a nat weighs from now on, so that bits, or the error, become what is wanted. */
void lt_codemake_weigh(struct lt_codemake *m);
/* The coarsest steps with the error that is wanted, or the finest with so many bits; the bits of a row
 * with them, by the entropy of its integers. */
int lt_codemake_steps(struct lt_codemake *m, double *coarse, double *bits, struct lt_error *err);
/* Chooses the numbers that stay and their steps; then the integers of all rows, m->q. */
int lt_codemake_quantise(struct lt_codemake *m, double coarse, struct lt_error *err);
/* Trains the decoder in integers, which begins with the weights `initial` (NULL: random), for so many
 * steps or, where these are 0, seconds. */
int lt_codemake_refine(struct lt_codemake *m, const float *initial, int64_t steps, double seconds,
                       struct lt_packcode_told *told, struct lt_error *err);
/* Frees all but m->code. */
void lt_codemake_close(struct lt_codemake *m);
/* The numbers of rows as they are shown; rows * width. */
int lt_packcoder_means(struct lt_packcoder *coder, const int64_t *values, int64_t rows, float *mean,
                       struct lt_error *err);
/* The integers of a row from the means of all its numbers. */
void lt_packcode_round(const struct lt_packcode *code, const float *mean, int64_t *q);

#endif
