/* Files between two real clients, which are killed, cancelled and starved of room meanwhile. */
#include "people.h"
#include "scratch.h"
#include "shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LARGE = 50 << 20,
    PIECE = 32768, /* as large as one message may carry */
    FILES_MAX = 64,
};

static char inbox[256]; /* the folder that bob's files go into */

/* A relay that can be started again, and an empty folder for what comes. */
static int set_up(void **state)
{
    (void)state;
    char command[2 * PATH_MAX];
    snprintf(inbox, sizeof inbox, "%s", scratch_path("in"));
    snprintf(command, sizeof command, "rm -rf %s && mkdir %s && echo save = %s > %s", inbox, inbox,
             inbox, scratch_path("config"));
    snprintf(address, sizeof address, "unix:%s", scratch_path("relay"));
    return system(command);
}

static int tear_down(void **state)
{
    char command[PATH_MAX];
    people_tear_down(state);
    snprintf(command, sizeof command, "rm -rf %s %s %s", scratch_path("alice"), scratch_path("bob"),
             scratch_path("queue"));
    return system(command);
}

static void start_relay(void)
{
    char options[2 * PATH_MAX];
    snprintf(options, sizeof options, "--state %s --listen %s", scratch_path("queue"), address);
    server_start_tls(&server, options, NULL);
}

static void start_person(struct client *c, const char *nick, const char *face,
                         void (*prepare)(void))
{
    char more[2 * PATH_MAX];
    snprintf(more, sizeof more, "%s --config %s", face, scratch_path("config"));
    client_start(c, &(struct client_options){nick, address, nick, more, prepare});
}

/* The two of them meet at a new relay. */
static void meet(void (*prepare_bob)(void))
{
    start_relay();
    start_person(&alice, "alice", "--plain", NULL);
    client_expect_told(&alice, "nobody else is in the room");
    start_person(&bob, "bob", "--plain", prepare_bob);
    client_expect_told(&bob, "alice is here");
    client_expect_told(&alice, "bob is here");
}

static void end(void)
{
    people_end(&alice, 0);
    people_end(&bob, 0);
}

