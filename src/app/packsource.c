#include "app/packsource.h"

#include "base/mem.h"
#include <string.h>

/* ---- opening ---- */

static int open_text(struct lt_packsource *s, struct lt_error *err)
{
    size_t sample = s->text.size < LT_TEXT_SAMPLE ? s->text.size : LT_TEXT_SAMPLE;
    int rc = lt_text_find(&s->format, (const char *)s->text.data, sample, err);
    s->columns = s->format.columns;
    return rc;
}

static int open_table(struct lt_packsource *s, const char *const *names, int count,
                      struct lt_error *err)
{
    int rc = lt_table_open(&s->table, names, count, NULL, err);
    if (rc)
        return rc;
    s->groups = lt_table_groups(s->table);
    s->group = lt_table_group(s->table, 0);
    s->rows = lt_table_rows(s->table);
    s->columns = lt_table_columns(s->table);
    for (int i = 0; i < s->groups; i++) {
        if (s->group[i].type == LT_TEXT)
            return lt_fail(err, LT_EUSAGE,
                           "%s holds text in an array; write it as .csv first, which is packed "
                           "byte for byte",
                           s->name);
        s->row_bytes += s->group[i].width * (int64_t)lt_type_size(s->group[i].type);
    }
    return 0;
}

int lt_packsource_open(struct lt_packsource *source, const char *const *names, int count,
                       struct lt_error *err)
{
    *source = (struct lt_packsource){.name = names[0]};
    int rc = count == 1 ? lt_table_text_bytes(&source->text, names[0], err) : 0;
    if (!rc)
        rc = source->text.data ? open_text(source, err) : open_table(source, names, count, err);
    if (rc)
        lt_packsource_close(source);
    return rc;
}

void lt_packsource_close(struct lt_packsource *source)
{
    lt_table_free(&source->table);
    lt_bytes_free(&source->text);
    lt_free(source->start);
    *source = (struct lt_packsource){0};
}

/* ---- blocks ---- */

static int index_text(struct lt_packsource *s, struct lt_error *err)
{
    const char *base = (const char *)s->text.data, *end = base + s->text.size;
    const char *p = base + s->format.header;
    size_t room = 0;
    lt_free(s->start);
    s->start = NULL;
    s->blocks = s->rows = 0;
    while (p < end) {
        int64_t passed = 0;
        int rc =
            lt_grow(&s->start, &room, (size_t)s->blocks + 2, sizeof *s->start, "an index", err);
        if (rc)
            return rc;
        s->start[s->blocks++] = (size_t)(p - base);
        p = lt_text_lines(p, end, s->block_rows, &passed);
        s->rows += passed;
        lt_bytes_release(&s->text, s->start[s->blocks - 1], (size_t)(p - base));
    }
    if (s->blocks == 0)
        return lt_fail(err, LT_ECONTENT, "%s has no rows to pack", s->name);
    s->start[s->blocks] = s->text.size;
    return 0;
}

int lt_packsource_cut(struct lt_packsource *source, int64_t rows, struct lt_error *err)
{
    source->block_rows = rows;
    if (!source->table)
        return index_text(source, err);
    source->blocks = (source->rows + rows - 1) / rows;
    return 0;
}

int lt_packsource_fetch(const struct lt_packsource *s, int64_t block, struct lt_packchunk *chunk,
                        struct lt_error *err)
{
    chunk->first = block * s->block_rows;
    int64_t left = s->rows - chunk->first;
    chunk->rows = left < s->block_rows ? left : s->block_rows;
    if (!s->table) {
        chunk->begin = (const char *)s->text.data + s->start[block];
        chunk->end = (const char *)s->text.data + s->start[block + 1];
        return 0;
    }
    int rc = chunk->block ? 0 : lt_block_create(&chunk->block, s->table, s->block_rows, err);
    if (!rc)
        rc = lt_table_range(s->table, chunk->first, chunk->rows, chunk->block, err);
    if (!rc)
        chunk->group = chunk->block->group;
    return rc;
}

void lt_packchunk_close(struct lt_packchunk *chunk)
{
    lt_block_free(&chunk->block);
    *chunk = (struct lt_packchunk){0};
}

