#include "address.h"
#include "scratch.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELLO(nick) "{\"type\":\"hello\",\"version\":1,\"nick\":\"" nick "\"}"
#define WELCOME                                                              \
    "{\"type\":\"welcome\",\"version\":1,\"nick\":\"*\",\"room\":\"lobby\"," \
    "\"agent\":\"chat-server *\",\"time\":*,\"waiting\":0,\"peer\":null}"
#define FATAL(code) "{\"type\":\"error\",\"code\":\"" code "\",\"text\":\"*\",\"fatal\":true}"

static const char *in_scratch(const char *format, const char *name)
{
    static char text[4][4096 + 32];
    static size_t next;
    char *out = text[next++ % 4];
    const char *path = scratch_path(name);
    const char *at = strstr(format, "%s");
    snprintf(out, sizeof text[0], "%.*s%s%s", (int)(at - format), format, path, at + 2);
    return out;
}

/* Runs the program to its end; its only line on standard error goes to `line`. */
static int run(const char *const argv[], char line[512])
{
    struct process p;
    process_start(&p, argv, NULL);
    *line = '\0';
    const char *said = process_line(&p.err);
    if (said)
        snprintf(line, 512, "%s", said);
    const char *more = said ? process_line(&p.err) : NULL;
    if (more)
        fail_msg("a second line: %s", more);
    return process_wait(&p);
}

static void test_wrong_usage_is_one_line_and_exit_2(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value, *line;
    } table[] = {
        {"--nonsense", NULL, "there is no option '--nonsense'"},
        {"--listen", NULL, "--listen needs a value"},
        {"--listen", "den:70000",
         "--listen: port 70000 in 'den:70000' is not a number from 0 to 65535"},
        {"--seat-ttl", "soon",
         "--seat-ttl: 'soon' is not a time from 1s to 3650d, like 30s, 10m, 12h or 7d"},
        {"alice", NULL, "'alice' is not an option, and nothing else belongs there"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char line[512], expected[512];
        assert_int_equal(
            run((const char *const[]){CHAT_SERVER, table[i].option, table[i].value, NULL}, line),
            2);
        snprintf(expected, sizeof expected, "chat-server: %s (chat-server --help says more)",
                 table[i].line);
        assert_string_equal(line, expected);
    }
}

static void test_help_and_version(void **state)
{
    (void)state;
    struct process p;
    process_start(&p, (const char *const[]){CHAT_SERVER, "--help", NULL}, NULL);
    assert_string_equal(process_line(&p.out), "Usage: chat-server [OPTION]...");
    for (const char *line; (line = process_line(&p.out));)
        assert_true(strlen(line) <= 80);
    assert_null(process_line(&p.err));
    assert_int_equal(process_wait(&p), 0);
    process_start(&p, (const char *const[]){CHAT_SERVER, "-V", NULL}, NULL);
    assert_memory_equal(process_line(&p.out), "chat-server ", 12);
    assert_int_equal(process_wait(&p), 0);
}

static void assert_joins(const char *address)
{
    struct wire w;
    wire_open(&w, address);
    wire_send(&w, HELLO("alice"), NULL);
    wire_expect(&w, WELCOME, NULL);
    wire_send(&w, "{\"type\":\"bye\",\"leave\":true}", NULL);
    wire_expect_end(&w);
    wire_close(&w);
}

static void test_every_kind_of_address(void **state)
{
    (void)state;
    struct server s;
    const char *path = in_scratch("%s", "sock");
    char options[256];
    snprintf(options, sizeof options, "--listen 127.0.0.1:0 --listen :0 --listen unix:%s", path);
    server_start(&s, options, NULL);
    assert_memory_equal(s.addresses[0], "127.0.0.1:", 10);
    assert_string_not_equal(s.addresses[0], "127.0.0.1:0");
    /* One socket for both families, where the host has both. */
    bool dual = strncmp(s.addresses[1], "[::]:", 5) == 0;
    assert_true(dual || strncmp(s.addresses[1], "0.0.0.0:", 8) == 0);
    assert_string_equal(s.addresses[2] + 5, path);
    for (int i = 0; i < 3; i++)
        assert_joins(s.addresses[i]);
    if (dual) {
        char v4[SERVER_ADDRESS_MAX], v6[SERVER_ADDRESS_MAX];
        snprintf(v4, sizeof v4, "127.0.0.1:%.100s", s.addresses[1] + 5);
        snprintf(v6, sizeof v6, "[::1]:%.100s", s.addresses[1] + 5);
        assert_joins(v4);
        assert_joins(v6);
    }
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0666);
    server_stop(&s);
    assert_int_equal(access(path, F_OK), -1);
}

