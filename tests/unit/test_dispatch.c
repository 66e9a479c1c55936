#include "dispatch.h"
#include "error.h"
#include "fake.h"
#include "log.h"
#include "tls.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A dispatch with what it needs. */
static struct ready *ready;
static struct dispatch *dispatch;
static char the_relay, the_store;

static int setup(void **state)
{
    (void)state;
    fake_init();
    log_init("test", LOG_LEVEL_ERROR);
    assert_int_equal(ready_new(&ready), 0);
    const struct dispatch_parts parts = {
        .relay = (struct relay *)(void *)&the_relay,
        .store = (struct store *)(void *)&the_store,
        .ready = ready,
    };
    return dispatch_new(&dispatch, &parts);
}

static int teardown(void **state)
{
    (void)state;
    dispatch_free(dispatch);
    ready_free(ready);
    return 0;
}

/* Has a new connection accepted; gives its other end. */
static int connect_one(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    dispatch_accept(dispatch, fds[0]);
    return fds[1];
}

/* The first half of a turn, with what is ready now. */
static void take_ready(void)
{
    void *owner;
    short revents;
    assert_int_equal(ready_poll(ready, 0), 0);
    dispatch_begin(dispatch, 100, 200);
    while (ready_next(ready, &owner, &revents))
        dispatch_ready(dispatch, owner, revents);
}

static int turn(void)
{
    take_ready();
    return dispatch_finish(dispatch);
}

static void assert_reads(int fd, const char *expected)
{
    char got[256];
    ssize_t len = recv(fd, got, sizeof got, MSG_DONTWAIT);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(got, expected, strlen(expected));
}

static void assert_closed(int fd)
{
    char byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    close(fd);
}

static void test_bytes_pass_both_ways(void **state)
{
    (void)state;
    int fd = connect_one();
    assert_int_equal(dispatch_count(dispatch), 1);
    fake.clients[0].output = "hello";
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_int_equal(turn(), 0);
    assert_int_equal(fake.clients[0].input_len, 3);
    assert_reads(fd, "hello");
    fake.clients[0].output = "again";
    fake_emit(RELAY_WANT, &fake.clients[0]);
    assert_int_equal(turn(), 0);
    assert_reads(fd, "again");
    assert_int_equal(dispatch_deadline(dispatch), UINT64_MAX);
    close(fd);
}

static void test_a_turn_reads_a_bounded_amount_of_each(void **state)
{
    (void)state;
    static char flood[300000];
    int fd = connect_one();
    assert_int_equal(turn(), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    size_t put = (size_t)write(fd, flood, sizeof flood);
    assert_true(put > 131072);
    assert_int_equal(turn(), 0);
    assert_int_equal(fake.clients[0].input_len, 131072);
    /* Also where there was something left, and more came since. */
    put += (size_t)write(fd, flood, 131072);
    for (size_t before; (before = fake.clients[0].input_len) < put;) {
        assert_int_equal(turn(), 0);
        assert_in_range(fake.clients[0].input_len, before + 1, before + 131072);
    }
    close(fd);
}

static void test_a_slow_reader_gets_the_rest_later(void **state)
{
    (void)state;
    static char much[600001];
    memset(much, 'x', sizeof much - 1);
    int fd = connect_one();
    fake.clients[0].output = much;
    assert_int_equal(turn(), 0);
    assert_true(*fake.clients[0].output);
    size_t got = 0;
    char chunk[65536];
    while (got < sizeof much - 1) {
        ssize_t len = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);
        if (len > 0)
            got += (size_t)len;
        else
            assert_int_equal(turn(), 0);
    }
    assert_false(*fake.clients[0].output);
    close(fd);
}

static void test_a_turn_is_one_transaction(void **state)
{
    (void)state;
    static const enum relay_event_type types[] = {
        RELAY_SAVE_SEAT,    RELAY_SAVE_MESSAGE, RELAY_DELETE_MESSAGES, RELAY_DELETE_SEAT,
        RELAY_SAVE_RECEIPT, RELAY_LOAD,         RELAY_DELETE_RECEIPTS,
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        fake_emit(types[i], NULL);
    fake.save_more = true;
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes,
                        "seat message -messages deleted -seat receipt load -receipts commit "
                        "committed seat commit committed ");
    *fake.notes = '\0';
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, ""); /* nothing changed: nothing is committed */
}

static void test_after_a_failed_commit_nothing_is_said(void **state)
{
    (void)state;
    int fd = connect_one();
    fake_emit(RELAY_SAVE_MESSAGE, NULL);
    fake.clients[0].output = "stored";
    fake.commit_result = ERROR_STORE;
    assert_int_equal(turn(), ERROR_STORE);
    assert_string_equal(fake.notes, "message commit ");
    char byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    close(fd);
}

static void test_a_full_disk_is_told_to_the_relay(void **state)
{
    (void)state;
    fake_emit(RELAY_SAVE_MESSAGE, NULL);
    fake.commit_result = ERROR_FULL;
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "message commit rolled-back ");
}

static void test_time_passes(void **state)
{
    (void)state;
    fake.deadline = 101;
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "");
    assert_int_equal(dispatch_deadline(dispatch), 101);
    fake.deadline = 100;
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "tick ");
}

static void test_what_the_relay_drops_is_closed(void **state)
{
    (void)state;
    int first = connect_one(), second = connect_one();
    assert_int_equal(turn(), 0);
    fake_emit(RELAY_DROP, &fake.clients[0]);
    assert_int_equal(write(first, "late", 4), 4);
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "close ");
    assert_closed(first);
    assert_int_equal(dispatch_count(dispatch), 1);
    assert_int_equal(write(second, "abc", 3), 3);
    assert_int_equal(turn(), 0);
    assert_int_equal(fake.clients[1].input_len, 3);
    close(second);
}

