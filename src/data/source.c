/* Opening DATA: names to bytes, bytes to a kind, a kind to a table. */
#include "data/table.h"

#include "base/mem.h"
#include "data/array.h"
#include "data/builtin.h"
#include "data/csv.h"
#include "data/inflate.h"
#include "data/readers.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LT_FILES_MAX = 100000 };

/* One name on its way to a table. */
struct source {
    char *path;       /* what is opened */
    const char *key;  /* behind the colon of FILE.npz:KEY, in path's memory; or NULL */
    const char *name; /* for messages */
    struct lt_bytes bytes;
    const struct kind *kind;
};

struct kind {
    const char *word;   /* for messages */
    const char *ending; /* of names that promise this kind; NULL: none */
    bool (*is)(const struct lt_bytes *bytes);
    int (*read)(struct lt_array *out, struct source *source, const char *npz_key,
                struct lt_error *err);
};

static int read_npy(struct lt_array *out, struct source *s, const char *npz_key,
                    struct lt_error *err)
{
    (void)npz_key;
    return lt_npy_read(out, &s->bytes, s->name, err);
}

static int read_idx(struct lt_array *out, struct source *s, const char *npz_key,
                    struct lt_error *err)
{
    (void)npz_key;
    return lt_idx_read(out, &s->bytes, s->name, err);
}

static int read_npz(struct lt_array *out, struct source *s, const char *npz_key,
                    struct lt_error *err)
{
    return lt_npz_read(out, &s->bytes, s->name, s->key, npz_key, err);
}

/* Kinds known by their first bytes. What is none of them is CSV. */
static const struct kind kinds[] = {
    {"NPY", ".npy", lt_npy_is, read_npy},
    {"NPZ", ".npz", lt_npz_is, read_npz},
    {"IDX", ".idx", lt_idx_is, read_idx},
    {"IDX", "-ubyte", lt_idx_is, read_idx},
};
static const struct kind csv_kind = {"CSV", NULL, NULL, NULL};

/* ---- names ------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

/* Splits FILE.npz:KEY, unless a file of the whole name exists. */
static int name_source(struct source *s, const char *name, struct lt_error *err)
{
    int rc = lt_strdup(&s->path, name, err);
    if (rc)
        return rc;
    char *colon = strrchr(s->path, ':');
    if (colon && colon - s->path >= 4 && strncasecmp(colon - 4, ".npz", 4) == 0 &&
        access(s->path, F_OK) != 0) {
        *colon = '\0';
        s->key = colon + 1;
    }
    s->name = strcmp(s->path, "-") == 0 ? "standard input" : s->path;
    return LT_OK;
}

/* ---- kinds ------------------------------------------------------------- */

/* Whether the name, .gz aside, promises a kind. */
static const struct kind *promised_kind(const char *name)
{
    char stem[300];
    size_t n = strlen(name);
    if (ends_with(name, ".gz"))
        n -= 3;
    size_t from = n < sizeof stem ? 0 : n - sizeof stem + 1;
    memcpy(stem, name + from, n - from);
    stem[n - from] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ends_with(stem, kinds[i].ending))
            return &kinds[i];
    return NULL;
}

static int fail_promise(const struct source *s, const struct kind *kind, struct lt_error *err)
{
    char first[4 * 3 + 1] = "";
    for (size_t i = 0; i < 4 && i < s->bytes.size; i++)
        snprintf(first + 3 * i, 4, " %02x", s->bytes.data[i]);
    return lt_fail(err, LT_ECONTENT,
                   "%s: is called %s but is no %s file (it begins with%s); is the name right?",
                   s->name, kind->ending, kind->word, first);
}

