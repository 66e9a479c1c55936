#include "words.h"

#include "address.h"
#include "discovery.h"
#include "options.h"
#include "quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    WORDS_RELAY_MAX = 400,
};

/* After these the session does not come back by itself. `$` and a letter: see fill. */
static const struct {
    enum header_code code;
    const char *text;
} stopped[] = {
    {CODE_NICK_TAKEN, "somebody else is $n at $r: choose another nick with --nick"},
    {CODE_ROOM_FULL, "two others sit in the room $o at $r: choose another room with --room"},
    {CODE_NOT_ALLOWED,
     "$r lets in only people on its list, and you are not on it: ask whoever runs "
     "it to add you"},
    {CODE_REPLACED, "$n connected to $r from somewhere else, which ended this connection"},
    {CODE_BAD_NICK, "$r does not take the nick $n: choose another with --nick"},
    {CODE_BAD_ROOM, "$r does not take the room $o: choose another with --room"},
    {CODE_BAD_IDENTITY, "$r does not take this identity: see that both ends use TLS, or neither"},
    {CODE_UNSUPPORTED_VERSION, "$r speaks another version of the protocol: use chat-client and "
                               "chat-server of one release"},
};

static const char stopped_otherwise[] =
    "$r did not understand this client: use chat-client and chat-server of one release";

static const struct refusal {
    enum header_code code;
    const char *text, *short_text;
} refused[] = {
    {CODE_NO_SUCH_PEER, "$p is not in the room: what you write waits here", "nobody there"},
    {CODE_QUOTA, "the relay holds no more for $p now: what you write waits here and goes out later",
     "relay full"},
    {CODE_UNKNOWN, "$r did not take a message: it goes out again later", "not taken"},
};

static const char *value(const struct words *w, char letter)
{
    switch (letter) {
    case 'r': return w->relay;
    case 'o': return w->room;
    case 'n': return w->nick;
    case 'p': return w->peer ? w->peer : "the other person";
    case 'f': return w->file;
    case 's': return w->size;
    case 'a': return w->path;
    }
    return "";
}

/* Copies a text with $r (relay), $o (room), $n (own nick) and $p (peer) filled in. */
static void fill(const struct words *w, const char *text, char out[WORDS_MAX])
{
    size_t len = 0;
    out[0] = '\0';
    while (*text && len + 1 < WORDS_MAX) {
        size_t plain = strcspn(text, "$");
        int n = snprintf(out + len, WORDS_MAX - len, "%.*s%s", (int)plain, text,
                         text[plain] ? value(w, text[plain + 1]) : "");
        len += (size_t)n;
        text += plain + (text[plain] ? 2 : 0);
    }
}

void words_stopped(const struct words *w, enum header_code code, char out[WORDS_MAX])
{
    for (size_t i = 0; i < sizeof stopped / sizeof stopped[0]; i++)
        if (stopped[i].code == code) {
            fill(w, stopped[i].text, out);
            return;
        }
    fill(w, stopped_otherwise, out);
}

static const struct refusal *find_refusal(enum header_code code)
{
    size_t i = 0;
    while (refused[i].code != code && refused[i].code != CODE_UNKNOWN)
        i++;
    return &refused[i];
}

void words_refused(const struct words *w, enum header_code code, char out[WORDS_MAX])
{
    fill(w, find_refusal(code)->text, out);
}

const char *words_refused_short(enum header_code code)
{
    return find_refusal(code)->short_text;
}

void words_missing(const struct words *w, char out[WORDS_MAX])
{
    fill(w, "what $p wrote before the next message is lost: they do not have it any more", out);
}

/* Writes how others reach a relay: by `host` where it is here, without the usual port. */
static void put_relay(const char *text, const char *host, char out[WORDS_RELAY_MAX])
{
    struct address relay;
    char why[ADDRESS_ERROR_MAX];
    snprintf(out, WORDS_RELAY_MAX, "%s", text);
    if (address_parse(text, &relay, why) || relay.is_unix)
        return;
    bool is_here = strcmp(relay.host, "localhost") == 0 || strcmp(relay.host, "::1") == 0 ||
                   strncmp(relay.host, "127.", 4) == 0;
    const char *port = strrchr(text, ':');
    int host_len = (int)(port - text);
    snprintf(out, WORDS_RELAY_MAX, "%.*s%s", is_here ? (int)strlen(host) : host_len,
             is_here ? host : text, relay.port == ADDRESS_PORT ? "" : port);
}

