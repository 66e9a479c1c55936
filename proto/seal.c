#include "seal.h"

#include "error.h"
#include "frame.h"
#include "hpke.h"
#include "payload.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEQUENCE_LEN = 8,
    /* Where the parts of a content begin, after the format byte. */
    AT_ENC = 1 + KEYS_ID_LEN,
    AT_SEQUENCE = AT_ENC + KEYS_LEN,
    AT_TEXT = AT_SEQUENCE + SEQUENCE_LEN,
    AAD_LEN = 1 + 8 + 8,
    INFO_MAX = 16384,
    /* Contexts that an opener remembers: a peer makes one at each connection, and what waited in
       its history or in the relay's queue comes in runs. */
    CONTEXTS = 8,
};

static_assert((int)AT_SEQUENCE == 1 + (int)SEAL_CONTEXT_LEN, "the prekey's id and enc");
static_assert((int)SEAL_OVERHEAD == AT_TEXT + (int)HPKE_TAG_LEN, "the parts of a content");

struct seal_sender {
    struct hpke hpke;
    uint8_t head[AT_SEQUENCE]; /* what all its contents begin with */
};

struct context {
    uint8_t head[AT_SEQUENCE]; /* all zeros in one that was not used yet */
    struct hpke hpke;
};

struct seal_opener {
    const struct keys_ring *ring;
    struct buffer info;
    uint8_t sender[KEYS_LEN]; /* the identity as X25519 */
    struct context *contexts; /* CONTEXTS of them, in memory for secrets; owned */
    size_t next;              /* the one to replace */
};

static void put_integer(uint8_t *at, uint64_t n)
{
    for (size_t i = 0; i < 8; i++)
        at[i] = (uint8_t)(n >> (56 - 8 * i));
}

static uint64_t get_integer(const uint8_t *at)
{
    uint64_t n = 0;
    for (size_t i = 0; i < 8; i++)
        n = n << 8 | at[i];
    return n;
}

static void make_aad(const struct seal_place *place, uint8_t aad[AAD_LEN])
{
    aad[0] = (uint8_t)place->kind;
    put_integer(aad + 1, place->stream);
    put_integer(aad + 9, place->n);
}

/* HPKE's info, into an empty buffer. */
static int make_info(struct buffer *info, const struct seal_parties *p)
{
    const struct hpke_bytes parts[] = {
        {(const uint8_t *)"chat/1", sizeof "chat/1"},
        {(const uint8_t *)p->room, strlen(p->room) + 1},
        {(const uint8_t *)p->sender, strlen(p->sender) + 1},
        {(const uint8_t *)p->receiver, strlen(p->receiver) + 1},
        {p->sender_identity, KEYS_LEN},
        {p->receiver_identity, KEYS_LEN},
    };
    buffer_init(info, INFO_MAX);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof parts / sizeof parts[0]; i++)
        rc = buffer_put(info, parts[i].at, parts[i].len);
    return rc;
}

static struct hpke_bytes all_of(const struct buffer *b)
{
    struct hpke_bytes bytes;
    bytes.at = buffer_peek(b, &bytes.len);
    return bytes;
}

int seal_sender_new(struct seal_sender **sender, const struct keys_identity *identity,
                    const struct seal_parties *parties, const uint8_t prekey[KEYS_LEN],
                    const uint8_t ephemeral[KEYS_LEN])
{
    assert(memcmp(parties->sender_identity, keys_identity_public(identity), KEYS_LEN) == 0);
    struct buffer info;
    struct seal_sender *made = *sender = NULL;
    int rc = make_info(&info, parties);
    if (rc)
        goto out;
    made = keys_secret_new(sizeof *made);
    if (!made) {
        rc = ERROR_NOMEM;
        goto out;
    }
    made->head[0] = PAYLOAD_SEALED;
    keys_prekey_id(prekey, made->head + 1);
    const struct hpke_sending s = {
        .ephemeral = ephemeral,
        .sender = keys_identity_exchange(identity),
        .receiver = prekey,
        .info = all_of(&info),
    };
    rc = hpke_send(&made->hpke, &s, made->head + AT_ENC);
out:
    buffer_clear(&info);
    if (rc == 0)
        *sender = made;
    else
        seal_sender_free(made);
    return rc;
}

