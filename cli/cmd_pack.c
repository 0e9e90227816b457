#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <string.h>

static void fill_options(const struct lt_settings *settings, latent_pack_options *options)
{
    *options = settings->pack;
    options->seed = settings->seed;
    options->threads = (int)settings->threads;
    options->backend = settings->backend;
    options->listener = &settings->listener;
}

int lt_cmd_pack(struct lt_settings *settings, latent_error *error)
{
    latent_report *report = NULL;
    latent_pack_options options;
    if (!settings->out)
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "pack needs to know where the packed file goes, for example: %s",
                           settings->verb->examples[0][0]);
    const int to_stdout = strcmp(settings->out, "-") == 0;
    fill_options(settings, &options);
    int e = lt_check_json(settings, to_stdout ? NULL : settings->out, error);
    if (!e)
        e = lt_check_output(settings, "-o", settings->out, error);
    if (!e)
        lt_interrupt_install();
    if (!e)
        e = latent_pack(settings->operands, settings->operand_count, settings->out, &options,
                        &report, error);
    if (!e)
        e = lt_print_report(settings, report, to_stdout, error);
    latent_report_free(&report);
    return e;
}
