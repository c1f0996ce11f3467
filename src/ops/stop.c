/* stop.c — jobs are asked to stop, watched until they are, and forced when that was wanted.
 *
 * What a stop answers is facts/management-api.md 5.8: any 2xx is taken, 409 and 404 mean that it is
 * already done. What may have happened is never sent again; the item is watched instead. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/map.h"
#include "core/text.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/plan.h"

enum {
    FIRST_LOOK_MS = 400,
    LONGEST_LOOK_MS = 5000,
    LOOK_EACH_MS = 400,      /* for each item that is watched, so that many do not eat the budget */
    LIST_WITHIN_MS = 20000,  /* after a command: how long a fresh list is waited for */
    FORCE_WITHIN_MS = 45000, /* after force: one heartbeat and the answer to it */
};

#define FORCE_SAYS                                                                                 \
    "force ends the work item at once; the worker's process learns of it at its next heartbeat, "  \
    "so what runs on the host may go on for up to 30 s"

/* --- what was learned about an item --- */

static void
is_done(struct engine *engine, struct run *run, struct run_item *item, const char *note)
{
    if (item->progress == OP_ITEM_done)
        return;
    item->progress = OP_ITEM_done;
    item->done_ms = engine->wall_ms;
    item->is_unproven = false;
    item_note(item, "%s", note);
    if (item->asked_ms && !*note) {
        TEXT(took, 16);

        duration_add(&took, item->done_ms - item->asked_ms);
        item_note(item, "stopped after %s", took.bytes);
    }
    engine_item(engine, run, item);
}

static void
failed(struct engine *engine, struct run *run, struct run_item *item, const char *why)
{
    item->progress = OP_ITEM_failed;
    item->done_ms = engine->wall_ms;
    item_note(item, "%s", why);
    engine_item(engine, run, item);
}

/* Nothing may be sent about it before it was looked at, which is refused. */
static void
failed_unseen(struct engine *engine, struct run *run, struct run_item *item, const char *why)
{
    TEXT(note, RUN_NOTE_BYTES);

    text_addf(&note, "whether it was asked to stop is not known, and it cannot be looked at: %s",
              why);
    failed(engine, run, item, note.bytes);
}

/* Not over yet, but not what we know nothing about either. */
static void
is_seen(struct engine *engine, struct run *run, struct run_item *item, const char *state)
{
    if (item->is_unproven && strcmp(state, "stopping") != 0) {
        item->is_unproven = false; /* it was not asked, or that was lost: ask (again) */
        item->progress = OP_ITEM_waiting;
        item->asked_ms = 0;
        item_note(item, "%s when it was looked at again", state);
        engine_item(engine, run, item);
        return;
    }
    item->is_unproven = false;
    if (strcmp(item->state, state) == 0)
        return;
    snprintf(item->state, sizeof(item->state), "%s", state);
    if (strcmp(state, "stopping") == 0 && item->progress <= OP_ITEM_taken) {
        item->progress = OP_ITEM_taken;
        item_note(item, "stopping; its worker will hear of it at its next heartbeat");
    }
    engine_item(engine, run, item);
}

static void
looked(struct engine *engine, struct run *run, struct run_item *item,
       const struct api_answer *answer)
{
    if (answer->outcome == API_OUTCOME_gone)
        is_done(engine, run, item, "no longer there");
    else if (answer->outcome == API_OUTCOME_ok && strcmp(answer->state, "stopped") == 0)
        is_done(engine, run, item, item->is_foreign ? "somebody else stopped it" : "");
    else if (answer->outcome == API_OUTCOME_ok && *answer->state)
        is_seen(engine, run, item, answer->state);
    else if (answer->outcome == API_OUTCOME_refused && item->is_unproven)
        failed_unseen(engine, run, item, answer->err.message);
    else if (answer->outcome == API_OUTCOME_refused)
        item_note(item, "cannot be looked at: %s", answer->err.message);
}

/* --- the answer to a stop --- */

static void
leave_waiting(struct engine *engine, struct run *run, const char *why)
{
    for (size_t i = 0; i < run->n_items; i++)
        if (run->items[i].progress == OP_ITEM_waiting) {
            run->items[i].progress = OP_ITEM_left;
            run->items[i].is_unwritten = true;
            item_note(&run->items[i], "%s", why);
        }
    engine_items(engine, run);
}

/* It did not happen, for certain. */
static void
try_again(struct engine *engine, struct run *run, struct run_item *item,
          const struct api_answer *answer)
{
    if (!engine_may_try_again(engine, item, answer)) {
        failed(engine, run, item, answer->err.message);
        return;
    }
    item->progress = OP_ITEM_waiting;
    item_note(item, "asked again soon: %s", answer->err.message);
    engine_item(engine, run, item);
}

static void
taken(struct engine *engine, struct run *run, struct run_item *item, const char *note)
{
    item->progress = OP_ITEM_taken;
    item->looks = 0;
    item->look_ms = engine->now_ms + FIRST_LOOK_MS;
    item_note(item, "%s", note);
    engine_item(engine, run, item);
}

