#include "data/csv_rows.h"

#include "base/mem.h"
#include "base/parallel.h"

enum { PIECE = 1 << 18 }; /* bytes of text */

struct piece {
    struct lt_csv_cursor at;
    int64_t first, lines; /* lines above it within the text, and its own */
    bool quotes;
    int rc;
    struct lt_csv_reader reader;
};

struct pieces {
    struct lt_csv_reader *whole;
    const struct lt_csv_cursor *text;
    struct piece *piece; /* (count) */
    size_t count;
};

/* ---- cutting ---- */

/* Behind the first line end at or after a place; the end of the text. */
static const char *line_begin(const struct lt_csv_cursor *text, size_t offset)
{
    const char *p = text->p + offset;
    const char *line = p < text->end ? memchr(p, '\n', (size_t)(text->end - p)) : NULL;
    return line ? line + 1 : text->end;
}

static void survey(void *context, size_t i, int thread)
{
    const struct pieces *all = context;
    struct piece *piece = &all->piece[i];
    struct lt_csv_cursor *c = &piece->at;
    (void)thread;
    *c = *all->text;
    c->p = i ? line_begin(all->text, lt_chunk_begin(i, PIECE)) : all->text->p;
    c->end = line_begin(all->text, lt_chunk_end(i, PIECE, (size_t)(all->text->end - all->text->p)));
    size_t size = (size_t)(c->end - c->p);
    piece->quotes = size && memchr(c->p, '"', size);
    for (const char *p = c->p; p < c->end; piece->lines++) {
        const char *line = memchr(p, '\n', (size_t)(c->end - p));
        p = line ? line + 1 : c->end;
    }
}

/* Whether the text can be read in pieces: lines are records, and the cells of all lines are not
 * more than the text can hold. */
static bool place(struct pieces *all, int64_t *lines)
{
    const size_t columns = (size_t)all->whole->columns;
    const size_t most = (size_t)(all->text->end - all->text->p) + 1;
    bool quotes = false;
    size_t cells;
    *lines = 0;
    for (size_t i = 0; i < all->count; i++) {
        struct piece *piece = &all->piece[i];
        piece->first = *lines;
        piece->at.line = all->text->line + *lines;
        *lines += piece->lines;
        quotes |= piece->quotes;
    }
    return !quotes && lt_size_mul((size_t)*lines, columns, &cells) && cells <= most;
}

/* ---- reading ---- */

static int read_piece(const struct pieces *all, struct piece *piece)
{
    const struct lt_csv_reader *whole = all->whole;
    struct lt_csv_reader *r = &piece->reader;
    *r = (struct lt_csv_reader){.numbers = whole->numbers,
                                .columns = whole->columns,
                                .header = whole->header,
                                .file = whole->file};
    int rc = lt_alloc(&r->state, (size_t)r->columns, sizeof *r->state, "a table", NULL);
    if (!rc)
        rc = lt_cells_part(&r->cells, whole->cells, whole->rows + piece->first, piece->lines, NULL);
    return rc ? rc : lt_csv_rows(r, &piece->at, NULL);
}

static void read_one(void *context, size_t i, int thread)
{
    const struct pieces *all = context;
    (void)thread;
    all->piece[i].rc = read_piece(all, &all->piece[i]);
}

/* ---- joining ---- */

/* Codes of a piece become those of the whole, whose dictionary takes up the texts in the order in
 * which the piece met them. */
static int join_texts(struct lt_csv_reader *whole, const struct lt_csv_reader *r, int64_t column,
                      struct lt_error *err)
{
    const char *name = whole->cells->base.name;
    const struct lt_dictionary *from = &r->cells->column[column].dictionary;
    struct lt_dictionary *to = &whole->cells->column[column].dictionary;
    int32_t *code = NULL;
    int rc = lt_alloc(&code, (size_t)from->count, sizeof *code, name, err);
    for (int32_t k = 0; k < from->count && !rc; k++) {
        const char *text = lt_dictionary_text(from, k);
        rc = lt_dictionary_code(to, text, strlen(text), &code[k], name, err);
    }
    for (int64_t i = 0; i < r->rows && !rc; i++) {
        int64_t old = (int64_t)r->cells->cell[i * r->columns + column];
        if (old >= 0)
            lt_cells_set_integer(r->cells, i, column, code[old]);
    }
    lt_free(code);
    return rc;
}

