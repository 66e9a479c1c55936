#ifndef WORLD_H
#define WORLD_H

#include "buffer.h"
#include "header.h"
#include "keys.h"
#include "relay.h"
#include "rng.h"
#include "session.h"
#include "simdisk.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Two clients, a relay, a network and three disks in one process, from one seed. The real relay and
 * session machines run; what this code plays is their edges, and everything that goes wrong.
 */
enum {
    CLIENTS = 2,
    TEXT_MAX = 16000,   /* of a large message */
    QUEUE_MAX = 1000,   /* of a small queue */
    CAPTURED_MAX = 64,  /* contents that a hostile relay remembers */
    LINKS_MAX = 32,     /* connections of one history */
    MESSAGES_MAX = 512, /* that one client writes in one history */
    PLACES_MAX = 4096,  /* of its messages, those that nobody sees among them */
    FILES_MAX = 4,      /* that one client offers in one history */
    FILE_BYTES = 400,   /* of one */
};

/* One direction of a connection. */
struct pipe {
    struct buffer bytes;
    bool ended;               /* by its sender, in good order */
    bool broken;              /* what was on its way is lost, and the receiver will learn of it */
    struct frame_reader seen; /* what was written, to look at */
};

/* A content that a hostile relay saw, and keys. */
struct captured {
    enum header_type type;
    int from; /* whose */
    uint64_t stream, n;
    uint8_t *content; /* owned */
    size_t content_len;
    char keys[512];
};

/* One connection. Each end has its own idea of whether there is one. */
struct link {
    int client; /* whose */
    struct relay_client *accepted;
    bool client_end, relay_end; /* open at that end */
    bool stuck;                 /* half-dead: nothing moves, and nobody is told */
    bool welcomed;              /* the relay wrote so */
    struct pipe up, down;
    struct frame_reader evil_up, evil_down; /* what a hostile relay makes of it */
};

/* A place that a message of a client has or had. */
struct place {
    int number;   /* below 0 of what is no text */
    bool written; /* into a connection */
    uint64_t stream, n;
};

/*
 * Messages `first` to `n` of a stream, which a client wrote since anybody connected; those up to
 * `before` it had written before, and they may still be on their way.
 */
struct written {
    uint64_t stream, first, n, before;
};

/* What is here of a file that the peer sends. */
struct part {
    char id[PAYLOAD_ID_MAX + 1];
    uint8_t bytes[FILE_BYTES];
    size_t len, safe;
    bool ready;  /* taken in this run */
    bool checks; /* SESSION_FILE_CHECK is to be answered */
};

struct host_client {
    struct session *session; /* NULL while it is not running */
    struct simdisk disk;
    struct keys_identity *identity; /* NULL: everything is in the open */
    char pin[KEYS_TEXT_SIZE];       /* the peer's identity, pinned; "" for none; on another disk */
    struct link *link;              /* the connection it uses; NULL for none */
    bool wants_link;                /* SESSION_CONNECT is to be answered */
    bool quits;                     /* the person wanted it to end */
    bool forgetful;                 /* its disk has lost messages, and stays */
    unsigned waits;                 /* turns until its disk commits */
    uint64_t starts_ms;             /* when a client that does not run starts again */
    unsigned written;               /* messages so far */
    unsigned to_write;              /* messages in all */
    struct written since_joined;
    bool shown[4 * MESSAGES_MAX]; /* ids shown since this start */
    struct place places[PLACES_MAX];
    size_t places_count;
    unsigned offered, to_offer; /* files */
    struct part parts[FILES_MAX];
    size_t parts_count;
    bool reads; /* SESSION_FILE_READ is to be answered: */
    struct transfer_piece piece;
};

/* What can be said of a message of client i: where it ever was safe. */
struct fate {
    bool on_relay, on_peer;
};

/* How much goes wrong; each is once in so many chances, 0 for never. */
struct faults {
    unsigned cut, stick, crash_client, crash_relay, commit_fails, disk_full, old_store, lost_store,
        old_client, forget, jump_wall, refuse, stop, quit;
    unsigned late;           /* commits that have to wait, while everything goes on */
    unsigned cancel, vanish; /* files that the person does not want, or removes */
};

struct world {
    uint64_t seed;
    struct rng rng;
    struct faults faults;
    bool healing; /* nothing goes wrong any more */
    bool sealed;
    unsigned hostile; /* what the relay passes on, it changes once in so many times; 0: never */
    unsigned garbled; /* in the open, one message in so many cannot be read; 0: none */
    struct keys_identity *mallory; /* somebody else's */
    struct captured captured[CAPTURED_MAX];
    size_t captured_count;
    bool durable; /* the relay has a disk */
    bool narrow;  /* a few messages fill a queue, and one may fit where another did not */
    bool busy;    /* much is written */
    bool wide;    /* messages are large, so that the window fills */
    bool files;   /* some go both ways */
    bool trace;
    uint64_t now_ms, wall_ms;
    struct relay *relay; /* NULL while it is down */
    struct simdisk relay_disk;
    uint64_t relay_starts_ms;
    unsigned relay_waits; /* turns until its disk commits */
    struct link links[LINKS_MAX];
    size_t links_count;
    struct host_client clients[CLIENTS];
    struct fate fates[CLIENTS][MESSAGES_MAX];
    bool lost[CLIENTS][MESSAGES_MAX]; /* with its writer's disk, or by it */
    uint64_t steps;
    char failure[256]; /* what rule was broken; empty for none */
};

/* Runs the history of `seed`. True where all rules held; otherwise `failure` says which did not. */
bool world_run(struct world *w, uint64_t seed, bool trace);

/* A line of the trace. */
void world_say(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Records that a rule was broken; the first time counts. */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether something goes wrong here: once in `n` while faults happen. */
bool world_fault(struct world *w, unsigned n);

/* Whether a commit has to wait: then `*waits` says for how many turns more. */
bool world_waits(struct world *w, unsigned *waits);

/* The network (net.c). */
void net_connect(struct world *w, int client);
void net_clear(struct link *link); /* frees what it holds */
void net_close_client(struct world *w, struct link *link);
void net_close_relay(struct world *w, struct link *link);
/* Moves some bytes, ends and losses; false where there was nothing to move. */
bool net_step(struct world *w);

/* The relay and its edge (host_relay.c). */
void host_relay_start(struct world *w);
void host_relay_crash(struct world *w, const char *why);
void host_relay_stop(struct world *w);
void host_relay_turn(struct world *w); /* carries out what the relay asks for */

/* Whether it has this message of a client on its disk. */
bool host_relay_holds(const struct world *w, int client, int number);

/* A relay that does what it likes (hostile.c). */
void hostile_init(struct world *w);
void hostile_clear(struct world *w);
/* Sees what a client sent. */
void hostile_see(struct world *w, struct link *link, const uint8_t *bytes, size_t len);
/* Puts what a client gets instead of those bytes. */
void hostile_pass(struct world *w, struct link *link, const uint8_t *bytes, size_t len,
                  struct buffer *out);

/* A client and its edge (host_client.c). */
void host_client_start(struct world *w, int client);
void host_client_crash(struct world *w, int client, const char *why);
void host_client_turn(struct world *w, int client);
/* The person ends it, until it starts again; `leave` gives the seat up. */
void host_client_quit(struct world *w, int client, bool leave);
void host_client_write(struct world *w, int client);

#endif