void words_greeting(const struct words *w, const char *host, char out[WORDS_MAX])
{
    struct words elsewhere = *w;
    char relay[WORDS_RELAY_MAX], text[WORDS_MAX];
    if (w->demo) {
        snprintf(out, WORDS_MAX, "A demonstration: nothing leaves this machine or is kept.");
        return;
    }
    put_relay(w->relay, host, relay);
    elsewhere.relay = relay;
    snprintf(text, sizeof text,
             "Write a line and press Enter: it waits here until somebody is in the room $o. They "
             "type:\n"
             "chat-client%s%s%s%s --nick NAME\n"
             "F1 lists keys and commands, Alt-L shows text alone, to copy it; /quit ends.",
             w->on_lan ? "" : " --server $r",
             strcmp(w->room, OPTIONS_ROOM) == 0 ? "" : " --room $o",
             w->plaintext ? " --plaintext" : "", w->open ? " --no-seal" : "");
    fill(&elsewhere, text, out);
}

void words_which(const struct finder *f, bool several, char out[WORDS_MAX])
{
    size_t len = (size_t)snprintf(out, WORDS_MAX, "%s",
                                  several ? "several relays answer on the LAN: name yours with "
                                            "--server, or go there with /connect"
                                          : "your relay does not answer on the LAN, but others do: "
                                            "if you trust one, go there with /connect");
    for (size_t i = 0; i < f->count && len < WORDS_MAX; i++) {
        const struct finder_relay *relay = &f->relays[i];
        const struct address_socket at = discovery_socket(relay, 0);
        char address[ADDRESS_TEXT_MAX];
        address_socket_format(&at, address);
        len += (size_t)snprintf(out + len, WORDS_MAX - len, "\n%s (%s)%s%s", address, relay->name,
                                *relay->key ? ", key " : "", relay->key);
    }
}

static void put_offline(const struct session_event *e, uint64_t now_ms, char out[WORDS_MAX])
{
    uint64_t wait_ms = e->status.retry_ms > now_ms ? e->status.retry_ms - now_ms : 0;
    const char *why = e->status.why;
    if (!why && e->status.code != CODE_UNKNOWN)
        why = header_code_text(e->status.code);
    snprintf(out, WORDS_MAX, "reconnecting in %" PRIu64 " s%s%s%s", (wait_ms + 999) / 1000,
             why ? " (" : "", why ? why : "", why ? ")" : "");
}

void words_unreachable(const struct words *w, const struct session_event *e, char out[WORDS_MAX])
{
    const char *why = e->status.why ? e->status.why : header_code_text(e->status.code);
    if (w->on_lan)
        snprintf(out, WORDS_MAX,
                 "no connection (%s): start chat-server here or elsewhere on the LAN, or name "
                 "another relay with --server",
                 why);
    else
        snprintf(out, WORDS_MAX,
                 "no connection (%s): start chat-server at %s, or name another relay with --server",
                 why, w->relay);
}

void words_status(const struct words *w, const struct session_event *e, uint64_t now_ms,
                  char out[WORDS_MAX])
{
    switch (e->status.state) {
    case SESSION_OFFLINE: put_offline(e, now_ms, out); return;
    case SESSION_CONNECTING:
        fill(w, w->on_lan && !w->is_found ? "looking for a relay on the LAN" : "connecting to $r",
             out);
        return;
    case SESSION_JOINING: fill(w, "joining the room $o at $r", out); return;
    case SESSION_ONLINE:
        fill(w,
             w->is_found ? "connected to $r, found on the LAN, room $o, as $n"
                         : "connected to $r, room $o, as $n",
             out);
        return;
    case SESSION_LEAVING: fill(w, "leaving", out); return;
    case SESSION_STOPPED:
        if (e->status.code == CODE_UNKNOWN)
            snprintf(out, WORDS_MAX, "disconnected%s%s", e->status.why ? ": " : "",
                     e->status.why ? e->status.why : "");
        else
            words_stopped(w, e->status.code, out);
        return;
    }
}

