#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "verbs.h"

#include <string.h>

static void fill_options(const struct lt_settings *settings, latent_unpack_options *options)
{
    *options = settings->unpack;
    options->row_begin = settings->rows[0];
    options->row_end = settings->rows[1];
    options->threads = (int)settings->threads;
    options->listener = &settings->listener;
}

int lt_cmd_unpack(struct lt_settings *settings, latent_error *error)
{
    latent_report *report = NULL;
    latent_unpack_options options;
    const char *path = settings->out && strcmp(settings->out, "-") != 0 ? settings->out : NULL;
    fill_options(settings, &options);
    int e = lt_check_json(settings, path, error);
    if (!e)
        e = lt_check_data_output(settings, "-o", path, error);
    if (!e)
        lt_interrupt_install();
    if (!e)
        e = latent_unpack(settings->operands[0], path, &options, &report, error);
    if (!e || (e == LATENT_ENO && report)) {
        /* the report tells of lost rows, but where it is not shown the error has to */
        if (path || !settings->quiet)
            *error->text = '\0';
        int printed = lt_print_report(settings, report, path == NULL, error);
        e = printed ? printed : e;
    }
    latent_report_free(&report);
    return e;
}
