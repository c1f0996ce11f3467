#include "api/fleet.h"

#include <string.h>

#include "api/api.h"
#include "api/credentials.h"
#include "core/log.h"

void
fleet_init(struct fleet *fleet, const struct api_options *options)
{
    *fleet = (struct fleet){.options = options};
    table_init(&fleet->pools);
    table_init(&fleet->sessions);
    table_init(&fleet->tunnels);
}

void
fleet_clear(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->sessions.n; i++)
        fleet_session_free(fleet->sessions.rows[i]);
    for (size_t i = 0; i < fleet->pools.n; i++)
        fleet_pool_free(fleet->pools.rows[i]);
    for (size_t i = 0; i < fleet->tunnels.n; i++)
        fleet_tunnel_free(fleet->tunnels.rows[i]);
    table_clear(&fleet->pools);
    table_clear(&fleet->sessions);
    table_clear(&fleet->tunnels);
}

/* Finding and adding */

struct fleet_pool *
fleet_pool(const struct fleet *fleet, const char *id)
{
    return table_get(&fleet->pools, id);
}

static const struct api_pool *
configured_pool(const struct api_options *options, const char *id)
{
    for (size_t i = 0; i < options->n_pools; i++)
        if (options->pools[i].id && strcmp(options->pools[i].id, id) == 0)
            return &options->pools[i];
    return NULL;
}

void
fleet_reload_key(const struct fleet *fleet, struct fleet_pool *pool)
{
    struct err err = {0};
    struct credential *key =
        credentials_find_environment_key(pool->id, pool->configured, fleet->options->getenv, &err);

    fleet_keep(&pool->work_error, err.message, FLEET_TITLE_BYTES);
    if (!key) {
        log_line("api", "%s", err.message);
        key = credentials_none();
    }
    credential_free(pool->key);
    pool->key = key;
    pool->is_refused = false;
    pool->work.is_off = key->kind == CREDENTIAL_NONE;
}

struct fleet_pool *
fleet_add_pool(struct fleet *fleet, const char *id)
{
    struct fleet_pool *pool = fleet_pool_new(id);

    pool->configured = configured_pool(fleet->options, id);
    fleet_reload_key(fleet, pool);
    table_add(&fleet->pools, id, pool);
    fleet->pools_changed = true;
    return pool;
}

struct fleet_session *
fleet_session(const struct fleet *fleet, const char *id)
{
    return table_get(&fleet->sessions, id);
}

struct fleet_session *
fleet_add_session(struct fleet *fleet, const char *id)
{
    struct fleet_session *session = fleet_session_new(id);

    table_add(&fleet->sessions, id, session);
    return session;
}

struct fleet_work *
fleet_work(const struct fleet_pool *pool, const char *id)
{
    return table_get(&pool->items, id);
}

struct fleet_work *
fleet_add_work(struct fleet_pool *pool, const char *id)
{
    struct fleet_work *work = fleet_work_new(id);

    table_add(&pool->items, id, work);
    return work;
}

struct fleet_tunnel *
fleet_tunnel(const struct fleet *fleet, const char *id)
{
    return table_get(&fleet->tunnels, id);
}

struct fleet_tunnel *
fleet_add_tunnel(struct fleet *fleet, const char *id)
{
    struct fleet_tunnel *tunnel = fleet_tunnel_new(id);

    table_add(&fleet->tunnels, id, tunnel);
    return tunnel;
}

struct fleet_certificate *
fleet_add_certificate(struct fleet_tunnel *tunnel, const char *id)
{
    struct fleet_certificate *certificate = fleet_certificate_new(id);

    table_add(&tunnel->certificates, id, certificate);
    return certificate;
}

/* Forgetting */

/* Sessions that only a work item of this pool knew may go with it. */
static void
detach(struct fleet *fleet, const struct fleet_work *work)
{
    struct fleet_session *session = fleet_session(fleet, work->session_id);

    if (session && session->work == work)
        session->work = NULL;
}

struct sweep {
    struct fleet *fleet;
    struct fleet_pool *pool;
    struct fleet_tunnel *tunnel;
};

static const char *
work_id(const void *row)
{
    return ((const struct fleet_work *)row)->id;
}

static bool
keep_work(void *row, void *context)
{
    struct fleet_work *work = row;
    const struct sweep *sweep = context;

    if (work->round == sweep->pool->items_round)
        return true;
    detach(sweep->fleet, work);
    fleet_work_free(work);
    return false;
}

