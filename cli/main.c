/* latent: the program.  It parses, calls one verb, and turns the result into
 * an exit status; all else is behind latent.h. */
#include "command.h"
#include "completion.h"
#include "help.h"
#include "latent.h"
#include "man.h"
#include "parse.h"
#include "progress.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

static int exit_status(int code)
{
    return code == LATENT_EINTERRUPTED ? 130 : -code;
}

static int print_version(latent_error *error)
{
    const char *features = latent_features();
    size_t length = strlen(features);
    printf("latent %s\n%s%s", latent_version(), features,
           length && features[length - 1] != '\n' ? "\n" : "");
    return lt_flush(error);
}

/* latent help [VERB], and two that packagers use:
 * latent --man [VERB], latent --completion SHELL. Returns 1 when it was one. */
static int run_hidden(int argc, char **argv, latent_error *error, int *result)
{
    const char *first = argc > 1 ? argv[1] : "", *second = argc > 2 ? argv[2] : NULL;
    int man = strcmp(first, "--man") == 0, help = strcmp(first, "help") == 0;
    const struct lt_verb *verb = second ? lt_verb_find(second) : NULL;
    if (strcmp(first, "--completion") == 0 && second) {
        if (lt_completion_print(second, stdout) == 0)
            *result = lt_flush(error);
        else
            *result = lt_cli_fail(error, LATENT_EUSAGE,
                                  "--completion: \"%s\" is not one of bash, zsh", second);
        return 1;
    }
    if (!man && !help)
        return 0;
    if (second && !verb) {
        *result = lt_cli_fail(error, LATENT_EUSAGE,
                              "\"%s\" is not a verb; latent --help lists them", second);
        return 1;
    }
    if (man)
        lt_man_print(verb, stdout);
    else if (verb)
        lt_help_verb(verb, stdout);
    else
        lt_help_program(stdout);
    *result = lt_flush(error);
    return 1;
}

static int run_verb(struct lt_settings *settings, latent_error *error)
{
    struct lt_screen screen;
    int e = lt_parse_check(settings, error);
    if (e)
        return e;
    lt_screen_init(&screen, settings->quiet, settings->verbose);
    settings->screen = &screen;
    settings->listener.context = &screen;
    settings->listener.progress = lt_screen_progress;
    settings->listener.message = lt_screen_message;
    e = settings->verb->run(settings, error);
    lt_screen_finish(&screen);
    return e;
}

int main(int argc, char **argv)
{
    struct lt_settings settings = {.started = latent_seconds()};
    latent_error error = {0};
    int e;
    if (run_hidden(argc, argv, &error, &e)) {
        lt_print_error(&error);
        return exit_status(e);
    }
    e = lt_parse(&settings, argc, argv, &error);
    if (!e && settings.version) {
        e = print_version(&error);
    } else if (!e && settings.help) {
        if (settings.verb)
            lt_help_verb(settings.verb, stdout);
        else
            lt_help_program(stdout);
        e = lt_flush(&error);
    } else if (!e && !settings.verb) {
        lt_help_program(stderr);
        e = LATENT_EUSAGE;
    } else if (!e) {
        e = run_verb(&settings, &error);
    }
    lt_print_error(&error);
    lt_settings_free(&settings);
    return exit_status(e);
}
