/* NPY, NPZ, IDX and gzip in. */
#include "data_help.h"

/* An NPY file in memory: version, header text, values. */
struct npy {
    unsigned char bytes[2000];
    size_t size;
};

static struct npy npy(int version, const char *head, const void *values, size_t n)
{
    struct npy f = {0};
    size_t begin = version == 1 ? 10 : 12, length = strlen(head);
    memcpy(f.bytes, "\x93NUMPY", 6);
    f.bytes[6] = (unsigned char)version;
    f.bytes[8] = (unsigned char)(length & 255);
    f.bytes[9] = (unsigned char)(length >> 8);
    memcpy(f.bytes + begin, head, length);
    memcpy(f.bytes + begin + length, values, n);
    f.size = begin + length + n;
    return f;
}

static struct lt_table *read_npy(int version, const char *head, const void *values, size_t n)
{
    struct npy f = npy(version, head, values, n);
    return help_bytes("x.npy", f.bytes, f.size);
}

static struct lt_error refused(const char *head, const void *values, size_t n)
{
    struct npy f = npy(1, head, values, n);
    return help_refused("x.npy", f.bytes, f.size);
}

TEST(npy_of_every_type_is_read)
{
    static const struct {
        const char *descr, *type, *bytes, *want;
        size_t size;
    } cases[] = {
        {"<f4", "f4", "\0\0\xc0\x3f", "1.5", 4},
        {">f4", "f4", "\x3f\xc0\0\0", "1.5", 4},
        {"<f8", "f8", "\0\0\0\0\0\0\xf8\xbf", "-1.5", 8},
        {">f8", "f8", "\xbf\xf8\0\0\0\0\0\0", "-1.5", 8},
        {"<f2", "f4", "\x00\x3e", "1.5", 2},
        {">f2", "f4", "\x3e\x00", "1.5", 2},
        {"|u1", "u1", "\xff", "255", 1},
        {"|i1", "i1", "\xff", "-1", 1},
        {"<u2", "u2", "\x01\xff", "65281", 2},
        {">i2", "i2", "\xff\xfe", "-2", 2},
        {"<u4", "u4", "\xff\xff\xff\xff", "4294967295", 4},
        {">i4", "i4", "\xff\xff\xff\xfd", "-3", 4},
        {"<u8", "u8", "\x05\0\0\0\0\0\0\0", "5", 8},
        {">i8", "i8", "\xff\xff\xff\xff\xff\xff\xff\xff", "-1", 8},
        {"|b1", "b1", "\x02", "1", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char head[200];
        snprintf(head, sizeof head, "{'descr': '%s', 'fortran_order': False, 'shape': (1, 1), }\n",
                 cases[i].descr);
        struct lt_table *t = read_npy(1 + (int)(i % 3), head, cases[i].bytes, cases[i].size);
        T_STR(help_type(t, 0), cases[i].type);
        T_STR(help_cell(t, 0, 0), cases[i].want);
        lt_table_free(&t);
    }
}

TEST(fortran_order_gives_the_same_rows)
{
    /* a[i][j][k] = 100 i + 10 j + k, shape (2, 3, 2), first index fastest */
    unsigned char f[12];
    int n = 0;
    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 2; i++)
                f[n++] = (unsigned char)(100 * i + 10 * j + k);
    struct lt_table *t =
        read_npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2)}", f, sizeof f);
    int64_t h = 0, w = 0, c = 0;
    T_OK(lt_table_image(t, &h, &w, &c) && h == 3 && w == 2 && c == 1);
    for (int row = 0; row < 2; row++)
        for (int column = 0; column < 6; column++)
            T_INT(atoi(help_cell(t, row, column)), 100 * row + 10 * (column / 2) + column % 2);
    lt_table_free(&t);
}

TEST(a_plain_list_is_one_column)
{
    struct lt_table *t =
        read_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "abc", 3);
    char where[100];
    T_INT(lt_table_rows(t), 3);
    T_INT(lt_table_columns(t), 1);
    T_STR(lt_table_where(t, 2, 0, where, sizeof where), "x.npy: row 2, column 0");
    lt_table_free(&t);
}

