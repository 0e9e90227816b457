#include "app/denoise.h"

#include "app/denoiser.h"
#include "app/filters.h"
#include "app/judge_denoiser.h"
#include "app/pace.h"
#include "app/pictures.h"
#include "app/quality.h"
#include "base/clock.h"
#include "base/mem.h"
#include "data/folder.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LISTED = 60 /* files told of one by one */, NAME = 40 };

/* How close to the truth: means over the images of a file. */
struct closeness {
    double psnr, ssim;
};

struct outcome { /* of one file */
    struct closeness before, after;
    struct lt_filter_score filter; /* the best for this file */
};

struct job {
    const struct lt_model *model;
    const struct lt_denoise_options *options;
    struct lt_backend *backend;
    struct lt_denoiser *denoiser;
    char **files;
    int count;
    bool folder; /* OUT is one */
    double deep;
    int64_t images;
    struct outcome *outcomes; /* (count) */
    struct lt_filter_contest contest;
    struct lt_pace pace;
};

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What belongs to file i: `where` itself, or the file of the same name in it. */
static int beside(char **out, const struct job *job, int i, const char *where, bool folder,
                  struct lt_error *err)
{
    return folder ? lt_folder_join(out, where, base_of(job->files[i]), err)
                  : lt_strdup(out, where, err);
}

static int target_of(char **out, const struct job *job, int i, struct lt_error *err)
{
    return beside(out, job, i, job->options->out, job->folder, err);
}

static int truth_of(char **out, const struct job *job, int i, struct lt_error *err)
{
    const char *truth = job->options->truth;
    return beside(out, job, i, truth, lt_folder_is(truth), err);
}

/* ---- what to do ---- */

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* No file is written over what is read. */
static int check_kept(const struct job *job, int i, struct lt_error *err)
{
    char *target = NULL, *truth = NULL;
    const char *out = job->options->out;
    int rc = target_of(&target, job, i, err);
    if (!rc && job->options->truth)
        rc = truth_of(&truth, job, i, err);
    if (!rc && same_file(target, job->files[i]))
        rc = lt_fail(err, LT_EUSAGE,
                     "-o %s: the noisy images are there and would be replaced; name another", out);
    if (!rc && truth && same_file(target, truth))
        rc = lt_fail(err, LT_EUSAGE,
                     "-o %s: the clean images are there and would be replaced; name another", out);
    lt_free(target);
    lt_free(truth);
    return rc;
}

static int prepare_output(struct job *job, struct lt_error *err)
{
    const char *out = job->options->out;
    const size_t length = strlen(out);
    job->folder = lt_folder_is(job->options->in) || lt_folder_is(out) ||
                  (length > 0 && out[length - 1] == '/');
    for (int i = 0; i < job->count; i++) {
        int rc = check_kept(job, i, err);
        if (rc)
            return rc;
    }
    if (job->folder && mkdir(out, 0777) && errno != EEXIST)
        return lt_fail(err, LT_EFAIL, "%s: cannot make the folder: %s", out, strerror(errno));
    if (job->folder && !lt_folder_is(out))
        return lt_fail(err, LT_EUSAGE, "-o %s: is a file, and %s is a folder; name a folder", out,
                       job->options->in);
    return LT_OK;
}

static int open_job(struct job *job, struct lt_error *err)
{
    const struct lt_denoise_options *o = job->options;
    if (job->model->prep.schema.resampled)
        return lt_fail(err, LT_EUSAGE,
                       "the model resamples images, which would cost them detail; train a denoiser "
                       "with --crop N in place of --resize");
    if (!lt_model_denoises(job->model))
        return lt_fail(err, LT_EUSAGE,
                       "the model takes no noise away; train one on images with --arch conv and "
                       "--noise, such as gaussian:25/255, and without --dims");
    const enum lt_type type = job->model->prep.schema.group[0].type;
    job->deep = type == LT_U8 ? 255 : type == LT_U16 ? 65535 : 1;
    int rc = lt_folder_files(&job->files, &job->count, o->in, err);
    if (!rc && job->count == 0)
        rc = lt_fail(err, LT_ECONTENT, "%s: the folder holds no files", o->in);
    if (!rc)
        rc = prepare_output(job, err);
    if (!rc)
        rc = lt_alloc(&job->outcomes, (size_t)job->count, sizeof *job->outcomes, "results", err);
    if (!rc)
        rc = lt_backend_create(&job->backend, o->backend, o->threads, err);
    if (!rc)
        rc = lt_denoiser_create(&job->denoiser, job->model, job->backend, o->precision, err);
    return rc;
}

static void close_job(struct job *job)
{
    lt_folder_free(job->files, job->count);
    lt_denoiser_free(&job->denoiser);
    lt_backend_free(&job->backend);
    lt_free(job->outcomes);
}

