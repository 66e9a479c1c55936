/* What decodes must come out the same when it is encoded and decoded again. */
#include "error.h"
#include "payload.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool same_string(const struct json_string *a, const struct json_string *b)
{
    return !a->at == !b->at && a->len == b->len && (!a->len || memcmp(a->at, b->at, a->len) == 0);
}

static bool same_ref(const struct payload_ref *a, const struct payload_ref *b)
{
    return a->present == b->present && a->mine == b->mine && a->stream == b->stream && a->n == b->n;
}

static bool same_payload(const struct payload *a, const struct payload *b)
{
    return a->kind == b->kind && a->first == b->first && same_ref(&a->previous, &b->previous) &&
           same_ref(&a->reply, &b->reply) && same_ref(&a->after, &b->after) &&
           same_ref(&a->target, &b->target) && same_string(&a->text, &b->text) &&
           same_string(&a->emoji, &b->emoji) && same_string(&a->id, &b->id) &&
           same_string(&a->name, &b->name) && same_string(&a->digest, &b->digest) &&
           a->size == b->size && a->offset == b->offset && a->active == b->active &&
           a->bytes_len == b->bytes_len && memcmp(a->bytes, b->bytes, a->bytes_len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct buffer scratch, scratch_again, out;
    struct payload p, again;
    buffer_init(&scratch, PAYLOAD_HEADER_MAX);
    buffer_init(&scratch_again, PAYLOAD_HEADER_MAX);
    buffer_init(&out, SIZE_MAX);
    int rc = payload_decode(bytes, len, &scratch, &p);
    assert(rc == 0 || rc == ERROR_PAYLOAD);
    if (rc == 0 && p.kind != PAYLOAD_UNKNOWN) {
        rc = payload_put(&out, &p);
        assert(rc == 0 && out.len <= len);
        rc = payload_decode(out.bytes, out.len, &scratch_again, &again);
        assert(rc == 0 && same_payload(&p, &again));
    }
    buffer_clear(&scratch);
    buffer_clear(&scratch_again);
    buffer_clear(&out);
    return 0;
}
