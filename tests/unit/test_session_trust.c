#include "bundle.h"
#include "duet.h"
#include "error.h"
#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
};

static void start(struct person *p)
{
    duet_start(p);
    duet_expect(p, "prekey\n");
    duet_join(p);
}

static void start_both(void)
{
    start(&alice);
    start(&bob);
}

static void forget(void)
{
    struct person *persons[] = {&alice, &bob};
    for (size_t i = 0; i < 2; i++) {
        persons[i]->events_len = 0;
        persons[i]->events[0] = '\0';
    }
}

static void test_the_first_identity_is_pinned_and_sealed_to(void **state)
{
    (void)state;
    start_both();
    duet_expect(&alice, "pin bob new\ntrust sealed\n");
    duet_expect(&bob, "pin alice new\ntrust sealed\n");
    duet_say(&alice, "morning");
    duet_expect(&bob, "theirs morning\n");
    duet_expect(&alice, "mine morning\n1 delivered\n");
    const struct duet_frame *sent = duet_last(&alice, HEADER_MESSAGE);
    assert_int_equal(sent->content[0], PAYLOAD_SEALED);
    assert_null(memmem(sent->content, sent->content_len, "morning", 7));
    assert_int_equal(duet_last(&bob, HEADER_RECEIPT)->content[0], PAYLOAD_SEALED);
    const struct payload typing = {.kind = PAYLOAD_TYPING, .active = true};
    assert_int_equal(session_signal(bob.s, &typing, bob.now_ms), 0);
    duet_expect(&alice, "signal on\n");
    sent = duet_last(&bob, HEADER_SIGNAL);
    assert_int_equal(sent->content[0], PAYLOAD_SEALED);
    duet_give(&alice, &sent->header, sent->content, sent->content_len);
    duet_expect(&alice, "");
}

static void test_an_identity_can_be_verified(void **state)
{
    (void)state;
    start(&alice);
    assert_int_equal(session_verify(alice.s, alice.now_ms), ERROR_STATE);
    start(&bob);
    forget();
    assert_int_equal(session_verify(alice.s, alice.now_ms), 0);
    duet_expect(&alice, "pin bob same verified replace\ntrust verified\n");
    duet_leave(&alice);
    duet_join(&alice);
    assert_int_equal(session_get_trust(alice.s), SESSION_VERIFIED);
    assert_int_equal(session_accept(alice.s, alice.now_ms), ERROR_STATE);
    char identity[KEYS_TEXT_SIZE];
    keys_text_format(keys_identity_public(bob.identity), identity);
    assert_string_equal(session_peer_identity(alice.s), identity);
}

/* bob comes back with another identity, or somebody else as bob. */
static void replace_bob(void)
{
    duet_stop(&bob);
    duet_identity(&bob, 3);
    bob.prekeys_count = 0;
    bob.pin.nick = NULL;
    bob.pin_identity[0] = '\0';
    forget();
    start(&bob);
}

static void test_another_identity_is_held_until_it_is_accepted(void **state)
{
    (void)state;
    start_both();
    duet_say(&alice, "for the first bob");
    duet_leave(&bob);
    bob.joined = false;
    duet_say(&alice, "waits");
    size_t before = duet_sent(&alice, HEADER_MESSAGE);
    replace_bob();
    duet_expect(&alice, "trust held\n");
    duet_say(&alice, "waits too");
    duet_say(&bob, "let me in");
    const struct payload typing = {.kind = PAYLOAD_TYPING, .active = true};
    assert_int_equal(session_signal(alice.s, &typing, alice.now_ms), 0);
    assert_int_equal(session_signal(bob.s, &typing, bob.now_ms), 0);
    duet_expect(&alice, "mine waits too\nasks again after 0\n");
    assert_int_equal(duet_sent(&alice, HEADER_MESSAGE), before);
    assert_int_equal(duet_sent(&alice, HEADER_SIGNAL), 0);
    assert_int_equal(session_verify(alice.s, alice.now_ms), ERROR_STATE);
    duet_expect(&bob, "pin alice new\ntrust sealed\nmine let me in\n");

    assert_int_equal(session_accept(alice.s, alice.now_ms), 0);
    duet_expect(&bob, "theirs waits\ntheirs waits too\n1 delivered\n");
    duet_expect(&alice, "pin bob new replace\ntrust sealed\nasks again after 0\n"
                        "theirs let me in\n2 delivered\n3 delivered\n");
    assert_int_equal(session_undelivered(alice.s), 0);
}

