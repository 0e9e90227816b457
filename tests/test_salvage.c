/* What is left of damaged packed files. */
#include "t_pack.h"
#include <time.h>

/* The small file opened after damage; every block that it gives must be right. */
static struct lt_pack *salvage(const struct lt_bytes *file)
{
    struct lt_pack *pack = NULL;
    struct lt_error err = {0};
    if (lt_pack_open_salvage(&pack, "x.lpk", file, &err))
        T_FAIL("%s", err.text);
    for (size_t i = 0; i < lt_pack_blocks(pack); i++)
        T_OK(pack_block_is(pack, i, (int)lt_pack_peek(pack, i).number));
    T_INT(lt_pack_head(pack).size, strlen(pack_head));
    T_OK(memcmp(lt_pack_head(pack).data, pack_head, strlen(pack_head)) == 0);
    return pack;
}

/* The names of what was lost, with ", " between them. */
static const char *lost_of(const struct lt_pack *pack)
{
    static char text[1000];
    char name[LT_PACK_NAME];
    size_t count, used = 0;
    const struct lt_pack_lost *lost = lt_pack_lost(pack, &count);
    text[0] = '\0';
    for (size_t i = 0; i < count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "",
                                 lt_pack_lost_name(&lost[i], name));
    return text;
}

/* Salvages and expects so many whole blocks, and these losses. */
static void expect(const struct lt_bytes *file, size_t blocks, const char *lost)
{
    struct lt_pack *pack = salvage(file);
    T_STR(lost_of(pack), lost);
    T_INT(lt_pack_blocks(pack), blocks);
    lt_pack_free(&pack);
}

static void damage(struct lt_bytes *file, size_t at)
{
    pack_bytes(file)[at] ^= 0x10;
}

static void damage_index(struct lt_bytes *file)
{
    damage(file, file->size - LT_TRAILER_BYTES - 10);
}

/* A file with bytes taken out of it, or put into it. */
static struct lt_bytes without(const struct lt_bytes *file, size_t at, size_t n)
{
    struct lt_bytes cut = pack_room(file->size - n);
    memcpy(pack_bytes(&cut), file->data, at);
    memcpy(pack_bytes(&cut) + at, file->data + at + n, file->size - at - n);
    return cut;
}

static struct lt_bytes with(const struct lt_bytes *file, size_t at, const void *bytes, size_t n)
{
    struct lt_bytes longer = pack_room(file->size + n);
    memcpy(pack_bytes(&longer), file->data, at);
    memcpy(pack_bytes(&longer) + at, bytes, n);
    memcpy(pack_bytes(&longer) + at + n, file->data + at, file->size - at);
    return longer;
}

TEST(nothing_is_lost_of_a_whole_file)
{
    struct lt_bytes file = pack_small();
    struct lt_pack *pack = salvage(&file);
    struct lt_pack_payload model;
    T_STR(lost_of(pack), "");
    T_INT(lt_pack_blocks(pack), PACK_BLOCKS);
    T_INT(lt_pack_rows(pack), PACK_BLOCKS * PACK_ROWS);
    T_INT(lt_pack_model(pack, &model, NULL), 0);
    T_INT(model.size, strlen(pack_model));
    lt_pack_free(&pack);
    lt_bytes_free(&file);
}

TEST(a_changed_byte_costs_at_most_the_block_it_is_in)
{
    struct lt_bytes file = pack_small();
    const size_t model = pack_at(0) - strlen(pack_model);
    for (size_t at = 0; at < file.size; at++) {
        char name[100] = "";
        damage(&file, at);
        for (int i = 0; i < PACK_BLOCKS; i++) /* headers stand in the index as well */
            if (at >= pack_at(i) + LT_SECTION_BYTES && at < pack_at(i + 1))
                snprintf(name, sizeof name, "block %d (rows %d to %d)", i, i * PACK_ROWS,
                         (i + 1) * PACK_ROWS - 1);
        struct lt_pack *pack = salvage(&file);
        struct lt_pack_payload payload;
        struct lt_error err = {0};
        T_STR(lost_of(pack), name);
        T_INT(lt_pack_blocks(pack), PACK_BLOCKS - (*name != '\0'));
        T_INT(lt_pack_rows(pack), PACK_BLOCKS * PACK_ROWS);
        bool hit = at >= model && at < pack_at(0);
        T_INT(lt_pack_model(pack, &payload, &err), hit ? LT_ECONTENT : 0);
        T_STR(err.text,
              hit ? "x.lpk: its model is damaged, and blocks that need it cannot be decoded" : "");
        lt_pack_free(&pack);
        damage(&file, at);
    }
    lt_bytes_free(&file);
}

