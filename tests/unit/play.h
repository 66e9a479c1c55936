#ifndef PLAY_H
#define PLAY_H

#include "play_disk.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Plays the world around one session for its tests: the relay by literal frames, the disk, and the
 * clock. What the session does is written down as text, a line for each event and frame, and
 * compared with what the test expects. Streams of ours are written A, B, C … in the order in which
 * they appear, theirs w, x, y, z.
 */
enum {
    PLAY_TEXT = 1 << 21,
    PLAY_STREAMS = 26,
};

struct play {
    struct session *s;
    struct keys_identity *identity; /* where it seals */
    uint64_t now_ms;
    bool open;        /* options of the session: --no-seal, else with an identity; and with keys */
    const char *keys; /* NULL */
    bool manual;      /* nothing is committed but by play_commit */
    bool no_loads;    /* SESSION_LOAD is not answered but by play_load */
    bool trace_saves; /* write SESSION_SAVE_… down too */
    bool quiet;       /* write nothing down */
    int error;        /* the first negative result of a call with the session */
    uint64_t ours[PLAY_STREAMS];
    size_t ours_count;
    struct play_disk pending, disk; /* saved; and committed */
    bool dirty;
    struct session_event load; /* the last SESSION_LOAD */
    size_t load_max;           /* messages given for each; 0: all */
    char events[PLAY_TEXT], frames[PLAY_TEXT];
    size_t events_len, frames_len;
};

/* For cmocka, around each test, whose state it is then: a new session; joined, with bob there; its
 * end. */
int play_set_up(void **state);
int play_set_up_joined(void **state);
int play_tear_down(void **state);

/* A new session of alice in the lobby, restored from `p->disk` and started. */
void play_init(struct play *p);
void play_start(struct play *p);
void play_clear(struct play *p);

/* The client dies and is started again from what was committed; the clock goes on. */
void play_restart(struct play *p);

/* Connected, welcomed with nobody there, or with bob (online); what came of it is forgotten. */
void play_join_alone(struct play *p);
void play_join(struct play *p);

/* The relay sends a frame: a header as JSON, in which ' stands for ", and w, x, y, z or A, B, C
 * after
 * `#` for a stream. The payload is JSON likewise, NULL for no content. */
void play_relay(struct play *p, const char *header);
void play_relay_payload(struct play *p, const char *header, const char *payload);
void play_relay_content(struct play *p, const char *header, const uint8_t *content, size_t len);

/* bob says a text: message `n` of stream w, x, y or z. */
void play_bob_says(struct play *p, char stream, uint64_t n, const char *text);

/* What the relay says of bob; `rest` is more of the header: ",'stored':…". */
void play_bob_is(struct play *p, const char *state, const char *rest);

/* The connection is cut and made again, and welcomed with bob like that; the rest is forgotten. */
void play_come_back(struct play *p, const char *state, const char *rest);

/* bob's receipt for message `n` of a stream of ours. */
void play_bob_has(struct play *p, char stream, uint64_t n);

/* bob asks for what comes after message `n`. */
void play_bob_asks(struct play *p, char stream, uint64_t n);

/* The person says a text; gives its id. */
uint64_t play_say(struct play *p, const char *text);

/* The person says "1", "2", …; what came of it is forgotten. */
void play_say_many(struct play *p, int from, int to);

/* Such a text as a payload, and as it is sent to bob. */
#define SAID(n)        "{'kind':'text','text':'" #n "'}\n"
#define SENT(place, n) "message bob " #place " " SAID(n)

/* Turns of the edge until nothing happens: events, commits (unless manual), output. */
void play_turn(struct play *p);
void play_commit(struct play *p);
/* Answers the last SESSION_LOAD from what was committed. */
void play_load(struct play *p);

/* The disk loses a message. */
void play_lose(struct play *p, uint64_t id);

/* The clock moves on. */
void play_wait(struct play *p, uint64_t ms);

/* The connection is lost, and made again as far as JOINING. */
void play_cut(struct play *p);

/* What happened since the last time, after a turn. */
void play_expect(struct play *p, const char *events, const char *frames);
void play_expect_frames(struct play *p, const char *frames);
void play_expect_events(struct play *p, const char *events);
void play_forget(struct play *p);

#endif
