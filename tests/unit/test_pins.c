#include "error.h"
#include "name.h"
#include "pins.h"
#include "scratch.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FP   "0123-4567-89ab-cdef-0123-4567-89ab-cdef-0123-4567-89ab-cdef-0123-4567-89ab-cdef"
#define FP2  "f123-4567-89ab-cdef-0123-4567-89ab-cdef-0123-4567-89ab-cdef-0123-4567-89ab-cdef"
#define KEY  "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY2 "AgIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const uint8_t key[KEYS_LEN] = {1, 2, 3}, key2[KEYS_LEN] = {2, 2, 3};

static char folder[PATH_MAX], file[PATH_MAX + 8], why[PINS_WHY_MAX];

static int make_folder(void **state)
{
    umask(077);
    if (scratch_make(state))
        return -1;
    snprintf(folder, sizeof folder, "%s", scratch_folder());
    snprintf(file, sizeof file, "%s/pins", folder);
    why[0] = '\0';
    return 0;
}

static void write_bytes(const char *bytes, size_t len)
{
    int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void write_file(const char *text)
{
    write_bytes(text, strlen(text));
}

static void expect_file(const char *expected)
{
    char text[4096] = "";
    int fd = open(file, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) >= 0);
    close(fd);
    const char *at = text[0] == '#' ? strchr(text, '\n') + 1 : text;
    assert_string_equal(at, expected);
}

static struct pins *load(void)
{
    struct pins *p;
    int rc = pins_load(&p, folder, why);
    if (rc)
        print_message("%s\n", why);
    assert_int_equal(rc, 0);
    return p;
}

static void test_no_file_is_no_pin(void **state)
{
    (void)state;
    struct pins *p = load();
    struct pins_peer peer;
    size_t at = 0, line;
    assert_string_equal(pins_path(p), file);
    assert_null(pins_relay(p, "den:12121", &line));
    assert_false(pins_next_peer(p, "den:12121", &at, &peer));
    pins_free(p);
}

static void test_what_people_write_is_understood(void **state)
{
    (void)state;
    write_file("# mine\n"
               "\n"
               "relay den 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\n"
               "  peer\tden:12121  BOB " KEY "  verified \r\n"
               "peer unix:/run/a%20b%25/s zoe " KEY2 "\n"
               "relay lan " FP2 "\n"
               "peer [::1]:80 carol " KEY2);
    struct pins *p = load();
    struct pins_peer peer;
    size_t at = 0, line;
    assert_string_equal(pins_relay(p, "den:12121", &line), FP);
    assert_int_equal(line, 3);
    assert_string_equal(pins_relay(p, "DEN:12121", &line), FP);
    assert_null(pins_relay(p, "den:12122", &line));
    assert_string_equal(pins_relay(p, "lan", &line), FP2);
    assert_null(pins_relay(p, "lan:12121", &line)); /* a host of that name */
    assert_string_equal(pins_next_relay(p, &at), FP);
    assert_string_equal(pins_next_relay(p, &at), FP2);
    assert_null(pins_next_relay(p, &at));
    at = 0;
    assert_true(pins_next_peer(p, "den:12121", &at, &peer));
    assert_string_equal(peer.nick, "bob");
    assert_memory_equal(peer.identity, key, KEYS_LEN);
    assert_true(peer.verified);
    assert_false(pins_next_peer(p, "den:12121", &at, &peer));
    at = 0;
    assert_true(pins_next_peer(p, "unix:/run/a b%/s", &at, &peer));
    assert_string_equal(peer.nick, "zoe");
    assert_memory_equal(peer.identity, key2, KEYS_LEN);
    assert_false(peer.verified);
    at = 0;
    assert_false(pins_next_peer(p, "unix:/run/A b%/s", &at, &peer));
    at = 0;
    assert_true(pins_next_peer(p, "[::1]:80", &at, &peer));
    pins_free(p);
}

static void test_what_is_no_pin_is_refused_and_named(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "relay",
        "relay den",
        "relay den " FP " verified",
        "relay den 0123-4567",
        "relay den " FP "0",
        "relay den:70000 " FP,
        "relay un%2x " FP,
        "relay un%00 " FP,
        "relay un%2 " FP,
        "Relay den " FP,
        "peer den bob",
        "peer den bob " KEY " Verified",
        "peer den bob " KEY " verified # yes",
        "peer den bob AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "peer den bob AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
        "peer den b%ffb " KEY,
        "peer den b\xff " KEY,
        "peer den bob " KEY " verified again and again",
        "friend den bob " KEY,
        "\x1b[31m",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[512];
        struct pins *p;
        snprintf(text, sizeof text, "# one\nrelay attic " FP "\n%s\n", lines[i]);
        write_file(text);
        assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
        assert_null(p);
        assert_non_null(strstr(why, "line 3 of "));
        assert_non_null(strstr(why, file));
        assert_null(strchr(why, '\x1b'));
        assert_int_equal(pins_put_relay(folder, "den:1", FP, true, why), ERROR_KEY);
        expect_file(strchr(text, '\n') + 1);
    }
    struct pins *p;
    write_bytes("relay den " FP "\0\n", sizeof "relay den " FP);
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
}

