/* fleet.h — what the thread has learned so far, by id; the rows that others see are made from it.
 * One thread. */
#ifndef API_FLEET_H
#define API_FLEET_H

#include "api/fleet_records.h"

struct api_options;

/* The answer to the newest events of one session, while it is read. */
struct fleet_events {
    char stop_reason[FLEET_WORD_BYTES];
    char blockers[FLEET_BLOCKERS][FLEET_ID_BYTES]; /* ids that requires_action names */
    size_t n_blockers, n_idle;
    int64_t idle_since_service_ms;
    bool waits_for_human, waits_for_worker;
    char error[FLEET_TITLE_BYTES];
};

struct fleet {
    const struct api_options *options; /* borrowed: names and environment keys of pools */
    struct table pools, sessions, tunnels;
    struct task environments, sweep, tunnel_list;
    uint32_t environments_round, sweep_round, tunnels_round;
    size_t environment_pages, sweep_pages;
    struct fleet_events events;
    bool pools_changed, jobs_changed, tunnels_changed; /* since they were published */
    uint64_t builds;                                   /* datasets of jobs made so far */
    size_t wanted; /* sessions whose events or details are wanted */
};

void fleet_init(struct fleet *fleet, const struct api_options *options);
void fleet_clear(struct fleet *fleet);

/* Find, or make. A new pool looks its environment key up. */
struct fleet_pool *fleet_pool(const struct fleet *fleet, const char *id);
struct fleet_pool *fleet_add_pool(struct fleet *fleet, const char *id);
/* Look its environment key up again. */
void fleet_reload_key(const struct fleet *fleet, struct fleet_pool *pool);
struct fleet_session *fleet_session(const struct fleet *fleet, const char *id);
struct fleet_session *fleet_add_session(struct fleet *fleet, const char *id);
struct fleet_work *fleet_work(const struct fleet_pool *pool, const char *id);
struct fleet_work *fleet_add_work(struct fleet_pool *pool, const char *id);
struct fleet_tunnel *fleet_tunnel(const struct fleet *fleet, const char *id);
struct fleet_tunnel *fleet_add_tunnel(struct fleet *fleet, const char *id);
struct fleet_certificate *fleet_add_certificate(struct fleet_tunnel *tunnel, const char *id);

/* After a list was read to its end: forget what it no longer holds. */
void fleet_sweep_pools(struct fleet *fleet);
void fleet_sweep_work(struct fleet *fleet, struct fleet_pool *pool);
void fleet_sweep_sessions(struct fleet *fleet);
void fleet_sweep_tunnels(struct fleet *fleet);
void fleet_sweep_certificates(struct fleet_tunnel *tunnel);

/* The pool of a pool's, session's or work item's id; NULL when there is none. */
struct fleet_pool *fleet_pool_of(const struct fleet *fleet, const char *id);

void fleet_want_events(struct fleet *fleet, struct fleet_session *session, bool is_wanted);
void fleet_want_details(struct fleet *fleet, struct fleet_session *session, bool is_wanted);

#endif
