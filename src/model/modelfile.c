#include "model/modelfile.h"

#include "base/mem.h"
#include "model/detectorfile.h"
#include "model/netjson.h"
#include "model/profilefile.h"
#include "model/schemajson.h"
#include "model/tensors.h"
#include <stdio.h>
#include <string.h>

static const char kind[] = "a Latent model";

/* ---- writing ---- */

static int describe_networks(struct lt_json *json, const struct lt_model *model,
                             struct lt_error *err)
{
    struct lt_json *networks = NULL, *one = NULL;
    int rc = lt_json_array(&networks, err);
    for (int i = 0; i < model->networks && !rc; i++) {
        rc = lt_net_spec_to_json(&one, &model->network[i].spec, err);
        if (!rc)
            rc = lt_json_set_string(one, "role", model->network[i].role, err);
        if (!rc)
            rc = lt_json_append(networks, &one, err);
    }
    if (!rc)
        rc = lt_json_set(json, "networks", &networks, err);
    lt_json_free(&one);
    lt_json_free(&networks);
    return rc;
}

/* An object that only some models have, such as those with an imputer. */
static int describe_extra(struct lt_json *json, const char *key, const struct lt_json *extra,
                          struct lt_error *err)
{
    struct lt_json *copy = NULL;
    int rc = extra ? lt_json_copy(&copy, extra, err) : 0;
    return rc || !copy ? rc : lt_json_set(json, key, &copy, err);
}

static int describe_rest(struct lt_json *json, const struct lt_model *model, struct lt_error *err)
{
    struct lt_json *record = NULL;
    int rc = model->baseline.mean
                 ? lt_json_set_integer(json, "baseline.dims", model->baseline.dims, err)
                 : lt_json_set_null(json, "baseline", err);
    if (!rc)
        rc = model->record ? lt_json_copy(&record, model->record, err)
                           : lt_json_object(&record, err);
    return rc ? rc : lt_json_set(json, "record", &record, err);
}

/* The description: what stands under the key "latent". */
static int describe(const struct lt_model *model, char **text, struct lt_error *err)
{
    struct lt_json *json = NULL;
    *text = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_set_integer(json, "format", LT_MODEL_FORMAT, err);
    if (!rc)
        rc = lt_json_set_string(json, "version", LT_VERSION, err);
    if (!rc)
        rc = lt_json_set_string(json, "weights_sha256", model->weights_sha256, err);
    if (!rc)
        rc = lt_prep_to_json(json, &model->prep, err);
    if (!rc)
        rc = describe_networks(json, model, err);
    if (!rc)
        rc = lt_detector_to_json(json, model, err);
    if (!rc)
        rc = lt_profile_to_json(json, model, err);
    if (!rc)
        rc = describe_extra(json, "imputer", model->imputer, err);
    if (!rc)
        rc = describe_extra(json, "classifier", model->classifier, err);
    if (!rc)
        rc = describe_rest(json, model, err);
    if (!rc)
        rc = lt_json_dump(json, 0, text, NULL, err);
    lt_json_free(&json);
    return rc;
}

/* ROLE.NODE.weight */
static void param_name(char name[LT_TENSOR_NAME], const struct lt_network *n, int param)
{
    snprintf(name, LT_TENSOR_NAME, "%s.%s", n->role, n->layout.param[param].name);
}

/* 0: an array of one dimension. */
static int64_t cols_of(const struct lt_param *p)
{
    return p->kind == LT_PARAM_WEIGHT ? p->cols : 0;
}

