#include "error.h"
#include "scratch.h"
#include "settings.h"
#include "settings_file.h"
#include "torture_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct settings settings;
static char why[SETTINGS_WHY_MAX];

static int set(enum setting setting, const char *value)
{
    return settings_set(&settings, setting, value, strlen(value), why);
}

static void test_every_option_takes_its_own_initial_value(void **state)
{
    (void)state;
    settings_init(&settings);
    for (enum setting i = 0; i < SETTING_COUNT; i++) {
        const struct settings_option *option = settings_option(i);
        assert_int_equal(settings_find(option->name, strlen(option->name)), i);
        assert_string_equal(settings_value(&settings, i), option->initial);
        assert_int_equal(option->kind == SETTINGS_CHOICE, option->choices != NULL);
        assert_true(*option->help && option->help[strlen(option->help) - 1] != '.');
        if (option->kind != SETTINGS_START)
            assert_int_equal(set(i, option->initial), 0);
    }
    assert_int_equal(settings_find("them", 4), SETTING_COUNT);
    assert_int_equal(settings_find("themes", 6), SETTING_COUNT);
    assert_int_equal(settings_find("", 0), SETTING_COUNT);
}

static void test_choices(void **state)
{
    (void)state;
    settings_init(&settings);
    assert_int_equal(settings_choice(&settings, SETTING_THEME), 0);
    assert_int_equal(set(SETTING_THEME, "light"), 0);
    assert_int_equal(settings_choice(&settings, SETTING_THEME), 1);
    static const char *const wrong[] = {"", "dar", "darkk", "dark light", "Light"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(set(SETTING_THEME, wrong[i]), ERROR_STATE);
        assert_string_equal(why, "theme can be one of: dark light mono");
    }
    assert_string_equal(settings_value(&settings, SETTING_THEME), "light");
}

static void test_text_is_one_short_line(void **state)
{
    (void)state;
    char longest[SETTINGS_VALUE_MAX + 1];
    memset(longest, 'x', sizeof longest);
    settings_init(&settings);
    assert_int_equal(settings_set(&settings, SETTING_NICK, longest, SETTINGS_VALUE_MAX - 1, why),
                     0);
    assert_int_equal(strlen(settings_value(&settings, SETTING_NICK)), SETTINGS_VALUE_MAX - 1);
    assert_int_equal(settings_set(&settings, SETTING_NICK, longest, SETTINGS_VALUE_MAX, why),
                     ERROR_STATE);
    static const char *const wrong[] = {"", "a\nb", "a\033b", "a\177", "a\377"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(set(SETTING_NICK, wrong[i]), ERROR_STATE);
    assert_int_equal(set(SETTING_NICK, "zoë"), 0);
}

/* Loads a file of these bytes. The problems are to be freed. */
static char *load(const char *bytes, size_t len)
{
    char path[] = "/tmp/settings.XXXXXX", *problems;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
    settings_init(&settings);
    assert_int_equal(settings_load(&settings, path, &problems), 0);
    unlink(path);
    return problems;
}

static void test_a_file(void **state)
{
    (void)state;
    static const char good[] = "# mine\n\n; too\nnick = alice\n  room=tea ; and cake\n"
                               "server: den:4000\r\ntheme = light";
    assert_null(load(good, sizeof good - 1));
    assert_string_equal(settings_value(&settings, SETTING_NICK), "alice");
    assert_string_equal(settings_value(&settings, SETTING_ROOM), "tea");
    assert_string_equal(settings_value(&settings, SETTING_SERVER), "den:4000");
    assert_string_equal(settings_value(&settings, SETTING_THEME), "light");
    assert_null(load("", 0));
}

static void test_bad_lines_are_named_and_the_others_count(void **state)
{
    (void)state;
    static const char bad[] = "nick alice\ntheme = blue\n[room]\nroom = tea\nfrob\033 = 1\n"
                              "nick = a\0b\nnick = \n  no\n";
    static const char *const numbers[] = {
        "line 1: this is no line like 'name = value'",
        "line 2: theme can be one of: dark light mono",
        "line 3: there are no sections",
        "line 5: there is no option 'frob^['",
        "line 6: this is not text",
        "line 7: nick needs one line",
        "line 8: this is no line",
    };
    char *problems = load(bad, sizeof bad - 1), *at = problems;
    assert_non_null(problems);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char *line = strsep(&at, "\n");
        assert_non_null(line);
        if (!strstr(line, numbers[i]) || strncmp(line, "/tmp/settings.", 14) != 0)
            fail_msg("'%s' is not in '%s'", numbers[i], line);
    }
    assert_null(at);
    free(problems);
    assert_string_equal(settings_value(&settings, SETTING_ROOM), "tea");

    char line[4096];
    memset(line, 'x', sizeof line);
    memcpy(line, "nick = ", 7);
    memcpy(line + sizeof line - 13, "\nroom = cake\n", 13);
    problems = load(line, sizeof line);
    assert_non_null(strstr(problems, "line 1: this line is too long"));
    assert_null(strchr(problems, '\n'));
    assert_string_equal(settings_value(&settings, SETTING_ROOM), "cake");
    free(problems);
}

