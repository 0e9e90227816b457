/* Opening DATA: names to bytes, bytes to a kind, a kind to a table. */
#include "data/table.h"

#include "base/mem.h"
#include "data/array.h"
#include "data/builtin.h"
#include "data/csv.h"
#include "data/folder.h"
#include "data/image.h"
#include "data/inflate.h"
#include "data/readers.h"
#include "data/table_ops.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LT_FILES_MAX = 100000 };

/* One name on its way to a table. */
struct source {
    char *path;       /* what is opened */
    const char *key;  /* behind the colon of FILE.npz:KEY, in path's memory; or NULL */
    const char *name; /* for messages */
    bool in_folder;   /* a row of its own */
    struct lt_bytes bytes;
    const struct kind *kind;
    struct lt_array array; /* what became of the bytes; empty until they are read */
};

struct kind {
    const char *word;   /* for messages */
    const char *ending; /* of names that promise this kind; NULL: none */
    bool (*is)(const struct lt_bytes *bytes);
    int (*read)(struct lt_array *out, struct source *source, const struct lt_open_options *options,
                struct lt_error *err);
    bool image;
};

/* An array that is one row: (H, W) of a file becomes (1, H, W). */
static int make_one_row(struct lt_array *a, const char *name, struct lt_error *err)
{
    char text[LT_ARRAY_TEXT];
    if (a->rank > 2 || a->rows < 1)
        return lt_fail(err, LT_ECONTENT,
                       "%s: holds %s; an array in a folder is one row and needs the shape (H, W) "
                       "or (H, W, C)",
                       name, lt_array_text(a, text));
    memmove(a->shape + 1, a->shape, (size_t)a->rank * sizeof a->shape[0]);
    a->shape[0] = a->rows;
    a->rank++;
    a->rows = 1;
    a->kind = ".npy";
    if (a->owned)
        return LT_OK;
    /* Folders hold more files than a process may keep mapped. */
    size_t count = (size_t)lt_array_width(a), size = lt_type_size(a->type);
    int rc = lt_alloc(&a->owned, count, size, name, err);
    if (rc)
        return rc;
    memcpy(a->owned, a->values, count * size);
    a->values = a->owned;
    lt_bytes_free(&a->bytes);
    return LT_OK;
}

static int read_npy(struct lt_array *out, struct source *s, const struct lt_open_options *options,
                    struct lt_error *err)
{
    (void)options;
    int rc = lt_npy_read(out, &s->bytes, s->name, err);
    if (!rc && s->in_folder)
        rc = make_one_row(out, s->name, err);
    return rc;
}

static int read_idx(struct lt_array *out, struct source *s, const struct lt_open_options *options,
                    struct lt_error *err)
{
    (void)options;
    return lt_idx_read(out, &s->bytes, s->name, err);
}

static int read_npz(struct lt_array *out, struct source *s, const struct lt_open_options *options,
                    struct lt_error *err)
{
    const char *preferred = options->npz_key ? options->npz_key : "X";
    return lt_npz_read(out, &s->bytes, s->name, s->key, preferred, err);
}

static int read_image(struct lt_array *out, struct source *s, const struct lt_open_options *options,
                      struct lt_error *err)
{
    int rc = lt_image_read(out, &s->bytes, options->height > 0, s->name, err);
    if (strcmp(s->path, "-") == 0)
        out->kind = NULL; /* there is no file */
    return rc;
}

/* Kinds known by their first bytes. What is none of them is CSV. */
static const struct kind kinds[] = {
    {"NPY", ".npy", lt_npy_is, read_npy, false},
    {"NPZ", ".npz", lt_npz_is, read_npz, false},
    {"IDX", ".idx", lt_idx_is, read_idx, false},
    {"IDX", "-ubyte", lt_idx_is, read_idx, false},
    {"image", ".png", lt_image_is, read_image, true},
    {"image", ".jpg", lt_image_is, read_image, true},
    {"image", ".jpeg", lt_image_is, read_image, true},
    {"image", ".webp", lt_image_is, read_image, true},
    {"image", ".pgm", lt_image_is, read_image, true},
    {"image", ".ppm", lt_image_is, read_image, true},
    {"image", ".pnm", lt_image_is, read_image, true},
};
static const struct kind csv_kind = {"CSV", NULL, NULL, NULL, false};

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

/* The end of a name, .gz aside. */
enum { LT_STEM = 300 };
static const char *stem_of(const char *name, char stem[LT_STEM])
{
    size_t n = strlen(name);
    if (ends_with(name, ".gz"))
        n -= 3;
    size_t from = n < LT_STEM ? 0 : n - LT_STEM + 1;
    memcpy(stem, name + from, n - from);
    stem[n - from] = '\0';
    return stem;
}

