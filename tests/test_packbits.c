/* The same bits everywhere: blocks that are coded here, and packed files that were made elsewhere, are
 * what tests/packed_golden.txt says of them, on every instruction set and every machine.
 *
 * tools/make-pack-fixtures makes the files and the hashes anew. */
#include "app/pack.h"
#include "base/file.h"
#include "model/sha256.h"
#include "t_block.h"

/* ---- golden hashes ---- */

static void expect_golden(const char *name, struct lt_sha256 *hash)
{
    char got[LT_SHA256_HEX], want[LT_SHA256_HEX] = "nothing: the file does not know it", line[200];
    lt_sha256_hex(hash, got);
    T_NOTE("golden %s %s", name, got);
    FILE *f = fopen(T_SOURCE_ROOT "/tests/packed_golden.txt", "r");
    while (f && fgets(line, sizeof line, f)) {
        char *space = strchr(line, ' ');
        if (space && (size_t)(space - line) == strlen(name) &&
            strncmp(line, name, strlen(name)) == 0)
            snprintf(want, sizeof want, "%.64s", space + 1);
    }
    if (f)
        fclose(f);
    T_STR(got, want);
}

/* ---- blocks ---- */

/* Six kinds of matrices; every number in their patterns stands here or comes from the dice. */
enum kind { NUMBERS, SYMBOLS, MIXED, LAGGED, GREY, COLOURS, KINDS };
static const char *const kinds[KINDS] = {"numbers", "symbols", "mixed",
                                         "lagged",  "grey",    "colours"};

static struct lt_series number_series(int noise)
{
    return (struct lt_series){.number = true,
                              .bits = noise,
                              .common = -1,
                              .follows = true,
                              .low = -3000,
                              .high = 4000,
                              .centre = 17,
                              .spread = 9 * 256};
}
static struct lt_series symbol_series(int bits)
{
    return (struct lt_series){.bits = bits,
                              .common = bits > 5 ? 3 : -1,
                              .follows = bits & 1,
                              .high = (1 << bits) - 1,
                              .centre = 1,
                              .spread = 500};
}

static void make_golden_pattern(struct subject *s, enum kind kind)
{
    bool grid = kind >= GREY;
    int64_t c = kind == COLOURS ? 3 : 1, planes = grid ? 7 * 11 * c : 6;
    T_INT(lt_pattern_create(&s->pattern, planes, grid ? 7 : 0, 11, c, NULL), 0);
    s->pattern->lagged = kind == LAGGED;
    s->pattern->guessed = kind == MIXED || kind == COLOURS;
    s->pattern->frames = kind == COLOURS;
    for (int64_t k = 0; k < lt_pattern_kinds(s->pattern); k++) {
        bool number =
            kind == NUMBERS || kind == LAGGED || kind == COLOURS || (kind == MIXED && k & 1);
        s->pattern->series[k] =
            number ? number_series((int)k % 3) : symbol_series(kind == GREY ? 8 : 1 + (int)k);
    }
}

static struct subject golden_subject(enum kind kind, enum lt_isa isa)
{
    struct dice d = {.seed = 100 + (uint64_t)kind};
    struct subject s = {.rows = kind >= GREY ? 12 : 300};
    make_golden_pattern(&s, kind);
    int64_t planes = s.pattern->planes;
    size_t count = (size_t)(s.rows * planes);
    T_INT(lt_alloc(&s.values, count, sizeof *s.values, "values", NULL), 0);
    T_INT(lt_alloc(&s.guess, count, sizeof *s.guess, "guesses", NULL), 0);
    for (int64_t i = 0; i < s.rows * planes; i++) {
        const struct lt_series *series = lt_pattern_series(s.pattern, i % planes);
        int64_t above = i < planes ? 0 : s.values[i - planes], step = between(&d, -9, 9);
        if (kind == LAGGED && i >= 24 * planes)
            above = s.values[i - 24 * planes], step = step * 40 / 39;
        else if (kind == LAGGED)
            step *= 90;
        s.values[i] = series->number ? above + step : (above + (step > 4)) & series->high;
        s.guess[i] = (int32_t)(s.values[i] * 16 + between(&d, -60, 60));
    }
    add_networks(&d, s.pattern, LINEAR | VALUES | TREES, 200, isa);
    return s;
}

