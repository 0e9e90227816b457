#include "app/info.h"
#include "app/conformal.h"
#include "app/imputer.h"
#include "app/judge.h"
#include "app/judge_denoiser.h"
#include "app/record.h"
#include <stdio.h>
#include <string.h>

static const char *const scaling_words[LT_SCALINGS] = {
    [LT_SCALING_AUTO] = "scaled column by column", /* of a whole table */
    [LT_SCALING_NONE] = "as it is",
    [LT_SCALING_BYTES] = "divided by 255",
    [LT_SCALING_STANDARD] = "standardised",
    [LT_SCALING_MINMAX] = "scaled to [0, 1]",
    [LT_SCALING_ROBUST] = "scaled by its quartiles",
    [LT_SCALING_QUANTILE] = "scaled by its quantiles",
};

static const char *scaling_of(enum lt_scaling scaling, enum lt_type type)
{
    bool wide = scaling == LT_SCALING_BYTES && type == LT_U16;
    return wide ? "divided by 65535" : scaling_words[scaling];
}

/* What a column is, for people: "numeric, standardised", "categorical, 12 levels and others". */
static void describe(const struct lt_column *c, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", lt_kind_name(c->kind));
    if (lt_kind_is_scaled(c->kind))
        used += (size_t)snprintf(text + used, size - used, ", %s", scaling_of(c->scaling, c->type));
    if (c->kind == LT_KIND_CATEGORY)
        used += (size_t)snprintf(text + used, size - used, ", %d level%s and others",
                                 (int)c->levels, c->levels == 1 ? "" : "s");
    if (c->kind == LT_KIND_TIME)
        used += (size_t)snprintf(text + used, size - used, "%s%s%s",
                                 c->parts & LT_TIME_DAY ? ", hour of day" : "",
                                 c->parts & LT_TIME_WEEK ? ", day of week" : "",
                                 c->parts & LT_TIME_YEAR ? ", day of year" : "");
    if (c->width == 0)
        used += (size_t)snprintf(text + used, size - used, ", left out");
    else if (c->missing)
        snprintf(text + used, size - used, ", may be missing");
}

static void add_columns(struct lt_report *r, const struct lt_prep *p)
{
    enum { SHOWN = 40 };
    char text[200];
    for (int64_t j = 0; j < p->schema.columns && j < SHOWN; j++) {
        describe(&p->column[j], text, sizeof text);
        if (p->schema.names)
            lt_report_line(r, "  %-24s %s", p->schema.names[j], text);
        else
            lt_report_line(r, "  column %-17lld %s", (long long)j, text);
    }
    if (p->schema.columns > SHOWN)
        lt_report_line(r, "  and %lld more", (long long)p->schema.columns - SHOWN);
}

static void add_schema(struct lt_report *r, const struct lt_prep *p)
{
    char text[400];
    size_t used = 0;
    const struct lt_schema_group *g = p->schema.group;
    lt_report_integer(r, "inputs", p->features);
    lt_report_integer(r, "columns", p->schema.columns);
    lt_report_string(r, "scaling", lt_prep_scaling_name(p));
    if (!lt_schema_is_array(&p->schema)) {
        lt_report_line(r, "%lld columns make %lld inputs:", (long long)p->schema.columns,
                       (long long)p->features);
        add_columns(r, p);
        return;
    }
    for (int i = 0; i < g->rank; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i ? " x " : "",
                                 (long long)g->shape[i]);
    if (p->schema.resampled) {
        lt_report_line(r, "images of any size are resampled to %lld x %lld pixels (height x width)",
                       (long long)g->shape[0], (long long)g->shape[1]);
        lt_report_integer(r, "resize.height", g->shape[0]);
        lt_report_integer(r, "resize.width", g->shape[1]);
    }
    lt_report_line(r, "rows of %s values of type %s, %s", text, lt_type_name(g->type),
                   scaling_of(lt_prep_scaling(p), p->schema.group[0].type));
}

/* What there is to say of a node besides its widths. */
static void detail_of(const struct lt_node *node, char *text, size_t size)
{
    const char *word = node->kernel > 0 || node->kind == LT_NODE_DENSE ? lt_act_name(node->act)
                       : node->kind == LT_NODE_NORM                    ? lt_norm_name(node->norm)
                       : node->kind == LT_NODE_POOL                    ? lt_pool_name(node->pool)
                       : node->kind == LT_NODE_UPSAMPLE ? lt_upsample_name(node->upsample)
                       : node->kind == LT_NODE_HEAD     ? lt_loss_name(node->loss)
                       : node->kind == LT_NODE_SPARSE   ? lt_sparsity_name(node->sparsity)
                                                        : "";
    if (node->kind == LT_NODE_PREFIX)
        snprintf(text, size, "the first %lld to %lld of the code", (long long)node->target + 1,
                 (long long)(node->shape.c + node->target) / 2);
    else if (node->kind == LT_NODE_NOISE)
        lt_noise_text(node->noise, (double)node->amount, (double)node->most, text, size);
    else if (node->kind == LT_NODE_SPARSE && node->sparsity == LT_SPARSITY_TOPK)
        snprintf(text, size, "%s %lld", word, (long long)node->width);
    else if (node->kind == LT_NODE_SPARSE && node->sparsity == LT_SPARSITY_BATCHTOPK)
        snprintf(text, size, "%s %lld, threshold %.4g", word, (long long)node->width,
                 (double)node->threshold);
    else if (node->kind == LT_NODE_SPARSE && node->sparsity == LT_SPARSITY_KL)
        snprintf(text, size, "%s %g, weight %g", word, (double)node->amount, (double)node->weight);
    else if (node->kind == LT_NODE_SPARSE)
        snprintf(text, size, "%s, weight %g", word, (double)node->weight);
    else if (node->kind == LT_NODE_NORM)
        snprintf(text, size, "%s, %s", word, lt_act_name(node->act));
    else if (node->kind == LT_NODE_POOL || node->kind == LT_NODE_UPSAMPLE)
        snprintf(text, size, "%s, %lld x %lld", word, (long long)node->stride,
                 (long long)node->stride);
    else if (node->stride > 1)
        snprintf(text, size, "%s, %lld x %lld, stride %lld", word, (long long)node->kernel,
                 (long long)node->kernel, (long long)node->stride);
    else if (node->kernel > 0)
        snprintf(text, size, "%s, %lld x %lld", word, (long long)node->kernel,
                 (long long)node->kernel);
    else
        snprintf(text, size, "%s%s", word, node->tied ? ", tied" : "");
}