/* Whether the name promises a kind. */
static const struct kind *promised_kind(const char *name)
{
    char stem[LT_STEM];
    stem_of(name, stem);
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
    {"GIF8", 4, "a GIF image"},
    {"II*\0", 4, "a TIFF image"},
    {"MM\0*", 4, "a TIFF image"},
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

/* Whether numbers under "P2" are a table: by their name, and on standard input. */
static bool is_text_name(const char *name)
{
    char stem[LT_STEM];
    stem_of(name, stem);
    return ends_with(stem, ".csv") || ends_with(stem, ".tsv") || ends_with(stem, ".txt") ||
           strcmp(name, "standard input") == 0;
}

/* By the first bytes, and where these leave two readings by the name. */
static const struct kind *kind_of(const struct lt_bytes *bytes, const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].is(bytes))
            return kinds[i].image && lt_image_is_text(bytes) && is_text_name(name) ? &csv_kind
                                                                                   : &kinds[i];
    return &csv_kind;
}

static int find_kind(struct source *s, struct lt_error *err)
{
    const struct kind *promised = promised_kind(s->name);
    if (s->bytes.size == 0)
        return lt_fail(err, LT_ECONTENT, "%s: is empty; a table needs at least one row", s->name);
    s->kind = kind_of(&s->bytes, s->name);
    if (s->kind == &csv_kind && promised)
        return fail_promise(s, promised, err);
    if (s->key && strcmp(s->kind->word, "NPZ") != 0)
        return lt_fail(err, LT_ECONTENT, "%s: is not an NPZ archive, so it has no array \"%.100s\"",
                       s->name, s->key);
    const char *stranger = s->kind == &csv_kind ? find_stranger(&s->bytes) : NULL;
    if (stranger)
        return lt_fail(err, LT_ECONTENT,
                       "%s: is %s; CSV, NPY, NPZ, IDX, PNG, JPEG, WebP, PGM and PPM can be read",
                       s->name, stranger);
    return LT_OK;
}

/* In a folder only what is one row. */
static int find_kind_in_folder(struct source *s, struct lt_error *err)
{
    s->kind = kind_of(&s->bytes, s->name);
    if (s->kind->image || s->kind->read == read_npy)
        return LT_OK;
    return lt_fail(err, LT_ECONTENT,
                   "%s: is no image (PNG, JPEG, WebP, PGM or PPM); move it elsewhere", s->name);
}

static bool is_csv(const struct lt_bytes *first, const char *name)
{
    return !lt_gzip_is(first) && !find_stranger(first) &&
           !lt_csv_is_utf16(first->data, first->size) && kind_of(first, name) == &csv_kind;
}

bool lt_source_is_csv(const struct lt_bytes *first)
{
    return is_csv(first, "standard input");
}

/* ---- opening ----------------------------------------------------------- */

static int unpack_and_find(struct source *s, struct lt_error *err)
{
    int rc = LT_OK;
    if (lt_gzip_is(&s->bytes))
        rc = lt_gzip_unpack(&s->bytes, s->name, err);
    return rc ? rc : find_kind(s, err);
}

static int fail_no_images(const char *name, struct lt_error *err)
{
    return lt_fail(err, LT_EUSAGE, "%s: only images can be resized; leave --resize out", name);
}

static int read_array(struct source *s, const struct lt_open_options *options, struct lt_error *err)
{
    if (s->array.values)
        return LT_OK;
    int rc = s->kind->read(&s->array, s, options, err);
    if (!rc && !s->array.name)
        rc = lt_strdup(&s->array.name, s->name, err);
    if (rc || options->height < 1)
        return rc;
    if (lt_array_is_image(&s->array))
        return lt_array_resample(&s->array, options->height, options->width, err);
    return options->images ? fail_no_images(s->name, err) : LT_OK;
}

static int read_arrays(struct lt_table **out, struct source *sources, int count,
                       const struct lt_open_options *options, struct lt_error *err)
{
    struct lt_array *arrays = NULL;
    int rc = lt_alloc(&arrays, (size_t)count, sizeof *arrays, sources[0].name, err);
    for (int i = 0; i < count && !rc; i++) {
        if ((rc = read_array(&sources[i], options, err)))
            break;
        arrays[i] = sources[i].array;
        sources[i].array = (struct lt_array){0};
    }
    if (!rc)
        rc = lt_table_of_arrays(out, arrays, count, options->mixed, err);
    for (int i = 0; arrays && i < count; i++)
        lt_array_free(&arrays[i]);
    lt_free(arrays);
    return rc;
}

static int read_csv(struct lt_table **out, const struct source *sources, int count, int threads,
                    struct lt_error *err)
{
    struct lt_csv_source *texts = NULL;
    int rc = lt_alloc(&texts, (size_t)count, sizeof *texts, sources[0].name, err);
    for (int i = 0; i < count && !rc; i++)
        texts[i] = (struct lt_csv_source){sources[i].name, (const char *)sources[i].bytes.data,
                                          sources[i].bytes.size, NULL};
    if (!rc)
        rc = lt_csv_read(out, texts, count, threads, err);
    lt_free(texts);
    return rc;
}

static const char *article(const struct kind *kind)
{
    return kind == &csv_kind ? "a" : "an";
}

