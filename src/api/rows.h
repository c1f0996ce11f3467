/* rows.h — from what the thread knows to what others may read: datasets of pools, jobs, tunnels. */
#ifndef API_ROWS_H
#define API_ROWS_H

#include "api/fleet.h"
#include "model/store.h"

/* Build and publish one slot. Times leave the service's clock here: offset_ms is its clock minus
 * ours. now_ms is wall. */
void rows_publish_pools(struct store *store, struct fleet *fleet, int64_t offset_ms);
void rows_publish_jobs(struct store *store, struct fleet *fleet, int64_t offset_ms, int64_t now_ms);
void rows_publish_tunnels(struct store *store, struct fleet *fleet, int64_t offset_ms);

#endif
