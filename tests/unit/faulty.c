#include "faulty.h"

#include "error.h"
#include "shim.h"
#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sanitizers look for other mistakes than these tests, and take ten times as long. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 31
#else
#define STRIDE 1
#endif

enum {
    STEPS_MAX = 32,
    STEPS_FEW = 4,
};

/* How one conversation went; shared between the test and the process that leads it. */
struct run {
    int acked;   /* commits that said 0 */
    bool trying; /* one more was begun, and said nothing, or that nobody knows */
    int refused; /* commits, and openings, that said that the disk was full */
    int error;   /* with which it ended */
    bool ended;  /* every step was committed */
    char text[FAULTY_TEXT_MAX];
};

static char folder[64], path[96];
static struct shim *shim;
static struct run *run;
static char texts[STEPS_MAX + 1][FAULTY_TEXT_MAX]; /* what is there after so many commits */

/* Every so many pages SQLite moves what is in its log to its place; 0: as it does by itself. */
static int checkpoint_pages;

static int set_checkpoint(sqlite3 *db, const char **why, const struct sqlite3_api_routines *api)
{
    (void)why;
    (void)api;
    return checkpoint_pages ? sqlite3_wal_autocheckpoint(db, checkpoint_pages) : SQLITE_OK;
}

static sqlite3_mem_methods memory; /* SQLite's own */

static void *allocate(int size)
{
    return torture_fails() ? NULL : memory.xMalloc(size);
}

static void *reallocate(void *at, int size)
{
    return torture_fails() ? NULL : memory.xRealloc(at, size);
}

static void remove_folder(const char *at)
{
    DIR *dir = opendir(at);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));)
        unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    assert_int_equal(rmdir(at), 0);
}

/* A new folder, on a disk that works. */
static void begin(void)
{
    const char *fast =
        "/dev/shm"; /* nothing is really synced, and nothing is to outlive the test */
    snprintf(folder, sizeof folder, "%s/faulty.XXXXXX", access(fast, W_OK) ? "/tmp" : fast);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s.control", folder);
    shim = shim_new(folder, path);
    snprintf(path, sizeof path, "%s/db", folder);
    memset(run, 0, sizeof *run);
}

static void end(void)
{
    char control[96];
    snprintf(control, sizeof control, "%s.control", folder);
    unlink(control);
    remove_folder(shim->journal);
    remove_folder(folder);
    shim_free(shim);
}

/* Dumps what is there now, in the process that has it open. */
static void dump(const struct faulty *f, void *thing)
{
    run->text[0] = '\0';
    int rc = f->dump(thing, run->text, sizeof run->text);
    if (rc)
        snprintf(run->text, sizeof run->text, "it cannot be read: %s\n", error_text(rc));
}

/* Opens it; where the disk is full, it is mended and that tried again. */
static void *open_at_last(const struct faulty *f)
{
    void *thing = NULL;
    while ((run->error = f->open(path, &thing)) && shim->full_from) {
        run->refused++;
        shim_mend(shim);
    }
    return thing;
}

/* A commit said that the disk was full: asserts that nothing happened. */
static void *go_on_when_full(const struct faulty *f, void *thing)
{
    run->refused++;
    run->trying = false;
    run->error = 0;
    if (f->ends_when_full) {
        f->close(thing);
        thing = open_at_last(f);
        if (run->error)
            return thing;
    }
    dump(f, thing);
    if (strcmp(run->text, texts[run->acked]) != 0)
        run->error = ERROR_STATE;
    shim_mend(shim);
    return thing;
}

/* Goes on from `run->acked` to the end, or until it fails for good. */
static void converse(const struct faulty *f)
{
    void *thing = open_at_last(f);
    while (run->error == 0 && run->acked < f->steps) {
        f->change(thing, run->acked);
        run->trying = true;
        run->error = f->commit(thing);
        if (run->error == 0) {
            run->acked++;
            run->trying = false;
        } else if (run->error == ERROR_FULL) {
            thing = go_on_when_full(f, thing);
        }
    }
    run->ended = run->error == 0;
    f->close(thing);
}

static void open_and_dump(const struct faulty *f)
{
    void *thing;
    run->error = f->open(path, &thing);
    if (run->error)
        return;
    dump(f, thing);
    f->close(thing);
}

/* The same, but the process is gone before it can close anything. */
static void open_and_die(const struct faulty *f)
{
    void *thing;
    run->error = f->open(path, &thing);
    if (run->error)
        return;
    dump(f, thing);
    raise(SIGKILL);
}

/* Does something in a process of its own. Whether it lived to the end of it. */
static bool apart(void (*act)(const struct faulty *f), const struct faulty *f)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        shim_attach(shim);
        act(f);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
                (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    return WIFEXITED(status);
}

/* What is there after a conversation without faults, after each of its commits. */
static void learn(const struct faulty *f)
{
    assert_true(f->steps <= STEPS_MAX);
    begin();
    struct faulty shorter = *f;
    for (shorter.steps = 0; shorter.steps <= f->steps; shorter.steps++) {
        assert_true(apart(converse, &shorter));
        assert_true(apart(open_and_dump, f));
        assert_int_equal(run->error, 0);
        strcpy(texts[shorter.steps], run->text);
    }
    end();
}