/* All sources hold their bytes, or their array, and know their kind. */
static int read_sources(struct lt_table **out, struct source *sources, int count,
                        const struct lt_open_options *options, struct lt_error *err)
{
    for (int i = 1; i < count; i++)
        if ((sources[i].kind == &csv_kind) != (sources[0].kind == &csv_kind))
            return lt_fail(err, LT_ECONTENT,
                           "%s: is %s %s file and %s is %s %s file; give files of one kind",
                           sources[i].name, article(sources[i].kind), sources[i].kind->word,
                           sources[0].name, article(sources[0].kind), sources[0].kind->word);
    if (sources[0].kind != &csv_kind)
        return read_arrays(out, sources, count, options, err);
    return options->images ? fail_no_images(sources[0].name, err)
                           : read_csv(out, sources, count, options->threads, err);
}

static void free_sources(struct source *sources, int count)
{
    for (int i = 0; sources && i < count; i++) {
        lt_bytes_free(&sources[i].bytes);
        lt_array_free(&sources[i].array);
        lt_free(sources[i].path);
    }
    lt_free(sources);
}

/* The names given, with a folder's files in its place. */
struct sources {
    struct source *source; /* (count) */
    size_t room;
    int count;
};

static int add_source(struct sources *s, const char *name, bool in_folder, struct lt_error *err)
{
    int rc = lt_grow(&s->source, &s->room, (size_t)s->count + 1, sizeof *s->source, name, err);
    if (rc)
        return rc;
    struct source *added = &s->source[s->count++];
    added->in_folder = in_folder;
    if (!in_folder)
        return name_source(added, name, err);
    rc = lt_strdup(&added->path, name, err);
    added->name = added->path;
    return rc;
}

static int add_folder(struct sources *s, const char *name, struct lt_error *err)
{
    char **paths = NULL;
    int count = 0;
    int rc = lt_folder_list(&paths, &count, name, err);
    if (!rc && count == 0)
        rc = lt_fail(err, LT_ECONTENT,
                     "%s: holds no images; folders within it are not searched, so give their names",
                     name);
    for (int i = 0; i < count && !rc; i++)
        rc = add_source(s, paths[i], true, err);
    lt_folder_free(paths, count);
    return rc;
}

/* Images are read at once and compared with the first: their files are many, and the pixels of one
 * that does not fit are not worth the wait for the others. */
static int open_source(struct source *s, const struct source *first,
                       const struct lt_open_options *options, struct lt_error *err)
{
    int rc = lt_bytes_read(&s->bytes, s->path, err);
    if (!rc)
        rc = s->in_folder ? find_kind_in_folder(s, err) : unpack_and_find(s, err);
    if (!rc && (s->kind->image || s->in_folder))
        rc = read_array(s, options, err);
    if (!rc && s->kind->image && first->kind->image)
        rc = lt_images_alike(&first->array, &s->array, options->mixed, err);
    return rc;
}

static const struct lt_open_options plainly = {0};

int lt_table_open(struct lt_table **out, const char *const *names, int count,
                  const struct lt_open_options *options, struct lt_error *err)
{
    *out = NULL;
    options = options ? options : &plainly;
    if (count < 1 || count > LT_FILES_MAX)
        return lt_fail(err, LT_EUSAGE, "%d files of data; give between 1 and %d", count,
                       LT_FILES_MAX);
    for (int i = 0; i < count; i++) {
        if (strncmp(names[i], "builtin:", 8) != 0)
            continue;
        if (count > 1)
            return lt_fail(err, LT_EUSAGE, "%s: cannot be read together with other data", names[i]);
        if (options->images)
            return lt_fail(err, LT_EUSAGE, "%s: is made at a size of its own; leave --resize out",
                           names[i]);
        return lt_builtin_open(out, names[i], err);
    }
    struct sources s = {0};
    int rc = LT_OK;
    for (int i = 0; i < count && !rc; i++)
        rc = lt_folder_is(names[i]) ? add_folder(&s, names[i], err)
                                    : add_source(&s, names[i], false, err);
    for (int i = 0; i < s.count && !rc; i++)
        rc = open_source(&s.source[i], &s.source[0], options, err);
    if (!rc)
        rc = read_sources(out, s.source, s.count, options, err);
    if (!rc && s.source[0].in_folder && (rc = lt_table_rename(*out, names[0], err)))
        lt_table_free(out);
    free_sources(s.source, s.count);
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
        rc = read_sources(out, source, 1, options ? options : &plainly, err);
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
    if (strncmp(name, "builtin:", 8) == 0 || lt_folder_is(name))
        return LT_OK;
    int rc = lt_alloc(&source, 1, sizeof *source, name, err);
    if (!rc)
        rc = name_source(source, name, err);
    if (!rc)
        rc = lt_bytes_read(&source->bytes, source->path, err);
    if (!rc && lt_gzip_is(&source->bytes))
        rc = lt_gzip_unpack(&source->bytes, source->name, err);
    bool csv = !rc && !source->key && is_csv(&source->bytes, source->name);
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
