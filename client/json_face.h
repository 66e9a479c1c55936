#ifndef JSON_FACE_H
#define JSON_FACE_H

#include "batch.h"

/*
 * The face of --json: one object a line, both ways (chat-client(1), "JSON"). Texts are as they
 * came, byte for byte. `stop_fd` is readable when the program is to end.
 */
void json_face_init(struct batch *b, int stop_fd);

#endif
