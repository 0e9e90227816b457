#include "interrupt.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum { IMPATIENT_SECONDS = 1 };

/* The two variables of the program outside a function: a signal handler can
 * reach nothing else. */
static volatile sig_atomic_t raised;
static struct timespec first;

/* Calls only functions that POSIX lists as safe in a handler. */
static void raise_flag(int number)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!raised) {
        first = now;
        raised = 1;
    } else if (now.tv_sec - first.tv_sec > IMPATIENT_SECONDS) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

void lt_interrupt_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = raise_flag;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int lt_interrupt_raised(void)
{
    return raised != 0;
}
