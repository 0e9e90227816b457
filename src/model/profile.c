#include "model/profile.h"

#include "base/mem.h"

struct lt_profile_part lt_profile_first(const struct lt_profile *p)
{
    return (struct lt_profile_part){p->summary, p->level, p->knot, p->below, p->up_to};
}

struct lt_profile_part lt_profile_next(struct lt_profile_part part)
{
    int64_t knots = (int64_t)part.summary[LT_SUMMARY_KNOTS];
    return (struct lt_profile_part){.summary = part.summary + LT_SUMMARIES,
                                    .level = part.level + (int64_t)part.summary[LT_SUMMARY_LEVELS],
                                    .knot = part.knot + knots,
                                    .below = part.below + knots,
                                    .up_to = part.up_to + knots};
}

int64_t lt_profile_levels(const struct lt_column *c)
{
    return c->kind == LT_KIND_CATEGORY ? c->levels + 1 : c->kind == LT_KIND_CONSTANT ? 2 : 0;
}

int lt_profile_create(struct lt_profile *p, int64_t subjects, int64_t knots, int64_t levels,
                      struct lt_error *err)
{
    *p = (struct lt_profile){.subjects = subjects, .knots = knots, .levels = levels};
    float **lists[] = {&p->knot, &p->below, &p->up_to};
    int rc = lt_alloc(&p->summary, (size_t)(subjects * LT_SUMMARIES), sizeof *p->summary,
                      "a profile", err);
    if (!rc)
        rc = lt_alloc(&p->level, (size_t)levels, sizeof *p->level, "a profile", err);
    for (int i = 0; i < 3 && !rc; i++)
        rc = lt_alloc(lists[i], (size_t)knots, sizeof(float), "a profile", err);
    if (rc)
        lt_profile_clear(p);
    return rc;
}

void lt_profile_clear(struct lt_profile *p)
{
    lt_free(p->summary);
    lt_free(p->level);
    lt_free(p->knot);
    lt_free(p->below);
    lt_free(p->up_to);
    *p = (struct lt_profile){0};
}

/* ---- checking ---- */

/* A count: whole, and at most `most`. */
static bool is_count(double value, double most)
{
    return value >= 0 && value <= most && !((double)(int64_t)value < value);
}

/* The sizes of one subject, and that they do not step over what is there. */
static bool sizes_fit(const double *s, int64_t levels, int64_t knots_left, int64_t levels_left)
{
    return is_count(s[LT_SUMMARY_ROWS], 1e9) &&
           is_count(s[LT_SUMMARY_MISSING], s[LT_SUMMARY_ROWS]) &&
           is_count(s[LT_SUMMARY_KNOTS], (double)knots_left) &&
           is_count(s[LT_SUMMARY_LEVELS], (double)levels_left) && s[LT_SUMMARY_SPREAD] >= 0 &&
           (int64_t)s[LT_SUMMARY_LEVELS] == levels;
}

static bool values_fit(struct lt_profile_part part)
{
    const double *s = part.summary;
    double present = s[LT_SUMMARY_ROWS] - s[LT_SUMMARY_MISSING], sum = 0;
    int64_t knots = (int64_t)s[LT_SUMMARY_KNOTS], levels = (int64_t)s[LT_SUMMARY_LEVELS];
    bool fits = true;
    for (int64_t i = 0; i < knots; i++) {
        fits &= part.below[i] >= 0 && part.below[i] <= part.up_to[i] &&
                (double)part.up_to[i] <= present;
        if (i > 0)
            fits &= part.knot[i] > part.knot[i - 1] && part.below[i] >= part.up_to[i - 1];
    }
    for (int64_t i = 0; i < levels; i++) {
        fits &= is_count(part.level[i], present);
        sum += part.level[i];
    }
    return fits && (levels == 0 || !(sum < present || sum > present));
}

int lt_profile_check(const struct lt_profile *p, const struct lt_prep *prep, struct lt_error *err)
{
    int64_t knots = p->knots, levels = p->levels, d = prep->schema.columns;
    struct lt_profile_part part = lt_profile_first(p);
    for (int64_t i = 0; i < p->subjects; i++) {
        const double *s = part.summary;
        int64_t want = i < d ? lt_profile_levels(&prep->column[i]) : 0;
        if (!sizes_fit(s, want, knots, levels) || !values_fit(part))
            return lt_fail(err, LT_ECONTENT,
                           "the profile's numbers of subject %lld do not fit each other",
                           (long long)i);
        knots -= (int64_t)s[LT_SUMMARY_KNOTS];
        levels -= (int64_t)s[LT_SUMMARY_LEVELS];
        part = lt_profile_next(part);
    }
    return knots == 0 && levels == 0
               ? LT_OK
               : lt_fail(err, LT_ECONTENT, "the profile holds more numbers than its subjects have");
}
