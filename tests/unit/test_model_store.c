/* The store: immutable rows, the last truth beside the last attempt, and bounded wishes. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "model/store.h"

/* Publish n pools, all of that name. */
static void
publish_pools(struct store *store, const char *name, size_t n)
{
    struct arena *arena = arena_new();
    struct pool *pools = arena_array(arena, n, sizeof(*pools));

    for (size_t i = 0; i < n; i++)
        pools[i].id = pools[i].name = arena_strdup(arena, name);
    store_publish(store, SLOT_pools, arena, pools, n);
}

static bool
is_readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, 0) == 1;
}

static void
a_new_store_knows_nothing_and_says_so(void **state)
{
    struct store *store = store_new();
    struct snapshot snapshot;
    size_t n = 7;

    (void)state;
    store_snapshot(store, &snapshot);
    assert_null(snapshot_pools(&snapshot, &n));
    assert_int_equal(n, 0);
    assert_int_equal(snapshot.slot[SLOT_pools].version, 0);
    assert_int_equal(snapshot.source[SOURCE_stats].state, SOURCE_STATE_waiting);
    assert_int_equal(snapshot.source[SOURCE_stats].interval_ms, 10000);
    store_release(store, &snapshot);
    store_free(store);
}

static void
a_failed_fetch_keeps_the_last_data(void **state)
{
    struct store *store = store_new();
    struct source_status status = {.state = SOURCE_STATE_ok, .ok_at_ms = 1000, .rounds = 1};
    struct snapshot snapshot;
    size_t n;

    (void)state;
    publish_pools(store, "eu-west", 2);
    store_source(store, SOURCE_environments, &status);
    status.state = SOURCE_STATE_error;
    status.code = ERR_SERVER;
    snprintf(status.error, sizeof(status.error), "HTTP 503");
    store_source(store, SOURCE_environments, &status);
    store_snapshot(store, &snapshot);
    assert_string_equal(snapshot_pools(&snapshot, &n)[1].name, "eu-west");
    assert_int_equal(n, 2);
    assert_int_equal(snapshot.source[SOURCE_environments].state, SOURCE_STATE_error);
    assert_int_equal(snapshot.source[SOURCE_environments].ok_at_ms, 1000);
    store_release(store, &snapshot);
    store_free(store);
}

static void
a_snapshot_stays_valid_while_the_world_goes_on(void **state)
{
    struct store *store = store_new();
    struct snapshot old, new;
    size_t n;

    (void)state;
    publish_pools(store, "before", 3);
    store_snapshot(store, &old);
    for (int i = 0; i < 100; i++)
        publish_pools(store, "after", 1);
    store_snapshot(store, &new);
    assert_string_equal(snapshot_pools(&old, &n)[2].name, "before");
    assert_int_equal(n, 3);
    assert_string_equal(snapshot_pools(&new, &n)[0].name, "after");
    assert_int_equal(new.slot[SLOT_pools].version, 101);
    assert_true(new.version > old.version);
    store_release(store, &old);
    store_release(store, &new);
    store_free(store);
}

static void
releasing_twice_is_harmless(void **state)
{
    struct store *store = store_new();
    struct snapshot snapshot;

    (void)state;
    publish_pools(store, "x", 1);
    store_snapshot(store, &snapshot);
    store_release(store, &snapshot);
    store_release(store, &snapshot); /* it was emptied by the first */
    store_free(store);
}

static void
many_wakes_are_one(void **state)
{
    struct store *store = store_new();

    (void)state;
    assert_false(is_readable(store_wake_fd(store)));
    for (int i = 0; i < 10; i++)
        publish_pools(store, "x", 1);
    assert_true(is_readable(store_wake_fd(store)));
    store_woken(store);
    assert_false(is_readable(store_wake_fd(store)));
    store_woken(store); /* never blocks */
    store_wake(store);
    assert_true(is_readable(store_wake_fd(store)));
    store_free(store);
}

