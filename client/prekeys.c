#include "prekeys.h"

#include "bundle.h"
#include "error.h"
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#define RENEW_MS (UINT64_C(24) * 60 * 60 * 1000)

void prekeys_renew(struct session *s)
{
    if (s->open)
        return;
    uint64_t made_ms = keys_ring_made(s->ring, machine_wall(s));
    uint8_t *secret = keys_secret_new(KEYS_LEN);
    int rc = ERROR_NOMEM;
    if (secret) {
        keys_draw(s->random, secret);
        rc = keys_ring_add(s->ring, secret, made_ms);
    }
    keys_secret_free(secret);
    machine_fail(s, rc);
    if (rc)
        return;
    s->renew_ms = s->now_ms + RENEW_MS;
    s->unannounced = true;
    struct session_event event = {.type = SESSION_SAVE_PREKEY, .prekey_row = {.made_ms = made_ms}};
    machine_save(s, &event);
    event = (struct session_event){
        .type = SESSION_DROP_PREKEYS,
        .made_ms = keys_ring_expire(s->ring, machine_wall(s)),
    };
    machine_save(s, &event);
}

/* The `keys` object of the newest prekey, NULL out of memory. */
static char *make_keys(struct session *s)
{
    size_t len;
    buffer_truncate(&s->scratch, 0);
    int rc = bundle_put(&s->scratch, s->self.identity, keys_ring_newest(s->ring), s->room.key);
    machine_fail(s, rc);
    const uint8_t *bytes = buffer_peek(&s->scratch, &len);
    return rc ? NULL : strndup((const char *)bytes, len);
}

void prekeys_committed(struct session *s)
{
    if (!s->unannounced)
        return;
    s->unannounced = false;
    char *keys = make_keys(s);
    if (!keys) {
        machine_fail(s, ERROR_NOMEM);
        return;
    }
    free(s->keys);
    s->keys = keys;
    if (!uplink_is_up(s) || s->uplink.bye_put)
        return;
    const struct header h = {.type = HEADER_KEYS, .keys = {s->keys, strlen(s->keys)}};
    machine_put(s, &h, NULL);
}

static bool is_running(const struct session *s)
{
    return s->uplink.state != SESSION_STOPPED && s->uplink.state != SESSION_LEAVING;
}

uint64_t prekeys_deadline(const struct session *s)
{
    return !s->open && is_running(s) ? s->renew_ms : UINT64_MAX;
}

void prekeys_tick(struct session *s)
{
    if (s->now_ms >= prekeys_deadline(s))
        prekeys_renew(s);
}
