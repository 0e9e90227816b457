#include "base/mem.h"
#include "model/safetensors.h"
#include "model/seal.h"
#include <stdlib.h>
#include <string.h>

/* ---- files that are something else ---- */

static bool looks_like_text(const unsigned char *data, size_t size)
{
    size_t n = size < 512 ? size : 512;
    for (size_t i = 0; i < n; i++)
        if ((data[i] < 0x20 && !strchr("\n\r\t", data[i])) || data[i] == 0 || data[i] >= 0xfe)
            return false;
    return true;
}

static const char *describe(const unsigned char *data, size_t size)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *name;
    } kinds[] = {
        {"\x1f\x8b", 2, "a gzip file"},
        {"PK\3\4", 4, "a zip archive, as .npz and .pt files are"},
        {"\x93NUMPY", 6, "a NumPy array"},
        {"\x89HDF", 4, "an HDF5 file"},
        {"\x89PNG", 4, "a PNG image"},
        {"\x89LATPK", 6, "a packed file: latent unpack reads those, and latent info by name"},
        {"\xff\xd8\xff", 3, "a JPEG image"},
        {"\0\0\x08", 3, "an IDX array"},
        {"\x80\x02", 2, "a Python pickle"},
        {"\x80\x03", 2, "a Python pickle"},
        {"\x80\x04", 2, "a Python pickle"},
        {"\x80\x05", 2, "a Python pickle"},
        {"\x7f"
         "ELF",
         4, "a program"},
    };
    if (size == 0)
        return "an empty file";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (size >= kinds[i].length && memcmp(data, kinds[i].magic, kinds[i].length) == 0)
            return kinds[i].name;
    return looks_like_text(data, size) ? "a text file" : "of an unknown kind";
}

static int fail_other(const struct lt_safetensors *st, const char *kind, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT, "%s: not %s (it is %s)", st->name, kind,
                   describe(st->file.data, st->file.size));
}

/* `what` is "the weights do not match their", for example. */
static int fail_damaged(const struct lt_safetensors *st, const char *what, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT,
                   "%s: %s checksum (SHA-256): the file was changed or damaged; get a fresh copy",
                   st->name, what);
}

static int fail_short(const struct lt_safetensors *st, uint64_t wanted, struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT,
                   "%s: cut short: it has %zu bytes of at least %llu; get a fresh copy", st->name,
                   st->file.size, (unsigned long long)wanted);
}

/* ---- the header ---- */

/* Checks the length field and, in a sealed file, the header's checksum; gives the header's length. */
static int check_head(struct lt_safetensors *st, const char *kind, size_t *length,
                      struct lt_error *err)
{
    const unsigned char *data = st->file.data;
    size_t size = st->file.size;
    uint64_t n = 0;
    if (size < 8 + 2)
        return fail_other(st, kind, err);
    memcpy(&n, data, 8);
    size_t seen = size - 8 < LT_SEAL_PREFIX_BYTES ? size - 8 : LT_SEAL_PREFIX_BYTES;
    st->sealed = memcmp(data + 8, LT_SEAL_PREFIX, seen) == 0;
    if (!st->sealed && (n > size - 8 || data[8] != '{'))
        return fail_other(st, kind, err);
    if (n > LT_SAFETENSORS_HEADER_MAX)
        return lt_fail(err, LT_ECONTENT,
                       "%s: damaged: its header claims %llu bytes, of at most %d; get a fresh copy",
                       st->name, (unsigned long long)n, LT_SAFETENSORS_HEADER_MAX);
    if (n > size - 8)
        return fail_short(st, n + 8, err);
    *length = (size_t)n;
    if (!st->sealed)
        return LT_OK;
    char hex[LT_SHA256_HEX];
    if (n + 8 < LT_SEAL_END)
        return fail_damaged(st, "the header does not match its", err);
    lt_seal_hash(data, *length + 8, hex);
    if (memcmp(hex, data + LT_SEAL_END - LT_SEAL_DIGITS, LT_SEAL_DIGITS) != 0)
        return fail_damaged(st, "the header does not match its", err);
    return LT_OK;
}

static int fail_tensor(const struct lt_safetensors *st, const char *tensor, const char *what,
                       struct lt_error *err)
{
    return lt_fail(err, LT_ECONTENT, "%s: the array \"%.*s\" in its header %s", st->name,
                   LT_TENSOR_NAME, tensor, what);
}

