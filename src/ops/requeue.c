/* requeue.c — a session is interrupted, and its work item awaited; if none comes, the operator may
 * send a message, which nobody else ever does (facts/management-api.md 9). */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "ops/objects.h"
#include "ops/phases.h"

enum { REQUEUE_WITHIN_MS = 30000 };

#define INTERRUPT "{\"events\":[{\"type\":\"user.interrupt\"}]}"

/* --- is there a session to restart? --- */

static void
tick_check(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->looks > 0 || item->tag || item->not_before_ms > engine->now_ms)
            continue;
        item->looks++;
        engine_call(engine, run, item, API_CALL_session, "");
    }
    for (size_t i = 0; i < run->n_items; i++)
        if (run->items[i].tag || run->items[i].looks == 0)
            return;
    for (size_t i = 0; i < run->n_items; i++)
        run->items[i].looks = run->items[i].tries = 0; /* at the job itself */
    engine_next(engine, run);
}

/* Nothing was sent yet, so it can still be refused as a whole. */
static void
checked(struct engine *engine, struct run *run, struct run_item *item,
        const struct api_answer *answer)
{
    bool is_answer = answer->outcome == API_OUTCOME_ok || answer->outcome == API_OUTCOME_gone ||
                     answer->outcome == API_OUTCOME_refused;

    if (!is_answer && engine_may_try_again(engine, item, answer)) {
        item->looks = 0;
    } else if (answer->outcome == API_OUTCOME_gone) {
        engine_end(engine, run, OP_STATE_refused, "the session of %s is no longer there",
                   item->name);
    } else if (answer->outcome != API_OUTCOME_ok) {
        engine_end(engine, run, OP_STATE_refused, "the session of %s cannot be asked about: %s",
                   item->name, answer->err.message);
    } else if (answer->is_archived || strcmp(answer->state, "terminated") == 0) {
        engine_end(engine, run, OP_STATE_refused,
                   "the session of %s is %s: no worker runs anything for it any more; a new "
                   "session takes its place",
                   item->name, answer->is_archived ? "archived" : "terminated");
    }
}

const struct phase phase_check = {
    .name = "check",
    .doing = "asking about the session",
    .tick = tick_check,
    .answered = checked,
};

/* --- interrupt --- */

static bool
wants_interrupt(const struct run *run)
{
    return run->kind == OP_restart_job || run_chose(run, OP_CHOICE_interrupt);
}

/* Was its interrupt sent, perhaps, before the op was resumed? What a restart brings here is
 * stopped, and so done; what a drain brings waits. */
static bool
is_asked(const struct run *run, const struct run_item *item)
{
    return item->asked_ms && (run->kind != OP_restart_job || item->progress != OP_ITEM_done);
}

/* Never twice. */
static void
keep_interrupted(const struct run *run, struct run_item *item)
{
    if (item->progress != OP_ITEM_sent)
        return;
    item->progress = run->kind == OP_restart_job ? OP_ITEM_taken : OP_ITEM_failed;
    item_note(item, "whether the interrupt was sent is not known");
}

static void
enter_interrupt(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (run->is_resumed && is_asked(run, item)) {
            keep_interrupted(run, item);
        } else if (*item->session_id && item->progress != OP_ITEM_left) {
            item->progress = OP_ITEM_waiting;
            item->asked_ms = item->done_ms = 0;
            item->tries = 0;
        }
        item->is_unwritten = true;
    }
    engine_items(engine, run);
}

static void
send_interrupts(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items && engine_may_act(engine); i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_waiting || item->tag || !*item->session_id ||
            item->not_before_ms > engine->now_ms)
            continue;
        item->progress = OP_ITEM_sent;
        item->asked_ms = engine->wall_ms;
        if (!engine_call(engine, run, item, API_CALL_events, INTERRUPT))
            return;
    }
}

