#include "bundle.h"

#include "error.h"
#include "json.h"

#include <string.h>

enum {
    BUNDLE_MAX = 8192, /* bytes of an object and of what is signed: far more than names can have */
    SIGNATURE_SIZE = 89, /* in base64, with its NUL */
};

/* Puts what the signature is over. */
static int put_signed(struct buffer *out, const uint8_t *prekey, uint64_t made_ms,
                      const char *room_key)
{
    static const char label[] = "chat/1 prekey";
    uint8_t made[8];
    for (size_t i = 0; i < sizeof made; i++)
        made[i] = (uint8_t)(made_ms >> (56 - 8 * i));
    int rc = buffer_put(out, label, sizeof label);
    if (rc == 0)
        rc = buffer_put(out, room_key, strlen(room_key) + 1);
    if (rc == 0)
        rc = buffer_put(out, made, sizeof made);
    if (rc == 0)
        rc = buffer_put(out, prekey, KEYS_LEN);
    return rc;
}

static int put_object(struct buffer *out, const uint8_t *identity, const struct keys_prekey *prekey,
                      const uint8_t *signature)
{
    char identity_text[KEYS_TEXT_SIZE], prekey_text[KEYS_TEXT_SIZE], signature_text[SIGNATURE_SIZE];
    keys_text_format(identity, identity_text);
    keys_text_format(prekey->public, prekey_text);
    keys_base64_format(signature, KEYS_SIGNATURE_LEN, signature_text, sizeof signature_text);
    struct json_writer w;
    json_writer_init(&w, out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "identity", identity_text, strlen(identity_text));
    json_put_string(&w, "prekey", prekey_text, strlen(prekey_text));
    json_put_integer(&w, "made", prekey->made_ms);
    json_put_string(&w, "signature", signature_text, strlen(signature_text));
    json_close(&w, '}');
    return w.error;
}

int bundle_put(struct buffer *out, const struct keys_identity *identity,
               const struct keys_prekey *prekey, const char *room_key)
{
    struct buffer text;
    buffer_init(&text, BUNDLE_MAX);
    int rc = put_signed(&text, prekey->public, prekey->made_ms, room_key);
    if (rc)
        goto out;
    uint8_t signature[KEYS_SIGNATURE_LEN];
    size_t len;
    const uint8_t *bytes = buffer_peek(&text, &len);
    keys_sign(identity, bytes, len, signature);
    buffer_consume(&text, len);
    rc = put_object(&text, keys_identity_public(identity), prekey, signature);
    if (rc == 0) {
        bytes = buffer_peek(&text, &len);
        rc = buffer_put(out, bytes, len);
    }
out:
    buffer_clear(&text);
    return rc;
}

/* Of all that can be wrong with an object only the lack of memory is not the peer's fault. */
static int judge(int rc)
{
    return rc == 0 || rc == ERROR_NOMEM ? rc : ERROR_KEY;
}

/* Reads the member `key`, which must be `len` bytes in base64. */
static int get_bytes(const struct json_value *object, const char *key, uint8_t *bytes, size_t len)
{
    struct json_value value;
    if (!json_find(object, key, &value))
        return ERROR_KEY;
    struct buffer scratch;
    buffer_init(&scratch, BUNDLE_MAX);
    struct json_string text;
    int rc = json_get_string(&value, &scratch, &text);
    if (rc == 0)
        rc = keys_base64_parse(text.at, text.len, bytes, len);
    buffer_clear(&scratch);
    return judge(rc);
}

static int verify(const struct bundle *b, const uint8_t *signature, const char *room_key)
{
    struct buffer text;
    buffer_init(&text, BUNDLE_MAX);
    int rc = put_signed(&text, b->prekey, b->made_ms, room_key);
    if (rc == 0) {
        size_t len;
        const uint8_t *bytes = buffer_peek(&text, &len);
        rc = keys_verify(b->identity, bytes, len, signature);
    }
    buffer_clear(&text);
    uint8_t exchange[KEYS_LEN];
    if (rc == 0)
        rc = keys_exchange_public(b->identity, exchange);
    if (rc == 0)
        rc = keys_prekey_check(b->prekey);
    return rc;
}

int bundle_get(struct bundle *bundle, const char *json, size_t len, const char *room_key)
{
    struct bundle b;
    uint8_t signature[KEYS_SIGNATURE_LEN];
    struct json_value object, made;
    int rc = judge(json_scan(json, len, &object));
    if (rc == 0)
        rc = get_bytes(&object, "identity", b.identity, sizeof b.identity);
    if (rc == 0)
        rc = get_bytes(&object, "prekey", b.prekey, sizeof b.prekey);
    if (rc == 0)
        rc = get_bytes(&object, "signature", signature, sizeof signature);
    if (rc == 0 && (!json_find(&object, "made", &made) || json_get_integer(&made, &b.made_ms)))
        rc = ERROR_KEY;
    if (rc == 0)
        rc = verify(&b, signature, room_key);
    if (rc == 0)
        *bundle = b;
    return rc;
}
