#include "command.h"
#include "settings.h"
#include "verbs.h"

static int describe_model(const char *path, latent_report **report, latent_error *error)
{
    latent_model *model = NULL;
    int e = latent_model_open(&model, path, error);
    if (!e)
        e = latent_model_info(model, report, error);
    latent_model_free(&model);
    return e;
}

int lt_cmd_info(struct lt_settings *settings, latent_error *error)
{
    const char *path = settings->operands[0];
    latent_report *report = NULL;
    int e = latent_is_packed(path) ? latent_pack_info(path, &report, error)
                                   : describe_model(path, &report, error);
    if (!e)
        e = lt_print_report(settings, report, 0, error);
    latent_report_free(&report);
    return e;
}
