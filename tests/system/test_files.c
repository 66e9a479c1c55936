/* Files between two real clients. */
#include "courier.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 32768, /* as large as one message may carry */
    HUGE_FILE = 50 << 20,
};

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
    courier_meet(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = courier_make_file(cases[i].name, cases[i].size);
        courier_say(&alice, "/send", path);
        client_expect_told(&bob, cases[i].offered);
        assert_int_equal(courier_count(), i); /* nothing is written before it is accepted */
        client_say(&bob, "/accept");
        snprintf(told, sizeof told, "%s is here: %s", cases[i].name,
                 courier_arrived(cases[i].name));
        client_expect_told(&bob, told);
        snprintf(told, sizeof told, "bob has %s", cases[i].name);
        client_expect_told(&alice, told);
        courier_assert_same(path, courier_arrived(cases[i].name));
        assert_int_equal(courier_count(), i + 1);
    }
    courier_part();
}

static void test_no_file_is_written_over(void **state)
{
    (void)state;
    courier_meet(NULL);
    const char *path = courier_make_file("photo.jpg", 100);
    for (int i = 0; i < 3; i++) {
        courier_send(path);
        client_say(&bob, "/accept photo.jpg");
        client_expect_told(&bob, "is here");
    }
    courier_assert_same(path, courier_arrived("photo.jpg"));
    courier_assert_same(path, courier_arrived("photo (2).jpg"));
    courier_assert_same(path, courier_arrived("photo (3).jpg"));
    courier_part();
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
    courier_meet(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = courier_make_file(cases[i].name, 10 + i);
        courier_send(path);
        client_say(&bob, "/accept");
        client_expect_told(&bob, "is here");
        courier_assert_same(path, courier_arrived(cases[i].made));
    }
    assert_int_equal(courier_count(), sizeof cases / sizeof cases[0]);
    courier_part();
}

static void test_several_offers(void **state)
{
    (void)state;
    static const char *const names[] = {"one", "two", "three", "four"};
    courier_start_relay();
    courier_start(&alice, "alice", "--plain", NULL);
    for (size_t i = 0; i < 4; i++) { /* nobody is there yet */
        courier_say(&alice, "/send", courier_make_file(names[i], 10 + i));
        client_expect_told(&alice, "to take it");
    }
    courier_start(&bob, "bob", "--plain", NULL);
    client_expect_told(&bob, "alice offers four");
    client_say(&bob, "/accept two");
    client_expect_told(&bob, "two is here");
    client_say(&bob, "/accept 1");
    client_expect_told(&bob, "one is here");
    client_say(&bob, "/info");
    client_expect_told(&bob, "file 1: three (12 bytes), /accept to take it");
    client_expect_told(&bob, "file 2: four (13 bytes), /accept to take it");
    client_say(&bob, "/cancel 1");
    client_expect_told(&alice, "bob does not want three");
    client_say(&alice, "/cancel");
    client_expect_told(&bob, "alice cancelled four");
    client_say(&bob, "/accept four");
    client_expect_told(&bob, "no such file waits to be accepted");
    assert_int_equal(courier_count(), 2);
    people_end(&alice, 0);
    people_end(&bob, 1);
}

/* Whoever offers it waits for the answer while the other one is there, and not longer. */
static void test_an_offer_without_an_answer(void **state)
{
    (void)state;
    courier_meet(NULL);
    courier_send(courier_make_file("notes", 3));
    client_end_input(&alice);
    people_end(&bob, 0);
    client_expect_told(&alice, "1 file is not through; it goes on at the next start");
    client_expect_exit(&alice, 1);
    courier_start(&bob, "bob", "--plain", NULL);
    client_expect_told(&bob, "alice offers notes (3 bytes): /accept to take it");
    client_say(&bob, "/accept");
    client_expect_told(&bob, "notes (3 bytes) is on its way");
    courier_start(&alice, "alice", "--plain", NULL);
    client_expect_told(&bob, "notes is here");
    courier_part();
}

/* While it is read for its digest. */
static void test_an_offer_is_cancelled_before_it_is_one(void **state)
{
    (void)state;
    const char *path = courier_make_file("large", 0);
    assert_int_equal(truncate(path, 1LL << 40), 0);
    courier_meet(NULL);
    courier_say(&alice, "/send", path);
    client_say(&alice, "hello");
    client_expect_said(&bob, "alice: hello");
    client_say(&alice, "/cancel large");
    client_expect_told(&alice, "it was not offered yet, and will not be");
    courier_part();
}

static void test_what_cannot_be_sent_is_told(void **state)
{
    (void)state;
    courier_meet(NULL);
    courier_say(&alice, "/send", scratch_path("nowhere"));
    client_expect_told(&alice, "nowhere: No such file or directory");
    courier_say(&alice, "/send", courier_inbox());
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
    courier_meet(NULL);
    const char *path = courier_begin_large();
    client_say(&alice, "hello");
    client_expect_said(&bob, "alice: hello");
    client_say(&bob, "good morning");
    client_expect_said(&alice, "alice: hello");
    client_expect_said(&alice, "bob: good morning");
    assert_int_equal(access(courier_arrived("large"), F_OK), -1); /* before the file was there */
    courier_expect_large(path);
    courier_part();
}

static void test_the_end_of_input_waits_for_a_file(void **state)
{
    (void)state;
    courier_meet(NULL);
    const char *path = courier_make_file("large", HUGE_FILE);
    courier_send(path);
    client_end_input(&alice);
    client_say(&bob, "/accept");
    client_end_input(&bob);
    client_expect_told(&bob, "large is here");
    client_expect_exit(&bob, 0);
    client_expect_exit(&alice, 0);
    courier_assert_same(path, courier_arrived("large"));
}

static void test_events(void **state)
{
    (void)state;
    char line[PATH_MAX];
    courier_start_relay();
    courier_start(&alice, "alice", "--json", NULL);
    process_line_with(&alice.process.out, "\"state\":\"online\"");
    courier_start(&bob, "bob", "--json", NULL);
    process_line_with(&alice.process.out, "\"nick\":\"bob\",\"state\":\"online\"");
    snprintf(line, sizeof line, "{\"command\":\"/send %s\"}", courier_make_file("notes", 3));
    client_say(&alice, line);
    process_line_with(&bob.process.out, "\"kind\":\"file\",\"name\":\"notes\",\"size\":3");
    process_line_with(&bob.process.out,
                      "\"mine\":false,\"state\":\"offered\",\"name\":\"notes\",\"size\":3");
    client_say(&bob, "{\"command\":\"/accept notes\"}");
    process_line_with(&bob.process.out, "\"state\":\"taken\",\"name\":\"notes\"");
    const char *done = process_line_with(&bob.process.out, "\"state\":\"done\"");
    snprintf(line, sizeof line, "\"size\":3,\"offset\":3,\"path\":\"%s\"}",
             courier_arrived("notes"));
    assert_non_null(strstr(done, line));
    process_line_with(
        &alice.process.out,
        "\"mine\":true,\"state\":\"done\",\"name\":\"notes\",\"size\":3,\"offset\":3");
    courier_part();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, courier_set_up, courier_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_size_comes_whole),
        TEST(test_no_file_is_written_over),
        TEST(test_hostile_names),
        TEST(test_several_offers),
        TEST(test_an_offer_without_an_answer),
        TEST(test_an_offer_is_cancelled_before_it_is_one),
        TEST(test_what_cannot_be_sent_is_told),
        TEST(test_somebody_types_meanwhile),
        TEST(test_the_end_of_input_waits_for_a_file),
        TEST(test_events),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
