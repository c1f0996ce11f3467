#include "aid/scene.h"

#include <stdio.h>

void
scene_open(struct scene *scene, struct world *world)
{
    scene->world = world;
    scene->frame = (struct frame){
        .theme = theme_builtin(),
        .now_ms = WORLD_NOW_MS,
        .context = "acme-prod",
    };
    scene->frame.assessment = world_assess(world);
    scene->frame.snapshot = world_looked_at(world);
}

void
scene_close(struct scene *scene)
{
    world_free(scene->world);
}

static void
trend(struct series *series, const char *digits)
{
    *series = (struct series){0};
    for (; *digits; digits++)
        series_add(series, *digits == '?' ? SERIES_UNKNOWN : *digits - '0');
}

static void
waits(struct pool *pool, int64_t depth, int64_t oldest_s)
{
    pool->depth = depth;
    pool->has_oldest = true;
    pool->oldest_queued_ms = world_ago(oldest_s);
}

static void
add_pools(struct world *world)
{
    struct pool *pool = world_pool(world, "us-east");

    pool->expected_workers = 8;
    pool->workers_polling = pool->active = 4;
    waits(pool, 2, 3);
    trend(&pool->depth_trend, "344699865532213334422132");

    pool = world_pool(world, "eu-west");
    pool->expected_workers = 3;
    pool->workers_polling = 0;
    pool->idle_since_ms = world_ago(250);
    waits(pool, 12, 250);
    pool->work_access = WORK_NO_KEY;
    pool->work_at_ms = 0;
    pool->queued = pool->starting = pool->active = pool->stopping = -1;
    trend(&pool->depth_trend, "000000011122233445566789");

    pool = world_pool(world, "batch");
    pool->workers_polling = 0;
    pool->idle_since_ms = world_ago(360);
    pool->active = 8;
    waits(pool, 5, 48);
    trend(&pool->depth_trend, "9999988888??7776666655555");

    pool = world_pool(world, "nightly-webhook");
    pool->mode = POOL_WEBHOOK;
    pool->workers_polling = 0;
    trend(&pool->depth_trend, "000000000000000000000000");

    pool = world_pool(world, "lab");
    pool->workers_polling = pool->depth = pool->pending = -1;
    pool->queued = pool->starting = pool->active = pool->stopping = -1;
    pool->stats_at_ms = pool->work_at_ms = 0;
    pool->stats_error = "connection refused";
    pool->work_access = WORK_PENDING;
    trend(&pool->depth_trend, "????");

    world_pool(world, "retired")->is_archived = true;
}

static struct job *
job(struct world *world, const char *pool, const char *title, int64_t age_s)
{
    struct job *made = world_job(world, pool, title);

    made->created_ms = made->session_created_ms = world_ago(age_s);
    made->acknowledged_ms = made->started_ms = world_ago(age_s - 3);
    return made;
}

static struct job *
queued(struct world *world, const char *pool, const char *title, int64_t age_s)
{
    struct job *made = job(world, pool, title, age_s);

    made->state = "queued";
    made->state_kind = JOB_STATE_queued;
    made->acknowledged_ms = made->started_ms = made->heartbeat_ms = 0;
    made->cost_cents = -1;
    return made;
}

static struct job *
from_session(struct world *world, const char *pool, const char *title, int64_t age_s)
{
    struct job *made = job(world, pool, title, age_s);

    made->from = JOB_FROM_SESSION;
    made->id = made->session_id;
    made->state = "";
    made->state_kind = JOB_STATE_unknown;
    made->created_ms = made->acknowledged_ms = made->started_ms = made->heartbeat_ms = 0;
    return made;
}

static void
idles(struct job *made, const char *stop_reason, enum job_wait wait, int64_t for_s)
{
    made->session_status = "idle";
    made->stop_reason = stop_reason;
    made->wait = wait;
    made->idle_since_ms = made->session_updated_ms = world_ago(for_s);
}

static void
add_jobs(struct world *world)
{
    struct job *made;

    job(world, "us-east", "Migrate billing to v3", 8040)->heartbeat_ms = world_ago(3);
    job(world, "us-east", "Fix flaky checkout test", 3720);
    job(world, "us-east", "Rebuild search index", 2820)->heartbeat_ms = world_ago(180);
    made = job(world, "batch", "Triage incoming bugs", 1860);
    idles(made, "requires_action", JOB_WAIT_human, 1320);
    made = job(world, "us-east", "Write release notes", 1740);
    made->state = "stopping";
    made->state_kind = JOB_STATE_stopping;
    made->stop_requested_ms = world_ago(180);
    made = job(world, "batch", "Summarise support tickets", 6);
    made->state = "starting";
    made->state_kind = JOB_STATE_starting;
    made->started_ms = made->heartbeat_ms = 0;
    made = job(world, "batch", "Compact the event archive", 5400);
    made->bounces = 1;
    made->bounced_ms = world_ago(75);
    queued(world, "us-east", "Audit dependencies", 3);
    queued(world, "us-east", "日本語のドキュメントを更新", 2);
    made = from_session(world, "eu-west", "Refactor the parser", 720);
    idles(made, "requires_action", JOB_WAIT_worker, 240);
    made = from_session(world, "eu-west", "", 1200);
    idles(made, "end_turn", JOB_WAIT_nothing, 60);
}

