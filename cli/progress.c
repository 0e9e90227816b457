#include "progress.h"

#include "interrupt.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PARTS = 9, BAR_CELLS = 16 };

static const double redraw_seconds = 0.1;

static int locale_is_utf8(void)
{
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8");
    }
    return 0;
}

void lt_screen_init(struct lt_screen *screen, int quiet, int verbose)
{
    const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    memset(screen, 0, sizeof *screen);
    screen->to = stderr;
    screen->quiet = quiet;
    screen->verbose = verbose;
    screen->terminal = isatty(fileno(stderr)) && terminal && strcmp(terminal, "dumb") != 0;
    screen->colour = screen->terminal && !(no_colour && *no_colour);
    screen->unicode = screen->terminal && locale_is_utf8();
}

/* ---- a line is made of parts, of which some can be left out ------------ */

struct part {
    char text[80];
    int width;          /* on the screen */
    const char *colour; /* escape sequence or NULL */
    int rank;           /* higher ones are left out first when the line is too long */
};

struct line {
    struct part parts[PARTS];
    int count;
};

static void add(struct line *line, int rank, const char *colour, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct line *line, int rank, const char *colour, const char *format, ...)
{
    if (line->count == PARTS)
        return;
    struct part *part = &line->parts[line->count++];
    va_list args;
    va_start(args, format);
    part->width = vsnprintf(part->text, sizeof part->text, format, args);
    va_end(args);
    part->colour = colour;
    part->rank = rank;
}

/* 0:07, 12:34 or 1:02:03. */
static void add_clock(struct line *line, double seconds, const char *what)
{
    long s = seconds < 0 ? 0 : seconds > 1e9 ? 1000000000 : lround(seconds);
    if (s >= 3600)
        add(line, 0, NULL, "%ld:%02ld:%02ld%s", s / 3600, s / 60 % 60, s % 60, what);
    else
        add(line, 0, NULL, "%ld:%02ld%s", s / 60, s % 60, what);
}

static void add_rate(struct line *line, double rate)
{
    if (!(rate > 0))
        return;
    if (rate < 1e4)
        add(line, 2, NULL, "%.0f rows/s", rate);
    else if (rate < 1e7)
        add(line, 2, NULL, "%.0fk rows/s", rate / 1e3);
    else
        add(line, 2, NULL, "%.0fM rows/s", rate / 1e6);
}

/* The part of the stage that is done, in [0, 1], or -1 when nobody knows. */
static double part_done(const latent_progress *p)
{
    double done = -1;
    if (p->steps > 0)
        done = (double)p->step / (double)p->steps;
    else if (p->seconds_left >= 0 && p->seconds + p->seconds_left > 0)
        done = p->seconds / (p->seconds + p->seconds_left);
    return done > 1 ? 1 : done;
}

static void add_bar(struct line *line, const struct lt_screen *screen, double done)
{
    char bar[BAR_CELLS * 4 + 1] = "";
    int full = (int)(done * BAR_CELLS + 0.5);
    if (done < 0)
        return;
    for (int i = 0; i < BAR_CELLS; i++)
        strcat(bar, i < full ? (screen->unicode ? "\xe2\x94\x81" : "=")
                             : (screen->unicode ? "\xe2\x94\x80" : "-"));
    add(line, 4, "\033[36m", "%s", bar);
    line->parts[line->count - 1].width = BAR_CELLS;
    add(line, 3, NULL, "%3.0f%%", floor(100 * done));
}

static int training(const latent_progress *p)
{
    return p->stage && strcmp(p->stage, "training") == 0;
}

static void compose(struct line *line, const struct lt_screen *screen, const latent_progress *p,
                    int with_bar)
{
    line->count = 0;
    if (training(p) && p->epochs > 0)
        add(line, 0, NULL, "epoch %.0f/%.0f", fmin((double)p->epoch, ceil(p->epochs)),
            ceil(p->epochs));
    else if (training(p))
        add(line, 0, NULL, "epoch %lld", (long long)p->epoch);
    else
        add(line, 0, NULL, "%s", p->stage ? p->stage : "working");
    if (with_bar)
        add_bar(line, screen, part_done(p));
    if (isfinite(p->train_loss))
        add(line, 1, NULL, "train %.4g", p->train_loss);
    if (p->penalty > 0 && p->penalty_name)
        add(line, 2, NULL, "of it %s %.3g", p->penalty_name, p->penalty);
    if (isfinite(p->valid_error))
        add(line, 0, p->valid_error < p->pca_error ? "\033[32m" : NULL, "valid %.4g",
            p->valid_error);
    if (isfinite(p->pca_error))
        add(line, 0, NULL, "PCA %.4g", p->pca_error);
    add_rate(line, p->rows_per_second);
    if (p->seconds_left >= 0)
        add_clock(line, p->seconds_left, " left");
    else
        add_clock(line, p->seconds, "");
}

