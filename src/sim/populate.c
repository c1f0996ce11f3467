#include "sim/populate.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "sim/agent.h"
#include "sim/fleet.h"
#include "sim/names.h"
#include "sim/queue.h"
#include "sim/session.h"
#include "sim/worker.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, HISTORY = 3 };

static const int64_t day_ms = 24 * (int64_t)HOUR_MS;

/* Some calls that were made and answered between two times. */
static void
live_through(struct world *world, struct session *session, int64_t from_ms, int64_t to_ms)
{
    int64_t calls = chance_between(&world->chance, 2, 5);

    for (int64_t i = 1; i <= calls; i++) {
        struct ask ask = {.at_ms = from_ms + (to_ms - from_ms) * i / (calls + 1)};
        struct json *body = json_new_object(), *text;
        struct call *call;

        name_tool_call(&world->chance, &ask.tool, &ask.input);
        call = session_ask(world, session, &ask);
        json_add_string(body, "tool_use_id", call->id);
        json_add_bool(body, "is_error", false);
        text = json_add_object(json_add_array(body, "content"), NULL);
        json_add_string(text, "type", "text");
        json_add_string(text, "text", name_tool_output(&world->chance));
        session_emit(world, session, "user.tool_result", body, ask.at_ms + 900);
        session_close_call(session, call);
    }
    session->tokens_in = (to_ms - from_ms) / 8;
    session->tokens_out = (to_ms - from_ms) / 60;
    session->cost_cents = (to_ms - from_ms) / 11000 + 3;
}

/* An item that a worker took when it was new and has kept alive until beat_ms. */
static struct item *
make_active(struct world *world, struct session *session, int64_t beat_ms)
{
    struct item *item = session->item;
    char host[24];

    snprintf(host, sizeof(host), "build-%02d", (int)chance_between(&world->chance, 1, 40));
    json_add_string(item->metadata, "host", host); /* as an operator's tooling would */
    item->state = ITEM_ACTIVE;
    item->acknowledged_ms = item->object.created_ms + 2000;
    item->started_ms = item->acknowledged_ms;
    item->heartbeat_us = beat_ms * 1000 + chance_between(&world->chance, 0, 999);
    item->lease_until_ms = beat_ms + item->ttl_s * 1000;
    return item;
}

/* A job in the middle of its run: the agent thinks, or its worker runs a tool. */
static struct session *
make_job(struct world *world, struct environment *environment, int64_t beat_age_ms)
{
    int64_t age = beat_age_ms + chance_between(&world->chance, 4 * MINUTE_MS, 70 * MINUTE_MS);
    struct session *session = fleet_new_job(world, environment, world->now_ms - age, false);

    live_through(world, session, world->now_ms - age, world->now_ms - 8000 - beat_age_ms);
    make_active(world, session, world->now_ms - beat_age_ms);
    if (!environment->staffing.calls) /* some are nearly done, so that soon something ends */
        session->mind.calls_left = chance_between(&world->chance, 1, 50);
    session->mind.next_ms =
        world->now_ms + chance_between(&world->chance, 500, 9000) * 100 / world->switches.pace;
    return session;
}

/* Their workers beat often enough for any lease. */
static int64_t
recent_beat_ms(struct world *world)
{
    int64_t most = world->switches.lease_ttl * 400;

    return chance_between(&world->chance, most > 2000 ? 1000 : most / 2,
                          most > 24000 ? 24000 : most);
}

static void
add_jobs(struct world *world, struct environment *environment, int64_t n, enum quirk quirk)
{
    for (int64_t i = 0; i < n; i++) {
        struct session *session = make_job(world, environment, recent_beat_ms(world));

        worker_adopt(worker_new(world, environment, quirk), session->item);
    }
}

/* A call is open; who must answer it depends on `asks`. */
static void
wait_for(struct world *world, struct session *session, bool asks, int64_t since_ms)
{
    struct ask ask = {.asks = asks, .at_ms = since_ms};

    name_tool_call(&world->chance, &ask.tool, &ask.input);
    session_ask(world, session, &ask);
    session->mind.next_ms = 0;
    if (asks || world->switches.waiting_status == WAITING_IDLE)
        session_idle(world, session, "requires_action", since_ms);
}

