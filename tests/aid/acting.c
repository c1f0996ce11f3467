#include "aid/acting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "aid/folder.h"
#include "core/arena.h"
#include "core/die.h"
#include "probe/probe.h"

enum { PATIENCE = 2 };

void
acting_begin(struct acting *acting, const char *scenario)
{
    *acting = (struct acting){.folder = folder_new()};
    watch_begin(&acting->watch, scenario);
    acting->options = (struct ops_options){
        .arm = ARM_always,
        .context = "test",
        .journal_folder = acting->folder,
        .who = {.user = "tester", .host = "here", .ssh_client = ""},
        .arm_ms = 600000,
        .grace_ms = 60000,
        .window_ms = 100,
        .tick_ms = 20,
    };
}

void
acting_use_controls(struct acting *acting)
{
    const struct config *config = &acting->watch.config;
    struct ops_control *controls =
        arena_array(acting->watch.arena, config->n_pools + config->n_connectors, sizeof(*controls));
    struct ops_token *tokens =
        arena_array(acting->watch.arena, config->n_tunnel_tokens, sizeof(*tokens));
    size_t n = 0;

    for (size_t i = 0; i < config->n_pools; i++)
        if (config->pools[i].control.driver)
            controls[n++] =
                (struct ops_control){"pool", config->pools[i].id, config->pools[i].control};
    for (size_t i = 0; i < config->n_connectors; i++)
        if (config->connectors[i].control.driver)
            controls[n++] = (struct ops_control){"connector", config->connectors[i].url,
                                                 config->connectors[i].control};
    for (size_t i = 0; i < config->n_tunnel_tokens; i++)
        tokens[i] = (struct ops_token){.tunnel_id = config->tunnel_tokens[i].tunnel_id,
                                       .file = config->tunnel_tokens[i].file};
    acting->options.controls = controls;
    acting->options.n_controls = n;
    acting->options.tokens = tokens;
    acting->options.n_tokens = config->n_tunnel_tokens;
}

void
acting_wrap_verb(struct acting *acting, size_t nth, enum driver_verb verb, const char *script)
{
    struct arena *arena = acting->watch.arena;
    struct ops_control *control = (struct ops_control *)(uintptr_t)&acting->options.controls[nth];
    struct driver *driver = arena_alloc(arena, sizeof(*driver));
    struct driver_template *template = &driver->verbs[verb];
    const struct driver_word before[] = {
        {.text = "sh"}, {.text = "-c"}, {.text = script}, {.text = "sh"}};
    struct driver_word *words;

    *driver = *control->use.driver;
    words = arena_array(arena, COUNT_OF(before) + template->n, sizeof(*words));
    memcpy(words, before, sizeof(before));
    memcpy(words + COUNT_OF(before), template->words, template->n * sizeof(*words));
    template->words = words;
    template->n += COUNT_OF(before);
    control->use.driver = driver;
}

static bool
all_connectors_are_ready(const struct snapshot *snapshot, const void *n_expected)
{
    size_t n, ready = 0;
    const struct connector *connectors = snapshot_connectors(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        ready += connectors[i].state == CONNECTOR_ready && *connectors[i].connector_id;
    return ready == *(const size_t *)n_expected;
}

void
acting_use_connectors(struct acting *acting)
{
    const struct config *config = &acting->watch.config;
    struct probe_connector *rows =
        arena_array(acting->watch.arena, config->n_connectors, sizeof(*rows));
    struct err err = {0};

    for (size_t i = 0; i < config->n_connectors; i++)
        rows[i] = (struct probe_connector){.name = config->connectors[i].name,
                                           .url = config->connectors[i].url,
                                           .tunnel_id = config->connectors[i].tunnel_id};
    acting->probe = probe_start(&(struct probe_options){.connectors = rows,
                                                        .n_connectors = config->n_connectors,
                                                        .skips_exposure = true,
                                                        .is_off = true,
                                                        .interval_ms = 200},
                                acting->watch.store, &err);
    if (!acting->probe)
        die("%s", err.message);
}

void
acting_until_connected(struct acting *acting)
{
    assert_true(
        watch_until(&acting->watch, all_connectors_are_ready, &acting->watch.config.n_connectors));
}

void
acting_start_ops(struct acting *acting)
{
    struct err err = {0};

    acting->ops = ops_start(&acting->options, acting->watch.api, acting->watch.store, &err);
    if (!acting->ops)
        die("%s", err.message);
}

void
acting_start(struct acting *acting)
{
    watch_start(&acting->watch);
    assert_true(watch_until_settled(&acting->watch));
    acting_start_ops(acting);
}

void
acting_stop_ops(struct acting *acting)
{
    ops_stop(acting->ops);
    acting->ops = NULL;
}

void
acting_end(struct acting *acting)
{
    acting_stop_ops(acting); /* nothing when it was never started */
    probe_stop(acting->probe);
    watch_end(&acting->watch);
    folder_free(acting->folder);
}

const struct op *
acting_op_in(const struct snapshot *snapshot, const uint64_t *ticket)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (ops[i].ticket == *ticket)
            return &ops[i];
    return NULL;
}

const struct op *
acting_op(struct acting *acting)
{
    return acting_op_in(&acting->watch.snapshot, &acting->last_ticket);
}

static bool
is_planned(const struct snapshot *snapshot, const void *context)
{
    const struct op *op = acting_op_in(snapshot, context);

    return op && op->state != OP_STATE_planning;
}

