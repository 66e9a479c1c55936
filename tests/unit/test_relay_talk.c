/* Joining, talking, leaving, and every error of PROTOCOL.md that needs no special relay. */
#include "relay_harness.h"

static const struct harness_phrase phrases[] = {
    {"pair", "alice> hello alice\n"
             "alice< welcome alice lobby 0\n"
             "bob> hello bob\n"
             "bob< welcome bob lobby 0 alice online\n"
             "alice< presence bob online\n"},
    {"ends", "$< finish\n"
             "$ end\n"
             "$< drop\n"},
    {NULL, NULL},
};

static const struct harness_dialogue dialogues[] = {
    {"two people talk", false,
     "alice> hello alice\n"
     "alice< welcome alice lobby 0\n"
     "bob> hello Bob\n"
     "bob< welcome Bob lobby 0 alice online\n"
     "alice< presence Bob online\n"
     "alice> message bob a 1 hi\n"
     "bob< message alice a 1 hi\n"
     "bob> receipt alice a 1 yes\n"
     "alice< receipt Bob a 1 yes\n"
     "bob> signal ALICE typing\n"
     "alice< signal Bob typing\n"
     "bob> ping 7\n"
     "bob< pong 7\n"
     "bob> ping\n"
     "bob< pong\n"
     "bob> pong 3\n"
     "bob> bye\n"
     "bob< finish\n"
     "alice< presence Bob offline\n"
     "alice> bye leave\n"
     "alice< finish\n"
     "tick 1000\n"
     "alice< drop\n"
     "bob< drop\n"
     "bob2> hello bob\n"
     "bob2< welcome bob lobby 0\n"},
    {"what follows a hello without waiting is taken", false,
     "pair\n"
     "hold\n"
     "cleo> hello cleo room=tea\n"
     "cleo> ping 1\n"
     "cleo> message dan a 1 x\n"
     "turn\n"
     "cleo< welcome cleo tea 0\n"
     "cleo< pong 1\n"
     "cleo< error no-such-peer a 1\n"},
    {"what follows a refused hello is not", false,
     "pair\n"
     "hold\n"
     "cleo> hello cleo\n"
     "cleo> message bob a 1 x\n"
     "cleo> raw nonsense\n"
     "turn\n"
     "cleo< error room-full\n"
     "ends cleo\n"},
    {"hello comes first", false,
     "x> ping\n"
     "x< error bad-state\n"
     "ends x\n"
     "y> raw {'type':'nonsense'}|content\n"
     "y< error bad-state\n"
     "ends y\n"
     "z> raw {'type':'message'}\n"
     "z< error bad-state\n"
     "ends z\n"},
    {"and only once", false,
     "pair\n"
     "bob> hello bob\n"
     "bob< error bad-state\n"
     "alice< presence bob offline\n"
     "ends bob\n"
     "alice> raw {'type':'hello','version':9,'nick':5}|content\n"
     "alice< error bad-state\n"
     "ends alice\n"},
    {"the json comes before the state", false,
     "x> raw {'type':'ping'\n"
     "x< error bad-header\n"
     "ends x\n"
     "y> raw {'no':'type'}\n"
     "y< error bad-header\n"
     "ends y\n"
     "z> raw {'type':5}\n"
     "z< error bad-header\n"
     "ends z\n"},
    {"a type that is not known is no harm, whatever else the frame holds", false,
     "pair\n"
     "bob> raw {'type':'nonsense','time':'x'}|content\n"
     "bob< error unknown-type\n"
     "bob> raw {'type':'presence'}\n"
     "bob< error unknown-type\n"
     "bob> raw {'type':'Message'}\n"
     "bob< error unknown-type\n"
     "bob> message alice a 1 still here\n"
     "alice< message bob a 1 still here\n"},
    {"content where none belongs", false,
     "x> raw {'type':'hello'}|content\n"
     "x< error bad-frame\n"
     "ends x\n"
     "pair\n"
     "bob> raw {'type':'ping','id':'x'}|content\n"
     "bob< error bad-frame\n"
     "alice< presence bob offline\n"
     "ends bob\n"},
    {"fields have their form", false,
     "pair\n"
     "bob> raw {'type':'message','to':'alice','stream':'000000000000000a','n':0}\n"
     "bob< error bad-header\n"
     "alice< presence bob offline\n"
     "ends bob\n"
     "alice> raw {'type':'signal','to':'bob','time':1}\n"
     "alice< error bad-header\n"
     "ends alice\n"},
    {"the version is judged before all else", false,
     "x> raw {'type':'hello','version':2,'nick':5}\n"
     "x< error unsupported-version\n"
     "ends x\n"
     "y> raw {'type':'hello','nick':'y'}\n"
     "y< error bad-header\n"
     "ends y\n"},
    {"the fields before the names, the nick before the room", false,
     "x> raw {'type':'hello','version':1,'nick':'a b','agent':5}\n"
     "x< error bad-header\n"
     "ends x\n"
     "y> raw {'type':'hello','version':1,'nick':'a b','room':'c d'}\n"
     "y< error bad-nick\n"
     "ends y\n"
     "z> raw {'type':'hello','version':1,'nick':'ab','room':'c d'}\n"
     "z< error bad-room\n"
     "ends z\n"},
    {"the names before the seat", false,
     "pair\n"
     "x> raw {'type':'hello','version':1,'nick':'-'}\n"
     "x< error bad-nick\n"
     "ends x\n"},
    {"messages and signals are for the peer alone", false,
     "alice> hello alice\n"
     "alice< welcome alice lobby 0\n"
     "alice> message bob a 1 x\n"
     "alice< error no-such-peer a 1\n"
     "alice> message alice a 1 x\n"
     "alice< error no-such-peer a 1\n"
     "alice> raw {'type':'signal','to':''}|x\n"
     "alice< error no-such-peer\n"
     "alice> receipt bob a 1\n"
     "bob> hello bob\n"
     "bob< welcome bob lobby 0 alice online\n"
     "alice< presence bob online\n"
     "alice> message BOB a 1 x\n"
     "bob< message alice a 1 x\n"},
    {"nothing is read after a bye", false,
     "pair\n"
     "hold\n"
     "bob> bye\n"
     "bob> message alice a 1 x\n"
     "bob> raw nonsense\n"
     "turn\n"
     "alice< presence bob offline\n"
     "ends bob\n"},
    {"who ends its sending half gets its answers", false,
     "pair\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "bob> ping 1\n"
     "bob> message alice b 1 y\n"
     "bob> signal cleo z\n"
     "bob end\n"
     "turn\n"
     "alice< message bob b 1 y\n"
     "alice< presence bob offline\n"
     "bob< pong 1\n"
     "bob< message alice a 1 x\n"
     "bob< error no-such-peer\n"
     "bob< finish\n"
     "bob< drop\n"},
    {"but not inside a frame", false,
     "pair\n"
     "bob> message alice b 1 y\n"
     "alice< message bob b 1 y\n"
     "bob bytes 000000\n"
     "bob end\n"
     "alice< presence bob offline\n"
     "bob< error bad-frame\n"
     "bob< finish\n"
     "bob< drop\n"
     "x open\n"
     "x bytes 00\n"
     "x end\n"
     "x< error bad-frame\n"
     "x< finish\n"
     "x< drop\n"},
    {"lengths are judged as soon as they are there", false,
     "pair\n"
     "bob bytes 00000003\n"
     "bob< error bad-frame\n"
     "alice< presence bob offline\n"
     "ends bob\n"
     "alice bytes 000100000001\n"
     "alice< error bad-frame\n"
     "ends alice\n"},
    {"who says nothing and ends is let go", false,
     "x open\n"
     "x end\n"
     "x< finish\n"
     "x< drop\n"},
    {"a lost connection", false,
     "pair\n"
     "hold\n"
     "bob> message alice b 1 y\n"
     "bob lost\n"
     "turn\n"
     "alice< message bob b 1 y\n"
     "alice< presence bob offline\n"},
    {"no hello in time", false,
     "x open\n"
     "tick 9999\n"
     "tick 1\n"
     "x< error timeout\n"
     "x< finish\n"
     "tick 999\n"
     "tick 1\n"
     "x< drop\n"},
    {"silence", false,
     "alice> hello alice\n"
     "alice< welcome alice lobby 0\n"
     "tick 29999\n"
     "tick 1\n"
     "alice< ping\n"
     "alice> pong\n"
     "tick 30000\n"
     "alice< ping\n"
     "tick 44999\n"
     "tick 1\n"
     "alice< error timeout\n"
     "alice< finish\n"
     "tick 1000\n"
     "alice< drop\n"},
    {"any byte ends the silence", false,
     "alice> hello alice\n"
     "alice< welcome alice lobby 0\n"
     "tick 20000\n"
     "alice> pong\n"
     "tick 29999\n"
     "alice> pong\n"
     "tick 29999\n"
     "alice> pong\n"},
    {"what is not read is given up", false,
     "pair\n"
     "bob deaf\n"
     "alice> message bob a 1 x\n"
     "bob> bye\n"
     "alice< presence bob offline\n"
     "tick 4999\n"
     "tick 1\n"
     "bob< drop\n"},
    {"an error is not destroyed by what still comes", false,
     "x> raw nonsense\n"
     "x< error bad-header\n"
     "x< finish\n"
     "x> raw more of it\n"
     "tick 999\n"
     "x> hello x\n"
     "tick 1\n"
     "x< drop\n"},
};

int main(void)
{
    harness_set_phrases(phrases);
    return harness_play_all("talk", dialogues, sizeof dialogues / sizeof dialogues[0]);
}
