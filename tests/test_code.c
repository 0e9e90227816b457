/* Codes: the same guesses on every instruction set, no trust in bytes, guesses that are within the planes;
 * autoencoders that become codes; and the levels that images are brought to. */
#include "app/packcode.h"
#include "app/packlevels.h"
#include "app/packweigh.h"
#include "base/mem.h"
#include "base/rng.h"
#include "codec/block.h"
#include "t.h"

enum { DIMS = 5, SIDE = 6, PLANES = SIDE * SIDE, ROWS = 40 };

static int32_t draw(const struct lt_stream *s, uint32_t *at, int32_t most)
{
    return (int32_t)lt_below(s, (*at)++, 2 * (uint64_t)most + 1) - most;
}

static struct lt_pattern *pixels(int64_t rows, const int64_t *values)
{
    struct lt_error err = {0};
    struct lt_pattern *p;
    struct lt_look *look;
    int32_t levels = 256;
    T_INT(lt_pattern_create(&p, PLANES, SIDE, SIDE, 1, &err), 0);
    T_INT(lt_look_create(&look, p, &levels, &err), 0);
    lt_look_at(look, values, rows);
    lt_look_finish(look);
    lt_look_free(&look);
    return p;
}

static void fill_layer(struct lt_intlayer *l, const struct lt_stream *s, uint32_t *at)
{
    l->shift = 8;
    for (int32_t o = 0; o < l->outputs; o++) {
        l->biases[o] = draw(s, at, 1 << 16);
        for (int32_t i = 0; i < l->inputs; i++)
            l->weights[o * l->stride + i] = (int16_t)draw(s, at, 200);
    }
}

static struct lt_code *random_code(enum lt_isa isa)
{
    struct lt_error err = {0};
    struct lt_code *c;
    const struct lt_stream s = lt_stream(7, LT_RNG_TEST, 0, 0);
    const int64_t widths[] = {DIMS, 24, PLANES};
    uint32_t at = 0;
    T_INT(lt_code_create(&c, DIMS, PLANES, &err), 0);
    T_INT(lt_intnet_create(&c->decoder, 2, widths, isa, &err), 0);
    for (int k = 0; k < 2; k++)
        fill_layer(&c->decoder->layer[k], &s, &at);
    T_INT(lt_intnet_seal(c->decoder, &err), 0);
    for (int k = 0; k < DIMS; k++) {
        c->scale[k] = 20000 + 9000 * k;
        c->pattern->series[k] = (struct lt_series){
            .number = true, .common = -1, .low = -90, .high = 90, .spread = 5000};
    }
    return c;
}

static void random_rows(int64_t *q, int64_t rows, int32_t most)
{
    const struct lt_stream s = lt_stream(8, LT_RNG_TEST, 0, 0);
    uint32_t at = 0;
    for (int64_t i = 0; i < rows * DIMS; i++)
        q[i] = draw(&s, &at, most);
}

static void guess_of(const struct lt_code *c, const struct lt_pattern *p, const int64_t *q,
                     int32_t *guess)
{
    int16_t room[DIMS + 64];
    T_OK(lt_intnet_room(c->decoder) <= 64);
    lt_code_guess(c, p, q, ROWS, room, guess);
}

static struct lt_pattern *any_pixels(void)
{
    static int64_t values[2 * PLANES];
    for (int i = 0; i < 2 * PLANES; i++)
        values[i] = i * 7 % 256;
    return pixels(2, values);
}

TEST(a_code_reads_back_and_guesses_the_same_on_every_cpu)
{
    static int32_t want[ROWS * PLANES], got[ROWS * PLANES];
    int64_t q[ROWS * DIMS];
    struct lt_error err = {0};
    struct lt_growable bytes = {0};
    struct lt_pattern *p = any_pixels();
    struct lt_code *c = random_code(LT_ISA_BASE), *back;
    random_rows(q, ROWS, 60);
    guess_of(c, p, q, want);
    T_INT(lt_code_write(c, &bytes, &err), 0);
    int tried = 0;
    for (enum lt_isa isa = LT_ISA_BASE; isa < LT_ISAS; isa++) {
        if (lt_code_read(&back, p, bytes.bytes, bytes.used, isa, &err))
            continue; /* this CPU lacks it */
        guess_of(back, p, q, got);
        T_INT(memcmp(want, got, sizeof want), 0);
        lt_code_free(&back);
        tried++;
    }
    T_OK(tried >= 1);
    int different = 0;
    for (int i = 1; i < ROWS * PLANES; i++)
        different += want[i] != want[i - 1];
    T_OK(different > ROWS * PLANES / 2);
    lt_growable_free(&bytes);
    lt_code_free(&c);
    lt_pattern_free(&p);
}

