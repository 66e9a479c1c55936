#ifndef HELLO_H
#define HELLO_H

#include "client.h"
#include "header.h"

/* Judges a hello and seats the client, or refuses it. */
void hello_take(struct relay *r, struct relay_client *c, const struct header *h);

/* Replaces its keys, or refuses them. */
void hello_take_keys(struct relay *r, struct relay_client *c, const struct header *h);

/* Sorts a list of identities for r->allowed. */
void hello_sort_allowed(char **allowed, size_t count);

/* Whether an identity may join; NULL is none. */
bool hello_is_allowed(const struct relay *r, const char *identity);

#endif
