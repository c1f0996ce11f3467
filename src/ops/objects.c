#include "ops/objects.h"

#include <string.h>

const struct pool *
object_pool(const struct snapshot *snapshot, const char *id)
{
    size_t n;
    const struct pool *pools = snapshot_pools(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(pools[i].id, id) == 0)
            return &pools[i];
    return NULL;
}

const struct tunnel *
object_tunnel(const struct snapshot *snapshot, const char *id)
{
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(tunnels[i].id, id) == 0)
            return &tunnels[i];
    return NULL;
}

const struct connector *
object_connector(const struct snapshot *snapshot, const char *url)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(connectors[i].url, url) == 0)
            return &connectors[i];
    return NULL;
}

const struct job *
object_job(const struct snapshot *snapshot, const char *id)
{
    size_t n;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(jobs[i].id, id) == 0)
            return &jobs[i];
    return NULL;
}

const struct job *
object_job_of_session(const struct snapshot *snapshot, const char *session_id)
{
    size_t n;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (jobs[i].from == JOB_FROM_WORK && jobs[i].state_kind != JOB_STATE_stopped &&
            strcmp(jobs[i].session_id, session_id) == 0)
            return &jobs[i];
    return NULL;
}

bool
object_job_runs(const struct job *job)
{
    return job->state_kind == JOB_STATE_starting || job->state_kind == JOB_STATE_active ||
           job->state_kind == JOB_STATE_stopping;
}

bool
object_job_may_stop(const struct job *job)
{
    return job->from == JOB_FROM_WORK &&
           (job->state_kind == JOB_STATE_queued || job->state_kind == JOB_STATE_starting ||
            job->state_kind == JOB_STATE_active);
}

const struct job *
object_next_job(const struct snapshot *snapshot, const char *pool_id, size_t *i)
{
    size_t n;
    const struct job *jobs = snapshot_jobs(snapshot, &n);

    while (*i < n) {
        const struct job *job = &jobs[(*i)++];

        if (strcmp(job->pool_id, pool_id) == 0)
            return job;
    }
    return NULL;
}

int64_t
object_workers(const struct pool *pool)
{
    int64_t busy =
        pool->work_access == WORK_LISTED && pool->active >= 0 ? pool->active + pool->starting : 0;

    return pool->workers_polling < 0 ? -1 : pool->workers_polling + busy;
}

size_t
object_other_connectors(const struct snapshot *snapshot, const struct connector *connector)
{
    size_t n, others = 0;
    const struct connector *connectors = snapshot_connectors(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        others +=
            strcmp(connectors[i].url, connector->url) != 0 &&
            strcmp(connectors[i].tunnel_id, connector->tunnel_id) == 0 &&
            (connectors[i].state == CONNECTOR_ready || connectors[i].state == CONNECTOR_degraded);
    return others;
}
