#ifndef REPORT_H
#define REPORT_H

#include "conn.h"
#include "relay.h"

#include <stdbool.h>

/* What the log says about connections. */

void report_connected(const struct conn *c);

/* What is wrong with the other side. False where that is not known, and nothing was logged. */
bool report_useless(const struct conn *c);

/* It failed: an error of conn_read and the like, with errno where that is ERROR_SYSTEM. */
void report_lost(const struct conn *c, int error);

/* RELAY_LOG; `c` is NULL where it is about no connection. */
void report_event(const struct conn *c, const struct relay_event *event);

#endif
