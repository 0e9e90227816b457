#include "app/doctor.h"
#include "app/doctor/examine.h"
#include "base/clock.h"
#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct lt_check *const checks[] = {
    &lt_check_gradients, &lt_check_overfitting, &lt_check_threads,
    &lt_check_backends,  &lt_check_file,
};
enum { CHECKS = sizeof checks / sizeof *checks };

/* ---- the rows ---- */

/* Rows of about the distribution that the model learned from: mean + sum_k sd_k n_k basis_k, plus a
 * little in every direction, kept within the range of the training values. */
static void draw_rows(const struct lt_patient *p)
{
    const struct lt_baseline *b = &p->model->baseline;
    float low = (float)p->model->prep.low, high = (float)p->model->prep.high;
    float spread = high > low && isfinite(high - low) ? 0.02f * (high - low) : 0.1f;
    for (int64_t r = 0; r < LT_DOCTOR_ROWS; r++) {
        struct lt_stream s = lt_stream(1, LT_RNG_SAMPLE, 3, (uint64_t)r);
        float *x = p->rows + r * p->inputs;
        lt_fill_normal(&s, x, (size_t)p->inputs);
        for (int64_t j = 0; j < p->inputs; j++)
            x[j] = spread * x[j] + (b->mean ? b->mean[j] : 0);
        s = lt_stream(1, LT_RNG_SAMPLE, 4, (uint64_t)r);
        for (int64_t k = 0; b->basis && b->variance && k < b->dims; k++) {
            float n = lt_normal(&s, (uint32_t)k) * sqrtf(fmaxf(b->variance[k], 0));
            for (int64_t j = 0; j < p->inputs; j++)
                x[j] += n * b->basis[k * p->inputs + j];
        }
        for (int64_t j = 0; j < p->inputs && high > low; j++)
            x[j] = x[j] < low ? low : x[j] > high ? high : x[j];
    }
}

static int admit(struct lt_patient *p, const struct lt_model *model, struct lt_backend *backend,
                 struct lt_error *err)
{
    if (model->networks < 1)
        return lt_fail(err, LT_ECONTENT, "the model holds no network to examine");
    *p = (struct lt_patient){.model = model,
                             .network = &model->network[0],
                             .backend = backend,
                             .inputs = lt_net_spec_inputs(&model->network[0].spec),
                             .dims = lt_net_spec_dims(&model->network[0].spec)};
    for (int64_t r = 0; r < LT_DOCTOR_ROWS; r++)
        p->row_ids[r] = r;
    int rc = lt_alloc(&p->rows, LT_DOCTOR_ROWS * (size_t)p->inputs, sizeof *p->rows, "rows", err);
    if (!rc)
        draw_rows(p);
    return rc;
}

/* ---- what a network makes of them ---- */

struct lt_pass lt_patient_pass(const struct lt_patient *p, int64_t rows)
{
    return (struct lt_pass){.rows = rows, .training = true, .seed = 1, .row_ids = p->row_ids};
}

void lt_response_free(struct lt_response *r)
{
    lt_free(r->codes);
    lt_free(r->outputs);
    lt_free(r->gradients);
    *r = (struct lt_response){0};
}

static void respond(const struct lt_patient *p, struct lt_backend *backend, struct lt_net *net,
                    const float *weights, struct lt_response *out)
{
    struct lt_pass pass = lt_patient_pass(p, LT_DOCTOR_ROWS);
    lt_net_set_weights(net, weights);
    lt_net_put_input(net, p->rows, LT_DOCTOR_ROWS);
    lt_net_encode(net, &(struct lt_pass){.rows = LT_DOCTOR_ROWS});
    lt_net_get_code(net, out->codes, LT_DOCTOR_ROWS);
    lt_net_decode(net, &(struct lt_pass){.rows = LT_DOCTOR_ROWS});
    lt_net_get_output(net, out->outputs, LT_DOCTOR_ROWS);
    if (out->gradient_count == 0)
        return;
    lt_net_forward(net, &pass);
    lt_net_backward(net, &pass);
    backend->ops->download(backend, out->gradients, lt_net_gradients(net),
                           out->gradient_count * sizeof *out->gradients);
}

