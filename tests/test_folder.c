/* Several images: a folder is a table, its images must agree, and what is no image is refused.
 * Rows go out to a folder as they came in, or numbered. */
#include "data/writer.h"
#include "data_alloc_help.h"

static const char *folder(const char *name)
{
    const char *path = t_tmp(name);
    T_INT(mkdir(path, 0777), 0);
    return path;
}

/* In the sentence that is expected @ stands for the temporary folder. */
static void expect_sentence(struct lt_error err, const char *format)
{
    char want[1000], *slash;
    char root[T_MAX_PATH];
    snprintf(root, sizeof root, "%s", t_tmp("x"));
    slash = strrchr(root, '/');
    *slash = '\0';
    size_t used = 0;
    for (const char *c = format; *c; c++)
        used += *c == '@' ? (size_t)snprintf(want + used, sizeof want - used, "%s", root)
                          : (size_t)snprintf(want + used, sizeof want - used, "%c", *c);
    T_ERR(err, want);
}

TEST(a_folder_is_its_images_in_the_byte_order_of_their_names)
{
    const char *path = folder("order");
    t_text("order/b.pgm", "P2 1 1 255 3");
    t_text("order/B.pgm", "P2 1 1 255 2");
    t_text("order/10", "P2 1 1 255 1"); /* found by its content */
    t_text("order/\xc3\xa4.pnm", "P2 1 1 255 4");
    t_text("order/.hidden", "no image");
    folder("order/within");
    t_text("order/within/c.pgm", "P2 1 1 255 5");
    struct lt_table *t = help_open(path);
    char where[T_MAX_PATH];
    T_INT(lt_table_rows(t), 4);
    for (int i = 0; i < 4; i++)
        T_NEAR(atof(help_cell(t, i, 0)), i + 1, 0);
    T_STR(lt_table_name(t), path);
    lt_table_where(t, 1, 0, where, sizeof where);
    T_OK(strstr(where, "/order/B.pgm: row 0, column 0"));
    lt_table_free(&t);
}

TEST(several_images_are_rows_in_the_order_given)
{
    const char *names[] = {t_text("2.pgm", "P2 1 1 255 2"), t_text("1.pgm", "P5 1 1 255\n\1"),
                           folder("more/")};
    t_text("more/3.pgm", "P2 1 1 255 3");
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    T_INT(lt_table_open(&t, names, 3, NULL, &err), 0);
    T_INT(lt_table_rows(t), 3);
    T_STR(help_cell(t, 0, 0), "2");
    T_STR(help_cell(t, 1, 0), "1");
    T_STR(help_cell(t, 2, 0), "3");
    lt_table_free(&t);
}

TEST(a_folder_with_something_else_is_refused)
{
    const char *path = folder("stray");
    expect_sentence(help_refused_name(path),
                    "@/stray: holds no images; folders within it are not searched, so give their "
                    "names");
    t_text("stray/a.pgm", "P2 1 1 255 3");
    const char *notes = t_text("stray/notes.txt", "a,b\n1,2\n");
    const char *why =
        "@/stray/notes.txt: is no image (PNG, JPEG, WebP, PGM or PPM); move it elsewhere";
    expect_sentence(help_refused_name(path), why);
    t_text("stray/notes.txt", "");
    expect_sentence(help_refused_name(path), why);
    unlink(notes);
    t_text("stray/b.pgm", "P2 1 1 255");
    expect_sentence(
        help_refused_name(path),
        "@/stray/b.pgm: the PNM image is cut off after 10 bytes; fetch or export it again");
    t_text("stray/b.pgm", "P2 1 1 255 1");
    struct lt_table *t = help_open(path);
    lt_table_free(&t);
}

