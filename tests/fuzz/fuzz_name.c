/* A valid name is one in its own spelling too, and its forms are stable. */
#include "error.h"
#include "name.h"
#include "text.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct name *name, int (*init)(struct name *, const char *, size_t))
{
    size_t text_len = strlen(name->text), key_len = strlen(name->key), len;
    char *form;
    assert(text_nfc(name->text, text_len, &form, &len) == 0);
    assert(len == text_len && memcmp(form, name->text, len) == 0);
    free(form);
    assert(text_fold(name->key, key_len, &form, &len) == 0);
    assert(len == key_len && memcmp(form, name->key, len) == 0);
    free(form);
    struct name again, copy;
    assert(init(&again, name->text, text_len) == 0);
    assert(strcmp(again.text, name->text) == 0 && name_equal(&again, name));
    assert(name_init_copy(&copy, &again) == 0 && name_equal(&copy, name));
    name_clear(&again);
    name_clear(&copy);
    assert(key_len <= NAME_KEY_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *s = (const char *)bytes;
    struct name nick, room;
    int rc = name_init_nick(&nick, s, len);
    if (rc == 0) {
        assert(strlen(nick.text) <= NAME_NICK_BYTES);
        check(&nick, name_init_nick);
        assert(name_matches(&nick, s, len));
    }
    int room_rc = name_init_room(&room, s, len);
    if (room_rc == 0) {
        assert(strlen(room.text) <= NAME_ROOM_BYTES);
        check(&room, name_init_room);
    }
    assert(rc == 0 || rc == ERROR_NAME);
    assert(room_rc == 0 || (room_rc == ERROR_NAME && rc == ERROR_NAME));
    name_clear(&nick);
    name_clear(&room);
    return 0;
}
