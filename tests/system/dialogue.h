#ifndef DIALOGUE_H
#define DIALOGUE_H

#include <stddef.h>

/*
 * Literal dialogues with the relay. A dialogue is a list of steps, ended by NULL; each begins with
 * the letter of a connection (`a` to `d`) and what is done:
 *
 *     a+         connects
 *     a> FRAME   sends a frame: its header and, after a newline, its content
 *     a# HEX     sends bytes
 *     a< FRAME   expects exactly this frame next (`*`: any characters but quotation marks)
 *     a-         ends its sending half
 *     a.         expects the end of the stream
 *     a!         resets the connection
 *
 * In frames `'` stands for `"`, and ROOM for a room that no dialogue had before.
 */
struct dialogue {
    const char *name;
    const char *const *steps;
};

/* Runs the first `count` steps, then ends the connections that are left: with a reset or not. */
void dialogue_run(const struct dialogue *d, size_t count, const char *address, int reset);

size_t dialogue_len(const struct dialogue *d);

/* Steps, and the frames that many of them have in common, to be put behind the letter. */
#define STEPS(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

#define HELLO(nick) "> {'type':'hello','version':1,'nick':'" nick "','room':'ROOM'}"
#define WELCOME(nick, waiting, peer)                \
    "< {'type':'welcome','version':1,'nick':'" nick \
    "','room':'ROOM','agent':'chat-server *','time':*,'waiting':" waiting ",'peer':" peer "}"
#define PEER(nick, state)     "{'nick':'" nick "','state':'" state "','time':*}"
#define PRESENCE(nick, state) "< {'type':'presence','nick':'" nick "','state':'" state "','time':*}"
#define FATAL(code)           "< {'type':'error','code':'" code "','text':'*','fatal':true}"
#define ERROR(code)           "< {'type':'error','code':'" code "','text':'*','fatal':false}"
#define ERROR_ABOUT(code, n)                                                                    \
    "< {'type':'error','code':'" code "','text':'*','fatal':false,'stream':'00000000000000a1'," \
    "'n':" n "}"
#define MESSAGE(to, n) "> {'type':'message','to':'" to "','stream':'00000000000000a1','n':" n "}"
#define GETS_MESSAGE(from, n) \
    "< {'type':'message','from':'" from "','stream':'00000000000000a1','n':" n ",'time':*}"
#define RECEIPT(to, n) "> {'type':'receipt','to':'" to "','stream':'00000000000000a1','n':" n "}"
#define GETS_RECEIPT(from, n) \
    "< {'type':'receipt','from':'" from "','stream':'00000000000000a1','n':" n "}"

#endif
