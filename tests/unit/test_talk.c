#include "batch.h"
#include "error.h"
#include "header.h"
#include "json_face.h"
#include "perform.h"
#include "plain.h"
#include "scratch.h"
#include "talk.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PATIENCE = 10000, /* turns */
};

static struct address relay;
static int listener;

/* A state folder for each talk: what a history remembers is not taken again. */
static const char *new_folder(void)
{
    static char folder[PATH_MAX];
    static unsigned count;
    snprintf(folder, sizeof folder, "%s/%u", scratch_folder(), count++);
    return folder;
}

static int make_scratch(void **state)
{
    umask(077);
    if (scratch_make(state))
        return -1;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", scratch_path("relay"));
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    relay = (struct address){.is_unix = true};
    snprintf(relay.path, sizeof relay.path, "%s", at.sun_path);
    return bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 16);
}

static int remove_scratch(void **state)
{
    close(listener);
    return scratch_remove(state);
}

/* A relay's side: bob is there, and says one thing as soon as somebody comes. */
static struct buffer out;

static void make_answer(void)
{
    static const char text[] = "hello\nalice";
    struct buffer content;
    buffer_init(&out, 1 << 16);
    buffer_init(&content, 1 << 16);
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
    const struct payload said = {.kind = PAYLOAD_TEXT, .text = {text, sizeof text - 1}};
    const struct header message = {
        .type = HEADER_MESSAGE, .peer = {"bob", 3}, .stream = 7, .n = 1, .time = 2000};
    size_t len;
    assert_int_equal(buffer_put(&content, (const uint8_t[]){PAYLOAD_OPEN}, 1), 0);
    assert_int_equal(payload_put(&content, &said), 0);
    const uint8_t *bytes = buffer_peek(&content, &len);
    assert_int_equal(header_put(&out, HEADER_FROM_RELAY, &welcome, NULL, 0), 0);
    assert_int_equal(header_put(&out, HEADER_FROM_RELAY, &message, bytes, len), 0);
    buffer_clear(&content);
}

static void answer(int fd)
{
    size_t len;
    const uint8_t *bytes = buffer_peek(&out, &len);
    send(fd, bytes, len, MSG_NOSIGNAL); /* it may have gone again */
}

/* A face that counts. */
struct counter {
    struct face face;
    int mine, theirs, begun;
    enum session_state state;
};

static int count_begin(struct face *f, uint64_t now_ms)
{
    (void)now_ms;
    ((struct counter *)f)->begun++;
    return 0;
}

static int count_message(struct face *f, const struct face_message *m)
{
    struct counter *c = (struct counter *)f;
    assert_string_equal(m->author, m->row->mine ? "alice" : "bob");
    assert_int_equal(m->payload->kind, PAYLOAD_TEXT);
    *(m->row->mine ? &c->mine : &c->theirs) += 1;
    return 0;
}

static int count_event(struct face *f, const struct session_event *e, uint64_t now_ms)
{
    (void)now_ms;
    if (e->type == SESSION_STATUS)
        ((struct counter *)f)->state = e->status.state;
    return 0;
}

static char told[4096]; /* last */

static int count_tell(struct face *f, enum face_tone tone, const char *text)
{
    (void)f;
    snprintf(told, sizeof told, "%s%s", tone == FACE_ERROR ? "! " : "", text);
    return 0;
}

static int count_file(struct face *f, const struct transfer_row *file, bool has_changed)
{
    (void)f;
    (void)file;
    (void)has_changed;
    return 0;
}

static const struct face_ops counter_ops = {
    .looks_back = true,
    .begin = count_begin,
    .show_message = count_message,
    .show_event = count_event,
    .show_file = count_file,
    .tell = count_tell,
};

