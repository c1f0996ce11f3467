/* worlds.c — the whole worlds of world.h. */
#include <string.h>

#include "aid/world.h"

enum { DAY_S = 86400 };

static void
add_network(struct world *world)
{
    static const char *const regions[] = {"edge region1", "edge region2"};

    world_tunnel(world, "prod-eu");
    world_tunnel(world, "staging");
    world_connector(world, "eu-1", "prod-eu");
    world_connector(world, "eu-2", "prod-eu");
    world_connector(world, "stage-1", "staging");
    for (int family = 4; family <= 6; family += 2)
        world_check(world, CHECK_API_443, "api", family);
    for (size_t i = 0; i < COUNT_OF(regions); i++)
        for (int family = 4; family <= 6; family += 2) {
            world_check(world, CHECK_EDGE_TCP_7844, regions[i], family);
            world_check(world, CHECK_EDGE_UDP_7844, regions[i], family);
        }
}

struct world *
world_healthy(void)
{
    static const char *const titles[] = {
        "Nightly dependency bump", "Triage inbox", "Release notes 4.12", "Rotate staging keys",
        "Flaky test hunt",         "Docs sweep",   "Invoice import",
    };
    struct world *world = world_new();
    struct pool *pool;

    world_service(world);
    pool = world_pool(world, "eu-west");
    pool->active = 4;
    pool = world_pool(world, "eu-batch");
    pool->workers_polling = 0; /* busy: all work, nobody waits */
    pool->idle_since_ms = world_ago(40);
    pool->active = 3;
    world_pool(world, "us-east");
    pool = world_pool(world, "hooks");
    pool->mode = POOL_WEBHOOK;
    pool->workers_polling = 0;
    for (size_t i = 0; i < COUNT_OF(titles); i++)
        world_job(world, i < 4 ? "eu-west" : "eu-batch", titles[i]);
    add_network(world);
    return world;
}

struct world *
world_empty(void)
{
    struct world *world = world_new();

    world_service(world);
    return world;
}

struct world *
world_loading(void)
{
    struct world *world = world_new();

    for (int i = 0; i < SOURCE_COUNT; i++)
        *world_source(world, (enum source)i) = (struct source_status){
            .interval_ms = source_interval_ms((enum source)i),
        };
    return world;
}

struct world *
world_stale(void)
{
    struct world *world = world_healthy();
    const struct snapshot *snapshot = world_snapshot(world);
    size_t n;

    for (int i = SOURCE_environments; i <= SOURCE_certificates; i++) {
        world_source(world, (enum source)i)->ok_at_ms = world_ago(42 * 60);
        world_fail(world, (enum source)i, ERR_NET, "connect: connection refused");
    }
    snapshot_pools(snapshot, &n);
    for (size_t i = 0; i < n; i++) {
        struct pool *pool = world_row(world, SLOT_pools, i);

        pool->stats_at_ms = pool->work_at_ms = world_ago(42 * 60);
        pool->idle_since_ms = 0;
        pool->stats_error = "connect: connection refused";
    }
    snapshot_jobs(snapshot, &n);
    for (size_t i = 0; i < n; i++) {
        struct job *job = world_row(world, SLOT_jobs, i);

        job->seen_ms = world_ago(42 * 60);
        job->heartbeat_ms = world_ago(42 * 60 + 14);
        job->created_ms = job->session_created_ms = world_ago(52 * 60);
        job->acknowledged_ms = job->started_ms = world_ago(52 * 60 - 3);
    }
    for (size_t i = 0; i < 2; i++) {
        struct check *check = world_row(world, SLOT_checks, i);

        check->verdict = CHECK_fail;
        check->failed_stage = STAGE_tcp;
        check->stage_us[STAGE_tcp] = check->stage_us[STAGE_tls] = -1;
        check->stage_us[STAGE_http] = -1;
        check->rtt_us = -1;
        check->error = "connection refused";
        check->failing_since_ms = world_ago(42 * 60);
    }
    return world;
}

/* What is left of the worst after text_clean_dup: replacement characters, wide and combining ones,
 * and no end. */
static const char *
nasty(struct world *world)
{
    char raw[600] = "";
    static const char piece[] = "\x1b[2J\x07\xe2\x80\xae%s%n\xf0\x9f\x92\xa9\xcc\x81日本語\xff";

    for (size_t n = 0; n + sizeof(piece) < sizeof(raw); n += sizeof(piece) - 1)
        memcpy(raw + n, piece, sizeof(piece));
    return world_clean(world, raw);
}

