#include "quote.h"

#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

const char *quote_text(const char *s, size_t len, char out[QUOTE_MAX])
{
    static const char cut[] = "…";
    size_t safe_len, kept = 0;
    char *safe = text_sanitise(s, len, 0, &safe_len);
    bool whole = safe && safe_len < QUOTE_MAX;
    if (safe)
        kept = whole ? safe_len : text_fit(safe, safe_len, QUOTE_MAX - sizeof cut);
    snprintf(out, QUOTE_MAX, "%.*s%s", (int)kept, safe ? safe : "", whole ? "" : cut);
    free(safe);
    return out;
}