static struct talk_options options_for(struct face *face)
{
    static struct settings settings;
    static char config[PATH_MAX];
    snprintf(config, sizeof config, "%s/config", scratch_folder());
    settings_init(&settings);
    return (struct talk_options){
        .nick = "alice",
        .room = "lobby",
        .room_key = "lobby",
        .folder = new_folder(),
        .keys = "{\"identity\":\"x\"}",
        .config = config,
        .settings = &settings,
        .plaintext = true,
        .open = true,
        .face = face,
    };
}

/* Turns until bob's message was shown and ours is on disk; 0 or an error. */
static int talk_a_while(struct talk *t, struct counter *c, int *far)
{
    uint64_t now_ms = 0; /* goes fast, so that what failed for want of memory is tried again */
    for (int turns = 0; c->theirs == 0 || c->mine == 0; turns++, now_ms += 100) {
        if (turns == PATIENCE)
            fail_msg("stuck in state %d", (int)session_get_state(talk_session(t)));
        struct pollfd p = talk_poll(t);
        poll(&p, 1, 1);
        int rc = talk_turn(t, p.revents, now_ms);
        if (rc == 0 && c->state == SESSION_ONLINE && c->mine == 0)
            rc = talk_say(t, PAYLOAD_TEXT, "hi", 2, now_ms);
        if (rc == 0)
            rc = talk_settle(t, now_ms);
        if (rc)
            return rc;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        close(*far);
        *far = fd;
        answer(fd);
    }
    return 0;
}

static int converse(struct counter *c, int *far)
{
    struct talk *t;
    struct talk_options options = options_for(&c->face);
    char why[WORDS_MAX];
    int rc = talk_new(&t, &options);
    if (rc)
        return rc;
    c->face.talk = t;
    rc = talk_connect(t, &relay, 0, why);
    if (rc == 0)
        rc = talk_a_while(t, c, far);
    if (rc == 0) {
        talk_note_shown(t, 1);
        rc = talk_close(t);
    }
    talk_free(t);
    return rc;
}

static void test_a_conversation_at_every_lack_of_memory(void **state)
{
    (void)state;
    make_answer();
    for (size_t n = 0; torture_begin(n); n++) {
        struct counter c = {.face.ops = &counter_ops};
        int far = -1, rc = converse(&c, &far);
        torture_end();
        if (far >= 0)
            close(far);
        while ((far = accept(listener, NULL, NULL)) >= 0)
            close(far);
        /* The history cannot say whether a commit happened for which memory lacked. */
        assert_true(rc == 0 || (torture_failed() && (rc == ERROR_NOMEM || rc == ERROR_STORE)));
    }
    buffer_clear(&out);
}

/* Of a relay of a later version. */
static void test_an_error_without_a_known_code_is_a_sentence(void **state)
{
    (void)state;
    static const char header[] =
        "{\"type\":\"error\",\"code\":\"moved\",\"text\":\"Go to den.\",\"fatal\":true}";
    enum {
        LEN = sizeof header - 1,
    };
    struct counter c = {.face.ops = &counter_ops};
    struct talk_options options = options_for(&c.face);
    struct talk *t;
    char why[WORDS_MAX];
    int far = -1;
    buffer_init(&out, 1024);
    assert_int_equal(buffer_put(&out, (const uint8_t[]){0, 0, 0, LEN + 2, 0, LEN}, 6), 0);
    assert_int_equal(buffer_put(&out, header, LEN), 0);
    assert_int_equal(talk_new(&t, &options), 0);
    assert_int_equal(talk_connect(t, &relay, 0, why), 0);
    for (int turns = 0; !talk_is_over(t) && turns < PATIENCE; turns++) {
        struct pollfd p = talk_poll(t);
        poll(&p, 1, 1);
        assert_int_equal(talk_turn(t, p.revents, 0), 0);
        assert_int_equal(talk_settle(t, 0), 0);
        if (far < 0 && (far = accept(listener, NULL, NULL)) >= 0)
            answer(far);
    }
    assert_int_equal(talk_exit(t, why), TALK_REFUSED);
    assert_non_null(strstr(why, "relay ended it: Go to den."));
    close(far);
    talk_free(t);
    buffer_clear(&out);
}

