#include "host.h"
#include "options.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct words bob = {
    .relay = "den:12121", .room = "tea", .nick = "alice", .peer = "bob"};
static const struct words alone = {.relay = "den:12121", .room = "tea", .nick = "alice"};

static struct session_event status_of(enum session_state state, enum header_code code,
                                      const char *why, uint64_t retry_ms)
{
    struct session_event e = {.type = SESSION_STATUS};
    e.status.state = state;
    e.status.code = code;
    e.status.why = why;
    e.status.retry_ms = retry_ms;
    return e;
}

static void test_states_in_words(void **state)
{
    (void)state;
    const struct {
        struct session_event event;
        const char *text;
    } rows[] = {
        {status_of(SESSION_CONNECTING, CODE_UNKNOWN, NULL, 0), "connecting to den:12121"},
        {status_of(SESSION_JOINING, CODE_UNKNOWN, NULL, 0), "joining the room tea at den:12121"},
        {status_of(SESSION_ONLINE, CODE_UNKNOWN, NULL, 0),
         "connected to den:12121, room tea, as alice"},
        {status_of(SESSION_LEAVING, CODE_UNKNOWN, NULL, 0), "leaving"},
        {status_of(SESSION_STOPPED, CODE_UNKNOWN, NULL, 0), "disconnected"},
        {status_of(SESSION_STOPPED, CODE_ROOM_FULL, NULL, 0),
         "two others sit in the room tea at den:12121: choose another room with --room"},
        {status_of(SESSION_OFFLINE, CODE_UNKNOWN, "refused by den:12121", 5000),
         "reconnecting in 4 s (refused by den:12121)"},
        {status_of(SESSION_OFFLINE, CODE_UNKNOWN, NULL, 1001), "reconnecting in 1 s"},
        {status_of(SESSION_OFFLINE, CODE_UNKNOWN, NULL, 1000), "reconnecting in 0 s"},
        {status_of(SESSION_OFFLINE, CODE_UNKNOWN, NULL, 0), "reconnecting in 0 s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[WORDS_MAX];
        words_status(&bob, &rows[i].event, 1000, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_the_relay_on_the_lan_in_words(void **state)
{
    (void)state;
    const struct words looking = {
        .relay = "localhost:12121", .room = "tea", .nick = "alice", .on_lan = true};
    struct words found = looking;
    found.relay = "den (10.0.0.5:12121)";
    found.is_found = true;
    const struct {
        const struct words *words;
        enum session_state state;
        const char *text;
    } rows[] = {
        {&looking, SESSION_CONNECTING, "looking for a relay on the LAN"},
        {&looking, SESSION_ONLINE, "connected to localhost:12121, room tea, as alice"},
        {&found, SESSION_CONNECTING, "connecting to den (10.0.0.5:12121)"},
        {&found, SESSION_ONLINE,
         "connected to den (10.0.0.5:12121), found on the LAN, room tea, as alice"},
    };
    char text[WORDS_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct session_event e = status_of(rows[i].state, CODE_UNKNOWN, NULL, 0);
        words_status(rows[i].words, &e, 1000, text);
        assert_string_equal(text, rows[i].text);
    }
    const struct session_event e =
        status_of(SESSION_OFFLINE, CODE_UNKNOWN, "refused by localhost:12121", 0);
    words_unreachable(&looking, &e, text);
    assert_string_equal(text, "no connection (refused by localhost:12121): start chat-server here "
                              "or elsewhere on the LAN, or name another relay with --server");
    words_greeting(&looking, "box", text);
    assert_non_null(strstr(text, "\nchat-client --room tea --nick NAME\n"));
}

static void test_which_relays_there_are(void **state)
{
    (void)state;
    struct finder f = {.count = 2};
    const struct finder_relay den = {.name = "den",
                                     .key = "0123",
                                     .port = 12121,
                                     .at = {{.v4 = {.s_addr = htonl(0x0a000005)}}},
                                     .count = 1};
    char text[WORDS_MAX];
    f.relays[0] = den;
    f.relays[1] = (struct finder_relay){.name = "box", .port = 4000, .at = {{.is_v6 = true}}};
    words_which(&f, true, text);
    assert_string_equal(text,
                        "several relays answer on the LAN: name yours with --server, or go there "
                        "with /connect\n"
                        "10.0.0.5:12121 (den), key 0123\n"
                        "[::]:4000 (box)");
    words_which(&f, false, text);
    assert_non_null(strstr(text, "your relay does not answer on the LAN, but others do"));
    for (f.count = 0; f.count < FINDER_RELAYS_MAX; f.count++) {
        f.relays[f.count] = den;
        memset(f.relays[f.count].key, 'f', KEYS_FINGERPRINT_SIZE - 1);
    }
    words_which(&f, true, text);
    assert_in_range(strlen(text), 800, WORDS_MAX - 1);
}

static void test_an_error_of_the_relay_s_explains_itself(void **state)
{
    (void)state;
    char text[WORDS_MAX];
    struct session_event e = status_of(SESSION_OFFLINE, CODE_SHUTTING_DOWN, NULL, 1000);
    words_status(&bob, &e, 1000, text);
    assert_non_null(strstr(text, header_code_text(CODE_SHUTTING_DOWN)));
    for (enum header_code code = CODE_UNKNOWN; code < CODES; code++) {
        words_stopped(&bob, code, text);
        assert_true(strstr(text, "den:12121") != NULL);
        assert_null(strchr(text, '$'));
        words_refused(&bob, code, text);
        assert_null(strchr(text, '$'));
        assert_true(strlen(words_refused_short(code)) > 0);
        assert_true(strlen(words_refused_short(code)) < 16);
    }
}

static void test_who_is_there(void **state)
{
    (void)state;
    static const char *const texts[] = {"bob is here", "bob is offline", "bob left the room"};
    char text[WORDS_MAX];
    struct session_event e = {.type = SESSION_PRESENCE};
    e.presence.known = true;
    for (enum header_state s = HEADER_ONLINE; s <= HEADER_LEFT; s++) {
        e.presence.state = s;
        words_presence(&bob, &e, text);
        assert_string_equal(text, texts[s]);
    }
    e.presence.known = false;
    words_presence(&alone, &e, text);
    assert_string_equal(text, "nobody else is in the room tea yet");
    words_missing(&alone, text);
    assert_non_null(strstr(text, "the other person"));
}

static void test_without_tls_it_says_so(void **state)
{
    (void)state;
    static const struct {
        enum session_trust trust;
        const char *text, *plaintext_text;
    } rows[] = {
        {SESSION_NOBODY, NULL, "no TLS"},
        {SESSION_OPEN, "NOT PRIVATE", "NOT PRIVATE"},
        {SESSION_SEALED, "sealed · not yet verified", "sealed · no TLS · not yet verified"},
        {SESSION_VERIFIED, "sealed · verified", "sealed · no TLS · verified"},
        {SESSION_HELD, "ANOTHER KEY", "ANOTHER KEY"},
    };
    struct words plaintext = bob;
    plaintext.plaintext = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = words_trust_short(&bob, rows[i].trust);
        assert_int_equal(text != NULL, rows[i].text != NULL);
        if (text)
            assert_string_equal(text, rows[i].text);
        assert_string_equal(words_trust_short(&plaintext, rows[i].trust), rows[i].plaintext_text);
    }
    char text[WORDS_MAX];
    words_without_tls(&plaintext, text);
    assert_non_null(strstr(text, "what you say is sealed"));
    plaintext.open = true;
    words_without_tls(&plaintext, text);
    assert_null(strstr(text, "sealed"));
    assert_non_null(strstr(text, "reads all of it"));
}

static void test_counts_agree_with_their_verbs(void **state)
{
    (void)state;
    char text[WORDS_MAX];
    words_undelivered(1, text);
    assert_string_equal(text, "1 message was not delivered; it goes out at the next start");
    words_undelivered(2, text);
    assert_string_equal(text, "2 messages were not delivered; they go out at the next start");
    words_unfinished(1, text);
    assert_string_equal(text, "1 file is not through; it goes on at the next start");
    words_unfinished(2, text);
    assert_string_equal(text, "2 files are not through; they go on at the next start");
    words_waiting(1, text);
    assert_string_equal(text,
                        "1 message waits for somebody to come; ^C ends this, and it goes out at "
                        "the next start");
    words_waiting(2, text);
    assert_string_equal(text,
                        "2 messages wait for somebody to come; ^C ends this, and they go out at "
                        "the next start");
}

static void test_what_the_other_person_types(void **state)
{
    (void)state;
    const struct {
        const char *relay, *room, *command;
        bool plaintext, open;
    } rows[] = {
        {"localhost:12121", "tea", "\nchat-client --server box --room tea --nick NAME\n", false,
         false},
        {"127.0.0.1:4000", "lobby", "\nchat-client --server box:4000 --nick NAME\n", false, false},
        {"[::1]:4000", "lobby", "\nchat-client --server box:4000 --nick NAME\n", false, false},
        {"[fd00::2]:12121", "lobby", "\nchat-client --server [fd00::2] --nick NAME\n", false,
         false},
        {"den:4000", "tea", "\nchat-client --server den:4000 --room tea --no-seal --nick NAME\n",
         false, true},
        {"unix:/run/chat", "lobby",
         "\nchat-client --server unix:/run/chat --plaintext --nick NAME\n", true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct words w = alone;
        char text[WORDS_MAX];
        w.relay = rows[i].relay;
        w.room = rows[i].room;
        w.plaintext = rows[i].plaintext;
        w.open = rows[i].open;
        words_greeting(&w, "box", text);
        assert_non_null(strstr(text, rows[i].command));
    }
}

static void test_this_machine_has_a_name_for_others(void **state)
{
    (void)state;
    char host[HOST_MAX], text[HOST_MAX + 8], why[OPTIONS_ERROR_MAX];
    struct address a;
    snprintf(text, sizeof text, "%s:4000", host_find(host));
    assert_int_equal(options_parse_relay(text, &a, why), 0);
    assert_int_equal(a.port, 4000);
    assert_true(strncmp(host, "127.", 4) != 0 && strcmp(host, "[::1]") != 0);
}

static void test_long_names_are_cut_and_not_run_over(void **state)
{
    (void)state;
    static char name[4 * WORDS_MAX];
    memset(name, 'x', sizeof name - 1);
    struct words w = {
        .relay = name, .room = name, .nick = name, .peer = name, .plaintext = true, .open = true};
    char text[WORDS_MAX];
    words_stopped(&w, CODE_ROOM_FULL, text);
    assert_int_equal(strlen(text), WORDS_MAX - 1);
    words_greeting(&w, "box", text);
    assert_int_equal(strlen(text), WORDS_MAX - 1);
}

static void test_every_kind_is_told_or_not(void **state)
{
    (void)state;
    static const char letters[] = "abc";
    struct payload p = {.text = {letters, 3}, .emoji = {letters, 2}, .name = {letters, 1}};
    static const struct {
        enum payload_kind kind;
        bool shown;
        size_t len;
    } rows[] = {
        {PAYLOAD_UNKNOWN, true, 0}, {PAYLOAD_TEXT, true, 3},     {PAYLOAD_ACTION, true, 3},
        {PAYLOAD_EDIT, true, 3},    {PAYLOAD_DELETE, true, 0},   {PAYLOAD_REACT, true, 2},
        {PAYLOAD_READ, false, 0},   {PAYLOAD_FILE, true, 1},     {PAYLOAD_ACCEPT, false, 0},
        {PAYLOAD_CANCEL, false, 0}, {PAYLOAD_CHUNK, false, 0},   {PAYLOAD_TYPING, false, 0},
        {PAYLOAD_AWAY, false, 0},   {PAYLOAD_RECEIPT, false, 0},
    };
    assert_int_equal(sizeof rows / sizeof rows[0], PAYLOAD_KINDS);
    for (size_t i = 0; i < PAYLOAD_KINDS; i++) {
        p.kind = rows[i].kind;
        struct words_said said = words_said(&p);
        assert_int_equal(said.shown, rows[i].shown);
        assert_int_equal(said.text.len, rows[i].len);
        assert_true(!said.shown || said.before != NULL);
    }
}

static void test_what_became_of_a_file(void **state)
{
    (void)state;
    struct transfer_row file = {.name = "a\nb.txt", .size = 30100000, .path = "/tmp/a b.txt"};
    char text[WORDS_MAX];
    file.state = TRANSFER_OFFERED;
    words_file(&bob, &file, text);
    assert_string_equal(text, "bob offers a^Jb.txt (30.1 MB): /accept to take it");
    words_file_short(&bob, &file, text);
    assert_string_equal(text, "/accept to take it");
    file.state = TRANSFER_DONE;
    words_file(&bob, &file, text);
    assert_string_equal(text, "a^Jb.txt is here: /tmp/a b.txt");
    file.mine = true;
    words_file(&bob, &file, text);
    assert_string_equal(text, "bob has a^Jb.txt");
    for (file.state = TRANSFER_OFFERED; file.state <= TRANSFER_DAMAGED; file.state++)
        for (int mine = 0; mine < 2; mine++) {
            file.mine = mine;
            words_file(&bob, &file, text);
            assert_true(*text && !strchr(text, '$'));
            words_file_short(&bob, &file, text);
            assert_true(*text && !strchr(text, '$'));
        }
    const struct payload offer = {.kind = PAYLOAD_FILE, .name = {"a", 1}, .size = 1};
    assert_string_equal(words_said(&offer).after, " (1 byte)");
    assert_true(words_said(&offer).one_line);
}

static void test_the_time_is_the_local_one(void **state)
{
    (void)state;
    char text[WORDS_CLOCK_MAX];
    setenv("TZ", "CET-1", 1);
    tzset();
    words_clock((8 * 3600 + 14 * 60) * UINT64_C(1000), text);
    assert_string_equal(text, "09:14");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_in_words),
        cmocka_unit_test(test_the_relay_on_the_lan_in_words),
        cmocka_unit_test(test_which_relays_there_are),
        cmocka_unit_test(test_an_error_of_the_relay_s_explains_itself),
        cmocka_unit_test(test_who_is_there),
        cmocka_unit_test(test_without_tls_it_says_so),
        cmocka_unit_test(test_counts_agree_with_their_verbs),
        cmocka_unit_test(test_what_the_other_person_types),
        cmocka_unit_test(test_this_machine_has_a_name_for_others),
        cmocka_unit_test(test_long_names_are_cut_and_not_run_over),
        cmocka_unit_test(test_every_kind_is_told_or_not),
        cmocka_unit_test(test_what_became_of_a_file),
        cmocka_unit_test(test_the_time_is_the_local_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