/* ---- one file ---- */

static int read_truth(const struct job *job, int i, const struct lt_pictures *noisy,
                      struct lt_pictures *truth, struct lt_error *err)
{
    char *path = NULL;
    int rc = truth_of(&path, job, i, err);
    if (!rc)
        rc = lt_pictures_read(truth, path, noisy->c, job->deep, err);
    if (!rc && (truth->h != noisy->h || truth->w != noisy->w || truth->count != noisy->count))
        rc =
            lt_fail(err, LT_ECONTENT,
                    "%s: %lld image(s) of %lld x %lld pixels, and %s has %lld of %lld x %lld", path,
                    (long long)truth->count, (long long)truth->w, (long long)truth->h, noisy->path,
                    (long long)noisy->count, (long long)noisy->w, (long long)noisy->h);
    lt_free(path);
    return rc;
}

static int compare(const float *image, const float *truth, const struct lt_pictures *p,
                   struct closeness *sum, struct lt_error *err)
{
    double ssim = 0;
    int rc = lt_ssim(image, truth, p->h, p->w, p->c, 1, &ssim, err);
    sum->psnr += lt_psnr(image, truth, p->h * p->w * p->c, 1) / (double)p->count;
    sum->ssim += ssim / (double)p->count;
    return rc;
}

/* Image k of a file, beside the filters. */
static int judge_image(struct job *job, struct outcome *o, const struct lt_pictures *noisy,
                       const struct lt_pictures *clean, const struct lt_pictures *truth, int64_t k,
                       struct lt_filter_contest *own, struct lt_error *err)
{
    const int64_t at = k * noisy->h * noisy->w * noisy->c;
    const struct lt_picture picture = {noisy->values + at, noisy->h, noisy->w,
                                       noisy->c,           0,        job->options->threads};
    int rc = compare(noisy->values + at, truth->values + at, noisy, &o->before, err);
    if (!rc)
        rc = compare(clean->values + at, truth->values + at, noisy, &o->after, err);
    if (!rc && o->before.psnr < INFINITY)
        rc = lt_filter_contest_add(own, &picture, truth->values + at, 1, err);
    return rc;
}

/* `noisy` as it came, `clean` as it is written. */
static int judge_file(struct job *job, int i, const struct lt_pictures *noisy,
                      const struct lt_pictures *clean, struct lt_error *err)
{
    struct lt_pictures truth = {0};
    struct lt_filter_contest own = {0};
    int rc = read_truth(job, i, noisy, &truth, err);
    for (int64_t k = 0; k < noisy->count && !rc; k++)
        rc = judge_image(job, &job->outcomes[i], noisy, clean, &truth, k, &own, err);
    if (!rc && own.pictures > 0) {
        job->outcomes[i].filter = lt_filter_contest_best(&own, -1);
        lt_filter_contest_join(&job->contest, &own);
    }
    lt_pictures_free(&truth);
    return rc;
}

static int write_file(const struct job *job, int i, const struct lt_pictures *clean,
                      struct lt_error *err)
{
    char *path = NULL;
    int rc = target_of(&path, job, i, err);
    if (!rc)
        rc = lt_pictures_write(clean, path, err);
    lt_free(path);
    return rc;
}

static int denoise_file(struct job *job, int i, struct lt_error *err)
{
    struct lt_pictures noisy = {0}, clean = {0};
    const int64_t channels = job->model->network[0].spec.node[0].shape.c;
    int rc = lt_pictures_read(&noisy, job->files[i], channels, job->deep, err);
    if (!rc) {
        clean = noisy;
        clean.path = NULL;
        clean.values = NULL;
        rc = lt_strdup(&clean.path, noisy.path, err);
    }
    const int64_t n = noisy.h * noisy.w * noisy.c;
    if (!rc)
        rc = lt_alloc(&clean.values, (size_t)(noisy.count * n), sizeof *clean.values, "an image",
                      err);
    for (int64_t k = 0; k < noisy.count && !rc; k++)
        rc = lt_denoiser_run(job->denoiser, noisy.values + k * n, noisy.h, noisy.w,
                             clean.values + k * n, err);
    if (!rc) {
        lt_pictures_settle(&clean);
        rc = job->options->truth ? judge_file(job, i, &noisy, &clean, err) : LT_OK;
    }
    if (!rc)
        rc = write_file(job, i, &clean, err);
    job->images += noisy.count;
    lt_pictures_free(&noisy);
    lt_pictures_free(&clean);
    return rc;
}

/* ---- telling ---- */

