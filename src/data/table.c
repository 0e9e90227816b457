#include "data/table_ops.h"

#include "base/mem.h"
#include "data/number.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LT_HASH_ROWS = 256 }; /* rows fetched at once while hashing */

int lt_table_init(void *out, size_t size, const struct lt_table_ops *ops, const char *name,
                  int64_t rows, int64_t columns, int groups, bool with_names, struct lt_error *err)
{
    struct lt_table *table = NULL;
    int rc = lt_alloc(&table, 1, size, name, err);
    if (rc)
        goto out;
    table->ops = ops;
    atomic_init(&table->holders, 1);
    table->rows = rows;
    table->columns = columns;
    if ((rc = lt_strdup(&table->name, name, err)) ||
        (rc = lt_alloc(&table->group, (size_t)groups, sizeof *table->group, name, err)))
        goto out;
    table->groups = groups;
    if (with_names)
        rc = lt_alloc(&table->names, (size_t)columns, sizeof *table->names, name, err);
out:
    if (rc)
        lt_table_free(&table);
    memcpy(out, &table, sizeof table);
    return rc;
}

int lt_table_rename(struct lt_table *table, const char *name, struct lt_error *err)
{
    char *copy = NULL;
    int rc = lt_strdup(&copy, name, err);
    if (rc)
        return rc;
    lt_free(table->name);
    table->name = copy;
    return LT_OK;
}

struct lt_table *lt_table_keep(struct lt_table *table)
{
    atomic_fetch_add(&table->holders, 1);
    return table;
}

void lt_table_free(struct lt_table **table)
{
    struct lt_table *t = *table;
    *table = NULL;
    if (!t || atomic_fetch_sub(&t->holders, 1) > 1)
        return;
    t->ops->release(t);
    for (int64_t j = 0; t->names && j < t->columns; j++)
        lt_free(t->names[j]);
    lt_free(t->names);
    lt_free(t->group);
    lt_free(t->name);
    lt_free(t);
}

int64_t lt_table_rows(const struct lt_table *table)
{
    return table->rows;
}

int64_t lt_table_columns(const struct lt_table *table)
{
    return table->columns;
}

int lt_table_groups(const struct lt_table *table)
{
    return table->groups;
}

const struct lt_group *lt_table_group(const struct lt_table *table, int i)
{
    return &table->group[i];
}

int lt_table_group_of(const struct lt_table *table, int64_t column, int64_t *offset)
{
    int low = 0, high = table->groups - 1;
    while (low < high) {
        int middle = low + (high - low + 1) / 2;
        if (table->group[middle].first <= column)
            low = middle;
        else
            high = middle - 1;
    }
    if (offset)
        *offset = column - table->group[low].first;
    return low;
}

const char *lt_table_name(const struct lt_table *table)
{
    return table->name;
}

bool lt_table_has_names(const struct lt_table *table)
{
    return table->names != NULL;
}

const char *lt_table_column_name(const struct lt_table *table, int64_t column, char *buf,
                                 size_t size)
{
    if (table->names)
        return table->names[column];
    snprintf(buf, size, "column %" PRId64, column);
    return buf;
}

int64_t lt_table_find(const struct lt_table *table, const char *name)
{
    if (table->names) {
        for (int64_t j = 0; j < table->columns; j++)
            if (strcmp(table->names[j], name) == 0)
                return j;
        return -1;
    }
    if (*name < '0' || *name > '9')
        return -1;
    char *end = NULL;
    long long j = strtoll(name, &end, 10);
    return *end == '\0' && j < table->columns ? (int64_t)j : -1;
}

bool lt_table_image(const struct lt_table *table, int64_t *h, int64_t *w, int64_t *c)
{
    const struct lt_group *g = &table->group[0];
    int64_t channels = g->shape_rank == 3 ? g->shape[2] : 1;
    if (table->groups != 1 || g->shape_rank < 2 || g->shape_rank > 3 || channels > 4)
        return false;
    if (h)
        *h = g->shape[0];
    if (w)
        *w = g->shape[1];
    if (c)
        *c = channels;
    return true;
}

int32_t lt_table_text_count(const struct lt_table *table, int64_t column)
{
    return table->ops->text_count ? table->ops->text_count(table, column) : 0;
}

const char *lt_table_text(const struct lt_table *table, int64_t column, int32_t code)
{
    return table->ops->text ? table->ops->text(table, column, code) : NULL;
}

const char *lt_table_where(const struct lt_table *table, int64_t row, int64_t column, char *buf,
                           size_t size)
{
    table->ops->where(table, row, column, buf, size);
    return buf;
}

