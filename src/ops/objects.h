/* objects.h — what a snapshot says about the objects of ops. Pure. */
#ifndef OPS_OBJECTS_H
#define OPS_OBJECTS_H

#include "model/store.h"

const struct pool *object_pool(const struct snapshot *snapshot, const char *id);
const struct tunnel *object_tunnel(const struct snapshot *snapshot, const char *id);
const struct connector *object_connector(const struct snapshot *snapshot, const char *url);
/* By a work item's id, or a session's where the item is not known. */
const struct job *object_job(const struct snapshot *snapshot, const char *id);
/* The live job of a session that has a work item of its own; NULL. */
const struct job *object_job_of_session(const struct snapshot *snapshot, const char *session_id);

bool object_job_runs(const struct job *job);     /* starting, active or stopping */
bool object_job_may_stop(const struct job *job); /* queued, starting or active */

/* Jobs of a pool: the next one after *i, NULL at the end. */
const struct job *object_next_job(const struct snapshot *snapshot, const char *pool_id, size_t *i);

/* Workers that are known to be there: polling, or working. -1: not known. */
int64_t object_workers(const struct pool *pool);

/* Connectors of a tunnel that carry traffic, other than this one. */
size_t object_other_connectors(const struct snapshot *snapshot, const struct connector *connector);

#endif
