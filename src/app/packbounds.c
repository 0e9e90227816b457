#include "app/packbounds.h"

#include "base/mem.h"
#include "data/number.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum option { MAX_ABS, MAX_REL, LOSSLESS };
static const char *const words[] = {"--max-abs", "--max-rel", "--lossless"};

/* Names one column, or several by number, or (with no name) all. */
struct item {
    enum option option;
    const char *name; /* in the text, `length` bytes; NULL: all columns */
    int length;
    int64_t from, to; /* columns without names */
    double value;
    bool found;
};

struct list {
    struct item *item; /* (count) */
    size_t count, room;
    struct lt_numbers *numbers;
    struct lt_error *err;
};

/* ---- reading ---- */

static bool read_number(const struct lt_numbers *numbers, const char *p, const char *end,
                        double *value)
{
    int64_t integer = 0;
    enum lt_number_kind kind = lt_number_parse(numbers, p, end, &integer, value);
    if (kind == LT_NUMBER_INTEGER)
        *value = (double)integer;
    return kind != LT_NUMBER_NONE;
}

/* "0.05", "1/256" or, of a range, "0.1%". */
static bool read_bound(const struct list *list, enum option option, const char *p, const char *end,
                       double *value)
{
    const char *slash = memchr(p, '/', (size_t)(end - p));
    const bool percent = option == MAX_REL && end > p && end[-1] == '%';
    double divisor = percent ? 100 : 1;
    if (!read_number(list->numbers, p, slash ? slash : end - percent, value) ||
        (slash && !read_number(list->numbers, slash + 1, end, &divisor)))
        return false;
    *value /= divisor;
    return isfinite(divisor) && isfinite(*value) && *value > 0;
}

static int read_value(const struct list *list, struct item *item, const char *p, const char *end)
{
    if (read_bound(list, item->option, p, end, &item->value))
        return 0;
    return lt_fail(list->err, LT_EUSAGE,
                   "%s: \"%.*s\" is not a positive finite number such as 0.05 or 1/256",
                   words[item->option], (int)(end - p), p);
}

/* Where an item ends: at a comma outside of quotes; *equals is its last "=" outside of them, or NULL. */
static const char *item_end(const char *p, const char **equals)
{
    bool quoted = false;
    for (*equals = NULL; *p && (quoted || *p != ','); p++) {
        quoted ^= *p == '"';
        if (*p == '=' && !quoted)
            *equals = p;
    }
    return p;
}

static void read_name(struct item *item, const char *p, const char *end)
{
    const bool quoted = end - p >= 2 && *p == '"' && end[-1] == '"';
    item->name = p + quoted;
    item->length = (int)(end - p) - 2 * quoted;
}

static int read_item(struct list *list, enum option option, const char *text, const char *p,
                     const char *end, const char *equals)
{
    struct item item = {.option = option};
    int rc = 0;
    if (option == LOSSLESS)
        read_name(&item, p, end);
    else if (equals)
        read_name(&item, p, equals);
    if ((item.name || p == end) && item.length == 0)
        return lt_fail(list->err, LT_EUSAGE, "%s: an empty column name in \"%.200s\"",
                       words[option], text);
    if (option != LOSSLESS)
        rc = read_value(list, &item, equals ? equals + 1 : p, end);
    if (!rc)
        rc = lt_grow(&list->item, &list->room, list->count + 1, sizeof item, "bounds", list->err);
    if (!rc)
        list->item[list->count++] = item;
    return rc;
}

static int read_list(struct list *list, enum option option, const char *text)
{
    const char *equals, *end = NULL;
    int rc = 0;
    for (const char *p = text; p && !rc; p = *end ? end + 1 : NULL) {
        p += strspn(p, " ");
        end = item_end(p, &equals);
        rc = read_item(list, option, text, p, end, equals);
    }
    return rc;
}

/* There is at most one bound for all columns. */
static int check_all(const struct list *list)
{
    const struct item *first = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->item[i];
        if (item->name)
            continue;
        if (first && first->option == item->option)
            return lt_fail(list->err, LT_EUSAGE,
                           "%s gives two bounds for all columns, %g and %g; name the columns, as "
                           "in temp=0.05",
                           words[item->option], first->value, item->value);
        if (first)
            return lt_fail(list->err, LT_EUSAGE,
                           "%s and %s both give a bound for all columns; give one",
                           words[first->option], words[item->option]);
        first = item;
    }
    return 0;
}

static int read_lists(struct list *list, const char *max_abs, const char *max_rel,
                      const char *lossless, struct lt_error *err)
{
    const char *text[] = {[MAX_ABS] = max_abs, [MAX_REL] = max_rel, [LOSSLESS] = lossless};
    *list = (struct list){.err = err};
    int rc = lt_numbers_create(&list->numbers, err);
    for (enum option o = MAX_ABS; o <= LOSSLESS && !rc; o++)
        rc = read_list(list, o, text[o]);
    return rc ? rc : check_all(list);
}

static void free_lists(struct list *list)
{
    lt_numbers_free(&list->numbers);
    lt_free(list->item);
}

int lt_packbounds_check(const char *max_abs, const char *max_rel, const char *lossless,
                        struct lt_error *err)
{
    struct list list;
    int rc = read_lists(&list, max_abs, max_rel, lossless, err);
    free_lists(&list);
    return rc;
}

