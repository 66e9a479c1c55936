/*
 * The screen's models with few and with a million messages: what a message costs, what a key costs
 * until the picture is there, and what a page of scrolling costs.
 */
#include "ui.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    KEYS = 5000,
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void add(struct ui *ui, uint64_t id)
{
    static const char *const texts[] = {
        "ok", "did you see the warning in relay.c? it has been there since Tuesday",
        "pulling now 👍",
        "a longer one, which has to be wrapped at words: https://intra.example/b/4711 "
        "says more about it than I could, so read it when there is time"};
    const char *text = texts[id % 4];
    struct transcript_entry e = {
        .id = id,
        .kind = id % 2 ? TRANSCRIPT_MINE : TRANSCRIPT_THEIRS,
        .author = id % 2 ? "alice" : "bob",
        .text = text,
        .text_len = strlen(text),
        .day = (int64_t)(id / 1000),
        .day_text = "Friday, 20 November 2026",
        .minute = (int)(id / 3 % 1440),
        .time_text = "09:14",
        .mark = TRANSCRIPT_DELIVERED,
    };
    int rc = ui_append(ui, &e);
    assert(rc == 0);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void measure(struct ui *ui, const char *what, enum input_kind kind)
{
    static double times[KEYS];
    for (int i = 0; i < KEYS; i++) {
        struct input in = {.kind = kind,
                           .code = i % 60 == 59 ? 'U' & 0x1f : 'a' + (unsigned)i % 26};
        double start = now_us();
        ui_input(ui, &in);
        ui_draw(ui);
        times[i] = now_us() - start;
    }
    qsort(times, KEYS, sizeof times[0], compare);
    printf("  %-10s %6.1f us in the median, %6.1f at 99 %%\n", what, times[KEYS / 2],
           times[KEYS * 99 / 100]);
}

static void run(uint64_t messages, int rows, int columns)
{
    struct ui_options options = {.theme = {THEME_DARK, 16}, .keep = SIZE_MAX};
    struct ui *ui = ui_new(&options);
    struct input size = {.kind = INPUT_RESIZE, .rows = rows, .columns = columns};
    ui_input(ui, &size);
    double start = now_us();
    for (uint64_t id = 1; id <= messages; id++)
        add(ui, id);
    double added = now_us();
    ui_draw(ui);
    double drawn = now_us();
    printf("%lu messages, %dx%d: %.2f us a message, first picture %.0f us\n",
           (unsigned long)messages, columns, rows, (added - start) / (double)messages,
           drawn - added);
    measure(ui, "a key", INPUT_CHAR);
    measure(ui, "a page", INPUT_PAGE_UP);
    ui_free(ui);
}

int main(void)
{
    run(100, 24, 80);
    run(1000000, 24, 80);
    run(1000000, 60, 200);
    return 0;
}
