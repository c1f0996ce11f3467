/* record_read.c — out of the journal: what is certain of an op that was interrupted, what other
 * consoles do, how long stops took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "ops/phases.h"
#include "ops/process.h"
#include "ops/record.h"

enum { STOPS_LOOKED_AT = 200, OTHERS_EACH_MS = 3000 };

/* --- after an interruption --- */

/* Of a command, of a file, of a request. */
static bool
is_success(const char *result)
{
    return strcmp(result, PROCESS_SUCCESS) == 0 || strcmp(result, RECORD_WRITTEN) == 0 ||
           *result == '2';
}

static enum known
known_by(const char *what, const char *result, struct err *err)
{
    if (!*result)
        return KNOWN_perhaps;
    if (is_success(result))
        return KNOWN_succeeded;
    err_set(err, ERR_CONFIG, "command %s: %s", what, result);
    return KNOWN_failed;
}

enum known
record_known(struct engine *engine, const struct run *run, const char *what,
             const struct run_item *item, struct err *err)
{
    const char *target = item ? item->id : "";
    enum known found = KNOWN_not_begun;
    struct arena *arena = arena_new();
    const struct journal_step *steps;
    size_t n;

    if (!journal_read_steps(engine->journal, run->id, arena, &steps, &n, NULL)) {
        arena_free(arena);
        return KNOWN_perhaps;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(steps[i].what, what) == 0 && strcmp(steps[i].target, target) == 0)
            found = known_by(what, steps[i].result, err);
    arena_free(arena);
    return found;
}

const struct journal_op *
record_find(const struct engine *engine, const char *id, struct arena *arena, struct err *err)
{
    const struct journal_query query = {.op_id = id};
    const struct journal_op *op;
    size_t n;

    if (!engine->journal || !journal_read(engine->journal, &query, arena, &op, &n, err))
        return NULL;
    if (n == 1)
        return op;
    err_set(err, ERR_REFUSED, "%s: the journal knows no such op", id);
    return NULL;
}

/* How long ago that was, by the wall clock; it may have been set back. */
static int64_t
since_ms(const struct engine *engine, int64_t at_ms)
{
    return at_ms > 0 && at_ms < engine->wall_ms ? engine->wall_ms - at_ms : 0;
}

static void
revive_item(const struct engine *engine, struct run *run, const struct journal_item *kept)
{
    struct run_item *item = run_add_item(run, kept->id, kept->name);

    item->progress = kept->progress;
    item->asked_ms = earliest(kept->asked_ms, engine->wall_ms); /* the clock may be set back */
    item->done_ms = kept->done_ms;
    snprintf(item->note, sizeof(item->note), "%s", kept->note);
    snprintf(item->pool_id, sizeof(item->pool_id), "%s", kept->pool_id);
    snprintf(item->session_id, sizeof(item->session_id), "%s", kept->session_id);
    snprintf(item->before, sizeof(item->before), "%s", kept->former_id);
    item->expected = kept->expected;
    item->was_down = kept->was_down;
    item->is_forced = kept->is_forced;
    item->forced_ms = engine->now_ms;
    item->grace_from_ms =
        engine->now_ms - since_ms(engine, item->asked_ms ? item->asked_ms : run->started_ms);
    item->is_foreign = kept->is_foreign;
    item->is_told = kept->is_told;
    item->is_unproven = item->progress != OP_ITEM_done && item->asked_ms > 0;
    item->is_late = kept->is_late || item->is_unproven;
}

struct run *
record_revive(const struct engine *engine, const struct journal_op *op)
{
    struct run *run = run_new(op->kind, op->planned_ms);

    snprintf(run->id, sizeof(run->id), "%s", op->id);
    snprintf(run->object_id, sizeof(run->object_id), "%s", op->object_id);
    snprintf(run->object_name, sizeof(run->object_name), "%s", op->object_name);
    snprintf(run->pool_id, sizeof(run->pool_id), "%s", op->pool_id);
    snprintf(run->reason, sizeof(run->reason), "%s", op->reason);
    snprintf(run->must_type, sizeof(run->must_type), "%s", op->must_type);
    run->state = op->state;
    run->choices = op->choices;
    run->grace_ms = op->grace_ms;
    run->confirmed_ms = op->confirmed_ms;
    run->started_ms = op->started_ms;
    run->expected = op->expected;
    run->is_recorded = run->is_resumed = true;
    run->phase = phase_find(op->kind, op->phase);
    for (size_t i = 0; i < op->n_items; i++)
        revive_item(engine, run, &op->items[i]);
    return run;
}

/* --- what is past --- */

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

void
record_stop_times(struct engine *engine, const char *pool_id, int64_t *median_ms, int64_t *p90_ms)
{
    struct arena *arena = arena_new();
    const int64_t *times;
    struct err err = {0};
    int64_t *sorted;
    size_t n = 0;

    *median_ms = *p90_ms = -1;
    if (engine->journal &&
        journal_stop_times(engine->journal, pool_id, STOPS_LOOKED_AT, arena, &times, &n, &err) &&
        n > 0) {
        sorted = arena_array(arena, n, sizeof(*sorted));
        memcpy(sorted, times, n * sizeof(*sorted));
        qsort(sorted, n, sizeof(*sorted), compare);
        *median_ms = sorted[(n - 1) / 2];
        *p90_ms = sorted[(n * 9 + 9) / 10 - 1];
    }
    arena_free(arena);
}

void
record_read_others(struct engine *engine)
{
    const struct journal_query query = {.most = ENGINE_MOST_PAST};
    struct arena *arena = arena_new();
    const struct journal_op *ops = NULL;
    struct err err = {0};
    size_t n = 0;

    if (!engine->journal || !journal_read(engine->journal, &query, arena, &ops, &n, &err)) {
        arena_free(arena);
        engine->others_are_old = engine->journal != NULL;
        return;
    }
    arena_free(engine->others_arena);
    engine->others_arena = arena;
    engine->others = ops;
    engine->n_others = n;
    engine->ops_changed = true;
    engine->others_live = false;
    for (size_t i = 0; i < n; i++)
        engine->others_live = engine->others_live || (!op_state_is_over(ops[i].state) &&
                                                      ops[i].is_alive && !ops[i].is_mine);
}

int64_t
others_due_ms(const struct engine *engine)
{
    if (engine->others_are_old)
        return engine->others_read_ms;
    return engine->others_live ? engine->others_read_ms + OTHERS_EACH_MS : INT64_MAX;
}

void
record_look_at_others(struct engine *engine)
{
    int64_t began_ms = clock_mono_ms();

    if (began_ms < others_due_ms(engine))
        return;
    engine->others_are_old = false;
    record_read_others(engine);
    engine->others_read_ms = engine_seldom(began_ms);
}
