/* Packing data, unpacking it, and proving that it comes back.
 *
 * DATA is a source of rows (app/packsource.h).  A first pass finds a mapping of every column to integers
 * (codec/planes.h); a pattern is fitted to some of the rows, or taken from another packed file
 * (app/packmodel.h); then blocks of rows are coded (codec/packedblock.h), decoded again and compared,
 * and put into a file (codec/container.h).  A block that comes out larger than a general method makes
 * it is kept by that, and where the whole file does, the file holds one stream of zstd.
 *
 *     unpack    the same rows, or some of them
 *     verify    the same rows as DATA: bit by bit, or within the bounds that were asked for
 */
#ifndef LT_APP_PACK_H
#define LT_APP_PACK_H

#include "app/report.h"
#include "latent.h"

struct lt_pack_options {
    const char *const *data; /* (count) names */
    int count;
    const char *path; /* where the packed file goes */
    const char
        *model; /* a packed file whose model is used, or a trained model whose code is, where it
                          pays (lt_packcode_suits); NULL: none */
    bool share; /* keep only the model's hash in the file: unpacking will need it too */
    const char *max_abs;  /* "0.05" or "temp=0.05,vib=0.001"; NULL: exact */
    const char *max_rel;  /* likewise, of the range of a column */
    const char *lossless; /* columns that are exact whatever the bounds, "id,status"; NULL: none */
    double psnr, bpp;     /* of lossy images; 0: not asked */
    int64_t dims;         /* width of a code; 0: the default */
    double budget;        /* seconds of training; below 0: the default */
    bool quick;           /* do not measure gzip and xz */
    uint64_t seed;
    const char *backend; /* NULL: the best in this build */
    int threads;
    const latent_listener *listener; /* may be NULL */
};
/* `report` may be NULL, here and below. */
/* What can be refused before data is read. */
int lt_pack_check(const struct lt_pack_options *options, struct lt_error *err);
int lt_pack(const struct lt_pack_options *options, struct lt_report **report, struct lt_error *err);

struct lt_unpack_options {
    const char *file;
    const char *
        path; /* where rows go, by the rules of data/writer.h, text in any file; NULL: standard output */
    const char *model; /* of a file that names its model; NULL: none */
    int64_t rows[2];   /* from, and one past the last; -1: to the end */
    bool salvage;      /* rows of what is whole in a damaged file */
    bool reference;    /* decode by plain C */
    int threads;
    const latent_listener *listener;
};
/* LT_ENO when salvage left rows out, which is told, and the others are written. */
int lt_unpack(const struct lt_unpack_options *options, struct lt_report **report,
              struct lt_error *err);

struct lt_verify_options {
    const char *file;
    const char *const *data; /* (count) */
    int count;
    const char *model;
    bool reference;
    int threads;
    const latent_listener *listener;
};
/* LT_ENO where a value differs by more than was promised. */
int lt_verify(const struct lt_verify_options *options, struct lt_report **report,
              struct lt_error *err);

/* What a packed file says of itself. */
int lt_packinfo(const char *file, struct lt_report **report, struct lt_error *err);

#endif