/* All tensors in the order of the file; f64 first, so that every one is aligned. */
static int list_tensors(const struct lt_model *model, struct lt_tensor **out, int *count,
                        struct lt_error *err)
{
    int64_t D = model->prep.features;
    struct lt_detector detector = model->detector; /* the list wants places to write to */
    struct lt_detector_array array[LT_DETECTOR_ARRAYS];
    int arrays = lt_detector_arrays(&detector, D, array);
    size_t most = 7 + LT_DETECTOR_ARRAYS + LT_PROFILE_ARRAYS;
    for (int i = 0; i < model->networks; i++)
        most += (size_t)model->network[i].layout.count;
    int rc = lt_alloc(out, most, sizeof **out, "a list of arrays", err);
    if (rc)
        return rc;
    struct lt_tensor *t = *out;
    *t++ = lt_tensor_of("prep.offset", LT_DTYPE_F64, D, 0, model->prep.offset);
    *t++ = lt_tensor_of("prep.scale", LT_DTYPE_F64, D, 0, model->prep.scale);
    if (model->prep.knots > 0) {
        *t++ = lt_tensor_of("prep.knot_value", LT_DTYPE_F64, model->prep.knots, 0,
                            model->prep.knot_value);
        *t++ = lt_tensor_of("prep.knot_score", LT_DTYPE_F64, model->prep.knots, 0,
                            model->prep.knot_score);
    }
    lt_profile_list(&t, &model->profile, true);
    for (int i = 0; i < arrays; i++) { /* the first of them are f64 */
        memcpy(&array[i].tensor.data, array[i].place, sizeof(void *));
        *t++ = array[i].tensor;
    }
    for (int i = 0; i < model->networks; i++) {
        const struct lt_network *n = &model->network[i];
        for (int k = 0; k < n->layout.count; k++) {
            const struct lt_param *p = &n->layout.param[k];
            char name[LT_TENSOR_NAME];
            param_name(name, n, k);
            *t++ = lt_tensor_of(name, LT_DTYPE_F32, p->rows, cols_of(p), n->params + p->offset);
        }
    }
    const struct lt_baseline *b = &model->baseline;
    if (b->mean) {
        *t++ = lt_tensor_of("baseline.mean", LT_DTYPE_F32, D, 0, b->mean);
        *t++ = lt_tensor_of("baseline.basis", LT_DTYPE_F32, b->dims, D, b->basis);
        *t++ = lt_tensor_of("baseline.variance", LT_DTYPE_F32, b->dims, 0, b->variance);
    }
    lt_profile_list(&t, &model->profile, false);
    *count = (int)(t - *out);
    return LT_OK;
}

/* What goes into the file, and what of it must be freed. */
struct file {
    char *text;
    struct lt_tensor *tensors;
    struct lt_safetensors_text metadata;
    struct lt_safetensors_content content;
};

static void release(struct file *f)
{
    lt_free(f->text);
    lt_free(f->tensors);
}

static int prepare(struct file *f, const struct lt_model *model, struct lt_error *err)
{
    int count = 0;
    *f = (struct file){0};
    int rc = describe(model, &f->text, err);
    if (!rc)
        rc = list_tensors(model, &f->tensors, &count, err);
    f->metadata = (struct lt_safetensors_text){"latent", f->text};
    f->content = (struct lt_safetensors_content){
        .text = &f->metadata, .texts = 1, .tensor = f->tensors, .tensors = count};
    return rc;
}

int lt_model_write(const struct lt_model *model, const char *path, struct lt_error *err)
{
    struct file file;
    int rc = prepare(&file, model, err);
    if (!rc)
        rc = lt_safetensors_write(&file.content, path, err);
    release(&file);
    return rc;
}

int lt_model_to_bytes(const struct lt_model *model, unsigned char **bytes, size_t *size,
                      struct lt_error *err)
{
    struct file file;
    *bytes = NULL;
    int rc = prepare(&file, model, err);
    if (!rc)
        rc = lt_safetensors_bytes(&file.content, bytes, size, err);
    release(&file);
    return rc;
}

/* ---- reading ---- */

