#ifndef HISTORY_SAID_H
#define HISTORY_SAID_H

#include "session.h"

/*
 * Plays the session's side of the calls for tests of the history: it writes down what it is given,
 * a line each, in `said`, and answers with `session_answer`.
 */
extern char said[1 << 16];
extern int session_answer;

/* Writes a message down, after a word. Gives `session_answer`. */
int history_said_message(const char *what, const struct session_message_row *row);

#endif
