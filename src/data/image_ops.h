/* What a kind of image provides.  Private to src/data. */
#ifndef LT_DATA_IMAGE_OPS_H
#define LT_DATA_IMAGE_OPS_H

#include "data/image.h"

/* The end of a file's name. */
struct lt_image_ending {
    const char *text; /* ".pgm" */
    int channels;     /* that such a file holds; 0: 1 or 3 */
};

struct lt_image_ops {
    const char *word, *library; /* for messages */
    /* The first stands for the kind; text is NULL behind the last. */
    struct lt_image_ending endings[4];
    int bits;                                 /* of a channel, at most */
    int64_t side;                             /* pixels, at most */
    bool (*is)(const struct lt_bytes *bytes); /* by the first bytes */
    /* Both are NULL in a build that lacks the library.  `out` is freed by the caller, also on
     * failure; what is written was checked. */
    int (*read)(struct lt_array *out, const struct lt_bytes *bytes, bool large, const char *name,
                struct lt_error *err);
    int (*write)(struct lt_outfile *file, const struct lt_image_look *look,
                 const void *values /* (H, W, C) of uint8_t or uint16_t */, const char *name,
                 struct lt_error *err);
};
extern const struct lt_image_ops lt_image_png;
extern const struct lt_image_ops lt_image_jpeg;
extern const struct lt_image_ops lt_image_webp;
extern const struct lt_image_ops lt_image_pnm;

/* A header's size against all limits, and the same with room for the pixels, zeroed, at out->owned.
 * channels 1 or 3, type LT_U8 or LT_U16, `large` as in lt_image_read. */
int lt_image_check(int64_t width, int64_t height, int channels, bool large, const char *name,
                   struct lt_error *err);
int lt_image_make(struct lt_array *out, int64_t width, int64_t height, int channels,
                  enum lt_type type, bool large, const char *name, struct lt_error *err);

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
/* "NAME: the PNG cannot be written (WHY)" */
int lt_image_unwritten(const char *name, const char *kind, const char *why, struct lt_error *err);

/* A PNG whose rows are made one after the other. */
struct lt_png_rows {
    int64_t height, width;
    int channels; /* 1: grey, 2: grey and alpha, 3: RGB, 4: RGBA */
    int bits;     /* 8 or 16 */
    /* (W, C) of uint8_t or uint16_t, good until the next call */
    const void *(*row)(void *context, int64_t y);
    void *context;
};
/* LT_EUSAGE in a build without libpng. */
int lt_png_write(struct lt_outfile *file, const struct lt_png_rows *rows, const char *name,
                 struct lt_error *err);

#endif
