#ifndef HOST_FILES_H
#define HOST_FILES_H

#include "world.h"

/*
 * The files of a client and what a person does with them. What is written of one that comes is safe
 * when SESSION_SAVE_FILE says so; of the rest a crash loses some.
 */

/* Carries out an event that is about a file. */
void host_files_carry_out(struct world *w, int client, const struct session_event *event);

/* The process is gone. */
void host_files_crash(struct world *w, int client);

/* The person, or the edge, does something with a file, perhaps; false where there was nothing. */
bool host_files_act(struct world *w, int client);

/* Whether every file is whole where it was accepted, or its transfer ended; else says which not. */
bool host_files_are_done(struct world *w, char *why, size_t size);

#endif
