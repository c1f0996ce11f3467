/* scenario.h — a world to be, read from YAML: pools and their jobs, tunnels, switches, faults, and
 * what happens when.
 *
 *   base: healthy               what this one changes; pools, tunnels: by name
 *   about: one line
 *   hostile: true               names and messages try to hurt whoever shows them
 *   requests_per_minute: 300    for the configuration that the simulator writes
 *   switches: {lease.ttl: 60}   switches.def
 *   faults: [api-slow]          faults.def, network_faults.def
 *   crowd: {pools: 1000, jobs: 10000, …}   many pools at once, see struct crowd
 *   pools:    [{name: eu-west-build, workers: 6, jobs: 4, …}]      see pool_fields in scenario.c
 *   tunnels:  [{name: prod-eu, certificates: 1, expires_in: 900, connectors: 2}]
 *   timeline: [{at: 40, pool: eu-west-build, workers: 0}, {at: 60, fault: api-slow, on: true}]
 *
 * Times are seconds but for expires_in (days). Unknown keys are errors with line and column. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "core/err.h"
#include "sim/array.h"
#include "sim/switches.h"

struct arena;

struct pool_plan {
    const char *name;
    bool is_webhook, has_no_key, is_archived;
    int64_t workers;                /* processes; those beyond the jobs poll */
    int64_t jobs;                   /* active at the start, and kept so: new ones come */
    int64_t arrival;                /* mean seconds between two new jobs */
    int64_t calls;                  /* tool calls of a job; 0: 6 to 60, which is minutes */
    int64_t patience;               /* a job that waited that long is withdrawn; 0: never */
    int64_t queued, queued_for;     /* waiting, and how long the oldest does */
    int64_t asking, asking_for;     /* of the jobs: a person must allow a call, since */
    int64_t starting, starting_for; /* more jobs, acknowledged then, whose sandboxes still start */
    int64_t deaf;                   /* more jobs, whose workers will ignore that they should stop */
    int64_t stopping, stopping_for; /* more jobs, whose workers ignore that they should stop */
    int64_t bounced;                /* more jobs, whose lease lapsed and that were queued again */
    int64_t silent, silent_for;     /* more jobs, whose workers froze that long ago */
    int64_t stalling;               /* more workers, which claim and never acknowledge */
};

struct tunnel_plan {
    const char *name;
    int64_t certificates, expires_in, connectors;
};

/* One thing that happens `at` seconds after the start. */
struct step {
    int64_t at;
    const char *pool; /* or NULL */
    int64_t workers, jobs, silent,
        arrival;       /* of the pool; -1: unchanged; silent: 1 freezes, 0 thaws */
    const char *fault; /* or NULL */
    bool on;
};

struct crowd {
    int64_t pools, jobs;
    int64_t unmanned;   /* of the pools: work, and no worker */
    int64_t backlogged; /* of the pools: a long queue beside polling workers */
    int64_t silent;     /* of the jobs: their workers froze two minutes ago */
};

struct scenario {
    struct arena *arena; /* owns everything below */
    const char *name, *about;
    bool is_hostile;
    int64_t requests_per_minute;
    struct switches switches;
    struct crowd crowd;
    struct array faults;   /* const char * */
    struct array pools;    /* struct pool_plan */
    struct array tunnels;  /* struct tunnel_plan */
    struct array timeline; /* struct step, as written */
};

/* By name in the folders (NULL-terminated), or by a path that ends in .yaml. NULL and err when
 * there is no such file or a mistake in it. Caller frees with scenario_free. */
struct scenario *scenario_load(const char *name, const char *const *folders, struct err *err);
void scenario_free(struct scenario *scenario);

#endif
