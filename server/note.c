#include "note.h"

#include "seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTES_MAX = 256, /* not yet pulled; more than that many in a turn are not worth reading */
};

struct note {
    struct link link;
    const struct relay_client *client;
    int level;
    const char *text;
    size_t len;
    char about[];
};

static struct note *of_list(struct link *l)
{
    return LINK_OF(l, struct note, link);
}

static void drop(struct relay *r, struct note *note)
{
    link_take(&note->link);
    free(note);
    r->notes_count--;
}

void note_put(struct relay *r, const struct relay_client *c, int level, const char *text,
              const struct seat *s)
{
    static const char in[] = " in ";
    size_t len = s ? strlen(s->nick.text) + strlen(in) + strlen(s->room->name.text) : 0;
    struct note *note = r->notes_count < NOTES_MAX ? malloc(sizeof *note + len + 1) : NULL;
    if (!note)
        return; /* a line less in the log */
    *note = (struct note){.client = c, .level = level, .text = text, .len = len};
    if (s)
        snprintf(note->about, len + 1, "%s%s%s", s->nick.text, in, s->room->name.text);
    link_init(&note->link);
    link_put(&r->notes, &note->link);
    r->notes_count++;
}

bool note_next(struct relay *r, struct relay_event *event)
{
    /* The one that was pulled last is borrowed until now. */
    if (r->note_pulled)
        drop(r, of_list(r->notes.next));
    r->note_pulled = !link_is_alone(&r->notes);
    if (!r->note_pulled)
        return false;
    const struct note *note = of_list(r->notes.next);
    *event = (struct relay_event){.type = RELAY_LOG, .owner = note->client->owner};
    event->level = note->level;
    event->text = note->text;
    event->about = (struct json_string){note->len > 0 ? note->about : NULL, note->len};
    return true;
}

void note_forget(struct relay *r, const struct relay_client *c)
{
    struct link *next;
    for (struct link *l = r->notes.next; l != &r->notes; l = next) {
        next = l->next;
        if (of_list(l)->client == c) {
            r->note_pulled = r->note_pulled && l->prev != &r->notes;
            drop(r, of_list(l));
        }
    }
}

void note_clear(struct relay *r)
{
    while (!link_is_alone(&r->notes))
        drop(r, of_list(r->notes.next));
}
