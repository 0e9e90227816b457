#include "data/split.h"

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
