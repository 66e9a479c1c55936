/* A `keys` object from outside. What is accepted whole has the identity that the relay reads. */
#include "bundle.h"
#include "error.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bundle bundle;
    uint8_t identity[KEYS_LEN];
    int rc = bundle_get(&bundle, (const char *)bytes, len, "lobby");
    int identity_rc = bundle_get_identity(identity, (const char *)bytes, len);
    assert(rc == 0 || rc == ERROR_KEY);
    assert(identity_rc == 0 || (identity_rc == ERROR_KEY && rc == ERROR_KEY));
    if (rc == 0)
        assert(memcmp(identity, bundle.identity, sizeof identity) == 0);
    if (identity_rc == 0) {
        char text[KEYS_TEXT_SIZE];
        uint8_t again[KEYS_LEN];
        keys_text_format(identity, text);
        assert(keys_text_parse(text, strlen(text), again) == 0);
        assert(memcmp(identity, again, sizeof again) == 0);
    }
    return 0;
}
