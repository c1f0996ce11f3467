/* plan.c — what an op will do, in words: its objects, its calls and commands, what it takes to
 * confirm it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/process.h"
#include "ops/record.h"

enum { CALLS_SHOWN = 3, LIST_ITEMS = 1000 };

#define CHOICE(id) (1u << OP_CHOICE_##id)

void
plan_refuse(struct engine *engine, struct run *run, const char *format, ...)
{
    struct text out = {.bytes = run->summary, .size = sizeof(run->summary)};
    va_list args;

    text_clear(&out);
    va_start(args, format);
    text_vaddf(&out, format, args);
    va_end(args);
    run->state = OP_STATE_refused;
    run->ended_ms = engine->wall_ms;
}

static bool
is_refused(const struct run *run)
{
    return run->state == OP_STATE_refused;
}

static void
warn(struct run *run, const char *text)
{
    run_say(run, OP_LINE_warning, 0, "%s", text);
}

static void
say_call(struct run *run, enum api_call_id id, const char *first, const char *second,
         const char *body)
{
    const struct api_call call = {.id = id, .ids = {first, second}, .body = body};
    TEXT(line, RUN_NOTE_BYTES);

    api_call_describe(&call, &line);
    run_say(run, OP_LINE_call, 0, "%s", line.bytes);
}

static void
say_more(struct run *run, size_t n)
{
    if (n > CALLS_SHOWN)
        run_say(run, OP_LINE_call, 0, "… and the same for %zu more", n - CALLS_SHOWN);
}

/* The exact command; what keeps it from being run refuses the op. */
static void
say_command(struct engine *engine, struct run *run, const struct driver_use *use,
            enum driver_verb verb, const char *worker)
{
    struct arena *arena = arena_new();
    const char *const *argv;
    struct err err = {0};
    TEXT(line, RUN_NOTE_BYTES * 2);

    if (driver_expand(use, verb, worker, arena, &argv, &err)) {
        process_describe(argv, &line);
        run_say(run, OP_LINE_command, 0, "%s", line.bytes);
    } else {
        plan_refuse(engine, run, "%s", err.message);
    }
    arena_free(arena);
}

static void
say_typical_time(struct engine *engine, struct run *run)
{
    TEXT(median, 16);
    TEXT(p90, 16);

    record_stop_times(engine, run->pool_id, &run->median_ms, &run->p90_ms);
    if (run->median_ms < 0) {
        run_say(run, OP_LINE_note, 0,
                "how long a stop takes here is not known yet; a worker hears of it within 30 s");
        return;
    }
    duration_add(&median, run->median_ms);
    duration_add(&p90, run->p90_ms);
    run_say(run, OP_LINE_note, 0, "a stop here takes %s (median), %s (nine of ten)", median.bytes,
            p90.bytes);
}

static void
name_object(struct run *run, const char *id, const char *name)
{
    snprintf(run->object_id, sizeof(run->object_id), "%s", id);
    text_clean(run->object_name, sizeof(run->object_name), *name ? name : id,
               strlen(*name ? name : id));
}

/* What was ordered of it, or what is usual when nobody says otherwise. */
static void
choose(struct run *run, unsigned offered, unsigned usual)
{
    run->choices_offered = offered;
    run->choices = run->choices == UINT32_MAX ? usual : run->choices & offered;
}

/* --- jobs --- */

static void
add_jobs(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_ids; i++) {
        const struct job *job = object_job(&engine->snapshot, run->ids[i]);
        struct run_item *item;

        if (job) {
            stop_add_item(engine, run, job);
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
    name_object(run, run->items[0].id, run->items[0].name);
    if (run->n_items > 1)
        snprintf(run->object_name, sizeof(run->object_name), "%zu jobs", run->n_items);
}

static const char *
pool_name(const struct engine *engine, const char *id)
{
    const struct pool *pool = object_pool(&engine->snapshot, id);

    return pool ? pool->name : id;
}

void
plan_stop_job(struct engine *engine, struct run *run)
{
    size_t n = 0;

    add_jobs(engine, run);
    name_jobs(run);
    choose(run, CHOICE(force), 0);
    for (size_t i = 0; i < run->n_items; i++) {
        const struct job *job = object_job(&engine->snapshot, run->items[i].id);

        if (!job)
            continue;
        if (job->from == JOB_FROM_SESSION) {
            plan_refuse(engine, run,
                        "the work item of %s is not known: it would take the environment key of "
                        "pool %s to list it (pools[].environment_key_file)",
                        run->items[i].name, pool_name(engine, job->pool_id));
            return;
        }
        if (n++ < CALLS_SHOWN)
            say_call(run, API_CALL_stop, job->pool_id, job->id, "{}");
    }
    if (n == 0) {
        plan_refuse(engine, run, "nothing to stop: it is no longer there");
        return;
    }
    say_more(run, n);
    say_typical_time(engine, run);
    warn(run, "a running tool call is cancelled and stays unanswered; the session itself goes on "
              "later, when somebody sends it a message");
}

void
plan_restart_job(struct engine *engine, struct run *run)
{
    add_jobs(engine, run);
    name_jobs(run);
    choose(run, CHOICE(force), 0);
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];
        const struct job *job = object_job(&engine->snapshot, item->id);

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
        else if (i < CALLS_SHOWN)
            say_call(run, API_CALL_stop, job->pool_id, job->id, "{}");
        if (i < CALLS_SHOWN)
            say_call(run, API_CALL_events, job->session_id, "",
                     "{\"events\":[{\"type\":\"user.interrupt\"}]}");
    }
    say_more(run, run->n_items);
    say_typical_time(engine, run);
    warn(run, "the turn that runs is dropped; a tool call without an answer may run twice: the "
              "next worker runs every call of the history that has no result");
    run_say(run, OP_LINE_note, 0,
            "then its new work item is awaited for 30 s; if none comes, you may send a message");
}

