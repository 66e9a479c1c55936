#include "history_internal.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/*
 * The index of words. It takes words for what stands between blanks; what is written without blanks
 * goes into it with a blank around each letter, and what is looked for there likewise.
 */

/* Letters of scripts that have no blanks between words. */
static bool is_dense(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } scripts[] = {
        {0x0e00, 0x0eff},   /* Thai, Lao */
        {0x1000, 0x109f},   /* Myanmar */
        {0x1780, 0x17ff},   /* Khmer */
        {0x3005, 0x30ff},   /* Kana, and signs that repeat a letter */
        {0x3400, 0x9fff},   /* Han */
        {0xf900, 0xfaff},   /* the same, */
        {0x20000, 0x3ffff}, /* and rare ones */
        {0xff66, 0xff9f},   /* narrow Kana */
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (cp >= scripts[i].first && cp <= scripts[i].last)
            return true;
    return false;
}

/* Copies text, valid UTF-8, so: at most twice its length. Gives where it ends. */
static char *spread(char *to, const char *text, size_t len)
{
    for (size_t at = 0, step; at < len; at += step) {
        uint32_t cp = (unsigned char)text[at];
        step = cp < 0x80 ? 1 : text_next(text + at, len - at).len;
        bool apart = cp >= 0x80 && text_decode(text + at, len - at, &cp) > 0 && is_dense(cp);
        if (apart)
            *to++ = ' ';
        memcpy(to, text + at, step);
        to += step;
        if (apart)
            *to++ = ' ';
    }
    return to;
}

void history_put_words(struct history *h, uint64_t id, const struct json_string *text)
{
    char *words = malloc(2 * text->len + 1);
    if (!words) {
        db_fail(h->db);
        return;
    }
    db_bind_integer(h->db, PUT_WORDS, 0, id);
    db_bind_text(h->db, PUT_WORDS, 1, words, (size_t)(spread(words, text->at, text->len) - words));
    db_run(h->db, PUT_WORDS);
    free(words);
}

/* Puts a string in quotes, as FTS5 wants it; those in it mean nothing. Gives where it ends. */
static char *put_quoted(char *to, const char *s, size_t len)
{
    *to++ = '"';
    for (char *end = spread(to, s, len); to < end; to++)
        if (*to == '"')
            *to = ' ';
    *to++ = '"';
    return to;
}

/* Makes FTS5's query: each word in quotes, or all of them, and the last one a prefix. NULL: no
 * memory. */
static char *make_query(const struct history_query *q)
{
    const char *words = q->words;
    char *query = malloc(5 * strlen(words) + 1), *to = query;
    if (!query)
        return NULL;
    while (*(words += strspn(words, " \t\n"))) {
        size_t len = q->phrase ? strlen(words) : strcspn(words, " \t\n");
        to = put_quoted(to, words, len);
        *to++ = ' ';
        words += len;
    }
    if (to > query)
        to[-1] = '*';
    *to = '\0';
    return query;
}

/* SQLite's integers are signed: more than any id is the largest of them. */
static uint64_t bound_of(const struct history_query *q)
{
    return q->bound > INT64_MAX ? INT64_MAX : q->bound;
}

int history_search(struct history *h, const struct history_query *q, history_row *row,
                   void *context)
{
    enum history_statement which = q->up ? SEARCH_UP : SEARCH;
    char *query = make_query(q);
    if (!query)
        return ERROR_NOMEM;
    int rc = 0;
    if (query[0]) {
        db_bind_text(h->db, which, 0, query, strlen(query));
        db_bind_integer(h->db, which, 1, bound_of(q));
        rc = history_step(h, which, row, context);
    }
    free(query);
    return rc;
}
