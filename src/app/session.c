#include "app/session.h"
#include "base/mem.h"
#include <string.h>

static int check_dims(const struct lt_net_spec *spec, int64_t dims, struct lt_error *err)
{
    const int64_t all = lt_net_spec_dims(spec);
    if (dims > 0 && !lt_net_spec_ordered(spec))
        return lt_fail(
            err, LT_EUSAGE,
            "--dims %lld: the codes of this model are not ordered, so all %lld numbers of "
            "one are needed; train a model with latent train --ordered",
            (long long)dims, (long long)all);
    if (dims < 0 || dims > all)
        return lt_fail(err, LT_EUSAGE, "--dims %lld: codes of this model have 1 to %lld numbers",
                       (long long)dims, (long long)all);
    return 0;
}

int lt_session_create(struct lt_session **out, const struct lt_model *model,
                      const struct lt_session_options *options, struct lt_error *err)
{
    struct lt_session *s = NULL;
    const struct lt_network *network = &model->network[0];
    size_t d = (size_t)lt_net_spec_inputs(&network->spec);
    size_t k = (size_t)lt_net_spec_dims(&network->spec);
    size_t columns = (size_t)model->prep.schema.columns;
    *out = NULL;
    int rc = check_dims(&network->spec, options->dims, err);
    if (!rc)
        rc = lt_alloc(&s, 1, sizeof *s, "a session", err);
    if (rc)
        return rc;
    s->model = model;
    s->listener = options->listener;
    s->seed = options->seed;
    s->dims = options->dims > 0 ? options->dims : (int64_t)k;
    rc = lt_backend_create(&s->backend, options->backend, options->threads, err);
    if (!rc)
        rc = lt_net_create(
            &s->net, &network->spec, s->backend,
            &(struct lt_net_options){.rows = LT_SESSION_ROWS, .precision = options->precision},
            err);
    if (!rc)
        rc = lt_alloc(&s->rows, LT_SESSION_ROWS * d, sizeof *s->rows, "a session", err);
    if (!rc)
        rc = lt_alloc(&s->codes, LT_SESSION_ROWS * k, sizeof *s->codes, "a session", err);
    if (!rc)
        rc = lt_alloc(&s->whole, LT_SESSION_ROWS * k, sizeof *s->whole, "a session", err);
    if (!rc)
        rc = lt_alloc(&s->values, LT_SESSION_ROWS * columns, sizeof *s->values, "a session", err);
    if (rc)
        lt_session_free(&s);
    else
        lt_net_set_weights(s->net, network->params);
    *out = s;
    return rc;
}

void lt_session_free(struct lt_session **session)
{
    struct lt_session *s = *session;
    *session = NULL;
    if (!s)
        return;
    lt_net_free(&s->net);
    lt_backend_free(&s->backend);
    lt_free(s->rows);
    lt_free(s->codes);
    lt_free(s->whole);
    lt_free(s->values);
    lt_free(s);
}

void lt_session_narrow(struct lt_session *s, int64_t dims)
{
    s->dims = dims;
}

void lt_session_encode(struct lt_session *s, const float *x, int64_t n, float *codes)
{
    const int64_t all = lt_net_spec_dims(&s->model->network[0].spec), k = s->dims;
    lt_net_put_input(s->net, x, n);
    lt_net_encode(s->net, &(struct lt_pass){.rows = n});
    lt_net_get_code(s->net, s->whole, n);
    for (int64_t i = 0; i < n; i++)
        memcpy(codes + i * k, s->whole + i * all, (size_t)k * sizeof *codes);
}

void lt_session_decode(struct lt_session *s, const float *codes, int64_t n, float *x)
{
    const int64_t all = lt_net_spec_dims(&s->model->network[0].spec), k = s->dims;
    for (int64_t i = 0; i < n; i++) {
        memcpy(s->whole + i * all, codes + i * k, (size_t)k * sizeof *codes);
        memset(s->whole + i * all + k, 0, (size_t)(all - k) * sizeof *codes);
    }
    lt_net_put_code(s->net, s->whole, n);
    lt_net_decode(s->net, &(struct lt_pass){.rows = n, .dims = k});
    lt_net_get_output(s->net, x, n);
}
