/* The code of an autoencoder, in integers: what stands in a packed file for a whole row at once.
 *
 * The code of a row is `dims` integers q.  They are coded as a matrix of their own, (rows, dims), by a
 * pattern of their own, and shown to an integer network,
 *
 *     x = clamp((q scale) >> LT_CODE_SHIFT), Q10 -> decoder -> y, Q16, one for each plane
 *
 * which tells where every value of the row lies between the lowest and the highest of its plane: what y
 * says is the *guess* of that value, low + y (high - low), Q4, within the two.  Values are then coded
 * knowing their guesses (codec/surroundings.h), or the guesses stand for them.
 *
 * A code does not change once made, and may be used by several threads at once.
 */
#ifndef LT_CODEC_CODE_H
#define LT_CODEC_CODE_H

#include "codec/pattern.h"

enum {
    LT_CODE_DIMS = LT_INTNET_WIDTH, /* most integers of a row */
    LT_CODE_SHIFT = 8,              /* fractional bits of scales beside those of Q10 */
    LT_CODE_SCALE = 1 << 22,        /* largest scale: a step of 16.0 */
    LT_GUESS_POINT = 4,             /* fractional bits of guesses */
    LT_GUESS_MOST = 1 << 26,        /* of planes that can be guessed: largest |low| and |high| */
};

struct lt_code {
    int64_t dims, planes;
    struct lt_pattern *pattern; /* of the code's integers: records of `dims` numbers */
    int32_t *scale;             /* (dims): 1 ... LT_CODE_SCALE, what a step of each is, Q18 */
    struct lt_intnet *decoder;  /* dims -> planes */
};

/* An empty code, without a decoder. */
int lt_code_create(struct lt_code **out, int64_t dims, int64_t planes, struct lt_error *err);
void lt_code_free(struct lt_code **code);

/* Whether values of this pattern can be guessed by outputs of a network at all. */
bool lt_code_possible(const struct lt_pattern *values);

/* What the decoder is shown for the codes of one row. */
void lt_code_show(const struct lt_code *code, const int64_t *q /* (dims) */,
                  int16_t *x /* (dims) */);
/* Guesses of rows from their codes; `values` is the pattern of what is guessed, `room` has
 * dims + lt_intnet_room(decoder) numbers. */
void lt_code_guess(const struct lt_code *code, const struct lt_pattern *values,
                   const int64_t *q /* (rows, dims) */, int64_t rows, int16_t *room,
                   int32_t *guess /* (rows, planes) */);
/* The value of a plane that is nearest to a guess. */
static inline int64_t lt_guess_nearest(int32_t guess)
{
    return (guess + (1 << (LT_GUESS_POINT - 1))) >> LT_GUESS_POINT;
}

/* ---- as bytes ---- */

/* Appends varints dims, planes; the scales; the size of the pattern and the pattern; the decoder
 * (codec/intnet.h). */
int lt_code_write(const struct lt_code *code, struct lt_growable *out, struct lt_error *err);
/* The code that makes up exactly these bytes and guesses `values`, with no more numbers than these have
 * planes; LT_ECONTENT otherwise. */
int lt_code_read(struct lt_code **out, const struct lt_pattern *values, const void *bytes,
                 size_t size, enum lt_isa isa, struct lt_error *err);

#endif
