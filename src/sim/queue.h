/* queue.h — the work queue of one environment: claim, lease, stop
 * (facts/management-api.md 5.3–5.9).
 *
 * The same functions serve requests over HTTP and the simulated workers. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include "sim/world.h"

#define HEARTBEAT_NONE "NO_HEARTBEAT"

enum { RECLAIM_DEFAULT_MS = 5000 };

/* Enqueue an attachment to session; created_ms may lie in the past. */
struct item *item_new(struct world *world, struct session *session, int64_t created_ms);
/* An opaque item that only probes a worker. */
struct item *item_new_healthcheck(struct world *world, struct environment *environment);
void item_free(struct item *item);
/* Take it out of the world and free it. */
void item_forget(struct world *world, struct item *item);

const char *item_state_name(enum item_state state);
/* Nobody will ever work on it again. */
bool item_is_over(const struct item *item);

/* A poll by worker_id (NULL: the header was absent, so it is not counted). NULL when nothing is to
 * be had. Also gives up what the switches say a poll gives up. */
struct item *queue_poll(struct world *world, struct environment *environment, const char *worker_id,
                        int64_t reclaim_older_than_ms);

/* A worker polled at that time. */
void queue_see_poller(const struct world *world, struct environment *environment,
                      const char *worker_id, int64_t seen_ms);

/* queued to starting; a second ack changes nothing. False: there is nothing to acknowledge. */
bool item_ack(struct world *world, struct item *item);

enum beat_answer { BEAT_TAKEN, BEAT_ENDING, BEAT_REFUSED };
/* expected: HEARTBEAT_NONE, the last value as it was written, or NULL: anything goes. ENDING: the
 * item is stopping or stopped, nothing was compared or recorded. REFUSED: the lease is somebody
 * else's, or gone. */
enum beat_answer item_beat(struct world *world, struct item *item, const char *expected);
/* The last beat as it is written; "" when there is none. */
const char *item_last_beat(const struct item *item, char out[40]);
/* Ask for another lease time, from now on. */
void item_set_ttl(const struct world *world, struct item *item, int64_t ttl_s);

/* False: it is already past that state (409). */
bool item_stop(struct world *world, struct item *item, bool is_forced);

/* A stopped item goes back into the queue as if it had never been stopped. */
void item_requeue(struct world *world, struct item *item);

struct queue_stats {
    int64_t depth, pending, oldest_ms /* 0: none */, polling;
};
struct queue_stats queue_stats(const struct world *world, const struct environment *environment);

/* Let leases lapse. */
void queue_advance(struct world *world, struct environment *environment);

#endif
