/* Patterns as bytes: what is written is read, and what is no pattern is refused. */
#include "t_block.h"

static struct lt_growable written(const struct lt_pattern *p)
{
    struct lt_growable out = {0};
    struct lt_error err = {0};
    if (lt_pattern_write(p, &out, &err))
        T_FAIL("%s", err.text);
    return out;
}

static bool same_net(const struct lt_intnet *a, const struct lt_intnet *b)
{
    uint8_t *x = NULL, *y = NULL;
    size_t m = 0, n = 0, room_x = 0, room_y = 0;
    if (!a || !b)
        return a == b;
    T_INT(lt_intnet_write(a, &x, &m, &room_x, NULL), 0);
    T_INT(lt_intnet_write(b, &y, &n, &room_y, NULL), 0);
    bool same = m == n && memcmp(x, y, n) == 0;
    lt_free(x);
    lt_free(y);
    return same;
}

static void expect_same(const struct lt_pattern *a, const struct lt_pattern *b)
{
    T_OK(a->scene == b->scene && a->planes == b->planes && a->h == b->h);
    T_OK(!a->h || (a->w == b->w && a->c == b->c));
    T_OK(a->frames == b->frames && a->lagged == b->lagged && a->guessed == b->guessed);
    for (int64_t k = 0; k < lt_pattern_kinds(a); k++) {
        const struct lt_series *s = &a->series[k], *t = &b->series[k];
        T_OK(s->number == t->number && s->bits == t->bits && s->common == t->common);
        T_OK(s->follows == t->follows && s->low == t->low && s->high == t->high);
        T_OK(s->centre == t->centre && s->spread == t->spread && s->unit == t->unit);
    }
    T_OK(same_net(a->linear, b->linear) && same_net(a->values, b->values) &&
         same_net(a->trees, b->trees));
}

TEST(what_is_written_is_read_back)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct dice d = {.seed = seed};
        struct lt_error err = {0};
        struct lt_pattern *back = NULL;
        struct subject s = random_subject(&d);
        add_networks(&d, s.pattern, (int)(seed % 8), 300, lt_isa_best());
        struct lt_growable bytes = written(s.pattern);
        if (lt_pattern_read(&back, bytes.bytes, bytes.used, lt_isa_best(), &err))
            T_FAIL("seed %d: %s", (int)seed, err.text);
        expect_same(s.pattern, back);
        lt_growable_free(&bytes);
        lt_pattern_free(&back);
        drop_subject(&s);
    }
}

/* Bytes are a pattern, or are refused with a sentence.  `tried` patterns that were read decode something. */
static void read_any(const unsigned char *bytes, size_t size, struct dice *d, int *tried)
{
    struct subject s = {.rows = 3};
    struct lt_error err = {0};
    unsigned char *copy, noise[64];
    T_INT(lt_alloc(&copy, size, 1, "bytes", NULL), 0);
    memcpy(copy, bytes, size);
    int rc = lt_pattern_read(&s.pattern, copy, size, lt_isa_best(), &err);
    lt_free(copy);
    T_OK(rc ? !s.pattern && err.text[0] && rc == LT_ECONTENT : s.pattern && !err.text[0]);
    if (!rc && s.pattern->planes <= 1000 && *tried > 0) {
        size_t count = (size_t)(s.rows * s.pattern->planes);
        --*tried;
        T_INT(lt_alloc(&s.values, count, sizeof *s.values, "values", NULL), 0);
        T_INT(lt_alloc(&s.guess, count, sizeof *s.guess, "values", NULL), 0);
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (unsigned char)below(d, 256);
        T_INT(lt_block_decode(coder_of(&s), noise, sizeof noise, s.rows, s.guess, s.values, NULL),
              0);
    }
    drop_subject(&s);
}

TEST(every_changed_byte_is_refused_or_gives_another_pattern)
{
    int tried = 40;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct dice d = {.seed = seed};
        struct subject s = random_subject(&d);
        if (seed % 3 == 0)
            add_networks(&d, s.pattern, LINEAR | VALUES | TREES, 300, lt_isa_best());
        struct lt_growable bytes = written(s.pattern);
        size_t step = 1 + bytes.used / 300;
        for (size_t i = 0; i < bytes.used; i += i < 100 ? 1 : step) {
            unsigned char kept = bytes.bytes[i];
            for (int k = 0; k < 3; k++) {
                static const unsigned char flip[] = {1, 0x80, 0xff};
                bytes.bytes[i] = kept ^ flip[k];
                read_any(bytes.bytes, bytes.used, &d, &tried);
            }
            bytes.bytes[i] = kept;
        }
        lt_growable_free(&bytes);
        drop_subject(&s);
    }
    T_OK(tried == 0);
}

