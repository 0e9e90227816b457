/* Packed files that are damaged, newer, or do not fit together. */
#include "t_pack.h"

/* ---- damage ------------------------------------------------------------- */

/* What a message must say when byte `at` of the small file is changed. */
static const char *part_of(size_t at, size_t size)
{
    static char name[100];
    const size_t model = pack_at(0) - LT_SECTION_BYTES - strlen(pack_model);
    if (at < LT_PREAMBLE_BYTES)
        return "first 24 bytes are damaged";
    if (at < model)
        return ": its description is damaged: its checksum does not match";
    if (at < pack_at(0))
        return "its model is damaged: its checksum does not match";
    for (int i = 0; i < PACK_BLOCKS; i++) {
        snprintf(name, sizeof name, "block %d (rows %d to %d) is damaged: its %s", i, i * PACK_ROWS,
                 (i + 1) * PACK_ROWS - 1,
                 at < pack_at(i) + LT_SECTION_BYTES ? "header is not as the index has it"
                                                    : "checksum does not match");
        if (at < pack_at(i + 1))
            return name;
    }
    if (at < pack_at(PACK_BLOCKS + 1))
        return "the copy of its description is damaged: its checksum does not match";
    return at < size - LT_TRAILER_BYTES ? "its index is damaged" : "last 32 bytes are damaged";
}

/* Opens a file and reads all of it; returns how many sentences that gave. */
static int read_all(const struct lt_bytes *file, struct lt_error *first)
{
    struct lt_pack *pack = NULL;
    int failures = lt_pack_open(&pack, "x.lpk", file, first) != 0;
    for (int i = 0; pack && i < PACK_BLOCKS; i++) {
        struct lt_pack_block block;
        if (lt_pack_block(pack, (size_t)i, &block, first))
            failures++;
        else
            T_OK(pack_block_is(pack, (size_t)i, i));
    }
    lt_pack_free(&pack);
    return failures;
}

TEST(every_change_of_a_byte_is_found_and_its_place_named)
{
    static const unsigned char masks[] = {1, 2, 4, 8, 16, 32, 64, 128, 255, 0x0f, 0xa5};
    struct lt_bytes file = pack_small();
    struct lt_error none = {0};
    T_INT(read_all(&file, &none), 0);
    for (size_t at = 0; at < file.size; at++)
        for (size_t m = 0; m < sizeof masks; m++) {
            struct lt_error err = {0};
            pack_bytes(&file)[at] ^= masks[m];
            T_INT(read_all(&file, &err), 1);
            T_INT(err.code, LT_ECONTENT);
            if (!strstr(err.text, part_of(at, file.size)))
                T_FAIL("byte %zu: %s, expected %s", at, err.text, part_of(at, file.size));
            pack_bytes(&file)[at] ^= masks[m];
        }
    T_INT(read_all(&file, &none), 0);
    lt_bytes_free(&file);
}

TEST(a_file_cut_off_anywhere_is_refused_with_one_sentence)
{
    struct lt_bytes file = pack_small();
    for (size_t size = 0; size < file.size; size++) {
        struct lt_bytes cut = pack_copy(file.data, size);
        struct lt_error err = {0};
        T_INT(read_all(&cut, &err), 1);
        T_INT(err.code, LT_ECONTENT);
        T_OK(strstr(err.text, size ? "its end is missing" : "is not a packed file"));
        lt_bytes_free(&cut);
    }
    lt_bytes_free(&file);
}

TEST(bytes_behind_the_end_are_refused)
{
    struct lt_bytes file = pack_small(), longer = pack_room(file.size + 40);
    struct lt_error err = {0};
    memcpy(pack_bytes(&longer), file.data, file.size);
    T_INT(read_all(&longer, &err), 1);
    lt_bytes_free(&longer);
    /* A file twice over ends in a whole trailer. */
    longer = pack_room(file.size * 2);
    memcpy(pack_bytes(&longer), file.data, file.size);
    memcpy(pack_bytes(&longer) + file.size, file.data, file.size);
    err = (struct lt_error){0};
    T_INT(read_all(&longer, &err), 1);
    T_OK(strstr(err.text, "something was inserted"));
    lt_bytes_free(&longer);
    lt_bytes_free(&file);
}

TEST(a_file_transferred_as_text_is_told_from_one_that_is_not_packed)
{
    struct lt_error err = {0};
    struct lt_bytes text = pack_copy("\x89LATPK\n and so on, with no carriage returns left", 45);
    T_INT(read_all(&text, &err), 1);
    T_ERR(err, "x.lpk: was changed on its way, as if it were text; transfer it anew, as a binary "
               "file");
    lt_bytes_free(&text);
    text = pack_copy("a,b,c\n1,2,3\n4,5,6\n7,8,9\n10,11,12\n", 33);
    err = (struct lt_error){0};
    T_INT(read_all(&text, &err), 1);
    T_ERR(err, "x.lpk: is not a packed file, such as latent pack writes");
    T_OK(!lt_pack_is(&text));
    lt_bytes_free(&text);
}

