/* Lines of text as planes of integers and back. */
#include "t_alloc.h"
#include "t_planes.h"

/* ---- text -------------------------------------------------------------- */

struct sheet {
    struct lt_text_format format;
    struct lt_planes *planes; /* as read from the head */
    struct lt_growable back;  /* the text again */
    struct lt_growable head;
    size_t exceptions;
};

static void sheet_free(struct sheet *sheet)
{
    lt_planes_free(&sheet->planes);
    lt_growable_free(&sheet->back);
    lt_growable_free(&sheet->head);
}

static void sheet_map(struct sheet *sheet, const struct lt_planes *planes, const char *p,
                      const char *end, int64_t block)
{
    struct lt_error err = {0};
    struct lt_growable exceptions = {0};
    int64_t *values = NULL, rows = 0;
    T_INT(
        lt_alloc(&values, (size_t)(block * lt_planes_count(planes)), sizeof *values, "test", &err),
        0);
    for (int64_t first = 0; p < end; first += rows) {
        const char *stop = lt_text_lines(p, end, block, &rows);
        exceptions.used = 0;
        if (lt_planes_map_lines(planes, p, stop, first, rows, values, &exceptions, &err))
            T_FAIL("%s", err.text);
        check_values(planes, values, rows);
        if (lt_planes_unmap_lines(sheet->planes, values, first, rows, exceptions.bytes,
                                  exceptions.used, &sheet->back, &err))
            T_FAIL("%s", err.text);
        sheet->exceptions += exceptions.used;
        p = stop;
    }
    lt_free(values);
    lt_growable_free(&exceptions);
}

/* Plans, maps and unmaps text in blocks of lines. */
static struct sheet sheet_pass(const char *text, size_t size, const struct lt_bound *bounds,
                               int64_t block)
{
    struct sheet sheet = {0};
    struct lt_error err = {0};
    struct lt_planner *planner = NULL;
    struct lt_planes *planes = NULL;
    if (lt_text_find(&sheet.format, text, size, &err) ||
        lt_planner_text(&planner, &sheet.format, text, bounds, &err))
        T_FAIL("%s", err.text);
    int64_t rows;
    for (const char *p = text + sheet.format.header, *end = text + size; p < end;) {
        const char *stop = lt_text_lines(p, end, block + 1, &rows);
        T_INT(lt_planner_add_lines(planner, p, stop, &err), 0);
        p = stop;
    }
    if (lt_planner_finish(planner, &planes, &err) || lt_planes_write(planes, &sheet.head, &err) ||
        lt_planes_read(&sheet.planes, "x", sheet.head.bytes, sheet.head.used, &err))
        T_FAIL("%s", err.text);
    const char *header;
    const struct lt_text_format *format = lt_planes_text(sheet.planes, &header);
    T_INT(lt_growable_put(&sheet.back, header, format->header, &err), 0);
    sheet_map(&sheet, planes, text + sheet.format.header, text + size, block);
    lt_planes_free(&planes);
    lt_planner_free(&planner);
    return sheet;
}

static struct sheet sheet_same(const char *text, size_t size, int64_t block)
{
    struct sheet sheet = sheet_pass(text, size, NULL, block);
    if (sheet.back.used != size || (size && memcmp(sheet.back.bytes, text, size) != 0))
        T_FAIL("became\n%.*s\nfrom\n%.*s", (int)sheet.back.used, (char *)sheet.back.bytes,
               (int)size, text);
    return sheet;
}

TEST(awkward_texts_come_back_byte_for_byte)
{
    static const char *const texts[] = {
        "",
        "\n",
        "\n\n\n",
        "a",
        "a,b",
        "a,b\n",
        "1,2\n3,4",
        "1,2\r\n3,4\r\n",
        "1,2\r\n3,4",
        "1,2\r\n3,4\r",
        "1,2\n3,4\r\n5,6\n",
        "1,2\r\n3,4\n5,6\r\n7,8\r\n",
        "a,b\n1,2\n1,2,3\n4\n\n5,6\n",
        "\"x,y\",1\n\"a \"\"quoted\"\" b\",2\n\"open,3\n\"z\"tail,4\n",
        "\"two\nlines\",1\n\"x\",2\n",
        "\xef\xbb\xbfname,size\nx,1\ny,2\n",
        "1;2,5\n3;4,5\n",
        "1\t2\n3\t4\n",
        ",\n,\n,,\n",
        "-0.0,1e5\n-0,+3\n00,1.\n.5,nan\n1e400,-inf\n",
        "1.50,2\n1.5,3\n-1.25,4\n",
        "99999999999999999999,1\n123456789012345678,2\n-999999999999999999,3\n",
        "\"\n",
        "\r",
        "\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int64_t block = 1; block < 4; block++) {
            struct sheet sheet = sheet_same(texts[i], strlen(texts[i]), block);
            sheet_free(&sheet);
        }
}

