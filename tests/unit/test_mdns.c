#include "error.h"
#include "mdns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "_chat-relay._tcp.local"
#define FP      "0123-4567-89ab-cdef-0123-4567-89ab-cdef-0123-4567-89ab-cdef-0123-4567-89ab-cdef"

enum {
    ID = 0x1234,
};

static struct mdns_relay den(void)
{
    struct mdns_relay relay = {
        .name = "den", .host = "chat-0f", .port = 12121, .key = FP, .v4_count = 1, .v6_count = 2};
    inet_pton(AF_INET, "192.168.1.5", &relay.v4[0]);
    inet_pton(AF_INET6, "fd00::5", &relay.v6[0]);
    inet_pton(AF_INET6, "fe80::5", &relay.v6[1]);
    return relay;
}

/* The answer that a relay gives to that question, and its length. */
static size_t ask(const struct mdns_relay *relay, const char *name, enum dns_type type, bool legacy,
                  uint8_t out[DNS_MESSAGE_MAX])
{
    uint8_t question[DNS_MESSAGE_MAX];
    struct dns_writer w;
    struct mdns_question q;
    dns_writer_init(&w, question, ID, 0);
    dns_put_question(&w, name, type, DNS_IN);
    assert_int_equal(mdns_read_question(question, w.len, relay, &q), 0);
    return mdns_answer(&q, legacy, relay, out);
}

static void test_what_is_answered_is_what_is_read(void **state)
{
    (void)state;
    struct mdns_relay rows[] = {den(), den(), den()}, read;
    uint8_t question[DNS_MESSAGE_MAX], answer[DNS_MESSAGE_MAX];
    rows[1].key[0] = '\0';
    rows[1].port = 4000;
    rows[1].v4_count = 0;
    rows[2].v4_count = rows[2].v6_count = MDNS_ADDRESSES_MAX;
    memset(rows[2].name, 'x', MDNS_NAME_SIZE - 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mdns_question q;
        size_t len = mdns_ask(ID, question);
        assert_int_equal(mdns_read_question(question, len, &rows[i], &q), 0);
        assert_false(q.alone);
        len = mdns_answer(&q, true, &rows[i], answer);
        assert_in_range(len, 1, 512);
        assert_int_equal(mdns_read_answer(answer, len, ID, &read), 0);
        assert_string_equal(read.name, rows[i].name);
        assert_string_equal(read.key, rows[i].key);
        assert_int_equal(read.port, rows[i].port);
        assert_int_equal(read.v4_count, rows[i].v4_count);
        assert_int_equal(read.v6_count, rows[i].v6_count);
        assert_memory_equal(read.v4, rows[i].v4, sizeof read.v4[0] * read.v4_count);
        assert_memory_equal(read.v6, rows[i].v6, sizeof read.v6[0] * read.v6_count);
        assert_int_equal(mdns_read_answer(answer, len, ID + 1, &read), ERROR_FRAME);
        assert_int_equal(mdns_read_question(answer, len, &rows[i], &q), ERROR_FRAME);
        assert_int_equal(mdns_read_answer(question, mdns_ask(ID, question), ID, &read),
                         ERROR_FRAME);
    }
}

/* Who browses for all kinds of services asks for one thing after the other. */
static void test_every_record_can_be_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum dns_type type;
        unsigned answers, others;
    } rows[] = {
        {"_services._dns-sd._udp.local", DNS_PTR, 1, 0},
        {SERVICE, DNS_PTR, 1, 5},
        {"_CHAT-Relay._TCP.Local", DNS_PTR, 1, 5},
        {SERVICE, DNS_ANY, 1, 5},
        {SERVICE, DNS_SRV, 0, 0},
        {"den." SERVICE, DNS_SRV, 1, 5},
        {"den." SERVICE, DNS_TXT, 1, 0},
        {"den." SERVICE, DNS_ANY, 2, 4},
        {"chat-0f.local", DNS_A, 1, 0},
        {"chat-0f.local", DNS_AAAA, 2, 0},
        {"den.local", DNS_A, 0, 0}, /* somebody else answers for that */
        {"ben." SERVICE, DNS_SRV, 0, 0},
        {"_http._tcp.local", DNS_PTR, 0, 0},
    };
    const struct mdns_relay relay = den();
    uint8_t out[DNS_MESSAGE_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = ask(&relay, rows[i].name, rows[i].type, false, out);
        if ((len > 0) != (rows[i].answers > 0))
            fail_msg("%s %d: %zu bytes", rows[i].name, (int)rows[i].type, len);
        if (len == 0)
            continue;
        assert_int_equal(dns_get_u16(out), 0);
        assert_int_equal(dns_get_u16(out + 4), 0); /* no question comes back */
        assert_int_equal(dns_get_u16(out + 6), rows[i].answers);
        assert_int_equal(dns_get_u16(out + 10), rows[i].others);
        len = ask(&relay, rows[i].name, rows[i].type, true, out);
        assert_true(len > 0);
        assert_int_equal(dns_get_u16(out), ID);
        assert_int_equal(dns_get_u16(out + 4), 1);
    }
}

