#ifndef PERFORM_H
#define PERFORM_H

#include "talk_internal.h"

/* For the files that carry out commands. */
enum {
    ANSWER_MAX = 4096,
};

/* An answer that grows line by line; what does not fit is cut. */
struct answer {
    char text[ANSWER_MAX];
    size_t len;
};

__attribute__((format(printf, 2, 3))) void answer_add(struct answer *a, const char *format, ...);

/* Tells what is wrong with a command, and gives ERROR_STATE; or what it asked for. */
int perform_refuse(struct talk *t, const struct answer *why);
int perform_answer(struct talk *t, const struct answer *a);

/* What follows the name of a command. */
struct arguments {
    const char *at;
    size_t len;
};

/* Commands about a message: the one chosen, else the newest that it can be about. */
int perform_reply(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_edit(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_delete(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_react(struct talk *t, struct arguments args, uint64_t now_ms);

int perform_search(struct talk *t, struct arguments args, uint64_t now_ms);

/* Commands about files; and the rows of /info about those that are open. */
int perform_send(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_accept(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_cancel(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_save(struct talk *t, struct arguments args, uint64_t now_ms);
void perform_add_files(const struct talk *t, struct answer *a);

/* Commands about settings; and what changes one. */
int perform_change(struct talk *t, enum setting setting, struct arguments value);
int perform_set(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_theme(struct talk *t, struct arguments args, uint64_t now_ms);

/* Commands about keys; and the rows of /info about them. */
int perform_verify(struct talk *t, struct arguments args, uint64_t now_ms);
int perform_trust(struct talk *t, struct arguments args, uint64_t now_ms);
void perform_add_keys(const struct talk *t, struct answer *a);

#endif
