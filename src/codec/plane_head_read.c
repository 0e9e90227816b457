/* Bytes as planes (plane_head.c).  Nothing is allocated for a number that the bytes left could not
 * hold, and everything that mapping relies on is checked. */
#include "base/mem.h"
#include "codec/plane.h"
#include "codec/plane_head.h"

#include <math.h>
#include <string.h>

enum { GROUPS_MAX = 1000, SHAPE_MAX = 1 << 30 };

static int broken(struct lt_reader *r)
{
    r->broken = true;
    return LT_OK;
}

/* A number of things each of which takes a byte at least. */
static int64_t read_count(struct lt_reader *r, uint64_t most)
{
    uint64_t left = lt_reader_left(r);
    return (int64_t)lt_read_up_to(r, most < left ? most : left);
}

static double read_positive(struct lt_reader *r)
{
    double value = lt_read_double(r);
    if (!(value > 0.0) || !isfinite(value))
        r->broken = true;
    return value;
}

/* ---- source ------------------------------------------------------------ */

static void read_group(struct lt_reader *r, struct lt_planes *p, struct lt_group *g)
{
    g->type = (enum lt_type)lt_read_up_to(r, LT_TYPES - 1);
    g->shape_rank = (int)lt_read_up_to(r, LT_SHAPE_MAX);
    g->first = p->columns;
    g->width = 1;
    r->broken |= g->type == LT_TEXT || g->shape_rank < 1;
    for (int i = 0; i < g->shape_rank && !r->broken; i++) {
        g->shape[i] = (int64_t)lt_read_up_to(r, SHAPE_MAX);
        g->width *= g->shape[i];
        r->broken |= g->width < 1 || g->width > LT_PLANES_COLUMNS;
    }
    g->missing = lt_read_up_to(r, 1);
    p->columns += g->width;
    r->broken |= p->columns > LT_PLANES_COLUMNS;
}

static int read_groups(struct lt_reader *r, struct lt_planes *p, struct lt_error *err)
{
    int groups = (int)read_count(r, GROUPS_MAX);
    int rc = lt_alloc(&p->group, (size_t)groups, sizeof *p->group, "groups", err);
    if (rc)
        return rc;
    p->groups = groups;
    for (int i = 0; i < groups && !r->broken; i++)
        read_group(r, p, &p->group[i]);
    return groups ? LT_OK : broken(r);
}

static int read_text(struct lt_reader *r, struct lt_planes *p, struct lt_error *err)
{
    p->format.delimiter = (char)lt_read_up_to(r, 127);
    uint64_t flags = lt_read_up_to(r, 7);
    p->format.crlf = flags & LT_HEAD_CRLF;
    p->unended = flags & LT_HEAD_UNENDED;
    p->irregular = flags & LT_HEAD_IRREGULAR;
    p->columns = p->format.columns = (int64_t)lt_read_up_to(r, LT_TEXT_COLUMNS);
    p->format.header = (size_t)read_count(r, LT_TEXT_HEADER_MAX);
    const unsigned char *header = lt_read_bytes(r, p->format.header);
    if (r->broken || p->columns < 1 || !strchr(",;\t|", p->format.delimiter) ||
        !p->format.delimiter)
        return broken(r);
    int rc = lt_alloc(&p->header, p->format.header, 1, "the header", err);
    if (!rc && p->format.header)
        memcpy(p->header, header, p->format.header);
    return rc;
}

/* ---- mappings ---------------------------------------------------------- */

/* One text behind the last; the bytes grow by no more than the head holds, but for what is shared. */
static int read_one_text(struct lt_reader *r, struct lt_texts *t, size_t *room,
                         struct lt_error *err)
{
    size_t at = t->start[t->count], before = t->count ? at - t->start[t->count - 1] : 0;
    size_t shared = (size_t)lt_read_up_to(r, before);
    size_t rest = (size_t)read_count(r, UINT32_MAX);
    const unsigned char *bytes = lt_read_bytes(r, rest);
    if (r->broken || memchr(bytes, 0, rest))
        return broken(r);
    int rc = lt_grow(&t->bytes, room, at + shared + rest, 1, "texts", err);
    if (rc)
        return rc;
    memmove(t->bytes + at, t->bytes + at - before, shared);
    memcpy(t->bytes + at + shared, bytes, rest);
    t->start[++t->count] = at + shared + rest;
    return LT_OK;
}

/* What is shared could make a small head ask for much memory. */
enum { TEXTS_MAX = 1 << 26 };