static void test_the_sending_half_ends_and_reading_goes_on(void **state)
{
    (void)state;
    int fd = connect_one();
    fake.clients[0].output = "error";
    fake_emit(RELAY_FINISH, &fake.clients[0]);
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "finished ");
    assert_reads(fd, "error");
    char byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_int_equal(turn(), 0);
    assert_int_equal(fake.clients[0].input_len, 3);
    close(fd);
}

static void test_a_half_that_ends_is_told_once(void **state)
{
    (void)state;
    int fd = connect_one();
    shutdown(fd, SHUT_WR);
    assert_int_equal(turn(), 0);
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "end ");
    fake.clients[0].output = "answer";
    fake_emit(RELAY_WANT, &fake.clients[0]);
    assert_int_equal(turn(), 0);
    assert_reads(fd, "answer");
    close(fd);
}

static void test_an_end_right_behind_the_bytes_is_seen(void **state)
{
    (void)state;
    int fd = connect_one();
    assert_int_equal(turn(), 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    shutdown(fd, SHUT_WR);
    assert_int_equal(turn(), 0);
    assert_int_equal(turn(), 0);
    assert_int_equal(fake.clients[0].input_len, 3);
    assert_string_equal(fake.notes, "end ");
    close(fd);
}

/* What came while the relay wanted nothing comes again, also where it wants it within the turn. */
static void test_bytes_that_were_not_wanted_come_again(void **state)
{
    (void)state;
    int fd = connect_one();
    assert_int_equal(turn(), 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    for (int again = 0; again < 2; again++) {
        fake.clients[0].refuses_input = true;
        take_ready();
        fake.clients[0].refuses_input = again == 0;
        assert_int_equal(dispatch_finish(dispatch), 0);
        assert_int_equal(fake.clients[0].input_len, 0);
        fake.clients[0].refuses_input = false;
        fake_emit(RELAY_WANT, &fake.clients[0]);
        if (again == 0) {
            dispatch_begin(dispatch, 100, 200);
            assert_int_equal(dispatch_finish(dispatch), 0);
        }
    }
    assert_int_equal(turn(), 0);
    assert_int_equal(fake.clients[0].input_len, 3);
    close(fd);
}

static void test_a_hang_up_that_nobody_reads_ends_it(void **state)
{
    (void)state;
    int fd = connect_one();
    fake.clients[0].refuses_input = true;
    fake_emit(RELAY_WANT, &fake.clients[0]);
    assert_int_equal(turn(), 0);
    close(fd);
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "close ");
    assert_int_equal(dispatch_count(dispatch), 0);
}

static void test_what_was_said_before_the_end_is_read(void **state)
{
    (void)state;
    static char flood[100000];
    int fd = connect_one();
    assert_int_equal(turn(), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    size_t put = (size_t)write(fd, flood, sizeof flood);
    close(fd);
    fake.clients[0].output = "an answer that nobody hears";
    fake_emit(RELAY_WANT, &fake.clients[0]);
    while (fake.clients[0].open)
        assert_int_equal(turn(), 0);
    assert_int_equal(fake.clients[0].input_len, put);
    assert_string_equal(fake.notes, "close ");
}

static void test_who_never_shook_hands_is_closed_without_a_word(void **state)
{
    (void)state;
    static const uint8_t seed[TLS_KEY_LEN] = {1};
    struct tls *tls;
    assert_int_equal(tls_new(&tls, seed), 0);
    dispatch_free(dispatch);
    const struct dispatch_parts parts = {
        .relay = (struct relay *)(void *)&the_relay,
        .ready = ready,
        .tls = tls,
    };
    assert_int_equal(dispatch_new(&dispatch, &parts), 0);
    int fd = connect_one();
    assert_int_equal(turn(), 0);
    assert_int_equal(dispatch_count(dispatch), 1);
    fake.clients[0].ending = true;
    fake.clients[0].output = "timeout";
    fake_emit(RELAY_WANT, &fake.clients[0]);
    assert_int_equal(turn(), 0);
    assert_string_equal(fake.notes, "close ");
    assert_closed(fd);
    dispatch_free(dispatch);
    dispatch = NULL;
    tls_free(tls);
}

static void test_out_of_memory_closes_what_was_accepted(void **state)
{
    (void)state;
    fake.no_memory = true;
    assert_closed(connect_one());
    assert_int_equal(dispatch_count(dispatch), 0);
    fake.no_memory = false;
    for (size_t n = 0; torture_begin(n); n++) {
        int fd = connect_one();
        torture_end();
        assert_int_equal(dispatch_count(dispatch), !torture_failed());
        if (torture_failed())
            assert_closed(fd);
        else
            close(fd);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_bytes_pass_both_ways),
        TEST(test_a_turn_reads_a_bounded_amount_of_each),
        TEST(test_a_slow_reader_gets_the_rest_later),
        TEST(test_a_turn_is_one_transaction),
        TEST(test_after_a_failed_commit_nothing_is_said),
        TEST(test_a_full_disk_is_told_to_the_relay),
        TEST(test_time_passes),
        TEST(test_what_the_relay_drops_is_closed),
        TEST(test_the_sending_half_ends_and_reading_goes_on),
        TEST(test_a_half_that_ends_is_told_once),
        TEST(test_an_end_right_behind_the_bytes_is_seen),
        TEST(test_bytes_that_were_not_wanted_come_again),
        TEST(test_a_hang_up_that_nobody_reads_ends_it),
        TEST(test_what_was_said_before_the_end_is_read),
        TEST(test_who_never_shook_hands_is_closed_without_a_word),
        TEST(test_out_of_memory_closes_what_was_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