/* Things that people try and that are said better than "a zero byte". */
static const struct {
    const char *magic;
    size_t length;
    const char *what;
} strangers[] = {
    {"\x89PNG", 4, "a PNG image"},
    {"\xff\xd8\xff", 3, "a JPEG image"},
    {"PAR1", 4, "a Parquet file"},
    {"\x89HDF", 4, "an HDF5 file"},
    {"ARROW1", 6, "an Arrow file"},
    {"\x28\xb5\x2f\xfd", 4, "a zstd file"},
    {"BZh", 3, "a bzip2 file"},
    {"\xfd"
     "7zXZ",
     5, "an xz file"},
    {"%PDF", 4, "a PDF document"},
    {"\x7f"
     "ELF",
     4, "a program"},
    {"MATLAB 5.0 MAT", 14, "a MAT file"},
    {"\x80\x04\x95", 3, "a Python pickle"},
};

static const char *find_stranger(const struct lt_bytes *bytes)
{
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (bytes->size >= strangers[i].length &&
            memcmp(bytes->data, strangers[i].magic, strangers[i].length) == 0)
            return strangers[i].what;
    return NULL;
}

static int find_kind(struct source *s, struct lt_error *err)
{
    const struct kind *promised = promised_kind(s->name);
    if (s->bytes.size == 0)
        return lt_fail(err, LT_ECONTENT, "%s: is empty; a table needs at least one row", s->name);
    s->kind = &csv_kind;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (s->kind == &csv_kind && kinds[i].is(&s->bytes))
            s->kind = &kinds[i];
    if (s->kind == &csv_kind && promised)
        return fail_promise(s, promised, err);
    if (s->key && strcmp(s->kind->word, "NPZ") != 0)
        return lt_fail(err, LT_ECONTENT, "%s: is not an NPZ archive, so it has no array \"%.100s\"",
                       s->name, s->key);
    const char *stranger = s->kind == &csv_kind ? find_stranger(&s->bytes) : NULL;
    if (stranger)
        return lt_fail(err, LT_ECONTENT, "%s: is %s; CSV, NPY, NPZ and IDX can be read", s->name,
                       stranger);
    return LT_OK;
}

bool lt_source_is_csv(const struct lt_bytes *first)
{
    bool other =
        lt_gzip_is(first) || find_stranger(first) || lt_csv_is_utf16(first->data, first->size);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        other |= kinds[i].is(first);
    return !other;
}

/* ---- opening ----------------------------------------------------------- */

static int unpack_and_find(struct source *s, struct lt_error *err)
{
    int rc = LT_OK;
    if (lt_gzip_is(&s->bytes))
        rc = lt_gzip_unpack(&s->bytes, s->name, err);
    return rc ? rc : find_kind(s, err);
}

static int read_arrays(struct lt_table **out, struct source *sources, int count,
                       const char *npz_key, struct lt_error *err)
{
    struct lt_array *arrays = NULL;
    int rc = lt_alloc(&arrays, (size_t)count, sizeof *arrays, sources[0].name, err);
    for (int i = 0; i < count && !rc; i++) {
        rc = sources[i].kind->read(&arrays[i], &sources[i], npz_key, err);
        if (!rc && !arrays[i].name)
            rc = lt_strdup(&arrays[i].name, sources[i].name, err);
    }
    if (!rc)
        rc = lt_table_of_arrays(out, arrays, count, err);
    for (int i = 0; arrays && i < count; i++)
        lt_array_free(&arrays[i]);
    lt_free(arrays);
    return rc;
}

static int read_csv(struct lt_table **out, const struct source *sources, int count,
                    struct lt_error *err)
{
    struct lt_csv_source *texts = NULL;
    int rc = lt_alloc(&texts, (size_t)count, sizeof *texts, sources[0].name, err);
    for (int i = 0; i < count && !rc; i++)
        texts[i] = (struct lt_csv_source){sources[i].name, (const char *)sources[i].bytes.data,
                                          sources[i].bytes.size, NULL};
    if (!rc)
        rc = lt_csv_read(out, texts, count, err);
    lt_free(texts);
    return rc;
}

