#include "editor_internal.h"

#include "error.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static size_t cluster_before(const struct editor *e, size_t at)
{
    return text_prev(e->text, at);
}

static size_t cluster_behind(const struct editor *e, size_t at)
{
    return at + text_next(e->text + at, e->len - at).len;
}

static bool is_word(const struct editor *e, size_t at)
{
    uint32_t cp;
    return text_decode(e->text + at, e->len - at, &cp) > 0 && text_is_word(cp);
}

static bool is_space(const struct editor *e, size_t at)
{
    uint32_t cp;
    return text_decode(e->text + at, e->len - at, &cp) > 0 && text_is_space(cp);
}

static size_t word_start(const struct editor *e)
{
    size_t at = e->cursor;
    while (at > 0 && !is_word(e, cluster_before(e, at)))
        at = cluster_before(e, at);
    while (at > 0 && is_word(e, cluster_before(e, at)))
        at = cluster_before(e, at);
    return at;
}

static size_t word_end(const struct editor *e)
{
    size_t at = e->cursor;
    while (at < e->len && !is_word(e, at))
        at = cluster_behind(e, at);
    while (at < e->len && is_word(e, at))
        at = cluster_behind(e, at);
    return at;
}

static size_t space_start(const struct editor *e)
{
    size_t at = e->cursor;
    while (at > 0 && is_space(e, cluster_before(e, at)))
        at = cluster_before(e, at);
    while (at > 0 && !is_space(e, cluster_before(e, at)))
        at = cluster_before(e, at);
    return at;
}

