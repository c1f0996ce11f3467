/* What an operator does to simulated workers and their work, with a clock that the test owns:
 * drain, start, restart, graceful and forced stops, interrupts (facts/management-api.md 5.8, 6.3,
 * 9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "aid/folder.h"
#include "core/json.h"
#include "sim/fleet.h"
#include "sim/inbox.h"
#include "sim/populate.h"
#include "sim/queue.h"
#include "sim/session.h"
#include "sim/workers.h"

static const int64_t start_ms = 1790000000000;
static const char *const folders[] = {"scenarios", NULL};

static struct world *
world_of(const char *scenario)
{
    struct err err = {0};
    struct scenario *plan = scenario_load(scenario, folders, &err);
    struct world *world;

    assert_string_equal(err.message, "");
    world = populate(plan, 3, start_ms);
    scenario_free(plan);
    return world;
}

static void
pass(struct world *world, int64_t ms)
{
    for (int64_t end = world->now_ms + ms; world->now_ms < end;)
        fleet_live(world, world->now_ms + 100);
}

static struct worker *
worker_called(const struct world *world, const struct environment *pool, const char *name)
{
    for (size_t i = 0; i < world->workers.n; i++) {
        struct worker *worker = world->workers.items[i];

        if (worker_pool(worker) == pool && strcmp(worker_name(worker), name) == 0)
            return worker;
    }
    fail_msg("no worker is called %s", name);
    return NULL;
}

static size_t
count_workers(const struct world *world, const struct environment *pool, const char *state)
{
    size_t n = 0;

    for (size_t i = 0; i < world->workers.n; i++)
        n += worker_pool(world->workers.items[i]) == pool &&
             strcmp(worker_state(world, world->workers.items[i]), state) == 0;
    return n;
}

static size_t
count_items(const struct environment *pool, enum item_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < pool->items.n; i++)
        n += ((const struct item *)pool->items.items[i])->state == state;
    return n;
}

static void
each_worker(struct world *world, const struct environment *pool,
            void (*verb)(struct world *world, struct worker *worker))
{
    for (size_t i = 0; i < world->workers.n; i++)
        if (worker_pool(world->workers.items[i]) == pool)
            verb(world, world->workers.items[i]);
}

static void
names_are_unique_in_a_pool_and_stay_when_the_process_is_another(void **state)
{
    struct world *world = world_of("drain-stuck");
    const struct environment *pool = world_find_pool(world, "eu-west-build");
    struct worker *worker = worker_called(world, pool, "build-21");
    char before[64];

    (void)state;
    for (size_t i = 0; i < world->workers.n; i++)
        if (worker_pool(world->workers.items[i]) == pool)
            assert_ptr_equal(worker_called(world, pool, worker_name(world->workers.items[i])),
                             world->workers.items[i]);
    strcpy(before, worker_id(worker));
    worker_restart(world, worker);
    pass(world, 200);
    assert_string_equal(worker_state(world, worker), "starting");
    pass(world, 4000);
    assert_string_equal(worker_state(world, worker), "polling");
    assert_string_equal(worker_name(worker), "build-21");
    assert_string_not_equal(worker_id(worker), before);
    world_end(world);
}

static void
a_drained_worker_stops_its_item_by_force_exits_and_polls_no_more(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "docs");
    struct worker *worker = worker_called(world, pool, "build-01");
    const struct item *item = worker_item(worker);

    (void)state;
    assert_non_null(item);
    assert_int_equal(item->state, ITEM_ACTIVE);
    each_worker(world, pool, worker_drain);
    assert_string_equal(worker_state(world, worker), "draining");
    pass(world, 2500);
    assert_string_equal(worker_state(world, worker), "down");
    assert_string_equal(worker_id(worker), "");
    assert_int_equal(item->state, ITEM_STOPPED);
    assert_int_equal(count_workers(world, pool, "down"), 2);
    pass(world, 31000); /* the service forgets them after half a minute */
    assert_int_equal(queue_stats(world, pool).polling, 0);
    world_end(world);
}

static void
a_drained_worker_leaves_its_call_open_or_posts_an_error_as_the_switch_says(void **state)
{
    (void)state;
    for (int posts = 0; posts < 2; posts++) {
        struct world *world = world_of("drain-stuck");
        struct environment *pool = world_find_pool(world, "docs");
        const struct session *session =
            worker_item(worker_called(world, pool, "build-01"))->session;
        const struct event *event = NULL;

        world->switches.posts_cancelled = posts;
        for (int i = 0; i < 600 && !session_runnable_call(session); i++)
            pass(world, 100);
        pass(world, 100); /* the worker has taken it up */
        assert_non_null(session_runnable_call(session));
        each_worker(world, pool, worker_drain);
        pass(world, 2500);
        for (size_t i = 0; i < session->events.n; i++)
            if (strstr(((const struct event *)session->events.items[i])->json, "was cancelled"))
                event = session->events.items[i];
        assert_true(posts == (event != NULL));
        assert_true(posts || session_runnable_call(session));
        world_end(world);
    }
}

