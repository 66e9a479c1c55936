#include "namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t far; /* a process that does nothing but be there */

static bool run(const char *command)
{
    return system(command) == 0;
}

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool done = file && fputs(text, file) >= 0;
    return file && fclose(file) == 0 && done;
}

/* Who is not root is it in a namespace of users: there networks can be made. */
static bool become_root(void)
{
    char uid[64], gid[64];
    snprintf(uid, sizeof uid, "0 %u 1", (unsigned)geteuid());
    snprintf(gid, sizeof gid, "0 %u 1", (unsigned)getegid());
    return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") &&
           write_file("/proc/self/uid_map", uid) && write_file("/proc/self/gid_map", gid);
}

bool namespace_enter(void)
{
    if (!run("command -v ip nsenter >/dev/null"))
        return false;
    return (unshare(CLONE_NEWNET) == 0 || (become_root() && unshare(CLONE_NEWNET) == 0)) &&
           run("ip link set lo up");
}

static pid_t start_far(void)
{
    int ready[2];
    char byte;
    if (pipe(ready))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (unshare(CLONE_NEWNET) == 0)
            (void)!write(ready[1], "", 1);
        close(ready[0]);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    bool is_there = read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    return is_there ? pid : -1;
}

bool namespace_add_far(void)
{
    char command[1024];
    far = start_far();
    if (far < 0)
        return false;
    /* Addresses that nobody has to look for doubles of first. */
    snprintf(command, sizeof command,
             "ip link add near type veth peer name far netns %d && "
             "ip link set near addrgenmode none up && "
             "ip addr add 10.9.0.1/24 dev near && ip addr add fe80::1/64 dev near nodad && "
             "nsenter -t %d -n sh -c 'ip link set lo up && ip link set far addrgenmode none up && "
             "ip addr add 10.9.0.2/24 dev far && ip addr add fe80::2/64 dev far nodad'",
             (int)far, (int)far);
    return run(command);
}

bool namespace_drop_v4(void)
{
    char command[256];
    snprintf(command, sizeof command,
             "ip addr del 10.9.0.1/24 dev near && "
             "nsenter -t %d -n ip addr del 10.9.0.2/24 dev far",
             (int)far);
    return run(command);
}

void namespace_go_far(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)far);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET))
        _exit(126);
}

void namespace_leave(void)
{
    if (far <= 0)
        return;
    kill(far, SIGKILL);
    waitpid(far, NULL, 0);
    far = 0;
}
