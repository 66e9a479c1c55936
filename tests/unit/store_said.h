#ifndef STORE_SAID_H
#define STORE_SAID_H

#include "relay.h"

/*
 * Plays the relay's side of the calls for tests of the store: it writes down what it is given, a
 * line each, in `said`, and answers with `relay_answer`.
 */
extern char said[1 << 16];
extern int relay_answer;

#endif
