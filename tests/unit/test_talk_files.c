/* A file of bob's is taken, and one of alice's offered, at every lack of memory. */
#include "error.h"
#include "header.h"
#include "scratch.h"
#include "talk.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PATIENCE = 3000, /* turns */
};

#define ABC                                                                               \
    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" /* digest of "abc" \
                                                                        */

static struct address relay;
static int listener, far = -1; /* the relay's end */
static struct buffer greeting, piece;

/* A face that knows what became of the two files. */
struct watcher {
    struct face face;
    bool is_offered, is_taken, is_done; /* theirs */
    bool is_ours_offered;
};

static int begin(struct face *f, uint64_t now_ms)
{
    (void)f;
    (void)now_ms;
    return 0;
}

static int show_message(struct face *f, const struct face_message *m)
{
    (void)f;
    (void)m;
    return 0;
}

static int show_event(struct face *f, const struct session_event *e, uint64_t now_ms)
{
    (void)f;
    (void)e;
    (void)now_ms;
    return 0;
}

static int show_file(struct face *f, const struct transfer_row *file, bool has_changed)
{
    struct watcher *w = (struct watcher *)f;
    (void)has_changed;
    if (file->mine) {
        w->is_ours_offered |= file->state == TRANSFER_OFFERED;
        return 0;
    }
    w->is_offered |= file->state == TRANSFER_OFFERED;
    w->is_taken |= file->state == TRANSFER_TAKEN;
    w->is_done |= file->state == TRANSFER_DONE;
    return 0;
}

static int tell(struct face *f, enum face_tone tone, const char *text)
{
    (void)f;
    (void)text;
    assert_int_not_equal(tone, FACE_ANSWER);
    return 0;
}

static uint64_t chosen(const struct face *f)
{
    (void)f;
    return 0;
}

static const struct face_ops ops = {
    .looks_back = true,
    .begin = begin,
    .show_message = show_message,
    .show_event = show_event,
    .show_file = show_file,
    .tell = tell,
    .chosen = chosen,
};

/* Puts a message of bob's. */
static void put_message(struct buffer *to, uint64_t n, const struct payload *payload)
{
    struct buffer content;
    const struct header message = {
        .type = HEADER_MESSAGE, .peer = {"bob", 3}, .stream = 7, .n = n, .time = 2000};
    size_t len;
    buffer_init(&content, 1 << 16);
    assert_int_equal(buffer_put(&content, (const uint8_t[]){PAYLOAD_OPEN}, 1), 0);
    assert_int_equal(payload_put(&content, payload), 0);
    const uint8_t *bytes = buffer_peek(&content, &len);
    assert_int_equal(header_put(to, HEADER_FROM_RELAY, &message, bytes, len), 0);
    buffer_clear(&content);
}

static int set_up(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    umask(077);
    if (scratch_make(state))
        return -1;
    snprintf(at.sun_path, sizeof at.sun_path, "%s", scratch_path("relay"));
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    relay = (struct address){.is_unix = true};
    snprintf(relay.path, sizeof relay.path, "%s", at.sun_path);
    const struct header welcome = {
        .type = HEADER_WELCOME,
        .version = PROTOCOL_VERSION,
        .nick = {"alice", 5},
        .room = {"lobby", 5},
        .agent = {"test", 4},
        .time = 1000,
        .has_peer = true,
        .peer_nick = {"bob", 3},
        .peer_state = HEADER_ONLINE,
        .peer_time = 1000,
    };
    const struct payload offer = {
        .kind = PAYLOAD_FILE, .id = {"f", 1}, .name = {"abc", 3}, .size = 3, .digest = {ABC, 64}};
    const struct payload chunk = {
        .kind = PAYLOAD_CHUNK, .id = {"f", 1}, .bytes = (const uint8_t *)"abc", .bytes_len = 3};
    buffer_init(&greeting, 1 << 16);
    buffer_init(&piece, 1 << 16);
    assert_int_equal(header_put(&greeting, HEADER_FROM_RELAY, &welcome, NULL, 0), 0);
    put_message(&greeting, 1, &offer);
    put_message(&piece, 2, &chunk);
    return bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 16);
}

