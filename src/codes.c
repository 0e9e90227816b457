#include "latent.h"

#include "app/cluster.h"
#include "app/copies.h"
#include "app/nearest.h"
#include "data/writer.h"
#include "handles.h"

/* The public interface to what is done with codes. */

void latent_cluster_options_init(latent_cluster_options *options)
{
    *options = (latent_cluster_options){.size = sizeof *options};
}

/* What all of it needs: a session, and a report. */
struct use {
    struct lt_session *session;
    struct lt_report *report;
};

static int begin(struct use *use, const latent_model *model, const char *path,
                 const latent_apply_options *options, struct lt_error *err)
{
    *use = (struct use){0};
    int rc = lt_writer_check(path && *path ? path : NULL, err);
    if (!rc)
        rc = lt_session_open(&use->session, model, options, err);
    return rc ? rc : lt_report_create(&use->report, err);
}

static int end(struct use *use, int rc, latent_report **report)
{
    if (rc)
        lt_report_free(&use->report);
    lt_session_free(&use->session);
    *internal_report(report) = use->report;
    return rc;
}

int latent_cluster_to(const latent_model *model, const latent_data *data, const char *path,
                      const latent_cluster_options *cluster, const latent_apply_options *options,
                      latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct use u;
    const struct lt_cluster_options o = {.clusters = cluster ? cluster->clusters : 0,
                                         .sheet = cluster ? cluster->sheet : NULL};
    int rc = begin(&u, model, path, options, err);
    if (!rc)
        rc = lt_cluster_table(u.session, data->table, data->labels, path, &o, u.report, err);
    return end(&u, rc, report);
}

int latent_nearest_to(const latent_model *model, const latent_data *data, int64_t row,
                      int64_t count, const char *path, const latent_apply_options *options,
                      latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct use u;
    const struct lt_nearest_options o = {.row = row, .count = count};
    int rc = begin(&u, model, path, options, err);
    if (!rc)
        rc = lt_nearest(u.session, data->table, path, &o, u.report, err);
    return end(&u, rc, report);
}

int latent_duplicates_to(const latent_model *model, const latent_data *data, const char *path,
                         const latent_apply_options *options, latent_report **report,
                         latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct use u;
    int rc = begin(&u, model, path, options, err);
    if (!rc)
        rc = lt_copies(u.session, data->table, path, u.report, err);
    return end(&u, rc, report);
}