/* A cell: of a column's own kind mostly, of any kind now and then. */
static int draw_text_cell(char *to, int64_t column, bool crazy)
{
    static const char *const odd[] = {"",      "NA",     "\"a,b\"", "\"q\"\"q\"", "-0.00", "1e5",
                                      "+1",    " 2",     "nan",     "x\ry",       "\"",    "\"open",
                                      "00.50", "1.0000", "inf",     "word",       "a\"b",  "-"};
    if (crazy && draw(10) == 0)
        return sprintf(to, "%s", odd[draw(sizeof odd / sizeof *odd)]);
    switch (column % 6) {
    case 0:
        return sprintf(to, "%lld", (long long)draw(200) - 100);
    case 1:
        return sprintf(to, "%.2f", (double)draw(100000) / 100.0 + 1.0);
    case 2:
        return sprintf(to, "%s", (const char *[]){"red", "green", "blue", "dark blue"}[draw(4)]);
    case 3:
        return sprintf(to, "%.17g", draw_unit());
    case 4:
        return sprintf(to, "%llu", (unsigned long long)draw_bits());
    default:
        return sprintf(to, "id%llx", (unsigned long long)draw_bits());
    }
}

static size_t draw_text(char *to, size_t room, bool crazy)
{
    int64_t columns = 1 + (int64_t)draw(7), rows = (int64_t)draw(60);
    const char *end = draw(2) ? "\n" : "\r\n";
    char delimiter = ",;\t|"[draw(4)];
    char *p = to;
    if (draw(2))
        for (int64_t j = 0; j < columns; j++)
            p += sprintf(p, "%sname %d", j ? (char[]){delimiter, 0} : "", (int)j);
    p += p > to ? sprintf(p, "%s", end) : 0;
    for (int64_t r = 0; r < rows; r++) {
        int64_t fields = crazy && draw(15) == 0 ? (int64_t)draw(9) : columns;
        for (int64_t j = 0; j < fields; j++) {
            if (j)
                *p++ = delimiter;
            p += draw_text_cell(p, j, crazy);
        }
        p += r == rows - 1 && draw(2) ? 0 : sprintf(p, "%s", crazy && draw(20) == 0 ? "\n" : end);
        T_OK((size_t)(p - to) + 1000 < room);
    }
    return (size_t)(p - to);
}

TEST(random_csv_comes_back_byte_for_byte)
{
    static char text[200000];
    for (int i = 0; i < 400; i++) {
        size_t size = draw_text(text, sizeof text, i & 1);
        struct sheet sheet = sheet_same(text, size, 1 + (int64_t)draw(30));
        sheet_free(&sheet);
    }
}

TEST(random_bytes_come_back)
{
    static const char alphabet[] = "0123456789.-,,,,;\t|\"\"\r\n\n\nab e+\xff";
    char text[300];
    for (int i = 0; i < 2000; i++) {
        size_t size = (size_t)draw(sizeof text);
        for (size_t k = 0; k < size; k++)
            text[k] =
                i & 1 ? (char)draw(256) : alphabet[draw(sizeof alphabet)]; /* its final zero too */
        struct sheet sheet = sheet_same(text, size, 1 + (int64_t)draw(9));
        sheet_free(&sheet);
    }
}

enum { LINES = 500, LINE = 200 };

TEST(columns_of_text_get_their_mappings)
{
    static char text[LINES * LINE];
    char *p = text;
    p += sprintf(p, "level,price,shortest,colour,mixed,any\n");
    for (int r = 0; r < LINES; r++) {
        p += sprintf(p, "%d,%.2f,", r * 37 % 100, (double)(r * 7919 % 100003) / 100.0);
        p +=
            sprintf(p, r % 4 ? "%d.%d," : "%d.0,", r * 17 % 1000, 1 + r % 9); /* as Python prints */
        p += sprintf(p, "%s,", r % 3 ? "red" : "green");
        p += r % 10 ? sprintf(p, "%d,", r * 7919 % 10007) : sprintf(p, "NA,");
        p += sprintf(p, "%x\n", (unsigned)r * 2654435761u);
    }
    struct sheet sheet = sheet_same(text, (size_t)(p - text), 64);
    static const char *const mappings[] = {"decimal",    "decimal", "decimal",
                                           "dictionary", "decimal", "none"};
    static const int32_t levels[] = {100, 0, 0, 2, 0, 1};
    char name[20];
    int64_t plane = 0;
    T_STR(lt_text_name(&sheet.format, text, 1, name, sizeof name), "price");
    for (int j = 0; j < 6; j++, plane++) {
        T_STR(lt_planes_mapping(sheet.planes, j), mappings[j]);
        if (lt_planes_plane(sheet.planes, plane).role == LT_PLANE_CELL) {
            T_OK(j >= 4);
            plane++;
        }
        T_INT(lt_planes_plane(sheet.planes, plane).column, j);
        T_INT(lt_planes_plane(sheet.planes, plane).levels, levels[j]);
    }
    T_INT(lt_planes_count(sheet.planes), plane);
    T_OK(sheet.exceptions < LINES * 9 + 20); /* of the last column only */
    sheet_free(&sheet);
}

