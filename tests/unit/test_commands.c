#include "commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum commands_kind kind;
        const char *command, *text;
    } cases[] = {
        {"", COMMANDS_MESSAGE, NULL, ""},
        {"hello", COMMANDS_MESSAGE, NULL, "hello"},
        {"  hello ", COMMANDS_MESSAGE, NULL, "  hello "},
        {"a /quit", COMMANDS_MESSAGE, NULL, "a /quit"},
        {"//quit", COMMANDS_MESSAGE, NULL, "/quit"},
        {"//", COMMANDS_MESSAGE, NULL, "/"},
        {"///", COMMANDS_MESSAGE, NULL, "//"},
        {" //quit", COMMANDS_MESSAGE, NULL, " //quit"},
        {" /usr/bin", COMMANDS_MESSAGE, NULL, " /usr/bin"},
        {"   ", COMMANDS_MESSAGE, NULL, "   "},
        {"/quit", COMMANDS_COMMAND, "quit", ""},
        {"/quit  \t", COMMANDS_COMMAND, "quit", ""},
        {"/quit now", COMMANDS_MISUSED, "quit", "now"},
        {"/quit\nnow", COMMANDS_MISUSED, "quit", "now"},
        {"/me", COMMANDS_MISUSED, "me", ""},
        {"/me  ", COMMANDS_MISUSED, "me", ""},
        {"/me waves  at bob ", COMMANDS_COMMAND, "me", "waves  at bob"},
        {"/me a\nb", COMMANDS_COMMAND, "me", "a\nb"},
        {"/help", COMMANDS_COMMAND, "help", ""},
        {"/help /me", COMMANDS_COMMAND, "help", "/me"},
        {"/connect den:80", COMMANDS_COMMAND, "connect", "den:80"},
        {"/connect", COMMANDS_COMMAND, "connect", ""},
        {"/exit", COMMANDS_UNKNOWN, "quit", "exit"},
        {" /quit", COMMANDS_SPACED, "quit", " /quit"},
        {"\t/me waves", COMMANDS_SPACED, "me", "\t/me waves"},
        {" /quit now", COMMANDS_SPACED, "quit", " /quit now"},
        {"/", COMMANDS_UNKNOWN, "help", ""},
        {"/ quit", COMMANDS_UNKNOWN, "help", ""},
        {"/qiut", COMMANDS_UNKNOWN, "quit", "qiut"},
        {"/QUIT", COMMANDS_UNKNOWN, "quit", "QUIT"},
        {"/deleet", COMMANDS_UNKNOWN, "delete", "deleet"},
        {"/con", COMMANDS_UNKNOWN, "connect", "con"},
        {"/c", COMMANDS_UNKNOWN, "clear", "c"},
        {"/hlep me", COMMANDS_UNKNOWN, "help", "hlep"},
        {"/lave", COMMANDS_UNKNOWN, "leave", "lave"},
        {"/inof", COMMANDS_UNKNOWN, "info", "inof"},
        {"/h", COMMANDS_UNKNOWN, "help", "h"},
        {"/whois bob", COMMANDS_UNKNOWN, NULL, "whois"},
        {"/win", COMMANDS_UNKNOWN, NULL, "win"},
        {"/?", COMMANDS_UNKNOWN, NULL, "?"},
        {"/quitquitquitquitquitquitquit", COMMANDS_UNKNOWN, "quit", "quitquitquitquitquitquitquit"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct commands_line line;
        commands_parse(cases[i].line, strlen(cases[i].line), &line);
        assert_int_equal(line.kind, cases[i].kind);
        assert_int_equal(line.text_len, strlen(cases[i].text));
        assert_memory_equal(line.text, cases[i].text, line.text_len);
        if (cases[i].command)
            assert_string_equal(line.command->name, cases[i].command);
        else
            assert_null(line.command);
    }
}

static void test_every_command_is_found_and_says_what_it_does(void **state)
{
    (void)state;
    size_t count;
    const struct command *table = commands_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = &table[i];
        assert_int_equal(c->id, i);
        assert_ptr_equal(commands_find(c->name, strlen(c->name)), c);
        assert_int_equal(c->usage[0], '/');
        assert_memory_equal(c->usage + 1, c->name, strlen(c->name));
        assert_int_equal(strchr(c->usage, ' ') != NULL, c->arguments != COMMAND_ALONE);
        assert_int_equal(strchr(c->usage, '[') != NULL, c->arguments == COMMAND_OPTIONAL);
        assert_true(strlen(c->help) > 0 && !strchr(c->help, '\n'));
    }
    assert_ptr_equal(commands_find("/quit", 5), commands_find("quit", 4));
    assert_null(commands_find("qui", 3));
    assert_null(commands_find("", 0));
    assert_null(commands_find("/", 1));
}

static void test_what_a_line_may_be_meant_as(void **state)
{
    (void)state;
    static const struct {
        const char *line, *meant;
    } cases[] = {
        {" /quit", "quit"}, {"\t/me waves", "me"}, {"exit", "quit"},   {"quit", "quit"},
        {" exit ", "quit"}, {":q", "quit"},        {":q!", "quit"},    {":wq\n", "quit"},
        {"exit now", NULL}, {"Exit", NULL},        {"/quit", NULL},    {"/exit", NULL},
        {" /exit", NULL},   {"//quit", NULL},      {"", NULL},         {"  ", NULL},
        {":", NULL},        {"wq", NULL},          {"say quit", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct command *c = commands_find_meant(cases[i].line, strlen(cases[i].line));
        if (cases[i].meant ? !c || strcmp(c->name, cases[i].meant) != 0 : c != NULL)
            fail_msg("'%s' is taken for %s", cases[i].line, c ? c->name : "a message");
    }
}

/* chat-client(1), the part that lists the commands. */
static void test_the_manual_has_them_all(void **state)
{
    (void)state;
    static char page[65536];
    FILE *file = fopen(TEST_DATA "/../../client/chat-client.1", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    size_t count, items = 0;
    const struct command *table = commands_table(&count);
    for (const char *at = page; (at = strstr(at, "\n.It Ic /")); at++)
        items++;
    assert_int_equal(items, count);
    for (size_t i = 0; i < count; i++) {
        char item[64];
        bool alone = table[i].arguments == COMMAND_ALONE;
        snprintf(item, sizeof item, "\n.It Ic /%s%s", table[i].name, alone ? "\n" : " ");
        if (!strstr(page, item))
            fail_msg("no '%s' in the page", item);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_what_a_line_may_be_meant_as),
        cmocka_unit_test(test_every_command_is_found_and_says_what_it_does),
        cmocka_unit_test(test_the_manual_has_them_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
