#include "codec/packedblock.h"

#include "base/mem.h"
#include "codec/general.h"

int lt_packed_put(struct lt_growable *out, const void *bytes, size_t n, struct lt_error *err)
{
    unsigned char *packed = NULL;
    size_t room = 0, size = 0;
    int rc = lt_general_pack(&packed, &room, &size, bytes, n, "a block", err);
    if (!rc)
        rc = lt_growable_varint(out, n, err);
    if (!rc)
        rc = lt_growable_put(out, packed, size, err);
    lt_free(packed);
    return rc;
}

int lt_packed_get(struct lt_growable *out, const void *bytes, size_t size, size_t most,
                  struct lt_error *err)
{
    struct lt_reader r = lt_reader_of(bytes, size);
    uint64_t n = lt_read_up_to(&r, most);
    size_t left = lt_reader_left(&r);
    if (r.broken)
        return lt_fail(err, LT_ECONTENT, "a packed part says that it holds more than it may");
    int rc = lt_grow(&out->bytes, &out->room, out->used + (size_t)n + 1, 1, "a block", err);
    if (!rc)
        rc = lt_general_unpack(out->bytes + out->used, (size_t)n, r.p, left, "a packed part", err);
    if (!rc)
        out->used += (size_t)n;
    return rc;
}

int lt_packed_split(struct lt_packed_parts *out, const void *bytes, size_t size,
                    struct lt_error *err)
{
    struct lt_reader r = lt_reader_of(bytes, size);
    *out =
        (struct lt_packed_parts){.form = (enum lt_packed_form)lt_read_up_to(&r, LT_PACKED_GENERAL)};
    if (out->form == LT_PACKED_CODED) {
        out->exceptions_size = (size_t)lt_read_varint(&r);
        if (!r.broken && out->exceptions_size > lt_reader_left(&r))
            r.broken = true;
        else if (!r.broken)
            out->exceptions = lt_read_bytes(&r, out->exceptions_size);
    }
    if (r.broken)
        return lt_fail(err, LT_ECONTENT, "a block does not say what it holds");
    out->coded = r.p;
    out->coded_size = lt_reader_left(&r);
    return 0;
}
