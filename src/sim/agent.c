#include "sim/agent.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/buffer.h"
#include "sim/names.h"
#include "sim/queue.h"
#include "sim/session.h"

/* Every second agent uses a server behind one of the tunnels. */
static void
add_servers(const struct world *world, struct json *agent, size_t nth)
{
    struct json *servers = json_add_array(agent, "mcp_servers"), *server;
    const struct tunnel *tunnel;
    char *url;

    if (world->tunnels.n == 0 || nth % 2 != 0)
        return;
    tunnel = world->tunnels.items[nth / 2 % world->tunnels.n];
    url = copy_printf("https://wiki.%s/mcp", tunnel->domain);
    server = json_add_object(servers, NULL);
    json_add_string(server, "type", "url");
    json_add_string(server, "name", "wiki");
    json_add_string(server, "url", url);
    free(url);
}

static struct json *
snapshot_new(struct world *world, size_t nth)
{
    struct chance chance = chance_for(world->seed, "agent", name_agent(nth));
    struct json *agent = json_new_object(), *model, *toolset, *defaults;
    char id[SIM_ID_BYTES];

    chance_id(&chance, "agent", id);
    json_add_string(agent, "type", "agent");
    json_add_string(agent, "id", id);
    json_add_int(agent, "version", chance_between(&chance, 1, 9));
    json_add_string(agent, "name", world->is_hostile ? name_hostile(nth) : name_agent(nth));
    json_add_null(agent, "description");
    json_add_null(agent, "system");
    json_add_string(json_add_object(agent, "execution_identity"), "type", "service_account");
    model = json_add_object(agent, "model");
    json_add_string(model, "id", name_model(nth));
    json_add_string(model, "speed", "standard");
    toolset = json_add_object(json_add_array(agent, "tools"), NULL);
    json_add_string(toolset, "type", "agent_toolset_20260401");
    defaults = json_add_object(toolset, "default_config");
    json_add_bool(defaults, "enabled", true);
    json_add_string(json_add_object(defaults, "permission_policy"), "type", "always_allow");
    json_add_array(toolset, "configs");
    add_servers(world, agent, nth);
    json_add_array(agent, "skills");
    json_add_null(agent, "multiagent");
    return agent;
}

const struct json *
agent_snapshot(struct world *world, size_t nth)
{
    nth %= name_agents();
    while (world->agents.n <= nth)
        array_add(&world->agents, snapshot_new(world, world->agents.n));
    return world->agents.items[nth];
}

const struct json *
agent_variant(struct world *world, const struct json *of, const char *member,
              const struct json *value)
{
    struct json *agent = json_new_object();

    for (const struct json *m = json_first(of); m; m = json_next(m))
        json_add(agent, json_key(m), json_copy(strcmp(json_key(m), member) == 0 ? value : m));
    agent_snapshot(world, name_agents() - 1); /* the company comes first in the list */
    array_add(&world->agents, agent);
    return agent;
}

static void
plan(struct world *world, struct session *session)
{
    int64_t thinks = chance_between(&world->chance, AGENT_THINKS_LEAST_MS, AGENT_THINKS_MOST_MS) *
                     100 / world->switches.pace;

    session->mind.next_ms = world->now_ms + (session->mind.script ? AGENT_SCRIPT_MS : thinks);
}

void
agent_wake(struct world *world, struct session *session)
{
    struct mind *mind = &session->mind;

    if (!mind->script && mind->calls_left <= 0)
        mind->calls_left = chance_between(&world->chance, 4, 18);
    session_need_worker(world, session);
    if (session->calls.n > 0)
        return; /* it goes on when they are answered */
    session_run(world, session, world->now_ms);
    plan(world, session);
}

void
agent_answered(struct world *world, struct session *session)
{
    if (session->calls.n > 0) {
        session_idle(world, session, "requires_action", world->now_ms);
        return;
    }
    session_run(world, session, world->now_ms);
    plan(world, session);
}

