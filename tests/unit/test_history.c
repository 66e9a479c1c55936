#include "error.h"
#include "history.h"
#include "history_said.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int take(void *context, const struct session_message_row *row)
{
    (void)context;
    return history_said_message("row", row);
}

static char path[PATH_MAX];

static int set_up(void **state)
{
    static int number;
    (void)state;
    said[0] = '\0';
    said_answer = 0;
    snprintf(path, sizeof path, "%s/%d.db", scratch_folder(), number++);
    return 0;
}

static struct history *open_history(void)
{
    struct history *h;
    char why[HISTORY_WHY_MAX];
    assert_int_equal(history_open(&h, path, why), 0);
    return h;
}

static void save_message(struct history *h, struct session_message_row row, const char *text)
{
    struct buffer payload;
    buffer_init(&payload, SIZE_MAX);
    const struct payload p = {.kind = PAYLOAD_TEXT, .text = {text, strlen(text)}};
    assert_int_equal(payload_put(&payload, &p), 0);
    struct session_event event = {.type = SESSION_SAVE_MESSAGE, .message_row = row};
    event.message_row.payload = buffer_peek(&payload, &event.message_row.payload_len);
    history_save(h, &event);
    buffer_clear(&payload);
}

static void save_stream(struct history *h, const struct session_stream_row row)
{
    const struct session_event event = {.type = SESSION_SAVE_STREAM, .stream_row = row};
    history_save(h, &event);
}

static void save_peer(struct history *h, uint32_t id, const char *nick, const char *identity)
{
    const struct session_event event = {
        .type = SESSION_SAVE_PEER,
        .peer_row = {.id = id, .nick = nick, .identity = identity},
    };
    history_save(h, &event);
}

static void save_mark(struct history *h, uint64_t id, enum session_mark mark)
{
    struct session_event event = {.type = SESSION_SAVE_MARK};
    event.id = id;
    event.mark = mark;
    history_save(h, &event);
}

static void fill(struct history *h)
{
    save_peer(h, 1, "bob", "key");
    save_peer(h, 2, "carol", "");
    save_stream(h,
                (struct session_stream_row){
                    .peer = 1, .mine = true, .stream = 0xb, .order = 2, .last = 2, .receipted = 1});
    save_stream(
        h,
        (struct session_stream_row){
            .peer = 1, .mine = true, .stream = UINT64_MAX, .order = 1, .last = 1, .receipted = 1});
    save_stream(h, (struct session_stream_row){.peer = 1, .stream = 0xc, .last = 9});
    const struct session_message_row mine = {
        .peer = 1, .mine = true, .stream = 0xb, .wall_ms = 1000};
    struct session_message_row row = mine;
    row.id = 1, row.n = 1, row.mark = SESSION_DELIVERED;
    save_message(h, row, "first words");
    row.id = 2, row.n = 2, row.mark = SESSION_STORED;
    save_message(h, row, "second words");
    save_message(
        h, (struct session_message_row){.id = 3, .peer = 1, .stream = 0xc, .n = 9, .wall_ms = 2000},
        "Crème brûlée");
    save_message(h, (struct session_message_row){.id = 4, .mine = true, .wall_ms = 3000},
                 "for whoever comes");
}

static void test_what_was_committed_is_there_after_a_restart(void **state)
{
    (void)state;
    struct history *h = open_history();
    assert_false(history_is_dirty(h));
    fill(h);
    assert_true(history_is_dirty(h));
    assert_int_equal(history_commit(h), 0);
    save_mark(h, 2, SESSION_DELIVERED);
    history_close(h); /* without a commit */

    h = open_history();
    assert_int_equal(history_restore(h, NULL), 0);
    assert_said("peer 1 bob key\n"
                "peer 2 carol \n"
                "stream 1 theirs c order 0 last 9 receipted 0\n"
                "stream 1 mine ffffffffffffffff order 1 last 1 receipted 1\n"
                "stream 1 mine b order 2 last 2 receipted 1\n"
                "open 2 to 1 b:2 at 1000 mark 1 'second words'\n"
                "open 4 to 0 0:0 at 3000 mark 0 'for whoever comes'\n"
                "next 5\n");
    save_mark(h, 2, SESSION_DELIVERED);
    save_message(h,
                 (struct session_message_row){
                     .id = 4, .peer = 2, .mine = true, .stream = 0xd, .n = 1, .wall_ms = 3000},
                 "for whoever comes");
    assert_int_equal(history_commit(h), 0);
    assert_int_equal(history_restore(h, NULL), 0);
    assert_non_null(strstr(said, "1 bob key\npeer 2 carol \n")); /* carol last: spoken with last */
    assert_non_null(strstr(said, "receipted 1\nopen 4 to 2 d:1 at 3000 mark 0 'for whoever comes'\n"
                                 "next 5\n"));
    said[0] = '\0';
    const struct history_query query = {.words = "whoever", .bound = UINT64_MAX};
    assert_int_equal(history_search(h, &query, take, NULL), 0);
    assert_said("row 4 to 2 d:1 at 3000 mark 0 'for whoever comes'\n"); /* once */
    said_answer = ERROR_NOMEM;
    assert_int_equal(history_restore(h, NULL), ERROR_NOMEM);
    history_close(h);
}

