/* What packing promises of data that take a while: several blocks, noise, and wide tables. */
#include "t_packed.h"

TEST(noise_takes_no_more_than_it_is)
{
    struct array a = make_array(LT_U8, 25000, 8);
    for (size_t i = 0; i < a.size; i++)
        a.cells[i] = (unsigned char)below(256);
    write_array(&a, "noise.npy");
    struct lt_pack_options o = quick_pack(&a.path, t_tmp("noise.lpk"));
    pack_with(&o, NULL);
    T_NOTE("%lld bytes of %zu", (long long)size_of_file(o.path), a.size);
    T_OK((double)size_of_file(o.path) <= 1.01 * (double)a.size + 4096);
    lt_free(a.cells);
}

TEST(threads_do_not_change_a_byte)
{
    struct array a = make_array(LT_U8, 2600, 1000); /* three blocks */
    for (int64_t i = 0; i < a.rows * a.columns; i++)
        a.cells[i] = (unsigned char)(i % 1000 < 3 ? below(4) : 0);
    write_array(&a, "x.npy");
    for (int threads = 1; threads <= 3; threads++) {
        char name[20];
        snprintf(name, sizeof name, "t%d.lpk", threads);
        struct lt_pack_options o = quick_pack(&a.path, t_tmp(name));
        o.threads = threads;
        pack_with(&o, NULL);
        expect_same_files(t_tmp("t1.lpk"), o.path);
    }
    unpack_to(t_tmp("t1.lpk"), t_tmp("back.npy"), 1040, 2100); /* of all three */
    expect_cells(t_tmp("back.npy"), a.cells + 1040 * 1000, 1060 * 1000);
    lt_free(a.cells);
}

TEST(wide_tables_come_back)
{
    static const int64_t shapes[][2] = {{50, 3000}, {3, 20000}};
    for (int i = 0; i < 2; i++) {
        struct array a = make_array(LT_F32, shapes[i][0], shapes[i][1]);
        for (int64_t k = 0; k < a.rows * a.columns; k++) {
            float x = (float)(unit() + (double)(k % a.columns % 7));
            memcpy(a.cells + 4 * k, &x, 4);
        }
        write_array(&a, "wide.npy");
        struct lt_pack_options o = quick_pack(&a.path, t_tmp("wide.lpk"));
        o.budget = 1;
        pack_with(&o, NULL);
        verify_with(o.path, a.path);
        unpack_to(o.path, t_tmp("back.npy"), 0, -1);
        expect_cells(t_tmp("back.npy"), a.cells, a.size);
        lt_free(a.cells);
    }
}

T_MAIN
