/* What a packed file says of itself; nothing is decoded. */
#include "app/pack.h"

#include "app/packhead.h"
#include <stdio.h>

enum { SHOWN = 40 }; /* columns */

static const struct form {
    const char *name, *out; /* where it may be unpacked to */
} text = {"text", "rows.csv"}, images = {"images", "images/"}, table = {"table", "rows.npy"};

static const struct form *form_of(const struct lt_planes *planes)
{
    const char *header;
    struct lt_pixels pixels;
    if (lt_planes_text(planes, &header))
        return &text;
    return lt_planes_pixels(planes, &pixels) ? &images : &table;
}

static void add_columns(struct lt_report *r, const struct lt_planes *planes)
{
    const int64_t columns = lt_planes_columns(planes);
    int64_t bounded = 0, shown = columns < SHOWN ? columns : SHOWN;
    struct lt_pixels pixels;
    for (int64_t j = 0; j < columns; j++)
        bounded += lt_planes_limit(planes, j) > 0;
    lt_report_integer(r, "bounded_columns", bounded);
    const bool alike = lt_planes_pixels(planes, &pixels);
    if (alike)
        lt_report_line(r, "rows are images of %lld x %lld x %lld values (height, width, channels):",
                       (long long)pixels.h, (long long)pixels.w, (long long)pixels.c);
    for (int64_t j = 0; j < (alike ? 1 : shown); j++) {
        char name[32] = "each", bound[48] = "exact";
        double limit = lt_planes_limit(planes, j);
        if (!alike)
            snprintf(name, sizeof name, "column %lld", (long long)j);
        if (limit > 0)
            snprintf(bound, sizeof bound, "within %.6g", limit);
        lt_report_line(r, "  %-12s %s, %s", name, lt_planes_mapping(planes, j), bound);
    }
    if (!alike && columns > shown)
        lt_report_line(r, "  and %lld more", (long long)(columns - shown));
}

static void add_model(struct lt_report *r, const struct lt_packfile *f)
{
    char sha256[LT_SHA256_HEX];
    size_t size;
    const bool named = lt_packfile_names_model(f, sha256, &size);
    lt_report_string(r, "model", named ? "named" : size > 0 ? "inside" : "none");
    lt_report_integer(r, "model_bytes", (int64_t)size);
    if (named) {
        lt_report_string(r, "model_sha256", sha256);
        lt_report_line(r, "its model is in another file, and has the SHA-256 %s", sha256);
    } else if (size > 0) {
        lt_report_line(r, "its model takes %lld bytes", (long long)size);
    } else {
        lt_report_line(r, "it has no model: %s",
                       f->head.stream ? "it is one stream of zstd" : "none would pay for itself");
    }
}

int lt_packinfo(const char *name, struct lt_report **report, struct lt_error *err)
{
    struct lt_packfile f;
    struct lt_report *r = NULL;
    int rc = lt_packfile_peek(&f, name, err);
    *report = NULL;
    if (rc)
        return rc;
    rc = lt_report_create(&r, err);
    if (!rc) {
        const int64_t rows = (int64_t)lt_pack_rows(f.pack);
        const int64_t columns = lt_planes_columns(f.head.planes);
        const struct form *form = form_of(f.head.planes);
        lt_report_verdict(r, "packed", "%s is a packed file: %lld rows of %lld columns (%s).", name,
                          (long long)rows, (long long)columns, form->name);
        lt_report_string(r, "kind", form->name);
        lt_report_integer(r, "rows", rows);
        lt_report_integer(r, "columns", columns);
        lt_report_integer(r, "blocks", (int64_t)lt_pack_blocks(f.pack));
        lt_report_integer(r, "block_rows", f.head.block_rows);
        lt_report_integer(r, "bytes_in", (int64_t)f.head.bytes);
        lt_report_integer(r, "bytes_out", (int64_t)f.bytes.size);
        lt_report_line(r,
                       "%lld bytes, %.3g times smaller than the %lld of its rows, in %lld block%s",
                       (long long)f.bytes.size, (double)f.head.bytes / (double)f.bytes.size,
                       (long long)f.head.bytes, (long long)lt_pack_blocks(f.pack),
                       lt_pack_blocks(f.pack) == 1 ? "" : "s");
        add_model(r, &f);
        if (f.head.loss != LT_PACK_EXACT) {
            lt_report_number(r, "psnr_promised", (double)f.head.millibels / 1000);
            lt_report_line(r, "images are lossy, with a PSNR of %.2f dB or more",
                           (double)f.head.millibels / 1000);
        }
        add_columns(r, f.head.planes);
        lt_report_next(r, "latent unpack %s -o %s", name, form->out);
        rc = lt_report_seal(r, err);
    }
    if (rc)
        lt_report_free(&r);
    *report = r;
    lt_packfile_close(&f);
    return rc;
}
