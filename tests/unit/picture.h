#ifndef PICTURE_H
#define PICTURE_H

#include "canvas.h"

/*
 * A canvas as text, for people and for tests: its rows without the spaces at their ends, each ended
 * by a line feed, and a last line with the cursor's row and column. A new string; out of memory
 * fails the test.
 */
char *picture_of(const struct canvas *canvas);

/*
 * The same with a letter for each column's style: `.` plain, `b` bold, `d` dim, `r` reverse, `u`
 * underlined; with a colour its number in hex instead.
 */
char *picture_of_styles(const struct canvas *canvas);

/*
 * Compares with tests/data/screens/`name`, and fails the test where they differ. With
 * CHAT_WRITE_SCREENS in the environment the file is written instead, to be looked at and committed.
 */
void picture_check(const char *name, const char *picture);

#endif