TEST(images_that_differ_are_refused)
{
    static const struct {
        const char *image, *why;
    } cases[] = {
        {"P2 3 1 255 1 2 3",
         "@/mixed/b.pgm: is 3 x 1 pixels (grey, 8 bits) but @/mixed/a.pgm is "
         "2 x 1 pixels (grey, 8 bits); train with --resize HxW, which brings all to one size, or "
         "--crop N, which cuts squares from them"},
        {"P2 1 2 255 1 2",
         "@/mixed/b.pgm: is 1 x 2 pixels (grey, 8 bits) but @/mixed/a.pgm is "
         "2 x 1 pixels (grey, 8 bits); train with --resize HxW, which brings all to one size, or "
         "--crop N, which cuts squares from them"},
        {"P3 2 1 255 1 2 3 4 5 6",
         "@/mixed/b.pgm: is 2 x 1 pixels (RGB, 8 bits) but @/mixed/a.pgm is 2 x 1 pixels (grey, "
         "8 bits); convert all to grey or all to RGB"},
        {"P2 2 1 65535 1 2",
         "@/mixed/b.pgm: is 2 x 1 pixels (grey, 16 bits) but @/mixed/a.pgm is 2 x 1 pixels (grey, "
         "8 bits); convert all to 8 bits or all to 16"},
    };
    const char *path = folder("mixed");
    t_text("mixed/a.pgm", "P2 2 1 255 1 2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t_text("mixed/b.pgm", cases[i].image);
        expect_sentence(help_refused_name(path), cases[i].why);
    }
}

TEST(images_and_tables_are_not_read_together)
{
    const char *names[] = {t_text("table.csv", "a\n1\n"), t_text("image.pgm", "P2 1 1 255 1")};
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    T_INT(lt_table_open(&t, names, 2, NULL, &err), LT_ECONTENT);
    expect_sentence(err, "@/image.pgm: is an image file and @/table.csv is a CSV file; give files "
                         "of one kind");
}

/* f4 of a shape, all 1.5. */
static void write_npy(const char *name, const char *shape, int values)
{
    char bytes[400];
    const float value = 1.5f;
    memcpy(bytes, "\x93NUMPY\1\0\x76\0", 10);
    memset(bytes + 10, ' ', 118);
    int n = snprintf(bytes + 10, 100, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }",
                     shape);
    bytes[10 + n] = ' ';
    bytes[127] = '\n';
    for (int i = 0; i < values; i++)
        memcpy(bytes + 128 + 4 * i, &value, 4);
    t_file(name, bytes, 128 + 4 * (size_t)values);
}

TEST(a_folder_of_arrays_is_one_row_each)
{
    const char *path = folder("arrays");
    write_npy("arrays/a.npy", "2, 3", 6);
    write_npy("arrays/b.npy", "2, 3", 6);
    struct lt_table *t = help_open(path);
    int64_t h = 0, w = 0, c = 0;
    T_INT(lt_table_rows(t), 2);
    T_OK(lt_table_image(t, &h, &w, &c));
    T_INT(h * 100 + w * 10 + c, 231);
    T_STR(help_type(t, 0), "f4");
    T_STR(help_cell(t, 1, 5), "1.5");
    lt_table_free(&t);
    write_npy("arrays/b.npy", "2, 3, 1", 6);
    expect_sentence(help_refused_name(path),
                    "@/arrays/b.npy: holds (1, 2, 3, 1) f4 but @/arrays/a.npy holds (1, 2, 3) f4; "
                    "files read together need rows of one shape and type");
    write_npy("arrays/b.npy", "3, 2", 6);
    expect_sentence(
        help_refused_name(path),
        "@/arrays/b.npy: holds (1, 3, 2) f4 but @/arrays/a.npy holds (1, 2, 3) f4; "
        "files read together need rows of one shape and type, or train with --resize HxW, "
        "which brings all to one size, or --crop N, which cuts squares from them");
    write_npy("arrays/a.npy", "1, 2, 3, 1", 6);
    expect_sentence(help_refused_name(path),
                    "@/arrays/a.npy: holds (1, 2, 3, 1) f4; an array in a folder is one row and "
                    "needs the shape (H, W) or (H, W, C)");
    write_npy("arrays/a.npy", "2, 1, 3", 6);
    write_npy("arrays/b.npy", "2, 1, 3", 6);
    t = help_open(path);
    T_OK(lt_table_image(t, &h, &w, &c));
    T_INT(h * 100 + w * 10 + c, 213);
    lt_table_free(&t);
}