static void
a_source_wakes_readers_only_with_news(void **state)
{
    struct store *store = store_new();
    struct source_status status = {.state = SOURCE_STATE_ok, .ok_at_ms = 1, .rounds = 1};
    struct snapshot snapshot;

    (void)state;
    store_source(store, SOURCE_stats, &status);
    store_woken(store);
    status.ok_at_ms = status.tried_at_ms = 2;
    store_source(store, SOURCE_stats, &status);
    assert_false(is_readable(store_wake_fd(store)));
    store_snapshot(store, &snapshot);
    assert_int_equal(snapshot.source[SOURCE_stats].ok_at_ms, 2); /* quiet, but there */
    store_release(store, &snapshot);
    status.state = SOURCE_STATE_error;
    store_source(store, SOURCE_stats, &status);
    assert_true(is_readable(store_wake_fd(store)));
    store_free(store);
}

static void
wishes_are_bounded_and_come_in_order(void **state)
{
    struct store *store = store_new();
    struct wish wish = {.kind = WISH_look_at};

    (void)state;
    for (int i = 0; i < WISH_QUEUE; i++) {
        snprintf(wish.id, sizeof(wish.id), "env_%d", i);
        assert_true(store_wish(store, WISH_FOR_api, &wish));
    }
    assert_false(store_wish(store, WISH_FOR_api, &wish));
    assert_true(store_wish(store, WISH_FOR_probe, &wish)); /* the other queue has room */
    for (int i = 0; i < WISH_QUEUE; i++) {
        char expected[WISH_ID_BYTES];

        snprintf(expected, sizeof(expected), "env_%d", i);
        assert_true(store_take_wish(store, WISH_FOR_api, &wish));
        assert_string_equal(wish.id, expected);
    }
    assert_false(store_take_wish(store, WISH_FOR_api, &wish));
    assert_true(store_wish(store, WISH_FOR_api, &wish)); /* and there is room again */
    store_free(store);
}

static void
the_wish_fd_is_readable_while_wishes_wait(void **state)
{
    struct store *store = store_new();
    struct wish wish = {.kind = WISH_refresh};
    int fd = store_wish_fd(store, WISH_FOR_probe);

    (void)state;
    assert_false(is_readable(fd));
    store_wish(store, WISH_FOR_probe, &wish);
    store_wish(store, WISH_FOR_probe, &wish);
    assert_true(is_readable(fd));
    assert_true(store_take_wish(store, WISH_FOR_probe, &wish));
    assert_true(is_readable(fd));
    assert_true(store_take_wish(store, WISH_FOR_probe, &wish));
    assert_false(store_take_wish(store, WISH_FOR_probe, &wish));
    assert_false(is_readable(fd));
    store_free(store);
}

static void
data_is_stale_after_two_of_its_intervals(void **state)
{
    struct source_status status = {.ok_at_ms = 1000, .interval_ms = 10000};

    (void)state;
    assert_false(source_is_stale(&status, 21000));
    assert_true(source_is_stale(&status, 21001));
    status.ok_at_ms = 0;
    assert_false(source_is_stale(&status, 90000)); /* never read is not stale but unknown */
}

static void
a_series_keeps_the_newest_and_its_gaps(void **state)
{
    struct series series = {0};

    (void)state;
    assert_int_equal(series_at(&series, 0), SERIES_UNKNOWN);
    assert_int_equal(series_max(&series, 10), SERIES_UNKNOWN);
    for (int i = 0; i < SERIES_POINTS + 5; i++)
        series_add(&series, i);
    assert_int_equal(series_at(&series, 0), SERIES_POINTS + 4);
    assert_int_equal(series_at(&series, SERIES_POINTS - 1), 5);
    assert_int_equal(series_at(&series, SERIES_POINTS), SERIES_UNKNOWN);
    series_add(&series, SERIES_UNKNOWN);
    assert_int_equal(series_at(&series, 0), SERIES_UNKNOWN);
    assert_int_equal(series_max(&series, 2), SERIES_POINTS + 4);
    assert_int_equal(series_max(&series, 1), SERIES_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_store_knows_nothing_and_says_so),
        cmocka_unit_test(a_failed_fetch_keeps_the_last_data),
        cmocka_unit_test(a_snapshot_stays_valid_while_the_world_goes_on),
        cmocka_unit_test(releasing_twice_is_harmless),
        cmocka_unit_test(many_wakes_are_one),
        cmocka_unit_test(a_source_wakes_readers_only_with_news),
        cmocka_unit_test(wishes_are_bounded_and_come_in_order),
        cmocka_unit_test(the_wish_fd_is_readable_while_wishes_wait),
        cmocka_unit_test(data_is_stale_after_two_of_its_intervals),
        cmocka_unit_test(a_series_keeps_the_newest_and_its_gaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