/* The service itself answers the call. */
static void
answer_call(struct world *world, struct session *session, struct call *call, bool is_error,
            const char *words)
{
    struct json *body = json_new_object(), *text;

    json_add_string(body, "tool_use_id", call->id);
    json_add_bool(body, "is_error", is_error);
    text = json_add_object(json_add_array(body, "content"), NULL);
    json_add_string(text, "type", "text");
    json_add_string(text, "text", words);
    session_emit(world, session, "agent.tool_result", body, world->now_ms);
    session_close_call(session, call);
}

/* Close every open call with an error, as if its tool had failed. */
static void
answer_all(struct world *world, struct session *session)
{
    while (session->calls.n > 0)
        answer_call(world, session, session->calls.items[0], true,
                    "The call was interrupted by the user.");
}

void
agent_interrupt(struct world *world, struct session *session)
{
    session->mind.interrupt_ms = world->now_ms + AGENT_INTERRUPT_MS;
}

static void
queue_again(struct world *world, struct session *session)
{
    if (session->item && world->switches.interrupt_requeue == REQUEUE_SAME)
        item_requeue(world, session->item);
    else
        item_new(world, session, world->now_ms);
}

static void
apply_interrupt(struct world *world, struct session *session)
{
    bool is_served = session->item && !item_is_over(session->item);

    session->mind.interrupt_ms = 0;
    session_process(world, session, "user.interrupt");
    if (!is_served && session_runnable_call(session) &&
        world->switches.interrupt_requeue != REQUEUE_NEVER) {
        queue_again(world, session); /* the calls stay: the next worker retries them */
        return;
    }
    if (session->mind.is_idle || session->status == SESSION_TERMINATED)
        return;
    if (world->switches.interrupt_answers)
        answer_all(world, session);
    session->mind.next_ms = 0;
    session_idle(world, session, "end_turn", world->now_ms);
}

static void
spend(struct world *world, struct session *session)
{
    int64_t in = chance_between(&world->chance, 1200, 9000);
    int64_t out = chance_between(&world->chance, 150, 1400);

    session->tokens_in += in;
    session->tokens_out += out;
    session->cost_cents += (in * 5 + out * 25) / 10000;
}

static void
say(struct world *world, struct session *session, const char *words)
{
    struct json *body = json_new_object();
    struct json *text = json_add_object(json_add_array(body, "content"), NULL);

    if (world->is_hostile)
        words = name_hostile((size_t)chance_next(&world->chance));
    json_add_string(text, "type", "text");
    json_add_string(text, "text", words);
    session_emit(world, session, "agent.message", body, world->now_ms);
}

static void
end_turn(struct world *world, struct session *session, const char *reason)
{
    struct json *body = json_new_object(), *usage = json_add_object(body, "usage");

    json_add_int(usage, "input_tokens", session->tokens_in);
    json_add_int(usage, "output_tokens", session->tokens_out);
    session_emit(world, session, "session.usage", body, world->now_ms);
    session_idle(world, session, reason, world->now_ms);
}

static void
call_tool(struct world *world, struct session *session, const struct ask *ask)
{
    struct call *call = session_ask(world, session, ask);

    if (!call->asks && !call->is_custom && !environment_is_self_hosted(session->environment)) {
        answer_call(world, session, call, false, name_tool_output(&world->chance));
        return;
    }
    session->mind.next_ms = 0;
    session_need_worker(world, session);
    if (call->asks || call->is_custom || world->switches.waiting_status == WAITING_IDLE)
        session_idle(world, session, "requires_action", world->now_ms);
}

