#include "base/file.h"

#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LT_STREAM_BUFFER = 256 << 10, /* bytes; fewer, larger writes than stdio's own buffer */
    LT_READ_STEP = 1 << 20,       /* bytes asked for at once from a pipe */
    LT_FAULT_STEP = 2 << 20,      /* bytes that Linux maps at most around one that is used */
};

/* What is read from a pipe stays below this; a mapped file may be larger. */
#define LT_PIPE_MAX ((size_t)1 << 35)

struct lt_outfile {
    FILE *stream;
    char *path;   /* the final name, symbolic links followed */
    char *part;   /* the temporary name, or NULL when written directly */
    char *buffer; /* stdio's buffer */
    bool seekable;
};

static void outfile_free(struct lt_outfile **f)
{
    if ((*f)->stream)
        fclose((*f)->stream);
    if ((*f)->part)
        unlink((*f)->part);
    lt_free((*f)->path);
    lt_free((*f)->part);
    lt_free((*f)->buffer);
    lt_free(*f);
    *f = NULL;
}

static int fail_create(const char *path, struct lt_error *err)
{
    return lt_fail(err, LT_EFAIL,
                   "%s: cannot be created: %s; choose a folder that exists and can be written to",
                   path, strerror(errno));
}

static int fail_write(const char *path, struct lt_error *err)
{
    return lt_fail(
        err, LT_EFAIL,
        "%s: writing failed: %s; nothing was kept, free some space or choose another place", path,
        strerror(errno));
}

/* Opens a new file FOLDER/.latent-PID-N.part beside f->path; returns its
 * descriptor or -1 with errno set.  O_EXCL with a mode of 0666 rather than
 * mkstemp, so that the umask decides who may read the result. */
static int open_part(struct lt_outfile *f, const struct stat *old, struct lt_error *err)
{
    const char *slash = strrchr(f->path, '/');
    size_t folder = slash ? (size_t)(slash - f->path) + 1 : 0;
    size_t size = folder + 64;
    int rc = lt_alloc(&f->part, size, 1, f->path, err);
    if (rc)
        return -1;
    int fd = -1;
    for (int n = 0; n < 1000 && fd < 0; n++) {
        snprintf(f->part, size, "%.*s.latent-%ld-%d.part", (int)folder, f->path, (long)getpid(), n);
        fd = open(f->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        lt_free(f->part); /* not ours, so nobody may remove it */
        f->part = NULL;
        fail_create(f->path, err);
        return -1;
    }
    if (old && fchmod(fd, old->st_mode & 0777)) { /* replacing keeps the permissions */
        fail_create(f->path, err);
        close(fd);
        return -1;
    }
    return fd;
}

/* The descriptor to write to, or -1 with an error. */
static int open_target(struct lt_outfile *f, const char *path, struct lt_error *err)
{
    struct stat st;
    bool exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode)) {
        lt_fail(err, LT_EFAIL, "%s: is a folder; give the name of a file", path);
        return -1;
    }
    if (exists && access(path, W_OK)) {
        lt_fail(err, LT_EFAIL, "%s: cannot be replaced: %s; choose another name", path,
                strerror(errno));
        return -1;
    }
    if (exists && !S_ISREG(st.st_mode)) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            fail_create(path, err);
        return fd;
    }
    char *real = exists ? realpath(path, NULL) : NULL;
    if (real) {
        lt_free(f->path);
        f->path = NULL;
        int rc = lt_strdup(&f->path, real, err);
        free(real);
        if (rc)
            return -1;
    }
    f->seekable = true;
    return open_part(f, exists ? &st : NULL, err);
}

int lt_outfile_open(struct lt_outfile **out, const char *path, struct lt_error *err)
{
    *out = NULL;
    struct lt_outfile *f = NULL;
    int fd = -1;
    int rc = lt_alloc(&f, 1, sizeof *f, path, err);
    if (rc)
        return rc;
    if ((rc = lt_strdup(&f->path, strcmp(path, "-") == 0 ? "standard output" : path, err)) ||
        (rc = lt_alloc(&f->buffer, LT_STREAM_BUFFER, 1, path, err)))
        goto out;
    /* A copy of descriptor 1, so that closing it leaves stdout usable. */
    if (strcmp(path, "-") == 0) {
        if ((fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) < 0)
            fail_create(f->path, err);
    } else {
        fd = open_target(f, path, err);
    }
    if (fd < 0) {
        rc = LT_EFAIL;
        goto out;
    }
    f->stream = fdopen(fd, "wb");
    if (!f->stream) {
        rc = fail_create(path, err);
        goto out;
    }
    fd = -1;
    setvbuf(f->stream, f->buffer, _IOFBF, LT_STREAM_BUFFER);
    *out = f;
    return LT_OK;
out:
    if (fd >= 0)
        close(fd);
    outfile_free(&f);
    return rc;
}

