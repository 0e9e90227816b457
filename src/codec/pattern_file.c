#include "base/mem.h"
#include "codec/number.h"
#include "codec/surroundings.h"

enum { FORM = 1 }; /* of the bytes */
enum { NUMBER = 1, FOLLOWS = 2 };

/* ---- writing ---- */

static int write_series(const struct lt_series *s, struct lt_growable *out, struct lt_error *err)
{
    int rc = lt_growable_varint(out, (s->number ? NUMBER : 0u) | (s->follows ? FOLLOWS : 0u), err);
    if (!rc)
        rc = lt_growable_varint(out, (uint64_t)s->bits, err);
    if (!rc)
        rc = lt_growable_signed(out, s->common, err);
    if (!rc)
        rc = lt_growable_signed(out, s->low, err);
    if (!rc)
        rc = lt_growable_varint(out, (uint64_t)s->high - (uint64_t)s->low, err);
    if (!rc)
        rc = lt_growable_signed(out, s->centre, err);
    return rc ? rc : lt_growable_varint(out, (uint64_t)s->spread, err);
}

/* Its size, 0 for none, and its bytes. */
static int write_network(const struct lt_intnet *net, struct lt_growable *out, struct lt_error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0, room = 0;
    int rc = net ? lt_intnet_write(net, &bytes, &size, &room, err) : 0;
    if (!rc)
        rc = lt_growable_varint(out, size, err);
    if (!rc)
        rc = lt_growable_put(out, bytes, size, err);
    lt_free(bytes);
    return rc;
}

int lt_pattern_write(const struct lt_pattern *p, struct lt_growable *out, struct lt_error *err)
{
    uint64_t numbers[] = {FORM,           (uint64_t)p->scene, (uint64_t)p->planes,
                          (uint64_t)p->h, (uint64_t)p->w,     (uint64_t)p->c,
                          p->frames,      p->lagged,          p->guessed};
    const struct lt_intnet *networks[] = {p->linear, p->values, p->trees};
    int rc = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && !rc; i++)
        rc = lt_growable_varint(out, numbers[i], err);
    for (int64_t k = 0; k < lt_pattern_kinds(p) && !rc; k++)
        rc = write_series(&p->series[k], out, err);
    for (size_t i = 0; i < sizeof networks / sizeof *networks && !rc; i++)
        rc = write_network(networks[i], out, err);
    return rc;
}

/* ---- reading ---- */

static bool read_series(struct lt_series *s, struct lt_reader *r)
{
    uint64_t flags = lt_read_up_to(r, NUMBER | FOLLOWS);
    s->number = flags & NUMBER;
    s->follows = flags & FOLLOWS;
    s->bits = (int)lt_read_up_to(r, s->number ? LT_FINE_MOST : LT_SYMBOL_BITS);
    int64_t common = lt_read_signed(r);
    s->low = lt_read_signed(r);
    s->high = (int64_t)((uint64_t)s->low + lt_read_varint(r));
    s->centre = lt_read_signed(r);
    s->spread = (int64_t)lt_read_up_to(r, (uint64_t)1 << 60);
    bool symbol = !s->number && s->bits >= 1 && s->low == 0 && s->high < 1 << s->bits;
    s->common = (int)common;
    return !r->broken && common >= -1 && common < (s->number ? 0 : 1 << s->bits) &&
           s->low <= s->high && s->centre >= s->low && s->centre <= s->high && s->spread >= 1 &&
           (s->number || symbol);
}

static int read_network(struct lt_intnet **out, struct lt_reader *r, enum lt_isa isa,
                        struct lt_error *err)
{
    uint64_t size = lt_read_varint(r);
    const unsigned char *bytes =
        size && !r->broken && size <= lt_reader_left(r) ? lt_read_bytes(r, (size_t)size) : NULL;
    if (size && !bytes)
        return lt_fail(err, LT_ECONTENT, "the model ends within a network");
    return size ? lt_intnet_read(out, bytes, (size_t)size, isa, err) : 0;
}

/* A network that speaks of `outputs` things from these features, or is not there. */
static bool fits(const struct lt_intnet *net, int64_t features, int64_t outputs)
{
    return !net || (lt_intnet_inputs(net) == features && lt_intnet_outputs(net) == outputs);
}

static bool networks_fit(struct lt_pattern *p)
{
    int64_t features = lt_surroundings_count(p), numbers, nodes;
    lt_pattern_units(p, &numbers, &nodes);
    int64_t lines = p->scene == LT_SCENE_GRID ? numbers : p->planes;
    return fits(p->linear, features, lines) && (!p->linear || p->linear->layers == 1) &&
           fits(p->values, features, numbers) && fits(p->trees, features, nodes);
}

static int read_shape(struct lt_pattern **out, struct lt_reader *r, struct lt_error *err)
{
    uint64_t form = lt_read_up_to(r, FORM), scene = lt_read_up_to(r, LT_SCENE_GRID);
    int64_t planes = (int64_t)lt_read_up_to(r, LT_PATTERN_PLANES);
    int64_t h = (int64_t)lt_read_up_to(r, LT_PATTERN_PLANES);
    int64_t w = (int64_t)lt_read_up_to(r, LT_PATTERN_PLANES);
    int64_t c = (int64_t)lt_read_up_to(r, LT_PATTERN_PLANES);
    bool frames = lt_read_up_to(r, 1), lagged = lt_read_up_to(r, 1), guessed = lt_read_up_to(r, 1);
    bool grid = scene == LT_SCENE_GRID;
    if (r->broken || form != FORM || planes < 1 || grid != (h > 0) || (grid && lagged) ||
        (grid && (w < 1 || c < 1 || h * w > planes || h * w * c != planes)))
        return lt_fail(err, LT_ECONTENT, "the model does not say what rows are like");
    if ((uint64_t)(grid ? c : planes) > lt_reader_left(r)) /* a series has more than one byte */
        return lt_fail(err, LT_ECONTENT, "the model ends within its columns");
    int rc = lt_pattern_create(out, planes, h, w, c, err);
    if (!rc) {
        (*out)->frames = frames;
        (*out)->lagged = lagged;
        (*out)->guessed = guessed;
    }
    return rc;
}

int lt_pattern_read(struct lt_pattern **out, const void *bytes, size_t size, enum lt_isa isa,
                    struct lt_error *err)
{
    struct lt_reader r = lt_reader_of(bytes, size);
    struct lt_pattern *p = NULL;
    int rc = read_shape(&p, &r, err);
    if (!rc)
        p->isa = isa;
    for (int64_t k = 0; !rc && k < lt_pattern_kinds(p); k++)
        if (!read_series(&p->series[k], &r))
            rc = lt_fail(err, LT_ECONTENT, "the model's column %lld makes no sense", (long long)k);
    if (!rc)
        rc = read_network(&p->linear, &r, isa, err);
    if (!rc)
        rc = read_network(&p->values, &r, isa, err);
    if (!rc)
        rc = read_network(&p->trees, &r, isa, err);
    if (!rc && (r.broken || lt_reader_left(&r) > 0 || !networks_fit(p)))
        rc = lt_fail(err, LT_ECONTENT, "the model's networks do not fit its columns");
    if (rc)
        lt_pattern_free(&p);
    *out = p;
    return rc;
}
