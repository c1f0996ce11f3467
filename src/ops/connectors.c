/* connectors.c — a connector is taken down, or restarted and seen with its connections again.
 *
 * What it answers itself is believed (/ready, facts/connectivity.md C2): gone when it does not
 * answer or has no connection, replaced when its connectorId is another. */
#include <stdio.h>
#include <string.h>

#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/record.h"

enum {
    DOWN_WITHIN_MS = 90000, /* cloudflared lets requests end for 30 s */
    BACK_WITHIN_MS = 120000,
};

static bool
was_asked_since(const struct engine *engine, int64_t since_ms)
{
    return engine->snapshot.source[SOURCE_connectors].tried_at_ms > since_ms;
}

static bool
is_down(const struct connector *connector)
{
    return connector->state == CONNECTOR_down || connector->state == CONNECTOR_unreachable;
}

static bool
is_replaced(const struct connector *connector, const struct run_item *item)
{
    return *item->before && *connector->connector_id &&
           strcmp(connector->connector_id, item->before) != 0;
}

static bool
went_down(const struct engine *engine, const struct run_item *item)
{
    const struct connector *connector = object_connector(&engine->snapshot, item->id);

    if (!was_asked_since(engine, item->asked_ms))
        return false;
    return !connector || item->was_down || is_down(connector) || is_replaced(connector, item);
}

static bool
is_back(const struct engine *engine, const struct run *run, const struct run_item *item)
{
    const struct connector *connector = object_connector(&engine->snapshot, item->id);

    return connector && connector->at_ms > item->asked_ms &&
           connector->ready_connections >=
               (run->expected > 0 ? run->expected : CONNECTOR_EXPECTED_CONNECTIONS);
}

static void
item_over(struct engine *engine, struct run *run, struct run_item *item, enum op_progress progress,
          const char *note)
{
    item->progress = progress;
    item->done_ms = engine->wall_ms;
    item_note(item, "%s", note);
    engine_item(engine, run, item);
}

static bool
begin(struct engine *engine, struct run *run, struct run_item *item, enum driver_verb verb)
{
    const struct connector *connector = object_connector(&engine->snapshot, item->id);

    if (connector) {
        snprintf(item->before, sizeof(item->before), "%s", connector->connector_id);
        run->expected = connector->ready_connections > 0 ? connector->ready_connections
                                                         : CONNECTOR_EXPECTED_CONNECTIONS;
        item->was_down = is_down(connector);
    }
    item->progress = OP_ITEM_sent;
    item->asked_ms = engine->wall_ms;
    return engine_item(engine, run, item) &&
           engine_command(engine, run, engine_control(engine, "connector", item->id), verb, NULL,
                          item->id);
}

/* Before this program took the op over. */
static enum record_command
was_begun(struct engine *engine, const struct run *run, const struct run_item *item,
          enum driver_verb verb)
{
    return run->is_resumed ? record_command_of(engine, run, driver_verb_name(verb), item->id)
                           : RECORD_not_run;
}

static void
command_failed(struct engine *engine, struct run *run, struct run_item *item, const struct err *err)
{
    item_over(engine, run, item, OP_ITEM_failed, err->message);
    engine_end(engine, run, OP_STATE_failed, "%s", err->message);
}

/* --- taking one down --- */

static void
told_to_end(struct engine *engine, struct run *run)
{
    struct run_item *item = &run->items[0];

    item->progress = OP_ITEM_taken;
    item_note(item, "told to end; it is watched until it answers no more");
    engine_item(engine, run, item);
}

static void
enter_down(struct engine *engine, struct run *run)
{
    if (was_begun(engine, run, &run->items[0], DRIVER_drain) != RECORD_not_run)
        told_to_end(engine, run);
    else
        begin(engine, run, &run->items[0], DRIVER_drain);
}

static void
down_ended(struct engine *engine, struct run *run, const struct err *err)
{
    if (err)
        command_failed(engine, run, &run->items[0], err);
    else
        told_to_end(engine, run);
}

static void
tick_down(struct engine *engine, struct run *run)
{
    struct run_item *item = &run->items[0];

    if (item->progress != OP_ITEM_taken)
        return;
    if (went_down(engine, item)) {
        item_over(engine, run, item, OP_ITEM_done, "down");
        engine_next(engine, run);
    } else if (engine->now_ms - run->phase_since_ms > DOWN_WITHIN_MS) {
        item_over(engine, run, item, OP_ITEM_failed, "still carries traffic after 90 s");
        engine_end(engine, run, OP_STATE_failed, "%s still carries traffic 90 s after the command",
                   item->name);
    }
}

