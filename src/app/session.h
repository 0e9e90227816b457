/* A session: a model bound to a backend, ready to be applied to rows.
 *
 * One thread's working space.  All work is planned once for LT_SESSION_ROWS
 * rows; more rows are done in runs of that many.  What a row becomes does not
 * depend on the rows beside it.
 */
#ifndef LT_APP_SESSION_H
#define LT_APP_SESSION_H

#include "base/error.h"
#include "kernels/backend.h"
#include "latent.h"
#include "model/model.h"
#include <stdint.h>

enum { LT_SESSION_ROWS = 512 };

struct lt_session {
    const struct lt_model *model;
    const latent_listener *listener; /* told while rows are written; NULL: nobody */
    uint64_t seed;                   /* of what is drawn */
    struct lt_backend *backend;
    struct lt_net *net;
    int64_t dims;   /* k, width of the codes: K, or less where the model orders them */
    float *rows;    /* (LT_SESSION_ROWS, F): scaled rows */
    float *codes;   /* (LT_SESSION_ROWS, k), room for K */
    float *whole;   /* (LT_SESSION_ROWS, K): codes as the network has them */
    double *values; /* (LT_SESSION_ROWS, D): in the units of the data */
};

struct lt_session_options {
    int threads;
    const char *backend; /* NULL: the best in this build */
    enum lt_precision precision;
    const latent_listener *listener; /* must outlive the session; NULL: nobody */
    uint64_t seed;
    int64_t dims; /* k; 0: all */
};

int lt_session_create(struct lt_session **out, const struct lt_model *model,
                      const struct lt_session_options *options, struct lt_error *err);
void lt_session_free(struct lt_session **session);

/* Codes are k wide from now on, 1 <= k <= K. */
void lt_session_narrow(struct lt_session *s, int64_t dims);

/* On scaled rows, n <= LT_SESSION_ROWS. `out` may be `x`. */
void lt_session_encode(struct lt_session *s, const float *x /* (n, F) */, int64_t n,
                       float *codes /* (n, k) */);
void lt_session_decode(struct lt_session *s, const float *codes /* (n, k) */, int64_t n,
                       float *x /* (n, F) */);

#endif
