#include "error.h"
#include "heap.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    NODES = 200,
};

/* Whether every node lies where it says, under one that is not larger. */
static void check(const struct heap *h)
{
    for (size_t i = 1; i <= h->count; i++) {
        assert_int_equal(h->nodes[i]->at, i);
        if (i > 1)
            assert_true(h->nodes[i / 2]->key <= h->nodes[i]->key);
    }
}

static void test_the_smallest_comes_first(void **state)
{
    (void)state;
    struct heap h = {0};
    struct heap_node nodes[NODES];
    assert_null(heap_first(&h));
    assert_int_equal(heap_reserve(&h, NODES), 0);
    for (int i = 0; i < NODES; i++) {
        nodes[i] = (struct heap_node){.key = i * 77 % NODES - NODES / 2};
        heap_put(&h, &nodes[i]);
        check(&h);
    }
    for (int64_t key = -NODES / 2; key < NODES / 2; key++) {
        struct heap_node *first = heap_first(&h);
        assert_int_equal(first->key, key);
        heap_take(&h, first);
        assert_int_equal(first->at, 0);
        check(&h);
    }
    assert_null(heap_first(&h));
    heap_clear(&h);
}

/* What is put in the place of one from the middle may have to go up as well as down. */
static void test_any_can_be_taken_out(void **state)
{
    (void)state;
    struct heap h = {0};
    struct heap_node nodes[NODES];
    assert_int_equal(heap_reserve(&h, NODES), 0);
    for (int round = 0; round < NODES; round++) {
        for (int i = 0; i < NODES; i++) {
            nodes[i] = (struct heap_node){.key = (i + 1) * (round + 7) % 211};
            heap_put(&h, &nodes[i]);
        }
        for (int i = 0; i < NODES; i++) {
            heap_take(&h, &nodes[(i * 3 + round) % NODES]);
            check(&h);
        }
        assert_int_equal(h.count, 0);
    }
    heap_clear(&h);
}

static void test_no_memory_changes_nothing(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        struct heap h = {0};
        struct heap_node node = {.key = 1};
        int rc = heap_reserve(&h, 1);
        if (rc == 0) {
            heap_put(&h, &node);
            rc = heap_reserve(&h, 1000);
            assert_ptr_equal(heap_first(&h), &node);
        }
        torture_end();
        assert_int_equal(rc, torture_failed() ? ERROR_NOMEM : 0);
        heap_clear(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_smallest_comes_first),
        cmocka_unit_test(test_any_can_be_taken_out),
        cmocka_unit_test(test_no_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
