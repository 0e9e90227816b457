#include "app/mapdraw.h"

#include "base/mem.h"
#include "base/order.h"
#include "data/image.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 1000, MARGIN = 40, NAMES_MOST = 60, COLOURS = 10, NAME = 24 };
enum { GLYPH_W = 5, GLYPH_H = 7, ZOOM = 4, HALO = 3 }; /* of letters */

static const double PAPER[3] = {250, 250, 247}, INK[3] = {30, 30, 30}, PLAIN[3] = {40, 80, 140};
static const double OPACITY = 0.65;

struct canvas {
    double *pixels; /* (SIDE, SIDE, 3) */
    double left, top, scale;
};

/* Ten hues, and again darker. */
static void colour_of(int32_t label, double rgb[3])
{
    static const unsigned char hues[COLOURS][3] = {
        {31, 119, 180}, {255, 127, 14},  {44, 160, 44},   {214, 39, 40},  {148, 103, 189},
        {140, 86, 75},  {227, 119, 194}, {127, 127, 127}, {188, 189, 34}, {23, 190, 207}};
    const double dark = label / COLOURS % 2 ? 0.6 : 1;
    for (int c = 0; c < 3; c++)
        rgb[c] = dark * hues[label % COLOURS][c];
}

static void blend(struct canvas *v, int64_t y, int64_t x, const double rgb[3], double share)
{
    if (y < 0 || y >= SIDE || x < 0 || x >= SIDE)
        return;
    double *p = v->pixels + (y * SIDE + x) * 3;
    for (int c = 0; c < 3; c++)
        p[c] += share * (rgb[c] - p[c]);
}

/* ---- dots ---- */

/* Where a code stands: the first number to the right, the second upwards. */
static double across(const struct canvas *v, float z)
{
    return MARGIN + ((double)z - v->left) * v->scale;
}
static double down(const struct canvas *v, float z)
{
    return MARGIN + (v->top - (double)z) * v->scale;
}

static void fit(struct canvas *v, const struct lt_map_picture *p)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int64_t i = 0; i < 2 * p->rows; i++) {
        low[i % 2] = fmin(low[i % 2], (double)p->codes[i]);
        high[i % 2] = fmax(high[i % 2], (double)p->codes[i]);
    }
    const double span = fmax(fmax(high[0] - low[0], high[1] - low[1]), 1e-30);
    v->scale = (SIDE - 1 - 2 * MARGIN) / span;
    v->left = (low[0] + high[0] - span) / 2;
    v->top = (low[1] + high[1] + span) / 2;
}

static void draw_dot(struct canvas *v, double x, double y, double radius, const double rgb[3])
{
    const int64_t reach = (int64_t)ceil(radius + 1);
    for (int64_t i = (int64_t)y - reach; i <= (int64_t)y + reach; i++)
        for (int64_t j = (int64_t)x - reach; j <= (int64_t)x + reach; j++) {
            const double away = hypot((double)i - y, (double)j - x);
            blend(v, i, j, rgb, OPACITY * fmin(fmax(radius + 0.5 - away, 0), 1));
        }
}

/* The smaller the more there are: together they would fill a seventh of the picture. */
static void draw_dots(struct canvas *v, const struct lt_map_picture *p)
{
    const double radius =
        fmin(fmax(sqrt(SIDE * SIDE / (7 * 3.14159265 * (double)p->rows)), 1.2), 7);
    for (int64_t i = 0; i < p->rows; i++) {
        double rgb[3];
        memcpy(rgb, PLAIN, sizeof rgb);
        if (p->labels)
            colour_of(p->labels[i], rgb);
        draw_dot(v, across(v, p->codes[2 * i]), down(v, p->codes[2 * i + 1]), radius, rgb);
    }
}

/* ---- names ---- */

