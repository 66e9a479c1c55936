#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * Runs the person's own command, with `who` and `text` as its last two arguments, and leaves it
 * alone. The command is words between spaces, of which the first is a program; there is no shell.
 * Both texts are sanitised.
 *
 * ERROR_SYSTEM where it cannot be run (errno).
 */
int notify_run(const char *command, const char *who, const char *text);

#endif
