#include "help.h"

#include "latent.h"
#include "options.h"
#include "verbs.h"

#include <string.h>

enum { WIDTH = 80, INDENT = 25 };

static const char picture[] =
    "  x (D numbers) --> encoder --> code (K numbers) --> decoder --> x' (D numbers)\n";

static const char data_kinds[] =
    "DATA is a CSV or TSV, NPY, NPZ (file.npz:KEY) or IDX file, gzipped or not; images "
    "of one size (PNG, JPEG, WebP, PGM or PPM) or a folder of them; - is "
    "CSV on standard input; builtin:curves and builtin:sensors need no file. "
    "Data and codes go to the file after -o, results to standard output, and "
    "progress to standard error.";

/* Prints words from column `column` on, breaking lines at WIDTH, and ends the
 * line; lines after the first begin at `indent`. */
static void print_wrapped(const char *text, int column, int indent, FILE *to)
{
    int first = 1;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (!first && column + 1 + length > WIDTH) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
        first = 0;
    }
    fputc('\n', to);
}

const char *lt_help_option_text(const struct lt_option *row, char *text, size_t size)
{
    const char *list = row->choices ? latent_choices(row->choices) : NULL;
    snprintf(text, size, "%s%s%s", row->help, list ? "; one of " : "", list ? list : "");
    return text;
}

static void print_option(const struct lt_option *row, FILE *to)
{
    char left[64], text[600], letter[8] = "    ";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    int column = snprintf(left, sizeof left, "  %s--%s %s", letter, row->name,
                          row->metavar ? row->metavar : "");
    if (column < INDENT)
        fprintf(to, "%-*s", INDENT, left);
    else
        fprintf(to, "%s\n%*s", left, INDENT, "");
    print_wrapped(lt_help_option_text(row, text, sizeof text), INDENT, INDENT, to);
}

void lt_help_program(FILE *to)
{
    const struct lt_verb *verb;
    const char *heading = "";
    fprintf(to,
            "latent squeezes rows of numbers through a short code and back: an autoencoder.\n\n"
            "%s\nUsage: latent VERB [MODEL] DATA [options]\n",
            picture);
    for (size_t i = 0; (verb = lt_verb_at(i)); i++) {
        if (strcmp(heading, verb->heading) != 0)
            fprintf(to, "\n%s\n", heading = verb->heading);
        fprintf(to, "  %-13s%s\n", verb->name, verb->summary);
    }
    fputs("\nExamples\n"
          "  latent train sensors.csv -o sensors.latent\n"
          "  latent eval sensors.latent new.csv\n"
          "  latent encode sensors.latent new.csv -o codes.csv\n\n",
          to);
    print_wrapped(data_kinds, 0, 0, to);
    fputs("\nlatent VERB --help tells the rest. New here? Type: latent demo\n", to);
}

void lt_help_verb(const struct lt_verb *verb, FILE *to)
{
    const struct lt_option *row;
    fprintf(to, "latent %s: %s\n\nUsage: latent %s%s%s [options]\n\n", verb->name, verb->summary,
            verb->name, *verb->operands ? " " : "", verb->operands);
    print_wrapped(verb->about, 0, 0, to);
    for (int group = 0; group < LT_GROUP_COUNT; group++) {
        int shown = 0;
        for (size_t i = 0; (row = lt_option_at(i)); i++) {
            if (!(row->verbs & verb->bit) || (int)row->group != group)
                continue;
            if (!shown++)
                fprintf(to, "\n%s\n", lt_option_group_title(row->group));
            print_option(row, to);
        }
    }
    fputs("\nExamples\n", to);
    for (size_t i = 0; i < 4 && verb->examples[i][0]; i++)
        fprintf(to, "  %s\n      %s\n", verb->examples[i][0], verb->examples[i][1]);
}
