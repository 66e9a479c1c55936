#include "dns.h"

#include "error.h"

#include <arpa/nameser.h>
#include <assert.h>
#include <string.h>

enum {
    HEADER_LEN = 12,
    AT_FLAGS = 2,
    AT_QUESTIONS = 4, /* then of answers, of authorities and of additional records */
    AT_ANSWERS = 6,
    AT_AUTHORITIES = 8,
    AT_ADDITIONAL = 10,
    IS_ANSWER = 0x8000, /* flags */
    OPCODE = 0x7800,
    CODE = 0x000f,
    QUESTION_LEN = 4, /* behind the name */
    RECORD_LEN = 10,
};

uint16_t dns_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

int dns_reader_init(struct dns_reader *r, const uint8_t *bytes, size_t len)
{
    if (len < HEADER_LEN)
        return ERROR_FRAME;
    uint16_t flags = dns_get_u16(bytes + AT_FLAGS);
    if (flags & (OPCODE | CODE))
        return ERROR_FRAME;
    *r = (struct dns_reader){
        .bytes = bytes,
        .len = len,
        .at = HEADER_LEN,
        .id = dns_get_u16(bytes),
        .is_answer = flags & IS_ANSWER,
        .questions = dns_get_u16(bytes + AT_QUESTIONS),
        .records = (unsigned)dns_get_u16(bytes + AT_ANSWERS) + dns_get_u16(bytes + AT_AUTHORITIES) +
                   dns_get_u16(bytes + AT_ADDITIONAL),
    };
    return r->questions + r->records > DNS_ENTRIES_MAX ? ERROR_FRAME : 0;
}

/* Reads a name, and gives how many bytes it takes where it stands. */
static int get_name(const struct dns_reader *r, const uint8_t *at, char name[DNS_NAME_SIZE])
{
    int len = ns_name_uncompress(r->bytes, r->bytes + r->len, at, name, DNS_NAME_SIZE);
    if (len < 0)
        return ERROR_FRAME;
    for (char *c = name; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    return len;
}

/* Reads a name and the `len` bytes behind it, which are given. */
static int get_head(struct dns_reader *r, struct dns_record *record, size_t len,
                    const uint8_t **head)
{
    int name_len = get_name(r, r->bytes + r->at, record->name);
    if (name_len < 0 || r->len - r->at - (size_t)name_len < len)
        return ERROR_FRAME;
    *head = r->bytes + r->at + name_len;
    record->type = dns_get_u16(*head);
    record->class = dns_get_u16(*head + 2);
    r->at += (size_t)name_len + len;
    return 0;
}

int dns_next_question(struct dns_reader *r, struct dns_record *q)
{
    const uint8_t *head;
    if (r->questions == 0)
        return 0;
    int rc = get_head(r, q, QUESTION_LEN, &head);
    q->data = NULL;
    q->len = 0;
    r->questions -= rc == 0;
    return rc ? rc : 1;
}

int dns_next_record(struct dns_reader *r, struct dns_record *record)
{
    const uint8_t *head;
    if (r->records == 0)
        return 0;
    int rc = get_head(r, record, RECORD_LEN, &head);
    if (rc)
        return rc;
    record->ttl_s = (uint32_t)dns_get_u16(head + 4) << 16 | dns_get_u16(head + 6);
    record->len = dns_get_u16(head + 8);
    record->data = head + RECORD_LEN;
    if (record->len > r->len - r->at)
        return ERROR_FRAME;
    r->at += record->len;
    r->records--;
    return 1;
}

int dns_get_name(const struct dns_reader *r, const struct dns_record *record, size_t at,
                 char name[DNS_NAME_SIZE])
{
    int len = at < record->len ? get_name(r, record->data + at, name) : ERROR_FRAME;
    return len >= 0 && at + (size_t)len == record->len ? 0 : ERROR_FRAME;
}

static void put_u16_at(uint8_t *at, uint16_t n)
{
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
}

static void put(struct dns_writer *w, const void *bytes, size_t len)
{
    assert(len <= DNS_MESSAGE_MAX - w->len);
    memcpy(w->bytes + w->len, bytes, len);
    w->len += len;
}

static void put_u16(struct dns_writer *w, uint16_t n)
{
    put(w, (const uint8_t[]){(uint8_t)(n >> 8), (uint8_t)n}, 2);
}

static void put_name(struct dns_writer *w, const char *name)
{
    int len = ns_name_compress(name, w->bytes + w->len, DNS_MESSAGE_MAX - w->len, w->names,
                               w->names + DNS_NAMES_MAX);
    assert(len > 0);
    w->len += (size_t)len;
}

static void count(struct dns_writer *w, size_t at)
{
    put_u16_at(w->bytes + at, (uint16_t)(dns_get_u16(w->bytes + at) + 1));
}

void dns_writer_init(struct dns_writer *w, uint8_t bytes[DNS_MESSAGE_MAX], uint16_t id,
                     uint16_t flags)
{
    *w = (struct dns_writer){.bytes = bytes, .names = {bytes}};
    put_u16(w, id);
    put_u16(w, flags);
    put(w, (const uint8_t[HEADER_LEN - AT_QUESTIONS]){0}, HEADER_LEN - AT_QUESTIONS);
}

void dns_put_question(struct dns_writer *w, const char *name, enum dns_type type, uint16_t class)
{
    put_name(w, name);
    put_u16(w, (uint16_t)type);
    put_u16(w, class);
    count(w, AT_QUESTIONS);
}

void dns_put_record(struct dns_writer *w, const struct dns_put *record)
{
    put_name(w, record->name);
    put_u16(w, (uint16_t)record->type);
    put_u16(w, record->class);
    put_u16(w, (uint16_t)(record->ttl_s >> 16));
    put_u16(w, (uint16_t)record->ttl_s);
    w->record = w->len;
    put_u16(w, 0);
    count(w, record->additional ? AT_ADDITIONAL : AT_ANSWERS);
}

static void end_data(struct dns_writer *w)
{
    put_u16_at(w->bytes + w->record, (uint16_t)(w->len - w->record - 2));
}

void dns_put_data(struct dns_writer *w, const void *bytes, size_t len)
{
    put(w, bytes, len);
    end_data(w);
}

void dns_put_data_u16(struct dns_writer *w, uint16_t n)
{
    put_u16(w, n);
    end_data(w);
}

void dns_put_data_name(struct dns_writer *w, const char *name)
{
    put_name(w, name);
    end_data(w);
}
