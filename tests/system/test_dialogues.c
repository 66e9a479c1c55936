#include "dialogue.h"
#include "scratch.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STEPS(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

/* Alice and bob are in a room. */
#define BOTH                                                                             \
    "a+", "a" HELLO("alice"), "a" WELCOME("alice", "0", "null"), "b+", "b" HELLO("bob"), \
        "b" WELCOME("bob", "0", PEER("alice", "online")), "a" PRESENCE("bob", "online")

#define ALICE "a+", "a" HELLO("alice"), "a" WELCOME("alice", "0", "null")

/* What a first frame is answered with, and the end. */
#define REFUSED(frame, code) STEPS("a+", "a" frame, "a" FATAL(code), "a.")
/* The same for a frame in the room. */
#define REFUSED_LATER(frame, code) STEPS(ALICE, "a" frame, "a" FATAL(code), "a.")

#define ID_A "{'identity':'11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='}"
#define ID_B "{'identity':'PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw='}"
#define HELLO_AS(nick, keys) \
    "> {'type':'hello','version':1,'nick':'" nick "','room':'ROOM','keys':" keys "}"

static const struct dialogue dialogues[] = {
    /* A connection, 1 to 3. */
    {"two people talk",
     STEPS(BOTH, "a" MESSAGE("bob", "1") "\nhello", "b" GETS_MESSAGE("alice", "1") "\nhello",
           "b" RECEIPT("alice", "1") "\nproof", "a" GETS_RECEIPT("bob", "1") "\nproof",
           "b> {'type':'signal','to':'alice'}\nwave",
           "a< {'type':'signal','from':'bob','time':*}\nwave", "a> {'type':'bye'}", "a.",
           "b" PRESENCE("alice", "offline"), "b> {'type':'bye'}", "b.")},
    {"the client need not wait for the welcome",
     STEPS("a+", "a" HELLO("alice"), "a" WELCOME("alice", "0", "null"), "b+", "b" HELLO("bob"),
           "b" MESSAGE("alice", "1") "\nearly", "b> {'type':'ping'}",
           "b" WELCOME("bob", "0", PEER("alice", "online")), "b< {'type':'pong'}",
           "a" PRESENCE("bob", "online"), "a" GETS_MESSAGE("bob", "1") "\nearly")},
    {"nothing after a refused hello was taken",
     STEPS(
         ALICE, "b+", "b> {'type':'hello','version':2,'nick':'bob','room':'ROOM'}",
         "b" HELLO("bob"), "b" MESSAGE("alice", "1"),
         "b< {'type':'error','code':'unsupported-version','text':'*','fatal':true,'versions':[1]}",
         "b.", "a> {'type':'ping','id':1}", "a< {'type':'pong','id':1}")},
    {"a room is the lobby by default",
     STEPS("a+", "a> {'type':'hello','version':1,'nick':'alice','room':'\\u0000'}",
           "a" FATAL("bad-header"), "a.")},
    {"what waits comes first, in order",
     STEPS(BOTH, "a" MESSAGE("bob", "1") "\none", "a" MESSAGE("bob", "2") "\ntwo",
           "b" GETS_MESSAGE("alice", "1") "\none", "b" GETS_MESSAGE("alice", "2") "\ntwo", "b!",
           "a" PRESENCE("bob", "offline"), "b+", "b" HELLO("bob"),
           "b" WELCOME("bob", "2", PEER("alice", "online")), "b" GETS_MESSAGE("alice", "1") "\none",
           "b" GETS_MESSAGE("alice", "2") "\ntwo", "a" PRESENCE("bob", "online"),
           "a" MESSAGE("bob", "3") "\nthree", "b" GETS_MESSAGE("alice", "3") "\nthree")},
    {"a receipt waits for who is away",
     STEPS(BOTH, "a" MESSAGE("bob", "1") "\none", "b" GETS_MESSAGE("alice", "1") "\none", "a!",
           "b" PRESENCE("alice", "offline"), "b" RECEIPT("alice", "1") "\nproof",
           "b> {'type':'ping'}", "b< {'type':'pong'}", "a+", "a" HELLO("alice"),
           "a" WELCOME("alice", "0", PEER("bob", "online")),
           "a" GETS_RECEIPT("bob", "1") "\nproof")},
    /* 4 */
    {"pings are answered",
     STEPS("a+", "a" HELLO("alice"), "a" WELCOME("alice", "0", "null"), "a> {'type':'ping'}",
           "a< {'type':'pong'}", "a> {'type':'ping','id':9007199254740991}",
           "a< {'type':'pong','id':9007199254740991}", "a> {'type':'ping','id':0,'x':1.5e3}",
           "a< {'type':'pong','id':0}", "a> {'type':'pong','id':7}", "a> {'type':'ping','id':8}",
           "a< {'type':'pong','id':8}")},
    /* 5 */
    {"nothing is read after a bye",
     STEPS(BOTH, "a> {'type':'bye'}", "a" MESSAGE("bob", "1") "\nlate", "a.",
           "b" PRESENCE("alice", "offline"), "b> {'type':'ping'}", "b< {'type':'pong'}")},
    {"a bye may give the seat up",
     STEPS(BOTH, "a> {'type':'bye','leave':true}", "a.", "b" PRESENCE("alice", "left"), "c+",
           "c" HELLO("carol"), "c" WELCOME("carol", "0", PEER("bob", "online")))},
    {"a client that ends its half gets its answers",
     STEPS(BOTH, "a> {'type':'ping','id':1}", "a" MESSAGE("bob", "1") "\nlast", "a-",
           "a< {'type':'pong','id':1}", "a.", "b" GETS_MESSAGE("alice", "1") "\nlast",
           "b" PRESENCE("alice", "offline"))},
    {"the end within a frame",
     STEPS("a+", "a# 00 00 00 0c 00 0a 7b", "a-", "a" FATAL("bad-frame"), "a.")},
    {"the end within a frame, in the room",
     STEPS(ALICE, "a# 00", "a-", "a" FATAL("bad-frame"), "a.")},
    {"the end without a word", STEPS("a+", "a-", "a.")},
    /* 6 */
    {"an error is not destroyed by what comes after it",
     STEPS("a+", "a" MESSAGE("bob", "1") "\nx", "a" MESSAGE("bob", "2") "\nx",
           "a" MESSAGE("bob", "3") "\nx", "a" FATAL("bad-state"), "a" MESSAGE("bob", "4") "\nx",
           "a.")},

    /* Errors. */
    {"N too small", STEPS("a+", "a# 00000003", "a" FATAL("bad-frame"), "a.")},
    {"N too large", STEPS("a+", "a# 00011003", "a" FATAL("bad-frame"), "a.")},
    {"N far too large", STEPS("a+", "a# ffffffff", "a" FATAL("bad-frame"), "a.")},
    {"H too small", STEPS("a+", "a# 000000080001", "a" FATAL("bad-frame"), "a.")},
    {"H too large", STEPS("a+", "a# 000020001001", "a" FATAL("bad-frame"), "a.")},
    {"H above N", STEPS("a+", "a# 000000080007", "a" FATAL("bad-frame"), "a.")},
    {"content in a hello", REFUSED(HELLO("alice") "\nx", "bad-frame")},
    {"content in a ping", REFUSED_LATER("> {'type':'ping'}\nx", "bad-frame")},
    {"content in a bye", REFUSED_LATER("> {'type':'bye'}\nx", "bad-frame")},
    {"no JSON", REFUSED("> hello", "bad-header")},
    {"no object", REFUSED("> [1,2]", "bad-header")},
    {"no type", REFUSED("> {}", "bad-header")},
    {"a type that is no string", REFUSED("> {'type':1}", "bad-header")},
    {"a key twice",
     REFUSED("> {'type':'hello','version':1,'version':1,'nick':'alice'}", "bad-header")},
    {"a key twice, once escaped",
     REFUSED("> {'type':'hello','version':1,'nick':'alice','nic\\u006b':'bob'}", "bad-header")},
    {"something after the object",
     REFUSED("> {'type':'hello','version':1,'nick':'alice'}x", "bad-header")},
    {"too deep",
     REFUSED("> {'type':'hello','version':1,'nick':'a','x':[[[[[[[[]]]]]]]]}", "bad-header")},
    {"a number that is none", REFUSED("> {'type':'hello','version':01,'nick':'a'}", "bad-header")},
    {"a number in a string", REFUSED("> {'type':'hello','version':'1','nick':'a'}", "bad-header")},
    {"an integer with a fraction",
     REFUSED("> {'type':'hello','version':1.0,'nick':'a'}", "bad-header")},
    {"no nick", REFUSED("> {'type':'hello','version':1}", "bad-header")},
    {"a room that is no string",
     REFUSED("> {'type':'hello','version':1,'nick':'a','room':5}", "bad-header")},
    {"a long agent",
     REFUSED(
         "> "
         "{'type':'hello','version':1,'nick':'a','agent':'0123456789012345678901234567890123456789"
         "0123456789012345678901234'}",
         "bad-header")},
    {"a hello from somebody",
     REFUSED("> {'type':'hello','version':1,'nick':'a','from':'b'}", "bad-header")},
    {"keys that are no object",
     REFUSED("> {'type':'hello','version':1,'nick':'a','keys':[]}", "bad-header")},
    {"keys with an object in it",
     REFUSED("> {'type':'hello','version':1,'nick':'a','keys':{'x':{}}}", "bad-header")},
    {"a message with a time",
     REFUSED_LATER("> {'type':'message','to':'bob','stream':'00000000000000a1','n':1,'time':5}",
                   "bad-header")},
    {"a message without n",
     REFUSED_LATER("> {'type':'message','to':'bob','stream':'00000000000000a1'}", "bad-header")},
    {"a message of n 0", REFUSED_LATER(MESSAGE("bob", "0"), "bad-header")},
    {"n above 2^53-1", REFUSED_LATER(MESSAGE("bob", "9007199254740992"), "bad-header")},
    {"a stream in capitals",
     REFUSED_LATER("> {'type':'message','to':'bob','stream':'00000000000000A1','n':1}",
                   "bad-header")},
    {"a message before hello", REFUSED(MESSAGE("bob", "1"), "bad-state")},
    {"a ping before hello", REFUSED("> {'type':'ping'}", "bad-state")},
    {"a bye before hello", REFUSED("> {'type':'bye'}", "bad-state")},
    {"a second hello", REFUSED_LATER(HELLO("alice"), "bad-state")},
    {"unknown types",
     STEPS(BOTH, "a> {'type':'dance','to':5,'from':[]}\nwith content", "a" ERROR("unknown-type"),
           "a> {'type':'presence'}", "a" ERROR("unknown-type"), "a> {'type':'welcome'}",
           "a" ERROR("unknown-type"), "a" MESSAGE("bob", "1") "\nstill here",
           "b" GETS_MESSAGE("alice", "1") "\nstill here")},
    {"another version, judged first",
     STEPS(
         "a+", "a> {'type':'hello','version':2,'nick':5,'room':{}}",
         "a< {'type':'error','code':'unsupported-version','text':'*','fatal':true,'versions':[1]}",
         "a.")},
    {"fields before nick",
     REFUSED("> {'type':'hello','version':1,'nick':'!','room':5}", "bad-header")},
    {"nick before room",
     REFUSED("> {'type':'hello','version':1,'nick':'!','room':'!'}", "bad-nick")},
    {"an empty nick", REFUSED("> {'type':'hello','version':1,'nick':''}", "bad-nick")},
    {"a bad room", REFUSED("> {'type':'hello','version':1,'nick':'a','room':'a b'}", "bad-room")},
    {"a nick that is taken", STEPS(ALICE, "b+", "b" HELLO("ALICE"), "b" FATAL("nick-taken"), "b.",
                                   "a> {'type':'ping'}", "a< {'type':'pong'}")},
    {"a nick that another key has",
     STEPS("a+", "a" HELLO_AS("alice", ID_A), "a" WELCOME("alice", "0", "null"), "a!", "b+",
           "b" HELLO_AS("alice", ID_B), "b" FATAL("nick-taken"), "b.")},
    {"a full room",
     STEPS(BOTH, "c+", "c" HELLO("carol"), "c" FATAL("room-full"), "c.",
           "a" MESSAGE("bob", "1") "\nstill here", "b" GETS_MESSAGE("alice", "1") "\nstill here")},
    {"replaced",
     STEPS("b+", "b" HELLO("bob"), "b" WELCOME("bob", "0", "null"), "a+",
           "a" HELLO_AS("alice", ID_A), "a" WELCOME("alice", "0", PEER("bob", "online")),
           "b< {'type':'presence','nick':'alice','state':'online','time':*,'keys':" ID_A "}", "c+",
           "c" HELLO_AS("Alice", ID_A), "c" WELCOME("Alice", "0", PEER("bob", "online")),
           "a" FATAL("replaced"), "a.",
           "b< {'type':'presence','nick':'Alice','state':'online','time':*,'keys':" ID_A "}",
           "b" MESSAGE("alice", "1") "\nto the new one",
           "c" GETS_MESSAGE("bob", "1") "\nto the new one")},
    {"keys change, but not the identity",
     STEPS("a+", "a" HELLO_AS("alice", ID_A), "a" WELCOME("alice", "0", "null"), "b+",
           "b" HELLO("bob"),
           "b" WELCOME("bob", "0", "{'nick':'alice','state':'online','time':*,'keys':" ID_A "}"),
           "a" PRESENCE("bob", "online"),
           "a> "
           "{'type':'keys','keys':{'identity':'11qYAYKxCrfVS/"
           "7TyWQHOg7hcvPapiMlrwIaaPcHURo=','made':5}}",
           "b< {'type':'presence','nick':'alice','state':'online','time':*,"
           "'keys':{'identity':'11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=','made':5}}",
           "a> {'type':'keys','keys':" ID_B "}", "a" FATAL("bad-identity"), "a.",
           "b< {'type':'presence','nick':'alice','state':'offline','time':*,"
           "'keys':{'identity':'11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=','made':5}}")},
    {"nobody there",
     STEPS(ALICE, "a" MESSAGE("bob", "1") "\nx", "a" ERROR_ABOUT("no-such-peer", "1"),
           "a> {'type':'signal','to':'!'}\nx", "a" ERROR("no-such-peer"),
           "a" MESSAGE("alice", "2") "\nx", "a" ERROR_ABOUT("no-such-peer", "2"))},
    {"a receipt for nobody is no error",
     STEPS(BOTH, "a" RECEIPT("carol", "1"), "a" RECEIPT("", "1"), "a> {'type':'ping'}",
           "a< {'type':'pong'}", "b> {'type':'ping'}", "b< {'type':'pong'}")},
    {"a name is one, however it is spelt",
     STEPS("a+", "a" HELLO("Stra\\u00dfe"), "a" WELCOME("Stra\u00dfe", "0", "null"), "b+",
           "b" HELLO("STRASSE"), "b" FATAL("nick-taken"), "b.", "c+", "c" HELLO("Zoe\u0308"),
           "c" WELCOME("Zo\u00eb", "0", PEER("Stra\u00dfe", "online")),
           "a" PRESENCE("Zo\u00eb", "online"), "a" MESSAGE("ZO\u00cb", "1") "\nhello",
           "c" GETS_MESSAGE("Stra\u00dfe", "1") "\nhello")},
    {"a header may be written in any way that is JSON",
     STEPS("a+",
           "a>  { 'x' : [[[[[[[-1.5e+300]]]]]]] , 'Nick' : null , 'nick' : '\\u0061lice' ,\t"
           "'v\\u0065rsion':1,'room':'ROOM','type':'hello'} ",
           "a" WELCOME("alice", "0", "null"))},
    {"asked to send again, a stream goes on where that is done",
     STEPS(BOTH,
           "b> {'type':'receipt','to':'alice','stream':'00000000000000a1','n':1,'resend':true}",
           "a< {'type':'receipt','from':'bob','stream':'00000000000000a1','n':1,'resend':true}",
           "a" MESSAGE("bob", "3") "\ndropped", "a" MESSAGE("bob", "2") "\ntwo",
           "b" GETS_MESSAGE("alice", "2") "\ntwo", "a" MESSAGE("bob", "3") "\nthree",
           "b" GETS_MESSAGE("alice", "3") "\nthree")},
    {"asked for what its disk has lost, a client goes on from its first",
     STEPS(BOTH,
           "b> {'type':'receipt','to':'alice','stream':'00000000000000a1','n':1,'resend':true}",
           "a< {'type':'receipt','from':'bob','stream':'00000000000000a1','n':1,'resend':true}",
           "a> {'type':'message','to':'bob','stream':'00000000000000a1','n':5,'first':true}\nfive",
           "b" GETS_MESSAGE("alice", "5") "\nfive", "a" MESSAGE("bob", "6") "\nsix",
           "b" GETS_MESSAGE("alice", "6") "\nsix")},
    {"a first that is no boolean",
     REFUSED_LATER("> {'type':'message','to':'bob','stream':'00000000000000a1','n':1,'first':1}",
                   "bad-header")},
    {"nothing is queued in memory",
     STEPS(BOTH, "b!", "a" PRESENCE("bob", "offline"), "a" MESSAGE("bob", "1") "\nx",
           "a" ERROR_ABOUT("quota", "1"), "a" MESSAGE("bob", "2") "\nx", "a> {'type':'ping'}",
           "a< {'type':'pong'}")},
};

