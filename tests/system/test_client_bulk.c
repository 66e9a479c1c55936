#include "client.h"
#include "json.h"
#include "scratch.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cJSON.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Real input, both ways at once, byte for byte: the naughty strings, and every line of the licences
 * that this system has.
 */
enum {
    TEXTS_MAX = 20000,
    TEXTS_MIN = 5000,
    BLOCK = 64, /* lines written to one before the other has its turn */
};

static struct server server;
static struct client clients[2];
static char *texts[TEXTS_MAX];
static size_t count;

static void add_text(const char *s, size_t len)
{
    assert_true(count < TEXTS_MAX);
    texts[count++] = strndup(s, len);
}

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot read %s", path);
    char *text = NULL;
    size_t size = 0;
    ssize_t got = getdelim(&text, &size, '\0', file);
    *len = got > 0 ? (size_t)got : 0;
    fclose(file);
    return text;
}

static void add_naughty_strings(void)
{
    size_t len;
    char *text = read_file(TEST_DATA "/naughty/naughty-strings.json", &len);
    cJSON *list = cJSON_Parse(text), *item;
    assert_non_null(list);
    cJSON_ArrayForEach(item, list) add_text(item->valuestring, strlen(item->valuestring));
    cJSON_Delete(list);
    free(text);
}

static void add_lines(const char *path)
{
    size_t len;
    char *text = read_file(path, &len);
    for (char *at = text, *end; at < text + len; at = end + 1) {
        end = strchrnul(at, '\n');
        add_text(at, (size_t)(end - at));
    }
    free(text);
}

static int make_texts(void **state)
{
    glob_t found;
    add_naughty_strings();
    assert_int_equal(glob("/usr/share/common-licenses/*", 0, NULL, &found), 0);
    while (count < TEXTS_MIN)
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_lines(found.gl_pathv[i]);
    globfree(&found);
    return client_make_scratch(state);
}

static int remove_texts(void **state)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    return scratch_remove(state);
}

/* The text that a client sends as its `i`-th: one from the first on, the other from the last. */
static const char *text_of(int side, size_t i)
{
    return texts[side == 0 ? i : count - 1 - i];
}

static void write_all(int fd, const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = write(fd, bytes + at, len - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
}

static void say_block(int side, size_t from)
{
    struct buffer block;
    buffer_init(&block, 16 << 20);
    for (size_t i = from; i < count && i < from + BLOCK; i++) {
        struct json_writer w;
        json_writer_init(&w, &block);
        json_open(&w, NULL, '{');
        json_put_string(&w, "text", text_of(side, i), strlen(text_of(side, i)));
        json_close(&w, '}');
        assert_int_equal(w.error, 0);
        assert_int_equal(buffer_put(&block, "\n", 1), 0);
    }
    size_t len;
    const uint8_t *bytes = buffer_peek(&block, &len);
    write_all(clients[side].process.in, bytes, len);
    buffer_clear(&block);
}

static const char *out_path;

static void write_to_file(void)
{
    int fd = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDOUT_FILENO);
}

/* Compares what a client was told so far; gives how many messages of the other's there were. */
static size_t check(int side)
{
    FILE *file = fopen(scratch_path(side == 0 ? "out0" : "out1"), "r");
    assert_non_null(file);
    char *line = NULL;
    size_t size = 0, heard = 0;
    while (getline(&line, &size, file) > 0) {
        if (!strchr(line, '\n') || !strstr(line, "\"event\":\"message\""))
            continue;
        cJSON *event = cJSON_Parse(line);
        assert_non_null(event);
        if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(event, "mine"))) {
            assert_true(heard < count);
            assert_string_equal(cJSON_GetObjectItemCaseSensitive(event, "text")->valuestring,
                                text_of(!side, heard));
            heard++;
        }
        cJSON_Delete(event);
    }
    free(line);
    fclose(file);
    return heard;
}

static void test_real_text_arrives_byte_for_byte_both_ways_at_once(void **state)
{
    (void)state;
    static const char *const nicks[] = {"alice", "bob"}, *const outs[] = {"out0", "out1"};
    server_start_tls(&server, "", NULL);
    for (int side = 0; side < 2; side++) {
        struct client_options options = {nicks[side], server.addresses[0], "state", "--json",
                                         write_to_file};
        out_path = scratch_path(outs[side]);
        client_start(&clients[side], &options);
    }
    for (size_t from = 0; from < count; from += BLOCK) {
        say_block(0, from);
        say_block(1, from);
    }
    int waited_ms = 0;
    while (check(0) < count || check(1) < count) {
        assert_true((waited_ms += 200) < 4 * PROCESS_DEADLINE_MS);
        poll(NULL, 0, 200);
    }
    for (int side = 0; side < 2; side++)
        client_end_input(&clients[side]);
    for (int side = 0; side < 2; side++)
        client_expect_exit(&clients[side], 0);
    assert_int_equal(check(0), count);
    assert_int_equal(check(1), count);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_text_arrives_byte_for_byte_both_ways_at_once),
    };
    return cmocka_run_group_tests(tests, make_texts, remove_texts);
}
