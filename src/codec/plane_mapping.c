/* The mappings of typed cells: one pair of functions each. */
#include "base/mem.h"
#include "codec/plane.h"

#include <math.h>

__extension__ typedef __int128 wide;

/* ---- integer ----------------------------------------------------------- */

static enum lt_cell_kind integer_forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    int64_t x = (int64_t)((uint64_t)lt_raw_key(m->type, raw) - (uint64_t)m->base);
    *n = lt_nearest_multiple(x, m->step);
    return LT_CELL_REGULAR;
}

/* The keys that a type has. */
static void key_range(enum lt_type type, wide *lo, wide *hi)
{
    int bits = 8 * (int)lt_type_size(type);
    bool from_zero = type == LT_U8 || type == LT_U16 || type == LT_U32 || type == LT_BOOL;
    *lo = from_zero ? 0 : -((wide)1 << (bits - 1));
    *hi = *lo + ((wide)1 << bits) - 1;
}

/* A multiple beyond the ends of the type is brought back to them, which is nearer. */
static uint64_t integer_back(const struct lt_mapping *m, int64_t n)
{
    wide lo, hi, key = (wide)n * m->step + m->base;
    key_range(m->type, &lo, &hi);
    key = key < lo ? lo : key > hi ? hi : key;
    return lt_key_raw(m->type, (int64_t)key);
}

/* Subnormal numbers are special values. */
static bool is_subnormal(enum lt_type type, double x)
{
    return x != 0.0 && fabs(x) < (type == LT_F32 ? 0x1p-126 : 0x1p-1022);
}

/* ---- decimal ----------------------------------------------------------- */

static double decimal_value(const struct lt_mapping *m, int64_t n)
{
    int64_t units = (int64_t)((uint64_t)n * m->step);
    double value = (double)units / lt_power_of_ten(m->digits);
    return m->single ? (double)(float)value : value;
}

static enum lt_cell_kind decimal_forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    double x = lt_raw_value(m->type, raw);
    enum lt_cell_kind kind = lt_real_kind(x);
    int64_t units;
    bool exact;
    if (kind)
        return kind;
    if (fabs(x) > m->far || !lt_real_units(x, m->digits, m->single, &units, &exact))
        return LT_CELL_RAW;
    *n = lt_nearest_multiple(units, m->step);
    if (m->step > 1)
        exact = !is_subnormal(m->type, x) && fabs(decimal_value(m, *n) - x) <= m->limit;
    return exact ? LT_CELL_REGULAR : LT_CELL_RAW;
}

static uint64_t decimal_back(const struct lt_mapping *m, int64_t n)
{
    return lt_value_raw(m->type, decimal_value(m, n));
}

/* ---- lattice ----------------------------------------------------------- */

/* Beyond the ends of the type it is brought back to them, which is nearer. */
static uint64_t lattice_back(const struct lt_mapping *m, int64_t n)
{
    double most = m->type == LT_F32 ? 0x1.fffffep127 : 0x1.fffffffffffffp1023;
    double value = (double)n * m->scale;
    value = value > most ? most : value < -most ? -most : value;
    return lt_value_raw(m->type, value);
}

static enum lt_cell_kind lattice_forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    double x = lt_raw_value(m->type, raw);
    enum lt_cell_kind kind = lt_real_kind(x);
    if (kind)
        return kind;
    double multiple = rint(x / m->scale);
    if (fabs(x) > m->far || !(fabs(multiple) <= 0x1p62) || is_subnormal(m->type, x))
        return LT_CELL_RAW;
    *n = (int64_t)multiple;
    double written = lt_raw_value(m->type, lattice_back(m, *n));
    return fabs(written - x) <= m->limit ? LT_CELL_REGULAR : LT_CELL_RAW;
}

/* ---- bits -------------------------------------------------------------- */

/* -0 has bits of its own, so it is regular here. */
static enum lt_cell_kind bits_forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    enum lt_cell_kind kind = lt_real_kind(lt_raw_value(m->type, raw));
    *n = lt_raw_key(m->type, raw);
    return kind == LT_CELL_NEG_ZERO ? LT_CELL_REGULAR : kind;
}

static uint64_t bits_back(const struct lt_mapping *m, int64_t n)
{
    return lt_key_raw(m->type, n);
}

static enum lt_cell_kind single_forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    double x = lt_raw_value(m->type, raw);
    enum lt_cell_kind kind = lt_real_kind(x);
    if (kind && kind != LT_CELL_NEG_ZERO)
        return kind;
    *n = lt_raw_key(LT_F32, lt_float_bits((float)x));
    return (double)(float)x == x ? LT_CELL_REGULAR : LT_CELL_RAW;
}

static uint64_t single_back(const struct lt_mapping *m, int64_t n)
{
    return lt_value_raw(m->type, lt_raw_value(LT_F32, lt_key_raw(LT_F32, n)));
}

/* ---- dictionary -------------------------------------------------------- */

/* The place of the first entry that is not less. */
static int64_t find_entry(const struct lt_mapping *m, int64_t key)
{
    int64_t lo = 0, hi = m->hi;
    while (lo < hi) {
        int64_t middle = lo + (hi - lo) / 2;
        if (m->entry[middle] < key)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static enum lt_cell_kind dictionary_forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    if (m->single) {
        double x = lt_raw_value(m->type, raw);
        if ((double)(float)x != x)
            return LT_CELL_RAW;
        raw = lt_float_bits((float)x);
    }
    int64_t key = lt_raw_key(lt_entry_type(m), raw);
    *n = find_entry(m, key);
    return m->entry[*n] == key ? LT_CELL_REGULAR : LT_CELL_RAW;
}

static uint64_t dictionary_back(const struct lt_mapping *m, int64_t n)
{
    uint64_t raw = lt_key_raw(lt_entry_type(m), m->entry[n]);
    return m->single ? lt_value_raw(m->type, lt_raw_value(LT_F32, raw)) : raw;
}

/* ---- none -------------------------------------------------------------- */

static enum lt_cell_kind none_forward(const struct lt_mapping *m, uint64_t raw, int64_t *n)
{
    (void)m, (void)raw, (void)n;
    return LT_CELL_RAW;
}

static uint64_t none_back(const struct lt_mapping *m, int64_t n)
{
    (void)m, (void)n;
    return 0;
}

const struct lt_mapping_ops lt_mapping_ops[LT_MAPPINGS] = {
    [LT_MAP_INTEGER] = {"integer", integer_forward, integer_back},
    [LT_MAP_DECIMAL] = {"decimal", decimal_forward, decimal_back},
    [LT_MAP_LATTICE] = {"lattice", lattice_forward, lattice_back},
    [LT_MAP_SINGLE] = {"single", single_forward, single_back},
    [LT_MAP_BITS] = {"bits", bits_forward, bits_back},
    [LT_MAP_DICTIONARY] = {"dictionary", dictionary_forward, dictionary_back},
    [LT_MAP_NONE] = {"none", none_forward, none_back},
};

void lt_mapping_free(struct lt_mapping *m)
{
    lt_free(m->entry);
    lt_free(m->text.start);
    lt_free(m->text.bytes);
    lt_free(m->special.start);
    lt_free(m->special.bytes);
    *m = (struct lt_mapping){0};
}