/* chat-config(5), the part that lists the settings. */
static void test_the_manual_lists_them(void **state)
{
    (void)state;
    static char page[16384];
    FILE *file = fopen(TEST_DATA "/../../client/chat-config.5", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    size_t items = 0;
    for (const char *at = page; (at = strstr(at, "\n.It Cm ")); at++)
        items++;
    assert_int_equal(items, SETTING_COUNT);
    for (enum setting i = 0; i < SETTING_COUNT; i++) {
        const struct settings_option *option = settings_option(i);
        static const char *const values[] = {
            [SETTINGS_SWITCH] = "on off",
            [SETTINGS_COMMAND] = "command off",
            [SETTINGS_FOLDER] = "folder auto",
            [SETTINGS_START] = "text",
        };
        char item[128], initial[128];
        snprintf(item, sizeof item, "\n.It Cm %s = %s\n", option->name,
                 option->choices ? option->choices : values[option->kind]);
        snprintf(initial, sizeof initial, "\nThe default is\n.Cm %s .", option->initial);
        const char *found = strstr(page, item);
        if (!found)
            fail_msg("no '%s' in the page", item);
        const char *next = strstr(found + 1, "\n.It Cm "), *said = strstr(found, initial);
        if (option->kind != SETTINGS_START && (!said || (next && said > next)))
            fail_msg("no '%s' after '%s'", initial, item);
    }
}

/* Saves a value over a file of these bytes, and gives what is in it then. */
static const char *save(const char *before, enum setting setting, const char *value, int expected)
{
    static char after[4096];
    const char *path = scratch_path("config");
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite(before, 1, strlen(before), file), strlen(before));
    fclose(file);
    assert_int_equal(chmod(path, 0640), 0);
    settings_init(&settings);
    assert_int_equal(set(setting, value), 0);
    assert_int_equal(settings_save(&settings, setting, path), expected);
    file = fopen(path, "r");
    after[fread(after, 1, sizeof after - 1, file)] = '\0';
    fclose(file);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    return after;
}

static void test_a_value_is_kept_in_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after; /* where the theme becomes light */
    } rows[] = {
        {"", "theme = light\n"},
        {"# mine\n", "# mine\ntheme = light\n"},
        {"bell = off", "bell = off\ntheme = light\n"},
        {"theme = dark\n", "theme = light\n"},
        {"theme=dark", "theme=light"},
        {"  theme :  dark  ; at night\r\nroom = tea\r\n",
         "  theme :  light  ; at night\r\nroom = tea\r\n"},
        {"theme = dark\n# theme = dark\n; theme = dark\ntheme = mono ;\nthemes = dark\n",
         "theme = dark\n# theme = dark\n; theme = dark\ntheme = light ;\nthemes = dark\n"},
        {"theme = ; none\n", "theme = light ; none\n"},
        {"theme =\n", "theme =light\n"},
        {"theme = blue\nno line\n", "theme = light\nno line\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(save(rows[i].before, SETTING_THEME, "light", 0), rows[i].after);
    save("", SETTING_NOTIFY, "notify-send;x a", 0);
    static const char *const impossible[] = {"say ;x", "say ; x", ";"};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
        assert_string_equal(save("bell = on\n", SETTING_NOTIFY, impossible[i], ERROR_SYSTEM),
                            "bell = on\n");
}

static void test_a_file_that_cannot_be_read_to_its_end_stays(void **state)
{
    (void)state;
    static const char before[] = "bell = off\ntheme = dark\nroom = tea\n";
    for (int lines = 0; lines < 2 * 4; lines++) { /* it is read twice, with its end */
        torture_lines = lines;
        assert_string_equal(save(before, SETTING_THEME, "light", ERROR_SYSTEM), before);
    }
    assert_int_equal(torture_lines, -1);
}

static void test_where_a_value_is_kept(void **state)
{
    (void)state;
    settings_init(&settings);
    assert_int_equal(set(SETTING_THEME, "light"), 0);
    const char *folders = scratch_path("a/b/config"), *link = scratch_path("link");
    assert_int_equal(settings_save(&settings, SETTING_THEME, folders), 0);
    assert_int_equal(symlink(folders, link), 0);
    assert_int_equal(set(SETTING_THEME, "mono"), 0);
    assert_int_equal(settings_save(&settings, SETTING_THEME, link), 0);
    struct settings read;
    char *problems;
    settings_init(&read);
    assert_int_equal(settings_load(&read, folders, &problems), 0);
    assert_string_equal(settings_value(&read, SETTING_THEME), "mono");
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    static const char *const impossible[] = {"/dev/null", "/", "/dev/null/config", "/proc/config"};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
        assert_int_equal(settings_save(&settings, SETTING_THEME, impossible[i]), ERROR_SYSTEM);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void test_no_file(void **state)
{
    (void)state;
    char *problems;
    assert_int_equal(settings_load(&settings, "/nowhere/config", &problems), ERROR_SYSTEM);
    assert_null(problems);
    assert_int_equal(settings_load(&settings, "/", &problems), ERROR_SYSTEM);
    assert_null(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_takes_its_own_initial_value),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_text_is_one_short_line),
        cmocka_unit_test(test_a_file),
        cmocka_unit_test(test_bad_lines_are_named_and_the_others_count),
        cmocka_unit_test(test_a_value_is_kept_in_its_line),
        cmocka_unit_test(test_a_file_that_cannot_be_read_to_its_end_stays),
        cmocka_unit_test(test_where_a_value_is_kept),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_the_manual_lists_them),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
