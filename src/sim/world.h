/* world.h — the things of the pretend service: environments, work items, sessions, tunnels.
 *
 * One lock guards a world and everything in it (struct sim holds it); every function of the files
 * that include this one is called with it held. Times are wall milliseconds, 0 where the service
 * says null; the world's own idea of now is world->now_ms, set before each use. Strings may hold
 * any bytes: some worlds are hostile. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/array.h"
#include "sim/chance.h"
#include "sim/switches.h"

struct json;
struct map;
struct worker;

/* What every listed thing begins with, so that one file can page through all of them. */
struct object {
    char id[SIM_ID_BYTES];
    int64_t created_ms;
    uint64_t serial; /* order among equals */
};

enum item_state { ITEM_QUEUED, ITEM_STARTING, ITEM_ACTIVE, ITEM_STOPPING, ITEM_STOPPED };
enum session_status { SESSION_IDLE, SESSION_RUNNING, SESSION_RESCHEDULING, SESSION_TERMINATED };

/* A process that polls, known by its Anthropic-Worker-ID. */
struct poller {
    char *id;
    int64_t seen_ms;
};

/* What the simulated fleet is to do with a pool (facts/management-api.md 6). */
struct staffing {
    int64_t workers;     /* processes */
    int64_t jobs;        /* jobs to keep going: a new one comes when there are fewer */
    int64_t next_job_ms; /* not before */
    int64_t arrival_ms;  /* mean pause between two jobs */
    int64_t calls;       /* tool calls of a job; 0: 6 to 60 */
    int64_t patience_ms; /* a job that waited that long is withdrawn; 0: never */
    bool is_webhook;     /* workers poll only when woken */
};

struct environment {
    struct object object;
    char *label; /* the scenario's name for it, and the configuration's when it is plain */
    char *name, *description; /* description may be NULL */
    struct json *config, *metadata;
    int64_t updated_ms, archived_ms;
    char key[SIM_TOKEN_BYTES];
    struct array items; /* struct item, oldest first */
    struct array pollers;
    size_t n_sessions; /* that refer to it */
    unsigned n_named;  /* workers that have had a name */
    bool has_no_key;   /* nobody issued an environment key to the console */
    struct staffing staffing;
};

/* A work item: one attachment of a worker to a session (facts 5.1). */
struct item {
    struct object object;
    struct environment *environment;
    struct session *session; /* NULL for a health check, and after the session was deleted */
    char data_id[SIM_ID_BYTES];
    const char *data_type;
    enum item_state state;
    int64_t queued_ms;    /* when it was put into the queue, also for the second time */
    int64_t available_ms; /* not offered before */
    int64_t claimed_ms;   /* a poll handed it out, no ack yet */
    int64_t acknowledged_ms, started_ms, stop_requested_ms, stopped_ms;
    int64_t heartbeat_us; /* the last recorded beat; 0: none */
    int64_t lease_until_ms;
    int64_t ttl_s;
    struct json *metadata;
    char secret[SIM_TOKEN_BYTES]; /* the sessions token; "" until a poll handed it out */
    struct worker *worker;        /* the simulated one that holds it, or NULL */
};

/* A tool call that nobody has answered. */
struct call {
    char id[SIM_ID_BYTES]; /* of its event */
    char *name;
    bool is_custom; /* answered by user.custom_tool_result */
    bool asks;      /* a person must allow it first */
    int64_t asked_ms;
};

struct event {
    struct object object; /* created_ms: processed, or when it was queued */
    int64_t processed_us; /* 0: not yet */
    char *type;
    char *json; /* printed */
    size_t json_bytes;
};

/* What the agent of a session does next; see agent.h. */
struct mind {
    int64_t next_ms;      /* 0: nothing planned */
    int64_t interrupt_ms; /* when a queued user.interrupt is applied; 0 */
    int64_t calls_left;   /* in this turn, when there is no script */
    int64_t turns_left;
    struct json *script;     /* an array of steps, or NULL */
    const struct json *step; /* the next one in it */
    bool is_idle;            /* the turn is over */
};

