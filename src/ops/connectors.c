/* connectors.c — a connector is taken down, or restarted and seen with its connections again.
 *
 * What it answers itself is believed (/ready, facts/connectivity.md C2): gone when it does not
 * answer or has no connection, replaced when its connectorId is another. */
#include <stdio.h>
#include <string.h>

#include "ops/objects.h"
#include "ops/phases.h"

enum {
    DOWN_WITHIN_MS = 90000, /* cloudflared lets requests end for 30 s */
    BACK_WITHIN_MS = 120000,
    KNOWN_WITHIN_MS = 20000, /* until a console that was just started has asked them all once */
};

static int64_t
within_ms(const struct engine *engine, int64_t usual_ms)
{
    return engine->options->settle_ms > 0 ? engine->options->settle_ms : usual_ms;
}

static bool
has_lasted(const struct engine *engine, const struct run *run, int64_t usual_ms)
{
    return engine->now_ms - run->phase_since_ms > within_ms(engine, usual_ms);
}

/* --- what is seen of one --- */

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
is_back(const struct engine *engine, const struct run_item *item)
{
    const struct connector *connector = object_connector(&engine->snapshot, item->id);

    return connector && connector->at_ms > item->asked_ms &&
           connector->ready_connections >=
               (item->expected > 0 ? item->expected : CONNECTOR_EXPECTED_CONNECTIONS);
}

/* Another process than the one that was told to restart: that one did. */
static bool
is_another(const struct engine *engine, const struct run_item *item)
{
    const struct connector *connector = object_connector(&engine->snapshot, item->id);

    return connector && is_replaced(connector, item);
}

/* --- one command about one --- */

static void
item_over(struct engine *engine, struct run *run, struct run_item *item, enum op_progress progress,
          const char *note)
{
    item->progress = progress;
    item->done_ms = engine->wall_ms;
    item_note(item, "%s", note);
    engine_item(engine, run, item);
}

/* What it was before is what it is compared with afterwards. */
static void
remember(const struct engine *engine, struct run_item *item)
{
    const struct connector *connector = object_connector(&engine->snapshot, item->id);

    if (!connector)
        return;
    snprintf(item->before, sizeof(item->before), "%s", connector->connector_id);
    item->expected = connector->ready_connections > 0 ? connector->ready_connections
                                                      : CONNECTOR_EXPECTED_CONNECTIONS;
    item->was_down = is_down(connector);
}

/* As soon as it is known what it is. */
static void
begin(struct engine *engine, struct run *run, struct run_item *item, enum driver_verb verb)
{
    if (item->progress != OP_ITEM_waiting || run->command ||
        (!was_asked_since(engine, 0) && !has_lasted(engine, run, KNOWN_WITHIN_MS)))
        return;
    remember(engine, item);
    item->progress = OP_ITEM_sent;
    item->asked_ms = engine->wall_ms;
    engine_command(engine, run, engine_control(engine, "connector", item->id), verb, NULL, item);
}

static void
command_failed(struct engine *engine, struct run *run, struct run_item *item, const struct err *err)
{
    item_over(engine, run, item, OP_ITEM_failed, err->message);
    engine_end(engine, run, OP_STATE_failed, "%s", err->message);
}

