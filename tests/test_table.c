#include "data_help.h"

static struct lt_table *letters(void)
{
    return help_text("a,b,c,d\n1,2,3,x\n4,,6,y\n7,8,9,x\n10,11,12,z\n");
}

static struct lt_table *chosen(struct lt_table *t, const char *columns, const char *ignore,
                               int64_t begin, int64_t end)
{
    struct lt_error err = {0};
    struct lt_table *view = NULL;
    struct lt_selection selection = {columns, ignore, begin, end};
    if (lt_table_select(&view, t, &selection, &err))
        T_FAIL("%s", err.text);
    return view;
}

static struct lt_error refused(struct lt_table *t, const char *columns, const char *ignore,
                               int64_t begin, int64_t end)
{
    struct lt_error err = {0};
    struct lt_table *view = NULL;
    struct lt_selection selection = {columns, ignore, begin, end};
    if (!lt_table_select(&view, t, &selection, &err))
        T_FAIL("was accepted");
    T_OK(view == NULL);
    return err;
}

TEST(a_view_shows_its_columns_and_rows_and_keeps_its_parent)
{
    struct lt_table *t = letters();
    struct lt_table *view = chosen(t, "d,b", NULL, 1, 3);
    char where[100];
    lt_table_free(&t);
    T_INT(lt_table_rows(view), 2);
    T_INT(lt_table_columns(view), 2);
    T_STR(lt_table_column_name(view, 0, NULL, 0), "b");
    T_STR(help_cell(view, 0, 0), "missing");
    T_STR(help_cell(view, 1, 0), "8");
    T_STR(help_cell(view, 0, 1), "y");
    T_STR(lt_table_where(view, 1, 0, where, sizeof where), "t.csv:4: column \"b\"");
    lt_table_free(&view);
}

TEST(ignored_columns_are_left_out)
{
    struct lt_table *t = letters();
    struct lt_table *view = chosen(t, NULL, "d", 0, -1);
    struct lt_table *inner = chosen(view, NULL, "a", 1, -1);
    T_INT(lt_table_columns(view), 3);
    T_INT(lt_table_rows(inner), 3);
    T_STR(help_cell(inner, 1, 0), "8");
    T_STR(help_cell(inner, 2, 1), "12");
    T_OK(lt_table_group(inner, 0)->missing && !lt_table_group(inner, 1)->missing);
    lt_table_free(&inner);
    lt_table_free(&view);
    lt_table_free(&t);
}

TEST(columns_of_arrays_are_chosen_by_number)
{
    float x[2][5] = {{0, 1, 2, 3, 4}, {10, 11, 12, 13, 14}};
    struct lt_error err = {0};
    struct lt_table *t = NULL;
    T_INT(lt_table_from_rows(&t, "rows", x[0], 2, 5, &err), 0);
    struct lt_table *view = chosen(t, "0,2-4", "3", 0, -1);
    T_INT(lt_table_columns(view), 3);
    T_INT(lt_table_groups(view), 1);
    T_STR(help_cell(view, 1, 0), "10");
    T_STR(help_cell(view, 1, 1), "12");
    T_STR(help_cell(view, 1, 2), "14");
    T_ERR(refused(t, "5", NULL, 0, -1),
          "rows: there is no column 5; columns have no names here, choose by number from 0 to 4, "
          "such as 0,2-5");
    lt_table_free(&view);
    lt_table_free(&t);
}

TEST(picked_rows_come_in_their_order)
{
    struct lt_table *t = letters(), *view = NULL;
    struct lt_error err = {0};
    const int64_t rows[] = {3, 0, 3};
    T_INT(lt_table_pick(&view, t, rows, 3, &err), 0);
    T_STR(help_cell(view, 0, 0), "10");
    T_STR(help_cell(view, 1, 3), "x");
    T_STR(help_cell(view, 2, 0), "10");
    lt_table_free(&view);
    lt_table_free(&t);
}

