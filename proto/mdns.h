#ifndef MDNS_H
#define MDNS_H

#include "dns.h"
#include "keys.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is asked and answered to find a relay on the LAN (PROTOCOL.md, "Finding a relay"): DNS-SD
 * (RFC 6763) over multicast DNS (RFC 6762).
 */
enum {
    MDNS_PORT = 5353,
    MDNS_LABEL_MAX = 63,    /* bytes of a part of a name */
    MDNS_NAME_SIZE = 58,    /* of a name that a port can follow in such a part, with its NUL */
    MDNS_ADDRESSES_MAX = 4, /* of each family: an answer fits into 512 bytes */
};

#define MDNS_GROUP_V4 "224.0.0.251"
#define MDNS_GROUP_V6 "ff02::fb"

/* A relay, as an answer has it. */
struct mdns_relay {
    char name[MDNS_NAME_SIZE];     /* what its host is called, as mdns_make_name gives it */
    char host[MDNS_LABEL_MAX + 1]; /* what its addresses are filed under: it means nothing */
    uint16_t port;
    char key[KEYS_FINGERPRINT_SIZE]; /* the fingerprint of its key; "" in plaintext */
    struct in_addr v4[MDNS_ADDRESSES_MAX];
    struct in6_addr v6[MDNS_ADDRESSES_MAX];
    size_t v4_count, v6_count;
};

/*
 * Makes the name of a relay of what its host is called: the first part, in lower case, with `-` for
 * all but letters and digits.
 */
void mdns_make_name(const char *host, char name[MDNS_NAME_SIZE]);

/* Writes the question for every relay, and gives its length. */
size_t mdns_ask(uint16_t id, uint8_t out[DNS_MESSAGE_MAX]);

/* A question that was read. */
struct mdns_question {
    uint16_t id;
    bool alone;     /* the answer is for the asker alone */
    unsigned wants; /* which records; 0: none of ours */
    unsigned first; /* the first question that was about one, and its type */
    enum dns_type type;
};

/* Reads what is asked of that relay. ERROR_FRAME where it is no question. */
int mdns_read_question(const uint8_t *bytes, size_t len, const struct mdns_relay *relay,
                       struct mdns_question *q);

/*
 * Writes the answer, and gives its length; 0 where there is nothing to say. `legacy` is for one who
 * asks from another port than mDNS's, and knows plain DNS alone.
 */
size_t mdns_answer(const struct mdns_question *q, bool legacy, const struct mdns_relay *relay,
                   uint8_t out[DNS_MESSAGE_MAX]);

/*
 * Reads the answer to the question with this id: a relay with at least one address. ERROR_FRAME
 * where there is none in it.
 */
int mdns_read_answer(const uint8_t *bytes, size_t len, uint16_t id, struct mdns_relay *relay);

#endif