/* The line of a relay that cannot start, after the time that it begins with. */
static void assert_refused(const char *const argv[], const char *expected)
{
    char line[512], text[512];
    assert_int_equal(run(argv, line), 1);
    snprintf(text, sizeof text, "chat-server: error: %s", expected);
    assert_string_equal(line + 20, text);
}

static void test_an_address_in_use_is_refused(void **state)
{
    (void)state;
    struct server s;
    char text[512];
    const char *unix_address = in_scratch("unix:%s", "live");
    char options[256];
    snprintf(options, sizeof options, "--listen 127.0.0.1:0 --listen %s", unix_address);
    server_start(&s, options, NULL);
    for (int i = 0; i < 2; i++) {
        const char *address = i ? unix_address : s.addresses[0];
        snprintf(text, sizeof text,
                 "cannot listen on %s: another program listens there; stop it, or choose another",
                 address);
        assert_refused((const char *const[]){CHAT_SERVER, "--memory", "--plaintext", "--listen",
                                             address, NULL},
                       text);
    }
    assert_joins(unix_address);
    server_stop(&s);
}

static void test_a_killed_relay_leaves_a_socket_that_the_next_replaces(void **state)
{
    (void)state;
    struct server s;
    const char *options = in_scratch("--listen unix:%s", "stale");
    server_start(&s, options, NULL);
    assert_int_equal(process_stop(&s.process, SIGKILL), 128 + SIGKILL);
    assert_int_equal(access(in_scratch("%s", "stale"), F_OK), 0);
    server_start(&s, options, NULL);
    assert_joins(s.addresses[0]);
    server_stop(&s);
}

static void test_a_state_folder_is_for_one_relay(void **state)
{
    (void)state;
    struct server s;
    char text[512];
    const char *folder = in_scratch("%s", "state");
    server_start(&s, in_scratch("--state %s", "state"), NULL);
    snprintf(text, sizeof text,
             "the state folder '%s' is in use by another relay; stop that one, or choose another "
             "folder with --state",
             folder);
    assert_refused((const char *const[]){CHAT_SERVER, "--memory", "--plaintext", "--state", folder,
                                         "--listen", "127.0.0.1:0", NULL},
                   text);
    server_stop(&s);
    server_start(&s, in_scratch("--state %s", "state"), NULL);
    server_stop(&s);
}

static void move_home(void)
{
    setenv("HOME", scratch_folder(), 1);
    setenv("XDG_STATE_HOME", in_scratch("%s", "xdg"), 1);
    unsetenv("STATE_DIRECTORY");
}

