/* The simulated fleet, half an hour of it in a moment: the test owns the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "sim/agent.h"
#include "sim/fleet.h"
#include "sim/populate.h"
#include "sim/queue.h"
#include "sim/session.h"
#include "sim/workers.h"

static const int64_t start_ms = 1790000000000;
static const char *const folders[] = {"scenarios", NULL};

struct counted {
    size_t begun, ended; /* events of all sessions */
};

static void
count_event(void *context, const struct session *session, const struct event *event)
{
    struct counted *counted = context;

    (void)session;
    counted->begun += strcmp(event->type, "agent.tool_use") == 0;
    counted->ended += strcmp(event->type, "user.tool_result") == 0;
}

static struct world *
world_of(const char *scenario, uint64_t seed)
{
    struct err err = {0};
    struct scenario *plan = scenario_load(scenario, folders, &err);
    struct world *world;

    assert_string_equal(err.message, "");
    world = populate(plan, seed, start_ms);
    scenario_free(plan);
    return world;
}

static void
pass(struct world *world, int64_t seconds)
{
    for (int64_t end = world->now_ms + seconds * 1000; world->now_ms < end;)
        fleet_live(world, world->now_ms + 200);
}

/* Nothing that a console would have to call a fault. */
static void
check_health(const struct world *world)
{
    for (size_t i = 0; i < world->environments.n; i++) {
        const struct environment *pool = world->environments.items[i];
        struct queue_stats stats = queue_stats(world, pool);

        assert_true(!stats.oldest_ms || world->now_ms - stats.oldest_ms < 20000);
        for (size_t j = 0; j < pool->items.n; j++) {
            const struct item *item = pool->items.items[j];

            if (item->state == ITEM_ACTIVE)
                assert_true(world->now_ms - item->heartbeat_us / 1000 < 40000);
            assert_int_not_equal(item->state, ITEM_STOPPING);
        }
    }
}

static void
half_an_hour_of_a_healthy_world_stays_healthy_and_moves(void **state)
{
    struct world *world = world_of("healthy", 1);
    struct counted counted = {0};
    size_t sessions = world->sessions.n;

    (void)state;
    world->hooks = (struct hooks){.context = &counted, .event = count_event};
    check_health(world);
    for (int minute = 0; minute < 30; minute++) {
        pass(world, 60);
        check_health(world);
    }
    assert_true(counted.begun > 300);
    assert_true(counted.ended > 300);
    assert_true(world->sessions.n < sessions * 6); /* old ones go */
    world_end(world);
}

static const struct item *
item_in(const struct environment *pool, enum item_state wanted)
{
    for (size_t i = 0; i < pool->items.n; i++) {
        const struct item *item = pool->items.items[i];

        if (item->state == wanted)
            return item;
    }
    return NULL;
}

static void
a_stop_is_obeyed_at_the_next_heartbeat(void **state)
{
    struct world *world = world_of("healthy", 1);
    struct environment *pool = world->environments.items[0];
    struct item *item = (struct item *)(uintptr_t)item_in(pool, ITEM_ACTIVE);

    (void)state;
    assert_non_null(item);
    assert_true(item_stop(world, item, false));
    pass(world, 31);
    assert_int_equal(item->state, ITEM_STOPPED);
    world_end(world);
}

static void
workers_that_vanish_leave_their_jobs_to_lapse_and_others_take_them(void **state)
{
    struct world *world = world_of("gameday", 1); /* a lease of a minute */
    struct environment *pool = world->environments.items[0];

    (void)state;
    pool->staffing.jobs = 0; /* no new ones */
    workers_set(world, pool, 0);
    pass(world, 70);
    assert_null(item_in(pool, ITEM_ACTIVE));
    assert_true(queue_stats(world, pool).depth > 0);
    assert_int_equal(queue_stats(world, pool).polling, 0);
    workers_set(world, pool, 8);
    pass(world, 10);
    assert_int_equal(queue_stats(world, pool).depth, 0);
    assert_non_null(item_in(pool, ITEM_ACTIVE));
    world_end(world);
}