void lt_packsource_release(const struct lt_packsource *s, const struct lt_packchunk *chunk)
{
    if (s->table)
        lt_table_release(s->table, chunk->first, chunk->rows);
    else
        lt_bytes_release(&s->text, (size_t)(chunk->begin - (const char *)s->text.data),
                         (size_t)(chunk->end - (const char *)s->text.data));
}

/* ---- bytes ---- */

static size_t cell_bytes(const struct lt_group *group)
{
    return (size_t)group->width * lt_type_size(group->type);
}
static size_t validity_bytes(const struct lt_group *group, int64_t rows)
{
    return group->missing ? (size_t)(rows * group->width + 7) / 8 : 0;
}

int64_t lt_packgroups_bytes(const struct lt_group *group, int groups, int64_t rows)
{
    size_t sum = 0;
    for (int i = 0; i < groups; i++)
        sum += (size_t)rows * cell_bytes(&group[i]) + validity_bytes(&group[i], rows);
    return (int64_t)sum;
}

static int put_cells(const struct lt_packsource *s, const struct lt_packchunk *chunk,
                     struct lt_growable *out, struct lt_error *err)
{
    size_t all = (size_t)(chunk->rows * s->row_bytes);
    int rc = lt_grow(&out->bytes, &out->room, out->used + all, 1, "packing", err);
    if (rc)
        return rc;
    unsigned char *to = out->bytes + out->used;
    out->used += all;
    if (s->groups == 1) {
        memcpy(to, chunk->group[0].values, all);
        return 0;
    }
    for (int64_t r = 0; r < chunk->rows; r++)
        for (int i = 0; i < s->groups; i++) {
            size_t size = cell_bytes(&s->group[i]);
            memcpy(to, (const char *)chunk->group[i].values + (size_t)r * size, size);
            to += size;
        }
    return 0;
}

int lt_packchunk_bytes(const struct lt_packsource *s, const struct lt_packchunk *chunk,
                       struct lt_growable *out, struct lt_error *err)
{
    if (!s->table)
        return lt_growable_put(out, chunk->begin, (size_t)(chunk->end - chunk->begin), err);
    int rc = put_cells(s, chunk, out, err);
    for (int i = 0; i < s->groups && !rc; i++) {
        int64_t cells = chunk->rows * s->group[i].width;
        unsigned char byte = 0;
        for (int64_t c = 0; s->group[i].missing && c < cells && !rc; c++) {
            byte |= (unsigned char)(lt_block_valid(&chunk->group[i], c) << (c & 7));
            if ((c & 7) == 7 || c == cells - 1) {
                rc = lt_growable_put(out, &byte, 1, err);
                byte = 0;
            }
        }
    }
    return rc;
}

void lt_packgroups_take(const struct lt_group *group, int groups, int64_t rows,
                        const unsigned char *bytes, struct lt_block_group *to)
{
    for (int64_t r = 0; r < rows; r++)
        for (int i = 0; i < groups; i++) {
            size_t size = cell_bytes(&group[i]);
            memcpy((char *)to[i].values + (size_t)r * size, bytes, size);
            bytes += size;
        }
    for (int i = 0; i < groups; i++) {
        size_t size = validity_bytes(&group[i], rows);
        if (size > 0)
            memcpy(to[i].valid, bytes, size);
        bytes += size;
    }
}

int lt_packgroups_create(struct lt_block_group **out, const struct lt_group *group, int groups,
                         int64_t rows, struct lt_error *err)
{
    int rc = lt_alloc(out, (size_t)groups, sizeof **out, "rows", err);
    for (int i = 0; i < groups && !rc; i++) {
        struct lt_block_group *g = &(*out)[i];
        rc = lt_alloc(&g->values, (size_t)rows, cell_bytes(&group[i]), "rows", err);
        if (!rc && group[i].missing)
            rc = lt_alloc(&g->valid, validity_bytes(&group[i], rows), 1, "rows", err);
    }
    if (rc)
        lt_packgroups_free(out, groups);
    return rc;
}

void lt_packgroups_free(struct lt_block_group **arrays, int groups)
{
    for (int i = 0; *arrays && i < groups; i++) {
        lt_free((*arrays)[i].values);
        lt_free((*arrays)[i].valid);
    }
    lt_free(*arrays);
    *arrays = NULL;
}
