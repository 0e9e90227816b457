/* interrupt.h: Ctrl-C and SIGTERM as a flag that long work looks at. */
#ifndef LT_CLI_INTERRUPT_H
#define LT_CLI_INTERRUPT_H

/* From now on SIGINT and SIGTERM only raise the flag, so that training can save
 * a checkpoint.  One that comes more than a second after the first ends the
 * program at once; sooner ones do not, since programs such as timeout(1) send
 * the same signal twice. */
void lt_interrupt_install(void);
int lt_interrupt_raised(void);

#endif
