#include "codec/number.h"

enum { BELOW = 0, ABOVE = 255, LENGTH_BITS = 7, LEADING = 3 };

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

/* What a number exceeds LT_NUMBER_NEAR by, less 1. */
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

int64_t lt_mixing_number(struct lt_mixing *m, struct lt_range *range, const struct lt_view *view,
                         int64_t number)
{
    int symbol = number < -LT_NUMBER_NEAR  ? BELOW
                 : number > LT_NUMBER_NEAR ? ABOVE
                                           : (int)number + LT_NUMBER_ZERO;
    symbol = lt_mixing_symbol(m, range, view, LT_SYMBOL_BITS, symbol);
    if (symbol != BELOW && symbol != ABOVE)
        return symbol - LT_NUMBER_ZERO;
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
    uint64_t excess = code_excess(m, range, view, symbol, size - LT_NUMBER_NEAR - 1);
    excess += LT_NUMBER_NEAR + 1;
    return (int64_t)(symbol == BELOW ? -excess : excess);
}
