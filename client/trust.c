#include "trust.h"

#include "error.h"
#include "pins.h"

#include <stdio.h>
#include <string.h>

static int judge_given(const char *relay, const char *given, const char *shown, char *why)
{
    if (strcmp(given, shown) == 0)
        return 0;
    snprintf(why, WORDS_MAX,
             "the key of %s is not the one given with --fingerprint: nothing was sent to it\n"
             "given: %s\n"
             "shown: %s",
             relay, given, shown);
    return ERROR_KEY;
}

static int judge_pinned(const char *folder, const char *relay, const char *shown, char *why)
{
    struct pins *pins;
    size_t line;
    int rc = pins_load(&pins, folder, why);
    if (rc)
        return rc;
    const char *pinned = pins_relay(pins, relay, &line);
    if (pinned && strcmp(pinned, shown) != 0) {
        snprintf(why, WORDS_MAX,
                 "the key of %s has changed: nothing was sent to it, for somebody may stand "
                 "between you and the relay\n"
                 "before: %s\n"
                 "now:    %s\n"
                 "If whoever runs the relay says that this is its key now (chat-server "
                 "--fingerprint), remove line %zu, 'relay %s', of %s, and connect again.",
                 relay, pinned, shown, line, relay, pins_path(pins));
        rc = ERROR_KEY;
    }
    pins_free(pins);
    return rc;
}

int trust_judge_relay(const char *folder, const char *relay, const char *fingerprint,
                      const uint8_t identity[KEYS_LEN], char why[WORDS_MAX])
{
    char shown[KEYS_FINGERPRINT_SIZE];
    keys_fingerprint_format(identity, shown);
    bool is_given = *fingerprint != '\0';
    int rc = is_given ? judge_given(relay, fingerprint, shown, why)
                      : judge_pinned(folder, relay, shown, why);
    return rc ? rc : pins_put_relay(folder, relay, shown, is_given, why);
}

int trust_judge_found(const char *announced, const uint8_t identity[KEYS_LEN], char why[WORDS_MAX])
{
    char shown[KEYS_FINGERPRINT_SIZE];
    keys_fingerprint_format(identity, shown);
    if (strcmp(announced, shown) == 0)
        return 0;
    snprintf(why, WORDS_MAX,
             "the relay that answered on the LAN does not have the key that it announced: nothing "
             "was sent to it\n"
             "announced: %s\n"
             "shown:     %s",
             announced, shown);
    return ERROR_KEY;
}
