/* Safetensors: named arrays and a few texts in one file.
 *
 *     8 bytes    length n of the header, little-endian
 *     n bytes    the header, a JSON object, padded with spaces so that the
 *                payload begins at a multiple of 64
 *     the rest   the payload: the arrays' bytes one after the other, row-major,
 *                little-endian, without gaps
 *
 * The header maps each array's name to {"dtype", "shape", "data_offsets"}, and
 * "__metadata__" to an object of texts.  A file that lt_safetensors_write made
 * is sealed: the metadata begins with "header_sha256", over the first 8 + n
 * bytes with its own 64 digits taken as '0', and ends with "payload_sha256", so
 * that no byte of the file can change unnoticed.  Files made elsewhere are read
 * too, but are not sealed.
 */
#ifndef LT_MODEL_SAFETENSORS_H
#define LT_MODEL_SAFETENSORS_H

#include "base/error.h"
#include "base/file.h"
#include "model/json.h"
#include "model/sha256.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names in the file are those after LT_DTYPE_. */
enum lt_dtype {
    LT_DTYPE_BOOL,
    LT_DTYPE_U8,
    LT_DTYPE_I8,
    LT_DTYPE_U16,
    LT_DTYPE_I16,
    LT_DTYPE_F16,
    LT_DTYPE_BF16,
    LT_DTYPE_U32,
    LT_DTYPE_I32,
    LT_DTYPE_F32,
    LT_DTYPE_U64,
    LT_DTYPE_I64,
    LT_DTYPE_F64,
    LT_DTYPES
};
size_t lt_dtype_size(enum lt_dtype dtype);      /* bytes of one value */
const char *lt_dtype_name(enum lt_dtype dtype); /* "F32" */
int lt_dtype_by_name(const char *name);         /* -1: unknown */

enum {
    LT_TENSOR_NAME = 128,
    LT_TENSOR_RANK = 8,
    LT_TENSORS_MAX = 1 << 16,
    LT_SAFETENSORS_HEADER_MAX = 64 << 20, /* bytes */
};

struct lt_tensor {
    char name[LT_TENSOR_NAME];
    enum lt_dtype dtype;
    int rank;
    int64_t shape[LT_TENSOR_RANK];
    const void *data; /* the values; where read, at any alignment: copy them out */
    size_t bytes;     /* set when read; when written it follows from dtype and shape */
};

struct lt_safetensors_text { /* one entry of the metadata */
    const char *key, *value;
};

/* ---- writing ---- */

struct lt_safetensors_content {
    const struct lt_safetensors_text *text; /* (texts) */
    int texts;
    const struct lt_tensor *tensor; /* (tensors), in the order of the payload: wide types first
                                     * keeps all of them aligned */
    int tensors;
};

/* The file appears whole or not at all (base/file.h). */
int lt_safetensors_write(const struct lt_safetensors_content *content, const char *path,
                         struct lt_error *err);
/* The same bytes in memory, freed with lt_free. */
int lt_safetensors_bytes(const struct lt_safetensors_content *content, unsigned char **bytes,
                         size_t *size, struct lt_error *err);

/* ---- reading ---- */

struct lt_safetensors {
    const char *name; /* of the file, for messages; the caller's */
    struct lt_bytes file;
    struct lt_json *metadata; /* an object of strings */
    struct lt_tensor *tensor; /* (tensors), sorted by name, data pointing into the file */
    int tensors;
    bool sealed; /* the checksums are there, and they are right */
};

/* Opens a file, or bytes that outlive the result (named `path` in messages).  Everything is
 * checked: the header's checksum when there is one, sizes against the file's, arrays without gap or
 * overlap, and last the payload's checksum.  `kind` says what the file is expected to be ("a Latent model").
 * Fails with LT_EFAIL (missing, unreadable) or LT_ECONTENT. */
int lt_safetensors_open(struct lt_safetensors *out, const char *path, const char *kind,
                        struct lt_error *err);
int lt_safetensors_open_bytes(struct lt_safetensors *out, const char *path, const void *bytes,
                              size_t size, const char *kind, struct lt_error *err);
void lt_safetensors_close(struct lt_safetensors *st);

/* A metadata text, or NULL. */
const char *lt_safetensors_text(const struct lt_safetensors *st, const char *key);
/* A tensor by name, or NULL. */
const struct lt_tensor *lt_safetensors_find(const struct lt_safetensors *st, const char *name);
/* The tensor of that name, dtype and shape.  LT_ECONTENT when it is absent or differs. */
int lt_safetensors_get(const struct lt_safetensors *st, const char *name, enum lt_dtype dtype,
                       int rank, const int64_t *shape /* (rank) */, const struct lt_tensor **out,
                       struct lt_error *err);

#endif