static void test_a_change_of_what_moves_names_what_moved(void **state)
{
    (void)state;
    start_both();
    duet_leave(&bob);
    bob.joined = false;
    duet_say(&alice, "teh");
    struct payload edit = {.kind = PAYLOAD_EDIT, .text = {"the", 3}};
    struct buffer scratch;
    uint64_t id;
    buffer_init(&scratch, SIZE_MAX);
    const struct header *sent = &duet_last(&alice, HEADER_MESSAGE)->header;
    edit.target = (struct payload_ref){.present = true, .stream = sent->stream, .n = sent->n};
    assert_int_equal(session_send(alice.s, &edit, alice.now_ms, &id), 0);
    replace_bob();
    forget();
    assert_int_equal(session_accept(alice.s, alice.now_ms), 0);
    duet_expect(&bob, "theirs teh\ntheirs the\n");
    const struct header *first = &alice.kept[alice.kept_count - 2].header;
    assert_int_equal(first->type, HEADER_MESSAGE);
    assert_int_not_equal(first->stream, edit.target.stream);
    buffer_clear(&scratch);
}

/* To whom one has heard of it says what was heard last: a line of the longest sort is too long
 * then.
 */
static void test_what_does_not_fit_any_more_does_not_move(void **state)
{
    (void)state;
    static char text[10828];
    memset(text, 1, sizeof text - 1);
    start_both();
    duet_say(&bob, "hello");
    replace_bob();
    assert_int_equal(session_accept(alice.s, alice.now_ms), 0);
    duet_leave(&bob);
    bob.joined = false;
    duet_say(&alice, text);
    duet_say(&alice, "short");
    duet_stop(&bob);
    duet_identity(&bob, 2);
    duet_start(&bob);
    duet_join(&bob);
    forget();
    assert_int_equal(session_accept(alice.s, alice.now_ms), 0);
    duet_expect(&bob, "theirs short\n");
    assert_int_equal(session_undelivered(alice.s), 1);
}

/* The relay kept bob's receipt for the offer back, and brought what he said of it. */
static void test_who_did_not_take_a_file_gets_nothing_of_it(void **state)
{
    (void)state;
    char digest[PAYLOAD_DIGEST_LEN + 1] = "";
    const struct transfer_row file = {.name = "n", .digest = digest, .path = "/p", .size = 5};
    uint64_t ours;
    memset(digest, 'd', PAYLOAD_DIGEST_LEN);
    start_both();
    assert_int_equal(transfer_offer(alice.s, &file, alice.now_ms, &ours), 0);
    alice.joined = false;
    duet_settle();
    assert_int_equal(transfer_take(bob.s, transfer_get(bob.s, 0).message, "/q", 0, bob.now_ms), 0);
    duet_settle();
    const struct duet_frame accept = *duet_last(&bob, HEADER_MESSAGE);
    duet_give(&alice, &accept.header, accept.content, accept.content_len);
    duet_settle();
    assert_int_equal(transfer_get(alice.s, 0).state, TRANSFER_TAKEN);
    alice.joined = true;
    replace_bob();
    assert_int_equal(session_accept(alice.s, alice.now_ms), 0);
    duet_settle();
    assert_int_equal(transfer_get(alice.s, 0).state, TRANSFER_OFFERED);
    assert_int_equal(transfer_get(bob.s, 0).state, TRANSFER_OFFERED);
}