/* Texts ascend, so that they can be searched. */
static bool ascends(const struct lt_texts *t)
{
    if (t->count < 2)
        return true;
    const size_t *start = t->start + t->count - 2;
    size_t a = start[1] - start[0], b = start[2] - start[1];
    int order = memcmp(t->bytes + start[0], t->bytes + start[1], a < b ? a : b);
    return order < 0 || (order == 0 && a < b);
}

static int read_texts(struct lt_reader *r, struct lt_texts *t, uint64_t most, struct lt_error *err)
{
    size_t room = 0;
    int64_t count = read_count(r, most);
    int rc = lt_alloc(&t->start, (size_t)count + 1, sizeof *t->start, "texts", err);
    if (!rc)
        rc = lt_grow(&t->bytes, &room, 1, 1, "texts", err);
    for (int64_t i = 0; !rc && !r->broken && i < count; i++) {
        rc = read_one_text(r, t, &room, err);
        if (!rc && (!ascends(t) || t->start[t->count] > TEXTS_MAX))
            return broken(r);
    }
    return rc;
}

static bool key_fits(enum lt_type type, int64_t key)
{
    return lt_raw_key(type, lt_key_raw(type, key)) == key;
}

static void read_grid(struct lt_reader *r, struct lt_mapping *m, int64_t steps)
{
    int64_t first = m->entry[0], last = (int64_t)((uint64_t)first + lt_read_varint(r)), k = 0;
    m->entry[m->hi] = last;
    for (int64_t i = 1; i < m->hi && !r->broken; i++) {
        uint64_t token = lt_read_varint(r), gap = token & 1 ? token >> 1 : 1;
        uint64_t rest = token & 1 ? lt_read_varint(r) : token >> 1;
        if (gap > (uint64_t)(steps - k)) {
            r->broken = true;
            return;
        }
        k += (int64_t)gap;
        m->entry[i] = lt_grid_entry(lt_entry_type(m), first, last, steps, k, rest);
    }
}

static int read_entries(struct lt_reader *r, struct lt_mapping *m, struct lt_error *err)
{
    if (m->lo != 0 || m->hi < 0 || m->hi >= LT_PLANES_DISTINCT ||
        (uint64_t)m->hi >= lt_reader_left(r))
        return broken(r);
    int rc = lt_alloc(&m->entry, (size_t)m->hi + 1, sizeof *m->entry, "distinct values", err);
    if (rc)
        return rc;
    int64_t steps = (int64_t)lt_read_up_to(r, lt_type_is_real(m->type) ? UINT32_MAX : 0);
    m->entry[0] = lt_read_signed(r);
    if (steps)
        read_grid(r, m, steps);
    for (int64_t i = 1; i <= m->hi && !steps && !r->broken; i++)
        m->entry[i] = (int64_t)((uint64_t)m->entry[i - 1] + lt_read_varint(r));
    for (int64_t i = 0; i <= m->hi && !r->broken; i++)
        r->broken |=
            !key_fits(lt_entry_type(m), m->entry[i]) || (i && m->entry[i] <= m->entry[i - 1]);
    return LT_OK;
}

/* Which mappings a type may have. */
static bool suits(enum lt_mapping_kind kind, enum lt_type type)
{
    switch (kind) {
    case LT_MAP_INTEGER:
        return type != LT_TEXT && !lt_type_is_real(type);
    case LT_MAP_DECIMAL:
        return type == LT_TEXT || lt_type_is_real(type);
    case LT_MAP_LATTICE:
    case LT_MAP_BITS:
        return lt_type_is_real(type);
    case LT_MAP_SINGLE:
        return type == LT_F64;
    case LT_MAP_DICTIONARY:
        return true;
    default:
        return type == LT_TEXT;
    }
}

static void read_bound(struct lt_reader *r, struct lt_mapping *m)
{
    m->bound.kind = (enum lt_bound_kind)lt_read_up_to(r, LT_BOUND_RELATIVE);
    if (m->bound.kind == LT_BOUND_NONE)
        return;
    m->bound.value = read_positive(r);
    m->limit = lt_read_double(r);
    r->broken |= !(m->limit >= 0.0) || !isfinite(m->limit);
}

static void read_range(struct lt_reader *r, struct lt_mapping *m)
{
    m->lo = lt_read_signed(r);
    m->hi = (int64_t)((uint64_t)m->lo + lt_read_varint(r));
    r->broken |= m->hi < m->lo;
}

static void read_decimal(struct lt_reader *r, struct lt_mapping *m)
{
    m->digits = (uint8_t)lt_read_up_to(r, LT_DIGITS_MAX);
    m->least = (uint8_t)lt_read_up_to(r, m->digits);
    m->step = lt_read_up_to(r, (uint64_t)1 << 62);
    r->broken |= m->step < 1;
}

