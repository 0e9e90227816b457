#include "app/pack.h"
#include "app/packbounds.h"
#include "app/packhead.h"
#include "base/parallel.h"
#include "handles.h"
#include <math.h>

/* The public interface to packed files. */

static int threads_of(int threads)
{
    return threads > 0 ? threads : lt_cpu_count();
}

/* ---- packing ---- */

void latent_pack_options_init(latent_pack_options *options)
{
    *options = (latent_pack_options){.size = sizeof *options, .budget = -1, .seed = 1};
}

static int check_amount(const char *option, double value, struct lt_error *err)
{
    if (value == 0 || (value > 0 && isfinite(value)))
        return 0;
    return lt_fail(err, LT_EUSAGE, "%s: %g is not a positive finite number", option, value);
}

/* PSNR and bits per pixel speak of images as a whole, and leave room for no other bound. */
static int check_loss(const latent_pack_options *o, struct lt_error *err)
{
    const char *others[] = {o->max_abs, o->max_rel, o->lossless};
    static const char *const words[] = {"--max-abs", "--max-rel", "--lossless"};
    const char *loss = o->psnr != 0 ? "--psnr" : o->bpp != 0 ? "--bpp" : NULL;
    if (o->psnr != 0 && o->bpp != 0)
        return lt_fail(err, LT_EUSAGE,
                       "--psnr and --bpp each say how much images may lose; give one");
    for (int i = 0; i < 3 && loss; i++)
        if (others[i])
            return lt_fail(err, LT_EUSAGE,
                           "%s says what images may lose as a whole and %s what each value may; "
                           "give one",
                           loss, words[i]);
    return 0;
}

/* All that is wrong whatever the data are. */
static int check_pack(const latent_pack_options *o, struct lt_error *err)
{
    int rc = check_amount("--psnr", o->psnr, err);
    if (!rc)
        rc = check_amount("--bpp", o->bpp, err);
    if (!rc)
        rc = check_loss(o, err);
    if (!rc)
        rc = lt_packbounds_check(o->max_abs, o->max_rel, o->lossless, err);
    if (!rc && o->share_model && !o->model)
        rc = lt_fail(err, LT_EUSAGE,
                     "--share-model leaves the model where it is, so --model has to say where");
    if (!rc && o->dims < 0)
        rc = lt_fail(err, LT_EUSAGE, "--dims: %lld is too small; the least is 1",
                     (long long)o->dims);
    if (!rc && isnan(o->budget))
        rc = lt_fail(err, LT_EUSAGE, "--budget: %g is no time", o->budget);
    return rc;
}

int latent_pack(const char *const *data, int count, const char *path,
                const latent_pack_options *options, latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    latent_pack_options defaults;
    latent_pack_options_init(&defaults);
    const latent_pack_options *o = options ? options : &defaults;
    const struct lt_pack_options p = {.data = data,
                                      .count = count,
                                      .path = path,
                                      .model = o->model,
                                      .share = o->share_model != 0,
                                      .max_abs = o->max_abs,
                                      .max_rel = o->max_rel,
                                      .lossless = o->lossless,
                                      .psnr = o->psnr,
                                      .bpp = o->bpp,
                                      .dims = o->dims,
                                      .budget = o->budget,
                                      .quick = o->quick != 0,
                                      .seed = o->seed,
                                      .backend = o->backend,
                                      .threads = threads_of(o->threads),
                                      .listener = o->listener};
    if (report)
        *report = NULL;
    int rc = check_pack(o, err);
    return rc ? rc : lt_pack(&p, internal_report(report), err);
}

/* ---- unpacking ---- */

void latent_unpack_options_init(latent_unpack_options *options)
{
    *options = (latent_unpack_options){.size = sizeof *options, .row_end = -1};
}

int latent_unpack(const char *file, const char *path, const latent_unpack_options *options,
                  latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    latent_unpack_options defaults;
    latent_unpack_options_init(&defaults);
    const latent_unpack_options *o = options ? options : &defaults;
    const struct lt_unpack_options u = {.file = file,
                                        .path = path,
                                        .model = o->model,
                                        .rows = {o->row_begin, o->row_end},
                                        .salvage = o->salvage != 0,
                                        .reference = o->reference != 0,
                                        .threads = threads_of(o->threads),
                                        .listener = o->listener};
    if (report)
        *report = NULL;
    if (o->row_begin < 0 || (o->row_end >= 0 && o->row_end <= o->row_begin))
        return lt_fail(err, LT_EUSAGE, "--rows: %lld:%lld holds no row; rows count from 0",
                       (long long)o->row_begin, (long long)o->row_end);
    return lt_unpack(&u, internal_report(report), err);
}

/* ---- verifying ---- */

void latent_verify_options_init(latent_verify_options *options)
{
    *options = (latent_verify_options){.size = sizeof *options};
}

int latent_verify(const char *file, const char *const *data, int count,
                  const latent_verify_options *options, latent_report **report, latent_error *error)
{
    latent_verify_options defaults;
    latent_verify_options_init(&defaults);
    const latent_verify_options *o = options ? options : &defaults;
    const struct lt_verify_options v = {.file = file,
                                        .data = data,
                                        .count = count,
                                        .model = o->model,
                                        .reference = o->reference != 0,
                                        .threads = threads_of(o->threads),
                                        .listener = o->listener};
    if (report)
        *report = NULL;
    return lt_verify(&v, internal_report(report), internal_error(error));
}

/* ---- looking ---- */

int latent_is_packed(const char *file)
{
    return lt_packfile_is(file);
}

int latent_pack_info(const char *file, latent_report **report, latent_error *error)
{
    return lt_packinfo(file, internal_report(report), internal_error(error));
}
