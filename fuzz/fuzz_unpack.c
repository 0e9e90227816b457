/* Unpacking in memory: of packed files, whose checksums are set right first, and of other bytes as the pieces
 * of one (u16 size of the planes, u16 size of the pattern, these two, then a block's integers). */
#include "app/packhead.h"
#include "app/packunit.h"
#include "base/mem.h"
#include "codec/block.h"
#include "fuzz_reseal.h"

enum { VALUES_MOST = 5000, ROWS = 7 };

static int take_rows(void *context, const struct lt_packrows *rows, struct lt_error *err)
{
    int64_t *next = context;
    (void)err;
    if (rows->rows < 1 || rows->first < *next)
        abort();
    *next = rows->first + rows->rows;
    return 0;
}

/* Files of so many rows would take too long. */
static bool is_small(const struct lt_packfile *file)
{
    uint64_t planes = (uint64_t)lt_planes_count(file->head.planes);
    return lt_pack_rows(file->pack) <= VALUES_MOST / planes;
}

static void unpack_file(const uint8_t *bytes, size_t size, bool salvage)
{
    struct lt_packfile file;
    struct lt_bytes copy = {.size = size};
    struct lt_error err = {0};
    int64_t next = 0;
    if (lt_alloc(&copy.owned, size, 1, "fuzz", NULL))
        return;
    memcpy(copy.owned, bytes, size);
    copy.data = copy.owned;
    reseal(copy.owned, size);
    if (lt_packfile_take(&file, "fuzz", &copy, NULL, salvage, LT_ISA_BASE, &err)) {
        if (!err.text[0] || file.pattern || file.pack)
            abort();
        return;
    }
    struct lt_packunit unit = {.file = &file,
                               .to = (int64_t)lt_pack_rows(file.pack),
                               .threads = 1,
                               .stage = "fuzz",
                               .take = take_rows,
                               .context = &next};
    if (is_small(&file) && unit.to > 0 && lt_pack_blocks(file.pack) > 0 &&
        lt_packunit_run(&unit, &err) && !err.text[0])
        abort();
    lt_packfile_close(&file);
}

static void unmap(const struct lt_planes *planes, const int64_t *values, const uint8_t *bytes,
                  size_t size)
{
    int groups;
    struct lt_error err = {0};
    struct lt_growable text = {0};
    struct lt_block_group *rows = NULL;
    const struct lt_group *group = lt_planes_groups(planes, &groups);
    if (!group)
        lt_planes_unmap_lines(planes, values, 0, ROWS, bytes, size, &text, &err);
    else if (!lt_packgroups_create(&rows, group, groups, ROWS, NULL))
        lt_planes_unmap(planes, values, ROWS, bytes, size, rows, &err);
    lt_packgroups_free(&rows, groups);
    lt_growable_free(&text);
}

static void decode(const struct lt_planes *planes, const struct lt_pattern *pattern,
                   const uint8_t *bytes, size_t size)
{
    struct lt_blockcoder *coder = NULL;
    size_t count = (size_t)(ROWS * pattern->planes);
    int64_t *values = NULL;
    int32_t *guess = NULL;
    if (!lt_blockcoder_create(&coder, pattern, NULL) &&
        !lt_alloc(&values, count, sizeof *values, "fuzz", NULL) &&
        !lt_alloc(&guess, count, sizeof *guess, "fuzz", NULL) &&
        !lt_block_decode(coder, bytes, size, ROWS, guess, values, NULL) &&
        pattern->planes == lt_planes_count(planes))
        unmap(planes, values, bytes, size);
    lt_blockcoder_free(&coder);
    lt_free(values);
    lt_free(guess);
}

static void unpack_pieces(const uint8_t *bytes, size_t size)
{
    struct lt_planes *planes = NULL;
    struct lt_pattern *pattern = NULL;
    struct lt_error err = {0};
    size_t a = size < 4 ? 0 : lt_le_get16(bytes), b = size < 4 ? 0 : lt_le_get16(bytes + 2);
    if (size < 4 || a + b > size - 4)
        return;
    const uint8_t *head = bytes + 4;
    if (lt_planes_read(&planes, "fuzz", head, a, &err) ? planes || !err.text[0] : !planes)
        abort();
    err = (struct lt_error){0};
    if (lt_pattern_read(&pattern, head + a, b, LT_ISA_BASE, &err) ? pattern || !err.text[0]
                                                                  : !pattern)
        abort();
    if (planes && pattern && pattern->planes <= VALUES_MOST / ROWS)
        decode(planes, pattern, head + a + b, size - 4 - a - b);
    lt_planes_free(&planes);
    lt_pattern_free(&pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (lt_pack_is(&(struct lt_bytes){.data = bytes, .size = size})) {
        unpack_file(bytes, size, false);
        unpack_file(bytes, size, true);
    } else {
        unpack_pieces(bytes, size);
    }
    return 0;
}
