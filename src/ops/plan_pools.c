/* plan_pools.c — draining and restarting pools. */
#include <stdio.h>
#include <string.h>

#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/plan.h"

static bool
is_wanted(const struct run *run, const struct job *job)
{
    if (job->from == JOB_FROM_SESSION)
        return run_chose(run, OP_CHOICE_interrupt);
    if (job->state_kind == JOB_STATE_queued)
        return run_chose(run, OP_CHOICE_stop_queued);
    return run_chose(run, OP_CHOICE_stop_running) && job->state_kind != JOB_STATE_stopped;
}

static void
add_pool_jobs(struct engine *engine, struct run *run)
{
    const struct job *job;
    size_t i = 0, calls = 0;

    while ((job = object_next_job(&engine->snapshot, run->pool_id, &i))) {
        struct run_item *item;

        if (!is_wanted(run, job))
            continue;
        item = plan_add_job(engine, run, job);
        if (job->state_kind == JOB_STATE_stopping) {
            item->progress = OP_ITEM_taken;
            item->is_foreign = true;
            item_note(item, "asked to stop already");
        } else if (calls++ < PLAN_CALLS_SHOWN) {
            if (job->from == JOB_FROM_SESSION)
                plan_call(run, API_CALL_events, job->session_id, "",
                          "{\"events\":[{\"type\":\"user.interrupt\"}]}");
            else
                plan_call(run, API_CALL_stop, job->pool_id, job->id, "{}");
        }
    }
    plan_more(run, calls);
}

/* What can be chosen about a pool. */
static void
offer_choices(struct run *run, const struct pool *pool, const struct driver_use *use)
{
    unsigned verbs = driver_verbs(use);
    bool is_listed = pool->work_access == WORK_LISTED;
    unsigned offered = 0, usual = 0;

    if (verbs & 1u << DRIVER_drain) {
        offered |= CHOICE(command);
        usual |= CHOICE(command);
    }
    if (is_listed) {
        offered |= CHOICE(stop_running) | CHOICE(stop_queued) | CHOICE(force);
        usual |= CHOICE(stop_running);
        if (run->kind == OP_drain_pool)
            offered |= CHOICE(keep);
    } else {
        offered |= CHOICE(interrupt);
    }
    if (run->kind == OP_restart_pool && verbs & 1u << DRIVER_list &&
        use->driver->verbs[DRIVER_restart].takes_worker)
        offered |= CHOICE(rolling);
    plan_choose(run, offered, usual);
}

static void
say_counts(struct run *run, const struct pool *pool)
{
    if (pool->work_access == WORK_LISTED)
        run_say(run, OP_LINE_note, 0,
                "now: %" PRId64 " active, %" PRId64 " starting, %" PRId64 " stopping, %" PRId64
                " queued; workers polling: %" PRId64,
                pool->active, pool->starting, pool->stopping, pool->queued, pool->workers_polling);
    else
        run_say(run, OP_LINE_note, 0,
                "now: %" PRId64 " waiting, %" PRId64 " claimed; workers polling: %" PRId64,
                pool->depth, pool->pending, pool->workers_polling);
}

static void
warn_without_key(struct run *run, const struct pool *pool)
{
    if (pool->work_access == WORK_LISTED)
        return;
    run_say(run, OP_LINE_warning, 0,
            "the work items of %s are not known, so none can be stopped or counted: %s "
            "(pools[].environment_key_file). Still possible: %sinterrupting the sessions, which "
            "ends a turn but frees no worker at once",
            pool->name,
            pool->work_access == WORK_REFUSED ? "its environment key was refused for listing"
                                              : "its environment key is missing",
            run->choices_offered & CHOICE(command) ? "the drain command; " : "");
}

static const struct pool *
plan_pool(struct engine *engine, struct run *run)
{
    const struct pool *pool = object_pool(&engine->snapshot, run->ids[0]);

    if (!pool) {
        plan_refuse(engine, run, "no pool %s is known", run->ids[0]);
        return NULL;
    }
    snprintf(run->pool_id, sizeof(run->pool_id), "%s", pool->id);
    plan_name(run, pool->id, pool->name);
    return pool;
}

void
plan_drain_pool(struct engine *engine, struct run *run)
{
    const struct pool *pool = plan_pool(engine, run);
    const struct driver_use *use;

    if (!pool)
        return;
    use = engine_control(engine, "pool", pool->id);
    offer_choices(run, pool, use);
    say_counts(run, pool);
    warn_without_key(run, pool);
    if (run_chose(run, OP_CHOICE_command))
        plan_command(engine, run, use, DRIVER_drain, NULL);
    else if (pool->workers_polling != 0)
        plan_warn(run,
                  "no control command stops the workers: those that poll will claim new work as "
                  "soon as there is some");
    if (plan_is_refused(run))
        return;
    add_pool_jobs(engine, run);
    if (pool->work_access == WORK_LISTED)
        plan_typical_time(engine, run);
    if (run_chose(run, OP_CHOICE_stop_running) && run->n_items > 0)
        plan_warn(run, "running tool calls are cancelled and stay unanswered");
    if (run_chose(run, OP_CHOICE_command))
        run_say(run, OP_LINE_note, 0,
                "a worker that ended still counts as polling for 30 s; that is waited for");
    if (!run->choices)
        plan_refuse(engine, run,
                    "nothing can be done about %s from here: it has no control command "
                    "(pools[].control), and its work items are not known",
                    pool->name);
}

void
plan_restart_pool(struct engine *engine, struct run *run)
{
    const struct pool *pool = plan_pool(engine, run);
    const struct driver_use *use;
    unsigned verbs;

    if (!pool)
        return;
    use = engine_control(engine, "pool", pool->id);
    verbs = driver_verbs(use);
    if (!(verbs & (1u << DRIVER_restart | 1u << DRIVER_start))) {
        plan_refuse(engine, run,
                    "no control command restarts the workers of %s: pools[].control names none",
                    pool->name);
        return;
    }
    offer_choices(run, pool, use);
    run->expected = pool->expected_workers > 0 ? pool->expected_workers : object_workers(pool);
    say_counts(run, pool);
    warn_without_key(run, pool);
    if (run_chose(run, OP_CHOICE_rolling)) {
        plan_command(engine, run, use, DRIVER_list, NULL);
        run_say(run, OP_LINE_command, 0, "then, for each worker that it lists:");
        plan_command(engine, run, use, DRIVER_restart, driver_any_worker);
        plan_warn(run, "what a worker runs when it is restarted is cancelled: worker by worker, "
                       "nothing is drained, stopped or forced beforehand, whatever else is chosen");
        return;
    }
    if (run_chose(run, OP_CHOICE_command))
        plan_command(engine, run, use, DRIVER_drain, NULL);
    add_pool_jobs(engine, run);
    if (!plan_is_refused(run))
        plan_command(engine, run, use,
                     run_chose(run, OP_CHOICE_command) && verbs & 1u << DRIVER_start
                         ? DRIVER_start
                         : DRIVER_restart,
                     NULL);
    if (run->n_items > 0)
        plan_warn(run, "running tool calls are cancelled and stay unanswered");
    if (!run_chose(run, OP_CHOICE_command))
        plan_warn(run, "what workers claim meanwhile is cut off by the command");
    run_say(run, OP_LINE_note, 0,
            "then %" PRId64 " workers must poll or work; a worker that ended still counts for 30 s",
            run->expected > 0 ? run->expected : 1);
}
