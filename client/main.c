#include "error.h"
#include "guide.h"
#include "identity.h"
#include "json_face.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "plain.h"
#include "signals.h"
#include "talk.h"
#include "tui.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEYS_JSON_MAX = 128,
};

/* How it ended: told when the screen is gone. */
struct ending {
    enum talk_exit exit;
    char why[WORDS_MAX], undelivered[WORDS_MAX], unfinished[WORDS_MAX];
};

/* A file opened later must not become standard input, output or error. */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static void complain(const char *why)
{
    if (*why)
        fprintf(stderr, "chat-client: %s\n", why);
}

/* What hello tells of this client's keys. */
static void make_keys(const struct keys_identity *identity, char keys[KEYS_JSON_MAX])
{
    char text[KEYS_TEXT_SIZE];
    keys_text_format(keys_identity_public(identity), text);
    snprintf(keys, KEYS_JSON_MAX, "{\"identity\":\"%s\"}", text);
}

/* The face that was asked for, else a screen where there can be one. */
static int make_face(const struct options *o, int stop_fd, struct face **face)
{
    if (o->face == OPTIONS_FACE_JSON)
        return json_face_new(face, stop_fd);
    if (o->face == OPTIONS_FACE_PLAIN || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return plain_new(face, stop_fd);
    char why[WORDS_MAX];
    int rc = tui_new(face, why, sizeof why);
    if (rc != ERROR_SYSTEM)
        return rc;
    complain(why);
    return plain_new(face, stop_fd);
}

/* Why the loop ended before its time. */
static const char *explain(int error)
{
    switch (error) {
    case ERROR_CLOSED: return "standard output was closed by its reader";
    case ERROR_SYSTEM: return "cannot write to standard output";
    case ERROR_STATE: return "it was told to end while nobody read standard output";
    }
    return error_text(error);
}

/* Files that are on their way, or of ours may be. */
static size_t count_unfinished(const struct session *s)
{
    size_t count = 0;
    for (size_t i = 0; i < transfer_count(s); i++) {
        struct transfer_row row = transfer_get(s, i);
        count += row.mine || row.state == TRANSFER_TAKEN;
    }
    return count;
}

static void conclude(const struct talk *t, const struct face *face, int error, struct ending *end)
{
    end->exit = talk_exit(t, end->why);
    if (end->exit == TALK_FINE && error) {
        end->exit = TALK_FAILED;
        snprintf(end->why, sizeof end->why, "%s", explain(error));
    }
    size_t count = session_undelivered(talk_session(t));
    size_t files = count_unfinished(talk_session(t));
    if (count > 0)
        words_undelivered(count, end->undelivered);
    if (files > 0)
        words_unfinished(files, end->unfinished);
    if (end->exit == TALK_FINE && (count > 0 || files > 0 || face->refused > 0))
        end->exit = TALK_FAILED;
}

static int tell_and_run(const struct options *o, struct talk *talk, struct face *face, int stop_fd)
{
    int rc = o->problems ? face->ops->tell(face, FACE_ERROR, o->problems) : 0;
    return rc ? rc : loop_run(talk, face, stop_fd);
}

static void talk_and_conclude(const struct options *o, const char *folder, struct face *face,
                              int stop_fd, struct ending *end)
{
    char keys[KEYS_JSON_MAX];
    struct keys_identity *identity;
    struct talk *talk = NULL;
    end->exit = TALK_FAILED;
    if (identity_load(folder, &identity, end->why))
        return;
    make_keys(identity, keys);
    const struct talk_options options = {
        .nick = o->nick.text,
        .room = o->room.text,
        .room_key = o->room.key,
        .folder = folder,
        .keys = keys,
        .config = o->config,
        .settings = &o->settings,
        .plaintext = o->plaintext,
        .fingerprint = o->fingerprint,
        .identity = identity,
        .open = o->no_seal,
        .demo = o->action == OPTIONS_DEMO,
        .face = face,
    };
    int rc = talk_new(&talk, &options);
    face->talk = talk;
    if (rc)
        snprintf(end->why, sizeof end->why, "cannot start: %s", error_text(rc));
    else if (talk_connect(talk, o->on_lan ? NULL : &o->server, loop_now_ms(), end->why) == 0)
        conclude(talk, face, tell_and_run(o, talk, face, stop_fd), end);
    talk_free(talk);
    keys_identity_free(identity);
}

/* With a screen there is no place on it for the log. Gives what standard error was, or -1. */
static int move_log(const char *folder)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/log", folder) >= sizeof path)
        return -1;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    dup2(fd, STDERR_FILENO);
    close(fd);
    return before;
}

