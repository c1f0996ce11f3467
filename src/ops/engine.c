#include "ops/engine.h"

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/map.h"
#include "core/secret.h"
#include "core/text.h"
#include "ops/mailbox.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/process.h"
#include "ops/record.h"

enum { CALL_WITHIN_MS = 30000, AGAIN_MS = 1000, LONGEST_AGAIN_MS = 10000, RETRY_MS = 60000 };

enum { SELDOM = 30 }; /* for each millisecond that it took: so many without it */

/* --- what is configured --- */

const struct driver_use *
engine_control(const struct engine *engine, const char *kind, const char *id)
{
    for (size_t i = 0; i < engine->options->n_controls; i++) {
        const struct ops_control *control = &engine->options->controls[i];

        if (strcmp(control->kind, kind) == 0 && strcmp(control->id, id) == 0)
            return &control->use;
    }
    return NULL;
}

const struct ops_token *
engine_token(const struct engine *engine, const char *tunnel_id)
{
    for (size_t i = 0; i < engine->options->n_tokens; i++)
        if (strcmp(engine->options->tokens[i].tunnel_id, tunnel_id) == 0)
            return &engine->options->tokens[i];
    return NULL;
}

int64_t
engine_seldom(int64_t began_ms)
{
    int64_t now_ms = clock_mono_ms();

    return now_ms + SELDOM * (now_ms - began_ms);
}

/* --- what is there --- */

const struct job *
engine_job(struct engine *engine, const char *id)
{
    const struct rows *slot = &engine->snapshot.slot[SLOT_jobs];
    size_t n;
    const struct job *jobs = snapshot_jobs(&engine->snapshot, &n);

    if (!engine->jobs || engine->jobs_version != slot->version) {
        map_free(engine->jobs);
        engine->jobs = map_new();
        engine->jobs_version = slot->version;
        for (size_t i = n; i-- > 0;) /* the first of two counts */
            map_set(engine->jobs, jobs[i].id, (void *)(uintptr_t)&jobs[i]);
    }
    return map_get(engine->jobs, id);
}

/* --- recording --- */

/* What cannot be written down is not done; what is on its way is still answered. */
static bool
end_unrecorded(struct engine *engine, struct run *run, const struct err *err)
{
    run->state = OP_STATE_failed;
    run->ended_ms = engine->wall_ms;
    run->offer = OP_OFFER_nothing;
    run_summarize(run, "it could not be recorded, so nothing more is done: %s", err->message);
    run_say(run, OP_LINE_step, engine->wall_ms, "%s", run->summary);
    log_line("ops", "%s: %s", run->id, run->summary);
    engine->ops_changed = true;
    return false;
}

bool
engine_changed(struct engine *engine, struct run *run)
{
    struct err err = {0};

    engine->ops_changed = true;
    return record_state(engine, run, &err) || end_unrecorded(engine, run, &err);
}

bool
engine_item(struct engine *engine, struct run *run, const struct run_item *item)
{
    struct err err = {0};

    engine->ops_changed = true;
    if (op_state_is_over(run->state))
        return false;
    return record_item(engine, run, item, &err) || end_unrecorded(engine, run, &err);
}

bool
engine_items(struct engine *engine, struct run *run)
{
    struct err err = {0};

    engine->ops_changed = true;
    if (op_state_is_over(run->state))
        return false;
    return record_items(engine, run, &err) || end_unrecorded(engine, run, &err);
}

void
engine_result(struct engine *engine, struct run *run, int64_t step, const char *result)
{
    struct err err = {0};

    if (!record_result(engine, run, step, result, &err))
        run_say(run, OP_LINE_warning, engine->wall_ms, "not recorded: %s", err.message);
}

/* --- states --- */

