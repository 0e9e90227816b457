#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "usage.h"
#include "values.h"
#include "verbs.h"

#include <string.h>

/* "auto", which is 0 and the default, or how many. */
static int read_clusters(const struct lt_settings *settings, int64_t *clusters, latent_error *error)
{
    const char *text = settings->clusters;
    *clusters = 0;
    if (!text || strcmp(text, "auto") == 0)
        return 0;
    if (!lt_value_whole(text, clusters))
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "--clusters: \"%s\" is neither a whole number nor auto", text);
    if (*clusters < 1)
        return lt_cli_fail(error, LATENT_EUSAGE, "--clusters: %s is too small; the least is 1",
                           text);
    return 0;
}

int lt_cmd_cluster(struct lt_settings *settings, latent_error *error)
{
    latent_model *model = NULL;
    latent_data *data = NULL;
    latent_report *report = NULL;
    latent_apply_options options;
    latent_cluster_options how;
    const char *path = settings->out && strcmp(settings->out, "-") != 0 ? settings->out : NULL;
    /* with labels the agreement is what is asked for, and rows only when they have a place */
    int quiet_data = !path && (settings->json || settings->data.labels);
    lt_apply_options(settings, &options);
    latent_cluster_options_init(&how);
    how.sheet = settings->sheet;
    int e = read_clusters(settings, &how.clusters, error);
    if (!e)
        e = lt_check_output(settings, "-o", path, error);
    if (!e)
        e = lt_check_output(settings, "--sheet", settings->sheet, error);
    if (!e)
        e = latent_model_open(&model, settings->operands[0], error);
    if (!e)
        e = lt_open_data(settings, 1, model, &data, error);
    if (!e)
        lt_interrupt_install();
    if (!e)
        e = latent_cluster_to(model, data, quiet_data ? "" : path, &how, &options, &report, error);
    if (!e)
        e = lt_print_report(settings, report, !path && !quiet_data, error);
    latent_report_free(&report);
    latent_data_free(&data);
    latent_model_free(&model);
    return e;
}
