#include "app/finetune.h"
#include "app/predict.h"
#include "handles.h"

/* The public interface to classifiers. */

void latent_finetune_options_init(latent_finetune_options *options)
{
    *options = (latent_finetune_options){.size = sizeof *options,
                                         .valid = -1,
                                         .keep_reconstruction = -1,
                                         .agreement = -1,
                                         .distance = -1,
                                         .dropout = -1};
}

/* What both uses of labels need. */
struct work {
    latent_finetune_options defaults;
    latent_apply_options plain;
    const latent_finetune_options *finetune;
    const latent_apply_options *apply;
    struct lt_finetune_data rows;
    struct lt_report *report;
};

static int begin(struct work *w, const latent_data *data, const latent_finetune_options *finetune,
                 const latent_apply_options *options, struct lt_error *err)
{
    latent_finetune_options_init(&w->defaults);
    latent_apply_options_init(&w->plain);
    w->finetune = finetune ? finetune : &w->defaults;
    w->apply = options ? options : &w->plain;
    w->report = NULL;
    w->rows = (struct lt_finetune_data){
        data->table, data->labels, w->finetune->unlabelled ? w->finetune->unlabelled->table : NULL};
    if (!data->labels)
        return lt_fail(err, LT_EUSAGE,
                       "fine-tuning needs labels: name their column or file with --labels");
    return lt_report_create(&w->report, err);
}

static int end(struct work *w, int rc, latent_report **report)
{
    if (rc || !report)
        lt_report_free(&w->report);
    if (report)
        *internal_report(report) = w->report;
    return rc;
}

int latent_finetune(latent_model **out, const latent_model *model, const latent_data *data,
                    const latent_finetune_options *finetune, const latent_apply_options *options,
                    latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_model *made = NULL;
    struct work w;
    int rc = begin(&w, data, finetune, options, err);
    if (!rc)
        rc = lt_finetune(&made, internal_model(model), &w.rows, w.finetune, w.apply, w.report, err);
    *out = (latent_model *)(void *)made;
    return end(&w, rc, report);
}

int latent_learning_curve(const latent_model *model, const latent_data *data,
                          const latent_finetune_options *finetune,
                          const latent_apply_options *options, latent_report **report,
                          latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct work w;
    int rc = begin(&w, data, finetune, options, err);
    if (!rc)
        rc = lt_learning_curve(internal_model(model), &w.rows, w.finetune, w.apply, w.report, err);
    return end(&w, rc, report);
}

int latent_predict_to(const latent_model *model, const latent_data *data, const char *path,
                      const latent_apply_options *options, latent_report **report,
                      latent_error *error)
{
    struct lt_error *err = internal_error(error);
    latent_apply_options plain;
    struct lt_report *r = NULL;
    latent_apply_options_init(&plain);
    int rc = lt_report_create(&r, err);
    if (!rc)
        rc = lt_predict(internal_model(model), data->table, data->labels, path,
                        options ? options : &plain, r, err);
    if (rc)
        lt_report_free(&r);
    if (report)
        *internal_report(report) = r;
    else
        lt_report_free(&r);
    return rc;
}
