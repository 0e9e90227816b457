/* NPZ: a zip archive of NPY files, stored or deflated, read through libzip. */
#include "data/readers.h"

#include "base/mem.h"
#include "data/inflate.h"
#include <stdio.h>
#include <string.h>

bool lt_npz_is(const struct lt_bytes *b)
{
    return b->size >= 4 && b->data[0] == 'P' && b->data[1] == 'K' &&
           ((b->data[2] == 3 && b->data[3] == 4) || (b->data[2] == 5 && b->data[3] == 6));
}

#ifdef LT_HAVE_LIBZIP

#include <zip.h>

enum { LT_KEYS_TEXT = 400, LT_MEMBERS_MAX = 100000 };

/* The array's name of a member ("X" of "X.npy"): its length, or 0. */
static size_t key_length(const char *member)
{
    size_t n = strlen(member);
    return n > 4 && strcmp(member + n - 4, ".npy") == 0 ? n - 4 : 0;
}

static zip_int64_t find_key(zip_t *archive, const char *key)
{
    for (zip_int64_t i = 0; key && i < zip_get_num_entries(archive, 0); i++) {
        const char *member = zip_get_name(archive, (zip_uint64_t)i, 0);
        size_t n = member ? key_length(member) : 0;
        if (n && strlen(key) == n && memcmp(member, key, n) == 0)
            return i;
    }
    return -1;
}

/* "X, y" in keys; returns their number and the last one's index. */
static int list_keys(zip_t *archive, char keys[LT_KEYS_TEXT], zip_int64_t *last)
{
    int count = 0;
    size_t used = 0;
    keys[0] = '\0';
    for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); i++) {
        const char *member = zip_get_name(archive, (zip_uint64_t)i, 0);
        size_t n = member ? key_length(member) : 0;
        if (!n)
            continue;
        if (used + n + 8 < LT_KEYS_TEXT)
            used += (size_t)snprintf(keys + used, LT_KEYS_TEXT - used, "%s%.*s", count ? ", " : "",
                                     (int)n, member);
        else if (used + 6 < LT_KEYS_TEXT)
            used += (size_t)snprintf(keys + used, LT_KEYS_TEXT - used, ", ...");
        *last = i;
        count++;
    }
    return count;
}

static int choose(zip_t *archive, const char *name, const char *key, const char *preferred,
                  zip_int64_t *index, struct lt_error *err)
{
    char keys[LT_KEYS_TEXT];
    zip_int64_t last = -1;
    if (zip_get_num_entries(archive, 0) > LT_MEMBERS_MAX)
        return lt_fail(err, LT_ECONTENT, "%s: holds more than %d members", name, LT_MEMBERS_MAX);
    int count = list_keys(archive, keys, &last);
    *index = find_key(archive, key ? key : preferred);
    if (*index >= 0)
        return LT_OK;
    if (count == 0)
        return lt_fail(err, LT_ECONTENT, "%s: is a zip archive without arrays (.npy members)",
                       name);
    if (key)
        return lt_fail(err, LT_EUSAGE, "%s: there is no array \"%.100s\"; it holds %s", name, key,
                       keys);
    if (count > 1)
        return lt_fail(
            err, LT_EUSAGE,
            "%s: holds several arrays (%s) and none is called %s; name one, as in %s:%.100s", name,
            keys, preferred, name, strtok(keys, ","));
    *index = last;
    return LT_OK;
}

/* Unpacks one member.  Its claimed size is believed only when the packed bytes
 * can yield it, and must be met exactly; libzip checks the CRC at the end. */
