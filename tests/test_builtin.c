#include "data_help.h"
#include <inttypes.h>

static struct lt_error refused(const char *name)
{
    struct lt_error err = help_refused_name(name);
    T_INT(err.code, LT_EUSAGE);
    return err;
}

/* Generated data never change: these numbers are part of the promise. */
TEST(generated_data_are_frozen)
{
    static const struct {
        const char *name;
        uint64_t hash;
    } golden[] = {
        {"builtin:curves,rows=500", 0x1ac0c658f3e9bcbdu},
        {"builtin:curves,rows=500,part=test", 0xf3c2170008643f95u},
        {"builtin:curves,rows=500,seed=7", 0xa7087020db30f6f6u},
        {"builtin:sensors,rows=3000", 0x5b23e95aea2c2d3eu},
        {"builtin:sensors,rows=3000,faults=0.05", 0x03cbdee32ca03189u},
        {"builtin:sensors,rows=3000,seed=7,faults=1,dropouts=0.01", 0x40cb9a8cfc709bb0u},
    };
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        struct lt_table *t = help_open(golden[i].name);
        uint64_t hash = help_hash(t);
        lt_table_free(&t);
        if (hash != golden[i].hash)
            T_FAIL("%s hashes to 0x%016" PRIx64, golden[i].name, hash);
    }
}

TEST(curves_are_images_between_0_and_1)
{
    struct lt_table *t = help_open("builtin:curves");
    struct lt_block *block = NULL;
    struct lt_error err = {0};
    int64_t h, w, c;
    T_INT(lt_table_rows(t), 20000);
    T_OK(lt_table_image(t, &h, &w, &c) && h == 28 && w == 28 && c == 1);
    T_INT(lt_block_create(&block, t, 100, &err), 0);
    T_INT(lt_table_range(t, 0, 100, block, &err), 0);
    const float *x = block->group[0].values;
    for (int r = 0; r < 100; r++) {
        double ink = 0;
        for (int j = 0; j < 784; j++) {
            T_OK(x[r * 784 + j] >= 0 && x[r * 784 + j] <= 1);
            ink += (double)x[r * 784 + j];
        }
        T_OK(ink > 10 && ink <= 60.01); /* 60 drops, less what is clipped */
    }
    lt_block_free(&block);
    lt_table_free(&t);
    t = help_open("builtin:curves,part=test");
    T_INT(lt_table_rows(t), 10000);
    lt_table_free(&t);
}

TEST(more_rows_begin_with_the_same_curves)
{
    struct lt_table *a = help_open("builtin:curves,rows=10");
    struct lt_table *b = help_open("builtin:curves,rows=20");
    uint64_t ha[10], hb[20];
    struct lt_error err = {0};
    T_INT(lt_table_hash_rows(a, ha, &err), 0);
    T_INT(lt_table_hash_rows(b, hb, &err), 0);
    T_OK(memcmp(ha, hb, sizeof ha) == 0);
    lt_table_free(&a);
    lt_table_free(&b);
}

TEST(sensors_have_sixteen_named_channels_and_labels_on_request)
{
    struct lt_table *t = help_open("builtin:sensors,rows=1000");
    char where[100];
    T_INT(lt_table_columns(t), 16);
    T_STR(lt_table_column_name(t, 0, NULL, 0), "temp_1");
    T_STR(lt_table_where(t, 3, 1, where, sizeof where),
          "builtin:sensors,rows=1000: row 3, column \"temp_2\"");
    T_INT(lt_table_find(t, "fault"), -1);
    lt_table_free(&t);
}

TEST(a_stated_share_of_rows_is_faulty_and_every_kind_occurs)
{
    struct lt_table *t = help_open("builtin:sensors,rows=100000,faults=0.05"), *labels = NULL;
    struct lt_block *block = NULL;
    struct lt_error err = {0};
    int64_t faulty = 0;
    T_INT(lt_labels_of(&labels, t, lt_table_find(t, "fault"), &err), 0);
    T_INT(lt_block_create(&block, labels, 100000, &err), 0);
    T_INT(lt_table_range(labels, 0, 100000, block, &err), 0);
    for (int i = 0; i < 100000; i++) {
        int32_t code = ((int32_t *)block->group[0].values)[i];
        faulty += strcmp(lt_table_text(labels, 0, code), "normal") != 0;
    }
    T_INT(lt_table_text_count(labels, 0), 6);
    T_NEAR((double)faulty / 100000, 0.05, 0.01);
    lt_block_free(&block);
    lt_table_free(&labels);
    lt_table_free(&t);
}

TEST(sensor_values_stay_near_their_ranges_and_depend_on_few_quantities)
{
    struct lt_table *t = help_open("builtin:sensors,rows=20000");
    struct lt_block *block = NULL;
    struct lt_error err = {0};
    T_INT(lt_block_create(&block, t, 20000, &err), 0);
    T_INT(lt_table_range(t, 0, 20000, block, &err), 0);
    const double *speed = block->group[8].values, *pressure = block->group[5].values;
    for (int i = 0; i < 20000; i++) {
        T_OK(speed[i] > 740 && speed[i] < 3010);
        double s = speed[i] / 3000; /* pressure_2 is 2 + 7 s^2, up to noise */
        T_NEAR(pressure[i], 2 + 7 * s * s, 0.1);
    }
    lt_block_free(&block);
    lt_table_free(&t);
}

TEST(dropouts_are_missing_cells)
{
    struct lt_table *t = help_open("builtin:sensors,rows=5000,dropouts=0.1");
    int missing = 0;
    for (int i = 0; i < 500; i++)
        missing += strcmp(help_cell(t, i, i % 16), "missing") == 0;
    T_OK(missing > 25 && missing < 80);
    lt_table_free(&t);
}

TEST(what_no_builtin_knows_is_refused)
{
    T_ERR(refused("builtin:curve"),
          "builtin:curve: there is no such data; builtin:curves and builtin:sensors are built in");
    T_ERR(refused("builtin:curves,row=5"), "builtin:curves,row=5: there is no option \"row\"; "
                                           "builtin:curves knows rows, seed, part");
    T_ERR(refused("builtin:curves,rows=0"), "builtin:curves,rows=0: rows=0 cannot be used; give a "
                                            "whole number from 1 to 10000000");
    T_ERR(refused("builtin:curves,part=dev"),
          "builtin:curves,part=dev: part=dev cannot be used; give train or test");
    T_ERR(refused("builtin:sensors,faults=2"),
          "builtin:sensors,faults=2: faults=2 cannot be used; give the share of faulty rows, 0 to "
          "0.25, or 1 for 0.02");
    T_ERR(refused("builtin:sensors,seed"), "builtin:sensors,seed: \"seed\" is no key=value; "
                                           "builtin:sensors knows rows, seed, faults, dropouts");
}

T_MAIN
