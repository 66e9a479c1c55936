#ifndef HEADER_WORDS_H
#define HEADER_WORDS_H

/* The words on the wire for enum header_type, _state and _code; each list ends with NULL. */
extern const char *const header_type_words[];
extern const char *const header_state_words[];
extern const char *const header_code_words[];

#endif