static void test_plain_dns_gets_what_it_knows(void **state)
{
    (void)state;
    const struct mdns_relay relay = den();
    uint8_t out[DNS_MESSAGE_MAX];
    for (int legacy = 0; legacy < 2; legacy++) {
        struct dns_reader r;
        struct dns_record record;
        size_t len = ask(&relay, "den." SERVICE, DNS_SRV, legacy, out), flushes = 0;
        assert_int_equal(dns_reader_init(&r, out, len), 0);
        if (dns_next_question(&r, &record)) {
            assert_string_equal(record.name, "den." SERVICE);
            assert_int_equal(record.type, DNS_SRV);
        }
        while (dns_next_record(&r, &record) > 0) {
            assert_int_equal(record.ttl_s, legacy ? 10 : 120);
            flushes += (record.class & DNS_CLASS_BIT) != 0;
        }
        assert_int_equal(flushes, legacy ? 0 : 5); /* all but the one that others have too */
    }
}

static void test_who_knows_it_is_not_told(void **state)
{
    (void)state;
    static const struct {
        const char *instance;
        uint32_t ttl_s;
        bool told;
    } rows[] = {
        {"den." SERVICE, 60, false}, {"den." SERVICE, 59, true}, {"ben." SERVICE, 120, true}};
    const struct mdns_relay relay = den();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t question[DNS_MESSAGE_MAX], out[DNS_MESSAGE_MAX];
        const struct dns_put known = {
            .name = SERVICE, .type = DNS_PTR, .class = DNS_IN, .ttl_s = rows[i].ttl_s};
        struct dns_writer w;
        struct mdns_question q;
        dns_writer_init(&w, question, 0, 0);
        dns_put_question(&w, SERVICE, DNS_PTR, DNS_IN | DNS_CLASS_BIT);
        dns_put_record(&w, &known);
        dns_put_data_name(&w, rows[i].instance);
        assert_int_equal(mdns_read_question(question, w.len, &relay, &q), 0);
        assert_true(q.alone);
        assert_int_equal(mdns_answer(&q, false, &relay, out) > 0, rows[i].told);
    }
}

static void test_names_of_hosts(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"den", "den"},       {"Den.Example.ORG", "den"},
        {"a_b c", "a-b-c"},   {"z\xc3\xb6", "z--"},
        {"", "relay"},        {".x", "relay"},
        {"a\"b\\.c", "a-b-"},
    };
    char name[MDNS_NAME_SIZE], long_host[300];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mdns_make_name(rows[i][0], name);
        assert_string_equal(name, rows[i][1]);
    }
    memset(long_host, 'x', sizeof long_host - 1);
    long_host[sizeof long_host - 1] = '\0';
    mdns_make_name(long_host, name);
    assert_int_equal(strlen(name), MDNS_NAME_SIZE - 1);
}

/* In memory of exactly its size, so that a sanitizer sees what is read behind it. */
static int read_copy(const uint8_t *bytes, size_t len)
{
    const struct mdns_relay relay = den();
    struct mdns_relay read;
    struct mdns_question q;
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    int rc = mdns_read_answer(copy, len, ID, &read);
    int asked = mdns_read_question(copy, len, &relay, &q);
    free(copy);
    return rc ? rc : asked == 0;
}

static void test_a_part_of_an_answer_is_none(void **state)
{
    (void)state;
    const struct mdns_relay relay = den();
    uint8_t out[DNS_MESSAGE_MAX];
    size_t len = ask(&relay, SERVICE, DNS_PTR, true, out);
    assert_int_equal(read_copy(out, len), 0);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(read_copy(out, cut), ERROR_FRAME);
}

static void test_any_byte_changed_is_survived(void **state)
{
    (void)state;
    const struct mdns_relay relay = den();
    uint8_t out[DNS_MESSAGE_MAX];
    size_t len = ask(&relay, SERVICE, DNS_PTR, true, out);
    for (size_t i = 0; i < len; i++)
        for (unsigned bits = 1; bits < 256; bits++) {
            out[i] ^= (uint8_t)bits;
            read_copy(out, len);
            out[i] ^= (uint8_t)bits;
        }
    assert_int_equal(read_copy(out, len), 0);
}

