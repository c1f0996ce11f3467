/* stop_answer.c — what answers say about a job that was to stop.
 *
 * facts/management-api.md 5.8: any 2xx is taken, 409 and 404 mean that it is already done. What may
 * have happened is never sent again; the item is watched instead. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ops/stop.h"

/* --- what is known of an item --- */

void
stop_done(struct engine *engine, struct run *run, struct run_item *item, const char *note)
{
    if (item->progress == OP_ITEM_done)
        return;
    item->progress = OP_ITEM_done;
    item->done_ms = engine->wall_ms;
    item->is_unproven = false;
    item_note(item, "%s", note);
    if (item->asked_ms && !*note && item->is_late) {
        item_note(item, "stopped, while nobody watched");
    } else if (item->asked_ms && !*note) {
        TEXT(took, 16);

        duration_add(&took, item->done_ms - item->asked_ms);
        item_note(item, "stopped after %s", took.bytes);
    }
    engine_item(engine, run, item);
}

void
stop_failed(struct engine *engine, struct run *run, struct run_item *item, const char *why)
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
    stop_failed(engine, run, item, note.bytes);
}

/* What may have been asked for did not happen: it was not asked, or that was lost. */
static bool
is_lost(const struct run_item *item, const char *state)
{
    return item->is_unproven && (item->is_forced || strcmp(state, "stopping") != 0);
}

/* Not over yet, but not what we know nothing about either. */
void
stop_seen(struct engine *engine, struct run *run, struct run_item *item, const char *state)
{
    item->is_late = false;
    if (is_lost(item, state)) {
        item->is_unproven = false;
        item->progress = OP_ITEM_waiting; /* to be asked (again) */
        item->asked_ms = item->is_forced ? item->asked_ms : 0;
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
        stop_done(engine, run, item, "no longer there");
    else if (answer->outcome == API_OUTCOME_ok && strcmp(answer->state, "stopped") == 0)
        stop_done(engine, run, item, item->is_foreign ? "somebody else stopped it" : "");
    else if (answer->outcome == API_OUTCOME_ok && *answer->state)
        stop_seen(engine, run, item, answer->state);
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
        stop_failed(engine, run, item, answer->err.message);
        return;
    }
    item->progress = OP_ITEM_waiting;
    item->asked_ms = item->is_forced ? item->asked_ms : 0;
    item_note(item, "asked again soon: %s", answer->err.message);
    engine_item(engine, run, item);
}

static void
taken(struct engine *engine, struct run *run, struct run_item *item, const char *note)
{
    item->progress = OP_ITEM_taken;
    item->looks = 0;
    item->look_ms = engine->now_ms + STOP_FIRST_LOOK_MS;
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
            stop_done(engine, run, item, "");
        else
            taken(engine, run, item, item->is_forced ? "forced" : "asked to stop");
        return;
    case API_OUTCOME_conflict:
        item->is_foreign = !item->is_forced && !run_chose(run, OP_CHOICE_command);
        taken(engine, run, item,
              item->is_foreign ? "somebody else asked it to stop already" : "stopping already");
        return;
    case API_OUTCOME_gone:
        stop_done(engine, run, item, "no longer there");
        return;
    case API_OUTCOME_later:
    case API_OUTCOME_unsent:
        try_again(engine, run, item, answer);
        return;
    case API_OUTCOME_refused:
        stop_failed(engine, run, item, answer->err.message);
        if (answer->err.code == ERR_AUTH || answer->err.code == ERR_FORBIDDEN)
            leave_waiting(engine, run, "not sent: the one before it was refused");
        return;
    default:
        run->held_tag = engine->last_tag;
        text_addf(&note, "whether it was taken is not known (%s); it is watched, not asked again",
                  answer->err.message);
        taken(engine, run, item, note.bytes);
    }
}

void
stop_answered(struct engine *engine, struct run *run, struct run_item *item,
              const struct api_answer *answer)
{
    bool is_usable = answer->status > 0 && answer->outcome != API_OUTCOME_unsure;

    if (is_usable && item->last_tag > run->held_tag) /* it was asked when the doubt was there */
        run->held_tag = 0;
    if (item->progress == OP_ITEM_done)
        return; /* seen meanwhile */
    if (item->call == API_CALL_work)
        looked(engine, run, item, answer);
    else
        stopped(engine, run, item, answer);
}
