#include "error.h"
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ARGS = 8,
    ARG_SIZE = 6000,
};

/* Options keep pointers into the command line. */
static int parse(struct options *o, const char *const *args, char *why)
{
    static char words[ARGS + 1][ARG_SIZE] = {"chat-client"};
    char *argv[ARGS + 2] = {words[0]};
    int argc = 1;
    for (; args[argc - 1]; argc++) {
        assert_true(argc <= ARGS);
        snprintf(words[argc], ARG_SIZE, "%s", args[argc - 1]);
        argv[argc] = words[argc];
    }
    why[0] = '\0';
    return options_init(o, argc, argv, why);
}

static int set_environment(void **state)
{
    (void)state;
    setenv("USER", "zoe", 1);
    setenv("HOME", "/home/zoe", 1);
    unsetenv("CHAT_SERVER");
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    return 0;
}

static void test_what_is_not_given_comes_from_the_environment(void **state)
{
    (void)state;
    struct options o;
    char why[OPTIONS_ERROR_MAX], server[ADDRESS_TEXT_MAX];
    const char *const none[] = {NULL};
    assert_int_equal(parse(&o, none, why), 0);
    assert_int_equal(o.action, OPTIONS_RUN);
    assert_string_equal(o.nick.text, "zoe");
    assert_string_equal(o.room.text, "lobby");
    address_format(&o.server, server);
    assert_string_equal(server, "localhost:12121");
    assert_true(o.on_lan);
    assert_string_equal(o.state, "/home/zoe/.local/state/chat");
    assert_int_equal(o.face, OPTIONS_FACE_ANY);
    assert_false(o.plaintext || o.no_seal || o.verbose);
    assert_string_equal(o.fingerprint, "");
    assert_string_equal(o.config, "/home/zoe/.config/chat/config");
    assert_null(o.problems);
    options_clear(&o);

    setenv("CHAT_SERVER", "den:4000", 1);
    setenv("XDG_STATE_HOME", "/var/zoe", 1);
    assert_int_equal(parse(&o, none, why), 0);
    address_format(&o.server, server);
    assert_string_equal(server, "den:4000");
    assert_false(o.on_lan);
    assert_string_equal(o.state, "/var/zoe/chat");
    options_clear(&o);
}

static void test_options_count_more_than_the_environment(void **state)
{
    (void)state;
    setenv("CHAT_SERVER", "den", 1);
    struct options o;
    char why[OPTIONS_ERROR_MAX], server[ADDRESS_TEXT_MAX];
    const char *const args[] = {"-n", "alice", "--server=unix:/run/chat", "-rtea", "--state", "/s",
                                "-v", NULL};
    assert_int_equal(parse(&o, args, why), 0);
    assert_string_equal(o.nick.text, "alice");
    assert_string_equal(o.room.text, "tea");
    assert_string_equal(o.state, "/s");
    assert_true(o.verbose);
    address_format(&o.server, server);
    assert_string_equal(server, "unix:/run/chat");
    options_clear(&o);
}

#define DIGITS "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_faces_and_flags(void **state)
{
    (void)state;
    struct options o;
    char why[OPTIONS_ERROR_MAX];
    const char *const json[] = {
        "--json", "--plain", "--plaintext", "--no-seal", "--config=/dev/null", NULL};
    assert_int_equal(parse(&o, json, why), 0);
    assert_int_equal(o.face, OPTIONS_FACE_JSON);
    assert_true(o.plaintext && o.no_seal);
    assert_string_equal(o.config, "/dev/null");
    options_clear(&o);
    const char *const demo[] = {"--demo", NULL};
    assert_int_equal(parse(&o, demo, why), 0);
    assert_int_equal(o.action, OPTIONS_DEMO);
    assert_string_equal(o.nick.text, "zoe");
    options_clear(&o);
    const char *const plain[] = {"--plain", "--fingerprint", DIGITS, NULL};
    assert_int_equal(parse(&o, plain, why), 0);
    assert_int_equal(o.face, OPTIONS_FACE_PLAIN);
    assert_memory_equal(o.fingerprint, "0123-4567-89ab-cdef-0123-", 25);
    options_clear(&o);
    const char *const identity[] = {"--identity", "--nick", "alice", NULL};
    assert_int_equal(parse(&o, identity, why), 0);
    assert_int_equal(o.action, OPTIONS_IDENTITY);
    assert_string_equal(o.nick.text, "alice");
    options_clear(&o);
}

