/* Neighbours in a picture: the pixels above and to the left, the channels before, the frame before.
 *
 * N is above, W to the left, and so on; beyond the edges everything is 0.
 */
#include "codec/surroundings_parts.h"

enum { SETS = 512, CHANNEL_PIXELS = 4 };

static const struct offset {
    int8_t y, x;
} around[] =
    {
        {0, -1},  {0, -2},  {0, -3}, {0, -4}, {-1, -4}, {-1, -3}, {-1, -2},
        {-1, -1}, {-1, 0},  {-1, 1}, {-1, 2}, {-1, 3},  {-1, 4},  {-2, -3},
        {-2, -2}, {-2, -1}, {-2, 0}, {-2, 1}, {-2, 2},  {-2, 3},  {-3, -2},
        {-3, -1}, {-3, 0},  {-3, 1}, {-3, 2}, {-4, -1}, {-4, 0},  {-4, 1},
},
  square[] = {{0, 0},   {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {1, -1}, {-1, 1},
              {-1, -1}, {0, 2}, {2, 0},  {2, 1}, {1, 2},  {2, 2}, {2, -1}, {1, -2}};
enum {
    AROUND = sizeof around / sizeof *around,
    SQUARE = 9,                               /* of the frame before */
    GUESSED = sizeof square / sizeof *square, /* of the guess */
};

struct place {
    const int64_t *row, *before; /* before: NULL where there is no frame */
    const int32_t *guess;
    int64_t w, h, c, x, y, channel;
};

static struct place place_of(const struct lt_surroundings *n, int64_t plane)
{
    const struct lt_pattern *p = n->pattern;
    int64_t pixel = plane / p->c;
    return (struct place){.row = n->values + n->row * p->planes,
                          .before =
                              p->frames && n->row > 0 ? n->values + (n->row - 1) * p->planes : NULL,
                          .guess = n->guess ? n->guess + n->row * p->planes : NULL,
                          .w = p->w,
                          .h = p->h,
                          .c = p->c,
                          .x = pixel % p->w,
                          .y = pixel / p->w,
                          .channel = plane % p->c};
}

/* Where the pixel at an offset lies, in a channel; -1: beyond the edges. */
static inline int64_t offset_of(const struct place *at, int64_t y, int64_t x, int64_t channel)
{
    y += at->y;
    x += at->x;
    if (y < 0 || x < 0 || y >= at->h || x >= at->w)
        return -1;
    return (y * at->w + x) * at->c + channel;
}
static inline int64_t pixel(const struct place *at, int64_t y, int64_t x)
{
    int64_t i = offset_of(at, y, x, at->channel);
    return i < 0 ? 0 : at->row[i];
}
static inline int64_t old_pixel(const struct place *at, int64_t y, int64_t x)
{
    int64_t i = at->before ? offset_of(at, y, x, at->channel) : -1;
    return i < 0 ? 0 : at->before[i];
}
static inline int64_t guessed_pixel(const struct place *at, int64_t y, int64_t x)
{
    int64_t i = at->guess ? offset_of(at, y, x, at->channel) : -1;
    return i < 0 ? 0 : at->guess[i];
}

/* ---- features ---- */

static int64_t count(const struct lt_pattern *p)
{
    return AROUND + (p->frames ? SQUARE : 0) + (p->guessed ? GUESSED : 0) +
           (p->c - 1) * CHANNEL_PIXELS + (p->c > 1 ? p->c : 0) + 2 + 1;
}

/* W, or N at the left edge, or what is usual. */
static int64_t reference(const struct lt_surroundings *n, int64_t plane)
{
    struct place at = place_of(n, plane);
    const struct lt_series *s = lt_pattern_series(n->pattern, plane);
    if (!s->follows)
        return s->centre;
    if (n->pattern->frames && at.before)
        return old_pixel(&at, 0, 0);
    return at.x > 0 ? pixel(&at, 0, -1) : at.y > 0 ? pixel(&at, -1, 0) : s->centre;
}

/* Symbols are told by their place in the range, numbers by what they differ from the reference. */
static inline int16_t told(const struct lt_surroundings *n, const struct place *at,
                           const struct lt_series *s, int64_t value, int64_t reference)
{
    return s->number ? lt_feature(n, at->channel, value, reference) : lt_place(s, value);
}

static void features(struct lt_surroundings *n, int64_t plane)
{
    const struct lt_pattern *p = n->pattern;
    const struct lt_series *s = lt_pattern_series(p, plane);
    struct place at = place_of(n, plane);
    int64_t ref = s->number ? reference(n, plane) : 0, i = 0;
    for (int k = 0; k < AROUND; k++)
        n->x[i++] = told(n, &at, s, pixel(&at, around[k].y, around[k].x), ref);
    for (int k = 0; p->frames && k < SQUARE; k++)
        n->x[i++] = told(n, &at, s, old_pixel(&at, square[k].y, square[k].x), ref);
    for (int k = 0; p->guessed && k < GUESSED; k++)
        n->x[i++] = told(n, &at, s, guessed_pixel(&at, square[k].y, square[k].x) >> 4, ref);
    for (int64_t other = 0; other < p->c - 1; other++) {
        int64_t channel = other < at.channel ? other : other + 1;
        struct place there = at;
        there.channel = channel;
        n->x[i++] = channel < at.channel ? told(n, &there, s, pixel(&there, 0, 0), ref) : 0;
        n->x[i++] = told(n, &there, s, pixel(&there, 0, -1), ref);
        n->x[i++] = told(n, &there, s, pixel(&there, -1, 0), ref);
        n->x[i++] = told(n, &there, s, pixel(&there, -1, 1), ref);
    }
    for (int64_t k = 0; p->c > 1 && k < p->c; k++)
        n->x[i++] = k == at.channel ? LT_INTNET_ONE : 0;
    n->x[i++] = (int16_t)(at.y * 4096 / at.h);
    n->x[i++] = (int16_t)(at.x * 4096 / at.w);
    n->x[i++] = LT_INTNET_ONE;
}

static void row(struct lt_surroundings *n)
{
    (void)n;
}
static void seen(struct lt_surroundings *n, int64_t plane)
{
    (void)n;
    (void)plane;
}

/* ---- contexts ---- */

/* The pixels that contexts look at, of symbols brought to 8 bits. */
struct seen_pixels {
    int w, n, nw, ne, ww, nn, nne, nnw, nee, nww;
};

static struct seen_pixels see(const struct place *at, int shift)
{
#define SEE(y, x) ((int)pixel(at, y, x) << shift)
    return (struct seen_pixels){.w = SEE(0, -1),
                                .n = SEE(-1, 0),
                                .nw = SEE(-1, -1),
                                .ne = SEE(-1, 1),
                                .ww = SEE(0, -2),
                                .nn = SEE(-2, 0),
                                .nne = SEE(-2, 1),
                                .nnw = SEE(-2, -1),
                                .nee = SEE(-1, 2),
                                .nww = SEE(-1, -2)};
#undef SEE
}

static int within_byte(int v)
{
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

static void symbol(const struct lt_surroundings *n, int64_t plane, int expected, struct lt_view *v)
{
    (void)expected;
    struct place at = place_of(n, plane);
    const struct lt_pattern *p = n->pattern;
    int shift = LT_SYMBOL_BITS - lt_pattern_series(p, plane)->bits;
    struct seen_pixels s = see(&at, shift);
    uint32_t k = (uint32_t)at.channel;
    /* the place: exactly in small pictures, roughly in large ones */
    int64_t place =
        at.h * at.w <= 4096 ? at.y * at.w + at.x : at.y * 16 / at.h * 16 + at.x * 16 / at.w;
    int slope = within_byte(s.w + s.n - s.nw), mean = (s.w + s.n + s.ne + s.nw) / 4;
    lt_context(v, k, lt_hash2(s.w, s.n));
    lt_context(v, k, lt_hash4(s.w, s.n, s.ne, s.nw));
    lt_context(v, k,
               lt_hash3(s.w / 16 << 12 | s.n / 16 << 8 | s.ne / 16 << 4 | s.nw / 16,
                        s.ww / 32 << 3 | s.nn / 32, s.nee / 64 << 2 | s.nww / 64));
    lt_context(v, k, (uint32_t)place);
    lt_context(v, k, lt_hash2(place, s.w / 64 | s.n / 64 << 2 | s.ne / 64 << 4));
    lt_context(v, k, lt_hash3(s.w / 8, s.n / 8, s.ne / 8));
    lt_context(v, k, lt_hash2(s.w, s.ww));
    lt_context(v, k, lt_hash3(s.n, s.nn, s.ne));
    lt_context(v, k,
               lt_hash3(s.w / 32 << 9 | s.n / 32 << 6 | s.ne / 32 << 3 | s.nw / 32,
                        s.ww / 64 << 6 | s.nn / 64 << 4 | s.nne / 64 << 2 | s.nnw / 64,
                        s.nee / 64 << 2 | s.nww / 64));
    lt_context(v, k, lt_hash2(slope, (s.w + s.ne) / 32));
    lt_context(v, k, lt_hash2(mean, (s.ww + s.nn + s.nne + s.nnw) / 32));
    if (at.before) {
        int old = (int)old_pixel(&at, 0, 0) << shift;
        int moved = within_byte(old + s.w - ((int)old_pixel(&at, 0, -1) << shift));
        lt_context(v, k, lt_hash3(old, s.w / 8, s.n / 8));
        lt_context(v, k, lt_hash3(moved, old / 8, 1));
    }
    if (at.channel > 0) {
        struct place other = at;
        other.channel--;
        int beside = (int)(pixel(&other, 0, 0) & 255) << shift;
        int same = within_byte(s.w + beside - ((int)(pixel(&other, 0, -1) & 255) << shift));
        lt_context(v, k, lt_hash3(beside, s.w / 4, 2));
        lt_context(v, k, lt_hash3(same, s.n / 8, 3));
    }
    if (at.guess)
        lt_context(
            v, k,
            lt_hash4((guessed_pixel(&at, 0, 0) >> 4) * (1 << shift) >> 2, s.w / 32, s.n / 32, 4));
    v->set[1] = ((s.w > 0) | (s.n > 0) << 1 | (s.ne > 0) << 2 | (s.nw > 0) << 3 | (s.ww > 0) << 4 |
                 (s.nn > 0) << 5) *
                    8 +
                mean / 32;
    v->guess = lt_hash2(s.w / 32, s.n / 32);
}

static void number(const struct lt_surroundings *n, int64_t plane, int64_t base, int part,
                   struct lt_view *v)
{
    struct place at = place_of(n, plane);
    int64_t west = lt_within(lt_less(pixel(&at, 0, -1), base), 1 << 20);
    int64_t north = lt_within(lt_less(pixel(&at, -1, 0), base), 1 << 20);
    int64_t east = lt_within(lt_less(pixel(&at, -1, 1), base), 1 << 20);
    int64_t left = at.x > 0 ? n->trace[plane - at.c].left[0] : 0;
    int64_t above = at.y > 0 ? n->trace[plane - at.w * at.c].left[0] : 0;
    left = lt_within(left, 1 << 20);
    above = lt_within(above, 1 << 20);
    int busy = lt_coarse((left < 0 ? -left : left) + (above < 0 ? -above : above));
    int steep = lt_coarse((west < 0 ? -west : west) + (north < 0 ? -north : north));
    uint32_t k = (uint32_t)at.channel;
    lt_context(v, k, (uint32_t)part);
    lt_context(v, k, lt_hash2(part, busy));
    lt_context(v, k, lt_hash2(steep, busy));
    lt_context(v, k, lt_hash2(lt_within(left, 30), lt_coarse(above)));
    lt_context(v, k, lt_hash2(lt_within(west, 60), lt_within(north, 60)));
    lt_context(
        v, k, lt_hash3(lt_within(west, 30) / 2, lt_within(north, 30) / 2, lt_within(east, 30) / 2));
    lt_context(v, k, lt_hash2(base, west));
    lt_context(v, k, lt_hash3(at.y * 16 / at.h, at.x * 16 / at.w, busy));
    lt_context(v, k, lt_hash2(lt_coarse(n->left), part));
    if (at.before)
        lt_context(v, k, lt_hash2(lt_within(lt_less(old_pixel(&at, 0, 0), base), 120), part));
    if (at.channel > 0)
        lt_context(v, k, lt_hash2(lt_within(n->trace[plane - 1].left[0], 120), part));
    if (at.guess)
        lt_context(v, k,
                   lt_hash2(lt_within(lt_less(guessed_pixel(&at, 0, 0) >> 2,
                                              (int64_t)((uint64_t)base * 4)),
                                      240),
                            part));
    v->set[1] = busy * 16 + part;
}

const struct lt_scene_ops lt_scene_grid = {count,  row,    features, reference,
                                           symbol, number, seen,     SETS};
