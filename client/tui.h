#ifndef TUI_H
#define TUI_H

#include "face.h"

#include <stddef.h>

/*
 * The face on a terminal: joins the talk with the models and the screen of ui/. ERROR_SYSTEM where
 * the terminal cannot be used as a screen, with a sentence in `why`; ERROR_NOMEM.
 */
int tui_new(struct face **f, char *why, size_t size);

#endif
