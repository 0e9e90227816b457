/* Shared by the tests of src/data: opening texts and looking at cells. */
#ifndef LT_TESTS_DATA_HELP_H
#define LT_TESTS_DATA_HELP_H

#include "data/table.h"
#include "t.h"

/* A table from bytes that must be read. */
T_UNUSED static struct lt_table *help_bytes(const char *name, const void *bytes, size_t size)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    if (lt_table_from_bytes(&table, name, bytes, size, NULL, &err))
        T_FAIL("%s", err.text);
    return table;
}

T_UNUSED static struct lt_table *help_text(const char *text)
{
    return help_bytes("t.csv", text, strlen(text));
}

T_UNUSED static struct lt_table *help_open(const char *name)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    if (lt_table_open(&table, &name, 1, NULL, &err))
        T_FAIL("%s", err.text);
    return table;
}

/* The code and the sentence of what must not be read. */
T_UNUSED static struct lt_error help_refused(const char *name, const void *bytes, size_t size)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    int rc = lt_table_from_bytes(&table, name, bytes, size, NULL, &err);
    if (!rc)
        T_FAIL("%s was read", name);
    T_OK(table == NULL);
    T_INT(rc, err.code);
    return err;
}

T_UNUSED static struct lt_error help_refused_text(const char *text)
{
    return help_refused("t.csv", text, strlen(text));
}

T_UNUSED static struct lt_error help_refused_name(const char *name)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL;
    if (!lt_table_open(&table, &name, 1, NULL, &err))
        T_FAIL("%s was read", name);
    return err;
}

/* One cell as text: "1.5", "abc", or "missing". */
T_UNUSED static const char *help_cell(const struct lt_table *table, int64_t row, int64_t column)
{
    static char text[8][64];
    static int next;
    char *to = text[next++ % 8];
    struct lt_error err = {0};
    struct lt_block *block = NULL;
    int64_t offset = 0;
    int i = lt_table_group_of(table, column, &offset);
    if (lt_block_create(&block, table, 1, &err) || lt_table_fetch(table, &row, 1, block, &err))
        T_FAIL("%s", err.text);
    enum lt_type type = lt_table_group(table, i)->type;
    if (!lt_block_valid(&block->group[i], offset))
        snprintf(to, 64, "missing");
    else if (type == LT_TEXT)
        snprintf(to, 64, "%s",
                 lt_table_text(table, column, ((int32_t *)block->group[i].values)[offset]));
    else
        snprintf(to, 64, "%.17g", lt_type_value(type, block->group[i].values, offset));
    lt_block_free(&block);
    return to;
}

T_UNUSED static const char *help_type(const struct lt_table *table, int64_t column)
{
    return lt_type_name(lt_table_group(table, lt_table_group_of(table, column, NULL))->type);
}

/* A hash of a table's cells in the order of rows. */
T_UNUSED static uint64_t help_hash(const struct lt_table *table)
{
    struct lt_error err = {0};
    uint64_t h = 0, *hashes = calloc((size_t)lt_table_rows(table), sizeof *hashes);
    if (!hashes || lt_table_hash_rows(table, hashes, &err))
        T_FAIL("%s", err.text);
    for (int64_t i = 0; i < lt_table_rows(table); i++)
        h = (h ^ hashes[i]) * 0x100000001b3u + (uint64_t)i;
    free(hashes);
    return h;
}

#endif
