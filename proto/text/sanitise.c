#include "property.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOFT_HYPHEN = 0xad,
    ARABIC_LETTER_MARK = 0x61c,
    ZERO_WIDTH_SPACE = 0x200b,
    NON_JOINER = 0x200c,
    JOINER = 0x200d,
    LEFT_TO_RIGHT_MARK = 0x200e,
    RIGHT_TO_LEFT_MARK = 0x200f,
    DOTTED_CIRCLE = 0x25cc,
    REPLACEMENT = 0xfffd,
    BLACK_FLAG = 0x1f3f4,
    CANCEL_TAG = 0xe007f,

    MARKS_MAX = 4,  /* on one base */
    JOINED_MAX = 7, /* further code points in a cluster, beside marks: a family with skin tones */
};

/*
 * Each code point is judged by what the result ends with, and at most by those behind it that will
 * then be kept too. So sanitising a result again judges all of it alike, and changes nothing.
 */
struct door {
    const char *in, *end;
    unsigned flags;
    char *out;              /* NULL: the result is only measured */
    size_t len;             /* of the result */
    uint32_t last;          /* the code point that the result ends with */
    int32_t state;          /* of text_is_break, there */
    unsigned marks, joined; /* counts of the cluster that the result ends with */
};

enum verdict {
    KEEP,
    SHOW, /* as `<U+202E>` */
    DROP,
};

/* The scripts in which joiners, and zero width spaces for want of others, make a difference. */
static bool is_of_joining_script(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } scripts[] = {
        {0x600, 0x109f},    /* Arabic to Myanmar, and the Indic ones between */
        {0x1700, 0x18af},   /* Philippine, Khmer, Mongolian */
        {0x1900, 0x1aaf},   /* Limbu to Tai Tham */
        {0x1b00, 0x1c7f},   /* Balinese to Ol Chiki */
        {0x1cd0, 0x1cff},   /* Vedic signs */
        {0xa840, 0xabff},   /* Phags-pa to Meetei Mayek */
        {0xfb50, 0xfefc},   /* Arabic presentation forms */
        {0x10a00, 0x11fff}, /* Kharoshthi to Tamil supplement */
        {0x1e900, 0x1e95f}, /* Adlam */
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (cp >= scripts[i].first && cp <= scripts[i].last)
            return text_is_letter_or_mark(cp) && !text_is_ignorable(cp);
    return false;
}

static bool is_direction_mark(uint32_t cp)
{
    return cp == ARABIC_LETTER_MARK || cp == LEFT_TO_RIGHT_MARK || cp == RIGHT_TO_LEFT_MARK;
}

static bool is_joiner(uint32_t cp)
{
    return cp == ZERO_WIDTH_SPACE || cp == NON_JOINER || cp == JOINER;
}

static bool is_tag(uint32_t cp)
{
    return (cp >= 0xe0030 && cp <= 0xe0039) || (cp >= 0xe0061 && cp <= 0xe007a);
}

/* Jamo that are nothing without the one before them. */
static bool is_trailing_jamo(uint32_t cp)
{
    return (cp >= 0x1160 && cp <= 0x11ff) || (cp >= 0xd7b0 && cp <= 0xd7ff);
}

/* Whether the tag `cp`, which was just read, begins the rest of a region's flag. */
static bool is_region(const struct door *d, uint32_t cp)
{
    const char *at = d->in;
    int tags = 0;
    while (is_tag(cp) && tags <= 6) {
        int n = text_decode(at, (size_t)(d->end - at), &cp);
        if (n <= 0)
            return false;
        at += n;
        tags++;
    }
    return tags >= 3 && tags <= 6 && cp == CANCEL_TAG;
}

static enum verdict judge_tag(const struct door *d, uint32_t cp)
{
    if (d->last == BLACK_FLAG)
        return is_tag(cp) && is_region(d, cp) ? KEEP : SHOW;
    return is_tag(d->last) ? KEEP : SHOW;
}

static enum verdict judge_joiner(const struct door *d, uint32_t cp)
{
    if (is_of_joining_script(d->last))
        return KEEP;
    uint32_t next;
    if (cp != JOINER || d->joined == JOINED_MAX ||
        text_decode(d->in, (size_t)(d->end - d->in), &next) <= 0)
        return SHOW;
    int32_t state = d->state;
    bool joins = text_is_pictograph(next) && !text_is_break(d->last, JOINER, &state) &&
                 !text_is_break(JOINER, next, &state);
    return joins ? KEEP : SHOW;
}

