/* PGM and PPM: "P2" and "P5" are grey, "P3" and "P6" RGB; P2 and P3 write every
 * sample as a decimal number, P5 and P6 as one byte, or as two, big end first,
 * when the greatest level is above 255.  Behind the magic number stand width,
 * height and greatest level, with space and comments (# to the end of the line)
 * between them.  (https://netpbm.sourceforge.net/doc/pgm.html) */
#include "data/image_ops.h"

#include "base/mem.h"
#include <inttypes.h>
#include <string.h>

/* A file that is being read. */
struct pnm {
    const unsigned char *next, *end;
    size_t size; /* of the file */
    const char *name;
    struct lt_error *err;
    unsigned greatest; /* level: what is white */
};

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* To the end of its line, which is space. */
static void skip_comment(struct pnm *p)
{
    if (p->next < p->end && *p->next == '#')
        while (p->next < p->end && *p->next != '\n' && *p->next != '\r')
            p->next++;
}

static void skip_space(struct pnm *p)
{
    skip_comment(p);
    while (p->next < p->end && is_space(*p->next)) {
        p->next++;
        skip_comment(p);
    }
}

static bool pnm_is(const struct lt_bytes *b)
{
    if (b->size < 3 || b->data[0] != 'P' || !memchr("2356", b->data[1], 4) ||
        !(is_space(b->data[2]) || b->data[2] == '#'))
        return false;
    struct pnm p = {.next = b->data + 2, .end = b->data + b->size};
    skip_space(&p);
    return p.next == p.end || (*p.next >= '0' && *p.next <= '9');
}

static int fail_cut(const struct pnm *p)
{
    return lt_image_cut(p->name, "PNM", p->size, p->err);
}

static int fail_damaged(const struct pnm *p, const char *why)
{
    return lt_image_damaged(p->name, "PNM", why, p->err);
}

/* A decimal number behind space and comments. */
static int read_number(struct pnm *p, int64_t *out)
{
    enum { LT_DIGITS_MAX = 9 };
    int digits = 0;
    skip_space(p);
    for (*out = 0; p->next < p->end && *p->next >= '0' && *p->next <= '9'; p->next++) {
        if (++digits > LT_DIGITS_MAX)
            return fail_damaged(p, "a number has more than 9 digits");
        *out = *out * 10 + (*p->next - '0');
    }
    if (digits > 0)
        return LT_OK;
    return p->next == p->end ? fail_cut(p)
                             : fail_damaged(p, "something stands where a number should");
}

/* Levels of one image in the units of its type: 0 ... 255 or 0 ... 65535. */
static unsigned spread(const struct pnm *p, unsigned level, unsigned full)
{
    return p->greatest == full ? level : (level * full + p->greatest / 2) / p->greatest;
}

/* Puts level i of the image; false when it is brighter than white. */
static bool put(const struct pnm *p, struct lt_array *out, size_t i, int64_t level)
{
    if (level > p->greatest)
        return false;
    if (out->type == LT_U8)
        ((uint8_t *)out->owned)[i] = (uint8_t)spread(p, (unsigned)level, 255);
    else
        ((uint16_t *)out->owned)[i] = (uint16_t)spread(p, (unsigned)level, 65535);
    return true;
}

static int read_plain(struct pnm *p, struct lt_array *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t level = 0;
        int rc = read_number(p, &level);
        if (rc)
            return rc;
        if (!put(p, out, i, level))
            return fail_damaged(p, "a sample is above the greatest level");
    }
    return LT_OK;
}

static int read_raw(struct pnm *p, struct lt_array *out, size_t count)
{
    size_t depth = lt_type_size(out->type);
    for (size_t i = 0; i < count; i++, p->next += depth) {
        int64_t level = depth == 1 ? p->next[0] : p->next[0] << 8 | p->next[1];
        if (!put(p, out, i, level))
            return fail_damaged(p, "a sample is above the greatest level");
    }
    return LT_OK;
}

