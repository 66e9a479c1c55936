#include "relay_harness.h"

#include "relay_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct harness_phrase *known; /* beside the common ones */

static const struct harness_phrase common[] = {
    {"pair", "alice> hello alice id=A\n"
             "alice< welcome alice lobby 0\n"
             "bob> hello bob id=B\n"
             "bob< welcome bob lobby 0 alice online id=A\n"
             "alice< presence bob online id=B\n"},
    {"ends", "$< finish\n"
             "$ end\n"
             "$< drop\n"},
    {"send", "alice> message bob a $ x\n"
             "bob< message alice a $ x\n"},
    {"gets", "bob< message alice a $ x\n"},
    {"receipt", "bob> receipt alice $\n"
                "alice< receipt bob $\n"},
    {"queue", "alice> message bob a $ x\n"
              "alice< stored bob a $-$\n"},
    {"bob-goes", "bob lost\n"
                 "alice< presence bob offline id=B\n"},
    {"bob-is-back", "bob> hello bob id=B\n"
                    "bob< welcome bob lobby $ alice online id=A\n"},
    {"sees-bob", "alice< presence bob online id=B stored=$\n"},
    {NULL, NULL},
};

void harness_set_phrases(const struct harness_phrase *phrases)
{
    known = phrases;
}

/* Plays a script in which a character stands for something. */
static void run_with(const char *script, char c, const char *stands_for)
{
    char played[RELAY_LINE_MAX] = "";
    for (; *script; script++)
        relay_text_append(played, *script == c ? "%s" : "%.1s", *script == c ? stands_for : script);
    harness_run_some(played);
}

void harness_run_each(const char *script, int first, int last)
{
    for (int n = first; n <= last; n++) {
        char number[16];
        snprintf(number, sizeof number, "%d", n);
        run_with(script, '#', number);
    }
}

static const struct harness_phrase *find_phrase(const struct harness_phrase *in, const char *word)
{
    while (in && in->word && strcmp(in->word, word) != 0)
        in++;
    return in && in->word ? in : NULL;
}

/* Plays a line that stands for others; false where it does not. */
static bool run_phrase(const char *word, const char *rest)
{
    const struct harness_phrase *phrase = find_phrase(known, word);
    if (!phrase)
        phrase = find_phrase(common, word);
    if (!phrase)
        return false;
    run_with(phrase->script, '$', rest + strspn(rest, " "));
    return true;
}

static void play_line(const char *line, const char *next)
{
    char word[64];
    const char *at = line;
    if (relay_text_word(&at, word, sizeof word) && !run_phrase(word, at))
        harness_play_line(line, next);
}

void harness_run_some(const char *script)
{
    while (*script) {
        char line[RELAY_LINE_MAX];
        size_t len = strcspn(script, "\n");
        snprintf(line, sizeof line, "%.*s", (int)len, script);
        script += script[len] ? len + 1 : len;
        play_line(line, script);
    }
}

void harness_run(const char *script)
{
    harness_run_some(script);
    harness_expect_nothing();
}

static int dialogue_start(void **state)
{
    const struct harness_dialogue *dialogue = *state;
    const struct relay_options o = harness_options(dialogue->durable);
    harness_start(&o);
    return 0;
}

static void dialogue_play(void **state)
{
    const struct harness_dialogue *dialogue = *state;
    harness_run(dialogue->script);
}

static int dialogue_stop(void **state)
{
    (void)state;
    harness_stop();
    return 0;
}

int harness_play_all(const char *group, const struct harness_dialogue *dialogues, size_t count)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    struct harness_dialogue *states = calloc(count, sizeof *states);
    int rc = 1;
    for (size_t i = 0; tests && states && i < count; i++) {
        states[i] = dialogues[i];
        tests[i] = (struct CMUnitTest){dialogues[i].name, dialogue_play, dialogue_start,
                                       dialogue_stop, &states[i]};
    }
    if (tests && states)
        rc = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    free(states);
    return rc;
}

void harness_run_blindly(const char *script)
{
    harness_set_blind(true);
    harness_run_some(script);
    harness_set_blind(false);
}
