/* What blocks are made of: tables of the logistic scale, the range coder, numbers, and packed bytes. */
#include "codec/logistic.h"
#include "codec/number.h"
#include "codec/packedbytes.h"
#include "model/sha256.h"
#include "t_block.h"

/* ---- the logistic scale ---- */

static struct lt_logistic tables;

TEST(squash_is_what_it_says)
{
    lt_logistic_init(&tables);
    for (int s = -LT_STRETCH_MOST; s <= LT_STRETCH_MOST; s++) {
        double want = 65536 / (1 + exp(-s / 256.0));
        T_NEAR(lt_squash(&tables, s), want, 1.01);
        T_OK(lt_squash(&tables, s) >= 1 && lt_squash(&tables, s) <= 65535);
        T_OK(s == -LT_STRETCH_MOST || lt_squash(&tables, s) >= lt_squash(&tables, s - 1));
    }
    T_INT(lt_squash(&tables, 0), 32768);
    T_INT(lt_squash(&tables, INT64_MIN), lt_squash(&tables, -LT_STRETCH_MOST));
    T_INT(lt_squash(&tables, INT64_MAX), lt_squash(&tables, LT_STRETCH_MOST));
}

TEST(stretch_is_its_inverse)
{
    lt_logistic_init(&tables);
    for (int p = 1; p < 65536; p++) {
        int s = lt_stretch(&tables, p), edge = p < 32768 ? p : 65536 - p;
        double want = 256 * log((double)p / (65536 - p));
        bool fine = edge < LT_STRETCH_FINE;
        /* half a step of squash, and one of s; where one entry serves 16, half of these */
        double step =
            fine ? 256 * log(edge / (edge - 0.5)) : 256.0 * 65536 / edge / (65536 - edge) * 9;
        T_NEAR(s, want, 1.01 + step);
        T_OK(p == 1 || s >= lt_stretch(&tables, p - 1) - 2); /* where the two tables meet */
        T_OK(s >= -LT_STRETCH_MOST && s <= LT_STRETCH_MOST);
    }
}

static const char *hash_of(const void *bytes, size_t size, char out[LT_SHA256_HEX])
{
    struct lt_sha256 hash;
    lt_sha256_init(&hash);
    lt_sha256_update(&hash, bytes, size);
    lt_sha256_hex(&hash, out);
    return out;
}

TEST(the_tables_are_the_same_everywhere)
{
    char text[LT_SHA256_HEX];
    lt_logistic_init(&tables);
    T_STR(hash_of(tables.squash, sizeof tables.squash, text),
          "a9d52ac8eecee55ea6f283d2c578fcfb3b78a07586e26ff76d0d9235b44163b6");
    T_STR(hash_of(tables.fine, sizeof tables.fine, text),
          "563e063fd1de943486f1bad5ee3102a9945e70f9190a8c3d523b72339dd8f7d3");
    T_STR(hash_of(tables.coarse, sizeof tables.coarse, text),
          "011c4f45e04c3e78a821d7c6379371f77a8125d064ccf52825e900524deb5964");
}

/* ---- the range coder ---- */

TEST(bits_of_any_probability_come_back)
{
    static unsigned char bytes[20000];
    struct dice d = {.seed = 1};
    uint32_t one[5000];
    int bit[5000];
    struct lt_range r = lt_range_encoder(bytes, sizeof bytes);
    for (int i = 0; i < 5000; i++) {
        one[i] = (uint32_t)(below(&d, 3) ? between(&d, 1, 65535) : below(&d, 2) ? 1 : 65535);
        bit[i] = below(&d, 65536) < one[i] || below(&d, 100) == 0;
        T_INT(lt_range_bit(&r, bit[i], one[i]), bit[i]);
    }
    size_t size = lt_range_finish(&r);
    T_OK(size > 0);
    r = lt_range_decoder(bytes, size);
    for (int i = 0; i < 5000; i++)
        T_INT(lt_range_bit(&r, 0, one[i]), bit[i]);
}

/* ---- numbers ---- */

enum { NUMBERS = 64 * 8 + 600 };

/* Every power of two and its neighbours, on both sides; all small ones. */
static int fill_numbers(int64_t *n)
{
    int count = 0;
    for (int i = -300; i < 300; i++)
        n[count++] = i;
    for (int k = 0; k < 64; k++)
        for (int i = 0; i < 4; i++) {
            uint64_t v = ((uint64_t)1 << k) + (uint64_t)i - 2;
            n[count++] = (int64_t)v;
            n[count++] = (int64_t)-v;
        }
    return count;
}

static struct lt_view view_of(int fine)
{
    return (struct lt_view){.contexts = 3, .hash = {1, 2, 3}, .fine = fine, .set = {0, 1}};
}