TEST(rows_are_found_around_a_lost_block)
{
    struct lt_bytes file = pack_small();
    damage(&file, pack_at(2) + LT_SECTION_BYTES);
    struct lt_pack *pack = salvage(&file);
    T_INT(lt_pack_find(pack, 2 * PACK_ROWS - 1), 1);
    T_INT(lt_pack_find(pack, 2 * PACK_ROWS), 2); /* the next one that is whole */
    T_INT(lt_pack_peek(pack, 2).number, 3);
    T_INT(lt_pack_find(pack, 3 * PACK_ROWS), 2);
    T_INT(lt_pack_find(pack, 5 * PACK_ROWS), 4);
    lt_pack_free(&pack);
    lt_bytes_free(&file);
}

TEST(a_file_cut_off_anywhere_gives_all_whole_blocks_before_the_cut)
{
    struct lt_bytes file = pack_small();
    const size_t head = LT_PREAMBLE_BYTES + LT_SECTION_BYTES + strlen(pack_head);
    for (size_t size = 0; size < file.size; size++) {
        struct lt_bytes cut = pack_copy(file.data, size);
        size_t whole = 0, headers = 0;
        for (int i = 0; i < PACK_BLOCKS; i++) {
            whole += size >= pack_at(i + 1);
            headers += size >= pack_at(i) + LT_SECTION_BYTES;
        }
        if (size < head) {
            struct lt_pack *pack = NULL;
            struct lt_error err = {0};
            T_INT(lt_pack_open_salvage(&pack, "x.lpk", &cut, &err), LT_ECONTENT);
            T_OK(!pack && err.text[0]);
        } else {
            char lost[200] = "", rest[100] = "";
            if (headers > whole) /* its header says which rows are cut off */
                snprintf(lost, sizeof lost, "block %zu (rows %zu to %zu)", whole, whole * PACK_ROWS,
                         headers * PACK_ROWS - 1);
            if (size < pack_at(PACK_BLOCKS) + LT_SECTION_BYTES)
                snprintf(rest, sizeof rest, "%severything from block %zu (row %zu) on",
                         *lost ? ", " : "", headers, headers * PACK_ROWS);
            strcat(lost, rest);
            expect(&cut, whole, lost);
        }
        lt_bytes_free(&cut);
    }
    lt_bytes_free(&file);
}

TEST(without_an_index_the_sections_are_found_by_their_headers)
{
    struct lt_bytes file = pack_small();
    damage_index(&file);
    expect(&file, 5, "");
    damage(&file, pack_at(3) + 30); /* the header of block 3 */
    expect(&file, 4, "block 3 (rows 12 to 15)");
    damage(&file, pack_at(2) + LT_SECTION_BYTES); /* the payload of block 2 */
    expect(&file, 3, "block 2 (rows 8 to 11), block 3 (rows 12 to 15)");
    damage(&file, pack_at(2) + 5);
    expect(&file, 3, "blocks 2 to 3 (rows 8 to 15)");
    damage(&file, pack_at(4) + 5);
    expect(&file, 2, "blocks 2 to 4 (rows 8 to 19)"); /* the copy's header tells the end */
    damage(&file, pack_at(5) + 5);
    expect(&file, 2, "blocks 2 to 4 (rows 8 to 19)"); /* the index's header does */
    damage(&file, pack_at(6) + 5);
    expect(&file, 2, /* entries of the index tell all but how many blocks there are */
           "block 2 (rows 8 to 11), block 3 (rows 12 to 15), block 4 (rows 16 to 19), "
           "everything from block 5 (row 20) on");
    lt_bytes_free(&file);
}

TEST(the_description_is_taken_from_its_copy)
{
    struct lt_bytes file = pack_small();
    damage_index(&file);
    damage(&file, LT_PREAMBLE_BYTES + LT_SECTION_BYTES + 1);
    expect(&file, 5, "");
    damage(&file, LT_PREAMBLE_BYTES + 7); /* its header too, and the preamble */
    damage(&file, 17);
    expect(&file, 5, "");
    damage(&file, pack_at(5) + LT_SECTION_BYTES + 1); /* and the copy */
    struct lt_pack *pack = NULL;
    struct lt_error err = {0};
    T_INT(lt_pack_open_salvage(&pack, "x.lpk", &file, &err), LT_ECONTENT);
    T_ERR(err,
          "x.lpk: nothing can be salvaged: neither its description nor the copy of it is whole");
    lt_bytes_free(&file);
}