static int check_format(const struct lt_json *json, struct lt_error *err)
{
    int64_t format = 0;
    const char *version = NULL;
    int rc = lt_json_get_integer(json, "format", &format, err);
    if (!rc)
        rc = lt_json_get_string(json, "version", &version, err);
    if (!rc && format > LT_MODEL_FORMAT)
        rc = lt_fail(err, LT_ECONTENT,
                     "written by Latent %.32s in format %lld, and this is Latent " LT_VERSION
                     ", which reads formats up to %d; install a newer Latent",
                     version, (long long)format, LT_MODEL_FORMAT);
    if (!rc && format < 1)
        rc = lt_fail(err, LT_ECONTENT, "\"format\" is %lld", (long long)format);
    return rc;
}

/* Spec, role and layout of one network; its weights come later. */
static int read_network(struct lt_model *model, const struct lt_json *json, struct lt_error *err)
{
    struct lt_network *n = &model->network[model->networks];
    const char *role = NULL;
    int rc = lt_json_get_string(json, "role", &role, err);
    if (!rc)
        rc = lt_model_check_role(model, role, err);
    if (!rc)
        rc = lt_net_spec_from_json(&n->spec, json, err);
    if (!rc)
        rc = lt_params_of(&n->layout, &n->spec, err);
    if (rc)
        return rc;
    strcpy(n->role, role);
    int64_t inputs = lt_net_spec_inputs(&n->spec), features = model->prep.features;
    const bool classifier = strcmp(role, LT_CLASSIFIER_ROLE) == 0; /* reads classes behind them */
    if (classifier ? inputs <= features || model->networks == 0 : inputs != features)
        return lt_fail(err, LT_ECONTENT, "the network \"%s\" has %lld inputs for %lld features",
                       role, (long long)inputs, (long long)features);
    model->networks++;
    return LT_OK;
}

static int read_networks(struct lt_model *model, const struct lt_json *json, struct lt_error *err)
{
    const struct lt_json *networks = NULL;
    int rc = lt_json_get_array(json, "networks", &networks, err);
    if (rc)
        return rc;
    size_t count = lt_json_count(networks);
    if (count < 1 || count > LT_NETWORKS_MAX)
        return lt_fail(err, LT_ECONTENT, "\"networks\" holds %zu, of 1 to %d", count,
                       LT_NETWORKS_MAX);
    for (size_t i = 0; i < count && !rc; i++)
        rc = read_network(model, lt_json_at(networks, i), err);
    return rc;
}

static int read_extra(struct lt_json **extra, const struct lt_json *json, const char *key,
                      struct lt_error *err)
{
    const struct lt_json *object = NULL;
    if (!lt_json_get(json, key))
        return 0;
    int rc = lt_json_get_object(json, key, &object, err);
    return rc ? rc : lt_json_copy(extra, object, err);
}

static int read_rest(struct lt_model *model, const struct lt_json *json, struct lt_error *err)
{
    const struct lt_json *record = NULL;
    const char *hex = NULL;
    int64_t dims = 0;
    int rc = lt_json_get_string(json, "weights_sha256", &hex, err);
    if (!rc && !lt_sha256_is_hex(hex))
        rc = lt_fail(err, LT_ECONTENT, "\"weights_sha256\" is no SHA-256");
    if (!rc)
        rc = lt_json_get_object(json, "record", &record, err);
    if (rc)
        return rc;
    strcpy(model->weights_sha256, hex);
    lt_json_free(&model->record);
    if ((rc = lt_json_copy(&model->record, record, err)))
        return rc;
    const struct lt_json *baseline = lt_json_get(json, "baseline");
    if (baseline && lt_json_kind(baseline) == LT_JSON_NULL) {
        model->baseline.dims = -1; /* no tensors to read */
        return LT_OK;
    }
    if ((rc = lt_json_get_integer(json, "baseline.dims", &dims, err)))
        return rc;
    if (dims < 0 || dims > model->prep.features)
        return lt_fail(err, LT_ECONTENT, "\"baseline.dims\" is %lld for %lld features",
                       (long long)dims, (long long)model->prep.features);
    model->baseline.dims = dims;
    return LT_OK;
}

