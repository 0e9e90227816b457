#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <string.h>

int lt_cmd_denoise(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    int e = 0;
    lt_apply_options(settings, &options);
    if (!settings->out || strcmp(settings->out, "-") == 0)
        e = lt_cli_fail(error, LATENT_EUSAGE,
                        "say where the images go: -o FILE, or -o FOLDER for a folder of them");
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        lt_interrupt_install();
    if (!e)
        e = latent_denoise_to(model, settings->operands[1], settings->out, settings->truth,
                              &options, &report, error);
    if (!e)
        e = lt_print_report(settings, report, 0, error);
    latent_report_free(&report);
    latent_model_free(&model);
    return e;
}
