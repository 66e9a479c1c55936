/*
 * To the bare relay: whoever connects is paired, and what is sent arrives. Messages and receipts
 * have fixed lengths; a hello goes to the peer, so that joining takes a way through the relay.
 */
#include "content.h"
#include "speech.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    HELLO_LEN = 64,
    RECEIPT_LEN = 16,
};

static void put(const struct speech_client *c, const char *bytes, size_t len)
{
    if (buffer_put(c->out, bytes, len))
        abort();
}

static void say_hello(const struct speech_client *c)
{
    char hello[HELLO_LEN];
    memset(hello, 'h', sizeof hello);
    put(c, hello, sizeof hello);
}

static void say_message(const struct speech_client *c, uint64_t n, const char *content, size_t len)
{
    (void)n;
    put(c, content, len);
}

static void say_receipt(const struct speech_client *c, uint64_t n)
{
    char receipt[RECEIPT_LEN];
    content_put_hex(receipt, RECEIPT_LEN, n);
    put(c, receipt, sizeof receipt);
}

static int hear(const struct speech_client *c, const uint8_t *bytes, size_t len,
                struct speech_event *event)
{
    size_t want = !c->joined ? HELLO_LEN : c->hears_receipts ? RECEIPT_LEN : c->message_len;
    if (len < want)
        return 0;
    *event = (struct speech_event){
        .type = !c->joined          ? SPEECH_MET
                : c->hears_receipts ? SPEECH_RECEIPT
                                    : SPEECH_MESSAGE,
        .content = (const char *)bytes,
        .len = want,
    };
    if (event->type == SPEECH_RECEIPT && !content_get_hex(event->content, want, &event->n))
        return -1;
    return (int)want;
}

const struct speech speech_bare = {
    .name = "bare",
    .say_hello = say_hello,
    .say_message = say_message,
    .say_receipt = say_receipt,
    .hear = hear,
};