/* An element of an array as an integer >= 0; -1 when it is something else. */
static int64_t size_at(const struct lt_json *array, size_t i)
{
    int64_t value = -1;
    const struct lt_json *element = lt_json_at(array, i);
    return element && !lt_json_get_integer(element, "", &value, NULL) ? value : -1;
}

/* One entry of the header.  The data pointer gets its offset in the payload, for now. */
static int parse_tensor(const struct lt_safetensors *st, const struct lt_json_member *m,
                        const unsigned char *payload, size_t size, struct lt_tensor *t,
                        struct lt_error *err)
{
    const char *dtype = NULL;
    const struct lt_json *shape = NULL, *offsets = NULL;
    if (strlen(m->key) >= LT_TENSOR_NAME)
        return fail_tensor(st, m->key, "has a name that is too long", err);
    strcpy(t->name, m->key);
    if (lt_json_get_string(m->value, "dtype", &dtype, NULL) ||
        lt_json_get_array(m->value, "shape", &shape, NULL) ||
        lt_json_get_array(m->value, "data_offsets", &offsets, NULL))
        return fail_tensor(st, m->key, "lacks dtype, shape or data_offsets", err);
    int type = lt_dtype_by_name(dtype);
    if (type < 0)
        return fail_tensor(st, m->key, "has an unknown dtype", err);
    t->dtype = (enum lt_dtype)type;
    if (lt_json_count(shape) > LT_TENSOR_RANK)
        return fail_tensor(st, m->key, "has too many dimensions", err);
    t->rank = (int)lt_json_count(shape);
    for (int i = 0; i < t->rank; i++)
        if ((t->shape[i] = size_at(shape, (size_t)i)) < 0)
            return fail_tensor(st, m->key, "has a shape that is no list of sizes", err);
    int64_t begin = size_at(offsets, 0), end = size_at(offsets, 1);
    if (lt_json_count(offsets) != 2 || begin < 0 || end < begin)
        return fail_tensor(st, m->key, "has data_offsets that are no range", err);
    if ((uint64_t)end > size)
        return fail_short(st, st->file.size - size + (uint64_t)end, err);
    if (!lt_tensor_bytes(t, &t->bytes) || t->bytes != (size_t)(end - begin))
        return fail_tensor(st, m->key, "has a size that differs from its shape", err);
    t->data = payload + begin;
    return LT_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct lt_tensor *x = a, *y = b;
    const unsigned char *p = x->data, *q = y->data;
    if (p != q)
        return p < q ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes); /* empty ones first */
}