static const struct op *
plan(struct acting *acting, enum op_kind kind, const char *const *ids, const unsigned *choices)
{
    struct op_order *order = op_order_new(ORDER_plan);

    order->op = kind;
    order->ticket = ++acting->last_ticket;
    for (size_t i = 0; ids[i]; i++)
        op_order_add_id(order, ids[i]);
    if (choices) {
        order->has_choices = true;
        order->choices = *choices;
    }
    assert_true(store_order(acting->watch.store, order));
    if (!watch_until(&acting->watch, is_planned, &acting->last_ticket))
        fail_msg("no plan of %s %s came", op_verb(kind), ids[0]);
    return acting_op(acting);
}

const struct op *
acting_plan(struct acting *acting, enum op_kind kind, const char *const *ids)
{
    return plan(acting, kind, ids, NULL);
}

const struct op *
acting_plan_with(struct acting *acting, enum op_kind kind, const char *const *ids, unsigned choices)
{
    return plan(acting, kind, ids, &choices);
}

void
acting_order(struct acting *acting, enum op_order_kind kind, const char *typed)
{
    const struct op *op = acting_op(acting);
    struct op_order *order = op_order_new(kind);

    snprintf(order->op_id, sizeof(order->op_id), "%s", op ? op->id : "");
    snprintf(order->typed, sizeof(order->typed), "%s", typed);
    assert_true(store_order(acting->watch.store, order));
}

void
acting_take_over(struct acting *acting, enum op_order_kind kind, const char *id, const char *typed)
{
    struct op_order *order = op_order_new(kind);

    snprintf(order->op_id, sizeof(order->op_id), "%s", id);
    snprintf(order->typed, sizeof(order->typed), "%s", typed);
    order->ticket = ++acting->last_ticket;
    assert_true(store_order(acting->watch.store, order));
}

void
acting_confirm(struct acting *acting)
{
    const struct op *op = acting_op(acting);
    struct op_order *order = op_order_new(ORDER_confirm);

    assert_non_null(op);
    snprintf(order->op_id, sizeof(order->op_id), "%s", op->id);
    snprintf(order->typed, sizeof(order->typed), "%s", op->must_type);
    snprintf(order->retyped, sizeof(order->retyped), "%s", op->must_retype);
    snprintf(order->reason, sizeof(order->reason), "%s", "TEST-1");
    assert_true(store_order(acting->watch.store, order));
}

struct wanted {
    uint64_t ticket;
    enum op_state state;
};

static bool
is_in_state(const struct snapshot *snapshot, const void *context)
{
    const struct wanted *wanted = context;
    const struct op *op = acting_op_in(snapshot, &wanted->ticket);

    return op && op->state == wanted->state;
}

bool
acting_until(struct acting *acting, enum op_state state)
{
    struct wanted wanted = {acting->last_ticket, state};

    return watch_until(&acting->watch, is_in_state, &wanted);
}

static bool
is_over(const struct snapshot *snapshot, const void *context)
{
    const struct op *op = acting_op_in(snapshot, context);

    return op && op_state_is_over(op->state);
}

const struct op *
acting_over(struct acting *acting)
{
    const struct op *op;
    bool ok = false;

    for (int i = 0; i < PATIENCE && !ok; i++) /* a worker counts as polling for half a minute */
        ok = watch_until(&acting->watch, is_over, &acting->last_ticket);
    if (!ok) {
        op = acting_op(acting);
        fail_msg("the op does not end: %s: %s", op ? op_state_name(op->state) : "no row",
                 op ? op->summary : "");
    }
    return acting_op(acting);
}

void
acting_expect(struct acting *acting, enum op_state state, const char *part)
{
    const struct op *op = acting_over(acting);

    if (op->state != state || !strstr(op->summary, part))
        fail_msg("%s: %s", op_state_name(op->state), op->summary);
}

static bool
is_interrupted(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct op *ops = snapshot_ops(snapshot, &n);

    (void)context;
    return n == 1 && ops[0].state == OP_STATE_interrupted;
}

const struct op *
acting_until_interrupted(struct acting *acting)
{
    assert_true(watch_until(&acting->watch, is_interrupted, NULL));
    return snapshot_ops(&acting->watch.snapshot, &(size_t){0});
}

static bool
so_many_poll(const struct snapshot *snapshot, const void *workers)
{
    size_t n;
    const struct pool *pools = snapshot_pools(snapshot, &n);

    return n == 1 && pools[0].workers_polling == *(const int64_t *)workers;
}

void
acting_until_polling(struct acting *acting, int64_t workers)
{
    assert_true(watch_until(&acting->watch, so_many_poll, &workers));
}

bool
acting_has_line(const struct op *op, enum op_line_kind kind, const char *part)
{
    for (size_t i = 0; i < op->n_lines; i++)
        if (op->lines[i].kind == kind && strstr(op->lines[i].text, part))
            return true;
    return false;
}

const struct job *
acting_job(struct acting *acting, enum job_state state, size_t nth)
{
    size_t n;
    const struct job *jobs = snapshot_jobs(&acting->watch.snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (jobs[i].from == JOB_FROM_WORK && jobs[i].state_kind == state && nth-- == 0)
            return &jobs[i];
    return NULL;
}

int64_t
acting_stops(struct acting *acting)
{
    return watch_asked(&acting->watch, "POST /v1/environments/{id}/work/{id}/stop");
}
