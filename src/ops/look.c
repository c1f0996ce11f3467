/* look.c — the driver's verbs that are for people to read: they run at once, and change nothing. */
#include <stdio.h>
#include <string.h>

#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/plan.h"

static enum driver_verb
verb_of(const struct run *run)
{
    return driver_verb_find(op_verb(run->kind));
}

static const char *
name_of(const struct engine *engine, const struct run *run)
{
    const struct pool *pool = object_pool(&engine->snapshot, run->ids[0]);
    const struct connector *connector = object_connector(&engine->snapshot, run->ids[0]);

    return pool ? pool->name : connector ? connector->name : run->ids[0];
}

/* There is nothing to confirm: it goes on at once. */
void
plan_look(struct engine *engine, struct run *run)
{
    const char *object = op_object(run->kind);
    const struct driver_use *use = engine_control(engine, object, run->ids[0]);

    plan_name(run, run->ids[0], name_of(engine, run));
    if (!(driver_verbs(use) & 1u << verb_of(run))) {
        plan_refuse(engine, run, "no control command tells the %s of %s: %ss[].control names none",
                    op_verb(run->kind), run->object_name, object);
        return;
    }
    run->state = OP_STATE_running;
    run->started_ms = engine->wall_ms;
}

static void
enter(struct engine *engine, struct run *run)
{
    engine_command(engine, run, engine_control(engine, op_object(run->kind), run->object_id),
                   verb_of(run), NULL, NULL);
}

static void
ended(struct engine *engine, struct run *run, const struct err *err)
{
    if (err)
        engine_end(engine, run, OP_STATE_failed, "%s", err->message);
    else
        engine_next(engine, run);
}

const struct phase phase_look = {
    .name = "look",
    .doing = "asking the driver",
    .enter = enter,
    .ended = ended,
};
