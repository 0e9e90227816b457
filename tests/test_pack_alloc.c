/* Coders, patterns and packed files survive every failing allocation. */
#include "codec/packedbytes.h"
#include "t_alloc.h"
#include "t_packed_blocks.h"

/* `make` fails with a sentence until no allocation does; returns how often it did. */
static int failures_of(int (*make)(struct lt_error *err))
{
    int failures = 0;
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        if (make(&err)) {
            failures++;
            if (!strstr(err.text, "out of memory") && !strstr(err.text, "not enough memory"))
                T_FAIL("%s", err.text);
        }
    }
    return failures;
}

/* ---- coding ---- */

static struct lt_pattern *small_pattern(void)
{
    struct lt_pattern *p;
    T_INT(lt_pattern_create(&p, 3, 0, 0, 0, NULL), 0);
    for (int k = 0; k < 3; k++)
        p->series[k] =
            (struct lt_series){.number = true, .common = -1, .low = -9, .high = 99, .spread = 512};
    p->lagged = true;
    return p;
}

static struct lt_pattern *pattern;

static int make_pattern(struct lt_error *err)
{
    struct lt_pattern *p = NULL;
    int rc = lt_pattern_create(&p, 5, 2, 2, 1, err);
    T_OK(!rc == (p != NULL));
    lt_pattern_free(&p);
    return rc;
}

static int make_look(struct lt_error *err)
{
    const int32_t levels[3] = {0};
    struct lt_look *look = NULL;
    int rc = lt_look_create(&look, pattern, levels, err);
    T_OK(!rc == (look != NULL));
    lt_look_free(&look);
    return rc;
}

static int make_coder(struct lt_error *err)
{
    struct lt_blockcoder *coder = NULL;
    int rc = lt_blockcoder_create(&coder, pattern, err);
    T_OK(!rc == (coder != NULL));
    lt_blockcoder_free(&coder);
    return rc;
}

static int code_block(struct lt_error *err)
{
    static struct lt_blockcoder *coder;
    const int64_t values[6] = {1, 2, 3, 4, 5, 6};
    unsigned char bytes[200];
    size_t written = 1;
    int64_t back[6];
    if (!coder) { /* by itself it is made above */
        long kept = t_alloc.fail_at;
        t_alloc.fail_at = 0;
        T_INT(lt_blockcoder_create(&coder, pattern, NULL), 0);
        t_alloc.fail_at = kept;
        t_alloc.calls = 0;
    }
    int rc = lt_block_encode(coder, values, NULL, 2, bytes, sizeof bytes, &written, err);
    if (!rc)
        rc = lt_block_decode(coder, bytes, written, 2, NULL, back, err);
    if (!rc)
        lt_blockcoder_free(&coder);
    return rc;
}

static struct lt_growable written;

static int write_pattern(struct lt_error *err)
{
    struct lt_growable out = {0};
    int rc = lt_pattern_write(pattern, &out, err);
    lt_growable_free(&out);
    return rc;
}

static int read_pattern(struct lt_error *err)
{
    struct lt_pattern *p = NULL;
    int rc = lt_pattern_read(&p, written.bytes, written.used, LT_ISA_BASE, err);
    T_OK(!rc == (p != NULL));
    lt_pattern_free(&p);
    return rc;
}

TEST(patterns_and_coders_do)
{
    const int64_t widths[2] = {0, 3};
    int64_t shape[2] = {widths[0], widths[1]};
    pattern = small_pattern();
    shape[0] = lt_surroundings_count(pattern);
    T_INT(lt_intnet_create(&pattern->linear, 1, shape, LT_ISA_BASE, NULL), 0);
    T_INT(lt_intnet_seal(pattern->linear, NULL), 0);
    T_INT(lt_pattern_write(pattern, &written, NULL), 0);
    T_OK(failures_of(make_pattern) >= 2);
    T_OK(failures_of(make_look) >= 2);
    T_OK(failures_of(make_coder) >= 8);
    T_OK(failures_of(code_block) >= 1);
    T_OK(failures_of(write_pattern) >= 2);
    T_OK(failures_of(read_pattern) >= 5);
    lt_growable_free(&written);
    lt_pattern_free(&pattern);
}

/* ---- bytes ---- */

static int pack_bytes_again(struct lt_error *err)
{
    static const char text[] = "some text that is some text again and again and again";
    struct lt_growable out = {0}, back = {0};
    int rc = 0;
    for (int portable = 0; portable < 2 && !rc; portable++) {
        out.used = back.used = 0;
        rc = lt_packedbytes_put(&out, text, sizeof text, portable, err);
        if (!rc)
            rc = lt_packedbytes_get(&back, out.bytes, out.used, 1000, err);
        if (!rc)
            T_OK(back.used == sizeof text && memcmp(back.bytes, text, sizeof text) == 0);
    }
    lt_growable_free(&out);
    lt_growable_free(&back);
    return rc;
}

TEST(packed_bytes_do)
{
    T_OK(failures_of(pack_bytes_again) >= 8);
}

/* ---- files ---- */

static const char *file_path, *back_path;
static int64_t whole_size;

static int open_file(struct lt_error *err)
{
    struct lt_packfile file;
    int rc = lt_packfile_open(&file, file_path, NULL, false, LT_ISA_BASE, err);
    T_OK(!rc == (file.pattern != NULL) && !rc == (file.pack != NULL));
    lt_packfile_close(&file);
    return rc;
}

static int unpack_file(struct lt_error *err)
{
    struct lt_unpack_options o = {
        .file = file_path, .path = back_path, .rows = {0, -1}, .threads = 1};
    int rc = lt_unpack(&o, NULL, err);
    int64_t size = size_of_file(back_path); /* no file, or all of it where only the report failed */
    T_OK(size == whole_size || (rc && size == -1));
    unlink(back_path);
    return rc;
}

TEST(packed_files_do)
{
    struct array a = blocks_array();
    back_path = t_tmp("back.npy");
    file_path = make_blocks(a.path, NULL);
    unpack_to(file_path, back_path, 0, -1);
    whole_size = size_of_file(back_path);
    T_OK(failures_of(open_file) >= 15);
    T_OK(failures_of(unpack_file) >= 30);
    lt_free(a.cells);
}

T_MAIN