int lt_outfile_write(struct lt_outfile *f, const void *bytes, size_t n, struct lt_error *err)
{
    if (n && fwrite(bytes, 1, n, f->stream) != n)
        return fail_write(f->path, err);
    return LT_OK;
}

int lt_outfile_patch(struct lt_outfile *f, uint64_t offset, const void *bytes, size_t n,
                     struct lt_error *err)
{
    if (!f->seekable)
        return lt_fail(err, LT_EFAIL, "%s: is not a regular file, which this kind of output needs",
                       f->path);
    if (fflush(f->stream))
        return fail_write(f->path, err);
    const char *from = bytes;
    while (n) {
        ssize_t done = pwrite(fileno(f->stream), from, n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return fail_write(f->path, err);
        from += done;
        n -= (size_t)done;
        offset += (uint64_t)done;
    }
    return LT_OK;
}

bool lt_outfile_seekable(const struct lt_outfile *f)
{
    return f->seekable;
}

FILE *lt_outfile_stream(struct lt_outfile *f)
{
    return f->stream;
}

/* Makes the new name itself survive a power cut.  Some file systems cannot sync
 * a folder; the file is whole all the same, so errors are ignored. */
static void sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length >= sizeof folder)
        return;
    memcpy(folder, path, length);
    folder[length] = '\0';
    int fd = open(length ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int lt_outfile_commit(struct lt_outfile **f, struct lt_error *err)
{
    struct lt_outfile *file = *f;
    int rc = LT_OK;
    bool written = fflush(file->stream) == 0 && !ferror(file->stream);
    if (!written || (file->part && fsync(fileno(file->stream))))
        rc = fail_write(file->path, err);
    if (fclose(file->stream) && !rc)
        rc = fail_write(file->path, err);
    file->stream = NULL;
    if (!rc && file->part && rename(file->part, file->path))
        rc = fail_create(file->path, err);
    if (!rc && file->part) {
        sync_folder(file->path);
        lt_free(file->part); /* the name is gone; nothing to remove */
        file->part = NULL;
    }
    outfile_free(f);
    return rc;
}

void lt_outfile_abort(struct lt_outfile **f)
{
    if (*f)
        outfile_free(f);
}

static int fail_read(const char *path, struct lt_error *err)
{
    return lt_fail(err, LT_EFAIL, "%s: cannot be read: %s", path, strerror(errno));
}

/* Everything that a pipe, a device or standard input gives. */
static int read_stream(struct lt_bytes *out, int fd, const char *path, struct lt_error *err)
{
    size_t capacity = 0;
    for (;;) {
        int rc = lt_grow(&out->owned, &capacity, out->size + LT_READ_STEP, 1, path, err);
        if (rc)
            return rc;
        ssize_t n = read(fd, (char *)out->owned + out->size, capacity - out->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_read(path, err);
        if (n == 0)
            break;
        out->size += (size_t)n;
        if (out->size > LT_PIPE_MAX)
            return lt_fail(err, LT_ECONTENT, "%s: gives more than %zu GiB; save it as a file first",
                           path, LT_PIPE_MAX >> 30);
    }
    out->data = out->owned;
    return LT_OK;
}

static int read_descriptor(struct lt_bytes *out, int fd, const char *path, struct lt_error *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return fail_read(path, err);
    if (S_ISDIR(st.st_mode))
        return lt_fail(err, LT_EFAIL, "%s: is a folder; give the name of a file", path);
    if (S_ISREG(st.st_mode) && st.st_size > 0) {
        void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED) {
            *out = (struct lt_bytes){.data = map, .size = (size_t)st.st_size, .map = map};
            return LT_OK;
        }
    }
    /* Files under /proc say that they are empty, so an empty one is read too. */
    return read_stream(out, fd, path, err);
}

bool lt_file_is_regular(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int lt_bytes_read(struct lt_bytes *out, const char *path, struct lt_error *err)
{
    *out = (struct lt_bytes){0};
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? lt_fail(err, LT_EFAIL, "%s: no such file; check the name", name)
                               : fail_read(name, err);
    int rc = standard ? read_stream(out, fd, name, err) : read_descriptor(out, fd, name, err);
    if (!standard)
        close(fd);
    if (rc)
        lt_bytes_free(out);
    return rc;
}

void lt_bytes_free(struct lt_bytes *bytes)
{
    if (bytes->map)
        munmap(bytes->map, bytes->size);
    lt_free(bytes->owned);
    *bytes = (struct lt_bytes){0};
}

void lt_bytes_release(const struct lt_bytes *bytes, size_t begin, size_t end)
{
    if (!bytes->map || begin >= end || end > bytes->size)
        return;
    /* Rounded outwards: neighbours whose pages go too read them again, but nothing stays behind. */
    begin -= begin % LT_FAULT_STEP;
    end += (LT_FAULT_STEP - end % LT_FAULT_STEP) % LT_FAULT_STEP;
    if (end > bytes->size)
        end = bytes->size;
    madvise((char *)bytes->map + begin, end - begin, MADV_DONTNEED);
}
