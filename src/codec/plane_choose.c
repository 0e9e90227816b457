/* What the planner keeps of a typed column, and the mapping it chooses. */
#include "base/mem.h"
#include "codec/plane.h"

#include <math.h>

enum { RAW_EXTRA = 8 }; /* bits that an exception costs beside its own */

double lt_planes_far(const struct lt_bound *bound)
{
    if (bound->kind == LT_BOUND_RELATIVE)
        return 0x1.fffffffffffffp1023;
    double far = bound->kind == LT_BOUND_ABSOLUTE ? bound->value * 0x1p40 : 0.0;
    return far > 0x1p53 ? fmin(far, 0x1.fffffffffffffp1023) : 0x1p53;
}

double lt_bits_of_range(int64_t lo, int64_t hi)
{
    return lt_log((double)((uint64_t)hi - (uint64_t)lo) + 1.0) / 0.6931471805599453;
}

/* ---- gathering --------------------------------------------------------- */

void lt_gather_begin(struct lt_gather *g, enum lt_type type, const struct lt_bound *bound,
                     size_t distinct)
{
    *g = (struct lt_gather){.type = type, .bound = *bound, .far = lt_planes_far(bound)};
    g->lo = g->near_lo = INT64_MAX;
    g->hi = g->near_hi = INT64_MIN;
    g->distinct.most = distinct;
    g->distinct.full = lt_type_size(type) == 1 || !distinct; /* at most 256 anyway */
}

static void widen(int64_t *lo, int64_t *hi, int64_t key)
{
    *lo = key < *lo ? key : *lo;
    *hi = key > *hi ? key : *hi;
}

static void gather_digits(struct lt_gather *g, double x)
{
    for (int single = g->type == LT_F32; single < (g->wide ? 1 : 2); single++) {
        int digits = lt_real_digits(x, single, g->guess[single]);
        uint32_t *count = &g->digits[single][digits];
        *count += *count < UINT32_MAX;
        if (digits <= LT_DECIMALS)
            g->guess[single] = (uint8_t)digits;
    }
}

static void gather_real(struct lt_gather *g, uint64_t raw, int64_t key)
{
    double x = lt_raw_value(g->type, raw);
    enum lt_cell_kind kind = lt_real_kind(x);
    if (kind == LT_CELL_NAN && g->seen >> LT_CELL_NAN & 1 && raw != g->nan)
        kind = LT_CELL_RAW;
    if (kind == LT_CELL_NAN)
        g->nan = raw;
    g->seen |= 1u << kind;
    if (kind && kind != LT_CELL_NEG_ZERO)
        return;
    g->cells++;
    widen(&g->lo, &g->hi, key);
    g->wide |= (double)(float)x != x;
    if (kind)
        return;
    double least = g->type == LT_F32 ? 0x1p-126 : 0x1p-1022;
    bool subnormal = x != 0.0 && fabs(x)<least, far = fabs(x)> g->far;
    g->subnormal |= subnormal;
    g->far_cells += far;
    if (far)
        return;
    gather_digits(g, x);
    if (!subnormal)
        widen(&g->near_lo, &g->near_hi, key);
}

int lt_gather_cell(struct lt_gather *g, uint64_t raw, struct lt_error *err)
{
    int64_t key = lt_raw_key(g->type, raw);
    if (lt_type_is_real(g->type)) {
        gather_real(g, raw, key);
    } else {
        g->cells++;
        widen(&g->lo, &g->hi, key);
    }
    return lt_distinct_add(&g->distinct, key, err);
}

/* ---- choosing ---------------------------------------------------------- */

/* A mapping and what it costs, bits a cell. */
struct offer {
    struct lt_mapping m;
    double bits;
};

static void take_cheaper(struct offer *best, const struct offer *other)
{
    if (other->bits < best->bits)
        *best = *other;
}

static uint8_t kinds_of(uint32_t seen)
{
    seen &= ~1u;
    return seen ? (uint8_t)(32 - __builtin_clz(seen)) : 0;
}

/* Bits a cell where so many of the regular ones are exceptions. */
static double raw_bits(const struct lt_gather *g, double cells)
{
    return cells / (double)g->cells * (8.0 * (double)lt_type_size(g->type) + RAW_EXTRA);
}

/* lo and hi of an offer from two raws, between whose integers all others lie. */
static void span(struct offer *o, uint64_t lo, uint64_t hi)
{
    const struct lt_mapping_ops *ops = &lt_mapping_ops[o->m.kind];
    if (ops->forward(&o->m, lo, &o->m.lo) || ops->forward(&o->m, hi, &o->m.hi))
        return; /* costs stay infinite */
    o->bits = lt_bits_of_range(o->m.lo, o->m.hi);
}

