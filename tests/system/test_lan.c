#include "mdns.h"
#include "namespace.h"
#include "people.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ASK_EVERY_MS = 50,
};

/*
 * Clients that are not told where the relay is. With the argument `networks` on networks of our
 * own, which not every machine allows; without it on this one's loopback too, where a fingerprint
 * keeps strangers out.
 */
enum {
    SKIPPED = 77, /* as tests/system/CMakeLists.txt tells ctest */
};

static char fingerprint[KEYS_FINGERPRINT_SIZE], wish[192];

static void start_relay(const char *state, const char *listen)
{
    char options[512];
    snprintf(options, sizeof options, "--memory --state %s --listen %s", scratch_path(state),
             listen);
    server_start_tls(&server, options, NULL);
}

static void learn_fingerprint(const char *state)
{
    const char *const argv[] = {CHAT_SERVER, "--fingerprint", "--state", scratch_path(state), NULL};
    struct process p;
    process_start(&p, argv, NULL);
    snprintf(fingerprint, sizeof fingerprint, "%s", process_line(&p.out));
    assert_int_equal(process_wait(&p), 0);
    process_clear(&p);
    snprintf(wish, sizeof wish, "--plain --config /dev/null --fingerprint %s", fingerprint);
}

static void start(struct client *c, const char *nick, const char *more, void (*prepare)(void))
{
    client_start(c, &(struct client_options){nick, NULL, nick, more, prepare});
}

static int set_up(void **state)
{
    (void)state;
    unsetenv("CHAT_SERVER");
    learn_fingerprint("relay");
    return 0;
}

static const char plain[] = "--plain --config /dev/null";

static void talk_and_end(const char *more, void (*prepare)(void))
{
    start(&alice, "alice", more, prepare);
    client_expect_told(&alice, "found on the LAN");
    start(&bob, "bob", more, prepare);
    client_expect_told(&bob, "alice is here");
    client_say(&alice, "good morning");
    client_expect_said(&bob, "alice: good morning");
    client_expect_said(&alice, "alice: good morning");
    people_end(&alice, 0);
    people_end(&bob, 0);
}

static void test_two_people_find_the_relay_on_this_host(void **state)
{
    (void)state;
    start_relay("relay", ":0");
    talk_and_end(wish, NULL);
    server_stop(&server);
}

static void test_it_may_come_back_elsewhere(void **state)
{
    (void)state;
    start_relay("relay", ":0");
    start(&alice, "alice", wish, NULL);
    client_expect_told(&alice, "found on the LAN");
    server_stop(&server);
    client_expect_told(&alice, "reconnecting");
    client_say(&alice, "are you there?");
    process_clear(&server.process);
    start_relay("relay", ":0");
    client_expect_told(&alice, "found on the LAN");
    start(&bob, "bob", wish, NULL);
    client_expect_said(&bob, "alice: are you there?");
    people_end(&bob, 0);
    client_expect_said(&alice, "alice: are you there?");
    people_end(&alice, 0);
    server_stop(&server);
}

/* In its place another one answers: whoever knows the first does not go there. */
static void test_a_stranger_is_not_taken(void **state)
{
    (void)state;
    start_relay("relay", ":0");
    start(&alice, "erin", wish, NULL);
    client_expect_told(&alice, "found on the LAN");
    people_end(&alice, 0);
    server_stop(&server);
    process_clear(&server.process);
    start_relay("other", ":0");
    start(&alice, "erin", plain, NULL);
    client_expect_told(&alice, "your relay does not answer on the LAN, but");
    client_expect_told(&alice, "reconnecting");
    client_say(&alice, "for the other one");
    client_expect_said(&alice, "erin: for the other one");
    assert_int_equal(process_stop(&alice.process, SIGTERM), 1);
    server_stop(&server);
}

static void test_several_are_for_the_person_to_choose(void **state)
{
    (void)state;
    struct server other;
    char options[256];
    start_relay("relay", ":0");
    snprintf(options, sizeof options, "--memory --listen :0 --state %s", scratch_path("other"));
    server_start_tls(&other, options, NULL);
    start(&bob, "carol", plain, NULL);
    client_expect_told(&bob, "several relays answer on the LAN: name yours with --server");
    client_expect_exit(&bob, 1);
    server_stop(&other);
    process_clear(&other.process);
    server_stop(&server);
}

static void test_nobody_answers(void **state)
{
    (void)state;
    start(&alice, "dave", plain, NULL);
    client_expect_told(&alice, "reconnecting in 1 s (refused by localhost:12121)");
    start_relay("relay", "127.0.0.1:12121"); /* which nobody else can reach, so it says nothing */
    client_expect_told(&alice, "connected to localhost:12121, room");
    people_end(&alice, 0);
    server_stop(&server);
}

static void test_two_people_find_the_relay_on_another_host(void **state)
{
    (void)state;
    start_relay("relay", ":0");
    talk_and_end(plain, namespace_go_far);
    assert_true(namespace_drop_v4());
    talk_and_end(plain, namespace_go_far);
    server_stop(&server);
}

