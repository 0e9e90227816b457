#include "model/safetensors.h"

#include "base/mem.h"
#include "model/seal.h"
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arrays are stored little-endian and copied as they are; this host needs them swapped"
#endif

enum { PAYLOAD_ALIGN = 64 };

static const struct {
    const char *name;
    size_t size;
} dtypes[LT_DTYPES] = {
    [LT_DTYPE_BOOL] = {"BOOL", 1}, [LT_DTYPE_U8] = {"U8", 1},   [LT_DTYPE_I8] = {"I8", 1},
    [LT_DTYPE_U16] = {"U16", 2},   [LT_DTYPE_I16] = {"I16", 2}, [LT_DTYPE_F16] = {"F16", 2},
    [LT_DTYPE_BF16] = {"BF16", 2}, [LT_DTYPE_U32] = {"U32", 4}, [LT_DTYPE_I32] = {"I32", 4},
    [LT_DTYPE_F32] = {"F32", 4},   [LT_DTYPE_U64] = {"U64", 8}, [LT_DTYPE_I64] = {"I64", 8},
    [LT_DTYPE_F64] = {"F64", 8},
};

size_t lt_dtype_size(enum lt_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *lt_dtype_name(enum lt_dtype dtype)
{
    return dtypes[dtype].name;
}

int lt_dtype_by_name(const char *name)
{
    for (int i = 0; i < LT_DTYPES; i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return i;
    return -1;
}

bool lt_tensor_bytes(const struct lt_tensor *t, size_t *bytes)
{
    *bytes = lt_dtype_size(t->dtype);
    for (int i = 0; i < t->rank; i++)
        if (t->shape[i] < 0 || !lt_size_mul(*bytes, (size_t)t->shape[i], bytes))
            return false;
    return *bytes <= INT64_MAX;
}

/* ---- the seal ---- */

void lt_seal_hash(const unsigned char *head, size_t size, char hex[LT_SHA256_HEX])
{
    struct lt_sha256 hash;
    unsigned char zeros[LT_SEAL_DIGITS];
    memset(zeros, '0', sizeof zeros);
    lt_sha256_init(&hash);
    lt_sha256_update(&hash, head, LT_SEAL_END - LT_SEAL_DIGITS);
    lt_sha256_update(&hash, zeros, sizeof zeros);
    lt_sha256_update(&hash, head + LT_SEAL_END, size - LT_SEAL_END);
    lt_sha256_hex(&hash, hex);
}

static void payload_hash(const struct lt_safetensors_content *content, char hex[LT_SHA256_HEX])
{
    struct lt_sha256 hash;
    lt_sha256_init(&hash);
    for (int i = 0; i < content->tensors; i++) {
        size_t bytes = 0;
        if (lt_tensor_bytes(&content->tensor[i], &bytes))
            lt_sha256_update(&hash, content->tensor[i].data, bytes);
    }
    lt_sha256_hex(&hash, hex);
}

/* ---- writing ---- */

static int add_metadata(struct lt_json *root, const struct lt_safetensors_content *content,
                        struct lt_error *err)
{
    struct lt_json *metadata = NULL;
    char zeros[LT_SHA256_HEX], hex[LT_SHA256_HEX];
    int rc = lt_json_object(&metadata, err);
    if (rc)
        return rc;
    memset(zeros, '0', LT_SEAL_DIGITS);
    zeros[LT_SEAL_DIGITS] = '\0';
    rc = lt_json_set_string(metadata, "header_sha256", zeros, err);
    for (int i = 0; i < content->texts && !rc; i++)
        rc = lt_json_set_string(metadata, content->text[i].key, content->text[i].value, err);
    payload_hash(content, hex);
    if (!rc)
        rc = lt_json_set_string(metadata, "payload_sha256", hex, err);
    if (rc) {
        lt_json_free(&metadata);
        return rc;
    }
    return lt_json_set(root, "__metadata__", &metadata, err);
}

/* "NAME": {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}; moves *end on. */
static int add_tensor(struct lt_json *root, const struct lt_tensor *t, size_t *end,
                      struct lt_error *err)
{
    struct lt_json *entry = NULL, *shape = NULL, *offsets = NULL;
    size_t bytes = 0, begin = *end;
    if (!lt_tensor_bytes(t, &bytes) || !lt_size_add(begin, bytes, end) || *end > INT64_MAX)
        return lt_fail(err, LT_EFAIL, "the tensor \"%s\" is too large for a file", t->name);
    int rc = lt_json_object(&entry, err);
    if (!rc)
        rc = lt_json_array(&shape, err);
    if (!rc)
        rc = lt_json_array(&offsets, err);
    for (int i = 0; i < t->rank && !rc; i++)
        rc = lt_json_append_integer(shape, t->shape[i], err);
    if (!rc)
        rc = lt_json_append_integer(offsets, (int64_t)begin, err);
    if (!rc)
        rc = lt_json_append_integer(offsets, (int64_t)*end, err);
    if (!rc)
        rc = lt_json_set_string(entry, "dtype", lt_dtype_name(t->dtype), err);
    if (!rc)
        rc = lt_json_set(entry, "shape", &shape, err);
    if (!rc)
        rc = lt_json_set(entry, "data_offsets", &offsets, err);
    if (!rc)
        rc = lt_json_set_member(root, t->name, &entry, err);
    lt_json_free(&entry);
    lt_json_free(&shape);
    lt_json_free(&offsets);
    return rc;
}

/* Length field and header, padded and sealed. */
static int make_head(const struct lt_safetensors_content *content, unsigned char **head,
                     size_t *size, size_t *payload, struct lt_error *err)
{
    struct lt_json *root = NULL;
    char *text = NULL, hex[LT_SHA256_HEX];
    size_t used = 0;
    *head = NULL;
    *payload = 0;
    int rc = lt_json_object(&root, err);
    if (!rc)
        rc = add_metadata(root, content, err);
    for (int i = 0; i < content->tensors && !rc; i++)
        rc = add_tensor(root, &content->tensor[i], payload, err);
    if (!rc)
        rc = lt_json_dump(root, 0, &text, &used, err);
    if (!rc && used > LT_SAFETENSORS_HEADER_MAX - PAYLOAD_ALIGN)
        rc = lt_fail(err, LT_EFAIL, "the description of the arrays exceeds %d MiB",
                     LT_SAFETENSORS_HEADER_MAX >> 20);
    if (rc)
        goto out;
    *size = (8 + used + PAYLOAD_ALIGN - 1) / PAYLOAD_ALIGN * PAYLOAD_ALIGN;
    if ((rc = lt_alloc(head, *size, 1, "a file's header", err)))
        goto out;
    uint64_t length = *size - 8;
    memcpy(*head, &length, 8);
    memcpy(*head + 8, text, used);
    memset(*head + 8 + used, ' ', *size - 8 - used);
    lt_seal_hash(*head, *size, hex);
    memcpy(*head + 8 + LT_SEAL_PREFIX_BYTES, hex, LT_SEAL_DIGITS);
out:
    lt_free(text);
    lt_json_free(&root);
    return rc;
}

int lt_safetensors_write(const struct lt_safetensors_content *content, const char *path,
                         struct lt_error *err)
{
    unsigned char *head = NULL;
    size_t size = 0, payload = 0;
    struct lt_outfile *file = NULL;
    int rc = lt_outfile_open(&file, path, err);
    if (!rc)
        rc = make_head(content, &head, &size, &payload, err);
    if (!rc)
        rc = lt_outfile_write(file, head, size, err);
    for (int i = 0; i < content->tensors && !rc; i++) {
        size_t bytes = 0;
        lt_tensor_bytes(&content->tensor[i], &bytes); /* fits: make_head has checked */
        rc = lt_outfile_write(file, content->tensor[i].data, bytes, err);
    }
    lt_free(head);
    if (rc) {
        lt_outfile_abort(&file);
        return rc;
    }
    return lt_outfile_commit(&file, err);
}

int lt_safetensors_bytes(const struct lt_safetensors_content *content, unsigned char **bytes,
                         size_t *size, struct lt_error *err)
{
    unsigned char *head = NULL;
    size_t used = 0, payload = 0;
    *bytes = NULL;
    int rc = make_head(content, &head, &used, &payload, err);
    if (!rc && !lt_size_add(used, payload, size))
        rc = lt_fail_memory(err, "a file in memory", SIZE_MAX);
    if (!rc)
        rc = lt_alloc(bytes, *size, 1, "a file in memory", err);
    if (!rc)
        memcpy(*bytes, head, used);
    for (int i = 0; i < content->tensors && !rc; i++) {
        size_t n = 0;
        lt_tensor_bytes(&content->tensor[i], &n);
        if (n)
            memcpy(*bytes + used, content->tensor[i].data, n);
        used += n;
    }
    lt_free(head);
    return rc;
}
