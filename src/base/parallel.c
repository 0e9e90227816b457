#include "base/parallel.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if LT_HAVE_OPENMP
#include <stdatomic.h>

/* The two entry points of libgomp that are used; declared here because clang
 * brings no omp.h without libomp. */
void GOMP_parallel(void (*fn)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);

enum { MOST_SHARES = 64, CACHE_LINE = 64 };

/* A thread's own run of chunks, handed out from the front; others may take
 * from it too. */
struct share {
    _Alignas(CACHE_LINE) atomic_size_t next;
    size_t end;
};

struct lt_team {
    lt_chunk_fn *fn;
    void *context;
    size_t share_count;
    struct share shares[MOST_SHARES];
};

static void team_member(void *data)
{
    struct lt_team *team = data;
    const int thread = omp_get_thread_num();
    for (size_t i = 0; i < team->share_count; i++) {
        struct share *s = &team->shares[((size_t)thread + i) % team->share_count];
        for (;;) {
            const size_t chunk = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
            if (chunk >= s->end)
                break;
            team->fn(team->context, chunk, thread);
        }
    }
}
#endif

void lt_parallel(int threads, size_t chunks, lt_chunk_fn *fn, void *context)
{
#if LT_HAVE_OPENMP
    if (threads > 1 && chunks > 1) {
        const size_t members = (size_t)threads < chunks ? (size_t)threads : chunks;
        const size_t count = members < MOST_SHARES ? members : MOST_SHARES;
        struct lt_team team = {.fn = fn, .context = context, .share_count = count};
        for (size_t i = 0; i < count; i++) {
            atomic_init(&team.shares[i].next, chunks / count * i + chunks % count * i / count);
            team.shares[i].end = chunks / count * (i + 1) + chunks % count * (i + 1) / count;
        }
        GOMP_parallel(team_member, &team, (unsigned)members, 0);
        return;
    }
#endif
    (void)threads;
    for (size_t chunk = 0; chunk < chunks; chunk++)
        fn(context, chunk, 0);
}

/* The CPUs that a quota of `quota` in every `period` microseconds amounts to,
 * rounded up; 0 when there is no limit. */
static long quota_cpus(long long quota, long long period)
{
    return quota > 0 && period > 0 ? (long)((quota + period - 1) / period) : 0;
}

static void lower(long *limit, long cpus)
{
    if (cpus > 0 && cpus < *limit)
        *limit = cpus;
}

/* cgroup v2: "quota period" or "max period" in FOLDER/cpu.max. */
static void limit_by_cpu_max(long *limit, const char *folder)
{
    char path[4200];
    int n = snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", folder);
    FILE *f = n > 0 && (size_t)n < sizeof path ? fopen(path, "re") : NULL;
    if (!f)
        return;
    long long quota = 0, period = 0;
    if (fscanf(f, "%lld %lld", &quota, &period) == 2)
        lower(limit, quota_cpus(quota, period));
    fclose(f);
}

/* cgroup v1: two files with one number each. */
static long long read_number(const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    long long value = 0;
    if (fscanf(f, "%lld", &value) != 1)
        value = 0;
    fclose(f);
    return value;
}

/* Our own cgroup and every one above it may set a limit. */
static void limit_by_cgroup(long *limit)
{
    char line[4096];
    FILE *f = fopen("/proc/self/cgroup", "re");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "0::", 3) != 0)
            continue;
        char *folder = line + 3;
        folder[strcspn(folder, "\n")] = '\0';
        while (*folder) {
            limit_by_cpu_max(limit, folder);
            *strrchr(folder, '/') = '\0'; /* the path begins with a slash */
        }
    }
    if (f)
        fclose(f);
    limit_by_cpu_max(limit, "");
    lower(limit, quota_cpus(read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
                            read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us")));
}

int lt_cpu_count(void)
{
    long limit = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;
    /* Fails on machines with more than 1024 CPUs, where the count above stands. */
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        lower(&limit, CPU_COUNT(&set));
    limit_by_cgroup(&limit);
    return limit < 1 ? 1 : limit > 4096 ? 4096 : (int)limit;
}
