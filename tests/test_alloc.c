#include "base/file.h"
#include "base/mem.h"
#include "t.h"
#include "t_alloc.h"

TEST(an_output_survives_every_failing_allocation)
{
    T_OK(mkdir(t_tmp("out"), 0777) == 0);
    const char *path = t_tmp("out/file");
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_outfile *f = NULL;
        if (lt_outfile_open(&f, path, &err)) {
            failures++;
            T_OK(f == NULL && strstr(err.text, "out of memory"));
        }
        lt_outfile_abort(&f);
    }
    T_OK(failures >= 3);
    T_OK(rmdir(t_tmp("out")) == 0); /* so nothing was left in it */
}

TEST(reading_a_pipe_survives_every_failing_allocation)
{
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_bytes bytes;
        if (lt_bytes_read(&bytes, "/proc/self/status", &err)) {
            failures++;
            T_OK(!bytes.data && strstr(err.text, "out of memory"));
        }
        lt_bytes_free(&bytes);
    }
    T_OK(failures >= 1);
}

TEST(growing_survives_a_failing_allocation)
{
    int *a = NULL;
    size_t capacity = 0;
    T_INT(lt_grow(&a, &capacity, 1, sizeof *a, "a", NULL), LT_OK);
    a[0] = 7;
    t_alloc.calls = 0;
    t_alloc.fail_at = 1;
    size_t before = capacity;
    T_INT(lt_grow(&a, &capacity, before + 1, sizeof *a, "a", NULL), LT_EFAIL);
    t_alloc.fail_at = 0;
    T_OK(capacity == before && a[0] == 7);
    lt_free(a);
}

T_MAIN
