/*
 * pictures CLIENT ADDRESS STATE FOLDER: draws what two people see, as SVG files in FOLDER. CLIENT
 * is run for each of them in a pseudo-terminal, with the relay at ADDRESS, and what is on their
 * screens then is the picture. tests/pictures calls it.
 */
#include "terminal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 17, /* of the talk */
    ROWS_TALL = 34,
    COLUMNS = 62,
    CELL_WIDTH = 8, /* of the picture, in pixels */
    CELL_HEIGHT = 17,
    BASELINE = 13,
    GAP = 16,
    TITLE = 24,
    DEFAULT = 16, /* colours behind those of the palette */
    BACKGROUND,
    SETTLE_MS = 400, /* marks and notices that have no sign to wait for */
};

static const char *const colours[] = {
    "#3b4252", "#d9626d", "#8fbf6f", "#e0b45c", "#6a9fdb", "#b98bd0",
    "#67b7c4", "#c8cdd6", "#7b8494", "#f0808a", "#a6d989", "#f2cd7c",
    "#8ab8f0", "#d0a6e6", "#86d3de", "#f4f6fa", "#d8dce4", "#1d2027",
};

/* Of a talk that is read again. */
static const struct {
    bool mine; /* alice's */
    const char *line;
} talk[] = {
    {false, "that one is old. do you have the log of Tuesday?"},
    {true, "no, only since the disk was changed"},
    {false, "I can ask Carla, she keeps all of them"},
    {true, "ask her for the compiler's version, too"},
    {false, "12.2, the same as here"},
    {true, "then it is not that. -O2 or -O3?"},
    {false, "-O2. the warning is about `left` in flush_all"},
    {true, "found it: an early return leaves it unset"},
    {false, "oh. so it was right all the time 😅"},
    {true, "they mostly are"},
    {false, "shall I write a test for it?"},
    {true, "please. I will have a look at the other callers"},
    {false, "there are three, all in relay.c"},
    {true, "two are fine, the third one ignores the result"},
    {false, "that is the one that Carla wanted to rewrite"},
    {true, "then let her; I only fix the warning"},
    {false, "good. tea?"},
    {true, "in a minute"},
    {false, "it is on the table"},
    {true, "coming"},
};

static const char *client, *address, *folder, *pictures;
static int rows = ROWS;

static void fail(const char *what)
{
    fprintf(stderr, "pictures: %s\n", what);
    exit(1);
}

static struct terminal *start(const char *nick)
{
    char state[4096];
    snprintf(state, sizeof state, "%s/%s", folder, nick);
    const char *const argv[] = {client,    "--nick", nick,       "--server",  address,
                                "--state", state,    "--config", "/dev/null", NULL};
    return terminal_start(&(struct terminal_options){argv, NULL, rows, COLUMNS});
}

static void wait_for(struct terminal *t, const char *text)
{
    if (!terminal_wait(t, text))
        fail("what was to be drawn did not come");
}

static void put_escaped(FILE *out, const char *text, size_t len)
{
    for (const char *end = text + len; text < end; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == ' ')
            fputs("&#160;", out); /* of others, one stands for many */
        else
            fputc(*text, out);
    }
}

static bool looks_alike(const struct terminal_cell *a, const struct terminal_cell *b)
{
    return a->bold == b->bold && a->underline == b->underline && a->reverse == b->reverse &&
           a->colour == b->colour;
}

/* One cell's text after the other, at its own place, whatever the font makes of it. */
static void put_run(FILE *out, int x, int y, const struct terminal_cell *style, const char *text,
                    int columns)
{
    int colour = style->colour < 0 ? DEFAULT : style->colour;
    if (style->reverse)
        fprintf(out, "<rect x='%d' y='%d' width='%d' height='%d' fill='%s'/>\n", x, y,
                columns * CELL_WIDTH, CELL_HEIGHT, colours[colour]);
    size_t blanks = strspn(text, " "), len = strlen(text);
    if (blanks == len)
        return;
    x += (int)blanks * CELL_WIDTH;
    columns -= (int)blanks;
    for (text += blanks, len -= blanks; text[len - 1] == ' '; len--)
        columns--;
    fprintf(out, "<text x='%d' y='%d' textLength='%d' fill='%s'%s%s>", x, y + BASELINE,
            columns * CELL_WIDTH, colours[style->reverse ? BACKGROUND : colour],
            style->bold ? " font-weight='bold'" : "",
            style->underline ? " text-decoration='underline'" : "");
    put_escaped(out, text, len);
    fputs("</text>\n", out);
}

/* Blocks meet their neighbours, as a font's need not. Gives false for what is none. */
static bool put_block(FILE *out, int x, int y, const struct terminal_cell *cell)
{
    static const struct {
        const char *sign;
        double top, height;
    } blocks[] = {{"█", 0, CELL_HEIGHT},
                  {"▀", 0, CELL_HEIGHT / 2.0},
                  {"▄", CELL_HEIGHT / 2.0, CELL_HEIGHT / 2.0}};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (strcmp(cell->text, blocks[i].sign) != 0)
            continue;
        fprintf(out, "<rect x='%d' y='%g' width='%d' height='%g' fill='%s'/>\n", x,
                y + blocks[i].top, CELL_WIDTH, blocks[i].height, colours[DEFAULT]);
        return true;
    }
    return false;
}