/* ---- versions and lies --------------------------------------------------- */

#define HEAD                                                                                       \
    {                                                                                              \
        "HEAD", "desc", 0, 0, 0, 0                                                                 \
    }
#define BLOCK(i, first, rows)                                                                      \
    {                                                                                              \
        "BLOK", "payload", i, first, rows, 0                                                       \
    }
#define COPY(blocks, rows)                                                                         \
    {                                                                                              \
        "COPY", "desc", blocks, 0, rows, 0                                                         \
    }
#define PARTS(...)                                                                                 \
    (struct part[]){__VA_ARGS__}, sizeof((struct part[]){__VA_ARGS__}) / sizeof(struct part)

/* Opens a file made by hand, in both ways. */
static int open_by_hand(const struct part *parts, size_t count, struct lt_preamble preamble,
                        struct lt_error *err)
{
    struct lt_pack *pack = NULL;
    struct lt_bytes file = pack_by_hand(&(struct by_hand){parts, count, preamble});
    *err = (struct lt_error){0};
    int rc = lt_pack_open(&pack, "x.lpk", &file, err);
    T_INT(rc, err->code);
    lt_pack_free(&pack);
    if (lt_pack_open_salvage(&pack, "x.lpk", &file, NULL) == 0)
        for (size_t i = 0; i < lt_pack_blocks(pack); i++) {
            struct lt_pack_block block;
            T_INT(lt_pack_block(pack, i, &block, NULL), 0);
            T_INT(block.payload.size, 7);
        }
    lt_pack_free(&pack);
    lt_bytes_free(&file);
    return rc;
}

static const struct lt_preamble today = {.major = LT_PACK_MAJOR};

TEST(parts_that_may_be_skipped_are_skipped_and_others_refused)
{
    struct lt_error err;
    struct part parts[] = {HEAD,           {"note", "for later", 0, 0, 0, 0}, BLOCK(0, 0, 3),
                           BLOCK(1, 3, 2), {"z999", "another", 0, 0, 0, 0},   COPY(2, 5)};
    T_INT(open_by_hand(parts, 6, today, &err), 0);
    parts[1].kind = "NOTE";
    T_INT(open_by_hand(parts, 6, today, &err), LT_ECONTENT);
    T_ERR(err, "x.lpk: has a part \"NOTE\", which this version of Latent does not know; use a "
               "newer one");
}

TEST(damage_to_a_part_that_is_skipped_is_found_as_well)
{
    struct part parts[] = {HEAD, {"note", "for later", 0, 0, 0, 0}, COPY(0, 0)};
    struct lt_bytes file = pack_by_hand(&(struct by_hand){parts, 3, today});
    struct lt_pack *pack = NULL;
    struct lt_error err = {0};
    pack_bytes(&file)[LT_PREAMBLE_BYTES + 2 * LT_SECTION_BYTES + 4 + 2] ^= 1;
    T_INT(lt_pack_open(&pack, "x.lpk", &file, &err), LT_ECONTENT);
    T_OK(strstr(err.text, "an additional part of it is damaged"));
    lt_bytes_free(&file);
}

TEST(newer_formats_are_refused_and_newer_minor_ones_read)
{
    struct lt_error err;
    T_INT(open_by_hand(PARTS(HEAD, BLOCK(0, 0, 3), COPY(1, 3)), today, &err), 0);
    T_INT(open_by_hand(PARTS(HEAD, COPY(0, 0)), (struct lt_preamble){.major = 1, .minor = 9}, &err),
          0);
    T_INT(open_by_hand(PARTS(HEAD, COPY(0, 0)), (struct lt_preamble){.major = 2}, &err),
          LT_ECONTENT);
    T_ERR(err,
          "x.lpk: has the format 2.0, and this version of Latent reads up to 1; use a newer one");
    T_INT(open_by_hand(PARTS(HEAD, COPY(0, 0)), (struct lt_preamble){.major = 1, .flags = 4}, &err),
          LT_ECONTENT);
    T_OK(strstr(err.text, "with further flags"));
}

