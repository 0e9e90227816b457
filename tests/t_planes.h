/* Shared by the tests of planes: random numbers, and heads that are damaged. */
#ifndef LT_TESTS_T_PLANES_H
#define LT_TESTS_T_PLANES_H

#include "base/mem.h"
#include "base/rng.h"
#include "codec/planes.h"
#include "t.h"

/* ---- random numbers ---------------------------------------------------- */

static uint32_t drawn;

T_UNUSED static uint64_t draw(uint64_t n)
{
    struct lt_stream stream = lt_stream(7, LT_RNG_TEST, 0, 0);
    return lt_below(&stream, drawn++, n);
}

T_UNUSED static uint64_t draw_bits(void)
{
    return draw((uint64_t)1 << 32) << 32 | draw((uint64_t)1 << 32);
}

T_UNUSED static double draw_unit(void)
{
    return (double)draw((uint64_t)1 << 53) * 0x1p-53;
}

/* All integers are as their planes say. */
T_UNUSED static void check_values(const struct lt_planes *planes, const int64_t *values,
                                  int64_t rows)
{
    int64_t count = lt_planes_count(planes);
    for (int64_t p = 0; p < count; p++) {
        struct lt_plane plane = lt_planes_plane(planes, p);
        T_OK((plane.kind == LT_PLANE_SYMBOL) == (plane.levels > 0));
        for (int64_t r = 0; r < rows && plane.levels; r++)
            T_OK(values[r * count + p] >= 0 && values[r * count + p] < plane.levels);
    }
}

/* ---- the head ---------------------------------------------------------- */

/* Whatever the head says, unmapping gives an error or something. */
T_UNUSED static void try_head(const unsigned char *head, size_t size)
{
    struct lt_error err = {0};
    struct lt_planes *planes = NULL;
    if (lt_planes_read(&planes, "x", head, size, &err)) {
        T_OK(planes == NULL && err.code == LT_ECONTENT);
        return;
    }
    int groups;
    const char *header;
    int64_t rows = 4, count = lt_planes_count(planes), *values = NULL;
    struct lt_growable text = {0};
    T_INT(lt_alloc(&values, (size_t)(rows * count), sizeof *values, "test", &err), 0);
    for (int64_t i = 0; i < rows * count; i++) {
        struct lt_plane plane = lt_planes_plane(planes, i % count);
        values[i] = draw(2) ? plane.lo : plane.hi;
    }
    if (lt_planes_text(planes, &header)) {
        lt_planes_unmap_lines(planes, values, 0, rows, "\3abc", 4, &text, &err);
    } else {
        const struct lt_group *group = lt_planes_groups(planes, &groups);
        struct lt_block_group *out = NULL;
        T_INT(lt_alloc(&out, (size_t)groups, sizeof *out, "test", NULL), 0);
        for (int i = 0; i < groups; i++) {
            size_t cells = (size_t)(rows * group[i].width);
            T_INT(lt_alloc(&out[i].values, cells, lt_type_size(group[i].type), "test", NULL), 0);
            T_INT(lt_alloc(&out[i].valid, cells / 8 + 1, 1, "test", NULL), 0);
        }
        lt_planes_unmap(planes, values, rows, "01234567", 8, out, &err);
        for (int i = 0; i < groups; i++) {
            lt_free(out[i].values);
            lt_free(out[i].valid);
        }
        lt_free(out);
    }
    lt_free(values);
    lt_growable_free(&text);
    lt_planes_free(&planes);
}

T_UNUSED static void try_heads(const unsigned char *head, size_t size)
{
    unsigned char *copy = malloc(size + 1);
    for (size_t i = 0; i < size; i++) {
        memcpy(copy, head, size);
        for (int k = 0; k < 12; k++) {
            copy[i] = k < 8 ? head[i] ^ (unsigned char)(1u << k) : (unsigned char)draw(256);
            try_head(copy, size);
        }
    }
    for (size_t n = 0; n < size; n++) {
        unsigned char *shorter = malloc(n + 1); /* its end is where the sanitizer looks */
        struct lt_planes *planes = NULL;
        memcpy(shorter, head, n);
        T_INT(lt_planes_read(&planes, "x", shorter, n, NULL), LT_ECONTENT);
        free(shorter);
    }
    free(copy);
}

#endif
