#include "backlog.h"

#include <err.h>

enum {
    WINDOW = 4096,
    FILL_S = 60,
};

static void turn(struct fleet *f, uint64_t until_ns)
{
    fleet_turn(f, until_ns);
    if (client_now_ns() >= until_ns)
        errx(1, "the queue does not fill");
}

void backlog_fill(struct backlog *b, struct fleet *f, uint32_t count)
{
    uint64_t until_ns = client_now_ns() + FILL_S * UINT64_C(1000000000);
    *b = (struct backlog){.run = f->run};
    b->run.tally = &b->tally;
    b->run.window = WINDOW;
    b->run.counts_stored = true;
    client_open(&b->source, &b->run, CLIENT_SOURCE, 0, 0);
    client_open(&b->sink, &b->run, CLIENT_SINK, 0, 1);
    while (!b->source.met || !b->sink.met)
        turn(f, until_ns);
    client_close(&b->sink);
    b->run.going = true;
    client_start(&b->source);
    while (b->source.sent < count)
        turn(f, until_ns);
    b->run.going = false;
    while (client_owed(&b->source) > 0)
        turn(f, until_ns);
}

void backlog_return(struct backlog *b)
{
    client_open(&b->sink, &b->run, CLIENT_SINK, 0, 1);
}

bool backlog_is_drained(const struct backlog *b)
{
    return b->sink.heard.n == b->source.sent;
}

void backlog_clear(struct backlog *b, struct tally *tally)
{
    tally_add(tally, &b->tally);
    client_close(&b->source);
    client_close(&b->sink);
}
