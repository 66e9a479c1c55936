#include "loop.h"

#include "error.h"
#include "network.h"

#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

enum {
    FD_STOP,
    FD_NETWORK,
    FD_TALK,
    FD_FACE,
    FDS = FD_FACE + FACE_FDS,
};

uint64_t loop_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int timeout_ms(const struct talk *talk, const struct face *face, uint64_t now_ms)
{
    uint64_t at_ms = talk_deadline(talk), face_ms = face->ops->deadline(face);
    if (face_ms < at_ms)
        at_ms = face_ms;
    if (at_ms <= now_ms)
        return 0;
    return at_ms - now_ms > INT_MAX ? -1 : (int)(at_ms - now_ms);
}

static int wait(struct talk *talk, struct face *face, struct pollfd fds[FDS])
{
    fds[FD_TALK] = talk_poll(talk);
    face->ops->poll(face, fds + FD_FACE);
    int n = poll(fds, FDS, timeout_ms(talk, face, loop_now_ms()));
    if (n < 0 && errno != EINTR)
        return ERROR_SYSTEM;
    for (int i = 0; n < 0 && i < FDS; i++)
        fds[i].revents = 0;
    return 0;
}

static int turn(struct talk *talk, struct face *face, struct pollfd fds[FDS], bool stop)
{
    uint64_t now_ms = loop_now_ms();
    int rc = stop ? talk_quit(talk, false, now_ms) : 0;
    if (rc == 0 && fds[FD_NETWORK].revents && network_changed(fds[FD_NETWORK].fd))
        rc = talk_change_network(talk, now_ms);
    if (rc == 0)
        rc = talk_turn(talk, fds[FD_TALK].revents, now_ms);
    if (rc == 0)
        rc = face->ops->take_input(face, fds + FD_FACE, now_ms);
    if (rc == 0)
        rc = talk_settle(talk, now_ms);
    if (rc == 0 && face->ops->is_ended(face)) {
        rc = talk_finish(talk, now_ms);
        if (rc == 0)
            rc = talk_settle(talk, now_ms);
    }
    return rc ? rc : face->ops->end_turn(face, now_ms);
}

/* What is known already is shown before anything goes to the disk or the network. */
static int show_beginning(struct face *face, struct pollfd fds[FDS])
{
    uint64_t now_ms = loop_now_ms();
    face->ops->poll(face, fds + FD_FACE);
    int rc = face->ops->take_input(face, fds + FD_FACE, now_ms);
    return rc ? rc : face->ops->end_turn(face, now_ms);
}

int loop_run(struct talk *talk, struct face *face, int stop_fd)
{
    int network = network_open();
    struct pollfd fds[FDS] = {
        [FD_STOP] = {stop_fd, POLLIN, 0}, [FD_NETWORK] = {network, POLLIN, 0}};
    int rc = show_beginning(face, fds);
    if (rc == 0)
        rc = talk_settle(talk, loop_now_ms());
    while (rc == 0 && !talk_is_over(talk)) {
        rc = wait(talk, face, fds);
        bool stop = rc == 0 && fds[FD_STOP].revents;
        if (stop)
            fds[FD_STOP] = (struct pollfd){.fd = -1};
        if (rc == 0)
            rc = turn(talk, face, fds, stop);
    }
    if (network >= 0)
        close(network);
    return rc ? rc : talk_close(talk);
}