TEST(a_folder_is_read_or_refused_whichever_allocation_fails)
{
    const char *path = folder("memory");
    t_text("memory/a.pgm", "P2 1 2 255 1 2");
    t_text("memory/b.pgm", "P2 1 2 255 3 4");
    help_fail_each_allocation(path);
    folder("memory2");
    write_npy("memory2/a.npy", "2, 3", 6);
    help_fail_each_allocation(t_tmp("memory2"));
}

/* ---- folders out ----------------------------------------------------------- */

/* Plain f8 rows of 1 x d values, as what a schema says that a source does not. */
static struct lt_writer_schema plain(const struct lt_table *source, int64_t rows, int64_t d)
{
    return (struct lt_writer_schema){.rows = rows, .columns = d, .type = LT_F64, .source = source};
}

/* All rows have the same values, (D). */
static int write_folder(const char *path, const struct lt_writer_schema *schema,
                        const double *values, struct lt_error *err)
{
    struct lt_writer *w = NULL;
    int rc = lt_writer_create(&w, path, schema, err);
    for (int64_t i = 0; i < schema->rows && !rc; i++)
        rc = lt_writer_rows(w, values, 1, err);
    if (!rc)
        rc = lt_writer_commit(&w, err);
    lt_writer_abort(&w);
    return rc;
}

static void expect_written(const char *path, const struct lt_writer_schema *schema,
                           const double *values)
{
    struct lt_error err = {0};
    if (write_folder(path, schema, values, &err))
        T_FAIL("%s", err.text);
}

static void expect_refused(const char *path, const struct lt_writer_schema *schema, int code,
                           const char *sentence)
{
    static const double values[6];
    struct lt_error err = {0};
    T_INT(write_folder(path, schema, values, &err), code);
    expect_sentence(err, sentence);
}

/* What stands in a folder, hidden files too: "a.pgm b.pgm ". */
static void expect_files(const char *path, const char *want)
{
    char command[T_MAX_PATH + 100], names[1000];
    snprintf(command, sizeof command, "ls -A '%s' | LC_ALL=C sort | tr '\\n' ' '", path);
    T_INT(t_shell(command, names, sizeof names), 0);
    T_STR(names, want);
}

static void expect_bytes(const char *path, const char *want, size_t n)
{
    char bytes[400];
    FILE *f = fopen(path, "rb");
    T_OK(f);
    T_INT(fread(bytes, 1, sizeof bytes, f), n);
    fclose(f);
    T_OK(memcmp(bytes, want, n) == 0);
}

TEST(rows_go_out_under_the_names_of_their_files)
{
    const double values[] = {7, 255.6};
    folder("names");
    t_text("names/a.pgm", "P2 2 1 255 1 2");
    t_text("names/10", "P2 2 1 255 1 2"); /* known by its content, and written as what it was */
    t_text("names/c.ppm", "P2 2 1 255 1 2");
    struct lt_table *t = help_open(t_tmp("names"));
    const struct lt_writer_schema schema = plain(t, 3, 2);
    expect_written(t_tmp("names_out/"), &schema, values);
    expect_files(t_tmp("names_out"), "10 a.pgm c.ppm ");
    expect_bytes(t_tmp("names_out/10"), "P5\n2 1\n255\n\7\xff", 13);
    expect_bytes(t_tmp("names_out/c.ppm"), "P5\n2 1\n255\n\7\xff", 13);
    lt_table_free(&t);
}

TEST(a_row_that_was_chosen_keeps_its_name_and_other_files_stay)
{
    const double values[] = {258, 257.5, 70000};
    const struct lt_selection rows = {.row_begin = 1, .row_end = 2};
    struct lt_error err = {0};
    struct lt_table *view = NULL;
    folder("chosen");
    t_text("chosen/a.ppm", "P3 1 1 65535 1 2 3");
    t_text("chosen/b.ppm", "P3 1 1 65535 1 2 3");
    const char *out = folder("chosen_out");
    t_text("chosen_out/a.ppm", "mine");
    t_text("chosen_out/b.ppm", "old");
    struct lt_table *t = help_open(t_tmp("chosen"));
    T_INT(lt_table_select(&view, t, &rows, &err), 0);
    const struct lt_writer_schema schema = plain(view, 1, 3);
    expect_written(out, &schema, values);
    expect_files(out, "a.ppm b.ppm ");
    expect_bytes(t_tmp("chosen_out/a.ppm"), "mine", 4);
    expect_bytes(t_tmp("chosen_out/b.ppm"), "P6\n1 1\n65535\n\1\2\1\2\xff\xff", 19);
    lt_table_free(&view);
    lt_table_free(&t);
}

