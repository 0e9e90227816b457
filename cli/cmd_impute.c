#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <string.h>

/* What can be refused before any file is read. */
static int check_outputs(const struct lt_settings *settings, const char *path, latent_error *error)
{
    int e = lt_check_json(settings, path, error);
    if (e)
        return e;
    if (settings->uncertainty && (strcmp(settings->uncertainty, "-") == 0 ||
                                  strcmp(settings->uncertainty, path ? path : "-") == 0))
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--uncertainty: name a file of its own, such as intervals.csv");
    e = lt_check_output(settings, "-o", path, error);
    return e ? e : lt_check_output(settings, "--uncertainty", settings->uncertainty, error);
}

int lt_cmd_impute(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    const char *path = settings->out && strcmp(settings->out, "-") != 0 ? settings->out : NULL;
    lt_apply_options(settings, &options);
    int e = check_outputs(settings, path, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        lt_interrupt_install();
    if (!e)
        e = latent_impute_to(model, settings->operands[1], path, settings->uncertainty, &options,
                             &report, error);
    if (!e)
        e = lt_print_report(settings, report, path == NULL, error);
    latent_report_free(&report);
    latent_model_free(&model);
    return e;
}