static int line_width(const struct line *line)
{
    int width = 2 * (line->count - 1);
    for (int i = 0; i < line->count; i++)
        width += line->parts[i].width;
    return width;
}

/* Leaves parts out until the line fits. */
static void shorten(struct line *line, int columns)
{
    while (line_width(line) > columns) {
        int worst = 0;
        for (int i = 1; i < line->count; i++)
            if (line->parts[i].rank > line->parts[worst].rank)
                worst = i;
        if (line->parts[worst].rank == 0)
            worst = line->count - 1;
        if (line->count == 1)
            return;
        memmove(&line->parts[worst], &line->parts[worst + 1],
                sizeof line->parts[0] * (size_t)(line->count - worst - 1));
        line->count--;
    }
}

static void print_line(const struct line *line, const struct lt_screen *screen)
{
    for (int i = 0; i < line->count; i++) {
        const struct part *part = &line->parts[i];
        int coloured = screen->colour && part->colour;
        fprintf(screen->to, "%s%s%s%s", i ? "  " : "", coloured ? part->colour : "", part->text,
                coloured ? "\033[0m" : "");
    }
}

/* ---- the two ways of showing ------------------------------------------- */

static void print_legend(struct lt_screen *screen, const latent_progress *p)
{
    if (screen->legend || !training(p))
        return;
    screen->legend = 1;
    fprintf(screen->to, "train: loss per row; valid: squared error per held-out row%s\n",
            isnan(p->pca_error) ? "" : "; PCA: the line to beat");
}

static void clear_bar(struct lt_screen *screen)
{
    if (screen->drawn)
        fputs("\r\033[K", screen->to);
    screen->drawn = 0;
}

static void draw_bar(struct lt_screen *screen, const latent_progress *p)
{
    struct line line;
    struct winsize size = {0};
    int columns = 80;
    double now = latent_seconds();
    if (now < screen->next)
        return;
    screen->next = now + redraw_seconds;
    if (ioctl(fileno(screen->to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    clear_bar(screen);
    print_legend(screen, p);
    compose(&line, screen, p, 1);
    shorten(&line, columns - 1);
    print_line(&line, screen);
    fflush(screen->to);
    screen->drawn = 1;
    screen->pending = 0;
}

static void print_plain(struct lt_screen *screen, const latent_progress *p)
{
    struct line line;
    print_legend(screen, p);
    compose(&line, screen, p, 0);
    print_line(&line, screen);
    fputc('\n', screen->to);
    fflush(screen->to);
    screen->pending = 0;
}

/* Plain lines grow rarer, so that an hour leaves some sixty of them. */
static void maybe_print_plain(struct lt_screen *screen, const latent_progress *p)
{
    if (!p->epoch_ended || !training(p))
        return;
    screen->pending = 1;
    if (!screen->verbose && p->seconds < screen->line_next)
        return;
    screen->line_next = p->seconds * 1.1 + 1;
    print_plain(screen, p);
}

void lt_screen_finish(struct lt_screen *screen)
{
    if (screen->quiet)
        return;
    if (screen->terminal && screen->drawn && strcmp(screen->stage, "training") == 0) {
        screen->next = 0;
        if (screen->pending) {
            screen->last.stage = screen->stage;
            draw_bar(screen, &screen->last);
        }
        fputc('\n', screen->to); /* the end of training stays to be read */
        screen->drawn = 0;
    } else if (screen->terminal) {
        clear_bar(screen);
    } else if (screen->pending) {
        screen->last.stage = screen->stage;
        print_plain(screen, &screen->last);
    }
    screen->pending = 0;
    fflush(screen->to);
}

int lt_screen_progress(void *context, const latent_progress *p)
{
    struct lt_screen *screen = context;
    const char *stage = p->stage ? p->stage : "";
    if (screen->quiet)
        return lt_interrupt_raised();
    if (strncmp(stage, screen->stage, sizeof screen->stage - 1) != 0) {
        lt_screen_finish(screen);
        snprintf(screen->stage, sizeof screen->stage, "%s", stage);
        screen->next = 0;
        screen->line_next = 0;
        if (screen->verbose && !screen->terminal)
            fprintf(screen->to, "%s\n", stage);
    }
    screen->last = *p;
    if (screen->terminal) {
        screen->pending = 1;
        draw_bar(screen, p);
    } else {
        maybe_print_plain(screen, p);
    }
    return lt_interrupt_raised();
}

void lt_screen_message(void *context, int level, const char *text)
{
    struct lt_screen *screen = context;
    if ((screen->quiet && level != 1) || (level >= 2 && !screen->verbose))
        return;
    clear_bar(screen);
    if (level == 1)
        fprintf(screen->to, "%swarning:%s %s\n", screen->colour ? "\033[33m" : "",
                screen->colour ? "\033[0m" : "", text);
    else
        fprintf(screen->to, "%s\n", text);
    fflush(screen->to);
    screen->next = 0;
}
