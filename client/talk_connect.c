#include "talk_internal.h"

#include "error.h"
#include "identity.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int talk_new(struct talk **out, const struct talk_options *options)
{
    struct talk *t = calloc(1, sizeof *t);
    *out = t;
    if (!t)
        return ERROR_NOMEM;
    t->options = *options;
    t->settings = *options->settings;
    buffer_init(&t->scratch, FRAME_CONTENT_MAX);
    buffer_init(&t->change, FRAME_CONTENT_MAX);
    buffer_init(&t->edited, FRAME_CONTENT_MAX);
    buffer_init(&t->quote, FRAME_CONTENT_MAX);
    talk_files_init(&t->files);
    return 0;
}

static void close_parts(struct talk_parts *parts)
{
    session_free(parts->session);
    history_close(parts->history);
    link_free(parts->link);
}

void talk_free(struct talk *t)
{
    if (!t)
        return;
    close_parts(&t->parts);
    talk_files_clear(&t->files);
    buffer_clear(&t->scratch);
    buffer_clear(&t->change);
    buffer_clear(&t->edited);
    buffer_clear(&t->quote);
    free(t);
}

/* STATE/NICK/RELAY/ROOM, and an ending. */
static int room_path(const struct talk_options *o, const char *relay, const char *ending,
                     char path[PATH_MAX], char why[WORDS_MAX])
{
    char folder[PATH_MAX], name[IDENTITY_NAME_MAX];
    int rc = identity_make_folder(o->folder, relay, folder, sizeof folder, why);
    if (rc)
        return rc;
    identity_file_name(o->room_key, name);
    if ((size_t)snprintf(path, PATH_MAX, "%s/%s%s", folder, name, ending) < PATH_MAX)
        return 0;
    snprintf(why, WORDS_MAX, "the path of the state folder is too long; see --state");
    return ERROR_SYSTEM;
}

int talk_line_path(const struct talk *t, char path[PATH_MAX], char why[WORDS_MAX])
{
    return room_path(&t->options, link_address(t->parts.link), ".txt", path, why);
}

/*
 * What was sealed must never go out in the open, where the relay itself can ask for it again: with
 * --no-seal it is another conversation.
 */
static int open_history(const struct talk_options *o, const char *relay, struct history **h,
                        char why[WORDS_MAX])
{
    char path[PATH_MAX];
    int rc = room_path(o, relay, o->open ? "+open.db" : ".db", path, why);
    if (rc)
        return rc;
    rc = history_open(h, path, why);
    if (rc == ERROR_STATE)
        snprintf(
            why, WORDS_MAX,
            "another chat-client is %s in the room %s at %s already: end it, or choose another "
            "nick, room or --state",
            o->nick, o->room, relay);
    return rc;
}

void talk_set_wall(struct session *s, uint64_t now_ms)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    session_set_wall(s, now_ms, (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000);
}

static int make_session(const struct talk_options *o, struct history *h, struct session **s,
                        uint64_t now_ms)
{
    struct session_options options = {
        .nick = o->nick,
        .room = o->room,
        .agent = "chat-client " CHAT_VERSION,
        .keys = o->keys,
        .identity = o->identity,
        .open = o->open,
    };
    if (getrandom(options.seed, sizeof options.seed, 0) != sizeof options.seed)
        return ERROR_SYSTEM;
    int rc = session_new(s, &options);
    keys_wipe(options.seed, sizeof options.seed);
    if (rc)
        return rc;
    talk_set_wall(*s, now_ms);
    rc = history_restore(h, *s);
    return rc ? rc : session_start(*s, now_ms);
}

static bool is_at(const struct talk *t, const struct link *link)
{
    return t->parts.link && strcmp(link_address(t->parts.link), link_address(link)) == 0;
}

static int tell_without_tls(const struct talk *t)
{
    struct words w = talk_words(t);
    char text[WORDS_MAX];
    words_without_tls(&w, text);
    return t->options.face->ops->tell(t->options.face, FACE_NOTICE, text);
}

int talk_connect(struct talk *t, const struct address *relay, uint64_t now_ms, char why[WORDS_MAX])
{
    struct talk_parts made = {0};
    int rc = t->parts.session ? talk_settle(t, now_ms) : 0; /* what was said so far stays there */
    if (rc == 0 && t->parts.session)
        rc = t->options.face->ops->end_turn(t->options.face, now_ms);
    if (rc == 0 && t->parts.session)
        rc = talk_close(t);
    if (rc == 0)
        rc = link_new(&made.link, relay,
                      t->options.plaintext ? NULL : keys_identity_seed(t->options.identity));
    snprintf(why, WORDS_MAX, "%s", error_text(rc));
    if (rc)
        return rc;
    bool same = is_at(t, made.link);
    if (same && session_get_state(t->parts.session) != SESSION_STOPPED) {
        session_retry(t->parts.session, now_ms);
        goto out;
    }
    made.history = same ? t->parts.history : NULL;
    if (!same)
        rc = open_history(&t->options, link_address(made.link), &made.history, why);
    if (rc)
        goto out;
    rc = make_session(&t->options, made.history, &made.session, now_ms);
    if (rc) {
        snprintf(why, WORDS_MAX, "cannot read what was said before: %s",
                 rc == ERROR_STORE ? history_error(made.history) : error_text(rc));
        goto out;
    }
    struct talk_parts before = t->parts;
    t->parts = made;
    made = before;
    t->was_online = t->has_failed = t->is_refused = t->is_peer_here = false;
    talk_files_clear(&t->files);
    rc = talk_show_missed(t);
    if (rc == 0)
        rc = t->options.face->ops->begin(t->options.face, now_ms);
    if (rc == 0)
        rc = talk_files_resume(t, now_ms);
    if (rc == 0 && t->options.plaintext && !t->options.demo)
        rc = tell_without_tls(t);
out:
    if (made.history == t->parts.history)
        made.history = NULL;
    close_parts(&made);
    return rc;
}