/* "12544", or what a grid is made of: "64 x 14 x 14". */
static void width_of(const struct lt_node *node, char *text, size_t size)
{
    const struct lt_shape s = node->shape;
    if (s.h * s.w > 1)
        snprintf(text, size, "%lld x %lld x %lld", (long long)s.c, (long long)s.h, (long long)s.w);
    else
        snprintf(text, size, "%lld", (long long)s.c);
}

static void add_network(struct lt_report *r, const struct lt_network *n)
{
    lt_report_line(r, " ");
    lt_report_line(r, "  %-15s %-9s %14s %10s  %s", "node", "kind", "width", "weights", "");
    for (int i = 0; i < n->spec.count; i++) {
        const struct lt_node *node = &n->spec.node[i];
        int64_t weights = 0;
        for (int p = 0; p < n->layout.count; p++)
            if (n->layout.param[p].node == i)
                weights += n->layout.param[p].rows * n->layout.param[p].cols;
        char count[24] = "", detail[80], width[80];
        detail_of(node, detail, sizeof detail);
        width_of(node, width, sizeof width);
        if (weights > 0)
            snprintf(count, sizeof count, "%lld", (long long)weights);
        lt_report_line(r, "  %-15s %-9s %14s %10s  %s", node->name, lt_node_kind_name(node->kind),
                       width, count, detail);
    }
    lt_report_line(r, " ");
    lt_report_integer(r, "weights", (int64_t)n->layout.total);
}

static void add_detector(struct lt_report *r, const struct lt_model *model)
{
    const struct lt_detector *d = &model->detector;
    lt_report_string(r, "detector", lt_detector_name(d->kind));
    if (d->kind == LT_DETECTOR_NONE)
        return;
    int64_t weights = 0;
    for (int i = 1; i < model->networks && d->kind == LT_DETECTOR_DEFAULT; i++)
        if (strncmp(model->network[i].role, "detector", 8) == 0)
            weights += (int64_t)model->network[i].layout.total;
    lt_report_line(r,
                   "detector: %s, %d term%s, %lld weights; %lld calibration rows, which resolve "
                   "false-alarm rates down to %.2g",
                   lt_detector_name(d->kind), d->terms, d->terms == 1 ? "" : "s",
                   (long long)weights, (long long)d->calibration_rows,
                   lt_conformal_smallest_p(d->calibration_rows));
    if (d->reference_rows > 0)
        lt_report_line(r, "rows kept for kNN: %lld of %lld", (long long)d->reference_rows,
                       (long long)d->reference_of);
    lt_report_integer(r, "calibration_rows", d->calibration_rows);
    lt_report_integer(r, "reference_rows", d->reference_rows);
}

int lt_info(const struct lt_model *model, struct lt_report **report, struct lt_error *err)
{
    struct lt_report *r = NULL;
    const struct lt_network *n = &model->network[0];
    *report = NULL;
    int rc = lt_report_create(&r, err);
    if (rc)
        return rc;
    if (lt_model_denoises(model))
        lt_report_verdict(r, NULL, "A denoiser for images of %lld channel%s.",
                          (long long)n->spec.node[0].shape.c,
                          n->spec.node[0].shape.c == 1 ? "" : "s");
    else
        lt_report_verdict(r, NULL, "An autoencoder that holds a row of %lld numbers in %lld.",
                          (long long)lt_net_spec_inputs(&n->spec),
                          (long long)lt_net_spec_dims(&n->spec));
    add_schema(r, &model->prep);
    lt_report_integer(r, "dims", lt_net_spec_dims(&n->spec));
    add_network(r, n);
    add_detector(r, model);
    lt_record_report(r, model);
    lt_report_sizes(r, model);
    lt_report_boolean(r, "ordered", lt_net_spec_ordered(&n->spec));
    if (lt_net_spec_ordered(&n->spec))
        lt_report_line(r, "codes are ordered: encode and reconstruct take --dims 1 to %lld",
                       (long long)lt_net_spec_dims(&n->spec));
    lt_report_boolean(r, "imputer", lt_imputer_in(model));
    if (lt_imputer_in(model))
        lt_report_line(r, "a second network fills missing cells: latent impute");
    lt_report_line(r, "weights SHA-256 %s", model->weights_sha256);
    lt_report_string(r, "weights_sha256", model->weights_sha256);
    lt_report_next(r, "latent eval MODEL DATA");
    rc = lt_report_seal(r, err);
    if (rc)
        lt_report_free(&r);
    *report = r;
    return rc;
}
