#include "header_words.h"

#include "error.h"
#include "fields.h"
#include "header.h"

const char *const header_type_words[HEADER_TYPES + 1] = {
    [HEADER_UNKNOWN] = "unknown", [HEADER_HELLO] = "hello",       [HEADER_KEYS] = "keys",
    [HEADER_WELCOME] = "welcome", [HEADER_PRESENCE] = "presence", [HEADER_MESSAGE] = "message",
    [HEADER_RECEIPT] = "receipt", [HEADER_STORED] = "stored",     [HEADER_SIGNAL] = "signal",
    [HEADER_PING] = "ping",       [HEADER_PONG] = "pong",         [HEADER_BYE] = "bye",
    [HEADER_ERROR] = "error",
};

const char *const header_state_words[] = {
    [HEADER_ONLINE] = "online",
    [HEADER_OFFLINE] = "offline",
    [HEADER_LEFT] = "left",
    NULL,
};

const char *const header_code_words[CODES + 1] = {
    [CODE_UNKNOWN] = "unknown",
    [CODE_BAD_FRAME] = "bad-frame",
    [CODE_BAD_HEADER] = "bad-header",
    [CODE_BAD_STATE] = "bad-state",
    [CODE_UNKNOWN_TYPE] = "unknown-type",
    [CODE_UNSUPPORTED_VERSION] = "unsupported-version",
    [CODE_BAD_NICK] = "bad-nick",
    [CODE_BAD_ROOM] = "bad-room",
    [CODE_BAD_IDENTITY] = "bad-identity",
    [CODE_NOT_ALLOWED] = "not-allowed",
    [CODE_NICK_TAKEN] = "nick-taken",
    [CODE_ROOM_FULL] = "room-full",
    [CODE_REPLACED] = "replaced",
    [CODE_SERVER_FULL] = "server-full",
    [CODE_NO_SUCH_PEER] = "no-such-peer",
    [CODE_QUOTA] = "quota",
    [CODE_WINDOW] = "window",
    [CODE_TIMEOUT] = "timeout",
    [CODE_SHUTTING_DOWN] = "shutting-down",
    [CODE_INTERNAL] = "internal",
};

static const struct {
    bool fatal;
    const char *text;
} codes[CODES] = {
    [CODE_UNKNOWN] = {true, "An error that this version does not know."},
    [CODE_BAD_FRAME] = {true, "The frame breaks the rules of the protocol."},
    [CODE_BAD_HEADER] = {true, "The header of the frame is not what the protocol asks for."},
    [CODE_BAD_STATE] = {true, "A hello comes first, and only once."},
    [CODE_UNKNOWN_TYPE] = {false, "This relay does not know frames of this type."},
    [CODE_UNSUPPORTED_VERSION] = {true, "This relay does not speak this version of the protocol."},
    [CODE_BAD_NICK] = {true, "A nick is 1 to 32 letters, digits, marks, _ - or .; it starts with a "
                             "letter, a digit or _."},
    [CODE_BAD_ROOM] = {true, "A room is 1 to 64 letters, digits, marks, _ - or .; it starts with a "
                             "letter, a digit or _."},
    [CODE_BAD_IDENTITY] = {true,
                           "The identity key is missing or is not the one of the connection."},
    [CODE_NOT_ALLOWED] = {true,
                          "This identity is not on the list of those that may use the relay."},
    [CODE_NICK_TAKEN] = {true, "Somebody else has this nick in this room: choose another one."},
    [CODE_ROOM_FULL] = {true, "Both places of this room are taken: choose another room."},
    [CODE_REPLACED] = {true, "The same nick and identity connected anew, which ended this "
                             "connection."},
    [CODE_SERVER_FULL] = {true, "The relay has as many connections as it may have: try later."},
    [CODE_NO_SUCH_PEER] = {false,
                           "Nobody with this nick is in the room; the message was not taken."},
    [CODE_QUOTA] = {false, "Too much waits for the peer already; the message was not taken."},
    [CODE_WINDOW] = {true, "More messages were sent without a receipt than a sender may have."},
    [CODE_TIMEOUT] = {true, "Nothing came from this connection for too long."},
    [CODE_SHUTTING_DOWN] = {true, "The relay is stopping."},
    [CODE_INTERNAL] = {true, "The relay failed; the message was not taken."},
};

const char *header_type_word(enum header_type type)
{
    return header_type_words[type];
}

const char *header_state_word(enum header_state state)
{
    return header_state_words[state];
}

const char *header_code_word(enum header_code code)
{
    return header_code_words[code];
}

bool header_code_is_fatal(enum header_code code)
{
    return codes[code].fatal;
}

const char *header_code_text(enum header_code code)
{
    return codes[code].text;
}

void header_stream_format(uint64_t stream, char out[17])
{
    for (int i = 0; i < 16; i++, stream <<= 4)
        out[i] = "0123456789abcdef"[stream >> 60];
    out[16] = '\0';
}

int header_stream_parse(const char *s, size_t len, uint64_t *stream)
{
    /* What a digit stands for, and a bit that says that it is one. */
    static const uint8_t digits[256] = {
        ['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20, ['5'] = 21,
        ['6'] = 22, ['7'] = 23, ['8'] = 24, ['9'] = 25, ['a'] = 26, ['b'] = 27,
        ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
    };
    if (len != 16)
        return ERROR_HEADER;
    uint64_t n = 0;
    unsigned all = 16;
    for (size_t i = 0; i < 16; i++) {
        unsigned digit = digits[(unsigned char)s[i]];
        all &= digit;
        n = n << 4 | (digit & 15);
    }
    if (all < 16)
        return ERROR_HEADER;
    *stream = n;
    return 0;
}