const struct phase phase_down = {
    .name = "down",
    .doing = "taking the connector down",
    .enter = enter_down,
    .tick = tick_down,
    .ended = down_ended,
};

/* --- restarting one after the other --- */

enum { RECONNECT_COMMAND, RECONNECT_DOWN, RECONNECT_BACK };

/* The first connector that is not done; a rotation's first item is the token. */
static struct run_item *
current(struct run *run)
{
    size_t first = run->kind == OP_rotate_token ? 1 : 0;

    for (run->nth = run->nth > first ? run->nth : first; run->nth < run->n_items; run->nth++)
        if (run->items[run->nth].progress < OP_ITEM_done)
            return &run->items[run->nth];
    return NULL;
}

static void
end_restarts(struct engine *engine, struct run *run)
{
    if (run_count(run, OP_ITEM_failed) > 0)
        engine_end(engine, run, OP_STATE_failed,
                   "all have their connections; whether all were restarted is not known");
    else
        engine_next(engine, run);
}

static void
restart_current(struct engine *engine, struct run *run)
{
    struct run_item *item = current(run);

    if (!item) {
        end_restarts(engine, run);
        return;
    }
    run->stage = RECONNECT_COMMAND;
    run->phase_since_ms = engine->now_ms;
    begin(engine, run, item, DRIVER_restart);
}

static void
enter_reconnect(struct engine *engine, struct run *run)
{
    struct run_item *item = current(run);

    enum record_command known =
        item ? was_begun(engine, run, item, DRIVER_restart) : RECORD_not_run;

    if (known == RECORD_not_run) {
        restart_current(engine, run);
        return;
    }
    run->stage = RECONNECT_BACK; /* never told twice: see whether it is there */
    item->progress = OP_ITEM_taken;
    item->is_unproven = known == RECORD_perhaps;
    engine_item(engine, run, item);
}

static void
reconnect_ended(struct engine *engine, struct run *run, const struct err *err)
{
    struct run_item *item = current(run);

    if (err) {
        command_failed(engine, run, item, err);
        return;
    }
    run->stage = RECONNECT_DOWN;
    run->phase_since_ms = engine->now_ms;
    item->progress = OP_ITEM_taken;
    item_note(item, "told to restart; its old process is watched until it is gone");
    engine_item(engine, run, item);
}

static void
fail_current(struct engine *engine, struct run *run, struct run_item *item, const char *why)
{
    item_over(engine, run, item, OP_ITEM_failed, why);
    engine_end(engine, run, OP_STATE_failed, "%s: %s", item->name, why);
}

static void
tick_reconnect(struct engine *engine, struct run *run)
{
    struct run_item *item = current(run);
    int64_t for_ms = engine->now_ms - run->phase_since_ms;

    if (!item || item->progress != OP_ITEM_taken)
        return;
    if (run->stage == RECONNECT_DOWN && went_down(engine, item)) {
        run->stage = RECONNECT_BACK;
        run->phase_since_ms = engine->now_ms;
        item_note(item, "its old process is gone; waiting for its connections");
        engine_item(engine, run, item);
    } else if (run->stage == RECONNECT_DOWN && for_ms > DOWN_WITHIN_MS) {
        fail_current(engine, run, item, "was not seen to go down within 90 s of the command");
    }
    if (run->stage != RECONNECT_BACK)
        return;
    if (is_back(engine, run, item)) {
        item_over(engine, run, item, item->is_unproven ? OP_ITEM_failed : OP_ITEM_done,
                  item->is_unproven
                      ? "it has its connections; whether it was restarted is not known"
                      : "up again, with its connections");
        restart_current(engine, run);
    } else if (engine->now_ms - run->phase_since_ms > BACK_WITHIN_MS) {
        fail_current(engine, run, item, "has not its connections again two minutes later");
    }
}

const struct phase phase_reconnect = {
    .name = "reconnect",
    .doing = "restarting connectors",
    .enter = enter_reconnect,
    .tick = tick_reconnect,
    .ended = reconnect_ended,
};
