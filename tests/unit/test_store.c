#include "error.h"
#include "said.h"
#include "scratch.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[PATH_MAX];

static int set_up(void **state)
{
    static int number;
    (void)state;
    said[0] = '\0';
    said_answer = 0;
    snprintf(path, sizeof path, "%s/%d.db", scratch_folder(), number++);
    return 0;
}

static struct store *open_store(void)
{
    struct store *s;
    char why[STORE_WHY_MAX];
    assert_int_equal(store_open(&s, path, why), 0);
    return s;
}

static void put_message(struct store *s, uint64_t seat, uint64_t position, uint64_t stream,
                        uint64_t n)
{
    char frame[32];
    int len = snprintf(frame, sizeof frame, "f%ju", (uintmax_t)position);
    const struct relay_message_row row = {
        .seat = seat,
        .position = position,
        .sender = UINT64_C(0xf000000000000090), /* no integer of SQLite's */
        .stream = stream,
        .n = n,
        .cost = 100 + n,
        .frame = (const uint8_t *)frame,
        .frame_len = (size_t)len,
    };
    store_put_message(s, &row);
}

static void assert_deleted(struct store *s, uint64_t seat, uint64_t stream, uint64_t n,
                           uint64_t expected)
{
    const struct relay_event what = {
        .type = RELAY_DELETE_MESSAGES, .seat = seat, .stream = stream, .n = n};
    uint64_t count, cost;
    store_delete_messages(s, &what, &count, &cost);
    assert_int_equal(cost, expected);
    assert_int_equal(count, expected / 101);
}

static void put_seat(struct store *s, uint64_t id, const char *identity, uint64_t gone)
{
    const struct relay_seat_row row = {
        .id = id,
        .room = "lobby",
        .nick = "Zoë",
        .identity = identity,
        .keys = {identity ? "{}" : NULL, identity ? 2 : 0},
        .gone_wall_ms = gone,
    };
    store_put_seat(s, &row);
}

static void test_what_was_committed_is_there_after_a_restart(void **state)
{
    (void)state;
    struct store *s = open_store();
    assert_false(store_is_dirty(s));
    put_seat(s, 3, "key", 2000);
    put_seat(s, 4, NULL, 1000);
    put_message(s, 3, 10, UINT64_C(0xffffffffffffffff), 1);
    put_message(s, 3, 11, 0xa, 5);
    put_message(s, 3, 12, UINT64_C(0xffffffffffffffff), 2);
    put_message(s, 3, 13, 0xa, 7); /* 6 was lost somewhere: a hole */
    put_message(s, 4, 14, 0xb, 1);
    const struct relay_receipt_row receipt = {
        .seat = 4, .stream = 0xc, .position = 15, .frame = (const uint8_t *)"old", .frame_len = 3};
    store_put_receipt(s, &receipt);
    const struct relay_receipt_row newer = {
        .seat = 4, .stream = 0xc, .position = 16, .frame = (const uint8_t *)"new", .frame_len = 3};
    store_put_receipt(s, &newer);
    assert_true(store_is_dirty(s));
    assert_int_equal(store_commit(s), 0);
    assert_false(store_is_dirty(s));
    put_seat(s, 5, "not committed", 0);
    store_close(s);

    s = open_store();
    assert_int_equal(store_restore(s, NULL), 0);
    assert_said("seat 4 lobby Zoë -  1000\n"
                "seat 3 lobby Zoë key {} 2000\n"
                "queue 3 of 4 cost 415\n"
                "queue 4 of 1 cost 101\n"
                "stream 3 from f000000000000090 ffffffffffffffff 1..2\n"
                "stream 3 from f000000000000090 a 7..7\n"
                "stream 4 from f000000000000090 b 1..1\n"
                "receipt 4 c new\n"
                "next 5 17\n");
    store_close(s);
}

static void test_an_empty_store_begins_at_one(void **state)
{
    (void)state;
    struct store *s = open_store();
    assert_int_equal(store_restore(s, NULL), 0);
    assert_said("next 1 1\n");
    assert_int_equal(store_commit(s), 0);
    store_close(s);
}

static void test_only_the_newest_streams_are_restored(void **state)
{
    (void)state;
    struct store *s = open_store();
    for (uint64_t i = 1; i <= RELAY_STREAMS_EXPECTED + 2; i++)
        put_message(s, 1, i, 1000 + i, 1);
    put_message(s, 1, 5000, 1001, 2); /* makes the oldest stream the newest */
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_restore(s, NULL), 0);
    assert_null(strstr(said, " 3ea ")); /* 1002 and 1003 are the two too many */
    assert_null(strstr(said, " 3eb "));
    assert_non_null(strstr(said, " 3ec "));
    assert_non_null(strstr(said, "stream 1 from f000000000000090 3e9 1..2\nnext "));
    store_close(s);
}

/* What the relay had to forget of a stream may have been saved twice. */
static void test_a_hole_stays_one_when_others_are_there_twice(void **state)
{
    (void)state;
    struct store *s = open_store();
    static const uint64_t ns[] = {1, 1, 3, 4, 4};
    for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++)
        put_message(s, 1, i + 1, 0xa, ns[i]);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_restore(s, NULL), 0);
    assert_said("queue 1 of 5 cost 513\n"
                "stream 1 from f000000000000090 a 3..4\n"
                "next 1 6\n");
    store_close(s);
}

