#include "link_text.h"

#include <string.h>

/* Length of what makes a link, at the start of `s`. */
static size_t scheme(const char *s, size_t len)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(schemes[i]);
        if (len > n && memcmp(s, schemes[i], n) == 0)
            return n;
    }
    return 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n';
}

/* Where the link that begins at `start` ends; there where it is none. */
static size_t end_of(const char *s, size_t len, size_t start)
{
    size_t end = start, head = scheme(s + start, len - start);
    if (head == 0)
        return start;
    bool opened = start > 0 && s[start - 1] == '(';
    while (end < len && s[end] > ' ' && s[end] <= '~' && !strchr("<>\"`", s[end]))
        end++;
    if (end < len && (unsigned char)s[end] > '~')
        return start;
    while (end > start && (strchr(".,;:!?'", s[end - 1]) || (opened && s[end - 1] == ')')))
        end--;
    return end > start + head && end - start <= LINK_TEXT_MAX ? end : start;
}

bool link_text_next(const char *s, size_t len, size_t from, struct link_text *link)
{
    size_t at = from;
    while (at > 0 && !is_space(s[at - 1])) /* it may have begun before */
        at--;
    for (; at < len; at++) {
        bool begins = at == 0 || is_space(s[at - 1]) || strchr("(<\"'[", s[at - 1]);
        if (!begins || s[at] != 'h')
            continue;
        *link = (struct link_text){at, end_of(s, len, at)};
        if (link->end > from && link->end > at)
            return true;
    }
    return false;
}
