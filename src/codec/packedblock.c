#include "codec/packedblock.h"

#include "codec/growable.h"

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
