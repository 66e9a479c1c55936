#include "talk_files.h"

#include "downloads.h"
#include "error.h"
#include "quote.h"
#include "talk_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

/* One of theirs cannot be written: its sender stops, and it can be taken again. */
static int hold(struct talk *t, const struct transfer_row *row, int error, uint64_t now_ms)
{
    struct talk_files *f = &t->files;
    struct face *face = t->options.face;
    char text[WORDS_MAX], name[QUOTE_MAX], path[QUOTE_MAX];
    snprintf(text, sizeof text, "cannot write %s (%s): %s; /accept goes on with it",
             quote_text(row->name, strlen(row->name), name),
             quote_text(row->path, strlen(row->path), path), strerror(error));
    if (f->writing_of == row->message) {
        sink_close(&f->writing);
        f->writing_of = 0;
    }
    int rc = transfer_fail(t->parts.session, row->message, now_ms);
    return rc ? rc : face->ops->tell(face, FACE_ERROR, text);
}

/* What was written last is safe, before another one is written. */
static void put_away(struct talk_files *f)
{
    if (f->writing_of)
        sink_sync(&f->writing);
    sink_close(&f->writing);
    f->writing_of = 0;
}

/* ENOSPC where it would not fit. */
static int check_room(const char *folder, uint64_t wanted)
{
    struct statvfs st;
    if (statvfs(folder, &st) || st.f_bavail >= wanted / st.f_frsize)
        return 0;
    errno = ENOSPC;
    return ERROR_SYSTEM;
}

/*
 * Opens the part file of one of theirs, or begins a new one in the folder for files. Gives its
 * path, or with an error that of the folder; and how much of it there is.
 */
static int open_part(struct talk *t, const struct transfer_row *row, char path[PATH_MAX],
                     uint64_t *offset)
{
    struct talk_files *f = &t->files;
    char folder[PATH_MAX];
    put_away(f);
    snprintf(path, PATH_MAX, "%s", row->path);
    *offset = row->offset;
    if (*path && sink_open(&f->writing, path, offset) == 0)
        return 0;
    const char *setting = settings_value(&t->settings, SETTING_SAVE);
    snprintf(path, PATH_MAX, "%s", setting);
    int rc = downloads_find(setting, folder);
    if (rc)
        return rc;
    strcpy(path, folder);
    *offset = 0;
    rc = check_room(folder, row->size);
    return rc ? rc : sink_make(&f->writing, folder, row->name, path);
}

int talk_take_file(struct talk *t, uint64_t message, uint64_t now_ms, char why[WORDS_MAX])
{
    struct transfer_row row;
    char path[PATH_MAX], name[QUOTE_MAX], place[QUOTE_MAX];
    uint64_t offset;
    if (!talk_find_file(t, message, &row))
        return ERROR_STATE;
    int rc = open_part(t, &row, path, &offset);
    if (rc == ERROR_SYSTEM) {
        snprintf(why, WORDS_MAX, "cannot save %s in %s: %s; /save names another folder",
                 quote_text(row.name, strlen(row.name), name),
                 quote_text(path, strlen(path), place), strerror(errno));
        return ERROR_STATE;
    }
    if (rc)
        return rc;
    t->files.writing_of = message;
    return transfer_take(t->parts.session, message, path, offset, now_ms);
}

int talk_files_resume(struct talk *t, uint64_t now_ms)
{
    struct face *face = t->options.face;
    int rc = 0;
    for (size_t i = 0; i < transfer_count(t->parts.session) && rc == 0; i++) {
        struct transfer_row row = transfer_get(t->parts.session, i);
        char why[WORDS_MAX];
        rc = talk_tell_file(t, &row, now_ms);
        if (rc || row.mine || row.state != TRANSFER_TAKEN)
            continue;
        rc = talk_take_file(t, row.message, now_ms, why);
        if (rc != ERROR_STATE)
            continue;
        rc = transfer_fail(t->parts.session, row.message, now_ms);
        if (rc == 0)
            rc = face->ops->tell(face, FACE_ERROR, why);
    }
    return rc;
}

static int write_piece(struct talk_files *f, const struct transfer_row *row,
                       const struct transfer_piece *piece)
{
    uint64_t offset = piece->offset;
    if (f->writing_of != row->message) {
        put_away(f);
        if (sink_open(&f->writing, row->path, &offset))
            return ERROR_SYSTEM;
        f->writing_of = row->message;
    }
    return sink_write(&f->writing, piece->offset, piece->bytes, piece->len);
}

int talk_write_file(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    struct transfer_row row;
    if (!talk_find_file(t, e->piece.message, &row) || row.state != TRANSFER_TAKEN)
        return 0; /* it was held or ended while this was on its way */
    return write_piece(&t->files, &row, &e->piece) ? hold(t, &row, errno, now_ms) : 0;
}

int talk_save_file(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    struct talk_files *f = &t->files;
    const struct transfer_row *row = &e->file_row;
    int rc = f->writing_of == row->message ? sink_sync(&f->writing) : 0, error = errno;
    struct transfer_row open;
    history_save(t->parts.history, e);
    t->unsaved = true;
    bool is_taken = rc && talk_find_file(t, row->message, &open) && open.state == TRANSFER_TAKEN;
    return is_taken ? hold(t, &open, error, now_ms) : 0;
}

int talk_check_file(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    struct transfer_row row;
    struct source source;
    char why[SOURCE_WHY_MAX];
    if (!talk_find_file(t, e->id, &row) || row.offset < row.size)
        return 0; /* it was held, or begins anew, while this was on its way */
    put_away(&t->files);
    if (source_open(&source, row.path, why))
        return hold(t, &row, errno, now_ms);
    return talk_add_job(t, e->id, row.path, &source);
}

int talk_end_check(struct talk *t, const struct talk_job *job, int judged, const char *digest,
                   uint64_t now_ms)
{
    struct session *s = t->parts.session;
    struct talk_files *f = &t->files;
    struct transfer_row row;
    char final[PATH_MAX];
    if (!talk_find_file(t, job->message, &row))
        return 0;
    if (judged == ERROR_SYSTEM)
        return hold(t, &row, errno, now_ms);
    bool is_right = judged == 1 && job->source.size == row.size && strcmp(digest, row.digest) == 0;
    int rc = is_right ? sink_name(job->path, row.name, final) : 0;
    if (rc == ERROR_NOMEM)
        return rc;
    if (rc)
        return hold(t, &row, rc == ERROR_STATE ? ENOENT : errno, now_ms);
    f->judged = job->message;
    strcpy(f->part, job->path);
    return transfer_check(s, job->message, is_right ? final : NULL, now_ms);
}
