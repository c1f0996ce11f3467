/* plan_connectors.c — connectors, and the token of their tunnel. */
#include <stdio.h>
#include <string.h>

#include "ops/objects.h"
#include "ops/phases.h"
#include "ops/plan.h"

static const struct connector *
plan_connector(struct engine *engine, struct run *run, enum driver_verb verb)
{
    const struct connector *connector = object_connector(&engine->snapshot, run->ids[0]);
    const struct driver_use *use = engine_control(engine, "connector", run->ids[0]);
    struct run_item *item;

    if (!connector) {
        plan_refuse(engine, run, "no connector at %s is known", run->ids[0]);
        return NULL;
    }
    plan_name(run, connector->url, connector->name);
    if (!(driver_verbs(use) & 1u << verb)) {
        plan_refuse(engine, run, "no control command can %s %s: connectors[].control names none",
                    driver_verb_name(verb), connector->name);
        return NULL;
    }
    item = run_add_item(run, connector->url, run->object_name);
    snprintf(item->what, sizeof(item->what), "%s, %" PRId64 " connections",
             connector_state_name(connector->state),
             connector->ready_connections > 0 ? connector->ready_connections : 0);
    snprintf(item->loses, sizeof(item->loses), "requests that pass through it");
    item->expected = connector->ready_connections > 0 ? connector->ready_connections
                                                      : CONNECTOR_EXPECTED_CONNECTIONS;
    plan_command(engine, run, use, verb, NULL);
    return connector;
}

/* Of its tunnel's, the only one that is known to carry traffic. */
static bool
is_last(const struct engine *engine, const struct connector *connector)
{
    return (connector->state == CONNECTOR_ready || connector->state == CONNECTOR_degraded) &&
           object_other_connectors(&engine->snapshot, connector) == 0;
}

/* The last connector of a tunnel takes a second word. */
static void
guard_last(struct engine *engine, struct run *run, const struct connector *connector)
{
    const struct tunnel *tunnel = object_tunnel(&engine->snapshot, connector->tunnel_id);
    const char *name = tunnel ? tunnel->name : connector->tunnel_id;
    const char *word = tunnel ? run_typable(tunnel->name, tunnel->id) : connector->tunnel_id;

    if (!is_last(engine, connector))
        return;
    snprintf(run->must_retype, sizeof(run->must_retype), "%s", *word ? word : run_word(run));
    snprintf(run->why_retype, sizeof(run->why_retype),
             "it is the last connector of tunnel %s that is known to carry traffic: nothing gets "
             "through without it",
             *name ? name : "?");
    plan_warn(run, run->why_retype);
}

void
plan_drain_connector(struct engine *engine, struct run *run)
{
    const struct connector *connector = plan_connector(engine, run, DRIVER_drain);

    if (connector)
        guard_last(engine, run, connector);
}

void
plan_restart_connector(struct engine *engine, struct run *run)
{
    const struct connector *connector = plan_connector(engine, run, DRIVER_restart);

    if (!connector)
        return;
    guard_last(engine, run, connector);
    run_say(run, OP_LINE_note, 0, "then it must have %" PRId64 " connections again",
            run->items[0].expected);
}

void
plan_rotate_token(struct engine *engine, struct run *run)
{
    const struct tunnel *tunnel = object_tunnel(&engine->snapshot, run->ids[0]);
    const struct ops_token *to = engine_token(engine, run->ids[0]);
    size_t n;
    const struct connector *connectors = snapshot_connectors(&engine->snapshot, &n);
    struct run_item *item;

    if (!tunnel || tunnel->is_archived) {
        plan_refuse(engine, run, tunnel ? "tunnel %s is archived" : "no tunnel %s is known",
                    tunnel ? tunnel->name : run->ids[0]);
        return;
    }
    plan_name(run, tunnel->id, tunnel->name);
    if (!to) {
        plan_refuse(engine, run,
                    "there is nowhere to put the new token of %s: tunnel_tokens names no file or "
                    "command for it",
                    tunnel->name);
        return;
    }
    snprintf(run->must_type, sizeof(run->must_type), "%s", run_word(run));
    item = run_add_item(run, tunnel->id, "the token");
    snprintf(item->what, sizeof(item->what), "goes to %s",
             to->file ? to->file : "a command's standard input");
    plan_call(run, API_CALL_rotate, tunnel->id, "", "{}");
    plan_warn(run, "the old token opens no new connection from then on; those that are up stay up");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(connectors[i].tunnel_id, tunnel->id) != 0)
            continue;
        if (!(driver_verbs(engine_control(engine, "connector", connectors[i].url)) &
              1u << DRIVER_restart)) {
            run_say(run, OP_LINE_warning, 0, "restart %s by hand: no control command can",
                    connectors[i].name);
            continue;
        }
        item = run_add_item(run, connectors[i].url, connectors[i].name);
        snprintf(item->loses, sizeof(item->loses), "requests that pass through it");
        if (is_last(engine, &connectors[i]))
            run_say(run, OP_LINE_warning, 0, "nothing gets through %s while %s restarts",
                    tunnel->name, connectors[i].name);
        plan_command(engine, run, engine_control(engine, "connector", connectors[i].url),
                     DRIVER_restart, NULL);
    }
}
