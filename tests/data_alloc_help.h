/* Opening data while one allocation after the other fails; see t_alloc.h for what the build needs. */
#ifndef LT_TESTS_DATA_ALLOC_HELP_H
#define LT_TESTS_DATA_ALLOC_HELP_H

#include "data_help.h"
#include "t_alloc.h"

/* Whichever fails, the file or folder is read, or refused in words with nothing left behind. */
T_UNUSED static void help_fail_each_allocation(const char *name)
{
    T_EACH_ALLOCATION
    {
        struct lt_error err = {0};
        struct lt_table *t = NULL;
        int rc = lt_table_open(&t, &name, 1, NULL, &err);
        T_OK(rc == LT_OK ? t != NULL : rc == LT_EFAIL && !t && err.text[0]);
        lt_table_free(&t);
    }
}

#endif
