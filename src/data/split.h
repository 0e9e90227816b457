/* Which rows train and which are kept.
 *
 * The rows of a table are put in a pseudo-random order named by the seed, and
 * that order is cut: the first rows are kept from training, in three parts that
 * are never mixed (one stops training, one judges, one calibrates), the rest
 * trains.  Nothing is stored: row i of a part is a function of the seed.
 */
#ifndef LT_DATA_SPLIT_H
#define LT_DATA_SPLIT_H

#include "base/error.h"
#include "base/rng.h"
#include <stdint.h>

enum lt_part { LT_PART_STOP, LT_PART_JUDGE, LT_PART_CALIBRATE, LT_PART_TRAIN, LT_PARTS };

/* `count` rows of a table of `total`, in the order named by `stream`, from `first` on. */
struct lt_rowset {
    struct lt_stream stream;
    int64_t total, first, count;
};

/* Row i (0 <= i < count) as an index into the table. */
static inline int64_t lt_rowset_row(const struct lt_rowset *set, int64_t i)
{
    return (int64_t)lt_permute(&set->stream, (uint64_t)(set->first + i), (uint64_t)set->total);
}

/* All rows of a set as such indices; *rows (set->count) is freed with lt_free. */
int lt_rowset_list(int64_t **rows, const struct lt_rowset *set, struct lt_error *err);

/* Row numbers below `total`, at most `most` of them: all in order when there are no more, else a
 * sample in the order named by `stream`.  *rows (count) is freed with lt_free. */
int lt_sample_list(int64_t **rows, int64_t *count, int64_t total, int64_t most,
                   const struct lt_stream *stream, struct lt_error *err);

/* How many of `total` rows to keep by default: a tenth, at least 30 (or a third of a small
 * table), at most 30,000. */
int64_t lt_split_default_kept(int64_t total);

/* Cuts a table of `total` rows, `kept` of them kept: two fifths stop training, two fifths judge
 * and one fifth calibrates. */
void lt_split(struct lt_rowset parts[LT_PARTS], int64_t total, int64_t kept, uint64_t seed);

/* The rows that judge and those that calibrate, which stand next to each other in the order: what
 * neither trained nor stopped training. */
struct lt_rowset lt_split_fresh(const struct lt_rowset parts[LT_PARTS]);

#endif
