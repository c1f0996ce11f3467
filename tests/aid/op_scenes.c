#include "aid/op_scenes.h"

enum { DRAIN_JOBS = 20, DRAIN_DONE = 17 };

struct world *
ops_armed(void)
{
    struct world *world = world_healthy();

    world_control(world);
    return world;
}

static void
add_jobs(struct world *world, struct op *op)
{
    static const char *const titles[] = {"Nightly dependency bump", "Triage inbox",
                                         "Release notes 4.12", "日本語のドキュメントを更新"};

    for (int i = 0; i < DRAIN_JOBS; i++) {
        struct op_item *item = world_op_item(world, op, world_string(world, "work_%d", i + 1),
                                             titles[i % (int)COUNT_OF(titles)]);

        item->what = world_string(world, "active for %dm, lease %d s", 3 + 7 * i, 50 - 2 * i);
        item->loses = i % 4 == 0 ? "its running tool call: bash, for 41 s" : "";
    }
}

struct op *
ops_add_plan(struct world *world, uint64_t ticket)
{
    struct op *op = world_op(world, OP_drain_pool, "env_eu-west", "eu-west");

    op->ticket = ticket;
    op->state = OP_STATE_planned;
    op->pool_id = "env_eu-west";
    op->summary = "stops 20 jobs of eu-west, until none is left";
    op->confirmed_ms = op->undo_until_ms = op->started_ms = 0;
    op->reason = "";
    op->choices_offered = 1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running |
                          1u << OP_CHOICE_stop_queued | 1u << OP_CHOICE_force;
    op->choices = 1u << OP_CHOICE_command | 1u << OP_CHOICE_stop_running;
    op->grace_ms = 60000;
    add_jobs(world, op);
    world_op_line(world, op, OP_LINE_warning,
                  "a worker that stops polling still counts for 30 s: the last number that falls "
                  "is workers polling");
    world_op_line(world, op, OP_LINE_note,
                  "a stop takes 9 s here, and 41 s at the 90th percentile (212 seen)");
    world_op_line(world, op, OP_LINE_call,
                  "POST /v1/environments/env_eu-west/work/work_1/stop {\"force\":false}, and 19 "
                  "more like it");
    world_op_line(world, op, OP_LINE_command, "systemctl kill -s SIGTERM sandbox-worker@1.service");
    return op;
}

struct op *
ops_add_drain(struct world *world)
{
    struct op *op = ops_add_plan(world, 0);

    op->state = OP_STATE_running;
    op->phase = "stopping jobs";
    op->summary = "17 of 20 jobs are stopped";
    op->reason = "INC-4711";
    op->confirmed_ms = world_ago(145);
    op->undo_until_ms = op->started_ms = world_ago(140);
    op->grace_until_ms = world_ago(80);
    op->remaining_ms = 38000;
    for (size_t i = 0; i < op->n_items; i++) {
        struct op_item *item = (struct op_item *)&op->items[i];

        item->asked_ms = world_ago(i < DRAIN_DONE ? 135 : 20);
        item->progress = i < DRAIN_DONE ? OP_ITEM_done : OP_ITEM_taken;
        item->done_ms = i < DRAIN_DONE ? world_ago(120 - (int64_t)i) : 0;
    }
    ((struct op_item *)&op->items[DRAIN_JOBS - 1])->asked_ms = world_ago(130);
    ((struct op_item *)&op->items[DRAIN_JOBS - 1])->note = "still heartbeats";
    world_op_line(world, op, OP_LINE_step, "systemctl kill -s SIGTERM: exit 0");
    world_op_line(world, op, OP_LINE_step, "stop work_1: 200");
    world_op_line(world, op, OP_LINE_output, "sandbox-worker@1: draining, 1 job left");
    return op;
}

struct op *
ops_add_asking(struct world *world)
{
    struct op *op = world_op(world, OP_stop_job, "work_3", "Release notes 4.12");
    struct op_item *item = world_op_item(world, op, "work_3", "Release notes 4.12");

    item->progress = OP_ITEM_taken;
    item->asked_ms = world_ago(75);
    item->note = "still heartbeats";
    op->state = OP_STATE_asking;
    op->summary = "its grace time has passed and it still runs";
    op->grace_ms = 60000;
    op->offer = OP_OFFER_force;
    op->offer_text = "Force marks it stopped at once. It does not end the process: on its host the "
                     "worker may run on for up to 30 s.";
    return op;
}

static struct op *
add_past(struct world *world, enum op_kind kind, const char *name, enum op_state state,
         const char *summary)
{
    struct op *op = world_op(world, kind, name, name);

    op->state = state;
    op->summary = summary;
    op->planned_ms = world_ago(4000);
    op->confirmed_ms = op->started_ms = world_ago(3990);
    op->ended_ms = world_ago(3600);
    return op;
}

void
ops_add_others(struct world *world)
{
    struct op *op = world_op(world, OP_drain_pool, "env_us-east", "us-east");

    op->is_ours = false;
    op->user = "alice";
    op->host = "bastion-1";
    op->reason = "INC-4699";
    op->summary = "3 of 4 jobs are stopped";
    for (int i = 0; i < 4; i++)
        world_op_item(world, op, world_string(world, "work_2%d", i), "Compact the archive")
            ->progress = i < 3 ? OP_ITEM_done : OP_ITEM_taken;
    add_past(world, OP_restart_connector, "eu-1", OP_STATE_done, "4 of 4 connections after 6 s");
    add_past(world, OP_stop_job, "Docs sweep", OP_STATE_cancelled, "before anything was sent");
    add_past(world, OP_rotate_token, "prod-eu", OP_STATE_failed,
             "eu-2 did not come back: /ready 503 for 2m");
}

struct op *
ops_add_interrupted(struct world *world)
{
    struct op *op = ops_add_drain(world);

    op->state = OP_STATE_interrupted;
    op->is_ours = false;
    op->user = "you";
    op->summary = "its console ended at 17 of 20";
    op->offer = OP_OFFER_resume;
    op->offer_text = "Three jobs were asked to stop and were not seen stopped. Resumed, it asks "
                     "what they are now and goes on; nothing is sent twice.";
    return op;
}