void words_presence(const struct words *w, const struct session_event *e, char out[WORDS_MAX])
{
    static const char *const texts[] = {
        [HEADER_ONLINE] = "$p is here",
        [HEADER_OFFLINE] = "$p is offline",
        [HEADER_LEFT] = "$p left the room",
    };
    fill(w, e->presence.known ? texts[e->presence.state] : "nobody else is in the room $o yet",
         out);
}

static const struct {
    const char *text, *open_text;             /* with --no-seal, where it differs */
    const char *short_text, *plaintext_short; /* with --plaintext, where it differs */
} trusts[] = {
    [SESSION_NOBODY] = {"", NULL, NULL, "no TLS"},
    [SESSION_OPEN] = {"NOT PRIVATE: nothing is sealed (--no-seal), and whoever runs $r can read it",
                      NULL, "NOT PRIVATE", NULL},
    [SESSION_SEALED] = {"sealed: only $p can read it, if the key is theirs; /verify tells", NULL,
                        "sealed · not yet verified", "sealed · no TLS · not yet verified"},
    [SESSION_VERIFIED] = {"sealed: only $p can read it; you verified the key", NULL,
                          "sealed · verified", "sealed · no TLS · verified"},
    [SESSION_HELD] =
        {"STOP: this is not the $p of before, their key is another one. Either they have a new "
         "device, or somebody pretends to be them. Nothing goes to them, and what you write waits "
         "here. Ask $p in another way, compare /verify; then /trust takes the new key, and what "
         "waits goes out.",
         NULL, "ANOTHER KEY", NULL},
    [SESSION_MISMATCH] =
        {"$p does not seal what they write (--no-seal), or the relay hides their keys: nothing "
         "goes to them and nothing of theirs is shown. Ask $p in another way; it goes on when "
         "neither of you has --no-seal.",
         "$p seals what they write, and you do not (--no-seal): nothing goes to them and nothing "
         "of theirs can be shown. It goes on when neither of you has --no-seal, or both.",
         "NOT PRIVATE", NULL},
    [SESSION_BROKEN] = {"the keys that $r shows for $p are not right: nothing goes to them. Ask "
                        "whoever runs it.",
                        NULL, "NOT PRIVATE", NULL},
};

void words_trust(const struct words *w, enum session_trust trust, char out[WORDS_MAX])
{
    bool differs = w->open && trusts[trust].open_text;
    fill(w, differs ? trusts[trust].open_text : trusts[trust].text, out);
}

const char *words_trust_short(const struct words *w, enum session_trust trust)
{
    const char *otherwise = w->plaintext ? trusts[trust].plaintext_short : NULL;
    return otherwise ? otherwise : trusts[trust].short_text;
}

void words_without_tls(const struct words *w, char out[WORDS_MAX])
{
    fill(w,
         w->open ? "no TLS (--plaintext): whoever listens on the way reads all of it, and nothing "
                   "proves that it is $r which answers"
                 : "no TLS (--plaintext): whoever listens on the way sees who talks to whom, and "
                   "nothing proves that it is $r which answers; what you say is sealed",
         out);
}