/* ---- bounds on text ---------------------------------------------------- */

static double field_value(const char **p, char *field)
{
    size_t n = strcspn(*p, ",\n");
    memcpy(field, *p, n);
    field[n] = '\0';
    *p += n + 1;
    char *stop;
    double value = strtod(field, &stop);
    return n && !*stop ? value : (double)NAN;
}

/* Both texts have the same fields where these are no finite numbers, else numbers within the limit. */
static void check_text_bound(const char *a, const char *b, double limit)
{
    char x[LINE], y[LINE];
    while (*a && *b) {
        double u = field_value(&a, x), v = field_value(&b, y);
        if (!(strcmp(x, y) == 0 ||
              (isfinite(u) && fabs(u - v) <= limit && !(u == 0.0 && signbit(u)))))
            T_FAIL("%s became %s, bound %.17g", x, y, limit);
    }
    T_OK(!*a && !*b);
}

static void draw_number(char *to, int style)
{
    static const char *const odd[] = {"",       "NA",   "-0.00", "inf", "1e300",
                                      "2e-310", "-1E2", "+7",    " 3"};
    if (draw(30) == 0)
        strcpy(to, odd[draw(sizeof odd / sizeof *odd)]);
    else if (style == 6)
        sprintf(to, "%.5e", draw_unit() * 100.0);
    else if (style == 7)
        sprintf(to, "%.17g", draw_unit() * 100.0 - 50.0);
    else
        sprintf(to, "%.*f", style, draw_unit() * 100.0 - 50.0);
}

TEST(bounds_hold_on_the_numbers_that_text_prints)
{
    static char text[LINES * LINE];
    for (int i = 0; i < 160; i++) {
        int style = i % 8;
        double limit = pow(10.0, (double)draw(9) - 6.0) * (draw(2) ? 1.0 : draw_unit() + 0.1);
        char *p = text;
        for (int r = 0; r < 100; r++, p += strlen(p)) {
            draw_number(p, style);
            strcat(p, ",");
            draw_number(p + strlen(p), style);
            strcat(p, "\n");
        }
        struct lt_bound bounds[2] = {{LT_BOUND_ABSOLUTE, limit, true},
                                     {LT_BOUND_ABSOLUTE, limit, true}};
        struct sheet sheet = sheet_pass(text, (size_t)(p - text), bounds, 33);
        T_INT(lt_growable_put(&sheet.back, "", 1, NULL), 0);
        check_text_bound(text, (char *)sheet.back.bytes, limit);
        sheet_free(&sheet);
    }
}

TEST(a_bound_on_text_makes_it_shorter)
{
    static char text[LINES * LINE];
    char *p = text;
    for (int r = 0; r < LINES; r++)
        p += sprintf(p, "%.17g,%.3f\n", sqrt(r), sqrt(r));
    struct lt_bound bounds[2] = {{LT_BOUND_ABSOLUTE, 0.05, true}, {LT_BOUND_RELATIVE, 0.01, true}};
    struct sheet sheet = sheet_pass(text, (size_t)(p - text), bounds, 64);
    T_OK(sheet.exceptions == 0 && sheet.back.used < LINES * 15);
    struct lt_plane a = lt_planes_plane(sheet.planes, 0), b = lt_planes_plane(sheet.planes, 1);
    T_OK(a.levels > 220 && a.levels < 250); /* 22.3 / 0.1, a few per cent lost */
    T_OK(b.levels > 48 && b.levels < 56);
    T_NEAR(lt_planes_limit(sheet.planes, 1), 0.01 * 22.338, 1e-12);
    sheet_free(&sheet);
}

