/* What the planner keeps of a column of text, and the mapping it chooses. */
#include "base/mem.h"
#include "codec/plane.h"
#include "data/dictionary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPECIAL_SIZE = 24,          /* bytes of a special text */
    SPECIAL_LEAST = 4,          /* cells that make it worth a place in the head */
    RAW_EXTRA = 16,             /* bits that an exception costs beside its bytes */
    DICTIONARY_BUDGET = 1 << 26 /* bytes of all dictionaries together, while planning */
};

/* Texts that are no decimals; the first LT_PLANES_SPECIAL different ones are counted. */
struct special {
    char text[SPECIAL_SIZE];
    int size;
    int64_t cells;
};

/* Decimals by their digits behind the point, and by whether the last of them is 0. */
struct tally {
    int64_t cells, lo, hi;
};

struct lt_text_gather {
    struct lt_bound bound;
    double far;
    int64_t cells, bytes, empty; /* all; bytes of them; empty ones */
    struct tally tally[LT_DIGITS_MAX + 1][2];
    struct special special[LT_PLANES_SPECIAL];
    int64_t special_bytes; /* of the texts counted there */
    /* By value, for bounds: */
    int64_t numbers,
        words;      /* finite numbers; other texts, but for those that mean a number is missing */
    int64_t near;   /* numbers that a bound applies to */
    double lo, hi;  /* of those */
    int64_t digits; /* most digits behind the point */
    struct lt_dictionary dictionary;
    size_t most; /* bytes of the dictionary */
    bool full;
};

int lt_text_gathers_create(struct lt_text_gather **out, int64_t columns,
                           const struct lt_bound *bounds, struct lt_error *err)
{
    int rc = lt_alloc(out, (size_t)columns, sizeof **out, "columns of text", err);
    for (int64_t j = 0; !rc && j < columns; j++) {
        struct lt_text_gather *g = *out + j;
        g->bound = bounds[j];
        g->far = lt_planes_far(&g->bound);
        g->most = (size_t)(DICTIONARY_BUDGET / columns);
    }
    return rc;
}

struct lt_text_gather *lt_text_gather_of(struct lt_text_gather *gathers, int64_t column)
{
    return gathers + column;
}

void lt_text_gathers_free(struct lt_text_gather **gathers, int64_t columns)
{
    for (int64_t j = 0; *gathers && j < columns; j++)
        lt_dictionary_free(&(*gathers)[j].dictionary);
    lt_free(*gathers);
    *gathers = NULL;
}

/* ---- gathering --------------------------------------------------------- */

static void gather_tally(struct lt_text_gather *g, const struct lt_printed *printed)
{
    struct tally *t = &g->tally[printed->digits][printed->zero];
    if (t->cells++ == 0)
        t->lo = t->hi = printed->units;
    t->lo = printed->units < t->lo ? printed->units : t->lo;
    t->hi = printed->units > t->hi ? printed->units : t->hi;
}

static void gather_special(struct lt_text_gather *g, const struct lt_text_cell *cell)
{
    if (cell->size > SPECIAL_SIZE)
        return;
    for (struct special *s = g->special; s < g->special + LT_PLANES_SPECIAL; s++) {
        if (s->cells && (s->size != (int)cell->size || memcmp(s->text, cell->begin, cell->size)))
            continue;
        memcpy(s->text, cell->begin, cell->size);
        s->size = (int)cell->size;
        s->cells++;
        g->special_bytes += s->size;
        return;
    }
}

/* Texts that stand where a number is missing. */
static bool means_missing(const struct lt_text_cell *cell)
{
    static const char *const words[] = {"?",    "-",    "na",  "n/a",  "nan",      "-nan",
                                        "null", "none", "inf", "-inf", "infinity", "-infinity"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == cell->size && !strncasecmp(words[i], cell->begin, cell->size))
            return true;
    return false;
}