static int tear_down(void **state)
{
    buffer_clear(&greeting);
    buffer_clear(&piece);
    close(listener);
    close(far);
    return scratch_remove(state);
}

static void speak(const struct buffer *what)
{
    size_t len;
    const uint8_t *bytes = buffer_peek(what, &len);
    send(far, bytes, len, MSG_NOSIGNAL); /* nobody may be there any more */
}

/* A turn of alice's, and then of the relay's. */
static int turn(struct talk *t, const struct watcher *w, uint64_t *now_ms)
{
    struct pollfd p = talk_poll(t);
    bool was_taken = w->is_taken;
    poll(&p, 1, 1);
    *now_ms += 100; /* goes fast: what failed for want of memory is tried again */
    int rc = talk_turn(t, p.revents, *now_ms);
    if (rc == 0)
        rc = talk_settle(t, *now_ms);
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) {
        close(far);
        far = fd;
        speak(&greeting);
    }
    if (fd >= 0 ? w->is_taken : w->is_taken && !was_taken)
        speak(&piece);
    return rc;
}

static int take_and_offer(struct talk *t, const struct watcher *w, uint64_t *now_ms)
{
    char line[PATH_MAX];
    int len = snprintf(line, sizeof line, "/send %s", scratch_path("ours"));
    int rc = talk_line(t, line, (size_t)len, *now_ms);
    if (rc == 0)
        rc = talk_line(t, "/accept", 7, *now_ms);
    for (int turns = 0; rc == 0 && !(w->is_done && w->is_ours_offered); turns++) {
        if (turns == PATIENCE)
            fail_msg("stuck: %d %d %d", w->is_taken, w->is_done, w->is_ours_offered);
        rc = turn(t, w, now_ms);
    }
    return rc;
}

static struct talk_options options_for(struct face *face, const char *folder, const char *inbox)
{
    static struct settings settings;
    char why[SETTINGS_WHY_MAX];
    settings_init(&settings);
    assert_int_equal(settings_set(&settings, SETTING_SAVE, inbox, strlen(inbox), why), 0);
    return (struct talk_options){
        .nick = "alice",
        .room = "lobby",
        .room_key = "lobby",
        .folder = folder,
        .keys = "{\"identity\":\"x\"}",
        .config = "",
        .settings = &settings,
        .plaintext = true,
        .open = true,
        .face = face,
    };
}

static void test_files_at_every_lack_of_memory(void **state)
{
    (void)state;
    bool more = true;
    int fd = open(scratch_path("ours"), O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "xyz", 3), 3);
    close(fd);
    for (size_t n = 0; more; n++) {
        struct watcher w = {.face.ops = &ops};
        char folder[PATH_MAX], inbox[PATH_MAX], why[WORDS_MAX];
        uint64_t now_ms = 0;
        struct talk *t;
        snprintf(folder, sizeof folder, "%s/%zu", scratch_folder(), n);
        snprintf(inbox, sizeof inbox, "%s/in%zu", scratch_folder(), n);
        assert_int_equal(mkdir(inbox, 0700), 0);
        const struct talk_options options = options_for(&w.face, folder, inbox);
        assert_int_equal(talk_new(&t, &options), 0);
        w.face.talk = t;
        assert_int_equal(talk_connect(t, &relay, 0, why), 0);
        while (!w.is_offered)
            assert_int_equal(turn(t, &w, &now_ms), 0);
        more = torture_begin(n);
        int rc = take_and_offer(t, &w, &now_ms);
        torture_end();
        assert_true(rc == 0 || (torture_failed() && (rc == ERROR_NOMEM || rc == ERROR_STORE)));
        if (rc == 0)
            assert_int_equal(scratch_count(inbox), 1);
        talk_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files_at_every_lack_of_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
