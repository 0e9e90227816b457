/* Packing by general means, and the sizes that others make. */
#include "codec/general.h"
#include "codec/sizes.h"

#include "base/mem.h"
#include "base/rng.h"
#include "t.h"

enum { MANY = 280000 }; /* more than a piece */

/* Bytes that pack about three to one: words of a few letters. */
static unsigned char *text_of(size_t n)
{
    unsigned char *bytes = NULL;
    T_INT(lt_alloc(&bytes, n, 1, "text", NULL), 0);
    struct lt_stream s = lt_stream(7, LT_RNG_BUILTIN, 0, 0);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)("aeinst  "[lt_below(&s, (uint32_t)(4 * i), 8)]);
    return bytes;
}

static unsigned char *noise_of(size_t n)
{
    unsigned char *bytes = NULL;
    T_INT(lt_alloc(&bytes, n, 1, "noise", NULL), 0);
    struct lt_stream s = lt_stream(8, LT_RNG_BUILTIN, 0, 0);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)lt_below(&s, (uint32_t)(4 * i), 256);
    return bytes;
}

/* What a stream handed on. */
struct kept {
    unsigned char *bytes;
    size_t size, room;
    int pieces;
    bool refuse;
};

static int keep(void *context, const void *bytes, size_t n, struct lt_error *err)
{
    struct kept *k = context;
    if (k->refuse)
        return lt_fail(err, LT_EFAIL, "no room");
    T_OK(n > 0 && n <= LT_GENERAL_PIECE);
    T_INT(k->size % LT_GENERAL_PIECE, 0); /* all pieces but the last are whole */
    T_INT(lt_grow(&k->bytes, &k->room, k->size + n, 1, "kept", err), 0);
    memcpy(k->bytes + k->size, bytes, n);
    k->size += n;
    k->pieces++;
    return LT_OK;
}

/* Feeds a stream in steps of `step` bytes. */
static int feed(struct lt_general_stream *s, const unsigned char *bytes, size_t n, size_t step,
                struct lt_error *err)
{
    int rc = LT_OK;
    for (size_t at = 0; at < n && !rc; at += step)
        rc = lt_general_feed(s, bytes + at, n - at < step ? n - at : step, err);
    return rc;
}

static int run(bool packs, uint64_t total, const unsigned char *bytes, size_t n, size_t step,
               struct kept *out, struct lt_error *err)
{
    struct lt_general_stream *s = NULL;
    const struct lt_pieces to = {keep, out};
    int rc = packs ? lt_general_packer(&s, total, &to, "x", err)
                   : lt_general_unpacker(&s, total, &to, "x", err);
    if (!rc)
        rc = feed(s, bytes, n, step, err);
    if (!rc)
        rc = lt_general_finish(s, err);
    lt_general_free(&s);
    return rc;
}

TEST(blocks_come_back_and_never_grow_by_more_than_a_byte)
{
    const size_t sizes[] = {0, 1, 2, 100, 70000};
    unsigned char *text = text_of(70000), *noise = noise_of(70000), *packed = NULL, back[70000];
    size_t room = 0, size = 0;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++) {
            const unsigned char *bytes = k ? noise : text;
            T_INT(lt_general_pack(&packed, &room, &size, bytes, sizes[i], "x", NULL), 0);
            T_OK(size <= LT_GENERAL_MOST(sizes[i]));
            if (i == 4 && !k && lt_general_has(LT_GENERAL_ZSTD))
                T_OK(size < sizes[i] / 2 && packed[0] == LT_GENERAL_ZSTD);
            if (k)
                T_INT(packed[0], LT_GENERAL_STORED);
            T_INT(lt_general_unpack(back, sizes[i], packed, size, "x", NULL), 0);
            T_INT(memcmp(back, bytes, sizes[i]), 0);
        }
    lt_free(packed);
    lt_free(noise);
    lt_free(text);
}

TEST(a_block_of_another_size_is_refused)
{
    struct lt_error err = {0};
    unsigned char *text = text_of(1000), *packed = NULL, back[1001];
    size_t room = 0, size = 0;
    T_INT(lt_general_pack(&packed, &room, &size, text, 1000, "x", NULL), 0);
    T_INT(lt_general_unpack(back, 1001, packed, size, "x", &err), LT_ECONTENT);
    T_STR(err.text, "x: does not unpack to the 1001 bytes it should");
    T_INT(lt_general_unpack(back, 999, packed, size, "x", NULL), LT_ECONTENT);
    T_INT(lt_general_unpack(back, 1000, packed, size - 1, "x", NULL), LT_ECONTENT);
    T_INT(lt_general_unpack(back, 1000, packed, 0, "x", NULL), LT_ECONTENT);
    lt_free(packed);
    lt_free(text);
}

