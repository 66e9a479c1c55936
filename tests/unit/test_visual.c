#include "error.h"
#include "program.h"
#include "scratch.h"
#include "torture.h"
#include "visual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path;

static void write_bytes(const char *name, const char *bytes, size_t len)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Makes a script the editor; it gets the file as $1. */
static void use_editor(const char *script)
{
    char command[512];
    const char *name = scratch_path("editor.sh");
    write_bytes(name, script, strlen(script));
    snprintf(command, sizeof command, " /bin/sh  %s ", name);
    assert_int_equal(setenv("EDITOR", command, 1), 0);
}

static int set_up(void **state)
{
    unsetenv("VISUAL");
    int rc = scratch_make(state);
    path = scratch_path("line.txt");
    return rc;
}

static enum visual_news wait_for_news(struct visual *v, char why[VISUAL_WHY_MAX])
{
    enum visual_news news;
    while ((news = visual_look(v, why)) == VISUAL_RUNS) {
        struct pollfd fd = {.fd = v->fd, .events = POLLIN};
        assert_true(poll(&fd, 1, 10000) == 1);
    }
    return news;
}

/* Starts the editor on a text, and waits for its good end. */
static void edit(struct visual *v, const char *text)
{
    char why[VISUAL_WHY_MAX];
    assert_int_equal(visual_start(v, path, text, strlen(text), why), 0);
    assert_int_equal(wait_for_news(v, why), VISUAL_ENDED);
}

static void test_a_command_is_words_without_a_shell(void **state)
{
    (void)state;
    struct program p;
    char many[4 * PROGRAM_COMMAND_MAX];
    assert_int_equal(program_init(&p, "  code  --wait $HOME "), 0);
    program_add(&p, "a b");
    assert_int_equal(p.count, 4);
    assert_string_equal(p.words[0], "code");
    assert_string_equal(p.words[1], "--wait");
    assert_string_equal(p.words[2], "$HOME");
    assert_string_equal(p.words[3], "a b");
    assert_null(p.words[4]);
    assert_int_equal(program_init(&p, "  "), ERROR_SYSTEM);
    memset(many, 'a', sizeof many);
    for (size_t i = 1; i < sizeof many; i += 2)
        many[i] = ' ';
    many[sizeof many - 1] = '\0';
    assert_int_equal(program_init(&p, many), 0);
    assert_int_equal(p.count, PROGRAM_WORDS_MAX);
}