static struct server server;
static struct canary canary;

static void test_each_dialogue(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dialogues / sizeof dialogues[0]; i++)
        dialogue_run(&dialogues[i], dialogue_len(&dialogues[i]), server.addresses[0], 0);
    canary_talk(&canary);
}

/* A connection may be lost after any step; that is nobody else's loss. */
static void test_each_dialogue_cut_after_each_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dialogues / sizeof dialogues[0]; i++)
        for (size_t count = 1; count < dialogue_len(&dialogues[i]); count++)
            for (int reset = 0; reset < 2; reset++) {
                dialogue_run(&dialogues[i], count, server.addresses[count % 2], reset);
                canary_talk(&canary);
            }
}

static int setup(void **state)
{
    (void)state;
    char options[PATH_MAX];
    if (scratch_make(state))
        return -1;
    snprintf(options, sizeof options, "--listen 127.0.0.1:0 --listen unix:%s",
             scratch_path("socket"));
    server_start(&server, options, NULL);
    canary_start(&canary, server.addresses[0], "canaries");
    return 0;
}

/* Nothing was left behind but the canary. */
static int teardown(void **state)
{
    canary_talk(&canary);
    process_skip(&server.process.err);
    kill(server.process.pid, SIGUSR1);
    const char *line = process_line_with(&server.process.err, "; now: ");
    assert_non_null(strstr(line, "now: clients 2, "));
    canary_stop(&canary);
    server_stop(&server);
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_dialogue),
        cmocka_unit_test(test_each_dialogue_cut_after_each_step),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
