/* A small test frame that speaks TAP (the Test Anything Protocol).
 *
 *     #include "t.h"
 *     TEST(a_claim_that_holds)
 *     {
 *         T_INT(1 + 1, 2);
 *     }
 *     T_MAIN
 *
 * Every TEST of the file runs, in the order in which they stand.  The first
 * T_... that does not hold ends its test (by longjmp, so helper functions may
 * use them too; call them from the main thread only).  The program exits with
 * 1 when a test failed.  Arguments of the program, if any, are the names of the
 * tests to run.
 */
#ifndef LT_TESTS_T_H
#define LT_TESTS_T_H

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef T_SOURCE_ROOT
#define T_SOURCE_ROOT "."
#endif
#ifndef T_PROGRAM
#define T_PROGRAM "build/latent" /* the program under test */
#endif

enum { T_MAX_TESTS = 500, T_MAX_PATHS = 500, T_MAX_PATH = 1000 };

struct t_case {
    const char *name;
    void (*run)(void);
};

static struct {
    struct t_case cases[T_MAX_TESTS];
    int count;
    jmp_buf leave;
    bool failed;
    char note[4000]; /* why the running test failed or was skipped */
    char tmp[T_MAX_PATH];
    char *paths[T_MAX_PATHS]; /* handed out by t_data and t_tmp */
    int path_count;
} t_state;

#define T_UNUSED __attribute__((unused))

/* A TEST adds itself to the list before main runs. */
#define TEST(claim)                                                                                \
    static void t_test_##claim(void);                                                              \
    __attribute__((constructor)) static void t_register_##claim(void)                              \
    {                                                                                              \
        t_register(#claim, t_test_##claim);                                                        \
    }                                                                                              \
    static void t_test_##claim(void)

T_UNUSED static void t_register(const char *name, void (*run)(void))
{
    if (t_state.count == T_MAX_TESTS) {
        puts("Bail out! raise T_MAX_TESTS in tests/t.h");
        exit(1);
    }
    t_state.cases[t_state.count++] = (struct t_case){name, run};
}

/* Ends the running test. */
T_UNUSED __attribute__((noreturn, format(printf, 2, 3))) static void t_leave(bool failed,
                                                                             const char *format,
                                                                             ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t_state.note, sizeof t_state.note, format, args);
    va_end(args);
    t_state.failed = failed;
    longjmp(t_state.leave, 1);
}

#define T_FAIL(...) t_leave(true, __VA_ARGS__)
#define T_SKIP(why) t_leave(false, "%s", why)
#define T_OK(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond))                                                                               \
            T_FAIL("%s:%d: %s", __FILE__, __LINE__, #cond);                                        \
    } while (0)
