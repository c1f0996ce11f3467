/* The store under threads: no lost reference, no torn row, no missed wake; for TSan above all. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/clock.h"
#include "model/assessment.h"

enum { WRITERS = 3, READERS = 3, ROUNDS = 400, WITHIN_MS = 30000 };

/* Rows whose members agree with each other, so that a torn one shows. */
static void *
write_pools(void *argument)
{
    struct store *store = argument;

    for (int round = 1; round <= ROUNDS; round++) {
        struct arena *arena = arena_new();
        size_t n = (size_t)(round % 7) + 1;
        struct pool *pools = arena_array(arena, n, sizeof(*pools));
        struct source_status status = {
            .state = round % 2 ? SOURCE_STATE_ok : SOURCE_STATE_error,
            .interval_ms = 1000,
            .rounds = (uint32_t)round,
        };

        for (size_t i = 0; i < n; i++)
            pools[i] = (struct pool){
                .id = arena_printf(arena, "env_%d", round),
                .name = arena_printf(arena, "%d", round),
                .stats_error = "",
                .work_error = "",
                .depth = round,
                .pending = round,
                .expected_workers = -1,
            };
        store_publish(store, SLOT_pools, arena, pools, n);
        store_source(store, SOURCE_environments, &status);
    }
    return NULL;
}

static void *
read_pools(void *argument)
{
    struct store *store = argument;
    struct thresholds thresholds = thresholds_default();
    uint64_t last = 0;

    for (int round = 0; round < ROUNDS; round++) {
        struct snapshot snapshot;
        size_t n;
        const struct pool *pools;

        store_snapshot(store, &snapshot);
        pools = snapshot_pools(&snapshot, &n);
        if (snapshot.version < last)
            return (void *)"a snapshot is older than the one before";
        last = snapshot.version;
        for (size_t i = 0; i < n; i++)
            if (pools[i].depth != pools[i].pending || strcmp(pools[i].id + 4, pools[i].name) != 0)
                return (void *)"a row is torn";
        assessment_free(assess(&snapshot, &thresholds, 1));
        store_release(store, &snapshot);
    }
    return NULL;
}

static void
writers_and_readers_never_see_half_a_change(void **state)
{
    struct store *store = store_new();
    pthread_t writers[WRITERS], readers[READERS];

    (void)state;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_pools, store), 0);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_pools, store), 0);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    for (int i = 0; i < READERS; i++) {
        void *trouble = NULL;

        pthread_join(readers[i], &trouble);
        assert_null(trouble);
    }
    store_free(store);
}

static void *
make_wishes(void *argument)
{
    struct store *store = argument;
    struct wish wish = {.kind = WISH_refresh};

    for (int made = 0; made < ROUNDS;)
        made += store_wish(store, WISH_FOR_api, &wish);
    return NULL;
}

static void
no_wish_is_lost_between_threads(void **state)
{
    struct store *store = store_new();
    pthread_t makers[WRITERS];
    int64_t deadline_ms = clock_mono_ms() + WITHIN_MS;
    int taken = 0;

    (void)state;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&makers[i], NULL, make_wishes, store), 0);
    while (taken < WRITERS * ROUNDS && clock_mono_ms() < deadline_ms) {
        struct pollfd wait = {.fd = store_wish_fd(store, WISH_FOR_api), .events = POLLIN};
        struct wish wish;

        poll(&wait, 1, 100);
        while (store_take_wish(store, WISH_FOR_api, &wish))
            taken++;
    }
    assert_int_equal(taken, WRITERS * ROUNDS);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(makers[i], NULL);
    store_free(store);
}

static void *
publish_one(void *argument)
{
    struct arena *arena = arena_new();

    store_publish(argument, SLOT_jobs, arena, NULL, 0);
    return NULL;
}

static void
a_reader_asleep_is_woken_by_a_publish(void **state)
{
    struct store *store = store_new();
    struct pollfd wait = {.fd = store_wake_fd(store), .events = POLLIN};
    pthread_t writer;

    (void)state;
    assert_int_equal(pthread_create(&writer, NULL, publish_one, store), 0);
    assert_int_equal(poll(&wait, 1, WITHIN_MS), 1);
    pthread_join(writer, NULL);
    store_free(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writers_and_readers_never_see_half_a_change),
        cmocka_unit_test(no_wish_is_lost_between_threads),
        cmocka_unit_test(a_reader_asleep_is_woken_by_a_publish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