void
engine_end(struct engine *engine, struct run *run, enum op_state state, const char *format, ...)
{
    va_list args;

    if (op_state_is_over(run->state))
        return;
    va_start(args, format);
    run_write(run->summary, sizeof(run->summary), format, args);
    va_end(args);
    for (size_t i = 0; i < run->n_items; i++)
        if (run->items[i].progress == OP_ITEM_waiting) {
            run->items[i].progress = OP_ITEM_left;
            run->items[i].is_unwritten = true;
        }
    run->state = state;
    run->ended_ms = engine->wall_ms;
    run->offer = OP_OFFER_nothing;
    run_say(run, OP_LINE_step, engine->wall_ms, "%s", run->summary);
    log_line("ops", "%s %s %s %s: %s", run->id, op_verb(run->kind), op_object(run->kind),
             run->object_name, run->summary);
    engine_changed(engine, run);
}

/* What was on its way when it was cancelled may still end its phase, and begins no other. */
static bool
is_cancelled(struct engine *engine, struct run *run)
{
    if (run->state != OP_STATE_stopping)
        return false;
    engine_changed(engine, run);
    return true;
}

void
engine_ask(struct engine *engine, struct run *run, enum op_offer offer, const char *format, ...)
{
    va_list args;

    if (is_cancelled(engine, run))
        return;
    va_start(args, format);
    run_write(run->offer_text, sizeof(run->offer_text), format, args);
    va_end(args);
    run->offer = offer;
    run->state = OP_STATE_asking;
    if (offer == OP_OFFER_force)
        snprintf(run->must_type, sizeof(run->must_type), "%s", run_word(run));
    run_summarize(run, "%s", run->offer_text);
    run_say(run, OP_LINE_step, engine->wall_ms, "%s", run->offer_text);
    engine_changed(engine, run);
}

void
engine_go_on(struct engine *engine, struct run *run)
{
    if (strcmp(run->summary, run->offer_text) == 0)
        run->summary[0] = '\0'; /* it was answered */
    run->offer = OP_OFFER_nothing;
    run->offer_text[0] = '\0';
    run->state = OP_STATE_running;
    engine_changed(engine, run);
}

/* The last word of an op whose phases are all done. */
static void
conclude(struct engine *engine, struct run *run)
{
    size_t n_foreign = 0, n_done = run_count(run, OP_ITEM_done);
    const struct pool *pool = object_pool(&engine->snapshot, run->pool_id);
    const char *done = kinds[run->kind].done;
    TEXT(took, 16);

    if (run->kind == OP_drain_pool && pool && pool->work_access != WORK_LISTED)
        done = "all that could be asked for is done; what its workers still run is not known";

    for (size_t i = 0; i < run->n_items; i++)
        n_foreign += run->items[i].is_foreign;
    duration_add(&took, engine->wall_ms - run->started_ms);
    if (run->kind == OP_stop_job && n_foreign == run->n_items)
        engine_end(engine, run, OP_STATE_done, "done: somebody else had done it already");
    else if (run->n_items > 1)
        engine_end(engine, run, OP_STATE_done, "%s, after %s: %zu of %zu", done, took.bytes, n_done,
                   run->n_items);
    else
        engine_end(engine, run, OP_STATE_done, "%s, after %s", done, took.bytes);
}

void
engine_next(struct engine *engine, struct run *run)
{
    if (op_state_is_over(run->state) || is_cancelled(engine, run))
        return;
    run->phase++;
    run->has_entered = run->is_resumed = false;
    run->stage = 0;
    run->nth = 0;
    run->state = OP_STATE_running;
    run->offer = OP_OFFER_nothing;
    if (!phase_of(run))
        conclude(engine, run);
    else
        engine_changed(engine, run);
}

/* --- requests --- */

bool
engine_may_act(const struct engine *engine)
{
    size_t n = 0;

    for (const struct run *run = engine->runs; run; run = run->next)
        n += run_effects_in_flight(run);
    return n < ENGINE_MOST_EFFECTS;
}

bool
engine_may_try_again(const struct engine *engine, struct run_item *item,
                     const struct api_answer *answer)
{
    int64_t within_ms = engine->options->retry_ms > 0 ? engine->options->retry_ms : RETRY_MS;
    int64_t wait_ms = (int64_t)AGAIN_MS << (item->tries < 5 ? item->tries : 5);

    if (item->tries++ == 0)
        item->trying_since_ms = engine->now_ms;
    else if (engine->now_ms - item->trying_since_ms >= within_ms)
        return false;
    wait_ms = wait_ms < LONGEST_AGAIN_MS ? wait_ms : LONGEST_AGAIN_MS;
    item->not_before_ms =
        engine->now_ms + (answer->retry_after_ms >= 0 ? answer->retry_after_ms : wait_ms);
    return true;
}

