/* PROTOCOL.md, "Delivery", by a relay without a disk. */
#include "relay_harness.h"

static const struct harness_dialogue dialogues[] = {
    {"a message is kept until its receipt", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "send 3\n"
     "receipt a 2\n"
     "bob-goes\n"
     "bob-is-back 1\n"
     "bob< message alice a 3 x\n"
     "alice< presence bob online id=B\n"},
    {"streams have receipts of their own", false,
     "pair\n"
     "send 1\n"
     "alice> message bob b 1 y\n"
     "bob< message alice b 1 y\n"
     "send 2\n"
     "alice> message bob b 2 y\n"
     "bob< message alice b 2 y\n"
     "receipt b 2\n"
     "bob-goes\n"
     "bob-is-back 2\n"
     "bob< message alice a 1 x\n"
     "bob< message alice a 2 x\n"
     "alice< presence bob online id=B\n"},
    {"for who is absent nothing new is taken", false,
     "pair\n"
     "send 1\n"
     "bob-goes\n"
     "alice> message bob a 2 y\n"
     "alice< error quota a 2\n"
     "alice> message bob a 3 z\n"
     "alice> message bob b 1 y\n"
     "alice< error quota b 1\n"
     "alice> message bob a 2 y\n"
     "alice< error quota a 2\n"
     "bob-is-back 1\n"
     "bob< message alice a 1 x\n"
     "alice< presence bob online id=B\n"
     "send 2\n"},
    {"a repeat is dropped", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "alice> message bob a 1 x\n"
     "alice> message bob a 2 x\n"
     "receipt a 1\n"
     "alice> message bob a 1 x\n"
     "send 3\n"},
    {"but what is receipted goes out again", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "receipt a 2\n"
     "send 2\n"},
    {"a hole is the clients' affair", false,
     "pair\n"
     "send 1\n"
     "send 5\n"},
    {"every receipt is passed on", false,
     "pair\n"
     "receipt a 7\n"
     "receipt a 0\n"
     "bob> receipt cleo a 7\n"
     "receipt a 7 proof\n"},
    {"a receipt of the sender himself is none", false,
     "pair\n"
     "send 1\n"
     "alice> receipt bob a 1\n"
     "bob< receipt alice a 1\n"
     "bob-goes\n"
     "bob-is-back 1\n"
     "bob< message alice a 1 x\n"
     "alice< presence bob online id=B\n"},
    {"asked to resend, the relay forgets the stream and awaits the next", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "send 3\n"
     "alice> message bob b 1 y\n"
     "bob< message alice b 1 y\n"
     "receipt a 1 resend\n"
     "alice> message bob a 4 x\n"
     "alice> message bob a 1 x\n"
     "alice> message bob b 2 y\n"
     "bob< message alice b 2 y\n"
     "send 2\n"
     "send 3\n"
     "send 4\n"},
    {"a receipt for what is awaited ends that", false,
     "pair\n"
     "receipt a 1 resend\n"
     "alice> message bob a 4 x\n"
     "receipt a 1\n"
     "alice> message bob a 4 x\n"
     "receipt a 2\n"
     "send 4\n"},
    {"so does the first that its sender still has", false,
     "pair\n"
     "receipt a 1 resend\n"
     "alice> message bob a 4 x\n"
     "alice> message bob a 5 first x\n"
     "bob< message alice a 5 x\n"
     "send 6\n"},
    {"either of the two connecting anew ends it", false,
     "pair\n"
     "receipt a 1 resend\n"
     "alice> message bob a 4 x\n"
     "bob-goes\n"
     "bob-is-back 0\n"
     "alice< presence bob online id=B\n"
     "send 4\n"
     "receipt a 4 resend\n"
     "alice lost\n"
     "bob< presence alice offline id=A\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob online id=B\n"
     "bob< presence alice online id=A\n"
     "send 9\n"},
    {"a receipt with resend forgets what was not sent, too", false,
     "pair\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice> message bob a 2 x\n"
     "bob> receipt alice a 0 resend\n"
     "turn\n"
     "alice< receipt bob a 0 resend\n"
     "send 1\n"},
    {"receipts wait for a sender who is gone", false,
     "pair\n"
     "send 1\n"
     "send 2\n"
     "alice> message bob b 1 y\n"
     "bob< message alice b 1 y\n"
     "alice lost\n"
     "bob< presence alice offline id=A\n"
     "bob> receipt alice a 1\n"
     "bob> receipt alice b 1\n"
     "bob> receipt alice a 2\n"
     "bob> message alice c 1 z\n"
     "bob< error quota c 1\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob online id=B\n"
     "alice< receipt bob b 1\n"
     "alice< receipt bob a 2\n"
     "bob< presence alice online id=A\n"
     "alice lost\n"
     "bob< presence alice offline id=A\n"
     "alice> hello alice id=A\n"
     "alice< welcome alice lobby 0 bob online id=B\n"
     "bob< presence alice online id=A\n"},
    {"a receipt for who left is no error", false,
     "pair\n"
     "send 1\n"
     "alice> bye leave\n"
     "alice< finish\n"
     "bob< presence alice left id=A\n"
     "bob> receipt alice a 1\n"
     "bob lost\n"
     "bob> hello bob id=B\n"
     "bob< welcome bob lobby 0\n"},
    {"what came before the end of a connection comes before it is told", false,
     "pair\n"
     "hold\n"
     "alice> message bob a 1 x\n"
     "alice> signal bob s\n"
     "alice> message bob a 2 x\n"
     "alice> bye\n"
     "turn\n"
     "bob< message alice a 1 x\n"
     "bob< signal alice s\n"
     "bob< message alice a 2 x\n"
     "bob< presence alice offline id=A\n"
     "alice< finish\n"},
    {"receipts go ahead of messages", false,
     "pair\n"
     "send 1\n"
     "hold\n"
     "bob> message alice b 1 y\n"
     "bob> receipt alice a 1\n"
     "turn\n"
     "alice< receipt bob a 1\n"
     "alice< message bob b 1 y\n"},
    {"signals are never queued", false,
     "pair\n"
     "bob-goes\n"
     "alice> signal bob s\n"
     "bob-is-back 0\n"
     "alice< presence bob online id=B\n"},
};

int main(void)
{
    return harness_play_all("delivery", dialogues, sizeof dialogues / sizeof dialogues[0]);
}