static void
a_worker_that_does_not_hear_is_killed_and_its_item_keeps_its_state(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "eu-west-build");
    struct worker *deaf = worker_called(world, pool, "build-20");
    struct item *item = (struct item *)(uintptr_t)worker_item(deaf);

    (void)state;
    assert_true(item_stop(world, item, false));
    worker_restart(world, deaf);
    pass(world, 25000);
    assert_string_equal(worker_state(world, deaf), "draining");
    assert_int_equal(item->state, ITEM_STOPPING);
    pass(world, 10000);
    assert_string_equal(worker_state(world, deaf), "polling");
    assert_null(worker_item(deaf));
    assert_int_equal(item->state, ITEM_STOPPING); /* whoever should have confirmed is dead */
    assert_true(item_stop(world, item, true));
    assert_int_equal(item->state, ITEM_STOPPED);
    world_end(world);
}

static void
of_twenty_jobs_all_but_the_stuck_one_stop_gracefully_and_force_ends_that_one(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "eu-west-build");
    struct item *stuck;

    (void)state;
    assert_int_equal(count_items(pool, ITEM_ACTIVE), 20);
    stuck = (struct item *)(uintptr_t)worker_item(worker_called(world, pool, "build-20"));
    each_worker(world, pool, worker_drain);
    for (size_t i = 0; i < pool->items.n; i++)
        item_stop(world, pool->items.items[i], false);
    pass(world, 12000);
    assert_int_equal(count_items(pool, ITEM_ACTIVE), 0);
    assert_int_equal(count_items(pool, ITEM_STOPPING), 1);
    assert_int_equal(stuck->state, ITEM_STOPPING);
    assert_true(item_stop(world, stuck, true));
    assert_int_equal(count_items(pool, ITEM_STOPPING), 0);
    world_end(world);
}

static void
start_brings_drained_workers_back_and_does_nothing_to_the_others(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "eu-west-build");
    size_t working = count_workers(world, pool, "working");

    (void)state;
    worker_drain(world, worker_called(world, pool, "build-01"));
    pass(world, 3000);
    assert_int_equal(count_workers(world, pool, "down"), 1);
    each_worker(world, pool, worker_start);
    pass(world, 4000);
    assert_int_equal(count_workers(world, pool, "down"), 0);
    assert_true(count_workers(world, pool, "working") >= working - 1);
    world_end(world);
}

static void
a_start_during_a_drain_brings_the_worker_back_when_it_is_gone(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "docs");
    struct worker *worker = worker_called(world, pool, "build-01");
    const struct item *item = worker_item(worker);

    (void)state;
    worker_drain(world, worker);
    worker_start(world, worker);
    pass(world, 7000);
    assert_int_equal(item->state, ITEM_STOPPED);
    assert_string_not_equal(worker_state(world, worker), "down");
    assert_string_not_equal(worker_state(world, worker), "draining");
    world_end(world);
}

static void
the_number_of_workers_counts_processes_and_not_those_that_are_down(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "docs");

    (void)state;
    each_worker(world, pool, worker_drain);
    pass(world, 3000);
    workers_set(world, pool, 2);
    assert_int_equal(count_workers(world, pool, "down"), 0);
    assert_int_equal(count_workers(world, pool, "polling"), 2);
    world_end(world);
}

static void
a_starting_item_that_was_asked_to_stop_ends_with_its_first_heartbeat(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "docs");
    struct session *session = fleet_new_job(world, pool, world->now_ms, false);
    struct worker *worker = worker_new(world, pool, QUIRK_NONE);
    struct item *item = session->item;

    (void)state;
    item->claimed_ms = world->now_ms;
    assert_true(item_ack(world, item));
    worker_warm_up(worker, item, world->now_ms + 5000);
    assert_true(item_stop(world, item, false));
    pass(world, 4000);
    assert_int_equal(item->state, ITEM_STOPPING);
    pass(world, 2000);
    assert_int_equal(item->state, ITEM_STOPPED);
    world_end(world);
}

static void
starting_jobs_of_a_scenario_become_active_when_their_sandboxes_are_up(void **state)
{
    char *folder = folder_new(), path[300];
    struct world *world;
    struct environment *pool;

    (void)state;
    folder_write(folder, "world.yaml",
                 "pools: [{name: yard, workers: 3, jobs: 0, starting: 3, starting_for: 20}]\n");
    snprintf(path, sizeof(path), "%s/world.yaml", folder);
    world = world_of(path);
    pool = world_find_pool(world, "yard");
    assert_int_equal(count_items(pool, ITEM_STARTING), 3);
    pass(world, 19000);
    assert_int_equal(count_items(pool, ITEM_STARTING), 3);
    pass(world, 42000);
    assert_int_equal(count_items(pool, ITEM_STARTING), 0);
    assert_int_equal(count_items(pool, ITEM_ACTIVE), 3);
    world_end(world);
    folder_free(folder);
}

