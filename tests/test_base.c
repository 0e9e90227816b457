#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "t.h"

TEST(an_error_keeps_its_first_sentence)
{
    struct lt_error err = {0};
    T_INT(lt_fail(&err, LT_ECONTENT, "%s:%d: what is wrong", "file", 3), LT_ECONTENT);
    T_INT(lt_fail(&err, LT_EFAIL, "what failed because of that"), LT_EFAIL);
    T_INT(err.code, LT_ECONTENT);
    T_ERR(err, "file:3: what is wrong");
    T_INT(lt_fail(NULL, LT_EUSAGE, "nobody listens"), LT_EUSAGE);
}

TEST(a_long_sentence_is_cut)
{
    static char name[5000];
    struct lt_error err = {0};
    memset(name, 'x', sizeof name - 1);
    lt_fail(&err, LT_EFAIL, "%s", name);
    T_INT(strlen(err.text), sizeof err.text - 1);
}

TEST(size_arithmetic_finds_overflow)
{
    size_t out = 0;
    T_OK(lt_size_mul(1u << 20, 1u << 20, &out) && out == (size_t)1 << 40);
    T_OK(!lt_size_mul(SIZE_MAX / 2 + 1, 2, &out));
    T_OK(lt_size_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    T_OK(!lt_size_add(SIZE_MAX, 1, &out));
}

TEST(allocations_are_zeroed_and_aligned)
{
    for (size_t count = 0; count < 300; count += 7) {
        float *a = NULL;
        T_INT(lt_alloc(&a, count, sizeof *a, "a", NULL), LT_OK);
        T_OK(a && (uintptr_t)a % LT_ALIGN == 0);
        for (size_t i = 0; i < count; i++)
            T_OK(a[i] == 0);
        lt_free(a);
    }
}

TEST(impossible_allocations_fail_with_a_sentence)
{
    struct lt_error err = {0};
    char *a = (char *)1;
    T_INT(lt_alloc(&a, SIZE_MAX, 2, "the table", &err), LT_EFAIL);
    T_OK(a == NULL);
    T_ERR(err, "the table: the size is too large for this machine");
    err = (struct lt_error){0};
    T_INT(lt_alloc(&a, (size_t)PTRDIFF_MAX + 1, 1, "the table", &err), LT_EFAIL);
    T_ERR(err, "the table: out of memory (8796093022208 MiB asked for)");
}

TEST(growing_keeps_the_content_and_zeroes_the_rest)
{
    int *a = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        T_INT(lt_grow(&a, &capacity, i + 1, sizeof *a, "a", NULL), LT_OK);
        T_OK(capacity > i && a[i] == 0);
        a[i] = (int)i + 1;
    }
    for (int i = 0; i < 1000; i++)
        T_INT(a[i], i + 1);
    size_t before = capacity;
    T_INT(lt_grow(&a, &capacity, SIZE_MAX, sizeof *a, "a", NULL), LT_EFAIL);
    T_OK(capacity == before && a[999] == 1000);
    lt_free(a);
}

TEST(strings_are_copied)
{
    char *copy = NULL;
    T_INT(lt_strdup(&copy, "a text", NULL), LT_OK);
    T_STR(copy, "a text");
    lt_free(copy);
    T_INT(lt_strdup(&copy, NULL, NULL), LT_OK);
    T_OK(copy == NULL);
}

TEST(a_plan_lays_out_aligned_parts)
{
    struct lt_plan plan = {0};
    size_t a = lt_plan_reserve(&plan, 3, sizeof(float));
    size_t b = lt_plan_reserve(&plan, 0, 8);
    size_t c = lt_plan_reserve(&plan, 65, 1);
    T_INT(a, 0);
    T_INT(b, 64);
    T_INT(c, 64);
    T_INT(plan.bytes, 64 + 128);
    char *block = NULL;
    T_INT(lt_plan_alloc(&plan, &block, "plan", NULL), LT_OK);
    T_OK(block && block[plan.bytes - 1] == 0);
    lt_free(block);
}

TEST(a_plan_that_overflowed_says_so)
{
    struct lt_plan plan = {0};
    struct lt_error err = {0};
    void *block = NULL;
    lt_plan_reserve(&plan, SIZE_MAX / 2, 3);
    lt_plan_reserve(&plan, 1, 1);
    T_INT(lt_plan_alloc(&plan, &block, "the network", &err), LT_EFAIL);
    T_OK(block == NULL);
    T_ERR(err, "the network: the size is too large for this machine");
}

enum { T_CHUNKS = 1000, T_THREADS = 4 };

struct tally {
    int runs[T_CHUNKS];
    int thread[T_CHUNKS];
};

static void count_chunk(void *context, size_t chunk, int thread)
{
    struct tally *tally = context;
    tally->runs[chunk]++;
    tally->thread[chunk] = thread;
}

TEST(every_chunk_runs_once_on_a_thread_in_range)
{
    static struct tally tally;
    for (int threads = 0; threads <= T_THREADS; threads++) {
        for (size_t chunks = 0; chunks <= T_CHUNKS; chunks += 250) {
            memset(&tally, 0, sizeof tally);
            lt_parallel(threads, chunks, count_chunk, &tally);
            for (size_t c = 0; c < T_CHUNKS; c++) {
                T_INT(tally.runs[c], c < chunks);
                T_OK(tally.thread[c] >= 0 && tally.thread[c] < (threads > 1 ? threads : 1));
            }
        }
    }
}

