#include "talk_internal.h"

#include "error.h"
#include "finder.h"
#include "pins.h"
#include "trust.h"

#include <stdio.h>
#include <string.h>

/* There is no trusting this connection: it ends, and waits for the person. */
static int refuse(struct talk *t, int error, const char *why, uint64_t now_ms)
{
    const struct face_ops *face = t->options.face->ops;
    char text[WORDS_MAX];
    if (error == ERROR_NOMEM)
        return error;
    memcpy(text, t->why, sizeof text);
    link_close(t->parts.link);
    t->exit = error == ERROR_KEY ? TALK_WRONG_KEY : TALK_FAILED;
    int rc = session_stop(t->parts.session, why, now_ms);
    return rc == 0 && face->stays ? face->tell(t->options.face, FACE_ERROR, text) : rc;
}

/* Tells the session which keys are pinned at this relay. */
static int hand_over(struct talk *t, const struct pins *pins)
{
    const char *relay = link_address(t->parts.link);
    struct pins_peer peer;
    int rc = 0;
    session_forget_pins(t->parts.session);
    for (size_t at = 0; rc == 0 && pins_next_peer(pins, relay, &at, &peer);) {
        char identity[KEYS_TEXT_SIZE];
        keys_text_format(peer.identity, identity);
        const struct session_pin_row row = {peer.nick, identity, peer.verified};
        rc = session_restore_pin(t->parts.session, &row);
    }
    return rc;
}

/*
 * Which relay on the LAN it is: the one with the key that was given, else with the one that was
 * seen first there; else rather one that was seen elsewhere.
 */
static void make_wish(const struct talk *t, const struct pins *pins, struct finder_wish *wish)
{
    size_t at;
    *wish = (struct finder_wish){.plaintext = t->options.plaintext};
    if (wish->plaintext)
        return;
    const char *key = pins_relay(pins, LINK_LAN, &at);
    if (*t->options.fingerprint)
        key = t->options.fingerprint;
    wish->only = key;
    if (key)
        finder_wish_add(wish, key);
    for (at = 0; !wish->only && (key = pins_next_relay(pins, &at));)
        finder_wish_add(wish, key);
}

int talk_open_link(struct talk *t, uint64_t now_ms)
{
    struct pins *pins;
    int rc = pins_load(&pins, t->options.folder, t->why);
    if (rc)
        return refuse(t, rc, "the pins cannot be read", now_ms);
    rc = hand_over(t, pins);
    if (rc == 0) {
        struct finder_wish wish;
        make_wish(t, pins, &wish);
        link_open(t->parts.link, &wish, now_ms);
    }
    pins_free(pins);
    return rc;
}

int talk_ask_which(struct talk *t, int error, uint64_t now_ms)
{
    static const char strangers[] = "your relay does not answer on the LAN";
    struct face *face = t->options.face;
    words_which(link_finder(t->parts.link), error == ERROR_LIMIT, t->why);
    if (error == ERROR_LIMIT)
        return refuse(t, error, "several relays answer on the LAN", now_ms);
    link_close(t->parts.link);
    int rc = t->has_warned ? 0 : face->ops->tell(face, FACE_NOTICE, t->why);
    t->has_warned = true;
    return rc ? rc : session_lost(t->parts.session, strangers, now_ms);
}

int talk_greet_relay(struct talk *t, uint64_t now_ms)
{
    const uint8_t *identity = link_identity(t->parts.link);
    const char *announced = link_announced(t->parts.link);
    int rc = identity && announced ? trust_judge_found(announced, identity, t->why) : 0;
    if (identity && rc == 0)
        rc = trust_judge_relay(t->options.folder, link_address(t->parts.link),
                               t->options.fingerprint, identity, t->why);
    if (rc)
        return refuse(t, rc, "the relay's key is not trusted", now_ms);
    t->exit = TALK_FINE;
    return session_connected(t->parts.session, now_ms);
}

int talk_save_pin(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    struct pins_peer peer = {.nick = e->pin_row.nick, .verified = e->pin_row.verified};
    char why[PINS_WHY_MAX];
    int rc = keys_text_parse(e->pin_row.identity, strlen(e->pin_row.identity), peer.identity);
    if (rc == 0)
        rc = pins_put_peer(t->options.folder, link_address(t->parts.link), &peer, e->replace, why);
    if (rc == ERROR_KEY && !e->replace) { /* and the pins are read again */
        link_close(t->parts.link);
        return session_lost(t->parts.session, "another client pinned another key just now", now_ms);
    }
    if (rc) {
        t->exit = TALK_FAILED;
        memcpy(t->why, why, sizeof t->why);
    }
    return rc;
}
