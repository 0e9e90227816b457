/* Choosing columns by name or number, and rows by range. */
#include "data/table.h"

#include "base/mem.h"
#include "data/view.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LT_LIST_TEXT = 500 }; /* bytes of a list of columns in a message */

/* ---- unknown names ----------------------------------------------------- */

/* Levenshtein distance, cut off: texts beyond 63 bytes count as far apart. */
static int edit_distance(const char *a, const char *b)
{
    int row[64];
    size_t n = strlen(a), m = strlen(b);
    if (n > 63 || m > 63)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            int best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[m];
}

/* The column whose name is nearest, or NULL when none is near. */
static const char *close_name(const struct lt_table *table, const char *name)
{
    const char *best = NULL;
    int best_distance = 3;
    char buf[64];
    for (int64_t j = 0; j < lt_table_columns(table); j++) {
        const char *known = lt_table_column_name(table, j, buf, sizeof buf);
        int distance = strcasecmp(known, name) == 0 ? 0 : edit_distance(known, name);
        if (distance < best_distance && distance < (int)strlen(name)) {
            best_distance = distance;
            best = known;
        }
    }
    return best;
}

static void list_names(const struct lt_table *table, char list[LT_LIST_TEXT])
{
    size_t used = 0;
    char buf[64];
    list[0] = '\0';
    for (int64_t j = 0; j < lt_table_columns(table); j++) {
        const char *name = lt_table_column_name(table, j, buf, sizeof buf);
        if (used + strlen(name) + 40 > LT_LIST_TEXT) {
            snprintf(list + used, LT_LIST_TEXT - used, ", ... (%" PRId64 " in all)",
                     lt_table_columns(table));
            return;
        }
        used += (size_t)snprintf(list + used, LT_LIST_TEXT - used, "%s%s", j ? ", " : "", name);
    }
}

static int fail_unknown(const struct lt_table *table, const char *name, struct lt_error *err)
{
    if (!lt_table_has_names(table))
        return lt_fail(
            err, LT_EUSAGE,
            "%s: there is no column %.100s; columns have no names here, choose by number "
            "from 0 to %" PRId64 ", such as 0,2-5",
            lt_table_name(table), name, lt_table_columns(table) - 1);
    char list[LT_LIST_TEXT];
    list_names(table, list);
    const char *close = close_name(table, name);
    if (close)
        return lt_fail(err, LT_EUSAGE,
                       "%s: there is no column \"%.100s\"; did you mean \"%s\"? The columns are %s",
                       lt_table_name(table), name, close, list);
    return lt_fail(err, LT_EUSAGE, "%s: there is no column \"%.100s\"; the columns are %s",
                   lt_table_name(table), name, list);
}

/* ---- lists ------------------------------------------------------------- */

/* "3-7" or "3" in a table without names. */
static bool parse_range(const struct lt_table *table, const char *item, int64_t *from, int64_t *to)
{
    char *end = NULL;
    if (*item < '0' || *item > '9')
        return false;
    *from = *to = strtoll(item, &end, 10);
    if (*end == '-' && end[1] >= '0' && end[1] <= '9')
        *to = strtoll(end + 1, &end, 10);
    return *end == '\0' && *from <= *to && *to < lt_table_columns(table);
}

/* Marks every column of that name or range. */
static int mark_item(const struct lt_table *table, const char *item, bool value, bool *marks,
                     struct lt_error *err)
{
    int64_t from = 0, to = 0;
    char buf[64];
    if (!lt_table_has_names(table)) {
        if (!parse_range(table, item, &from, &to))
            return fail_unknown(table, item, err);
        for (int64_t j = from; j <= to; j++)
            marks[j] = value;
        return LT_OK;
    }
    if (lt_table_find(table, item) < 0)
        return fail_unknown(table, item, err);
    for (int64_t j = 0; j < lt_table_columns(table); j++)
        if (strcmp(lt_table_column_name(table, j, buf, sizeof buf), item) == 0)
            marks[j] = value;
    return LT_OK;
}

/* Items are separated by commas; one in double quotes may contain commas. A
 * name that contains a comma and is given whole, unquoted, is found as well. */
static int mark_list(const struct lt_table *table, const char *list, bool value, bool *marks,
                     struct lt_error *err)
{
    if (lt_table_has_names(table) && lt_table_find(table, list) >= 0)
        return mark_item(table, list, value, marks, err);
    char *copy = NULL;
    int rc = lt_strdup(&copy, list, err);
    for (char *p = copy; !rc && p;) {
        p += strspn(p, " ");
        bool quoted = *p == '"';
        char *item = p + quoted;
        char *end = item + strcspn(item, quoted ? "\"" : ",");
        char *comma = end + strcspn(end, ",");
        p = *comma ? comma + 1 : NULL;
        *end = '\0';
        if (!*item)
            rc = lt_fail(err, LT_EUSAGE, "%s: an empty column name in the list \"%.200s\"",
                         lt_table_name(table), list);
        else
            rc = mark_item(table, item, value, marks, err);
    }
    lt_free(copy);
    return rc;
}

