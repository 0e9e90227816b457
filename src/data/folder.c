#include "data/folder.h"

#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool lt_folder_is(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int fail_folder(const char *folder, struct lt_error *err)
{
    return lt_fail(err, LT_EFAIL, "%s: the folder cannot be read: %s", folder, strerror(errno));
}

/* "FOLDER/NAME", with one slash. */
int lt_folder_join(char **out, const char *folder, const char *name, struct lt_error *err)
{
    size_t n = strlen(folder), room;
    while (n > 1 && folder[n - 1] == '/')
        n--;
    room = n + strlen(name) + 2;
    int rc = lt_alloc(out, room, 1, folder, err);
    if (!rc)
        snprintf(*out, room, "%.*s%s%s", (int)n, folder, folder[n - 1] == '/' ? "" : "/", name);
    return rc;
}

/* Adds a file; anything else is passed over. */
static int add(char ***paths, size_t *room, int *count, const char *folder, const char *name,
               struct lt_error *err)
{
    struct stat st;
    char *path = NULL;
    if (*count == LT_FOLDER_FILES_MAX)
        return lt_fail(err, LT_EUSAGE, "%s: holds more than %d files, which is the limit", folder,
                       LT_FOLDER_FILES_MAX);
    int rc = lt_grow(paths, room, (size_t)*count + 1, sizeof **paths, folder, err);
    if (!rc)
        rc = lt_folder_join(&path, folder, name, err);
    if (!rc && stat(path, &st) != 0)
        rc = lt_fail(err, LT_EFAIL, "%s: cannot be read: %s", path, strerror(errno));
    if (!rc && S_ISREG(st.st_mode)) {
        (*paths)[(*count)++] = path;
        path = NULL;
    }
    lt_free(path);
    return rc;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int lt_folder_list(char ***paths, int *count, const char *folder, struct lt_error *err)
{
    *paths = NULL;
    *count = 0;
    size_t room = 0;
    int rc = LT_OK;
    DIR *stream = opendir(folder);
    if (!stream)
        return fail_folder(folder, err);
    struct dirent *entry;
    while (!rc && (errno = 0, entry = readdir(stream)))
        if (entry->d_name[0] != '.')
            rc = add(paths, &room, count, folder, entry->d_name, err);
    if (!rc && errno)
        rc = fail_folder(folder, err);
    closedir(stream);
    if (!rc && *count > 1)
        qsort(*paths, (size_t)*count, sizeof **paths, compare);
    if (!rc)
        return LT_OK;
    lt_folder_free(*paths, *count);
    *paths = NULL;
    *count = 0;
    return rc;
}

int lt_folder_files(char ***paths, int *count, const char *path, struct lt_error *err)
{
    if (lt_folder_is(path))
        return lt_folder_list(paths, count, path, err);
    *count = 0;
    int rc = lt_alloc(paths, 1, sizeof **paths, path, err);
    if (!rc)
        rc = lt_strdup(*paths, path, err);
    if (rc) {
        lt_free(*paths);
        *paths = NULL;
        return rc;
    }
    *count = 1;
    return LT_OK;
}

void lt_folder_free(char **paths, int count)
{
    for (int i = 0; paths && i < count; i++)
        lt_free(paths[i]);
    lt_free(paths);
}