TEST(the_identity_is_found_without_preamble_and_trailer)
{
    struct lt_bytes file = pack_small(), cut = pack_copy(file.data, pack_at(4));
    damage(&cut, 17);
    expect(&cut, 4, "everything from block 4 (row 16) on");
    damage(&cut, LT_PREAMBLE_BYTES + 3);
    struct lt_pack *pack = NULL;
    struct lt_error err = {0};
    T_INT(lt_pack_open_salvage(&pack, "x.lpk", &cut, &err), LT_ECONTENT);
    T_ERR(err, "x.lpk: is not a packed file, or so damaged that nothing in it can be recognised");
    lt_bytes_free(&cut);
    lt_bytes_free(&file);
}

TEST(bytes_left_out_or_put_in_cost_the_block_they_hit)
{
    struct lt_bytes file = pack_small();
    struct lt_bytes less = without(&file, pack_at(2) + LT_SECTION_BYTES + 3, 5);
    expect(&less, 4, "block 2 (rows 8 to 11)");
    struct lt_bytes more = with(&file, pack_at(2) + LT_SECTION_BYTES + 3, "BLOK?", 5);
    expect(&more, 4, "block 2 (rows 8 to 11)");
    struct lt_bytes between = with(&file, pack_at(2), "\0\0\0", 3);
    expect(&between, 5, "");
    struct lt_bytes twice =
        with(&file, pack_at(3), file.data + pack_at(2), pack_at(3) - pack_at(2));
    expect(&twice, 5, "");
    struct lt_bytes gone = without(&file, pack_at(1), pack_at(3) - pack_at(1));
    expect(&gone, 3, "blocks 1 to 2 (rows 4 to 11)");
    lt_bytes_free(&less);
    lt_bytes_free(&more);
    lt_bytes_free(&between);
    lt_bytes_free(&twice);
    lt_bytes_free(&gone);
    struct lt_bytes headless = without(&file, 0, 30);
    expect(&headless, 5, "");
    lt_bytes_free(&headless);
    lt_bytes_free(&file);
}

TEST(a_model_that_may_have_been_there_counts_as_damaged)
{
    struct lt_bytes file = pack_small();
    struct lt_pack_payload model;
    damage_index(&file);
    damage(&file, pack_at(0) - strlen(pack_model) - 9); /* its header */
    struct lt_pack *pack = salvage(&file);
    T_INT(lt_pack_blocks(pack), PACK_BLOCKS);
    T_INT(lt_pack_model(pack, &model, NULL), LT_ECONTENT);
    T_OK(!model.data);
    lt_pack_free(&pack);
    lt_bytes_free(&file);
}

TEST(a_packed_file_inside_a_block_is_not_taken_for_the_file)
{
    struct lt_bytes inner = pack_small(), file;
    struct lt_pack_writer *w = NULL;
    struct lt_pack *pack = NULL;
    const char *path = t_tmp("nested.lpk");
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    T_INT(lt_pack_writer_head(w, "another", 7, NULL), 0);
    T_INT(lt_pack_writer_block(w, 1, inner.data, inner.size, NULL), 0);
    T_INT(lt_pack_writer_block(w, 9, "behind", 6, NULL), 0);
    T_INT(lt_pack_writer_commit(&w, NULL), 0);
    T_INT(lt_bytes_read(&file, path, NULL), 0);
    struct lt_bytes copy = pack_copy(file.data, file.size);
    damage_index(&copy);
    damage(&copy, LT_PREAMBLE_BYTES + LT_SECTION_BYTES + 7 + 20); /* the header of block 0 */
    T_INT(lt_pack_open_salvage(&pack, "x.lpk", &copy, NULL), 0);
    T_INT(lt_pack_blocks(pack), 1);
    T_INT(lt_pack_peek(pack, 0).first, 1);
    T_STR(lost_of(pack), "block 0 (row 0)");
    lt_pack_free(&pack);
    lt_bytes_free(&copy);
    lt_bytes_free(&file);
    lt_bytes_free(&inner);
}

TEST(newer_formats_are_not_salvaged)
{
    const struct part parts[] = {{"HEAD", "desc", 0, 0, 0, 0}, {"COPY", "desc", 0, 0, 0, 0}};
    struct lt_bytes file = pack_by_hand(&(struct by_hand){parts, 2, {.major = 2}});
    struct lt_pack *pack = NULL;
    struct lt_error err = {0};
    T_INT(lt_pack_open_salvage(&pack, "x.lpk", &file, &err), LT_ECONTENT);
    T_OK(strstr(err.text, "has the format 2.0"));
    lt_bytes_free(&file);
    const struct part newer[] = {
        {"HEAD", "desc", 0, 0, 0, 0}, {"MESH", "?", 0, 0, 0, 0}, {"COPY", "desc", 0, 0, 0, 0}};
    file = pack_by_hand(&(struct by_hand){newer, 3, {.major = 1}});
    err = (struct lt_error){0};
    T_INT(lt_pack_open_salvage(&pack, "x.lpk", &file, &err), LT_ECONTENT);
    T_OK(strstr(err.text, "has a part \"MESH\""));
    lt_bytes_free(&file);
}

