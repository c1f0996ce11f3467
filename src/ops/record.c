#include "ops/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "ops/phases.h"
#include "ops/process.h"

enum { STOPS_LOOKED_AT = 200, OTHERS_EACH_MS = 3000 };

static void
checkpoint(const struct engine *engine, const char *where)
{
    if (engine->options->checkpoint)
        engine->options->checkpoint(engine->options->checkpoint_context, where);
}

static struct journal_item
journal_item_of(const struct run_item *item)
{
    return (struct journal_item){.id = item->id,
                                 .name = item->name,
                                 .pool_id = item->pool_id,
                                 .session_id = item->session_id,
                                 .progress = item->progress,
                                 .note = item->note,
                                 .asked_ms = item->asked_ms,
                                 .done_ms = item->done_ms};
}

static struct journal_op
journal_op_of(const struct engine *engine, const struct run *run)
{
    const struct ops_who *who = &engine->options->who;

    return (struct journal_op){.id = run->id,
                               .kind = run->kind,
                               .state = run->state,
                               .context = engine->options->context,
                               .object_id = run->object_id,
                               .object_name = run->object_name,
                               .pool_id = run->pool_id,
                               .user = who->user,
                               .host = who->host,
                               .ssh_client = who->ssh_client,
                               .reason = run->reason,
                               .choices = run->choices,
                               .grace_ms = run->grace_ms,
                               .must_type = run->must_type,
                               .is_headless = run->is_headless,
                               .planned_ms = run->planned_ms,
                               .confirmed_ms = run->confirmed_ms,
                               .started_ms = run->started_ms,
                               .ended_ms = run->ended_ms,
                               .summary = run->summary,
                               .phase = phase_name(run)};
}

/* Those of the run's items that are unwritten, or all; caller frees. */
static struct journal_item *
journal_items_of(const struct run *run, bool takes_all, size_t *n)
{
    struct journal_item *items = calloc(run->n_items ? run->n_items : 1, sizeof(*items));

    if (!items)
        die("out of memory");
    *n = 0;
    for (size_t i = 0; i < run->n_items; i++)
        if (takes_all || run->items[i].is_unwritten)
            items[(*n)++] = journal_item_of(&run->items[i]);
    return items;
}

bool
record_begin(struct engine *engine, struct run *run, struct err *err)
{
    struct journal_op op = journal_op_of(engine, run);
    struct journal_item *items;
    bool ok;

    if (!engine->journal) {
        *err = engine->journal_error;
        return false;
    }
    op.items = items = journal_items_of(run, true, &op.n_items);
    ok = journal_begin(engine->journal, &op, err);
    free(items);
    run->is_recorded = ok;
    if (ok)
        checkpoint(engine, "begin");
    return ok;
}

bool
record_state(struct engine *engine, const struct run *run, struct err *err)
{
    struct journal_op op = journal_op_of(engine, run);

    if (!run->is_recorded)
        return true;
    if (!journal_update(engine->journal, &op, err))
        return false;
    checkpoint(engine, "state");
    return true;
}

bool
record_item(struct engine *engine, const struct run *run, const struct run_item *item,
            struct err *err)
{
    struct journal_item kept = journal_item_of(item);

    if (!run->is_recorded)
        return true;
    if (!journal_item(engine->journal, run->id, &kept, err))
        return false;
    checkpoint(engine, "item");
    return true;
}

bool
record_items(struct engine *engine, struct run *run, struct err *err)
{
    struct journal_item *items;
    size_t n;
    bool ok;

    if (!run->is_recorded)
        return true;
    items = journal_items_of(run, false, &n);
    ok = n == 0 || journal_items(engine->journal, run->id, items, n, err);
    free(items);
    if (!ok)
        return false;
    for (size_t i = 0; i < run->n_items; i++)
        run->items[i].is_unwritten = false;
    checkpoint(engine, "items");
    return true;
}

enum record_command
record_command_of(struct engine *engine, const struct run *run, const char *what,
                  const char *target)
{
    enum record_command found = RECORD_not_run;
    struct arena *arena = arena_new();
    const struct journal_step *steps;
    struct err err = {0};
    size_t n;

    if (!journal_read_steps(engine->journal, run->id, arena, &steps, &n, &err)) {
        arena_free(arena);
        return RECORD_perhaps;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(steps[i].what, what) == 0 && strcmp(steps[i].target, target) == 0)
            found = strcmp(steps[i].result, PROCESS_SUCCESS) == 0 ? RECORD_run : RECORD_perhaps;
    arena_free(arena);
    return found;
}

bool
record_step(struct engine *engine, const struct run *run, const char *what, const char *target,
            const char *detail, int64_t *seq, struct err *err)
{
    const struct journal_step step = {
        .at_ms = engine->wall_ms, .what = what, .target = target, .detail = detail, .result = ""};

    *seq = 0;
    if (!run->is_recorded) /* it changes nothing */
        return true;
    if (!journal_step(engine->journal, run->id, &step, seq, err))
        return false;
    checkpoint(engine, "step");
    return true;
}

bool
record_result(struct engine *engine, const struct run *run, int64_t seq, const char *result,
              struct err *err)
{
    if (!run->is_recorded)
        return true;
    if (!journal_result(engine->journal, run->id, seq, result, engine->wall_ms, err))
        return false;
    checkpoint(engine, "result");
    return true;
}

struct run *
record_revive(const struct journal_op *op)
{
    struct run *run = run_new(op->kind, op->planned_ms);

    snprintf(run->id, sizeof(run->id), "%s", op->id);
    snprintf(run->object_id, sizeof(run->object_id), "%s", op->object_id);
    snprintf(run->object_name, sizeof(run->object_name), "%s", op->object_name);
    snprintf(run->pool_id, sizeof(run->pool_id), "%s", op->pool_id);
    snprintf(run->reason, sizeof(run->reason), "%s", op->reason);
    snprintf(run->must_type, sizeof(run->must_type), "%s", op->must_type);
    run->choices = op->choices;
    run->grace_ms = op->grace_ms;
    run->confirmed_ms = op->confirmed_ms;
    run->started_ms = op->started_ms;
    run->is_recorded = run->is_resumed = true;
    run->phase = phase_find(op->kind, op->phase);
    for (size_t i = 0; i < op->n_items; i++) {
        struct run_item *item = run_add_item(run, op->items[i].id, op->items[i].name);

        item->progress = op->items[i].progress;
        item->asked_ms = op->items[i].asked_ms;
        item->done_ms = op->items[i].done_ms;
        snprintf(item->note, sizeof(item->note), "%s", op->items[i].note);
        snprintf(item->pool_id, sizeof(item->pool_id), "%s", op->items[i].pool_id);
        snprintf(item->session_id, sizeof(item->session_id), "%s", op->items[i].session_id);
        item->is_unproven = item->progress != OP_ITEM_done && item->asked_ms > 0;
    }
    return run;
}

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

const struct journal_op *
record_claim_on(const struct engine *engine, const char *object_id, const char *pool_id)
{
    for (size_t i = 0; i < engine->n_others; i++) {
        const struct journal_op *op = &engine->others[i];
        bool is_same = strcmp(op->object_id, object_id) == 0;

        if (op_state_is_over(op->state) || op->is_mine || !op->is_alive)
            continue;
        is_same = is_same || (*pool_id && strcmp(op->pool_id, pool_id) == 0 &&
                              strcmp(op_object(op->kind), "pool") == 0);
        for (size_t k = 0; k < op->n_items && !is_same; k++)
            is_same = strcmp(op->items[k].id, object_id) == 0;
        if (is_same)
            return op;
    }
    return NULL;
}