static void test_a_commit_on_a_thread(void **state)
{
    (void)state;
    struct history *h = open_history();
    assert_int_equal(history_begin_commit(h), -1);
    save_peer(h, 1, "bob", "key");
    struct pollfd done = {.fd = history_begin_commit(h), .events = POLLIN};
    assert_int_equal(poll(&done, 1, -1), 1);
    assert_int_equal(history_commit(h), 0);
    assert_int_equal(poll(&done, 1, 0), 0);
    save_peer(h, 2, "carol", "key");
    assert_int_equal(history_begin_commit(h), done.fd);
    assert_int_equal(history_commit(h), 0); /* waits */
    history_close(h);
    h = open_history();
    assert_int_equal(history_restore(h, NULL), 0);
    assert_said("peer 1 bob key\n"
                "peer 2 carol key\n"
                "next 1\n");
    history_close(h);
}

static void test_what_the_peer_has_seen_is_marked(void **state)
{
    (void)state;
    struct history *h = open_history();
    fill(h);
    struct session_message_row row = {.peer = 1, .mine = true, .stream = UINT64_MAX};
    row.id = 5, row.n = 1, row.mark = SESSION_DELIVERED;
    save_message(h, row, "later");
    const struct session_event event = {
        .type = SESSION_SAVE_SEEN,
        .load = {.peer = 1, .stream = 0xb, .n = 7},
    };
    history_save(h, &event);
    assert_int_equal(history_commit(h), 0);
    assert_int_equal(history_walk_up(h, 1, 9, take, NULL), 0);
    assert_said("row 1 to 1 b:1 at 1000 mark 3 'first words'\n"
                "row 2 to 1 b:2 at 1000 mark 1 'second words'\n"
                "row 3 from 1 c:9 at 2000 mark 0 'Crème brûlée'\n"
                "row 4 to 0 0:0 at 3000 mark 0 'for whoever comes'\n"
                "row 5 to 1 ffffffffffffffff:1 at 0 mark 2 'later'\n");
    history_close(h);
}

static void test_load_gives_what_comes_from_a_number_on(void **state)
{
    (void)state;
    struct history *h = open_history();
    fill(h);
    struct session_event load = {.type = SESSION_LOAD, .load = {.peer = 1, .stream = 0xb, .n = 2}};
    assert_int_equal(history_load(h, NULL, &load, 5), 0);
    assert_said("loaded 2 to 1 b:2 at 1000 mark 1 'second words'\ndone at 5\n");
    load.load.stream = 0xc; /* theirs */
    assert_int_equal(history_load(h, NULL, &load, 6), 0);
    assert_said("done at 6\n");
    said_answer = ERROR_NOMEM;
    load.load.stream = 0xb;
    assert_int_equal(history_load(h, NULL, &load, 7), ERROR_NOMEM);
    history_close(h);
}

