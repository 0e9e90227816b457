/* Reports: what a verb found, for people and for programs.
 *
 * A report holds a verdict (the first line), lines of text, and what to do next
 * (the last line), and beside them values under dotted keys, in the order in
 * which they were first set, which become one JSON object: "pca.dims" is `dims`
 * within `pca`.
 *
 * Setters return nothing: the first failure is kept and lt_report_seal, which
 * ends the building, returns it.
 */
#ifndef LT_APP_REPORT_H
#define LT_APP_REPORT_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct lt_report;
struct lt_json;

int lt_report_create(struct lt_report **out, struct lt_error *err);
void lt_report_free(struct lt_report **report);

/* ---- building ---- */

/* The first line; also the keys `verdict` (a word, left out when NULL) and `message`. */
void lt_report_verdict(struct lt_report *r, const char *word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void lt_report_line(struct lt_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A line "warning: ..." and the key warnings.NAME. */
void lt_report_warn(struct lt_report *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The last line, "next: ...", whenever it is set. */
void lt_report_next(struct lt_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Values. Setting a key again replaces its value. A number that is not finite becomes null. */
void lt_report_number(struct lt_report *r, const char *key, double value);
void lt_report_integer(struct lt_report *r, const char *key, int64_t value);
void lt_report_string(struct lt_report *r, const char *key, const char *value);
void lt_report_boolean(struct lt_report *r, const char *key, bool value);
void lt_report_numbers(struct lt_report *r, const char *key, const double *values /* (n) */,
                       int64_t n);

/* Moves a tree in and sets *value to NULL. */
void lt_report_value(struct lt_report *r, const char *key, struct lt_json **value);

/* Puts text and JSON together, or returns the first failure. May be called again after more was
 * added. */
int lt_report_seal(struct lt_report *r, struct lt_error *err);

/* ---- reading ---- */

/* Of the last seal; "" and "{}" before it. Both end in a newline. */
const char *lt_report_text(const struct lt_report *r);
const char *lt_report_json(const struct lt_report *r);
/* By dotted key; NaN and NULL when absent or of another kind. A boolean is 0 or 1. */
double lt_report_get_number(const struct lt_report *r, const char *key);
const char *lt_report_get_string(const struct lt_report *r, const char *key);

#endif