/* ---- views ------------------------------------------------------------- */

static int check_rows(const struct lt_table *table, int64_t begin, int64_t *end,
                      struct lt_error *err)
{
    int64_t rows = lt_table_rows(table);
    if (*end < 0)
        *end = rows;
    if (begin >= 0 && begin < *end && *end <= rows)
        return LT_OK;
    return lt_fail(err, LT_EUSAGE,
                   "%s: rows %" PRId64 ":%" PRId64 " cannot be taken of %" PRId64
                   " rows; give A:B with 0 <= A < B <= %" PRId64,
                   lt_table_name(table), begin, *end, rows, rows);
}

int lt_table_select(struct lt_table **out, struct lt_table *parent,
                    const struct lt_selection *selection, struct lt_error *err)
{
    *out = NULL;
    int64_t begin = selection->row_begin, end = selection->row_end;
    int64_t columns = lt_table_columns(parent), kept = 0;
    int64_t *chosen = NULL;
    bool *keep = NULL;
    int rc = check_rows(parent, begin, &end, err);
    if (rc || (rc = lt_alloc(&keep, (size_t)columns, sizeof *keep, lt_table_name(parent), err)))
        return rc;
    if ((rc = lt_alloc(&chosen, (size_t)columns, sizeof *chosen, lt_table_name(parent), err)))
        goto out;
    for (int64_t j = 0; j < columns; j++)
        keep[j] = selection->columns == NULL;
    if (selection->columns && (rc = mark_list(parent, selection->columns, true, keep, err)))
        goto out;
    if (selection->ignore && (rc = mark_list(parent, selection->ignore, false, keep, err)))
        goto out;
    for (int64_t j = 0; j < columns; j++)
        if (keep[j])
            chosen[kept++] = j;
    if (kept == 0)
        rc = lt_fail(err, LT_EUSAGE, "%s: no column is left of %" PRId64 "; choose at least one",
                     lt_table_name(parent), columns);
    else
        rc = lt_view_create(out, parent, chosen, kept, begin, end - begin, NULL, err);
out:
    lt_free(keep);
    lt_free(chosen);
    return rc;
}

int lt_table_arrange(struct lt_table **out, struct lt_table *parent, const int64_t *columns,
                     int64_t n, struct lt_error *err)
{
    return lt_view_create(out, parent, columns, n, 0, lt_table_rows(parent), NULL, err);
}

static int one_column(struct lt_table **out, struct lt_table *parent, int64_t column, bool only,
                      struct lt_error *err)
{
    *out = NULL;
    int64_t columns = lt_table_columns(parent), kept = 0;
    int64_t *chosen = NULL;
    if (column < 0 || column >= columns)
        return lt_fail(err, LT_EUSAGE, "%s: there is no column %" PRId64, lt_table_name(parent),
                       column);
    if (!only && columns == 1)
        return lt_fail(err, LT_EUSAGE, "%s: no column is left of 1; choose at least one",
                       lt_table_name(parent));
    int rc = lt_alloc(&chosen, (size_t)columns, sizeof *chosen, lt_table_name(parent), err);
    if (rc)
        return rc;
    for (int64_t j = 0; j < columns; j++)
        if ((j == column) == only)
            chosen[kept++] = j;
    rc = lt_table_arrange(out, parent, chosen, kept, err);
    lt_free(chosen);
    return rc;
}

int lt_table_without(struct lt_table **out, struct lt_table *parent, int64_t column,
                     struct lt_error *err)
{
    return one_column(out, parent, column, false, err);
}

int lt_table_only(struct lt_table **out, struct lt_table *parent, int64_t column,
                  struct lt_error *err)
{
    return one_column(out, parent, column, true, err);
}

int lt_table_pick(struct lt_table **out, struct lt_table *parent, const int64_t *rows, int64_t n,
                  struct lt_error *err)
{
    *out = NULL;
    if (n < 1)
        return lt_fail(err, LT_EUSAGE, "%s: no row is left", lt_table_name(parent));
    for (int64_t i = 0; i < n; i++)
        if (rows[i] < 0 || rows[i] >= lt_table_rows(parent))
            return lt_fail(err, LT_EUSAGE, "%s: there is no row %" PRId64, lt_table_name(parent),
                           rows[i]);
    return lt_view_create(out, parent, NULL, 0, 0, n, rows, err);
}
