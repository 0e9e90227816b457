#include "model/detectorfile.h"

#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REFERENCE_MAX = 1 << 24 /* rows */ };

/* ---- writing ---- */

static int term_to_json(struct lt_json *array, const struct lt_model *model,
                        const struct lt_term *t, struct lt_error *err)
{
    struct lt_json *json = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_set_string(json, "kind", lt_term_name(t->kind), err);
    if (!rc)
        rc = lt_json_set_string(json, "network", model->network[t->network].role, err);
    if (!rc)
        rc = lt_json_set_string(json, "lens", lt_lens_name(t->lens), err);
    if (!rc)
        rc = lt_json_set_number(json, "centre", t->centre, err);
    if (!rc)
        rc = lt_json_set_number(json, "spread", t->spread, err);
    if (!rc)
        rc = lt_json_set_integer(json, "dims", t->dims, err);
    if (!rc)
        rc = lt_json_append(array, &json, err);
    lt_json_free(&json);
    return rc;
}

int lt_detector_to_json(struct lt_json *json, const struct lt_model *model, struct lt_error *err)
{
    const struct lt_detector *d = &model->detector;
    struct lt_json *terms = NULL;
    int rc = lt_json_set_string(json, "detector.kind", lt_detector_name(d->kind), err);
    if (rc || d->kind == LT_DETECTOR_NONE)
        return rc;
    rc = lt_json_set_integer(json, "detector.calibration_rows", d->calibration_rows, err);
    if (!rc)
        rc = lt_json_set_integer(json, "detector.reference_rows", d->reference_rows, err);
    if (!rc)
        rc = lt_json_set_integer(json, "detector.reference_of", d->reference_of, err);
    if (!rc)
        rc = lt_json_array(&terms, err);
    for (int i = 0; i < d->terms && !rc; i++)
        rc = term_to_json(terms, model, &d->term[i], err);
    if (!rc)
        rc = lt_json_set(json, "detector.terms", &terms, err);
    lt_json_free(&terms);
    return rc;
}

/* ---- reading ---- */

static int find_network(const struct lt_model *model, const char *role)
{
    for (int i = 0; i < model->networks; i++)
        if (strcmp(model->network[i].role, role) == 0 && strcmp(role, LT_CLASSIFIER_ROLE) != 0)
            return i;
    return -1;
}

/* A term reads the code of its network, and the network what lenses and features give. */
static int check_term(const struct lt_model *model, struct lt_term *t, struct lt_error *err)
{
    const struct lt_net_spec *spec = &model->network[t->network].spec;
    bool plain = model->detector.kind == LT_DETECTOR_RECONSTRUCTION;
    if (!isfinite(t->centre) || !(t->spread > 0) || !isfinite(t->spread))
        return lt_fail(err, LT_ECONTENT, "a term of the detector has no scale");
    if (plain != (t->network == 0))
        return lt_fail(err, LT_ECONTENT, "a term of the detector reads the wrong network");
    t->width = t->kind == LT_TERM_CODE ? lt_net_spec_dims(spec) : 0;
    if (t->dims < (t->width > 0) || t->dims > t->width)
        return lt_fail(err, LT_ECONTENT, "a term of the detector keeps %lld of %lld directions",
                       (long long)t->dims, (long long)t->width);
    return LT_OK;
}

static int term_from_json(struct lt_model *model, const struct lt_json *json, struct lt_error *err)
{
    struct lt_term *t = &model->detector.term[model->detector.terms];
    const char *kind = NULL, *network = NULL, *lens = NULL;
    int rc = lt_json_get_string(json, "kind", &kind, err);
    if (!rc)
        rc = lt_json_get_string(json, "network", &network, err);
    if (!rc)
        rc = lt_json_get_string(json, "lens", &lens, err);
    if (!rc)
        rc = lt_json_get_number(json, "centre", &t->centre, err);
    if (!rc)
        rc = lt_json_get_number(json, "spread", &t->spread, err);
    if (!rc)
        rc = lt_json_get_integer(json, "dims", &t->dims, err);
    if (rc)
        return rc;
    int k = lt_term_by_name(kind), n = find_network(model, network), l = lt_lens_by_name(lens);
    if (k < 0 || n < 0 || l < 0)
        return lt_fail(err, LT_ECONTENT,
                       "a term \"%.32s\" of the detector reads \"%.32s\" through the lens "
                       "\"%.32s\", not all of which are known",
                       kind, network, lens);
    t->kind = (enum lt_term_kind)k;
    t->network = n;
    t->lens = (enum lt_lens)l;
    rc = check_term(model, t, err);
    model->detector.terms += !rc;
    return rc;
}

