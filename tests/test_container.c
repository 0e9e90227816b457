/* Packed files, their outer form: written and read. */
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

T_MAIN
