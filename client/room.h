#ifndef ROOM_H
#define ROOM_H

#include "header.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct peer;

/* Who is in the room, and who that is. */

/* Somebody in the room, as `welcome` or `presence` shows them. */
struct room_sighting {
    struct json_string nick, keys;
    enum header_state state;
    uint64_t time;
    const struct header_run *stored;
    size_t stored_count;
};

/* Whether a peer is the one whom we trust; anew, where the pins changed: all, those of a nick. */
void room_judge(const struct session *s, struct peer *peer);
void room_judge_all(struct session *s);
void room_judge_named(struct session *s, const char *nick);

/* As session_get_trust. */
enum session_trust room_trust(const struct session *s);

/* The person accepts the one who is held; has verified the peer. */
void room_accept(struct session *s);
void room_verify(struct session *s);

/* Somebody holds the other seat. */
void room_see(struct session *s, const struct room_sighting *seen, bool welcome);

/* Somebody gave the other seat up. */
void room_see_left(struct session *s, const struct room_sighting *seen);

/* Nobody is there. */
void room_see_nobody(struct session *s);

/* After a welcome: the seats of all the others were freed. */
void room_forget_others(struct session *s);

/*
 * Who a message is from. Perhaps somebody who left, whose nick has another holder now; or of whom
 * the nick is all that is known. NULL: the session is poisoned, or the relay broke the protocol.
 */
struct peer *room_find_author(struct session *s, const struct header *h);

#endif