/* All sources hold their bytes and know their kind. */
static int read_sources(struct lt_table **out, struct source *sources, int count,
                        const struct lt_open_options *options, struct lt_error *err)
{
    const char *npz_key = options && options->npz_key ? options->npz_key : "X";
    for (int i = 1; i < count; i++)
        if ((sources[i].kind == &csv_kind) != (sources[0].kind == &csv_kind))
            return lt_fail(
                err, LT_ECONTENT, "%s: is a %s file and %s is a %s file; give files of one kind",
                sources[i].name, sources[i].kind->word, sources[0].name, sources[0].kind->word);
    if (sources[0].kind == &csv_kind)
        return read_csv(out, sources, count, err);
    return read_arrays(out, sources, count, npz_key, err);
}

static void free_sources(struct source *sources, int count)
{
    for (int i = 0; sources && i < count; i++) {
        lt_bytes_free(&sources[i].bytes);
        lt_free(sources[i].path);
    }
    lt_free(sources);
}

int lt_table_open(struct lt_table **out, const char *const *names, int count,
                  const struct lt_open_options *options, struct lt_error *err)
{
    *out = NULL;
    if (count < 1 || count > LT_FILES_MAX)
        return lt_fail(err, LT_EUSAGE, "%d files of data; give between 1 and %d", count,
                       LT_FILES_MAX);
    for (int i = 0; i < count; i++) {
        if (strncmp(names[i], "builtin:", 8) != 0)
            continue;
        if (count > 1)
            return lt_fail(err, LT_EUSAGE, "%s: cannot be read together with other data", names[i]);
        return lt_builtin_open(out, names[i], err);
    }
    struct source *sources = NULL;
    int rc = lt_alloc(&sources, (size_t)count, sizeof *sources, "opening data", err);
    for (int i = 0; i < count && !rc; i++) {
        if ((rc = name_source(&sources[i], names[i], err)) ||
            (rc = lt_bytes_read(&sources[i].bytes, sources[i].path, err)))
            break;
        rc = unpack_and_find(&sources[i], err);
    }
    if (!rc)
        rc = read_sources(out, sources, count, options, err);
    free_sources(sources, count);
    return rc;
}

int lt_source_read(struct lt_table **out, const char *name, struct lt_bytes *bytes,
                   const struct lt_open_options *options, struct lt_error *err)
{
    *out = NULL;
    struct source *source = NULL;
    int rc = lt_alloc(&source, 1, sizeof *source, name, err);
    if (!rc)
        rc = lt_strdup(&source->path, name, err);
    if (rc) {
        lt_bytes_free(bytes);
        lt_free(source);
        return rc;
    }
    source->name = source->path;
    source->bytes = *bytes;
    *bytes = (struct lt_bytes){0};
    rc = unpack_and_find(source, err);
    if (!rc)
        rc = read_sources(out, source, 1, options, err);
    free_sources(source, 1);
    return rc;
}

int lt_table_from_bytes(struct lt_table **out, const char *name, const void *bytes, size_t size,
                        const struct lt_open_options *options, struct lt_error *err)
{
    *out = NULL;
    struct lt_bytes copy = {.size = size};
    int rc = lt_alloc(&copy.owned, size, 1, name, err);
    if (rc)
        return rc;
    memcpy(copy.owned, bytes, size);
    copy.data = copy.owned;
    return lt_source_read(out, name, &copy, options, err);
}

int lt_table_text_bytes(struct lt_bytes *out, const char *name, struct lt_error *err)
{
    *out = (struct lt_bytes){0};
    struct source *source = NULL;
    if (strncmp(name, "builtin:", 8) == 0)
        return LT_OK;
    int rc = lt_alloc(&source, 1, sizeof *source, name, err);
    if (!rc)
        rc = name_source(source, name, err);
    if (!rc)
        rc = lt_bytes_read(&source->bytes, source->path, err);
    if (!rc && lt_gzip_is(&source->bytes))
        rc = lt_gzip_unpack(&source->bytes, source->name, err);
    bool csv = !rc && !source->key && lt_source_is_csv(&source->bytes);
    if (!rc && !csv && strcmp(name, "-") == 0)
        rc = lt_fail(err, LT_ECONTENT,
                     "standard input: is no text; give arrays by the names of their files");
    if (csv) {
        *out = source->bytes;
        source->bytes = (struct lt_bytes){0};
    }
    free_sources(source, 1);
    return rc;
}
