#include "api/engine.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/address.h"
#include "api/call_send.h"
#include "api/calls.h"
#include "api/fetch.h"
#include "api/http.h"
#include "api/publish.h"
#include "api/sources.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/log.h"

enum {
    LONGEST_WAIT_MS = 60000,
    LOOKED_AT_MS = 3000, /* a selection that moves fast must not ask for each row it passes */
};

#define DEFAULT_URL "https://api.anthropic.com"

/* Credentials */

struct credential *
engine_credential(const struct engine *engine, const struct resource *resource, const char *subject,
                  struct renewal **renewal)
{
    const struct fleet_pool *pool;

    if (renewal)
        *renewal = NULL;
    if (resource->key == KEY_ENVIRONMENT) {
        pool = fleet_pool(&engine->fleet, subject);
        return pool ? pool->key : NULL;
    }
    if (resource->key == KEY_TUNNELS && !engine_tunnels_fall_back(engine)) {
        if (renewal)
            *renewal = engine->tunnels_renewal;
        return engine->tunnels;
    }
    if (renewal)
        *renewal = engine->main_renewal;
    return engine->main;
}

bool
engine_tunnels_fall_back(const struct engine *engine)
{
    return engine->tunnels->kind == CREDENTIAL_NONE;
}

static void
free_credentials(struct engine *engine)
{
    renewal_free(engine->main_renewal);
    renewal_free(engine->tunnels_renewal);
    credential_free(engine->main);
    credential_free(engine->tunnels);
    engine->main = engine->tunnels = NULL;
    engine->main_renewal = engine->tunnels_renewal = NULL;
}

static bool
find_credentials(struct engine *engine, struct err *err)
{
    struct credential_query query = {
        .source = &engine->options->credential,
        .name = "credential",
        .workspace_id = engine->options->workspace_id,
        .getenv = engine->options->getenv,
    };
    struct credential_query tunnels = query;

    tunnels.source = &engine->options->tunnels;
    tunnels.name = "tunnels";
    tunnels.is_explicit_only = true;
    engine->main = credentials_find(&query, err);
    engine->tunnels = engine->main ? credentials_find(&tunnels, err) : NULL;
    if (!engine->tunnels)
        return false;
    engine->main_renewal = renewal_new(engine->main);
    engine->tunnels_renewal = renewal_new(engine->tunnels);
    if (*engine->main->warning)
        log_line("api", "%s", engine->main->warning);
    return true;
}

/* Without the main credential these are off, and say what they need. */
static void
disable_without_credential(struct engine *engine)
{
    static const enum source needing[] = {SOURCE_environments, SOURCE_stats, SOURCE_sessions};
    struct err err = {0};

    if (engine->main->kind != CREDENTIAL_NONE)
        return;
    if (engine->credential_error.code)
        err = engine->credential_error;
    else
        err_set(&err, ERR_CONFIG,
                "no credential: set ANTHROPIC_API_KEY, log in to a profile, or configure one");
    for (size_t i = 0; i < COUNT_OF(needing); i++)
        sources_disable(engine, needing[i], &err);
    if (engine_tunnels_fall_back(engine)) {
        sources_disable(engine, SOURCE_tunnels, &err);
        sources_disable(engine, SOURCE_certificates, &err);
    }
}

/* Files and variables may have changed since a key was refused. */
static void
reload_credentials(struct engine *engine)
{
    struct fleet *fleet = &engine->fleet;

    for (size_t i = 0; i < fleet->pools.n; i++)
        fleet_reload_key(fleet, fleet->pools.rows[i]);
    if (renewal_is_busy(engine->main_renewal) || renewal_is_busy(engine->tunnels_renewal))
        return;
    free_credentials(engine);
    engine->credential_error = (struct err){0};
    engine->is_main_accepted = false;
    if (find_credentials(engine, &engine->credential_error))
        return;
    free_credentials(engine);
    engine->main = credentials_none();
    engine->tunnels = credentials_none();
    engine->main_renewal = renewal_new(engine->main);
    engine->tunnels_renewal = renewal_new(engine->tunnels);
}

