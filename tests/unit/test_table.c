#include "error.h"
#include "table.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum {
    NODES = 600,
    HASHES = 200, /* so that three nodes share each */
};

static struct table_node nodes[NODES];

static void fill(struct table *t)
{
    for (size_t i = 0; i < NODES; i++)
        table_put(t, &nodes[i], i % HASHES);
    assert_int_equal(t->count, NODES);
}

/* How many nodes are found under a hash, each of which must have it. */
static size_t count(const struct table *t, uint64_t hash)
{
    size_t found = 0;
    for (struct table_node *node = table_find(t, hash); node; node = table_find_next(node)) {
        assert_int_equal((uint64_t)(node - nodes) % HASHES, hash);
        found++;
    }
    return found;
}

static void test_what_was_put_is_found(void **state)
{
    (void)state;
    struct table t;
    assert_int_equal(table_init(&t), 0);
    fill(&t);
    for (uint64_t hash = 0; hash < HASHES; hash++)
        assert_int_equal(count(&t, hash), NODES / HASHES);
    assert_null(table_find(&t, HASHES));
    for (size_t i = 0; i < NODES; i += 2)
        table_take(&t, &nodes[i]);
    for (uint64_t hash = 0; hash < HASHES; hash++)
        assert_int_equal(count(&t, hash), hash % 2 ? NODES / HASHES : 0);
    table_clear(&t);
}

static void test_short_of_memory_it_only_gets_slower(void **state)
{
    (void)state;
    for (size_t n = 0; torture_begin(n); n++) {
        struct table t;
        int rc = table_init(&t);
        if (rc == 0)
            fill(&t);
        torture_end();
        assert_int_equal(rc, n == 0 ? ERROR_NOMEM : 0);
        for (uint64_t hash = 0; rc == 0 && hash < HASHES; hash++)
            assert_int_equal(count(&t, hash), NODES / HASHES);
        table_clear(&t);
    }
}

/* What it gives lies on disks (seat_sender), so it stays as it is. */
static void test_the_hash_is_siphash_1_3(void **state)
{
    (void)state;
    static const uint64_t key[2];
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        {"a", UINT64_C(0x407448d2b89b1813)},
        {"seven b", UINT64_C(0xab2262fcb5199654)},
        {"eight by", UINT64_C(0xd54cf3f0e0ee2aad)},
        {"a longer text of 27 bytes!!", UINT64_C(0x90f2cd110234ecaf)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(table_hash(key, rows[i].text, strlen(rows[i].text)) == rows[i].hash);
    const uint64_t other[2] = {0, 1};
    assert_true(table_hash(other, "a", 1) != rows[0].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_put_is_found),
        cmocka_unit_test(test_short_of_memory_it_only_gets_slower),
        cmocka_unit_test(test_the_hash_is_siphash_1_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