TEST(chunks_cover_all_items)
{
    for (size_t n = 0; n < 40; n++) {
        size_t covered = 0;
        for (size_t c = 0; c < lt_chunks(n, 7); c++) {
            T_INT(lt_chunk_begin(c, 7), covered);
            covered = lt_chunk_end(c, 7, n);
        }
        T_INT(covered, n);
    }
    T_OK(lt_cpu_count() >= 1);
}

/* The content of a file as a string, or "(none)". */
static const char *content(const char *path)
{
    static char text[200];
    struct lt_bytes bytes;
    if (lt_bytes_read(&bytes, path, NULL))
        return "(none)";
    snprintf(text, sizeof text, "%.*s", (int)bytes.size, (const char *)bytes.data);
    lt_bytes_free(&bytes);
    return text;
}

static int entries(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n - 2;
}

TEST(an_output_appears_only_when_committed)
{
    const char *folder = t_tmp("commit");
    T_OK(mkdir(folder, 0777) == 0);
    const char *path = t_tmp("commit/out");
    struct lt_outfile *f = NULL;
    T_INT(lt_outfile_open(&f, path, NULL), LT_OK);
    T_OK(lt_outfile_seekable(f));
    T_INT(lt_outfile_write(f, "____ world", 10, NULL), LT_OK);
    T_INT(lt_outfile_patch(f, 0, "whole", 4, NULL), LT_OK);
    T_INT(lt_outfile_write(f, "\n", 1, NULL), LT_OK);
    T_STR(content(path), "(none)");
    T_INT(lt_outfile_commit(&f, NULL), LT_OK);
    T_OK(f == NULL);
    T_STR(content(path), "whol world\n");
    T_INT(entries(folder), 1);
}

TEST(an_aborted_output_leaves_the_old_file)
{
    T_OK(mkdir(t_tmp("abort"), 0777) == 0);
    const char *path = t_text("abort/out", "old");
    struct lt_outfile *f = NULL;
    T_INT(lt_outfile_open(&f, path, NULL), LT_OK);
    T_INT(lt_outfile_write(f, "new", 3, NULL), LT_OK);
    lt_outfile_abort(&f);
    lt_outfile_abort(&f);
    T_STR(content(path), "old");
    T_INT(entries(t_tmp("abort")), 1);
}

TEST(replacing_keeps_permissions_and_follows_links)
{
    const char *path = t_text("target", "old");
    const char *link = t_tmp("link");
    T_OK(chmod(path, 0640) == 0 && symlink(path, link) == 0);
    struct lt_outfile *f = NULL;
    T_INT(lt_outfile_open(&f, link, NULL), LT_OK);
    T_INT(lt_outfile_write(f, "new", 3, NULL), LT_OK);
    T_INT(lt_outfile_commit(&f, NULL), LT_OK);
    struct stat st;
    T_OK(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    T_OK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
    T_STR(content(path), "new");
}

TEST(a_full_disk_is_reported)
{
    if (access("/dev/full", W_OK))
        T_SKIP("no /dev/full here");
    struct lt_error err = {0};
    struct lt_outfile *f = NULL;
    T_INT(lt_outfile_open(&f, "/dev/full", &err), LT_OK);
    T_OK(!lt_outfile_seekable(f));
    T_INT(lt_outfile_write(f, "x", 1, &err), LT_OK);
    T_INT(lt_outfile_commit(&f, &err), LT_EFAIL);
    T_OK(f == NULL);
    T_ERR(err, "/dev/full: writing failed: No space left on device; nothing was kept, "
               "free some space or choose another place");
    T_OK(access("/dev/full", W_OK) == 0);
}

TEST(an_output_that_cannot_be_made_is_refused_at_once)
{
    struct lt_error err = {0};
    struct lt_outfile *f = NULL;
    char want[2000];
    const char *path = t_tmp("no/such/folder");
    T_INT(lt_outfile_open(&f, path, &err), LT_EFAIL);
    T_OK(f == NULL);
    snprintf(want, sizeof want,
             "%s: cannot be created: No such file or directory; "
             "choose a folder that exists and can be written to",
             path);
    T_ERR(err, want);
    err = (struct lt_error){0};
    T_INT(lt_outfile_open(&f, "/", &err), LT_EFAIL);
    T_ERR(err, "/: is a folder; give the name of a file");
}

TEST(whole_files_are_read)
{
    struct lt_bytes bytes;
    T_INT(lt_bytes_read(&bytes, t_text("some", "some bytes"), NULL), LT_OK);
    T_OK(bytes.size == 10 && memcmp(bytes.data, "some bytes", 10) == 0);
    lt_bytes_free(&bytes);
    T_OK(!bytes.data && !bytes.size);
    T_INT(lt_bytes_read(&bytes, t_text("none", ""), NULL), LT_OK);
    T_OK(bytes.data && bytes.size == 0);
    lt_bytes_free(&bytes);
    T_INT(lt_bytes_read(&bytes, "/proc/self/status", NULL), LT_OK);
    T_OK(bytes.size > 0);
    lt_bytes_free(&bytes);
}

TEST(missing_files_and_folders_are_refused)
{
    struct lt_error err = {0};
    struct lt_bytes bytes;
    T_INT(lt_bytes_read(&bytes, "/no/such/file", &err), LT_EFAIL);
    T_ERR(err, "/no/such/file: no such file; check the name");
    err = (struct lt_error){0};
    T_INT(lt_bytes_read(&bytes, "/", &err), LT_EFAIL);
    T_ERR(err, "/: is a folder; give the name of a file");
}

T_MAIN