static void run(const struct options *o, struct ending *end)
{
    char folder[PATH_MAX];
    struct face *face = NULL;
    int stop_fd = signals_init(), screen_err = -1, rc = ERROR_SYSTEM;
    end->exit = TALK_FAILED;
    if (identity_make_folder(o->state, o->nick.key, folder, sizeof folder, end->why))
        return;
    if (stop_fd >= 0)
        rc = make_face(o, stop_fd, &face);
    if (rc) {
        snprintf(end->why, sizeof end->why, "cannot start: %s",
                 rc == ERROR_SYSTEM ? strerror(errno) : error_text(rc));
        return;
    }
    if (face->ops->stays && o->verbose)
        screen_err = move_log(folder);
    talk_and_conclude(o, folder, face, stop_fd, end);
    face->ops->free(face);
    log_flush();
    if (screen_err >= 0)
        dup2(screen_err, STDERR_FILENO);
}

static void flush_output(struct ending *end)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    end->exit = TALK_FAILED;
    snprintf(end->why, sizeof end->why, "%s", explain(ERROR_SYSTEM));
}

/* The line for the list of chat-server --allow. */
static void print_identity(const struct options *o, struct ending *end)
{
    char folder[PATH_MAX], key[KEYS_TEXT_SIZE];
    struct keys_identity *identity;
    end->exit = TALK_FAILED;
    if (identity_make_folder(o->state, o->nick.key, folder, sizeof folder, end->why) ||
        identity_load(folder, &identity, end->why))
        return;
    keys_text_format(keys_identity_public(identity), key);
    keys_identity_free(identity);
    printf("%s %s\n", key, o->nick.text);
    end->exit = TALK_FINE;
    flush_output(end);
}

static void print(const char *text, struct ending *end)
{
    fputs(text, stdout);
    flush_output(end);
}

static void run_demo(struct options *o, struct ending *end)
{
    struct guide guide;
    end->exit = TALK_FAILED;
    if (guide_start(&guide, end->why))
        return;
    o->plaintext = o->no_seal = true; /* it is this program that would open it */
    o->server = guide.relay;
    o->on_lan = false;
    *o->config = '\0'; /* nothing that is tried there stays */
    snprintf(o->state, sizeof o->state, "%s", guide.folder);
    run(o, end);
    guide_stop(&guide);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    umask(077);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* the key would be in it */
    setlocale(LC_CTYPE, "");
    struct options options;
    struct ending end = {.exit = TALK_FINE};
    if (options_init(&options, argc, argv, end.why)) {
        complain(end.why);
        return TALK_USAGE;
    }
    log_init("chat-client", options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
    switch (options.action) {
    case OPTIONS_HELP: print(options_usage(), &end); break;
    case OPTIONS_VERSION: print("chat-client " CHAT_VERSION "\n", &end); break;
    case OPTIONS_IDENTITY: print_identity(&options, &end); break;
    case OPTIONS_DEMO: run_demo(&options, &end); break;
    case OPTIONS_RUN: run(&options, &end); break;
    }
    options_clear(&options);
    complain(end.why);
    complain(end.undelivered);
    complain(end.unfinished);
    return end.exit;
}
