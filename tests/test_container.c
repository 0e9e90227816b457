/* Packed files, their outer form: written, read, and refused where anything does not fit. */
#include "t_alloc.h"
#include "t_pack.h"
#include <sys/mman.h>

/* ---- the checksum ------------------------------------------------------- */

static uint32_t slow_crc(const unsigned char *p, size_t size)
{
    uint32_t crc = 0xffffffff;
    for (; size; p++, size--) {
        crc ^= *p;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    return ~crc;
}

TEST(the_checksum_is_crc32c)
{
    /* RFC 3720, B.4 */
    unsigned char bytes[300] = {0};
    T_INT(lt_crc32c(0, "123456789", 9), 0xe3069283);
    T_INT(lt_crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 255, 32);
    T_INT(lt_crc32c(0, bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 300; i++)
        bytes[i] = (unsigned char)(i * i + i / 7);
    for (size_t size = 0; size < 290; size++)
        T_INT(lt_crc32c(0, bytes + size % 8, size), slow_crc(bytes + size % 8, size));
}

TEST(the_checksum_can_be_taken_in_pieces)
{
    const char text[] = "one piece of text after the other";
    for (size_t cut = 0; cut < sizeof text; cut++)
        T_INT(lt_crc32c(lt_crc32c(0, text, cut), text + cut, sizeof text - cut),
              lt_crc32c(0, text, sizeof text));
}

/* ---- round trips -------------------------------------------------------- */

enum { LARGE = 3000000 };

static unsigned char *large_payload(void)
{
    unsigned char *bytes = malloc(LARGE);
    T_OK(bytes);
    for (uint32_t i = 0, x = 1; i < LARGE; i++)
        bytes[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
    return bytes;
}

static void expect_block(const struct lt_pack *pack, size_t i, uint64_t first, uint64_t rows,
                         const void *bytes, size_t size)
{
    struct lt_pack_block block;
    T_INT(lt_pack_block(pack, i, &block, NULL), 0);
    T_INT(block.number, i);
    T_INT(block.first, first);
    T_INT(block.rows, rows);
    T_INT(block.payload.size, size);
    T_OK(memcmp(block.payload.data, bytes, size) == 0);
}

TEST(what_is_written_is_read_whatever_its_size)
{
    struct lt_pack_writer *w = NULL;
    struct lt_pack *pack = NULL;
    struct lt_bytes file;
    struct lt_pack_payload model;
    const char *path = t_tmp("sizes.lpk");
    unsigned char *large = large_payload();
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    T_INT(lt_pack_writer_head(w, "h", 1, NULL), 0);
    T_INT(lt_pack_writer_model(w, large, LARGE / 3, NULL), 0);
    T_INT(lt_pack_writer_block(w, 1, "", 0, NULL), 0);
    uint64_t before = lt_pack_writer_size(w);
    T_INT(lt_pack_writer_block(w, 4096, large, LARGE, NULL), 0);
    T_INT(lt_pack_writer_size(w), before + LARGE + LT_PACK_BLOCK_COST);
    T_INT(lt_pack_writer_block(w, LT_PACK_BLOCK_ROWS_MAX, "xy", 2, NULL), 0);
    uint64_t size = lt_pack_writer_size(w);
    T_INT(lt_pack_writer_commit(&w, NULL), 0);
    T_OK(!w);
    T_INT(lt_bytes_read(&file, path, NULL), 0);
    T_INT(file.size, size);
    T_OK(lt_pack_is(&file));
    T_INT(lt_pack_open(&pack, path, &file, NULL), 0);
    T_INT(lt_pack_head(pack).size, 1);
    T_INT(lt_pack_head(pack).data[0], 'h');
    T_INT(lt_pack_model(pack, &model, NULL), 0);
    T_INT(model.size, LARGE / 3);
    T_OK(memcmp(model.data, large, model.size) == 0);
    T_INT(lt_pack_blocks(pack), 3);
    T_INT(lt_pack_rows(pack), 4097 + LT_PACK_BLOCK_ROWS_MAX);
    for (int pass = 0; pass < 2; pass++) { /* released bytes can be read again */
        expect_block(pack, 0, 0, 1, "", 0);
        expect_block(pack, 1, 1, 4096, large, LARGE);
        expect_block(pack, 2, 4097, LT_PACK_BLOCK_ROWS_MAX, "xy", 2);
        for (size_t i = 0; i < 3; i++)
            lt_pack_release(pack, i);
    }
    lt_pack_free(&pack);
    lt_bytes_free(&file);
    free(large);
}

TEST(a_file_may_have_no_rows_no_model_and_an_empty_description)
{
    struct lt_pack_writer *w = NULL;
    struct lt_pack *pack = NULL;
    struct lt_bytes file;
    struct lt_pack_payload model;
    const char *path = t_tmp("empty.lpk");
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    T_INT(lt_pack_writer_head(w, NULL, 0, NULL), 0);
    T_INT(lt_pack_writer_commit(&w, NULL), 0);
    T_INT(lt_bytes_read(&file, path, NULL), 0);
    for (int pass = 0; pass < 2; pass++) {
        T_INT((pass ? lt_pack_open_salvage : lt_pack_open)(&pack, path, &file, NULL), 0);
        T_INT(lt_pack_blocks(pack), 0);
        T_INT(lt_pack_rows(pack), 0);
        T_INT(lt_pack_find(pack, 0), 0);
        T_OK(lt_pack_head(pack).data && !lt_pack_head(pack).size);
        T_INT(lt_pack_model(pack, &model, NULL), 0);
        T_OK(!model.data);
        lt_pack_free(&pack);
    }
    lt_bytes_free(&file);
}

TEST(a_pipe_gets_the_same_bytes_as_a_file)
{
    struct lt_pack_writer *w = NULL;
    struct lt_bytes small = pack_small();
    int ends[2];
    char path[40];
    unsigned char got[4000];
    T_INT(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    T_INT(lt_pack_writer_head(w, pack_head, strlen(pack_head), NULL), 0);
    T_INT(lt_pack_writer_model(w, pack_model, strlen(pack_model), NULL), 0);
    for (int i = 0; i < PACK_BLOCKS; i++)
        T_INT(lt_pack_writer_block(w, PACK_ROWS, pack_blocks[i], strlen(pack_blocks[i]), NULL), 0);
    T_INT(lt_pack_writer_commit(&w, NULL), 0);
    T_INT(read(ends[0], got, sizeof got), small.size);
    T_OK(memcmp(got, small.data, small.size) == 0);
    close(ends[0]);
    close(ends[1]);
    lt_bytes_free(&small);
}

TEST(rows_are_found_in_their_blocks)
{
    struct lt_bytes file = pack_small();
    struct lt_pack *pack = NULL;
    T_INT(lt_pack_open(&pack, "x", &file, NULL), 0);
    for (uint64_t row = 0; row < PACK_BLOCKS * PACK_ROWS + 3; row++)
        T_INT(lt_pack_find(pack, row),
              row / PACK_ROWS < PACK_BLOCKS ? row / PACK_ROWS : PACK_BLOCKS);
    T_INT(lt_pack_find(pack, UINT64_MAX), PACK_BLOCKS);
    lt_pack_free(&pack);
    lt_bytes_free(&file);
}

TEST(a_writer_that_fails_or_is_aborted_leaves_no_file)
{
    struct lt_pack_writer *w = NULL;
    struct lt_error err = {0};
    const char *path = t_tmp("aborted.lpk");
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    T_INT(lt_pack_writer_head(w, "h", 1, NULL), 0);
    lt_pack_writer_abort(&w);
    lt_pack_writer_abort(&w);
    T_OK(access(path, F_OK) != 0);
    T_INT(lt_pack_writer_create(&w, "/no/such/folder/x", &err), LT_EFAIL);
    T_OK(!w && err.text[0]);
    if (access("/dev/full", W_OK))
        return;
    err = (struct lt_error){0};
    T_INT(lt_pack_writer_create(&w, "/dev/full", &err), 0);
    T_INT(lt_pack_writer_head(w, "h", 1, &err), 0);
    T_INT(lt_pack_writer_commit(&w, &err), LT_EFAIL);
    T_OK(!w && strstr(err.text, "writing failed"));
}

TEST(the_writer_refuses_what_no_reader_takes)
{
    struct lt_pack_writer *w = NULL;
    struct lt_error err = {0};
    size_t size = (size_t)LT_PACK_PAYLOAD_MAX + 1;
    /* Address space only: it is refused before it is looked at. */
    void *huge = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    T_OK(huge != MAP_FAILED);
    T_INT(lt_pack_writer_create(&w, t_tmp("huge.lpk"), NULL), 0);
    T_INT(lt_pack_writer_head(w, "h", 1, NULL), 0);
    T_INT(lt_pack_writer_block(w, 1, huge, size, &err), LT_EFAIL);
    T_OK(strstr(err.text, "use smaller blocks"));
    err = (struct lt_error){0};
    T_INT(lt_pack_writer_block(w, LT_PACK_BLOCK_ROWS_MAX + 1, "x", 1, &err), LT_EFAIL);
    T_OK(strstr(err.text, "a block of 2147483649 rows is too large"));
    lt_pack_writer_abort(&w);
    munmap(huge, size);
}

TEST(no_failed_allocation_does_harm)
{
    struct lt_bytes file = pack_small();
    const char *path = t_tmp("alloc.lpk");
    T_EACH_ALLOCATION
    {
        struct lt_pack *pack = NULL;
        struct lt_pack_writer *w = NULL;
        struct lt_error err = {0};
        int rc = lt_pack_writer_create(&w, path, &err);
        if (!rc && !(rc = lt_pack_writer_head(w, "h", 1, &err)) &&
            !(rc = lt_pack_writer_block(w, 1, "b", 1, &err)))
            rc = lt_pack_writer_commit(&w, &err);
        lt_pack_writer_abort(&w);
        for (int pass = 0; !rc && pass < 2; pass++) {
            rc = (pass ? lt_pack_open_salvage : lt_pack_open)(&pack, "x", &file, &err);
            T_OK((rc == 0) == (pack != NULL));
            lt_pack_free(&pack);
        }
        T_INT(rc, err.code);
        T_OK(!rc || strstr(err.text, "out of memory"));
    }
    lt_bytes_free(&file);
}

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
    struct lt_bytes file = pack_small(), longer = pack_copy(file.data, file.size + 40);
    struct lt_error err = {0};
    T_INT(read_all(&longer, &err), 1);
    lt_bytes_free(&longer);
    /* A file twice over ends in a whole trailer. */
    longer = pack_copy(file.data, file.size * 2);
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
