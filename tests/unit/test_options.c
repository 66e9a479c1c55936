#include "log.h"
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum {
    ARGS_MAX = 40,
};

/* Parses a command line written as one string, its words separated by blanks. */
static enum options_action parse(const char *line, struct options *o, char *why)
{
    static char words[4096]; /* options borrow from it */
    char *argv[ARGS_MAX + 1] = {(char[]){"chat-server"}};
    int argc = 1;
    assert_true(strlen(line) < sizeof words);
    strcpy(words, line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        assert_true(argc < ARGS_MAX);
        argv[argc++] = word;
    }
    return options_parse(argc, argv, o, why);
}

static void test_the_defaults_are_those_of_the_manual(void **state)
{
    (void)state;
    struct options o;
    char why[OPTIONS_ERROR_MAX];
    assert_int_equal(parse("", &o, why), OPTIONS_RUN);
    assert_int_equal(o.listen_count, 1);
    assert_string_equal(o.listen[0].host, "");
    assert_int_equal(o.listen[0].port, 12121);
    assert_null(o.state);
    assert_null(o.allow);
    assert_false(o.memory);
    assert_false(o.plaintext);
    assert_int_equal(o.backlog, 128);
    assert_int_equal(o.log_last, LOG_LEVEL_INFO);
    assert_int_equal(o.relay.clients_max, 4096);
    assert_int_equal(o.relay.hello_timeout_ms, 10000);
    assert_int_equal(o.relay.ping_interval_ms, 30000);
    assert_int_equal(o.relay.seat_ttl_ms, 600000);
    assert_int_equal(o.relay.queue_ttl_ms, 604800000);
    assert_int_equal(o.relay.queue_max, 67108864);
    assert_int_equal(o.relay.store_max, 1073741824);
    assert_true(o.relay.durable);
}

static void test_every_option_is_taken(void **state)
{
    (void)state;
    struct options o;
    char why[OPTIONS_ERROR_MAX];
    assert_int_equal(parse("--listen 127.0.0.1:0 -l unix:/run/chat/sock --listen=[::1]:5 -s /var/x "
                           "--memory --plaintext --allow friends --max-clients 7 --backlog 5 "
                           "--hello-timeout 3 --ping-interval 1m --seat-ttl 2h --queue-ttl 1d "
                           "--queue-max 3K --store-max 5M -v",
                           &o, why),
                     OPTIONS_RUN);
    assert_int_equal(o.listen_count, 3);
    assert_string_equal(o.listen[0].host, "127.0.0.1");
    assert_string_equal(o.listen[1].path, "/run/chat/sock");
    assert_string_equal(o.listen[2].host, "::1");
    assert_string_equal(o.state, "/var/x");
    assert_string_equal(o.allow, "friends");
    assert_true(o.memory);
    assert_true(o.plaintext);
    assert_int_equal(o.backlog, 5);
    assert_int_equal(o.log_last, LOG_LEVEL_DEBUG);
    assert_int_equal(o.relay.clients_max, 7);
    assert_int_equal(o.relay.hello_timeout_ms, 3000);
    assert_int_equal(o.relay.ping_interval_ms, 60000);
    assert_int_equal(o.relay.seat_ttl_ms, 7200000);
    assert_int_equal(o.relay.queue_ttl_ms, 86400000);
    assert_int_equal(o.relay.queue_max, 3072);
    assert_int_equal(o.relay.store_max, 5242880);
    assert_false(o.relay.durable);
    assert_int_equal(parse("--quiet", &o, why), OPTIONS_RUN);
    assert_int_equal(o.log_last, LOG_LEVEL_WARNING);
    assert_int_equal(parse("--seat-ttl 1s --seat-ttl 3650d", &o, why), OPTIONS_RUN);
    assert_int_equal(o.relay.seat_ttl_ms, 315360000000);
    assert_int_equal(parse("--queue-max 0 --store-max 1048576G", &o, why), OPTIONS_RUN);
    assert_int_equal(o.relay.queue_max, 0);
    assert_int_equal(o.relay.store_max, INT64_C(1) << 50);
}

static void test_what_is_done_instead_of_running(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum options_action action;
    } table[] = {
        {"--help", OPTIONS_HELP},
        {"-h", OPTIONS_HELP},
        {"--version", OPTIONS_VERSION},
        {"-V --nonsense", OPTIONS_VERSION},
        {"--fingerprint", OPTIONS_FINGERPRINT},
        {"--fingerprint --state x", OPTIONS_FINGERPRINT},
        {"--fingerprint --nonsense", OPTIONS_WRONG},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct options o;
        char why[OPTIONS_ERROR_MAX];
        assert_int_equal(parse(table[i].line, &o, why), table[i].action);
    }
}

