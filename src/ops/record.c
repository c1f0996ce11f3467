/* record.c — ops into the journal. */
#include "ops/record.h"

#include <stdlib.h>

#include "core/die.h"
#include "ops/phases.h"

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
                                 .done_ms = item->done_ms,
                                 .expected = item->expected,
                                 .former_id = item->before,
                                 .was_down = item->was_down,
                                 .is_forced = item->is_forced,
                                 .is_foreign = item->is_foreign,
                                 .is_told = item->is_told,
                                 .is_late = item->is_late};
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
                               .phase = phase_name(run),
                               .expected = run->expected};
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

const struct journal_op *
record_rival(const struct engine *engine, const struct run *run)
{
    struct journal_op op = journal_op_of(engine, run);
    struct journal_item *items = journal_items_of(run, true, &op.n_items);
    const struct journal_op *rival;

    op.items = items;
    rival = journal_rival(&op, engine->others, engine->n_others);
    free(items);
    return rival;
}

bool
record_begin(struct engine *engine, struct run *run, struct arena *arena,
             const struct journal_op **rival, struct err *err)
{
    struct journal_op op = journal_op_of(engine, run);
    struct journal_item *items;
    bool ok;

    *rival = NULL;
    if (!engine->journal) {
        *err = engine->journal_error;
        return false;
    }
    op.items = items = journal_items_of(run, true, &op.n_items);
    checkpoint(engine, "confirm");
    ok = *run->must_retype ? journal_begin(engine->journal, &op, err)
                           : journal_begin_alone(engine->journal, &op, arena, rival, err);
    free(items);
    run->is_recorded = ok;
    if (ok)
        checkpoint(engine, "begin");
    return ok;
}

static void
all_are_written(struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++)
        run->items[i].is_unwritten = false;
}

bool
record_claim(struct engine *engine, const char *id, struct err *err)
{
    checkpoint(engine, "claim");
    return journal_claim(engine->journal, id, err);
}

bool
record_state(struct engine *engine, struct run *run, struct err *err)
{
    struct journal_op op = journal_op_of(engine, run);
    struct journal_item *items;
    bool ok;

    if (!run->is_recorded)
        return true;
    op.items = items = journal_items_of(run, false, &op.n_items);
    ok = journal_update(engine->journal, &op, err);
    free(items);
    if (!ok)
        return false;
    all_are_written(run);
    checkpoint(engine, "state");
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
    all_are_written(run);
    checkpoint(engine, "items");
    return true;
}

bool
record_item(struct engine *engine, const struct run *run, const struct run_item *item,
            struct err *err)
{
    struct journal_item kept = journal_item_of(item);

    if (!run->is_recorded)
        return true;
    if (!journal_items(engine->journal, run->id, &kept, 1, err))
        return false;
    checkpoint(engine, "item");
    return true;
}

bool
record_step(struct engine *engine, const struct run *run, const struct run_item *item,
            const char *what, const char *detail, int64_t *seq, struct err *err)
{
    const struct journal_step step = {.at_ms = engine->wall_ms,
                                      .what = what,
                                      .target = item ? item->id : "",
                                      .detail = detail,
                                      .result = ""};
    struct journal_item kept;

    *seq = 0;
    if (!run->is_recorded) /* it changes nothing */
        return true;
    if (item)
        kept = journal_item_of(item);
    if (!journal_step(engine->journal, run->id, &step, item ? &kept : NULL, seq, err))
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