static void gather_value(struct lt_text_gather *g, const struct lt_text_cell *cell)
{
    double value;
    int64_t digits;
    if (!lt_text_number(cell, &value, &digits)) {
        g->words += !means_missing(cell);
        return;
    }
    g->numbers++;
    if (!lt_text_near(value, g->far))
        return;
    g->lo = g->near && g->lo < value ? g->lo : value;
    g->hi = g->near && g->hi > value ? g->hi : value;
    g->near++;
    g->digits = digits > g->digits ? digits : g->digits;
}

static int gather_dictionary(struct lt_text_gather *g, const struct lt_text_cell *cell,
                             struct lt_error *err)
{
    struct lt_dictionary *d = &g->dictionary;
    int32_t code;
    if (g->full)
        return LT_OK;
    int rc = lt_dictionary_code(d, cell->begin, cell->size, &code, "the text", err);
    if (rc)
        return rc;
    if (d->count > LT_PLANES_DISTINCT || d->used + 16 * (size_t)d->count > g->most) {
        lt_dictionary_free(d);
        g->full = true;
    }
    return LT_OK;
}

int lt_text_gather_cell(struct lt_text_gather *g, const struct lt_text_cell *cell,
                        struct lt_error *err)
{
    struct lt_printed printed;
    g->cells++;
    g->bytes += (int64_t)cell->size;
    if (cell->size == 0)
        g->empty++;
    else if (lt_text_printed(cell, &printed))
        gather_tally(g, &printed);
    else
        gather_special(g, cell);
    if (cell->size && g->bound.kind != LT_BOUND_NONE)
        gather_value(g, cell);
    return gather_dictionary(g, cell, err);
}

/* ---- choosing ---------------------------------------------------------- */

struct offer {
    struct lt_mapping m;
    double bits; /* of all cells */
};

/* Bits that `cells` exceptions cost, given the bytes of an average cell. */
static double raw_bits(const struct lt_text_gather *g, int64_t cells)
{
    double average = (double)g->bytes / (double)(g->cells > 0 ? g->cells : 1);
    return (double)cells * (8.0 * average + RAW_EXTRA);
}

static bool is_special(const struct special *s)
{
    return s->cells >= SPECIAL_LEAST;
}

static int64_t special_cells(const struct lt_text_gather *g)
{
    int64_t cells = 0;
    for (int i = 0; i < LT_PLANES_SPECIAL; i++)
        cells += is_special(&g->special[i]) ? g->special[i].cells : 0;
    return cells;
}

static uint8_t kinds_of(const struct lt_text_gather *g, int64_t regular)
{
    int specials = 0;
    for (int i = 0; i < LT_PLANES_SPECIAL; i++)
        specials += is_special(&g->special[i]);
    if (specials)
        return (uint8_t)(LT_CELL_SPECIAL + specials);
    if (regular + g->empty < g->cells)
        return LT_CELL_RAW + 1;
    return g->empty ? LT_CELL_MISSING + 1 : 0;
}

static struct offer offer_of(const struct lt_text_gather *g, enum lt_mapping_kind kind)
{
    struct offer o = {.bits = (double)INFINITY};
    o.m = (struct lt_mapping){
        .kind = kind, .type = LT_TEXT, .bound = g->bound, .far = g->far, .step = 1, .scale = 1.0};
    return o;
}

static bool scale_units(int64_t *units, int digits)
{
    for (; digits > 0; digits--)
        if (__builtin_mul_overflow(*units, 10, units))
            return false;
    return true;
}

/* Adds the cells of one tally to those that an offer can express. */
static int64_t add_tally(struct lt_mapping *m, const struct tally *t, int digits, bool none)
{
    int64_t lo = t->lo, hi = t->hi;
    if (!t->cells || !scale_units(&lo, m->digits - digits) || !scale_units(&hi, m->digits - digits))
        return 0;
    m->lo = none || lo < m->lo ? lo : m->lo;
    m->hi = none || hi > m->hi ? hi : m->hi;
    return t->cells;
}

