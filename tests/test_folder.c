/* Several images: a folder is a table, its images must agree, and what is no image is refused. */
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
        {"P2 3 1 255 1 2 3", "@/mixed/b.pgm: is 3 x 1 pixels (grey, 8 bits) but @/mixed/a.pgm is "
                             "2 x 1 pixels (grey, 8 bits); resize or crop all to one size"},
        {"P2 1 2 255 1 2", "@/mixed/b.pgm: is 1 x 2 pixels (grey, 8 bits) but @/mixed/a.pgm is "
                           "2 x 1 pixels (grey, 8 bits); resize or crop all to one size"},
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

T_MAIN