#define T_INT(got, want) t_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define T_STR(got, want) t_str(__FILE__, __LINE__, #got, (got), (want))
#define T_NEAR(got, want, tolerance)                                                               \
    t_near(__FILE__, __LINE__, #got, (double)(got), (double)(want), (double)(tolerance))
/* The sentence in a struct lt_error or a latent_error. */
#define T_ERR(err, want) t_str(__FILE__, __LINE__, #err, (err).text, (want))
/* A line of diagnosis that does not change the result. */
#define T_NOTE(...) (printf("# " __VA_ARGS__), puts(""))

T_UNUSED static void t_int(const char *file, int line, const char *what, long long got,
                           long long want)
{
    if (got != want)
        T_FAIL("%s:%d: %s is %lld, expected %lld", file, line, what, got, want);
}

T_UNUSED static void t_str(const char *file, int line, const char *what, const char *got,
                           const char *want)
{
    if (!got || strcmp(got, want) != 0)
        T_FAIL("%s:%d: %s is\n  %s\nexpected\n  %s", file, line, what, got ? got : "(NULL)", want);
}

T_UNUSED static void t_near(const char *file, int line, const char *what, double got, double want,
                            double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        T_FAIL("%s:%d: %s is %.17g, expected %.17g within %g", file, line, what, got, want,
               tolerance);
}

/* Keeps folder/name until the program ends. */
T_UNUSED static const char *t_path(const char *folder, const char *name)
{
    char *path = malloc(strlen(folder) + strlen(name) + 2);
    if (!path || t_state.path_count == T_MAX_PATHS)
        T_FAIL("no room for another path");
    sprintf(path, "%s/%s", folder, name);
    t_state.paths[t_state.path_count++] = path;
    return path;
}

/* The path of a data file, or NULL when it is not there: under the folder named
 * by LATENT_TEST_DATA, else under ../shared/data beside the source. */
T_UNUSED static const char *t_data(const char *name)
{
    const char *root = getenv("LATENT_TEST_DATA");
    const char *path = t_path(root && *root ? root : T_SOURCE_ROOT "/../shared/data", name);
    return access(path, R_OK) == 0 ? path : NULL;
}

/* A path in a temporary folder of this run, which is removed at the end. */
T_UNUSED static const char *t_tmp(const char *name)
{
    if (!t_state.tmp[0]) {
        const char *root = getenv("TMPDIR");
        snprintf(t_state.tmp, sizeof t_state.tmp, "%s/latent-test-XXXXXX",
                 root && *root ? root : "/tmp");
        if (!mkdtemp(t_state.tmp)) {
            t_state.tmp[0] = '\0';
            T_FAIL("no temporary folder can be made");
        }
    }
    return t_path(t_state.tmp, name);
}

/* Writes n bytes, or a text, to a file of its own in the temporary folder;
 * returns the path. */
T_UNUSED static const char *t_file(const char *name, const void *bytes, size_t n)
{
    const char *path = t_tmp(name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        T_FAIL("%s cannot be written", path);
    return path;
}

T_UNUSED static const char *t_text(const char *name, const char *text)
{
    return t_file(name, text, strlen(text));
}

/* Runs a shell command; returns its exit status (128 + number for a signal) and
 * leaves the beginning of its standard output in out. */
T_UNUSED static int t_shell(const char *command, char *out, size_t size)
{
    fflush(stdout);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        T_FAIL("cannot run %s", command);
    size_t used = 0;
    for (int c; (c = fgetc(pipe)) != EOF;)
        if (used + 1 < size)
            out[used++] = (char)c;
    if (size)
        out[used] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

T_UNUSED static void t_remove(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        char inner[PATH_MAX];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
        struct stat st;
        if (lstat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            t_remove(inner);
        else
            unlink(inner);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

/* The note as TAP diagnosis: every line behind a "# ". */
T_UNUSED static void t_print_note(void)
{
    fputs("# ", stdout);
    for (const char *c = t_state.note; *c; c++) {
        putchar(*c);
        if (*c == '\n')
            fputs("# ", stdout);
    }
    putchar('\n');
}

T_UNUSED static bool t_run_case(const struct t_case *test, int number)
{
    t_state.failed = false;
    t_state.note[0] = '\0';
    if (setjmp(t_state.leave) == 0)
        test->run();
    if (t_state.failed) {
        t_print_note();
        printf("not ok %d %s\n", number, test->name);
    } else if (t_state.note[0]) {
        printf("ok %d %s # SKIP %s\n", number, test->name, t_state.note);
    } else {
        printf("ok %d %s\n", number, test->name);
    }
    fflush(stdout);
    return !t_state.failed;
}

T_UNUSED static bool t_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

T_UNUSED static int t_main(int argc, char **argv)
{
    int wanted = 0, number = 0, failures = 0;
    for (int i = 0; i < t_state.count; i++)
        wanted += t_wanted(t_state.cases[i].name, argc, argv);
    printf("1..%d\n", wanted);
    fflush(stdout);
    for (int i = 0; i < t_state.count; i++)
        if (t_wanted(t_state.cases[i].name, argc, argv))
            failures += !t_run_case(&t_state.cases[i], ++number);
    for (int i = 0; i < t_state.path_count; i++)
        free(t_state.paths[i]);
    if (t_state.tmp[0])
        t_remove(t_state.tmp);
    return failures || !wanted;
}

#define T_MAIN                                                                                     \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return t_main(argc, argv);                                                                 \
    }

#endif