static int read_head(struct pnm *p, int64_t *width, int64_t *height)
{
    int64_t greatest = 0;
    int rc = read_number(p, width);
    if (!rc)
        rc = read_number(p, height);
    if (!rc)
        rc = read_number(p, &greatest);
    if (!rc && (greatest < 1 || greatest > 65535))
        rc = fail_damaged(p, "the greatest level is not between 1 and 65535");
    skip_comment(p);
    if (!rc && p->next == p->end)
        rc = fail_cut(p);
    if (!rc && !is_space(*p->next++))
        rc = fail_damaged(p, "something stands where a number should end");
    p->greatest = (unsigned)greatest;
    return rc;
}

/* Whether the bytes that are left can hold `count` samples, so that no memory is taken for what a
 * header only claims: a decimal number has a digit and space before the next. */
static bool can_hold(const struct pnm *p, bool plain, size_t count)
{
    size_t left = (size_t)(p->end - p->next);
    return plain ? count <= (left + 1) / 2 : count * (p->greatest > 255 ? 2 : 1) <= left;
}

static int pnm_read(struct lt_array *out, const struct lt_bytes *bytes, bool large,
                    const char *name, struct lt_error *err)
{
    struct pnm p = {bytes->data + 2, bytes->data + bytes->size, bytes->size, name, err, 0};
    bool plain = bytes->data[1] < '5';
    int channels = bytes->data[1] == '3' || bytes->data[1] == '6' ? 3 : 1;
    int64_t width = 0, height = 0;
    int rc = read_head(&p, &width, &height);
    if (!rc)
        rc = lt_image_check(width, height, channels, large, name, err);
    if (rc)
        return rc;
    size_t count = (size_t)(width * height * channels);
    if (!can_hold(&p, plain, count))
        return fail_cut(&p);
    enum lt_type type = p.greatest > 255 ? LT_U16 : LT_U8;
    if ((rc = lt_image_make(out, width, height, channels, type, large, name, err)))
        return rc;
    rc = plain ? read_plain(&p, out, count) : read_raw(&p, out, count);
    if (rc)
        return rc;
    skip_space(&p);
    return p.next == p.end ? LT_OK : fail_damaged(&p, "more follows behind the image");
}

/* ---- writing ------------------------------------------------------------- */

/* Two bytes a sample, big end first. */
static int put_wide(struct lt_outfile *file, const uint16_t *samples, size_t count,
                    struct lt_error *err)
{
    enum { LT_PART = 2048 };
    unsigned char part[2 * LT_PART];
    int rc = LT_OK;
    for (size_t first = 0; first < count && !rc; first += LT_PART) {
        size_t n = count - first < LT_PART ? count - first : LT_PART;
        for (size_t i = 0; i < n; i++) {
            part[2 * i] = (unsigned char)(samples[first + i] >> 8);
            part[2 * i + 1] = (unsigned char)(samples[first + i] & 255);
        }
        rc = lt_outfile_write(file, part, 2 * n, err);
    }
    return rc;
}

static int pnm_write(struct lt_outfile *file, const struct lt_image_look *look, const void *values,
                     const char *name, struct lt_error *err)
{
    char head[80];
    size_t count = (size_t)(look->height * look->width * look->channels);
    (void)name;
    int n = snprintf(head, sizeof head, "P%d\n%" PRId64 " %" PRId64 "\n%d\n",
                     look->channels == 1 ? 5 : 6, look->width, look->height,
                     look->bits == 8 ? 255 : 65535);
    int rc = lt_outfile_write(file, head, (size_t)n, err);
    if (rc)
        return rc;
    return look->bits == 8 ? lt_outfile_write(file, values, count, err)
                           : put_wide(file, values, count, err);
}

const struct lt_image_ops lt_image_pnm = {
    .word = "PNM",
    .endings = {{".pnm", 0}, {".pgm", 1}, {".ppm", 3}},
    .bits = 16,
    .side = LT_IMAGE_SIDE_MAX,
    .is = pnm_is,
    .read = pnm_read,
    .write = pnm_write,
};
