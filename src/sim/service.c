#include "sim/service.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/json.h"
#include "sim/canned.h"
#include "sim/customer.h"
#include "sim/fleet.h"
#include "sim/gate.h"
#include "sim/handout.h"
#include "sim/ledger.h"
#include "sim/names.h"
#include "sim/network.h"
#include "sim/populate.h"
#include "sim/route.h"
#include "sim/web.h"
#include "sim/workers.h"

static void
on_event(void *context, const struct session *session, const struct event *event)
{
    struct service *service = context;

    streams_event(&service->streams, session, event);
    web_wake(service->web);
}

static void
on_queued(void *context, const struct environment *environment)
{
    const struct service *service = context;

    (void)environment;
    web_wake(service->web);
}

static void
on_deleted(void *context, const struct session *session)
{
    struct service *service = context;

    streams_end(&service->streams, session->object.id);
    web_wake(service->web);
}

static bool
check_fault(const struct scenario *scenario, const char *name, struct err *err)
{
    const char *const *known = network_fault_names();
    struct faults faults;

    while (*known && strcmp(*known, name) != 0)
        known++;
    return *known || faults_find(&faults, name) ||
           err_set(err, ERR_CONFIG, "scenario %s: no fault is called \"%.40s\"", scenario->name,
                   name);
}

static bool
check_pool(const struct scenario *scenario, const char *name, struct err *err)
{
    for (size_t i = 0; i < scenario->pools.n; i++)
        if (strcmp(((const struct pool_plan *)scenario->pools.items[i])->name, name) == 0)
            return true;
    return err_set(err, ERR_CONFIG, "scenario %s: timeline: no pool is called \"%.40s\"",
                   scenario->name, name);
}

/* Every fault and every pool that a scenario names must exist. */
static bool
check_names(const struct scenario *scenario, struct err *err)
{
    for (size_t i = 0; i < scenario->faults.n; i++)
        if (!check_fault(scenario, scenario->faults.items[i], err))
            return false;
    for (size_t i = 0; i < scenario->timeline.n; i++) {
        const struct step *step = scenario->timeline.items[i];

        if ((step->fault && !check_fault(scenario, step->fault, err)) ||
            (step->pool && !check_pool(scenario, step->pool, err)))
            return false;
    }
    return true;
}

static void
set_network_faults(struct service *service)
{
    for (const char *const *name = network_fault_names(); *name; name++) {
        bool on = false;

        for (size_t i = 0; i < service->scenario->faults.n; i++)
            on = on || strcmp(service->scenario->faults.items[i], *name) == 0;
        network_fault(customer_network(service->customer), *name, on);
    }
}

/* The network goes on when the new scenario wants the same one, so that ports stay. Two cannot be
 * at once: they write the same file. */
static bool
change_network(struct service *service, const struct scenario *scenario, struct world *world,
               struct err *err)
{
    const char *folder = handout_folder(service->handout);

    if (service->customer && customer_suits(service->customer, scenario, world)) {
        customer_register(service->customer, world);
        return true;
    }
    customer_close(service->customer);
    service->customer = customer_open(scenario, world, folder, err);
    if (service->customer) {
        customer_register(service->customer, world);
        return true;
    }
    if (service->world)
        service->customer = customer_open(service->scenario, service->world, folder, NULL);
    if (service->world && service->customer)
        customer_register(service->customer, service->world);
    if (service->world && !service->customer)
        die("sim: the network cannot be started again: %s", err->message);
    return false;
}

static void
replace(struct service *service, struct scenario *scenario, struct world *world)
{
    streams_end(&service->streams, NULL);
    world_end(service->world);
    scenario_free(service->scenario);
    canned_clear(&service->answers);
    service->world = world;
    service->scenario = scenario;
    service->next_step = 0;
    service->limits = (struct limits){{0}, {0}};
    world->hooks = (struct hooks){service, on_event, on_queued, on_deleted};
    set_network_faults(service);
    web_wake(service->web);
}

