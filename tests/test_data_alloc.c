/* Every allocation of readers, views, preps and writers fails in turn: each failure is
 * reported, nothing leaks (the sanitizers see to that) and no file is left. */
#include "data/lines.h"
#include "data/writer.h"
#include "data_help.h"
#include "prep/prep.h"
#include "t_alloc.h"

enum { MOST_ALLOCATIONS = 3000 };

/* `try` returns its code and frees what it made. */
static void fail_in_turn(int (*try)(struct lt_error *err))
{
    for (long k = 1; k < MOST_ALLOCATIONS; k++) {
        struct lt_error err = {0};
        t_alloc.calls = 0;
        t_alloc.fail_at = k;
        int rc = try(&err);
        t_alloc.fail_at = 0;
        if (rc == 0 && t_alloc.calls < k) {
            T_OK(k > 1);
            return;
        }
        if (rc != LT_EFAIL || !err.text[0])
            T_FAIL("allocation %ld failed and the result is %d \"%s\"", k, rc, err.text);
    }
    T_FAIL("more than %d allocations", MOST_ALLOCATIONS);
}

static int read_csv(struct lt_error *err)
{
    static const char text[] = "a,b,\"c\"\"d\"\n1,x,\n2.5,y,\"q\"\"\"\noops,NA,3\n\n7,z,4\n";
    struct lt_table *t = NULL;
    int rc = lt_table_from_bytes(&t, "t.csv", text, sizeof text - 1, NULL, err);
    lt_table_free(&t);
    return rc;
}

/* A failure loses nothing: the call is repeated. */
static int read_lines(struct lt_error *err)
{
    static const char text[] = "a,b,\"c\"\"d\"\n1,x,\n2.5,y,\"q\"\n7,z\n8,w,9\n";
    struct lt_lines *lines = NULL;
    struct lt_table *t = NULL;
    int ends[2], rc = 0, failed = 0;
    int64_t first, rows, done = 0;
    T_INT(pipe(ends), 0);
    T_INT(write(ends[1], text, sizeof text - 1), sizeof text - 1);
    close(ends[1]);
    failed = lt_lines_open(&lines, ends[0], "t.csv", err);
    while (lines && rc != LT_LINES_END) {
        struct lt_error told = {0};
        rc = lt_lines_next(lines, &t, &first, &rows, &told);
        done += rc ? 0 : rows;
        if (rc == LT_EFAIL)
            failed = lt_fail(err, rc, "%s", told.text);
        lt_table_free(&t);
    }
    lt_lines_free(&lines);
    close(ends[0]);
    if (!failed || rc == LT_LINES_END)
        T_INT(done, 3);
    return failed;
}

static int read_idx(struct lt_error *err)
{
    struct lt_table *t = NULL;
    int rc = lt_table_from_bytes(&t, "x", "\0\0\x0b\1\0\0\0\2\xff\xfe\0\7", 12, NULL, err);
    lt_table_free(&t);
    return rc;
}

static int make_sensors(struct lt_error *err)
{
    const char *name = "builtin:sensors,rows=200,faults=0.2,dropouts=0.1";
    struct lt_table *t = NULL;
    int rc = lt_table_open(&t, &name, 1, NULL, err);
    lt_table_free(&t);
    return rc;
}

static int make_views(struct lt_error *err)
{
    const float x[6] = {1, 2, 3, 4, 5, 6};
    const struct lt_selection selection = {"0,2", NULL, 0, -1};
    const int64_t rows[] = {1, 0};
    struct lt_table *t = NULL, *view = NULL, *picked = NULL;
    struct lt_block *block = NULL;
    int rc = lt_table_from_rows(&t, "rows", x, 2, 3, err);
    if (!rc)
        rc = lt_table_select(&view, t, &selection, err);
    if (!rc)
        rc = lt_table_pick(&picked, view, rows, 2, err);
    if (!rc)
        rc = lt_block_create(&block, picked, 2, err);
    if (!rc)
        rc = lt_table_fetch(picked, rows, 2, block, err);
    lt_block_free(&block);
    lt_table_free(&picked);
    lt_table_free(&view);
    lt_table_free(&t);
    return rc;
}

static int fit_quantiles(struct lt_error *err)
{
    const float x[15] = {1, 2, 3, 4, 5, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int64_t rows[] = {0, 1, 2, 3, 4};
    const struct lt_prep_options options = {.scaling = LT_SCALING_QUANTILE};
    struct lt_table *t = NULL;
    struct lt_prep prep = {0};
    int rc = lt_table_from_rows(&t, "rows", x, 5, 3, err);
    if (!rc)
        rc = lt_prep_fit(&prep, t, rows, 5, &options, err);
    lt_prep_free(&prep);
    lt_table_free(&t);
    return rc;
}

static const char *written; /* the path of the file */

static int write_file(struct lt_error *err)
{
    static const char *const names[] = {"a", "b"};
    const struct lt_writer_schema schema = {.rows = 1, .columns = 2, .names = names};
    const float x[2] = {1, 2};
    struct lt_writer *w = NULL;
    int rc = lt_writer_create(&w, written, &schema, err);
    if (!rc)
        rc = lt_writer_rows_f32(w, x, 1, err);
    if (!rc)
        rc = lt_writer_commit(&w, err);
    lt_writer_abort(&w);
    return rc;
}

TEST(a_csv_file_is_read_or_refused_whichever_allocation_fails)
{
    fail_in_turn(read_csv);
}

TEST(lines_lose_nothing_whichever_allocation_fails)
{
    fail_in_turn(read_lines);
}

TEST(an_array_is_read_or_refused_whichever_allocation_fails)
{
    fail_in_turn(read_idx);
}

TEST(sensors_are_made_or_refused_whichever_allocation_fails)
{
    fail_in_turn(make_sensors);
}

TEST(views_are_made_or_refused_whichever_allocation_fails)
{
    fail_in_turn(make_views);
}

TEST(quantiles_are_fitted_or_refused_whichever_allocation_fails)
{
    fail_in_turn(fit_quantiles);
}

TEST(files_are_written_or_refused_whichever_allocation_fails)
{
    written = t_tmp("a.csv");
    fail_in_turn(write_file);
    written = t_tmp("a.npy");
    fail_in_turn(write_file);
}

TEST(fetching_allocates_nothing)
{
    struct lt_error err = {0};
    struct lt_table *t = help_text("a,b,c\n1,2,x\n3,,y\n5,6,x\n"), *view = NULL;
    const struct lt_selection selection = {NULL, "b", 1, -1};
    struct lt_block *block = NULL, *part = NULL;
    const int64_t rows[] = {1, 0};
    T_INT(lt_table_select(&view, t, &selection, &err), 0);
    T_INT(lt_block_create(&block, t, 3, &err), 0);
    T_INT(lt_block_create(&part, view, 2, &err), 0);
    t_alloc.calls = 0;
    T_INT(lt_table_fetch(t, rows, 2, block, &err), 0);
    T_INT(lt_table_range(t, 0, 3, block, &err), 0);
    T_INT(lt_table_fetch(view, rows, 2, part, &err), 0);
    T_INT(t_alloc.calls, 0);
    lt_block_free(&part);
    lt_block_free(&block);
    lt_table_free(&view);
    lt_table_free(&t);
}

T_MAIN
