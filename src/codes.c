#include "latent.h"

#include "app/cluster.h"
#include "data/writer.h"
#include "handles.h"

/* The public interface to what is done with codes. */

void latent_cluster_options_init(latent_cluster_options *options)
{
    *options = (latent_cluster_options){.size = sizeof *options};
}

int latent_cluster_to(const latent_model *model, const latent_data *data, const char *path,
                      const latent_cluster_options *cluster, const latent_apply_options *options,
                      latent_report **report, latent_error *error)
{
    struct lt_error *err = internal_error(error);
    struct lt_session *s = NULL;
    struct lt_report *r = NULL;
    const struct lt_cluster_options o = {.clusters = cluster ? cluster->clusters : 0,
                                         .sheet = cluster ? cluster->sheet : NULL};
    *report = NULL;
    int rc = lt_writer_check(path && *path ? path : NULL, err);
    if (!rc)
        rc = lt_session_open(&s, model, options, err);
    if (!rc)
        rc = lt_report_create(&r, err);
    if (!rc)
        rc = lt_cluster_table(s, data->table, data->labels, path, &o, r, err);
    if (rc)
        lt_report_free(&r);
    lt_session_free(&s);
    *internal_report(report) = r;
    return rc;
}
