#ifndef TORTURE_LINES_H
#define TORTURE_LINES_H

/*
 * How many calls of getline go well, in programs that link with the `torture_lines` library; then
 * it has no memory once, which is no error of the file's. -1, as at first and after that: all.
 */
extern int torture_lines;

#endif
