#include "ops/plan.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "ops/process.h"
#include "ops/record.h"

void
plan_refuse(struct engine *engine, struct run *run, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    run_write(run->summary, sizeof(run->summary), format, args);
    va_end(args);
    run->state = OP_STATE_refused;
    run->ended_ms = engine->wall_ms;
}

bool
plan_is_refused(const struct run *run)
{
    return run->state == OP_STATE_refused;
}

void
plan_warn(struct run *run, const char *text)
{
    run_say(run, OP_LINE_warning, 0, "%s", text);
}

void
plan_call(struct run *run, enum api_call_id id, const char *first, const char *second,
          const char *body)
{
    const struct api_call call = {.id = id, .ids = {first, second}, .body = body};
    TEXT(line, RUN_NOTE_BYTES);

    api_call_describe(&call, &line);
    run_say(run, OP_LINE_call, 0, "%s", line.bytes);
}

void
plan_more(struct run *run, size_t n)
{
    if (n > PLAN_CALLS_SHOWN)
        run_say(run, OP_LINE_call, 0, "… and the same for %zu more", n - PLAN_CALLS_SHOWN);
}

/* The exact command; what keeps it from being run refuses the op. */
void
plan_command(struct engine *engine, struct run *run, const struct driver_use *use,
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

void
plan_typical_time(struct engine *engine, struct run *run)
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

void
plan_name(struct run *run, const char *id, const char *name)
{
    snprintf(run->object_id, sizeof(run->object_id), "%s", id);
    text_clean(run->object_name, sizeof(run->object_name), *name ? name : id,
               strlen(*name ? name : id));
}

/* What was ordered of it, or what is usual when nobody says otherwise. */
void
plan_choose(struct run *run, unsigned offered, unsigned usual)
{
    run->choices_offered = offered;
    run->choices = run->choices == UINT32_MAX ? usual : run->choices & offered;
}

static void
guard_production(struct engine *engine, struct run *run)
{
    bool forces = run_chose(run, OP_CHOICE_force);

    if (engine->options->is_production || forces)
        snprintf(run->must_type, sizeof(run->must_type), "%s", run_word(run));
    if (forces)
        plan_warn(run,
                  "force, after the grace time, ends work items without their workers: what they "
                  "run on the host may go on for up to 30 s");
}

void
plan_guard_rival(struct run *run, const struct journal_op *op)
{
    if (*run->must_retype) { /* it takes one already */
        run_say(run, OP_LINE_warning, 0, "%s@%s is at it, too", op->user, op->host);
        return;
    }
    snprintf(run->must_retype, sizeof(run->must_retype), "%s", run_word(run));
    snprintf(run->why_retype, sizeof(run->why_retype), "%s@%s is at it: %s %s %s", op->user,
             op->host, op_verb(op->kind), op_object(op->kind), op->object_name);
    plan_warn(run, run->why_retype);
}

static void
guard_claims(struct engine *engine, struct run *run)
{
    const struct journal_op *rival;

    record_read_others(engine);
    rival = record_rival(engine, run);
    if (rival)
        plan_guard_rival(run, rival);
}

void
plan_make(struct engine *engine, struct run *run)
{
    run->must_type[0] = run->must_retype[0] = run->why_retype[0] = '\0';
    run->state = OP_STATE_planned;
    run->planned_ms = engine->wall_ms;
    run->summary[0] = '\0';
    if (!kinds[run->kind].takes_grace)
        run->choices = 0;
    kinds[run->kind].plan(engine, run);
    if (plan_is_refused(run) || op_is_look(run->kind))
        return;
    guard_production(engine, run);
    guard_claims(engine, run);
    if (!*run->summary)
        run_summarize(run, "%s %s %s: waits for your word", op_verb(run->kind),
                      op_object(run->kind), run->object_name);
}
