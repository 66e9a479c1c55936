#ifndef PERSON_H
#define PERSON_H

#include "ui.h"

/* Somebody at a screen without a terminal, for tests of ui. What cannot work fails the test. */

extern const struct view_status person_status;
extern const struct ui_options person_options;

/* A screen of that size with these, drawn once. */
struct ui *person_start(int rows, int columns);

/* A key without a character; Control and a letter; text, a key a byte; a paste. */
void person_press(struct ui *ui, enum input_kind kind);
void person_control(struct ui *ui, char letter);
void person_type(struct ui *ui, const char *text);
void person_paste(struct ui *ui, const char *text, size_t len);

/* A message of the other person's. */
void person_theirs(struct ui *ui, uint64_t id, const char *text);

/* All events that there are, each with a letter: L line, K block, G take back, D draft, O older, S
 * seen, … */
const char *person_events(struct ui *ui);

/* What is being written; whether the screen has a text. */
const char *person_draft(struct ui *ui);
bool person_shows(struct ui *ui, const char *text);

#endif