static void
tick_interrupt(struct engine *engine, struct run *run)
{
    bool is_all = true;

    send_interrupts(engine, run);
    for (size_t i = 0; i < run->n_items; i++)
        is_all = is_all && !run->items[i].tag && run->items[i].progress >= OP_ITEM_taken;
    if (!is_all)
        return;
    if (run->kind == OP_restart_job && run_count(run, OP_ITEM_failed) == run->n_items)
        engine_end(engine, run, OP_STATE_failed, "%s", run->items[0].note);
    else
        engine_next(engine, run);
}

static void
interrupted(struct engine *engine, struct run *run, struct run_item *item,
            const struct api_answer *answer)
{
    bool is_certain = answer->outcome == API_OUTCOME_later || answer->outcome == API_OUTCOME_unsent;

    if (is_certain && engine_may_try_again(engine, item, answer)) {
        item->progress = OP_ITEM_waiting;
        item_note(item, "asked again soon: %s", answer->err.message);
    } else if (answer->outcome == API_OUTCOME_ok) {
        item->progress = run->kind == OP_restart_job ? OP_ITEM_taken : OP_ITEM_done;
        item->looks = 0;
        item_note(item, "interrupted");
    } else if (answer->outcome == API_OUTCOME_unsure) {
        item->progress = run->kind == OP_restart_job ? OP_ITEM_taken : OP_ITEM_failed;
        item->looks = 0;
        item_note(item, "whether the interrupt was taken is not known (%s)", answer->err.message);
    } else {
        item->progress = OP_ITEM_failed;
        item_note(item, "%s", answer->err.message);
    }
    if (item->progress >= OP_ITEM_done)
        item->done_ms = engine->wall_ms;
    engine_item(engine, run, item);
}

const struct phase phase_interrupt = {
    .name = "interrupt",
    .doing = "interrupting",
    .is_wanted = wants_interrupt,
    .enter = enter_interrupt,
    .tick = tick_interrupt,
    .answered = interrupted,
};

/* --- the work item --- */

/* A work item of the session that is not the one that was stopped; or that one, queued again. */
static bool
is_queued_again(const struct engine *engine, const struct run_item *item)
{
    const struct job *job = object_job_of_session(&engine->snapshot, item->session_id);
    const struct pool *pool = object_pool(&engine->snapshot, item->pool_id);

    if (job && job->seen_ms > item->asked_ms)
        return strcmp(job->id, item->id) != 0 || job->state_kind == JOB_STATE_queued ||
               job->started_ms > item->asked_ms;
    /* its items are hidden from us: the session itself works again */
    job = object_job(&engine->snapshot, item->session_id);
    return job && pool && pool->work_access != WORK_LISTED && job->seen_ms > item->asked_ms &&
           strcmp(job->session_status, "running") == 0;
}

static void
see(struct engine *engine, struct run *run, struct run_item *item)
{
    if (item->progress != OP_ITEM_taken || item->tag || !is_queued_again(engine, item))
        return;
    item->progress = OP_ITEM_done;
    item->done_ms = engine->wall_ms;
    item_note(item, "its work was queued again");
    engine_item(engine, run, item);
}

static void
conclude(struct engine *engine, struct run *run)
{
    size_t n_done = run_count(run, OP_ITEM_done);

    if (n_done == run->n_items)
        engine_next(engine, run);
    else
        engine_end(engine, run, OP_STATE_failed, "%zu of %zu were queued again", n_done,
                   run->n_items);
}

/* An item may have come and gone between two looks at the list: a session that runs says so. Asked
 * once each; true while an answer is awaited. */
static bool
ask_sessions(struct engine *engine, struct run *run)
{
    bool any = false;

    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_taken || item->looks > 0)
            continue;
        item->looks++;
        any = engine_call(engine, run, item, API_CALL_session, "") || any;
    }
    return any;
}

