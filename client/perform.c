#include "talk_internal.h"

#include "error.h"

int talk_line(struct talk *t, const char *line, size_t len, uint64_t now_ms)
{
    if (len > 1 && line[0] == '/' && line[1] == '/')
        return talk_say(t, PAYLOAD_TEXT, line + 1, len - 1, now_ms);
    if (len > 0 && line[0] == '/') {
        t->options.face->ops->tell(t->options.face, FACE_ERROR, "there is no such command");
        return ERROR_STATE;
    }
    return talk_say(t, PAYLOAD_TEXT, line, len, now_ms);
}
