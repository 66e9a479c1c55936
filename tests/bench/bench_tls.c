/* TLS: handshakes a second, bytes of an idle connection, and writes of 64 bytes against plaintext.
 */
#include "conn.h"
#include "tls.h"

#include <assert.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    PAIRS = 400,
    MESSAGE_LEN = 64,
    TURN_LEN = 64 * MESSAGE_LEN, /* what a turn has for a receiver */
    TOTAL = 256 << 20,
};

struct pair {
    struct conn *client, *server;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct tls *make_tls(uint8_t first)
{
    const uint8_t seed[TLS_KEY_LEN] = {first};
    struct tls *tls;
    if (tls_new(&tls, seed))
        abort();
    return tls;
}

static void make_pair(struct pair *p, struct tls *client, struct tls *server)
{
    int fds[2], failed = socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    if (client)
        failed |= conn_new_tls(&p->client, fds[0], client, false) |
                  conn_new_tls(&p->server, fds[1], server, true);
    else
        failed |= conn_new(&p->client, fds[0]) | conn_new(&p->server, fds[1]);
    if (failed)
        abort();
    int at_client = 0, at_server = 0;
    while (at_client != 1 || at_server != 1) {
        at_client = conn_handshake(p->client);
        at_server = conn_handshake(p->server);
        if (at_client < 0 || at_server < 0)
            abort();
    }
}

static void free_pair(struct pair *p)
{
    conn_free(p->client);
    conn_free(p->server);
}

static void measure_handshakes(struct tls *client, struct tls *server)
{
    static struct pair pairs[PAIRS];
    make_pair(&pairs[0], client, server); /* what is made once is not counted */
    free_pair(&pairs[0]);
    size_t before = mallinfo2().uordblks;
    double start_s = now_s();
    for (size_t i = 0; i < PAIRS; i++)
        make_pair(&pairs[i], client, server);
    double taken_s = now_s() - start_s;
    char byte;
    for (size_t i = 0; i < PAIRS; i++)
        if (conn_write(pairs[i].client, "x", 1) != 1 || conn_read(pairs[i].server, &byte, 1) != 1 ||
            conn_write(pairs[i].server, "y", 1) != 1 || conn_read(pairs[i].client, &byte, 1) != 1)
            abort();
    size_t after = mallinfo2().uordblks;
    printf("%.0f handshakes/s, both ends on one core\n", PAIRS / taken_s);
    printf("%zu bytes for an idle end\n", (after - before) / PAIRS / 2);
    for (size_t i = 0; i < PAIRS; i++)
        free_pair(&pairs[i]);
}

/* Messages a second from one end to the other, written as many as a turn has. */
static double measure_messages(struct tls *client, struct tls *server)
{
    static uint8_t turn[TURN_LEN], got[1 << 16];
    struct pair p;
    make_pair(&p, client, server);
    size_t read = 0;
    double start_s = now_s();
    while (read < TOTAL) {
        int put = conn_write(p.client, turn, sizeof turn);
        int rc;
        do {
            rc = conn_read(p.server, got, sizeof got);
            if (put < 0 || rc < 0)
                abort();
            read += (size_t)rc;
        } while (rc > 0);
    }
    double taken_s = now_s() - start_s;
    free_pair(&p);
    return TOTAL / MESSAGE_LEN / taken_s;
}

int main(void)
{
    struct tls *client = make_tls(1), *server = make_tls(2);
    measure_handshakes(client, server);
    double open = measure_messages(NULL, NULL), sealed = measure_messages(client, server);
    printf("%.0f messages/s of %d bytes in plaintext, %.0f in TLS (%.0f%%), %d at a time\n", open,
           MESSAGE_LEN, sealed, 100 * sealed / open, TURN_LEN / MESSAGE_LEN);
    tls_free(client);
    tls_free(server);
    return 0;
}
