#include "app/packhead.h"

#include "base/mem.h"
#include "codec/packedbytes.h"
#include "model/sha256.h"
#include <string.h>

enum {
    FORM = 1,
    WHOLE = 0,
    NAMED = 1,
    HEAD_MOST = 1 << 28,
    MODEL_MOST = 1 << 26,
    MILLIBELS_MOST = 1000000
};

/* ---- writing ---- */

int lt_packhead_write(const struct lt_packhead *head, struct lt_growable *out, struct lt_error *err)
{
    struct lt_growable planes = {0};
    uint64_t numbers[] = {
        FORM,        head->stream,         head->modelled,           (uint64_t)head->block_rows,
        head->bytes, (uint64_t)head->loss, (uint64_t)head->millibels};
    int rc = lt_planes_write(head->planes, &planes, err);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && !rc; i++)
        rc = lt_growable_varint(out, numbers[i], err);
    if (!rc)
        rc = lt_packedbytes_put(out, planes.bytes, planes.used, true, err);
    lt_growable_free(&planes);
    return rc;
}

int lt_packmodel_write(const struct lt_pattern *pattern, const struct lt_code *code,
                       struct lt_growable *out, struct lt_error *err)
{
    struct lt_growable bytes = {0}, packed = {0};
    unsigned char how = WHOLE;
    int rc = lt_pattern_write(pattern, &bytes, err);
    if (!rc)
        rc = lt_packedbytes_put(&packed, bytes.bytes, bytes.used, true, err);
    if (!rc)
        rc = lt_growable_put(out, &how, 1, err);
    if (!rc)
        rc = lt_growable_varint(out, packed.used, err);
    if (!rc)
        rc = lt_growable_put(out, packed.bytes, packed.used, err);
    bytes.used = 0;
    if (!rc && code)
        rc = lt_code_write(code, &bytes, err);
    if (!rc && code)
        rc = lt_packedbytes_put(out, bytes.bytes, bytes.used, true, err);
    lt_growable_free(&bytes);
    lt_growable_free(&packed);
    return rc;
}

static void hash_model(const void *bytes, size_t size, unsigned char digest[LT_SHA256_BYTES])
{
    struct lt_sha256 hash;
    lt_sha256_init(&hash);
    lt_sha256_update(&hash, bytes, size);
    lt_sha256_final(&hash, digest);
}

int lt_packmodel_name(const struct lt_growable *whole, struct lt_growable *out,
                      struct lt_error *err)
{
    unsigned char named[1 + LT_SHA256_BYTES] = {NAMED};
    hash_model(whole->bytes, whole->used, named + 1);
    return lt_growable_put(out, named, sizeof named, err);
}

/* ---- reading ---- */

int lt_packhead_read(struct lt_packhead *head, const char *name, const void *bytes, size_t size,
                     struct lt_error *err)
{
    struct lt_reader r = lt_reader_of(bytes, size);
    struct lt_growable planes = {0};
    uint64_t form = lt_read_up_to(&r, FORM);
    *head = (struct lt_packhead){.stream = lt_read_up_to(&r, 1) == 1};
    head->modelled = lt_read_up_to(&r, 1) == 1;
    head->block_rows = (int64_t)lt_read_up_to(&r, LT_PACK_BLOCK_ROWS_MAX);
    head->bytes = lt_read_varint(&r);
    head->loss = (enum lt_packloss)lt_read_up_to(&r, LT_PACKLOSSES - 1);
    head->millibels = (int64_t)lt_read_up_to(&r, head->loss ? MILLIBELS_MOST : 0);
    if (r.broken || (head->loss && !head->modelled && !head->stream) || form != FORM ||
        head->block_rows < 1)
        return lt_fail(err, LT_ECONTENT, "%s: its description makes no sense", name);
    int rc = lt_packedbytes_get(&planes, r.p, lt_reader_left(&r), HEAD_MOST, err);
    if (!rc)
        rc = lt_planes_read(&head->planes, name, planes.bytes, planes.used, err);
    lt_growable_free(&planes);
    return rc;
}

