/* What a kind of image provides.  Private to src/data. */
#ifndef LT_DATA_IMAGE_OPS_H
#define LT_DATA_IMAGE_OPS_H

#include "data/image.h"
#include "data/sink.h"

struct lt_image_ops {
    const char *word, *library;               /* for messages */
    bool (*is)(const struct lt_bytes *bytes); /* by the first bytes */
    int (*read)(struct lt_array *out, const struct lt_bytes *bytes, const char *name,
                struct lt_error *err); /* `out` is freed by the caller, also on failure; NULL: this
                                          build lacks the library */
    const char *const *endings;        /* of names that are written in this kind; NULL ends */
    bool deep;                         /* has 16 bits a channel, too */
    int (*write)(struct lt_sink *sink, const struct lt_array *image, const char *name,
                 struct lt_error *err); /* NULL: this build lacks the library */
};
extern const struct lt_image_ops lt_image_png;
extern const struct lt_image_ops lt_image_jpeg;
extern const struct lt_image_ops lt_image_webp;
extern const struct lt_image_ops lt_image_pnm;

/* A header's size against all limits, and the same with room for the pixels, zeroed, at out->owned.
 * channels 1 or 3, type LT_U8 or LT_U16. */
int lt_image_check(int64_t width, int64_t height, int channels, const char *name,
                   struct lt_error *err);
int lt_image_make(struct lt_array *out, int64_t width, int64_t height, int channels,
                  enum lt_type type, const char *name, struct lt_error *err);

/* Copies pixels whose last channel is alpha, (H, W, channels + 1) of out's type in any byte order,
 * to `out` without it; LT_ECONTENT where one is not opaque. */
int lt_image_drop_alpha(struct lt_array *out, const unsigned char *pixels, const char *name,
                        struct lt_error *err);

/* The refusal of a pixel, by its index y * W + x, that is not opaque. */
int lt_image_transparent(const struct lt_array *out, size_t pixel, const char *name,
                         struct lt_error *err);

/* "NAME: the PNG image is damaged (WHY); ..." and "... is cut off after N bytes; ...". */
int lt_image_damaged(const char *name, const char *kind, const char *why, struct lt_error *err);
int lt_image_cut(const char *name, const char *kind, size_t bytes, struct lt_error *err);
/* "NAME: is an animated PNG; ..." */
int lt_image_animated(const char *name, const char *kind, struct lt_error *err);

#endif
