/* What the operator sees of ops: arming, plans, progress, questions, the past. Golden pictures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aid/desk.h"
#include "aid/golden.h"
#include "aid/op_scenes.h"

enum { CALM_MS = 500, A_WHILE_MS = 7000 };

/* A picture: what is pressed, a breath later what more is, and what the world says by then. */
struct shot {
    const char *name;
    int w, h;
    void (*before)(struct world *world);
    const char *keys;
    void (*meanwhile)(struct world *world);
    const char *then;
};

static void
plan(struct world *world)
{
    ops_add_plan(world, 1);
}

static void
plan_that_is_typed(struct world *world)
{
    struct op *op = ops_add_plan(world, 1);

    world_control(world)->is_production = true;
    op->must_type = "eu-west";
}

static void
plan_that_is_claimed(struct world *world)
{
    struct op *op = ops_add_plan(world, 1);

    op->must_retype = "alice";
    op->why_retype = "alice drains this pool since 13:47, on this host: two drains get in each "
                     "other's way";
}

static void
plan_that_is_refused(struct world *world)
{
    struct op *op = ops_add_plan(world, 1);

    op->state = OP_STATE_refused;
    op->n_items = op->n_lines = 0;
    op->choices_offered = 0;
    op->summary = "drain eu-west: its environment key is missing, and no drain command is declared";
}

static void
lock(struct world *world)
{
    world_control(world)->armed_until_ms = 0;
}

static void
forbid(struct world *world)
{
    world_control(world)->armed_until_ms = 0;
    world_control(world)->is_read_only = true;
}

static void
undo(struct world *world)
{
    struct op *op = ops_add_drain(world);

    op->state = OP_STATE_undo;
    op->undo_until_ms = WORLD_NOW_MS + A_WHILE_MS + 4000;
}

static void
drain(struct world *world)
{
    ops_add_drain(world);
}

static void
ask(struct world *world)
{
    ops_add_asking(world);
}

static void
everything(struct world *world)
{
    ops_add_drain(world);
    ops_add_asking(world);
    ops_add_others(world);
}

static void
interrupt(struct world *world)
{
    ops_add_interrupted(world);
}

/* Both are told, and neither hides the other. */
static void
interrupt_in_trouble(struct world *world)
{
    struct pool *pool = world_pool(world, "ap-east");

    ops_add_interrupted(world);
    pool->workers_polling = 0;
    pool->idle_since_ms = world_ago(240);
    pool->depth = pool->queued = 12;
    pool->has_oldest = true;
    pool->oldest_queued_ms = world_ago(250);
}

static void
finish(struct world *world)
{
    struct op *op = ops_add_drain(world);

    op->state = OP_STATE_done;
    op->summary = "20 jobs stopped in 2m20s, 1 of them by force";
    op->ended_ms = WORLD_NOW_MS;
}

static const struct shot shots[] = {
    {"ops-locked", 80, 24, lock, "", NULL, ""},
    {"ops-read-only", 80, 24, forbid, "S", NULL, ""},
    {"ops-armed", 80, 24, NULL, "", NULL, ""},
    {"ops-marked", 80, 24, NULL, "Space j Space", NULL, ""},
    {"ops-arm", 80, 24, lock, "A", NULL, "a c m e"},
    {"ops-arm-wide", 200, 60, lock, "A", NULL, ""},
    {"ops-planning", 80, 24, NULL, "1 d", NULL, ""},
    {"ops-plan", 80, 24, NULL, "1 d", plan, ""},
    {"ops-plan-action", 80, 24, NULL, "1 d", plan, "Tab"},
    {"ops-plan-choice", 80, 24, NULL, "1 d", plan, "Tab Tab Tab"},
    {"ops-plan-scrolled", 80, 24, NULL, "1 d", plan, "PgDn PgDn PgDn PgDn"},
    {"ops-plan-typed", 80, 24, NULL, "1 d", plan_that_is_typed, "e u"},
    {"ops-plan-claimed", 80, 24, NULL, "1 d", plan_that_is_claimed, "Tab Enter"},
    {"ops-plan-refused", 80, 24, NULL, "1 d", plan_that_is_refused, ""},
    {"ops-plan-wide", 120, 40, NULL, "1 d", plan, "Tab"},
    {"ops-plan-widest", 200, 60, NULL, "1 d", plan_that_is_typed, "e u - w e s t Tab Tab"},
    {"ops-plan-small", 50, 14, NULL, "1 d", plan, ""},
    {"ops-undo", 80, 24, undo, "", NULL, ""},
    {"ops-line", 80, 24, drain, "", NULL, ""},
    {"ops-line-wide", 120, 40, everything, "", NULL, ""},
    {"ops-outcome", 80, 24, finish, "", NULL, ""},
    {"ops-view", 80, 24, everything, "o", NULL, ""},
    {"ops-view-wide", 200, 60, everything, "o", NULL, ""},
    {"ops-view-empty", 80, 24, NULL, "o", NULL, ""},
    {"ops-page", 80, 24, drain, "o Enter", NULL, ""},
    {"ops-page-wide", 120, 40, drain, "o Enter", NULL, ""},
    {"ops-force", 80, 24, ask, "o Enter Enter", NULL, ""},
    {"ops-interrupted", 80, 24, interrupt, "", NULL, ""},
    {"ops-interrupted-in-trouble", 80, 24, interrupt_in_trouble, "", NULL, ""},
    {"ops-resume", 80, 24, interrupt, "o Enter Enter", NULL, "Tab Tab"},
    {"ops-pick", 80, 24, NULL, "3 R", NULL, ""},
    {"ops-quit", 80, 24, drain, "q", NULL, ""},
    {"ops-help", 80, 24, lock, "? d", NULL, ""},
};

static void
is_drawn_as_before(void **state)
{
    const struct shot *shot = *state;
    struct desk desk;
    struct world *world = ops_armed();

    if (shot->before)
        shot->before(world);
    sit_down(&desk, world, shot->w, shot->h);
    pass(&desk, A_WHILE_MS);
    press(&desk, shot->keys);
    if (shot->meanwhile)
        shot->meanwhile(world);
    pass(&desk, CALM_MS);
    pass(&desk, CALM_MS);
    press(&desk, shot->then);
    pass(&desk, 0);
    golden_check(shot->name, desk.canvas);
    get_up(&desk);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT_OF(shots)];

    for (size_t i = 0; i < COUNT_OF(shots); i++)
        tests[i] = (struct CMUnitTest){.name = shots[i].name,
                                       .test_func = is_drawn_as_before,
                                       .initial_state = (void *)&shots[i]};
    return cmocka_run_group_tests_name("golden_ops", tests, NULL, NULL);
}
