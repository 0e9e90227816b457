#include "app/filters/filter.h"
#include "app/quality.h"
#include "base/mem.h"

#include <float.h>
#include <math.h>

static const struct lt_filter *const filters[] = {&lt_filter_median, &lt_filter_wiener,
                                                  &lt_filter_nlm};

int lt_filters(void)
{
    return sizeof filters / sizeof *filters;
}

const char *lt_filter_name(int filter)
{
    return filters[filter]->name;
}

int lt_filter_settings(int filter)
{
    return filters[filter]->count;
}

void lt_filter_describe(int filter, int setting, char text[LT_FILTER_TEXT])
{
    filters[filter]->describe(&filters[filter]->settings[setting], text, LT_FILTER_TEXT);
}

int lt_filter_run(int filter, int setting, const struct lt_picture *picture, float *out,
                  struct lt_error *err)
{
    if (picture->h < 1 || picture->w < 1 || picture->c < 1)
        return lt_fail(err, LT_EUSAGE, "a filter needs a picture of at least one pixel");
    return filters[filter]->run(&filters[filter]->settings[setting], picture, out, err);
}

/* ---- the contest ---- */

/* Where the first setting of a filter stands in the contest; of lt_filters(): how many there are
 * in all. */
static int first_trial(int filter)
{
    int trial = 0;
    for (int f = 0; f < filter; f++)
        trial += filters[f]->count;
    return trial;
}

static double rms_difference(const float *a, const float *b, int64_t n)
{
    double squares = 0;
    for (int64_t i = 0; i < n; i++)
        squares += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(squares / (double)n);
}

/* Adds how well `values` stand for the truth. */
static int judge(const float *values, const struct lt_picture *like, const float *truth,
                 double peak, double *psnr, double *ssim, struct lt_error *err)
{
    double similarity;
    int rc = lt_ssim(values, truth, like->h, like->w, like->c, peak, &similarity, err);
    if (rc)
        return rc;
    *psnr += lt_psnr(values, truth, like->h * like->w * like->c, peak);
    *ssim += similarity;
    return LT_OK;
}

static int try_all(struct lt_filter_contest *sums, const struct lt_picture *noisy,
                   const float *truth, double peak, float *out, struct lt_error *err)
{
    int rc = judge(noisy->values, noisy, truth, peak, &sums->noisy_psnr, &sums->noisy_ssim, err);
    for (int f = 0; f < lt_filters(); f++)
        for (int s = 0; rc == LT_OK && s < filters[f]->count; s++) {
            int trial = first_trial(f) + s;
            rc = lt_filter_run(f, s, noisy, out, err);
            if (rc == LT_OK)
                rc = judge(out, noisy, truth, peak, &sums->psnr[trial], &sums->ssim[trial], err);
        }
    sums->pictures++;
    return rc;
}

int lt_filter_contest_add(struct lt_filter_contest *contest, const struct lt_picture *noisy,
                          const float *truth, double peak, struct lt_error *err)
{
    struct lt_filter_contest sums = *contest;
    struct lt_picture known = *noisy;
    int64_t n = noisy->h * noisy->w * noisy->c;
    float *out = NULL;
    if (first_trial(lt_filters()) > LT_FILTER_TRIALS_MAX)
        return lt_fail(err, LT_EFAIL, "LT_FILTER_TRIALS_MAX is below the number of trials");
    int rc = lt_alloc(&out, n > 0 ? (size_t)n : 0, sizeof *out, "a filtered picture", err);
    if (rc)
        return rc;
    if (!(known.sigma > 0)) /* equal pictures: so little noise that filters let them be */
        known.sigma = fmax(rms_difference(noisy->values, truth, n), (double)FLT_MIN);
    rc = try_all(&sums, &known, truth, peak, out, err);
    if (rc == LT_OK)
        *contest = sums;
    lt_free(out);
    return rc;
}

void lt_filter_contest_join(struct lt_filter_contest *contest,
                            const struct lt_filter_contest *other)
{
    contest->pictures += other->pictures;
    contest->noisy_psnr += other->noisy_psnr;
    contest->noisy_ssim += other->noisy_ssim;
    for (int i = 0; i < LT_FILTER_TRIALS_MAX; i++) {
        contest->psnr[i] += other->psnr[i];
        contest->ssim[i] += other->ssim[i];
    }
}

struct lt_filter_score lt_filter_contest_best(const struct lt_filter_contest *contest, int filter)
{
    int from = filter < 0 ? 0 : filter, to = filter < 0 ? lt_filters() : filter + 1;
    int best = first_trial(from);
    struct lt_filter_score score = {.filter = from};
    for (int f = from; f < to; f++)
        for (int s = 0; s < filters[f]->count; s++) {
            int trial = first_trial(f) + s;
            if (contest->psnr[trial] > contest->psnr[best]) {
                best = trial;
                score.filter = f;
                score.setting = s;
            }
        }
    score.psnr = contest->psnr[best] / (double)contest->pictures;
    score.ssim = contest->ssim[best] / (double)contest->pictures;
    return score;
}

int lt_filter_best(const struct lt_picture *noisy, const float *truth, double peak,
                   struct lt_filter_score *out, struct lt_error *err)
{
    struct lt_filter_contest contest = {0};
    int rc = lt_filter_contest_add(&contest, noisy, truth, peak, err);
    if (rc == LT_OK)
        *out = lt_filter_contest_best(&contest, -1);
    return rc;
}
