#include "error.h"
#include "identity.h"
#include "json_face.h"
#include "keys.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "plain.h"
#include "signals.h"
#include "talk.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEYS_JSON_MAX = 128,
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

static int complain(enum talk_exit exit, const char *why)
{
    fprintf(stderr, "chat-client: %s\n", why);
    return exit;
}

/* What hello tells of this client's keys. */
static int make_keys(const char *folder, char keys[KEYS_JSON_MAX], char why[WORDS_MAX])
{
    uint8_t seed[IDENTITY_SEED_LEN];
    struct keys_identity *identity = NULL;
    int rc = identity_load(folder, seed, why);
    if (rc)
        return rc;
    rc = keys_identity_new(&identity, seed);
    keys_wipe(seed, sizeof seed);
    if (rc) {
        snprintf(why, WORDS_MAX, "%s", error_text(rc));
        return rc;
    }
    char text[KEYS_TEXT_SIZE];
    keys_text_format(keys_identity_public(identity), text);
    keys_identity_free(identity);
    snprintf(keys, KEYS_JSON_MAX, "{\"identity\":\"%s\"}", text);
    return 0;
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

/* Says what there is to say at the end, and gives the exit status. */
static int conclude(const struct talk *t, const struct batch *face, int error)
{
    char why[WORDS_MAX];
    enum talk_exit exit = talk_exit(t, why);
    if (exit == TALK_FINE && error) {
        exit = TALK_FAILED;
        snprintf(why, sizeof why, "%s", explain(error));
    }
    if (*why)
        complain(exit, why);
    size_t count = session_undelivered(talk_session(t));
    if (count > 0) {
        words_undelivered(count, why);
        complain(exit, why);
    }
    return exit == TALK_FINE && (count > 0 || face->refused > 0) ? TALK_FAILED : exit;
}

static int run(const struct options *o, struct batch *face, int stop_fd)
{
    char folder[PATH_MAX], keys[KEYS_JSON_MAX], why[WORDS_MAX];
    if (identity_make_folder(o->state, o->nick.key, folder, sizeof folder, why) ||
        make_keys(folder, keys, why))
        return complain(TALK_FAILED, why);
    struct talk_options options = {
        .nick = o->nick.text,
        .room = o->room.text,
        .room_key = o->room.key,
        .folder = folder,
        .keys = keys,
        .open = true,
        .face = &face->face,
    };
    struct talk *talk;
    if (talk_new(&talk, &options))
        return complain(TALK_FAILED, error_text(ERROR_NOMEM));
    face->face.talk = talk;
    int status;
    if (talk_connect(talk, &o->server, loop_now_ms(), why))
        status = complain(TALK_FAILED, why);
    else
        status = conclude(talk, face, loop_run(talk, &face->face, stop_fd));
    talk_free(talk);
    return status;
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    umask(077);
    setlocale(LC_ALL, "");
    struct options options;
    char why[OPTIONS_ERROR_MAX];
    if (options_init(&options, argc, argv, why))
        return complain(TALK_USAGE, why);
    if (options.action == OPTIONS_HELP)
        fputs(options_usage(), stdout);
    if (options.action == OPTIONS_VERSION)
        puts("chat-client " CHAT_VERSION);
    if (options.action != OPTIONS_RUN)
        return fflush(stdout) ? TALK_FAILED : TALK_FINE;

    log_init("chat-client", options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
    struct batch face;
    int stop_fd = signals_init();
    if (options.face == OPTIONS_FACE_JSON)
        json_face_init(&face, stop_fd);
    else
        plain_init(&face, stop_fd);
    int status =
        stop_fd < 0 ? complain(TALK_FAILED, "cannot make a pipe") : run(&options, &face, stop_fd);
    face.face.ops->free(&face.face);
    options_clear(&options);
    return status;
}
