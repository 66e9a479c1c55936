#include "attention.h"

#include <inttypes.h>
#include <stdio.h>

enum reason {
    UNFOCUSED = 1,
    DETACHED = 2,
    STOPPED = 4,
};

/* What a sign takes away, and what it adds. */
static const struct {
    unsigned ends, begins;
} signs[] = {
    [ATTENTION_KEY] = {UNFOCUSED | DETACHED | STOPPED, 0},
    [ATTENTION_FOCUS_IN] = {UNFOCUSED | DETACHED | STOPPED, 0},
    [ATTENTION_FOCUS_OUT] = {0, UNFOCUSED},
    [ATTENTION_ATTACHED] = {DETACHED, 0},
    [ATTENTION_DETACHED] = {0, DETACHED},
    [ATTENTION_CONTINUED] = {STOPPED, 0},
    [ATTENTION_STOPPED] = {0, STOPPED},
};

bool attention_is_away(const struct attention *a)
{
    return a->reasons != 0;
}

bool attention_is_gone(const struct attention *a)
{
    return a->reasons & (DETACHED | STOPPED);
}

bool attention_see(struct attention *a, enum attention_sign sign, uint64_t now_ms, uint64_t wall_ms)
{
    bool was_away = a->reasons != 0;
    a->reasons = (a->reasons & ~signs[sign].ends) | signs[sign].begins;
    if (!was_away && a->reasons) {
        a->left_ms = now_ms;
        a->count = 0;
        a->first = 0;
    }
    bool is_back = was_away && !a->reasons;
    if (is_back)
        a->away_ms = now_ms - a->left_ms;
    if (is_back || a->reasons || sign == ATTENTION_KEY)
        a->back_wall_ms = is_back ? wall_ms : 0;
    return is_back;
}

enum attention_wish attention_message(struct attention *a, uint64_t id, uint64_t wall_ms,
                                      uint64_t now_ms)
{
    bool is_late = wall_ms < a->back_wall_ms;
    if (!a->reasons && !is_late)
        return ATTENTION_NOTHING;
    if (a->count++ == 0)
        a->first = id;
    if (is_late)
        return ATTENTION_SUMMARY;
    if (now_ms < a->calm_ms)
        return ATTENTION_NOTHING;
    a->calm_ms = now_ms + ATTENTION_CALM_MS;
    return ATTENTION_CALL;
}

bool attention_summary(const struct attention *a, char out[ATTENTION_SUMMARY_MAX])
{
    uint64_t minutes = a->away_ms / 60000, hours = minutes / 60;
    if (a->count == 0 || a->away_ms < ATTENTION_AWAY_MS)
        return false;
    uint64_t number = hours == 0 ? minutes : hours < 48 ? hours : hours / 24;
    const char *unit = hours == 0 ? "min" : hours < 48 ? "h" : "days";
    snprintf(out, ATTENTION_SUMMARY_MAX, "%" PRIu64 " %s away: %zu message%s", number, unit,
             a->count, a->count == 1 ? "" : "s");
    return true;
}
