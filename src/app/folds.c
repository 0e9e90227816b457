#include "app/folds.h"

#include "base/mem.h"
#include "base/rng.h"

static int check_folds(const struct lt_strata *c, int64_t folds, struct lt_error *err)
{
    if (folds < 2)
        return lt_fail(err, LT_EUSAGE,
                       "--folds %lld: rows are judged by what was learnt from the other folds, so "
                       "there must be 2 at least",
                       (long long)folds);
    if (folds > c->rows)
        return lt_fail(err, LT_EUSAGE, "--folds %lld: there are only %lld rows to deal out",
                       (long long)folds, (long long)c->rows);
    for (int64_t i = 0; i < c->count; i++)
        if (c->size[i] < folds)
            return lt_fail(err, LT_ECONTENT,
                           "class \"%.60s\" has %lld %s for %lld folds, so that it would be absent "
                           "in one; give fewer --folds, or leave the class out",
                           c->name[i], (long long)c->size[i], c->size[i] == 1 ? "row" : "rows",
                           (long long)folds);
    return 0;
}

int lt_folds_deal(int32_t *fold, const struct lt_strata *c, int64_t folds, uint64_t seed,
                  struct lt_error *err)
{
    int64_t *first = NULL, *seen = NULL, next = 0; /* (count) each */
    int rc = check_folds(c, folds, err);
    if (!rc)
        rc = lt_alloc(&first, (size_t)c->count, sizeof *first, "folds", err);
    if (!rc)
        rc = lt_alloc(&seen, (size_t)c->count, sizeof *seen, "folds", err);
    for (int64_t i = 0; i < c->count && !rc; i++) {
        first[i] = next;
        next += c->size[i];
    }
    for (int64_t i = 0; i < c->rows && !rc; i++) {
        int32_t k = c->of[i];
        const struct lt_stream stream = lt_stream(seed, LT_RNG_FOLDS, 0, (uint64_t)k);
        uint64_t card = lt_permute(&stream, (uint64_t)seen[k]++, (uint64_t)c->size[k]);
        fold[i] = (int32_t)((first[k] + (int64_t)card) % folds);
    }
    lt_free(first);
    lt_free(seen);
    return rc;
}

int64_t lt_folds_rows(int64_t *out, const int32_t *fold, int64_t rows, int64_t which, bool others)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows; i++)
        if ((fold[i] == which) != others)
            out[n++] = i;
    return n;
}