static void test_what_nobody_wrote_is_not_sent(void **state)
{
    (void)state;
    struct counter c = {.face.ops = &counter_ops};
    struct talk_options options = options_for(&c.face);
    struct talk *t;
    char why[WORDS_MAX];
    assert_int_equal(talk_new(&t, &options), 0);
    assert_int_equal(talk_connect(t, &relay, 0, why), 0);
    assert_int_equal(c.begun, 1);
    assert_int_equal(talk_say(t, PAYLOAD_TEXT, "\xff", 1, 0), ERROR_UTF8);
    assert_int_equal(talk_say(t, PAYLOAD_TEXT, "a\0b", 3, 0), ERROR_UTF8);
    static char long_text[PAYLOAD_TEXT_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    assert_int_equal(talk_say(t, PAYLOAD_TEXT, long_text, sizeof long_text, 0), ERROR_PAYLOAD);
    talk_free(t);
}

static void test_a_folder_that_is_not_ours_is_a_sentence(void **state)
{
    (void)state;
    struct counter c = {.face.ops = &counter_ops};
    struct talk_options options = options_for(&c.face);
    options.folder = "/proc/nothing";
    struct talk *t;
    char why[WORDS_MAX] = "";
    assert_int_equal(talk_new(&t, &options), 0);
    assert_int_equal(talk_connect(t, &relay, 0, why), ERROR_SYSTEM);
    assert_non_null(strstr(why, "/proc/nothing"));
    talk_free(t);
}

static void test_settings_are_listed_and_set(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int rc;
        const char *told; /* in it */
    } rows[] = {
        {"/set theme light", 0, "theme is light, kept in /"},
        {"/set theme", 0, "theme        light            colours"},
        {"/set", 0, "theme        light            colours"},
        {"/set", 0, "\n"},
        {"/set theme  dark ", 0, "theme is dark"},
        {"/set theme blue", ERROR_STATE, "! theme can be one of: dark light mono"},
        {"/set thme light", ERROR_STATE, "! there is no setting 'thme'; /set lists them"},
        {"/set room tea", ERROR_STATE, "! room counts at the start alone: give --room then"},
        {"/set room", 0, "room         lobby            the table"},
        {"/theme mono", 0, "theme is mono, kept in /"},
        {"/theme", 0, "theme        mono             colours"},
        {"/theme blue", ERROR_STATE, "! theme can be one of: dark light mono"},
    };
    struct counter c = {.face.ops = &counter_ops};
    struct talk_options options = options_for(&c.face);
    struct talk *t;
    assert_int_equal(talk_new(&t, &options), 0);
    char why[WORDS_MAX];
    assert_int_equal(talk_connect(t, &relay, 0, why), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(talk_line(t, rows[i].line, strlen(rows[i].line), 0), rows[i].rc);
        if (!strstr(told, rows[i].told))
            fail_msg("%s told '%s'", rows[i].line, told);
    }
    assert_int_equal(settings_choice(talk_settings(t), SETTING_THEME), 2);
    talk_free(t);
    options.config = "";
    assert_int_equal(talk_new(&t, &options), 0);
    assert_int_equal(talk_line(t, "/set bell off", 13, 0), 0);
    assert_non_null(strstr(told, "bell is off until the end of this run"));
    talk_free(t);
    options.config = "/dev/null";
    assert_int_equal(talk_new(&t, &options), 0);
    assert_int_equal(talk_line(t, "/set bell off", 13, 0), 0);
    assert_non_null(strstr(told, "/dev/null cannot keep it"));
    talk_free(t);
}

static void test_an_answer_is_cut_between_characters(void **state)
{
    (void)state;
    for (int room = 1; room <= 5; room++) {
        struct answer a = {0};
        answer_add(&a, "%*s", ANSWER_MAX - room, "");
        answer_add(&a, "%s", "éé");
        assert_int_equal(a.len, ANSWER_MAX - room + (room - 1) / 2 * 2);
        assert_int_equal(a.len, strlen(a.text));
    }
}

