#include "prep/convert.h"
#include <math.h>

#define DOUBLES(TYPE)                                                                              \
    static void doubles_##TYPE(const void *cells, int64_t n, int64_t width, double *out,           \
                               int64_t stride)                                                     \
    {                                                                                              \
        const TYPE *v = cells;                                                                     \
        for (int64_t r = 0; r < n; r++)                                                            \
            for (int64_t j = 0; j < width; j++)                                                    \
                out[r * stride + j] = (double)v[r * width + j];                                    \
    }
#define SCALED(TYPE, REAL)                                                                         \
    static void scaled_##TYPE(const void *cells, int64_t n, int64_t width, const double *offset,   \
                              const double *scale, float *out, int64_t stride)                     \
    {                                                                                              \
        const TYPE *v = cells;                                                                     \
        for (int64_t r = 0; r < n; r++)                                                            \
            for (int64_t j = 0; j < width; j++)                                                    \
                out[r * stride + j] =                                                              \
                    (float)(((REAL)v[r * width + j] - (REAL)offset[j]) * (REAL)scale[j]);          \
    }
#define BOTH(TYPE, REAL) DOUBLES(TYPE) SCALED(TYPE, REAL)

BOTH(float, float)
BOTH(double, double)
BOTH(uint8_t, float)
BOTH(int8_t, float)
BOTH(uint16_t, float)
BOTH(int16_t, float)
BOTH(uint32_t, double)
BOTH(int32_t, double)
BOTH(uint64_t, double)
BOTH(int64_t, double)

static const struct {
    void (*doubles)(const void *, int64_t, int64_t, double *, int64_t);
    void (*scaled)(const void *, int64_t, int64_t, const double *, const double *, float *,
                   int64_t);
} conversions[LT_TYPES] = {
    [LT_F32] = {doubles_float, scaled_float},       [LT_F64] = {doubles_double, scaled_double},
    [LT_U8] = {doubles_uint8_t, scaled_uint8_t},    [LT_I8] = {doubles_int8_t, scaled_int8_t},
    [LT_U16] = {doubles_uint16_t, scaled_uint16_t}, [LT_I16] = {doubles_int16_t, scaled_int16_t},
    [LT_U32] = {doubles_uint32_t, scaled_uint32_t}, [LT_I32] = {doubles_int32_t, scaled_int32_t},
    [LT_U64] = {doubles_uint64_t, scaled_uint64_t}, [LT_I64] = {doubles_int64_t, scaled_int64_t},
    [LT_BOOL] = {doubles_uint8_t, scaled_uint8_t},  [LT_TEXT] = {doubles_int32_t, NULL},
};

void lt_convert_doubles(const struct lt_group *group, const struct lt_block_group *cells, int64_t n,
                        double *out, int64_t stride)
{
    conversions[group->type].doubles(cells->values, n, group->width, out + group->first, stride);
    for (int64_t k = 0; cells->valid && k < n * group->width; k++)
        if (!lt_block_valid(cells, k))
            out[k / group->width * stride + group->first + k % group->width] = NAN;
}

void lt_convert_scaled(const struct lt_group *group, const struct lt_block_group *cells, int64_t n,
                       const double *offset, const double *scale, float *out, int64_t stride)
{
    conversions[group->type].scaled(cells->values, n, group->width, offset, scale, out, stride);
    for (int64_t k = 0; cells->valid && k < n * group->width; k++)
        if (!lt_block_valid(cells, k))
            out[k / group->width * stride + k % group->width] = NAN;
}

/* The first infinite value, or -1.  x - x is 0 for every finite value, which a compiler can ask of
 * many at once. */
#define FIND(TYPE)                                                                                 \
    static int64_t find_infinite_##TYPE(const TYPE *v, int64_t count)                              \
    {                                                                                              \
        enum { RUN = 64 };                                                                         \
        for (int64_t begin = 0; begin < count; begin += RUN) {                                     \
            int64_t end = begin + RUN < count ? begin + RUN : count;                               \
            int fine = 1;                                                                          \
            for (int64_t k = begin; k < end; k++)                                                  \
                fine &= v[k] - v[k] == 0;                                                          \
            for (int64_t k = begin; !fine && k < end; k++)                                         \
                if (isinf(v[k]))                                                                   \
                    return k;                                                                      \
        }                                                                                          \
        return -1;                                                                                 \
    }
FIND(float)
FIND(double)

int64_t lt_convert_find_infinite(const struct lt_group *group, const struct lt_block_group *cells,
                                 int64_t n)
{
    int64_t count = n * group->width;
    if (group->type == LT_F32)
        return find_infinite_float(cells->values, count);
    return group->type == LT_F64 ? find_infinite_double(cells->values, count) : -1;
}
