#include "mdns.h"

#include "address.h"
#include "error.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define SERVICE   "_chat-relay._tcp.local"
#define DOMAIN    ".local"
#define DIRECTORY "_services._dns-sd._udp.local" /* where all kinds of services are listed */
#define KEY       "key="

enum {
    TTL_S = 120,       /* how long an answer may be believed: nobody says goodbye */
    TTL_LEGACY_S = 10, /* to one who will not hear of a change */
    AT_PORT = 4,       /* in the data of SRV, behind priority and weight */
    AT_TARGET = 6,
    OWNER_SIZE = MDNS_LABEL_MAX + sizeof "." SERVICE,
};

/* The records of a relay, in the order in which they are written. */
enum record {
    LISTED, /* that there are relays at all */
    NAMED,  /* that this is one */
    PLACED, /* where it is */
    TOLD,   /* what else there is to know */
    V4,
    V6,
    RECORDS,
};

#define BIT(record) (1u << (record))

static const struct {
    enum dns_type type;
    bool shared; /* others have records of this name, too */
} records[RECORDS] = {
    [LISTED] = {DNS_PTR, true}, [NAMED] = {DNS_PTR, true}, [PLACED] = {DNS_SRV, false},
    [TOLD] = {DNS_TXT, false},  [V4] = {DNS_A, false},     [V6] = {DNS_AAAA, false},
};

