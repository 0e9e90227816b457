/* NPZ out: one array called X, deflated, through libzip. */
#include "data/writer_ops.h"

#include "base/mem.h"
#include <string.h>

#ifdef LT_HAVE_LIBZIP

#include <zip.h>

enum { LT_COPY_BYTES = 1 << 16 };

/* The NPY file is built in memory, whose size is known. */
static int begin(struct lt_writer *w, struct lt_error *err)
{
    char head[LT_NPY_HEAD];
    size_t bytes = 0;
    w->type = lt_writer_common_type(w);
    size_t length = lt_npy_head(w, head);
    if (!lt_size_mul((size_t)w->total, (size_t)w->columns * lt_type_size(w->type), &bytes) ||
        !lt_size_add(bytes, length, &bytes))
        return lt_fail_memory(err, w->name, SIZE_MAX);
    int rc = lt_grow(&w->buffer, &w->room, bytes, 1, w->name, err);
    if (rc)
        return rc;
    memcpy(w->buffer, head, length);
    w->used = length;
    return LT_OK;
}

static int write_rows(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                      struct lt_error *err)
{
    int rc = lt_writer_convert(w, rows, n, w->buffer + w->used, err);
    w->used += (size_t)(n * w->columns) * lt_type_size(w->type);
    return rc;
}

static int fail_zip(const struct lt_writer *w, const char *why, struct lt_error *err)
{
    return lt_fail(err, LT_EFAIL, "%s: the archive cannot be made (%s)", w->name, why);
}

/* Puts the array into an archive that libzip writes to `target`. */
static int make_archive(struct lt_writer *w, zip_source_t *target, struct lt_error *err)
{
    zip_error_t ze;
    zip_error_init(&ze);
    zip_t *archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &ze);
    if (!archive) {
        int rc = fail_zip(w, zip_error_strerror(&ze), err);
        zip_error_fini(&ze);
        return rc;
    }
    zip_error_fini(&ze);
    zip_source_keep(target); /* closing the archive gives one holder up */
    zip_source_t *array = zip_source_buffer(archive, w->buffer, w->used, 0);
    zip_int64_t index = array ? zip_file_add(archive, "X.npy", array, 0) : -1;
    if (array && index < 0)
        zip_source_free(array);
    /* A fixed time, 1980-01-01, so that the same data give the same bytes. */
    if (index < 0 || zip_set_file_compression(archive, (zip_uint64_t)index, ZIP_CM_DEFLATE, 0) ||
        zip_file_set_dostime(archive, (zip_uint64_t)index, 0, 33, 0) || zip_close(archive)) {
        int rc = fail_zip(w, zip_strerror(archive), err);
        zip_discard(archive);
        return rc;
    }
    return LT_OK;
}

static int copy_out(struct lt_writer *w, zip_source_t *from, struct lt_error *err)
{
    char part[LT_COPY_BYTES];
    int rc = LT_OK;
    if (zip_source_open(from))
        return fail_zip(w, zip_error_strerror(zip_source_error(from)), err);
    for (;;) {
        zip_int64_t n = zip_source_read(from, part, sizeof part);
        if (n < 0)
            rc = fail_zip(w, zip_error_strerror(zip_source_error(from)), err);
        if (n <= 0 || (rc = lt_sink_write(w->sink, part, (size_t)n, err)))
            break;
    }
    zip_source_close(from);
    return rc;
}

static int finish(struct lt_writer *w, struct lt_error *err)
{
    zip_error_t ze;
    zip_error_init(&ze);
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &ze);
    if (!target) {
        zip_error_fini(&ze);
        return lt_fail_memory(err, w->name, 0);
    }
    int rc = make_archive(w, target, err);
    if (!rc)
        rc = copy_out(w, target, err);
    zip_source_free(target);
    zip_error_fini(&ze);
    return rc;
}

const struct lt_writer_ops lt_npz_writer = {
    .ending = ".npz", .begin = begin, .rows = write_rows, .finish = finish};

#else

static int begin(struct lt_writer *w, struct lt_error *err)
{
    return lt_fail(err, LT_EUSAGE, "%s: this build has no libzip and writes no .npz; use .npy",
                   w->name);
}

const struct lt_writer_ops lt_npz_writer = {.ending = ".npz", .begin = begin};

#endif