static void test_wrong_usage_is_told_in_a_sentence(void **state)
{
    (void)state;
#define TIME "a time from 1s to 3650d, like 30s, 10m, 12h or 7d"
#define SIZE "a size up to 1048576G, like 64M or 1G"
    static const struct {
        const char *line, *why;
    } table[] = {
        {"--nonsense", "there is no option '--nonsense'"},
        {"--nonsense=5", "there is no option '--nonsense=5'"},
        {"-x", "there is no option '-x'"},
        {"-vx", "there is no option '-x'"},
        {"--\033[2J", "there is no option '--^[[2J'"},
        {"--ping", NULL}, /* getopt_long takes an unambiguous beginning, but the value is missing */
        {"--queue", "there is no option '--queue'"},
        {"--memory=1", "--memory takes no value"},
        {"--state", "--state needs a value"},
        {"-s", "--state needs a value"},
        {"-vl", "--listen needs a value"},
        {"den:80", "'den:80' is not an option, and nothing else belongs there"},
        {"-- --memory", "'--memory' is not an option, and nothing else belongs there"},
        {"--listen den", "--listen: 'den' has no port; write HOST:PORT, [V6]:PORT or :PORT"},
        {"--listen [::1]", "--listen: '[::1]' has no port; write HOST:PORT, [V6]:PORT or :PORT"},
        {"--listen den:x", "--listen: port x in 'den:x' is not a number from 0 to 65535"},
        {"--seat-ttl 0", "--seat-ttl: '0' is not " TIME},
        {"--seat-ttl 0s", "--seat-ttl: '0s' is not " TIME},
        {"--seat-ttl 10x", "--seat-ttl: '10x' is not " TIME},
        {"--seat-ttl 10ms", "--seat-ttl: '10ms' is not " TIME},
        {"--seat-ttl m", "--seat-ttl: 'm' is not " TIME},
        {"--seat-ttl 1.5h", "--seat-ttl: '1.5h' is not " TIME},
        {"--queue-ttl 3651d", "--queue-ttl: '3651d' is not " TIME},
        {"--queue-ttl 99999999999999999999d", "--queue-ttl: '99999999999999999999d' is not " TIME},
        {"--hello-timeout -1", "--hello-timeout: '-1' is not " TIME},
        {"--ping-interval=", "--ping-interval: '' is not " TIME},
        {"--queue-max 64Q", "--queue-max: '64Q' is not " SIZE},
        {"--queue-max 64MB", "--queue-max: '64MB' is not " SIZE},
        {"--store-max 1048577G", "--store-max: '1048577G' is not " SIZE},
        {"--max-clients 0", "--max-clients: '0' is not a number from 1 to 1000000"},
        {"--max-clients 1000001", "--max-clients: '1000001' is not a number from 1 to 1000000"},
        {"--max-clients 5K", "--max-clients: '5K' is not a number from 1 to 1000000"},
        {"--backlog 65536", "--backlog: '65536' is not a number from 1 to 65535"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct options o;
        char why[OPTIONS_ERROR_MAX] = "";
        assert_int_equal(parse(table[i].line, &o, why), OPTIONS_WRONG);
        if (table[i].why)
            assert_string_equal(why, table[i].why);
        assert_true(*why);
        assert_null(strchr(why, '\n'));
    }
}

static void test_too_many_addresses(void **state)
{
    (void)state;
    struct options o;
    char why[OPTIONS_ERROR_MAX], line[1024] = "";
    for (int i = 0; i < OPTIONS_LISTEN_MAX; i++)
        strcat(line, " -l :0");
    assert_int_equal(parse(line, &o, why), OPTIONS_RUN);
    assert_int_equal(o.listen_count, OPTIONS_LISTEN_MAX);
    strcat(line, " -l :0");
    assert_int_equal(parse(line, &o, why), OPTIONS_WRONG);
    assert_string_equal(why, "--listen: more than 16 addresses");
}

static void test_the_help_names_every_option(void **state)
{
    (void)state;
    static const char *const names[] = {
        "-l, --listen ADDR", "-s, --state DIR", "--memory",      "--plaintext",
        "--allow FILE",      "--max-clients N", "--backlog N",   "--hello-timeout T",
        "--ping-interval T", "--seat-ttl T",    "--queue-ttl T", "--queue-max SIZE",
        "--store-max SIZE",  "--fingerprint",   "-v, --verbose", "-q, --quiet",
        "-h, --help",        "-V, --version",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_non_null(strstr(options_help, names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_defaults_are_those_of_the_manual),
        cmocka_unit_test(test_every_option_is_taken),
        cmocka_unit_test(test_what_is_done_instead_of_running),
        cmocka_unit_test(test_wrong_usage_is_told_in_a_sentence),
        cmocka_unit_test(test_too_many_addresses),
        cmocka_unit_test(test_the_help_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
