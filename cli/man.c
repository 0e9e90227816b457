#include "man.h"

#include "help.h"
#include "latent.h"
#include "options.h"
#include "verbs.h"

#include <string.h>

/* Text in roff: dashes and backslashes escaped, no line begins with a dot or a
 * quote. Only used for whole lines. */
static void print_escaped(const char *text, FILE *to)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", to);
    for (; *text; text++) {
        if (*text == '-')
            fputs("\\-", to);
        else if (*text == '\\')
            fputs("\\e", to);
        else
            fputc(*text, to);
    }
}

static void print_line(const char *text, FILE *to)
{
    print_escaped(text, to);
    fputc('\n', to);
}

static void print_option(const struct lt_option *row, FILE *to)
{
    char text[600];
    fputs(".TP\n", to);
    if (row->letter)
        fprintf(to, "\\fB\\-%c\\fR, ", row->letter);
    fputs("\\fB\\-\\-", to);
    print_escaped(row->name, to);
    fputs("\\fR", to);
    if (row->metavar)
        fprintf(to, " \\fI%s\\fR", row->metavar);
    fputc('\n', to);
    print_line(lt_help_option_text(row, text, sizeof text), to);
}

static void print_options(unsigned verbs, FILE *to)
{
    const struct lt_option *row;
    for (int group = 0; group < LT_GROUP_COUNT; group++) {
        int shown = 0;
        for (size_t i = 0; (row = lt_option_at(i)); i++) {
            if ((row->verbs & verbs) != verbs || (int)row->group != group)
                continue;
            if (!shown++)
                fprintf(to, ".SS %s\n", lt_option_group_title(row->group));
            print_option(row, to);
        }
    }
}

static void print_program(FILE *to)
{
    const struct lt_verb *verb;
    fprintf(to, ".TH LATENT 1 \"\" \"latent %s\" \"User Commands\"\n", latent_version());
    fputs(".SH NAME\nlatent \\- autoencoders for tables and images\n"
          ".SH SYNOPSIS\n.B latent\n.I VERB\n[\\fIMODEL\\fR] \\fIDATA\\fR [\\fIoptions\\fR]\n"
          ".SH DESCRIPTION\n"
          "Trains networks that squeeze rows of D numbers through a code of K numbers and back,\n"
          "judges them beside PCA and the mean on rows they have not seen, and applies them.\n"
          ".SH VERBS\n",
          to);
    for (size_t i = 0; (verb = lt_verb_at(i)); i++) {
        fprintf(to, ".TP\n\\fB%s\\fR ", verb->name);
        print_line(verb->operands, to);
        print_line(verb->about, to);
        fprintf(to, "See \\fBlatent\\-%s\\fR(1).\n", verb->name);
    }
    fputs(".SH OPTIONS\n", to);
    print_options(LT_VERB_ALL, to);
    fputs(".SH EXIT STATUS\n", to);
    fputs(".TP\n0\ndone, also when the verdict is to use PCA\n"
          ".TP\n1\nfailed: missing or unwritable file, input or output error, memory, diverged\n"
          ".TP\n2\nusage: unknown option or a value that cannot be used\n"
          ".TP\n3\nunreadable or corrupt content, or columns that do not fit the model\n"
          ".TP\n4\nthe answer is no: doctor found a fault, data have moved, models differ, or "
          "packed\n"
          "data are not what they should be\n"
          ".TP\n130\ninterrupted; training saved a checkpoint\n"
          ".SH ENVIRONMENT\n.TP\nNO_COLOR\nno colours in the progress bar\n",
          to);
}

static void print_verb(const struct lt_verb *verb, FILE *to)
{
    fprintf(to, ".TH LATENT\\-%s 1 \"\" \"latent %s\" \"User Commands\"\n", verb->name,
            latent_version());
    fprintf(to, ".SH NAME\nlatent\\-%s \\- ", verb->name);
    print_line(verb->summary, to);
    fprintf(to, ".SH SYNOPSIS\n.B latent %s\n", verb->name);
    if (*verb->operands)
        print_line(verb->operands, to);
    fputs("[\\fIoptions\\fR]\n.SH DESCRIPTION\n", to);
    print_line(verb->about, to);
    fputs(".SH OPTIONS\n", to);
    print_options(verb->bit, to);
    fputs(".SH EXAMPLES\n", to);
    for (size_t i = 0; i < 4 && verb->examples[i][0]; i++) {
        fputs(".TP\n\\fB", to);
        print_escaped(verb->examples[i][0], to);
        fputs("\\fR\n", to);
        print_line(verb->examples[i][1], to);
    }
    fputs(".SH SEE ALSO\n.BR latent (1)\n", to);
}

void lt_man_print(const struct lt_verb *verb, FILE *to)
{
    if (verb)
        print_verb(verb, to);
    else
        print_program(to);
}
