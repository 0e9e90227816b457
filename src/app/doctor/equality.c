#include "app/doctor/examine.h"
#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The same rows through the same network computed in several ways: with other numbers of threads,
 * which must give the same bits, and by another backend, which must agree closely. */

static int respond_with(const struct lt_patient *p, int threads, struct lt_response *out,
                        struct lt_error *err)
{
    struct lt_backend b = {.ops = p->backend->ops, .threads = threads};
    int rc = b.ops->open(&b, err);
    if (rc)
        return rc;
    rc = lt_patient_respond(p, &b, p->network->params, true, out, err);
    b.ops->close(&b);
    return rc;
}

static bool same(const float *a, const float *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

static int run_threads(const struct lt_patient *p, struct lt_finding *f, struct lt_error *err)
{
    enum { MOST = 3 };
    struct lt_response one = {0}, other = {0};
    int differs = 0;
    int rc = respond_with(p, 1, &one, err);
    for (int threads = 2; threads <= MOST && !rc; threads++) {
        lt_response_free(&other);
        rc = respond_with(p, threads, &other, err);
        if (!rc && !(same(one.codes, other.codes, one.code_count) &&
                     same(one.outputs, other.outputs, one.output_count) &&
                     same(one.gradients, other.gradients, one.gradient_count)))
            differs = threads;
    }
    f->passed = differs == 0;
    if (differs)
        snprintf(f->text, sizeof f->text, "%d threads give other bits than one", differs);
    else
        snprintf(f->text, sizeof f->text,
                 "1, 2 and %d threads give the same bits in codes, outputs and gradients", MOST);
    lt_response_free(&one);
    lt_response_free(&other);
    return rc;
}

/* |a - b| / |b| in the Euclidean norm. */
static double distance(const float *a, const float *b, size_t n)
{
    double off = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        off += d * d;
        size += (double)b[i] * (double)b[i];
    }
    if (off == 0)
        return 0;
    return size > 0 ? sqrt(off / size) : INFINITY;
}

static int run_backends(const struct lt_patient *p, struct lt_finding *f, struct lt_error *err)
{
    const double values_allowed = 1e-4, gradients_allowed = 1e-3; /* both compute in f32 */
    bool is_ref = strcmp(p->backend->ops->name, "ref") == 0;
    struct lt_backend *second = NULL;
    struct lt_response a = {0}, b = {0};
    int rc = lt_backend_create(&second, is_ref ? NULL : "ref", p->backend->threads, err);
    if (!rc && strcmp(second->ops->name, p->backend->ops->name) == 0) {
        f->passed = true;
        snprintf(f->text, sizeof f->text, "%s is the only backend of this build",
                 second->ops->name);
        lt_backend_free(&second);
        return 0;
    }
    if (!rc)
        rc = lt_patient_respond(p, p->backend, p->network->params, true, &a, err);
    if (!rc)
        rc = lt_patient_respond(p, second, p->network->params, true, &b, err);
    if (!rc) {
        double values = fmax(distance(a.codes, b.codes, a.code_count),
                             distance(a.outputs, b.outputs, a.output_count));
        double gradients = distance(a.gradients, b.gradients, a.gradient_count);
        f->passed = values <= values_allowed && gradients <= gradients_allowed;
        f->value[0].key = "values";
        f->value[0].value = values;
        f->value[1].key = "gradients";
        f->value[1].value = gradients;
        snprintf(f->text, sizeof f->text,
                 "%s and %s differ by %.1e in values (%.0e allowed), %.1e in gradients (%.0e)",
                 p->backend->ops->name, second->ops->name, values, values_allowed, gradients,
                 gradients_allowed);
    }
    lt_response_free(&a);
    lt_response_free(&b);
    lt_backend_free(&second);
    return rc;
}

const struct lt_check lt_check_threads = {"threads", run_threads};
const struct lt_check lt_check_backends = {"backends", run_backends};