/* Sections that claim to be damaged and to hold all that follows must not make salvage slow: without a
 * bound, each of them would be searched to the end. */
TEST(a_file_made_to_be_slow_is_not)
{
    enum { SECTIONS = 40000 };
    const size_t size = LT_PREAMBLE_BYTES + (size_t)SECTIONS * LT_SECTION_BYTES;
    struct lt_bytes file = pack_room(size);
    struct lt_pack *pack = NULL;
    lt_preamble_put(file.owned, &(struct lt_preamble){.major = 1});
    for (uint64_t i = 0; i < SECTIONS; i++) {
        struct lt_section s = {LT_KIND_BLOCK, (SECTIONS - 1 - i) * LT_SECTION_BYTES, i, i, 1, 1};
        lt_section_put((unsigned char *)file.owned + LT_PREAMBLE_BYTES + i * LT_SECTION_BYTES, &s,
                       0);
    }
    const clock_t start = clock();
    T_INT(lt_pack_open_salvage(&pack, "x.lpk", &file, NULL), LT_ECONTENT);
    T_OK((double)(clock() - start) / CLOCKS_PER_SEC < 4); /* checksums of 35 GB take more */
    lt_bytes_free(&file);
}

/* ---- memory ------------------------------------------------------------- */

/* Resident bytes of this process that are mapped from files; -1 where nobody tells. */
static long resident(void)
{
    long size, all, shared;
    FILE *f = fopen("/proc/self/statm", "r");
    int got = f ? fscanf(f, "%ld %ld %ld", &size, &all, &shared) : 0;
    if (f)
        fclose(f);
    return got == 3 ? shared * sysconf(_SC_PAGESIZE) : -1;
}

static struct lt_bytes write_large(size_t blocks, size_t size)
{
    struct lt_pack_writer *w = NULL;
    struct lt_bytes file;
    const char *path = t_tmp("large.lpk");
    char *payload = calloc(size, 1);
    T_OK(payload);
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    T_INT(lt_pack_writer_head(w, "h", 1, NULL), 0);
    for (size_t i = 0; i < blocks; i++)
        T_INT(lt_pack_writer_block(w, 10, payload, size, NULL), 0);
    T_INT(lt_pack_writer_commit(&w, NULL), 0);
    free(payload);
    T_INT(lt_bytes_read(&file, path, NULL), 0);
    return file;
}

TEST(a_pass_over_a_large_file_keeps_little_of_it_in_memory)
{
    enum { BLOCKS = 400, SIZE = 100000 };
    struct lt_bytes file = write_large(BLOCKS, SIZE);
    struct lt_pack *pack = NULL;
    const long before = resident();
    long most = 0;
    if (before < 0)
        T_SKIP("nobody tells how much memory is resident");
    T_INT(lt_pack_open(&pack, "x.lpk", &file, NULL), 0);
    for (size_t i = 0; i < BLOCKS; i++) {
        struct lt_pack_block block;
        T_INT(lt_pack_block(pack, i, &block, NULL), 0);
        lt_pack_release(pack, i);
        most = resident() > most ? resident() : most;
    }
    if (most - before > 7000000)
        T_FAIL("%ld bytes stay resident", most - before);
    lt_pack_free(&pack);
    T_INT(lt_pack_open_salvage(&pack, "x.lpk", &file, NULL), 0);
    T_INT(lt_pack_blocks(pack), BLOCKS);
    T_OK(resident() - before < 7000000);
    for (size_t i = 0; i < BLOCKS; i++) {
        struct lt_pack_block block;
        T_INT(lt_pack_block(pack, i, &block, NULL), 0);
    }
    T_OK(resident() - before > 30000000);      /* what releasing is for */
    lt_bytes_release(&file, 0, file.size + 1); /* beyond the end: nothing happens */
    T_OK(resident() - before > 30000000);
    lt_bytes_release(&file, 0, file.size);
    T_OK(resident() - before < 7000000);
    lt_pack_free(&pack);
    lt_bytes_free(&file);
}

T_MAIN
