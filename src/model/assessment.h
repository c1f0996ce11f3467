/* assessment.h — what the facts mean: health of pools, flags of jobs, layers of tunnels, and ranked
 * findings.
 *
 * A pure function of one snapshot, the thresholds and the time; so screen, status and tests always
 * agree. */
#ifndef MODEL_ASSESSMENT_H
#define MODEL_ASSESSMENT_H

#include "model/layer_verdict.h"
#include "model/store.h"
#include "model/thresholds.h"

enum severity { SEVERITY_info, SEVERITY_warn, SEVERITY_critical };

enum pool_health {
    POOL_healthy,
    POOL_busy,       /* all workers work, none polls: no fault */
    POOL_idle,       /* nothing to do and nobody polling, where that is normal or unknowable */
    POOL_backlogged, /* work waits too long although workers are there */
    POOL_no_workers, /* work waits and nobody is there */
    POOL_stalled,    /* claims are not acknowledged */
    POOL_archived,
    POOL_unknown, /* no statistics yet, or too old to judge */
};

struct pool_judgement {
    enum pool_health health;
    enum severity severity; /* info: nothing to do */
    const char *reason;     /* one line, with the numbers it rests on */
    bool is_stale;          /* its statistics are older than two intervals */
};

enum job_flag {
#define JOB_FLAG(id, name, word, what) JOB_FLAG_##id,
#include "model/flags.def"
#undef JOB_FLAG
    JOB_FLAG_COUNT
};

struct job_judgement {
    uint32_t flags;         /* bit 1u << JOB_FLAG_x */
    enum severity severity; /* of the worst flag; info when there is none */
};

/* One check of a layer, L1-1 and so on (model/layer_checks.def). */
struct layer_check {
    const char *id, *what; /* "L1-1", and what it proves */
    enum layer_verdict verdict;
    const char *evidence; /* one line */
};

enum { LAYERS = 3 }; /* of each tunnel, one after the other */

struct layer {
    const char *tunnel_id, *tunnel_name;
    const char *name; /* "outer mTLS + IP", "inner TLS", "OAuth" */
    int number;       /* from 1 */
    enum layer_verdict verdict;
    const char *const *evidence;
    size_t n_evidence;
    const struct layer_check *checks;
    size_t n_checks;
};

enum { FINDING_MOST_EVIDENCE = 6 };

struct finding {
    enum severity severity;
    const char *rule;    /* "pool.no_workers" */
    const char *subject; /* what it is about, for people: a pool's name */
    const char
        *subject_id; /* the row it is about: a pool's, job's, tunnel's id, a source's name; "" */
    const char *summary; /* one sentence, lower case, no full stop */
    const char *evidence[FINDING_MOST_EVIDENCE];
    size_t n_evidence;
    const char *next_step;
    int64_t since_ms; /* wall; 0 when not known */
};

struct counts {
    size_t ok, warn, fail, unknown;
};

struct assessment {
    struct arena *arena; /* owns everything below */
    int64_t at_ms;
    const struct pool_judgement *pools; /* one for each row of the slot, same order */
    const struct job_judgement *jobs;
    const enum severity *tunnels, *connectors; /* warn and critical as findings say; info is fine */
    const struct layer *layers;                /* LAYERS for each tunnel */
    size_t n_layers;
    const struct finding *findings; /* worst first; a cause hides what merely follows from it */
    size_t n_findings;
    struct counts counts; /* pools, tunnels, connectors and checks by state, and jobs, the API and
                           * sources that something is wrong with; a healthy fleet has ok only */
};

/* Caller frees with assessment_free. now_ms is wall time. */
struct assessment *assess(const struct snapshot *snapshot, const struct thresholds *thresholds,
                          int64_t now_ms);
void assessment_free(struct assessment *assessment); /* NULL is allowed */

const char *severity_name(enum severity severity);     /* info warn critical */
const char *pool_health_name(enum pool_health health); /* healthy busy idle backlogged … */
const char *job_flag_name(enum job_flag flag);         /* as in JSON */
const char *job_flag_word(enum job_flag flag);         /* as on the screen */
const char *job_flag_what(enum job_flag flag);

/* The check that made the layer what it is; NULL when every check is better than it. */
const struct layer_check *layer_cause(const struct layer *layer);
/* Is a finding of that kind about what that layer is for? */
bool finding_is_of_layer(const struct finding *finding, int number);

/* What a finding's rule means, in one sentence; "" for a name that is none. */
const char *rule_what(const char *name);
/* The names of all rules, in the order of model/rules.def; NULL after the last. */
const char *rule_name_at(size_t i);

/* A job's age since its creation; heartbeat age; -1 when not known. Milliseconds. */
int64_t job_age_ms(const struct job *job, int64_t now_ms);
int64_t job_heartbeat_age_ms(const struct job *job, int64_t now_ms);

#endif