static void test_a_damaged_queue_is_said_to_be_one(void **state)
{
    (void)state;
    struct server s;
    sqlite3 *db;
    server_start(&s, in_scratch("--state %s", "damaged"), NULL);
    server_stop(&s);
    assert_int_equal(sqlite3_open(in_scratch("%s/queue.db", "damaged"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO seat VALUES (1, 'lobby', 'no nick', NULL, NULL, 1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    struct process p;
    const char *const argv[] = {CHAT_SERVER, "--plaintext",           "--listen=127.0.0.1:0",
                                "--state",   scratch_path("damaged"), NULL};
    process_start(&p, argv, NULL);
    process_line_with(&p.err, "damaged' is damaged: move it away and start again");
    assert_int_equal(process_wait(&p), 1);
}

static void test_a_relay_in_memory_and_plaintext_leaves_nothing(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, "", move_home);
    server_stop(&s);
    assert_int_equal(access(in_scratch("%s", "xdg"), F_OK), -1);
}

static void test_clients_are_told_of_the_end(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct server s;
        struct wire joined, silent;
        server_start(&s, "", NULL);
        wire_open(&joined, s.addresses[0]);
        wire_open(&silent, s.addresses[0]);
        wire_send(&joined, HELLO("alice"), NULL);
        wire_expect(&joined, WELCOME, NULL);
        assert_int_equal(kill(s.process.pid, signals[i]), 0);
        wire_expect(&joined, FATAL("shutting-down"), NULL);
        wire_expect_end(&joined);
        wire_close(&joined);
        wire_expect(&silent, FATAL("shutting-down"), NULL);
        wire_expect_end(&silent);
        wire_close(&silent);
        assert_int_equal(process_wait(&s.process), 0);
    }
}

static void test_a_second_signal_waits_for_nobody(void **state)
{
    (void)state;
    struct server s;
    struct wire w;
    server_start(&s, "", NULL);
    wire_open(&w, s.addresses[0]);
    wire_send(&w, HELLO("alice"), NULL);
    wire_expect(&w, WELCOME, NULL);
    kill(s.process.pid, SIGTERM);
    wire_expect(&w, FATAL("shutting-down"), NULL);
    kill(s.process.pid, SIGTERM);
    assert_int_equal(process_wait(&s.process), 0);
    wire_close(&w);
}

static void test_the_counters_are_one_line(void **state)
{
    (void)state;
    struct server s;
    struct canary c;
    server_start(&s, "", NULL);
    canary_start(&c, s.addresses[0], "counted");
    canary_talk(&c);
    for (int asked = 0; asked < 2; asked++) {
        kill(s.process.pid, SIGUSR1);
        const char *line = process_line_with(&s.process.err, "connections ");
        assert_string_equal(line + 20,
                            "chat-server: connections 2, joins 2, refusals 0, messages 2, bytes "
                            "14, receipts 2, signals 0, stored 0, repeats 0, over quota 0; now: "
                            "clients 2, seats 2, bytes held 0, bytes queued 0");
    }
    canary_stop(&c);
    server_stop(&s);
}

#define ID(key) "{\"identity\":\"" key "\"}"
#define KEY_A   "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define KEY_B   "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
#define HELLO_AS(nick, key) \
    "{\"type\":\"hello\",\"version\":1,\"nick\":\"" nick "\",\"keys\":" ID(key) "}"

static void write_list(const char *text)
{
    FILE *file = fopen(in_scratch("%s", "friends"), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_not_allowed(const char *address, const char *hello)
{
    struct wire w;
    wire_open(&w, address);
    wire_send(&w, hello, NULL);
    wire_expect(&w, FATAL("not-allowed"), NULL);
    wire_expect_end(&w);
    wire_close(&w);
}

static void test_the_list_of_identities(void **state)
{
    (void)state;
    struct server s;
    struct wire w;
    write_list(KEY_A " alice\n");
    server_start(&s, in_scratch("--allow %s", "friends"), NULL);
    assert_not_allowed(s.addresses[0], HELLO_AS("bob", KEY_B));
    assert_not_allowed(s.addresses[0], HELLO("carol"));
    wire_open(&w, s.addresses[0]);
    wire_send(&w, HELLO_AS("alice", KEY_A), NULL);
    wire_expect(&w, WELCOME, NULL);

    write_list(KEY_B " bob\nnonsense\n");
    kill(s.process.pid, SIGHUP);
    process_line_with(&s.process.err, "friends' does not begin with a key");
    wire_send(&w, "{\"type\":\"ping\"}", NULL);
    wire_expect(&w, "{\"type\":\"pong\"}", NULL);

    write_list(KEY_B " bob\n");
    kill(s.process.pid, SIGHUP);
    wire_expect(&w, FATAL("not-allowed"), NULL);
    wire_expect_end(&w);
    wire_close(&w);
    assert_not_allowed(s.addresses[0], HELLO_AS("alice", KEY_A));

    write_list("# nobody any more\n");
    kill(s.process.pid, SIGHUP);
    process_line_with(&s.process.err, "the list of identities was read again");
    process_line_with(&s.process.err, "the list of identities was read again");
    assert_not_allowed(s.addresses[0], HELLO_AS("bob", KEY_B));
    server_stop(&s);
    unlink(in_scratch("%s", "friends"));
}

static void close_some(void)
{
    close(STDIN_FILENO);
    close(STDERR_FILENO);
}

static void test_closed_standard_descriptors_are_not_used_for_others(void **state)
{
    (void)state;
    struct server s;
    char link[64], target[64];
    server_start(&s, "-v", close_some);
    assert_joins(s.addresses[0]);
    for (int fd = 0; fd <= 2; fd += 2) {
        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)s.process.pid, fd);
        ssize_t len = readlink(link, target, sizeof target);
        assert_int_equal(len, 9);
        assert_memory_equal(target, "/dev/null", 9);
    }
    server_stop(&s);
}

static void fill_output(void)
{
    dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
}

/* Whoever started it waits for those lines. */
static void test_output_that_cannot_be_written_ends_it(void **state)
{
    (void)state;
    const char *fingerprint = in_scratch("--state=%s", "full");
    const char *const calls[][5] = {
        {CHAT_SERVER, "--memory", "--plaintext", "--listen=127.0.0.1:0"},
        {CHAT_SERVER, "--fingerprint", fingerprint},
        {CHAT_SERVER, "--help"},
        {CHAT_SERVER, "--version"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct process p;
        process_start(&p, calls[i], fill_output);
        process_line_with(&p.err, "cannot write to standard output: No space left on device");
        assert_int_equal(process_wait(&p), 1);
    }
}

static void limit_descriptors(void)
{
    prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE); /* as in a container; else root is not limited */
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 200});
}