bool lt_table_row_file(const struct lt_table *table, int64_t row, struct lt_row_file *out)
{
    return table->ops->row_file && table->ops->row_file(table, row, out);
}

bool lt_table_is_resampled(const struct lt_table *table)
{
    struct lt_row_file file;
    return lt_table_row_file(table, 0, &file) && file.height > 0;
}

void lt_table_row_image(const struct lt_table *table, int64_t row, int64_t *h, int64_t *w)
{
    *h = table->group[0].shape[0];
    *w = table->group[0].shape[1];
    if (table->ops->row_image)
        table->ops->row_image(table, row, h, w);
}

bool lt_table_is_mixed(const struct lt_table *table)
{
    int64_t h, w;
    bool mixed = false;
    for (int64_t row = 0; row < table->rows && table->ops->row_image && !mixed; row++) {
        lt_table_row_image(table, row, &h, &w);
        mixed = h != table->group[0].shape[0] || w != table->group[0].shape[1];
    }
    return mixed && lt_table_image(table, NULL, NULL, NULL);
}

void lt_table_release(const struct lt_table *table, int64_t begin, int64_t n)
{
    if (table->ops->let_go && n > 0)
        table->ops->let_go(table, begin, n);
}

void lt_table_where_array(const struct lt_table *table, int64_t row, int64_t column, char *buf,
                          size_t size)
{
    if (column < 0)
        snprintf(buf, size, "%s: row %" PRId64, table->name, row);
    else if (table->names)
        snprintf(buf, size, "%s: row %" PRId64 ", column \"%s\"", table->name, row,
                 table->names[column]);
    else
        snprintf(buf, size, "%s: row %" PRId64 ", column %" PRId64, table->name, row, column);
}

/* ---- blocks ------------------------------------------------------------ */

int lt_block_init_arrays(struct lt_block *block, const struct lt_table *table, struct lt_error *err)
{
    for (int i = 0; i < block->groups; i++) {
        const struct lt_group *g = &table->group[i];
        size_t cells = 0;
        if (!lt_size_mul((size_t)block->capacity, (size_t)g->width, &cells))
            return lt_fail_memory(err, table->name, SIZE_MAX);
        int rc = lt_alloc(&block->group[i].values, cells, lt_type_size(g->type), table->name, err);
        if (!rc && g->missing)
            rc = lt_alloc(&block->group[i].valid, cells / 8 + 1, 1, table->name, err);
        if (rc)
            return rc;
    }
    return LT_OK;
}

void lt_block_free_arrays(struct lt_block *block)
{
    for (int i = 0; i < block->groups; i++) {
        lt_free(block->group[i].values);
        lt_free(block->group[i].valid);
    }
}

/* The block together with the table it was made for, whose kind frees it. */
struct owned_block {
    struct lt_block block;
    const struct lt_table_ops *ops;
};

int lt_block_create(struct lt_block **out, const struct lt_table *table, int64_t capacity,
                    struct lt_error *err)
{
    *out = NULL;
    struct owned_block *owned = NULL;
    int rc = lt_alloc(&owned, 1, sizeof *owned, table->name, err);
    if (rc)
        return rc;
    struct lt_block *block = &owned->block;
    owned->ops = table->ops;
    block->capacity = capacity;
    rc = lt_alloc(&block->group, (size_t)table->groups, sizeof *block->group, table->name, err);
    if (!rc) {
        block->groups = table->groups;
        rc = table->ops->block_init ? table->ops->block_init(block, table, err)
                                    : lt_block_init_arrays(block, table, err);
    }
    if (rc)
        lt_block_free(&block);
    *out = block;
    return rc;
}

void lt_block_free(struct lt_block **block)
{
    if (!*block)
        return;
    struct owned_block *owned = (struct owned_block *)(void *)*block;
    if (owned->ops->block_done)
        owned->ops->block_done(*block);
    else
        lt_block_free_arrays(*block);
    lt_free((*block)->group);
    lt_free(owned);
    *block = NULL;
}

static int check_room(const struct lt_table *table, int64_t n, const struct lt_block *block,
                      struct lt_error *err)
{
    if (n < 0 || n > block->capacity)
        return lt_fail(err, LT_EUSAGE, "%s: %" PRId64 " rows asked for with room for %" PRId64,
                       table->name, n, block->capacity);
    return LT_OK;
}

static int fail_row(const struct lt_table *table, int64_t row, struct lt_error *err)
{
    return lt_fail(err, LT_EUSAGE, "%s: there is no row %" PRId64 "; rows are 0 to %" PRId64,
                   table->name, row, table->rows - 1);
}

