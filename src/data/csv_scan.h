/* CSV text cut into fields (RFC 4180), and what kind of CSV it is.
 */
#ifndef LT_DATA_CSV_SCAN_H
#define LT_DATA_CSV_SCAN_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lt_csv_cursor {
    const char *p, *end;
    int64_t line;     /* of p, from 1 */
    char delimiter;   /* one of , ; tab | */
    const char *name; /* of the file */
};

struct lt_csv_field {
    const char *begin, *end; /* without the quotes around it */
    bool quoted;
    bool doubled; /* holds "" for " */
    bool last;    /* a line end or the end of the file follows */
};

/* The next field; the cursor moves behind its delimiter or line end.  p < end.
 * A quoted field may hold delimiters and line ends. */
int lt_csv_next(struct lt_csv_cursor *cursor, struct lt_csv_field *field, struct lt_error *err);

/* Steps over a line that holds nothing; false when the line holds something. */
bool lt_csv_skip_blank(struct lt_csv_cursor *cursor);

/* The number of fields of the record that begins at the cursor (a copy moves). */
int64_t lt_csv_count(struct lt_csv_cursor cursor);

/* The field as text in buf (which grows), quotes undone. */
int lt_csv_text(const struct lt_csv_field *field, char **buf, size_t *capacity, size_t *length,
                const char *what, struct lt_error *err);

/* Spaces and tabs around a field do not matter to numbers and missing values. */
void lt_csv_trim(const char **begin, const char **end);
/* Empty, "?", or NA, N/A, NaN, null in any case. */
bool lt_csv_missing(const char *begin, const char *end);

/* Both look at the first records from the cursor on, which stands on the first; the rules are
 * beside the code.  A header is looked for once the delimiter is set.  *sure (may be NULL) is false
 * where the first record stands alone and others below it could change the answer. */
char lt_csv_find_delimiter(const struct lt_csv_cursor *cursor);
struct lt_numbers;
bool lt_csv_find_header(const struct lt_csv_cursor *cursor, const struct lt_numbers *numbers,
                        bool *sure);

/* Where records end, in text that comes piece by piece.  Zeroed, it stands at the beginning of a
 * record. */
enum lt_edge_state {
    LT_EDGE_FIELD, /* at the beginning of a field */
    LT_EDGE_PLAIN,
    LT_EDGE_QUOTED,
    LT_EDGE_QUOTE,  /* behind a quote in a quoted field */
    LT_EDGE_CLOSED, /* behind spaces that follow the closing quote */
    LT_EDGE_BROKEN, /* text follows it, or its line ends: either way the line's end ends the record */
};
struct lt_csv_edge {
    enum lt_edge_state state;
};
/* Moves over [p, end).  Returns the place behind the line end that ends the record, or NULL when it
 * goes on in the next piece. */
const char *lt_csv_record_end(struct lt_csv_edge *edge, char delimiter, const char *p,
                              const char *end);

#endif