/* The faces, by what they put into their output. */
static const char *shown_by(int (*make)(struct face **f, int stop_fd), const char *text,
                            const char *emoji)
{
    static char shown[2048];
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    int before = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(fds[1], STDOUT_FILENO);
    struct face *f;
    assert_int_equal(make(&f, -1), 0);
    struct talk_options options = options_for(f);
    struct settings settings = *options.settings;
    char why[WORDS_MAX];
    assert_int_equal(settings_set(&settings, SETTING_EMOJI, emoji, strlen(emoji), why), 0);
    options.settings = &settings;
    options.demo = true; /* nothing is told of the relay */
    assert_int_equal(talk_new(&f->talk, &options), 0);
    assert_int_equal(talk_connect(f->talk, &relay, 0, why), 0);
    const struct session_message_row row = {.id = 5, .wall_ms = 60000, .stream = 0xab, .n = 3};
    const struct payload p = {.kind = PAYLOAD_TEXT, .text = {text, strlen(text)}};
    const struct face_message m = {.row = &row, .author = "bob", .to = "alice", .payload = &p};
    assert_int_equal(f->ops->show_message(f, &m), 0);
    assert_int_equal(f->ops->end_turn(f, 0), 0);
    dup2(before, STDOUT_FILENO);
    close(before);
    close(fds[1]);
    ssize_t n = read(fds[0], shown, sizeof shown - 1);
    assert_true(n >= 0);
    shown[n] = '\0';
    close(fds[0]);
    talk_free(f->talk);
    f->ops->free(f);
    return shown;
}

static void test_the_faces_of_lines(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    assert_string_equal(shown_by(plain_new, "a\n\033b\n", "full"),
                        "00:01 bob: a\n      ^[b\n      \n");
    assert_string_equal(shown_by(plain_new, "👍🏽", "full"), "00:01 bob: 👍🏽\n");
    assert_string_equal(shown_by(plain_new, "👍🏽", "simple"), "00:01 bob: 👍\n");
    assert_string_equal(shown_by(plain_new, "👍🏽", "text"), "00:01 bob: :+1:\n");
    assert_string_equal(shown_by(json_face_new, "a\n\033b", "text"),
                        "{\"event\":\"message\",\"id\":5,\"mine\":false,\"from\":\"bob\","
                        "\"to\":\"alice\",\"stream\":\"00000000000000ab\",\"n\":3,\"time\":60000,"
                        "\"kind\":\"text\",\"text\":\"a\\n\\u001bb\"}\n");
}

static void test_what_is_told_may_be_any_bytes(void **state)
{
    (void)state;
    struct face *f;
    size_t len;
    assert_int_equal(json_face_new(&f, -1), 0);
    assert_int_equal(f->ops->tell(f, FACE_ANSWER, "kept in: /\377\n\033["), 0);
    const uint8_t *line = buffer_peek(&((struct batch *)f)->out.bytes, &len);
    static const char wanted[] = "{\"event\":\"answer\",\"text\":\"kept in: /\ufffd\\n^[[\"}\n";
    assert_int_equal(len, sizeof wanted - 1);
    assert_memory_equal(line, wanted, len);
    f->ops->free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_conversation_at_every_lack_of_memory),
        cmocka_unit_test(test_an_error_without_a_known_code_is_a_sentence),
        cmocka_unit_test(test_what_nobody_wrote_is_not_sent),
        cmocka_unit_test(test_a_folder_that_is_not_ours_is_a_sentence),
        cmocka_unit_test(test_settings_are_listed_and_set),
        cmocka_unit_test(test_an_answer_is_cut_between_characters),
        cmocka_unit_test(test_the_faces_of_lines),
        cmocka_unit_test(test_what_is_told_may_be_any_bytes),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
