#ifndef TRUST_H
#define TRUST_H

#include "keys.h"
#include "words.h"

/*
 * Judges the key that a relay proved: it must be the one of `fingerprint` ("" for none, as
 * keys_fingerprint_parse gives it), else the one pinned in `folder`; where none is, it is pinned
 * now. 0 where it is right. ERROR_KEY where it is another one, or where the pins do not say;
 * ERROR_SYSTEM, ERROR_NOMEM; with what the person is to know in `why`, several lines perhaps.
 */
int trust_judge_relay(const char *folder, const char *relay, const char *fingerprint,
                      const uint8_t identity[KEYS_LEN], char why[WORDS_MAX]);

/*
 * Judges whether a relay that was found on the LAN has the key by which it was chosen, that which
 * it announced. 0, or ERROR_KEY with a sentence in `why`.
 */
int trust_judge_found(const char *announced, const uint8_t identity[KEYS_LEN], char why[WORDS_MAX]);

#endif
