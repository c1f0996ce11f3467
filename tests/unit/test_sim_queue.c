/* The state machine of a work item (facts/management-api.md 5.3–5.9), without HTTP and without
 * waiting: the test owns the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sim/agent.h"
#include "sim/queue.h"
#include "sim/session.h"

static const int64_t start_ms = 1790000000000;

struct scene {
    struct world *world;
    struct environment *pool;
    struct session *session;
    struct item *item;
    char echo[40];
};

static void
at_second(struct scene *scene, int64_t s)
{
    scene->world->now_ms = start_ms + s * 1000;
}

/* One pool with one queued item, and the switches as a test wants them. */
static struct scene
scene_new(const char *name, const char *value)
{
    struct switches switches = switches_default();
    struct scene scene = {0};

    if (name)
        assert_true(switches_set(&switches, name, value, NULL));
    scene.world = world_begin(3, &switches);
    at_second(&scene, 0);
    scene.pool = environment_new(scene.world, "yard", "yard", start_ms - 1000);
    scene.session =
        session_new(scene.world, scene.pool, agent_snapshot(scene.world, 0), "a job", start_ms);
    scene.item = item_new(scene.world, scene.session, start_ms);
    return scene;
}

static struct item *
poll_as(struct scene *scene, const char *worker)
{
    return queue_poll(scene->world, scene->pool, worker, RECLAIM_DEFAULT_MS);
}

/* As a worker does: poll, ack, first heartbeat. */
static void
start_work(struct scene *scene)
{
    assert_ptr_equal(poll_as(scene, "w"), scene->item);
    assert_true(item_ack(scene->world, scene->item));
    assert_int_equal(item_beat(scene->world, scene->item, HEARTBEAT_NONE), BEAT_TAKEN);
    item_last_beat(scene->item, scene->echo);
}

static void
a_claimed_item_stays_queued_and_counts_as_pending(void **state)
{
    struct scene scene = scene_new(NULL, NULL);
    struct queue_stats stats = queue_stats(scene.world, scene.pool);

    (void)state;
    assert_int_equal(stats.depth, 1);
    assert_int_equal(stats.oldest_ms, start_ms);
    assert_ptr_equal(poll_as(&scene, "w"), scene.item);
    assert_int_equal(scene.item->state, ITEM_QUEUED);
    stats = queue_stats(scene.world, scene.pool);
    assert_int_equal(stats.depth, 0);
    assert_int_equal(stats.pending, 1);
    assert_int_equal(stats.oldest_ms, start_ms);
    world_end(scene.world);
}

static void
an_unacknowledged_claim_lapses_after_five_seconds(void **state)
{
    struct scene scene = scene_new(NULL, NULL);

    (void)state;
    poll_as(&scene, "w");
    at_second(&scene, 5);
    assert_null(poll_as(&scene, "x"));
    at_second(&scene, 6);
    assert_ptr_equal(poll_as(&scene, "x"), scene.item);
    world_end(scene.world);
}

static void
only_workers_that_named_themselves_within_thirty_seconds_are_polling(void **state)
{
    struct scene scene = scene_new(NULL, NULL);

    (void)state;
    poll_as(&scene, NULL);
    assert_int_equal(queue_stats(scene.world, scene.pool).polling, 0);
    poll_as(&scene, "a");
    poll_as(&scene, "a");
    poll_as(&scene, "b");
    assert_int_equal(queue_stats(scene.world, scene.pool).polling, 2);
    at_second(&scene, 31);
    poll_as(&scene, "a");
    assert_int_equal(queue_stats(scene.world, scene.pool).polling, 1);
    world_end(scene.world);
}

static void
a_worker_that_takes_the_place_of_one_that_is_gone_counts_once(void **state)
{
    struct scene scene = scene_new(NULL, NULL);

    (void)state;
    poll_as(&scene, "a");
    at_second(&scene, 20);
    poll_as(&scene, "b");
    at_second(&scene, 40);
    poll_as(&scene, "b");
    assert_int_equal(queue_stats(scene.world, scene.pool).polling, 1);
    world_end(scene.world);
}

static void
an_item_goes_from_queued_to_starting_to_active(void **state)
{
    struct scene scene = scene_new(NULL, NULL);

    (void)state;
    assert_false(item_ack(scene.world, scene.item)); /* nobody claimed it */
    poll_as(&scene, "w");
    assert_true(item_ack(scene.world, scene.item));
    assert_int_equal(scene.item->state, ITEM_STARTING);
    assert_true(item_ack(scene.world, scene.item)); /* again: unchanged */
    assert_int_equal(item_beat(scene.world, scene.item, "2026-01-01T00:00:00Z"), BEAT_REFUSED);
    assert_int_equal(item_beat(scene.world, scene.item, HEARTBEAT_NONE), BEAT_TAKEN);
    assert_int_equal(scene.item->state, ITEM_ACTIVE);
    world_end(scene.world);
}

static void
a_heartbeat_must_echo_the_last_one_byte_for_byte(void **state)
{
    struct scene scene = scene_new(NULL, NULL);
    char first[40];

    (void)state;
    start_work(&scene);
    memcpy(first, scene.echo, sizeof(first));
    assert_int_equal(item_beat(scene.world, scene.item, first), BEAT_TAKEN);
    item_last_beat(scene.item, scene.echo);
    assert_string_not_equal(first, scene.echo); /* also within one millisecond */
    assert_int_equal(item_beat(scene.world, scene.item, first), BEAT_REFUSED);
    assert_int_equal(item_beat(scene.world, scene.item, HEARTBEAT_NONE), BEAT_REFUSED);
    assert_int_equal(item_beat(scene.world, scene.item, scene.echo), BEAT_TAKEN);
    world_end(scene.world);
}

