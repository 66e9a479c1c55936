#include "perform.h"

#include "error.h"
#include "quote.h"
#include "settings_file.h"

#include <errno.h>
#include <string.h>

/* Its value; of those that count at the start, what this run began with. */
static const char *value_of(const struct talk *t, enum setting setting)
{
    struct words w = talk_words(t);
    switch (setting) {
    case SETTING_NICK: return w.nick;
    case SETTING_ROOM: return w.room;
    case SETTING_SERVER: return w.relay;
    default: return settings_value(&t->settings, setting);
    }
}

static void add_setting(const struct talk *t, enum setting setting, struct answer *a)
{
    const struct settings_option *option = settings_option(setting);
    const char *value = value_of(t, setting);
    char quoted[QUOTE_MAX];
    answer_add(a, "  %-12s %-15s  %s", option->name, quote_text(value, strlen(value), quoted),
               option->help);
    if (option->choices)
        answer_add(a, " (%s)", option->choices);
}

/* Keeps a setting that was changed, and says so. */
static int keep(struct talk *t, enum setting setting)
{
    struct answer a = {0};
    const char *path = t->options.config, *value = settings_value(&t->settings, setting);
    char quoted[QUOTE_MAX], quoted_path[QUOTE_MAX];
    quote_text(path, strlen(path), quoted_path);
    answer_add(&a, "%s is %s", settings_option(setting)->name,
               quote_text(value, strlen(value), quoted));
    int rc = *path ? settings_save(&t->settings, setting, path) : 0;
    if (rc == ERROR_NOMEM)
        return rc;
    if (rc)
        answer_add(&a, " until the end of this run: %s cannot keep it (%s)", quoted_path,
                   strerror(errno));
    else if (*path)
        answer_add(&a, ", kept in %s", quoted_path);
    else
        answer_add(&a, " until the end of this run");
    return perform_answer(t, &a);
}

int perform_change(struct talk *t, enum setting setting, struct arguments value)
{
    struct answer a = {0};
    char why[SETTINGS_WHY_MAX];
    if (settings_option(setting)->kind == SETTINGS_START) {
        answer_add(&a, "%s counts at the start alone: give --%s then, or write it into %s",
                   settings_option(setting)->name, settings_option(setting)->name,
                   t->options.config);
        return perform_refuse(t, &a);
    }
    if (settings_set(&t->settings, setting, value.at, value.len, why)) {
        answer_add(&a, "%s", why);
        return perform_refuse(t, &a);
    }
    return keep(t, setting);
}

int perform_set(struct talk *t, struct arguments args, uint64_t now_ms)
{
    (void)now_ms;
    struct answer a = {0};
    size_t name_len = 0, start;
    while (name_len < args.len && args.at[name_len] != ' ')
        name_len++;
    for (start = name_len; start < args.len && args.at[start] == ' ';)
        start++;
    enum setting setting = settings_find(args.at, name_len);
    if (args.len > 0 && setting == SETTING_COUNT) {
        char quoted[QUOTE_MAX];
        answer_add(&a, "there is no setting '%s'; /set lists them",
                   quote_text(args.at, name_len, quoted));
        return perform_refuse(t, &a);
    }
    if (start < args.len)
        return perform_change(t, setting, (struct arguments){args.at + start, args.len - start});
    for (enum setting i = 0; i < SETTING_COUNT; i++) {
        if (args.len > 0 && i != setting)
            continue;
        answer_add(&a, "%s", a.len > 0 ? "\n" : "");
        add_setting(t, i, &a);
    }
    return perform_answer(t, &a);
}

int perform_theme(struct talk *t, struct arguments args, uint64_t now_ms)
{
    struct face *face = t->options.face;
    if (args.len > 0)
        return perform_change(t, SETTING_THEME, args);
    if (face->ops->choose_theme)
        return face->ops->choose_theme(face);
    return perform_set(t, (struct arguments){"theme", 5}, now_ms);
}
