/* Generated data: "builtin:NAME[,key=value...]".  Same bits on every machine.
 */
#ifndef LT_DATA_BUILTIN_H
#define LT_DATA_BUILTIN_H

#include "data/array.h"
#include "data/table.h"

/* What the options of a builtin may say; unset ones hold the builtin's default. */
struct lt_builtin_options {
    int64_t rows;
    uint64_t seed;
    bool test;       /* part=test */
    double faults;   /* share of rows that lie in a fault */
    double dropouts; /* share of cells that are missing */
};

/* `name` is the whole "builtin:..." text, which also names the table in messages. */
int lt_builtin_open(struct lt_table **out, const char *name, struct lt_error *err);

int lt_curves_make(struct lt_table **out, const char *name,
                   const struct lt_builtin_options *options, struct lt_error *err);
int lt_sensors_make(struct lt_table **out, const char *name,
                    const struct lt_builtin_options *options, struct lt_error *err);

#endif