/* Answers one question of a client: with another relay's key. */
static void lie(const char *where)
{
    const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(MDNS_PORT)};
    struct ip_mreqn group = {.imr_ifindex = (int)if_nametoindex("lo")};
    struct mdns_relay relay = {.name = "den", .host = "liar", .v4_count = 1};
    struct mdns_question q;
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    uint8_t bytes[DNS_MESSAGE_MAX];
    snprintf(relay.key, sizeof relay.key, "%s", fingerprint);
    relay.v4[0].s_addr = htonl(INADDR_LOOPBACK);
    relay.port = (uint16_t)atoi(strrchr(where, ':') + 1);
    inet_pton(AF_INET, MDNS_GROUP_V4, &group.imr_multiaddr);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), 0);
    start(&alice, "frank", plain, NULL);
    ssize_t len = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_len);
    assert_int_equal(mdns_read_question(bytes, (size_t)len, &relay, &q), 0);
    size_t size = mdns_answer(&q, true, &relay, bytes);
    assert_int_equal(sendto(fd, bytes, size, 0, (struct sockaddr *)&from, from_len), size);
    close(fd);
}

static void test_a_key_that_is_announced_must_be_proven(void **state)
{
    (void)state;
    start_relay("other", "127.0.0.1:0");
    lie(server.addresses[0]);
    client_expect_told(&alice, "does not have the key that it announced");
    client_expect_exit(&alice, 4);
    server_stop(&server);
}

/* Sends the question with this id to everybody at an interface, from an address of ours. */
static void ask_from(int fd, const char *interface, const char *from, uint16_t id)
{
    uint8_t question[DNS_MESSAGE_MAX];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(MDNS_PORT)};
    struct ip_mreqn at = {.imr_ifindex = (int)if_nametoindex(interface)};
    size_t len = mdns_ask(id, question);
    inet_pton(AF_INET, from, &at.imr_address);
    inet_pton(AF_INET, MDNS_GROUP_V4, &to.sin_addr);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &at, sizeof at), 0);
    assert_int_equal(sendto(fd, question, len, 0, (struct sockaddr *)&to, sizeof to), len);
}

/* The next answer that comes must be to the question with this id. */
static void expect_answer(int fd, uint16_t id)
{
    uint8_t answer[DNS_MESSAGE_MAX];
    struct mdns_relay relay;
    struct pollfd p = {fd, POLLIN, 0};
    assert_int_equal(poll(&p, 1, PROCESS_DEADLINE_MS), 1);
    ssize_t len = recv(fd, answer, sizeof answer, 0);
    assert_true(len > 0);
    assert_int_equal(mdns_read_answer(answer, (size_t)len, id, &relay), 0);
    assert_string_equal(relay.key, fingerprint);
    assert_int_equal(relay.v4_count, 1); /* of all that this host has */
}

/* Who is elsewhere gets no answer: they may be somebody whom others want to flood. */
static void test_only_the_same_link_is_answered(void **state)
{
    (void)state;
    assert_int_equal(system("ip addr add 10.8.0.1/32 dev lo"), 0);
    start_relay("relay", ":0");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ask_from(fd, "near", "10.9.0.1", 1);
    expect_answer(fd, 1);
    ask_from(fd, "near", "10.8.0.1", 2);
    ask_from(fd, "near", "10.9.0.1", 3);
    expect_answer(fd, 3);
    close(fd);
    server_stop(&server);
}

static void test_an_interface_may_come_later(void **state)
{
    (void)state;
    start_relay("relay", ":0");
    assert_int_equal(system("ip link add late type veth peer name later && "
                            "ip addr add 10.7.0.1/24 dev late && "
                            "ip link set later up && ip link set late up"),
                     0);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct pollfd p = {fd, POLLIN, 0};
    for (int tries = 0; poll(&p, 1, 0) == 0; tries++) {
        if (tries * ASK_EVERY_MS > PROCESS_DEADLINE_MS)
            fail_msg("nobody answers there");
        ask_from(fd, "late", "10.7.0.1", 1);
        poll(&p, 1, ASK_EVERY_MS);
    }
    expect_answer(fd, 1);
    close(fd);
    server_stop(&server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, people_tear_down)

static const struct CMUnitTest anywhere[] = {
    TEST(test_two_people_find_the_relay_on_this_host),
    TEST(test_it_may_come_back_elsewhere),
    TEST(test_a_stranger_is_not_taken),
};

static const struct CMUnitTest networks[] = {
    TEST(test_a_key_that_is_announced_must_be_proven),
    TEST(test_several_are_for_the_person_to_choose),
    TEST(test_nobody_answers),
    TEST(test_an_interface_may_come_later),
    TEST(test_only_the_same_link_is_answered),
    TEST(test_two_people_find_the_relay_on_another_host),
};

int main(int argc, char **argv)
{
    bool on_networks = argc > 1 && strcmp(argv[1], "networks") == 0;
    bool is_alone = namespace_enter();
    int rc = SKIPPED;
    if (!on_networks)
        rc = cmocka_run_group_tests(anywhere, client_make_scratch, scratch_remove);
    else if (is_alone && namespace_add_far())
        rc = cmocka_run_group_tests(networks, client_make_scratch, scratch_remove);
    else
        printf("this machine allows no networks of our own\n");
    namespace_leave();
    return rc;
}