/* Theirs, and ours. */
static const struct {
    const char *text[2], *short_text[2];
} files[] = {
    [TRANSFER_OFFERED] = {{"$p offers $f ($s): /accept to take it",
                           "$f ($s) waits for $p to take it"},
                          {"/accept to take it", "not taken yet"}},
    [TRANSFER_TAKEN] = {{"$f ($s) is on its way: /cancel ends that", "$p takes $f"},
                        {"on its way", "on its way"}},
    [TRANSFER_DONE] = {{"$f is here: $a", "$p has $f"}, {"saved: $a", "$p has it"}},
    [TRANSFER_CANCELLED] = {{"you cancelled $f", "you cancelled $f"}, {"cancelled", "cancelled"}},
    [TRANSFER_REFUSED] = {{"$p cancelled $f", "$p does not want $f"},
                          {"$p cancelled it", "$p does not want it"}},
    [TRANSFER_CHANGED] =
        {{"$f changed at $p's while it was sent, and is not here: ask them to /send it again",
          "$f changed while it was sent, and $p does not have it: /send it again"},
         {"it changed while it was sent", "it changed while it was sent"}},
    [TRANSFER_DAMAGED] =
        {{"$f did not come as $p has it, and was thrown away: ask them to /send it again",
          "$f did not come to $p as it is here: /send it again"},
         {"it did not come whole", "it did not come whole"}},
};

static void fill_file(const struct words *w, const struct transfer_row *file, const char *text,
                      char out[WORDS_MAX])
{
    char name[QUOTE_MAX], path[QUOTE_MAX], size[PROGRESS_SIZE_MAX];
    struct words of_file = *w;
    of_file.file = quote_text(file->name, strlen(file->name), name);
    of_file.path = quote_text(file->path, strlen(file->path), path);
    of_file.size = progress_size(file->size, size);
    fill(&of_file, text, out);
}

void words_file(const struct words *w, const struct transfer_row *file, char out[WORDS_MAX])
{
    fill_file(w, file, files[file->state].text[file->mine], out);
}

void words_file_short(const struct words *w, const struct transfer_row *file, char out[WORDS_MAX])
{
    fill_file(w, file, files[file->state].short_text[file->mine], out);
}

struct words_said words_said(const struct payload *p)
{
    static const struct words_said kinds[PAYLOAD_KINDS] = {
        [PAYLOAD_UNKNOWN] = {true, true, false, "sent something that this version cannot show"},
        [PAYLOAD_TEXT] = {true, false, false, ""},
        [PAYLOAD_ACTION] = {true, true, false, ""},
        [PAYLOAD_EDIT] = {true, true, false, "changed a message: "},
        [PAYLOAD_DELETE] = {true, true, false, "deleted a message"},
        [PAYLOAD_REACT] = {true, true, false, "reacted: "},
        [PAYLOAD_FILE] = {true, true, true, "offers a file: "},
    };
    struct words_said said = kinds[p->kind];
    char size[PROGRESS_SIZE_MAX];
    said.text = (struct json_string){"", 0};
    switch (p->kind) {
    case PAYLOAD_TEXT:
    case PAYLOAD_ACTION:
    case PAYLOAD_EDIT: said.text = p->text; break;
    case PAYLOAD_REACT: said.text = p->emoji; break;
    case PAYLOAD_FILE:
        said.text = p->name;
        snprintf(said.after, sizeof said.after, " (%s)", progress_size(p->size, size));
        break;
    default: break;
    }
    return said;
}

void words_undelivered(size_t count, char out[WORDS_MAX])
{
    snprintf(out, WORDS_MAX, "%zu message%s not delivered; %s out at the next start", count,
             count == 1 ? " was" : "s were", count == 1 ? "it goes" : "they go");
}

void words_unfinished(size_t count, char out[WORDS_MAX])
{
    snprintf(out, WORDS_MAX, "%zu file%s not through; %s on at the next start", count,
             count == 1 ? " is" : "s are", count == 1 ? "it goes" : "they go");
}

void words_waiting(size_t count, char out[WORDS_MAX])
{
    snprintf(out, WORDS_MAX,
             "%zu message%s for somebody to come; ^C ends this, and %s out at the next start",
             count, count == 1 ? " waits" : "s wait", count == 1 ? "it goes" : "they go");
}

void words_clock(uint64_t wall_ms, char out[WORDS_CLOCK_MAX])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    if (!localtime_r(&seconds, &tm) || !strftime(out, WORDS_CLOCK_MAX, "%H:%M", &tm))
        snprintf(out, WORDS_CLOCK_MAX, "--:--");
}