static int read_member(zip_t *archive, zip_int64_t index, struct lt_bytes *out, const char *name,
                       size_t archive_size, struct lt_error *err)
{
    zip_stat_t st;
    zip_stat_init(&st);
    const zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if (zip_stat_index(archive, (zip_uint64_t)index, 0, &st) || (st.valid & need) != need)
        return lt_fail(err, LT_ECONTENT, "%s: the zip archive is damaged (%s)", name,
                       zip_strerror(archive));
    if (st.comp_size > archive_size || st.size / LT_DEFLATE_RATIO > st.comp_size ||
        st.size > LT_UNPACKED_MAX)
        return lt_fail(err, LT_ECONTENT, "%s: claims to unpack %llu bytes to %llu, which cannot be",
                       name, (unsigned long long)st.comp_size, (unsigned long long)st.size);
    int rc = lt_alloc(&out->owned, (size_t)st.size + 1, 1, name, err);
    if (rc)
        return rc;
    zip_file_t *file = zip_fopen_index(archive, (zip_uint64_t)index, 0);
    if (!file)
        return lt_fail(err, LT_ECONTENT, "%s: cannot be unpacked (%s)", name,
                       zip_strerror(archive));
    size_t used = 0;
    zip_int64_t n = 1;
    while (n > 0 && used <= st.size) {
        n = zip_fread(file, (char *)out->owned + used, st.size + 1 - used);
        used += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        rc = lt_fail(err, LT_ECONTENT, "%s: is damaged (%s); fetch the file again", name,
                     zip_file_strerror(file));
    else if (used != st.size)
        rc = lt_fail(err, LT_ECONTENT, "%s: unpacks to %zu bytes where %llu are promised", name,
                     used, (unsigned long long)st.size);
    zip_fclose(file);
    out->data = out->owned;
    out->size = used;
    return rc;
}

static zip_t *open_archive(const struct lt_bytes *bytes, const char *name, struct lt_error *err)
{
    zip_error_t ze;
    zip_error_init(&ze);
    zip_source_t *source = zip_source_buffer_create(bytes->data, bytes->size, 0, &ze);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, &ze) : NULL;
    if (!archive) {
        lt_fail(err, LT_ECONTENT, "%s: the zip archive is damaged (%s); fetch the file again", name,
                zip_error_strerror(&ze));
        if (source)
            zip_source_free(source);
    }
    zip_error_fini(&ze);
    return archive;
}

int lt_npz_read(struct lt_array *out, struct lt_bytes *bytes, const char *name, const char *key,
                const char *preferred, struct lt_error *err)
{
    *out = (struct lt_array){0};
    struct lt_bytes member = {0};
    char *full = NULL;
    zip_int64_t index = -1;
    int rc = LT_ECONTENT;
    zip_t *archive = open_archive(bytes, name, err);
    if (!archive || (rc = choose(archive, name, key, preferred, &index, err)))
        goto out;
    const char *entry = zip_get_name(archive, (zip_uint64_t)index, 0);
    size_t room = strlen(name) + strlen(entry) + 2;
    if ((rc = lt_alloc(&full, room, 1, name, err)))
        goto out;
    snprintf(full, room, "%s:%.*s", name, (int)key_length(entry), entry);
    if ((rc = read_member(archive, index, &member, full, bytes->size, err)))
        goto out;
    if (!lt_npy_is(&member))
        rc = lt_fail(err, LT_ECONTENT, "%s: is not an NPY array", full);
    else
        rc = lt_npy_read(out, &member, full, err);
    if (!rc)
        rc = lt_strdup(&out->name, full, err);
out:
    if (archive)
        zip_discard(archive);
    lt_free(full);
    lt_bytes_free(&member);
    lt_bytes_free(bytes);
    if (rc)
        lt_array_free(out);
    return rc;
}

#else

int lt_npz_read(struct lt_array *out, struct lt_bytes *bytes, const char *name, const char *key,
                const char *preferred, struct lt_error *err)
{
    (void)key;
    (void)preferred;
    *out = (struct lt_array){0};
    lt_bytes_free(bytes);
    return lt_fail(err, LT_ECONTENT,
                   "%s: is an NPZ archive and this build has no libzip; unpack it to .npy first",
                   name);
}

#endif