static void tell_files(const struct job *job, struct lt_report *r)
{
    char text[LT_FILTER_TEXT];
    if (job->count == 1)
        return;
    lt_report_line(r, "%-*s %17s %17s   %s", NAME, "", "PSNR, dB", "SSIM", "best filter");
    for (int i = 0; i < job->count && i < LISTED; i++) {
        const struct outcome *o = &job->outcomes[i];
        lt_filter_describe(o->filter.filter, o->filter.setting, text);
        lt_report_line(r, "  %-*.*s %7.2f -> %6.2f %7.4f -> %6.4f %7.2f  %s", NAME - 2, NAME - 2,
                       base_of(job->files[i]), o->before.psnr, o->after.psnr, o->before.ssim,
                       o->after.ssim, o->filter.psnr, text);
    }
    if (job->count > LISTED)
        lt_report_line(r, "  ... and %d more", job->count - LISTED);
}

static void tell_worse(const struct job *job, struct lt_report *r)
{
    char names[600] = "";
    size_t used = 0;
    int worse = 0;
    for (int i = 0; i < job->count; i++) {
        if (!(job->outcomes[i].after.psnr < job->outcomes[i].before.psnr))
            continue;
        worse++;
        if (used < sizeof names - 80)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "",
                                     base_of(job->files[i]));
    }
    lt_report_integer(r, "worse", worse);
    if (worse > 0)
        lt_report_warn(r, "worse", "%d of %d files got worse: %s", worse, job->count, names);
}

static void tell_truth(const struct job *job, struct lt_report *r)
{
    struct closeness before = {0, 0}, after = {0, 0};
    struct lt_filter_score best = {0};
    char filter[LT_FILTER_TEXT] = "none";
    for (int i = 0; i < job->count; i++) {
        const struct outcome *o = &job->outcomes[i];
        before.psnr += o->before.psnr / job->count;
        before.ssim += o->before.ssim / job->count;
        after.psnr += o->after.psnr / job->count;
        after.ssim += o->after.ssim / job->count;
    }
    if (job->contest.pictures > 0) {
        best = lt_filter_contest_best(&job->contest, -1);
        lt_filter_describe(best.filter, best.setting, filter);
    }
    const bool better = after.psnr > before.psnr;
    lt_report_verdict(r,
                      better && after.psnr > best.psnr ? "denoises"
                      : better                         ? "use-filter"
                                                       : "adds-noise",
                      "PSNR %s from %.2f to %.2f dB and SSIM %s from %.4f to %.4f; the best "
                      "classical filter, %s, gives %.2f dB and %.4f%s",
                      better ? "rises" : "falls", before.psnr, after.psnr,
                      after.ssim > before.ssim ? "rises" : "falls", before.ssim, after.ssim, filter,
                      best.psnr, best.ssim, after.psnr > best.psnr ? "." : ": use it.");
    tell_files(job, r);
    tell_worse(job, r);
    lt_report_number(r, "psnr_before", before.psnr);
    lt_report_number(r, "psnr_after", after.psnr);
    lt_report_number(r, "ssim_before", before.ssim);
    lt_report_number(r, "ssim_after", after.ssim);
    lt_report_string(r, "filter.name", filter);
    lt_report_number(r, "filter.psnr", best.psnr);
    lt_report_number(r, "filter.ssim", best.ssim);
}

static int run(struct job *job, struct lt_report *r, struct lt_error *err)
{
    int rc = open_job(job, err);
    job->pace = lt_pace_start(job->options->listener, "denoising", job->count);
    for (int i = 0; i < job->count && !rc; i++) {
        rc = denoise_file(job, i, err);
        if (!rc)
            rc = lt_pace_tell(&job->pace, i + 1, err);
    }
    if (rc)
        return rc;
    if (job->options->truth)
        tell_truth(job, r);
    else
        lt_report_verdict(r, "denoised", "Denoised %lld image%s of %d file%s into %s.",
                          (long long)job->images, job->images == 1 ? "" : "s", job->count,
                          job->count == 1 ? "" : "s", job->options->out);
    lt_report_integer(r, "files", job->count);
    lt_report_integer(r, "images", job->images);
    if (!job->options->truth)
        lt_report_next(r, "with the clean images, --truth FOLDER tells how much better they are");
    return LT_OK;
}

int lt_denoise(const struct lt_model *model, const struct lt_denoise_options *options,
               struct lt_report **report, struct lt_error *err)
{
    struct job job = {.model = model, .options = options};
    struct lt_report *told = NULL;
    const double started = lt_clock();
    int rc = lt_report_create(&told, err);
    if (!rc)
        rc = run(&job, told, err);
    if (!rc) {
        lt_report_number(told, "seconds", lt_clock() - started);
        rc = lt_report_seal(told, err);
    }
    if (rc || !report)
        lt_report_free(&told);
    if (report)
        *report = told;
    close_job(&job);
    return rc;
}
