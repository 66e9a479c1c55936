#include "play_file.h"

#include <stdio.h>
#include <string.h>

void play_file_says(struct play *p, uint64_t n, const char *payload, size_t i)
{
    char header[128], whole[512];
    snprintf(header, sizeof header, "{'type':'message','from':'bob','stream':#w,'n':%llu,'time':7}",
             (unsigned long long)n);
    const char *hole = strstr(payload, "%s"), *end = payload + strlen(payload);
    const char *id = hole ? transfer_get(p->s, i).id : "";
    snprintf(whole, sizeof whole, "%.*s%s%s", (int)((hole ? hole : end) - payload), payload, id,
             hole ? hole + 2 : "");
    play_relay_payload(p, header, whole);
}

size_t play_count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}