static void
session_answered(struct engine *engine, struct run *run, struct run_item *item,
                 const struct api_answer *answer)
{
    if (answer->outcome != API_OUTCOME_ok || strcmp(answer->state, "running") != 0)
        return;
    item->progress = OP_ITEM_done;
    item->done_ms = engine->wall_ms;
    item_note(item, "its session runs again");
    engine_item(engine, run, item);
}

static int64_t
requeue_ms(const struct engine *engine)
{
    return engine->options->requeue_ms > 0 ? engine->options->requeue_ms : REQUEUE_WITHIN_MS;
}

static void
tick_requeue(struct engine *engine, struct run *run)
{
    engine_hurry(engine, run, HURRY_MORE_MS);
    for (size_t i = 0; i < run->n_items; i++)
        see(engine, run, &run->items[i]);
    if (run_in_flight(run) > 0)
        return;
    if (run_items_are_settled(run)) {
        conclude(engine, run);
        return;
    }
    if (engine->now_ms - run->phase_since_ms < requeue_ms(engine) || run->offer != OP_OFFER_nothing)
        return;
    if (ask_sessions(engine, run))
        return;
    if (run->stage == 0)
        engine_ask(engine, run, OP_OFFER_message,
                   "no work item appeared within %" PRId64
                   " s; a message, typed by you, would start "
                   "the session's next turn: a new instruction to the agent, which costs tokens",
                   requeue_ms(engine) / 1000);
    else
        engine_end(engine, run, OP_STATE_failed,
                   "no work item appeared, neither after the interrupt nor after the message");
}

static void
requeue_answered(struct engine *engine, struct run *run, struct run_item *item,
                 const struct api_answer *answer)
{
    if (item->call == API_CALL_session) {
        session_answered(engine, run, item, answer);
        return;
    }
    if (answer->outcome == API_OUTCOME_ok || answer->outcome == API_OUTCOME_unsure) {
        item->progress = OP_ITEM_taken;
        item->looks = 0;
        item_note(item, answer->outcome == API_OUTCOME_ok ? "the message was taken"
                                                          : "whether the message was taken is "
                                                            "not known; it is not sent again");
    } else if (answer->outcome == API_OUTCOME_later || answer->outcome == API_OUTCOME_unsent) {
        item->progress = OP_ITEM_taken;
        item_note(item, "the message was not sent: %s", answer->err.message);
        run->stage = 0; /* and may be typed again */
    } else {
        item->progress = OP_ITEM_failed;
        item->done_ms = engine->wall_ms;
        item_note(item, "the message was not taken: %s", answer->err.message);
    }
    engine_item(engine, run, item);
}

/* Resumed: what was on its way, a message it was, is not sent again. */
static void
enter_requeue(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items && run->is_resumed; i++)
        if (run->items[i].progress == OP_ITEM_sent) {
            run->items[i].progress = OP_ITEM_taken;
            item_note(&run->items[i], "whether the message was sent is not known");
            engine_item(engine, run, &run->items[i]);
        }
}

const struct phase phase_requeue = {
    .name = "requeue",
    .doing = "waiting for its work to be queued again",
    .enter = enter_requeue,
    .tick = tick_requeue,
    .answered = requeue_answered,
};

void
requeue_message(struct engine *engine, struct run *run, const char *text)
{
    struct json *body = json_new_object(), *events = json_add_array(body, "events");
    struct json *event = json_add_object(events, NULL), *block;
    char *bytes;

    json_add_string(event, "type", "user.message");
    block = json_add_object(json_add_array(event, "content"), NULL);
    json_add_string(block, "type", "text");
    json_add_string(block, "text", text);
    bytes = json_print(body, false);
    json_free(body);
    run->stage = 1;
    run->phase_since_ms = engine->now_ms;
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_taken || item->tag)
            continue;
        item->progress = OP_ITEM_sent;
        item->asked_ms = engine->wall_ms;
        if (!engine_call(engine, run, item, API_CALL_events, bytes))
            break;
    }
    free(bytes);
}
