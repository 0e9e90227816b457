#include "codec/zstd.h"

#include "base/mem.h"

#ifdef LT_HAVE_ZSTD

#include "codec/general.h"
#include <zstd.h>
#include <zstd_errors.h>

/* What level 19 looks back at most, 2^23 bytes; a stream that wants more is none of ours. */
enum { LT_ZSTD_WINDOW = 23 };

struct lt_zstd {
    ZSTD_CCtx *pack; /* one of the two */
    ZSTD_DCtx *unpack;
};

bool lt_zstd_present(void)
{
    return true;
}

int lt_zstd_pack(void *out, size_t room, size_t *size, const void *bytes, size_t n,
                 const char *name, struct lt_error *err)
{
    ZSTD_CCtx *pack = ZSTD_createCCtx();
    if (!pack)
        return lt_fail_memory(err, name, 0);
    ZSTD_CCtx_setParameter(pack, ZSTD_c_compressionLevel, LT_GENERAL_LEVEL);
    size_t packed = ZSTD_compress2(pack, out, room, bytes, n);
    ZSTD_freeCCtx(pack);
    *size = 0;
    if (!ZSTD_isError(packed))
        *size = packed;
    else if (ZSTD_getErrorCode(packed) != ZSTD_error_dstSize_tooSmall)
        return lt_fail_memory(err, name, n);
    return LT_OK;
}

size_t lt_zstd_quickly(const void *bytes, size_t n)
{
    size_t room = ZSTD_compressBound(n), packed = n;
    void *out;
    if (lt_alloc(&out, room, 1, "a try", NULL))
        return n;
    packed = ZSTD_compress(out, room, bytes, n, 3);
    lt_free(out);
    return ZSTD_isError(packed) ? n : packed;
}

bool lt_zstd_unpack(void *out, size_t n, const void *packed, size_t size)
{
    return ZSTD_decompress(out, n, packed, size) == n;
}

int lt_zstd_packer(struct lt_zstd **out, uint64_t total, const char *name, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, name, err);
    if (rc)
        return rc;
    ZSTD_CCtx *pack = (*out)->pack = ZSTD_createCCtx();
    if (!pack ||
        ZSTD_isError(ZSTD_CCtx_setParameter(pack, ZSTD_c_compressionLevel, LT_GENERAL_LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(pack, total))) {
        lt_zstd_free(out);
        return lt_fail_memory(err, name, 0);
    }
    return LT_OK;
}

int lt_zstd_unpacker(struct lt_zstd **out, const char *name, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, name, err);
    if (rc)
        return rc;
    ZSTD_DCtx *unpack = (*out)->unpack = ZSTD_createDCtx();
    if (!unpack ||
        ZSTD_isError(ZSTD_DCtx_setParameter(unpack, ZSTD_d_windowLogMax, LT_ZSTD_WINDOW))) {
        lt_zstd_free(out);
        return lt_fail_memory(err, name, 0);
    }
    return LT_OK;
}

void lt_zstd_free(struct lt_zstd **zstd)
{
    if (*zstd) {
        ZSTD_freeCCtx((*zstd)->pack);
        ZSTD_freeDCtx((*zstd)->unpack);
    }
    lt_free(*zstd);
    *zstd = NULL;
}

bool lt_zstd_step(struct lt_zstd *zstd, struct lt_zstd_step *step)
{
    ZSTD_inBuffer in = {step->in, step->in_size, step->in_used};
    ZSTD_outBuffer out = {step->out, step->out_room, step->out_used};
    size_t left = zstd->pack ? ZSTD_compressStream2(zstd->pack, &out, &in,
                                                    step->last ? ZSTD_e_end : ZSTD_e_continue)
                             : ZSTD_decompressStream(zstd->unpack, &out, &in);
    if (ZSTD_isError(left)) {
        step->why = ZSTD_getErrorName(left);
        return false;
    }
    step->in_used = in.pos;
    step->out_used = out.pos;
    step->ended = left == 0 && (zstd->unpack || step->last);
    return true;
}

#else

bool lt_zstd_present(void)
{
    return false;
}

int lt_zstd_pack(void *out, size_t room, size_t *size, const void *bytes, size_t n,
                 const char *name, struct lt_error *err)
{
    (void)out, (void)room, (void)bytes, (void)n;
    *size = 0;
    return lt_fail(err, LT_EFAIL, "%s: this build lacks zstd", name);
}

size_t lt_zstd_quickly(const void *bytes, size_t n)
{
    (void)bytes;
    return n;
}

bool lt_zstd_unpack(void *out, size_t n, const void *packed, size_t size)
{
    (void)out, (void)n, (void)packed, (void)size;
    return false;
}

int lt_zstd_packer(struct lt_zstd **out, uint64_t total, const char *name, struct lt_error *err)
{
    (void)total;
    return lt_zstd_unpacker(out, name, err);
}

int lt_zstd_unpacker(struct lt_zstd **out, const char *name, struct lt_error *err)
{
    *out = NULL;
    return lt_fail(err, LT_EFAIL, "%s: this build lacks zstd", name);
}

void lt_zstd_free(struct lt_zstd **zstd)
{
    *zstd = NULL;
}

bool lt_zstd_step(struct lt_zstd *zstd, struct lt_zstd_step *step)
{
    (void)zstd;
    step->why = "this build lacks zstd";
    return false;
}

#endif
