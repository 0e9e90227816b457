#include "app/packreport.h"

#include "app/packlevels.h"

#include <math.h>
#include <stdio.h>

static void tell_numbers(struct lt_report *r, const struct lt_packtold *t)
{
    lt_report_integer(r, "rows", t->rows);
    lt_report_integer(r, "values", t->values);
    lt_report_integer(r, "bytes_in", (int64_t)t->bytes_in);
    lt_report_integer(r, "bytes_out", (int64_t)t->bytes_out);
    lt_report_integer(r, "bytes_codes", (int64_t)t->bytes_codes);
    lt_report_integer(r, "bytes_residuals",
                      (int64_t)(t->bytes_out - t->bytes_decoder - t->bytes_codes));
    lt_report_integer(r, "bytes_decoder", (int64_t)t->bytes_decoder);
    lt_report_number(r, "bits_per_value", 8 * (double)t->bytes_out / (double)t->values);
    lt_report_number(r, "max_abs_error", t->most);
    lt_report_integer(r, "blocks", t->blocks);
    lt_report_integer(r, "blocks_general", t->blocks_general);
    static const char *const keys[LT_SIZE_METHODS] = {"gzip_bytes", "zstd_bytes", "xz_bytes"};
    for (int m = 0; m < LT_SIZE_METHODS; m++)
        if (t->size[m].bytes >= 0)
            lt_report_integer(r, keys[m], t->size[m].bytes);
    lt_report_number(r, "bits.plain", t->learned.plain);
    lt_report_number(r, "bits.linear", t->learned.linear);
    lt_report_number(r, "bits.values", t->learned.values);
    lt_report_number(r, "bits.trees", t->learned.trees);
    if (t->learned.weighed.decoder > 0) {
        lt_report_number(r, "bits.code_only", t->learned.weighed.code_only);
        lt_report_number(r, "bits.context_only", t->learned.weighed.context_only);
        lt_report_number(r, "bits.both", t->learned.weighed.both);
    }
    lt_report_number(r, "seconds_learning", t->learned.seconds);
}

/* Whether an autoencoder's code is worth its bits here. */
static void tell_code(struct lt_report *r, const struct lt_packlearned *l)
{
    const struct lt_packweighed *w = &l->weighed;
    if (w->decoder <= 0)
        return;
    lt_report_line(
        r, "bits a value on rows that judge: %.3f by a code alone, %.3f by contexts, %.3f by both",
        w->code_only, w->context_only, w->both);
    lt_report_line(
        r,
        l->coded
            ? "the code pays for itself and its decoder of %.0f bytes, so it is kept"
            : "the code does not pay for itself and its decoder of %.0f bytes, so it is left out",
        w->decoder);
}

static void tell_sizes(struct lt_report *r, const struct lt_packtold *t)
{
    double in = (double)t->bytes_in;
    lt_report_line(r, "  %-22s %14s %8s", "", "bytes", "ratio");
    lt_report_line(r, "  %-22s %14llu %8.2f", "this file", (unsigned long long)t->bytes_out,
                   in / (double)t->bytes_out);
    lt_report_line(r, "    %-20s %14llu", "of it the model", (unsigned long long)t->bytes_decoder);
    for (int m = 0; m < LT_SIZE_METHODS; m++)
        if (t->size[m].bytes > 0)
            lt_report_line(r, "  %-22s %14lld %8.2f%s", lt_size_name((enum lt_size_method)m),
                           (long long)t->size[m].bytes, in / (double)t->size[m].bytes,
                           t->size[m].reduced > 0 ? "  (looking back less far, for memory)" : "");
    lt_report_line(r, "  %-22s %14llu", "as it is", (unsigned long long)t->bytes_in);
}

/* What images lost, and for how many bits. */
static void tell_loss(struct lt_report *r, const struct lt_pack_options *o,
                      const struct lt_planes *planes, const struct lt_packtold *t, double ratio)
{
    struct lt_pixels p = {0};
    double error = t->squares / (double)t->values, psnr = lt_error_psnr(error);
    lt_planes_pixels(planes, &p);
    double bpp = 8 * (double)t->bytes_out * (double)p.c / (double)t->values;
    lt_report_number(r, "psnr", psnr);
    lt_report_number(r, "bpp", bpp);
    if (t->code_psnr > 0)
        lt_report_number(r, "code_psnr", t->code_psnr);
    lt_report_string(r, "loss", t->loss == LT_PACK_LEVELS ? "levels" : "code");
    lt_report_verdict(r, "lossy",
                      "Packed %.2f to 1 in %s: the images come back with a PSNR of %.2f dB, for "
                      "%.3f bits a pixel.",
                      ratio, o->path, psnr, bpp);
}

void lt_packreport(struct lt_report *r, const struct lt_pack_options *o,
                   const struct lt_planes *planes, const struct lt_packtold *t)
{
    double ratio = (double)t->bytes_in / (double)t->bytes_out;
    bool bound = false;
    for (int64_t j = 0; j < lt_planes_columns(planes) && !bound; j++)
        bound = lt_planes_limit(planes, j) > 0;
    if (t->loss != LT_PACK_EXACT)
        tell_loss(r, o, planes, t, ratio);
    else if (bound)
        lt_report_verdict(
            r, "bounded",
            "Packed %.2f to 1 in %s: every value is within its bound; the largest error "
            "is %.4g.",
            ratio, o->path, t->most);
    else
        lt_report_verdict(r, "exact", "Packed %.2f to 1 in %s: every value comes back exactly.",
                          ratio, o->path);
    tell_numbers(r, t);
    tell_sizes(r, t);
    tell_code(r, &t->learned);
    if (t->stream)
        lt_report_line(
            r, "zstd -19 makes less of this data than the codec does, so the file holds that");
    else if (t->blocks_general > 0)
        lt_report_line(r, "%lld of %lld blocks are smaller by a general method and are kept so",
                       (long long)t->blocks_general, (long long)t->blocks);
    lt_report_next(r, "latent verify FILE DATA proves it");
}