TEST(arrays_go_out_as_arrays_of_their_shape_and_type)
{
    const double values[] = {0, 1, 2, 3, 4, -0.1};
    const float last = -0.1f;
    folder("npy");
    write_npy("npy/a.npy", "1, 2, 3", 6);
    write_npy("npy/b", "1, 2, 3", 6);
    struct lt_table *t = help_open(t_tmp("npy"));
    const struct lt_writer_schema schema = plain(t, 2, 6);
    expect_written(t_tmp("npy_out/"), &schema, values);
    expect_files(t_tmp("npy_out"), "a.npy b ");
    char want[152], text[100];
    memcpy(want, "\x93NUMPY\1\0\x76\0", 10);
    memset(want + 10, ' ', 117);
    want[127] = '\n';
    int n = snprintf(text, sizeof text,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }");
    memcpy(want + 10, text, (size_t)n);
    for (int i = 0; i < 6; i++)
        memcpy(want + 128 + 4 * i, &(float){i < 5 ? (float)i : last}, 4);
    expect_bytes(t_tmp("npy_out/a.npy"), want, 152);
    expect_bytes(t_tmp("npy_out/b"), want, 152);
    lt_table_free(&t);
}

#ifdef LT_HAVE_PNG
#define GREY ".png"
#define COLOUR ".png"
#else
#define GREY ".pgm"
#define COLOUR ".ppm"
#endif

static void expect_numbered(const char *name, enum lt_type type, int rank, int64_t channels,
                            const char *files)
{
    const double values[] = {0, 1, 2, 3, 4, 255};
    const struct lt_writer_schema schema = {.rows = 2,
                                            .columns = 2 * channels,
                                            .type = type,
                                            .shape_rank = rank,
                                            .shape = {1, 2, channels}};
    char path[100];
    snprintf(path, sizeof path, "%s/", name);
    expect_written(t_tmp(path), &schema, values);
    expect_files(t_tmp(path), files);
    struct lt_table *t = help_open(t_tmp(name));
    T_INT(lt_table_rows(t), 2);
    T_STR(help_type(t, 0), lt_type_name(type));
    T_STR(help_cell(t, 1, 1), "1");
    lt_table_free(&t);
}

TEST(rows_without_files_are_numbered)
{
    expect_numbered("grey", LT_U8, 2, 1, "000000" GREY " 000001" GREY " ");
    expect_numbered("deep", LT_U16, 3, 1, "000000" GREY " 000001" GREY " ");
    expect_numbered("colour", LT_U8, 3, 3, "000000" COLOUR " 000001" COLOUR " ");
    expect_numbered("pairs", LT_U8, 3, 2, "000000.npy 000001.npy ");
    expect_numbered("real", LT_F32, 2, 1, "000000.npy 000001.npy ");
}

TEST(what_cannot_go_to_a_folder_is_refused_and_the_folder_is_not_made)
{
    const struct lt_writer_schema rows = {.rows = 1, .columns = 6, .type = LT_F32};
    const struct lt_writer_schema image = {
        .rows = 1, .columns = 6, .type = LT_U8, .shape_rank = 2, .shape = {2, 3}};
    expect_refused(t_tmp("none/"), &rows, LT_EUSAGE,
                   "@/none/: is a folder, which takes images, and rows of 6 values are none; name "
                   "a file that ends in .csv or .npy");
    expect_refused(t_tmp("no/such/"), &image, LT_EFAIL,
                   "@/no/such/: cannot be a folder of images: No such file or directory; choose a "
                   "place that exists and can be written to");
    t_text("taken", "");
    expect_refused(t_tmp("taken/"), &image, LT_EFAIL,
                   "@/taken/: cannot be a folder of images: Not a directory; choose a place that "
                   "exists and can be written to");
    T_OK(access(t_tmp("none"), F_OK) != 0);
}

