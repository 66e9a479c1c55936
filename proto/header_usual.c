#include "header_usual.h"

#include <string.h>

enum {
    INTEGER_DIGITS = 16, /* of JSON_INTEGER_MAX */
    STREAM_DIGITS = 16,
    NAME_ROOM = 128,
};

/* What stands before the name, by type and direction. */
static const struct start {
    const char *text;
    size_t len;
} starts[2][2] = {
#define START(text)           \
    {                         \
        text, sizeof text - 1 \
    }
    {START("{\"type\":\"message\",\"to\":\""), START("{\"type\":\"message\",\"from\":\"")},
    {START("{\"type\":\"receipt\",\"to\":\""), START("{\"type\":\"receipt\",\"from\":\"")},
#undef START
};

/* What stands before the stream, before `n` and before the time. */
static const char stream_key[12] = "\",\"stream\":\"",
                  n_key[6] = "\",\"n\":", time_key[8] = ",\"time\":";

/* Reads an integer and gives its end; NULL where it is none. */
static const char *read_integer(const char *at, const char *end, uint64_t *out)
{
    const char *start = at;
    uint64_t n = 0;
    for (; at < end && *at >= '0' && *at <= '9' && at - start < INTEGER_DIGITS; at++)
        n = n * 10 + (uint64_t)(*at - '0');
    *out = n;
    return at == start || (*start == '0' && at > start + 1) || n > JSON_INTEGER_MAX ? NULL : at;
}

/* Reads from behind the name on. */
static bool read_numbers(const char *at, const char *end, bool has_time, struct header *h,
                         struct json_string *numbers)
{
    const char *start = at;
    if (end - at <= (ptrdiff_t)(sizeof stream_key + STREAM_DIGITS + sizeof n_key) ||
        memcmp(at, stream_key, sizeof stream_key) != 0)
        return false;
    at += sizeof stream_key;
    if (header_stream_parse(at, STREAM_DIGITS, &h->stream))
        return false;
    at += STREAM_DIGITS;
    if (memcmp(at, n_key, sizeof n_key) != 0)
        return false;
    at = read_integer(at + sizeof n_key, end, &h->n);
    if (!at || (h->n == 0 && h->type == HEADER_MESSAGE))
        return false;
    *numbers = (struct json_string){start, (size_t)(at - start)};
    if (has_time) {
        if (end - at <= (ptrdiff_t)sizeof time_key || memcmp(at, time_key, sizeof time_key) != 0)
            return false;
        at = read_integer(at + sizeof time_key, end, &h->time);
    }
    return at && at + 1 == end && *at == '}';
}

bool header_usual_read(enum header_side side, const char *text, size_t len, struct header *h,
                       struct json_string *numbers)
{
    const char *end = text + len;
    for (int receipt = 0; receipt < 2; receipt++) {
        const struct start *start = &starts[receipt][side];
        if (len <= start->len || memcmp(text, start->text, start->len) != 0)
            continue;
        h->type = receipt ? HEADER_RECEIPT : HEADER_MESSAGE;
        h->peer.at = text + start->len;
        const char *at = h->peer.at;
        while (at < end && json_is_plain(*at))
            at++;
        h->peer.len = (size_t)(at - h->peer.at);
        return read_numbers(at, end, side == HEADER_FROM_RELAY && !receipt, h, numbers);
    }
    return false;
}

static char *write_text(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

/* The digits of 0 to 99: a time has 13, and a division for each shows. */
static const char pairs[] = "0001020304050607080910111213141516171819"
                            "2021222324252627282930313233343536373839"
                            "4041424344454647484950515253545556575859"
                            "6061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static char *write_integer(char *at, uint64_t n)
{
    char digits[INTEGER_DIGITS], *first = digits + sizeof digits;
    for (; n >= 100; n /= 100)
        memcpy(first -= 2, pairs + 2 * (n % 100), 2);
    if (n >= 10)
        memcpy(first -= 2, pairs + 2 * n, 2);
    else
        *--first = (char)('0' + n);
    return write_text(at, first, (size_t)(digits + sizeof digits - first));
}

static char *write_numbers(char *at, const struct header *h)
{
    if (h->numbers.at)
        return write_text(at, h->numbers.at, h->numbers.len);
    at = write_text(at, stream_key, sizeof stream_key);
    header_stream_format(h->stream, at);
    at = write_text(at + STREAM_DIGITS, n_key, sizeof n_key);
    return write_integer(at, h->n);
}

size_t header_usual_write(enum header_side side, const struct header *h,
                          char text[HEADER_USUAL_MAX])
{
    bool receipt = h->type == HEADER_RECEIPT;
    if ((!receipt && h->type != HEADER_MESSAGE) || (receipt ? h->resend : h->is_first) ||
        h->peer.len > NAME_ROOM || h->n > JSON_INTEGER_MAX || h->time > JSON_INTEGER_MAX)
        return 0;
    const struct start *start = &starts[receipt][side];
    char *at = write_text(text, start->text, start->len);
    for (size_t i = 0; i < h->peer.len; i++) {
        if (!json_is_plain(h->peer.at[i]))
            return 0;
        *at++ = h->peer.at[i];
    }
    at = write_numbers(at, h);
    if (side == HEADER_FROM_RELAY && !receipt) {
        at = write_text(at, time_key, sizeof time_key);
        at = write_integer(at, h->time);
    }
    *at++ = '}';
    return (size_t)(at - text);
}
