/* latent demo: a first lesson.  It uses nothing but the public interface, so it
 * is also an example of a program that trains, judges and applies. */
#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "settings.h"
#include "usage.h"
#include "verbs.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    DIMS = 6,       /* a curve has three points of two coordinates */
    WIDE_DIMS = 18, /* a fairer fight for PCA */
    SIDE = 28,      /* pixels of a picture */
    SHOWN = 3,      /* pictures drawn in the terminal */
    SOME = 10,      /* pictures encoded and drawn on the sheet */
    LONGEST_PATH = 1024,
};

static const double default_budget = 60, sensors_budget = 10;

struct demo {
    const struct lt_settings *settings;
    const char *dir;
    int talk; /* 0 with --json */
    latent_apply_options apply;
    latent_data *train, *test, *some;
    latent_model *model;
    latent_report *trained, *judged;
    latent_model *table_model;
    latent_report *table_trained, *table_judged;
    double wide_error; /* PCA with WIDE_DIMS on the test curves */
};

static void say(const struct demo *demo, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct demo *demo, const char *format, ...)
{
    va_list args;
    if (!demo->talk)
        return;
    lt_screen_finish(demo->settings->screen);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

static const char *path_in(const struct demo *demo, const char *name, char *path /* LONGEST_PATH */)
{
    snprintf(path, LONGEST_PATH, "%s/%s", demo->dir, name);
    return path;
}

static int make_folder(const char *path, latent_error *error)
{
    struct stat found;
    if (strlen(path) > LONGEST_PATH / 2)
        return lt_cli_fail(error, LATENT_EUSAGE, "-o: the name is too long");
    if (mkdir(path, 0777) == 0 || (stat(path, &found) == 0 && S_ISDIR(found.st_mode)))
        return 0;
    return lt_cli_fail(error, LATENT_EFAIL, "%s: cannot make this folder: %s", path,
                       strerror(errno));
}

static int open_rows(const char *name, int64_t begin, int64_t end, latent_data **data,
                     latent_error *error)
{
    latent_data_options options;
    latent_data_options_init(&options);
    options.row_begin = begin;
    options.row_end = end;
    return latent_data_open(data, &name, 1, &options, error);
}

static void base_options(const struct demo *demo, latent_train_options *options)
{
    latent_train_options_init(options);
    options->seed = demo->settings->seed;
    options->threads = (int)demo->settings->threads;
}

/* ---- learning ---------------------------------------------------------- */

static int learn_curves(struct demo *demo, latent_error *error)
{
    char path[LONGEST_PATH];
    latent_train_options options;
    base_options(demo, &options);
    options.dims = DIMS;
    options.layers = "400,200,100,50,25";
    options.budget =
        demo->settings->train.budget > 0 ? demo->settings->train.budget : default_budget;
    int e = open_rows("builtin:curves", 0, -1, &demo->train, error);
    if (!e)
        e = open_rows("builtin:curves,part=test", 0, -1, &demo->test, error);
    if (e)
        return e;
    say(demo,
        "An autoencoder learns to say much in few numbers.\n\n"
        "    picture (784) --> encoder --> code (6) --> decoder --> picture (784)\n\n"
        "1. LEARNING.  Here are %lld pictures of curves, 28 by 28 pixels each, drawn by\n"
        "this program. Each was made from three points, so six numbers should be enough\n"
        "to tell it. Nobody tells the network which six: it is only asked to give back\n"
        "what it was shown, through layers of 784-400-200-100-50-25-6 units and the same\n"
        "again in reverse. That takes %.0f seconds.\n",
        (long long)latent_data_rows(demo->train), options.budget);
    e = latent_train(&demo->model, demo->train, &options, &demo->settings->listener, &demo->trained,
                     error);
    if (!e)
        e = latent_model_save(demo->model, path_in(demo, "curves.latent", path), error);
    return e;
}

static int only_interrupt(void *context, const latent_progress *progress)
{
    (void)context;
    (void)progress;
    return lt_interrupt_raised();
}

/* PCA with another width, by the judge's own word: a model of one step has its
 * PCA fitted like any other. */
static int measure_wide_pca(struct demo *demo, latent_error *error)
{
    latent_model *model = NULL;
    latent_report *report = NULL;
    latent_train_options options;
    latent_listener silent = {NULL, only_interrupt, NULL};
    latent_apply_options apply = demo->apply;
    apply.listener = &silent;
    base_options(demo, &options);
    options.dims = WIDE_DIMS;
    options.layers = "none";
    options.steps = 1;
    int e = latent_train(&model, demo->train, &options, &silent, NULL, error);
    if (!e)
        e = latent_eval(model, demo->test, NULL, &apply, &report, error);
    if (!e)
        demo->wide_error = latent_report_number(report, "pca.squared_error");
    latent_report_free(&report);
    latent_model_free(&model);
    return e;
}

/* ---- judging ----------------------------------------------------------- */

static void say_row(const struct demo *demo, const char *name, int dims, double error)
{
    say(demo, "    %-20s %4d numbers  %9.3f\n", name, dims, error);
}

static int judge_curves(struct demo *demo, latent_error *error)
{
    int e = latent_eval(demo->model, demo->test, NULL, &demo->apply, &demo->judged, error);
    if (!e)
        e = measure_wide_pca(demo, error);
    if (e)
        return e;
    double ours = latent_report_number(demo->judged, "squared_error");
    double pca = latent_report_number(demo->judged, "pca.squared_error");
    say(demo,
        "\n2. THE JUDGE.  A number never stands alone. On %lld curves that it has not seen,\n"
        "the squared error per picture (0 would be perfect) beside the simplest rivals:\n\n",
        (long long)latent_data_rows(demo->test));
    say_row(demo, "the mean picture", 0, latent_report_number(demo->judged, "mean.squared_error"));
    say_row(demo, "PCA", DIMS, pca);
    say_row(demo, "PCA", WIDE_DIMS, demo->wide_error);
    say_row(demo, "the autoencoder", DIMS, ours);
    if (ours < pca)
        say(demo,
            "\nPCA is the best that straight lines can do. Curves are not straight, so the\n"
            "network leaves %.1f times less error with as many numbers%s.\n",
            pca / ours,
            ours < demo->wide_error ? ",\nand less than PCA with three times as many" : "");
    else
        say(demo,
            "\nPCA is still ahead: the network needs more than the %.0f seconds that it had.\n"
            "(latent demo --budget TIME gives it more.)\n",
            latent_report_number(demo->trained, "seconds"));
    return 0;
}

/* ---- the code ---------------------------------------------------------- */

/* The first SHOWN rows of a CSV file of codes, one header line. */
static int read_codes(const char *path, float *codes /* (SHOWN, DIMS) */, latent_error *error)
{
    char line[1000];
    int rows = 0;
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file))
        goto out;
    for (; rows < SHOWN && fgets(line, sizeof line, file); rows++) {
        char *at = line;
        for (int k = 0; k < DIMS; k++) {
            codes[rows * DIMS + k] = strtof(at, &at);
            at += *at == ',';
        }
    }
