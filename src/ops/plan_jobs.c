/* plan_jobs.c — stopping and restarting jobs. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/plan.h"

static void
describe(struct engine *engine, const struct job *job, struct run_item *item)
{
    struct text what = {.bytes = item->what, .size = sizeof(item->what)};

    text_addf(&what, "%s", job->from == JOB_FROM_WORK ? job->state : job->session_status);
    if (job->created_ms > 0) {
        text_add(&what, ", age ");
        duration_add(&what, engine->wall_ms - job->created_ms);
    }
    if (job->heartbeat_ms > 0) {
        text_add(&what, ", heartbeat ");
        duration_add(&what, engine->wall_ms - job->heartbeat_ms);
        text_add(&what, " ago");
    } else if (job->from == JOB_FROM_WORK && job->state_kind != JOB_STATE_queued) {
        text_add(&what, ", no heartbeat yet");
    }
    snprintf(item->loses, sizeof(item->loses), "%s",
             job->from == JOB_FROM_SESSION ? "its turn ends"
             : job->state_kind == JOB_STATE_queued
                 ? "its place in the queue"
                 : "its running tool call is cancelled and stays unanswered");
}

struct run_item *
plan_add_job(struct engine *engine, struct run *run, const struct job *job)
{
    struct run_item *item = run_add_item(run, job->id, *job->title ? job->title : job->id);

    snprintf(item->pool_id, sizeof(item->pool_id), "%s", job->pool_id);
    snprintf(item->session_id, sizeof(item->session_id), "%s", job->session_id);
    snprintf(item->state, sizeof(item->state), "%s", job->state);
    describe(engine, job, item);
    return item;
}

static void
add_jobs(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_ids; i++) {
        const struct job *job = engine_job(engine, run->ids[i]);
        struct run_item *item;

        if (job) {
            plan_add_job(engine, run, job);
            continue;
        }
        item = run_add_item(run, run->ids[i], run->ids[i]);
        item->progress = OP_ITEM_left;
        item_note(item, "no longer there");
    }
}

static void
name_jobs(struct run *run)
{
    snprintf(run->pool_id, sizeof(run->pool_id), "%s", run->items[0].pool_id);
    for (size_t i = 1; i < run->n_items; i++)
        if (strcmp(run->items[i].pool_id, run->pool_id) != 0)
            run->pool_id[0] = '\0';
    plan_name(run, run->items[0].id, run->items[0].name);
    if (run->n_items > 1)
        snprintf(run->object_name, sizeof(run->object_name), "%zu jobs", run->n_items);
}

/* A session whose work item was not seen: there is none, or we could not look. */
static void
refuse_session(struct engine *engine, struct run *run, const struct run_item *item,
               const struct job *job)
{
    static const struct {
        const char *before, *after; /* the pool's name */
    } why[] = {
        [WORK_NO_KEY] = {"it would take the environment key of pool ",
                         " to list it (pools[].environment_key_file)"},
        [WORK_LISTED] = {"pool ", " lists none for its session, so there is nothing to stop"},
        [WORK_REFUSED] = {"the environment key of pool ", " was refused for listing"},
        [WORK_PENDING] = {"those of pool ", " are not listed yet"},
    };
    const struct pool *pool = object_pool(&engine->snapshot, job->pool_id);
    enum work_access access = pool ? pool->work_access : WORK_NO_KEY;

    plan_refuse(engine, run,
                "no work item of %s is known: %s%s%s; still possible: restart, which interrupts "
                "its session",
                item->name, why[access].before, pool ? pool->name : job->pool_id,
                why[access].after);
}

void
plan_stop_job(struct engine *engine, struct run *run)
{
    size_t n = 0;

    add_jobs(engine, run);
    name_jobs(run);
    plan_choose(run, CHOICE(force), 0);
    for (size_t i = 0; i < run->n_items; i++) {
        const struct job *job = engine_job(engine, run->items[i].id);

        if (!job)
            continue;
        if (job->from == JOB_FROM_SESSION) {
            refuse_session(engine, run, &run->items[i], job);
            return;
        }
        if (n++ < PLAN_CALLS_SHOWN)
            plan_call(run, API_CALL_stop, job->pool_id, job->id, "{}");
    }
    if (n == 0) {
        plan_refuse(engine, run, "nothing to stop: it is no longer there");
        return;
    }
    plan_more(run, n);
    plan_typical_time(engine, run);
    plan_warn(run,
              "a running tool call is cancelled and stays unanswered; the session itself goes on "
              "later, when somebody sends it a message");
}

void
plan_restart_job(struct engine *engine, struct run *run)
{
    add_jobs(engine, run);
    name_jobs(run);
    plan_choose(run, CHOICE(force), 0);
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];
        const struct job *job = engine_job(engine, item->id);

        if (!job || !*job->session_id) {
            plan_refuse(engine, run, "%s: its session is not known", item->name);
            return;
        }
        if (strcmp(job->session_status, "terminated") == 0) {
            plan_refuse(engine, run,
                        "the session of %s is terminated or archived: no worker runs anything for "
                        "it any more; a new session takes its place",
                        item->name);
            return;
        }
        if (job->from == JOB_FROM_SESSION)
            item->progress = OP_ITEM_done; /* nothing to stop; its session is interrupted */
        else if (i < PLAN_CALLS_SHOWN)
            plan_call(run, API_CALL_stop, job->pool_id, job->id, "{}");
        if (i < PLAN_CALLS_SHOWN)
            plan_call(run, API_CALL_events, job->session_id, "",
                      "{\"events\":[{\"type\":\"user.interrupt\"}]}");
    }
    plan_more(run, run->n_items);
    plan_typical_time(engine, run);
    plan_warn(run,
              "the turn that runs is dropped; a tool call without an answer may run twice: the "
              "next worker runs every call of the history that has no result");
    run_say(run, OP_LINE_note, 0,
            "then its new work item is awaited for 30 s; if none comes, you may send a message");
}
