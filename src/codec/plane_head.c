/* Planes as bytes.  In order, integers as varints (codec/growable.h), s for signed ones:
 *
 *     version; 1 for text, else 0; rows
 *     arrays: number of groups; of each its type, shape_rank, shape, 1 where cells are missing
 *     text:   delimiter; 1: "\r\n", 2: last line without end, 4: irregular lines (a sum); columns; header (texts)
 *     number of mappings; each mapping:
 *       kind; levels of kinds; lo s; hi - lo; bound kind, and if any its value and the limit (doubles)
 *       flags: 1 single, 2 by value
 *       nan, where kinds has it; decimal: digits, least, step; integer: step, base s; decimal, lattice: far (double);
 *       lattice: step (double)
 *       dictionary: steps of its grid, or 0; the first key s; then the gaps to the next, or (plane_grid.c) the
 *       gap to the last and, of those between, 2 rest where k is the next, else 2 (gap of k) + 1 and rest; of text: texts, each as the bytes it shares with the one
 *       before and the rest as length and bytes
 *       text: special texts, likewise
 */
#include "codec/plane_head.h"
#include "codec/plane.h"

/* Writes until the first failure, which it keeps. */
struct writer {
    struct lt_growable *out;
    struct lt_error *err;
    int rc;
};

static void put(struct writer *w, uint64_t value)
{
    if (!w->rc)
        w->rc = lt_growable_varint(w->out, value, w->err);
}

static void put_signed(struct writer *w, int64_t value)
{
    if (!w->rc)
        w->rc = lt_growable_signed(w->out, value, w->err);
}

static void put_double(struct writer *w, double value)
{
    if (!w->rc)
        w->rc = lt_growable_double(w->out, value, w->err);
}

static void put_bytes(struct writer *w, const char *bytes, size_t size)
{
    put(w, size);
    if (!w->rc)
        w->rc = lt_growable_put(w->out, bytes, size, w->err);
}

static void put_texts(struct writer *w, const struct lt_texts *texts)
{
    put(w, (uint64_t)texts->count);
    for (int32_t i = 0; i < texts->count; i++) {
        const char *text = texts->bytes + texts->start[i];
        size_t size = texts->start[i + 1] - texts->start[i], shared = 0;
        size_t before = i ? texts->start[i] - texts->start[i - 1] : 0;
        while (shared < before && shared < size && text[shared] == (text - before)[shared])
            shared++;
        put(w, shared);
        put_bytes(w, text + shared, size - shared);
    }
}

/* Mostly the next step, and little rounding: one byte. */
static void put_grid(struct writer *w, const struct lt_mapping *m, int64_t steps)
{
    size_t count = (size_t)m->hi + 1;
    int64_t before = 0, k;
    put(w, (uint64_t)m->entry[m->hi] - (uint64_t)m->entry[0]);
    for (size_t i = 1; i + 1 < count; i++, before = k) {
        uint64_t rest = lt_grid_rest(lt_entry_type(m), m->entry, count, steps, i, &k);
        if (k == before + 1 && rest < LT_HEAD_REST) {
            put(w, 2 * rest);
        } else {
            put(w, 2 * (uint64_t)(k - before) + 1);
            put(w, rest);
        }
    }
}

static void put_entries(struct writer *w, const struct lt_mapping *m)
{
    int64_t steps = 0;
    lt_entries_bytes(lt_entry_type(m), m->entry, (size_t)m->hi + 1, &steps);
    put(w, (uint64_t)steps);
    put_signed(w, m->entry[0]);
    if (steps) {
        put_grid(w, m, steps);
        return;
    }
    for (int64_t i = 1; i <= m->hi; i++)
        put(w, (uint64_t)m->entry[i] - (uint64_t)m->entry[i - 1]);
}

static void put_parameters(struct writer *w, const struct lt_mapping *m)
{
    if (m->kind == LT_MAP_INTEGER) {
        put(w, m->step);
        put_signed(w, m->base);
    }
    if (m->kind == LT_MAP_DECIMAL) {
        put(w, m->digits);
        put(w, m->least);
        put(w, m->step);
    }
    if (m->kind == LT_MAP_DECIMAL || m->kind == LT_MAP_LATTICE)
        put_double(w, m->far);
    if (m->kind == LT_MAP_LATTICE)
        put_double(w, m->scale);
    if (m->kind == LT_MAP_DICTIONARY && m->type == LT_TEXT)
        put_texts(w, &m->text);
    else if (m->kind == LT_MAP_DICTIONARY)
        put_entries(w, m);
    if (m->type == LT_TEXT)
        put_texts(w, &m->special);
}

static void put_mapping(struct writer *w, const struct lt_mapping *m)
{
    put(w, m->kind);
    put(w, m->kinds);
    put_signed(w, m->lo);
    put(w, (uint64_t)m->hi - (uint64_t)m->lo);
    put(w, m->bound.kind);
    if (m->bound.kind != LT_BOUND_NONE) {
        put_double(w, m->bound.value);
        put_double(w, m->limit);
    }
    put(w, (m->single ? LT_HEAD_SINGLE : 0) | (m->by_value ? LT_HEAD_BY_VALUE : 0));
    if (m->kinds > LT_CELL_NAN && m->type != LT_TEXT)
        put(w, m->nan);
    put_parameters(w, m);
}

static void put_group(struct writer *w, const struct lt_group *g)
{
    put(w, g->type);
    put(w, (uint64_t)g->shape_rank);
    for (int i = 0; i < g->shape_rank; i++)
        put(w, (uint64_t)g->shape[i]);
    put(w, g->missing);
}

static void put_text(struct writer *w, const struct lt_planes *p)
{
    put(w, (unsigned char)p->format.delimiter);
    put(w, (p->format.crlf ? LT_HEAD_CRLF : 0) | (p->unended ? LT_HEAD_UNENDED : 0) |
               (p->irregular ? LT_HEAD_IRREGULAR : 0));
    put(w, (uint64_t)p->format.columns);
    put_bytes(w, p->header, p->format.header);
}

int lt_planes_write(const struct lt_planes *p, struct lt_growable *out, struct lt_error *err)
{
    struct writer w = {out, err, LT_OK};
    put(&w, LT_HEAD_VERSION);
    put(&w, p->text);
    put(&w, (uint64_t)p->rows);
    if (p->text) {
        put_text(&w, p);
    } else {
        put(&w, (uint64_t)p->groups);
        for (int i = 0; i < p->groups; i++)
            put_group(&w, &p->group[i]);
    }
    put(&w, (uint64_t)p->mappings);
    for (int64_t j = 0; j < p->mappings; j++)
        put_mapping(&w, &p->mapping[j]);
    return w.rc;
}