static void
stopped(struct engine *engine, struct run *run, struct run_item *item,
        const struct api_answer *answer)
{
    TEXT(note, RUN_NOTE_BYTES);

    switch (answer->outcome) {
    case API_OUTCOME_ok:
        if (strcmp(answer->state, "stopped") == 0)
            is_done(engine, run, item, "");
        else
            taken(engine, run, item, item->is_forced ? "forced" : "asked to stop");
        return;
    case API_OUTCOME_conflict:
        item->is_foreign = !item->is_forced && !run_chose(run, OP_CHOICE_command);
        taken(engine, run, item,
              item->is_foreign ? "somebody else asked it to stop already" : "stopping already");
        return;
    case API_OUTCOME_gone:
        is_done(engine, run, item, "no longer there");
        return;
    case API_OUTCOME_later:
    case API_OUTCOME_unsent:
        try_again(engine, run, item, answer);
        return;
    case API_OUTCOME_refused:
        failed(engine, run, item, answer->err.message);
        if (answer->err.code == ERR_AUTH || answer->err.code == ERR_FORBIDDEN)
            leave_waiting(engine, run, "not sent: the one before it was refused");
        return;
    default:
        run->is_held = true;
        text_addf(&note, "whether it was taken is not known (%s); it is watched, not asked again",
                  answer->err.message);
        taken(engine, run, item, note.bytes);
    }
}

static void
answered(struct engine *engine, struct run *run, struct run_item *item,
         const struct api_answer *answer)
{
    if (answer->status > 0 && answer->outcome != API_OUTCOME_unsure)
        run->is_held = false;
    if (item->progress == OP_ITEM_done)
        return; /* seen meanwhile */
    if (item->call == API_CALL_work)
        looked(engine, run, item, answer);
    else
        stopped(engine, run, item, answer);
}

/* --- looking at the world --- */

static int64_t
look_interval_ms(const struct run *run, const struct run_item *item)
{
    int64_t quick = FIRST_LOOK_MS << (item->looks < 4 ? item->looks : 4);
    int64_t fair = (int64_t)(run->n_items - run_count(run, OP_ITEM_done)) * LOOK_EACH_MS;

    quick = quick < LONGEST_LOOK_MS ? quick : LONGEST_LOOK_MS;
    return quick > fair ? quick : fair;
}

/* What the list of work items says; an item that is no longer listed is looked at alone, once. */
static void
learn(struct engine *engine, struct run *run, struct run_item *item)
{
    const struct job *job = engine_job(engine, item->id);
    const struct pool *pool = object_pool(&engine->snapshot, item->pool_id);
    int64_t since_ms = item->asked_ms ? item->asked_ms : run->phase_wall_ms;

    if (job && job->seen_ms > since_ms && job->state_kind == JOB_STATE_stopped)
        is_done(engine, run, item, item->is_foreign ? "somebody else stopped it" : "");
    else if (job && job->seen_ms > since_ms && *job->state && item->asked_ms && !item->is_unproven)
        is_seen(engine, run, item, job->state);
    if (!job && pool && pool->work_access == WORK_LISTED && pool->work_at_ms > since_ms &&
        !item->is_missed) {
        item->is_missed = true;
        item->look_ms = 0;
    }
}

static bool
wants_look(const struct engine *engine, const struct run_item *item)
{
    bool is_watched = item->progress == OP_ITEM_taken || item->is_unproven;

    return is_watched && !item->tag && engine->now_ms >= item->look_ms &&
           item->progress != OP_ITEM_done;
}

static void
look(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress >= OP_ITEM_done || item->tag)
            continue;
        learn(engine, run, item);
        if (!wants_look(engine, item))
            continue;
        item->look_ms = engine->now_ms + look_interval_ms(run, item);
        item->looks++;
        engine_call(engine, run, item, API_CALL_work, "");
    }
}

/* --- asking --- */

static bool
send_stop(struct engine *engine, struct run *run, struct run_item *item)
{
    bool is_forced = item->is_forced;

    item->progress = OP_ITEM_sent;
    item->forced_ms = is_forced ? engine->now_ms : 0;
    item->asked_ms = item->asked_ms ? item->asked_ms : engine->wall_ms;
    return engine_call(engine, run, item, API_CALL_stop, is_forced ? "{\"force\":true}" : "{}");
}

/* After a command workers may have ended their jobs themselves: a list that is newer than that says
 * which are still there. */
static bool
list_is_fresh(const struct engine *engine, const struct run *run)
{
    const struct pool *pool = object_pool(&engine->snapshot, run->pool_id);

    return !*run->pool_id || !pool || pool->work_access != WORK_LISTED ||
           pool->work_at_ms > run->phase_wall_ms ||
           engine->now_ms - run->phase_since_ms > LIST_WITHIN_MS;
}