struct session {
    struct object object;
    struct environment *environment;
    char *title; /* may be NULL */
    enum session_status status;
    const struct json *agent; /* the snapshot; owned by the world */
    struct json *metadata;
    int64_t updated_ms, archived_ms, terminated_ms;
    int64_t idle_ms;      /* when the newest idle event was; 0 when not idle */
    int64_t budget_cents; /* -1: none */
    int64_t cost_cents, tokens_in, tokens_out;
    int64_t active_ms;     /* spent in running, up to running_ms */
    int64_t running_ms;    /* since when it runs; 0 */
    int64_t last_event_us; /* events have strictly rising times */
    struct array events;   /* struct event, oldest first */
    struct array calls;    /* struct call, unanswered */
    struct item *item;     /* the newest one; NULL when it was forgotten */
    struct mind mind;
    struct json *memory_stores; /* resources, or NULL */
};

struct tunnel {
    struct object object;
    char *label;
    char *name; /* display_name; may be NULL */
    char domain[80];
    int64_t archived_ms;
    char token_id[SIM_ID_BYTES], token[SIM_TOKEN_BYTES];
    struct array certificates; /* struct tunnel_certificate, oldest first */
};

struct tunnel_certificate {
    struct object object;
    char fingerprint[65];
    int64_t expires_ms; /* 0: never */
    int64_t archived_ms;
};

/* What the world tells its surroundings. */
struct hooks {
    void *context;
    void (*event)(void *context, const struct session *session, const struct event *event);
    void (*queued)(void *context, const struct environment *environment);
    void (*deleted)(void *context, const struct session *session);
};

struct world {
    uint64_t seed;
    struct chance chance;
    struct switches switches;
    struct faults faults;
    struct hooks hooks;
    int64_t now_ms;
    int64_t lived_ms; /* until when all was done that was due; fleet_live */
    int64_t born_ms;
    uint64_t serial;
    bool is_hostile; /* names and messages try to hurt whoever shows them */
    bool is_quiet;   /* nothing moves by itself: for tests that play all the parts */
    struct array environments, sessions, tunnels; /* each in order of (created_ms, serial) */
    struct array workers;                         /* struct worker */
    struct array chronicle;                       /* see chronicle.h */
    struct array agents;                          /* struct json: the snapshots */
    struct map *by_id;                            /* everything listed, by its id */
    struct map *by_token; /* environment keys to environments, secrets to items, see auth.h */
    char api_key[SIM_TOKEN_BYTES], admin_key[SIM_TOKEN_BYTES];
    char developer_token[SIM_TOKEN_BYTES], tunnels_token[SIM_TOKEN_BYTES];
    char organization_id[40], workspace_id[SIM_ID_BYTES];
};

/* Empty but for the credentials, which follow from the seed. Caller frees with world_end. */
struct world *world_begin(uint64_t seed, const struct switches *switches);
void world_end(struct world *world);

/* Give an object its identity and put it in its list and the index. created_ms is set by the
 * caller; id when it is "". */
void world_enter(struct world *world, struct array *list, struct object *object,
                 const char *prefix);

struct environment *world_find_environment(const struct world *world, const char *id);
/* By its id, or by what the scenario calls it. */
struct environment *world_find_pool(const struct world *world, const char *id);
struct item *world_find_item(const struct world *world, const struct environment *environment,
                             const char *id);
struct session *world_find_session(const struct world *world, const char *id);
struct tunnel *world_find_tunnel(const struct world *world, const char *id);

/* A new pool; config_type is "self_hosted" or "cloud". Names are copied. label also seeds its id.
 */
struct environment *environment_new(struct world *world, const char *label, const char *name,
                                    int64_t created_ms);
/* Forget it, its items and its key; only when no session refers to it. */
void environment_delete(struct world *world, struct environment *environment);

struct tunnel *tunnel_new(struct world *world, const char *label, const char *name,
                          int64_t created_ms);
/* A registered authority; fingerprint may be NULL to make one up. */
struct tunnel_certificate *tunnel_add_certificate(struct world *world, struct tunnel *tunnel,
                                                  const char *fingerprint, int64_t expires_ms);

#endif