TEST(a_bound_named_for_words_is_refused_with_the_column)
{
    static const char text[] = "colour,size\nred,1.5\nblue,2.5\ngreen,3.25\n";
    struct lt_text_format format;
    struct lt_planner *planner = NULL;
    struct lt_planes *planes = NULL;
    struct lt_error err = {0};
    T_INT(lt_text_find(&format, text, strlen(text), &err), 0);
    for (int named = 0; named < 2; named++) {
        struct lt_bound bounds[2] = {{LT_BOUND_ABSOLUTE, 0.1, named},
                                     {LT_BOUND_ABSOLUTE, 0.1, named}};
        T_INT(lt_planner_text(&planner, &format, text, bounds, &err), 0);
        T_INT(lt_planner_add_lines(planner, text + format.header, text + strlen(text), &err), 0);
        T_INT(lt_planner_finish(planner, &planes, &err), named ? LT_EUSAGE : 0);
        lt_planner_free(&planner);
        lt_planes_free(&planes);
    }
    T_ERR(
        err,
        "column \"colour\" holds text, which no bound can hold for; keep it exactly (--lossless)");
}

TEST(text_that_changed_between_the_passes_is_noticed)
{
    static const char *const changed[] = {"1,2\n3,4",     "1,2\n",      "1,2\n3,4\n5,6\n",
                                          "1,2\n3,4,5\n", "1,2\n3,x\n", "1,2\n3,9\n"};
    const char *text = "1,2\n3,4\n";
    struct lt_text_format format;
    struct lt_planner *planner = NULL;
    struct lt_planes *planes = NULL;
    struct lt_growable exceptions = {0};
    int64_t values[4];
    T_INT(lt_text_find(&format, text, strlen(text), NULL), 0);
    T_INT(lt_planner_text(&planner, &format, text, NULL, NULL), 0);
    T_INT(lt_planner_add_lines(planner, text, text + strlen(text), NULL), 0);
    T_INT(lt_planner_finish(planner, &planes, NULL), 0);
    T_INT(lt_planes_count(planes), 2);
    T_INT(lt_planes_map_lines(planes, text, text + strlen(text), 0, 2, values, &exceptions, NULL),
          0);
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        const char *end = changed[i] + strlen(changed[i]);
        struct lt_error err = {0};
        T_INT(lt_planes_map_lines(planes, changed[i], end, 0, 2, values, &exceptions, &err),
              LT_EFAIL);
        T_OK(strstr(err.text, "changed while it was read"));
    }
    lt_planner_free(&planner);
    lt_planes_free(&planes);
    lt_growable_free(&exceptions);
}

/* ---- the head ---------------------------------------------------------- */

TEST(a_damaged_head_of_text_never_does_harm)
{
    static char text[LINES * LINE];
    char *p = text + sprintf(text, "a,b,c\n");
    for (int r = 0; r < 100; r++)
        p += sprintf(p, r % 9 ? "%d,%s,%.1f\n" : "%d,%s,NA\n", r * 31 % 777,
                     (const char *[]){"red", "green", "grey"}[r % 3], r / 8.0);
    p += sprintf(p, "an irregular line\n1,,x");
    struct sheet sheet = sheet_same(text, (size_t)(p - text), 50);
    try_heads(sheet.head.bytes, sheet.head.used);
    sheet_free(&sheet);
}

TEST(a_planner_of_text_survives_any_allocation_that_fails)
{
    static const char text[] =
        "a,b\nred,1.5\nred,NA\nred,NA\nred,NA\nred,NA\nred,2\ngreen,x\nred,y\n";
    struct lt_text_format format;
    T_INT(lt_text_find(&format, text, strlen(text), NULL), 0);
    T_EACH_ALLOCATION
    {
        struct lt_planner *planner = NULL;
        struct lt_planes *planes = NULL, *again = NULL;
        struct lt_growable head = {0};
        struct lt_error err = {0};
        int rc = lt_planner_text(&planner, &format, text, NULL, &err);
        if (!rc &&
            !(rc =
                  lt_planner_add_lines(planner, text + format.header, text + strlen(text), &err)) &&
            !(rc = lt_planner_finish(planner, &planes, &err)) &&
            !(rc = lt_planes_write(planes, &head, &err)))
            rc = lt_planes_read(&again, "x", head.bytes, head.used, &err);
        T_OK(rc == 0 || (rc == LT_EFAIL && err.code == LT_EFAIL && !again));
        lt_planner_free(&planner);
        lt_planes_free(&planes);
        lt_planes_free(&again);
        lt_growable_free(&head);
    }
}

T_MAIN
