/* Folders as lists of names.
 */
#ifndef LT_DATA_FOLDER_H
#define LT_DATA_FOLDER_H

#include "base/error.h"
#include <stdbool.h>

enum { LT_FOLDER_FILES_MAX = 10 * 1000 * 1000 };

bool lt_folder_is(const char *path);

/* "FOLDER/NAME" of every regular file, or link to one, whose name does not begin with a dot, in the
 * byte order of names; folders within are passed over.  The caller frees the list with
 * lt_folder_free.  LT_EFAIL when the folder or what stands in it cannot be read, LT_EUSAGE when it
 * holds too many files; *paths is then NULL. */
int lt_folder_list(char ***paths, int *count, const char *folder, struct lt_error *err);
/* The same of a folder; of anything else, the path itself. */
int lt_folder_files(char ***paths, int *count, const char *path, struct lt_error *err);
/* "FOLDER/NAME", the caller's to free. */
int lt_folder_join(char **out, const char *folder, const char *name, struct lt_error *err);
void lt_folder_free(char **paths, int count); /* NULL is allowed, and so are NULL paths */

#endif