TEST(numbers_of_every_size_come_back)
{
    static int64_t numbers[NUMBERS];
    static unsigned char bytes[40000];
    int count = fill_numbers(numbers);
    struct lt_mixing *m;
    T_INT(count, NUMBERS);
    T_INT(lt_mixing_create(&m, 12, 2, LT_ISA_BASE, NULL), 0);
    for (int fine = 0; fine <= LT_FINE_MOST; fine += fine < 5 || fine > 46 ? 1 : 7) {
        struct lt_view view = view_of(fine);
        struct lt_range r = lt_range_encoder(bytes, sizeof bytes);
        lt_mixing_reset(m);
        for (int i = 0; i < count; i++)
            T_INT(lt_mixing_number(m, &r, &view, numbers[i]), numbers[i]);
        size_t size = lt_range_finish(&r);
        T_OK(size > 0);
        r = lt_range_decoder(bytes, size);
        lt_mixing_reset(m);
        for (int i = 0; i < count; i++)
            T_INT(lt_mixing_number(m, &r, &view, 0), numbers[i]);
    }
    lt_mixing_free(&m);
}

TEST(any_bytes_are_numbers)
{
    unsigned char bytes[3000];
    struct dice d = {.seed = 2};
    struct lt_mixing *m;
    T_INT(lt_mixing_create(&m, 12, 2, LT_ISA_BASE, NULL), 0);
    for (int i = 0; i < 5; i++) {
        struct lt_view view = view_of((int)between(&d, 0, LT_FINE_MOST));
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (unsigned char)(i == 0 ? 0 : i == 1 ? 255 : below(&d, 256));
        struct lt_range r = lt_range_decoder(bytes, sizeof bytes);
        for (int k = 0; k < 3000; k++)
            lt_mixing_number(m, &r, &view, 0);
    }
    lt_mixing_free(&m);
}

/* ---- packed bytes ---- */

enum kind { ZEROS, TEXT, RANDOM, KINDS };

static void make_bytes(unsigned char *bytes, size_t n, enum kind kind)
{
    static const char text[] = "the quick brown fox jumps over the lazy dog; ";
    struct dice d = {.seed = n};
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(kind == ZEROS  ? 0
                                   : kind == TEXT ? text[(i * i / 50 + i) % (sizeof text - 1)]
                                                  : below(&d, 256));
}

static void expect_packed(size_t n, enum kind kind, bool portable)
{
    unsigned char bytes[5000];
    struct lt_growable packed = {0}, back = {0};
    struct lt_error err = {0};
    make_bytes(bytes, n, kind);
    T_INT(lt_growable_put(&packed, "before", 6, &err), 0);
    T_INT(lt_growable_put(&back, "so far", 6, &err), 0);
    T_INT(lt_packedbytes_put(&packed, bytes, n, portable, &err), 0);
    T_OK(packed.used <= 6 + n + 4);
    T_INT(lt_packedbytes_get(&back, packed.bytes + 6, packed.used - 6, n, &err), 0);
    T_INT(back.used, n + 6);
    T_OK(memcmp(back.bytes, "so far", 6) == 0 && memcmp(back.bytes + 6, bytes, n) == 0);
    if (n > 0)
        T_INT(lt_packedbytes_get(&back, packed.bytes + 6, packed.used - 6, n - 1, &err),
              LT_ECONTENT);
    T_INT(back.used, n + 6);
    lt_growable_free(&packed);
    lt_growable_free(&back);
}

TEST(packed_bytes_come_back)
{
    for (size_t n = 0; n <= 5000; n += n < 6 ? 1 : n < 300 ? 97 : 1175)
        for (int kind = 0; kind < KINDS; kind++)
            for (int portable = 0; portable < 2; portable++)
                expect_packed(n, (enum kind)kind, portable);
}

TEST(damaged_packed_bytes_do_no_harm)
{
    unsigned char bytes[400];
    for (int i = 0; i < 4; i++) {
        struct lt_growable packed = {0}, back = {0};
        make_bytes(bytes, sizeof bytes, i / 2 ? TEXT : RANDOM);
        T_INT(lt_packedbytes_put(&packed, bytes, sizeof bytes, i % 2, NULL), 0);
        for (size_t at = 0; at < packed.used; at += at < 8 ? 1 : 1 + packed.used / 16) {
            unsigned char *copy;
            size_t size = i % 2 ? packed.used : at;
            T_INT(lt_alloc(&copy, size, 1, "bytes", NULL), 0);
            memcpy(copy, packed.bytes, size);
            if (at < size)
                copy[at] ^= 0x81;
            back.used = 0;
            struct lt_error err = {0};
            int rc = lt_packedbytes_get(&back, copy, size, 1000, &err);
            T_OK(rc ? err.text[0] && back.used == 0 : back.used <= 1000);
            lt_free(copy);
        }
        lt_growable_free(&packed);
        lt_growable_free(&back);
    }
}

T_MAIN