/* Seven lines of five dots each. */
static const unsigned char *glyph_of(char c)
{
    static const char known[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_. ";
    static const unsigned char glyphs[][GLYPH_H] = {
        {14, 17, 17, 17, 17, 17, 14}, {4, 12, 4, 4, 4, 4, 14},      {14, 17, 1, 2, 4, 8, 31},
        {31, 2, 4, 2, 1, 17, 14},     {2, 6, 10, 18, 31, 2, 2},     {31, 16, 30, 1, 1, 17, 14},
        {6, 8, 16, 30, 17, 17, 14},   {31, 1, 2, 4, 8, 8, 8},       {14, 17, 17, 14, 17, 17, 14},
        {14, 17, 17, 15, 1, 2, 12},   {14, 17, 17, 31, 17, 17, 17}, {30, 17, 17, 30, 17, 17, 30},
        {14, 17, 16, 16, 16, 17, 14}, {28, 18, 17, 17, 17, 18, 28}, {31, 16, 16, 30, 16, 16, 31},
        {31, 16, 16, 30, 16, 16, 16}, {14, 17, 16, 23, 17, 17, 15}, {17, 17, 17, 31, 17, 17, 17},
        {14, 4, 4, 4, 4, 4, 14},      {7, 2, 2, 2, 2, 18, 12},      {17, 18, 20, 24, 20, 18, 17},
        {16, 16, 16, 16, 16, 16, 31}, {17, 27, 21, 21, 17, 17, 17}, {17, 17, 25, 21, 19, 17, 17},
        {14, 17, 17, 17, 17, 17, 14}, {30, 17, 17, 30, 16, 16, 16}, {14, 17, 17, 17, 21, 18, 13},
        {30, 17, 17, 30, 20, 18, 17}, {15, 16, 16, 14, 1, 1, 30},   {31, 4, 4, 4, 4, 4, 4},
        {17, 17, 17, 17, 17, 17, 14}, {17, 17, 17, 17, 17, 10, 4},  {17, 17, 17, 21, 21, 21, 10},
        {17, 17, 10, 4, 10, 17, 17},  {17, 17, 17, 10, 4, 4, 4},    {31, 1, 2, 4, 8, 16, 31},
        {0, 0, 0, 31, 0, 0, 0},       {0, 0, 0, 0, 0, 0, 31},       {0, 0, 0, 0, 0, 12, 12},
        {0, 0, 0, 0, 0, 0, 0},        {31, 17, 17, 17, 17, 17, 31}};
    const char *at = strchr(known, toupper((unsigned char)c));
    return glyphs[at && c ? (size_t)(at - known) : sizeof glyphs / sizeof *glyphs - 1];
}

static void draw_square(struct canvas *v, int64_t y, int64_t x, int64_t side, const double rgb[3])
{
    for (int64_t i = 0; i < side; i++)
        for (int64_t j = 0; j < side; j++)
            blend(v, y + i, x + j, rgb, 1);
}

/* `grow`: how far its strokes reach out. */
static void draw_text(struct canvas *v, const char *text, int64_t y, int64_t x, int64_t grow,
                      const double rgb[3])
{
    for (; *text; text++, x += (GLYPH_W + 1) * ZOOM) {
        const unsigned char *g = glyph_of(*text);
        for (int i = 0; i < GLYPH_H; i++)
            for (int j = 0; j < GLYPH_W; j++)
                if (g[i] >> (GLYPH_W - 1 - j) & 1)
                    draw_square(v, y + i * ZOOM - grow, x + j * ZOOM - grow, ZOOM + 2 * grow, rgb);
    }
}

static void draw_name(struct canvas *v, const char *name, double x, double y)
{
    char text[NAME + 1] = "";
    strncat(text, name, NAME);
    const int64_t length = (int64_t)strlen(text), width = length * (GLYPH_W + 1) * ZOOM - ZOOM;
    const int64_t most = SIDE - 1 - width;
    int64_t left = (int64_t)x - width / 2;
    left = left > most ? most : left;
    left = left < 0 ? 0 : left;
    draw_text(v, text, (int64_t)y - GLYPH_H * ZOOM / 2, left, HALO, PAPER);
    draw_text(v, text, (int64_t)y - GLYPH_H * ZOOM / 2, left, 0, INK);
}

/* The median of one number of the codes of a label's rows. */
static double middle(const struct lt_map_picture *p, int32_t label, int k, double *work)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->rows; i++)
        if (p->labels[i] == label)
            work[n++] = (double)p->codes[2 * i + k];
    qsort(work, (size_t)n, sizeof *work, lt_by_value);
    return n > 0 ? work[n / 2] : (double)NAN;
}

static int draw_names(struct canvas *v, const struct lt_map_picture *p, struct lt_error *err)
{
    double *work = NULL;
    if (!p->labels || p->count > NAMES_MOST)
        return LT_OK;
    int rc = lt_alloc(&work, (size_t)p->rows, sizeof *work, "a map", err);
    for (int32_t l = 0; l < p->count && !rc; l++) {
        const double x = middle(p, l, 0, work), y = middle(p, l, 1, work);
        if (!isnan(x))
            draw_name(v, p->names[l], across(v, (float)x), down(v, (float)y));
    }
    lt_free(work);
    return rc;
}

/* ---- the file ---- */

static const struct lt_image_look look = {.height = SIDE, .width = SIDE, .channels = 3, .bits = 8};

int lt_map_drawable(const char *path, struct lt_error *err)
{
    return lt_image_writable(&look, path, err);
}

int lt_map_draw(const struct lt_map_picture *picture, const char *path, struct lt_error *err)
{
    struct canvas v = {0};
    int rc = lt_alloc(&v.pixels, (size_t)SIDE * SIDE * 3, sizeof *v.pixels, "a map", err);
    for (int64_t i = 0; i < (int64_t)SIDE * SIDE * 3 && !rc; i++)
        v.pixels[i] = PAPER[i % 3];
    if (!rc) {
        fit(&v, picture);
        draw_dots(&v, picture);
        rc = draw_names(&v, picture, err);
    }
    if (!rc)
        rc = lt_image_write(&look, v.pixels, path, err);
    lt_free(v.pixels);
    return rc;
}
