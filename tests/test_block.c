/* Blocks: whatever a matrix and its pattern are like, what was encoded is decoded, the same bytes come
 * from every instruction set, and no bytes do harm. */
#include "app/pattern_fit.h"
#include "t_block.h"

enum { SUBJECTS = 20 };

static int networks_of(uint64_t seed)
{
    return (int)(seed % 8);
}

/* Every third subject has networks as large as can be, others modest ones. */
static struct subject subject_of(uint64_t seed, struct dice *d, enum lt_isa isa)
{
    *d = (struct dice){.seed = seed};
    struct subject s = random_subject(d);
    add_networks(d, s.pattern, networks_of(seed), seed % 3 ? 300 : 0, isa);
    return s;
}

TEST(what_was_encoded_is_decoded)
{
    for (uint64_t seed = 0; seed < SUBJECTS; seed++) {
        struct dice d;
        struct subject s = subject_of(seed, &d, lt_isa_best());
        struct coded c = encoded(&s);
        expect_rows(&s, &c);
        lt_free(c.bytes);
        drop_subject(&s);
    }
}

TEST(every_instruction_set_writes_the_same_bytes)
{
    for (uint64_t seed = 1; seed < 32; seed += 5)
        for (int isa = LT_ISA_BASE + 1; isa < LT_ISAS; isa++) {
            struct dice d;
            struct subject base = subject_of(seed, &d, LT_ISA_BASE);
            if (!lt_isa_has((enum lt_isa)isa)) {
                drop_subject(&base);
                continue;
            }
            struct subject wide = subject_of(seed, &d, (enum lt_isa)isa);
            struct coded a = encoded(&base), b = encoded(&wide);
            T_INT(a.size, b.size);
            T_OK(memcmp(a.bytes, b.bytes, a.size) == 0);
            lt_free(a.bytes);
            lt_free(b.bytes);
            drop_subject(&base);
            drop_subject(&wide);
        }
}

TEST(a_coder_forgets_the_block_before)
{
    struct dice d;
    unsigned char *bytes[2];
    size_t room = 100000, size[2];
    for (uint64_t seed = 2; seed < 14; seed += 3) {
        struct subject s = subject_of(seed, &d, lt_isa_best());
        for (int i = 0; i < 2; i++) {
            T_INT(lt_alloc(&bytes[i], room, 1, "bytes", NULL), 0);
            T_INT(lt_block_encode(coder_of(&s), s.values, s.guess, s.rows, bytes[i], room, &size[i],
                                  NULL),
                  0);
        }
        T_INT(size[0], size[1]);
        T_OK(memcmp(bytes[0], bytes[1], size[0]) == 0);
        lt_free(bytes[0]);
        lt_free(bytes[1]);
        drop_subject(&s);
    }
}

TEST(a_block_that_does_not_fit_is_told)
{
    struct dice d;
    struct subject s = subject_of(4, &d, lt_isa_best());
    struct coded c = encoded(&s);
    for (size_t room = 0; room <= c.size; room += room + 12 < c.size ? 1 + c.size / 9 : 1) {
        size_t written = 99;
        unsigned char *to;
        T_INT(lt_alloc(&to, room, 1, "bytes", NULL), 0);
        T_INT(lt_block_encode(coder_of(&s), s.values, s.guess, s.rows, to, room, &written, NULL),
              0);
        T_INT(written, room < c.size ? 0 : c.size);
        T_OK(written == 0 || memcmp(to, c.bytes, written) == 0);
        lt_free(to);
    }
    lt_free(c.bytes);
    drop_subject(&s);
}

/* ---- damage ---- */

/* The bytes are decoded to something. */
static void decode_any(struct subject *s, const unsigned char *bytes, size_t size)
{
    int64_t *back, count = s->rows * s->pattern->planes;
    struct lt_error err = {0};
    T_INT(lt_alloc(&back, (size_t)count, sizeof *back, "rows", NULL), 0);
    int rc = lt_block_decode(coder_of(s), bytes, size, s->rows, s->guess, back, &err);
    T_OK(rc == 0 || (rc == LT_ECONTENT && err.text[0]));
    for (int64_t i = 0; i < count && !rc; i++) {
        const struct lt_series *series = lt_pattern_series(s->pattern, i % s->pattern->planes);
        T_OK(series->number || (back[i] >= 0 && back[i] < 1 << series->bits));
    }
    lt_free(back);
}

