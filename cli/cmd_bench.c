#include "command.h"
#include "settings.h"
#include "verbs.h"

#include <stddef.h>

int lt_cmd_bench(struct lt_settings *settings, latent_error *error)
{
    latent_report *report = NULL;
    latent_apply_options options;
    lt_apply_options(settings, &options);
    int e = latent_bench(settings->operand_count ? settings->operands[0] : NULL, &options, &report,
                         error);
    if (!e)
        e = lt_print_report(settings, report, 0, error);
    latent_report_free(&report);
    return e;
}
