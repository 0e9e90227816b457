#include "model/profilefile.h"

#include "base/mem.h"

enum { VALUES_MAX = 1 << 28 /* knots or levels of all subjects */ };

int lt_profile_to_json(struct lt_json *json, const struct lt_model *model, struct lt_error *err)
{
    const struct lt_profile *p = &model->profile;
    if (p->subjects == 0)
        return LT_OK;
    int rc = lt_json_set_integer(json, "profile.subjects", p->subjects, err);
    if (!rc)
        rc = lt_json_set_integer(json, "profile.knots", p->knots, err);
    return rc ? rc : lt_json_set_integer(json, "profile.levels", p->levels, err);
}

int lt_profile_from_json(struct lt_model *model, const struct lt_json *json, struct lt_error *err)
{
    struct lt_profile *p = &model->profile;
    int64_t want = model->prep.schema.columns + lt_net_spec_dims(&model->network[0].spec) + 1;
    if (!lt_json_get(json, "profile"))
        return LT_OK;
    int rc = lt_json_get_integer(json, "profile.subjects", &p->subjects, err);
    if (!rc)
        rc = lt_json_get_integer(json, "profile.knots", &p->knots, err);
    if (!rc)
        rc = lt_json_get_integer(json, "profile.levels", &p->levels, err);
    if (!rc && (p->subjects != want || p->knots < 0 || p->knots > VALUES_MAX || p->levels < 0 ||
                p->levels > VALUES_MAX))
        rc = lt_fail(err, LT_ECONTENT, "the profile's sizes do not fit the columns and the code");
    return rc;
}

/* What stands in the file, and where in memory. */
struct entry {
    struct lt_tensor tensor;
    void *place; /* of the pointer */
};

/* Arrays of no values are left out. */
static int entries(struct lt_profile *p, struct entry list[LT_PROFILE_ARRAYS])
{
    int count = 0;
    list[count++] = (struct entry){
        lt_tensor_of("profile.summary", LT_DTYPE_F64, p->subjects, LT_SUMMARIES, p->summary),
        &p->summary};
    if (p->levels > 0)
        list[count++] = (struct entry){
            lt_tensor_of("profile.level", LT_DTYPE_F64, p->levels, 0, p->level), &p->level};
    if (p->knots == 0)
        return count;
    list[count++] =
        (struct entry){lt_tensor_of("profile.knot", LT_DTYPE_F32, p->knots, 0, p->knot), &p->knot};
    list[count++] = (struct entry){
        lt_tensor_of("profile.below", LT_DTYPE_F32, p->knots, 0, p->below), &p->below};
    list[count++] = (struct entry){
        lt_tensor_of("profile.up_to", LT_DTYPE_F32, p->knots, 0, p->up_to), &p->up_to};
    return count;
}

void lt_profile_list(struct lt_tensor **end, const struct lt_profile *profile, bool first)
{
    struct lt_profile p = *profile; /* entries want places to write to */
    struct entry list[LT_PROFILE_ARRAYS];
    int count = p.subjects > 0 ? entries(&p, list) : 0;
    for (int i = 0; i < count; i++)
        if ((list[i].tensor.dtype == LT_DTYPE_F64) == first)
            *(*end)++ = list[i].tensor;
}

/* Arrays that are not in the file have no values, yet are there. */
static int no_knots(struct lt_profile *p, struct lt_error *err)
{
    int rc = lt_alloc(&p->knot, 0, sizeof(float), "a profile", err);
    if (!rc)
        rc = lt_alloc(&p->below, 0, sizeof(float), "a profile", err);
    return rc ? rc : lt_alloc(&p->up_to, 0, sizeof(float), "a profile", err);
}

int lt_profile_read(struct lt_model *model, const struct lt_safetensors *st, struct lt_error *err)
{
    struct lt_error inner = {0};
    struct entry list[LT_PROFILE_ARRAYS];
    int count = model->profile.subjects > 0 ? entries(&model->profile, list) : 0, rc = 0;
    for (int i = 0; i < count && !rc; i++)
        rc = lt_tensor_take(st, &list[i].tensor, list[i].place, err);
    if (!rc && count > 0 && model->profile.levels == 0)
        rc = lt_alloc(&model->profile.level, 0, sizeof(double), "a profile", err);
    if (!rc && count > 0 && model->profile.knots == 0)
        rc = no_knots(&model->profile, err);
    if (rc || count == 0)
        return rc;
    rc = lt_profile_check(&model->profile, &model->prep, &inner);
    return rc ? lt_fail(err, rc, "%s: %s", st->name, inner.text) : LT_OK;
}