static int read_parameters(struct lt_reader *r, struct lt_mapping *m, struct lt_error *err)
{
    int rc = LT_OK;
    if (m->kind == LT_MAP_INTEGER) {
        m->step = lt_read_varint(r);
        m->base = lt_read_signed(r);
        r->broken |= m->step < 1;
    }
    if (m->kind == LT_MAP_DECIMAL)
        read_decimal(r, m);
    if (m->kind == LT_MAP_DECIMAL || m->kind == LT_MAP_LATTICE)
        m->far = read_positive(r);
    if (m->kind == LT_MAP_LATTICE)
        m->scale = read_positive(r);
    if (r->broken)
        return LT_OK;
    if (m->kind == LT_MAP_DICTIONARY)
        rc = m->type == LT_TEXT ? read_texts(r, &m->text, LT_PLANES_DISTINCT, err)
                                : read_entries(r, m, err);
    if (!rc && m->kind == LT_MAP_DICTIONARY && m->type == LT_TEXT)
        r->broken |= m->lo != 0 || m->hi != m->text.count - 1;
    if (!rc && m->type == LT_TEXT && !r->broken)
        rc = read_texts(r, &m->special, LT_PLANES_SPECIAL, err);
    return rc;
}

static int read_mapping(struct lt_reader *r, enum lt_type type, struct lt_mapping *m,
                        struct lt_error *err)
{
    m->type = type;
    m->step = 1;
    m->scale = 1.0;
    m->kind = (enum lt_mapping_kind)lt_read_up_to(r, LT_MAPPINGS - 1);
    m->kinds = (uint8_t)lt_read_up_to(r, type == LT_TEXT ? LT_CELL_SPECIAL + LT_PLANES_SPECIAL
                                                         : LT_CELL_SPECIAL);
    read_range(r, m);
    read_bound(r, m);
    uint64_t flags = lt_read_up_to(r, LT_HEAD_SINGLE | LT_HEAD_BY_VALUE);
    m->single = flags & LT_HEAD_SINGLE;
    m->by_value = flags & LT_HEAD_BY_VALUE;
    if (m->kinds > LT_CELL_NAN && type != LT_TEXT)
        m->nan = lt_read_varint(r);
    if (r->broken || !suits(m->kind, type) || m->kinds == 1 ||
        (m->single && !lt_type_is_real(type)))
        return broken(r);
    int rc = read_parameters(r, m, err);
    if (!rc && m->kinds > LT_CELL_SPECIAL && m->kinds - LT_CELL_SPECIAL > m->special.count)
        return broken(r);
    return rc;
}

/* One mapping for each column, or one for all. */
static bool count_mappings(struct lt_reader *r, struct lt_planes *p)
{
    p->mappings = read_count(r, LT_PLANES_COLUMNS);
    p->shared = p->mappings == 1 && lt_planes_may_share(p);
    return !r->broken && (p->shared || p->mappings == p->columns);
}

static int read_mappings(struct lt_reader *r, struct lt_planes *p, struct lt_error *err)
{
    if (r->broken || !count_mappings(r, p)) {
        p->mappings = 0;
        return broken(r);
    }
    int rc = lt_alloc(&p->mapping, (size_t)p->mappings, sizeof *p->mapping, "mappings", err);
    int group = 0;
    for (int64_t j = 0; !rc && !r->broken && j < p->mappings; j++) {
        while (!p->text && j >= p->group[group].first + p->group[group].width)
            group++;
        rc = read_mapping(r, p->text ? LT_TEXT : p->group[group].type, &p->mapping[j], err);
    }
    return rc;
}

int lt_planes_read(struct lt_planes **out, const char *name, const void *bytes, size_t size,
                   struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "planes", err);
    if (rc)
        return rc;
    struct lt_planes *p = *out;
    struct lt_reader r = lt_reader_of(bytes, size);
    if (lt_read_varint(&r) != LT_HEAD_VERSION)
        r.broken = true;
    p->text = lt_read_up_to(&r, 1);
    p->rows = (int64_t)lt_read_up_to(&r, INT64_MAX);
    if (!r.broken)
        rc = p->text ? read_text(&r, p, err) : read_groups(&r, p, err);
    if (!rc)
        rc = read_mappings(&r, p, err);
    if (!rc && (r.broken || lt_reader_left(&r)))
        rc = lt_fail(err, LT_ECONTENT, "%s: the description of the columns is damaged", name);
    if (!rc)
        rc = lt_planes_arrange(p, err);
    if (rc)
        lt_planes_free(out);
    return rc;
}
