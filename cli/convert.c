#include "convert.h"

#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "verbs.h"

#include <string.h>

enum { SHEET_ROWS = 10 };

/* With one of the two functions. */
static int run(struct lt_settings *settings, lt_convert *convert, lt_draw *draw,
               latent_error *error)
{
    latent_model *model = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    const char *path = settings->out && strcmp(settings->out, "-") != 0 ? settings->out : NULL;
    lt_apply_options(settings, &options);
    int e = lt_check_json(settings, path, error);
    if (!e)
        e = lt_check_data_output(settings, "-o", path, error);
    if (!e)
        e = lt_check_output(settings, "--sheet", settings->sheet, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e && settings->operand_count > 1)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        lt_interrupt_install();
    if (!e)
        e = draw ? draw(settings, model, data, path, &options, &report, error)
                 : convert(model, data, path, &options, &report, error);
    if (!e && settings->sheet && draw)
        e = draw(settings, model, data, settings->sheet, &options, NULL, error);
    else if (!e && settings->sheet)
        e = latent_sheet(model, data, SHEET_ROWS, settings->sheet, &options, error);
    if (!e)
        e = lt_print_report(settings, report, path == NULL, error);
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}

int lt_run_convert(struct lt_settings *settings, lt_convert *convert, latent_error *error)
{
    return run(settings, convert, NULL, error);
}

int lt_run_draw(struct lt_settings *settings, lt_draw *draw, latent_error *error)
{
    return run(settings, NULL, draw, error);
}