TEST(no_bytes_do_harm)
{
    for (uint64_t seed = 0; seed < SUBJECTS; seed += 2) {
        struct dice d;
        struct subject s = subject_of(seed, &d, lt_isa_best());
        struct coded c = encoded(&s);
        for (int i = 0; i < 2; i++) {
            unsigned char *cut;
            size_t size = (size_t)below(&d, (int64_t)c.size + 1);
            c.bytes[below(&d, (int64_t)c.size)] ^= (unsigned char)between(&d, 1, 255);
            decode_any(&s, c.bytes, c.size);
            T_INT(lt_alloc(&cut, size, 1, "bytes", NULL), 0);
            for (size_t k = 0; k < size; k++)
                cut[k] = i % 2 ? c.bytes[k] : (unsigned char)below(&d, 256);
            decode_any(&s, cut, size);
            lt_free(cut);
        }
        lt_free(c.bytes);
        drop_subject(&s);
    }
}

/* Any lag may stand there, also one that leads to the row itself or beyond. */
TEST(no_lag_does_harm)
{
    struct dice d = {.seed = 5};
    struct subject s = random_subject(&d);
    while (s.pattern->scene != LT_SCENE_RECORDS || s.rows < 20) {
        drop_subject(&s);
        s = random_subject(&d);
    }
    s.pattern->lagged = true;
    add_networks(&d, s.pattern, LINEAR | VALUES | TREES, 300, lt_isa_best());
    struct coded c = encoded(&s);
    for (int lag = 0; lag < 65536; lag = lag < 8 ? lag + 1 : lag * 5) {
        c.bytes[0] = (unsigned char)lag;
        c.bytes[1] = (unsigned char)(lag >> 8);
        decode_any(&s, c.bytes, c.size);
    }
    lt_free(c.bytes);
    drop_subject(&s);
}

/* ---- sizes, and rows of a kind ---- */

static struct subject plain_subject(int64_t rows, int64_t planes, int32_t levels)
{
    struct subject s = {.rows = rows};
    T_INT(lt_pattern_create(&s.pattern, planes, 0, 0, 0, NULL), 0);
    T_INT(lt_alloc(&s.values, (size_t)(rows * planes), sizeof *s.values, "values", NULL), 0);
    struct dice d = {.seed = (uint64_t)rows};
    for (int64_t i = 0; i < rows * planes; i++)
        s.values[i] = levels ? below(&d, levels) : 0;
    return s;
}

static void look_at(struct subject *s, int32_t levels)
{
    struct lt_look *look;
    int32_t all[64];
    for (int i = 0; i < 64; i++)
        all[i] = levels;
    T_INT(lt_look_create(&look, s->pattern, all, NULL), 0);
    lt_look_at(look, s->values, s->rows);
    lt_look_finish(look);
    lt_look_free(&look);
}

TEST(noise_costs_hardly_more_than_it_holds)
{
    struct subject s = plain_subject(24000, 3, 256);
    look_at(&s, 256);
    struct coded c = encoded(&s);
    double bits = 8 * (double)c.size / (double)(s.rows * 3);
    T_NOTE("%.4f bits a value", bits);
    T_OK(bits <= 8.1);
    expect_rows(&s, &c);
    lt_free(c.bytes);
    drop_subject(&s);
}

