#include "entry.h"

#include "error.h"
#include "text.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Sets what depends on the time, in the local zone. */
static void set_time(struct entry *e, time_t seconds)
{
    struct tm tm;
    if (!localtime_r(&seconds, &tm))
        return;
    struct tm midnight = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
    e->shown.day = timegm(&midnight) / (24 * 60 * 60);
    e->shown.minute = tm.tm_hour * 60 + tm.tm_min;
    char weekday[16], month[32];
    strftime(weekday, sizeof weekday, "%A", &tm);
    strftime(month, sizeof month, "%B %Y", &tm);
    snprintf(e->day, sizeof e->day, "%s, %d %s", weekday, tm.tm_mday, month);
    strftime(e->clock, sizeof e->clock, "%H:%M", &tm);
    e->shown.day_text = e->day;
    e->shown.time_text = e->clock;
}

/* Ours and then theirs, which is made safe to show. */
static char *join(const char *before, const struct json_string *text, size_t *len)
{
    size_t safe_len, before_len = strlen(before);
    char *safe = text_sanitise(text->at, text->len, TEXT_LINES, &safe_len);
    char *joined = safe ? malloc(before_len + safe_len + 1) : NULL;
    if (joined) {
        memcpy(joined, before, before_len);
        memcpy(joined + before_len, safe, safe_len + 1);
        *len = before_len + safe_len;
    }
    free(safe);
    return joined;
}

int entry_init_message(struct entry *e, const struct face_message *m)
{
    struct words_said said = words_said(m->payload);
    *e = (struct entry){0};
    if (!said.shown)
        return 0;
    size_t len;
    e->author = text_sanitise(m->author, strlen(m->author), 0, &len);
    e->text = join(said.before, &said.text, &len);
    if (!e->author || !e->text) {
        entry_clear(e);
        return ERROR_NOMEM;
    }
    e->shown = (struct transcript_entry){
        .id = m->row->id,
        .kind = m->row->mine ? TRANSCRIPT_MINE : TRANSCRIPT_THEIRS,
        .action = said.action,
        .author = e->author,
        .text = e->text,
        .text_len = len,
        .mark = m->row->mine ? entry_mark(m->row->mark) : TRANSCRIPT_NONE,
    };
    set_time(e, (time_t)(m->row->wall_ms / 1000));
    return 1;
}

int entry_init_notice(struct entry *e, enum transcript_kind kind, const char *text)
{
    *e = (struct entry){0};
    e->text = strdup(text);
    if (!e->text)
        return ERROR_NOMEM;
    e->shown = (struct transcript_entry){.kind = kind, .text = e->text, .text_len = strlen(text)};
    set_time(e, time(NULL));
    return 0;
}

void entry_clear(struct entry *e)
{
    free(e->author);
    free(e->text);
}

enum transcript_mark entry_mark(enum session_mark mark)
{
    static const enum transcript_mark marks[] = {
        [SESSION_WAITING] = TRANSCRIPT_WAITING,
        [SESSION_STORED] = TRANSCRIPT_STORED,
        [SESSION_DELIVERED] = TRANSCRIPT_DELIVERED,
        [SESSION_SEEN] = TRANSCRIPT_SEEN,
    };
    return marks[mark];
}
