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

int latent_finetune(latent_model **out, const latent_model *model, const latent_data *data,
                    const latent_finetune_options *finetune, const latent_apply_options *options,
                    latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    latent_finetune_options defaults;
    latent_apply_options plain;
    struct lt_model *made = NULL;
    struct lt_report *r = NULL;
    latent_finetune_options_init(&defaults);
    latent_apply_options_init(&plain);
    finetune = finetune ? finetune : &defaults;
    const struct lt_finetune_data rows = {
        data->table, data->labels, finetune->unlabelled ? finetune->unlabelled->table : NULL};
    *out = NULL;
    int rc = data->labels ? 0
                          : lt_fail(err, LT_EUSAGE,
                                    "fine-tuning needs labels: name their column or file with "
                                    "--labels");
    if (!rc)
        rc = lt_report_create(&r, err);
    if (!rc)
        rc = lt_finetune(&made, internal_model(model), &rows, finetune, options ? options : &plain,
                         r, err);
    if (rc)
        lt_report_free(&r);
    *out = (latent_model *)(void *)made;
    if (report)
        *internal_report(report) = r;
    else
        lt_report_free(&r);
    return rc;
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
