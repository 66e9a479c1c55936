#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Unicode text: decoding, properties, comparison, grapheme clusters and their width on a terminal,
 * and the one door through which text from outside passes before a person, a log or a file name
 * meets it. Strings are UTF-8 with a length; they may hold NUL bytes unless said otherwise.
 * Only property.c knows utf8proc.
 */

/*
 * Decodes the code point that `s` begins with, strictly (Unicode 3.9, table 3-7: no overlong forms,
 * no surrogates, nothing above U+10FFFF). Gives its length in bytes, 1 to 4; 0 where `len` is 0;
 * ERROR_UTF8 otherwise, also for a sequence that is cut short.
 */
int text_decode(const char *s, size_t len, uint32_t *cp);

/* Encodes a Unicode scalar value; gives its length in bytes, 1 to 4. */
size_t text_encode(uint32_t cp, char out[4]);

/* Whether all of `s` is UTF-8. */
bool text_is_utf8(const char *s, size_t len);

/* Length in bytes of the longest prefix of valid UTF-8 that is at most `max` bytes long. */
size_t text_fit(const char *s, size_t len, size_t max);

/* Properties of one code point. */
bool text_is_letter_or_mark(uint32_t cp); /* general categories L, M */
bool text_is_mark(uint32_t cp);           /* M */
bool text_is_decimal(uint32_t cp);        /* Nd */
bool text_is_space(uint32_t cp);          /* Zs, TAB, LF */
bool text_is_word(uint32_t cp);           /* part of a word for M-f and M-b: L, M, N, `_` */

/* Default_Ignorable_Code_Point, or a letter or mark that is drawn as a blank (U+3164, U+13441). */
bool text_is_ignorable(uint32_t cp);

/*
 * NFC of `s` as a new NUL-terminated string of `*out_len` bytes that the caller frees; NULL on
 * failure. ERROR_UTF8, ERROR_NOMEM. Time grows with the square of the longest run of marks: bound
 * what comes from outside.
 */
int text_nfc(const char *s, size_t len, char **out, size_t *out_len);

/* NFKC, full case folding and NFKC again, likewise: names whose results are equal are the same. */
int text_fold(const char *s, size_t len, char **out, size_t *out_len);

/* A grapheme cluster (UAX 29, extended) and how it is drawn. */
struct text_cluster {
    size_t len; /* bytes */
    int width;  /* columns: 0, 1 or 2 */
};

/*
 * The cluster that valid UTF-8 `s` begins with; `len` is 0 at the end. A run of combining marks
 * makes one cluster however long it is. The width is the sum of its code points' columns, at most
 * 2; 2 with U+FE0F after an emoji, a skin tone, a keycap, a flag; 1 with U+FE0E after an emoji; 0
 * for a nonspacing mark alone, LRM, ZWSP and controls (LF and TAB too).
 */
struct text_cluster text_next(const char *s, size_t len);

/*
 * Start of the cluster that ends at byte `at` of `s`, or that `at` lies in; 0 where `at` is 0.
 * `at` is the end of a code point. Looks back to where a break is sure: not far, unless the text is
 * a long run of flags or joiners.
 */
size_t text_prev(const char *s, size_t at);

enum {
    TEXT_EMOJI_BASE_MAX = 4,
};

/*
 * What one cluster that is an emoji shows without joiners, variation selectors, skin tones and the
 * like: its first code point, or the letters of a flag. Gives its length; 0 for what is no emoji.
 */
size_t text_emoji_base(const char *s, size_t len, char out[TEXT_EMOJI_BASE_MAX]);

/* Columns of all of `s`. */
size_t text_width(const char *s, size_t len);

/*
 * The door: makes text from outside safe to show, wherever it is shown. What matters is visible:
 * - a byte that is not UTF-8 becomes U+FFFD; C0, DEL and C1 become `^[`, `^?`, `<85>`;
 * - as `<U+202E>` come out: embeddings, overrides and isolates; line and paragraph separators;
 *   noncharacters and what Unicode 15 has not assigned; annotation controls; a Hangul vowel or
 *   final alone; and default-ignorable code points and fillers, but for these:
 * - LRM, RLM and ALM stay, one at a time; ZWJ, ZWNJ and ZWSP stay after a letter or mark of a
 *   script that needs them, ZWJ between emoji, a variation selector behind a base that may have
 *   one, tags in the flag of a region;
 * - soft hyphens, and U+FE0E and U+FE0F where they mean nothing, are dropped; so are marks on one
 *   base after the fourth; a cluster with more than 7 other code points joined to its first (emoji,
 *   jamo) is broken up;
 * - where a mark has nothing to stand on, as at the start of a line, U+25CC goes before it.
 * Private use stays: terminals have symbols there.
 */
enum {
    TEXT_LINES = 1, /* keep LF (and TAB, as 4 spaces); without it they become visible too */
    TEXT_ASCII = 2, /* everything outside ASCII becomes visible: where the locale has no UTF-8 */
};

/*
 * A new NUL-terminated string of `*out_len` bytes that the caller frees; NULL when out of memory.
 * The result is at most 8 times as long as `s`, and sanitising it again changes nothing.
 */
char *text_sanitise(const char *s, size_t len, unsigned flags, size_t *out_len);

#endif
