#include "perform.h"

#include "downloads.h"
#include "error.h"
#include "filename.h"
#include "quote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    DIGITS_MAX = 3, /* of the number of a file */
};

static bool can_be_accepted(const struct transfer_row *row)
{
    return !row->mine && row->state == TRANSFER_OFFERED;
}

static bool is_taken(const struct transfer_row *row)
{
    return row->state == TRANSFER_TAKEN;
}

static bool is_any(const struct transfer_row *row)
{
    (void)row;
    return true;
}

/* The number that a file has in the list of those that are open; 0: it is none. */
static size_t parse_number(struct arguments args)
{
    size_t number = 0;
    if (args.len > DIGITS_MAX)
        return 0;
    for (size_t i = 0; i < args.len; i++) {
        if (args.at[i] < '0' || args.at[i] > '9')
            return 0;
        number = number * 10 + (size_t)(args.at[i] - '0');
    }
    return number;
}

/* The open file of the message that was chosen, where none is named. */
static bool get_chosen(const struct talk *t, struct arguments args, struct transfer_row *row)
{
    const struct face *face = t->options.face;
    return args.len == 0 && talk_find_file(t, face->ops->chosen(face), row);
}

/* The newest open file with that name or number (or any), of those that a command can be about. */
static bool choose(const struct talk *t, struct arguments args,
                   bool (*fits)(const struct transfer_row *row), struct transfer_row *row)
{
    size_t number = parse_number(args);
    for (size_t i = transfer_count(t->parts.session); i > 0; i--) {
        *row = transfer_get(t->parts.session, i - 1);
        bool is_named = strlen(row->name) == args.len && memcmp(row->name, args.at, args.len) == 0;
        if ((args.len == 0 || is_named || i == number) && fits(row))
            return true;
    }
    return false;
}

void perform_add_files(const struct talk *t, struct answer *a)
{
    struct words w = talk_words(t);
    for (size_t i = 0; i < transfer_count(t->parts.session); i++) {
        struct transfer_row row = transfer_get(t->parts.session, i);
        char name[QUOTE_MAX], size[PROGRESS_SIZE_MAX], state[WORDS_MAX];
        words_file_short(&w, &row, state);
        answer_add(a, "\nfile %zu: %s (%s), %s", i + 1,
                   quote_text(row.name, strlen(row.name), name), progress_size(row.size, size),
                   state);
    }
}

/* There is no file that the command can be about. */
static int refuse_file(struct talk *t, const char *what)
{
    struct answer a = {0};
    answer_add(&a, "%s", what);
    perform_add_files(t, &a);
    return perform_refuse(t, &a);
}

int perform_send(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)now_ms;
    struct answer a = {0};
    char path[PATH_MAX], why[WORDS_MAX];
    int rc = filename_expand(args.at, args.len, path);
    if (rc)
        snprintf(why, sizeof why, "that is no path of a file");
    else
        rc = talk_offer_file(t, path, why);
    if (rc == 0 || rc == ERROR_NOMEM)
        return rc;
    answer_add(&a, "%s", why);
    return perform_refuse(t, &a);
}

int perform_accept(struct talk *t, struct arguments args, uint64_t now_ms)
{
    struct answer a = {0};
    struct transfer_row row;
    char why[WORDS_MAX];
    bool found = get_chosen(t, args, &row) && can_be_accepted(&row);
    if (!found && !choose(t, args, can_be_accepted, &row))
        return refuse_file(t, args.len > 0 ? "no such file waits to be accepted"
                                           : "no file waits to be accepted");
    int rc = talk_take_file(t, row.message, now_ms, why);
    if (rc != ERROR_STATE)
        return rc;
    answer_add(&a, "%s", why);
    return perform_refuse(t, &a);
}

int perform_cancel(struct talk *t, struct arguments args, uint64_t now_ms)
{
    struct answer a = {0};
    struct transfer_row row;
    bool found = get_chosen(t, args, &row);
    if (!found && talk_cancel_offer(t, args.at, args.len)) {
        answer_add(&a, "it was not offered yet, and will not be");
        return perform_answer(t, &a);
    }
    found = found || (args.len == 0 && choose(t, args, is_taken, &row));
    if (!found && !choose(t, args, is_any, &row))
        return refuse_file(t, args.len > 0 ? "no such file is on its way, or offered"
                                           : "no file is on its way, or offered");
    return transfer_cancel(t->parts.session, row.message, now_ms);
}

int perform_save(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)now_ms;
    struct answer a = {0};
    char typed[PATH_MAX], folder[PATH_MAX], quoted[QUOTE_MAX];
    if (args.len == 0) {
        const char *setting = settings_value(&t->settings, SETTING_SAVE);
        bool is_there = downloads_find(setting, folder) == 0;
        answer_add(
            &a,
            is_there ? "files that you accept go into %s"
                     : "there is no folder %s for files; /save names another one",
            quote_text(is_there ? folder : setting, strlen(is_there ? folder : setting), quoted));
        return perform_answer(t, &a);
    }
    if (args.len == 4 && memcmp(args.at, "auto", 4) == 0)
        return perform_change(t, SETTING_SAVE, args);
    int rc = filename_expand(args.at, args.len, typed);
    if (rc == 0)
        rc = downloads_find(typed, folder);
    if (rc == 0 && access(folder, W_OK | X_OK) == 0)
        return perform_change(t, SETTING_SAVE, (struct arguments){folder, strlen(folder)});
    answer_add(&a, "cannot save files in %s: %s", quote_text(args.at, args.len, quoted),
               rc && rc != ERROR_SYSTEM ? error_text(rc) : strerror(errno));
    return perform_refuse(t, &a);
}
