#include "resolve.h"

#include "error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shared by the caller and the thread; whoever lets go last frees it. */
struct resolve {
    struct address address;
    struct address_socket found[RESOLVE_MAX];
    int count; /* or ERROR_ADDRESS; valid once `done` */
    char why[ADDRESS_ERROR_MAX];
    int read_fd, write_fd; /* the write end is closed when there is a result */
    atomic_bool done;
    atomic_int owners;
};

static void let_go(struct resolve *r)
{
    if (atomic_fetch_sub(&r->owners, 1) == 1)
        free(r);
}

static void look_up(struct resolve *r)
{
    r->count = address_resolve(&r->address, false, r->found, RESOLVE_MAX, r->why);
    atomic_store(&r->done, true);
    close(r->write_fd);
}

static void *run(void *arg)
{
    look_up(arg);
    let_go(arg);
    return NULL;
}

static bool is_immediate(const struct address *a)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return a->is_unix || inet_pton(AF_INET, a->host, bytes) == 1 ||
           inet_pton(AF_INET6, a->host, bytes) == 1;
}

/* Signals are for the thread that runs the loop. */
static int start_thread(struct resolve *r)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    atomic_fetch_add(&r->owners, 1);
    int rc = pthread_create(&thread, NULL, run, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        atomic_fetch_sub(&r->owners, 1);
        errno = rc;
        return ERROR_SYSTEM;
    }
    pthread_detach(thread);
    return 0;
}

int resolve_new(struct resolve **out, const struct address *a)
{
    *out = NULL;
    struct resolve *r = calloc(1, sizeof *r);
    if (!r)
        return ERROR_NOMEM;
    r->address = *a;
    atomic_init(&r->owners, 1);
    atomic_init(&r->done, false);
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK)) {
        free(r);
        return ERROR_SYSTEM;
    }
    r->read_fd = fds[0];
    r->write_fd = fds[1];
    if (is_immediate(a)) {
        look_up(r);
    } else if (start_thread(r)) {
        close(fds[0]);
        close(fds[1]);
        free(r);
        return ERROR_SYSTEM;
    }
    *out = r;
    return 0;
}

void resolve_free(struct resolve *r)
{
    if (!r)
        return;
    close(r->read_fd);
    let_go(r);
}

int resolve_fd(const struct resolve *r)
{
    return r->read_fd;
}

int resolve_get(const struct resolve *r, struct address_socket out[RESOLVE_MAX],
                char why[ADDRESS_ERROR_MAX])
{
    if (!atomic_load(&r->done))
        return 0;
    if (r->count > 0)
        memcpy(out, r->found, sizeof r->found[0] * (size_t)r->count);
    else
        memcpy(why, r->why, sizeof r->why);
    return r->count;
}