static bool
renew_one(struct engine *engine, struct renewal *renewal, const struct credential *credential)
{
    int64_t now_ms = clock_mono_ms();
    bool may_send = budget_wait_ms(engine->budget, now_ms) == 0 && http_has_room(engine->http) &&
                    gate_admits(&engine->gate, http_in_flight(engine->http), now_ms);
    bool has_sent = false, is_changed;

    is_changed = renewal_step(renewal, engine->http, may_send, &has_sent);
    if (has_sent)
        budget_spend(engine->budget, now_ms);
    if (!is_changed)
        return false;
    if (credential->refusal.code)
        sources_conclude_all(engine, credential, &credential->refusal);
    else if (!credential_is_ready(credential, clock_wall_ms()))
        sources_conclude_all(engine, credential, renewal_error(renewal));
    else
        sources_retry_failed(engine);
    return true;
}

/* Starting and ending */

static const char *
choose_url(const struct engine *engine)
{
    const char *named = profile_variable(engine->options->getenv, "ANTHROPIC_BASE_URL");

    if (engine->options->base_url)
        return engine->options->base_url;
    if (named)
        return named;
    return *engine->main->base_url ? engine->main->base_url : DEFAULT_URL;
}

/* Pools that the operator named are asked at once, before the list of pools has come. What is wrong
 * with the environment key of one is that pool's trouble. */
static bool
add_configured_pools(struct engine *engine, struct err *err)
{
    const struct api_options *options = engine->options;
    const char *named = profile_variable(options->getenv, "ANTHROPIC_ENVIRONMENT_ID");

    for (size_t i = 0; i < options->n_pools + 1; i++) {
        const char *id = i < options->n_pools ? options->pools[i].id : named;

        if (!id || fleet_pool(&engine->fleet, id))
            continue;
        if (!fleet_is_id(id))
            return err_set(err, ERR_CONFIG, "pools: \"%.60s\" cannot be an environment's id", id);
        fleet_add_pool(&engine->fleet, id);
    }
    return true;
}

bool
engine_init(struct engine *engine, const struct api_options *options, struct store *store,
            struct err *err)
{
    char host[ADDRESS_HOST_BYTES];
    bool is_loopback;

    *engine = (struct engine){.options = options, .store = store, .stretch = 1};
    fleet_init(&engine->fleet, options);
    engine->budget = budget_new(options->requests_per_minute > 0 ? options->requests_per_minute
                                                                 : ENGINE_DEFAULT_PER_MINUTE);
    engine->random = (uint32_t)clock_wall_ms() | 1;
    for (int i = 0; i < SOURCE_COUNT; i++)
        engine->book[i] = (struct source_book){.round = 1, .jitter = 1};
    if (!find_credentials(engine, err) || !add_configured_pools(engine, err))
        return false;
    engine->base_url = strdup(choose_url(engine));
    if (!engine->base_url)
        die("out of memory");
    if (!address_check(engine->base_url, host, &is_loopback, err))
        return false;
    disable_without_credential(engine);
    return true;
}

void
engine_clear(struct engine *engine)
{
    http_free(engine->http);
    fetch_clear(engine);
    free_credentials(engine);
    fleet_clear(&engine->fleet);
    budget_free(engine->budget);
    free(engine->base_url);
}

/* What answers tell */

static void
note_identity(struct engine *engine, char field[64], const char *value, const char *what)
{
    if (!*value || strcmp(field, value) == 0)
        return;
    if (*field)
        log_line("api", "the %s changed from %s to %s", what, field, value);
    memcpy(field, value, 64);
    engine->service_changed = true;
}

void
engine_note(struct engine *engine, const struct http_answer *answer)
{
    if (!answer->status)
        return;
    if (answer->date_ms)
        skew_add(&engine->skew, answer->sent_ms, answer->received_ms, answer->date_ms);
    engine->latency_us[engine->n_latencies++ % ENGINE_LATENCIES] = answer->took_us;
    note_identity(engine, engine->workspace_id, answer->workspace_id, "workspace");
    note_identity(engine, engine->organization_id, answer->organization_id, "organization");
    if (*answer->request_id)
        memcpy(engine->last_request_id, answer->request_id, sizeof(engine->last_request_id));
}

