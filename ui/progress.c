#include "progress.h"

#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SMOOTH_MS = 2000, /* about that much of the past counts for the pace */
    CELLS = 8,        /* of the bar */
    GAP = 2,          /* columns between two parts */
    WHAT_MIN = 12,    /* columns, before another part is left out */
    PARTS = 6,
    PART_MAX = 48,
};

void progress_begin(struct progress *p, uint64_t done, uint64_t total, uint64_t now_ms)
{
    *p = (struct progress){done, total, done, now_ms, 0};
}

void progress_move(struct progress *p, uint64_t done, uint64_t now_ms)
{
    if (done < p->done)
        progress_begin(p, done, p->total, now_ms);
    p->done = done;
}

uint64_t progress_deadline(const struct progress *p)
{
    if (p->done != p->drawn_done)
        return p->drawn_ms + PROGRESS_DRAW_MS;
    return p->pace > 0 ? p->drawn_ms + PROGRESS_STALL_MS : UINT64_MAX;
}

bool progress_tick(struct progress *p, uint64_t now_ms)
{
    if (now_ms < progress_deadline(p))
        return false;
    uint64_t moved = p->done - p->drawn_done, took_ms = now_ms - p->drawn_ms;
    if (took_ms >= PROGRESS_STALL_MS)
        p->pace = 0; /* nobody knows when in that time it moved */
    else if (p->pace == 0)
        p->pace = moved * 1000 / took_ms;
    else
        p->pace = (p->pace * SMOOTH_MS + moved * 1000) / (SMOOTH_MS + took_ms);
    p->drawn_done = p->done;
    p->drawn_ms = now_ms;
    return true;
}

/* Units, and how many digits behind the point make a difference. */
static const struct unit {
    uint64_t size;
    const char *name;
    int digits;
} units[] = {
    {1, "bytes", 0},          {1000, "kB", 1},
    {1000 * 1000, "MB", 1},   {1000 * 1000 * 1000, "GB", 2},
    {1000000000000, "TB", 2},
};

static const struct unit *unit_of(uint64_t bytes)
{
    size_t i = 0;
    while (i + 1 < sizeof units / sizeof units[0] && bytes >= units[i + 1].size)
        i++;
    return &units[i];
}

/* The number alone: "30.1". */
static const char *put_number(uint64_t bytes, const struct unit *unit, char out[PROGRESS_SIZE_MAX])
{
    unsigned hundredths = (unsigned)(unit->digits ? bytes % unit->size / (unit->size / 100) : 0);
    int len = snprintf(out, PROGRESS_SIZE_MAX, "%" PRIu64, bytes / unit->size);
    if (unit->digits == 1)
        snprintf(out + len, PROGRESS_SIZE_MAX - (size_t)len, ".%u", hundredths / 10);
    else if (unit->digits == 2)
        snprintf(out + len, PROGRESS_SIZE_MAX - (size_t)len, ".%02u", hundredths);
    return out;
}

const char *progress_size(uint64_t bytes, char out[PROGRESS_SIZE_MAX])
{
    const struct unit *unit = unit_of(bytes);
    char number[PROGRESS_SIZE_MAX];
    snprintf(out, PROGRESS_SIZE_MAX, "%s %s", put_number(bytes, unit, number),
             bytes == 1 ? "byte" : unit->name);
    return out;
}

/* What is short of room goes in the order of the values, the largest first. */
enum part {
    PART_PERCENT,
    PART_LEFT,
    PART_BAR,
    PART_CANCEL,
    PART_PACE,
    PART_BYTES,
};

static void put_bar(uint64_t percent, bool ascii, char out[PART_MAX])
{
    static const char *const signs[2][2] = {{"▱", "▰"}, {"-", "#"}};
    size_t len = 0;
    for (uint64_t i = 0; i < CELLS; i++)
        len += (size_t)snprintf(out + len, PART_MAX - len, "%s",
                                signs[ascii][percent * CELLS > i * 100]);
}

static void put_left(const struct progress *p, char out[PART_MAX])
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } spans[] = {{24 * 3600, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    uint64_t left = p->total > p->done ? (p->total - p->done + p->pace - 1) / p->pace : 0;
    size_t i = 0;
    while (spans[i].seconds > 1 && left < 2 * spans[i].seconds)
        i++;
    snprintf(out, PART_MAX, "%" PRIu64 " %s left", left / spans[i].seconds, spans[i].name);
}

static void put_parts(const struct progress *p, bool ascii, char parts[PARTS][PART_MAX])
{
    char number[PROGRESS_SIZE_MAX], size[PROGRESS_SIZE_MAX];
    uint64_t percent = p->done < p->total ? p->done * 100 / p->total : 100;
    snprintf(parts[PART_PERCENT], PART_MAX, "%" PRIu64 " %%", percent);
    put_bar(percent, ascii, parts[PART_BAR]);
    snprintf(parts[PART_BYTES], PART_MAX, "%s of %s",
             put_number(p->done, unit_of(p->total), number), progress_size(p->total, size));
    snprintf(parts[PART_CANCEL], PART_MAX, "/cancel");
    if (p->pace == 0)
        return;
    snprintf(parts[PART_PACE], PART_MAX, "%s/s", progress_size(p->pace, size));
    put_left(p, parts[PART_LEFT]);
}

static int width_of(const char *s)
{
    return *s ? GAP + (int)text_width(s, strlen(s)) : 0;
}

/* Puts as much of it as there is room for, with an ellipsis where it is cut. */
static size_t put_what(const char *what, int columns, bool ascii, char out[PROGRESS_LINE_MAX])
{
    const char *end = ascii ? "~" : "…";
    size_t len = strlen(what), kept = 0;
    int width = 0, room = text_width(what, len) <= (size_t)columns ? columns : columns - 1;
    while (kept < len) {
        struct text_cluster c = text_next(what + kept, len - kept);
        if (width + c.width > room || kept + c.len + PARTS * PART_MAX > PROGRESS_LINE_MAX)
            break;
        kept += c.len;
        width += c.width;
    }
    return (size_t)snprintf(out, PROGRESS_LINE_MAX, "%.*s%s", (int)kept, what,
                            kept < len && columns > 0 ? end : "");
}

const char *progress_format(const struct progress *p, const char *what, int columns, bool ascii,
                            char out[PROGRESS_LINE_MAX])
{
    static const enum part order[PARTS] = {PART_BAR,  PART_PERCENT, PART_BYTES,
                                           PART_PACE, PART_LEFT,    PART_CANCEL};
    char parts[PARTS][PART_MAX] = {0};
    put_parts(p, ascii, parts);
    int wanted = width_of(what) - GAP, least = wanted < WHAT_MIN ? wanted : WHAT_MIN, width = 0;
    for (int i = 0; i < PARTS; i++)
        width += width_of(parts[i]);
    for (int i = PARTS - 1; i > 0 && least + width > columns; i--) {
        width -= width_of(parts[i]);
        parts[i][0] = '\0';
    }
    size_t len = put_what(what, columns - width, ascii, out);
    for (int i = 0; i < PARTS; i++)
        if (parts[order[i]][0])
            len += (size_t)snprintf(out + len, PROGRESS_LINE_MAX - len, "%*s%s", GAP, "",
                                    parts[order[i]]);
    return out;
}
