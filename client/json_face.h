#ifndef JSON_FACE_H
#define JSON_FACE_H

#include "face.h"

/*
 * The face of --json: one object a line, both ways (chat-client(1), "JSON"). Texts are as they
 * came, byte for byte. `stop_fd` is readable when the program is to end. ERROR_NOMEM.
 */
int json_face_new(struct face **f, int stop_fd);

#endif
