#include "app/packweigh.h"

#include "app/packhead.h"
#include "base/mem.h"
#include "codec/block.h"

/* Bytes of rows of integers. */
static int code_rows(const struct lt_pattern *pattern, const int64_t *values, const int32_t *guess,
                     int64_t rows, double *bytes, struct lt_error *err)
{
    struct lt_blockcoder *coder = NULL;
    size_t room = (size_t)(rows * pattern->planes) * 10 + 4096, written = 0;
    unsigned char *out = NULL;
    int rc = lt_blockcoder_create(&coder, pattern, err);
    if (!rc)
        rc = lt_alloc(&out, room, 1, "a trial", err);
    if (!rc)
        rc = lt_block_encode(coder, values, guess, rows, out, room, &written, err);
    *bytes = (double)written;
    lt_free(out);
    lt_blockcoder_free(&coder);
    return rc;
}

/* What the model's code takes. */
static int measure_decoder(const struct lt_packweigh *w, double *bytes, struct lt_error *err)
{
    struct lt_growable with = {0}, without = {0};
    int rc = lt_packmodel_write(w->pattern, w->code->code, &with, err);
    if (!rc)
        rc = lt_packmodel_write(w->pattern, NULL, &without, err);
    *bytes = (double)with.used - (double)without.used;
    lt_growable_free(&with);
    lt_growable_free(&without);
    return rc;
}

int lt_packweigh(struct lt_packweighed *out, const struct lt_packweigh *w, struct lt_error *err)
{
    struct lt_pattern plain = *w->pattern, guessed = plain, alone;
    int64_t cells = w->rows * plain.planes, *q = NULL;
    double codes = 0, bytes[3] = {0}, per = 8 / (double)cells;
    int32_t *guess = NULL;
    plain.linear = plain.values = plain.trees = NULL; /* networks are asked by neither */
    guessed = alone = plain;
    guessed.guessed = alone.guessed = alone.alone = true;
    int rc = lt_alloc(&q, (size_t)(w->rows * w->code->code->dims), sizeof *q, "guesses", err);
    if (!rc)
        rc = lt_alloc(&guess, (size_t)cells, sizeof *guess, "guesses", err);
    if (!rc)
        rc = lt_packcode_guess(w->code, w->pattern, w->values, w->rows, q, guess, err);
    if (!rc)
        rc = code_rows(w->code->code->pattern, q, NULL, w->rows, &codes, err);
    if (!rc)
        rc = code_rows(&alone, w->values, guess, w->rows, &bytes[0], err);
    if (!rc)
        rc = code_rows(&plain, w->values, NULL, w->rows, &bytes[1], err);
    if (!rc)
        rc = code_rows(&guessed, w->values, guess, w->rows, &bytes[2], err);
    if (!rc)
        rc = measure_decoder(w, &out->decoder, err);
    out->code_only = per * (codes + bytes[0]);
    out->context_only = per * bytes[1];
    out->both = per * (codes + bytes[2]);
    lt_free(q);
    lt_free(guess);
    return rc;
}
