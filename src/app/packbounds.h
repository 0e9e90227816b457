/* The bounds of columns as they are written on a command line.
 *
 *     0.05                       for all columns
 *     temp=0.05,vib=1/256        for these
 *     0.05,vib=0.001             for vib, and 0.05 for the others
 *     0=0.05,3-7=0.001           by number from 0, where columns have no names
 *     0.1%                       a share of the range, for max_rel
 *
 * Names are separated by commas; one with a comma or "=" in it stands in double quotes.  A bound is a
 * positive finite number, also as a fraction.  A column that is named follows its own bound, one in the
 * list of lossless columns none.
 */
#ifndef LT_APP_PACKBOUNDS_H
#define LT_APP_PACKBOUNDS_H

#include "codec/planes.h"

/* The name of a column, in buf when need be, as lt_table_column_name tells it. */
typedef const char *lt_packbounds_name(void *context, int64_t column, char *buf, size_t size);

/* Fills `bounds`.  Each text may be NULL: not given.  `name` is asked for each column at most once, but
 * for messages; it is NULL where columns have no names.  LT_EUSAGE: what lt_packbounds_check refuses,
 * columns that are not there, and two bounds for one column. */
int lt_packbounds_parse(struct lt_bound *bounds /* (columns) */, int64_t columns,
                        lt_packbounds_name *name, void *context, const char *max_abs,
                        const char *max_rel, const char *lossless, struct lt_error *err);

/* What can be refused without knowing the columns: words that are no bounds, and two for all columns. */
int lt_packbounds_check(const char *max_abs, const char *max_rel, const char *lossless,
                        struct lt_error *err);

#endif
