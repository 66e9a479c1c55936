#include "talk_files.h"

#include "error.h"
#include "filename.h"
#include "quote.h"
#include "talk_internal.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An absolute path: the next start may be in another folder. */
static int make_absolute(const char *path, char out[PATH_MAX])
{
    char here[PATH_MAX] = "";
    if (*path != '/' && !getcwd(here, sizeof here))
        return ERROR_SYSTEM;
    if (snprintf(out, PATH_MAX, "%s%s%s", here, *here ? "/" : "", path) < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return ERROR_SYSTEM;
}

static size_t count_offers(const struct talk *t)
{
    size_t count = 0;
    for (const struct talk_job *job = t->files.jobs; job; job = job->next)
        count += job->message == 0;
    return count;
}

int talk_offer_file(struct talk *t, const char *path, char why[WORDS_MAX])
{
    char absolute[PATH_MAX], wrong[SOURCE_WHY_MAX] = "its name is not UTF-8; rename it first",
                             quoted[QUOTE_MAX];
    const char *name = filename_of(path);
    struct source source = {.fd = -1};
    int rc = text_is_utf8(name, strlen(name)) ? source_open(&source, path, wrong) : ERROR_SYSTEM;
    if (rc == 0 && (rc = make_absolute(path, absolute)))
        snprintf(wrong, sizeof wrong, "%s", strerror(errno));
    if (rc == 0 && count_offers(t) == TALK_OFFERS_MAX) {
        snprintf(wrong, sizeof wrong, "%d others are being read; try again when they are offered",
                 TALK_OFFERS_MAX);
        rc = ERROR_STATE;
    }
    if (rc == 0)
        return talk_add_job(t, 0, absolute, &source);
    source_close(&source);
    snprintf(why, WORDS_MAX, "cannot send %s: %s", quote_text(path, strlen(path), quoted), wrong);
    return ERROR_STATE;
}

int talk_end_offer(struct talk *t, const struct talk_job *job, int judged, const char *digest,
                   uint64_t now_ms)
{
    struct face *face = t->options.face;
    const struct transfer_row file = {
        .name = filename_of(job->path),
        .path = job->path,
        .digest = digest,
        .size = job->source.size,
    };
    char text[WORDS_MAX], quoted[QUOTE_MAX];
    uint64_t message;
    int rc = judged < 0 ? judged : transfer_offer(t->parts.session, &file, now_ms, &message);
    if (rc == 0 || rc == ERROR_NOMEM)
        return rc;
    snprintf(text, sizeof text, "cannot send %s: %s",
             quote_text(file.name, strlen(file.name), quoted),
             rc == ERROR_SYSTEM  ? strerror(errno)
             : rc == ERROR_STATE ? "it changed while it was read"
                                 : error_text(rc));
    face->refused += !face->ops->stays; /* it was a line of the input */
    return face->ops->tell(face, FACE_ERROR, text);
}

/* Opens the file that is sent from now on. */
static int open_sending(struct talk *t, uint64_t message)
{
    struct talk_files *f = &t->files;
    struct transfer_row row;
    char why[SOURCE_WHY_MAX];
    source_close(&f->sending);
    f->sending_of = 0;
    int rc =
        talk_find_file(t, message, &row) ? source_open(&f->sending, row.path, why) : ERROR_STATE;
    if (rc == 0 && f->sending.size != row.size)
        rc = ERROR_STATE;
    if (rc == 0)
        f->sending_of = message;
    return rc;
}

int talk_read_file(struct talk *t, const struct session_event *e, uint64_t now_ms)
{
    struct talk_files *f = &t->files;
    struct transfer_piece piece = {.message = e->piece.message, .offset = e->piece.offset};
    size_t len = e->piece.len < sizeof f->block ? e->piece.len : sizeof f->block;
    int n = f->sending_of == piece.message ? 0 : open_sending(t, piece.message);
    if (n == 0)
        n = source_read(&f->sending, piece.offset, f->block, len);
    if (n < 0)
        return transfer_fail(t->parts.session, piece.message, now_ms);
    piece.bytes = f->block;
    piece.len = (size_t)n;
    return transfer_give(t->parts.session, &piece, now_ms);
}