TEST(choices_that_name_nothing_are_refused_with_the_names_there_are)
{
    struct lt_table *t = help_text("width,height,kind\n1,2,x\n3,4,y\n");
    T_ERR(refused(t, "widht", NULL, 0, -1),
          "t.csv: there is no column \"widht\"; did you mean \"width\"? The columns are width, "
          "height, kind");
    T_ERR(refused(t, NULL, "colour", 0, -1),
          "t.csv: there is no column \"colour\"; the columns are width, height, kind");
    T_ERR(refused(t, "width", "width", 0, -1),
          "t.csv: no column is left of 3; choose at least one");
    T_ERR(refused(t, NULL, NULL, 1, 5),
          "t.csv: rows 1:5 cannot be taken of 2 rows; give A:B with 0 <= A < B <= 2");
    T_ERR(refused(t, "width,,kind", NULL, 0, -1),
          "t.csv: an empty column name in the list \"width,,kind\"");
    T_INT(refused(t, "x", NULL, 0, -1).code, LT_EUSAGE);
    lt_table_free(&t);
}

TEST(rows_outside_the_table_are_refused)
{
    struct lt_table *t = letters();
    struct lt_block *block = NULL;
    struct lt_error err = {0};
    const int64_t row = 4;
    T_INT(lt_block_create(&block, t, 1, &err), 0);
    T_INT(lt_table_fetch(t, &row, 1, block, &err), LT_EUSAGE);
    T_ERR(err, "t.csv: there is no row 4; rows are 0 to 3");
    T_INT(lt_table_range(t, 2, 2, block, NULL), LT_EUSAGE);
    lt_block_free(&block);
    lt_table_free(&t);
}

TEST(equal_rows_have_equal_hashes)
{
    struct lt_table *t = help_text("a,b,c\n1,x,2\n1,y,2\n1,x,2\n,x,2\n0,x,2\n");
    uint64_t h[5];
    struct lt_error err = {0};
    T_INT(lt_table_hash_rows(t, h, &err), 0);
    T_OK(h[0] == h[2] && h[0] != h[1] && h[0] != h[3] && h[3] != h[4]);
    lt_table_free(&t);
}

TEST(a_column_becomes_labels_and_leaves_the_inputs)
{
    struct lt_table *t = letters(), *labels = NULL, *inputs = NULL;
    struct lt_error err = {0};
    char text[20];
    T_INT(lt_labels_of(&labels, t, lt_table_find(t, "d"), &err), 0);
    T_INT(lt_table_without(&inputs, t, 3, &err), 0);
    T_INT(lt_table_columns(inputs), 3);
    T_STR(lt_label_text(labels, 3, text, sizeof text), "z");
    lt_table_free(&labels);
    lt_table_free(&inputs);
    T_INT(lt_labels_of(&labels, t, 1, &err), LT_ECONTENT);
    T_ERR(err, "t.csv:3: column \"b\": the label is missing; every row needs one");
    lt_table_free(&t);
}

TEST(a_file_of_labels_is_one_column_of_whole_numbers_or_words)
{
    struct lt_table *labels = NULL;
    struct lt_error err = {0};
    char text[20], want[2000];
    const char *name = t_text("labels.csv", "label\n0\n1\n0\n");
    T_INT(lt_labels_read(&labels, name, &err), 0);
    T_STR(lt_label_text(labels, 1, text, sizeof text), "1");
    lt_table_free(&labels);
    name = t_text("wide.csv", "a,b\n0,1\n");
    T_INT(lt_labels_read(&labels, name, &err), LT_ECONTENT);
    snprintf(want, sizeof want,
             "%s: labels are one column, but this has 2; give a file with one column, or the name "
             "of a column of the data",
             name);
    T_ERR(err, want);
    err = (struct lt_error){0};
    name = t_text("real.csv", "a\n0\n0.5\n");
    T_INT(lt_labels_read(&labels, name, &err), LT_ECONTENT);
    snprintf(want, sizeof want,
             "%s:3: column \"a\": the label is 0.5; labels are whole numbers or words", name);
    T_ERR(err, want);
}

T_MAIN