static void
add_starting(struct world *world, struct environment *environment, int64_t n, int64_t for_ms)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t at = world->now_ms - for_ms;
        struct session *session = fleet_new_job(world, environment, at - 2000, false);
        struct item *item = session->item;

        wait_for(world, session, false, at - 1000);
        item->state = ITEM_STARTING;
        item->acknowledged_ms = at;
        item->lease_until_ms = at + world->switches.starting_grace * 1000;
        worker_warm_up(worker_new(world, environment, QUIRK_NONE), item,
                       world->now_ms + chance_between(&world->chance, 20000, 60000) * 100 /
                                           world->switches.pace);
    }
}

static void
add_asking(struct world *world, struct environment *environment, int64_t n, int64_t for_ms)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t since = world->now_ms - for_ms;
        struct session *session = fleet_new_job(world, environment, since - 12 * MINUTE_MS, false);

        live_through(world, session, session->object.created_ms, since - 5000);
        wait_for(world, session, true, since);
        make_active(world, session, world->now_ms - recent_beat_ms(world));
        worker_adopt(worker_new(world, environment, QUIRK_NONE), session->item);
    }
}

static void
add_queued(struct world *world, struct environment *environment, int64_t n, int64_t for_ms)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t at = world->now_ms - for_ms * (n - i) / n;
        struct session *session = fleet_new_job(world, environment, at, false);

        wait_for(world, session, false, at + 4000 < world->now_ms ? at + 4000 : at);
    }
}

static void
add_stopping(struct world *world, struct environment *environment, int64_t n, int64_t for_ms)
{
    for (int64_t i = 0; i < n; i++) {
        struct session *session = make_job(world, environment, for_ms + 9000);
        struct item *item = session->item;

        wait_for(world, session, false, world->now_ms - 3000);
        item->state = ITEM_STOPPING;
        item->stop_requested_ms = world->now_ms - for_ms - i * 7000;
        item->lease_until_ms = world->now_ms + item->ttl_s * 1000;
        worker_adopt(worker_new(world, environment, QUIRK_DEAF), item);
    }
}

static void
add_bounced(struct world *world, struct environment *environment, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        struct session *session = make_job(world, environment, 0);
        struct item *item = session->item;

        wait_for(world, session, false, world->now_ms - 15000);
        item->state = ITEM_QUEUED;
        item->heartbeat_us = 0;
        item->queued_ms = world->now_ms - 12000;
        item->available_ms = item->queued_ms + world->switches.requeue_delay * 1000;
    }
}

static void
add_silent(struct world *world, struct environment *environment, int64_t n, int64_t for_ms)
{
    for (int64_t i = 0; i < n; i++) {
        struct session *session = make_job(world, environment, for_ms + i * 1300);

        wait_for(world, session, false, world->now_ms - for_ms);
        worker_adopt(worker_new(world, environment, QUIRK_SILENT), session->item);
    }
}

/* Jobs that are over: their sessions idle, their items stopped. */
static void
add_history(struct world *world, struct environment *environment, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t to = world->now_ms - chance_between(&world->chance, 2, 15) * MINUTE_MS;
        int64_t from = to - chance_between(&world->chance, 5, 25) * MINUTE_MS;
        struct session *session = fleet_new_job(world, environment, from, false);
        struct item *item = make_active(world, session, to);

        live_through(world, session, from, to - MINUTE_MS);
        session->mind.turns_left = 0;
        session_idle(world, session, world->is_hostile ? name_hostile((size_t)i) : "end_turn",
                     to - MINUTE_MS);
        item->state = ITEM_STOPPED;
        item->stop_requested_ms = item->stopped_ms = to;
    }
}

static void
add_workers(struct world *world, struct environment *environment, const struct pool_plan *plan)
{
    for (int64_t i = plan->jobs + plan->deaf + plan->asking; i < plan->workers; i++)
        worker_was_polling(world, worker_new(world, environment, QUIRK_NONE));
    for (int64_t i = 0; i < plan->stalling; i++)
        worker_was_polling(world, worker_new(world, environment, QUIRK_STALLS));
}

static const char *
shown_name(const struct world *world, const char *name)
{
    return world->is_hostile ? name_hostile(world->environments.n + world->tunnels.n) : name;
}

