#include "client.h"
#include "guide.h"
#include "scratch.h"
#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first words of a line of the guide's, which stand on one row. */
static const char *beginning(size_t number)
{
    static char text[32];
    snprintf(text, sizeof text, "%.24s", guide_line(number));
    return text;
}

static void test_the_script_is_played_to_its_end(void **state)
{
    (void)state;
    static const char *const answers[] = {"hello\r",
                                          "\033OA!\r",
                                          "one\ntwo\r",
                                          ":hea\t\t\r",
                                          "/me waves\r",
                                          "/react :+1:\r",
                                          "/edit and more\r",
                                          "\033OPqread\r",
                                          "/theme\r\r"
                                          "done\r",
                                          "bye\r"};
    char variable[128];
    const char *scratch = scratch_path("demo");
    assert_int_equal(mkdir(scratch, 0700), 0);
    snprintf(variable, sizeof variable, "TMPDIR=%s", scratch);
    const char *const argv[] = {CHAT_CLIENT, "--demo", "--nick", "alice", NULL};
    const char *const environment[] = {variable, NULL};
    struct terminal *t = terminal_start(&(struct terminal_options){argv, environment, 40, 100});
    assert_true(terminal_wait(t, "guide ● here"));
    for (size_t i = 0; guide_line(i); i++) {
        assert_true(terminal_wait(t, beginning(i)));
        if (guide_line(i + 1))
            terminal_send(t, answers[i]);
        if (i == 1)
            assert_true(terminal_find(t, "demonstration", NULL) >= 0);
    }
    assert_true(terminal_find(t, "alice and more", NULL) >= 0);
    assert_true(terminal_find(t, "●", NULL) >= 0);
    terminal_send(t, "/quit\r");
    assert_int_equal(terminal_wait_exit(t), 0);
    terminal_free(t);
    assert_int_equal(rmdir(scratch), 0); /* nothing was left in it */
}

static void test_who_does_something_else_gets_a_hint(void **state)
{
    (void)state;
    const char *const argv[] = {CHAT_CLIENT, "--demo", "--nick", "alice", NULL};
    struct terminal *t = terminal_start(&(struct terminal_options){argv, NULL, 40, 100});
    static const char *const lines[][2] = {
        {"hello\r", "I have it"},
        {"hello\r", "Send me two lines"},
        {"two\r", "That was one line"},
    };
    assert_true(terminal_wait(t, beginning(0)));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        terminal_send(t, lines[i][0]);
        assert_true(terminal_wait(t, lines[i][1]));
    }
    terminal_send(t, "/quit\r");
    assert_int_equal(terminal_wait_exit(t), 0);
    terminal_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_script_is_played_to_its_end),
        cmocka_unit_test(test_who_does_something_else_gets_a_hint),
    };
    return cmocka_run_group_tests(tests, client_make_scratch, scratch_remove);
}
