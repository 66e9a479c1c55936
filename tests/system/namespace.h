#ifndef NAMESPACE_H
#define NAMESPACE_H

#include <stdbool.h>

/*
 * Networks of a test's own, on which nobody else is: where the machine allows it, and has ip(8) and
 * nsenter(1).
 */

/* Goes into one that has nothing but loopback, with what is started from now on. */
bool namespace_enter(void);

/* Makes another one, and a wire between the two: 10.9.0.1 and fe80::1 here, .2 and ::2 there. */
bool namespace_add_far(void);

/* Takes the addresses of IPv4 off the wire. */
bool namespace_drop_v4(void);

/* Goes to the other one: for process_start. */
void namespace_go_far(void);

/* Ends the other one. */
void namespace_leave(void);

#endif