static struct environment *
add_pool(struct world *world, const struct pool_plan *plan)
{
    int64_t age = chance_between(&world->chance, 30, 300) * day_ms;
    struct environment *environment =
        environment_new(world, plan->name, shown_name(world, plan->name), world->now_ms - age);
    struct staffing *staffing = &environment->staffing;

    staffing->calls = plan->calls; /* before its first job, and its first worker */
    staffing->is_webhook = plan->is_webhook;
    environment->has_no_key = plan->has_no_key;
    environment->archived_ms = plan->is_archived ? world->now_ms - day_ms : 0;
    add_jobs(world, environment, plan->jobs, QUIRK_NONE);
    add_jobs(world, environment, plan->deaf, QUIRK_DEAF);
    add_starting(world, environment, plan->starting, plan->starting_for * 1000);
    add_asking(world, environment, plan->asking, plan->asking_for * 1000);
    add_queued(world, environment, plan->queued, plan->queued_for * 1000);
    add_stopping(world, environment, plan->stopping, plan->stopping_for * 1000);
    add_bounced(world, environment, plan->bounced);
    add_silent(world, environment, plan->silent, plan->silent_for * 1000);
    add_workers(world, environment, plan);
    *staffing = (struct staffing){
        .workers = plan->workers,
        .jobs = plan->jobs + plan->asking + plan->queued,
        .arrival_ms = plan->arrival * 1000,
        .calls = plan->calls,
        .patience_ms = plan->patience * 1000,
        .next_job_ms = world->now_ms + plan->arrival * 500,
        .is_webhook = plan->is_webhook,
    };
    return environment;
}

static void
add_tunnel(struct world *world, const struct tunnel_plan *plan)
{
    int64_t age = chance_between(&world->chance, 40, 150) * day_ms;
    struct tunnel *tunnel =
        tunnel_new(world, plan->name, shown_name(world, plan->name), world->now_ms - age);

    for (int64_t i = 0; i < plan->certificates; i++) {
        struct tunnel_certificate *certificate = tunnel_add_certificate(
            world, tunnel, NULL, world->now_ms + (plan->expires_in + i * 60) * day_ms);

        certificate->object.created_ms = tunnel->object.created_ms + (3 + i) * MINUTE_MS;
    }
}

/* Which pools of a crowd have what: the first ones are the sick ones. */
static struct pool_plan
crowd_pool(const struct crowd *crowd, int64_t i)
{
    int64_t jobs = crowd->jobs / crowd->pools + (i < crowd->jobs % crowd->pools);
    struct pool_plan plan = {.name = name_region((size_t)i), .jobs = jobs, .workers = jobs + 2};

    plan.arrival = 120;
    if (i < crowd->unmanned) {
        plan.jobs = plan.workers = plan.arrival = 0;
        plan.queued = jobs;
        plan.queued_for = 400;
    } else if (i < crowd->unmanned + crowd->backlogged) {
        plan.jobs = plan.workers = 2;
        plan.queued = jobs - 2;
        plan.queued_for = 900;
    } else if (i < crowd->unmanned + crowd->backlogged + crowd->silent) {
        plan.jobs--;
        plan.silent = 1;
        plan.silent_for = 110;
    }
    return plan;
}

struct world *
populate(const struct scenario *scenario, uint64_t seed, int64_t now_ms)
{
    struct world *world = world_begin(seed, &scenario->switches);
    bool *fault;

    world->now_ms = world->born_ms = world->lived_ms = now_ms;
    world->is_hostile = scenario->is_hostile;
    for (size_t i = 0; i < scenario->faults.n; i++)
        if ((fault = faults_find(&world->faults, scenario->faults.items[i])))
            *fault = true;
    for (size_t i = 0; i < scenario->tunnels.n; i++) /* first: agents use them */
        add_tunnel(world, scenario->tunnels.items[i]);
    for (size_t i = 0; i < scenario->pools.n; i++) {
        const struct pool_plan *plan = scenario->pools.items[i];

        add_history(world, add_pool(world, plan), plan->jobs > 0 ? HISTORY : 0);
    }
    for (int64_t i = 0; i < scenario->crowd.pools; i++) {
        struct pool_plan plan = crowd_pool(&scenario->crowd, i);

        add_pool(world, &plan);
    }
    return world;
}