/* Of every instruction set. */
static void expect_golden_block(enum kind kind)
{
    for (int isa = 0; isa < LT_ISAS; isa++) {
        char name[40];
        struct lt_sha256 hash;
        if (!lt_isa_has((enum lt_isa)isa))
            continue;
        struct subject s = golden_subject(kind, (enum lt_isa)isa);
        struct coded c = encoded(&s);
        expect_rows(&s, &c);
        lt_sha256_init(&hash);
        lt_sha256_update(&hash, c.bytes, c.size);
        snprintf(name, sizeof name, "block-%s", kinds[kind]);
        lt_free(c.bytes);
        drop_subject(&s);
        expect_golden(name, &hash);
    }
}

TEST(numbers_are_the_same_bytes_everywhere)
{
    expect_golden_block(NUMBERS);
}
TEST(symbols_are_the_same_bytes_everywhere)
{
    expect_golden_block(SYMBOLS);
}
TEST(mixed_columns_are_the_same_bytes_everywhere)
{
    expect_golden_block(MIXED);
}
TEST(lagged_rows_are_the_same_bytes_everywhere)
{
    expect_golden_block(LAGGED);
}
TEST(grey_pixels_are_the_same_bytes_everywhere)
{
    expect_golden_block(GREY);
}
TEST(coloured_frames_are_the_same_bytes_everywhere)
{
    expect_golden_block(COLOURS);
}

/* ---- files ---- */

static void hash_file(struct lt_sha256 *hash, const char *path)
{
    struct lt_bytes bytes;
    T_INT(lt_bytes_read(&bytes, path, NULL), 0);
    lt_sha256_init(hash);
    lt_sha256_update(hash, bytes.data, bytes.size);
    lt_bytes_free(&bytes);
}

static const char *fixture_path(const char *name)
{
    char file[60];
    snprintf(file, sizeof file, "packed_%s.lpk", name);
    return t_path(T_SOURCE_ROOT "/tests", file);
}

static void expect_unpacked(const char *name)
{
    for (int reference = 0; reference < 2; reference++) {
        struct lt_error err = {0};
        struct lt_sha256 hash;
        char golden[40];
        const char *path = t_tmp("unpacked.npy");
        struct lt_unpack_options o = {.file = fixture_path(name),
                                      .path = path,
                                      .rows = {0, -1},
                                      .reference = reference,
                                      .threads = 2};
        if (lt_unpack(&o, NULL, &err))
            T_FAIL("%s", err.text);
        hash_file(&hash, path);
        snprintf(golden, sizeof golden, "file-%s", name);
        expect_golden(golden, &hash);
    }
}

TEST(packed_images_unpack_to_the_same_bytes_everywhere)
{
    expect_unpacked("images");
}

TEST(a_packed_table_unpacks_to_the_same_bytes_everywhere)
{
    expect_unpacked("table");
}

/* A program for another machine cannot start one. */
#if defined(__x86_64__)
TEST(the_program_unpacks_them_likewise)
{
    static const char *const how[] = {"", "--reference ", "--threads 3 "};
    char command[5000], out[10];
    for (int i = 0; i < 3; i++) {
        struct lt_sha256 hash;
        const char *path = t_tmp("program.npy");
        snprintf(command, sizeof command, "%s unpack %s -q %s-o %s", T_PROGRAM,
                 fixture_path("images"), how[i], path);
        T_INT(t_shell(command, out, sizeof out), 0);
        hash_file(&hash, path);
        expect_golden("file-images", &hash);
    }
}
#endif

T_MAIN