static void
fail(struct engine *engine, struct run *run, struct run_item *item, const char *why)
{
    item_over(engine, run, item, OP_ITEM_failed, why);
    engine_end(engine, run, OP_STATE_failed, "%s %s", item->name, why);
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
    struct run_item *item = &run->items[0];
    enum known known = engine_known(engine, run, DRIVER_drain, item);

    if (known == KNOWN_not_begun)
        item->progress = OP_ITEM_waiting;
    else if (known != KNOWN_failed)
        told_to_end(engine, run);
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

    begin(engine, run, item, DRIVER_drain);
    if (item->progress != OP_ITEM_taken)
        return;
    if (went_down(engine, item)) {
        item_over(engine, run, item, OP_ITEM_done, "down");
        engine_next(engine, run);
    } else if (has_lasted(engine, run, DOWN_WITHIN_MS)) {
        fail(engine, run, item, "still carries traffic 90 s after the command");
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
to_stage(struct engine *engine, struct run *run, int stage)
{
    run->stage = stage;
    run->phase_since_ms = engine->now_ms;
}

static void
told_to_restart(struct engine *engine, struct run *run, struct run_item *item)
{
    to_stage(engine, run, RECONNECT_DOWN);
    item->progress = OP_ITEM_taken;
    item_note(item, "told to restart; its old process is watched until it is gone");
    engine_item(engine, run, item);
}

/* Told before the op was resumed, it is not told again. */
static void
enter_reconnect(struct engine *engine, struct run *run)
{
    struct run_item *item = current(run);
    enum known known = item ? engine_known(engine, run, DRIVER_restart, item) : KNOWN_not_begun;

    to_stage(engine, run, RECONNECT_COMMAND);
    if (!item || known == KNOWN_failed)
        return;
    if (known == KNOWN_not_begun) {
        item->progress = OP_ITEM_waiting;
        return;
    }
    item->is_unproven = known == KNOWN_perhaps;
    told_to_restart(engine, run, item);
    if (!*item->before && !item->was_down) /* it cannot be known by being another */
        to_stage(engine, run, RECONNECT_BACK);
}

static void
reconnect_ended(struct engine *engine, struct run *run, const struct err *err)
{
    struct run_item *item = current(run);

    if (err)
        command_failed(engine, run, item, err);
    else
        told_to_restart(engine, run, item);
}

static void
restart_next(struct engine *engine, struct run *run)
{
    struct run_item *item = current(run);

    to_stage(engine, run, RECONNECT_COMMAND);
    if (item)
        begin(engine, run, item, DRIVER_restart);
    else if (run_count(run, OP_ITEM_failed) > 0)
        engine_end(engine, run, OP_STATE_failed,
                   "all have their connections; whether all were restarted is not known");
    else
        engine_next(engine, run);
}

/* Nothing more is to be seen of this one. */
static void
restarted(struct engine *engine, struct run *run, struct run_item *item)
{
    bool is_known = !item->is_unproven || is_another(engine, item);

    item_over(engine, run, item, is_known ? OP_ITEM_done : OP_ITEM_failed,
              is_known ? "up again, with its connections"
                       : "it has its connections; whether it was restarted is not known");
    restart_next(engine, run);
}

static void
watch_down(struct engine *engine, struct run *run, struct run_item *item)
{
    if (went_down(engine, item)) {
        to_stage(engine, run, RECONNECT_BACK);
        item_note(item, "its old process is gone; waiting for its connections");
        engine_item(engine, run, item);
    } else if (has_lasted(engine, run, DOWN_WITHIN_MS)) {
        if (item->is_unproven && is_back(engine, item))
            restarted(engine, run, item); /* it went before we looked, or was never told */
        else
            fail(engine, run, item, "was not seen to go down within 90 s of the command");
    }
}

static void
watch_back(struct engine *engine, struct run *run, struct run_item *item)
{
    if (is_back(engine, item))
        restarted(engine, run, item);
    else if (has_lasted(engine, run, BACK_WITHIN_MS))
        fail(engine, run, item, "has not its connections again two minutes later");
}

static void
tick_reconnect(struct engine *engine, struct run *run)
{
    struct run_item *item = current(run);

    if (!item)
        restart_next(engine, run);
    else if (run->stage == RECONNECT_COMMAND)
        begin(engine, run, item, DRIVER_restart);
    else if (run->stage == RECONNECT_DOWN)
        watch_down(engine, run, item);
    else
        watch_back(engine, run, item);
}

const struct phase phase_reconnect = {
    .name = "reconnect",
    .doing = "restarting connectors",
    .enter = enter_reconnect,
    .tick = tick_reconnect,
    .ended = reconnect_ended,
};
