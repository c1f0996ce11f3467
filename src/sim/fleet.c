#include "sim/fleet.h"

#include "core/clock.h"
#include "core/json.h"
#include "sim/agent.h"
#include "sim/buffer.h"
#include "sim/names.h"
#include "sim/queue.h"
#include "sim/session.h"
#include "sim/worker.h"

enum {
    DORMANT_KEPT_MS = 20 * 60 * 1000, /* a finished session is archived after that */
    ARCHIVED_KEPT_MS = 20 * 60 * 1000,
    LEAST_STEP_MS = 200,
    MOST_STEPS = 50,
};

static struct json *
first_message(struct world *world, const char *title)
{
    struct json *body = json_new_object();
    struct json *text = json_add_object(json_add_array(body, "content"), NULL);

    json_add_string(text, "type", "text");
    json_add_string(text, "text", world->is_hostile ? name_hostile(0) : title);
    return body;
}

static const char *
pick_title(struct world *world)
{
    size_t nth = (size_t)chance_next(&world->chance);

    if (world->is_hostile)
        return chance_percent(&world->chance, 20) ? name_hostile_endless(nth) : name_hostile(nth);
    return name_title(&world->chance);
}

struct session *
fleet_new_job(struct world *world, struct environment *environment, int64_t created_ms,
              bool is_fresh)
{
    const char *title = pick_title(world);
    const struct json *agent = agent_snapshot(world, (size_t)chance_next(&world->chance));
    struct session *session = session_new(world, environment, agent, title, created_ms);

    session->mind.turns_left = 1;
    session->mind.calls_left = chance_between(&world->chance, 6, 60);
    if (environment->staffing.calls > 0) /* a long job: no budget may end it */
        session->mind.calls_left = environment->staffing.calls;
    else if (chance_percent(&world->chance, 40))
        session->budget_cents = 500 * chance_between(&world->chance, 2, 10);
    session_emit(world, session, "user.message", first_message(world, title), created_ms);
    session_run(world, session, created_ms);
    item_new(world, session, created_ms);
    if (is_fresh)
        agent_wake(world, session);
    return session;
}

static int64_t
live_items(const struct environment *environment)
{
    int64_t n = 0;

    for (size_t i = 0; i < environment->items.n; i++) {
        const struct item *item = environment->items.items[i];

        n += item->state != ITEM_STOPPED && item->state != ITEM_STOPPING;
    }
    return n;
}

static void
bring_jobs(struct world *world, struct environment *environment)
{
    struct staffing *staffing = &environment->staffing;
    int64_t mean = staffing->arrival_ms;

    if (environment->archived_ms || staffing->next_job_ms > world->now_ms || mean <= 0)
        return;
    staffing->next_job_ms = world->now_ms + chance_between(&world->chance, mean / 2, mean * 3 / 2);
    if (live_items(environment) < staffing->jobs)
        fleet_new_job(world, environment, world->now_ms, true);
}

/* Whoever asked for a job gives up when nobody has taken it for too long. */
static void
withdraw_jobs(struct world *world, const struct environment *environment)
{
    int64_t patience_ms = environment->staffing.patience_ms;

    for (size_t i = 0; patience_ms > 0 && i < environment->items.n; i++) {
        struct item *item = environment->items.items[i];

        if (item->state != ITEM_QUEUED || item->claimed_ms || !item->session ||
            world->now_ms - item->object.created_ms < patience_ms)
            continue;
        session_archive(world, item->session);
        item_stop(world, item, true);
        return; /* stopping may forget another one; the rest comes with the next tick */
    }
}

/* Finished sessions are archived, archived ones deleted, so that a long run does not grow. */
static void
retire(struct world *world, struct session *session)
{
    bool is_served = session->item && !item_is_over(session->item);

    if (session->archived_ms) {
        if (world->now_ms - session->archived_ms > ARCHIVED_KEPT_MS && !is_served)
            session_delete(world, session);
        return;
    }
    if (session->mind.is_idle && !is_served && session->mind.turns_left <= 0 &&
        !session->mind.script && world->now_ms - session->updated_ms > DORMANT_KEPT_MS)
        session_archive(world, session);
}

static void
tick(struct world *world)
{
    for (size_t i = 0; i < world->environments.n; i++)
        queue_advance(world, world->environments.items[i]);
    for (size_t i = 0; i < world->workers.n; i++)
        worker_tick(world, world->workers.items[i]);
    for (size_t i = 0; i < world->sessions.n; i++)
        agent_tick(world, world->sessions.items[i]);
    if (world->is_quiet)
        return;
    for (size_t i = 0; i < world->environments.n; i++) {
        withdraw_jobs(world, world->environments.items[i]);
        bring_jobs(world, world->environments.items[i]);
    }
    for (size_t i = world->sessions.n; i-- > 0;)
        retire(world, world->sessions.items[i]);
}

int64_t
fleet_step_ms(const struct world *world)
{
    int64_t least_s = earliest(world->switches.lease_ttl, world->switches.polling_window);

    return least_s * 125 > LEAST_STEP_MS ? least_s * 125 : LEAST_STEP_MS;
}

void
fleet_live(struct world *world, int64_t now_ms)
{
    int64_t late_ms = now_ms - world->now_ms, step_ms = fleet_step_ms(world);

    if (late_ms > MOST_STEPS * step_ms)
        step_ms = late_ms / MOST_STEPS;
    do {
        world->now_ms = earliest(world->now_ms + step_ms, now_ms);
        tick(world);
    } while (world->now_ms < now_ms);
    world->lived_ms = now_ms;
}
