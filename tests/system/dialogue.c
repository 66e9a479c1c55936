#include "dialogue.h"

#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum {
    CONNECTIONS = 4,
    STEP_MAX = 8192,
};

size_t dialogue_len(const struct dialogue *d)
{
    size_t len = 0;
    while (d->steps[len])
        len++;
    return len;
}

/* Writes a frame out in full; gives its content, or NULL. */
static const char *expand(const char *frame, unsigned room, char out[STEP_MAX])
{
    char *at = out;
    for (; *frame && *frame != '\n'; frame++) {
        assert_true(at - out < STEP_MAX - 16);
        if (strncmp(frame, "ROOM", 4) == 0) {
            at += sprintf(at, "room-%u", room);
            frame += 3;
        } else {
            *at++ = (char)(*frame == '\'' ? '"' : *frame);
        }
    }
    *at = '\0';
    return *frame ? frame + 1 : NULL;
}

static void send_hex(struct wire *w, const char *hex)
{
    uint8_t bytes[STEP_MAX];
    size_t len = 0;
    unsigned byte;
    int used;
    for (; sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used)
        bytes[len++] = (uint8_t)byte;
    wire_send_bytes(w, bytes, len);
}

static void step(struct wire *w, const char *s, unsigned room, const char *address)
{
    char frame[STEP_MAX];
    const char *content = NULL;
    if (s[1] == '>' || s[1] == '<')
        content = expand(s + 3, room, frame);
    switch (s[1]) {
    case '+': wire_open(w, address); break;
    case '>': wire_send(w, frame, content); break;
    case '<': wire_expect(w, frame, content); break;
    case '#': send_hex(w, s + 3); break;
    case '-': wire_finish(w); break;
    case '.': wire_expect_end(w); break;
    case '!': wire_reset(w); break;
    default: fail_msg("no step: %s", s);
    }
}

void dialogue_run(const struct dialogue *d, size_t count, const char *address, int reset)
{
    static struct wire wires[CONNECTIONS];
    static unsigned room;
    room++;
    for (int i = 0; i < CONNECTIONS; i++)
        wires[i].fd = -1;
    print_message("    %s, %zu steps\n", d->name, count);
    for (size_t i = 0; i < count; i++) {
        if (count == dialogue_len(d))
            print_message("        %.120s\n", d->steps[i]);
        step(&wires[d->steps[i][0] - 'a'], d->steps[i], room, address);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        if (reset && wires[i].fd >= 0)
            wire_reset(&wires[i]);
        else
            wire_close(&wires[i]);
}