bool
service_set_scenario(struct service *service, const char *name, struct err *err)
{
    struct scenario *scenario = scenario_load(name, service->scenario_folders, err);
    struct world *world;

    if (!scenario)
        return false;
    if (!check_names(scenario, err)) {
        scenario_free(scenario);
        return false;
    }
    world = populate(scenario, service->seed, clock_wall_ms());
    if (!change_network(service, scenario, world, err)) {
        world_end(world);
        scenario_free(scenario);
        return false;
    }
    replace(service, scenario, world);
    return !service->web || service_hand_out(service, err);
}

bool
service_hand_out(struct service *service, struct err *err)
{
    struct handout_world of = {service->world, service->scenario, service->customer,
                               web_url(service->web), service->program};

    return handout_write(service->handout, &of, err);
}

/* A service in trouble takes along what is open. */
static void
fail_streams(struct service *service)
{
    const struct faults *faults = &service->world->faults;

    if (faults->api_down)
        streams_end(&service->streams, NULL);
    else if (faults->api_error)
        streams_fail(&service->streams, "api_error", "Internal server error");
    else if (faults->api_overloaded)
        streams_fail(&service->streams, "overloaded_error", "Overloaded");
}

bool
service_fault(struct service *service, const char *name, bool on)
{
    bool *fault = faults_find(&service->world->faults, name);

    if (fault) {
        *fault = on;
        fail_streams(service);
        web_wake(service->web);
        return true;
    }
    return network_fault(customer_network(service->customer), name, on);
}

static void
take_step(struct service *service, const struct step *step)
{
    struct world *world = service->world;
    struct environment *environment = step->pool ? world_find_pool(world, step->pool) : NULL;

    if (step->fault)
        service_fault(service, step->fault, step->on);
    if (!environment)
        return;
    if (step->workers >= 0)
        workers_set(world, environment, step->workers);
    if (step->silent >= 0)
        workers_set_quirk(world, environment, step->silent ? QUIRK_SILENT : QUIRK_NONE);
    if (step->jobs >= 0)
        environment->staffing.jobs = step->jobs;
    if (step->arrival >= 0)
        environment->staffing.arrival_ms = step->arrival * 1000;
}

void
service_tick(struct service *service)
{
    struct world *world = service->world;
    const struct array *timeline = &service->scenario->timeline;

    int64_t now_ms = clock_wall_ms();

    while (service->next_step < timeline->n) {
        const struct step *step = timeline->items[service->next_step];

        if (world->born_ms + step->at * 1000 > now_ms)
            break;
        take_step(service, step);
        service->next_step++;
    }
    fleet_live(world, now_ms);
    customer_tick(service->customer, world);
}

/* A request finds the workers as they would be now, also when the last tick is long ago. In a large
 * world, where a tick takes long, requests wait for none that could come later. */
static void
keep_up(struct world *world)
{
    int64_t now_ms = clock_wall_ms();

    if (now_ms - world->lived_ms > fleet_step_ms(world))
        fleet_live(world, now_ms);
    world->now_ms = now_ms;
}

void
service_serve(void *context, struct exchange *x)
{
    struct service *service = context;

    keep_up(service->world);
    if (!x->request_id[0])
        chance_id(&service->world->chance, "req", x->request_id);
    if (service->world->is_hostile)
        x->scare = name_hostile((size_t)chance_next(&service->world->chance));
    if (!x->is_admitted) {
        if (!gate_pass(service, x))
            goto done;
        x->is_admitted = true;
    }
    x->outcome = OUTCOME_ANSWER;
    x->route->serve(service, x);
done:
    if (x->outcome == OUTCOME_WAIT)
        return;
    canned_use(x);
    if (x->outcome != OUTCOME_RESET && x->outcome != OUTCOME_SILENCE)
        gate_sign(service, x);
    if (strncmp(x->path, "/sim/", 5) != 0)
        ledger_add(service->ledger, x);
}

size_t
service_read(void *context, struct exchange *x, char *out, size_t n)
{
    struct service *service = context;
    size_t got = stream_read(x->stream, &service->world->switches, out, n, &x->wait_until_ms);

    x->is_over = got == 0 && x->stream->is_over;
    return got;
}

void
service_done(void *context, struct exchange *x)
{
    struct service *service = context;

    if (x->stream)
        stream_close(&service->streams, x->stream);
    x->stream = NULL;
}
