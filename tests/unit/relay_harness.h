#ifndef RELAY_HARNESS_H
#define RELAY_HARNESS_H

#include "relay.h"

/*
 * Literal dialogues with a relay. The harness plays the edge, the clock, the disk and any number of
 * connections, each known by a name. A script has a line for each thing that happens:
 *
 *     alice> hello alice             the connection `alice` (opened by its first line) sends this,
 *                                    and a turn of the edge passes
 *     alice< welcome alice lobby 0   and this is the next frame that came to it
 *     alice open                     it connects, and says nothing
 *     alice bytes 0000               it sends these, in hexadecimal
 *     alice end | alice lost         it ends its sending half | the connection is gone
 *     alice deaf | alice hears       it does not read any more | it does
 *     hold | turn                    no turn after what follows | until here
 *     tick 30000                     so many milliseconds pass
 *     full                           the disk has no place: the next commit is undone
 *     crash                          the relay dies and starts anew with what was committed
 *     restart                        the relay stops in good order and starts anew
 *     disk 3                         so many messages are on disk, committed
 *     quiet                          the disk was not touched since the last `quiet` or `disk`
 *
 * Frames, as they are sent; streams are hexadecimal numbers, `*N` stands for N bytes of content:
 *
 *     hello NICK [room=R] [id=IDENTITY] [agent=A]    keys id=IDENTITY    bye [leave]
 *     message TO STREAM N CONTENT    receipt TO STREAM N [resend] [CONTENT]    signal TO CONTENT
 *     ping [ID]    pong [ID]    raw JSON[|CONTENT]   (' stands for " in JSON)
 *
 * and as they come:
 *
 *     welcome NICK ROOM WAITING [PEER STATE [id=IDENTITY] [stored=STREAM:FIRST-N,…]]
 *     presence NICK STATE [id=IDENTITY] [stored=…]    stored TO STREAM FIRST-N
 *     message FROM STREAM N CONTENT    receipt FROM STREAM N [resend] [CONTENT]
 *     signal FROM CONTENT    ping    pong [ID]    error CODE [STREAM N]
 *     finish    drop                 what the relay asks the edge for
 *
 * At the end of a script everything that came must have been expected.
 */
void harness_start(const struct relay_options *options);
void harness_stop(void);

/* The options of an ordinary relay. */
struct relay_options harness_options(bool durable);

void harness_run(const char *script);

/*
 * Lines that stand for others: a line that begins with `word` is played as `script`, in which `$`
 * stands for the rest of the line. The last one's word is NULL. Some are known to every script:
 *
 *     pair             alice (A) and bob (B) are there
 *     ends NAME        the rest of a connection that the relay ended
 *     send N           message N of stream a goes from alice to bob
 *     gets N           that it comes to bob
 *     receipt S N      bob's receipt goes to alice
 *     queue N          it is sent, and stored
 *     bob-goes         his connection is lost
 *     bob-is-back W    he comes again, W messages wait
 *     sees-bob RUNS    alice learns it, and what is stored
 */
struct harness_phrase {
    const char *word, *script;
};
void harness_set_phrases(const struct harness_phrase *phrases);

/* A script as a test of its own: a table of them is a group of tests. */
struct harness_dialogue {
    const char *name;
    bool durable;
    const char *script;
};
int harness_play_all(const char *group, const struct harness_dialogue *dialogues, size_t count);

/* A part of a script: what came may be expected later. */
void harness_run_some(const char *script);

/* The same, once for each number: `#` stands for it. */
void harness_run_each(const char *script, int first, int last);

/* A script, but what comes is not looked at, and nothing is expected. */
void harness_run_blindly(const char *script);

/* Sends bytes as they are. */
void harness_send(const char *name, const void *bytes, size_t len);

/* What the relay counts. */
struct relay_counters harness_counters(void);

/* The relay, for calls of one's own. */
struct relay *harness_relay(void);
struct relay_client *harness_client(const char *name);

/* The clock. */
uint64_t harness_now(void);

/* The parts of harness_run: one line that is no phrase (what follows it is for the message), … */
void harness_play_line(const char *line, const char *next);
void harness_expect_nothing(void);
void harness_set_blind(bool is_blind);

#endif