/* A file that no other one is like. */
static const char *make_file(const char *name, size_t size)
{
    const char *path = scratch_path(name);
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

static const char *arrived(const char *name)
{
    static char path[PATH_MAX + 256];
    snprintf(path, sizeof path, "%s/%s", inbox, name);
    return path;
}

static void assert_same(const char *path, const char *other)
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

static size_t count_files(void)
{
    char names[FILES_MAX][NAME_MAX + 1];
    return list(names);
}

/* Waits until so much of a file came. */
static void wait_for(size_t size)
{
    char names[FILES_MAX][NAME_MAX + 1];
    struct stat st = {.st_size = 0};
    for (int i = 0; i < PROCESS_DEADLINE_MS && st.st_size < (off_t)size; i++) {
        usleep(1000);
        if (list(names) > 0)
            stat(arrived(names[0]), &st);
    }
    assert_true(st.st_size >= (off_t)size);
}

static void say(struct client *c, const char *command, const char *argument)
{
    char line[2 * PATH_MAX];
    snprintf(line, sizeof line, "%s %s", command, argument);
    client_say(c, line);
}

static void send_file(const char *path)
{
    say(&alice, "/send", path);
    client_expect_told(&bob, "/accept to take it");
}

/* A large file is on its way. */
static const char *begin_large(void)
{
    const char *path = make_file("large", LARGE);
    send_file(path);
    client_say(&bob, "/accept");
    wait_for(LARGE / 10);
    return path;
}

/* It came whole, and alone. */
static void expect_large(const char *path)
{
    client_expect_told(&bob, "large is here");
    client_expect_told(&alice, "bob has large");
    assert_same(path, arrived("large"));
    assert_int_equal(count_files(), 1);
}

static void test_every_size_comes_whole(void **state)
{
    (void)state;
    static const struct {
        const char *name, *offered;
        size_t size;
    } cases[] = {
        {"none", "alice offers none (0 bytes): /accept to take it", 0},
        {"one", "alice offers one (1 byte): /accept to take it", 1},
        {"piece", "alice offers piece (32.7 kB): /accept to take it", PIECE},
        {"more", "alice offers more (32.7 kB): /accept to take it", PIECE + 1},
        {"a b.txt", "alice offers a b.txt (1.0 MB): /accept to take it", 1000000},
    };
    char told[256];
    meet(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = make_file(cases[i].name, cases[i].size);
        say(&alice, "/send", path);
        client_expect_told(&bob, cases[i].offered);
        assert_int_equal(count_files(), i); /* nothing is written before it is accepted */
        client_say(&bob, "/accept");
        snprintf(told, sizeof told, "%s is here: %s", cases[i].name, arrived(cases[i].name));
        client_expect_told(&bob, told);
        snprintf(told, sizeof told, "bob has %s", cases[i].name);
        client_expect_told(&alice, told);
        assert_same(path, arrived(cases[i].name));
        assert_int_equal(count_files(), i + 1);
    }
    end();
}

static void test_no_file_is_written_over(void **state)
{
    (void)state;
    meet(NULL);
    const char *path = make_file("photo.jpg", 100);
    for (int i = 0; i < 3; i++) {
        send_file(path);
        client_say(&bob, "/accept photo.jpg");
        client_expect_told(&bob, "is here");
    }
    assert_same(path, arrived("photo.jpg"));
    assert_same(path, arrived("photo (2).jpg"));
    assert_same(path, arrived("photo (3).jpg"));
    end();
}

static void test_hostile_names(void **state)
{
    (void)state;
    char longest[NAME_MAX + 1];
    memset(longest, 'x', NAME_MAX);
    longest[NAME_MAX] = '\0';
    const struct {
        const char *name, *made;
    } cases[] = {
        {".bashrc", "_bashrc"},
        {"-rf", "_rf"},
        {"\033]0;x\a.txt", "^[]0;x^G.txt"},
        {"invoice\u202egpj.exe", "invoice<U+202E>gpj.exe"},
        {longest, longest},
    };
    meet(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = make_file(cases[i].name, 10 + i);
        send_file(path);
        client_say(&bob, "/accept");
        client_expect_told(&bob, "is here");
        assert_same(path, arrived(cases[i].made));
    }
    assert_int_equal(count_files(), sizeof cases / sizeof cases[0]);
    end();
}

static void test_what_cannot_be_sent_is_told(void **state)
{
    (void)state;
    meet(NULL);
    say(&alice, "/send", scratch_path("nowhere"));
    client_expect_told(&alice, "nowhere: No such file or directory");
    say(&alice, "/send", inbox);
    client_expect_told(&alice, "it is a folder");
    client_say(&alice, "/send /dev/zero");
    client_expect_told(&alice, "a device");
    client_say(&bob, "/accept");
    client_expect_told(&bob, "no file waits to be accepted");
    client_say(&bob, "/cancel");
    client_expect_told(&bob, "no file is on its way");
    client_say(&bob, "/save /none");
    client_expect_told(&bob, "cannot save files in /none: No such file or directory");
    people_end(&alice, 1);
    people_end(&bob, 1);
}

static void test_somebody_types_meanwhile(void **state)
{
    (void)state;
    meet(NULL);
    const char *path = begin_large();
    client_say(&alice, "hello");
    client_expect_said(&bob, "alice: hello");
    client_say(&bob, "good morning");
    client_expect_said(&alice, "alice: hello");
    client_expect_said(&alice, "bob: good morning");
    assert_int_equal(access(arrived("large"), F_OK), -1); /* before the file was there */
    expect_large(path);
    end();
}

static void test_either_side_can_end_it(void **state)
{
    (void)state;
    meet(NULL);
    begin_large();
    client_say(&alice, "/cancel");
    client_expect_told(&alice, "you cancelled large");
    client_expect_told(&bob, "alice cancelled large");
    assert_int_equal(count_files(), 0);
    begin_large();
    client_say(&bob, "/cancel large");
    client_expect_told(&bob, "you cancelled large");
    client_expect_told(&alice, "bob does not want large");
    assert_int_equal(count_files(), 0);
    send_file(make_file("small", 10)); /* and nothing of that is in the way */
    client_say(&bob, "/accept");
    client_expect_told(&bob, "small is here");
    end();
}

static void test_whoever_is_killed_it_goes_on(void **state)
{
    (void)state;
    meet(NULL);
    const char *path = begin_large();
    process_stop(&bob.process, SIGKILL);
    start_person(&bob, "bob", "--plain", NULL);
    wait_for(LARGE / 4);
    process_stop(&server.process, SIGKILL);
    start_relay();
    wait_for(LARGE / 2);
    process_stop(&alice.process, SIGKILL);
    start_person(&alice, "alice", "--plain", NULL);
    expect_large(path);
    end();
}

static void test_a_file_that_changes_is_told_on_both_sides(void **state)
{
    (void)state;
    meet(NULL);
    assert_int_equal(truncate(begin_large(), LARGE / 2), 0);
    client_expect_told(&alice, "large changed while it was sent");
    client_expect_told(&bob, "large changed at alice's while it was sent");
    assert_int_equal(count_files(), 0);
    end();
}

static void preload_shim(void)
{
    setenv("SHIM_CONTROL", scratch_path("control"), 1);
    setenv("LD_PRELOAD", SHIM, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

static void test_a_full_disk_is_survived(void **state)
{
    (void)state;
    struct shim *shim = shim_new(inbox, scratch_path("control"));
    meet(preload_shim);
    const char *path = make_file("large", LARGE);
    shim->full_from = shim->writes + 100;
    shim->full_until = UINT64_MAX;
    send_file(path);
    client_say(&bob, "/accept");
    client_expect_told(&bob, "No space left on device");
    client_say(&alice, "hello"); /* nothing else is the worse for it */
    client_expect_said(&bob, "alice: hello");
    shim_mend(shim);
    client_say(&bob, "/accept");
    expect_large(path);
    end();
    shim_free(shim);
}

static void test_the_end_of_input_waits_for_a_file(void **state)
{
    (void)state;
    meet(NULL);
    const char *path = make_file("large", LARGE);
    send_file(path);
    client_end_input(&alice);
    client_say(&bob, "/accept");
    client_end_input(&bob);
    client_expect_told(&bob, "large is here");
    client_expect_exit(&bob, 0);
    client_expect_exit(&alice, 0);
    assert_same(path, arrived("large"));
}

static void test_events(void **state)
{
    (void)state;
    char line[PATH_MAX];
    start_relay();
    start_person(&alice, "alice", "--json", NULL);
    process_line_with(&alice.process.out, "\"state\":\"online\"");
    start_person(&bob, "bob", "--json", NULL);
    process_line_with(&alice.process.out, "\"nick\":\"bob\",\"state\":\"online\"");
    snprintf(line, sizeof line, "{\"command\":\"/send %s\"}", make_file("notes", 3));
    client_say(&alice, line);
    process_line_with(&bob.process.out, "\"kind\":\"file\",\"name\":\"notes\",\"size\":3");
    process_line_with(&bob.process.out,
                      "\"mine\":false,\"state\":\"offered\",\"name\":\"notes\",\"size\":3");
    client_say(&bob, "{\"command\":\"/accept notes\"}");
    process_line_with(&bob.process.out, "\"state\":\"taken\",\"name\":\"notes\"");
    const char *done = process_line_with(&bob.process.out, "\"state\":\"done\"");
    snprintf(line, sizeof line, "\"size\":3,\"offset\":3,\"path\":\"%s\"}", arrived("notes"));
    assert_non_null(strstr(done, line));
    process_line_with(
        &alice.process.out,
        "\"mine\":true,\"state\":\"done\",\"name\":\"notes\",\"size\":3,\"offset\":3");
    end();
}

/* Memory that a process has of its own, in KiB. */
static long memory_kb(const struct process *p)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        sscanf(line, "RssAnon: %ld", &kb);
    fclose(file);
    return kb;
}

static void test_nothing_grows(void **state)
{
    (void)state;
    meet(NULL);
    const char *path = make_file("file", 5 << 20);
    size_t descriptors[2] = {0};
    long kb[2] = {0};
    for (int i = 0; i < 12; i++) {
        send_file(path);
        client_say(&bob, "/accept");
        client_expect_told(&bob, "is here");
        client_expect_told(&alice, "bob has file");
        struct client *const people[] = {&alice, &bob};
        for (int p = 0; p < 2; p++) {
            size_t now = process_descriptors(&people[p]->process);
            long now_kb = memory_kb(&people[p]->process);
            if (i < 4) {
                descriptors[p] = now;
                kb[p] = now_kb;
            }
            assert_true(now <= descriptors[p]);
            assert_true(now_kb <= kb[p] + 1024);
        }
    }
    end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_size_comes_whole),
        TEST(test_no_file_is_written_over),
        TEST(test_hostile_names),
        TEST(test_what_cannot_be_sent_is_told),
        TEST(test_somebody_types_meanwhile),
        TEST(test_either_side_can_end_it),
        TEST(test_whoever_is_killed_it_goes_on),
        TEST(test_a_file_that_changes_is_told_on_both_sides),
        TEST(test_a_full_disk_is_survived),
        TEST(test_the_end_of_input_waits_for_a_file),
        TEST(test_events),
        TEST(test_nothing_grows),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