TEST(guesses_are_within_their_planes_whatever_the_code)
{
    static int32_t guess[ROWS * PLANES];
    int64_t q[ROWS * DIMS];
    struct lt_pattern *p = any_pixels();
    struct lt_code *c = random_code(lt_isa_best());
    random_rows(q, ROWS, 3000);
    q[0] = INT64_MAX;
    q[1] = INT64_MIN;
    guess_of(c, p, q, guess);
    for (int i = 0; i < ROWS * PLANES; i++) {
        int64_t v = lt_guess_nearest(guess[i]);
        T_OK(v >= 0 && v <= p->series[0].high);
    }
    lt_code_free(&c);
    lt_pattern_free(&p);
}

TEST(damaged_codes_are_refused_or_still_guess_within)
{
    static int32_t guess[ROWS * PLANES];
    int64_t q[ROWS * DIMS];
    struct lt_error err = {0};
    struct lt_growable bytes = {0};
    struct lt_pattern *p = any_pixels();
    struct lt_code *c = random_code(LT_ISA_BASE), *back;
    random_rows(q, ROWS, 60);
    T_INT(lt_code_write(c, &bytes, &err), 0);
    for (size_t n = 0; n < bytes.used; n++)
        T_INT(lt_code_read(&back, p, bytes.bytes, n, LT_ISA_BASE, &err), LT_ECONTENT);
    int refused = 0;
    for (size_t i = 0; i < bytes.used; i++) {
        bytes.bytes[i] ^= 0x91;
        int rc = lt_code_read(&back, p, bytes.bytes, bytes.used, LT_ISA_BASE, &err);
        T_OK(rc == 0 || rc == LT_ECONTENT);
        refused += rc != 0;
        if (!rc) {
            guess_of(back, p, q, guess);
            T_OK(lt_guess_nearest(guess[ROWS]) <= p->series[0].high);
        }
        lt_code_free(&back);
        bytes.bytes[i] ^= 0x91;
    }
    T_OK(refused >= 10); /* the rest are weights */
    struct lt_pattern *other;
    T_INT(lt_pattern_create(&other, DIMS - 1, 0, 0, 0, &err), 0);
    T_INT(lt_code_read(&back, other, bytes.bytes, bytes.used, LT_ISA_BASE, &err), LT_ECONTENT);
    lt_pattern_free(&other);
    lt_growable_free(&bytes);
    lt_code_free(&c);
    lt_pattern_free(&p);
}

/* ---- made from rows ---- */

enum { MANY = 600 };

/* Waves of two parameters and a little noise. */
static void make_waves(int64_t *values)
{
    const struct lt_stream s = lt_stream(9, LT_RNG_TEST, 0, 0);
    for (int64_t r = 0; r < MANY; r++) {
        double a = (double)lt_uniform(&s, (uint32_t)(2 * r)) * 2;
        double b = (double)lt_uniform(&s, (uint32_t)(2 * r + 1)) * 2;
        for (int j = 0; j < PLANES; j++) {
            double noise = (double)lt_uniform(&s, (uint32_t)(2 * MANY + r * PLANES + j)) * 6;
            values[r * PLANES + j] = (int64_t)(125 + 60 * sin(a * 3 + j / 6 * 0.5) +
                                               55 * cos(b * 3 + j % 6 * 0.5) + noise);
        }
    }
}

static struct lt_packcode *code_of(struct lt_pattern *p, const int64_t *values,
                                   struct lt_packcode_told *told)
{
    static uint16_t x[MANY * PLANES];
    struct lt_error err = {0};
    struct lt_packcode *code;
    struct lt_packcode_rows rows = {.pattern = p, .x = x, .rows = MANY};
    struct lt_packcode_settings settings = {
        .dims = 6, .bits = 30, .steps = 250, .seed = 1, .backend = "ref", .threads = 1};
    lt_packcode_scale(p, values, MANY, x);
    T_INT(lt_packcode_make(&code, &rows, &settings, told, &err), 0);
    return code;
}