static void test_as_many_descriptors_as_there_may_be(void **state)
{
    (void)state;
    struct server s;
    server_start(&s, "--max-clients 1000", limit_descriptors);
    process_line_with(&s.process.err, "only 200 descriptors for --max-clients 1000: ");
    struct rlimit limit;
    assert_int_equal(prlimit(s.process.pid, RLIMIT_NOFILE, NULL, &limit), 0);
    assert_int_equal(limit.rlim_cur, 200);
    server_stop(&s);
}

static void test_a_log_that_nobody_reads_stops_nothing(void **state)
{
    (void)state;
    struct server s;
    struct canary c;
    server_start(&s, "-v", NULL);
    fcntl(s.process.err.fd, F_SETPIPE_SZ, 8192);
    canary_start(&c, s.addresses[0], "logged");
    for (int i = 0; i < 200; i++)
        assert_joins(s.addresses[0]);
    canary_talk(&c);
    process_line_with(&s.process.err, "connected"); /* which takes all that is there */
    kill(s.process.pid, SIGUSR1);
    process_line_with(&s.process.err, "lines of this log that were lost here: ");
    process_line_with(&s.process.err, "; now: clients 2");
    canary_stop(&c);
    server_stop(&s);
}

static void test_joins_are_logged_and_nothing_controls_the_terminal(void **state)
{
    (void)state;
    struct server s;
    struct wire w;
    server_start(&s, "", NULL);
    assert_joins(s.addresses[0]);
    const char *joined = process_line_with(&s.process.err, "alice");
    assert_string_equal(joined + 20, "chat-server: 127.0.0.1, alice in lobby: joined");
    wire_open(&w, s.addresses[0]);
    wire_send(&w, "{\"type\":\"hello\",\"version\":1,\"nick\":\"\\u001b[2J\\n<3>forged\"}", NULL);
    wire_expect(&w, FATAL("bad-nick"), NULL);
    wire_close(&w);
    kill(s.process.pid, SIGTERM);
    for (const char *line; (line = process_line(&s.process.err));) {
        assert_null(strchr(line, '\033'));
        assert_int_equal(line[4], '-');
    }
    assert_int_equal(process_wait(&s.process), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_usage_is_one_line_and_exit_2),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_every_kind_of_address),
        cmocka_unit_test(test_an_address_in_use_is_refused),
        cmocka_unit_test(test_a_killed_relay_leaves_a_socket_that_the_next_replaces),
        cmocka_unit_test(test_a_state_folder_is_for_one_relay),
        cmocka_unit_test(test_a_damaged_queue_is_said_to_be_one),
        cmocka_unit_test(test_a_relay_in_memory_and_plaintext_leaves_nothing),
        cmocka_unit_test(test_clients_are_told_of_the_end),
        cmocka_unit_test(test_a_second_signal_waits_for_nobody),
        cmocka_unit_test(test_the_counters_are_one_line),
        cmocka_unit_test(test_the_list_of_identities),
        cmocka_unit_test(test_closed_standard_descriptors_are_not_used_for_others),
        cmocka_unit_test(test_output_that_cannot_be_written_ends_it),
        cmocka_unit_test(test_as_many_descriptors_as_there_may_be),
        cmocka_unit_test(test_a_log_that_nobody_reads_stops_nothing),
        cmocka_unit_test(test_joins_are_logged_and_nothing_controls_the_terminal),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
