#include "latent.h"

#include "app/apply.h"
#include "app/denoise.h"
#include "app/impute.h"
#include "base/clock.h"
#include "data/writer.h"
#include "handles.h"

/* What goes from a model, and mostly data, to a file. */

typedef int apply_fn(struct lt_session *s, struct lt_table *table, const char *path,
                     struct lt_error *err);

/* One such piece of work: what applies the model, one of the two, and what the report says of it. */
struct work {
    apply_fn *apply; /* to every row of data */
    int (*draw)(struct lt_session *s, const struct work *work, const char *path,
                struct lt_error *err);
    const char *what;        /* "Encoded" */
    const latent_data *data; /* NULL: none */
    int64_t rows, from, to;  /* written; the width of what is read; of what is written */
    int64_t ends[2];         /* interpolate: rows of data */
};

static int applied(struct lt_report **out, const struct work *w, const char *path, double seconds,
                   struct lt_error *err)
{
    struct lt_report *r = NULL;
    if (!out)
        return 0;
    int rc = lt_report_create(&r, err);
    if (rc)
        return rc;
    lt_report_verdict(r, NULL, "%s %lld rows of %lld numbers as %lld in %.2f s%s%s.", w->what,
                      (long long)w->rows, (long long)w->from, (long long)w->to, seconds,
                      path ? " to " : "", path ? path : "");
    lt_report_integer(r, "rows", w->rows);
    lt_report_integer(r, "columns", w->to);
    lt_report_number(r, "seconds", seconds);
    if (path)
        lt_report_string(r, "file", path);
    rc = lt_report_seal(r, err);
    if (rc)
        lt_report_free(&r);
    *out = r;
    return rc;
}

static int apply_to(const struct work *w, const latent_model *model, const char *path,
                    const latent_apply_options *options, latent_report **report,
                    latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session *s = NULL;
    double started = lt_clock();
    if (report)
        *report = NULL;
    int rc = lt_writer_check(path, err);
    if (!rc)
        rc = lt_session_open(&s, model, options, err);
    if (!rc)
        rc = w->apply ? w->apply(s, w->data->table, path, err) : w->draw(s, w, path, err);
    lt_session_free(&s);
    return rc ? rc : applied(internal_report(report), w, path, lt_clock() - started, err);
}

static struct work work_on(const char *what, apply_fn *apply, const latent_data *data, int64_t to)
{
    return (struct work){.apply = apply,
                         .what = what,
                         .data = data,
                         .rows = lt_table_rows(data->table),
                         .from = lt_table_columns(data->table),
                         .to = to};
}

int latent_encode_to(const latent_model *model, const latent_data *data, const char *path,
                     const latent_apply_options *options, latent_report **report,
                     latent_error *error)
{
    const int64_t dims = options && options->dims > 0 ? options->dims : latent_model_dims(model);
    const struct work w = work_on("Encoded", lt_apply_encode, data, dims);
    return apply_to(&w, model, path, options, report, error);
}

int latent_decode_to(const latent_model *model, const latent_data *codes, const char *path,
                     const latent_apply_options *options, latent_report **report,
                     latent_error *error)
{
    const struct work w = work_on("Decoded", lt_apply_decode, codes, latent_model_columns(model));
    return apply_to(&w, model, path, options, report, error);
}

int latent_reconstruct_to(const latent_model *model, const latent_data *data, const char *path,
                          const latent_apply_options *options, latent_report **report,
                          latent_error *error)
{
    const struct work w =
        work_on("Reconstructed", lt_apply_reconstruct, data, latent_model_columns(model));
    return apply_to(&w, model, path, options, report, error);
}

static int sample(struct lt_session *s, const struct work *w, const char *path,
                  struct lt_error *err)
{
    return lt_apply_sample(s, w->rows, path, err);
}

int latent_sample_to(const latent_model *model, int64_t rows, const char *path,
                     const latent_apply_options *options, latent_report **report,
                     latent_error *error)
{
    const struct work w = {.draw = sample,
                           .what = "Drew",
                           .rows = rows,
                           .from = latent_model_dims(model),
                           .to = latent_model_columns(model)};
    return apply_to(&w, model, path, options, report, error);
}

static int interpolate(struct lt_session *s, const struct work *w, const char *path,
                       struct lt_error *err)
{
    return lt_apply_interpolate(s, w->data->table, w->ends, w->rows, path, err);
}

int latent_interpolate_to(const latent_model *model, const latent_data *data, int64_t from,
                          int64_t to, int64_t steps, const char *path,
                          const latent_apply_options *options, latent_report **report,
                          latent_error *error)
{
    const struct work w = {.draw = interpolate,
                           .what = "Walked",
                           .data = data,
                           .rows = steps,
                           .from = latent_model_dims(model),
                           .to = latent_model_columns(model),
                           .ends = {from, to}};
    return apply_to(&w, model, path, options, report, error);
}

int latent_impute_to(const latent_model *model, const char *data, const char *path,
                     const char *uncertainty, const latent_apply_options *options,
                     latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session_options s;
    if (report)
        *report = NULL;
    int rc = lt_session_options_of(&s, options, err);
    if (rc)
        return rc;
    struct lt_impute_options o = {.data = data,
                                  .path = path,
                                  .uncertainty = uncertainty,
                                  .backend = s.backend,
                                  .threads = s.threads,
                                  .seed = options ? options->seed : 1,
                                  .listener = s.listener};
    return lt_impute(internal_model(model), &o, internal_report(report), err);
}

int latent_denoise_to(const latent_model *model, const char *in, const char *out, const char *truth,
                      const latent_apply_options *options, latent_report **report,
                      latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session_options s;
    if (report)
        *report = NULL;
    int rc = lt_session_options_of(&s, options, err);
    if (rc)
        return rc;
    struct lt_denoise_options o = {.in = in,
                                   .out = out,
                                   .truth = truth,
                                   .backend = s.backend,
                                   .threads = s.threads,
                                   .precision = s.precision,
                                   .listener = s.listener};
    return lt_denoise(internal_model(model), &o, internal_report(report), err);
}

int latent_sheet(const latent_model *model, const latent_data *data, int64_t rows, const char *path,
                 const latent_apply_options *options, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session *s = NULL;
    int rc = lt_session_open(&s, model, options, err);
    if (!rc)
        rc = lt_apply_sheet(s, data->table, rows, path, err);
    lt_session_free(&s);
    return rc;
}
