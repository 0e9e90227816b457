#include "model/model.h"

#include "base/mem.h"
#include <string.h>

int lt_model_create(struct lt_model **out, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "a model", err);
    if (rc)
        return rc;
    rc = lt_json_object(&(*out)->record, err);
    if (rc)
        lt_model_free(out);
    return rc;
}

void lt_model_free(struct lt_model **model)
{
    struct lt_model *m = *model;
    if (!m)
        return;
    lt_prep_free(&m->prep);
    for (int i = 0; i < m->networks; i++)
        lt_free(m->network[i].params);
    lt_free(m->baseline.mean);
    lt_free(m->baseline.basis);
    lt_free(m->baseline.variance);
    lt_detector_clear(&m->detector);
    lt_profile_clear(&m->profile);
    lt_json_free(&m->imputer);
    lt_json_free(&m->classifier);
    lt_json_free(&m->record);
    lt_free(m);
    *model = NULL;
}

int lt_model_check_role(const struct lt_model *model, const char *role, struct lt_error *err)
{
    size_t n = strspn(role, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (model->networks == LT_NETWORKS_MAX)
        return lt_fail(err, LT_ECONTENT, "a model holds at most %d networks", LT_NETWORKS_MAX);
    if (n == 0 || role[n] || n >= LT_NODE_NAME)
        return lt_fail(err, LT_ECONTENT,
                       "the role \"%.64s\" of a network is not made of 1 to %d of a-z, 0-9 and _",
                       role, LT_NODE_NAME - 1);
    for (int i = 0; i < model->networks; i++)
        if (strcmp(model->network[i].role, role) == 0)
            return lt_fail(err, LT_ECONTENT, "two networks have the role \"%s\"", role);
    return LT_OK;
}

int lt_model_add_network(struct lt_model *model, const char *role, const struct lt_net_spec *spec,
                         const float *params, struct lt_error *err)
{
    int rc = lt_model_check_role(model, role, err);
    if (rc)
        return rc;
    struct lt_network *n = &model->network[model->networks];
    rc = lt_params_of(&n->layout, spec, err);
    if (!rc)
        rc = lt_alloc(&n->params, n->layout.total, sizeof *n->params, "the weights", err);
    if (rc)
        return rc;
    strcpy(n->role, role);
    n->spec = *spec;
    memcpy(n->params, params, n->layout.total * sizeof *params);
    model->networks++;
    return LT_OK;
}

void lt_model_seal(struct lt_model *model)
{
    struct lt_sha256 hash;
    lt_sha256_init(&hash);
    for (int i = 0; i < model->networks; i++) {
        const struct lt_network *n = &model->network[i];
        lt_sha256_update(&hash, n->params, n->layout.total * sizeof *n->params);
    }
    lt_sha256_hex(&hash, model->weights_sha256);
}
