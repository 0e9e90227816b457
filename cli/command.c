#include "command.h"

#include "progress.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int lt_open_data(const struct lt_settings *settings, int first, const latent_model *model,
                 latent_data **data, latent_error *error)
{
    latent_data_options options = settings->data;
    options.model = model;
    return latent_data_open(data, settings->operands + first, settings->operand_count - first,
                            &options, error);
}

int lt_open_pairs(const struct lt_settings *settings, latent_data **pairs, latent_error *error)
{
    return settings->pairs ? latent_data_open(pairs, &settings->pairs, 1, &settings->data, error)
                           : 0;
}

void lt_apply_options(const struct lt_settings *settings, latent_apply_options *options)
{
    latent_apply_options_init(options);
    options->threads = (int)settings->threads;
    options->seed = settings->seed;
    if (settings->backend)
        options->backend = settings->backend;
    if (settings->precision)
        options->precision = settings->precision;
    options->listener = &settings->listener;
    options->dims = settings->dims;
}

static int same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is the file one of those in a folder? */
static int stands_in(const struct stat *file, const char *folder)
{
    struct dirent *entry;
    struct stat found;
    int same = 0;
    DIR *stream = opendir(folder);
    while (stream && !same && (entry = readdir(stream)))
        same = fstatat(dirfd(stream), entry->d_name, &found, 0) == 0 && same_file(file, &found);
    if (stream)
        closedir(stream);
    return same;
}

/* Does a name given as data lead to the file or folder, or to a folder that holds the file? A name
 * in FILE.npz:KEY form leads nowhere, so its key is cut off. */
static int leads_to(const char *name, const struct stat *out)
{
    struct stat found;
    char archive[4096];
    const char *key = strstr(name, ".npz:");
    if (key && strlen(name) < sizeof archive) {
        snprintf(archive, sizeof archive, "%.*s", (int)(key - name) + 4, name);
        name = archive;
    }
    if (stat(name, &found) != 0)
        return 0;
    return same_file(&found, out) ||
           (S_ISDIR(found.st_mode) && S_ISREG(out->st_mode) && stands_in(out, name));
}

static int reads(const struct lt_settings *settings, const struct stat *out)
{
    const char *others[] = {settings->valid, settings->data.labels, settings->pack.model,
                            settings->unpack.model};
    for (int i = 0; i < settings->operand_count; i++)
        if (leads_to(settings->operands[i], out))
            return 1;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] && leads_to(others[i], out))
            return 1;
    return 0;
}

static int check_kept(const struct lt_settings *settings, const char *option, const char *path,
                      latent_error *error)
{
    struct stat found;
    if (path && strcmp(path, "-") != 0 && stat(path, &found) == 0 &&
        (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)) && reads(settings, &found))
        return lt_cli_fail(error, LATENT_EUSAGE,
                           "%s %s would overwrite what is read; choose another name", option, path);
    return 0;
}

int lt_check_output(const struct lt_settings *settings, const char *option, const char *path,
                    latent_error *error)
{
    struct stat found;
    int e = check_kept(settings, option, path, error);
    if (e || !path || strcmp(path, "-") == 0)
        return e;
    /* opening a pipe to see whether it opens would end it for its reader */
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
        return 0;
    return latent_model_check_path(path, error);
}

int lt_check_data_output(const struct lt_settings *settings, const char *option, const char *path,
                         latent_error *error)
{
    struct stat found;
    size_t length = path ? strlen(path) : 0;
    int folder = length > 0 &&
                 (path[length - 1] == '/' || (stat(path, &found) == 0 && S_ISDIR(found.st_mode)));
    return folder ? check_kept(settings, option, path, error)
                  : lt_check_output(settings, option, path, error);
}

void lt_print_error(latent_error *error)
{
    if (*error->text)
        fprintf(stderr, "latent: %s\n", error->text);
    *error->text = '\0';
}

int lt_check_json(const struct lt_settings *settings, const char *path, latent_error *error)
{
    return settings->json && !path
               ? lt_cli_fail(error, LATENT_EUSAGE,
                             "--json puts the result on standard output, so the data need a file: "
                             "add -o FILE")
               : 0;
}

int lt_flush(latent_error *error)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return lt_cli_fail(error, LATENT_EFAIL, "standard output cannot be written: %s",
                       errno ? strerror(errno) : "error");
}

void lt_print_word(const char *word, FILE *to)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-_./:=,+@%";
    if (*word && word[strspn(word, safe)] == '\0') {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", to);
        else
            fputc(*word, to);
    }
    fputc('\'', to);
}

/* The line "next: latent encode MODEL DATA ..." with the names of this run; a packed FILE stands where
 * a model does. */
static void print_next(const struct lt_settings *settings, const char *line, FILE *to)
{
    int count = settings->operand_count;
    int training = settings->verb->run == lt_cmd_train || settings->verb->run == lt_cmd_pack;
    int makes = training || settings->verb->run == lt_cmd_finetune;
    const char *model = makes ? settings->out : count > 0 ? settings->operands[0] : NULL;
    int first = training ? 0 : settings->verb->run == lt_cmd_compare ? 2 : 1;
    const char *data = count > first ? settings->operands[first] : NULL;
    while (*line) {
        size_t length = strcspn(line, " \n");
        if (model && ((length == 5 && memcmp(line, "MODEL", 5) == 0) ||
                      (length == 4 && memcmp(line, "FILE", 4) == 0)))
            lt_print_word(model, to);
        else if (data && length == 4 && memcmp(line, "DATA", 4) == 0)
            lt_print_word(data, to);
        else
            fwrite(line, 1, length, to);
        line += length;
        for (; *line == ' ' || *line == '\n'; line++)
            fputc(*line, to);
    }
}

static void print_text(const struct lt_settings *settings, const char *text, FILE *to)
{
    const char *last = text;
    for (const char *end = strchr(text, '\n'); end && end[1]; end = strchr(last, '\n'))
        last = end + 1;
    fwrite(text, 1, (size_t)(last - text), to);
    if (strncmp(last, "next:", 5) == 0)
        print_next(settings, last, to);
    else
        fputs(last, to);
}

int lt_print_report(const struct lt_settings *settings, const latent_report *report,
                    int beside_data, latent_error *error)
{
    const char *text = settings->json ? latent_report_json(report) : latent_report_text(report);
    FILE *to = beside_data ? stderr : stdout;
    size_t length = text ? strlen(text) : 0;
    lt_screen_finish(settings->screen);
    if (length == 0 || (beside_data && settings->quiet))
        return lt_flush(error);
    if (settings->json)
        fputs(text, to);
    else
        print_text(settings, text, to);
    if (text[length - 1] != '\n')
        fputc('\n', to);
    return lt_flush(error);
}

void lt_note(const struct lt_settings *settings, const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lt_screen_message(settings->screen, 0, text);
}
