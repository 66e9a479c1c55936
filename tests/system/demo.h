#ifndef DEMO_H
#define DEMO_H

#include "terminal.h"

/* demo_screen in a terminal, for the tests of the screen; what goes wrong fails the test. */

struct terminal *demo_start_in(int rows, int columns, const char *const *environment);

/* Starts it as usual, and waits until it is there. */
struct terminal *demo_start(int rows, int columns);

/* The terminal must be as a shell left it. */
void demo_assert_restored(struct terminal *t);

/* Ends it as a person does, looks at the terminal, and frees it. */
void demo_quit(struct terminal *t);

#endif
