#include "output.h"

#include "error.h"
#include "queue.h"
#include "seat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct control *of_list(struct link *l)
{
    return LINK_OF(l, struct control, link);
}

struct control *output_copy(struct relay *r, enum header_type type, const uint8_t *frame,
                            size_t len)
{
    struct control *k = pool_take(&r->pool, sizeof *k + len);
    if (!k)
        return NULL;
    *k = (struct control){.type = type, .len = (uint32_t)len};
    link_init(&k->link);
    link_init(&k->save.link);
    memcpy(k->frame, frame, len);
    return k;
}

void output_free(struct relay *r, struct control *k)
{
    if (!k)
        return;
    link_take(&k->link);
    link_take(&k->save.link);
    pool_give(&r->pool, k, sizeof *k + k->len);
}

struct control *output_encode(struct relay *r, const struct header *h, const uint8_t *content,
                              size_t len)
{
    buffer_truncate(&r->scratch, 0);
    if (header_put(&r->scratch, HEADER_FROM_RELAY, h, content, len))
        return NULL;
    size_t frame_len;
    const uint8_t *frame = buffer_peek(&r->scratch, &frame_len);
    struct control *k = output_copy(r, h->type, frame, frame_len);
    if (!k)
        return NULL;
    k->resend = h->resend;
    k->stream = h->stream;
    k->first = h->first;
    k->n = h->n;
    return k;
}

/* What a client sent is answered with these. */
static bool is_reply(const struct control *k)
{
    return k->type == HEADER_PONG || k->type == HEADER_ERROR || k->type == HEADER_STORED;
}

static void drop(struct relay *r, struct relay_client *c, struct control *k)
{
    c->waiting -= k->len;
    if (is_reply(k))
        c->replying -= k->len;
    output_free(r, k);
}

/* Takes out the receipts that `k` replaces, and the oldest of too many. */
static void make_room_for_receipt(struct relay *r, struct relay_client *c, const struct control *k)
{
    size_t count = 0;
    struct link *next;
    for (struct link *l = c->receipts.next; l != &c->receipts; l = next) {
        next = l->next;
        struct control *old = of_list(l);
        if (old->stream == k->stream && (k->resend || !old->resend))
            drop(r, c, old);
        else
            count++;
    }
    for (; count >= OUTPUT_RECEIPTS_MAX; count--)
        drop(r, c, of_list(c->receipts.next));
}

static void make_room_for_presence(struct relay *r, struct relay_client *c)
{
    struct link *next;
    for (struct link *l = c->ordered.next; l != &c->ordered; l = next) {
        next = l->next;
        if (of_list(l)->type == HEADER_PRESENCE)
            drop(r, c, of_list(l));
    }
}

/* Which of a client's lists a type waits in; those not named keep their order with messages. */
static struct link *list_for(struct relay_client *c, enum header_type type)
{
    if (type == HEADER_WELCOME || type == HEADER_PING || type == HEADER_PONG)
        return &c->urgent;
    return type == HEADER_RECEIPT ? &c->receipts : &c->ordered;
}

void output_put(struct relay *r, struct relay_client *c, struct control *k)
{
    if (c->waiting > OUTPUT_PRESSURE && k->type == HEADER_RECEIPT)
        make_room_for_receipt(r, c, k);
    if (c->waiting > OUTPUT_PRESSURE && k->type == HEADER_PRESENCE)
        make_room_for_presence(r, c);
    k->after = c->seat ? c->seat->next_order : 0;
    link_put(list_for(c, k->type), &k->link);
    c->waiting += k->len;
    if (is_reply(k))
        c->replying += k->len;
    client_touch(r, c);
}

void output_send(struct relay *r, struct relay_client *c, const struct header *h,
                 const uint8_t *content, size_t len)
{
    if (!client_is_open(c))
        return;
    struct control *k = output_encode(r, h, content, len);
    if (k)
        output_put(r, c, k);
    else
        client_break(r, c);
}

void output_error(struct relay *r, struct relay_client *c, enum header_code code,
                  const struct header *about)
{
    const char *text = header_code_text(code);
    struct header h = {
        .type = HEADER_ERROR,
        .code = code,
        .text = {text, strlen(text)},
        .fatal = header_code_is_fatal(code),
    };
    if (about) {
        h.has_message = true;
        h.stream = about->stream;
        h.n = about->n;
    }
    struct control *k = output_encode(r, &h, NULL, 0);
    if (k)
        output_put(r, c, k);
    else
        client_break(r, c);
}

void output_stored(struct relay *r, struct relay_client *c, const struct stream *s, uint64_t first,
                   uint64_t n)
{
    struct control *last = NULL;
    if (!link_is_alone(&c->ordered))
        last = of_list(c->ordered.prev);
    if (last && last->type == HEADER_STORED && last->stream == s->number && last->n + 1 == first) {
        first = last->first;
        drop(r, c, last);
    }
    const struct name *to = &s->seat->nick;
    const struct header h = {
        .type = HEADER_STORED,
        .peer = {to->text, strlen(to->text)},
        .stream = s->number,
        .first = first,
        .n = n,
    };
    output_send(r, c, &h, NULL, 0);
}

