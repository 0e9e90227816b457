#include "app/doctor/examine.h"
#include "base/mem.h"
#include "model/modelfile.h"
#include <stdio.h>
#include <string.h>

/* The model as a file in memory, read back and written again: the same bytes, the same weights,
 * the same codes. */

static int compare(const struct lt_patient *p, const struct lt_model *copy, bool same_bytes,
                   struct lt_finding *f, struct lt_error *err)
{
    struct lt_response a = {0}, b = {0};
    const char *sha = p->model->weights_sha256;
    bool fits = copy->networks == p->model->networks &&
                copy->network[0].layout.total == p->network->layout.total;
    int rc = 0;
    if (!fits || strcmp(sha, copy->weights_sha256) != 0) {
        snprintf(f->text, sizeof f->text, "written and read back, the weights are not the same");
        return 0;
    }
    rc = lt_patient_respond(p, p->backend, p->network->params, false, &a, err);
    if (!rc)
        rc = lt_patient_respond(p, p->backend, copy->network[0].params, false, &b, err);
    if (!rc) {
        bool codes = memcmp(a.codes, b.codes, a.code_count * sizeof *a.codes) == 0;
        f->passed = codes && same_bytes;
        snprintf(f->text, sizeof f->text, "written and read back: %s, weights %.8s..., %s codes",
                 same_bytes ? "the same bytes" : "other bytes", sha, codes ? "the same" : "other");
    }
    lt_response_free(&a);
    lt_response_free(&b);
    return rc;
}

static int run(const struct lt_patient *p, struct lt_finding *f, struct lt_error *err)
{
    unsigned char *bytes = NULL, *again = NULL;
    size_t size = 0, again_size = 0;
    struct lt_model *copy = NULL;
    int rc = lt_model_to_bytes(p->model, &bytes, &size, err);
    if (!rc)
        rc = lt_model_from_bytes(&copy, "the copy", bytes, size, err);
    if (!rc)
        rc = lt_model_to_bytes(copy, &again, &again_size, err);
    if (!rc) {
        bool same = size == again_size && memcmp(bytes, again, size) == 0;
        f->value[0].key = "bytes";
        f->value[0].value = (double)size;
        rc = compare(p, copy, same, f, err);
    }
    lt_model_free(&copy);
    lt_free(bytes);
    lt_free(again);
    return rc;
}

const struct lt_check lt_check_file = {"file", run};