void
fleet_sweep_work(struct fleet *fleet, struct fleet_pool *pool)
{
    for (size_t i = 0; i < pool->items.n; i++)
        ((struct fleet_work *)pool->items.rows[i])->rival = NULL;
    table_sweep(&pool->items, work_id, keep_work, &(struct sweep){.fleet = fleet, .pool = pool});
    fleet->jobs_changed = fleet->pools_changed = true;
}

static const char *
pool_id(const void *row)
{
    return ((const struct fleet_pool *)row)->id;
}

/* What the operator configured stays, so that the screen can say that it is not there. */
static bool
keep_pool(void *row, void *context)
{
    struct fleet_pool *pool = row;
    const struct sweep *sweep = context;
    bool is_listed = pool->round == sweep->fleet->environments_round;

    if (is_listed)
        return true;
    if (pool->configured) {
        pool->is_confirmed = false;
        pool->stats.is_off = pool->work.is_off = true;
        fleet_keep(&pool->stats_error, "the service lists no such self-hosted environment",
                   FLEET_TITLE_BYTES);
        return true;
    }
    for (size_t i = 0; i < pool->items.n; i++)
        detach(sweep->fleet, pool->items.rows[i]);
    fleet_pool_free(pool);
    return false;
}

void
fleet_sweep_pools(struct fleet *fleet)
{
    table_sweep(&fleet->pools, pool_id, keep_pool, &(struct sweep){.fleet = fleet});
    fleet->pools_changed = fleet->jobs_changed = true;
}

static const char *
session_id(const void *row)
{
    return ((const struct fleet_session *)row)->id;
}

/* A session that the sweep does not hold is over, or older than we page; while one of its work
 * items lives, it is asked for by name. */
static bool
keep_session(void *row, void *context)
{
    struct fleet_session *session = row;
    const struct sweep *sweep = context;

    if (session->round == sweep->fleet->sweep_round)
        return true;
    if (session->work && fleet_work_is_live(session->work)) {
        if (!session->is_gone)
            fleet_want_details(sweep->fleet, session, true);
        return true;
    }
    fleet_want_events(sweep->fleet, session, false);
    fleet_want_details(sweep->fleet, session, false);
    fleet_session_free(session);
    return false;
}

void
fleet_sweep_sessions(struct fleet *fleet)
{
    table_sweep(&fleet->sessions, session_id, keep_session, &(struct sweep){.fleet = fleet});
    fleet->jobs_changed = true;
}

static const char *
tunnel_id(const void *row)
{
    return ((const struct fleet_tunnel *)row)->id;
}

static bool
keep_tunnel(void *row, void *context)
{
    struct fleet_tunnel *tunnel = row;
    const struct sweep *sweep = context;

    if (tunnel->round == sweep->fleet->tunnels_round)
        return true;
    fleet_tunnel_free(tunnel);
    return false;
}

void
fleet_sweep_tunnels(struct fleet *fleet)
{
    table_sweep(&fleet->tunnels, tunnel_id, keep_tunnel, &(struct sweep){.fleet = fleet});
    fleet->tunnels_changed = true;
}

static const char *
certificate_id(const void *row)
{
    return ((const struct fleet_certificate *)row)->id;
}

static bool
keep_certificate(void *row, void *context)
{
    struct fleet_certificate *certificate = row;
    const struct sweep *sweep = context;

    if (certificate->round == sweep->tunnel->certificates_round)
        return true;
    fleet_certificate_free(certificate);
    return false;
}

void
fleet_sweep_certificates(struct fleet_tunnel *tunnel)
{
    table_sweep(&tunnel->certificates, certificate_id, keep_certificate,
                &(struct sweep){.tunnel = tunnel});
}

struct fleet_pool *
fleet_pool_of(const struct fleet *fleet, const char *id)
{
    struct fleet_pool *pool = fleet_pool(fleet, id);
    const struct fleet_session *session = pool ? NULL : fleet_session(fleet, id);

    if (session)
        return fleet_pool(fleet, session->pool_id);
    for (size_t i = 0; !pool && i < fleet->pools.n; i++)
        if (fleet_work(fleet->pools.rows[i], id))
            return fleet->pools.rows[i];
    return pool;
}

void
fleet_want_events(struct fleet *fleet, struct fleet_session *session, bool is_wanted)
{
    if (session->is_events_wanted != is_wanted)
        fleet->wanted += is_wanted ? 1 : (size_t)-1;
    session->is_events_wanted = is_wanted;
}

void
fleet_want_details(struct fleet *fleet, struct fleet_session *session, bool is_wanted)
{
    if (session->is_details_wanted != is_wanted)
        fleet->wanted += is_wanted ? 1 : (size_t)-1;
    session->is_details_wanted = is_wanted;
}
