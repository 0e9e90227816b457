/* Parallel loops over a fixed number of chunks.
 *
 * The work is cut into `chunks` pieces by the caller, by a rule that does not
 * know the number of threads; threads only decide who runs a piece.  That is
 * what keeps results bit-identical for any number of threads.
 *
 * Runs on the OpenMP runtime through libgomp's own entry point GOMP_parallel,
 * under gcc and clang alike, so that the process has one thread pool (Debian's
 * oneDNN brings libgomp).  Without OpenMP (-Dminimal=true) the chunks run one
 * after the other.  Inside a chunk oneDNN sees that it runs in a parallel
 * region and computes on that one thread.
 */
#ifndef LT_BASE_PARALLEL_H
#define LT_BASE_PARALLEL_H

#include <stddef.h>

typedef void lt_chunk_fn(void *context, size_t chunk, int thread);

/* Calls fn(context, c, t) for every c in 0 ... chunks-1, where t in
 * 0 ... threads-1 names the thread that runs it (for scratch space).  Each
 * thread begins with its own run of pieces, so that it meets again what its
 * cache still holds from the last call, and then helps the others; within a run
 * pieces are handed out one by one.  Returns when all are done.
 * threads <= 1 or chunks <= 1 runs in the calling thread. */
void lt_parallel(int threads, size_t chunks, lt_chunk_fn *fn, void *context);

/* The number of CPUs this process may use (cgroup and affinity aware), >= 1. */
int lt_cpu_count(void);

/* Begin and end of piece `chunk` when n items are cut into pieces of `size`. */
static inline size_t lt_chunks(size_t n, size_t size)
{
    return (n + size - 1) / size;
}
static inline size_t lt_chunk_begin(size_t chunk, size_t size)
{
    return chunk * size;
}
static inline size_t lt_chunk_end(size_t chunk, size_t size, size_t n)
{
    return (chunk + 1) * size < n ? (chunk + 1) * size : n;
}

#endif
