#include "client.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ARGS_MAX = 32,
};

int client_make_scratch(void **state)
{
    signal(SIGPIPE, SIG_IGN);
    return scratch_make(state);
}

void client_start(struct client *c, const struct client_options *options)
{
    char more[512];
    const char *argv[ARGS_MAX] = {
        CHAT_CLIENT, "--nick", options->nick, "--state", scratch_path(options->state),
    };
    size_t count = 5;
    if (options->server) {
        argv[count++] = "--server";
        argv[count++] = options->server;
    }
    snprintf(more, sizeof more, "%s", options->more ? options->more : "");
    for (char *word = strtok(more, " "); word; word = strtok(NULL, " ")) {
        assert_true(count + 1 < ARGS_MAX);
        argv[count++] = word;
    }
    process_start(&c->process, argv, options->prepare);
}

void client_say(struct client *c, const char *line)
{
    size_t len = strlen(line);
    assert_int_equal(write(c->process.in, line, len), (ssize_t)len);
    assert_int_equal(write(c->process.in, "\n", 1), 1);
}

void client_end_input(struct client *c)
{
    close(c->process.in);
    c->process.in = -1;
}

void client_expect_said(struct client *c, const char *said)
{
    const char *line = process_line(&c->process.out);
    if (!line)
        fail_msg("the output ended before '%s'", said);
    if (strlen(line) < 6 || line[2] != ':' || line[5] != ' ')
        fail_msg("no time in '%s'", line);
    assert_string_equal(line + 6, said);
}

void client_expect_told(struct client *c, const char *text)
{
    process_line_with(&c->process.err, text);
}

void client_expect_exit(struct client *c, int status)
{
    assert_int_equal(process_wait(&c->process), status);
}