static struct api_call
make_call(const struct engine *engine, const struct run_item *item, enum api_call_id call,
          const char *body)
{
    int64_t within_ms = engine->options->send_within_ms;
    struct api_call made = {.id = call,
                            .ids = {item->id, ""},
                            .body = body,
                            .within_ms = within_ms > 0 ? within_ms : CALL_WITHIN_MS,
                            .done = mailbox_put,
                            .context = engine->mailbox,
                            .tag = item->tag};

    if (call == API_CALL_stop || call == API_CALL_work) {
        made.ids[0] = item->pool_id;
        made.ids[1] = item->id;
    } else if (call == API_CALL_events || call == API_CALL_session) {
        made.ids[0] = item->session_id;
    }
    return made;
}

bool
engine_call(struct engine *engine, struct run *run, struct run_item *item, enum api_call_id call,
            const char *body)
{
    struct api_call request;
    struct err err = {0};
    TEXT(detail, 1024);

    item->tag = item->last_tag = ++engine->last_tag;
    item->call = call;
    item->step = 0;
    request = make_call(engine, item, call, body);
    if (api_call_is_effect(call)) {
        api_call_describe(&request, &detail);
        if (!record_step(engine, run, item, call == API_CALL_stop ? "stop" : "send", detail.bytes,
                         &item->step, &err)) {
            item->tag = 0;
            return end_unrecorded(engine, run, &err);
        }
        run_say(run, OP_LINE_step, engine->wall_ms, "%s", detail.bytes);
        engine->ops_changed = true;
    }
    api_call(engine->api, &request);
    return true;
}

void
engine_hurry(struct engine *engine, struct run *run, int64_t every_ms)
{
    if (!*run->pool_id || engine->now_ms - run->hurried_ms < every_ms)
        return;
    run->hurried_ms = engine->now_ms;
    api_hurry(engine->api, run->pool_id);
}

/* --- commands --- */

bool
engine_run_argv(struct engine *engine, struct run *run, const struct process_plan *plan,
                const char *what, const struct run_item *item)
{
    struct err err = {0};
    TEXT(detail, 1024);

    process_describe(plan->argv, &detail);
    if (!record_step(engine, run, item, what, detail.bytes, &run->command_step, &err))
        return end_unrecorded(engine, run, &err);
    run_say(run, OP_LINE_step, engine->wall_ms, "%s", detail.bytes);
    engine->ops_changed = true;
    run->command = process_start(plan, &err);
    if (run->command)
        return true;
    engine_result(engine, run, run->command_step, err.message);
    phase_of(run)->ended(engine, run, &err);
    return false;
}

bool
engine_command(struct engine *engine, struct run *run, const struct driver_use *use,
               enum driver_verb verb, const char *worker, const struct run_item *item)
{
    struct arena *arena = arena_new();
    struct process_plan plan = {0};
    struct err err = {0};
    bool ok = false;

    if (!use)
        err_set(&err, ERR_CONFIG, "the configuration has no control command for it any more");
    if (use && driver_expand(use, verb, worker, arena, &plan.argv, &err)) {
        plan.environment = use->driver->environment;
        plan.within_ms = use->driver->verbs[verb].deadline_ms;
        ok = engine_run_argv(engine, run, &plan, driver_verb_name(verb), item);
    } else {
        phase_of(run)->ended(engine, run, &err);
    }
    arena_free(arena);
    return ok;
}

enum known
engine_known(struct engine *engine, struct run *run, enum driver_verb verb,
             const struct run_item *item)
{
    enum known known = KNOWN_not_begun;
    struct err err = {0};

    if (run->is_resumed)
        known = record_known(engine, run, driver_verb_name(verb), item, &err);
    if (known == KNOWN_failed)
        phase_of(run)->ended(engine, run, &err);
    return known;
}