static struct offer offer_of(const struct lt_gather *g, enum lt_mapping_kind kind, uint32_t seen)
{
    struct offer o = {.bits = (double)INFINITY};
    o.m = (struct lt_mapping){.kind = kind, .type = g->type, .bound = g->bound, .far = g->far};
    o.m.step = 1;
    o.m.scale = 1.0;
    o.m.nan = g->nan;
    o.m.kinds = kinds_of(seen);
    return o;
}

static struct offer offer_bits(const struct lt_gather *g, enum lt_mapping_kind kind)
{
    struct offer o = offer_of(g, kind, g->seen & ~(1u << LT_CELL_NEG_ZERO));
    span(&o, lt_key_raw(g->type, g->lo), lt_key_raw(g->type, g->hi));
    return o;
}

/* The ends of what is not far, as doubles. */
static double near_lo(const struct lt_gather *g)
{
    return lt_raw_value(g->type, lt_key_raw(g->type, g->near_lo));
}

static double near_hi(const struct lt_gather *g)
{
    return lt_raw_value(g->type, lt_key_raw(g->type, g->near_hi));
}

static double largest(const struct lt_gather *g)
{
    return fmax(fabs(near_lo(g)), fabs(near_hi(g)));
}

/* Rounding of what is written (2^-53, and 2^-24 where it is f4) and of the difference. */
static double rounding(double largest, bool f4)
{
    return largest * (f4 ? 0x1.00001p-24 : 0x1.8p-51) + (f4 ? 0x1p-149 : 0.0);
}

/* Decimals of so many digits, the other cells as exceptions. */
static struct offer offer_decimal(const struct lt_gather *g, int digits, bool single, double limit)
{
    double most = largest(g), others = (double)g->far_cells;
    for (int d = digits + 1; d < LT_DECIMALS + 2; d++)
        others += g->digits[single][d];
    struct offer o = offer_of(g, LT_MAP_DECIMAL, g->seen | (others > 0.0 ? 1u << LT_CELL_RAW : 0));
    if (!(most * lt_power_of_ten(digits) <= lt_most_units(digits, single)))
        return o;
    o.m.single = single;
    o.m.digits = (uint8_t)digits;
    double margin = digits ? 2.0 * rounding(most, single) : 0.0;
    double within = floor(fmin((limit - margin) * lt_power_of_ten(digits), 0x1p53));
    if (within >= 1.0) {
        o.m.step = 2 * (uint64_t)within + 1;
        o.m.limit = limit;
    }
    double power = lt_power_of_ten(digits);
    o.m.lo = lt_nearest_multiple((int64_t)rint(near_lo(g) * power), o.m.step);
    o.m.hi = lt_nearest_multiple((int64_t)rint(near_hi(g) * power), o.m.step);
    o.bits = lt_bits_of_range(o.m.lo, o.m.hi) + raw_bits(g, others);
    return o;
}

static void take_decimals(const struct lt_gather *g, struct offer *best, double limit)
{
    for (int single = g->type == LT_F32; single < (g->wide ? 1 : 2); single++)
        for (int digits = 0; digits <= LT_DECIMALS; digits++) {
            if (!g->digits[single][digits])
                continue;
            struct offer exact = offer_decimal(g, digits, single, 0.0);
            struct offer within = offer_decimal(g, digits, single, limit);
            take_cheaper(best, &exact);
            take_cheaper(best, &within);
        }
}

/* x = n step + r, |r| <= step / 2, and rounding adds at most m: a step of 2 (E - m).  Where m is no
 * small part of E, a power of two, whose multiples are exact: either n has fewer bits than the type, or x
 * is itself a multiple. */
static struct offer offer_lattice(const struct lt_gather *g, double limit)
{
    bool others = g->subnormal || g->far_cells;
    struct offer o = offer_of(g, LT_MAP_LATTICE, g->seen | (others ? 1u << LT_CELL_RAW : 0));
    double most = largest(g), m = rounding(most, g->type == LT_F32) + 0x1p-51 * limit;
    if (limit < (g->type == LT_F32 ? 0x1p-126 : 0x1p-1022))
        return o;
    o.m.limit = limit;
    o.m.scale = m <= limit / 8 ? 2.0 * (limit - m) : ldexp(1.0, ilogb(limit) + 1);
    if (most / o.m.scale <= 0x1p61)
        span(&o, lt_key_raw(g->type, g->near_lo), lt_key_raw(g->type, g->near_hi));
    o.bits += raw_bits(g, (double)g->far_cells);
    return o;
}