static void test_the_file_counts_less_than_the_command_line(void **state)
{
    (void)state;
    struct options o;
    char why[OPTIONS_ERROR_MAX], server[ADDRESS_TEXT_MAX], folder[] = "/tmp/options.XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/chat", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/chat/config", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("nick = ann\nroom = tea\nserver = den\ntheme = light\nfrob = 1\n", file);
    fclose(file);
    setenv("XDG_CONFIG_HOME", folder, 1);
    const char *const none[] = {NULL};
    assert_int_equal(parse(&o, none, why), 0);
    assert_string_equal(o.nick.text, "ann");
    assert_string_equal(o.room.text, "tea");
    address_format(&o.server, server);
    assert_string_equal(server, "den:12121");
    assert_string_equal(settings_value(&o.settings, SETTING_THEME), "light");
    assert_non_null(strstr(o.problems, "line 5"));
    options_clear(&o);

    setenv("CHAT_SERVER", "lake", 1);
    const char *const args[] = {"--nick", "eve", "--room", "cake", NULL};
    assert_int_equal(parse(&o, args, why), 0);
    assert_string_equal(o.nick.text, "eve");
    assert_string_equal(o.room.text, "cake");
    address_format(&o.server, server);
    assert_string_equal(server, "lake:12121");
    options_clear(&o);
    unlink(path);
    snprintf(path, sizeof path, "%s/chat", folder);
    rmdir(path);
    rmdir(folder);
}

static void test_help_and_version_ask_for_nothing_else(void **state)
{
    (void)state;
    unsetenv("USER");
    struct options o;
    char why[OPTIONS_ERROR_MAX];
    const char *const help[] = {"-h", NULL};
    assert_int_equal(parse(&o, help, why), 0);
    assert_int_equal(o.action, OPTIONS_HELP);
    const char *const version[] = {"--version", NULL};
    assert_int_equal(parse(&o, version, why), 0);
    assert_int_equal(o.action, OPTIONS_VERSION);
    for (const char *line = options_usage(); line; line = strchr(line + 1, '\n'))
        assert_true(strcspn(line + 1, "\n") <= 80);
}

static void test_wrong_usage_is_one_sentence(void **state)
{
    (void)state;
    static char long_path[5000];
    memset(long_path, 'x', sizeof long_path - 1);
    const struct {
        const char *args[ARGS];
        const char *about; /* in the sentence */
    } rows[] = {
        {{"--frob"}, "unknown option '--frob'"},
        {{"--plain", "-x"}, "unknown option '-x'"},
        {{"--plain", "-xv"}, "unknown option '-x'"},
        {{"--p"}, "'--p'"}, /* plain, plaintext */
        {{"--nick"}, "'--nick' needs a value"},
        {{"--nick", "a", "-s"}, "'-s' needs a value"},
        {{"--verbose=yes"}, "'--verbose=yes' takes no value"},
        {{"hello"}, "'hello' is not an option"},
        {{"--frob\033[2J"}, "'--frob^[[2J'"},
        {{"--nick", ""}, "nick"},
        {{"--nick", "two words"}, "'two words' cannot be a nick"},
        {{"--room", "-"}, "'-' cannot be a room"},
        {{"--server", ""}, "the address is empty"},
        {{"--server", ":12121"}, "':12121' names no relay"},
        {{"--server", "den:0"}, "'den:0' names no relay"},
        {{"--server", "den:70000"}, "70000"},
        {{"--fingerprint", "ab"}, "'ab' is no fingerprint"},
        {{"--fingerprint", ""}, "'' is no fingerprint"},
        {{"--fingerprint", DIGITS, "--plaintext"}, "--plaintext"},
        {{"--state", ""}, "--state DIR"},
        {{"--state", long_path}, "too long"},
        {{"--config", ""}, "cannot read the settings in ''"},
        {{"--config", "/nowhere"}, "cannot read the settings in '/nowhere': No such file"},
        {{"--config", "/"}, "cannot read the settings in '/'"},
        {{"--config", long_path}, "too long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options o;
        char why[OPTIONS_ERROR_MAX];
        assert_true(parse(&o, rows[i].args, why) < 0);
        assert_null(strchr(why, '\n'));
        if (!strstr(why, rows[i].about))
            fail_msg("'%s' is not in '%s'", rows[i].about, why);
    }
    unsetenv("USER");
    struct options o;
    char why[OPTIONS_ERROR_MAX];
    const char *const none[] = {NULL};
    assert_int_equal(parse(&o, none, why), ERROR_NAME);
    assert_non_null(strstr(why, "--nick NAME"));
    setenv("USER", "zoe", 1);
    unsetenv("HOME");
    assert_int_equal(parse(&o, none, why), ERROR_STATE);
    assert_non_null(strstr(why, "--state DIR"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_not_given_comes_from_the_environment, set_environment),
        cmocka_unit_test_setup(test_options_count_more_than_the_environment, set_environment),
        cmocka_unit_test_setup(test_faces_and_flags, set_environment),
        cmocka_unit_test_setup(test_the_file_counts_less_than_the_command_line, set_environment),
        cmocka_unit_test_setup(test_help_and_version_ask_for_nothing_else, set_environment),
        cmocka_unit_test_setup(test_wrong_usage_is_one_sentence, set_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