static void test_the_first_bob_counts_while_another_is_held(void **state)
{
    (void)state;
    start_both();
    duet_say(&bob, "one");
    forget();
    alice.joined = false; /* what bob says now waits at the relay */
    duet_say(&bob, "two");
    const struct duet_frame two = *duet_last(&bob, HEADER_MESSAGE);
    alice.joined = true;
    replace_bob();
    forget();
    duet_give(&alice, &two.header, two.content, two.content_len);
    duet_expect(&alice, "theirs two\n");
    duet_say(&bob, "three");
    duet_expect(&alice, "asks again after 0\n");
}

static void test_one_side_seals_and_the_other_does_not(void **state)
{
    (void)state;
    bob.open = true;
    start(&alice);
    duet_start(&bob);
    duet_join(&bob);
    duet_expect(&alice, "trust mismatch\n");
    duet_expect(&bob, "trust mismatch\n");
    duet_say(&alice, "secret");
    duet_say(&bob, "open");
    duet_expect(&alice, "mine secret\n");
    duet_expect(&bob, "mine open\n");
    assert_int_equal(duet_sent(&alice, HEADER_MESSAGE) + duet_sent(&bob, HEADER_MESSAGE), 0);
    static const uint8_t open[] = "\0\0\x1f{\"kind\":\"text\",\"text\":\"hello\"}";
    const struct header h = {.type = HEADER_MESSAGE, .stream = 7, .n = 1};
    duet_give(&alice, &h, open, sizeof open - 1);
    duet_expect(&alice, "");
}

/* They sealed before, and speak in the open now. */
static void open_both(void)
{
    start_both();
    duet_stop(&alice);
    duet_stop(&bob);
    alice.open = bob.open = true;
    duet_start(&alice);
    duet_join(&alice);
    duet_start(&bob);
    forget();
}

static void test_in_the_open_pins_count_too(void **state)
{
    (void)state;
    open_both();
    duet_identity(&bob, 3);
    duet_stop(&bob);
    duet_start(&bob);
    duet_join(&bob);
    duet_expect(&alice, "trust held\n");
    duet_say(&alice, "waits");
    duet_say(&bob, "let me in");
    duet_expect(&alice, "mine waits\nasks again after 0\n");
    duet_expect(&bob, "trust open\nmine let me in\n");
    assert_int_equal(duet_sent(&alice, HEADER_MESSAGE), 0);
    assert_int_equal(session_accept(alice.s, alice.now_ms), 0);
    duet_expect(&bob, "theirs waits\n1 delivered\n");
    duet_expect(&alice, "pin bob new replace\ntrust open\nasks again after 0\n"
                        "theirs let me in\n1 delivered\n");
}

static void test_in_the_open_nothing_is_pinned(void **state)
{
    (void)state;
    alice.open = bob.open = true;
    duet_start(&alice);
    duet_join(&alice);
    duet_expect(&alice, "trust open\n");
    duet_start(&bob);
    duet_join(&bob);
    duet_expect(&alice, "trust open\n");
    duet_say(&bob, "hello");
    duet_expect(&alice, "theirs hello\n");
    assert_null(alice.pin.nick);
}

static void test_in_the_open_who_is_pinned_is_known(void **state)
{
    (void)state;
    open_both();
    duet_join(&bob);
    duet_expect(&alice, "trust open\n");
    duet_say(&bob, "it is me");
    duet_expect(&alice, "theirs it is me\n");
    duet_leave(&bob);
    forget();
    duet_show(&alice, NULL); /* somebody who shows nothing could show anything */
    duet_expect(&alice, "trust open\n");
}