static void test_two_pins_for_the_same_are_refused(void **state)
{
    (void)state;
    struct pins *p;
    write_file("peer den bob " KEY "\npeer attic bob " KEY2 "\nrelay den " FP "\n");
    pins_free(load());
    write_file("peer den bob " KEY "\n\npeer DEN:12121 BOB " KEY "\n");
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
    assert_non_null(strstr(why, "lines 1 and 3 of "));
    write_file("relay den " FP "\nrelay den:12121 " FP2 "\n");
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
    assert_non_null(strstr(why, "lines 1 and 2 of "));
}

static void test_a_file_of_others_is_refused(void **state)
{
    (void)state;
    struct pins *p;
    char elsewhere[PATH_MAX + 16];
    write_file("relay den " FP "\n");
    assert_int_equal(chmod(file, 0644), 0);
    pins_free(load()); /* it is no secret */
    assert_int_equal(chmod(file, 0664), 0);
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
    assert_non_null(strstr(why, "chmod 600"));
    assert_int_equal(chmod(file, 0602), 0);
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);

    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(rename(file, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, file), 0);
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
    assert_non_null(strstr(why, "symbolic link"));
    assert_int_equal(pins_put_relay(folder, "den:1", FP, true, why), ERROR_KEY);

    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkdir(file, 0700), 0);
    assert_int_equal(pins_load(&p, folder, why), ERROR_KEY);
    assert_int_equal(pins_load(&p, file, why), 0); /* an empty folder */
    pins_free(p);
    assert_int_equal(pins_load(&p, elsewhere, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, elsewhere));
}