static void test_load_goes_on_where_it_was_told_and_stops_at_the_limit(void **state)
{
    (void)state;
    struct store *s = open_store();
    for (uint64_t i = 1; i <= 4; i++)
        put_message(s, i == 3 ? 2 : 1, i, 0xa, i);
    const struct relay_event all = {.type = RELAY_LOAD, .seat = 1, .position = 0, .bytes = 1000};
    assert_int_equal(store_load(s, NULL, &all, 7), 0); /* also before the commit */
    assert_said("message 1 a 1 f1\nmessage 2 a 2 f2\nmessage 4 a 4 f4\ndone 1 at 7\n");
    const struct relay_event some = {.type = RELAY_LOAD, .seat = 1, .position = 2, .bytes = 1};
    assert_int_equal(store_load(s, NULL, &some, 8), 0);
    assert_said("message 2 a 2 f2\ndone 1 at 8\n");
    const struct relay_event none = {.type = RELAY_LOAD, .seat = 1, .position = 5, .bytes = 1};
    assert_int_equal(store_load(s, NULL, &none, 9), 0);
    assert_said("done 1 at 9\n");
    said_answer = ERROR_NOMEM;
    assert_int_equal(store_load(s, NULL, &all, 9), 0);
    assert_said("message 1 a 1 f1\n"); /* no more, and no done */
    assert_int_equal(store_restore(s, NULL), ERROR_NOMEM);
    store_close(s);
}

static void test_deletions(void **state)
{
    (void)state;
    struct store *s = open_store();
    put_seat(s, 1, NULL, 0);
    for (uint64_t i = 1; i <= 4; i++)
        put_message(s, 1, i, 0xa, i);
    put_message(s, 1, 5, 0xb, 1);
    put_message(s, 2, 6, 0xa, 1);
    const struct relay_receipt_row receipt = {
        .seat = 1, .stream = 0xc, .position = 7, .frame = (const uint8_t *)"r", .frame_len = 1};
    store_put_receipt(s, &receipt);
    assert_int_equal(store_commit(s), 0);
    assert_deleted(s, 1, 0xa, 2, 101 + 102);
    assert_deleted(s, 1, 0xa, 2, 0);
    store_delete_receipts(s, 1);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_restore(s, NULL), 0);
    assert_said("seat 1 lobby Zoë -  0\nqueue 1 of 3 cost 308\nqueue 2 of 1 cost 101\n"
                "stream 1 from f000000000000090 a 3..4\nstream 1 from f000000000000090 b "
                "1..1\nstream 2 from f000000000000090 a 1..1\n"
                "next 2 7\n");
    store_delete_seat(s, 1);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_restore(s, NULL), 0);
    assert_said("queue 2 of 1 cost 101\nstream 2 from f000000000000090 a 1..1\nnext 1 7\n");
    store_close(s);
}

static void exec(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_what_cannot_be_used_is_said(void **state)
{
    (void)state;
    struct store *s = open_store();
    store_close(s);
    exec("PRAGMA user_version = 1000");
    char why[STORE_WHY_MAX];
    assert_int_equal(store_open(&s, path, why), ERROR_STORE);
    assert_null(s);
    assert_non_null(strstr(why, "written by a newer chat-server"));

    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("this is no database ", file);
    fclose(file);
    assert_int_equal(store_open(&s, path, why), ERROR_STORE);
    assert_non_null(strstr(why, "file is not a database"));
    assert_non_null(strstr(why, path));

    assert_int_equal(store_open(&s, "/nowhere/at/all.db", why), ERROR_STORE);
    assert_non_null(strstr(why, "unable to open"));
    assert_null(s);
}

/* As /var/lib/NAME is one for DynamicUser= of systemd, and many a home. */
static void test_the_way_to_the_folder_may_be_a_symbolic_link(void **state)
{
    (void)state;
    struct store *s;
    char why[STORE_WHY_MAX], link[PATH_MAX], through[PATH_MAX + 16];
    snprintf(link, sizeof link, "%s", scratch_path("link"));
    assert_int_equal(symlink(scratch_folder(), link), 0);
    snprintf(through, sizeof through, "%s/queue.db", link);
    assert_int_equal(store_open(&s, through, why), 0);
    put_message(s, 1, 1, 0xa, 1);
    assert_int_equal(store_commit(s), 0);
    store_close(s);
    assert_int_equal(access(scratch_path("queue.db"), F_OK), 0);
}

static void test_a_failure_is_remembered_until_the_commit(void **state)
{
    (void)state;
    struct store *s = open_store();
    put_message(s, 1, 1, 0xa, 1);
    put_message(s, 1, 1, 0xa, 2); /* the position is taken */
    put_message(s, 1, 2, 0xa, 3);
    assert_deleted(s, 1, 0xa, 9, 0);
    assert_int_equal(store_commit(s), ERROR_STORE);
    assert_string_equal(store_error(s), "constraint failed");
    store_close(s);
    s = open_store();
    assert_int_equal(store_restore(s, NULL), 0);
    assert_said("next 1 1\n");
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_was_committed_is_there_after_a_restart, set_up),
        cmocka_unit_test_setup(test_an_empty_store_begins_at_one, set_up),
        cmocka_unit_test_setup(test_only_the_newest_streams_are_restored, set_up),
        cmocka_unit_test_setup(test_a_hole_stays_one_when_others_are_there_twice, set_up),
        cmocka_unit_test_setup(test_load_goes_on_where_it_was_told_and_stops_at_the_limit, set_up),
        cmocka_unit_test_setup(test_deletions, set_up),
        cmocka_unit_test_setup(test_what_cannot_be_used_is_said, set_up),
        cmocka_unit_test_setup(test_the_way_to_the_folder_may_be_a_symbolic_link, set_up),
        cmocka_unit_test_setup(test_a_failure_is_remembered_until_the_commit, set_up),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
