#ifndef LIST_H
#define LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Doubly linked lists whose links lie in what they link: nothing to allocate, and taking something
 * out needs no search. A list is a link too, the one that is nobody's.
 */
struct link {
    struct link *prev, *next; /* a link that is in no list points at itself */
};

/* What a link lies in. */
#define LINK_OF(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void link_init(struct link *l)
{
    l->prev = l->next = l;
}

/* Of a link: that it is in no list. Of a list: that it is empty. */
static inline bool link_is_alone(const struct link *l)
{
    return l->next == l;
}

/* Puts `l`, which is in no list, before `at`: at the end, where `at` is the list. */
static inline void link_put(struct link *at, struct link *l)
{
    l->prev = at->prev;
    l->next = at;
    at->prev->next = l;
    at->prev = l;
}

/* Takes `l` out of whatever list it is in. */
static inline void link_take(struct link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    link_init(l);
}

/* Moves all that is in `from` behind what is in `list`. */
static inline void link_move_all(struct link *list, struct link *from)
{
    if (link_is_alone(from))
        return;
    from->next->prev = list->prev;
    list->prev->next = from->next;
    from->prev->next = list;
    list->prev = from->prev;
    link_init(from);
}

#endif