TEST(headers_that_promise_more_than_the_file_holds_are_refused)
{
    T_ERR(
        refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976, 784), }",
                "abcd", 4),
        "x.npy: the NPY header promises (1152921504606846976, 784) values of 4 bytes, but 4 bytes "
        "follow it; the file is cut off or damaged");
    T_ERR(
        refused("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", "12345678", 8),
        "x.npy: the NPY header promises (2,) values of 8 bytes, but 8 bytes follow it; the file is "
        "cut off or damaged");
    T_INT(refused("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", "", 0).code,
          LT_ECONTENT);
}

TEST(damaged_headers_are_refused)
{
    static const char *const heads[] = {
        "",
        "{}",
        "{'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', ",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        T_ERR(refused(heads[i], "abcd", 4),
              "x.npy: the NPY header is damaged; write the array again");
    T_ERR(refused("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "12345678", 8),
          "x.npy: holds values of type '<c8'; f2, f4, f8, i1 to i8, u1 to u8 and b1 can be read");
    T_ERR(refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd", 4),
          "x.npy: holds records with fields, not one array of numbers; write the columns as one "
          "array");
    T_ERR(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "abcd", 4),
          "x.npy: holds a single value, not rows");
    T_ERR(refused("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", "", 0),
          "x.npy: holds no rows: its shape is (0, 3)");
    T_ERR(help_refused("x.npy", "\x93NUMPY\x01\0\xff\xff{}  ", 14),
          "x.npy: the NPY header claims to be 65535 bytes long, but 4 bytes follow");
    T_ERR(help_refused("x.npy", "\x93NUMPY\x09\0\xff\xff{}  ", 14),
          "x.npy: is NPY version 9.0; 1.0 to 3.0 can be read");
    T_ERR(help_refused("x.npy", "\x93NUMPY\x01", 7), "x.npy: the NPY header ends early");
}

TEST(arrays_follow_one_another_when_their_rows_are_alike)
{
    struct npy a =
        npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", "\1\2\3\4", 4);
    struct npy b = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }", "\5\6", 2);
    struct npy c = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3), }", "abc", 3);
    const char *names[] = {t_file("a.npy", a.bytes, a.size), t_file("b.npy", b.bytes, b.size)};
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    char where[2000], want[3000];
    T_INT(lt_table_open(&t, names, 2, NULL, &err), 0);
    T_INT(lt_table_rows(t), 3);
    T_STR(help_cell(t, 1, 1), "4");
    T_STR(help_cell(t, 2, 0), "5");
    snprintf(want, sizeof want, "%s: row 0, column 1", names[1]);
    T_STR(lt_table_where(t, 2, 1, where, sizeof where), want);
    lt_table_free(&t);
    names[1] = t_file("c.npy", c.bytes, c.size);
    T_INT(lt_table_open(&t, names, 2, NULL, &err), LT_ECONTENT);
    snprintf(
        want, sizeof want,
        "%s: holds (1, 3) u1 but %s holds (2, 2) u1; files read together need rows of one shape "
        "and type",
        names[1], names[0]);
    T_ERR(err, want);
}

/* ---- IDX --------------------------------------------------------------- */

/* An array of u1 of `rows` x 1000, all 0 but one cell in a row of each thousand; takes no disk. */
static const char *sparse_file(int64_t rows)
{
    const char *path = t_tmp("sparse.npy");
    char head[129];
    int n = snprintf(head, sizeof head,
                     "\x93NUMPY\x01%c%c%c{'descr': '|u1', 'fortran_order': False, "
                     "'shape': (%lld, 1000), }",
                     0, 118, 0, (long long)rows);
    memset(head + n, ' ', (size_t)(127 - n));
    head[127] = '\n';
    FILE *f = fopen(path, "wb");
    T_OK(f && fwrite(head, 1, 128, f) == 128);
    for (int64_t row = 0; row < rows; row += 1000)
        T_OK(fseek(f, (long)(128 + 1000 * row + 7), SEEK_SET) == 0 && fputc(5, f) == 5);
    T_OK(fclose(f) == 0 && truncate(path, (off_t)(128 + 1000 * rows)) == 0);
    return path;
}

/* Of what is resident now, the part that is mapped from files: megabytes. */
static long mapped_megabytes(void)
{
    char line[200];
    long kilobytes = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && kilobytes < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, "RssFile:", 8) == 0)
            kilobytes = atol(line + 8);
    if (f)
        fclose(f);
    return kilobytes < 0 ? -1 : kilobytes / 1024;
}

