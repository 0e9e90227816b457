/* The description at the beginning of a packed file, and its model: what has to be read before a block.
 *
 *     head     varints: form 1, 1 where the file is one stream of zstd (codec/general.h), 1 where it has a
 *              model, rows of a block, bytes of all rows (lt_packchunk_bytes), what is lost (enum
 *              lt_packloss), the PSNR that is promised then, in thousandths of a decibel; then the planes
 *              (codec/planes.h), packed (codec/packedbytes.h)
 *     model    u8 0, varint size of the pattern, packed, the pattern (codec/pattern.h), packed, and, where
 *              there is one, the code (codec/code.h), packed; or u8 1 and the SHA-256 of another file's
 *              model, 32 bytes
 */
#ifndef LT_APP_PACKHEAD_H
#define LT_APP_PACKHEAD_H

#include "codec/code.h"
#include "codec/container.h"
#include "codec/growable.h"
#include "codec/pattern.h"
#include "codec/planes.h"
#include "model/sha256.h"

/* What images lose; nothing is lost elsewhere but within the bounds of columns. */
enum lt_packloss {
    LT_PACK_EXACT,
    LT_PACK_LEVELS,  /* pixels have fewer levels than they had */
    LT_PACK_GUESSED, /* pixels are what the code makes of them */
    LT_PACKLOSSES
};

struct lt_packhead {
    bool stream, modelled;
    int64_t block_rows;
    uint64_t bytes;
    enum lt_packloss loss;
    int64_t millibels; /* promised: the PSNR of all pixels, in 1/1000 dB, of peak 255 */
    struct lt_planes *planes;
};
int lt_packhead_write(const struct lt_packhead *head, struct lt_growable *out,
                      struct lt_error *err);
/* head->planes is freed with lt_planes_free. */
int lt_packhead_read(struct lt_packhead *head, const char *name, const void *bytes, size_t size,
                     struct lt_error *err);

/* A model's bytes, whole or only their hash. */
int lt_packmodel_write(const struct lt_pattern *pattern, const struct lt_code *code /* or NULL */,
                       struct lt_growable *out, struct lt_error *err);
int lt_packmodel_name(const struct lt_growable *whole, struct lt_growable *out,
                      struct lt_error *err);

/* Whether a pattern can code these planes: LT_EUSAGE names what differs. */
int lt_packmodel_fits(const struct lt_pattern *pattern, const struct lt_planes *planes,
                      const char *name, struct lt_error *err);

/* A packed file that is open for reading. */
struct lt_packfile {
    const char *name;
    struct lt_bytes bytes;
    struct lt_pack *pack;
    struct lt_packhead head;
    struct lt_pattern *pattern; /* NULL: no model */
    struct lt_code *code;       /* NULL: none */
    struct lt_growable model;   /* the whole model's bytes, wherever they came from */
};
/* `model` is another packed file, whose model this one names, or NULL; `isa` is for networks. */
int lt_packfile_open(struct lt_packfile *file, const char *name, const char *model, bool salvage,
                     enum lt_isa isa, struct lt_error *err);
/* The same of bytes, which are the file's from now on, also on failure. */
int lt_packfile_take(struct lt_packfile *file, const char *name, const struct lt_bytes *bytes,
                     const char *model, bool salvage, enum lt_isa isa, struct lt_error *err);
/* All but the model, which may be in another file: nothing can be decoded. */
int lt_packfile_peek(struct lt_packfile *file, const char *name, struct lt_error *err);
/* Whether the model is in another file, whose model then has this SHA-256; `size`: bytes spent on it here. */
bool lt_packfile_names_model(const struct lt_packfile *file, char hex[LT_SHA256_HEX], size_t *size);
void lt_packfile_close(struct lt_packfile *file);
/* Whether a file begins as packed files do; false also where it cannot be read, and of pipes, which can be
 * read once. */
bool lt_packfile_is(const char *name);

#endif
