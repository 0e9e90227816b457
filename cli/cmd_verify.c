#include "command.h"
#include "interrupt.h"
#include "settings.h"
#include "verbs.h"

int lt_cmd_verify(struct lt_settings *settings, latent_error *error)
{
    latent_report *report = NULL;
    latent_verify_options options = settings->verify;
    options.threads = (int)settings->threads;
    options.listener = &settings->listener;
    lt_interrupt_install();
    int e = latent_verify(settings->operands[0], settings->operands + 1,
                          settings->operand_count - 1, &options, &report, error);
    if (!e || (e == LATENT_ENO && report)) {
        *error->text = '\0'; /* the report says it */
        int printed = lt_print_report(settings, report, 0, error);
        e = printed ? printed : e;
    }
    latent_report_free(&report);
    return e;
}
