#include "perform.h"

#include "error.h"
#include "qr.h"

#include <langinfo.h>
#include <string.h>

enum {
    GROUPS_A_LINE = 4,
    GROUP = 6, /* five digits and what is between */
};

/* Adds a safety number, a few groups a line, and as a QR code. */
static void add_number(struct answer *a, const char *safety)
{
    char digits[KEYS_SAFETY_SIZE], code[QR_TEXT_MAX];
    size_t count = 0;
    for (size_t at = 0; at < strlen(safety); at += (size_t)GROUPS_A_LINE * GROUP)
        answer_add(a, "    %.*s\n", GROUPS_A_LINE * GROUP - 1, safety + at);
    for (const char *s = safety; *s; s++)
        if (*s >= '0' && *s <= '9')
            digits[count++] = *s;
    digits[count] = '\0';
    bool blocks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (blocks && qr_draw(digits, code, sizeof code) == 0)
        answer_add(a, "\n%s", code);
}

/* Why there is nothing to compare. */
static int refuse(struct talk *t, enum session_trust trust)
{
    struct answer a = {0};
    struct words w = talk_words(t);
    char text[WORDS_MAX];
    words_trust(&w, trust, text);
    answer_add(&a, "%s", trust == SESSION_NOBODY ? "there is nobody to verify yet" : text);
    return perform_refuse(t, &a);
}

static int show_number(struct talk *t, enum session_trust trust)
{
    const char *text = session_peer_identity(t->parts.session);
    struct words w = talk_words(t);
    struct answer a = {0};
    uint8_t identity[KEYS_LEN];
    char safety[KEYS_SAFETY_SIZE];
    if (!text || keys_text_parse(text, strlen(text), identity))
        return refuse(t, SESSION_NOBODY);
    keys_safety_format(keys_identity_public(t->options.identity), identity, safety);
    answer_add(&a, "The safety number of %s and %s%s:\n\n", w.nick, w.peer,
               trust == SESSION_HELD ? ", with the key that is new" : "");
    add_number(&a, safety);
    answer_add(&a,
               "\nCompare it with what /verify shows to %s, face to face or by voice. If it is the "
               "same, nobody stands between you: %s",
               w.peer,
               trust == SESSION_HELD       ? "/trust takes the new key."
               : trust == SESSION_VERIFIED ? "you said so before."
                                           : "/verify yes remembers it.");
    return perform_answer(t, &a);
}

int perform_verify(struct talk *t, struct arguments args, uint64_t now_ms)
{
    enum session_trust trust = session_get_trust(t->parts.session);
    struct words w = talk_words(t);
    struct answer a = {0};
    if (args.len > 0 && (args.len != 3 || memcmp(args.at, "yes", 3) != 0)) {
        answer_add(&a, "it is used like this: /verify, and when you have compared, /verify yes");
        return perform_refuse(t, &a);
    }
    if (trust != SESSION_SEALED && trust != SESSION_VERIFIED && (trust != SESSION_HELD || args.len))
        return refuse(t, trust);
    if (args.len == 0)
        return show_number(t, trust);
    int rc = session_verify(t->parts.session, now_ms);
    answer_add(&a, "%s is verified: you are told if that key ever changes", w.peer);
    return rc ? rc : perform_answer(t, &a);
}

int perform_trust(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)args;
    struct answer a = {0};
    int rc = session_accept(t->parts.session, now_ms);
    struct words w = talk_words(t); /* not of whoever was held: they are somebody else now */
    if (rc == ERROR_STATE) {
        answer_add(&a, "there is no new key to take");
        return perform_refuse(t, &a);
    }
    answer_add(&a, "the new key of %s counts from now on, and what waited goes to it", w.peer);
    return rc ? rc : perform_answer(t, &a);
}

static void add_key(struct answer *a, const char *whose, const char *identity)
{
    if (identity && *identity)
        answer_add(a, "\n%s key: %s", whose, identity);
}

void perform_add_keys(const struct talk *t, struct answer *a)
{
    const uint8_t *relay = link_identity(t->parts.link);
    char text[KEYS_FINGERPRINT_SIZE], without_tls[WORDS_MAX];
    struct words w = talk_words(t);
    const char *trust = words_trust_short(&w, session_get_trust(t->parts.session));
    if (relay) {
        keys_fingerprint_format(relay, text);
        answer_add(a, "\nits key: %s", text);
    } else if (w.plaintext && !w.demo) {
        words_without_tls(&w, without_tls);
        answer_add(a, "\n%s", without_tls);
    }
    keys_text_format(keys_identity_public(t->options.identity), text);
    add_key(a, "your", text);
    add_key(a, "their", session_peer_identity(t->parts.session));
    if (trust)
        answer_add(a, "\nprivacy: %s", trust);
}