/* --- pools --- */

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
        item = stop_add_item(engine, run, job);
        if (job->state_kind == JOB_STATE_stopping) {
            item->progress = OP_ITEM_taken;
            item->is_foreign = true;
            item_note(item, "asked to stop already");
        } else if (calls++ < CALLS_SHOWN) {
            if (job->from == JOB_FROM_SESSION)
                say_call(run, API_CALL_events, job->session_id, "",
                         "{\"events\":[{\"type\":\"user.interrupt\"}]}");
            else
                say_call(run, API_CALL_stop, job->pool_id, job->id, "{}");
        }
    }
    say_more(run, calls);
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
        if (!(verbs & 1u << DRIVER_drain) && run->kind == OP_drain_pool)
            offered |= CHOICE(keep);
    } else {
        offered |= CHOICE(interrupt);
    }
    if (run->kind == OP_restart_pool && verbs & 1u << DRIVER_list &&
        use->driver->verbs[DRIVER_restart].takes_worker)
        offered |= CHOICE(rolling);
    choose(run, offered, usual);
}

static void
say_counts(struct run *run, const struct pool *pool)
{
    if (pool->work_access == WORK_LISTED)
        run_say(run, OP_LINE_note, 0,
                "now: %" PRId64 " active, %" PRId64 " starting, %" PRId64 " stopping, %" PRId64
                " queued; %" PRId64 " workers poll",
                pool->active, pool->starting, pool->stopping, pool->queued, pool->workers_polling);
    else
        run_say(run, OP_LINE_note, 0,
                "now: %" PRId64 " waiting, %" PRId64 " claimed; %" PRId64 " workers poll",
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
    name_object(run, pool->id, pool->name);
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
        say_command(engine, run, use, DRIVER_drain, NULL);
    else if (pool->workers_polling != 0)
        warn(run, "no control command stops the workers: those that poll will claim new work as "
                  "soon as there is some");
    if (is_refused(run))
        return;
    add_pool_jobs(engine, run);
    if (pool->work_access == WORK_LISTED)
        say_typical_time(engine, run);
    if (run_chose(run, OP_CHOICE_stop_running) && run->n_items > 0)
        warn(run, "running tool calls are cancelled and stay unanswered");
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
        say_command(engine, run, use, DRIVER_list, NULL);
        run_say(run, OP_LINE_command, 0, "then, for each worker that it lists:");
        say_command(engine, run, use, DRIVER_restart, "WORKER");
        warn(run, "what a worker runs when it is restarted is cancelled");
        return;
    }
    if (run_chose(run, OP_CHOICE_command))
        say_command(engine, run, use, DRIVER_drain, NULL);
    add_pool_jobs(engine, run);
    if (!is_refused(run))
        say_command(engine, run, use,
                    run_chose(run, OP_CHOICE_command) && verbs & 1u << DRIVER_start
                        ? DRIVER_start
                        : DRIVER_restart,
                    NULL);
    if (run->n_items > 0)
        warn(run, "running tool calls are cancelled and stay unanswered");
    run_say(run, OP_LINE_note, 0,
            "then %" PRId64 " workers must poll or work; a worker that ended still counts for 30 s",
            run->expected > 0 ? run->expected : 1);
}

/* --- connectors --- */

static const struct connector *
plan_connector(struct engine *engine, struct run *run, enum driver_verb verb)
{
    const struct connector *connector = object_connector(&engine->snapshot, run->ids[0]);
    const struct driver_use *use = engine_control(engine, "connector", run->ids[0]);
    struct run_item *item;

    if (!connector) {
        plan_refuse(engine, run, "no connector at %s is known", run->ids[0]);
        return NULL;
    }
    name_object(run, connector->url, connector->name);
    if (!(driver_verbs(use) & 1u << verb)) {
        plan_refuse(engine, run, "no control command can %s %s: connectors[].control names none",
                    driver_verb_name(verb), connector->name);
        return NULL;
    }
    item = run_add_item(run, connector->url, run->object_name);
    snprintf(item->what, sizeof(item->what), "%s, %" PRId64 " connections",
             connector_state_name(connector->state),
             connector->ready_connections > 0 ? connector->ready_connections : 0);
    snprintf(item->loses, sizeof(item->loses), "requests that pass through it");
    run->expected = connector->ready_connections > 0 ? connector->ready_connections
                                                     : CONNECTOR_EXPECTED_CONNECTIONS;
    say_command(engine, run, use, verb, NULL);
    return connector;
}