static void test_what_is_written_comes_back(void **state)
{
    (void)state;
    struct visual v;
    struct stat status;
    char *text;
    size_t len;
    visual_init(&v);
    use_editor("stat -c %a \"$1\" > \"$1.mode\"; printf 'two\\n\\n' >> \"$1\"\n");
    edit(&v, "one");
    assert_int_equal(v.fd, -1);
    assert_int_equal(visual_read(path, &text, &len), 0);
    assert_string_equal(text, "one\ntwo");
    assert_int_equal(len, 7);
    free(text);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_it_has_no_signal_blocked(void **state)
{
    (void)state;
    struct visual v;
    char *text;
    size_t len;
    visual_init(&v);
    use_editor("grep SigBlk /proc/self/status > \"$1\"\n");
    edit(&v, "");
    assert_int_equal(visual_read(path, &text, &len), 0);
    assert_string_equal(text, "SigBlk:\t0000000000000000");
    free(text);
    sigset_t now;
    assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
    assert_int_equal(sigismember(&now, SIGCHLD), 0);
}

static void test_visual_goes_before_editor(void **state)
{
    (void)state;
    struct visual v;
    char why[VISUAL_WHY_MAX];
    visual_init(&v);
    setenv("EDITOR", "false", 1);
    setenv("VISUAL", "true", 1);
    edit(&v, "");
    setenv("VISUAL", " ", 1);
    assert_int_equal(visual_start(&v, path, "", 0, why), 0);
    assert_int_equal(wait_for_news(&v, why), VISUAL_FAILED);
    assert_string_equal(why, "the editor ended with status 1");
}

static void test_failures_say_what_failed(void **state)
{
    (void)state;
    struct visual v;
    char why[VISUAL_WHY_MAX];
    visual_init(&v);
    setenv("EDITOR", "/nowhere/vi -u", 1);
    assert_int_equal(visual_start(&v, path, "", 0, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, "cannot run /nowhere/vi: No such file"));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(v.fd, -1);
    assert_int_equal(visual_start(&v, "/nowhere/line.txt", "", 0, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, "cannot write /nowhere/line.txt"));
    use_editor("kill -9 $$\n");
    assert_int_equal(visual_start(&v, path, "", 0, why), 0);
    assert_int_equal(wait_for_news(&v, why), VISUAL_FAILED);
    assert_string_equal(why, "the editor was ended by signal 9");
}

static void test_it_can_be_stopped_and_goes_on(void **state)
{
    (void)state;
    struct visual v;
    char why[VISUAL_WHY_MAX];
    visual_init(&v);
    use_editor("kill -STOP $$\nexit 0\n");
    assert_int_equal(visual_start(&v, path, "", 0, why), 0);
    assert_int_equal(wait_for_news(&v, why), VISUAL_STOPPED);
    visual_continue(&v);
    assert_int_equal(wait_for_news(&v, why), VISUAL_ENDED);
}

static void test_it_is_ended_whatever_it_does(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "echo up > \"$1\"; exec sleep 100\n",
        "trap '' TERM; echo up > \"$1\"; while :; do sleep 100; done\n",
        "echo up > \"$1\"; kill -STOP $$\n",
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct visual v;
        char why[VISUAL_WHY_MAX], *text = NULL;
        size_t len;
        visual_init(&v);
        use_editor(scripts[i]);
        assert_int_equal(visual_start(&v, path, "", 0, why), 0);
        do {
            free(text);
            assert_int_equal(visual_read(path, &text, &len), 0);
            usleep(1000);
        } while (strcmp(text, "up") != 0);
        free(text);
        visual_end(&v);
        assert_int_equal(v.fd, -1);
        assert_int_equal(kill(v.pid, 0), -1);
        visual_end(&v);
    }
}

static void test_a_text_that_could_not_be_taken_is_opened_again(void **state)
{
    (void)state;
    struct visual v;
    char *text;
    size_t len;
    visual_init(&v);
    use_editor("echo more >> \"$1\"\n");
    edit(&v, "one");
    v.kept = true;
    edit(&v, "two");
    assert_false(v.kept);
    assert_int_equal(visual_read(path, &text, &len), 0);
    assert_string_equal(text, "one\nmore\nmore");
    free(text);
}

static void test_reading(void **state)
{
    (void)state;
    char *text;
    size_t len;
    write_bytes(path, "a\r\nb\rc\r\n\n", 9);
    assert_int_equal(visual_read(path, &text, &len), 0);
    assert_string_equal(text, "a\nb\rc");
    free(text);
    write_bytes(path, "", 0);
    assert_int_equal(visual_read(path, &text, &len), 0);
    assert_int_equal(len, 0);
    free(text);
    for (size_t n = 0; torture_begin(n); n++) {
        int rc = visual_read(path, &text, &len);
        bool failed = torture_failed();
        torture_end();
        assert_int_equal(rc, failed ? ERROR_NOMEM : 0);
        free(text);
    }
    size_t large = (1 << 20) + 1;
    char *bytes = calloc(large, 1);
    write_bytes(path, bytes, large);
    free(bytes);
    assert_int_equal(visual_read(path, &text, &len), ERROR_LIMIT);
    assert_int_equal(visual_read(scratch_folder(), &text, &len), ERROR_SYSTEM);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(visual_read(path, &text, &len), ERROR_SYSTEM);
    assert_null(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_command_is_words_without_a_shell),
        TEST(test_what_is_written_comes_back),
        TEST(test_it_has_no_signal_blocked),
        TEST(test_visual_goes_before_editor),
        TEST(test_failures_say_what_failed),
        TEST(test_it_can_be_stopped_and_goes_on),
        TEST(test_it_is_ended_whatever_it_does),
        TEST(test_a_text_that_could_not_be_taken_is_opened_again),
        TEST(test_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