TEST(a_code_tells_most_of_rows_that_have_few_parameters)
{
    static int64_t values[MANY * PLANES], q[MANY * 6], back[MANY * 6];
    static int32_t guess[MANY * PLANES];
    static unsigned char bytes[1 << 16];
    struct lt_error err = {0};
    struct lt_packcode_told told;
    struct lt_blockcoder *coder;
    make_waves(values);
    struct lt_pattern *p = pixels(MANY, values);
    struct lt_packcode *code = code_of(p, values, &told);
    T_INT(lt_packcode_guess(code, p, values, MANY, q, guess, &err), 0);
    double mean = 0, about = 0, left = 0;
    for (int i = 0; i < MANY * PLANES; i++)
        mean += (double)values[i] / (MANY * PLANES);
    for (int i = 0; i < MANY * PLANES; i++) {
        double d = (double)values[i] - (double)lt_guess_nearest(guess[i]);
        about += ((double)values[i] - mean) * ((double)values[i] - mean);
        left += d * d;
    }
    T_NOTE("%.1f %% of the variance is left, for %.1f bits", 100 * left / about, told.bits);
    T_OK(left < 0.15 * about);
    T_OK(told.bits > 2 && told.bits <= 31);
    size_t n = 0;
    T_INT(lt_blockcoder_create(&coder, code->code->pattern, &err), 0);
    T_INT(lt_block_encode(coder, q, NULL, MANY, bytes, sizeof bytes, &n, &err), 0);
    T_OK(n > 0 && (double)n * 8 < 1.5 * told.bits * MANY + 4000);
    T_INT(lt_block_decode(coder, bytes, n, MANY, NULL, back, &err), 0);
    T_INT(memcmp(q, back, (size_t)(MANY * code->code->dims) * sizeof *q), 0);
    lt_blockcoder_free(&coder);
    lt_packcode_free(&code);
    lt_pattern_free(&p);
}

TEST(a_code_is_weighed_against_contexts)
{
    static int64_t values[MANY * PLANES];
    struct lt_error err = {0};
    struct lt_packcode_told told;
    struct lt_packweighed w;
    make_waves(values);
    struct lt_pattern *p = pixels(MANY, values);
    struct lt_packcode *code = code_of(p, values, &told);
    struct lt_packweigh weigh = {.code = code, .pattern = p, .values = values, .rows = MANY};
    T_INT(lt_packweigh(&w, &weigh, &err), 0);
    T_NOTE("code %.3f, contexts %.3f, both %.3f", w.code_only, w.context_only, w.both);
    T_OK(w.code_only > 1 && w.code_only < 8.5);
    T_OK(w.context_only > 1 && w.context_only < 8.5);
    T_OK(w.both < w.code_only + 0.1);
    T_OK(w.decoder > 100);
    T_OK(!p->guessed && !p->alone);
    lt_packcode_free(&code);
    lt_pattern_free(&p);
}

/* ---- levels ---- */

static void count_some(int64_t *seen)
{
    for (int v = 0; v < LT_LEVELS; v++)
        seen[v] = v % 5 == 0 ? 0 : 3 + v * v * 31 % 97 + (v == 0 || v == 251 ? 9000 : 0);
}

/* Errors and entropy of what values become, from their definitions. */
static void measure(const int64_t *seen, const unsigned char *become, double *error, double *bits)
{
    double all = 0, at[LT_LEVELS] = {0};
    *error = *bits = 0;
    for (int v = 0; v < LT_LEVELS; v++) {
        all += (double)seen[v];
        at[become[v]] += (double)seen[v];
        *error += (double)seen[v] * (v - become[v]) * (v - become[v]);
    }
    for (int l = 0; l < LT_LEVELS; l++)
        *bits -= at[l] > 0 ? at[l] / all * log2(at[l] / all) : 0;
    *error /= all;
}

TEST(levels_are_no_worse_than_even_ones)
{
    int64_t seen[LT_LEVELS];
    struct lt_levels l;
    count_some(seen);
    for (double lambda = 1; lambda < 2000; lambda *= 3) {
        double error, bits;
        lt_levels_best(&l, seen, lambda);
        measure(seen, l.become, &error, &bits);
        T_NEAR(l.error, error, 1e-6);
        T_NEAR(l.entropy, bits, 1e-6);
        for (int step = 2; step < 128; step += 3) {
            unsigned char even[LT_LEVELS];
            double even_error, even_bits;
            for (int v = 0; v < LT_LEVELS; v++)
                even[v] =
                    (unsigned char)(v / step * step + step / 2 > 255 ? 255
                                                                     : v / step * step + step / 2);
            measure(seen, even, &even_error, &even_bits);
            T_OK(error + lambda * bits <= even_error + lambda * even_bits + 1e-9);
        }
    }
}

TEST(levels_keep_what_was_asked_for)
{
    int64_t seen[LT_LEVELS];
    struct lt_levels l;
    count_some(seen);
    for (double psnr = 12; psnr < 60; psnr += 6) {
        lt_levels_within(&l, seen, lt_psnr_error(psnr));
        T_OK(lt_error_psnr(l.error) >= psnr);
        T_OK(psnr > 50 || lt_error_psnr(l.error) < psnr + 5);
    }
    for (double bits = 0.2; bits < 8; bits += 0.7) {
        lt_levels_below(&l, seen, bits);
        T_OK(l.entropy <= bits);
    }
    T_OK(l.error == 0); /* they have less */
}

T_MAIN
