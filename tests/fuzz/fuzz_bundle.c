/* A `keys` object from outside. The identity of what is accepted can be written and read again. */
#include "bundle.h"
#include "error.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct bundle bundle;
    int rc = bundle_get(&bundle, (const char *)bytes, len, "lobby");
    assert(rc == 0 || rc == ERROR_KEY);
    if (rc == 0) {
        char text[KEYS_TEXT_SIZE];
        uint8_t again[KEYS_LEN];
        keys_text_format(bundle.identity, text);
        assert(keys_text_parse(text, strlen(text), again) == 0);
        assert(memcmp(bundle.identity, again, sizeof again) == 0);
    }
    return 0;
}