out:
    if (file)
        fclose(file);
    return rows == SHOWN ? 0 : lt_cli_fail(error, LATENT_EFAIL, "%s: cannot read it again", path);
}

/* Draws pictures side by side, one letter for two pixels, without their empty rim. */
static void draw(const struct demo *demo, const float *pictures /* (SHOWN, SIDE, SIDE) */)
{
    static const char ink[] = " .:-=+*#%@";
    for (int y = 2; y < SIDE - 2; y += 2) {
        char text[SHOWN * SIDE + 1];
        int n = 0;
        for (int i = 0; i < SHOWN; i++) {
            const float *p = pictures + i * SIDE * SIDE + y * SIDE;
            for (int x = 2; x < SIDE - 2; x++) {
                float grey = (p[x] + p[x + SIDE]) / 2;
                int shade = grey > 0 ? (int)(grey * 10) : 0;
                text[n++] = ink[shade > 9 ? 9 : shade];
            }
            if (i < SHOWN - 1)
                text[n++] = ' ';
        }
        text[n] = '\0';
        say(demo, "    %s\n", text);
    }
}

/* Decodes two curves and what lies halfway between their codes. */
static int walk(struct demo *demo, const char *codes_path, latent_error *error)
{
    float codes[SHOWN * DIMS], halfway[SHOWN * DIMS];
    float *pictures = malloc(sizeof *pictures * SHOWN * SIDE * SIDE);
    latent_session *session = NULL;
    int e = pictures ? read_codes(codes_path, codes, error)
                     : lt_cli_fail(error, LATENT_EFAIL, "out of memory");
    if (e)
        goto out;
    say(demo, "\n3. THE CODE.  This is all that is left of a picture of 784 pixels:\n\n    ");
    for (int k = 0; k < DIMS; k++) {
        say(demo, "%10.3f", codes[k]);
        halfway[k] = codes[k];
        halfway[DIMS + k] = (codes[k] + codes[DIMS + k]) / 2;
        halfway[2 * DIMS + k] = codes[DIMS + k];
    }
    e = latent_session_create(&session, demo->model, &demo->apply, error);
    if (!e)
        e = latent_decode(session, halfway, SHOWN, pictures, error);
    if (!e) {
        say(demo,
            "\n\nand this is what the decoder makes of it (left), of another (right), and of\n"
            "the numbers halfway between them, a curve that nobody ever drew (middle):\n\n");
        draw(demo, pictures);
    }
out:
    latent_session_free(&session);
    free(pictures);
    return e;
}