static int by_name(const void *a, const void *b)
{
    const struct lt_tensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int parse_tensors(struct lt_safetensors *st, const struct lt_json *root,
                         const unsigned char *payload, size_t size, struct lt_error *err)
{
    size_t count = lt_json_count(root);
    if (count > LT_TENSORS_MAX)
        return lt_fail(err, LT_ECONTENT, "%s: holds more than %d arrays", st->name, LT_TENSORS_MAX);
    int rc = lt_alloc(&st->tensor, count, sizeof *st->tensor, "a list of arrays", err);
    struct lt_json_member m = {0};
    while (!rc && lt_json_next(root, &m))
        if (strcmp(m.key, "__metadata__") != 0)
            rc = parse_tensor(st, &m, payload, size, &st->tensor[st->tensors++], err);
    if (rc)
        return rc;
    const unsigned char *at = payload;
    qsort(st->tensor, (size_t)st->tensors, sizeof *st->tensor, by_place);
    for (int i = 0; i < st->tensors; i++) {
        const struct lt_tensor *t = &st->tensor[i];
        if (t->data != at)
            return fail_tensor(st, t->name, "leaves a gap or overlaps another", err);
        at += t->bytes;
    }
    if (at != payload + size)
        return lt_fail(err, LT_ECONTENT, "%s: %zu bytes follow its last array; get a fresh copy",
                       st->name, (size_t)(payload + size - at));
    qsort(st->tensor, (size_t)st->tensors, sizeof *st->tensor, by_name);
    return LT_OK;
}

/* Moves a copy of the metadata, which must be texts, into st. */
static int parse_metadata(struct lt_safetensors *st, const struct lt_json *root,
                          struct lt_error *err)
{
    const struct lt_json *metadata = lt_json_member(root, "__metadata__");
    if (!metadata)
        return lt_json_object(&st->metadata, err);
    if (lt_json_kind(metadata) != LT_JSON_OBJECT)
        return lt_fail(err, LT_ECONTENT, "%s: \"__metadata__\" in its header is no object",
                       st->name);
    struct lt_json_member m = {0};
    while (lt_json_next(metadata, &m))
        if (lt_json_kind(m.value) != LT_JSON_STRING)
            return lt_fail(err, LT_ECONTENT, "%s: \"__metadata__\" in its header holds %s",
                           st->name, lt_json_kind_name(lt_json_kind(m.value)));
    return lt_json_copy(&st->metadata, metadata, err);
}

static int check_payload(const struct lt_safetensors *st, const unsigned char *payload, size_t size,
                         struct lt_error *err)
{
    struct lt_sha256 hash;
    char hex[LT_SHA256_HEX];
    const char *wanted = lt_safetensors_text(st, "payload_sha256");
    lt_sha256_init(&hash);
    lt_sha256_update(&hash, payload, size);
    lt_sha256_hex(&hash, hex);
    return wanted && strcmp(wanted, hex) == 0
               ? LT_OK
               : fail_damaged(st, "the weights do not match their", err);
}

static int parse(struct lt_safetensors *st, const char *kind, struct lt_error *err)
{
    struct lt_json *root = NULL;
    struct lt_error inner = {0};
    size_t length = 0;
    int rc = check_head(st, kind, &length, err);
    if (rc)
        return rc;
    const unsigned char *payload = st->file.data + 8 + length;
    size_t size = st->file.size - 8 - length;
    rc = lt_json_parse(&root, "header", (const char *)st->file.data + 8, length, &inner);
    if (rc == LT_ECONTENT)
        rc = lt_fail(err, rc, "%s: not %s (%s)", st->name, kind, inner.text);
    else if (rc)
        lt_fail(err, rc, "%s", inner.text);
    else if (lt_json_kind(root) != LT_JSON_OBJECT)
        rc = fail_other(st, kind, err);
    if (!rc)
        rc = parse_metadata(st, root, err);
    if (!rc)
        rc = parse_tensors(st, root, payload, size, err);
    if (!rc && st->sealed)
        rc = check_payload(st, payload, size, err);
    lt_json_free(&root);
    return rc;
}

/* ---- opening and looking ---- */

int lt_safetensors_open(struct lt_safetensors *out, const char *path, const char *kind,
                        struct lt_error *err)
{
    *out = (struct lt_safetensors){.name = strcmp(path, "-") == 0 ? "standard input" : path};
    int rc = lt_bytes_read(&out->file, path, err);
    if (!rc)
        rc = parse(out, kind, err);
    if (rc)
        lt_safetensors_close(out);
    return rc;
}

int lt_safetensors_open_bytes(struct lt_safetensors *out, const char *path, const void *bytes,
                              size_t size, const char *kind, struct lt_error *err)
{
    *out = (struct lt_safetensors){.name = path, .file = {.data = bytes, .size = size}};
    int rc = parse(out, kind, err);
    if (rc)
        lt_safetensors_close(out);
    return rc;
}

void lt_safetensors_close(struct lt_safetensors *st)
{
    lt_bytes_free(&st->file);
    lt_json_free(&st->metadata);
    lt_free(st->tensor);
    *st = (struct lt_safetensors){0};
}

const char *lt_safetensors_text(const struct lt_safetensors *st, const char *key)
{
    const char *text = NULL;
    const struct lt_json *value = lt_json_member(st->metadata, key);
    return value && lt_json_get_string(value, "", &text, NULL) == LT_OK ? text : NULL;
}

static int compare_name(const void *name, const void *tensor)
{
    const struct lt_tensor *t = tensor;
    return strcmp(name, t->name);
}

const struct lt_tensor *lt_safetensors_find(const struct lt_safetensors *st, const char *name)
{
    return bsearch(name, st->tensor, (size_t)st->tensors, sizeof *st->tensor, compare_name);
}

int lt_safetensors_get(const struct lt_safetensors *st, const char *name, enum lt_dtype dtype,
                       int rank, const int64_t *shape, const struct lt_tensor **out,
                       struct lt_error *err)
{
    const struct lt_tensor *t = lt_safetensors_find(st, name);
    *out = NULL;
    if (!t)
        return lt_fail(err, LT_ECONTENT, "%s: the array \"%s\" is missing", st->name, name);
    if (t->dtype != dtype || t->rank != rank ||
        (rank > 0 && memcmp(t->shape, shape, (size_t)rank * sizeof *shape) != 0))
        return lt_fail(err, LT_ECONTENT,
                       "%s: the array \"%s\" has another type or shape than the "
                       "description says",
                       st->name, name);
    *out = t;
    return LT_OK;
}
