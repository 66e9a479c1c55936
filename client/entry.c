#include "entry.h"

#include "error.h"
#include "text.h"
#include "words.h"

#include <stdbool.h>
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

/* Theirs, which is made safe to show, between what is ours. */
static char *join(enum emoji_style style, const struct words_said *said,
                  const struct json_string *text, size_t *len)
{
    unsigned flags = said->one_line ? 0 : TEXT_LINES;
    char *joined = NULL, *safe = emoji_sanitise(style, text->at, text->len, flags, len);
    int n = safe ? asprintf(&joined, "%s%s%s", said->before, safe, said->after) : -1;
    free(safe);
    *len = (size_t)n;
    return n < 0 ? NULL : joined;
}

/* The first line of a text, made safe to show in one. */
static char *first_line(enum emoji_style style, const struct json_string *text)
{
    const char *feed = memchr(text->at, '\n', text->len);
    size_t len = feed ? (size_t)(feed - text->at) : text->len;
    return emoji_sanitise(style, text->at, len, 0, &len);
}

/* Adds a reaction and who has it to the note. False: out of memory. */
static bool add_reaction(struct entry *e, const char *reaction, const char *nick)
{
    size_t len, at = strlen(e->note);
    if (!*reaction)
        return true;
    char *sign = emoji_sanitise(e->style, reaction, strlen(reaction), 0, &len);
    char *name = text_sanitise(nick, strlen(nick), 0, &len);
    if (sign && name)
        snprintf(e->note + at, sizeof e->note - at, "%s%s %s", at ? "  " : "", sign, name);
    e->note[text_fit(e->note, strlen(e->note), sizeof e->note)] = '\0';
    bool done = sign && name;
    free(sign);
    free(name);
    return done;
}

/* What became of a message, and what it answers. False: out of memory. */
static bool init_rest(struct entry *e, const struct face_message *m)
{
    const char *me = m->row->mine ? m->author : m->to, *peer = m->row->mine ? m->to : m->author;
    char text[WORDS_MAX];
    if (m->is_edited)
        strcpy(e->note, "edited");
    if (m->file) {
        words_file_short(&(struct words){.peer = peer}, m->file, text);
        snprintf(e->note, sizeof e->note, "%s", text);
    }
    if (!add_reaction(e, m->reaction_theirs, peer ? peer : "") ||
        !add_reaction(e, m->reaction_mine, me ? me : ""))
        return false;
    if (*e->note)
        e->shown.note = e->note;
    e->shown.after = m->after;
    if (m->quote.len == 0)
        return true;
    e->shown.quote = e->quote = first_line(e->style, &m->quote);
    e->shown.answers = m->answers;
    return e->quote;
}

/* What a message says now. */
static struct json_string text_of(const struct face_message *m)
{
    return m->is_deleted ? (struct json_string){"deleted", 7} : m->text;
}

char *entry_quote(const struct face_message *m, enum emoji_style style)
{
    struct json_string text = text_of(m);
    return first_line(style, &text);
}

int entry_init_message(struct entry *e, const struct face_message *m, enum emoji_style style)
{
    struct words_said said = words_said(m->payload);
    *e = (struct entry){.style = style};
    if (!said.shown || m->target)
        return 0; /* a change is seen on what it changes */
    size_t len;
    e->author = text_sanitise(m->author, strlen(m->author), 0, &len);
    struct json_string text = text_of(m);
    e->text = join(style, &said, &text, &len);
    if (!e->author || !e->text || (!m->is_deleted && !init_rest(e, m))) {
        entry_clear(e);
        return ERROR_NOMEM;
    }
    e->shown.id = m->row->id;
    e->shown.kind = m->row->mine ? TRANSCRIPT_MINE : TRANSCRIPT_THEIRS;
    e->shown.action = said.action && !m->is_deleted;
    e->shown.gone = m->is_deleted;
    e->shown.author = e->author;
    e->shown.text = e->text;
    e->shown.text_len = len;
    e->shown.mark = m->row->mine ? entry_mark(m->row->mark) : TRANSCRIPT_NONE;
    set_time(e, (time_t)(m->row->wall_ms / 1000));
    return 1;
}

int entry_init_notice(struct entry *e, enum transcript_kind kind, const char *text)
{
    *e = (struct entry){0};
    size_t len;
    e->text = text_sanitise(text, strlen(text), TEXT_LINES, &len);
    if (!e->text)
        return ERROR_NOMEM;
    e->shown = (struct transcript_entry){.kind = kind, .text = e->text, .text_len = len};
    set_time(e, time(NULL));
    return 0;
}

void entry_clear(struct entry *e)
{
    free(e->author);
    free(e->text);
    free(e->quote);
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
