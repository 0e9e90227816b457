/* Randomness as a pure function of counters.
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011).  A stream is named by (seed, purpose, epoch, row); the numbers in
 * it by their index.  So a shuffle, a mask or a noise value depends neither on
 * the number of threads nor on where a run was resumed, and there is no state
 * to save.
 */
#ifndef LT_BASE_RNG_H
#define LT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum lt_purpose {                       /* never renumber: the numbers are part of "same bits" */
                  LT_RNG_SPLIT = 1,     /* which rows are kept from training */
                  LT_RNG_SHUFFLE = 2,   /* order of the training rows in an epoch */
                  LT_RNG_INIT = 3,      /* initial weights; row = parameter block */
                  LT_RNG_NOISE = 4,     /* input corruption; row = row of the table */
                  LT_RNG_DROPOUT = 5,   /* row = row of the table; mixed with the layer */
                  LT_RNG_BOOTSTRAP = 6, /* confidence intervals */
                  LT_RNG_BUILTIN = 7,   /* generated data */
                  LT_RNG_SKETCH = 8,    /* randomised PCA */
                  LT_RNG_CODE = 9,      /* sampled codes */
                  LT_RNG_TEST = 10,     /* tests and benches */
                  LT_RNG_SAMPLE = 11,   /* a subset of rows */
                  LT_RNG_AUGMENT = 12,  /* how an image is turned; row = row of the table */
                  LT_RNG_BINARISE = 13, /* grey values as chances; row = row of the table */
                  LT_RNG_FOLDS = 14,    /* folds of cross-validation; row = class */
                  LT_RNG_PARTNER =
                      15, /* which of its neighbours a row is drawn to; row = row of the table */
                  LT_RNG_CLUSTER = 17, /* where clusters start, and what they are compared with */
                  LT_RNG_PREFIX = 18,  /* how much of a code is shown; row = row of the table */
};

struct lt_stream {
    uint32_t key[2];
    uint32_t counter[3]; /* epoch and row; the index is the fourth word */
};

/* One block: ten rounds on `counter` under `key`. */
void lt_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

struct lt_stream lt_stream(uint64_t seed, enum lt_purpose purpose, uint32_t epoch, uint64_t row);

/* Numbers number `index` of a stream.  Uniform on [0, 1) with 24 random bits;
 * standard normal by Box-Muller from own log and cos (same bits everywhere);
 * an integer in [0, n), n >= 1, unbiased to 2^-64 relative. */
float lt_uniform(const struct lt_stream *stream, uint32_t index);
float lt_normal(const struct lt_stream *stream, uint32_t index);
uint64_t lt_below(const struct lt_stream *stream, uint32_t index, uint64_t n);
/* Two uniform numbers on [0, 1) with 53 random bits, from block `index`: the numbers 4 index ... 4 index
 * + 3 of the calls above are made of the same bits. */
void lt_uniform_pair(const struct lt_stream *stream, uint32_t index, double out[2]);

/* The first n numbers of a stream, equal to the calls above for 0 ... n-1. */
void lt_fill_uniform(const struct lt_stream *stream, float *out /* (n) */, size_t n);
void lt_fill_normal(const struct lt_stream *stream, float *out /* (n) */, size_t n);

/* Where index i (0 <= i < n) lands in a pseudo-random permutation of 0 ... n-1
 * named by the stream: a Feistel network over the next even power of two,
 * walked until it falls below n.  Random access, no memory, so a global
 * shuffle of a table larger than memory costs nothing. */
uint64_t lt_permute(const struct lt_stream *stream, uint64_t i, uint64_t n);

#endif
