/* world.h — small made-up worlds for tests: rows with sensible values, overridden where a test says
 * so, published to a store.
 *
 *     struct world *world = world_new();
 *     world_pool(world, "eu-west")->depth = 12;
 *     world_job(world, "eu-west", "nightly bump")->heartbeat_ms = world_ago(200);
 *     struct assessment *assessment = world_assess(world);
 *     …
 *     world_free(world);
 *
 * The time is WORLD_NOW_MS, always. Without overrides everything is healthy. Rows may be changed
 * until world_publish, which world_assess and world_snapshot do by themselves. */
#ifndef AID_WORLD_H
#define AID_WORLD_H

#include "model/assessment.h"

/* 2026-11-23T09:10:00Z */
#define WORLD_NOW_MS INT64_C(1795425000000)

struct world;

struct world *world_new(void); /* no rows; every source was read two seconds ago */
void world_free(struct world *world);

/* WORLD_NOW_MS minus so many seconds. */
int64_t world_ago(int64_t seconds);

/* New rows; borrowed until world_free. The name is the name, and the id follows from it:
 * "env_eu-west". A job is active on that pool, with a work item "work_N" and a session "sesn_N". */
struct pool *world_pool(struct world *world, const char *name);
struct job *world_job(struct world *world, const char *pool, const char *title);
struct tunnel *world_tunnel(struct world *world, const char *name); /* one certificate, 4 years */
/* One more certificate for a tunnel, expiring in so many seconds; negative: already did. */
struct certificate *world_certificate(struct world *world, struct tunnel *tunnel,
                                      int64_t expires_in_s);
struct connector *world_connector(struct world *world, const char *name, const char *tunnel);
/* The proxy of that tunnel: all its files are right, its CA is the tunnel's; default ranges. */
struct proxy *world_proxy(struct world *world, const char *tunnel);
/* An MCP server behind it that asks for tokens as it should. */
struct upstream *world_upstream(struct world *world, const char *route);
struct check *world_check(struct world *world, enum check_kind kind, const char *target,
                          int family);
struct service *world_service(struct world *world); /* the one row */
/* What may be done: armed for ten minutes, unless the test says otherwise. The one row. */
struct control *world_control(struct world *world);
/* An op of this program that runs since a minute, confirmed by us; its objects come with
 * world_op_item. Its id is "op_N", its ticket 0. */
struct op *world_op(struct world *world, enum op_kind kind, const char *object_id,
                    const char *name);
struct op_item *world_op_item(struct world *world, struct op *op, const char *id, const char *name);
/* One line of its plan or its record. */
void world_op_line(struct world *world, struct op *op, enum op_line_kind kind, const char *text);
struct source_status *world_source(struct world *world, enum source source);
/* That source fails since its last success; data stays as it is. */
void world_fail(struct world *world, enum source source, enum err_code code, const char *error);
/* A string that lives as long as the world. */
const char *world_string(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same, made safe first, as a writer would. */
const char *world_clean(struct world *world, const char *s);
/* The i-th row of a slot, to be changed. */
void *world_row(struct world *world, enum slot slot, size_t i);

/* Whole worlds. */
struct world *world_healthy(void); /* 4 pools, 7 jobs, 2 tunnels, 3 connectors, 10 checks */
struct world *world_empty(void);   /* sources were read and there is nothing */
struct world *world_loading(void); /* nothing was read yet */
struct world *world_stale(void);   /* healthy, but the API died 42 minutes ago */
struct world *
world_hostile(void); /* every string as bad as text_clean_dup lets through, and long */
struct world *world_incident(void);                       /* one of everything that can be wrong */
struct world *world_large(size_t n_pools, size_t n_jobs); /* healthy, with a few faults */

/* Publish what changed to the world's own store and look at it; both borrowed until world_free or
 * the next call. */
struct store *world_store(struct world *world);
const struct snapshot *world_snapshot(struct world *world);
const struct assessment *world_assess(struct world *world);
/* The snapshot that the last assessment is about, without a new look. */
const struct snapshot *world_looked_at(const struct world *world);

/* The finding of that rule, NULL when there is none. */
const struct finding *world_finding(struct world *world, const char *rule);
/* "api.slow pool.busy": the rules found, once each, sorted by name; "" for none. */
const char *world_rules(struct world *world);

#endif