TEST(methods_that_are_not_there_are_named)
{
    struct lt_error err = {0};
    char back[1];
    T_INT(lt_general_unpack(back, 1, "\x07z", 2, "block 3", &err), LT_ECONTENT);
    T_STR(err.text, "block 3: is packed by method 7, which Latent does not know");
    T_OK(!lt_general_has(LT_GENERAL_METHODS));
    if (lt_general_has(LT_GENERAL_ZSTD))
        return;
    err = (struct lt_error){0};
    T_INT(lt_general_unpack(back, 1, "\x01z", 2, "block 3", &err), LT_EFAIL);
    T_STR(err.text, "block 3: is packed with zstd, which this build lacks; use a build of Latent "
                    "with libzstd");
}

TEST(a_stream_comes_back_however_it_is_cut)
{
    unsigned char *text = text_of(MANY), *noise = noise_of(MANY);
    const size_t steps[] = {MANY, 4096, 77777};
    for (int k = 0; k < 2; k++) {
        const unsigned char *bytes = k ? noise : text;
        struct kept first = {0};
        T_INT(run(true, MANY, bytes, MANY, MANY, &first, NULL), 0);
        T_OK(first.size < MANY + 4096);
        for (int i = 0; i < 3; i++) {
            struct kept packed = {0}, back = {0};
            T_INT(run(true, MANY, bytes, MANY, steps[i], &packed, NULL), 0);
            T_INT(packed.size, first.size);
            T_INT(memcmp(packed.bytes, first.bytes, first.size), 0);
            T_INT(run(false, MANY, first.bytes, first.size, steps[i], &back, NULL), 0);
            T_INT(back.size, MANY);
            T_INT(back.pieces, (MANY + LT_GENERAL_PIECE - 1) / LT_GENERAL_PIECE);
            T_INT(memcmp(back.bytes, bytes, MANY), 0);
            lt_free(packed.bytes);
            lt_free(back.bytes);
        }
        lt_free(first.bytes);
    }
    lt_free(noise);
    lt_free(text);
}

TEST(streams_of_no_and_of_few_bytes_come_back)
{
    for (size_t n = 0; n < 4; n++) {
        struct kept packed = {0}, back = {0};
        T_INT(run(true, n, (const unsigned char *)"abc", n, 1, &packed, NULL), 0);
        T_INT(run(false, n, packed.bytes, packed.size, 1, &back, NULL), 0);
        T_INT(back.size, n);
        T_OK(n == 0 || memcmp(back.bytes, "abc", n) == 0);
        lt_free(packed.bytes);
        lt_free(back.bytes);
    }
}

TEST(a_stream_that_is_not_whole_is_refused)
{
    unsigned char *text = text_of(5000);
    struct lt_error err = {0};
    struct kept out = {0}, packed = {0};
    T_INT(run(true, 5001, text, 5000, 5000, &out, &err), LT_EFAIL);
    T_STR(err.text, "x: 5000 bytes came of the 5001 announced");
    err = (struct lt_error){0};
    T_INT(run(true, 4999, text, 5000, 5000, &out, &err), LT_EFAIL);
    T_STR(err.text, "x: more than the 4999 bytes announced");
    T_INT(run(true, 5000, text, 5000, 5000, &packed, NULL), 0);
    for (int more = -1; more < 2; more += 2) { /* a byte less, and a byte more, than expected */
        out.size = 0;
        T_INT(run(false, (uint64_t)(5000 + more), packed.bytes, packed.size, 100, &out, NULL),
              LT_ECONTENT);
        T_OK(out.size <= 5000);
    }
    out.size = 0;
    T_INT(run(false, 5000, packed.bytes, packed.size - 1, 100, &out, NULL), LT_ECONTENT);
    T_INT(run(false, 5000, packed.bytes, 0, 100, &out, NULL), LT_ECONTENT);
    T_INT(lt_grow(&packed.bytes, &packed.room, packed.size + 1, 1, "x", NULL), 0);
    packed.bytes[packed.size] = packed.bytes[0];
    T_INT(run(false, 5000, packed.bytes, packed.size + 1, 100, &out, NULL), LT_ECONTENT);
    lt_free(out.bytes);
    lt_free(packed.bytes);
    lt_free(text);
}