static struct offer offer_printed(const struct lt_text_gather *g, int digits, int least)
{
    struct offer o = offer_of(g, LT_MAP_DECIMAL);
    o.m.digits = (uint8_t)digits;
    o.m.least = (uint8_t)least;
    int64_t regular = 0;
    for (int d = least; d <= digits; d++)
        for (int zero = 0; zero < (d == least ? 2 : 1); zero++)
            regular += add_tally(&o.m, &g->tally[d][zero], d, regular == 0);
    if (regular == 0)
        return o;
    o.m.kinds = kinds_of(g, regular);
    o.bits = (double)regular * lt_bits_of_range(o.m.lo, o.m.hi) +
             raw_bits(g, g->cells - regular - g->empty - special_cells(g));
    return o;
}

/* The cheapest number of digits, printed always or without zeros at the end. */
static struct offer choose_printed(const struct lt_text_gather *g)
{
    struct offer best = offer_of(g, LT_MAP_DECIMAL);
    for (int digits = 0; digits <= LT_DIGITS_MAX; digits++) {
        int styles[] = {digits, 0, 1};
        for (int i = 0; i < 3; i++) {
            if (styles[i] > digits)
                continue;
            struct offer o = offer_printed(g, digits, styles[i]);
            if (o.bits < best.bits)
                best = o;
        }
    }
    return best;
}

/* A bound, in units of 10^-digits: of the digits that the cells have (multiples of 2 k + 1 units are at
 * most k away), or, where these are many more than it needs, as many as make rounding cost little. */
static bool bound_step(const struct lt_text_gather *g, double limit, struct lt_mapping *m)
{
    double most = fmax(fabs(g->lo), fabs(g->hi));
    double margin = most * 0x1p-50;
    int64_t digits = 0;
    while (digits <= LT_DIGITS_MAX && 1.0 / lt_power_of_ten((int)digits) > limit / 20.0)
        digits++;
    bool own = digits >= g->digits;
    digits = own ? g->digits : digits;
    if (digits > LT_DIGITS_MAX || !(most * lt_power_of_ten((int)digits) <= 0x1p50))
        return false;
    if (own && digits == 0)
        margin = 0.0; /* integers */
    double units = (limit - margin) * lt_power_of_ten((int)digits);
    double step = own ? 2.0 * floor(fmin(units, 0x1p51)) + 1.0 : floor(fmin(2.0 * units, 0x1p51));
    if (!(step > 1.0))
        return false;
    m->digits = (uint8_t)digits;
    m->step = (uint64_t)step;
    return true;
}

static struct offer offer_bound(const struct lt_text_gather *g, int least, double limit)
{
    struct offer o = offer_of(g, LT_MAP_DECIMAL);
    if (!(limit > 0.0) || !g->near || !bound_step(g, limit, &o.m))
        return o;
    o.m.by_value = true;
    o.m.limit = limit;
    o.m.least = (uint8_t)(least < o.m.digits ? least : o.m.digits);
    o.m.kinds = kinds_of(g, g->near);
    double unit = lt_power_of_ten(o.m.digits) / (double)o.m.step;
    o.m.lo = (int64_t)rint(g->lo * unit) - 1; /* one more, for rounding */
    o.m.hi = (int64_t)rint(g->hi * unit) + 1;
    o.bits = (double)g->near * lt_bits_of_range(o.m.lo, o.m.hi) +
             raw_bits(g, g->cells - g->near - g->empty);
    return o;
}

static double limit_of(const struct lt_text_gather *g)
{
    if (g->bound.kind == LT_BOUND_ABSOLUTE)
        return fmin(g->bound.value, 0x1p1000);
    if (g->bound.kind == LT_BOUND_NONE || !g->near)
        return 0.0;
    return fmin(g->bound.value * g->hi - g->bound.value * g->lo, 0x1p1000);
}

/* ---- texts ------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a,
                  *(const char *const *)b); /* as unsigned bytes; none holds a 0 */
}

