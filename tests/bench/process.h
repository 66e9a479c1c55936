#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The server that is measured: its process, what it costs, and what others took meanwhile. */
enum {
    PROCESS_ADDRESS_MAX = 320,
};

/* Raises the limit of descriptors as far as it goes, for this process and those that it starts. */
void process_raise_limits(void);

/*
 * Puts this process on the second core that it may use and servers on the first. Gives how many
 * cores there are: 1 means that they share it.
 */
int process_choose_cores(void);

/*
 * Starts a server. With `address` not NULL, waits until it says `listening on ADDRESS` and gives
 * the first of them; else returns at once.
 */
pid_t process_start(char **command, char address[PROCESS_ADDRESS_MAX]);

/* Stops it with SIGTERM and waits for its end; warns where that was not with 0. */
void process_stop(pid_t pid);

/* Time on a core since its start, of all its threads; 0 is this process. */
uint64_t process_cpu_ns(pid_t pid);

/* Memory that it has resident, in bytes. */
uint64_t process_resident(pid_t pid);

/* The time for which all cores together had nothing to do, since the machine's start. */
uint64_t process_idle_ns(void);

#endif
