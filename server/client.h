#ifndef CLIENT_H
#define CLIENT_H

#include "core.h"
#include "frame.h"

struct seat;
struct control;

enum client_state {
    CLIENT_NEW,       /* no hello yet */
    CLIENT_JOINED,    /* has a seat */
    CLIENT_FLUSHING,  /* its end is being written */
    CLIENT_FINISHING, /* that is done; the edge ends the sending half */
    CLIENT_LINGERING, /* that is done; what still comes is discarded */
    CLIENT_DROPPED,   /* the edge is to close it */
    CLIENT_STATES,
};

struct relay_client {
    struct link in_list;  /* one of r->lists; where it waits */
    struct link in_ready; /* r->ready */
    uint64_t since_ms;
    uint64_t number; /* connections are counted as they come */
    void *owner;
    struct seat *seat;
    char *identity;    /* proven; NULL for none */
    uint64_t saves_in; /* what it sent last for the disk: r->transaction then, and 1 */
    struct frame_reader reader;
    struct link urgent, receipts, ordered; /* controls to send; the last with the messages */
    uint32_t waiting;                      /* bytes of them all */
    uint32_t replying;                     /* bytes of answers to what it sent */
    uint32_t out_start, out_len;
    uint8_t *out; /* bytes that were offered and not taken; NULL for none */
    enum client_state state;
    bool ended;  /* its sending half is */
    bool held;   /* frames of its wait in the reader: it does not read its replies */
    bool broken; /* out of memory: to be dropped */
    bool drop_told;
    bool told_input, told_output; /* what the edge knows */
};

/* It has something to tell the edge. */
void client_touch(struct relay *r, struct relay_client *c);

/* Takes the next of what it has to tell: 1, and it is touched again where there is more; or 0. */
int client_next(struct relay *r, struct relay_client *c, struct relay_event *event);

/* Puts it at the end of a list that it is to wait in. */
void client_wait(struct relay *r, struct relay_client *c, enum client_list list);

/* Something was written to it. */
void client_written(struct relay *r, struct relay_client *c);

/* Memory for it ran out: it is dropped before the next event. */
void client_break(struct relay *r, struct relay_client *c);

/* Tells a fatal error and ends it, which was not yet. `about` is the message's header or NULL. */
void client_fail(struct relay *r, struct relay_client *c, enum header_code code,
                 const struct header *about);

/* Ends it in good order: what was written for it, it still gets. */
void client_finish(struct relay *r, struct relay_client *c, bool leave);

/* Ends it at once. */
void client_drop(struct relay *r, struct relay_client *c);

/* Joined: it holds a seat from now on. */
void client_join(struct relay *r, struct relay_client *c, struct seat *s);

/* Whether it may be sent anything new. */
bool client_is_open(const struct relay_client *c);

/* A transaction ended: those who only waited for that end too. */
void client_finish_all(struct relay *r);

/* Since when the client with this link has been in its list. */
uint64_t client_since_ms(const struct link *in_list);

/* Carries out what is due for those who were in a list for too long. */
void client_expire(struct relay *r, enum client_list list);

#endif