bool output_forget_stored(struct relay *r, struct relay_client *c, uint64_t stream)
{
    bool presence = false;
    struct link *next;
    for (struct link *l = c->ordered.next; l != &c->ordered; l = next) {
        next = l->next;
        struct control *k = of_list(l);
        if (k->type == HEADER_PRESENCE)
            presence = true;
        else if (k->type != HEADER_STORED || k->stream != stream)
            continue;
        drop(r, c, k);
    }
    return presence;
}

/* The next control that may go now; NULL where a message goes before, or nothing. */
static struct control *next_control(const struct relay_client *c, const struct message *m)
{
    if (!link_is_alone(&c->urgent))
        return of_list(c->urgent.next);
    if (!link_is_alone(&c->receipts))
        return of_list(c->receipts.next);
    if (link_is_alone(&c->ordered))
        return NULL;
    struct control *k = of_list(c->ordered.next);
    return !m || m->order >= k->after ? k : NULL;
}

static struct message *next_message(const struct relay_client *c)
{
    return c->seat ? queue_next(c->seat) : NULL;
}

/* Takes what is next out of its queue, as many whole frames as fit. Gives their length. */
static size_t fill(struct relay *r, struct relay_client *c, uint8_t *at, size_t size)
{
    size_t len = 0;
    for (;;) {
        struct message *m = next_message(c);
        struct control *k = next_control(c, m);
        size_t next = k ? k->len : m ? m->len : SIZE_MAX;
        if (next > size - len)
            return len;
        memcpy(at + len, k ? k->frame : m->frame, next);
        len += next;
        if (k)
            drop(r, c, k);
        else
            queue_sent(c->seat, m);
    }
}

bool output_waits(const struct relay_client *c)
{
    return c->out_len > 0 || next_message(c) || next_control(c, NULL);
}

/* What was offered and not taken goes to memory of the client's own. */
static void park(struct relay *r)
{
    struct relay_client *c = r->output_owner;
    r->output_owner = NULL;
    c->out = malloc(c->out_len);
    if (!c->out) {
        c->out_len = 0;
        client_break(r, c);
        return;
    }
    memcpy(c->out, r->output + c->out_start, c->out_len);
    c->out_start = 0;
}

const uint8_t *relay_output(struct relay *r, struct relay_client *c, size_t *len)
{
    if (r->output_owner && r->output_owner != c)
        park(r);
    if (c->out_len == 0 && !c->broken) {
        c->out_start = 0;
        c->out_len = (uint32_t)fill(r, c, r->output, OUTPUT_SIZE);
        if (c->out_len > 0)
            r->output_owner = c;
    }
    *len = c->out_len;
    if (c->out_len == 0)
        return NULL;
    return (c->out ? c->out : r->output) + c->out_start;
}

void relay_consume(struct relay *r, struct relay_client *c, size_t len, uint64_t now_ms)
{
    core_set_now(r, now_ms);
    assert(len <= c->out_len);
    c->out_start += (uint32_t)len;
    c->out_len -= (uint32_t)len;
    if (c->out_len == 0) {
        free(c->out);
        c->out = NULL;
        if (r->output_owner == c)
            r->output_owner = NULL;
    } else if (!c->out) {
        park(r);
    }
    client_written(r, c);
}

void output_gather(struct relay *r, struct relay_client *c)
{
    size_t size = c->out_len + c->waiting;
    const struct seat *s = c->seat;
    uint64_t cost = s->sent_cost;
    for (struct link *l = s->cursor; l != &s->run; l = l->next) {
        const struct message *m = LINK_OF(l, struct message, in_run);
        if (cost > 0 && cost + m->cost > RELAY_WINDOW)
            break;
        cost += m->cost;
        size += m->len;
    }
    if (size == c->out_len)
        return;
    uint8_t *out = malloc(size);
    if (!out)
        return; /* what is no message goes all the same */
    if (c->out_len > 0)
        memcpy(out, (c->out ? c->out : r->output) + c->out_start, c->out_len);
    free(c->out);
    if (r->output_owner == c)
        r->output_owner = NULL;
    c->out = out;
    c->out_start = 0;
    c->out_len += (uint32_t)fill(r, c, out + c->out_len, size - c->out_len);
}

static void free_all(struct relay *r, struct link *list)
{
    while (!link_is_alone(list))
        output_free(r, of_list(list->next));
}

void output_clear(struct relay *r, struct relay_client *c)
{
    free_all(r, &c->urgent);
    free_all(r, &c->receipts);
    free_all(r, &c->ordered);
    c->waiting = c->replying = 0;
    if (r->output_owner == c)
        r->output_owner = NULL;
    free(c->out);
    c->out = NULL;
    c->out_start = c->out_len = 0;
}