/* Leaves codes, decoded rows and a picture of originals above reconstructions. */
static int use_curves(struct demo *demo, latent_error *error)
{
    char path[LONGEST_PATH];
    latent_data *codes = NULL;
    int e = open_rows("builtin:curves,part=test", 0, SOME, &demo->some, error);
    if (!e)
        e = latent_encode_to(demo->model, demo->some, path_in(demo, "codes.csv", path),
                             &demo->apply, NULL, error);
    if (!e && demo->talk)
        e = walk(demo, path, error);
    if (!e)
        e = open_rows(path, 0, -1, &codes, error);
    if (!e)
        e = latent_decode_to(demo->model, codes, path_in(demo, "decoded.npy", path), &demo->apply,
                             NULL, error);
    latent_data_free(&codes);
    if (e)
        return e;
    /* a build without PNG has all but this */
    if (latent_sheet(demo->model, demo->some, SOME, path_in(demo, "curves.png", path), &demo->apply,
                     error) != 0) {
        lt_screen_message(demo->settings->screen, 1, error->text);
        memset(error, 0, sizeof *error);
    } else {
        say(demo, "\n%s shows ten of them, originals above.\n", path);
    }
    return 0;
}

/* ---- a table ----------------------------------------------------------- */

static int learn_sensors(struct demo *demo, latent_error *error)
{
    char path[LONGEST_PATH];
    latent_data *data = NULL, *other = NULL;
    latent_train_options options;
    double budget = demo->settings->train.budget;
    base_options(demo, &options);
    options.budget = budget > 0 && budget / 6 < sensors_budget ? budget / 6 : sensors_budget;
    int e = open_rows("builtin:sensors", 0, -1, &data, error);
    if (!e)
        e = open_rows("builtin:sensors,seed=2", 0, -1, &other, error);
    if (e)
        goto out;
    say(demo,
        "\n4. A TABLE.  Not only pictures: %lld columns of a machine's sensors, %lld rows to\n"
        "learn from, and %lld rows of other days to judge. No option is given; what to\n"
        "do is drawn from the data.\n",
        (long long)latent_data_columns(data), (long long)latent_data_rows(data),
        (long long)latent_data_rows(other));
    e = latent_train(&demo->table_model, data, &options, &demo->settings->listener,
                     &demo->table_trained, error);
    if (!e)
        e = latent_model_save(demo->table_model, path_in(demo, "sensors.latent", path), error);
    if (!e)
        e = latent_eval(demo->table_model, other, NULL, &demo->apply, &demo->table_judged, error);
    if (!e) {
        int dims = (int)latent_model_dims(demo->table_model);
        const char *message = latent_report_string(demo->table_judged, "message");
        say(demo, "\n    squared error per row, in scaled units\n");
        say_row(demo, "the mean row", 0,
                latent_report_number(demo->table_judged, "mean.squared_error"));
        say_row(demo, "PCA", dims, latent_report_number(demo->table_judged, "pca.squared_error"));
        say_row(demo, "the autoencoder", dims,
                latent_report_number(demo->table_judged, "squared_error"));
        if (message)
            say(demo, "\n%s\n", message);
    }
out:
    latent_data_free(&other);
    latent_data_free(&data);
    return e;
}