TEST(an_index_that_lies_is_refused)
{
    struct lt_error err;
    const struct part wrong_copy = {"COPY", "else", 1, 0, 3, 0};
    const struct part far = {"BLOK", "payload", 0, 0, 3, 1000},
                      near = {"BLOK", "payload", 0, 0, 3, 5};
    const struct part model = {"MODL", "model", 0, 0, 0, 0},
                      numbered = {"note", "payload", 1, 0, 0, 0};
    const struct part huge = {"BLOK", "payload", 0, 0, 3, UINT64_C(1) << 31};
    struct {
        struct part parts[4];
    } lies[] = {
        {{HEAD, far, BLOCK(1, 3, 2), COPY(2, 5)}},                       /* beyond the file */
        {{HEAD, near, BLOCK(1, 3, 2), COPY(2, 5)}},                      /* parts that overlap */
        {{HEAD, huge, BLOCK(1, 3, 2), COPY(2, 5)}},                      /* beyond the limits */
        {{HEAD, BLOCK(0, 0, 3), BLOCK(1, 4, 2), COPY(2, 6)}},            /* a row left out */
        {{HEAD, BLOCK(0, 0, 3), BLOCK(1, 2, 2), COPY(2, 4)}},            /* a row twice */
        {{HEAD, BLOCK(0, 0, 3), BLOCK(2, 3, 2), COPY(2, 5)}},            /* a number left out */
        {{HEAD, BLOCK(0, 0, 3), BLOCK(0, 3, 2), COPY(2, 5)}},            /* a number twice */
        {{HEAD, BLOCK(0, 0, 0), BLOCK(1, 0, 2), COPY(2, 2)}},            /* no rows */
        {{HEAD, BLOCK(0, 1, 3), BLOCK(1, 4, 2), COPY(2, 6)}},            /* does not begin at 0 */
        {{HEAD, BLOCK(0, 0, 3), BLOCK(1, 3, 2), COPY(2, 6)}},            /* too many rows */
        {{HEAD, BLOCK(0, 0, 3), BLOCK(1, 3, 2), COPY(3, 5)}},            /* too many blocks */
        {{HEAD, BLOCK(0, 0, 3), BLOCK(1, 3, 2), BLOCK(2, 5, 1)}},        /* no copy */
        {{HEAD, BLOCK(0, 0, 3), COPY(1, 3), COPY(1, 3)}},                /* two copies */
        {{HEAD, BLOCK(0, 0, 3), COPY(1, 3), BLOCK(1, 3, 2)}},            /* the copy not last */
        {{HEAD, HEAD, BLOCK(0, 0, 3), COPY(1, 3)}},                      /* two descriptions */
        {{BLOCK(0, 0, 3), HEAD, BLOCK(1, 3, 2), COPY(2, 5)}},            /* a block before it */
        {{HEAD, BLOCK(0, 0, 3), model, COPY(1, 3)}},                     /* a model behind blocks */
        {{HEAD, model, model, COPY(0, 0)}},                              /* two models */
        {{HEAD, numbered, BLOCK(0, 0, 3), COPY(1, 3)}},                  /* fields that must be 0 */
        {{HEAD, BLOCK(0, 0, 3), {"INDX", "x", 1, 0, 3, 0}, COPY(1, 3)}}, /* an index inside */
        {{HEAD, model, BLOCK(0, 0, 3), wrong_copy}},                     /* another description */
        {{HEAD, BLOCK(0, 0, LT_PACK_BLOCK_ROWS_MAX + 1), model,
          COPY(1, 3)}}, /* beyond the limits */
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        if (open_by_hand(lies[i].parts, 4, today, &err) != LT_ECONTENT)
            T_FAIL("lie %zu was believed", i);
        T_OK(strstr(err.text, "its index is whole but does not fit the file"));
    }
    T_INT(open_by_hand(PARTS(HEAD, model, BLOCK(0, 0, 3), COPY(1, 3)), today, &err), 0);
}

TEST(a_trailer_that_points_elsewhere_is_refused)
{
    struct lt_bytes file = pack_small();
    unsigned char *end = pack_bytes(&file) + file.size - LT_TRAILER_BYTES;
    struct lt_trailer trailer;
    struct lt_error err;
    T_OK(lt_trailer_get(end, &trailer));
    const uint64_t index = trailer.index;
    const uint64_t lies[] = {0,         1,         index - 1, index + 1, pack_at(1), file.size - 1,
                             file.size, UINT64_MAX};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        trailer.index = lies[i];
        lt_trailer_put(end, &trailer);
        err = (struct lt_error){0};
        T_INT(read_all(&file, &err), 1);
        T_OK(strstr(err.text, "its index is damaged"));
    }
    trailer = (struct lt_trailer){index, file.size, trailer.identity + 1};
    lt_trailer_put(end, &trailer);
    err = (struct lt_error){0};
    T_INT(read_all(&file, &err), 1);
    T_OK(strstr(err.text, "exchanged"));
    lt_bytes_free(&file);
}

TEST(blocks_of_more_rows_than_memory_should_hold_are_refused)
{
    const struct part parts[] = {HEAD, BLOCK(0, 0, 10), BLOCK(1, 10, 1 << 20),
                                 COPY(2, 10 + (1 << 20))};
    struct lt_bytes file = pack_by_hand(&(struct by_hand){parts, 4, today});
    struct lt_pack *pack = NULL;
    struct lt_error err = {0};
    T_INT(lt_pack_open(&pack, "x.lpk", &file, NULL), 0);
    T_INT(lt_pack_limit(pack, 0, NULL), 0);
    T_INT(lt_pack_limit(pack, 1024, NULL), 0);
    T_INT(lt_pack_limit(pack, UINT64_MAX, NULL), LT_ECONTENT);
    T_INT(lt_pack_limit(pack, 1025, &err), LT_ECONTENT);
    T_ERR(err, "x.lpk: block 1 says that it has 1048576 rows of 1025 bytes, which is more than a "
               "block may hold; the file was not written by Latent");
    lt_pack_free(&pack);
    lt_bytes_free(&file);
}

T_MAIN