static void test_keys_that_are_not_right(void **state)
{
    (void)state;
    start_both();
    char keys[1024];
    snprintf(keys, sizeof keys, "%s", bob.keys);
    char *at = strstr(keys, "\"made\":");
    at[7] = '2';
    forget();
    duet_show(&alice, keys);
    duet_expect(&alice, "trust broken\n");
    duet_say(&alice, "waits");
    size_t sent = duet_sent(&alice, HEADER_MESSAGE);
    duet_show(&alice, NULL);
    duet_expect(&alice, "mine waits\ntrust mismatch\n");
    duet_show(&alice, alice.keys); /* the relay shows us our own */
    duet_expect(&alice, "trust broken\n");
    assert_int_equal(duet_sent(&alice, HEADER_MESSAGE), sent);
    duet_show(&alice, bob.keys);
    duet_expect(&alice, "trust sealed\n1 delivered\n");
}

static void test_older_keys_are_not_used_again(void **state)
{
    (void)state;
    start_both();
    char old[1024];
    snprintf(old, sizeof old, "%s", bob.keys);
    duet_wait(&bob, DAY_MS);
    assert_string_not_equal(bob.keys, old);
    forget();
    duet_show(&alice, old);
    duet_expect(&alice, "notice the relay shows keys of bob th\n");
    duet_say(&alice, "sealed to the newest");
    uint8_t id[KEYS_ID_LEN];
    struct bundle bundle;
    assert_int_equal(bundle_get(&bundle, bob.keys, strlen(bob.keys), "lobby"), 0);
    keys_prekey_id(bundle.prekey, id);
    assert_memory_equal(duet_last(&alice, HEADER_MESSAGE)->content + 1, id, KEYS_ID_LEN);
}

static void test_prekeys_are_on_disk_before_they_are_told(void **state)
{
    (void)state;
    alice.hold_commits = true;
    duet_start(&alice);
    assert_int_equal(session_get_state(alice.s), SESSION_CONNECTING);
    duet_expect(&alice, "prekey\n");
    assert_int_equal(session_connected(alice.s, alice.now_ms), 0);
    duet_settle();
    assert_string_equal(alice.keys, "");
    duet_stop(&alice);

    alice.hold_commits = alice.dirty = false;
    start(&alice);
    char keys[1024];
    snprintf(keys, sizeof keys, "%s", alice.keys);
    alice.hold_commits = true;
    duet_wait(&alice, DAY_MS);
    duet_expect(&alice, "prekey\n");
    assert_string_equal(alice.keys, keys);
    alice.hold_commits = false;
    duet_settle();
    assert_string_not_equal(alice.keys, keys);
    assert_int_equal(alice.prekeys_count, 3);
}

static void test_prekeys_are_erased_after_a_week(void **state)
{
    (void)state;
    start_both();
    alice.joined = false;
    duet_say(&bob, "sealed to the first prekey");
    const struct duet_frame sent = *duet_last(&bob, HEADER_MESSAGE);
    alice.joined = true;
    bob.joined = false;
    forget();
    duet_wait(&alice, 8 * (uint64_t)DAY_MS);
    assert_null(strstr(alice.events, "erased"));
    duet_wait(&alice, DAY_MS);
    assert_non_null(strstr(alice.events, "prekey erased\n"));
    assert_int_equal(alice.prekeys_count, 9);
    forget();
    duet_give(&alice, &sent.header, sent.content, sent.content_len);
    duet_expect(&alice, "asks again after 0\n");
}

static void test_what_waited_opens_after_a_restart(void **state)
{
    (void)state;
    start_both();
    alice.joined = false;
    duet_say(&bob, "sealed to the prekey before");
    const struct duet_frame sent = *duet_last(&bob, HEADER_MESSAGE);
    duet_stop(&alice);
    alice.wall_ms += 6 * (uint64_t)DAY_MS;
    bob.joined = false;
    forget();
    start(&alice);
    bob.joined = true;
    duet_show(&alice, bob.keys);
    forget();
    duet_give(&alice, &sent.header, sent.content, sent.content_len);
    duet_expect(&alice, "theirs sealed to the prekey before\n");
}