static void put_row(FILE *out, struct terminal *t, int row, int x, int y)
{
    char text[COLUMNS * sizeof((struct terminal_cell *)0)->text + 1] = "";
    struct terminal_cell style = {0};
    int from = 0, column = 0;
    while (column < COLUMNS) {
        struct terminal_cell cell = terminal_cell(t, row, column);
        bool alone = cell.text[0] & 0x80; /* another font may have it, and its own width */
        if (!*text)
            style = cell;
        if (column > from && (alone || !looks_alike(&style, &cell))) {
            put_run(out, x + from * CELL_WIDTH, y, &style, text, column - from);
            *text = '\0';
            from = column;
            style = cell;
        }
        bool is_block = alone && put_block(out, x + column * CELL_WIDTH, y, &cell);
        strcat(text, *cell.text && !is_block ? cell.text : " ");
        column += cell.width > 0 ? cell.width : 1;
        if (alone || column >= COLUMNS) {
            put_run(out, x + from * CELL_WIDTH, y, &style, text, column - from);
            *text = '\0';
            from = column;
        }
    }
}

static void put_screen(FILE *out, struct terminal *t, const char *title, int x)
{
    int row, column;
    bool visible;
    fprintf(out,
            "<rect x='%d' width='%d' height='%d' rx='6' fill='%s'/>\n"
            "<text x='%d' y='16' fill='%s'>",
            x, (COLUMNS + 1) * CELL_WIDTH, TITLE + rows * CELL_HEIGHT + GAP / 2,
            colours[BACKGROUND], x + GAP / 2, colours[8]);
    put_escaped(out, title, strlen(title));
    fputs("</text>\n", out);
    for (row = 0; row < rows; row++)
        put_row(out, t, row, x + CELL_WIDTH / 2, TITLE + row * CELL_HEIGHT);
    terminal_cursor(t, &row, &column, &visible);
    fprintf(out, "<rect x='%d' y='%d' width='%d' height='%d' fill='%s'/>\n",
            x + CELL_WIDTH / 2 + column * CELL_WIDTH, TITLE + row * CELL_HEIGHT, CELL_WIDTH,
            CELL_HEIGHT, colours[DEFAULT]);
}

/* A picture of two screens side by side. */
static void draw(const char *name, struct terminal *left, struct terminal *right)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", pictures, name);
    FILE *out = fopen(path, "w");
    if (!out)
        fail("cannot write the picture");
    int width = (COLUMNS + 1) * CELL_WIDTH, height = TITLE + rows * CELL_HEIGHT + GAP / 2;
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-size='13' "
            "font-family='ui-monospace, SFMono-Regular, Menlo, Consolas, \"DejaVu Sans Mono\", "
            "monospace'>\n",
            2 * width + GAP, height);
    put_screen(out, left, "chat-client --nick alice", 0);
    put_screen(out, right, "chat-client --nick bob", width + GAP);
    fputs("</svg>\n", out);
    if (fclose(out))
        fail("cannot write the picture");
}

static void say(struct terminal *from, struct terminal *to, const char *line, const char *seen)
{
    terminal_send(from, line);
    terminal_send(from, "\r");
    wait_for(to, seen);
}

/* One reads back what was said, and searches it; the other compares keys. */
static void draw_reading(struct terminal *alice, struct terminal *bob)
{
    rows = ROWS_TALL;
    terminal_resize(alice, rows, COLUMNS);
    terminal_resize(bob, rows, COLUMNS);
    terminal_send(alice, "\025");
    terminal_send(bob, "\025");
    for (size_t i = 0; i < sizeof talk / sizeof talk[0]; i++) {
        char beginning[21]; /* which stands on one row */
        snprintf(beginning, sizeof beginning, "%s", talk[i].line);
        say(talk[i].mine ? alice : bob, talk[i].mine ? bob : alice, talk[i].line, beginning);
    }
    terminal_send(alice, "\022warning\022\022");
    terminal_send(bob, "/verify\r");
    wait_for(bob, "face to face");
    terminal_drain(alice, SETTLE_MS);
    draw("reading.svg", alice, bob);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        fail("it is called with CLIENT ADDRESS STATE FOLDER");
    client = argv[1];
    address = argv[2];
    folder = argv[3];
    pictures = argv[4];
    struct terminal *alice = start("alice");
    wait_for(alice, "nobody else is here yet");
    struct terminal *bob = start("bob");
    wait_for(bob, "alice ● here");
    wait_for(alice, "bob ● here");
    terminal_send(alice, "/clear\r");
    terminal_send(bob, "/clear\r");
    say(alice, bob, "morning! the build box is back", "the build box is back");
    say(alice, bob, "can you pull?", "can you pull?");
    say(bob, alice, "pulling now 👍", "pulling now");
    say(bob, alice,
        "/reply did you see the warning in relay.c? it has been there since Tuesday: "
        "https://intra.example/b/4711",
        "intra.example");
    say(alice, bob, "/react :eyes:", "👀 alice");
    say(alice, bob, "/me looks", "looks");
    terminal_send(bob, "no hurry, ");
    wait_for(alice, "bob is writing");
    terminal_send(alice, "found it, fixing it n");
    terminal_drain(bob, SETTLE_MS);
    terminal_drain(alice, SETTLE_MS);
    draw("talk.svg", alice, bob);
    draw_reading(alice, bob);
    terminal_free(alice);
    terminal_free(bob);
    return 0;
}
