/* Packed files that were damaged, cut off, or made to do harm. */
#include "codec/packlayout.h"
#include "t_packed_blocks.h"

/* ---- a file and its parts ---- */

static struct array data;
static struct lt_bytes whole; /* the packed file */
static struct lt_pack_block part[BLOCKS];
static const char *back, *damaged; /* where unpacked rows go, and where changed files are */

static void make(void)
{
    struct lt_pack *pack = NULL;
    drawn = 0;
    data = blocks_array();
    back = back ? back : t_tmp("back.npy");
    damaged = damaged ? damaged : t_tmp("damaged.lpk");
    T_INT(lt_bytes_read(&whole, make_blocks(data.path, NULL), NULL), 0);
    T_INT(lt_pack_open(&pack, "x.lpk", &whole, NULL), 0);
    T_INT(lt_pack_blocks(pack), BLOCKS);
    for (size_t i = 0; i < BLOCKS; i++)
        part[i] = lt_pack_peek(pack, i);
    lt_pack_free(&pack);
}

static void drop(void)
{
    lt_bytes_free(&whole);
    lt_free(data.cells);
}

static size_t end_of(size_t block)
{
    return (size_t)(part[block].payload.data - whole.data) + part[block].payload.size;
}

/* The block whose payload has this byte; -1: none has. */
static int block_at(size_t at)
{
    for (int i = 0; i < BLOCKS; i++)
        if (at < end_of((size_t)i) && at >= end_of((size_t)i) - part[i].payload.size)
            return i;
    return -1;
}

/* What unpacking says. */
static int unpack(const char *file, bool salvage, struct lt_error *err)
{
    struct lt_unpack_options o = {
        .file = file, .path = back, .rows = {0, -1}, .salvage = salvage, .threads = 1};
    unlink(o.path);
    *err = (struct lt_error){0};
    return lt_unpack(&o, NULL, err);
}

/* The file with a byte changed. */
static const char *change(size_t at, int with)
{
    FILE *f = fopen(damaged, "wb");
    T_OK(f && fwrite(whole.data, 1, at, f) == at && fputc(whole.data[at] ^ with, f) != EOF);
    T_OK(fwrite(whole.data + at + 1, 1, whole.size - at - 1, f) == whole.size - at - 1);
    T_OK(fclose(f) == 0);
    return damaged;
}

/* Back come the rows of all blocks but one; -1: of all. */
static void expect_salvaged(int lost)
{
    struct array kept = make_array(LT_F64, ROWS, COLUMNS);
    kept.size = 0;
    for (int i = 0; i < BLOCKS; i++) {
        size_t size = (size_t)part[i].rows * COLUMNS * 8;
        if (i != lost)
            memcpy(kept.cells + kept.size, data.cells + part[i].first * COLUMNS * 8, size);
        kept.size += i != lost ? size : 0;
    }
    expect_cells(back, kept.cells, kept.size);
    lt_free(kept.cells);
}

TEST(a_whole_file_comes_back)
{
    struct lt_error err;
    make();
    T_INT(unpack(t_tmp("blocks.lpk"), false, &err), 0);
    expect_salvaged(-1);
    T_INT(unpack(t_tmp("blocks.lpk"), true, &err), 0);
    expect_salvaged(-1);
    drop();
}

/* ---- damage ---- */

TEST(every_changed_byte_is_told_and_no_file_is_left)
{
    struct lt_error err;
    make();
    for (size_t at = 0; at < whole.size; at += 7) {
        char where[60] = "damaged.lpk";
        if (block_at(at) >= 0)
            snprintf(where, sizeof where, "damaged.lpk: block %d (rows ", block_at(at));
        T_INT(unpack(change(at, at % 2 ? 0x01 : 0xff), false, &err), LT_ECONTENT);
        if (!strstr(err.text, where))
            T_FAIL("byte %zu: %s", at, err.text);
        T_INT(size_of_file(back), -1);
    }
    drop();
}

TEST(salvage_gives_all_other_rows)
{
    struct lt_error err;
    make();
    for (int i = 0; i < BLOCKS; i++) {
        const char *path = change(end_of((size_t)i) - 1 - part[i].payload.size / 3, 0x40);
        T_INT(unpack(path, true, &err), LT_ENO);
        T_OK(strstr(err.text, "some rows are lost, the others are written"));
        expect_salvaged(i);
    }
    T_INT(unpack(change(whole.size - 3, 1), true, &err), 0); /* of the trailer, no row is lost */
    expect_salvaged(-1);
    drop();
}

TEST(a_file_cut_off_behind_a_block_gives_the_blocks_before)
{
    struct lt_error err;
    make();
    for (int i = 0; i < BLOCKS; i++) {
        const char *path = t_file("cut.lpk", whole.data, end_of((size_t)i));
        T_INT(unpack(path, false, &err), LT_ECONTENT);
        T_OK(strstr(err.text, "cut.lpk"));
        T_INT(unpack(path, true, &err), LT_ENO);
        size_t rows = (size_t)(part[i].first + part[i].rows);
        expect_cells(back, data.cells, rows * COLUMNS * 8);
    }
    drop();
}

/* ---- claims ---- */

static void claim_rows(struct maker *m)
{
    m->head.block_rows = (int64_t)1 << 27;
}
static void claim_more_rows(struct maker *m)
{
    m->head.block_rows = (int64_t)1 << 31;
}
static void claim_guesses(struct maker *m)
{
    m->pattern->guessed = true;
}
static void claim_fewer_rows(struct maker *m)
{
    m->head.block_rows = BLOCK_ROWS - 1;
}
static void claim_stream(struct maker *m)
{
    m->head.stream = true;
}

TEST(what_a_file_claims_is_checked_before_it_is_believed)
{
    static const struct claim {
        void (*make)(struct maker *m);
        const char *says;
    } claims[] = {
        {claim_rows, "which is more than any that is packed"},
        {claim_more_rows, "which is more than any that is packed"},
        {claim_guesses, "its model has no code, or one that is not used"},
        {claim_fewer_rows, "block 0 (rows 0 to 19) cannot be unpacked: a block has 20 rows"},
        {claim_stream, "blocks.lpk"},
    };
    drawn = 0;
    data = blocks_array();
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        struct lt_error err;
        T_INT(unpack(make_blocks(data.path, claims[i].make), false, &err), LT_ECONTENT);
        if (!strstr(err.text, claims[i].says))
            T_FAIL("claim %zu: %s", i, err.text);
    }
    lt_free(data.cells);
}

T_MAIN
