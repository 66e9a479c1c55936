#include "perform.h"

#include "commands.h"
#include "downloads.h"
#include "error.h"
#include "options.h"
#include "quote.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    USAGE_COLUMNS = 22,
};

void answer_add(struct answer *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(a->text + a->len, sizeof a->text - a->len, format, args);
    va_end(args);
    a->len += (size_t)n;
    if (a->len >= sizeof a->text)
        a->len = text_fit(a->text, sizeof a->text - 1, sizeof a->text);
    a->text[a->len] = '\0';
}

int perform_refuse(struct talk *t, const struct answer *why)
{
    int rc = t->options.face->ops->tell(t->options.face, FACE_ERROR, why->text);
    return rc ? rc : ERROR_STATE;
}

int perform_answer(struct talk *t, const struct answer *a)
{
    return t->options.face->ops->tell(t->options.face, FACE_ANSWER, a->text);
}

static int do_help(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)now_ms;
    struct answer a = {0};
    size_t count;
    const struct command *table = commands_table(&count);
    if (args.len > 0) {
        char quoted[QUOTE_MAX];
        const struct command *c = commands_find(args.at, args.len);
        if (!c) {
            answer_add(&a, "there is no command '%s'; /help lists them",
                       quote_text(args.at, args.len, quoted));
            return perform_refuse(t, &a);
        }
        answer_add(&a, "%s  %s", c->usage, c->help);
        return perform_answer(t, &a);
    }
    for (size_t i = 0; i < count; i++)
        answer_add(&a, "  %-*s%s\n", USAGE_COLUMNS, table[i].usage, table[i].help);
    answer_add(&a, "  %-*s%s", USAGE_COLUMNS, "//text", "sends a line that begins with a slash");
    return t->options.face->ops->show_help(t->options.face, a.text);
}

static int do_quit(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)args;
    return talk_quit(t, false, now_ms);
}

static int do_leave(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)args;
    return talk_quit(t, true, now_ms);
}

static int do_me(struct talk *t, struct arguments args, uint64_t now_ms)
{
    return talk_say(t, PAYLOAD_ACTION, args.at, args.len, now_ms);
}

static int do_clear(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)args;
    (void)now_ms;
    t->options.face->ops->clear(t->options.face);
    return 0;
}

static int do_info(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)args;
    (void)now_ms;
    struct answer a = {0};
    struct words w = talk_words(t);
    uint64_t round_trip_ms = session_round_trip_ms(t->parts.session);
    bool online = session_get_state(t->parts.session) == SESSION_ONLINE;
    char folder[PATH_MAX], quoted[QUOTE_MAX];
    answer_add(&a, "relay: %s%s, %s", w.relay, w.is_found ? ", found on the LAN" : "",
               online ? "connected" : "not connected");
    if (online && round_trip_ms != UINT64_MAX)
        answer_add(&a, ", round trip %" PRIu64 " ms", round_trip_ms);
    answer_add(&a, "\nyou: %s in the room %s", w.nick, w.room);
    answer_add(&a, "\nthe other person: %s", w.peer ? w.peer : "nobody yet");
    perform_add_keys(t, &a);
    answer_add(&a, "\nnot yet delivered: %zu", session_undelivered(t->parts.session));
    answer_add(&a, "\nkept in: %s", t->options.folder);
    if (downloads_find(settings_value(&t->settings, SETTING_SAVE), folder) == 0)
        answer_add(&a, "\nfiles go into: %s", quote_text(folder, strlen(folder), quoted));
    perform_add_files(t, &a);
    return perform_answer(t, &a);
}

static int do_connect(struct talk *t, struct arguments args, uint64_t now_ms)
{
    char text[ADDRESS_TEXT_MAX] = "", left[ADDRESS_TEXT_MAX], why[WORDS_MAX];
    struct address relay;
    struct answer a = {0};
    if (args.len == 0) {
        talk_retry(t, now_ms);
        return 0;
    }
    memcpy(text, args.at, args.len < sizeof text ? args.len : sizeof text - 1);
    size_t waiting = session_undelivered(t->parts.session);
    snprintf(left, sizeof left, "%s", link_address(t->parts.link));
    bool on_lan = strcmp(text, LINK_LAN) == 0;
    if ((!on_lan && options_parse_relay(text, &relay, why)) ||
        talk_connect(t, on_lan ? NULL : &relay, now_ms, why)) {
        answer_add(&a, "%s", why);
        return perform_refuse(t, &a);
    }
    if (waiting == 0 || strcmp(left, link_address(t->parts.link)) == 0)
        return 0;
    answer_add(&a, "not delivered at %s: %zu; /connect %s goes back there", left, waiting, left);
    return t->options.face->ops->tell(t->options.face, FACE_NOTICE, a.text);
}

static int (*const commands[])(struct talk *, struct arguments, uint64_t) = {
    [COMMAND_HELP] = do_help,          [COMMAND_QUIT] = do_quit,
    [COMMAND_LEAVE] = do_leave,        [COMMAND_ME] = do_me,
    [COMMAND_CLEAR] = do_clear,        [COMMAND_INFO] = do_info,
    [COMMAND_CONNECT] = do_connect,    [COMMAND_SET] = perform_set,
    [COMMAND_REPLY] = perform_reply,   [COMMAND_EDIT] = perform_edit,
    [COMMAND_DELETE] = perform_delete, [COMMAND_REACT] = perform_react,
    [COMMAND_VERIFY] = perform_verify, [COMMAND_TRUST] = perform_trust,
    [COMMAND_SEARCH] = perform_search, [COMMAND_THEME] = perform_theme,
    [COMMAND_SEND] = perform_send,     [COMMAND_ACCEPT] = perform_accept,
    [COMMAND_CANCEL] = perform_cancel, [COMMAND_SAVE] = perform_save,
};

int talk_line(struct talk *t, const char *line, size_t len, uint64_t now_ms)
{
    struct commands_line parsed;
    struct answer a = {0};
    char quoted[QUOTE_MAX];
    commands_parse(line, len, &parsed);
    switch (parsed.kind) {
    case COMMANDS_MESSAGE: return talk_say(t, PAYLOAD_TEXT, parsed.text, parsed.text_len, now_ms);
    case COMMANDS_COMMAND:
        return commands[parsed.command->id](t, (struct arguments){parsed.text, parsed.text_len},
                                            now_ms);
    case COMMANDS_MISUSED: answer_add(&a, "it is used like this: %s", parsed.command->usage); break;
    case COMMANDS_UNKNOWN:
        answer_add(&a, "there is no command /%s, and it was not sent; ",
                   quote_text(parsed.text, parsed.text_len, quoted));
        if (parsed.command)
            answer_add(&a, "do you mean /%s? //%s sends it", parsed.command->name, quoted);
        else
            answer_add(&a, "/help lists them, //%s sends it", quoted);
        break;
    case COMMANDS_SPACED:
        answer_add(
            &a, "a line with a space before /%s was not sent: leave the space out for the command",
            parsed.command->name);
        break;
    }
    return perform_refuse(t, &a);
}
