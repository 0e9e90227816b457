/* Packed files, in memory, as they are and with the checksums set right first, so that what lies behind
 * them is reached.  Whatever opens must hold together. */
#include "fuzz_reseal.h"

/* Every block lies in the file, in order, behind the one before; its first row finds it. */
static void look_at_blocks(const struct lt_pack *pack, const struct lt_bytes *file, bool salvaged)
{
    uint64_t number = 0, row = 0;
    for (size_t i = 0; i < lt_pack_blocks(pack); i++) {
        struct lt_error err = {0};
        struct lt_pack_block b = lt_pack_peek(pack, i), read;
        if (b.number < number || b.first < row || !b.rows || b.payload.data < file->data ||
            b.payload.size > (size_t)(file->data + file->size - b.payload.data))
            abort();
        if (!salvaged && (b.number != i || b.first != row))
            abort();
        if (lt_pack_find(pack, b.first) != i || lt_pack_find(pack, b.first + b.rows - 1) != i)
            abort();
        int rc = lt_pack_block(pack, i, &read, &err);
        if (rc ? salvaged || !err.text[0] : read.payload.data != b.payload.data)
            abort(); /* salvage gives whole ones only */
        number = b.number + 1;
        row = b.first + b.rows;
        lt_pack_release(pack, i);
    }
    if (lt_pack_rows(pack) < row || lt_pack_find(pack, row) != lt_pack_blocks(pack))
        abort();
}

/* The blocks that were lost and those that were found are all there are, each once. */
static void look_at_losses(const struct lt_pack *pack)
{
    size_t losses, found = 0;
    const struct lt_pack_lost *lost = lt_pack_lost(pack, &losses);
    uint64_t number = 0, row = 0;
    for (size_t i = 0; i < losses; i++) {
        char name[LT_PACK_NAME];
        for (; found < lt_pack_blocks(pack) && lt_pack_peek(pack, found).number < lost[i].number;
             found++) {
            number++;
            row += lt_pack_peek(pack, found).rows;
        }
        if (lost[i].number != number || lost[i].first != row || !*lt_pack_lost_name(&lost[i], name))
            abort();
        number += lost[i].blocks;
        row += lost[i].rows;
    }
}

static void look(const struct lt_bytes *file)
{
    struct lt_pack *pack = NULL;
    struct lt_error err = {0};
    bool whole = lt_pack_open(&pack, "fuzz", file, &err) == LT_OK;
    if (whole != !err.text[0] || whole != (pack != NULL))
        abort();
    size_t blocks = whole ? lt_pack_blocks(pack) : 0;
    if (whole)
        look_at_blocks(pack, file, false);
    lt_pack_free(&pack);
    err = (struct lt_error){0};
    if (lt_pack_open_salvage(&pack, "fuzz", file, &err)) {
        if (whole || pack || !err.text[0])
            abort(); /* what opens can be salvaged */
        return;
    }
    look_at_blocks(pack, file, true);
    look_at_losses(pack);
    if (whole && lt_pack_blocks(pack) > blocks)
        abort();
    lt_pack_free(&pack);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned char *file = malloc(size ? size : 1);
    if (!file)
        return 0;
    memcpy(file, bytes, size);
    look(&(struct lt_bytes){.data = file, .size = size});
    reseal(file, size);
    look(&(struct lt_bytes){.data = file, .size = size});
    free(file);
    return 0;
}