void seal_sender_free(struct seal_sender *sender)
{
    keys_secret_free(sender);
}

int seal_put(struct seal_sender *sender, const struct seal_place *place, const uint8_t *payload,
             size_t len, struct buffer *out)
{
    if (len > FRAME_CONTENT_MAX - SEAL_OVERHEAD)
        return ERROR_LIMIT;
    uint8_t aad[AAD_LEN], *at;
    int rc = buffer_reserve(out, len + SEAL_OVERHEAD, &at);
    if (rc)
        return rc;
    memcpy(at, sender->head, sizeof sender->head);
    put_integer(at + AT_SEQUENCE, sender->hpke.sequence);
    make_aad(place, aad);
    rc = hpke_seal(&sender->hpke, (struct hpke_bytes){aad, sizeof aad},
                   (struct hpke_bytes){payload, len}, at + AT_TEXT);
    if (rc == 0)
        buffer_commit(out, len + SEAL_OVERHEAD);
    return rc;
}

int seal_opener_new(struct seal_opener **opener, const struct keys_ring *ring,
                    const struct seal_parties *parties)
{
    struct seal_opener *made = *opener = malloc(sizeof *made);
    if (!made)
        return ERROR_NOMEM;
    *made = (struct seal_opener){
        .ring = ring,
        .contexts = keys_secret_new(CONTEXTS * sizeof *made->contexts),
    };
    int rc = make_info(&made->info, parties);
    if (rc == 0)
        rc = keys_exchange_public(parties->sender_identity, made->sender);
    if (rc == 0 && !made->contexts)
        rc = ERROR_NOMEM;
    if (rc == 0) {
        memset(made->contexts, 0, CONTEXTS * sizeof *made->contexts);
    } else {
        seal_opener_free(made);
        *opener = NULL;
    }
    return rc;
}

void seal_opener_free(struct seal_opener *opener)
{
    if (!opener)
        return;
    buffer_clear(&opener->info);
    keys_secret_free(opener->contexts);
    free(opener);
}

/* The context that was made for the head of a content, or NULL. */
static struct context *find_context(struct seal_opener *opener, const uint8_t *head)
{
    for (size_t i = 0; i < CONTEXTS; i++)
        if (memcmp(opener->contexts[i].head, head, AT_SEQUENCE) == 0)
            return &opener->contexts[i];
    return NULL;
}

int seal_open(struct seal_opener *opener, const struct seal_place *place, const uint8_t *content,
              size_t len, struct buffer *out)
{
    if (len < SEAL_OVERHEAD || content[0] != PAYLOAD_SEALED)
        return ERROR_SEAL;
    const struct keys_prekey *prekey = keys_ring_find(opener->ring, content + 1);
    if (!prekey)
        return ERROR_SEAL;
    struct hpke fresh;
    struct context *known = find_context(opener, content);
    const struct hpke_receiving r = {
        .enc = content + AT_ENC,
        .sender = opener->sender,
        .receiver = prekey->secret,
        .info = all_of(&opener->info),
    };
    if (!known && hpke_receive(&fresh, &r))
        return ERROR_SEAL;
    uint8_t aad[AAD_LEN], *at;
    int rc = buffer_reserve(out, len - SEAL_OVERHEAD, &at);
    if (rc)
        goto out;
    make_aad(place, aad);
    rc = hpke_open(known ? &known->hpke : &fresh, get_integer(content + AT_SEQUENCE),
                   (struct hpke_bytes){aad, sizeof aad},
                   (struct hpke_bytes){content + AT_TEXT, len - AT_TEXT}, at);
    if (rc)
        goto out;
    buffer_commit(out, len - SEAL_OVERHEAD);
    if (!known) { /* only now: one that opened nothing takes no other's place */
        known = &opener->contexts[opener->next++ % CONTEXTS];
        memcpy(known->head, content, sizeof known->head);
        known->hpke = fresh;
    }
out:
    keys_wipe(&fresh, sizeof fresh);
    return rc;
}

const uint8_t *seal_origin(const uint8_t *content, uint64_t *sequence)
{
    *sequence = get_integer(content + AT_SEQUENCE);
    return content + 1;
}
