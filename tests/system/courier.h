#ifndef COURIER_H
#define COURIER_H

#include "people.h"

#include <stddef.h>

/* Files from alice to bob (people.h), at a relay that can be started again. */
enum {
    COURIER_LARGE = 30 << 20,
};

/* For cmocka, around each test, between client_make_scratch and its end. */
int courier_set_up(void **state);
int courier_tear_down(void **state);

void courier_start_relay(void);

/* Starts one of them: `face` is --plain or --json; `prepare` as process_start. */
void courier_start(struct client *c, const char *nick, const char *face, void (*prepare)(void));

/* The two of them meet at a new relay; their input ends, and they do, well. */
void courier_meet(void (*prepare_bob)(void));
void courier_part(void);

/* Makes a file in the scratch folder that no other one is like. Its path is borrowed until the next
 * call. */
const char *courier_make_file(const char *name, size_t size);

/* The folder that bob's files go into; the path of one of them; how many there are. */
const char *courier_inbox(void);
const char *courier_arrived(const char *name);
size_t courier_count(void);

/* A command and its argument; alice offers a file, and bob was told. */
void courier_say(struct client *c, const char *command, const char *argument);
void courier_send(const char *path);

/* A large file is on its way; so much of it came; it came whole, and alone. */
const char *courier_begin_large(void);
void courier_wait_for(size_t size);
void courier_expect_large(const char *path);

void courier_assert_same(const char *path, const char *other);

#endif
