/* Pairs: noisy images beside the same images without noise, which a denoiser learns from in place of
 * noise that is made.
 *
 * Row i of the noisy table is the partner of row i of the clean one.  Whatever happens to the clean rows
 * on their way - kept from training, cut into crops, flipped and turned - happens to their partners, and
 * partners are scaled as they are.
 */
#ifndef LT_APP_PAIRS_H
#define LT_APP_PAIRS_H

#include "app/augment.h"
#include "app/cut.h"
#include "data/table.h"
#include "train/trainer.h"

/* How the clean images are treated. */
struct lt_pairs_plan {
    int64_t crop; /* side of the crops that train; 0: whole images */
    int64_t kept; /* images kept from training, where there are crops */
    uint64_t seed;
    const struct lt_prep *prep;
    int64_t batch; /* rows at once */
    int threads;
};

struct lt_pairs {
    struct lt_table *train,
        *kept; /* partners of the rows that train and of those kept; not owned */
    struct lt_cut cut;
    struct lt_feed *train_feed, *stop_feed;
    struct lt_augment augment;
    struct lt_source train_source,
        stop_source; /* what reads partners, by the clean rows' numbers */
};

/* Whether both are images of the same number, size, channels and type; and of the same names, but for
 * their endings, where every image is a file.  LT_EUSAGE tells the first difference. */
int lt_pairs_check(const struct lt_table *clean, const struct lt_table *noisy,
                   struct lt_error *err);

/* Tables first, feeds once there is a prep.  `noisy` must outlive it; lt_pairs_free accepts a zeroed one. */
int lt_pairs_open(struct lt_pairs *out, struct lt_table *noisy, const struct lt_pairs_plan *plan,
                  struct lt_error *err);
int lt_pairs_feed(struct lt_pairs *pairs, const struct lt_pairs_plan *plan, struct lt_error *err);
void lt_pairs_free(struct lt_pairs *pairs);

#endif