TEST(every_shortened_pattern_is_refused)
{
    struct dice d = {.seed = 3};
    struct subject s = random_subject(&d);
    add_networks(&d, s.pattern, LINEAR | VALUES | TREES, 300, lt_isa_best());
    struct lt_growable bytes = written(s.pattern);
    for (size_t size = 0; size < bytes.used; size += size < 200 ? 1 : 97) {
        struct lt_error err = {0};
        struct lt_pattern *back = NULL;
        unsigned char *cut;
        T_INT(lt_alloc(&cut, size, 1, "bytes", NULL), 0);
        memcpy(cut, bytes.bytes, size);
        T_INT(lt_pattern_read(&back, cut, size, lt_isa_best(), &err), LT_ECONTENT);
        T_OK(!back);
        lt_free(cut);
    }
    lt_growable_put(&bytes, "", 1, NULL);
    struct lt_pattern *back = NULL;
    T_INT(lt_pattern_read(&back, bytes.bytes, bytes.used, lt_isa_best(), NULL), LT_ECONTENT);
    lt_growable_free(&bytes);
    drop_subject(&s);
}

/* ---- networks of another shape ---- */

static void expect_refused(const struct lt_pattern *p)
{
    struct lt_growable bytes = written(p);
    struct lt_pattern *back = NULL;
    struct lt_error err = {0};
    T_INT(lt_pattern_read(&back, bytes.bytes, bytes.used, lt_isa_best(), &err), LT_ECONTENT);
    T_ERR(err, "the model's networks do not fit its columns");
    lt_growable_free(&bytes);
}

TEST(networks_of_another_shape_are_refused)
{
    struct dice d = {.seed = 4};
    struct lt_pattern *p;
    int64_t numbers, nodes;
    T_INT(lt_pattern_create(&p, 3, 0, 0, 0, NULL), 0);
    for (int k = 0; k < 3; k++)
        p->series[k] =
            (struct lt_series){.number = k < 2, .bits = 3, .common = -1, .high = 7, .spread = 256};
    lt_pattern_units(p, &numbers, &nodes);
    T_INT(numbers, 2);
    T_INT(nodes, 8);
    int64_t f = lt_surroundings_count(p);
    const int64_t shapes[][3] = {{f + 1, 4, 2}, {f - 1, 4, 2}, {f, 4, 3},
                                 {f, 4, 1},     {f, 4, 7},     {f, 4, 9}};
    for (int i = 0; i < 6; i++) {
        struct lt_intnet **net = i < 4 ? &p->values : &p->trees;
        *net = random_net(&d, 2, shapes[i], 300, lt_isa_best());
        expect_refused(p);
        lt_intnet_free(net);
    }
    const int64_t deep[] = {f, 4, 3}, narrow[] = {f, 2};
    p->linear = random_net(&d, 2, deep, 300, lt_isa_best()); /* which must be one layer */
    expect_refused(p);
    lt_intnet_free(&p->linear);
    p->linear = random_net(&d, 1, narrow, 300, lt_isa_best()); /* it speaks of symbols as well */
    expect_refused(p);
    lt_pattern_free(&p);
}

/* ---- measuring ---- */

TEST(series_are_what_the_rows_are)
{
    const int64_t values[] = {5, 0, 10, 0, 1000, 1, 20, 1, 1005, 0, 30, 1, 2000, 1, 40, 1};
    const int32_t levels[] = {0, 2, 0, 2};
    struct lt_pattern *p;
    struct lt_look *look;
    T_INT(lt_pattern_create(&p, 4, 0, 0, 0, NULL), 0);
    T_INT(lt_look_create(&look, p, levels, NULL), 0);
    lt_look_at(look, values, 4);
    lt_look_finish(look);
    lt_look_free(&look);
    T_OK(p->series[0].number && p->series[2].number);
    T_OK(!p->series[1].number && p->series[1].bits == 1 && p->series[1].high == 1);
    T_INT(p->series[0].low, 5);
    T_INT(p->series[0].high, 2000);
    T_INT(p->series[0].centre, 1002); /* of 1002.5, to even */
    T_OK(p->series[2].follows);
    T_INT(p->series[2].spread, 2560);
    T_INT(p->series[2].unit, 1);
    T_INT(p->series[3].unit, 2);
    lt_pattern_free(&p);
}

TEST(a_series_of_extremes_can_be_written)
{
    const int64_t values[] = {INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MAX, INT64_MAX};
    const int32_t levels[] = {0, 0};
    struct lt_pattern *p, *back = NULL;
    struct lt_look *look;
    struct lt_error err = {0};
    T_INT(lt_pattern_create(&p, 2, 0, 0, 0, NULL), 0);
    T_INT(lt_look_create(&look, p, levels, NULL), 0);
    lt_look_at(look, values, 3);
    lt_look_finish(look);
    lt_look_free(&look);
    struct lt_growable bytes = written(p);
    if (lt_pattern_read(&back, bytes.bytes, bytes.used, lt_isa_best(), &err))
        T_FAIL("%s", err.text);
    expect_same(p, back);
    lt_growable_free(&bytes);
    lt_pattern_free(&p);
    lt_pattern_free(&back);
}

T_MAIN