static size_t
active_items(const struct environment *pool)
{
    size_t n = 0;

    for (size_t i = 0; i < pool->items.n; i++)
        n += ((const struct item *)pool->items.items[i])->state == ITEM_ACTIVE;
    return n;
}

static void
jobs_that_run_when_the_world_begins_keep_their_leases(void **state)
{
    static const char *const worlds[] = {"healthy", "drain-stuck", "tests/worlds/few.yaml"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(worlds); i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct world *world = world_of(worlds[i], seed);
            const struct environment *pool = world->environments.items[0];
            size_t n = active_items(pool);

            world->is_quiet = true; /* no other jobs than these */
            assert_true(n > 0);
            for (int step = 0; step < 20; step++) {
                fleet_live(world, world->now_ms + 300);
                for (size_t j = 0; j < pool->items.n; j++)
                    assert_int_not_equal(((const struct item *)pool->items.items[j])->state,
                                         ITEM_QUEUED);
            }
            world_end(world);
        }
}

static void
a_simulator_that_had_to_wait_does_not_let_leases_lapse(void **state)
{
    struct world *world = world_of("tests/worlds/few.yaml", 1);

    (void)state;
    for (int i = 0; i < 10; i++) {
        fleet_live(world, world->now_ms + 8000); /* four leases */
        assert_int_equal(active_items(world->environments.items[0]), 4);
    }
    world_end(world);
}

static void
a_large_world_is_seldom_brought_up_to_date_and_short_leases_often(void **state)
{
    struct world *few = world_of("tests/worlds/few.yaml", 1), *large = world_of("large", 1);

    (void)state;
    assert_true(fleet_step_ms(few) <= few->switches.lease_ttl * 250);
    assert_in_range(fleet_step_ms(large), 2000, large->switches.polling_window * 250);
    world_end(few);
    world_end(large);
}

static void
a_worker_that_stalls_leaves_a_claim_pending(void **state)
{
    struct world *world = world_of("healthy", 1);
    struct environment *pool = world->environments.items[0];

    (void)state;
    workers_set(world, pool, 0);
    worker_new(world, pool, QUIRK_STALLS);
    fleet_new_job(world, pool, world->now_ms, true);
    pass(world, 20);
    assert_int_equal(queue_stats(world, pool).pending, 1);
    world_end(world);
}

/* A short description of all that a client could see. */
static uint64_t
fingerprint(const struct world *world)
{
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < world->sessions.n; i++) {
        const struct session *session = world->sessions.items[i];

        for (const char *c = session->object.id; *c; c++)
            h = (h ^ (unsigned char)*c) * 1099511628211u;
        h = (h ^ session->events.n ^ (uint64_t)session->status) * 1099511628211u;
    }
    return h;
}

static void
the_same_seed_gives_the_same_run_and_another_one_does_not(void **state)
{
    struct world *a = world_of("healthy", 5), *b = world_of("healthy", 5);
    struct world *c = world_of("healthy", 6);

    (void)state;
    pass(a, 300);
    pass(b, 300);
    pass(c, 300);
    assert_true(fingerprint(a) == fingerprint(b));
    assert_true(fingerprint(a) != fingerprint(c));
    world_end(a);
    world_end(b);
    world_end(c);
}

static void
a_pool_keeps_its_id_and_its_key_when_the_scenario_changes(void **state)
{
    struct world *a = world_of("healthy", 5), *b = world_of("backlog", 5);
    const struct environment *pool = a->environments.items[0], *same;

    (void)state;
    same = world_find_environment(b, pool->object.id);
    assert_non_null(same);
    assert_string_equal(same->key, pool->key);
    assert_string_equal(a->api_key, b->api_key);
    world_end(a);
    world_end(b);
}

