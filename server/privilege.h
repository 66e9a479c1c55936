#ifndef PRIVILEGE_H
#define PRIVILEGE_H

#include "state.h"

#define PRIVILEGE_USER "chat-server"

/*
 * Where the program runs as root: gives the state folder to the user PRIVILEGE_USER (`s` is NULL
 * for none) and becomes that user, for good. 0 where it was not root or is not any more;
 * ERROR_SYSTEM and a sentence in `why` where it is root still.
 */
int privilege_drop(const struct state *s, char why[STATE_ERROR_MAX]);

#endif