struct world *
world_hostile(void)
{
    struct world *world = world_new();
    const char *bad = nasty(world);
    struct pool *pool;
    struct job *job;
    struct tunnel *tunnel;
    struct connector *connector;
    struct check *check;
    struct service *service = world_service(world);

    service->workspace_id = service->organization_id = service->last_request_id = bad;
    pool = world_pool(world, "x");
    pool->name = bad;
    for (int i = 0; i < 3; i++) {
        job = world_job(world, "x", "");
        job->title = job->agent = job->pool_name = job->session_status = bad;
        job->stop_reason = job->last_error = bad;
    }
    tunnel = world_tunnel(world, "x");
    tunnel->name = tunnel->domain = bad;
    connector = world_connector(world, "x", "x");
    connector->version = connector->service = connector->connector_id = bad;
    check = world_check(world, CHECK_API_443, "api", 4);
    check->note = check->host = check->error = check->hint = bad;
    return world;
}

static void
add_broken_jobs(struct world *world)
{
    struct job *job = world_job(world, "eu-west", "Nightly dependency bump");

    job->heartbeat_ms = world_ago(200);
    job = world_job(world, "eu-west", "Release notes 4.12");
    job->state = "stopping";
    job->state_kind = JOB_STATE_stopping;
    job->stop_requested_ms = world_ago(400);
    job = world_job(world, "eu-west", "Triage inbox");
    job->bounces = 2;
    job->bounced_ms = world_ago(90);
    job = world_job(world, "eu-west", "Rotate staging keys");
    job->session_status = "idle";
    job->stop_reason = "requires_action";
    job->wait = JOB_WAIT_human;
    job->idle_since_ms = world_ago(25 * 60);
    job = world_job(world, "eu-west", "Docs sweep");
    job->from = JOB_FROM_SESSION;
    job->state = "";
    job->state_kind = JOB_STATE_unknown;
    job->heartbeat_ms = job->acknowledged_ms = job->started_ms = 0;
    job->session_updated_ms = world_ago(300);
    world_job(world, "eu-west", "Invoice import");
}

struct world *
world_incident(void)
{
    struct world *world = world_new();
    struct pool *pool;
    struct tunnel *tunnel;
    struct connector *connector;

    world_service(world);
    pool = world_pool(world, "eu-west");
    pool->active = 4;
    pool = world_pool(world, "us-east");
    pool->workers_polling = 0;
    pool->idle_since_ms = world_ago(240);
    pool->depth = 12;
    pool->queued = 12;
    pool->has_oldest = true;
    pool->oldest_queued_ms = world_ago(250);
    pool = world_pool(world, "eu-batch");
    pool->workers_polling = 1;
    pool->depth = 41;
    pool->has_oldest = true;
    pool->oldest_queued_ms = world_ago(420);
    pool = world_pool(world, "gpu");
    pool->work_access = WORK_NO_KEY;
    pool->work_at_ms = 0;
    pool->queued = pool->starting = pool->active = pool->stopping = -1;
    add_broken_jobs(world);
    add_network(world);
    tunnel = world_row(world, SLOT_tunnels, 1);
    tunnel->n_certificates = 0;
    connector = world_row(world, SLOT_connectors, 1);
    connector->state = CONNECTOR_degraded;
    connector->ready_connections = 2;
    connector->n_connections = 2;
    return world;
}

struct world *
world_large(size_t n_pools, size_t n_jobs)
{
    struct world *world = world_new();

    world_service(world);
    for (size_t i = 0; i < n_pools; i++) {
        struct pool *pool = world_pool(world, world_string(world, "pool-%04zu", i));

        if (i % 40 != 7)
            continue;
        pool->workers_polling = 0;
        pool->depth = (int64_t)(i % 17) + 1;
        pool->has_oldest = true;
        pool->oldest_queued_ms = world_ago(250);
    }
    for (size_t i = 0; i < n_jobs; i++) {
        struct job *job = world_job(world, world_string(world, "pool-%04zu", i * n_pools / n_jobs),
                                    world_string(world, "Job number %zu", i));

        if (i % 50 == 3)
            job->heartbeat_ms = world_ago(200);
    }
    add_network(world);
    return world;
}