/* The digest of the model that a payload names; NULL: it names none. */
static const unsigned char *named_by(const struct lt_pack_payload *payload)
{
    bool names = payload->size == 1 + LT_SHA256_BYTES && payload->data[0] == NAMED;
    return names ? payload->data + 1 : NULL;
}

/* The whole model that a payload holds; a named one comes from `other`, which must be it. */
static int find_model(struct lt_packfile *f, const struct lt_pack_payload *payload,
                      const char *other, struct lt_error *err)
{
    unsigned char digest[LT_SHA256_BYTES];
    struct lt_packfile from;
    if (payload->size > 0 && payload->data[0] == WHOLE)
        return lt_growable_put(&f->model, payload->data, payload->size, err);
    if (!named_by(payload))
        return lt_fail(err, LT_ECONTENT, "%s: its model makes no sense", f->name);
    if (!other)
        return lt_fail(err, LT_EUSAGE,
                       "%s was packed with --share-model: its model is in another file; name that "
                       "with --model",
                       f->name);
    int rc = lt_packfile_open(&from, other, NULL, false, LT_ISA_BASE, err);
    if (rc)
        return rc;
    hash_model(from.model.bytes, from.model.used, digest);
    if (from.model.used == 0 || memcmp(digest, named_by(payload), sizeof digest) != 0)
        rc = lt_fail(err, LT_EUSAGE, "%s: %s is not the model that it was packed with", f->name,
                     other);
    else
        rc = lt_growable_put(&f->model, from.model.bytes, from.model.used, err);
    lt_packfile_close(&from);
    return rc;
}

/* The pattern and the code in a whole model's bytes. */
static int take_model(struct lt_packfile *f, enum lt_isa isa, struct lt_error *err)
{
    struct lt_growable bytes = {0};
    struct lt_reader r = lt_reader_of(f->model.bytes + 1, f->model.used - 1);
    uint64_t n = lt_read_varint(&r);
    if (r.broken || n > lt_reader_left(&r))
        return lt_fail(err, LT_ECONTENT, "%s: its model makes no sense", f->name);
    int rc = lt_packedbytes_get(&bytes, lt_read_bytes(&r, (size_t)n), (size_t)n, MODEL_MOST, err);
    if (!rc)
        rc = lt_pattern_read(&f->pattern, bytes.bytes, bytes.used, isa, err);
    bytes.used = 0;
    if (!rc && lt_reader_left(&r) > 0) {
        rc = lt_packedbytes_get(&bytes, r.p, lt_reader_left(&r), MODEL_MOST, err);
        if (!rc)
            rc = lt_code_read(&f->code, f->pattern, bytes.bytes, bytes.used, isa, err);
    }
    lt_growable_free(&bytes);
    return rc;
}

/* What the file's blocks are coded by has to be there, and no more. */
static int check_model(const struct lt_packfile *f, struct lt_error *err)
{
    int64_t planes = lt_planes_count(f->head.planes);
    if (f->pattern->planes != planes)
        return lt_fail(err, LT_ECONTENT, "%s: its model is for %lld columns where it has %lld",
                       f->name, (long long)f->pattern->planes, (long long)planes);
    if (f->pattern->guessed != (f->code != NULL) || (f->head.loss == LT_PACK_GUESSED && !f->code))
        return lt_fail(err, LT_ECONTENT, "%s: its model has no code, or one that is not used",
                       f->name);
    return 0;
}

static int read_model(struct lt_packfile *f, const char *other, enum lt_isa isa,
                      struct lt_error *err)
{
    struct lt_pack_payload payload;
    int rc = lt_pack_model(f->pack, &payload, err);
    if (rc || !payload.data)
        return rc ? rc : lt_fail(err, LT_ECONTENT, "%s: its model is missing", f->name);
    rc = find_model(f, &payload, other, err);
    if (!rc)
        rc = take_model(f, isa, err);
    return rc ? rc : check_model(f, err);
}

