#include "talk_files.h"

#include "error.h"
#include "filename.h"
#include "talk_internal.h"

#include <stdlib.h>
#include <string.h>

void talk_files_init(struct talk_files *f)
{
    *f = (struct talk_files){.sending = {.fd = -1}, .writing = {.fd = -1}};
}

static void remove_job(struct talk_job **at)
{
    struct talk_job *job = *at;
    *at = job->next;
    source_close(&job->source);
    free(job);
}

void talk_files_clear(struct talk_files *f)
{
    while (f->jobs)
        remove_job(&f->jobs);
    source_close(&f->sending);
    sink_close(&f->writing);
    talk_files_init(f);
}

bool talk_find_file(const struct talk *t, uint64_t message, struct transfer_row *row)
{
    for (size_t i = transfer_count(t->parts.session); i > 0; i--) {
        *row = transfer_get(t->parts.session, i - 1);
        if (row->message == message)
            return true;
    }
    return false;
}

int talk_add_job(struct talk *t, uint64_t message, const char *path, struct source *source)
{
    struct talk_job **last = &t->files.jobs, *job = malloc(sizeof *job + strlen(path) + 1);
    if (!job) {
        source_close(source);
        return ERROR_NOMEM;
    }
    while (*last)
        last = &(*last)->next;
    *job = (struct talk_job){.message = message, .source = *source};
    strcpy(job->path, path);
    *last = job;
    return 0;
}

int talk_files_turn(struct talk *t, uint64_t now_ms)
{
    struct talk_job *job = t->files.jobs;
    char digest[DIGEST_TEXT_SIZE];
    int judged = job ? source_judge(&job->source, digest) : 0, rc;
    if (judged == 0)
        return 0;
    t->files.jobs = job->next;
    source_close(&job->source);
    rc = job->message ? talk_end_check(t, job, judged, digest, now_ms)
                      : talk_end_offer(t, job, judged, digest, now_ms);
    free(job);
    return rc;
}

bool talk_cancel_offer(struct talk *t, const char *name, size_t len)
{
    for (struct talk_job **at = &t->files.jobs; *at; at = &(*at)->next) {
        const char *own = filename_of((*at)->path);
        if ((*at)->message || (len > 0 && (strlen(own) != len || memcmp(own, name, len) != 0)))
            continue;
        remove_job(at);
        return true;
    }
    return false;
}

/* It is over: nothing of it stays open, or lies about. */
static void tidy(struct talk_files *f, const struct transfer_row *row)
{
    struct talk_job **at = &f->jobs;
    if (f->sending_of == row->message) {
        source_close(&f->sending);
        f->sending_of = 0;
    }
    if (row->mine)
        return;
    if (f->writing_of == row->message) {
        sink_close(&f->writing);
        f->writing_of = 0;
    }
    while (*at && (*at)->message != row->message)
        at = &(*at)->next;
    if (*at)
        remove_job(at);
    if (f->judged == row->message)
        sink_remove(f->part);
    else if (row->state != TRANSFER_DONE)
        sink_remove(row->path);
}

int talk_tell_file(struct talk *t, const struct transfer_row *row, uint64_t now_ms)
{
    struct face *face = t->options.face;
    uint64_t *moved = &t->files.moved[row->mine], *told_ms = &t->files.told_ms[row->mine];
    bool has_changed = row->state != TRANSFER_TAKEN || *moved != row->message;
    if (row->state == TRANSFER_TAKEN)
        *moved = row->message;
    else if (*moved == row->message)
        *moved = 0;
    if (row->state > TRANSFER_TAKEN)
        tidy(&t->files, row);
    if (!has_changed && now_ms < *told_ms + PROGRESS_DRAW_MS)
        return 0;
    *told_ms = now_ms;
    return face->ops->show_file(face, row, has_changed);
}

int talk_show_file(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    return talk_tell_file(t, &e->file_row, now_ms);
}

bool talk_files_are_busy(const struct talk *t)
{
    if (t->files.jobs)
        return true;
    for (size_t i = transfer_count(t->parts.session); i > 0; i--) {
        struct transfer_row row = transfer_get(t->parts.session, i - 1);
        if (row.state == TRANSFER_TAKEN || (row.mine && t->is_peer_here))
            return true;
    }
    return false;
}

/* The one that moves, else the oldest that is taken. */
static bool find_moving(const struct talk *t, bool mine, struct transfer_row *row)
{
    if (talk_find_file(t, t->files.moved[mine], row))
        return true;
    for (size_t i = 0; i < transfer_count(t->parts.session); i++) {
        *row = transfer_get(t->parts.session, i);
        if (row->mine == mine && row->state == TRANSFER_TAKEN)
            return true;
    }
    return false;
}

bool talk_get_work(const struct talk *t, bool mine, struct talk_work *work)
{
    const struct talk_job *job = t->files.jobs;
    struct transfer_row row;
    while (job && (job->message == 0) != mine)
        job = job->next;
    if (job) {
        *work = (struct talk_work){job->message, mine ? "reading " : "checking ",
                                   filename_of(job->path), job->source.judged, job->source.size};
        if (!mine && talk_find_file(t, job->message, &row))
            work->name = row.name;
        return true;
    }
    if (!find_moving(t, mine, &row))
        return false;
    *work = (struct talk_work){row.message, "", row.name, row.offset, row.size};
    return true;
}
