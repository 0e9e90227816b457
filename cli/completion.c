#include "completion.h"

#include "latent.h"
#include "options.h"
#include "verbs.h"

#include <string.h>

/* The list "a, b, c" as the shell wants it: "a b c". */
static void print_words(const char *list, FILE *to)
{
    for (; *list; list++)
        if (*list != ',')
            fputc(*list, to);
}

/* One case per option whose value is a word from a list. */
static void print_choices(FILE *to)
{
    const struct lt_option *row;
    fputs("    case $before in\n", to);
    for (size_t i = 0; (row = lt_option_at(i)); i++) {
        const char *list = row->choices ? latent_choices(row->choices) : NULL;
        if (!list || lt_option_find(row->name, strlen(row->name), LT_VERB_ALL) != row)
            continue;
        fprintf(to, "    --%s)\n        COMPREPLY=($(compgen -W '", row->name);
        print_words(list, to);
        fputs("' -- \"$word\"))\n        return ;;\n", to);
    }
    fputs("    esac\n", to);
}

static void print_options(unsigned bit, FILE *to)
{
    const struct lt_option *row;
    const char *space = "";
    for (size_t i = 0; (row = lt_option_at(i)); i++) {
        if (!(row->verbs & bit))
            continue;
        fprintf(to, "%s--%s", space, row->name);
        space = " ";
    }
}

static void print_verbs(FILE *to)
{
    const struct lt_verb *verb;
    for (size_t i = 0; (verb = lt_verb_at(i)); i++)
        fprintf(to, "%s%s", i ? " " : "", verb->name);
}

int lt_completion_print(const char *shell, FILE *to)
{
    const struct lt_verb *verb;
    if (strcmp(shell, "zsh") == 0)
        fputs("autoload -U +X bashcompinit && bashcompinit\n", to);
    else if (strcmp(shell, "bash") != 0)
        return -1;
    fputs("_latent()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n",
          to);
    print_choices(to);
    fputs("    if [ \"$COMP_CWORD\" = 1 ]; then\n        COMPREPLY=($(compgen -W '", to);
    print_verbs(to);
    fputs(" --help --version' -- \"$word\"))\n        return\n    fi\n"
          "    case $word in -*) ;; *) return ;; esac\n"
          "    case ${COMP_WORDS[1]} in\n",
          to);
    for (size_t i = 0; (verb = lt_verb_at(i)); i++) {
        fprintf(to, "    %s) COMPREPLY=($(compgen -W '", verb->name);
        print_options(verb->bit, to);
        fputs("' -- \"$word\")) ;;\n", to);
    }
    fputs("    esac\n}\ncomplete -o default -F _latent latent\n", to);
    return 0;
}