int lt_packmodel_fits(const struct lt_pattern *pattern, const struct lt_planes *planes,
                      const char *name, struct lt_error *err)
{
    struct lt_pixels pixels = {0};
    int64_t count = lt_planes_count(planes);
    bool grid = lt_planes_pixels(planes, &pixels) && pixels.per == 1;
    if (pattern->planes != count || grid != (pattern->scene == LT_SCENE_GRID) ||
        (grid && (pattern->h != pixels.h || pattern->w != pixels.w || pattern->c != pixels.c)))
        return lt_fail(err, LT_EUSAGE, "the model of %s is for rows of another shape", name);
    for (int64_t j = 0; j < count; j++) {
        struct lt_plane plane = lt_planes_plane(planes, j);
        const struct lt_series *s = lt_pattern_series(pattern, j);
        bool holds = s->number || (plane.kind == LT_PLANE_SYMBOL && plane.levels <= 1 << s->bits);
        if (!holds)
            return lt_fail(err, LT_EUSAGE,
                           "the model of %s does not fit column %lld (from 0), which has more "
                           "values here",
                           name, (long long)plane.column);
    }
    return 0;
}

/* All but the model. */
static int take_head(struct lt_packfile *file, const char *name, const struct lt_bytes *bytes,
                     bool salvage, struct lt_error *err)
{
    int rc = 0;
    *file = (struct lt_packfile){.name = name, .bytes = *bytes};
    if (!lt_pack_is(&file->bytes))
        rc = lt_fail(err, LT_ECONTENT, "%s is no packed file", name);
    if (!rc)
        rc = salvage ? lt_pack_open_salvage(&file->pack, name, &file->bytes, err)
                     : lt_pack_open(&file->pack, name, &file->bytes, err);
    if (!rc) {
        struct lt_pack_payload head = lt_pack_head(file->pack);
        rc = lt_packhead_read(&file->head, name, head.data, head.size, err);
    }
    return rc;
}

int lt_packfile_take(struct lt_packfile *file, const char *name, const struct lt_bytes *bytes,
                     const char *model, bool salvage, enum lt_isa isa, struct lt_error *err)
{
    int rc = take_head(file, name, bytes, salvage, err);
    if (!rc && file->head.modelled)
        rc = read_model(file, model, isa, err);
    if (rc)
        lt_packfile_close(file);
    return rc;
}

int lt_packfile_open(struct lt_packfile *file, const char *name, const char *model, bool salvage,
                     enum lt_isa isa, struct lt_error *err)
{
    struct lt_bytes bytes;
    *file = (struct lt_packfile){.name = name};
    int rc = lt_bytes_read(&bytes, name, err);
    return rc ? rc : lt_packfile_take(file, name, &bytes, model, salvage, isa, err);
}

int lt_packfile_peek(struct lt_packfile *file, const char *name, struct lt_error *err)
{
    struct lt_bytes bytes;
    *file = (struct lt_packfile){.name = name};
    int rc = lt_bytes_read(&bytes, name, err);
    if (!rc)
        rc = take_head(file, name, &bytes, false, err);
    if (rc)
        lt_packfile_close(file);
    return rc;
}

bool lt_packfile_names_model(const struct lt_packfile *file, char hex[LT_SHA256_HEX], size_t *size)
{
    struct lt_pack_payload payload;
    lt_pack_model(file->pack, &payload, NULL); /* which is whole, unless the file was salvaged */
    const unsigned char *digest = named_by(&payload);
    if (digest)
        lt_sha256_write(digest, hex);
    *size = payload.size;
    return digest != NULL;
}

void lt_packfile_close(struct lt_packfile *file)
{
    lt_pattern_free(&file->pattern);
    lt_code_free(&file->code);
    lt_growable_free(&file->model);
    lt_planes_free(&file->head.planes);
    lt_pack_free(&file->pack);
    lt_bytes_free(&file->bytes);
    *file = (struct lt_packfile){0};
}

bool lt_packfile_is(const char *name)
{
    struct lt_bytes bytes;
    if (!lt_file_is_regular(name) || lt_bytes_read(&bytes, name, NULL))
        return false;
    bool is = lt_pack_is(&bytes);
    lt_bytes_free(&bytes);
    return is;
}