static void
add_tunnels(struct world *world)
{
    struct tunnel *tunnel = world_tunnel(world, "acme-prod");
    struct connector *connector = world_connector(world, "gw-1", "acme-prod");

    tunnel->n_certificates = 0;
    world_certificate(world, tunnel, 6 * 86400 + 3 * 3600);
    world_tunnel(world, "acme-stage");
    connector = world_connector(world, "gw-2", "acme-stage");
    connector->state = CONNECTOR_degraded;
    connector->ready_connections = 2;
    connector->n_connections = 2;
    connector->request_errors = 17;
    connector->errors_per_min = 3.5;
    world_tunnel(world, "new-team")->n_certificates = 0;
    connector = world_connector(world, "lost", "");
    connector->tunnel_id = "";
    connector->state = CONNECTOR_unreachable;
    connector->n_connections = 0;
    connector->ready_connections = connector->requests = -1;
    connector->request_errors = connector->register_failures = -1;
    connector->requests_per_s = connector->errors_per_min = -1;
    connector->started_ms = connector->at_ms = 0;
    connector->version = connector->connector_id = connector->service = "";
    connector->error = "connection refused";
}

static void
add_checks(struct world *world)
{
    static const struct check_resolver ways[] = {
        {"dns", "10.0.0.2:53", "10 addresses", 1300},
        {"dns", "10.0.0.3:53", "no answer from the resolver", 2000000},
        {"libc", "getaddrinfo", "10 addresses, IPv6 first", 2100},
    };
    struct check *check;

    world_check(world, CHECK_API_443, "api", 4);
    check = world_check(world, CHECK_API_443, "api", 6);
    check->verdict = CHECK_unsupported;
    for (int i = STAGE_tcp; i < STAGE_COUNT; i++)
        check->stage_us[i] = -1;
    check->rtt_us = -1;
    check->sent = 0;
    check->rtt_trend = (struct series){0};
    check->note = "";
    check->error = "no route for IPv6 on this host";
    world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 4);
    check = world_check(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    check->burst = (struct check_burst){.sent = 20,
                                        .lost = 3,
                                        .single_sent = 5,
                                        .rtt_us = 12100,
                                        .best_us = 11200,
                                        .worst_us = 16700,
                                        .jitter_us = 900,
                                        .at_ms = world_ago(75)};
    check->resolvers = ways;
    check->n_resolvers = COUNT_OF(ways);
    for (int i = 0; i < 6; i++) {
        series_add(&check->burst.loss, 50 * (i % 4));
        series_add(&check->burst.jitter, 700 + 50 * i);
    }
    world_check(world, CHECK_EDGE_TCP_7844, "edge region2", 4);
    check = world_check(world, CHECK_EDGE_UDP_7844, "edge region2", 4);
    check->verdict = CHECK_fail;
    check->failed_stage = STAGE_quic;
    check->stage_us[STAGE_quic] = check->rtt_us = -1;
    check->error = "no reply to a version negotiation in 2 s";
    check->hint = "allow UDP 7844 to 198.41.192.0/19; until then set protocol http2";
    check->failing_since_ms = world_ago(252);
    check->last_failure_ms = world_ago(3);
    check->lost = 15;
    for (int i = 0; i < 15; i++)
        series_add(&check->rtt_trend, SERIES_UNKNOWN);
    check = world_check(world, CHECK_EDGE_TCP_7844, "edge region1", 6);
    check->verdict = CHECK_warn;
    check->stage_us[STAGE_tls] = 2100000;
    check->error = "TLS took 2.1 s";
    check = world_check(world, CHECK_EDGE_UDP_7844, "edge region1", 6);
    check->verdict = CHECK_skip;
    check->stage_us[STAGE_dns] = check->stage_us[STAGE_quic] = check->rtt_us = -1;
    check->rtt_trend = (struct series){0};
    check->sent = 0;
    check->at_ms = 0;
    check = world_check(world, CHECK_EDGE_UDP_7844, "edge region2", 6);
    check->verdict = CHECK_skip;
    check->stage_us[STAGE_quic] = check->rtt_us = -1;
    check->rtt_trend = (struct series){0};
    check->sent = 0;
    check->note = "no IPv6 on this host (ENETUNREACH (Network is unreachable))";
}

struct world *
scene_full(void)
{
    struct world *world = world_new();

    world_service(world);
    add_pools(world);
    add_jobs(world);
    add_tunnels(world);
    add_checks(world);
    return world;
}

struct world *
scene_orphan(void)
{
    struct world *world = world_new();

    world_pool(world, "eu-west")->work_access = WORK_LISTED;
    idles(from_session(world, "eu-west", "Docs sweep", 4000), "requires_action", JOB_WAIT_worker,
          600);
    return world;
}

struct world *
scene_refused(void)
{
    struct world *world = world_loading();
    struct source_status *tunnels = world_source(world, SOURCE_tunnels);

    for (int i = 0; i < SOURCE_COUNT; i++)
        world_fail(world, (enum source)i, ERR_FORBIDDEN,
                   "403 permission_error: the credential lacks a scope");
    *tunnels = (struct source_status){.state = SOURCE_STATE_disabled, .code = ERR_FORBIDDEN};
    snprintf(tunnels->error, sizeof(tunnels->error), "needs a token with workspace:manage_tunnels");
    return world;
}

struct world *
scene_large(void)
{
    return world_large(1000, 10000);
}
