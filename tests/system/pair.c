#include "pair.h"
#include "scratch.h"

#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct server server;
struct terminal *alice, *bob;
char address[SERVER_ADDRESS_MAX];

int pair_set_up(void **state)
{
    (void)state;
    server_start_tls(&server, "", NULL);
    snprintf(address, sizeof address, "%s", server.addresses[0]);
    return 0;
}

int pair_tear_down(void **state)
{
    (void)state;
    terminal_free(alice);
    terminal_free(bob);
    alice = bob = NULL;
    process_clear(&server.process);
    return 0;
}

struct terminal *pair_start_with(const struct pair_options *o)
{
    char name[64];
    snprintf(name, sizeof name, "%s-config", o->nick);
    const char *config = o->config ? scratch_path(name) : "/dev/null";
    FILE *file = o->config ? fopen(config, "w") : NULL;
    if (file) {
        fputs(o->config, file);
        fclose(file);
    }
    const char *argv[] = {CHAT_CLIENT,
                          "--nick",
                          o->nick,
                          "--server",
                          address,
                          "--state",
                          scratch_path(o->folder),
                          "--config",
                          config,
                          o->plaintext ? "--plaintext" : NULL,
                          NULL};
    const char *environment[8] = {"TZ=UTC"};
    for (size_t i = 0; o->environment && o->environment[i]; i++)
        environment[i + 1] = o->environment[i];
    return terminal_start(&(struct terminal_options){
        argv, environment, o->rows ? o->rows : PAIR_ROWS, o->columns ? o->columns : PAIR_COLUMNS});
}

struct terminal *pair_start_one(const char *nick, const char *folder)
{
    return pair_start_with(&(struct pair_options){.nick = nick, .folder = folder});
}

void pair_start(const char *folder)
{
    alice = pair_start_one("alice", folder);
    assert_true(terminal_wait(alice, "nobody else is here yet"));
    bob = pair_start_one("bob", folder);
    assert_true(terminal_wait(bob, "alice ● here"));
    assert_true(terminal_wait(alice, "bob ● here"));
}

void pair_quit(struct terminal *t)
{
    terminal_send(t, "\025/quit\r");
    int code = terminal_wait_exit(t);
    if (code != 0)
        fail_msg("it ended with %d: %s", code, terminal_text(t));
    assert_false(terminal_is_alternate(t));
    assert_true(terminal_is_cooked(t));
    assert_false(terminal_mode(t, 2004));
}

struct mark {
    const char *text, *mark;
};

static bool has_mark(struct terminal *t, void *data)
{
    const struct mark *m = data;
    int row = terminal_find(t, m->text, NULL);
    if (row < 0)
        return false;
    const char *text = terminal_row(t, row);
    size_t len = strlen(text), mark_len = strlen(m->mark);
    return len >= mark_len && strcmp(text + len - mark_len, m->mark) == 0;
}

void pair_assert_mark(struct terminal *t, const char *text, const char *mark)
{
    struct mark m = {text, mark};
    if (!terminal_wait_until(t, has_mark, &m))
        fail_msg("no '%s' with '%s' on:\n%s", text, mark, terminal_text(t));
}
