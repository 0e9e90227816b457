/* What xz -9e makes of a stream; the only file that sees liblzma. */
#include "codec/size_ops.h"

#include "base/mem.h"

#ifdef LT_HAVE_LZMA

#include <lzma.h>

enum { LT_XZ_BUFFER = 1 << 16 };
static const uint32_t preset = 9 | LZMA_PRESET_EXTREME;
static const uint32_t least = 1u << 20; /* bytes looked back; it costs 12 MiB */

struct xz {
    struct lt_pieces to;
    const char *name;
    lzma_stream stream;
    unsigned char buffer[LT_XZ_BUFFER];
};

static bool present(void)
{
    return true;
}

static uint64_t memory_of(const lzma_options_lzma *options)
{
    lzma_options_lzma copy = *options;
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &copy}, {LZMA_VLI_UNKNOWN, NULL}};
    return lzma_raw_encoder_memusage(filters);
}

/* Looks back no farther than there are bytes, rounded up to a power of two, nor than memory lets it.
 * Only the second may make the file longer. */
static void choose(lzma_options_lzma *options, uint64_t total, uint64_t memory, int64_t *reduced)
{
    lzma_lzma_preset(options, preset);
    while (options->dict_size > least && options->dict_size / 2 >= total)
        options->dict_size /= 2;
    const uint32_t wanted = options->dict_size;
    while (options->dict_size > least && memory_of(options) > memory)
        options->dict_size /= 2;
    *reduced = options->dict_size < wanted ? (int64_t)options->dict_size : 0;
}

static void release(void **state)
{
    struct xz *xz = *state;
    if (xz)
        lzma_end(&xz->stream);
    lt_free(xz);
    *state = NULL;
}

static int create(void **state, uint64_t total, uint64_t memory, const struct lt_pieces *to,
                  int64_t *reduced, const char *name, struct lt_error *err)
{
    lzma_options_lzma options;
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    struct xz *xz = NULL;
    int rc = lt_alloc(&xz, 1, sizeof *xz, name, err);
    *state = xz;
    if (rc)
        return rc;
    choose(&options, total, memory, reduced);
    xz->to = *to;
    xz->name = name;
    if (lzma_stream_encoder(&xz->stream, filters, LZMA_CHECK_CRC64) != LZMA_OK)
        return lt_fail_memory(err, name, memory_of(&options));
    return LT_OK;
}

/* Compresses what next_in holds; to the end of the stream with LZMA_FINISH. */
static int pump(struct xz *xz, lzma_action action, struct lt_error *err)
{
    int rc = LT_OK;
    lzma_ret status = LZMA_OK;
    do {
        xz->stream.next_out = xz->buffer;
        xz->stream.avail_out = sizeof xz->buffer;
        status = lzma_code(&xz->stream, action);
        size_t n = sizeof xz->buffer - xz->stream.avail_out;
        if (status != LZMA_OK && status != LZMA_STREAM_END)
            return lt_fail(err, LT_EFAIL, "%s: liblzma cannot pack it (its error %d)", xz->name,
                           (int)status);
        if (n > 0)
            rc = xz->to.take(xz->to.context, xz->buffer, n, err);
    } while (!rc && (action == LZMA_FINISH ? status != LZMA_STREAM_END : xz->stream.avail_in > 0));
    return rc;
}

static int feed(void *state, const void *bytes, size_t n, struct lt_error *err)
{
    struct xz *xz = state;
    xz->stream.next_in = bytes;
    xz->stream.avail_in = n;
    return pump(xz, LZMA_RUN, err);
}

static int finish(void *state, struct lt_error *err)
{
    return pump(state, LZMA_FINISH, err);
}

const struct lt_size_ops lt_size_xz = {"xz -9e", present, create, feed, finish, release};

#else

static bool present(void)
{
    return false;
}

static void release(void **state)
{
    *state = NULL;
}

const struct lt_size_ops lt_size_xz = {.name = "xz -9e", .present = present, .release = release};

#endif