/* The bound as a number; 0: the column is kept exactly. */
static double limit_of(const struct lt_gather *g)
{
    const double most = 0x1p1022;
    if (g->bound.kind == LT_BOUND_ABSOLUTE)
        return fmin(g->bound.value, most);
    if (g->bound.kind == LT_BOUND_NONE || g->near_lo >= g->near_hi)
        return 0.0;
    return fmin(g->bound.value * near_hi(g) - g->bound.value * near_lo(g), most);
}

static struct offer choose_real(const struct lt_gather *g)
{
    struct offer best = offer_bits(g, LT_MAP_BITS);
    double limit = g->near_lo <= g->near_hi ? limit_of(g) : 0.0;
    if (g->type == LT_F64 && !g->wide) {
        struct offer single = offer_bits(g, LT_MAP_SINGLE);
        take_cheaper(&best, &single);
    }
    if (g->near_lo > g->near_hi)
        return best;
    take_decimals(g, &best, limit);
    if (limit > 0.0) {
        struct offer lattice = offer_lattice(g, limit);
        take_cheaper(&best, &lattice);
    }
    return best;
}

/* A relative bound of integers is of their range, which has 64 bits at most. */
static struct offer choose_integer(const struct lt_gather *g)
{
    struct offer o = offer_of(g, LT_MAP_INTEGER, g->seen);
    double limit = g->bound.value;
    if (g->bound.kind == LT_BOUND_NONE || g->lo == g->hi)
        limit = 0.0;
    else if (g->bound.kind == LT_BOUND_RELATIVE)
        limit *= (double)((uint64_t)g->hi - (uint64_t)g->lo);
    double within = floor(fmin(limit, 0x1p62));
    if (within >= 1.0) {
        o.m.step = 2 * (uint64_t)within + 1;
        o.m.limit = limit;
    }
    if (g->type == LT_U64 && g->hi < 0)
        o.m.base = INT64_MIN; /* all below 2^63: the integers are the values */
    span(&o, lt_key_raw(g->type, g->lo), lt_key_raw(g->type, g->hi));
    return o;
}

/* Entries of f8 that are all f4 become f4, which keeps their order; a NaN need not survive that. */
static void narrow_entries(const struct lt_gather *g, struct lt_mapping *m)
{
    if (g->type != LT_F64 || g->wide || g->seen & (1u << LT_CELL_NAN | 1u << LT_CELL_RAW))
        return;
    m->single = true;
    for (int64_t i = 0; i <= m->hi; i++) {
        double x = lt_raw_value(LT_F64, lt_key_raw(LT_F64, m->entry[i]));
        m->entry[i] = lt_raw_key(LT_F32, lt_float_bits((float)x));
    }
}

/* A dictionary holds every value, NaN and -0 too. */
static int offer_dictionary(const struct lt_gather *g, struct offer *best, struct lt_error *err)
{
    const struct lt_distinct *d = &g->distinct;
    double margin = d->count <= LT_PLANES_LEVELS ? 1.0 : 4.0;
    if (d->full || d->count > (size_t)(g->cells / 4) || d->count < 1)
        return LT_OK;
    struct offer o = offer_of(g, LT_MAP_DICTIONARY, g->seen & 1u << LT_CELL_MISSING);
    o.m.hi = (int64_t)d->count - 1;
    double bits = lt_bits_of_range(0, o.m.hi) + margin;
    if (bits >= best->bits)
        return LT_OK;
    int64_t steps;
    int rc = lt_distinct_sorted(d, &o.m.entry, err);
    if (rc)
        return rc;
    narrow_entries(g, &o.m);
    o.bits = bits + 8.0 *
                        (double)lt_entries_bytes(lt_entry_type(&o.m), o.m.entry, d->count, &steps) /
                        (double)g->cells;
    if (o.bits < best->bits)
        *best = o;
    else
        lt_free(o.m.entry);
    return LT_OK;
}

int lt_gather_choose(const struct lt_gather *g, struct lt_mapping *out, struct lt_error *err)
{
    struct offer best;
    if (g->lo > g->hi) { /* no regular cell at all */
        best = offer_of(g, lt_type_is_real(g->type) ? LT_MAP_BITS : LT_MAP_INTEGER, g->seen);
        *out = best.m;
        return LT_OK;
    }
    best = lt_type_is_real(g->type) ? choose_real(g) : choose_integer(g);
    int rc = offer_dictionary(g, &best, err);
    *out = best.m;
    return rc;
}