int lt_table_fetch(const struct lt_table *table, const int64_t *rows, int64_t n,
                   struct lt_block *block, struct lt_error *err)
{
    int rc = check_room(table, n, block, err);
    if (rc)
        return rc;
    for (int64_t i = 0; i < n; i++)
        if (rows[i] < 0 || rows[i] >= table->rows)
            return fail_row(table, rows[i], err);
    block->rows = n;
    return table->ops->fetch(table, rows, 0, n, block, err);
}

int lt_table_range(const struct lt_table *table, int64_t begin, int64_t n, struct lt_block *block,
                   struct lt_error *err)
{
    int rc = check_room(table, n, block, err);
    if (rc)
        return rc;
    if (begin < 0 || begin > table->rows - n)
        return fail_row(table, begin < 0 ? begin : begin + n - 1, err);
    block->rows = n;
    return table->ops->fetch(table, NULL, begin, n, block, err);
}

/* ---- hashes ------------------------------------------------------------ */

/* FNV-1a by words, with Murmur3's final mixing: good enough to find equal rows,
 * not against an adversary. */
static uint64_t hash_word(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x100000001b3u;
    return h ^ h >> 29;
}

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
    const char *p = bytes;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = hash_word(h, word);
    }
    uint64_t rest = (uint64_t)n << 56;
    memcpy(&rest, p, n);
    return hash_word(h, rest);
}

static uint64_t hash_finish(uint64_t h)
{
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

/* One row of one group onto the hash h. */
static uint64_t hash_cells(const struct lt_table *table, const struct lt_group *g,
                           const struct lt_block_group *b, int64_t row, uint64_t h)
{
    size_t size = lt_type_size(g->type);
    int64_t first = row * g->width;
    const char *values = (const char *)b->values + (size_t)first * size;
    if (g->type != LT_TEXT && !b->valid)
        return hash_bytes(h, values, (size_t)g->width * size);
    for (int64_t j = 0; j < g->width; j++) {
        int32_t code = -1;
        if (g->type == LT_TEXT)
            memcpy(&code, values + (size_t)j * size, sizeof code);
        if (!lt_block_valid(b, first + j)) {
            h = hash_word(h, 0x6d697373696e67u);
        } else if (g->type == LT_TEXT) {
            const char *text = lt_table_text(table, g->first + j, code);
            h = hash_bytes(h, text, strlen(text));
        } else {
            h = hash_bytes(h, values + (size_t)j * size, size);
        }
    }
    return h;
}

int lt_table_hash_rows(const struct lt_table *table, uint64_t *hashes, struct lt_error *err)
{
    struct lt_block *block = NULL;
    int rc = lt_block_create(&block, table, LT_HASH_ROWS, err);
    for (int64_t begin = 0; !rc && begin < table->rows; begin += LT_HASH_ROWS) {
        int64_t n = table->rows - begin < LT_HASH_ROWS ? table->rows - begin : LT_HASH_ROWS;
        rc = lt_table_range(table, begin, n, block, err);
        for (int64_t r = 0; !rc && r < n; r++) {
            uint64_t h = 0xcbf29ce484222325u;
            for (int i = 0; i < table->groups; i++)
                h = hash_cells(table, &table->group[i], &block->group[i], r, h);
            hashes[begin + r] = hash_finish(h);
        }
    }
    lt_block_free(&block);
    return rc;
}

/* ---- text -------------------------------------------------------------- */

int lt_table_first_text(const struct lt_table *table, int64_t column, int64_t *row,
                        struct lt_error *err)
{
    *row = -1;
    int64_t offset = 0;
    int i = lt_table_group_of(table, column, &offset);
    const struct lt_group *g = &table->group[i];
    if (g->type != LT_TEXT)
        return LT_OK;
    struct lt_numbers *numbers = NULL;
    struct lt_block *block = NULL;
    int rc = lt_numbers_create(&numbers, err);
    if (!rc)
        rc = lt_block_create(&block, table, LT_HASH_ROWS, err);
    for (int64_t begin = 0; !rc && *row < 0 && begin < table->rows; begin += LT_HASH_ROWS) {
        int64_t n = table->rows - begin < LT_HASH_ROWS ? table->rows - begin : LT_HASH_ROWS;
        rc = lt_table_range(table, begin, n, block, err);
        const int32_t *codes = block->group[i].values;
        for (int64_t r = 0; !rc && *row < 0 && r < n; r++) {
            int64_t cell = r * g->width + offset;
            if (lt_block_valid(&block->group[i], cell) &&
                !lt_number_is(numbers, lt_table_text(table, column, codes[cell])))
                *row = begin + r;
        }
    }
    lt_block_free(&block);
    lt_numbers_free(&numbers);
    return rc;
}