static int64_t sum_of(struct lt_table *t, int64_t batch, bool lets_go, long *most)
{
    struct lt_block *b = NULL;
    int64_t sum = 0;
    T_INT(lt_block_create(&b, t, batch, NULL), 0);
    *most = 0;
    for (int64_t at = 0; at < lt_table_rows(t); at += batch) {
        const int64_t n = lt_table_rows(t) - at < batch ? lt_table_rows(t) - at : batch;
        T_INT(lt_table_range(t, at, n, b, NULL), 0);
        for (int64_t i = 0; i < n; i++)
            sum += ((const unsigned char *)b->group[0].values)[1000 * i + 7];
        if (lets_go)
            lt_table_release(t, at, n);
        const long now = mapped_megabytes();
        *most = now > *most ? now : *most;
    }
    lt_block_free(&b);
    return sum;
}

TEST(rows_that_were_read_can_be_let_go_of)
{
    enum { ROWS = 200000 }; /* 200 MB */
    long base = mapped_megabytes(), most = 0;
    if (base < 0)
        T_SKIP("no /proc/self/status that tells");
    struct lt_table *t = help_open(sparse_file(ROWS)), *view = NULL;
    const struct lt_selection all = {.row_begin = 1, .row_end = -1};
    T_INT(sum_of(t, 5001, true, &most), 5 * ROWS / 1000);
    T_OK(most - base < 40);
    T_INT(lt_table_select(&view, t, &all, NULL), 0);
    T_INT(sum_of(view, 5001, true, &most), 5 * (ROWS / 1000 - 1)); /* read again, from the file */
    T_OK(most - base < 40);
    lt_table_release(t, ROWS - 1, 1);
    T_INT(sum_of(t, 5001, false, &most), 5 * ROWS / 1000);
    T_OK(most - base > 150); /* what letting go is for */
    lt_table_free(&view);
    lt_table_free(&t);
}

TEST(letting_go_of_rows_in_memory_does_nothing)
{
    const float values[4] = {1, 2, 3, 4};
    struct lt_table *t = NULL;
    T_INT(lt_table_from_rows(&t, "x", values, 4, 1, NULL), 0);
    lt_table_release(t, 0, 4);
    T_STR(help_cell(t, 3, 0), "4");
    lt_table_free(&t);
}

TEST(idx_images_and_labels_are_read)
{
    struct lt_table *t = help_bytes("x", "\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\2\1\2\3\4", 20);
    int64_t h, w, c;
    T_OK(lt_table_image(t, &h, &w, &c) && h == 1 && w == 2 && c == 1);
    T_STR(help_cell(t, 1, 1), "4");
    lt_table_free(&t);
    t = help_bytes("x", "\0\0\x0b\1\0\0\0\2\xff\xfe\0\7", 12);
    T_STR(help_type(t, 0), "i2");
    T_STR(help_cell(t, 0, 0), "-2");
    T_STR(help_cell(t, 1, 0), "7");
    T_OK(!lt_table_image(t, NULL, NULL, NULL));
    lt_table_free(&t);
}

TEST(idx_files_of_the_wrong_length_are_refused)
{
    T_ERR(help_refused("x", "\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\2\1\2\3", 19),
          "x: the IDX header promises (2, 1, 2) u1, but 3 bytes follow it; the file is cut off or "
          "damaged");
    T_ERR(help_refused("x", "\0\0\x0e\2\xff\xff\xff\xff\xff\xff\xff\xff", 12),
          "x: the IDX header promises (4294967295, 4294967295) f8, but 0 bytes follow it; the file "
          "is cut off or damaged");
    T_ERR(help_refused("x", "\0\0\x08\3\0\0\0\2", 8), "x: the IDX header ends early");
    T_ERR(help_refused("x", "\0\0\x08\1\0\0\0\0", 8), "x: holds no rows");
}

/* ---- gzip -------------------------------------------------------------- */

#ifdef LT_HAVE_ZLIB

/* "v\n1\n2\n" as gzip writes it. */
static const unsigned char zipped[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                       0x03, 0x2b, 0xe3, 0x32, 0xe4, 0x32, 0xe2, 0x02, 0x00,
                                       0xa3, 0xf0, 0xac, 0x6e, 0x06, 0x00, 0x00, 0x00};

