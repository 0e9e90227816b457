/* progress.h: what is said on standard error while the library works.
 *
 * On a terminal, one line that is drawn over itself a few times a second.
 * Elsewhere plain lines, one per validation, fewer as training goes on.
 */
#ifndef LT_CLI_PROGRESS_H
#define LT_CLI_PROGRESS_H

#include "latent.h"

#include <stdio.h>

struct lt_screen {
    FILE *to;
    int terminal, colour, unicode;
    int quiet, verbose;
    int drawn;        /* a bar stands on the current line */
    double next;      /* latent_seconds() before which nothing is drawn */
    double line_next; /* seconds of training before which no plain line is printed */
    int legend;       /* the legend was printed */
    char stage[32];   /* of the last call */
    int pending;      /* `last` has not been shown */
    latent_progress last;
};

/* Looks at standard error, NO_COLOR and the locale. */
void lt_screen_init(struct lt_screen *screen, int quiet, int verbose);
/* Ends the bar or prints the last plain line, so that other text may follow. */
void lt_screen_finish(struct lt_screen *screen);

/* The two functions of a latent_listener whose context is a struct lt_screen.
 * Progress cancels once Ctrl-C was pressed. */
int lt_screen_progress(void *screen, const latent_progress *progress);
void lt_screen_message(void *screen, int level, const char *text);

#endif
