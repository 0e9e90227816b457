#include "model/detector.h"

#include "base/mem.h"
#include <string.h>

static const char *const kinds[LT_DETECTORS] = {
    [LT_DETECTOR_NONE] = "none",
    [LT_DETECTOR_RECONSTRUCTION] = "reconstruction",
    [LT_DETECTOR_DEFAULT] = "default",
};
static const char *const lenses[LT_LENSES] = {
    [LT_LENS_PLAIN] = "plain",
    [LT_LENS_LOGARITHM] = "logarithm",
};
static const char *const terms[LT_TERM_KINDS] = {
    [LT_TERM_RESIDUAL] = "residual",
    [LT_TERM_CODE] = "code",
    [LT_TERM_SETTLED] = "settled",
};

static int find(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *lt_detector_name(enum lt_detector_kind kind)
{
    return kinds[kind];
}

int lt_detector_by_name(const char *name)
{
    return find(kinds, LT_DETECTORS, name);
}

const char *lt_lens_name(enum lt_lens lens)
{
    return lenses[lens];
}

int lt_lens_by_name(const char *name)
{
    return find(lenses, LT_LENSES, name);
}

const char *lt_term_name(enum lt_term_kind kind)
{
    return terms[kind];
}

int lt_term_by_name(const char *name)
{
    return find(terms, LT_TERM_KINDS, name);
}

void lt_detector_clear(struct lt_detector *d)
{
    for (int i = 0; i < LT_LENSES; i++) {
        lt_free(d->offset[i]);
        lt_free(d->scale[i]);
    }
    for (int i = 0; i < d->terms; i++) {
        lt_free(d->term[i].mean);
        lt_free(d->term[i].basis);
    }
    lt_free(d->calibration);
    lt_free(d->reference);
    *d = (struct lt_detector){0};
}