/* Variation selectors, by the kind of base that they have in Unicode's lists. */
static enum verdict judge_selector(const struct door *d, uint32_t cp)
{
    uint32_t base = d->last;
    if (cp == 0xfe0e || cp == 0xfe0f) {
        bool keycap = (base >= '0' && base <= '9') || base == '#' || base == '*';
        return keycap || text_is_pictograph(base) ? KEEP : DROP;
    }
    if (cp < 0x1900)
        return base >= 0x1800 && base <= 0x18af && is_of_joining_script(base) ? KEEP : SHOW;
    bool plain = base >= 0xa0 && text_is_graphic(base) && !text_is_mark(base);
    if (cp >= 0xe0100)
        return plain && text_is_letter_or_mark(base) && text_columns(base) == 2 ? KEEP : SHOW;
    return plain && !text_is_space(base) ? KEEP : SHOW;
}

static enum verdict judge(const struct door *d, uint32_t cp)
{
    if (cp == SOFT_HYPHEN)
        return DROP;
    if (is_direction_mark(cp))
        return is_direction_mark(d->last) ? SHOW : KEEP;
    if (is_joiner(cp))
        return judge_joiner(d, cp);
    if (is_tag(cp) || cp == CANCEL_TAG)
        return judge_tag(d, cp);
    if ((cp >= 0x180b && cp <= 0x180f) || (cp >= 0xfe00 && cp <= 0xfe0f) ||
        (cp >= 0xe0100 && cp <= 0xe01ef))
        return judge_selector(d, cp);
    if (text_is_ignorable(cp) || !text_is_graphic(cp))
        return SHOW;
    int32_t state = d->state;
    bool starts = text_is_break(d->last, cp, &state);
    if (starts)
        return is_trailing_jamo(cp) ? SHOW : KEEP;
    if (text_is_mark(cp))
        return d->marks == MARKS_MAX ? DROP : KEEP;
    return d->joined == JOINED_MAX ? SHOW : KEEP;
}

static void put(struct door *d, const char *bytes, size_t len)
{
    if (d->out)
        memcpy(d->out + d->len, bytes, len);
    d->len += len;
}

static void put_ascii(struct door *d, const char *s, size_t len)
{
    put(d, s, len);
    d->last = (unsigned char)s[len - 1];
    d->state = 0;
    d->marks = d->joined = 0;
}

static void put_point(struct door *d, uint32_t cp)
{
    if (text_is_break(d->last, cp, &d->state)) {
        d->state = 0;
        d->marks = d->joined = 0;
    } else if (!text_is_ignorable(cp)) {
        *(text_is_mark(cp) ? &d->marks : &d->joined) += 1;
    }
    char bytes[4];
    put(d, bytes, text_encode(cp, bytes));
    d->last = cp;
}

static void show(struct door *d, uint32_t cp)
{
    char form[16];
    int len;
    if (cp < 0x80)
        len = snprintf(form, sizeof form, "^%c", (char)(cp ^ 0x40));
    else
        len = snprintf(form, sizeof form, cp < 0xa0 ? "<%02X>" : "<U+%04X>", (unsigned)cp);
    put_ascii(d, form, (size_t)len);
}

static void pass_point(struct door *d, uint32_t cp)
{
    if (cp == '\n' && d->flags & TEXT_LINES) {
        put_ascii(d, "\n", 1);
    } else if (cp == '\t' && d->flags & TEXT_LINES) {
        put_ascii(d, "    ", 4);
    } else if (cp < 0xa0 || d->flags & TEXT_ASCII) {
        show(d, cp);
    } else {
        enum verdict verdict = judge(d, cp);
        int32_t state = d->state;
        if (verdict == KEEP && text_is_mark(cp) && !text_is_graphic(d->last) &&
            text_is_break(d->last, cp, &state))
            put_point(d, DOTTED_CIRCLE);
        if (verdict == KEEP)
            put_point(d, cp);
        else if (verdict == SHOW)
            show(d, cp);
    }
}

/* Passes all of `s`; gives the length of the result. */
static size_t pass(const char *s, size_t len, unsigned flags, char *out)
{
    struct door d = {.in = s, .end = s + len, .flags = flags, .out = out, .last = '\n'};
    while (d.in < d.end) {
        const char *run = d.in;
        while (d.in < d.end && *d.in >= ' ' && *d.in < 0x7f)
            d.in++;
        if (d.in > run) {
            put_ascii(&d, run, (size_t)(d.in - run));
            continue;
        }
        uint32_t cp;
        int n = text_decode(d.in, (size_t)(d.end - d.in), &cp);
        d.in += n > 0 ? n : 1;
        pass_point(&d, n > 0 ? cp : REPLACEMENT);
    }
    return d.len;
}

char *text_sanitise(const char *s, size_t len, unsigned flags, size_t *out_len)
{
    *out_len = pass(s, len, flags, NULL);
    char *out = malloc(*out_len + 1);
    if (!out)
        return NULL;
    pass(s, len, flags, out);
    out[*out_len] = '\0';
    return out;
}
