/* requeue.c — a session that was interrupted gets a new work item, which is awaited; if none comes,
 * the operator may send a message, which nobody else ever does (facts/management-api.md 9). */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/record.h"

enum { REQUEUE_WITHIN_MS = 30000 };

/* --- the work item --- */

/* A work item of the session that is not the one that was stopped; or that one, queued again. */
static bool
is_queued_again(const struct engine *engine, const struct run_item *item)
{
    const struct job *job = object_job_of_session(&engine->snapshot, item->session_id);

    if (job && job->seen_ms > item->asked_ms)
        return strcmp(job->id, item->id) != 0 || job->state_kind == JOB_STATE_queued ||
               job->started_ms > item->asked_ms;
    return false;
}

/* Its items are hidden from us: the session itself works again, after it was seen not to. */
static bool
is_running_again(const struct engine *engine, struct run_item *item)
{
    const struct job *job = object_job(&engine->snapshot, item->session_id);
    const struct pool *pool = object_pool(&engine->snapshot, item->pool_id);

    if (!job || !pool || pool->work_access == WORK_LISTED || job->seen_ms <= item->asked_ms)
        return false;
    if (strcmp(job->session_status, "running") == 0)
        return item->has_paused;
    item->has_paused = true;
    return false;
}

static void
see(struct engine *engine, struct run *run, struct run_item *item)
{
    if (item->progress != OP_ITEM_taken || item->tag ||
        !(is_queued_again(engine, item) || is_running_again(engine, item)))
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

/* An item may have come and gone between two looks at the list: a session that runs says so, when
 * it was certainly interrupted before. Asked once each; true while an answer is awaited. */
static bool
ask_sessions(struct engine *engine, struct run *run)
{
    bool any = false;

    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_taken || item->looks > 0 || item->is_unproven)
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

/* --- the operator's message --- */

static bool
is_for_message(const struct run_item *item)
{
    return item->progress == OP_ITEM_taken && !item->is_told && !item->tag;
}

static bool
wants_message(const struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++)
        if (is_for_message(&run->items[i]))
            return true;
    return false;
}

/* To each session once: that it is sent is recorded with it. False: that could not be recorded. */
static bool
send_messages(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items && engine_may_act(engine); i++) {
        struct run_item *item = &run->items[i];

        if (item->progress != OP_ITEM_waiting)
            continue;
        item->progress = OP_ITEM_sent;
        item->is_told = true;
        item->asked_ms = engine->wall_ms;
        if (!engine_call(engine, run, item, API_CALL_events, run->message))
            return false;
    }
    return true;
}

void
requeue_message(struct engine *engine, struct run *run, const char *text)
{
    struct json *body = json_new_object(), *events = json_add_array(body, "events");
    struct json *event = json_add_object(events, NULL), *block;

    json_add_string(event, "type", "user.message");
    block = json_add_object(json_add_array(event, "content"), NULL);
    json_add_string(block, "type", "text");
    json_add_string(block, "text", text);
    free(run->message);
    run->message = json_print(body, false);
    json_free(body);
    run->phase_since_ms = engine->now_ms;
    for (size_t i = 0; i < run->n_items; i++) {
        struct run_item *item = &run->items[i];

        see(engine, run, item); /* while the message was typed */
        if (!is_for_message(item))
            continue;
        item->progress = OP_ITEM_waiting;
        item->is_unwritten = true;
    }
    engine_items(engine, run);
}

/* --- the phase --- */

static int64_t
requeue_ms(const struct engine *engine)
{
    return engine->options->requeue_ms > 0 ? engine->options->requeue_ms : REQUEUE_WITHIN_MS;
}

static void
tick_requeue(struct engine *engine, struct run *run)
{
    engine_hurry(engine, run, HURRY_MORE_MS);
    if (!send_messages(engine, run))
        return;
    for (size_t i = 0; i < run->n_items; i++)
        see(engine, run, &run->items[i]);
    if (run_in_flight(run) > 0 || run_count(run, OP_ITEM_waiting) > 0)
        return;
    if (run_items_are_settled(run)) {
        conclude(engine, run);
        return;
    }
    if (engine->now_ms - run->phase_since_ms < requeue_ms(engine) || run->offer != OP_OFFER_nothing)
        return;
    if (ask_sessions(engine, run))
        return;
    if (wants_message(run))
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
        item->is_unproven = answer->outcome != API_OUTCOME_ok;
        item_note(item, answer->outcome == API_OUTCOME_ok ? "the message was taken"
                                                          : "whether the message was taken is "
                                                            "not known; it is not sent again");
    } else if (answer->outcome == API_OUTCOME_later || answer->outcome == API_OUTCOME_unsent) {
        item->progress = OP_ITEM_taken;
        item->is_told = false; /* and it may be typed again */
        item_note(item, "the message was not sent: %s", answer->err.message);
    } else {
        item->progress = OP_ITEM_failed;
        item->done_ms = engine->wall_ms;
        item_note(item, "the message was not taken: %s", answer->err.message);
    }
    engine_item(engine, run, item);
}

/* Resumed: what was on its way, a message it was, is not sent again; what waited for its turn was
 * not sent, and its words are gone. */
static void
enter_requeue(struct engine *engine, struct run *run)
{
    for (size_t i = 0; i < run->n_items && run->is_resumed; i++) {
        struct run_item *item = &run->items[i];

        item->is_unproven = record_known(engine, run, "send", item, NULL) != KNOWN_succeeded;
        if (item->progress == OP_ITEM_sent) {
            item->is_told = true;
            item_note(item, "whether the message was sent is not known");
        } else if (item->progress != OP_ITEM_waiting) {
            continue;
        }
        item->progress = OP_ITEM_taken;
        item->is_unwritten = true;
    }
    engine_items(engine, run);
}

const struct phase phase_requeue = {
    .name = "requeue",
    .doing = "waiting for its work to be queued again",
    .enter = enter_requeue,
    .tick = tick_requeue,
    .answered = requeue_answered,
};
