/* Pictures for the tests of what is done to them: floats of shape (H, W, C). */
#ifndef LT_TESTS_T_PICTURE_H
#define LT_TESTS_T_PICTURE_H

#include "base/mem.h"
#include "base/rng.h"
#include "data/array.h"
#include "data/image.h"
#include "t.h"

struct picture {
    int64_t h, w, c;
    float *v; /* (h, w, c), freed with lt_free */
};

T_UNUSED static int64_t picture_values(const struct picture *p)
{
    return p->h * p->w * p->c;
}

T_UNUSED static struct picture picture_create(int64_t h, int64_t w, int64_t c)
{
    struct picture p = {h, w, c, NULL};
    T_INT(lt_alloc(&p.v, (size_t)(h * w * c), sizeof *p.v, "a picture", NULL), LT_OK);
    return p;
}

T_UNUSED static struct picture picture_copy(const struct picture *from)
{
    struct picture p = picture_create(from->h, from->w, from->c);
    memcpy(p.v, from->v, (size_t)picture_values(from) * sizeof *p.v);
    return p;
}

/* Something to look at in [0, 1]: waves of two widths, an edge along a circle, and a plane.
 * Channels differ in phase. */
T_UNUSED static struct picture picture_scene(int64_t h, int64_t w, int64_t c)
{
    struct picture p = picture_create(h, w, c);
    for (int64_t i = 0; i < h * w * c; i++) {
        double y = (double)(i / (w * c)), x = (double)(i / c % w), k = (double)(i % c);
        double wave = sin(0.11 * x + 0.05 * y + k) + 0.5 * sin(0.7 * y - 0.4 * x + k);
        bool inside = (y - 20) * (y - 20) + (x - 30) * (x - 30) < 250;
        p.v[i] = (float)(0.45 + 0.15 * wave + (inside ? 0.25 : 0.0) + 0.0005 * (x - y));
    }
    return p;
}

T_UNUSED static struct picture picture_plus_gaussian(const struct picture *clean, double sigma,
                                                     uint64_t seed)
{
    struct picture p = picture_copy(clean);
    struct lt_stream stream = lt_stream(seed, LT_RNG_TEST, 0, 0);
    for (int64_t i = 0; i < picture_values(&p); i++)
        p.v[i] += (float)sigma * lt_normal(&stream, (uint32_t)i);
    return p;
}

/* A share of the values becomes 0 or 1, half of them each. */
T_UNUSED static struct picture picture_with_impulses(const struct picture *clean, double share,
                                                     uint64_t seed)
{
    struct picture p = picture_copy(clean);
    struct lt_stream stream = lt_stream(seed, LT_RNG_TEST, 1, 0);
    for (int64_t i = 0; i < picture_values(&p); i++) {
        double u = (double)lt_uniform(&stream, (uint32_t)i);
        if (u < share)
            p.v[i] = u < share / 2 ? 0.0f : 1.0f;
    }
    return p;
}

/* A picture of 8 bits in [0, 1] from the data folder (see t_data); skips the test when it is not
 * there or this build cannot read its kind. */
T_UNUSED static struct picture picture_read(const char *name)
{
    struct lt_error err = {0};
    struct lt_bytes bytes = {0};
    struct lt_array array = {0};
    const char *path = t_data(name);
    if (!path)
        T_SKIP("the photographs are not there");
    T_INT(lt_bytes_read(&bytes, path, &err), LT_OK);
    if (lt_image_read(&array, &bytes, false, name, &err))
        T_SKIP("this build does not read the photographs");
    struct picture p =
        picture_create(array.shape[0], array.shape[1], array.rank > 2 ? array.shape[2] : 1);
    for (int64_t i = 0; i < picture_values(&p); i++)
        p.v[i] = (float)((const uint8_t *)array.values)[i] / 255.0f;
    lt_array_free(&array);
    return p;
}

/* h rows and w columns from (y, x) on, in place of the picture itself. */
T_UNUSED static void picture_crop(struct picture *p, int64_t y, int64_t x, int64_t h, int64_t w)
{
    struct picture part = picture_create(h, w, p->c);
    for (int64_t i = 0; i < h; i++)
        memcpy(part.v + i * w * p->c, p->v + ((y + i) * p->w + x) * p->c,
               (size_t)(w * p->c) * sizeof *p->v);
    lt_free(p->v);
    *p = part;
}

#endif
