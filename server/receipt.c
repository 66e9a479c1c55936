#include "receipt.h"

#include "disk.h"
#include "queue.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct relay *r, struct seat *to, struct control *k)
{
    to->receipts_count--;
    r->receipts_bytes -= k->len + RELAY_MESSAGE_COST;
    output_free(r, k);
}

void receipt_keep(struct relay *r, struct seat *to, struct control *k)
{
    struct link *next;
    for (struct link *l = to->receipts.next; l != &to->receipts; l = next) {
        next = l->next;
        if (LINK_OF(l, struct control, link)->stream == k->stream)
            drop(r, to, LINK_OF(l, struct control, link));
    }
    if (to->receipts_count == RELAY_STREAMS_KEPT)
        drop(r, to, LINK_OF(to->receipts.next, struct control, link));
    k->seat = to;
    link_put(&to->receipts, &k->link);
    to->receipts_count++;
    r->receipts_bytes += k->len + RELAY_MESSAGE_COST;
}

void receipt_hand_over(struct relay *r, struct seat *to)
{
    if (link_is_alone(&to->receipts))
        return;
    disk_delete_receipts(r, to);
    while (!link_is_alone(&to->receipts)) {
        struct control *k = LINK_OF(to->receipts.next, struct control, link);
        link_take(&k->link);
        link_take(&k->save.link);
        to->receipts_count--;
        r->receipts_bytes -= k->len + RELAY_MESSAGE_COST;
        output_put(r, to->client, k);
    }
}

void receipt_clear(struct relay *r, struct seat *to)
{
    while (!link_is_alone(&to->receipts))
        drop(r, to, LINK_OF(to->receipts.next, struct control, link));
}

/*
 * Whether a receipt of `of` is for its peer: it names the peer, and what the relay knows of the
 * stream (the first of `known`) is not that another one sent it, who had the same nick before.
 */
static bool is_for_peer(const struct seat *of, const struct header *h, struct stream *known)
{
    const struct seat *peer = of->peer;
    if (!peer || !name_matches(&peer->nick, h->peer.at, h->peer.len))
        return false;
    struct stream *s = known;
    while (s && s->sender != peer->sender)
        s = stream_find_next(s);
    return s || !known;
}

static void pass_on(struct relay *r, struct seat *to, struct control *k)
{
    if (to->client) {
        output_put(r, to->client, k);
    } else if (core_waiting_bytes(r) + k->len + RELAY_MESSAGE_COST <= r->options.store_max) {
        receipt_keep(r, to, k);
        disk_save_receipt(r, to, k);
    } else { /* the sender, back, repeats its last message: there will be another one */
        output_free(r, k);
    }
}

void receipt_take(struct relay *r, struct relay_client *c, struct header *h,
                  const struct frame *frame)
{
    struct seat *of = c->seat, *peer = of->peer;
    struct control *k = NULL;
    struct stream *asked = NULL, *known = stream_find_any(r, of, h->stream);
    bool passes = is_for_peer(of, h, known);
    if (passes) {
        h->peer = (struct json_string){of->nick.text, strlen(of->nick.text)};
        h->numbers = r->decoder.numbers;
        k = output_encode(r, h, frame->content, frame->content_len);
        if (h->resend)
            asked = stream_get(r, of, peer->sender, h->stream);
    }
    uint64_t last = h->resend ? JSON_INTEGER_MAX : h->n;
    if ((passes && !k) || (passes && h->resend && !asked) ||
        disk_delete_messages(r, of, h->stream, last)) {
        output_free(r, k);
        client_break(r, c);
        return;
    }
    r->counters.receipts++;
    for (struct stream *s = known; s; s = stream_find_next(s))
        queue_cover(r, s, last);
    if (asked) {
        stream_await(asked, h->n + 1);
        if (peer->client && output_forget_stored(r, peer->client, h->stream))
            seat_announce(r, of, HEADER_ONLINE);
    }
    stream_trim(r, of); /* last: what is awaited is the newest, and stays */
    if (k)
        pass_on(r, peer, k);
    if (peer && !peer->client)
        seat_update(r, peer);
    disk_load_more(r, of);
    client_touch(r, c);
}
