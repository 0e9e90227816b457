/* What a kind of table provides.  Private to src/data.
 *
 * A kind embeds struct lt_table as its first member, fills it and gives a table
 * of operations; table.c does the rest.
 */
#ifndef LT_DATA_TABLE_OPS_H
#define LT_DATA_TABLE_OPS_H

#include "data/table.h"
#include <stdatomic.h>

/* Greatest numbers of columns and rows of any table: sizes computed from them
 * fit 64 bits. */
#define LT_COLUMNS_MAX ((int64_t)1 << 24)
#define LT_ROWS_MAX ((int64_t)1 << 40)

/* What to do about images that differ in size, for messages. */
#define LT_MIXED_CURE                                                                              \
    "train with --resize HxW, which brings all to one size, or --crop N, which cuts squares from " \
    "them"

struct lt_table_ops {
    /* Rows `rows[0 ... n-1]`, or begin ... begin+n-1 when rows is NULL, into
     * the block from its start on.  Indices were checked. */
    int (*fetch)(const struct lt_table *table, const int64_t *rows, int64_t begin, int64_t n,
                 struct lt_block *block, struct lt_error *err);
    void (*where)(const struct lt_table *table, int64_t row, int64_t column, char *buf,
                  size_t size);
    /* NULL: rows have no files. */
    bool (*row_file)(const struct lt_table *table, int64_t row, struct lt_row_file *out);
    /* NULL: all images have the size of the group. */
    void (*row_image)(const struct lt_table *table, int64_t row, int64_t *h, int64_t *w);
    /* lt_table_release; NULL: rows are in no file. */
    void (*let_go)(const struct lt_table *table, int64_t begin, int64_t n);
    int32_t (*text_count)(const struct lt_table *table, int64_t column);
    const char *(*text)(const struct lt_table *table, int64_t column, int32_t code);
    /* Arrays and private_part of a block whose group array exists; NULL: one
     * values array (and a bitmap where cells may be missing) per group. */
    int (*block_init)(struct lt_block *block, const struct lt_table *table, struct lt_error *err);
    void (*block_done)(struct lt_block *block); /* of private_part; NULL: nothing */
    void (*release)(struct lt_table *table);    /* what the kind owns beyond struct lt_table */
};

struct lt_table {
    const struct lt_table_ops *ops;
    atomic_int holders;
    char *name;
    int64_t rows, columns;
    int groups;
    struct lt_group *group; /* (groups) */
    char **names;           /* (D), or NULL */
};

/* A zeroed kind of `size` bytes at *out with ops, one holder, a copied name and room
 * for groups and (if with_names) names. lt_table_free frees it at any stage. */
int lt_table_init(void *out, size_t size, const struct lt_table_ops *ops, const char *name,
                  int64_t rows, int64_t columns, int groups, bool with_names, struct lt_error *err);

/* Gives the table another name for messages. */
int lt_table_rename(struct lt_table *table, const char *name, struct lt_error *err);

/* `where` for what has no lines: "NAME: row R, column C". */
void lt_table_where_array(const struct lt_table *table, int64_t row, int64_t column, char *buf,
                          size_t size);

/* The default arrays of a block. */
int lt_block_init_arrays(struct lt_block *block, const struct lt_table *table,
                         struct lt_error *err);
void lt_block_free_arrays(struct lt_block *block);

#endif
