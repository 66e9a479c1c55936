#ifndef LINK_H
#define LINK_H

#include "address.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The connection to the relay: finds it on the LAN or looks its name up, tries each of its
 * addresses in turn with a time limit, makes TLS of it, then carries bytes. Nothing here blocks.
 */
enum {
    LINK_TRY_MS = 4000, /* for one address, where there is another one after it */
    LINK_WHY_MAX = ADDRESS_ERROR_MAX + 64,
};

enum link_state {
    LINK_CLOSED,
    LINK_LOOKING, /* on the LAN */
    LINK_RESOLVING,
    LINK_CONNECTING,
    LINK_GREETING, /* TLS's handshake */
    LINK_OPEN,
};

struct link;
struct finder;
struct finder_wish;

#define LINK_LAN "lan" /* what stands for the address of the relay that is found on the LAN */

/*
 * `relay` is copied; NULL is the relay on the LAN, and where none answers there the one on this
 * host; `seed` is the identity's, for TLS, borrowed for the link's life, and NULL for plaintext.
 * ERROR_NOMEM. OpenSSL is not woken before there is somebody to speak TLS with.
 */
int link_new(struct link **l, const struct address *relay, const uint8_t *seed);

/* Closes the connection at once. NULL is allowed. */
void link_free(struct link *l);

/* The relay's address as it is written, always with its port; or LINK_LAN. */
const char *link_address(const struct link *l);

/*
 * What to call it in a sentence: the same; "the relay on the LAN", and "den (192.168.1.5:12121)"
 * once it was found.
 */
const char *link_name(const struct link *l);

/*
 * Whether it is the one on the LAN; and where that was found, the fingerprint that it announced (""
 * in plaintext), else NULL. Borrowed.
 */
bool link_is_lan(const struct link *l);
const char *link_announced(const struct link *l);

enum link_state link_get_state(const struct link *l);

/*
 * Begins to connect; the link was closed. What goes wrong at once shows in link_turn like
 * everything else. `wish` says which relay on the LAN it is, and is NULL for another one; it is
 * looked for where it was not found before, or not reached there any more.
 */
void link_open(struct link *l, const struct finder_wish *wish, uint64_t now_ms);

/* Closes at once what there is. */
void link_close(struct link *l);

/*
 * The public key that the relay proved, once the connection stands: judge it before anything is
 * written. NULL before, and in plaintext. Borrowed until the connection is closed.
 */
const uint8_t *link_identity(const struct link *l);

/* What to poll for: fd -1 where there is nothing. */
struct pollfd link_poll(const struct link *l, bool want_read, bool want_write);
uint64_t link_deadline(const struct link *l);

/*
 * Goes on with connecting, where poll(2) or the deadline said that there is something to do. 1 when
 * the connection has come to stand with this call; 0; ERROR_CLOSED when it will not: link_why.
 * ERROR_LIMIT where several relays answer on the LAN, and ERROR_KEY where only others do than the
 * one that is looked for: link_finder says which, until link_close.
 */
int link_turn(struct link *l, uint64_t now_ms);
const struct finder *link_finder(const struct link *l);

/*
 * Reads what is there, as conn_read: how many bytes, 0 for none now, or a negative error, with
 * which the link is closed: link_why.
 */
int link_read(struct link *l, void *bytes, size_t len);

/*
 * Writes what fits and gives how many bytes; of nothing, what is left of the call before. Where
 * nothing can be written any more, the relay may have said why before: link_read gives that, and
 * then the error.
 */
size_t link_write(struct link *l, const void *bytes, size_t len);

/*
 * Closes an open connection whose own address this host lost; the relay would not be heard of
 * again. Whether it did: link_why.
 */
bool link_close_homeless(struct link *l);

/* Whether link_read has bytes to give that poll(2) knows nothing of. */
bool link_pending(const struct link *l);

/* Why the last connection failed or ended, a phrase for the person ("refused by den:12121"). */
const char *link_why(const struct link *l);

#endif