static void
a_lapsed_lease_queues_the_item_again_without_its_heartbeat(void **state)
{
    struct scene scene = scene_new("lease.ttl", "60");

    (void)state;
    start_work(&scene);
    at_second(&scene, 59);
    queue_advance(scene.world, scene.pool);
    assert_int_equal(scene.item->state, ITEM_ACTIVE);
    at_second(&scene, 60);
    assert_int_equal(item_beat(scene.world, scene.item, scene.echo), BEAT_REFUSED);
    assert_int_equal(scene.item->state, ITEM_QUEUED);
    assert_int_equal(scene.item->heartbeat_us, 0);
    assert_int_not_equal(scene.item->acknowledged_ms, 0); /* so that one listing shows it */
    assert_int_equal(queue_stats(scene.world, scene.pool).oldest_ms, scene.world->now_ms);
    assert_ptr_equal(poll_as(&scene, "x"), scene.item);
    world_end(scene.world);
}

static void
stamps_of_a_lapsed_item_go_when_the_switch_says_so(void **state)
{
    struct scene scene = scene_new("lease.keep_stamps", "off");

    (void)state;
    start_work(&scene);
    at_second(&scene, 301);
    queue_advance(scene.world, scene.pool);
    assert_int_equal(scene.item->acknowledged_ms, 0);
    assert_int_equal(scene.item->started_ms, 0);
    world_end(scene.world);
}

static void
a_graceful_stop_waits_for_the_worker(void **state)
{
    struct scene scene = scene_new(NULL, NULL);

    (void)state;
    start_work(&scene);
    assert_true(item_stop(scene.world, scene.item, false));
    assert_int_equal(scene.item->state, ITEM_STOPPING);
    assert_false(item_stop(scene.world, scene.item, false)); /* 409 */
    assert_int_equal(item_beat(scene.world, scene.item, "whatever"), BEAT_ENDING);
    assert_true(item_stop(scene.world, scene.item, true));
    assert_int_equal(scene.item->state, ITEM_STOPPED);
    assert_false(item_stop(scene.world, scene.item, true));
    assert_int_equal(item_beat(scene.world, scene.item, "whatever"), BEAT_ENDING);
    assert_int_not_equal(scene.item->stop_requested_ms, 0);
    assert_int_not_equal(scene.item->stopped_ms, 0);
    world_end(scene.world);
}

static void
a_graceful_stop_of_a_queued_item_ends_it_or_not(void **state)
{
    struct scene ends = scene_new(NULL, NULL);
    struct scene waits = scene_new("stop.graceful_queued", "stopping");

    (void)state;
    item_stop(ends.world, ends.item, false);
    item_stop(waits.world, waits.item, false);
    assert_int_equal(ends.item->state, ITEM_STOPPED);
    assert_int_equal(waits.item->state, ITEM_STOPPING);
    assert_null(poll_as(&waits, "w"));
    world_end(ends.world);
    world_end(waits.world);
}

static void
a_stopping_item_without_a_worker_is_ended_by_a_poll_when_the_switch_says_so(void **state)
{
    struct scene stays = scene_new(NULL, NULL);
    struct scene ends = scene_new("stop.finalize_lapsed", "on");

    (void)state;
    start_work(&stays);
    start_work(&ends);
    item_stop(stays.world, stays.item, false);
    item_stop(ends.world, ends.item, false);
    at_second(&stays, 400);
    at_second(&ends, 400);
    assert_null(poll_as(&stays, "w"));
    assert_null(poll_as(&ends, "w"));
    assert_int_equal(stays.item->state, ITEM_STOPPING);
    assert_int_equal(ends.item->state, ITEM_STOPPED);
    world_end(stays.world);
    world_end(ends.world);
}

static void
old_stopped_items_are_forgotten_and_the_one_just_stopped_is_not(void **state)
{
    struct scene scene = scene_new(NULL, NULL);

    (void)state;
    for (int i = 0; i < 100; i++) {
        struct item *item = item_new(scene.world, scene.session, start_ms + i);

        item_stop(scene.world, item, true);
    }
    assert_true(scene.pool->items.n < 60);
    assert_true(item_stop(scene.world, scene.item, true)); /* the oldest of all */
    assert_ptr_equal(world_find_item(scene.world, scene.pool, scene.item->object.id), scene.item);
    world_end(scene.world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claimed_item_stays_queued_and_counts_as_pending),
        cmocka_unit_test(an_unacknowledged_claim_lapses_after_five_seconds),
        cmocka_unit_test(only_workers_that_named_themselves_within_thirty_seconds_are_polling),
        cmocka_unit_test(a_worker_that_takes_the_place_of_one_that_is_gone_counts_once),
        cmocka_unit_test(an_item_goes_from_queued_to_starting_to_active),
        cmocka_unit_test(a_heartbeat_must_echo_the_last_one_byte_for_byte),
        cmocka_unit_test(a_lapsed_lease_queues_the_item_again_without_its_heartbeat),
        cmocka_unit_test(stamps_of_a_lapsed_item_go_when_the_switch_says_so),
        cmocka_unit_test(a_graceful_stop_waits_for_the_worker),
        cmocka_unit_test(a_graceful_stop_of_a_queued_item_ends_it_or_not),
        cmocka_unit_test(
            a_stopping_item_without_a_worker_is_ended_by_a_poll_when_the_switch_says_so),
        cmocka_unit_test(old_stopped_items_are_forgotten_and_the_one_just_stopped_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