/* ---- columns ---- */

struct columns {
    int64_t count;
    lt_packbounds_name *name; /* NULL: they have none */
    void *context;
    struct lt_error *err;
};

enum { NAME = 1024, NAMES = 500 }; /* bytes of a name, and of a list of them in a message */

static int fail_unknown(const struct columns *columns, const struct item *item)
{
    char list[NAMES] = "", buf[NAME];
    size_t used = 0;
    if (!columns->name)
        return lt_fail(columns->err, LT_EUSAGE,
                       "%s: there is no column %.*s; columns have no names here, choose by number "
                       "from 0 to %" PRId64 ", such as 0 or 3-7",
                       words[item->option], item->length, item->name, columns->count - 1);
    for (int64_t j = 0; j < columns->count; j++) {
        const char *name = columns->name(columns->context, j, buf, sizeof buf);
        if (used + strlen(name) + 40 > NAMES) {
            snprintf(list + used, NAMES - used, ", ... (%" PRId64 " in all)", columns->count);
            break;
        }
        used += (size_t)snprintf(list + used, NAMES - used, "%s%s", j ? ", " : "", name);
    }
    return lt_fail(columns->err, LT_EUSAGE, "%s: there is no column \"%.*s\"; the columns are %s",
                   words[item->option], item->length < 200 ? item->length : 200, item->name, list);
}

/* Digits that number a column; NULL: they do not. */
static const char *read_column(const char *p, const char *end, int64_t columns, int64_t *column)
{
    const char *begin = p;
    for (*column = 0; p < end && *p >= '0' && *p <= '9' && *column < columns; p++)
        *column = 10 * *column + (*p - '0');
    return p > begin && *column < columns ? p : NULL;
}

/* "3" or "3-7". */
static int find_range(const struct columns *columns, struct item *item)
{
    const char *end = item->name + item->length;
    const char *p = read_column(item->name, end, columns->count, &item->from);
    item->to = item->from;
    if (p && p < end && *p == '-')
        p = read_column(p + 1, end, columns->count, &item->to);
    if (p != end || item->from > item->to)
        return fail_unknown(columns, item);
    item->found = true;
    return 0;
}

static bool speaks_of(struct item *item, int64_t column, const char *name)
{
    if (!item->name || !name)
        return !item->name || (item->from <= column && column <= item->to);
    if (strlen(name) != (size_t)item->length || memcmp(name, item->name, strlen(name)) != 0)
        return false;
    return item->found = true;
}

/* `name` is NULL where the column has none. */
static int fail_twice(const struct columns *columns, enum option one, enum option other,
                      int64_t column, const char *name)
{
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, column);
    if (one == other)
        return lt_fail(columns->err, LT_EUSAGE, "%s names column %s%.200s%s twice", words[one],
                       name ? "\"" : "", name ? name : number, name ? "\"" : "");
    return lt_fail(columns->err, LT_EUSAGE, "%s and %s both name column %s%.200s%s; give one bound",
                   words[one], words[other], name ? "\"" : "", name ? name : number,
                   name ? "\"" : "");
}

/* The bound of one column: none where it is lossless, else its own, else that of all. */
static int bound_column(const struct columns *columns, const struct list *list, int64_t column,
                        const char *name, struct lt_bound *bound)
{
    const struct item *all = NULL, *own = NULL, *again = NULL;
    bool lossless = false;
    for (size_t i = 0; i < list->count; i++) {
        struct item *item = &list->item[i];
        if (!speaks_of(item, column, name))
            continue;
        if (item->option == LOSSLESS)
            lossless = true;
        else if (!item->name)
            all = item;
        else if (!own)
            own = item;
        else
            again = item;
    }
    *bound = (struct lt_bound){LT_BOUND_NONE, 0, false};
    if (lossless)
        return 0;
    if (again)
        return fail_twice(columns, own->option, again->option, column, name);
    const struct item *item = own ? own : all;
    if (item)
        *bound = (struct lt_bound){item->option == MAX_ABS ? LT_BOUND_ABSOLUTE : LT_BOUND_RELATIVE,
                                   item->value, own != NULL};
    return 0;
}

static int bound_all(struct lt_bound *bounds, const struct columns *columns, struct list *list)
{
    char buf[NAME];
    int rc = 0;
    for (size_t i = 0; i < list->count && !rc && !columns->name; i++)
        rc = list->item[i].name ? find_range(columns, &list->item[i]) : 0;
    for (int64_t j = 0; j < columns->count && !rc; j++) {
        const char *name =
            columns->name ? columns->name(columns->context, j, buf, sizeof buf) : NULL;
        rc = bound_column(columns, list, j, name, &bounds[j]);
    }
    for (size_t i = 0; i < list->count && !rc; i++)
        if (list->item[i].name && !list->item[i].found)
            rc = fail_unknown(columns, &list->item[i]);
    return rc;
}

int lt_packbounds_parse(struct lt_bound *bounds, int64_t columns, lt_packbounds_name *name,
                        void *context, const char *max_abs, const char *max_rel,
                        const char *lossless, struct lt_error *err)
{
    const struct columns c = {columns, name, context, err};
    struct list list;
    int rc = read_lists(&list, max_abs, max_rel, lossless, err);
    if (!rc)
        rc = bound_all(bounds, &c, &list);
    free_lists(&list);
    return rc;
}