/* The last connector of a tunnel takes a second word. */
static void
guard_last(struct engine *engine, struct run *run, const struct connector *connector)
{
    const struct tunnel *tunnel = object_tunnel(&engine->snapshot, connector->tunnel_id);
    const char *name = tunnel ? tunnel->name : connector->tunnel_id;

    if (connector->state != CONNECTOR_ready && connector->state != CONNECTOR_degraded)
        return;
    if (object_other_connectors(&engine->snapshot, connector) > 0)
        return;
    snprintf(run->must_retype, sizeof(run->must_retype), "%s", *name ? name : run->object_name);
    snprintf(run->why_retype, sizeof(run->why_retype),
             "it is the last connector of tunnel %s that is known to carry traffic: nothing gets "
             "through without it",
             *name ? name : "?");
    warn(run, run->why_retype);
}

void
plan_drain_connector(struct engine *engine, struct run *run)
{
    const struct connector *connector = plan_connector(engine, run, DRIVER_drain);

    if (connector)
        guard_last(engine, run, connector);
}

void
plan_restart_connector(struct engine *engine, struct run *run)
{
    const struct connector *connector = plan_connector(engine, run, DRIVER_restart);

    if (!connector)
        return;
    guard_last(engine, run, connector);
    run_say(run, OP_LINE_note, 0, "then it must have %" PRId64 " connections again", run->expected);
}

void
plan_rotate_token(struct engine *engine, struct run *run)
{
    const struct tunnel *tunnel = object_tunnel(&engine->snapshot, run->ids[0]);
    const struct ops_token *to = engine_token(engine, run->ids[0]);
    size_t n;
    const struct connector *connectors = snapshot_connectors(&engine->snapshot, &n);
    struct run_item *item;

    if (!tunnel || tunnel->is_archived) {
        plan_refuse(engine, run, tunnel ? "tunnel %s is archived" : "no tunnel %s is known",
                    tunnel ? tunnel->name : run->ids[0]);
        return;
    }
    name_object(run, tunnel->id, tunnel->name);
    if (!to) {
        plan_refuse(engine, run,
                    "there is nowhere to put the new token of %s: tunnel_tokens names no file or "
                    "command for it",
                    tunnel->name);
        return;
    }
    snprintf(run->must_type, sizeof(run->must_type), "%s", run->object_name);
    item = run_add_item(run, tunnel->id, "the token");
    snprintf(item->what, sizeof(item->what), "goes to %s",
             to->file ? to->file : "a command's standard input");
    say_call(run, API_CALL_rotate, tunnel->id, "", "{}");
    warn(run, "the old token opens no new connection from then on; those that are up stay up");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(connectors[i].tunnel_id, tunnel->id) != 0)
            continue;
        if (!(driver_verbs(engine_control(engine, "connector", connectors[i].url)) &
              1u << DRIVER_restart)) {
            run_say(run, OP_LINE_warning, 0, "restart %s by hand: no control command can",
                    connectors[i].name);
            continue;
        }
        item = run_add_item(run, connectors[i].url, connectors[i].name);
        snprintf(item->loses, sizeof(item->loses), "requests that pass through it");
        say_command(engine, run, engine_control(engine, "connector", connectors[i].url),
                    DRIVER_restart, NULL);
    }
}

/* --- what is the same for all --- */

static void
guard_production(struct engine *engine, struct run *run)
{
    bool forces = run_chose(run, OP_CHOICE_force);

    if (engine->options->is_production || forces)
        snprintf(run->must_type, sizeof(run->must_type), "%s", run->object_name);
    if (forces)
        warn(run, "force, after the grace time, ends work items without their workers: what they "
                  "run on the host may go on for up to 30 s");
}

static void
guard_claims(struct engine *engine, struct run *run)
{
    const struct journal_op *op = record_claim_on(engine, run->object_id, run->pool_id);

    for (size_t i = 0; i < run->n_items && !op; i++)
        op = record_claim_on(engine, run->items[i].id, run->items[i].pool_id);
    if (!op)
        return;
    snprintf(run->must_retype, sizeof(run->must_retype), "%s", run->object_name);
    snprintf(run->why_retype, sizeof(run->why_retype), "%s@%s is at it: %s %s %s", op->user,
             op->host, op_verb(op->kind), op_object(op->kind), op->object_name);
    warn(run, run->why_retype);
}

void
plan_make(struct engine *engine, struct run *run)
{
    run->must_type[0] = run->must_retype[0] = run->why_retype[0] = '\0';
    run->state = OP_STATE_planned;
    run->summary[0] = '\0';
    if (!kinds[run->kind].takes_grace)
        run->choices = 0;
    kinds[run->kind].plan(engine, run);
    if (is_refused(run))
        return;
    guard_production(engine, run);
    guard_claims(engine, run);
    if (!*run->summary)
        run_summarize(run, "%s %s %s: waits for your word", op_verb(run->kind),
                      op_object(run->kind), run->object_name);
}
