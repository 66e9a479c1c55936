#ifndef SIGNALS_H
#define SIGNALS_H

/*
 * The signals that ask the program to end: SIGINT, SIGTERM, SIGHUP. SIGPIPE is ignored, and
 * SIGCHLD is not. Gives a descriptor that becomes readable with the first of those that end it and
 * stays so, or ERROR_SYSTEM.
 */
int signals_init(void);

#endif
