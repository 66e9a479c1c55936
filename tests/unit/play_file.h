#ifndef PLAY_FILE_H
#define PLAY_FILE_H

#include "play.h"

/* For tests of files. */

#define PLAY_FILE_DIGEST               \
    "0123456789abcdef0123456789abcdef" \
    "0123456789abcdef0123456789abcdef"

/* A file of bob's, of 100 bytes. */
#define PLAY_FILE_OFFER \
    "{'kind':'file','id':'f','name':'a/b','size':100,'digest':'" PLAY_FILE_DIGEST "'}"

/* bob sends message `n` of stream w: a payload in which `%s` stands for the id of the `i`-th file.
 */
void play_file_says(struct play *p, uint64_t n, const char *payload, size_t i);

/* How often `what` is in a text. */
size_t play_count(const char *text, const char *what);

#endif
