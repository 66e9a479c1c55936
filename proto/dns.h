#ifndef DNS_H
#define DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messages of DNS (RFC 1035), as far as looking for a relay needs them (mdns.h). Names are text as
 * in "den._chat-relay._tcp.local": in lower case when read, without a last dot, and with `\` before
 * what would not be plain in it.
 */
enum {
    DNS_MESSAGE_MAX = 1472, /* bytes of one in an Ethernet frame */
    DNS_NAME_SIZE = 1025,   /* of a name as text, with its NUL */
    DNS_NAMES_MAX = 16,     /* that a message of ours can point back to */
    DNS_ENTRIES_MAX = 64, /* questions and records of one that is read: each has a name to follow */
};

enum dns_type {
    DNS_A = 1,
    DNS_PTR = 12,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_ANY = 255, /* in a question */
};

enum {
    DNS_IN = 1,             /* the class of everything here */
    DNS_CLASS_BIT = 0x8000, /* of mDNS: answer me alone; forget what you knew */
    DNS_ANSWER = 0x8400,    /* flags: an answer, from who knows */
};

struct dns_reader {
    const uint8_t *bytes;
    size_t len, at;
    uint16_t id;
    bool is_answer;
    unsigned questions, records; /* yet to be read */
};

struct dns_record {
    char name[DNS_NAME_SIZE];
    uint16_t type, class;
    uint32_t ttl_s;
    const uint8_t *data; /* borrowed from the message; NULL in a question */
    size_t len;
};

/* Begins to read a message (borrowed). ERROR_FRAME where it is too short, or of another kind. */
int dns_reader_init(struct dns_reader *r, const uint8_t *bytes, size_t len);

/*
 * The next question; after the last one, the next record. 1, 0 for no more, or ERROR_FRAME where
 * the message is not what it says.
 */
int dns_next_question(struct dns_reader *r, struct dns_record *q);
int dns_next_record(struct dns_reader *r, struct dns_record *record);

/* The name that the data of a record ends with, from `at` on. ERROR_FRAME. */
int dns_get_name(const struct dns_reader *r, const struct dns_record *record, size_t at,
                 char name[DNS_NAME_SIZE]);

uint16_t dns_get_u16(const uint8_t *at);

/* A message that is being written. What is put must fit: nobody else decides how much it is. */
struct dns_writer {
    uint8_t *bytes; /* DNS_MESSAGE_MAX of them, borrowed */
    size_t len;
    size_t record;                       /* where the length of the data is, of the last one */
    const uint8_t *names[DNS_NAMES_MAX]; /* written so far, to point back to */
};

void dns_writer_init(struct dns_writer *w, uint8_t bytes[DNS_MESSAGE_MAX], uint16_t id,
                     uint16_t flags);
void dns_put_question(struct dns_writer *w, const char *name, enum dns_type type, uint16_t class);

/* Begins a record, an answer or an additional one; its data is put behind it, piece by piece. */
struct dns_put {
    const char *name;
    enum dns_type type;
    uint16_t class;
    uint32_t ttl_s;
    bool additional; /* those come last */
};
void dns_put_record(struct dns_writer *w, const struct dns_put *record);
void dns_put_data(struct dns_writer *w, const void *bytes, size_t len);
void dns_put_data_u16(struct dns_writer *w, uint16_t n);
void dns_put_data_name(struct dns_writer *w, const char *name);

#endif