static int read_description(struct lt_model *model, const struct lt_json *json,
                            struct lt_error *err)
{
    int rc = lt_prep_from_json(&model->prep, json, err);
    if (!rc)
        rc = read_networks(model, json, err);
    if (!rc)
        rc = lt_detector_from_json(model, json, err);
    if (!rc)
        rc = lt_profile_from_json(model, json, err);
    if (!rc)
        rc = read_extra(&model->imputer, json, "imputer", err);
    if (!rc)
        rc = read_extra(&model->classifier, json, "classifier", err);
    return rc ? rc : read_rest(model, json, err);
}

/* Running statistics divide by the root of a variance. */
static int check_variances(const struct lt_network *n, const struct lt_safetensors *st,
                           struct lt_error *err)
{
    for (int k = 0; k < n->layout.count; k++) {
        const struct lt_param *p = &n->layout.param[k];
        for (int64_t i = 0; p->kind == LT_PARAM_VARIANCE && i < p->rows; i++)
            if (n->params[p->offset + (size_t)i] < 0)
                return lt_fail(err, LT_ECONTENT,
                               "%s: the array \"%s.%s\" holds a negative variance; train the "
                               "model again",
                               st->name, n->role, p->name);
    }
    return LT_OK;
}

static int read_weights(struct lt_network *n, const struct lt_safetensors *st, struct lt_error *err)
{
    struct lt_tensor want[LT_NODE_PARAMS_MAX * LT_NODES_MAX];
    const struct lt_tensor *t = NULL;
    int rc = LT_OK;
    for (int k = 0; k < n->layout.count && !rc; k++) { /* all there, before memory is taken */
        const struct lt_param *p = &n->layout.param[k];
        char name[LT_TENSOR_NAME];
        param_name(name, n, k);
        want[k] = lt_tensor_of(name, LT_DTYPE_F32, p->rows, cols_of(p), NULL);
        rc = lt_safetensors_get(st, name, LT_DTYPE_F32, want[k].rank, want[k].shape, &t, err);
    }
    if (!rc)
        rc = lt_alloc(&n->params, n->layout.total, sizeof *n->params, "the weights", err);
    for (int k = 0; k < n->layout.count && !rc; k++)
        rc = lt_tensor_copy(st, &want[k], n->params + n->layout.param[k].offset, err);
    return rc ? rc : check_variances(n, st, err);
}

static int read_knots(struct lt_prep *p, const struct lt_safetensors *st, struct lt_error *err)
{
    struct lt_tensor value = lt_tensor_of("prep.knot_value", LT_DTYPE_F64, p->knots, 0, NULL);
    struct lt_tensor score = lt_tensor_of("prep.knot_score", LT_DTYPE_F64, p->knots, 0, NULL);
    int rc = lt_tensor_take(st, &value, &p->knot_value, err);
    if (!rc)
        rc = lt_tensor_take(st, &score, &p->knot_score, err);
    int64_t bad = rc ? -1 : lt_prep_check_knots(p);
    if (bad >= 0)
        rc = lt_fail(err, LT_ECONTENT, "%s: the knots of column %lld do not increase", st->name,
                     (long long)bad);
    return rc;
}

static int read_scaling(struct lt_prep *p, const struct lt_safetensors *st, struct lt_error *err)
{
    struct lt_tensor offset = lt_tensor_of("prep.offset", LT_DTYPE_F64, p->features, 0, NULL);
    struct lt_tensor scale = lt_tensor_of("prep.scale", LT_DTYPE_F64, p->features, 0, NULL);
    int rc = lt_tensor_take(st, &offset, &p->offset, err);
    if (!rc)
        rc = lt_tensor_take(st, &scale, &p->scale, err);
    for (int64_t j = 0; j < p->features && !rc; j++)
        if (p->scale[j] == 0)
            rc = lt_fail(err, LT_ECONTENT, "%s: the scale of column %lld is 0", st->name,
                         (long long)j);
    return rc || p->knots == 0 ? rc : read_knots(p, st, err);
}