TEST(gzip_is_read_through_whatever_the_name)
{
    struct lt_table *t = help_bytes("x.csv", zipped, sizeof zipped);
    T_INT(lt_table_rows(t), 2);
    lt_table_free(&t);
    unsigned char twice[2 * sizeof zipped + 3] = {0}; /* two members and padding */
    memcpy(twice, zipped, sizeof zipped);
    memcpy(twice + sizeof zipped, zipped, sizeof zipped);
    t = help_bytes("x.csv.gz", twice, sizeof twice);
    T_INT(lt_table_rows(t), 5);
    lt_table_free(&t);
}

TEST(truncated_and_damaged_gzip_is_refused)
{
    unsigned char bytes[sizeof zipped + 4];
    T_ERR(help_refused("x.gz", zipped, 15),
          "x.gz: the gzip stream ends early, after 15 bytes; the file is cut off, fetch it again");
    for (size_t n = 2; n < sizeof zipped; n++)
        T_INT(help_refused("x.gz", zipped, n).code, LT_ECONTENT);
    memcpy(bytes, zipped, sizeof zipped);
    bytes[18] ^= 1; /* in the CRC */
    T_ERR(help_refused("x.gz", bytes, sizeof zipped),
          "x.gz: the gzip stream is damaged (incorrect data check); fetch the file again");
    memcpy(bytes, zipped, sizeof zipped);
    memcpy(bytes + sizeof zipped, "more", 4);
    T_ERR(help_refused("x.gz", bytes, sizeof bytes),
          "x.gz: 4 bytes that are no gzip stream follow the gzip stream");
}

TEST(mnist_is_read_from_its_gz)
{
    const char *images = t_data("mnist/t10k-images-idx3-ubyte.gz");
    const char *digits = t_data("mnist/t10k-labels-idx1-ubyte.gz");
    if (!images || !digits)
        T_SKIP("the MNIST files are not there");
    struct lt_table *t = help_open(images), *labels = NULL;
    struct lt_error err = {0};
    char text[10];
    T_INT(lt_table_rows(t), 10000);
    T_INT(lt_table_columns(t), 784);
    T_OK(lt_table_image(t, NULL, NULL, NULL));
    T_INT(lt_labels_read(&labels, digits, &err), 0);
    T_STR(lt_label_text(labels, 0, text, sizeof text), "7");
    lt_table_free(&t);
    lt_table_free(&labels);
}

#endif

/* ---- NPZ --------------------------------------------------------------- */

#ifdef LT_HAVE_LIBZIP

TEST(npz_gives_x_y_or_the_array_named)
{
    const char *path = t_data("adbench/29_Pima.npz");
    if (!path)
        T_SKIP("the ADBench tables are not there");
    struct lt_table *t = help_open(path), *labels = NULL;
    struct lt_error err = {0};
    char name[2000], want[3000];
    T_INT(lt_table_rows(t), 768);
    T_INT(lt_table_columns(t), 8);
    lt_table_free(&t);
    T_INT(lt_labels_read(&labels, path, &err), 0);
    T_INT(lt_table_rows(labels), 768);
    snprintf(want, sizeof want, "%s:y", path);
    T_STR(lt_table_name(labels), want);
    lt_table_free(&labels);
    snprintf(name, sizeof name, "%s:y", path);
    t = help_open(name);
    T_INT(lt_table_columns(t), 1);
    lt_table_free(&t);
    snprintf(name, sizeof name, "%s:Z", path);
    snprintf(want, sizeof want, "%s: there is no array \"Z\"; it holds X, y", path);
    err = help_refused_name(name);
    T_ERR(err, want);
    T_INT(err.code, LT_EUSAGE);
}

TEST(damaged_npz_is_refused)
{
    const char *path = t_data("adbench/29_Pima.npz");
    if (!path)
        T_SKIP("the ADBench tables are not there");
    static unsigned char bytes[1 << 20];
    FILE *f = fopen(path, "rb");
    T_OK(f != NULL);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    bytes[n / 4] ^= 0x55;
    T_INT(help_refused("x.npz", bytes, n).code, LT_ECONTENT);
    T_ERR(help_refused("x.npz", bytes, n / 2),
          "x.npz: the zip archive is damaged (Not a zip archive); fetch the file again");
}

#endif

T_MAIN
