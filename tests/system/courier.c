#include "courier.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_MAX = 64,
};

static char inbox[256];

/* A relay that can be started again, and an empty folder for what comes. */
int courier_set_up(void **state)
{
    (void)state;
    char command[2 * PATH_MAX];
    snprintf(inbox, sizeof inbox, "%s", scratch_path("in"));
    snprintf(command, sizeof command, "rm -rf %s %s.journal && mkdir %s && echo save = %s > %s",
             inbox, inbox, inbox, inbox, scratch_path("config"));
    snprintf(address, sizeof address, "unix:%s", scratch_path("relay"));
    return system(command);
}

int courier_tear_down(void **state)
{
    char command[PATH_MAX];
    people_tear_down(state);
    snprintf(command, sizeof command, "rm -rf %s %s %s", scratch_path("alice"), scratch_path("bob"),
             scratch_path("queue"));
    return system(command);
}

void courier_start_relay(void)
{
    char options[2 * PATH_MAX];
    snprintf(options, sizeof options, "--state %s --listen %s", scratch_path("queue"), address);
    server_start_tls(&server, options, NULL);
}

void courier_start(struct client *c, const char *nick, const char *face, void (*prepare)(void))
{
    char more[2 * PATH_MAX];
    snprintf(more, sizeof more, "%s --config %s", face, scratch_path("config"));
    client_start(c, &(struct client_options){nick, address, nick, more, prepare});
}

/* The two of them meet at a new relay. */
void courier_meet(void (*prepare_bob)(void))
{
    courier_start_relay();
    courier_start(&alice, "alice", "--plain", NULL);
    client_expect_told(&alice, "nobody else is in the room");
    courier_start(&bob, "bob", "--plain", prepare_bob);
    client_expect_told(&bob, "alice is here");
    client_expect_told(&alice, "bob is here");
}

void courier_part(void)
{
    people_end(&alice, 0);
    people_end(&bob, 0);
}

/* A file that no other one is like. */
const char *courier_make_file(const char *name, size_t size)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", scratch_folder(), name);
    uint64_t *words = malloc(size + sizeof *words), x = size + 1;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i <= size / sizeof *words; i++)
        words[i] = x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
    assert_int_equal(fwrite(words, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(words);
    return path;
}

const char *courier_arrived(const char *name)
{
    static char path[PATH_MAX + 256];
    snprintf(path, sizeof path, "%s/%s", inbox, name);
    return path;
}

void courier_assert_same(const char *path, const char *other)
{
    char command[3 * PATH_MAX];
    snprintf(command, sizeof command, "cmp '%s' '%s' >&2", path, other);
    assert_int_equal(system(command), 0);
}

/* What lies in the folder for files. */
static size_t list(char names[FILES_MAX][NAME_MAX + 1])
{
    DIR *dir = opendir(inbox);
    const struct dirent *entry;
    size_t count = 0;
    assert_non_null(dir);
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            strcpy(names[count++], entry->d_name);
    closedir(dir);
    return count;
}

size_t courier_count(void)
{
    char names[FILES_MAX][NAME_MAX + 1];
    return list(names);
}

/* Waits until so much of a file came. */
void courier_wait_for(size_t size)
{
    char names[FILES_MAX][NAME_MAX + 1];
    struct stat st = {.st_size = 0};
    for (int i = 0; i < PROCESS_DEADLINE_MS && st.st_size < (off_t)size; i++) {
        usleep(1000);
        if (list(names) > 0)
            stat(courier_arrived(names[0]), &st);
    }
    assert_true(st.st_size >= (off_t)size);
}

void courier_say(struct client *c, const char *command, const char *argument)
{
    char line[2 * PATH_MAX];
    snprintf(line, sizeof line, "%s %s", command, argument);
    client_say(c, line);
}

void courier_send(const char *path)
{
    courier_say(&alice, "/send", path);
    client_expect_told(&bob, "/accept to take it");
}

/* A large file is on its way. */
const char *courier_begin_large(void)
{
    const char *path = courier_make_file("large", COURIER_LARGE);
    courier_send(path);
    client_say(&bob, "/accept");
    courier_wait_for(COURIER_LARGE / 10);
    return path;
}

/* It came whole, and alone. */
void courier_expect_large(const char *path)
{
    client_expect_told(&bob, "large is here");
    client_expect_told(&alice, "bob has large");
    courier_assert_same(path, courier_arrived("large"));
    assert_int_equal(courier_count(), 1);
}

const char *courier_inbox(void)
{
    return inbox;
}
