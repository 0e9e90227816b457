/* The share of impulses, counted where an impulse would show.
 *
 * Whether a place is counted depends on the neighbours alone, and impulses strike independently of
 * them, so the share of impulses among those places is the share everywhere, whatever the picture
 * and however its neighbours were chosen.  A place counts when its neighbours are calm and far from
 * the value of the impulse; neighbours that may be impulses themselves are left out, in pairs on
 * opposite sides of the pixel, so that the border of an overexposed sky does not count. */
#include "app/noise/evidence.h"

#include <math.h>

enum {
    PAIRS = 4,
    FEWEST_PAIRS = 2,
    PLACES = 500, /* enough; until then also places with fewer pairs of neighbours are taken */
};

/* A value impulses may have, and what its places say, by the number of their pairs. */
struct suspect {
    float value;
    int64_t far, calm, places[PAIRS + 1], hits[PAIRS + 1];
};

static void look_at(const struct lt_noisy *all, struct suspect *s, float centre, int pairs,
                    float least, float most)
{
    float distance = fabsf(s->value - (least + most) / 2), range = most - least;
    if (!(distance > 0.25f * (all->high - all->low)))
        return;
    s->far++;
    if (!(distance > 2 * range))
        return;
    s->calm++;
    s->places[pairs]++;
    s->hits[pairs] += centre == s->value;
}

/* `centre` has all eight neighbours. */
static void look_around(const struct lt_noisy *all, const float *centre, int64_t width,
                        int64_t step, struct suspect suspects[3])
{
    const int64_t opposite[PAIRS] = {step, width - step, width, width + step};
    float least = INFINITY, most = -INFINITY;
    int pairs = 0;
    for (int i = 0; i < PAIRS; i++) {
        float a = centre[-opposite[i]], b = centre[opposite[i]];
        if (lt_at_extreme(all, a) || lt_at_extreme(all, b) || a == 0 || b == 0)
            continue;
        least = fminf(least, fminf(a, b));
        most = fmaxf(most, fmaxf(a, b));
        pairs++;
    }
    for (int i = 0; pairs >= FEWEST_PAIRS && i < 3; i++)
        look_at(all, &suspects[i], *centre, pairs, least, most);
}

/* The share among the places with most neighbours, as many as it takes.  Noise everywhere leaves
 * few places calm among those far from the value, and the share says nothing then. */
static double share_of(const struct suspect *s)
{
    int64_t places = 0, hits = 0;
    for (int pairs = PAIRS; pairs >= FEWEST_PAIRS && places < PLACES; pairs--) {
        places += s->places[pairs];
        hits += s->hits[pairs];
    }
    return places && (double)s->calm > 0.25 * (double)s->far ? (double)hits / (double)places : 0;
}

void lt_noise_impulses(const struct lt_noisy *pictures, struct lt_impulses *out)
{
    struct suspect suspects[3] = {
        {.value = pictures->low}, {.value = pictures->high}, {.value = 0}};
    for (int64_t i = 0; i < pictures->count; i++) {
        const struct lt_picture *p = &pictures->picture[i];
        for (int64_t y = 1; y + 1 < p->h; y++)
            for (int64_t x = p->c; x < (p->w - 1) * p->c; x++)
                look_around(pictures, p->values + y * p->w * p->c + x, p->w * p->c, p->c, suspects);
    }
    *out = (struct lt_impulses){share_of(&suspects[0]), share_of(&suspects[1]),
                                share_of(&suspects[2])};
}