static void test_a_pin_is_put_and_found(void **state)
{
    (void)state;
    struct pins_peer peer = {.nick = "bob"};
    struct stat st;
    size_t line;
    memcpy(peer.identity, key, KEYS_LEN);
    assert_int_equal(pins_put_relay(folder, "den:12121", FP, false, why), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(pins_put_peer(folder, "unix:/run/a b%/s", &peer, false, why), 0);
    expect_file("relay den:12121 " FP "\npeer unix:/run/a%20b%25/s bob " KEY "\n");
    struct pins *p = load();
    size_t at = 0;
    assert_non_null(pins_relay(p, "den:12121", &line));
    assert_int_equal(line, 2);
    assert_true(pins_next_peer(p, "unix:/run/a b%/s", &at, &peer));
    pins_free(p);
}

/* Keys of nicks are longer than nicks, and may hold blanks. */
static void test_any_nick_comes_back(void **state)
{
    (void)state;
    static const char *const nicks[] = {
        "bob", "ZO\xc3\x8b", "\xef\xb7\xba", /* U+FDFA */
        "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
        "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
        "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
        "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"};
    for (size_t i = 0; i < sizeof nicks / sizeof nicks[0]; i++) {
        struct name name;
        assert_int_equal(name_init_nick(&name, nicks[i], strlen(nicks[i])), 0);
        struct pins_peer peer = {.nick = name.key, .identity = {1, 2, 3}};
        assert_int_equal(pins_put_peer(folder, "den:12121", &peer, false, why), 0);
        struct pins *p = load();
        size_t at = 0;
        bool found = false;
        while (!found && pins_next_peer(p, "den:12121", &at, &peer))
            found = strcmp(peer.nick, name.key) == 0;
        assert_true(found);
        pins_free(p);
        name_clear(&name);
    }
}

static void test_only_what_is_told_to_is_replaced(void **state)
{
    (void)state;
    const struct pins_peer verified = {"bob", {1, 2, 3}, true}, seen = {"bob", {1, 2, 3}, false},
                           other = {"bob", {2, 2, 3}, false};
    write_file("# first\npeer den bob " KEY "\n# last\n");
    assert_int_equal(pins_put_peer(folder, "den:12121", &other, false, why), ERROR_KEY);
    assert_non_null(strstr(why, "line 2 of "));
    assert_int_equal(pins_put_peer(folder, "den:12121", &verified, true, why), 0);
    expect_file("peer den:12121 bob " KEY " verified\n# last\n");
    assert_int_equal(pins_put_peer(folder, "den:12121", &seen, false, why), 0);
    expect_file("peer den:12121 bob " KEY " verified\n# last\n");
    assert_int_equal(pins_put_peer(folder, "den:12121", &other, true, why), 0);
    expect_file("peer den:12121 bob " KEY2 "\n# last\n");
    assert_int_equal(pins_put_relay(folder, "den:12121", FP, false, why), 0);
    assert_int_equal(pins_put_relay(folder, "den:12121", FP, false, why), 0);
    assert_int_equal(pins_put_relay(folder, "den:12121", FP2, false, why), ERROR_KEY);
    assert_int_equal(pins_put_relay(folder, "den:12121", FP2, true, why), 0);
    expect_file("peer den:12121 bob " KEY2 "\n# last\nrelay den:12121 " FP2 "\n");
}

/* What could not be read again is not written. */
static void test_a_full_file_stays_as_it_is(void **state)
{
    (void)state;
    static char text[256 << 10];
    const struct pins_peer peer = {.nick = "bob"};
    struct pins *p;
    memset(text, '#', sizeof text - 1);
    write_file(text);
    assert_int_equal(pins_put_peer(folder, "den:12121", &peer, false, why), ERROR_LIMIT);
    assert_non_null(strstr(why, "is full"));
    assert_int_equal(pins_load(&p, folder, why), 0);
    pins_free(p);
}

static void test_a_draft_of_a_client_that_died_does_not_matter(void **state)
{
    (void)state;
    char draft[PATH_MAX + 16];
    snprintf(draft, sizeof draft, "%s.new", file);
    assert_int_equal(symlink("/dev/null", draft), 0);
    assert_int_equal(pins_put_relay(folder, "den:12121", FP, false, why), 0);
    expect_file("relay den:12121 " FP "\n");
    assert_int_equal(access(draft, F_OK), -1);
}

/* Many clients pin at once, and no pin is lost. */
static void test_clients_do_not_disturb_each_other(void **state)
{
    (void)state;
    enum {
        CLIENTS = 4,
        PINS = 8,
    };
    for (int i = 0; i < CLIENTS; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid > 0)
            continue;
        int rc = 0;
        for (int j = 0; rc == 0 && j < PINS; j++) {
            char relay[32];
            snprintf(relay, sizeof relay, "den%d:%d", i, j + 1);
            rc = pins_put_relay(folder, relay, FP, false, why);
        }
        _exit(rc != 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct pins *p = load();
    for (int i = 0; i < CLIENTS * PINS; i++) {
        char relay[32];
        size_t line;
        snprintf(relay, sizeof relay, "den%d:%d", i / PINS, i % PINS + 1);
        assert_non_null(pins_relay(p, relay, &line));
    }
    pins_free(p);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static const char before[] = "relay den:12121 " FP "\npeer den bob " KEY " verified\n";
    const struct pins_peer other = {"bob", {2, 2, 3}, false};
    struct pins *p;
    for (size_t n = 0; torture_begin(n); n++) {
        write_file(before);
        int rc = pins_load(&p, folder, why);
        torture_end();
        assert_true(rc == 0 || (torture_failed() && rc == ERROR_NOMEM));
        assert_int_equal(p == NULL, rc != 0);
        pins_free(p);
    }
    for (size_t n = 0; torture_begin(n); n++) {
        write_file(before);
        int rc = pins_put_peer(folder, "den:12121", &other, true, why);
        torture_end();
        assert_true(rc == 0 || (torture_failed() && rc == ERROR_NOMEM));
        expect_file(rc ? before : "relay den:12121 " FP "\npeer den:12121 bob " KEY2 "\n");
    }
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_no_file_is_no_pin),
        WITH_FOLDER(test_what_people_write_is_understood),
        WITH_FOLDER(test_what_is_no_pin_is_refused_and_named),
        WITH_FOLDER(test_two_pins_for_the_same_are_refused),
        WITH_FOLDER(test_a_file_of_others_is_refused),
        WITH_FOLDER(test_a_pin_is_put_and_found),
        WITH_FOLDER(test_any_nick_comes_back),
        WITH_FOLDER(test_only_what_is_told_to_is_replaced),
        WITH_FOLDER(test_a_full_file_stays_as_it_is),
        WITH_FOLDER(test_a_draft_of_a_client_that_died_does_not_matter),
        WITH_FOLDER(test_clients_do_not_disturb_each_other),
        WITH_FOLDER(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
