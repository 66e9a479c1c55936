/* What the terminal tells the screen: keys, pastes, the wheel, the focus. */
#include "demo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASTE(text) "\033[200~" text "\033[201~"
#define UP          "\033OA"
#define PAGE_UP     "\033[5~"
#define END         "\033OF"
#define F1          "\033OP"
#define FOCUS_OUT   "\033[O"

static void test_a_paste_is_never_sent(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    terminal_send(t, PASTE("one\r\ntwo\rthree\n/quit\r"));
    assert_true(terminal_wait(t, " … one"));
    assert_true(terminal_wait(t, "   /quit"));
    assert_int_equal(terminal_find(t, "alice", NULL), -1);
    terminal_send(t, "\r");
    assert_true(terminal_wait(t, "alice  one"));
    assert_true(terminal_wait(t, "               /quit"));
    demo_quit(t);
}

static void test_a_paste_cannot_press_keys_or_end_itself(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    terminal_send(t, PASTE("a\033[A\033[20\003\004\021\033b\177\033]0;evil\007") "!");
    assert_true(terminal_wait(t, " › a^[[A^[[20^C^D^Q^[b^?^[]0;evil^G!"));
    terminal_send(t, "\r");
    assert_true(terminal_wait(t, "alice  a^[[A^[[20^C^D^Q^[b^?^[]0;evil^G!"));
    size_t len;
    assert_null(strstr(terminal_bytes(t, &len), "\033]0;evil"));
    demo_quit(t);
}

static void test_a_paste_without_an_end_ends_by_itself(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    terminal_send(t, "\033[200~lost\r");
    assert_true(terminal_wait(t, " … lost"));
    terminal_send(t, "found");
    assert_true(terminal_wait(t, "   found"));
    assert_int_equal(terminal_find(t, "alice", NULL), -1);
    demo_quit(t);
}

static void test_a_big_paste_asks_first(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    char text[40 * 4 + 1] = "", paste[sizeof text + 16];
    for (int i = 10; i < 50; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%dx\r", i);
    snprintf(paste, sizeof paste, PASTE("%s"), text);
    terminal_send(t, paste);
    assert_true(terminal_wait(t, "paste 40 lines?"));
    terminal_send(t, "n");
    assert_true(terminal_wait_gone(t, "paste 40 lines?"));
    assert_true(terminal_wait_gone(t, "10x"));
    terminal_send(t, paste);
    assert_true(terminal_wait(t, "paste 40 lines?"));
    terminal_send(t, "y");
    assert_true(terminal_wait(t, "49x")); /* a third of the screen: the end of it */
    assert_true(terminal_wait_gone(t, "42x"));
    assert_true(terminal_find(t, "43x", NULL) >= 16);
    demo_quit(t);
}

static void test_a_paste_that_no_message_can_hold_is_refused(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    enum {
        HUGE_LEN = 200000
    };
    char *text = malloc(HUGE_LEN);
    memset(text, 'x', HUGE_LEN);
    for (int len = 20000; len <= HUGE_LEN; len *= 10) {
        terminal_send(t, "\033[200~");
        terminal_send_bytes(t, text, (size_t)len);
        terminal_send(t, "\033[201~");
        assert_true(terminal_wait(t, "that is too long: a message has at most 16,384 bytes"));
        terminal_send(t, "ok");
        assert_true(terminal_wait(t, " › ok"));
        terminal_send(t, "\003");
        assert_true(terminal_wait_gone(t, " › ok"));
    }
    free(text);
    demo_quit(t);
}

static void test_reading_back(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    terminal_send(t, "/fill 100\r");
    assert_true(terminal_wait(t, "message 100 of 100"));
    terminal_send(t, PAGE_UP);
    assert_true(terminal_wait(t, "▼ 17 more below"));
    terminal_send(t, "/theirs one more\r"); /* a command does not move the view, */
    assert_true(terminal_wait(t, "▼ 18 more below"));
    terminal_send(t, "one of mine\r"); /* sending goes to the bottom */
    assert_true(terminal_wait(t, "alice  one of mine"));
    assert_true(terminal_wait_gone(t, "more below"));
    terminal_send(t, UP UP UP); /* the wheel */
    assert_true(terminal_wait(t, "▼ 3 more below"));
    terminal_send(t, UP);
    assert_true(terminal_wait(t, "▼ 4 more below"));
    terminal_send(t, END);
    assert_true(terminal_wait_gone(t, "more below"));
    terminal_send(t, UP);
    assert_true(terminal_wait(t, " › one of mine"));
    demo_quit(t);
}

static void test_what_came_without_focus_is_marked(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    terminal_send(t, "/theirs old\r" FOCUS_OUT "/theirs fresh\r/theirs fresher\r");
    assert_true(terminal_wait(t, "fresher"));
    assert_int_equal(terminal_find(t, "─ new ─", NULL) + 1, terminal_find(t, "fresh", NULL));
    demo_quit(t);
}

static void test_keys(void **state)
{
    (void)state;
    struct terminal *t = demo_start(24, 80);
    terminal_send(t, "one two three\033b\033b\033d\025"); /* M-b M-b M-d ^U */
    assert_true(terminal_wait(t, " ›  three"));
    terminal_send(t, "two\033Od\033[3;5~"); /* as rxvt has ^Left; ^Delete */
    assert_true(terminal_wait_gone(t, "two"));
    terminal_send(t, "\033[25~\033[1;2P\033[<0;1;1M\033Oz\033[99;5u"); /* keys without a meaning */
    terminal_send(t, "x");
    assert_true(terminal_wait(t, " › x three"));
    terminal_send(t, "\033\rsecond\012third"); /* M-Enter, ^J */
    assert_true(terminal_wait(t, " … x"));
    assert_true(terminal_wait(t, "   second"));
    terminal_send(t, "\003\377\376ok\300\200 \342\202x"); /* bytes that are no character */
    assert_true(terminal_wait(t, " › ok x"));
    terminal_send(t, F1);
    assert_true(terminal_wait(t, "M-Enter"));
    terminal_send(t, "\033");
    assert_true(terminal_wait_gone(t, "M-Enter"));
    demo_quit(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_paste_is_never_sent),
        cmocka_unit_test(test_a_paste_cannot_press_keys_or_end_itself),
        cmocka_unit_test(test_a_paste_without_an_end_ends_by_itself),
        cmocka_unit_test(test_a_big_paste_asks_first),
        cmocka_unit_test(test_a_paste_that_no_message_can_hold_is_refused),
        cmocka_unit_test(test_reading_back),
        cmocka_unit_test(test_what_came_without_focus_is_marked),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
