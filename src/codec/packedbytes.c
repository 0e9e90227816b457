#include "codec/packedbytes.h"

#include "base/mem.h"
#include "codec/general.h"
#include "codec/mixing.h"
#include <string.h>

enum form { STORED, MIXED, GENERAL };
enum {
    ORDERS = 4,
    LINES = 14,            /* log2, of the mixing */
    MIXED_MOST = 1 << 18,  /* more bytes are left to a general method where that may be */
    MIXED_LIMIT = 1 << 26, /* of what is unpacked */
};

/* Both ways; while decoding, bytes are filled in. */
static int mix(struct lt_range *range, unsigned char *bytes, size_t n, struct lt_error *err)
{
    struct lt_mixing *m = NULL;
    int rc = lt_mixing_create(&m, LINES, 256 + 1, LT_ISA_BASE, err);
    uint32_t last = 0; /* four bytes */
    for (size_t i = 0; i < n && !rc; i++) {
        struct lt_view v = {.common = -1, .guess = last & 0xff};
        v.set[0] = 256;
        v.set[1] = (int32_t)(last & 0xff);
        for (int order = 0; order < ORDERS; order++)
            v.hash[v.contexts++] =
                lt_hash((uint32_t)order, order == 0 ? 0 : last << (32 - 8 * order));
        int byte = lt_mixing_symbol(m, range, &v, LT_SYMBOL_BITS, bytes[i]);
        if (range->decoding)
            bytes[i] = (unsigned char)byte;
        last = last << 8 | (uint32_t)byte;
    }
    lt_mixing_free(&m);
    return rc;
}

static int put_mixed(struct lt_growable *out, const void *bytes, size_t n, struct lt_error *err)
{
    int rc = lt_grow(&out->bytes, &out->room, out->used + n + 1, 1, "packing", err);
    if (rc)
        return rc;
    unsigned char *form = out->bytes + out->used;
    struct lt_range range = lt_range_encoder(form + 1, n);
    rc = mix(&range, (unsigned char *)bytes, n, err); /* which encoding leaves alone */
    size_t written = lt_range_finish(&range);
    *form = written > 0 ? MIXED : STORED;
    if (written == 0 && n > 0)
        memcpy(form + 1, bytes, n);
    out->used += 1 + (written > 0 ? written : n);
    return rc;
}

static int put_general(struct lt_growable *out, const void *bytes, size_t n, struct lt_error *err)
{
    unsigned char *packed = NULL, form = GENERAL;
    size_t room = 0, size = 0;
    int rc = lt_general_pack(&packed, &room, &size, bytes, n, "packing", err);
    if (!rc)
        rc = lt_growable_put(out, &form, 1, err);
    if (!rc)
        rc = lt_growable_put(out, packed, size, err);
    lt_free(packed);
    return rc;
}

int lt_packedbytes_put(struct lt_growable *out, const void *bytes, size_t n, bool portable,
                       struct lt_error *err)
{
    int rc = lt_growable_varint(out, n, err);
    if (rc)
        return rc;
    size_t begin = out->used;
    if (!portable)
        rc = put_general(out, bytes, n, err);
    size_t general = out->used - begin;
    if (rc || (!portable && n > MIXED_MOST))
        return rc;
    rc = put_mixed(out, bytes, n, err);
    size_t mixed = out->used - begin - general;
    if (!rc && mixed < general)
        memmove(out->bytes + begin, out->bytes + begin + general, mixed);
    out->used = begin + (general > 0 && general <= mixed ? general : mixed);
    return rc;
}

int lt_packedbytes_get(struct lt_growable *out, const void *bytes, size_t size, size_t most,
                       struct lt_error *err)
{
    struct lt_reader r = lt_reader_of(bytes, size);
    uint64_t n = lt_read_up_to(&r, most);
    uint64_t form = lt_read_up_to(&r, GENERAL);
    size_t left = lt_reader_left(&r);
    if (r.broken || (form == STORED && left != n) || (form == MIXED && n > MIXED_LIMIT))
        return lt_fail(err, LT_ECONTENT, "packed bytes do not say what they hold");
    int rc = lt_grow(&out->bytes, &out->room, out->used + (size_t)n + 1, 1, "unpacking", err);
    if (rc)
        return rc;
    unsigned char *to = out->bytes + out->used;
    if (form == GENERAL) {
        rc = lt_general_unpack(to, (size_t)n, r.p, left, "packed bytes", err);
    } else if (form == MIXED) {
        struct lt_range range = lt_range_decoder(r.p, left);
        rc = mix(&range, to, (size_t)n, err);
    } else if (n > 0) {
        memcpy(to, r.p, (size_t)n);
    }
    if (!rc)
        out->used += (size_t)n;
    return rc;
}
