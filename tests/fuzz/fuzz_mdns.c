/* What comes from the LAN, at a relay and at a client. What a relay would answer can be read. */
#include "error.h"
#include "mdns.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct mdns_relay den = {
        .name = "den", .host = "chat-0f", .port = 12121, .v4_count = 1, .v6_count = 1};
    struct mdns_relay read;
    struct mdns_question q;
    uint8_t answer[DNS_MESSAGE_MAX];
    int rc = mdns_read_question(bytes, len, &den, &q);
    assert(rc == 0 || rc == ERROR_FRAME);
    for (int legacy = 0; rc == 0 && legacy < 2; legacy++) {
        struct dns_reader r;
        size_t size = mdns_answer(&q, legacy, &den, answer);
        assert(size <= sizeof answer);
        assert(size == 0 || dns_reader_init(&r, answer, size) == 0);
    }
    rc = mdns_read_answer(bytes, len, len >= 2 ? dns_get_u16(bytes) : 0, &read);
    assert(rc == 0 || rc == ERROR_FRAME);
    if (rc == 0) {
        assert(*read.name && strlen(read.name) < sizeof read.name);
        assert(read.port && read.v4_count + read.v6_count > 0);
    }
    return 0;
}