static int read_tensors(struct lt_model *model, const struct lt_safetensors *st,
                        struct lt_error *err)
{
    int64_t D = model->prep.features;
    struct lt_baseline *b = &model->baseline;
    int rc = read_scaling(&model->prep, st, err);
    for (int i = 0; i < model->networks && !rc; i++)
        rc = read_weights(&model->network[i], st, err);
    if (!rc)
        rc = lt_detector_read(model, st, err);
    if (!rc)
        rc = lt_profile_read(model, st, err);
    if (rc)
        return rc;
    if (b->dims < 0) {
        b->dims = 0;
        return LT_OK;
    }
    struct lt_tensor mean = lt_tensor_of("baseline.mean", LT_DTYPE_F32, D, 0, NULL);
    struct lt_tensor basis = lt_tensor_of("baseline.basis", LT_DTYPE_F32, b->dims, D, NULL);
    struct lt_tensor variance = lt_tensor_of("baseline.variance", LT_DTYPE_F32, b->dims, 0, NULL);
    rc = lt_tensor_take(st, &mean, &b->mean, err);
    if (!rc)
        rc = lt_tensor_take(st, &basis, &b->basis, err);
    return rc ? rc : lt_tensor_take(st, &variance, &b->variance, err);
}

/* The description of the file as JSON. */
static int open_description(const struct lt_safetensors *st, struct lt_json **json,
                            struct lt_error *err)
{
    const char *text = lt_safetensors_text(st, "latent");
    struct lt_error inner = {0};
    if (!text || !st->sealed)
        return lt_fail(err, LT_ECONTENT, "%s: not %s (it is %s)", st->name, kind,
                       lt_safetensors_text(st, "checkpoint")
                           ? "a checkpoint of a training run; continue it with --resume"
                           : "a safetensors file from elsewhere");
    int rc = lt_json_parse(json, "its description", text, strlen(text), &inner);
    if (!rc)
        rc = check_format(*json, &inner);
    return rc ? lt_fail(err, rc, "%s: %s", st->name, inner.text) : LT_OK;
}

static int take(struct lt_model **out, const struct lt_safetensors *st, struct lt_error *err)
{
    struct lt_json *json = NULL;
    struct lt_model *model = NULL;
    struct lt_error inner = {0};
    char hex[LT_SHA256_HEX];
    int rc = open_description(st, &json, err);
    if (!rc)
        rc = lt_model_create(&model, err);
    if (!rc && (rc = read_description(model, json, &inner)))
        lt_fail(err, rc, "%s: its description does not make sense: %s", st->name, inner.text);
    if (!rc)
        rc = read_tensors(model, st, err);
    if (!rc) {
        strcpy(hex, model->weights_sha256);
        lt_model_seal(model);
        if (strcmp(hex, model->weights_sha256) != 0)
            rc = lt_fail(err, LT_ECONTENT,
                         "%s: the weights are not those it was sealed with (weights_sha256 "
                         "differs); get a fresh copy",
                         st->name);
    }
    lt_json_free(&json);
    if (rc) {
        lt_model_free(&model);
        return rc;
    }
    *out = model;
    return LT_OK;
}

int lt_model_read(struct lt_model **out, const char *path, struct lt_error *err)
{
    struct lt_safetensors st;
    *out = NULL;
    int rc = lt_safetensors_open(&st, path, kind, err);
    if (rc)
        return rc;
    rc = take(out, &st, err);
    lt_safetensors_close(&st);
    return rc;
}

int lt_model_from_bytes(struct lt_model **out, const char *name, const void *bytes, size_t size,
                        struct lt_error *err)
{
    struct lt_safetensors st;
    *out = NULL;
    int rc = lt_safetensors_open_bytes(&st, name, bytes, size, kind, err);
    if (rc)
        return rc;
    rc = take(out, &st, err);
    lt_safetensors_close(&st);
    return rc;
}