/* ---- the end ----------------------------------------------------------- */

static void print_json(const struct demo *demo)
{
    printf("{\"curves\": {\"train\": %s, \"test\": %s, \"pca_wide\": {\"dims\": %d, ",
           latent_report_json(demo->trained), latent_report_json(demo->judged), WIDE_DIMS);
    if (isfinite(demo->wide_error))
        printf("\"squared_error\": %.9g}}, ", demo->wide_error);
    else
        printf("\"squared_error\": null}}, ");
    printf("\"sensors\": {\"train\": %s, \"test\": %s}}\n", latent_report_json(demo->table_trained),
           latent_report_json(demo->table_judged));
}

static void say_next(const struct demo *demo)
{
    say(demo,
        "\nEverything is in %s: two models, codes.csv, decoded.npy, curves.png.\n"
        "next: try these, and then your own data\n"
        "    latent info %s/curves.latent\n"
        "    latent doctor %s/sensors.latent\n"
        "    latent encode %s/curves.latent builtin:curves,part=test -o codes.npy\n"
        "    latent train YOUR.csv -o your.latent\n",
        demo->dir, demo->dir, demo->dir, demo->dir);
}

/* For the parts that do not look at the flag themselves. */
static int stop_if_asked(latent_error *error)
{
    return lt_interrupt_raised() ? lt_cli_fail(error, LATENT_EINTERRUPTED, "interrupted") : 0;
}

int lt_cmd_demo(struct lt_settings *settings, latent_error *error)
{
    struct demo demo;
    memset(&demo, 0, sizeof demo);
    demo.settings = settings;
    demo.dir = settings->out ? settings->out : "latent-demo";
    demo.talk = !settings->json;
    lt_apply_options(settings, &demo.apply);
    lt_interrupt_install();
    int e = make_folder(demo.dir, error);
    if (!e)
        e = learn_curves(&demo, error);
    if (!e)
        e = judge_curves(&demo, error);
    if (!e)
        e = stop_if_asked(error);
    if (!e)
        e = use_curves(&demo, error);
    if (!e)
        e = stop_if_asked(error);
    if (!e)
        e = learn_sensors(&demo, error);
    if (!e) {
        lt_screen_finish(settings->screen);
        if (settings->json)
            print_json(&demo);
        say_next(&demo);
        e = lt_flush(error);
    }
    latent_report_free(&demo.table_judged);
    latent_report_free(&demo.table_trained);
    latent_model_free(&demo.table_model);
    latent_report_free(&demo.judged);
    latent_report_free(&demo.trained);
    latent_model_free(&demo.model);
    latent_data_free(&demo.some);
    latent_data_free(&demo.test);
    latent_data_free(&demo.train);
    return e;
}
