#include "batch.h"

#include "error.h"
#include "payload.h"
#include "talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note_shown(void *owner, uint64_t message)
{
    talk_note_shown(((struct batch *)owner)->face.talk, message);
}

struct batch *batch_new(const struct face_ops *ops, size_t line_max, int stop_fd)
{
    struct batch *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->face.ops = ops;
    lines_init(&b->in, STDIN_FILENO, line_max);
    output_init(&b->out, STDOUT_FILENO, stop_fd);
    b->out.wrote = note_shown;
    b->out.owner = b;
    return b;
}

void batch_free(struct face *f)
{
    struct batch *b = (struct batch *)f;
    lines_clear(&b->in);
    output_clear(&b->out);
    free(b);
}

int batch_begin(struct face *f, uint64_t now_ms)
{
    (void)f;
    (void)now_ms;
    return 0;
}

int batch_show_help(struct face *f, const char *commands)
{
    return f->ops->tell(f, FACE_ANSWER, commands);
}

void batch_poll(const struct face *f, struct pollfd fds[FACE_FDS])
{
    const struct batch *b = (const struct batch *)f;
    bool want = !b->in.ended && talk_wants_lines(f->talk);
    fds[0] = (struct pollfd){want ? b->in.fd : -1, POLLIN, 0};
    for (int i = 1; i < FACE_FDS; i++)
        fds[i] = (struct pollfd){-1, 0, 0};
}

uint64_t batch_deadline(const struct face *f)
{
    (void)f;
    return UINT64_MAX;
}

/* Why a line was not sent; NULL where the face was told, or where there is no memory. */
static const char *explain(int error)
{
    switch (error) {
    case ERROR_LIMIT: return "it is longer than a message may be, 16,384 bytes";
    case ERROR_PAYLOAD: return "it is longer than a message may be, 16,384 bytes";
    case ERROR_UTF8: return "it is not text in UTF-8";
    case ERROR_HEADER:
        return "it is not one JSON object with either a \"text\" or a \"command\" in it";
    }
    return error_text(error);
}

static int refuse(struct batch *b, int error)
{
    b->face.refused++;
    if (error == ERROR_STATE)
        return 0;
    char why[256];
    snprintf(why, sizeof why, "line %llu of the input was not sent: %s",
             (unsigned long long)b->in.number, explain(error));
    return b->face.ops->tell(&b->face, FACE_ERROR, why);
}

static int tell_unreadable(struct batch *b)
{
    char why[256];
    snprintf(why, sizeof why, "standard input cannot be read: %s", strerror(errno));
    b->face.refused++;
    return b->face.ops->tell(&b->face, FACE_ERROR, why);
}

static int take_lines(struct batch *b, uint64_t now_ms)
{
    const char *line;
    size_t len;
    int rc;
    while (!talk_is_quitting(b->face.talk) && (rc = lines_next(&b->in, &line, &len))) {
        if (rc > 0)
            rc = b->take_line(b, line, len, now_ms);
        if (rc == ERROR_NOMEM || rc == ERROR_CLOSED)
            return rc;
        if (rc < 0)
            rc = refuse(b, rc);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int batch_take_input(struct face *f, const struct pollfd fds[FACE_FDS], uint64_t now_ms)
{
    struct batch *b = (struct batch *)f;
    if (fds[0].revents == 0)
        return 0;
    int rc = lines_read(&b->in);
    if (rc == ERROR_SYSTEM)
        rc = tell_unreadable(b);
    if (rc < 0 && rc != ERROR_CLOSED)
        return rc;
    return take_lines(b, now_ms);
}

int batch_end_message(struct batch *b, uint64_t id)
{
    int rc = output_mark(&b->out, id);
    return rc ? rc : output_relieve(&b->out);
}

int batch_end_turn(struct face *f, uint64_t now_ms)
{
    (void)now_ms;
    return output_flush(&((struct batch *)f)->out);
}

bool batch_is_ended(const struct face *f)
{
    return lines_ended(&((const struct batch *)f)->in);
}

void batch_clear(struct face *f)
{
    (void)f;
}

/* Nobody can choose without a screen. */
uint64_t batch_chosen(const struct face *f)
{
    (void)f;
    return 0;
}
