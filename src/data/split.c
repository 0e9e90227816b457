#include "data/split.h"

#include "base/mem.h"

int lt_rowset_list(int64_t **rows, const struct lt_rowset *set, struct lt_error *err)
{
    int rc = lt_alloc(rows, (size_t)set->count, sizeof **rows, "row numbers", err);
    for (int64_t i = 0; i < set->count && !rc; i++)
        (*rows)[i] = lt_rowset_row(set, i);
    return rc;
}

int lt_sample_list(int64_t **rows, int64_t *count, int64_t total, int64_t most,
                   const struct lt_stream *stream, struct lt_error *err)
{
    *count = total < most ? total : most;
    int rc = lt_alloc(rows, (size_t)*count, sizeof **rows, "row numbers", err);
    for (int64_t i = 0; i < *count && !rc; i++)
        (*rows)[i] =
            *count == total ? i : (int64_t)lt_permute(stream, (uint64_t)i, (uint64_t)total);
    return rc;
}

int64_t lt_split_default_kept(int64_t total)
{
    int64_t kept = total / 10;
    int64_t least = total / 3 < 30 ? total / 3 : 30;
    if (kept < least)
        kept = least;
    return kept > 30000 ? 30000 : kept;
}

void lt_split(struct lt_rowset parts[LT_PARTS], int64_t total, int64_t kept, uint64_t seed)
{
    struct lt_rowset all = {lt_stream(seed, LT_RNG_SPLIT, 0, 0), total, 0, 0};
    int64_t calibrate = kept / 5, stop = (kept - calibrate + 1) / 2;
    int64_t counts[LT_PARTS] = {[LT_PART_STOP] = stop,
                                [LT_PART_JUDGE] = kept - calibrate - stop,
                                [LT_PART_CALIBRATE] = calibrate,
                                [LT_PART_TRAIN] = total - kept};
    for (int p = 0; p < LT_PARTS; p++) {
        parts[p] = all;
        parts[p].count = counts[p];
        all.first += counts[p];
    }
}

struct lt_rowset lt_split_fresh(const struct lt_rowset parts[LT_PARTS])
{
    struct lt_rowset fresh = parts[LT_PART_JUDGE];
    fresh.count += parts[LT_PART_CALIBRATE].count;
    return fresh;
}
