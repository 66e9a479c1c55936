#ifndef ACTION_H
#define ACTION_H

#include "list.h"
#include "relay.h"

/*
 * Something for the edge to do with the disk: it waits in the order in which it came about, and
 * lies in what it is about. What it says is read when the edge pulls it.
 */
struct action {
    struct link link;
    enum relay_event_type type;
};

/* Messages to delete from the disk. */
struct deletion {
    struct action action;
    uint64_t seat, stream, n;
};

#endif
