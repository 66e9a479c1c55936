#ifndef PROPERTY_H
#define PROPERTY_H

#include <stdbool.h>
#include <stdint.h>

/* Properties of code points that only clusters and the door need; the others are in text.h. */

/*
 * Whether a cluster ends between `a` and `b`, two neighbours (UAX 29, extended clusters). `*state`
 * is 0 where `a` begins a cluster, and is handed on from pair to pair.
 */
bool text_is_break(uint32_t a, uint32_t b, int32_t *state);

bool text_is_pictograph(uint32_t cp); /* Extended_Pictographic */

/* What draws something by itself or on its base: L, M, N, P, S, Zs, Co, and Cf before digits. */
bool text_is_graphic(uint32_t cp);

/* Columns that terminals give to a code point alone: 0, 1 or 2. */
int text_columns(uint32_t cp);

#endif