static void test_a_long_load_stops_after_enough(void **state)
{
    (void)state;
    struct history *h = open_history();
    char text[10001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (uint64_t n = 1; n <= 100; n++)
        save_message(
            h, (struct session_message_row){.id = n, .peer = 1, .mine = true, .stream = 1, .n = n},
            text);
    const struct session_event load = {.type = SESSION_LOAD,
                                       .load = {.peer = 1, .stream = 1, .n = 1}};
    assert_int_equal(history_load(h, NULL, &load, 5), 0);
    size_t loaded = 0;
    for (const char *at = said; (at = strstr(at, "loaded ")); at++)
        loaded++;
    assert_true(loaded > 1 && loaded < 50);
    assert_non_null(strstr(said, "done at 5\n"));
    history_close(h);
}

static void expect_found(struct history *h, const char *words, bool phrase, const char *expected)
{
    const struct history_query query = {.words = words, .phrase = phrase, .bound = UINT64_MAX};
    char found[8] = "";
    said[0] = '\0';
    assert_int_equal(history_search(h, &query, take, NULL), 0);
    for (const char *at = said; (at = strstr(at, "row ")); at++)
        strncat(found, at + 4, 1);
    assert_string_equal(found, expected);
}

static void test_words_are_found_where_no_blanks_are_written(void **state)
{
    (void)state;
    struct history *h = open_history();
    static const char *const texts[] = {
        "今天天气怎么样", "see v2的天气.txt", "すみません", "สวัสดีครับ", "𠀋\"氣",
    };
    for (uint64_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        save_message(h, (struct session_message_row){.id = i + 1, .mine = true}, texts[i]);
    static const struct {
        const char *words, *found;
    } cases[] = {
        {"天气", "21"}, {"气怎", "1"}, {"气天", ""}, {"v2的", "2"}, {"的天气.t", "2"},
        {"みま", "3"},  {"ดีค", "4"},   {"氣", "5"},  {"𠀋", "5"},   {"see", "2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_found(h, cases[i].words, false, cases[i].found);
        expect_found(h, cases[i].words, true, cases[i].found);
    }
    expect_found(h, "天气 今天", false, "1");
    expect_found(h, "天气 今天", true, "");
    history_close(h);
}

static void test_walks_and_searches(void **state)
{
    (void)state;
    struct history *h = open_history();
    fill(h);
    assert_int_equal(history_walk(h, UINT64_MAX, 2, take, NULL), 0);
    assert_said("row 4 to 0 0:0 at 3000 mark 0 'for whoever comes'\n"
                "row 3 from 1 c:9 at 2000 mark 0 'Crème brûlée'\n");
    assert_int_equal(history_walk(h, 2, 9, take, NULL), 0);
    assert_said("row 1 to 1 b:1 at 1000 mark 2 'first words'\n");
    assert_int_equal(history_walk_up(h, 4, 9, take, NULL), 0);
    assert_said("row 4 to 0 0:0 at 3000 mark 0 'for whoever comes'\n");
    static const struct {
        const char *words, *found;
        bool phrase;
    } cases[] = {
        {"creme BRUL", "3", false},
        {"words", "21", false},
        {"word sec", "", false},
        {"words sec", "2", false},
        {"", "", false},
        {" \n", "", false},
        {"\"", "", false},
        {"OR", "", false},
        {"w*", "421", false},
        {"first -words", "1", false},
        {"nothing", "", false},
        {"whoever for", "4", false},
        {"whoever for", "", true},
        {"for who", "4", true},
        {"\"for, who", "4", true},
        {" \n", "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_found(h, cases[i].words, cases[i].phrase, cases[i].found);
    said_answer = 7;
    assert_int_equal(history_walk(h, 5, 9, take, NULL), 7);
    history_close(h);
}

static void save_payload(struct history *h, struct session_message_row row, const struct payload *p)
{
    struct buffer payload;
    buffer_init(&payload, SIZE_MAX);
    assert_int_equal(payload_put(&payload, p), 0);
    struct session_event event = {.type = SESSION_SAVE_MESSAGE, .message_row = row};
    event.message_row.payload = buffer_peek(&payload, &event.message_row.payload_len);
    history_save(h, &event);
    buffer_clear(&payload);
}

static void test_what_changes_a_message_is_found(void **state)
{
    (void)state;
    struct history *h = open_history();
    fill(h);
    const struct payload_ref first = {.present = true, .mine = true, .stream = 0xb, .n = 1};
    struct session_message_row mine = {.id = 5, .peer = 1, .mine = true, .stream = 0xb, .n = 3};
    struct session_message_row theirs = {.id = 6, .peer = 1, .stream = 0xc, .n = 10};
    struct payload edit = {.kind = PAYLOAD_EDIT, .text = {"better", 6}, .target = first};
    save_payload(h, mine, &edit);
    theirs.n = 11;
    save_payload(h, theirs, &edit); /* of a message of theirs that there is not */
    struct payload react = {.kind = PAYLOAD_REACT, .emoji = {"+", 1}, .target = first};
    mine.id = 7, mine.n = 4;
    save_payload(h, mine, &react); /* mine, to mine */
    react.target.mine = false;
    theirs.id = 8, theirs.n = 12;
    save_payload(h, theirs, &react); /* theirs, to mine */
    mine.id = 9, mine.n = 5;
    mine.peer = 2;
    save_payload(h, mine, &edit); /* another peer has no such message */
    assert_int_equal(history_commit(h), 0);
    said[0] = '\0';
    assert_int_equal(history_walk_changes(h, 1, take, NULL), 0);
    assert_said("row 5 to 1 b:3 at 0 mark 0 'better'\n"
                "row 7 to 1 b:4 at 0 mark 0 ''\n"
                "row 8 from 1 c:12 at 0 mark 0 ''\n");
    assert_int_equal(history_walk_changes(h, 3, take, NULL), 0);
    assert_said("");
    uint64_t id = 0;
    struct history_number number = {.peer = 1, .stream = 0xc, .n = 9};
    assert_int_equal(history_find(h, &number, &id), 1);
    assert_int_equal(id, 3);
    number.mine = true;
    assert_int_equal(history_find(h, &number, &id), 0);
    assert_int_equal(history_get(h, 3, take, NULL), 0);
    assert_said("row 3 from 1 c:9 at 2000 mark 0 'Crème brûlée'\n");
    assert_int_equal(history_get(h, 99, take, NULL), 0);
    assert_said("");
    struct history_query query = {.words = "better", .bound = 9};
    assert_int_equal(history_search(h, &query, take, NULL), 0);
    assert_said("row 6 from 1 c:11 at 0 mark 0 'better'\nrow 5 to 1 b:3 at 0 mark 0 'better'\n");
    query = (struct history_query){.words = "better", .up = true, .bound = 6};
    assert_int_equal(history_search(h, &query, take, NULL), 0);
    assert_said("row 6 from 1 c:11 at 0 mark 0 'better'\nrow 9 to 2 b:5 at 0 mark 0 'better'\n");
    history_close(h);
}

static void test_the_place_is_remembered(void **state)
{
    (void)state;
    struct history *h = open_history();
    char *draft;
    size_t len;
    uint64_t message;
    assert_int_equal(history_get_place(h, &draft, &len, &message), 0);
    assert_string_equal(draft, "");
    assert_int_equal(message, 0);
    free(draft);
    history_put_place(h, "half a li", 9, 3);
    assert_int_equal(history_commit(h), 0);
    history_close(h);
    h = open_history();
    assert_int_equal(history_get_place(h, &draft, &len, &message), 0);
    assert_string_equal(draft, "half a li");
    assert_int_equal(len, 9);
    assert_int_equal(message, 3);
    free(draft);
    history_put_place(h, NULL, 0, 0);
    assert_int_equal(history_get_place(h, &draft, &len, &message), 0);
    assert_int_equal(len, 0);
    free(draft);
    history_close(h);
}

static void test_what_was_shown_is_remembered(void **state)
{
    (void)state;
    struct history *h = open_history();
    uint64_t message = 7;
    assert_int_equal(history_get_shown(h, &message), 0);
    history_put_shown(h, 3);
    history_put_shown(h, 4);
    assert_true(history_is_dirty(h));
    assert_int_equal(history_commit(h), 0);
    history_close(h);
    h = open_history();
    assert_int_equal(history_get_shown(h, &message), 1);
    assert_int_equal(message, 4);
    history_close(h);
}

static void test_what_was_shown_is_noted_without_a_commit(void **state)
{
    (void)state;
    struct history *h = open_history();
    uint64_t message = 0;
    fill(h);
    history_put_shown(h, 1);
    assert_int_equal(history_commit(h), 0);
    history_put_shown(h, 3);
    history_close(h); /* as if it were killed: that is undone */
    h = open_history();
    assert_int_equal(history_get_shown(h, &message), 1);
    assert_int_equal(message, 3);
    history_put_shown(h, 9); /* of a message that an older copy of the database does not have */
    history_close(h);
    h = open_history();
    assert_int_equal(history_get_shown(h, &message), 1);
    assert_int_equal(message, 4);
    history_close(h);
}

static void save_prekey(struct history *h, const uint8_t *secret, uint64_t made_ms)
{
    const struct session_event event = {.type = SESSION_SAVE_PREKEY,
                                        .prekey_row = {secret, made_ms}};
    history_save(h, &event);
}

/* Whether some bytes are anywhere in the files of the history. */
static bool is_on_disk(const uint8_t *bytes, size_t len)
{
    static const char *const tails[] = {"", "-wal", "-journal", "-shm"};
    bool found = false;
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char name[PATH_MAX + 16];
        static uint8_t file[1 << 20];
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        FILE *f = fopen(name, "r");
        size_t read = f ? fread(file, 1, sizeof file, f) : 0;
        assert_true(read < sizeof file);
        found |= read > 0 && memmem(file, read, bytes, len);
        if (f)
            fclose(f);
    }
    return found;
}

static void test_prekeys_come_back_until_they_are_dropped(void **state)
{
    (void)state;
    struct history *h = open_history();
    uint8_t secrets[3][KEYS_LEN];
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < KEYS_LEN; j++)
            secrets[i][j] = (uint8_t)(37 * (i + 1) * (j + 3));
        save_prekey(h, secrets[i], 100 * (i + 1));
    }
    assert_int_equal(history_commit(h), 0);
    history_close(h);
    assert_true(is_on_disk(secrets[0], KEYS_LEN));
    h = open_history();
    assert_int_equal(history_restore(h, NULL), 0);
    assert_string_equal(said, "prekey 6f..ea made 100\n"
                              "prekey de..d4 made 200\n"
                              "prekey 4d..be made 300\n"
                              "next 1\n");
    history_save(h, &(struct session_event){.type = SESSION_DROP_PREKEYS, .made_ms = 300});
    assert_int_equal(history_commit(h), 0);
    said[0] = '\0';
    assert_int_equal(history_restore(h, NULL), 0);
    assert_string_equal(said, "prekey 4d..be made 300\nnext 1\n");
    history_close(h);
    h = open_history();
    assert_false(is_on_disk(secrets[0], KEYS_LEN));
    assert_false(is_on_disk(secrets[1], KEYS_LEN));
    assert_true(is_on_disk(secrets[2], KEYS_LEN));
    history_close(h);
}

/* More than one page of them, in the log or wherever else: of a client that runs for weeks too. */
static void test_prekeys_that_are_dropped_are_nowhere(void **state)
{
    (void)state;
    enum {
        COUNT = 300,
    };
    struct history *h = open_history();
    uint8_t secret[KEYS_LEN];
    for (size_t i = 0; i < COUNT; i++) {
        memset(secret, 0, sizeof secret);
        snprintf((char *)secret, sizeof secret, "the secret number %zu", i);
        save_prekey(h, secret, 100 + i);
        if (i % 50 == 0)
            assert_int_equal(history_commit(h), 0);
    }
    assert_int_equal(history_commit(h), 0);
    assert_true(is_on_disk((const uint8_t *)"the secret", 10));
    history_save(h, &(struct session_event){.type = SESSION_DROP_PREKEYS, .made_ms = 100 + COUNT});
    assert_int_equal(history_commit(h), 0);
    assert_false(is_on_disk((const uint8_t *)"the secret", 10));
    history_close(h);
    assert_false(is_on_disk((const uint8_t *)"the secret", 10));
}

static void test_what_is_sealed_to_somebody_with_is_remembered(void **state)
{
    (void)state;
    struct history *h = open_history();
    struct session_event event = {
        .type = SESSION_SAVE_PEER,
        .peer_row = {.id = 1, .nick = "bob", .identity = "b", .has_prekey = true, .made_ms = 5},
    };
    event.peer_row.prekey[0] = 0xab;
    event.peer_row.prekey[KEYS_LEN - 1] = 0xcd;
    history_save(h, &event);
    assert_int_equal(history_commit(h), 0);
    assert_int_equal(history_restore(h, NULL), 0);
    assert_string_equal(said, "peer 1 bob b prekey ab..cd made 5\nnext 1\n");
    history_close(h);
}

static void save_chunk(struct history *h, uint64_t stream, uint64_t n)
{
    static const uint8_t payload[] = {0, 2, '{', '}'};
    const struct session_event event = {
        .type = SESSION_SAVE_CHUNK,
        .message_row = {.peer = 1,
                        .mine = true,
                        .stream = stream,
                        .n = n,
                        .payload = payload,
                        .payload_len = sizeof payload},
    };
    history_save(h, &event);
}

static int take_file(void *context, const struct transfer_row *row)
{
    *(uint64_t *)context = row->offset;
    return (int)row->state;
}

static void test_files_and_their_chunks_come_back(void **state)
{
    (void)state;
    struct history *h = open_history();
    struct session_event event = {.type = SESSION_SAVE_FILE};
    event.file_row = (struct transfer_row){.message = 3,
                                           .peer = 1,
                                           .state = TRANSFER_TAKEN,
                                           .id = "f",
                                           .name = "a'b",
                                           .digest = "abcdef",
                                           .path = "/p",
                                           .size = UINT64_C(1) << 40,
                                           .offset = 7};
    fill(h);
    history_save(h, &event);
    event.file_row.message = 2;
    event.file_row.mine = true;
    event.file_row.state = TRANSFER_CHANGED;
    history_save(h, &event);
    save_chunk(h, 0xb, 3);
    save_chunk(h, UINT64_MAX, 2); /* has its receipt */
    save_chunk(h, UINT64_MAX, 3);
    save_stream(h,
                (struct session_stream_row){
                    .peer = 1, .mine = true, .stream = 0xb, .order = 2, .last = 3, .receipted = 1});
    save_stream(
        h,
        (struct session_stream_row){
            .peer = 1, .mine = true, .stream = UINT64_MAX, .order = 1, .last = 3, .receipted = 2});
    assert_int_equal(history_commit(h), 0);
    history_close(h);

    h = open_history();
    assert_int_equal(history_restore(h, NULL), 0);
    assert_non_null(strstr(said, "open 0 to 1 ffffffffffffffff:3 at 0 mark 0 ''\n"
                                 "open 0 to 1 b:3 at 0 mark 0 ''\n"
                                 "file 3 from 1 state 1 f 'a'b' abcd at '/p' 7 of 1099511627776\n"
                                 "next 5\n"));
    said[0] = '\0';
    const struct session_event load = {.type = SESSION_LOAD,
                                       .load = {.peer = 1, .stream = 0xb, .n = 1}};
    assert_int_equal(history_load(h, NULL, &load, 1), 0);
    assert_said("loaded 1 to 1 b:1 at 1000 mark 2 'first words'\n"
                "loaded 2 to 1 b:2 at 1000 mark 1 'second words'\n"
                "loaded 0 to 1 b:3 at 0 mark 0 ''\n"
                "done at 1\n");
    uint64_t offset = 0;
    assert_int_equal(history_get_file(h, 2, take_file, &offset), TRANSFER_CHANGED);
    assert_int_equal(offset, 7);
    assert_int_equal(history_get_file(h, 4, take_file, &offset), 0);
    history_close(h);
}

static void test_a_history_from_before_there_were_files_opens(void **state)
{
    (void)state;
    struct history *h = open_history();
    fill(h);
    assert_int_equal(history_commit(h), 0);
    history_close(h);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE file; DROP TABLE chunk; PRAGMA user_version = 4",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    h = open_history();
    save_chunk(h, 0xb, 3);
    assert_int_equal(history_commit(h), 0);
    assert_int_equal(history_restore(h, NULL), 0);
    assert_non_null(strstr(said, "open 2 to 1 b:2 at 1000 mark 1 'second words'\n"));
    history_close(h);
}

static void test_a_second_process_is_refused(void **state)
{
    (void)state;
    struct history *h = open_history();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct history *second;
        char why[HISTORY_WHY_MAX];
        int rc = history_open(&second, path, why);
        _exit(rc == ERROR_STATE && strstr(why, "in use by another chat-client") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    history_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_was_committed_is_there_after_a_restart, set_up),
        cmocka_unit_test_setup(test_a_commit_on_a_thread, set_up),
        cmocka_unit_test_setup(test_what_the_peer_has_seen_is_marked, set_up),
        cmocka_unit_test_setup(test_load_gives_what_comes_from_a_number_on, set_up),
        cmocka_unit_test_setup(test_a_long_load_stops_after_enough, set_up),
        cmocka_unit_test_setup(test_words_are_found_where_no_blanks_are_written, set_up),
        cmocka_unit_test_setup(test_walks_and_searches, set_up),
        cmocka_unit_test_setup(test_what_changes_a_message_is_found, set_up),
        cmocka_unit_test_setup(test_the_place_is_remembered, set_up),
        cmocka_unit_test_setup(test_what_was_shown_is_remembered, set_up),
        cmocka_unit_test_setup(test_what_was_shown_is_noted_without_a_commit, set_up),
        cmocka_unit_test_setup(test_prekeys_come_back_until_they_are_dropped, set_up),
        cmocka_unit_test_setup(test_prekeys_that_are_dropped_are_nowhere, set_up),
        cmocka_unit_test_setup(test_what_is_sealed_to_somebody_with_is_remembered, set_up),
        cmocka_unit_test_setup(test_files_and_their_chunks_come_back, set_up),
        cmocka_unit_test_setup(test_a_history_from_before_there_were_files_opens, set_up),
        cmocka_unit_test_setup(test_a_second_process_is_refused, set_up),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
