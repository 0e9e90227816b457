#include "command.h"

#include "progress.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int lt_open_data(const struct lt_settings *settings, int first, latent_data **data,
                 latent_error *error)
{
    return latent_data_open(data, settings->operands + first, settings->operand_count - first,
                            &settings->data, error);
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
}

/* Do both names lead to the same file? A name in FILE.npz:KEY form leads nowhere,
 * so its key is cut off. */
static int same_file(const char *a, const char *b)
{
    struct stat x, y;
    char name[4096];
    const char *key = strstr(b, ".npz:");
    if (key && strlen(b) < sizeof name) {
        snprintf(name, sizeof name, "%.*s", (int)(key - b) + 4, b);
        b = name;
    }
    return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

int lt_check_output(const struct lt_settings *settings, const char *option, const char *path,
                    latent_error *error)
{
    struct stat found;
    if (!path || strcmp(path, "-") == 0)
        return 0;
    for (int i = 0; i < settings->operand_count; i++)
        if (same_file(path, settings->operands[i]))
            return lt_cli_fail(error, LATENT_EUSAGE,
                               "%s %s would overwrite what is read; choose another name", option,
                               path);
    /* opening a pipe to see whether it opens would end it for its reader */
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
        return 0;
    return latent_model_check_path(path, error);
}

void lt_print_error(latent_error *error)
{
    if (*error->text)
        fprintf(stderr, "latent: %s\n", error->text);
    *error->text = '\0';
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

/* The line "next: latent encode MODEL DATA ..." with the names of this run. */
static void print_next(const struct lt_settings *settings, const char *line, FILE *to)
{
    int training = settings->verb->run == lt_cmd_train, count = settings->operand_count;
    const char *model = training ? settings->out : count > 0 ? settings->operands[0] : NULL;
    int first = training ? 0 : settings->verb->run == lt_cmd_compare ? 2 : 1;
    const char *data = count > first ? settings->operands[first] : NULL;
    while (*line) {
        size_t length = strcspn(line, " \n");
        if (model && length == 5 && memcmp(line, "MODEL", 5) == 0)
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
        return 0;
    if (settings->json)
        fputs(text, to);
    else
        print_text(settings, text, to);
    if (text[length - 1] != '\n')
        fputc('\n', to);
    return beside_data ? 0 : lt_flush(error);
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
