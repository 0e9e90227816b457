#include "data/builtin.h"

#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct builtin {
    const char *name;
    const char *keys;                  /* options it knows, for messages */
    int64_t rows, test_rows, rows_max; /* defaults; test_rows 0: no part=test */
    bool faulty;                       /* knows faults= and dropouts= */
    int (*make)(struct lt_table **out, const char *name, const struct lt_builtin_options *options,
                struct lt_error *err);
};

static const struct builtin builtins[] = {
    {"curves", "rows, seed, part", 20000, 10000, 10000000, false, lt_curves_make},
    {"sensors", "rows, seed, faults, dropouts", 20000, 0, 10000000, true, lt_sensors_make},
};

enum { LT_BUILTINS = sizeof builtins / sizeof *builtins };

static int fail_value(const char *name, const char *key, const char *value, const char *want,
                      struct lt_error *err)
{
    return lt_fail(err, LT_EUSAGE, "%s: %s=%.100s cannot be used; %s", name, key, value, want);
}

static bool read_whole(const char *value, uint64_t *number)
{
    char *end = NULL;
    if (*value < '0' || *value > '9' || strlen(value) > 19)
        return false;
    *number = strtoull(value, &end, 10);
    return *end == '\0';
}

/* A share between 0 and `most`, written with digits and one point (the
 * locale plays no part). */
static bool read_share(const char *value, double most, double *share)
{
    double scale = 1.0;
    bool point = false;
    *share = 0.0;
    if (!*value || strlen(value) > 15)
        return false;
    for (; *value; value++) {
        if (*value == '.' && !point) {
            point = true;
            continue;
        }
        if (*value < '0' || *value > '9')
            return false;
        *share = *share * 10.0 + (*value - '0');
        scale *= point ? 10.0 : 1.0;
    }
    *share /= scale;
    return *share <= most;
}

static int set_option(struct lt_builtin_options *o, const struct builtin *b, const char *name,
                      const char *key, const char *value, struct lt_error *err)
{
    uint64_t number = 0;
    if (strcmp(key, "rows") == 0) {
        char want[80];
        snprintf(want, sizeof want, "give a whole number from 1 to %lld", (long long)b->rows_max);
        if (!read_whole(value, &number) || number < 1 || number > (uint64_t)b->rows_max)
            return fail_value(name, key, value, want, err);
        o->rows = (int64_t)number;
    } else if (strcmp(key, "seed") == 0) {
        if (!read_whole(value, &o->seed))
            return fail_value(name, key, value, "give a whole number", err);
    } else if (strcmp(key, "part") == 0 && b->test_rows) {
        o->test = strcmp(value, "test") == 0;
        if (!o->test && strcmp(value, "train") != 0)
            return fail_value(name, key, value, "give train or test", err);
    } else if (strcmp(key, "faults") == 0 && b->faulty) {
        if (strcmp(value, "1") == 0)
            value = "0.02";
        if (!read_share(value, 0.25, &o->faults))
            return fail_value(name, key, value,
                              "give the share of faulty rows, 0 to 0.25, or 1 for 0.02", err);
    } else if (strcmp(key, "dropouts") == 0 && b->faulty) {
        if (!read_share(value, 0.25, &o->dropouts))
            return fail_value(name, key, value, "give the share of missing cells, 0 to 0.25", err);
    } else {
        return lt_fail(err, LT_EUSAGE, "%s: there is no option \"%.100s\"; builtin:%s knows %s",
                       name, key, b->name, b->keys);
    }
    return LT_OK;
}

static const struct builtin *find_builtin(const char *name, size_t length)
{
    for (int i = 0; i < LT_BUILTINS; i++)
        if (strlen(builtins[i].name) == length && memcmp(builtins[i].name, name, length) == 0)
            return &builtins[i];
    return NULL;
}

int lt_builtin_open(struct lt_table **out, const char *name, struct lt_error *err)
{
    *out = NULL;
    const char *text = strchr(name, ':') + 1;
    const struct builtin *b = find_builtin(text, strcspn(text, ","));
    if (!b)
        return lt_fail(err, LT_EUSAGE,
                       "%s: there is no such data; builtin:curves and builtin:sensors are built in",
                       name);
    struct lt_builtin_options options = {.rows = -1, .seed = 1};
    char *copy = NULL;
    int rc = lt_strdup(&copy, text + strlen(b->name), err);
    for (char *p = copy; !rc && *p == ',';) {
        char *key = p + 1;
        p = key + strcspn(key, ",");
        char end = *p;
        *p = '\0';
        char *equal = strchr(key, '=');
        if (!equal) {
            rc = lt_fail(err, LT_EUSAGE, "%s: \"%.100s\" is no key=value; builtin:%s knows %s",
                         name, key, b->name, b->keys);
            break;
        }
        *equal = '\0';
        rc = set_option(&options, b, name, key, equal + 1, err);
        *p = end;
    }
    if (options.rows < 0)
        options.rows = options.test ? b->test_rows : b->rows;
    if (!rc)
        rc = b->make(out, name, &options, err);
    lt_free(copy);
    return rc;
}
