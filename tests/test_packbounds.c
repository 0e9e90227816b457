/* Bounds of columns in words. */
#include "app/packbounds.h"
#include "t.h"

enum { COLUMNS = 5 };

static const char *const names[COLUMNS] = {"id", "temp", "vib", "a,b", "x=y"};
static int asked;

static const char *name_of(void *context, int64_t column, char *buf, size_t size)
{
    (void)buf;
    (void)size;
    asked++;
    return ((const char *const *)context)[column];
}

static int parse(struct lt_bound *bounds, const char *max_abs, const char *max_rel,
                 const char *lossless, struct lt_error *err)
{
    *err = (struct lt_error){0};
    return lt_packbounds_parse(bounds, COLUMNS, name_of, (void *)names, max_abs, max_rel, lossless,
                               err);
}

static int by_number(struct lt_bound *bounds, const char *max_abs, const char *max_rel,
                     const char *lossless, struct lt_error *err)
{
    *err = (struct lt_error){0};
    return lt_packbounds_parse(bounds, COLUMNS, NULL, NULL, max_abs, max_rel, lossless, err);
}

static void is(const struct lt_bound *bound, enum lt_bound_kind kind, double value, bool named)
{
    T_INT(bound->kind, kind);
    T_OK(bound->value == value);
    T_INT(bound->named, named);
}

TEST(nothing_asked_is_nothing_bounded)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    memset(b, 255, sizeof b);
    T_INT(parse(b, NULL, NULL, NULL, &err), 0);
    for (int j = 0; j < COLUMNS; j++)
        is(&b[j], LT_BOUND_NONE, 0, false);
}

TEST(a_number_alone_is_for_all_columns)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    T_INT(parse(b, "5e-2", NULL, NULL, &err), 0);
    for (int j = 0; j < COLUMNS; j++)
        is(&b[j], LT_BOUND_ABSOLUTE, 0.05, false);
    T_INT(parse(b, NULL, "0.5%", NULL, &err), 0);
    for (int j = 0; j < COLUMNS; j++)
        is(&b[j], LT_BOUND_RELATIVE, 0.005, false);
    T_INT(parse(b, "1/256", NULL, NULL, &err), 0);
    is(&b[0], LT_BOUND_ABSOLUTE, 1.0 / 256, false);
    T_INT(parse(b, "3", NULL, NULL, &err), 0);
    is(&b[0], LT_BOUND_ABSOLUTE, 3, false);
}

TEST(columns_that_are_named_have_their_own_bound)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    asked = 0;
    T_INT(parse(b, "temp=0.05, vib=2", "\"a,b\"=0.001,\"x=y\"=1%", NULL, &err), 0);
    T_INT(asked, COLUMNS);
    is(&b[0], LT_BOUND_NONE, 0, false);
    is(&b[1], LT_BOUND_ABSOLUTE, 0.05, true);
    is(&b[2], LT_BOUND_ABSOLUTE, 2, true);
    is(&b[3], LT_BOUND_RELATIVE, 0.001, true);
    is(&b[4], LT_BOUND_RELATIVE, 0.01, true);
    T_INT(parse(b, "x=y=3", NULL, NULL, &err), 0);
    is(&b[4], LT_BOUND_ABSOLUTE, 3, true);
}

TEST(a_named_column_is_not_one_of_all)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    T_INT(parse(b, "temp=2,1", "vib=0.1", NULL, &err), 0);
    is(&b[0], LT_BOUND_ABSOLUTE, 1, false);
    is(&b[1], LT_BOUND_ABSOLUTE, 2, true);
    is(&b[2], LT_BOUND_RELATIVE, 0.1, true);
}

TEST(lossless_wins)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    T_INT(parse(b, "1,temp=2", "temp=3", "id,\"a,b\",x=y,temp", &err), 0);
    is(&b[0], LT_BOUND_NONE, 0, false);
    is(&b[1], LT_BOUND_NONE, 0, false);
    is(&b[2], LT_BOUND_ABSOLUTE, 1, false);
    is(&b[3], LT_BOUND_NONE, 0, false);
    is(&b[4], LT_BOUND_NONE, 0, false);
}

TEST(all_columns_of_a_name_are_meant)
{
    static const char *const twins[3] = {"a", "b", "a"};
    struct lt_bound b[3];
    struct lt_error err = {0};
    T_INT(lt_packbounds_parse(b, 3, name_of, (void *)twins, "a=4", NULL, NULL, &err), 0);
    is(&b[0], LT_BOUND_ABSOLUTE, 4, true);
    is(&b[1], LT_BOUND_NONE, 0, false);
    is(&b[2], LT_BOUND_ABSOLUTE, 4, true);
}

TEST(columns_without_names_go_by_number)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    T_INT(by_number(b, "0=1,2-4=2", NULL, "3", &err), 0);
    is(&b[0], LT_BOUND_ABSOLUTE, 1, true);
    is(&b[1], LT_BOUND_NONE, 0, false);
    is(&b[2], LT_BOUND_ABSOLUTE, 2, true);
    is(&b[3], LT_BOUND_NONE, 0, false);
    is(&b[4], LT_BOUND_ABSOLUTE, 2, true);
    T_INT(by_number(b, NULL, "0.25", "0,3-4", &err), 0);
    is(&b[2], LT_BOUND_RELATIVE, 0.25, false);
    is(&b[4], LT_BOUND_NONE, 0, false);
}

