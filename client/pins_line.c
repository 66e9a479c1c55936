#include "pins_line.h"

#include "error.h"
#include "link.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char space[] = " \t\r\n";

enum {
    WORDS = 6,                           /* one more than any pin has */
    ADDRESS_ROOM = 3 * ADDRESS_TEXT_MAX, /* escaped */
    NICK_ROOM = 3 * NAME_KEY_BYTES + 1,
};

void pins_line_clear(struct pins_line *l)
{
    free(l->text);
    free(l->relay);
    free(l->nick);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Takes `%20` and the like out of a word, in place. */
static int unescape(char *word)
{
    char *to = word;
    for (const char *from = word; *from; from++) {
        int byte = *from;
        if (*from == '%') {
            int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
            if (low < 0 || high + low == 0)
                return ERROR_KEY;
            byte = high << 4 | low;
            from += 2;
        }
        *to++ = (char)byte;
    }
    *to = '\0';
    return 0;
}

static void escape(const char *text, char *out)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c <= ' ' || c == '%' || c == 0x7f)
            out += sprintf(out, "%%%02X", c);
        else
            *out++ = *text;
    }
    *out = '\0';
}

/* An address in the form in which addresses are compared. */
static int take_relay(struct pins_line *l, char *word)
{
    struct address relay;
    char text[ADDRESS_TEXT_MAX], why[ADDRESS_ERROR_MAX];
    bool is_lan = strcmp(word, LINK_LAN) == 0; /* which stands for no host */
    if (!is_lan && (unescape(word) || address_parse(word, &relay, why)))
        return ERROR_KEY;
    if (!is_lan)
        address_format(&relay, text);
    l->relay = strdup(is_lan ? LINK_LAN : text);
    return l->relay ? 0 : ERROR_NOMEM;
}

/* A nick as its key: a person may have written how it is spelt. */
static int take_nick(struct pins_line *l, char *word)
{
    size_t len;
    if (unescape(word) || !*word)
        return ERROR_KEY;
    int rc = text_fold(word, strlen(word), &l->nick, &len);
    return rc == ERROR_UTF8 ? ERROR_KEY : rc;
}

/* Reads the words of a pin. */
static int take_words(struct pins_line *l, char *const words[WORDS], size_t count)
{
    if (count == 3 && strcmp(words[0], "relay") == 0) {
        int rc = take_relay(l, words[1]);
        return rc ? rc : keys_fingerprint_parse(words[2], l->fingerprint);
    }
    if (count < 4 || count > 5 || strcmp(words[0], "peer") != 0)
        return ERROR_KEY;
    l->verified = count == 5;
    if (l->verified && strcmp(words[4], "verified") != 0)
        return ERROR_KEY;
    int rc = take_relay(l, words[1]);
    if (rc == 0)
        rc = take_nick(l, words[2]);
    return rc ? rc : keys_text_parse(words[3], strlen(words[3]), l->identity);
}

int pins_line_init(struct pins_line *l, const char *text)
{
    *l = (struct pins_line){.text = strdup(text)};
    char *copy = strdup(text), *words[WORDS], *rest = NULL;
    size_t count = 0;
    int rc = l->text && copy ? 0 : ERROR_NOMEM;
    for (char *word = rc ? NULL : strtok_r(copy, space, &rest); word && count < WORDS;
         word = strtok_r(NULL, space, &rest))
        words[count++] = word;
    if (count > 0 && words[0][0] != '#')
        rc = take_words(l, words, count);
    free(copy);
    if (rc)
        pins_line_clear(l);
    return rc;
}

void pins_line_format_relay(const char *relay, const char *fingerprint, char out[PINS_LINE_MAX])
{
    char address[ADDRESS_ROOM];
    escape(relay, address);
    snprintf(out, PINS_LINE_MAX, "relay %s %s", address, fingerprint);
}

void pins_line_format_peer(const char *relay, const struct pins_peer *peer, char out[PINS_LINE_MAX])
{
    char address[ADDRESS_ROOM], nick[NICK_ROOM], key[KEYS_TEXT_SIZE];
    escape(relay, address);
    escape(peer->nick, nick);
    keys_text_format(peer->identity, key);
    snprintf(out, PINS_LINE_MAX, "peer %s %s %s%s", address, nick, key,
             peer->verified ? " verified" : "");
}