/* Wishes */

static void
refresh(struct engine *engine)
{
    reload_credentials(engine);
    sources_restart(engine);
    disable_without_credential(engine);
    if (engine->gate.reason == GATE_OUTAGE)
        engine->gate.until_ms = 0;
}

static void
take_wishes(struct engine *engine)
{
    struct wish wish;

    while (store_take_wish(engine->store, WISH_FOR_api, &wish)) {
        struct fleet_pool *pool;

        if (wish.kind == WISH_refresh) {
            refresh(engine);
            continue;
        }
        pool = *wish.id ? fleet_pool_of(&engine->fleet, wish.id) : NULL;
        snprintf(engine->look_at, sizeof(engine->look_at), "%s", pool ? pool->id : "");
        if (pool && clock_wall_ms() - pool->stats.tried_at_ms > LOOKED_AT_MS)
            pool->stats.due_ms = pool->work.due_ms = 0;
    }
}

/* The loop */

/* Send what may be sent now; returns when there is more to send. */
static int64_t
ask(struct engine *engine)
{
    int64_t next_ms = INT64_MAX;

    while (call_send(engine, clock_mono_ms(), &next_ms))
        continue;
    for (;;) {
        int64_t now_ms = clock_mono_ms(), wait_ms = budget_wait_ms(engine->budget, now_ms);
        int64_t due_ms = INT64_MAX;
        struct choice choice;

        if (!http_has_room(engine->http))
            return next_ms; /* an answer will wake us */
        if (!gate_admits(&engine->gate, http_in_flight(engine->http), now_ms))
            return engine->gate.until_ms > now_ms ? earliest(engine->gate.until_ms, next_ms)
                                                  : next_ms;
        if (wait_ms > 0)
            return earliest(now_ms + wait_ms, next_ms);
        if (engine->gate.reason != GATE_OPEN)
            engine->fleet.environments.due_ms = 0; /* somebody has to try */
        if (fetch_resume(engine, now_ms, &next_ms))
            continue;
        if (!schedule_next(engine, now_ms, &choice, &due_ms))
            return earliest(due_ms, next_ms);
        fetch_start(engine, &choice);
    }
}

static void
wait_for_news(struct engine *engine, int stop_fd, int64_t until_ms)
{
    int fds[5] = {stop_fd, store_wish_fd(engine->store, WISH_FOR_api), calls_fd(engine->calls)};
    size_t n = 3;
    int64_t now_ms = clock_mono_ms();

    until_ms = earliest(until_ms, renewal_due_ms(engine->main_renewal));
    until_ms = earliest(until_ms, renewal_due_ms(engine->tunnels_renewal));
    until_ms = earliest(until_ms, now_ms + LONGEST_WAIT_MS);
    if (renewal_fd(engine->main_renewal) >= 0)
        fds[n++] = renewal_fd(engine->main_renewal);
    if (renewal_fd(engine->tunnels_renewal) >= 0)
        fds[n++] = renewal_fd(engine->tunnels_renewal);
    http_wait(engine->http, fds, n, until_ms > now_ms ? until_ms - now_ms : 0);
}

static bool
is_stopped(int stop_fd)
{
    struct pollfd poll_fd = {.fd = stop_fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0;
}

void
engine_run(struct engine *engine, int stop_fd)
{
    struct err err = {0};

    engine->started_ms = clock_mono_ms();
    engine->http = http_new(&(struct http_options){.base_url = engine->base_url,
                                                   .version = engine->options->version,
                                                   .ca_file = engine->options->ca_file},
                            &err);
    while (engine->http && !is_stopped(stop_fd)) {
        int64_t next_ms;

        take_wishes(engine);
        calls_take(engine);
        renew_one(engine, engine->main_renewal, engine->main);
        renew_one(engine, engine->tunnels_renewal, engine->tunnels);
        next_ms = ask(engine);
        next_ms = earliest(next_ms, publish_news(engine));
        wait_for_news(engine, stop_fd, next_ms);
    }
}