/* Without a script: some thinking, a few calls, a last word. */
static void
improvise(struct world *world, struct session *session)
{
    struct mind *mind = &session->mind;
    struct ask ask = {.at_ms = world->now_ms};

    spend(world, session);
    if (session->budget_cents >= 0 && session->cost_cents >= session->budget_cents) {
        mind->next_ms = 0;
        end_turn(world, session, "budget_reached");
        return;
    }
    if (mind->calls_left > 0) {
        mind->calls_left--;
        name_tool_call(&world->chance, &ask.tool, &ask.input);
        if (chance_percent(&world->chance, 30))
            say(world, session, name_remark(&world->chance));
        call_tool(world, session, &ask);
        return;
    }
    say(world, session, name_farewell(&world->chance));
    mind->turns_left--;
    mind->next_ms = 0;
    end_turn(world, session, "end_turn");
}

static struct json *
input_of(const struct json *step)
{
    const struct json *input = json_get(step, "input");

    return input ? json_copy(input) : json_new_object();
}

static void
step_tool(struct world *world, struct session *session, const struct json *step)
{
    struct ask ask = {
        .tool = json_string(step, "name", "bash"),
        .input = input_of(step),
        .is_custom = strcmp(json_string(step, "type", ""), "custom_tool") == 0,
        .asks = json_bool(step, "ask", false),
        .at_ms = world->now_ms,
    };

    if (!json_bool(step, "parallel", false)) {
        call_tool(world, session, &ask);
        return;
    }
    session_ask(world, session, &ask);
    session_need_worker(world, session);
}

static void
step_message(struct world *world, struct session *session, const struct json *step)
{
    say(world, session, json_string(step, "text", ""));
}

static void
step_pause(struct world *world, struct session *session, const struct json *step)
{
    session->mind.next_ms = world->now_ms + json_int(step, "ms", 1000);
}

static void
step_idle(struct world *world, struct session *session, const struct json *step)
{
    session->mind.next_ms = 0;
    end_turn(world, session, json_string(step, "stop_reason", "end_turn"));
}

static void
step_error(struct world *world, struct session *session, const struct json *step)
{
    struct json *body = json_new_object();

    json_add(body, "error", json_copy(json_get(step, "error")));
    session_emit(world, session, "session.error", body, world->now_ms);
}

static void
step_terminate(struct world *world, struct session *session, const struct json *step)
{
    (void)step;
    session_terminate(world, session);
}

static void
step_event(struct world *world, struct session *session, const struct json *step)
{
    const struct json *event = json_get(step, "event");
    struct json *body = json_new_object();

    for (const struct json *m = json_first(event); m; m = json_next(m))
        if (strcmp(json_key(m), "type") != 0 && strcmp(json_key(m), "id") != 0)
            json_add(body, json_key(m), json_copy(m));
    session_emit(world, session, json_string(event, "type", "unknown"), body, world->now_ms);
}

static const struct {
    const char *type;
    void (*run)(struct world *world, struct session *session, const struct json *step);
} steps[] = {
    {"tool", step_tool},   {"custom_tool", step_tool},    {"message", step_message},
    {"pause", step_pause}, {"idle", step_idle},           {"error", step_error},
    {"event", step_event}, {"terminate", step_terminate},
};

static void
follow_script(struct world *world, struct session *session)
{
    const struct json *step = session->mind.step;

    if (!step) {
        session->mind.next_ms = 0;
        end_turn(world, session, "end_turn");
        return;
    }
    session->mind.step = json_next(step);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (strcmp(steps[i].type, json_string(step, "type", "")) == 0)
            steps[i].run(world, session, step);
}

void
agent_tick(struct world *world, struct session *session)
{
    struct mind *mind = &session->mind;
    int64_t due_ms;

    if (mind->interrupt_ms && mind->interrupt_ms <= world->now_ms)
        apply_interrupt(world, session);
    due_ms = mind->next_ms;
    if (!due_ms || due_ms > world->now_ms)
        return;
    if (session->status == SESSION_TERMINATED) {
        mind->next_ms = 0;
        return;
    }
    if (mind->script)
        follow_script(world, session);
    else
        improvise(world, session);
    if (mind->next_ms == due_ms) /* the step did not say when to go on */
        plan(world, session);
}
