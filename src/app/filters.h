/* The classical filters against noise: what a denoiser that was trained has to beat.
 *
 *     median             each value becomes the median of a square window around it; strong against
 *                        impulses (salt and pepper), weak against anything else
 *     Wiener             each value is drawn towards the mean of its window, the more the less that
 *                        window varies beyond what the noise explains (Lim, "Two-dimensional signal
 *                        and image processing", 1990, p. 548)
 *     non-local means    each pixel becomes a mean of the pixels around it whose own surroundings
 *                        look alike (Buades, Coll and Morel, CVPR 2005 and IPOL 2011)
 *
 * Each filter has a list of settings, so that it can be tried at its best: a contest runs all of
 * them on pictures whose truth is known and names the winner.  Choosing with the truth at hand
 * favours the filters; a denoiser that beats them beats them fairly.
 *
 * Pictures are floats of shape (H, W, C), row by row, channels last, in any unit; they are neither
 * rounded nor clipped.  Channels are filtered one by one, except that non-local means compares
 * surroundings over all of them.  Beyond its edges a picture continues mirrored, the pixel at the
 * edge repeated (c b a | a b c).  Values have to be finite; one that is not makes nonsense of others.
 *
 * Results are the same bits for any number of threads.
 */
#ifndef LT_APP_FILTERS_H
#define LT_APP_FILTERS_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct lt_picture {
    const float *values; /* (H, W, C) */
    int64_t h, w, c;
    double sigma; /* standard deviation of its noise, in its unit; 0: not known */
    int threads;  /* to filter it with */
};

enum { LT_FILTER_TEXT = 64 }; /* room for the description of a filter and its setting */

int lt_filters(void);                   /* how many there are */
const char *lt_filter_name(int filter); /* of 0 ... lt_filters() - 1: "non-local means" */
int lt_filter_settings(int filter);     /* how many settings it has, at least 1 */
void lt_filter_describe(int filter, int setting, char text[LT_FILTER_TEXT]);
/* "non-local means, 7 x 7 patches, h 0.8 sigma" */

/* Filters a picture; `out` is not the picture itself.  Without sigma the Wiener filter takes the
 * mean of the local variances for that of the noise, as its users do, and non-local means fails
 * with LT_EUSAGE.  LT_EUSAGE also for an empty picture, LT_EFAIL when out of memory. */
int lt_filter_run(int filter, int setting, const struct lt_picture *picture,
                  float *out /* (H, W, C) */, struct lt_error *err);

/* ---- which of them does best ---- */

enum { LT_FILTER_TRIALS_MAX = 32 }; /* filters times their settings */

struct lt_filter_score {
    int filter, setting;
    double psnr, ssim; /* means over the pictures, see quality.h */
};

/* Sums over the pictures so far; begin with {0}.  Nothing to free. */
struct lt_filter_contest {
    int64_t pictures;
    double noisy_psnr, noisy_ssim; /* of the pictures as they came */
    double psnr[LT_FILTER_TRIALS_MAX], ssim[LT_FILTER_TRIALS_MAX]; /* filter by filter */
};

/* Runs every filter with every setting.  A picture without sigma is taken to have the root mean
 * square of what it differs by from the truth.  On failure the contest is as it was. */
int lt_filter_contest_add(struct lt_filter_contest *contest, const struct lt_picture *noisy,
                          const float *truth /* (H, W, C) */, double peak, struct lt_error *err);

/* Adds the pictures of another contest. */
void lt_filter_contest_join(struct lt_filter_contest *contest,
                            const struct lt_filter_contest *other);

/* The one filter and setting of highest mean PSNR over at least one picture; the first of equals.
 * `filter` -1 chooses among all of them, any other among the settings of that filter. */
struct lt_filter_score lt_filter_contest_best(const struct lt_filter_contest *contest, int filter);

/* The best for a single picture. */
int lt_filter_best(const struct lt_picture *noisy, const float *truth /* (H, W, C) */, double peak,
                   struct lt_filter_score *out, struct lt_error *err);

#endif
