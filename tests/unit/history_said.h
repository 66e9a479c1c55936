#ifndef HISTORY_SAID_H
#define HISTORY_SAID_H

#include "said.h"
#include "session.h"

/*
 * Plays the session's side of the calls for tests of the history: it says what it is given, a line
 * each, and answers with `said_answer`.
 */

/* Says a message, after a word. Gives `said_answer`. */
int history_said_message(const char *what, const struct session_message_row *row);

#endif