static size_t line_start(const struct editor *e)
{
    size_t at = e->cursor;
    while (at > 0 && e->text[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(const struct editor *e)
{
    const char *feed = memchr(e->text + e->cursor, '\n', e->len - e->cursor);
    return feed ? (size_t)(feed - e->text) : e->len;
}

static int move(struct editor *e, size_t to)
{
    bool moved = to != e->cursor;
    e->cursor = to;
    return moved;
}

static int erase(struct editor *e, size_t from, size_t to)
{
    if (from == to)
        return 0;
    int rc = editor_change(e, &(struct editor_change){.at = from, .len = to - from, .text = ""});
    return rc ? rc : 1;
}

static bool is_kill(enum action action)
{
    return action >= ACTION_KILL_WORD_LEFT && action <= ACTION_KILL_LINE_END;
}

/* What is killed goes to the ring first: where the text cannot change, a copy too many is there. */
static int kill_text(struct editor *e, size_t from, size_t to)
{
    if (from == to)
        return 0;
    enum kills_place place = !is_kill(e->last)  ? KILLS_NEW
                             : from < e->cursor ? KILLS_BEFORE
                                                : KILLS_BEHIND;
    int rc = kills_add(&e->kills, place, e->text + from, to - from);
    return rc ? rc : erase(e, from, to);
}

static int left(struct editor *e)
{
    return move(e, cluster_before(e, e->cursor));
}

static int right(struct editor *e)
{
    return move(e, cluster_behind(e, e->cursor));
}

static int word_left(struct editor *e)
{
    return move(e, word_start(e));
}

static int word_right(struct editor *e)
{
    return move(e, word_end(e));
}

static int to_line_start(struct editor *e)
{
    return move(e, line_start(e));
}

static int to_line_end(struct editor *e)
{
    return move(e, line_end(e));
}

static int newline(struct editor *e)
{
    struct editor_change change = {.at = e->cursor, .text = "\n", .text_len = 1};
    int rc = editor_change(e, &change);
    return rc ? rc : 1;
}

static int recall(struct editor *e, int direction)
{
    const char *other;
    int rc = recall_go(&e->recall, direction, e->text, e->len, &other);
    if (rc <= 0)
        return rc;
    struct editor_change change = {0, e->len, other, strlen(other), false};
    rc = editor_change(e, &change);
    return rc ? rc : 1;
}

static int row_up(struct editor *e)
{
    int rc = editor_move_row(e, -1);
    return rc ? rc : recall(e, -1);
}

static int row_down(struct editor *e)
{
    int rc = editor_move_row(e, 1);
    return rc ? rc : recall(e, 1);
}

static int erase_left(struct editor *e)
{
    return erase(e, cluster_before(e, e->cursor), e->cursor);
}

static int erase_right(struct editor *e)
{
    return erase(e, e->cursor, cluster_behind(e, e->cursor));
}

static int kill_word_left(struct editor *e)
{
    return kill_text(e, word_start(e), e->cursor);
}

static int kill_word_right(struct editor *e)
{
    return kill_text(e, e->cursor, word_end(e));
}

static int kill_space_left(struct editor *e)
{
    return kill_text(e, space_start(e), e->cursor);
}

/* At the line's edge the line feed goes, so that going on kills line after line. */
static int kill_line_start(struct editor *e)
{
    size_t start = line_start(e);
    return kill_text(e, start - (start == e->cursor && start > 0), e->cursor);
}

static int kill_line_end(struct editor *e)
{
    size_t end = line_end(e);
    return kill_text(e, e->cursor, end + (end == e->cursor && end < e->len));
}

/* Changes something, and remembers it as yanked. */
static int put_yank(struct editor *e, const struct editor_change *change)
{
    int rc = editor_change(e, change);
    if (rc)
        return rc;
    e->yank_at = change->at;
    e->yank_len = change->text_len;
    return 1;
}

/* Puts the newest kill in the place of `len` bytes from `at`. */
static int yank_at(struct editor *e, size_t at, size_t len)
{
    const char *text = kills_newest(&e->kills);
    if (!text)
        return 0;
    return put_yank(e, &(struct editor_change){at, len, text, strlen(text), false});
}

static int yank(struct editor *e)
{
    return yank_at(e, e->cursor, 0);
}

static int yank_older(struct editor *e)
{
    if (e->last != ACTION_YANK && e->last != ACTION_YANK_OLDER)
        return 0;
    kills_rotate(&e->kills);
    return yank_at(e, e->yank_at, e->yank_len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static int last_word(struct editor *e)
{
    bool again = e->last == ACTION_LAST_WORD;
    size_t back = again ? e->word_back + 1 : 0;
    const char *line = recall_sent(&e->recall, back);
    if (!line)
        return again; /* else the next one would begin anew */
    size_t end = strlen(line), start;
    while (end > 0 && is_blank(line[end - 1]))
        end--;
    for (start = end; start > 0 && !is_blank(line[start - 1]);)
        start--;
    e->word_back = back;
    struct editor_change change = {e->cursor, 0, line + start, end - start, false};
    if (again) {
        change.at = e->yank_at;
        change.len = e->yank_len;
    }
    return put_yank(e, &change);
}

/* The clusters around the cursor; at the end of a line the two before it. */
static int transpose(struct editor *e)
{
    size_t middle = e->cursor == line_end(e) ? cluster_before(e, e->cursor) : e->cursor;
    size_t start = cluster_before(e, middle), end = cluster_behind(e, middle);
    if (middle <= line_start(e) || start == middle)
        return 0;
    char *text = malloc(end - start);
    if (!text)
        return ERROR_NOMEM;
    memcpy(text, e->text + middle, end - middle);
    memcpy(text + (end - middle), e->text + start, middle - start);
    struct editor_change change = {start, end - start, text, end - start, false};
    int rc = editor_change(e, &change);
    free(text);
    return rc ? rc : 1;
}

static int undo(struct editor *e)
{
    struct undo_step *step = undo_pop(&e->undo);
    if (!step)
        return 0;
    memmove(e->text + step->at + step->removed, e->text + step->at + step->inserted,
            e->len - step->at - step->inserted + 1);
    memcpy(e->text + step->at, step->text, step->removed);
    e->len += step->removed - step->inserted;
    e->cursor = step->cursor;
    free(step);
    step = undo_last(&e->undo);
    if (step)
        step->typed = false; /* what is typed now is a step of its own */
    return 1;
}

static int (*const actions[])(struct editor *) = {
    [ACTION_NEWLINE] = newline,
    [ACTION_LEFT] = left,
    [ACTION_RIGHT] = right,
    [ACTION_WORD_LEFT] = word_left,
    [ACTION_WORD_RIGHT] = word_right,
    [ACTION_LINE_START] = to_line_start,
    [ACTION_LINE_END] = to_line_end,
    [ACTION_UP] = row_up,
    [ACTION_DOWN] = row_down,
    [ACTION_ERASE_LEFT] = erase_left,
    [ACTION_ERASE_RIGHT] = erase_right,
    [ACTION_KILL_WORD_LEFT] = kill_word_left,
    [ACTION_KILL_WORD_RIGHT] = kill_word_right,
    [ACTION_KILL_SPACE_LEFT] = kill_space_left,
    [ACTION_KILL_LINE_START] = kill_line_start,
    [ACTION_KILL_LINE_END] = kill_line_end,
    [ACTION_YANK] = yank,
    [ACTION_YANK_OLDER] = yank_older,
    [ACTION_LAST_WORD] = last_word,
    [ACTION_TRANSPOSE] = transpose,
    [ACTION_UNDO] = undo,
};

int editor_do(struct editor *e, enum action action)
{
    if ((size_t)action >= sizeof actions / sizeof actions[0] || !actions[action])
        return 0;
    if (action != ACTION_UP && action != ACTION_DOWN)
        e->goal = -1;
    int rc = actions[action](e);
    e->last = rc > 0 ? action : ACTION_NONE;
    return rc;
}