#define HEAD(answers) "\x12\x34\x84\0\0\0\0" answers "\0\0\0\0"
#define PTR           "\x0b_chat-relay\4_tcp\5local\0\0\x0c\0\1\0\0\0\x78\0\6\3den\xc0\x0c"
#define AT_DEN        "\xc0\x2e"
#define SRV           AT_DEN "\0\x21\0\1\0\0\0\x78\0\x0a\0\0\0\0\x2f\x59\1h\xc0\x1d"
#define AT_HOST       "\xc0\x46"
#define A             AT_HOST "\0\1\0\1\0\0\0\x78\0\4\x7f\0\0\1"

static void test_what_lies_is_refused(void **state)
{
    (void)state;
#define ROW(rc, bytes)              \
    {                               \
        rc, bytes, sizeof bytes - 1 \
    }
    static const struct {
        int rc;
        const char *bytes;
        size_t len;
    } rows[] = {
        ROW(0, HEAD("\3") PTR SRV A),
        ROW(ERROR_FRAME, HEAD("\4") PTR SRV A), /* counts one more than there is */
        ROW(ERROR_FRAME, HEAD("\2") PTR SRV A), /* one less, and it is the address */
        ROW(ERROR_FRAME, HEAD("\3") PTR SRV AT_HOST "\0\1\0\1\0\0\0\x78\0\3\x7f\0\0"),
        ROW(ERROR_FRAME, HEAD("\3") PTR SRV AT_HOST "\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1"), /* goodbye */
        ROW(ERROR_FRAME, HEAD("\3") PTR SRV AT_HOST "\0\1\0\1\0\0\0\x78\0\5\x7f\0\0\1"),
        ROW(ERROR_FRAME, HEAD("\1") "\xc0\x0c\0\x0c\0\1\0\0\0\x78\0\2\xc0\x0c"), /* a loop */
        ROW(ERROR_FRAME, HEAD("\1") "\xc0\x0e\xc0\x0c\0\x0c\0\1\0\0\0\x78\0\2\xc0\x0c"),
        ROW(ERROR_FRAME, HEAD("\1") "\xc0\xff\0\x0c\0\1\0\0\0\x78\0\2\xc0\x0c"), /* far out */
        ROW(ERROR_FRAME, HEAD("\1") "\x40x"), /* a label of no known kind */
        ROW(ERROR_FRAME, HEAD("\2") PTR AT_DEN "\0\x21\0\1\0\0\0\x78\0\5\0\0\0\0\x2f"),
        ROW(ERROR_FRAME,
            HEAD("\3") PTR AT_DEN "\0\x21\0\1\0\0\0\x78\0\x0a\0\0\0\0\0\0\1h\xc0\x1d" A),
        ROW(ERROR_FRAME, HEAD("\4") PTR SRV A AT_DEN "\0\x10\0\1\0\0\0\x78\0\3\4abc"),
        ROW(ERROR_FRAME, HEAD("\4") PTR SRV A AT_DEN "\0\x10\0\1\0\0\0\x78\0\6\5key=x"),
        ROW(0, HEAD("\4") PTR SRV A AT_DEN "\0\x10\0\1\0\0\0\x78\0\6\5other"),
        ROW(0, HEAD("\4") PTR SRV A AT_DEN "\0\x10\0\1\0\0\0\x78\0\0"),
        ROW(ERROR_FRAME, "\x12\x34\x84\3\0\0\0\3\0\0\0\0" PTR SRV A), /* there is no such name */
        ROW(ERROR_FRAME, "\x12\x34\4\0\0\0\0\3\0\0\0\0" PTR SRV A),   /* a question */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (read_copy((const uint8_t *)rows[i].bytes, rows[i].len) != rows[i].rc)
            fail_msg("row %zu", i);
}

static void test_questions_are_bounded(void **state)
{
    (void)state;
    static const uint8_t question[] = {1, 'x', 0, 0, DNS_PTR, 0, DNS_IN};
    uint8_t bytes[DNS_MESSAGE_MAX] = {0};
    const struct mdns_relay relay = den();
    struct mdns_question q;
    size_t len = 12;
    for (int i = 0; i <= DNS_ENTRIES_MAX; i++, len += sizeof question)
        memcpy(bytes + len, question, sizeof question);
    bytes[5] = DNS_ENTRIES_MAX;
    assert_int_equal(mdns_read_question(bytes, len, &relay, &q), 0);
    bytes[5]++;
    assert_int_equal(mdns_read_question(bytes, len, &relay, &q), ERROR_FRAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_answered_is_what_is_read),
        cmocka_unit_test(test_every_record_can_be_asked_for),
        cmocka_unit_test(test_plain_dns_gets_what_it_knows),
        cmocka_unit_test(test_who_knows_it_is_not_told),
        cmocka_unit_test(test_names_of_hosts),
        cmocka_unit_test(test_a_part_of_an_answer_is_none),
        cmocka_unit_test(test_any_byte_changed_is_survived),
        cmocka_unit_test(test_what_lies_is_refused),
        cmocka_unit_test(test_questions_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