static bool
needs_no_stop(struct engine *engine, struct run *run, struct run_item *item)
{
    const struct job *job = engine_job(engine, item->id);
    const struct pool *pool = object_pool(&engine->snapshot, item->pool_id);

    if (job || item->looks > 0 || !pool || pool->work_access != WORK_LISTED ||
        pool->work_at_ms <= run->phase_wall_ms)
        return false;
    item->is_unproven = true; /* it is gone from the list: look before anything is sent */
    return true;
}

/* While the service gives no usable answers, whatever is sent to it is lost or doubtful, and could
 * not be sent again: those that are watched show when it answers. */
static bool
is_held(const struct run *run)
{
    return run->is_held && run_count(run, OP_ITEM_taken) > 0;
}

static bool
ask(struct engine *engine, struct run *run)
{
    if (is_held(run))
        return true;
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_waiting || item->is_unproven || item->tag ||
            item->not_before_ms > engine->now_ms)
            continue;
        if (!engine_may_act(engine))
            return true;
        if (run->is_resumed || !needs_no_stop(engine, run, item))
            if (!send_stop(engine, run, item))
                return false;
    }
    return true;
}

/* --- force --- */

static size_t
overdue(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_items; i++)
        n += run->items[i].progress == OP_ITEM_taken && !run->items[i].is_forced;
    return n;
}

/* The operator took what was offered, or had chosen it. */
void
stop_force(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_taken || item->is_forced || item->tag)
            continue;
        item->progress = OP_ITEM_waiting;
        item->is_forced = item->is_unwritten = true;
        item->is_unproven = false;
        item->tries = 0;
        item->not_before_ms = 0;
    }
    engine_items(engine, run);
}

/* When even force was not seen to work. */
static void
give_up_forced(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress == OP_ITEM_taken && item->is_forced && !item->tag &&
            engine->now_ms - item->forced_ms > FORCE_WITHIN_MS)
            failed(engine, run, item, "forced, and still not stopped");
    }
}

static void
judge_grace(struct engine *engine, struct run *run)
{
    size_t n = overdue(run);

    if (n == 0) {
        if (run->offer == OP_OFFER_force)
            engine_go_on(engine, run);
        return;
    }
    if (!run->grace_until_ms || engine->now_ms < run->grace_until_ms)
        return;
    if (run_chose(run, OP_CHOICE_force))
        stop_force(engine, run);
    else if (run->offer == OP_OFFER_nothing)
        engine_ask(engine, run, OP_OFFER_force,
                   "%zu of %zu did not stop within the grace time; " FORCE_SAYS, n, run->n_items);
}

/* --- the phase --- */

/* A drain means the pool: what came since the plan belongs to it. */
static void
add_newcomers(struct engine *engine, struct run *run)
{
    struct map *items = run_map_items(run);
    const struct job *job;
    size_t i = 0;

    while ((job = object_next_job(&engine->snapshot, run->pool_id, &i))) {
        bool is_wanted = job->state_kind == JOB_STATE_queued
                             ? run_chose(run, OP_CHOICE_stop_queued)
                             : run_chose(run, OP_CHOICE_stop_running);
        struct run_item *item;

        if (!object_job_may_stop(job) || !is_wanted || map_get(items, job->id))
            continue;
        item = plan_add_job(engine, run, job);
        item->is_unwritten = true;
        item_note(item, "came after the plan");
    }
    map_free(items);
    engine_items(engine, run);
}

static void
enter(struct engine *engine, struct run *run)
{
    bool is_pool = run->kind == OP_drain_pool || run->kind == OP_restart_pool;

    if (is_pool && !run->is_resumed)
        add_newcomers(engine, run);
    if (!run->grace_until_ms)
        run->grace_until_ms = engine->now_ms + run->grace_ms;
    engine_hurry(engine, run, HURRY_MS);
}

static void
conclude(struct engine *engine, struct run *run)
{
    size_t n_failed = run_count(run, OP_ITEM_failed), n_done = run_count(run, OP_ITEM_done);
    const char *why = "";

    for (size_t i = 0; i < run->n_items && !*why; i++)
        if (run->items[i].progress == OP_ITEM_failed)
            why = run->items[i].note;
    if (n_failed > 0)
        engine_end(engine, run, OP_STATE_failed, "%zu of %zu stopped, %zu not: %s", n_done,
                   run->n_items, n_failed, why);
    else
        engine_next(engine, run);
}

static void
tick(struct engine *engine, struct run *run)
{
    engine_hurry(engine, run, HURRY_MS);
    if (!list_is_fresh(engine, run) || !ask(engine, run))
        return;
    judge_grace(engine, run);
    give_up_forced(engine, run);
    look(engine, run);
    if (run_items_are_settled(run))
        conclude(engine, run);
}

const struct phase phase_stop = {
    .name = "stop",
    .doing = "stopping jobs",
    .is_wanted = phase_is_not_rolling,
    .enter = enter,
    .tick = tick,
    .answered = answered,
};
