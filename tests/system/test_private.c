#include "people.h"
#include "scratch.h"
#include "tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Who sees what is said: everything that passes between the clients and the relay, everything that
 * the relay keeps, and its whole log are searched for any part of it.
 */
enum {
    FILE_MAX_BYTES = 1 << 22,
    PART = 8, /* so many bytes of a text in a row are a part of it */
};

static const char *const texts[] = {
    "Sphinx of black quartz, judge my vow",         /* the other one is there, */
    "waltz, bad nymph, for quick jigs vex",         /* an action, */
    "How vexingly quick daft zebras jump!",         /* what that was changed into, */
    "The five boxing wizards jump quickly tonight", /* and what waits in the relay */
};

enum {
    TEXTS = sizeof texts / sizeof texts[0],
};

static struct tap tap;

static int tear_down(void **state)
{
    tap_stop(&tap);
    return people_tear_down(state);
}

static bool has_part(const char *bytes, size_t len, const char *text)
{
    for (const char *part = text; strlen(part) >= PART; part++)
        if (memmem(bytes, len, part, PART))
            return true;
    return false;
}

/* Of how many texts there is a part in these bytes, or in a file, or in the files of a folder. */
static size_t count_texts(const char *bytes, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < TEXTS; i++)
        count += has_part(bytes, len, texts[i]);
    return count;
}

static size_t count_in_file(const char *path)
{
    static char bytes[FILE_MAX_BYTES];
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t len = read(fd, bytes, sizeof bytes);
    assert_true(len >= 0 && len < FILE_MAX_BYTES);
    close(fd);
    return count_texts(bytes, (size_t)len);
}

static size_t count_in_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    bool has_queue = false;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.')
            count += count_in_file(path);
        has_queue |= strcmp(e->d_name, "queue.db") == 0;
    }
    closedir(dir);
    assert_true(has_queue);
    return count;
}

/* How the programs are started, and who sees then what is said. */
struct run {
    const char *what, *relay, *clients;
    size_t on_the_way, in_the_store; /* how many texts */
};

static const struct run runs[] = {
    {"as they are started", "", "", 0, 0},
    {"without TLS", "--plaintext", "--plaintext", 0, 0},
    {"without sealing", "", "--no-seal", 0, 1},
    {"without either", "--plaintext", "--plaintext --no-seal", TEXTS, 1},
};

/* Where all of that is, below a folder of the run. */
struct places {
    char relay[160], store[160], record[160], listen[160], state[160], more[160];
};

static void make_places(struct places *p, const struct run *run, size_t i)
{
    char name[32];
    snprintf(name, sizeof name, "relay-%zu", i);
    snprintf(p->relay, sizeof p->relay, "unix:%s", scratch_path(name));
    snprintf(name, sizeof name, "store-%zu", i);
    snprintf(p->store, sizeof p->store, "%s", scratch_path(name));
    snprintf(name, sizeof name, "record-%zu", i);
    snprintf(p->record, sizeof p->record, "%s", scratch_path(name));
    snprintf(name, sizeof name, "tap-%zu", i);
    snprintf(p->listen, sizeof p->listen, "%s", scratch_path(name));
    snprintf(p->state, sizeof p->state, "clients-%zu", i);
    snprintf(p->more, sizeof p->more, "--plain %s", run->clients);
}

static void expect_said(struct client *c, const char *before, const char *text)
{
    char line[256];
    snprintf(line, sizeof line, "%s%s", before, text);
    client_expect_said(c, line);
}

static void say(struct client *from, const char *before, const char *text)
{
    char line[256];
    snprintf(line, sizeof line, "%s%s", before, text);
    client_say(from, line);
}

/* What is said while both are there. */
static void talk(const struct places *p)
{
    people_start(&alice, "alice", p->state, p->more);
    client_expect_told(&alice, "nobody else is in the room");
    people_start(&bob, "bob", p->state, p->more);
    say(&alice, "", texts[0]);
    expect_said(&bob, "alice: ", texts[0]);
    say(&alice, "/me ", texts[1]);
    expect_said(&bob, "* alice ", texts[1]);
    say(&alice, "/edit ", texts[2]);
    expect_said(&bob, "alice changed \"waltz, bad nymph, for quick jigs vex\": ", texts[2]);
    people_end(&bob, 0);
    client_expect_told(&alice, "bob is offline");
}

static void test_who_sees_what_is_said(void **state)
{
    const struct run *run = *state;
    struct places p;
    char options[512];
    size_t logged = 0;
    make_places(&p, run, (size_t)(run - runs));
    snprintf(options, sizeof options, "--verbose --listen %s --state %s %s", p.relay, p.store,
             run->relay);
    server_start_tls(&server, options, NULL);
    tap_start(&tap, p.listen, p.relay, p.record);
    snprintf(address, sizeof address, "%s", tap.address);
    talk(&p);
    say(&alice, "", texts[3]);
    people_end(&alice, 0); /* the relay has it */
    assert_int_equal(count_in_folder(p.store), run->in_the_store);
    assert_int_equal(kill(server.process.pid, SIGTERM), 0);
    for (const char *line; (line = process_line(&server.process.err));)
        logged += count_texts(line, strlen(line));
    assert_int_equal(process_wait(&server.process), 0);
    assert_int_equal(count_in_folder(p.store), run->in_the_store);

    server_start_tls(&server, options, NULL);
    people_start(&bob, "bob", p.state, p.more);
    expect_said(&bob, "alice: ", texts[3]);
    people_end(&bob, 0);
    server_stop(&server);
    assert_int_equal(count_in_file(p.record), run->on_the_way);
    assert_int_equal(logged, 0);
}

int main(void)
{
    struct CMUnitTest tests[sizeof runs / sizeof runs[0]];
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        tests[i] = (struct CMUnitTest){runs[i].what, test_who_sees_what_is_said, NULL, tear_down,
                                       (void *)(uintptr_t)&runs[i]};
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