/* What somebody sees who looks at it for the first time. */
static void
jobs_end_and_begin_within_the_first_minutes(void **state)
{
    struct world *world = world_of("healthy", 1);
    size_t stopped = 0, before = 0, sessions = world->sessions.n;

    (void)state;
    for (size_t i = 0; i < world->environments.n; i++) {
        const struct environment *pool = world->environments.items[i];

        for (size_t j = 0; j < pool->items.n; j++)
            before += ((const struct item *)pool->items.items[j])->state == ITEM_STOPPED;
    }
    pass(world, 150);
    for (size_t i = 0; i < world->environments.n; i++) {
        const struct environment *pool = world->environments.items[i];

        for (size_t j = 0; j < pool->items.n; j++)
            stopped += ((const struct item *)pool->items.items[j])->state == ITEM_STOPPED;
    }
    assert_true(stopped >= before + 2);
    assert_true(world->sessions.n > sessions);
    check_health(world);
    world_end(world);
}

static void
a_busy_pool_is_still_busy_after_half_an_hour(void **state)
{
    struct world *world = world_of("busy", 1);
    const struct environment *pool = NULL;
    struct queue_stats stats;

    (void)state;
    pass(world, 1800);
    for (size_t i = 0; i < world->environments.n; i++) {
        const struct environment *one = world->environments.items[i];

        if (strcmp(one->label, "us-east-batch") == 0)
            pool = one;
    }
    assert_non_null(pool);
    stats = queue_stats(world, pool);
    assert_in_range(stats.depth, 1, 2);
    assert_int_equal(stats.polling, 0);
    assert_true(world->now_ms - stats.oldest_ms <= 301000); /* more would be a backlog */
    world_end(world);
}

static void
workers_that_wait_for_a_webhook_do_not_poll_while_nothing_waits(void **state)
{
    struct world *world = world_of("healthy", 1);
    struct environment *pool = world->environments.items[0];

    (void)state;
    pool->staffing.is_webhook = true;
    pool->staffing.arrival_ms = 0;
    pass(world, 40);
    assert_int_equal(queue_stats(world, pool).polling, 0);
    fleet_new_job(world, pool, world->now_ms, true);
    pass(world, 10);
    assert_int_equal(queue_stats(world, pool).depth, 0);
    world_end(world);
}

static void
the_service_runs_the_tools_of_cloud_sessions_itself(void **state)
{
    struct world *world = world_of("healthy", 1);
    struct environment *cloud = environment_new(world, "cloud", "cloud", world->now_ms);
    struct counted counted = {0};
    struct session *session;

    (void)state;
    json_free(cloud->config);
    cloud->config = json_new_object();
    json_add_string(cloud->config, "type", "cloud");
    session = session_new(world, cloud, agent_snapshot(world, 0), "t", world->now_ms);
    world->hooks = (struct hooks){.context = &counted, .event = count_event};
    session->mind.turns_left = 1;
    agent_wake(world, session);
    for (int i = 0; i < 600 && !session->mind.is_idle; i++)
        pass(world, 1);
    assert_true(session->mind.is_idle);
    assert_null(session->item);
    assert_int_equal(cloud->items.n, 0);
    assert_int_equal(session->calls.n, 0);
    world_end(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_an_hour_of_a_healthy_world_stays_healthy_and_moves),
        cmocka_unit_test(a_stop_is_obeyed_at_the_next_heartbeat),
        cmocka_unit_test(workers_that_vanish_leave_their_jobs_to_lapse_and_others_take_them),
        cmocka_unit_test(jobs_that_run_when_the_world_begins_keep_their_leases),
        cmocka_unit_test(a_simulator_that_had_to_wait_does_not_let_leases_lapse),
        cmocka_unit_test(a_large_world_is_seldom_brought_up_to_date_and_short_leases_often),
        cmocka_unit_test(a_worker_that_stalls_leaves_a_claim_pending),
        cmocka_unit_test(the_same_seed_gives_the_same_run_and_another_one_does_not),
        cmocka_unit_test(a_pool_keeps_its_id_and_its_key_when_the_scenario_changes),
        cmocka_unit_test(jobs_end_and_begin_within_the_first_minutes),
        cmocka_unit_test(a_busy_pool_is_still_busy_after_half_an_hour),
        cmocka_unit_test(workers_that_wait_for_a_webhook_do_not_poll_while_nothing_waits),
        cmocka_unit_test(the_service_runs_the_tools_of_cloud_sessions_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
