/* Making a code (codec/code.h) for rows that are to be packed: an autoencoder, quantised.
 *
 * An encoder in floats tells for every row K numbers; they are quantised, each by a step of its own,
 * and a decoder in integers learns to tell the rows from what is left of them.  Bits and errors are
 * weighed against each other in training: the code is drawn from N(mean, sigma^2) as both come out of the
 * encoder, and the objective is
 *
 *     sum (y - x)^2 + w KL(N(mean, sigma^2) || N(0, 1)),
 *
 * the second sum the bits that a code takes on average which is told as exactly as sigma says (a variational
 * autoencoder as a code with uniform steps: Ballé, Laparra and Simoncelli, "End-to-end optimized image
 * compression", ICLR 2017).  Numbers that carry next to nothing are dropped; the others have steps of
 * `coarse` times what noise of their mean sigma means, sqrt(12) sigma.
 *
 * A model that was trained before (latent train) can give the encoder (packcode_model.c); its numbers are
 * as exact as a share of their spread, and the decoder in integers is trained alone.
 */
#ifndef LT_APP_PACKCODE_H
#define LT_APP_PACKCODE_H

#include "app/packblock.h"
#include "codec/code.h"
#include "kernels/backend.h"
#include "latent.h"
#include "model/model.h"
#include "net/net.h"

struct lt_packcode {
    struct lt_code *code;
    struct lt_net_spec encoder; /* planes -> their numbers, all of them */
    float *params;              /* of the encoder */
    int64_t planes;
    int64_t width;    /* of its numbers */
    int32_t *kept;    /* (dims): those that are in the code */
    double *step;     /* (dims) */
    float *low, *per; /* (planes): x = (value - low) per */
    /* Of an encoder that a model gave: values are turned back into cells, and x = (cell - low) per.  Else
     * NULL.  Must outlive this */
    const struct lt_planes *cells;
    float *centre, *spread; /* (width), likewise: numbers are shown as (number - centre) / spread */
};
void lt_packcode_free(struct lt_packcode **code);

/* Rows that teach: values / range, as u16 of 1/65535. */
struct lt_packcode_rows {
    const struct lt_pattern *pattern; /* its series tell lowest and highest */
    uint16_t *x;                      /* (rows, planes) */
    int64_t rows;
};
/* Rows of a source, spread over it, as many as memory should hold; freed by lt_packcode_rows_free. */
int lt_packcode_read(struct lt_packcode_rows *out, const struct lt_packsource *source,
                     const struct lt_planes *planes, const struct lt_pattern *pattern,
                     struct lt_error *err);
void lt_packcode_rows_free(struct lt_packcode_rows *rows);
void lt_packcode_scale(const struct lt_pattern *pattern, const int64_t *values /* (rows, planes) */,
                       int64_t rows, uint16_t *x);

struct lt_packcode_settings {
    int64_t dims;   /* K; 0: as many as carry something, at most 64 */
    double bits;    /* wanted for a row's code, about; 0: .error decides */
    double error;   /* wanted: squared error of a value between 0 and 1 */
    double seconds; /* of training in all */
    int64_t steps;  /* of each of the trainings instead; 0: seconds decide */
    uint64_t seed;
    const char *backend;
    int threads;
    const latent_listener *listener; /* NULL: nobody is told, and nobody stops it */
};

/* What was made of rows that did not teach: bits of a row's code by their entropy, squared error of a value
 * between 0 and 1. */
struct lt_packcode_told {
    double bits, error, seconds;
};

int lt_packcode_make(struct lt_packcode **out, const struct lt_packcode_rows *rows,
                     const struct lt_packcode_settings *settings, struct lt_packcode_told *told,
                     struct lt_error *err);

/* A model can give the encoder for rows of these planes when they are an array of numbers that takes
 * one plane a cell (codec/planes.h), and its inputs are these cells in their order, each by a linear scaling.  LT_EUSAGE otherwise,
 * with what can be used in its place; `name` is the model's. */
int lt_packcode_suits(const struct lt_model *model, const char *name,
                      const struct lt_planes *planes, struct lt_error *err);
/* A code whose encoder is a copy of that of a model which suits; settings.bits are to be given.
 * `values` are the rows as they are mapped. */
int lt_packcode_take(struct lt_packcode **out, const struct lt_model *model,
                     const struct lt_planes *planes, const int64_t *values /* (rows, planes) */,
                     const struct lt_packcode_rows *rows,
                     const struct lt_packcode_settings *settings, struct lt_packcode_told *told,
                     struct lt_error *err);

/* One thread's working space for encoding. */
struct lt_packcoder;
int lt_packcoder_create(struct lt_packcoder **out, const struct lt_packcode *code,
                        struct lt_packencoder *encoder /* to be used while *out is */,
                        struct lt_error *err);
void lt_packcoder_free(struct lt_packcoder **coder);
/* The codes of rows, and what they guess. */
int lt_packcode_guess(const struct lt_packcode *code, const struct lt_pattern *pattern,
                      const int64_t *values /* (rows, planes) */, int64_t rows,
                      int64_t *q /* (rows, dims) */, int32_t *guess /* (rows, planes) */,
                      struct lt_error *err);

#endif