/* Text in one of both and numbers in the other: the second pass fills the column. */
static void read_later(struct lt_csv_reader *whole, int64_t column)
{
    whole->state[column] = LT_CSV_LATE_TEXT;
    whole->late = true;
    lt_dictionary_free(&whole->cells->column[column].dictionary);
}

static bool is_number(enum lt_csv_state state)
{
    return state == LT_CSV_INTEGERS || state == LT_CSV_REALS;
}

/* Missing cells hold -1 in a column of text and 0 in one of numbers. */
static void turn_missing(const struct lt_csv_reader *r, int64_t column)
{
    for (int64_t i = 0; i < r->rows; i++)
        lt_cells_set_integer(r->cells, i, column, -1);
}

static int join_column(struct lt_csv_reader *whole, struct lt_csv_reader *r, int64_t column,
                       struct lt_error *err)
{
    const enum lt_csv_state above = whole->state[column], here = r->state[column];
    if (above == LT_CSV_LATE_TEXT)
        return LT_OK;
    if (here == LT_CSV_LATE_TEXT || (here == LT_CSV_TEXT && is_number(above)) ||
        (above == LT_CSV_TEXT && is_number(here))) {
        read_later(whole, column);
        return LT_OK;
    }
    if (above == LT_CSV_REALS && here == LT_CSV_INTEGERS)
        lt_cells_promote(r->cells, column, r->rows);
    if (above != LT_CSV_REALS && here == LT_CSV_REALS)
        lt_cells_promote(whole->cells, column, whole->rows);
    if (above == LT_CSV_TEXT && here == LT_CSV_NOTHING)
        turn_missing(r, column);
    if (above == LT_CSV_NOTHING && here == LT_CSV_TEXT)
        turn_missing(whole, column);
    if (here > above)
        whole->state[column] = here;
    return here == LT_CSV_TEXT ? join_texts(whole, r, column, err) : LT_OK;
}

static int join(struct lt_csv_reader *whole, struct lt_csv_reader *r, struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t j = 0; j < whole->columns && !rc; j++)
        rc = join_column(whole, r, j, err);
    if (!rc)
        rc = lt_cells_join(whole->cells, whole->rows, r->cells, r->rows, err);
    whole->rows += r->rows;
    return rc;
}

/* ---- the whole ---- */

static int read_pieces(struct pieces *all, int threads, bool *done, struct lt_error *err)
{
    struct lt_csv_reader *whole = all->whole;
    int64_t lines;
    lt_parallel(threads, all->count, survey, all);
    if (!place(all, &lines))
        return LT_OK;
    int rc =
        lt_cells_reserve_parts(whole->cells, (size_t)((whole->rows + lines) * whole->columns), err);
    if (rc)
        return rc;
    lt_parallel(threads, all->count, read_one, all);
    for (size_t i = 0; i < all->count; i++)
        if (all->piece[i].rc)
            return LT_OK;
    *done = true;
    for (size_t i = 0; i < all->count && !rc; i++)
        rc = join(whole, &all->piece[i].reader, err);
    return rc;
}

int lt_csv_pieces(struct lt_csv_reader *reader, const struct lt_csv_cursor *cursor, int threads,
                  bool *done, struct lt_error *err)
{
    struct pieces all = {.whole = reader,
                         .text = cursor,
                         .count = lt_chunks((size_t)(cursor->end - cursor->p), PIECE)};
    *done = false;
    if (threads < 2 || all.count < 2)
        return LT_OK;
    int rc = lt_alloc(&all.piece, all.count, sizeof *all.piece, cursor->name, err);
    if (!rc)
        rc = read_pieces(&all, threads, done, err);
    for (size_t i = 0; all.piece && i < all.count; i++) {
        lt_cells_free(&all.piece[i].reader.cells);
        lt_free(all.piece[i].reader.state);
        lt_free(all.piece[i].reader.scratch);
    }
    lt_free(all.piece);
    return rc;
}