static void test_what_does_not_open_is_asked_for_and_told(void **state)
{
    (void)state;
    start_both();
    bob.joined = true;
    alice.joined = false;
    duet_say(&bob, "one");
    alice.joined = true;
    struct duet_frame sent = *duet_last(&bob, HEADER_MESSAGE);
    bob.joined = false; /* it does not come again yet */
    forget();
    sent.content[sent.content_len - 1] ^= 1;
    duet_give(&alice, &sent.header, sent.content, sent.content_len);
    duet_expect(&alice, "asks again after 0\n");
    duet_give(&alice, &sent.header, sent.content, sent.content_len);
    duet_expect(&alice, "notice a message from bob does not op\n");
    duet_wait(&alice, SESSION_RESEND_MS);
    duet_expect(&alice, "asks again after 0\n");
    sent.content[sent.content_len - 1] ^= 1;
    duet_give(&alice, &sent.header, sent.content, sent.content_len);
    duet_expect(&alice, "theirs one\n");
}

/* What a nick was shown with once, and was not right, says nothing of who writes under it now. */
static void test_what_came_before_its_author_is_asked_for(void **state)
{
    (void)state;
    start(&alice);
    duet_show(&alice, alice.keys);
    duet_leave(&alice);
    start(&bob);
    duet_show(&bob, alice.keys);
    duet_say(&bob, "one");
    const struct duet_frame sent = *duet_last(&bob, HEADER_MESSAGE);
    bob.joined = false;
    duet_join(&alice);
    forget();
    duet_give(&alice, &sent.header, sent.content, sent.content_len);
    duet_expect(&alice, "");
    duet_show(&alice, bob.keys);
    duet_expect(&alice, "pin bob new\ntrust sealed\nasks again after 0\n");
}

/* They are known before they are met: a message came, while the relay showed keys of no use. */
static void test_what_was_written_to_nobody_is_for_who_wrote_first(void **state)
{
    (void)state;
    char wrong[1024];
    keys_text_format(keys_identity_public(bob.identity), alice.pin_identity);
    alice.pin = (struct session_pin_row){bob.nick, alice.pin_identity, false};
    start(&alice);
    alice.joined = false;
    start(&bob);
    duet_show(&bob, alice.keys);
    duet_say(&bob, "one");
    const struct duet_frame one = *duet_last(&bob, HEADER_MESSAGE);
    alice.joined = true;
    snprintf(wrong, sizeof wrong, "%s", bob.keys);
    strstr(wrong, "\"made\":")[7] = '2';
    duet_show(&alice, wrong);
    duet_say(&alice, "two");
    forget();
    duet_give(&alice, &one.header, one.content, one.content_len);
    duet_expect(&alice, "theirs one\n");
    duet_show(&alice, bob.keys);
    duet_expect(&bob, "1 delivered\ntheirs two\n");
    duet_expect(&alice, "trust sealed\n1 delivered\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, duet_set_up, duet_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_first_identity_is_pinned_and_sealed_to),
        TEST(test_an_identity_can_be_verified),
        TEST(test_another_identity_is_held_until_it_is_accepted),
        TEST(test_a_change_of_what_moves_names_what_moved),
        TEST(test_what_does_not_fit_any_more_does_not_move),
        TEST(test_who_did_not_take_a_file_gets_nothing_of_it),
        TEST(test_the_first_bob_counts_while_another_is_held),
        TEST(test_one_side_seals_and_the_other_does_not),
        TEST(test_in_the_open_pins_count_too),
        TEST(test_in_the_open_nothing_is_pinned),
        TEST(test_in_the_open_who_is_pinned_is_known),
        TEST(test_keys_that_are_not_right),
        TEST(test_older_keys_are_not_used_again),
        TEST(test_prekeys_are_on_disk_before_they_are_told),
        TEST(test_prekeys_are_erased_after_a_week),
        TEST(test_what_waited_opens_after_a_restart),
        TEST(test_what_does_not_open_is_asked_for_and_told),
        TEST(test_what_came_before_its_author_is_asked_for),
        TEST(test_what_was_written_to_nobody_is_for_who_wrote_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
