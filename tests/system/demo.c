#include "demo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct terminal *demo_start_in(int rows, int columns, const char *const *environment)
{
    static const char *const argv[] = {DEMO_SCREEN, NULL};
    return terminal_start(&(struct terminal_options){argv, environment, rows, columns});
}

struct terminal *demo_start(int rows, int columns)
{
    struct terminal *t = demo_start_in(rows, columns, NULL);
    assert_true(terminal_wait(t, "lobby  bob"));
    return t;
}

void demo_assert_restored(struct terminal *t)
{
    assert_false(terminal_is_alternate(t));
    assert_false(terminal_mode(t, 2004));
    assert_false(terminal_mode(t, 1004));
    assert_false(terminal_mode(t, 1007));
    assert_true(terminal_is_cooked(t));
}

void demo_quit(struct terminal *t)
{
    terminal_send(t, "\003\003\003"); /* clears the line; asks; yes */
    assert_int_equal(terminal_wait_exit(t), 0);
    demo_assert_restored(t);
    terminal_free(t);
}
