#ifndef VIEW_INTERNAL_H
#define VIEW_INTERNAL_H

#include "view.h"

/* For the files of the view only. */

enum {
    VIEW_MORE_MAX = 64,
};

/* What drawing any part needs. */
struct pen {
    const struct view *view;
    struct layout layout;
    struct canvas *canvas;
};

/* A sign that has an ASCII form, too. */
struct sign {
    const char *full, *ascii;
};

const char *view_sign(const struct pen *pen, struct sign sign);

/* Puts a string in a role's style; gives its columns. */
int view_put(struct pen *pen, struct canvas_at at, enum theme_role role, const char *s);

/* Puts text, cut with an ellipsis where it is too long; gives its columns. */
int view_put_cut(struct pen *pen, struct canvas_at at, struct style style, const char *text,
                 size_t len);

/* Puts a string, cut likewise, and gives where the next one goes. */
struct canvas_at view_advance(struct pen *pen, struct canvas_at at, enum theme_role role,
                              const char *s);

int view_columns(const char *s);

/* "▼ 3 more below": so many messages, and perhaps more than are loaded. False where there is none.
 */
bool view_more(const struct pen *pen, size_t count, const char *what, char out[VIEW_MORE_MAX]);

/* A line across. */
void view_draw_rule(struct pen *pen, int row);

/* Draws the top line. */
void view_draw_status(struct pen *pen);

/* Draws the conversation, or the page over it. */
void view_draw_rows(struct pen *pen);

#endif