TEST(a_failure_of_who_takes_the_pieces_is_passed_on)
{
    unsigned char *noise = noise_of(MANY);
    struct kept out = {.refuse = true};
    struct lt_error err = {0};
    T_INT(run(true, MANY, noise, MANY, 1000, &out, &err), LT_EFAIL);
    T_STR(err.text, "no room");
    lt_free(noise);
}

/* ---- sizes --------------------------------------------------------------- */

static struct lt_size size_of(enum lt_size_method method, const unsigned char *bytes, size_t n,
                              uint64_t memory)
{
    struct lt_sizing *s = NULL;
    struct lt_size out = {0};
    T_INT(lt_sizing_create(&s, method, n, memory, "x", NULL), 0);
    for (size_t at = 0; at < n; at += 1000)
        T_INT(lt_sizing_feed(s, bytes + at, n - at < 1000 ? n - at : 1000, NULL), 0);
    T_INT(lt_sizing_finish(s, &out, NULL), 0);
    lt_sizing_free(&s);
    return out;
}

/* What a program makes of a file; -1 when it is not installed. */
static long size_by(const char *program, const char *file)
{
    char command[2 * T_MAX_PATH];
    long size = -1;
    snprintf(command, sizeof command, "command -v %.*s >/dev/null && %s -c '%s' | wc -c",
             (int)strcspn(program, " "), program, program, file);
    FILE *p = popen(command, "r");
    if (p && fscanf(p, "%ld", &size) != 1)
        size = -1;
    if (p)
        pclose(p);
    return size;
}

TEST(sizes_are_those_of_the_programs)
{
    unsigned char *text = text_of(MANY);
    const char *file = t_tmp("text");
    FILE *f = fopen(file, "wb");
    T_OK(f && fwrite(text, 1, MANY, f) == MANY && fclose(f) == 0);
    const char *const programs[] = {"gzip -9n", "zstd -19q --no-check", "xz -9e"};
    for (int m = 0; m < LT_SIZE_METHODS; m++) {
        struct lt_size size = size_of((enum lt_size_method)m, text, MANY, (uint64_t)1 << 30);
        const long other = size.bytes < 0 ? -1 : size_by(programs[m], file);
        T_INT(size.reduced, 0);
        if (other < 0)
            continue;
        /* zstd and xz are those libraries; gzip's own code finds other matches, now and then */
        if (labs(size.bytes - other) > (m == LT_SIZE_GZIP ? other / 500 : 16))
            T_FAIL("%s: %ld, not %ld", lt_size_name((enum lt_size_method)m), (long)size.bytes,
                   other);
    }
    lt_free(text);
}

#ifdef LT_HAVE_LZMA
TEST(xz_looks_back_less_far_where_memory_is_short_and_says_so)
{
    const size_t n = 9 << 18; /* 2.25 MiB: the second half says what the first did */
    unsigned char *noise = noise_of(n);
    memcpy(noise + n / 2, noise, n / 2);
    struct lt_size far = size_of(LT_SIZE_XZ, noise, n, (uint64_t)400 << 20);
    struct lt_size near = size_of(LT_SIZE_XZ, noise, n, (uint64_t)20 << 20);
    T_INT(far.reduced, 0);
    T_INT(near.reduced, 1 << 20);
    T_OK(far.bytes < (int64_t)n * 6 / 10 && near.bytes > (int64_t)n * 9 / 10);
    lt_free(noise);
}
#endif

TEST(what_cannot_be_measured_says_so)
{
    struct lt_sizing *s = NULL;
    struct lt_size out = {0};
    struct lt_error err = {0};
    const bool present[] = {
#ifdef LT_HAVE_ZLIB
        [LT_SIZE_GZIP] = true,
#endif
#ifdef LT_HAVE_LZMA
        [LT_SIZE_XZ] = true,
#endif
        [LT_SIZE_ZSTD] = lt_general_has(LT_GENERAL_ZSTD),
    };
    for (int m = 0; m < (int)(sizeof present / sizeof *present); m++)
        T_INT(size_of((enum lt_size_method)m, (const unsigned char *)"x", 1, 1 << 30).bytes < 0,
              !present[m]);
    T_INT(lt_sizing_create(&s, LT_SIZE_GZIP, 3, 0, "x", NULL), 0);
    T_INT(lt_sizing_feed(s, "ab", 2, NULL), 0);
    T_INT(lt_sizing_finish(s, &out, &err), LT_EFAIL);
    T_STR(err.text, "x: 2 bytes came of the 3 announced");
    lt_sizing_free(&s);
}

T_MAIN