int lt_patient_respond(const struct lt_patient *p, struct lt_backend *backend, const float *weights,
                       bool gradients, struct lt_response *out, struct lt_error *err)
{
    struct lt_net *net = NULL;
    *out = (struct lt_response){.code_count = LT_DOCTOR_ROWS * (size_t)p->dims,
                                .output_count = LT_DOCTOR_ROWS * (size_t)p->inputs,
                                .gradient_count = gradients ? p->network->layout.total : 0};
    int rc = lt_alloc(&out->codes, out->code_count, sizeof(float), "codes", err);
    if (!rc)
        rc = lt_alloc(&out->outputs, out->output_count, sizeof(float), "outputs", err);
    if (!rc)
        rc = lt_alloc(&out->gradients, out->gradient_count, sizeof(float), "gradients", err);
    if (!rc)
        rc = lt_net_create(&net, &p->network->spec, backend,
                           &(struct lt_net_options){.rows = LT_DOCTOR_ROWS, .training = gradients},
                           err);
    if (!rc)
        respond(p, backend, net, weights, out);
    else
        lt_response_free(out);
    lt_net_free(&net);
    return rc;
}

/* ---- the examination ---- */

static void tell(struct lt_report *r, const struct lt_check *check, const struct lt_finding *f)
{
    char key[80];
    lt_report_line(r, "%-12s %-6s %s", check->name, f->passed ? "ok" : "FAILED", f->text);
    snprintf(key, sizeof key, "checks.%s.passed", check->name);
    lt_report_boolean(r, key, f->passed);
    for (int i = 0; i < LT_FINDING_VALUES && f->value[i].key; i++) {
        snprintf(key, sizeof key, "checks.%s.%s", check->name, f->value[i].key);
        lt_report_number(r, key, f->value[i].value);
    }
}

static void conclude(struct lt_report *r, const struct lt_backend *backend, const char *failed,
                     double seconds)
{
    char text[160];
    lt_backend_describe(backend, text, sizeof text);
    if (*failed)
        lt_report_verdict(r, "fault", "doctor found a fault: %s", failed);
    else
        lt_report_verdict(r, "sound", "all %d checks passed on %s", CHECKS, text);
    lt_report_string(r, "backend", text);
    lt_report_number(r, "seconds", seconds);
    if (*failed)
        lt_report_next(r, "do not trust this build on this machine (--backend ref computes without "
                          "the matrix library), and report this text");
    else
        lt_report_next(r, "latent eval MODEL DATA tells how well the model does its work");
}

int lt_doctor_examine(const struct lt_model *model, struct lt_backend *backend,
                      struct lt_report *report, struct lt_error *err)
{
    struct lt_patient p = {0};
    char failed[120] = "";
    double began = lt_clock();
    int rc = admit(&p, model, backend, err);
    for (int i = 0; i < CHECKS && !rc; i++) {
        struct lt_finding f = {0};
        rc = checks[i]->run(&p, &f, err);
        if (rc)
            break;
        tell(report, checks[i], &f);
        size_t used = strlen(failed);
        if (!f.passed)
            snprintf(failed + used, sizeof failed - used, "%s%s", used ? ", " : "",
                     checks[i]->name);
    }
    if (!rc) {
        conclude(report, backend, failed, lt_clock() - began);
        rc = lt_report_seal(report, err);
    }
    if (!rc && *failed)
        rc = lt_fail(err, LT_ENO, "doctor found a fault: %s", failed);
    lt_free(p.rows);
    return rc;
}

int lt_doctor(const struct lt_model *model, const char *backend, int threads,
              struct lt_report **report, struct lt_error *err)
{
    struct lt_backend *b = NULL;
    struct lt_report *r = NULL;
    *report = NULL;
    int rc = lt_backend_create(&b, backend, threads, err);
    if (!rc)
        rc = lt_report_create(&r, err);
    if (!rc)
        rc = lt_doctor_examine(model, b, r, err);
    if (rc && rc != LT_ENO)
        lt_report_free(&r);
    *report = r;
    lt_backend_free(&b);
    return rc;
}
