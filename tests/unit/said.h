#ifndef SAID_H
#define SAID_H

/* What whoever plays the other side of a module's calls was told, a line each, and answers. */
extern char said[1 << 16];
extern int said_answer; /* what `say` gives; 0 at first */

int say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* That this was said, and nothing else, since the last time. */
void assert_said(const char *expected);

#endif