/* Sums of three dice, so wide that predictions leave 8 bits or so; steps of 1; a constant. */
TEST(bits_of_noise_are_set_apart)
{
    struct lt_error err = {0};
    struct dice d = {.seed = 5};
    struct subject s = plain_subject(20000, 3, 0);
    for (int64_t i = 0; i < s.rows; i++) {
        int64_t *row = s.values + 3 * i;
        row[0] = between(&d, -200, 200) + between(&d, -200, 200) + between(&d, -200, 200);
        row[1] = (i > 0 ? row[1 - 3] : 0) + between(&d, -1, 1);
        row[2] = 7;
    }
    look_at(&s, 0);
    struct coded before = encoded(&s);
    lt_blockcoder_free(&s.coder);
    const struct lt_pattern_sample sample = {.values = s.values, .rows = s.rows, .run = s.rows};
    T_INT(lt_pattern_fit_noise(s.pattern, &sample, 1, &err), 0);
    const struct lt_series *series = s.pattern->series;
    T_INT(series[0].bits, 7); /* half are within 150 of 0 */
    T_INT(series[1].bits, 0);
    T_INT(series[2].bits, 0);
    struct coded c = encoded(&s);
    T_NOTE("%zu bytes, %zu before", c.size, before.size);
    T_OK((double)c.size < 1.001 * (double)before.size);
    expect_rows(&s, &c);
    lt_free(before.bytes);
    lt_free(c.bytes);
    drop_subject(&s);
}

TEST(constants_cost_next_to_nothing)
{
    struct subject s = plain_subject(8000, 3, 0);
    look_at(&s, 0);
    struct coded c = encoded(&s);
    T_NOTE("%zu bytes", c.size);
    T_OK(c.size <= 100);
    lt_free(c.bytes);
    drop_subject(&s);
}

/* Values of period `lag`, with some noise. */
static void make_periodic(struct subject *s, int64_t lag)
{
    struct dice d = {.seed = 8};
    for (int64_t i = 0; i < s->rows * s->pattern->planes; i++) {
        int64_t row = i / s->pattern->planes;
        s->values[i] = row < lag ? between(&d, -100000, 100000)
                                 : s->values[i - lag * s->pattern->planes] + between(&d, -3, 3);
    }
}

TEST(rows_of_every_short_period_come_back)
{
    for (int64_t lag = 2; lag <= 7; lag++) {
        struct dice d = {.seed = 9};
        struct subject s = plain_subject(400, 2, 0);
        make_periodic(&s, lag);
        look_at(&s, 0);
        s.pattern->lagged = true;
        add_networks(&d, s.pattern, LINEAR | VALUES, 300, lt_isa_best());
        struct coded c = encoded(&s);
        expect_rows(&s, &c);
        lt_free(c.bytes);
        drop_subject(&s);
    }
}

TEST(segments_have_lags_of_their_own)
{
    struct subject s = plain_subject(2 * LT_LAG_SEGMENT + 100, 1, 0);
    uint16_t lags[3];
    make_periodic(&s, 24);
    struct dice d = {.seed = 10};
    for (int64_t i = LT_LAG_SEGMENT; i < s.rows; i++)
        s.values[i] = i < LT_LAG_SEGMENT + 50 ? between(&d, -100000, 100000)
                                              : s.values[i - 50] + between(&d, -3, 3);
    look_at(&s, 0);
    s.pattern->lagged = true;
    lt_lags_find(s.pattern, s.values, s.rows, lags);
    T_INT(lags[0], 24);
    T_INT(lags[1], 50);
    struct coded c = encoded(&s);
    T_INT(c.bytes[0] | c.bytes[1] << 8, 24);
    T_INT(c.bytes[2] | c.bytes[3] << 8, 50);
    expect_rows(&s, &c);
    lt_free(c.bytes);
    drop_subject(&s);
}

/* Training asks for rows in any order; here all are alike, so that each seems to go on as others did. */
TEST(random_access_stays_within_the_rows)
{
    struct subject s = plain_subject(50, 3, 0);
    struct dice d = {.seed = 11};
    struct lt_surroundings *around;
    look_at(&s, 0);
    T_INT(lt_surroundings_create(&around, s.pattern, NULL), 0);
    lt_surroundings_begin(around, s.values, NULL, NULL);
    for (int i = 0; i < 1000; i++) {
        int64_t plane = below(&d, 3);
        lt_surroundings_at(around, i < 300 ? s.rows - 1 - i % 2 : below(&d, s.rows), plane);
        T_OK(lt_surroundings_features(around, plane));
    }
    lt_surroundings_free(&around);
    drop_subject(&s);
}

T_MAIN
