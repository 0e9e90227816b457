#include "app/pack.h"

#include "app/packcheck.h"
#include "app/packunit.h"
#include "base/clock.h"
#include <string.h>

struct proof {
    const struct lt_packfile *file;
    struct lt_packsource source;
    struct lt_packchunk chunk;
    struct lt_packdiff diff;
};

/* Blocks of the file are blocks of the source, as both are cut by the same number of rows. */
static int take_rows(void *context, const struct lt_packrows *rows, struct lt_error *err)
{
    struct proof *p = context;
    int64_t block = rows->first / p->source.block_rows;
    if (block >= p->source.blocks)
        return lt_fail(err, LT_ENO, "%s has fewer rows than %s", p->source.name, p->file->name);
    int rc = lt_packsource_fetch(&p->source, block, &p->chunk, err);
    if (!rc && p->chunk.rows != rows->rows)
        return lt_fail(err, LT_ENO, "%s and %s do not have the same number of rows", p->source.name,
                       p->file->name);
    if (!rc)
        rc = lt_packcheck(p->file->head.planes, &p->source, &p->chunk, rows, &p->diff, err);
    lt_packsource_release(&p->source, &p->chunk);
    return rc;
}

/* Whether the source has the shape of what was packed. */
static int same_shape(const struct proof *p, struct lt_error *err)
{
    int groups;
    const char *header;
    const struct lt_planes *planes = p->file->head.planes;
    const struct lt_group *group = lt_planes_groups(planes, &groups);
    const struct lt_text_format *format = lt_planes_text(planes, &header);
    bool same = (group != NULL) == (p->source.table != NULL) &&
                lt_planes_columns(planes) == p->source.columns;
    if (same && group)
        same = groups == p->source.groups;
    for (int i = 0; same && group && i < groups; i++)
        same = group[i].type == p->source.group[i].type &&
               group[i].width == p->source.group[i].width &&
               group[i].missing == p->source.group[i].missing;
    if (same && format)
        same = format->delimiter == p->source.format.delimiter &&
               format->header == p->source.format.header &&
               memcmp(header, p->source.text.data, format->header) == 0;
    return same ? 0
                : lt_fail(err, LT_ENO,
                          "%s is not what was packed in %s: its columns or their types differ",
                          p->source.name, p->file->name);
}

/* Of lossy images it was promised how much they differ at most. */
static int judge_psnr(struct proof *p, const struct lt_verify_options *o, struct lt_report *report)
{
    double psnr = lt_packdiff_psnr(&p->diff), promised = (double)p->file->head.millibels / 1000;
    lt_report_number(report, "psnr", psnr);
    lt_report_number(report, "psnr_promised", promised);
    if (psnr >= promised) {
        lt_report_verdict(report, "same",
                          "The images of %s come back from %s with a PSNR of %.2f dB, and %.2f dB "
                          "were promised.",
                          p->source.name, o->file, psnr, promised);
        lt_report_line(report, "the largest error of a value is %.0f", p->diff.most);
        return 0;
    }
    lt_report_verdict(report, "differs",
                      "The images of %s come back from %s with a PSNR of %.2f dB, and %.2f dB were "
                      "promised.",
                      p->source.name, o->file, psnr, promised);
    return LT_ENO;
}

static int run(const struct lt_verify_options *o, struct proof *p, struct lt_packfile *file,
               struct lt_report *report, struct lt_error *err)
{
    int rc = lt_packfile_open(file, o->file, o->model, false,
                              o->reference ? LT_ISA_BASE : lt_isa_best(), err);
    p->file = file;
    if (!rc)
        rc = lt_packsource_open(&p->source, o->data, o->count, err);
    if (!rc)
        rc = same_shape(p, err);
    if (!rc)
        rc = lt_packsource_cut(&p->source, file->head.block_rows, err);
    int64_t rows = rc ? 0 : (int64_t)lt_pack_rows(file->pack);
    if (!rc && rows != p->source.rows)
        rc = lt_fail(err, LT_ENO, "%s holds %lld rows and %s has %lld", o->file, (long long)rows,
                     p->source.name, (long long)p->source.rows);
    p->diff.lossy = file->head.loss != LT_PACK_EXACT;
    struct lt_packunit unit = {.file = file,
                               .to = rows,
                               .threads = o->threads,
                               .stage = "verifying",
                               .listener = o->listener,
                               .take = take_rows,
                               .context = p};
    if (!rc)
        rc = lt_packunit_run(&unit, err);
    if (rc)
        return rc;
    const struct lt_packdiff *d = &p->diff;
    lt_report_integer(report, "values", d->values);
    lt_report_integer(report, "mismatches", d->mismatches);
    lt_report_number(report, "max_abs_error", d->most);
    if (d->lossy)
        return judge_psnr(p, o, report);
    if (d->mismatches == 0) {
        lt_report_verdict(report, "same",
                          d->most > 0
                              ? "All %lld values of %s come back from %s within their bounds."
                              : "All %lld values of %s come back from %s exactly.",
                          (long long)d->values, p->source.name, o->file);
        if (d->most > 0)
            lt_report_line(report, "the largest error of a value is %.6g", d->most);
        return 0;
    }
    lt_report_verdict(
        report, "differs",
        "%lld of %lld values of %s do not come back from %s as promised; the first is in "
        "row %lld, column %lld.",
        (long long)d->mismatches, (long long)d->values, p->source.name, o->file, (long long)d->row,
        (long long)d->column);
    return LT_ENO;
}

int lt_verify(const struct lt_verify_options *options, struct lt_report **report,
              struct lt_error *err)
{
    struct proof proof = {0};
    struct lt_packfile file = {0};
    struct lt_report *told = NULL;
    struct lt_error why = {0};
    double started = lt_clock();
    int rc = lt_report_create(&told, err);
    if (!rc)
        rc = run(options, &proof, &file, told, &why);
    const bool answered = !rc || rc == LT_ENO;
    if (answered) {
        if (*why.text)
            lt_report_verdict(told, "differs", "%s.", why.text);
        lt_report_number(told, "seconds", lt_clock() - started);
        int sealed = lt_report_seal(told, err);
        rc = sealed ? sealed : rc;
        if (rc == LT_ENO)
            lt_fail(err, LT_ENO, "%s", lt_report_get_string(told, "message"));
    } else {
        lt_fail(err, rc, "%s", why.text);
    }
    if (!answered || !report)
        lt_report_free(&told);
    if (report)
        *report = told;
    lt_packchunk_close(&proof.chunk);
    lt_packsource_close(&proof.source);
    lt_packfile_close(&file);
    return rc;
}