static int read_terms(struct lt_model *model, const struct lt_json *json, struct lt_error *err)
{
    const struct lt_json *terms = NULL;
    int rc = lt_json_get_array(json, "detector.terms", &terms, err);
    size_t count = rc ? 0 : lt_json_count(terms);
    if (!rc && (count < 1 || count > LT_TERMS_MAX))
        rc = lt_fail(err, LT_ECONTENT, "\"detector.terms\" holds %zu, of 1 to %d", count,
                     LT_TERMS_MAX);
    for (size_t i = 0; i < count && !rc; i++)
        rc = term_from_json(model, lt_json_at(terms, i), err);
    return rc;
}

int lt_detector_from_json(struct lt_model *model, const struct lt_json *json, struct lt_error *err)
{
    struct lt_detector *d = &model->detector;
    const char *kind = NULL;
    if (!lt_json_get(json, "detector"))
        return LT_OK;
    int rc = lt_json_get_string(json, "detector.kind", &kind, err);
    if (rc)
        return rc;
    int k = lt_detector_by_name(kind);
    if (k < 0)
        return lt_fail(err, LT_ECONTENT, "the detector \"%.32s\" is not known", kind);
    d->kind = (enum lt_detector_kind)k;
    if (d->kind == LT_DETECTOR_NONE)
        return LT_OK;
    rc = lt_json_get_integer(json, "detector.calibration_rows", &d->calibration_rows, err);
    if (!rc)
        rc = lt_json_get_integer(json, "detector.reference_rows", &d->reference_rows, err);
    if (!rc)
        rc = lt_json_get_integer(json, "detector.reference_of", &d->reference_of, err);
    if (!rc &&
        (d->calibration_rows < 1 || d->calibration_rows > REFERENCE_MAX || d->reference_rows < 0 ||
         d->reference_rows > REFERENCE_MAX || d->reference_of < d->reference_rows))
        rc = lt_fail(err, LT_ECONTENT, "the detector's numbers of rows are out of range");
    return rc ? rc : read_terms(model, json, err);
}

/* ---- arrays ---- */

static void add(struct lt_detector_array *list, int *count, const char *name, enum lt_dtype dtype,
                int64_t rows, int64_t cols, void *place)
{
    list[*count].tensor = lt_tensor_of(name, dtype, rows, cols, NULL);
    list[(*count)++].place = place;
}

int lt_detector_arrays(struct lt_detector *d, int64_t features,
                       struct lt_detector_array list[LT_DETECTOR_ARRAYS])
{
    char name[LT_TENSOR_NAME];
    int count = 0, lenses = d->kind == LT_DETECTOR_DEFAULT ? LT_LENSES : 1;
    if (d->kind == LT_DETECTOR_NONE)
        return 0;
    add(list, &count, "detector.calibration", LT_DTYPE_F64, d->calibration_rows, 0,
        &d->calibration);
    for (int i = 0; i < lenses; i++) {
        snprintf(name, sizeof name, "detector.%s.offset", lt_lens_name((enum lt_lens)i));
        add(list, &count, name, LT_DTYPE_F32, features, 0, &d->offset[i]);
        snprintf(name, sizeof name, "detector.%s.scale", lt_lens_name((enum lt_lens)i));
        add(list, &count, name, LT_DTYPE_F32, features, 0, &d->scale[i]);
    }
    for (int i = 0; i < d->terms; i++) {
        struct lt_term *t = &d->term[i];
        if (t->kind != LT_TERM_CODE)
            continue;
        snprintf(name, sizeof name, "detector.term%d.mean", i);
        add(list, &count, name, LT_DTYPE_F32, t->width, 0, &t->mean);
        snprintf(name, sizeof name, "detector.term%d.basis", i);
        add(list, &count, name, LT_DTYPE_F32, t->dims, t->width, &t->basis);
    }
    if (d->reference_rows > 0)
        add(list, &count, "detector.reference", LT_DTYPE_F32, d->reference_rows, features,
            &d->reference);
    return count;
}

int lt_detector_read(struct lt_model *model, const struct lt_safetensors *st, struct lt_error *err)
{
    struct lt_detector *d = &model->detector;
    struct lt_detector_array array[LT_DETECTOR_ARRAYS];
    int count = lt_detector_arrays(d, model->prep.features, array), rc = 0;
    for (int i = 0; i < count && !rc; i++)
        rc = lt_tensor_take(st, &array[i].tensor, array[i].place, err);
    for (int64_t i = 1; i < d->calibration_rows && !rc; i++)
        if (d->calibration[i] < d->calibration[i - 1])
            rc = lt_fail(err, LT_ECONTENT, "%s: the calibration scores are not in order", st->name);
    return rc;
}