/* Texts in the order of their bytes; `from` is sorted. */
static int make_texts(struct lt_texts *out, const char **from, int32_t count, struct lt_error *err)
{
    size_t bytes = 0;
    qsort(from, (size_t)count, sizeof *from, by_bytes);
    for (int32_t i = 0; i < count; i++)
        bytes += strlen(from[i]);
    int rc = lt_alloc(&out->start, (size_t)count + 1, sizeof *out->start, "texts", err);
    if (rc || (rc = lt_alloc(&out->bytes, bytes, 1, "texts", err)))
        return rc;
    for (int32_t i = 0; i < count; i++) {
        size_t size = strlen(from[i]);
        memcpy(out->bytes + out->start[i], from[i], size);
        out->start[i + 1] = out->start[i] + size;
    }
    out->count = count;
    return LT_OK;
}

static int make_special(const struct lt_text_gather *g, struct lt_mapping *m, struct lt_error *err)
{
    char text[LT_PLANES_SPECIAL][SPECIAL_SIZE + 1] = {{0}};
    const char *from[LT_PLANES_SPECIAL];
    int32_t count = 0;
    for (int i = 0; i < LT_PLANES_SPECIAL; i++) {
        if (!is_special(&g->special[i]))
            continue;
        memcpy(text[count], g->special[i].text, (size_t)g->special[i].size);
        from[count] = text[count];
        count++;
    }
    return count ? make_texts(&m->special, from, count, err) : LT_OK;
}

static int make_dictionary(const struct lt_text_gather *g, struct lt_mapping *m,
                           struct lt_error *err)
{
    const struct lt_dictionary *d = &g->dictionary;
    const char **from = NULL;
    int rc = lt_alloc(&from, (size_t)d->count, sizeof *from, "texts", err);
    for (int32_t i = 0; !rc && i < d->count; i++)
        from[i] = lt_dictionary_text(d, i);
    if (!rc)
        rc = make_texts(&m->text, from, d->count, err);
    lt_free(from);
    return rc;
}

/* Front coding saves about a third of the bytes. */
static struct offer offer_dictionary(const struct lt_text_gather *g)
{
    const struct lt_dictionary *d = &g->dictionary;
    struct offer o = offer_of(g, LT_MAP_DICTIONARY);
    if (g->full || d->count < 1 || d->count > g->cells / 4)
        return o;
    o.m.hi = d->count - 1;
    double margin = d->count <= LT_PLANES_LEVELS ? 1.0 : 4.0;
    o.bits = (double)g->cells * (lt_bits_of_range(0, o.m.hi) + margin) + 6.0 * (double)d->used;
    return o;
}

/* A column is of numbers when most of its texts are. */
static int refuse(const struct lt_text_gather *g, const char *name, struct lt_error *err)
{
    if (!g->bound.named || g->words <= g->numbers)
        return LT_OK;
    return lt_fail(err, LT_EUSAGE,
                   "%s holds text, which no bound can hold for; keep it exactly (--lossless)",
                   name);
}

int lt_text_gather_choose(const struct lt_text_gather *g, const char *name, struct lt_mapping *out,
                          struct lt_error *err)
{
    int rc = g->bound.kind == LT_BOUND_NONE ? LT_OK : refuse(g, name, err);
    if (rc)
        return rc;
    struct offer best = choose_printed(g), bound = offer_bound(g, best.m.least, limit_of(g));
    if (bound.bits < best.bits && g->words <= g->numbers)
        best = bound;
    struct offer dictionary = offer_dictionary(g), none = offer_of(g, LT_MAP_NONE);
    if (dictionary.bits < best.bits)
        best = dictionary;
    none.m.kinds = kinds_of(g, 0);
    none.bits = raw_bits(g, g->cells - g->empty) / 2.0;
    if (none.bits < best.bits)
        best = none;
    *out = best.m;
    if (best.m.kind == LT_MAP_DICTIONARY)
        return make_dictionary(g, out, err);
    return make_special(g, out, err);
}