/* The parser and the check refuse it alike. */
static void refuses(const char *max_abs, const char *max_rel, const char *lossless,
                    const char *message)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    T_INT(parse(b, max_abs, max_rel, lossless, &err), LT_EUSAGE);
    T_ERR(err, message);
    err = (struct lt_error){0};
    T_INT(lt_packbounds_check(max_abs, max_rel, lossless, &err), LT_EUSAGE);
    T_ERR(err, message);
}

TEST(empty_names_are_refused)
{
    refuses("temp=0.05,,", NULL, NULL, "--max-abs: an empty column name in \"temp=0.05,,\"");
    refuses(NULL, "=0.05", NULL, "--max-rel: an empty column name in \"=0.05\"");
    refuses("\"\"=1", NULL, NULL, "--max-abs: an empty column name in \"\"\"=1\"");
    refuses(NULL, NULL, "id,", "--lossless: an empty column name in \"id,\"");
    refuses(NULL, NULL, "", "--lossless: an empty column name in \"\"");
}

TEST(bounds_that_are_no_positive_finite_numbers_are_refused)
{
    static const char *const bad[] = {"0",  "-1",     "inf",   "nan",   "1e999",
                                      "x",  "1e-999", "5 mm",  "1/0",   "1//2",
                                      "/2", "1/",     "1/inf", "inf/2", "1%%"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64], want[200];
        snprintf(want, sizeof want,
                 "--max-rel: \"%s\" is not a positive finite number such as 0.05 or 1/256", bad[i]);
        refuses(NULL, bad[i], NULL, want);
        snprintf(text, sizeof text, "temp=%s,vib=1", bad[i]);
        refuses(NULL, text, NULL, want);
    }
    refuses("temp=", NULL, NULL,
            "--max-abs: \"\" is not a positive finite number such as 0.05 or 1/256");
    refuses("temp", NULL, NULL,
            "--max-abs: \"temp\" is not a positive finite number such as 0.05 or 1/256");
    refuses("1%", NULL, NULL,
            "--max-abs: \"1%\" is not a positive finite number such as 0.05 or 1/256");
}

TEST(two_bounds_for_one_column_are_refused)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    refuses("1", "0.1", NULL,
            "--max-abs and --max-rel both give a bound for all columns; give one");
    refuses("1,2", NULL, NULL,
            "--max-abs gives two bounds for all columns, 1 and 2; name the "
            "columns, as in temp=0.05");
    T_INT(parse(b, "temp=1", "temp=1", NULL, &err), LT_EUSAGE);
    T_ERR(err, "--max-abs and --max-rel both name column \"temp\"; give one bound");
    T_INT(parse(b, "temp=1,vib=2,temp=1", NULL, NULL, &err), LT_EUSAGE);
    T_ERR(err, "--max-abs names column \"temp\" twice");
    T_INT(by_number(b, "1-3=1,2=4", NULL, NULL, &err), LT_EUSAGE);
    T_ERR(err, "--max-abs names column 2 twice");
}

TEST(columns_that_are_not_there_are_refused)
{
    struct lt_bound b[COLUMNS];
    struct lt_error err;
    T_INT(parse(b, "tmp=1", NULL, NULL, &err), LT_EUSAGE);
    T_ERR(err, "--max-abs: there is no column \"tmp\"; the columns are id, temp, vib, a,b, x=y");
    T_INT(parse(b, NULL, NULL, "id,0", &err), LT_EUSAGE);
    T_ERR(err, "--lossless: there is no column \"0\"; the columns are id, temp, vib, a,b, x=y");
    static const char *const bad[] = {"5",   "temp", "3-",    "-3",
                                      "2-1", "2-5",  "1-2-3", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char want[200];
        snprintf(want, sizeof want,
                 "--lossless: there is no column %s; columns have no names here, choose by number "
                 "from 0 to 4, such as 0 or 3-7",
                 bad[i]);
        T_INT(by_number(b, NULL, NULL, bad[i], &err), LT_EUSAGE);
        T_ERR(err, want);
    }
}

static const char *many_name(void *context, int64_t column, char *buf, size_t size)
{
    (void)context;
    snprintf(buf, size, "reading_%d", (int)column);
    return buf;
}

TEST(a_long_list_of_columns_is_cut)
{
    enum { MANY = 1000 };
    static struct lt_bound b[MANY];
    struct lt_error err = {0};
    T_INT(lt_packbounds_parse(b, MANY, many_name, NULL, "reading_1000=1", NULL, NULL, &err),
          LT_EUSAGE);
    T_OK(strncmp(err.text,
                 "--max-abs: there is no column \"reading_1000\"; the columns are "
                 "reading_0, reading_1, ",
                 80) == 0);
    T_OK(strstr(err.text, ", ... (1000 in all)"));
    T_INT(lt_packbounds_parse(b, MANY, many_name, NULL, "reading_999=1", NULL, NULL, &err), 0);
    is(&b[999], LT_BOUND_ABSOLUTE, 1, true);
}

T_MAIN