static void
sessions_that_are_over_take_nothing_and_their_items_end_at_once(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "docs");
    struct session *session = fleet_new_job(world, pool, world->now_ms, false);
    struct item *item = session->item;

    (void)state;
    session_archive(world, session);
    assert_int_equal(session->status, SESSION_TERMINATED);
    pass(world, 6000); /* a worker polls, looks, and leaves */
    assert_int_equal(item->state, ITEM_STOPPED);
    assert_true(item->started_ms > 0);
    assert_int_equal(queue_stats(world, pool).depth, 0);
    world_end(world);
}

/* A session whose call nobody has answered and whose only item is stopped; no workers. */
static struct session *
unserved_session(struct world *world, struct environment *pool)
{
    struct session *session = worker_item(worker_called(world, pool, "build-01"))->session;

    for (int i = 0; i < 600 && !session_runnable_call(session); i++)
        pass(world, 100);
    workers_set(world, pool, 0);
    assert_true(item_stop(world, session->item, true));
    return session;
}

static void
send(struct world *world, struct session *session, const char *event)
{
    struct json *json = json_parse(event, strlen(event), NULL);

    assert_true(inbox_check(session, json, NULL));
    inbox_take(world, session, json);
    json_free(json);
    pass(world, 2000);
}

static void
an_interrupt_queues_unanswered_work_again_as_the_switch_says(void **state)
{
    (void)state;
    for (int64_t how = REQUEUE_UNSERVED; how <= REQUEUE_SAME; how++) {
        struct world *world = world_of("drain-stuck");
        struct environment *pool = world_find_pool(world, "docs");
        struct session *session = unserved_session(world, pool);
        const struct item *before = session->item;

        world->switches.interrupt_requeue = how;
        send(world, session, "{\"type\":\"user.interrupt\"}");
        assert_int_equal(count_items(pool, ITEM_QUEUED), how != REQUEUE_NEVER);
        assert_true((session->item != before) == (how == REQUEUE_UNSERVED));
        assert_true((session_runnable_call(session) != NULL) == (how != REQUEUE_NEVER));
        if (how == REQUEUE_SAME) { /* as if it had never been stopped */
            assert_int_equal(before->stop_requested_ms, 0);
            assert_int_equal(before->stopped_ms, 0);
            assert_int_equal(queue_stats(world, pool).depth, 1);
        }
        world_end(world);
    }
}

static void
a_message_to_a_dormant_session_makes_a_new_item(void **state)
{
    struct world *world = world_of("drain-stuck");
    struct environment *pool = world_find_pool(world, "docs");
    struct session *session = unserved_session(world, pool);
    const struct item *before = session->item;

    (void)state;
    world->switches.interrupt_requeue = REQUEUE_NEVER;
    send(world, session, "{\"type\":\"user.interrupt\"}");
    assert_true(session->mind.is_idle);
    send(world, session,
         "{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"go on\"}]}");
    assert_ptr_not_equal(session->item, before);
    assert_int_equal(session->item->state, ITEM_QUEUED);
    world_end(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_in_a_pool_and_stay_when_the_process_is_another),
        cmocka_unit_test(a_drained_worker_stops_its_item_by_force_exits_and_polls_no_more),
        cmocka_unit_test(
            a_drained_worker_leaves_its_call_open_or_posts_an_error_as_the_switch_says),
        cmocka_unit_test(a_worker_that_does_not_hear_is_killed_and_its_item_keeps_its_state),
        cmocka_unit_test(
            of_twenty_jobs_all_but_the_stuck_one_stop_gracefully_and_force_ends_that_one),
        cmocka_unit_test(start_brings_drained_workers_back_and_does_nothing_to_the_others),
        cmocka_unit_test(a_start_during_a_drain_brings_the_worker_back_when_it_is_gone),
        cmocka_unit_test(the_number_of_workers_counts_processes_and_not_those_that_are_down),
        cmocka_unit_test(a_starting_item_that_was_asked_to_stop_ends_with_its_first_heartbeat),
        cmocka_unit_test(starting_jobs_of_a_scenario_become_active_when_their_sandboxes_are_up),
        cmocka_unit_test(sessions_that_are_over_take_nothing_and_their_items_end_at_once),
        cmocka_unit_test(an_interrupt_queues_unanswered_work_again_as_the_switch_says),
        cmocka_unit_test(a_message_to_a_dormant_session_makes_a_new_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
