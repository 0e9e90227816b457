#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <string.h>
#include <unistd.h>

/* Whether rows come line by line from standard input: only the stream itself is asked for. */
static int is_stream(const struct lt_settings *s)
{
    const latent_data_options *d = &s->data;
    return s->operand_count == 2 && strcmp(s->operands[1], "-") == 0 && !d->labels && !d->columns &&
           !d->ignore && d->row_begin == 0 && d->row_end < 0 && !s->json;
}

int lt_cmd_score(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    const char *path = settings->out && strcmp(settings->out, "-") != 0 ? settings->out : NULL;
    /* with labels the ranking is what is asked for, and scores only when they have a place */
    int quiet_data = !path && (settings->json || settings->data.labels);
    lt_apply_options(settings, &options);
    int e = lt_check_output(settings, "-o", path, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e && !is_stream(settings))
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        lt_interrupt_install();
    if (!e && !data)
        e = latent_score_stream(model, STDIN_FILENO, path, &settings->score, &options, &report,
                                error);
    else if (!e)
        e = latent_score_to(model, data, quiet_data ? "" : path, &settings->score, &options,
                            &report, error);
    if (!e)
        e = lt_print_report(settings, report, !path && !quiet_data, error);
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}