TEST(two_files_of_one_name_do_not_go_to_one_folder)
{
    const char *names[] = {folder("one"), folder("two")};
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    t_text("one/x.pgm", "P2 1 1 255 1");
    t_text("two/w.pgm", "P2 1 1 255 1");
    t_text("two/x.pgm", "P2 1 1 255 1");
    T_INT(lt_table_open(&t, names, 2, NULL, &err), 0);
    const struct lt_writer_schema schema = plain(t, 3, 1);
    expect_refused(t_tmp("both/"), &schema, LT_EUSAGE,
                   "@/both/: @/one/x.pgm and @/two/x.pgm would get the same name there; write them "
                   "to two folders");
    T_OK(access(t_tmp("both"), F_OK) != 0);
    lt_table_free(&t);
}

TEST(files_that_are_read_are_not_replaced)
{
    const char *path = folder("kept"), *linked = folder("linked");
    t_text("kept/a.pgm", "P2 1 1 255 1");
    t_text("kept/b.pgm", "P2 1 1 255 2");
    T_INT(symlink("../kept/b.pgm", t_tmp("linked/a.pgm")), 0);
    struct lt_table *t = help_open(path);
    const struct lt_writer_schema schema = plain(t, 2, 1);
    expect_refused(path, &schema, LT_EUSAGE,
                   "@/kept/a.pgm: is read and would be replaced; give another folder than @/kept");
    expect_refused(linked, &schema, LT_EUSAGE,
                   "@/linked/a.pgm: is read and would be replaced; give another folder than "
                   "@/linked");
    expect_bytes(t_tmp("kept/a.pgm"), "P2 1 1 255 1", 12);
    expect_bytes(t_tmp("kept/b.pgm"), "P2 1 1 255 2", 12);
    lt_table_free(&t);
}

TEST(each_file_of_a_folder_is_whole_or_not_there)
{
    const struct lt_writer_schema schema = {
        .rows = 2, .columns = 2, .type = LT_U8, .shape_rank = 2, .shape = {1, 2}};
    const double good[] = {1, 2}, bad[] = {1, NAN};
    struct lt_error err = {0};
    struct lt_writer *w = NULL;
    T_INT(lt_writer_create(&w, t_tmp("stopped/"), &schema, &err), 0);
    T_INT(lt_writer_rows(w, good, 1, &err), 0);
    T_INT(lt_writer_rows(w, bad, 1, &err), LT_EFAIL);
    expect_sentence(err, "@/stopped/000001" GREY
                         ": the value at x 1, y 0 is not a number, which an image cannot hold");
    lt_writer_abort(&w);
    expect_files(t_tmp("stopped"), "000000" GREY " ");
    T_INT(lt_writer_create(&w, t_tmp("begun/"), &schema, &err), 0);
    lt_writer_abort(&w);
    T_OK(access(t_tmp("begun"), F_OK) != 0);
}

TEST(a_folder_is_written_or_refused_whichever_allocation_fails)
{
    const double values[] = {3, 4};
    folder("alloc");
    t_text("alloc/a.pgm", "P2 1 2 255 1 2");
    t_text("alloc/b.pgm", "P2 1 2 255 3 4");
    const char *out = t_tmp("alloc_out/");
    struct lt_table *t = help_open(t_tmp("alloc"));
    const struct lt_writer_schema schema = plain(t, 2, 2);
    int rc = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        rc = write_folder(out, &schema, values, &err);
        T_OK(rc == LT_OK || (rc == LT_EFAIL && err.text[0]));
    }
    T_INT(rc, 0);
    expect_files(out, "a.pgm b.pgm ");
    expect_bytes(t_tmp("alloc_out/b.pgm"), "P5\n1 2\n255\n\3\4", 13);
    lt_table_free(&t);
}

T_MAIN