/* Asserts that what is there is what was promised, and takes it for the promise from now on. */
static void assert_kept(const struct faulty *f, uint64_t n, void (*look)(const struct faulty *f))
{
    apart(look, f);
    if (run->error)
        fail_msg("at %ju it cannot be opened again: %s", (uintmax_t)n, error_text(run->error));
    if (run->trying && strcmp(run->text, texts[run->acked + 1]) == 0)
        run->acked++;
    else if (strcmp(run->text, texts[run->acked]) != 0)
        fail_msg("at %ju, after %d commits%s, there is:\n%sand not:\n%s", (uintmax_t)n, run->acked,
                 run->trying ? " and one that is not known" : "", run->text, texts[run->acked]);
    run->trying = false;
}

/* After whatever happened, a restart finds what was promised, also twice, and can go on. */
static void assert_survived(const struct faulty *f, uint64_t n)
{
    shim_mend(shim);
    if (n % 3 > 0)
        shim_cut_power(shim, n % 3 == 1 ? 0 : n);
    assert_kept(f, n, open_and_die);
    shim_cut_power(shim, 0);
    assert_kept(f, n, open_and_dump);
    assert_true(apart(converse, f));
    assert_int_equal(run->error, 0);
    shim_cut_power(shim, 0);
    assert_kept(f, n, open_and_dump);
    assert_int_equal(run->acked, f->steps);
}

static void test_it_may_die_at_any_moment(void **state)
{
    const struct faulty *f = *state;
    learn(f);
    bool lived = false;
    for (uint64_t n = 1; !lived; n += STRIDE) {
        begin();
        shim->dies_at = n;
        lived = apart(converse, f);
        assert_survived(f, n);
        end();
    }
}

static void test_the_disk_may_be_full(void **state)
{
    const struct faulty *f = *state;
    learn(f);
    int refused = 0;
    uint64_t writes = UINT64_MAX;
    for (uint64_t n = 1; n <= writes; n += STRIDE) {
        begin();
        shim->full_from = n;
        shim->full_until = n % 2 ? UINT64_MAX : n + 2;
        assert_true(apart(converse, f));
        if (!run->ended)
            fail_msg("write %ju failed: %s", (uintmax_t)n, error_text(run->error));
        if (shim->writes < n)
            writes = shim->writes;
        refused += run->refused;
        assert_survived(f, n);
        end();
    }
    assert_true(refused > f->steps / STRIDE);
}

static void test_a_sync_may_fail(void **state)
{
    const struct faulty *f = *state;
    learn(f);
    int failures = 0;
    uint64_t syncs = UINT64_MAX;
    for (uint64_t n = 1; n <= syncs; n += STRIDE)
        for (int kind = 0; kind < 3; kind++) { /* once; that forgets; twice in a row */
            begin();
            shim->broken_from = n;
            shim->broken_until = n + 1 + (kind == 2);
            shim->broken_loses = kind > 0;
            assert_true(apart(converse, f));
            assert_int_equal(run->refused, 0);
            failures += run->error != 0;
            if (shim->syncs < n)
                syncs = shim->syncs;
            assert_survived(f, 3 * n); /* the first restart finds what was not synced, too */
            end();
        }
    assert_true(failures >= f->steps / STRIDE);
}

/* One conversation in which an allocation fails, and what is there of it. */
static void converse_short_of_memory(const struct faulty *f)
{
    void *thing = NULL;
    run->error = f->open(path, &thing);
    while (run->error == 0 && run->acked < f->steps) {
        f->change(thing, run->acked);
        run->error = f->commit(thing);
        run->trying = run->error != 0;
        run->acked += run->error == 0;
    }
    if (run->error == 0 && f->dump(thing, run->text, sizeof run->text) == 0)
        assert_string_equal(run->text, texts[f->steps]);
    f->close(thing);
}

static void test_memory_may_end(void **state)
{
    const struct faulty *f = *state;
    learn(f);
    for (size_t n = 0; torture_begin(n); n += STRIDE) {
        begin();
        converse_short_of_memory(f);
        torture_end();
        assert_kept(f, n, open_and_dump);
        end();
    }
}

/* Few steps: SQLite moves everything to its place only when it is closed. */
static int set_up_short(void **state)
{
    static struct faulty shorter;
    shorter = *(const struct faulty *)*state;
    shorter.steps = STEPS_FEW;
    *state = &shorter;
    checkpoint_pages = 0;
    return 0;
}

/* It does so all the time. */
static int set_up_long(void **state)
{
    (void)state;
    checkpoint_pages = 12;
    return 0;
}

/* SQLite is to take its memory from the torture's. */
static void init(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
    sqlite3_mem_methods mine = memory;
    mine.xMalloc = allocate;
    mine.xRealloc = reallocate;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
    /* Its type is that of the entry of any extension, whatever its arguments. */
    sqlite3_auto_extension((void (*)(void))set_checkpoint);
    run = mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run == MAP_FAILED)
        abort();
}

int faulty_play_all(const struct faulty *f)
{
    void *whole = (void *)(uintptr_t)f;
#define SHORT(test) cmocka_unit_test_prestate_setup_teardown(test, set_up_short, NULL, whole)
#define LONG(test)  cmocka_unit_test_prestate_setup_teardown(test, set_up_long, NULL, whole)
    const struct CMUnitTest tests[] = {
        SHORT(test_it_may_die_at_any_moment), LONG(test_it_may_die_at_any_moment),
        SHORT(test_the_disk_may_be_full),     LONG(test_the_disk_may_be_full),
        SHORT(test_a_sync_may_fail),          LONG(test_a_sync_may_fail),
        SHORT(test_memory_may_end),
    };
    init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
