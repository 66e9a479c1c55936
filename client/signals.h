#ifndef SIGNALS_H
#define SIGNALS_H

/*
 * The signals that ask the program to end: SIGINT, SIGTERM, SIGHUP. SIGPIPE is ignored. Gives a
 * descriptor that becomes readable with the first of them and stays so, or ERROR_SYSTEM.
 */
int signals_init(void);

#endif