/* The name that a record of a relay is filed under. */
static void make_owner(enum record record, const struct mdns_relay *relay, char out[OWNER_SIZE])
{
    switch (record) {
    case LISTED: snprintf(out, OWNER_SIZE, DIRECTORY); return;
    case NAMED: snprintf(out, OWNER_SIZE, SERVICE); return;
    case PLACED:
    case TOLD:
        if (relay->port == ADDRESS_PORT)
            snprintf(out, OWNER_SIZE, "%s." SERVICE, relay->name);
        else
            snprintf(out, OWNER_SIZE, "%s:%u." SERVICE, relay->name, relay->port);
        return;
    default: snprintf(out, OWNER_SIZE, "%s" DOMAIN, relay->host); return;
    }
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

void mdns_make_name(const char *host, char name[MDNS_NAME_SIZE])
{
    size_t len = 0;
    for (; host[len] && host[len] != '.' && len < MDNS_NAME_SIZE - 1; len++) {
        char c = host[len] >= 'A' && host[len] <= 'Z' ? (char)(host[len] + 'a' - 'A') : host[len];
        name[len] = is_plain(c) ? c : '-';
    }
    name[len] = '\0';
    if (len == 0)
        snprintf(name, MDNS_NAME_SIZE, "relay");
}

size_t mdns_ask(uint16_t id, uint8_t out[DNS_MESSAGE_MAX])
{
    struct dns_writer w;
    dns_writer_init(&w, out, id, 0);
    dns_put_question(&w, SERVICE, DNS_PTR, DNS_IN);
    return w.len;
}

/* Which of a relay's records have that name and type. */
static unsigned find(const struct mdns_relay *relay, const struct dns_record *asked)
{
    unsigned found = 0;
    for (enum record i = 0; i < RECORDS; i++) {
        char owner[OWNER_SIZE];
        make_owner(i, relay, owner);
        if ((asked->class & ~DNS_CLASS_BIT) == DNS_IN &&
            (asked->type == records[i].type || asked->type == DNS_ANY) &&
            strcmp(asked->name, owner) == 0)
            found |= BIT(i);
    }
    return found;
}

/* Whether the asker has that record of the relay, for a while to come. */
static bool is_known(const struct dns_reader *r, const struct mdns_relay *relay,
                     const struct dns_record *known)
{
    char name[DNS_NAME_SIZE], owner[OWNER_SIZE];
    make_owner(PLACED, relay, owner);
    return find(relay, known) == BIT(NAMED) && known->ttl_s >= TTL_S / 2 &&
           dns_get_name(r, known, 0, name) == 0 && strcmp(name, owner) == 0;
}

int mdns_read_question(const uint8_t *bytes, size_t len, const struct mdns_relay *relay,
                       struct mdns_question *q)
{
    struct dns_reader r;
    struct dns_record record;
    int rc = dns_reader_init(&r, bytes, len);
    if (rc || r.is_answer)
        return ERROR_FRAME;
    *q = (struct mdns_question){.id = r.id};
    while ((rc = dns_next_question(&r, &record)) > 0) {
        unsigned found = find(relay, &record);
        if (found && !q->wants) {
            q->first = found;
            q->type = record.type;
        }
        q->alone |= found && (record.class & DNS_CLASS_BIT);
        q->wants |= found;
    }
    while (rc == 0 && (rc = dns_next_record(&r, &record)) > 0) {
        if (is_known(&r, relay, &record))
            q->wants &= ~BIT(NAMED);
        rc = 0;
    }
    return rc;
}

/* Writes a record, all of them where it is addresses. */
static void put(struct dns_writer *w, enum record record, const struct dns_put *head,
                const struct mdns_relay *relay)
{
    char name[OWNER_SIZE];
    size_t key_len = strlen(relay->key), text_len = key_len ? strlen(KEY) + key_len : 0;
    switch (record) {
    case LISTED:
    case NAMED:
        make_owner(record == LISTED ? NAMED : PLACED, relay, name);
        dns_put_record(w, head);
        dns_put_data_name(w, name);
        break;
    case PLACED:
        make_owner(V4, relay, name);
        dns_put_record(w, head);
        dns_put_data_u16(w, 0);
        dns_put_data_u16(w, 0);
        dns_put_data_u16(w, relay->port);
        dns_put_data_name(w, name);
        break;
    case TOLD:
        dns_put_record(w, head);
        dns_put_data(w, &(uint8_t){(uint8_t)text_len}, 1);
        dns_put_data(w, KEY, text_len - key_len);
        dns_put_data(w, relay->key, key_len);
        break;
    case V4:
        for (size_t i = 0; i < relay->v4_count; i++) {
            dns_put_record(w, head);
            dns_put_data(w, &relay->v4[i], sizeof relay->v4[i]);
        }
        break;
    case V6:
        for (size_t i = 0; i < relay->v6_count; i++) {
            dns_put_record(w, head);
            dns_put_data(w, &relay->v6[i], sizeof relay->v6[i]);
        }
        break;
    case RECORDS: break;
    }
}

/* Writes all records of a set. */
static void put_all(struct dns_writer *w, unsigned set, bool additional, bool legacy,
                    const struct mdns_relay *relay)
{
    for (enum record i = 0; i < RECORDS; i++) {
        char owner[OWNER_SIZE];
        make_owner(i, relay, owner);
        const struct dns_put head = {
            .name = owner,
            .type = records[i].type,
            .class = DNS_IN | (legacy || records[i].shared ? 0 : DNS_CLASS_BIT),
            .ttl_s = legacy ? TTL_LEGACY_S : TTL_S,
            .additional = additional,
        };
        if (set & BIT(i))
            put(w, i, &head, relay);
    }
}

/* The name that was asked for first. */
static void make_asked(const struct mdns_question *q, const struct mdns_relay *relay,
                       char out[OWNER_SIZE])
{
    enum record first = 0;
    while (!(q->first & BIT(first)))
        first++;
    make_owner(first, relay, out);
}

size_t mdns_answer(const struct mdns_question *q, bool legacy, const struct mdns_relay *relay,
                   uint8_t out[DNS_MESSAGE_MAX])
{
    struct dns_writer w;
    char asked[OWNER_SIZE];
    if (!q->wants)
        return 0;
    dns_writer_init(&w, out, legacy ? q->id : 0, DNS_ANSWER);
    if (legacy) {
        make_asked(q, relay, asked);
        dns_put_question(&w, asked, q->type, DNS_IN);
    }
    size_t empty = w.len;
    put_all(&w, q->wants, false, legacy, relay);
    if (q->wants & (BIT(NAMED) | BIT(PLACED))) /* what would be asked next */
        put_all(&w, ~q->wants & ~BIT(LISTED), true, legacy, relay);
    return w.len > empty ? w.len : 0;
}

/* Finds the record of a message that has this name and type, from `r` on. */
static int find_record(struct dns_reader *r, const char *name, enum dns_type type,
                       struct dns_record *record)
{
    int rc;
    while ((rc = dns_next_record(r, record)) > 0)
        if (record->type == type && strcmp(record->name, name) == 0 && record->ttl_s > 0)
            break;
    return rc;
}

/* The name of the relay, which stands before that of the service. */
static int read_name(const char *owner, struct mdns_relay *relay)
{
    size_t len = strlen(owner), tail = strlen("." SERVICE);
    char label[DNS_NAME_SIZE];
    if (len <= tail || strcmp(owner + len - tail, "." SERVICE) != 0)
        return ERROR_FRAME;
    memcpy(label, owner, len - tail);
    label[len - tail] = '\0';
    label[strcspn(label, ":")] = '\0';
    mdns_make_name(label, relay->name);
    return 0;
}

/* The fingerprint, among what the relay tells. */
static int read_key(const struct dns_record *told, struct mdns_relay *relay)
{
    char text[KEYS_FINGERPRINT_SIZE];
    for (size_t at = 0, len; at < told->len; at += len) {
        const char *string = (const char *)told->data + at + 1;
        len = told->data[at++];
        if (len > told->len - at)
            return ERROR_FRAME;
        if (len < strlen(KEY) || memcmp(string, KEY, strlen(KEY)) != 0)
            continue;
        if (len - strlen(KEY) >= sizeof text)
            return ERROR_FRAME;
        memcpy(text, string + strlen(KEY), len - strlen(KEY));
        text[len - strlen(KEY)] = '\0';
        return keys_fingerprint_parse(text, relay->key) ? ERROR_FRAME : 0;
    }
    return 0;
}

/* Takes all addresses that are filed under that name. */
static int read_addresses(const struct dns_reader *from, const char *name, struct mdns_relay *relay)
{
    struct dns_reader r = *from;
    struct dns_record record;
    int rc;
    while (relay->v4_count < MDNS_ADDRESSES_MAX && (rc = find_record(&r, name, DNS_A, &record))) {
        if (rc < 0 || record.len != sizeof relay->v4[0])
            return ERROR_FRAME;
        memcpy(&relay->v4[relay->v4_count++], record.data, record.len);
    }
    r = *from;
    while (relay->v6_count < MDNS_ADDRESSES_MAX &&
           (rc = find_record(&r, name, DNS_AAAA, &record))) {
        if (rc < 0 || record.len != sizeof relay->v6[0])
            return ERROR_FRAME;
        memcpy(&relay->v6[relay->v6_count++], record.data, record.len);
    }
    return relay->v4_count + relay->v6_count > 0 ? 0 : ERROR_FRAME;
}

int mdns_read_answer(const uint8_t *bytes, size_t len, uint16_t id, struct mdns_relay *relay)
{
    struct dns_reader start, r;
    struct dns_record record;
    char owner[DNS_NAME_SIZE], target[DNS_NAME_SIZE];
    int rc = dns_reader_init(&start, bytes, len);
    *relay = (struct mdns_relay){.port = 0};
    if (rc || !start.is_answer || start.id != id)
        return ERROR_FRAME;
    while ((rc = dns_next_question(&start, &record)) > 0)
        ;
    r = start;
    if (rc < 0 || find_record(&r, SERVICE, DNS_PTR, &record) <= 0 ||
        dns_get_name(&r, &record, 0, owner) || read_name(owner, relay))
        return ERROR_FRAME;
    r = start;
    if (find_record(&r, owner, DNS_SRV, &record) <= 0 || record.len < AT_TARGET ||
        dns_get_name(&r, &record, AT_TARGET, target))
        return ERROR_FRAME;
    relay->port = dns_get_u16(record.data + AT_PORT);
    r = start;
    rc = find_record(&r, owner, DNS_TXT, &record);
    if (rc < 0 || (rc > 0 && read_key(&record, relay)) || relay->port == 0)
        return ERROR_FRAME;
    return read_addresses(&start, target, relay);
}
