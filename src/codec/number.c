#include "codec/number.h"

enum { LENGTH_BITS = 7, LEADING = 3, NEAR = 4 };

/* The view for a part of a number that does not fit a symbol: two contexts, and `part`. */
static struct lt_view part_of(const struct lt_view *view, uint32_t part)
{
    struct lt_view v = {.contexts = 2, .common = -1, .guess = part};
    for (int i = 0; i < LT_SELECTORS; i++)
        v.set[i] = view->set[i];
    for (int i = 0; i < v.contexts; i++)
        v.hash[i] = lt_hash(view->hash[i], part);
    return v;
}

/* Bits of even chance. */
static uint64_t code_plain(struct lt_range *range, int count, uint64_t bits)
{
    uint64_t out = 0;
    for (int k = count - 1; k >= 0; k--)
        out = out << 1 | (uint64_t)lt_range_bit(range, (int)(bits >> k & 1), 1 << 15);
    return out;
}

/* What the size of a number exceeds LT_NUMBER_FAR by. */
static uint64_t code_excess(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                            int side, uint64_t excess)
{
    int length = 0;
    while (length < 64 && excess >> length)
        length++;
    struct lt_view v = part_of(view, (uint32_t)side + 1000);
    length = lt_mixing_symbol(m, range, &v, LENGTH_BITS, length);
    if (length < 2)
        return (uint64_t)length;
    int below = length - 1 < 64 ? length - 1 : 63; /* the highest bit is known; damaged input */
    int leading = below < LEADING ? below : LEADING;
    below -= leading;
    v = part_of(view, (uint32_t)(side + 2000 + 256 * length));
    int top = (int)(excess >> below & ((1u << leading) - 1));
    top = lt_mixing_symbol(m, range, &v, leading, top);
    uint64_t high = (uint64_t)1 << leading | (uint64_t)top;
    return high << below | code_plain(range, below, excess);
}

/* The lowest bits of a number, by what is above them. */
static uint64_t code_fine(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                          int64_t above, uint64_t bits)
{
    int64_t near = above > NEAR ? NEAR : above < -NEAR ? -NEAR : above;
    uint32_t hash = lt_hash((uint32_t)view->set[0], (uint32_t)near);
    int told = view->fine < LEADING ? view->fine : LEADING, below = view->fine - told;
    uint64_t high = 1;
    for (int k = view->fine - 1; k >= below; k--)
        high = high << 1 |
               (uint64_t)lt_mixing_simple(m, range, lt_hash(hash, (uint32_t)high), bits >> k & 1);
    return (high << below | code_plain(range, below, bits)) & (((uint64_t)1 << view->fine) - 1);
}

static int64_t code_coarse(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                           int64_t number)
{
    int near = number <= -LT_NUMBER_FAR  ? -LT_NUMBER_FAR
               : number >= LT_NUMBER_FAR ? LT_NUMBER_FAR
                                         : (int)number;
    near = lt_mixing_small(m, range, view, near);
    if (near != LT_NUMBER_FAR && near != -LT_NUMBER_FAR)
        return near;
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
    size = LT_NUMBER_FAR + code_excess(m, range, view, near < 0, size - LT_NUMBER_FAR);
    return (int64_t)(near < 0 ? -size : size);
}

int64_t lt_mixing_number(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                         int64_t number)
{
    if (view->fine == 0)
        return code_coarse(m, range, view, number);
    const uint64_t half = (uint64_t)1 << (view->fine - 1), moved = (uint64_t)number + half;
    int64_t above = code_coarse(m, range, view, (int64_t)moved >> view->fine);
    uint64_t fine = code_fine(m, range, view, above, moved & (2 * half - 1));
    return (int64_t)(((uint64_t)above << view->fine | fine) - half);
}
