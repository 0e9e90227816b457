#include "app/info.h"
#include "app/judge.h"
#include "app/record.h"
#include <stdio.h>

static void add_schema(struct lt_report *r, const struct lt_schema *s)
{
    char text[400];
    size_t used = 0;
    const struct lt_schema_group *g = s->group;
    lt_report_integer(r, "inputs", s->columns);
    if (s->names) {
        for (int64_t j = 0; j < s->columns && used < sizeof text - 60; j++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%.40s", j ? ", " : "",
                                     s->names[j]);
        lt_report_line(r, "columns %s%s", text, used < sizeof text - 60 ? "" : ", ...");
        return;
    }
    for (int i = 0; i < g->rank; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i ? " x " : "",
                                 (long long)g->shape[i]);
    lt_report_line(r, "rows of %s values of type %s", text, lt_type_name(g->type));
}

static void add_network(struct lt_report *r, const struct lt_network *n)
{
    lt_report_line(r, " ");
    lt_report_line(r, "  %-12s %-9s %8s %10s  %s", "node", "kind", "width", "weights", "");
    for (int i = 0; i < n->spec.count; i++) {
        const struct lt_node *node = &n->spec.node[i];
        int64_t weights = 0;
        for (int p = 0; p < n->layout.count; p++)
            if (n->layout.param[p].node == i)
                weights += n->layout.param[p].rows * n->layout.param[p].cols;
        const char *detail = node->kind == LT_NODE_DENSE   ? lt_act_name(node->act)
                             : node->kind == LT_NODE_HEAD  ? lt_loss_name(node->loss)
                             : node->kind == LT_NODE_NOISE ? lt_noise_name(node->noise)
                                                           : "";
        char count[24] = "";
        if (weights > 0)
            snprintf(count, sizeof count, "%lld", (long long)weights);
        lt_report_line(r, "  %-12s %-9s %8lld %10s  %s%s", node->name,
                       lt_node_kind_name(node->kind), (long long)lt_shape_width(node->shape), count,
                       detail, node->tied ? ", tied" : "");
    }
    lt_report_line(r, " ");
    lt_report_integer(r, "weights", (int64_t)n->layout.total);
}

int lt_info(const struct lt_model *model, struct lt_report **report, struct lt_error *err)
{
    struct lt_report *r = NULL;
    const struct lt_network *n = &model->network[0];
    *report = NULL;
    int rc = lt_report_create(&r, err);
    if (rc)
        return rc;
    lt_report_verdict(r, NULL, "An autoencoder that holds a row of %lld numbers in %lld.",
                      (long long)lt_net_spec_inputs(&n->spec),
                      (long long)lt_net_spec_dims(&n->spec));
    add_schema(r, &model->prep.schema);
    lt_report_integer(r, "dims", lt_net_spec_dims(&n->spec));
    add_network(r, n);
    lt_record_report(r, model);
    lt_report_sizes(r, model);
    lt_report_line(r, "weights SHA-256 %s", model->weights_sha256);
    lt_report_string(r, "weights_sha256", model->weights_sha256);
    lt_report_next(r, "latent eval MODEL DATA");
    rc = lt_report_seal(r, err);
    if (rc)
        lt_report_free(&r);
    *report = r;
    return rc;
}
