/* Classes found in labels, and rows dealt out to folds. */
#include "app/folds.h"
#include "t.h"

static struct lt_table *labels_of(const char *name, const char *text)
{
    struct lt_table *table = NULL;
    struct lt_error err = {0};
    lt_labels_read(&table, t_text(name, text), &err);
    T_STR(err.text, "");
    return table;
}

/* "label\n" and rows of the classes 0, 1, ... in turn, every class i left out of the rounds from
 * most[i] on. */
static struct lt_strata classes_of(const int64_t *size, int64_t count)
{
    char text[20000] = "label\n";
    size_t used = strlen(text);
    struct lt_strata c;
    struct lt_error err = {0};
    for (int64_t round = 0, more = 1; more; round++) {
        more = 0;
        for (int64_t k = 0; k < count; k++)
            if (round < size[k]) {
                used += (size_t)snprintf(text + used, sizeof text - used, "%lld\n", (long long)k);
                more = 1;
            }
    }
    struct lt_table *table = labels_of("sizes.csv", text);
    T_INT(lt_strata_find(&c, table, &err), 0);
    lt_table_free(&table);
    return c;
}

TEST(numbers_are_classes_in_order_of_size)
{
    struct lt_table *table = labels_of("numbers.csv", "y\n10\n-3\n9\n10\n9\n9\n");
    struct lt_strata c;
    struct lt_error err = {0};
    const int32_t want[] = {2, 0, 1, 2, 1, 1};
    T_INT(lt_strata_find(&c, table, &err), 0);
    T_INT(c.count, 3);
    T_STR(c.name[0], "-3");
    T_STR(c.name[1], "9");
    T_STR(c.name[2], "10");
    T_OK(memcmp(c.of, want, sizeof want) == 0);
    T_OK(c.size[0] == 1 && c.size[1] == 3 && c.size[2] == 2);
    T_INT(lt_strata_largest(&c), 1);
    lt_strata_free(&c);
    lt_table_free(&table);
}

TEST(words_are_classes_in_order_of_their_bytes)
{
    struct lt_table *table = labels_of("words.csv", "y\npear\nZebra\napple\npear\n");
    struct lt_strata c;
    struct lt_error err = {0};
    const int32_t want[] = {2, 0, 1, 2};
    T_INT(lt_strata_find(&c, table, &err), 0);
    T_INT(c.count, 3);
    T_STR(c.name[0], "Zebra");
    T_STR(c.name[2], "pear");
    T_OK(memcmp(c.of, want, sizeof want) == 0);
    lt_strata_free(&c);
    lt_table_free(&table);
}

TEST(one_class_is_refused)
{
    struct lt_table *table = labels_of("one.csv", "y\n7\n7\n7\n");
    struct lt_strata c;
    struct lt_error err = {0};
    char want[400], where[300];
    T_INT(lt_strata_find(&c, table, &err), LT_ECONTENT);
    snprintf(want, sizeof want,
             "%s: all 3 labels are \"7\"; to tell classes apart there must be two",
             lt_table_where(table, 0, 0, where, sizeof where));
    T_ERR(err, want);
    T_OK(!c.of && !c.name);
    lt_table_free(&table);
}

TEST(folds_share_every_class_and_all_rows_evenly)
{
    const int64_t size[] = {41, 7, 5, 100, 13}, folds = 5;
    struct lt_strata c = classes_of(size, 5);
    int32_t fold[166], again[166];
    int64_t all[5] = {0}, of[5][5] = {{0}}, rows[166];
    T_INT(c.rows, 166);
    T_INT(lt_folds_deal(fold, &c, folds, 1, NULL), 0);
    for (int i = 0; i < 166; i++) {
        T_OK(fold[i] >= 0 && fold[i] < folds);
        all[fold[i]]++;
        of[c.of[i]][fold[i]]++;
    }
    for (int f = 0; f < folds; f++) {
        T_OK(all[f] == 33 || all[f] == 34);
        for (int k = 0; k < 5; k++)
            T_OK(of[k][f] == size[k] / folds || of[k][f] == size[k] / folds + 1);
        T_INT(lt_folds_rows(rows, fold, 166, f, false), all[f]);
        T_OK(fold[rows[0]] == f && rows[1] > rows[0]);
        T_INT(lt_folds_rows(rows, fold, 166, f, true), 166 - all[f]);
        T_OK(fold[rows[5]] != f);
    }
    T_INT(lt_folds_deal(again, &c, folds, 1, NULL), 0);
    T_OK(memcmp(fold, again, sizeof fold) == 0);
    T_INT(lt_folds_deal(again, &c, folds, 2, NULL), 0);
    T_OK(memcmp(fold, again, sizeof fold) != 0);
    lt_strata_free(&c);
}

TEST(folds_that_cannot_be_are_refused)
{
    const int64_t size[] = {6, 3};
    struct lt_strata c = classes_of(size, 2);
    struct lt_error one = {0}, many = {0}, few = {0};
    int32_t fold[9];
    T_INT(lt_folds_deal(fold, &c, 1, 1, &one), LT_EUSAGE);
    T_ERR(one, "--folds 1: rows are judged by what was learnt from the other folds, so there must "
               "be 2 at least");
    T_INT(lt_folds_deal(fold, &c, 10, 1, &many), LT_EUSAGE);
    T_ERR(many, "--folds 10: there are only 9 rows to deal out");
    T_INT(lt_folds_deal(fold, &c, 4, 1, &few), LT_ECONTENT);
    T_ERR(few, "class \"1\" has 3 rows for 4 folds, so that it would be absent in one; give fewer "
               "--folds, or leave the class out");
    T_INT(lt_folds_deal(fold, &c, 3, 1, NULL), 0);
    lt_strata_free(&c);
}

T_MAIN
