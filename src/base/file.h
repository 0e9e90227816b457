/* Files: outputs that appear whole or not at all, and whole-file reads.
 */
#ifndef LT_BASE_FILE_H
#define LT_BASE_FILE_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An output file.  A regular file is written under a temporary name in the
 * same folder (.latent-PID-N.part, all that a killed process leaves behind) and
 * renamed by lt_outfile_commit after fsync, so that a reader sees the old file
 * or the whole new one.  Replacing a file keeps its permissions; a symbolic link
 * stays one.  "-" is standard output; a device or a pipe (such as /dev/full) is
 * written directly.  Opening checks that the folder can be written to, so call
 * it before hours of work. */
struct lt_outfile;
int lt_outfile_open(struct lt_outfile **out, const char *path, struct lt_error *err);
int lt_outfile_write(struct lt_outfile *f, const void *bytes, size_t n, struct lt_error *err);
/* Overwrites bytes already written, at `offset` (for headers whose content is
 * known last).  Refused on pipes and standard output. */
int lt_outfile_patch(struct lt_outfile *f, uint64_t offset, const void *bytes, size_t n,
                     struct lt_error *err);
bool lt_outfile_seekable(const struct lt_outfile *f);
FILE *lt_outfile_stream(struct lt_outfile *f); /* for libraries that want a FILE */
/* Flushes, syncs, closes and renames; frees and NULLs *f in any case.  On
 * failure no file is left behind. */
int lt_outfile_commit(struct lt_outfile **f, struct lt_error *err);
/* Closes and removes what was written; NULL is allowed. */
void lt_outfile_abort(struct lt_outfile **f);

/* A whole file as bytes: mapped when it is a regular file, read otherwise
 * ("-" is standard input), up to 32 GiB.  A directory, a missing or an
 * unreadable file is LT_EFAIL with a message. */
struct lt_bytes {
    const unsigned char *data;
    size_t size;
    void *map;   /* private: the mapping, or NULL */
    void *owned; /* private: the allocation, or NULL */
};
int lt_bytes_read(struct lt_bytes *out, const char *path, struct lt_error *err);
void lt_bytes_free(struct lt_bytes *bytes); /* leaves it zeroed */
/* Gives the memory behind [begin, end) back to the system: what is mapped is read from the file again
 * when it is used again, by whichever thread.  So a pass over a large file needs little memory.  Nothing
 * happens to bytes that are owned. */
void lt_bytes_release(const struct lt_bytes *bytes, size_t begin, size_t end);
/* Whether a path is a regular file, which can be read more than once: no pipe, and not "-". */
bool lt_file_is_regular(const char *path);

#endif
