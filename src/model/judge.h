/* judge.h — inside assess(): what its parts share while one snapshot is judged.
 *
 * Three steps: judge every row (health.c, flags.c), note suspicions (suspect_*), then rank, fold
 * and put into words only those that will be read (rank.c calls explain_*). Everything is owned by
 * the assessment's arena. */
#ifndef MODEL_JUDGE_H
#define MODEL_JUDGE_H

#include "model/assessment.h"

enum rule {
#define RULE(id, name, severity, many, what) RULE_##id,
#include "model/rules.def"
#undef RULE
    RULE_COUNT
};

#define API_SOURCES                                                                                \
    (1u << SOURCE_environments | 1u << SOURCE_stats | 1u << SOURCE_work | 1u << SOURCE_sessions |  \
     1u << SOURCE_tunnels | 1u << SOURCE_certificates)
#define TUNNEL_SOURCES (1u << SOURCE_tunnels | 1u << SOURCE_certificates) /* another credential */

/* Something wrong, not yet in words. */
struct suspicion {
    enum rule rule;
    enum severity severity;
    size_t row;     /* of the rule's slot, or a source; whatever explain_* expects */
    int64_t weight; /* how bad among its kind: more is worse */
};

/* What the jobs of one pool tell about its workers. */
struct pool_jobs {
    uint32_t leased;        /* work items that a worker holds, fresh or not */
    uint32_t live;          /* active or starting with a fresh sign of life: proves a worker each */
    uint32_t lost;          /* active without a heartbeat for too long */
    uint32_t bounced;       /* lost their lease */
    uint32_t open_sessions; /* running, where leases are not visible */
    int64_t last_sign_ms;   /* newest heartbeat of any of its jobs; 0 */
};

struct map;

/* How the management API as a whole does, over all of its sources. */
struct api_state {
    bool is_unreachable;
    int64_t contact_ms;    /* when anything that was plainly the API last answered; 0: never */
    int64_t since_ms;      /* when the trouble began; 0: not known */
    enum source worst;     /* the source whose error explains most; SOURCE_COUNT: none failed */
    uint32_t unauthorized; /* bits 1u << source */
    uint32_t forbidden;    /* the same */
    bool is_rate_limited, is_spend_capped;
};

struct judge {
    struct arena *arena;
    const struct snapshot *snapshot;
    const struct thresholds *thresholds;
    int64_t now_ms;

    const struct pool *pools;
    const struct job *jobs;
    const struct tunnel *tunnels;
    const struct connector *connectors;
    const struct check *checks;
    const struct proxy *proxies;
    const struct upstream *upstreams;
    const struct service *service; /* NULL: nothing known yet */
    size_t n_pools, n_jobs, n_tunnels, n_connectors, n_checks, n_proxies, n_upstreams;
    const struct tunnel *unlisted; /* one for each proxy: its tunnel, when the API lists none */

    struct api_state api;
    struct pool_jobs *pool_jobs; /* one for each pool */
    struct pool_judgement *pool_judgements;
    struct job_judgement *job_judgements;
    size_t *job_pool;            /* the row of each job's pool; n_pools when it is not known */
    enum rule *job_rules;        /* of each job's worst flag; RULE_COUNT when nothing is wrong */
    struct map *served_sessions; /* only within judge_jobs: by id, those with an unfinished item */
    enum severity *tunnel_severity, *connector_severity;

    struct suspicion *suspicions;
    size_t n_suspicions, room;
};

/* "pool.no_workers", and so on. */
const char *rule_name(enum rule rule);

/* Note something, at the rule's own severity or another one. */
void suspect(struct judge *judge, enum rule rule, size_t row, int64_t weight);
void suspect_as(struct judge *judge, enum severity severity, enum rule rule, size_t row,
                int64_t weight);
bool is_suspected(const struct judge *judge, enum rule rule);
/* Is it about the API or another source, which is no row that could be counted? */
bool rule_is_of_sources(enum rule rule);

/* Step one. */
void judge_api(struct judge *judge);
void judge_jobs(struct judge *judge);  /* flags, and what they tell about their pools */
void judge_pools(struct judge *judge); /* after judge_jobs */
void judge_layers(struct judge *judge, struct assessment *out);

/* Step two; in this order, because a cause hides what merely follows from it. */
void suspect_api(struct judge *judge);
void suspect_edge(struct judge *judge);
void suspect_tunnels(struct judge *judge);
void suspect_layers(struct judge *judge);
void suspect_pools(struct judge *judge);
void suspect_jobs(struct judge *judge);
void suspect_sources(struct judge *judge);

/* Step three. */
void rank_findings(struct judge *judge, struct assessment *out);

/* Fill everything but rule and severity. */
#define RULE(id, name, severity, many, what)                                                       \
    void explain_##id(struct judge *judge, const struct suspicion *suspicion, struct finding *out);
#include "model/rules.def"
#undef RULE

/* Add a line; without effect when the finding is full. */
void evidence_add(struct judge *judge, struct finding *out, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* How this host's own checks of one kind do, over all address families and, with target NULL, all
 * targets. One good family is enough to work with: everything falls back to it. */
struct path {
    size_t n, failed;
    const struct check *broken; /* the first that fails, or NULL */
};

struct path path_of(const struct judge *judge, enum check_kind kind, const char *target);
bool path_is_dead(struct path path); /* measured, and every check fails */
/* TCP and UDP of every edge target together. */
struct path path_of_edge(const struct judge *judge);
/* This host reaches nothing at all: that is one finding, and api.unreachable says it. After
 * judge_api. */
bool path_is_gone(const struct judge *judge);
bool check_is_measured(const struct check *check);

/* Leased, and with a sign of life fresh enough to prove a worker. */
bool job_is_live(const struct judge *judge, const struct job *job);
/* Did workers of this pool show themselves, by polling or by a fresh heartbeat? */
bool pool_has_workers(const struct judge *judge, size_t row);
/* Is it one of the management API's sources? */
bool source_is_api(enum source source);
/* Connectors of that tunnel (tunnel_id as in the connector's row), and those among them that carry
 * traffic. */
size_t tunnel_connectors(const struct judge *judge, const char *tunnel_id, size_t *n_up);
bool connector_is_up(const struct connector *connector);
/* What is wrong with a connector that carries traffic; in words, and what to do about the worst. */
bool connector_has(const struct judge *judge, const struct connector *connector,
                   enum connector_trouble trouble);
bool connector_is_troubled(const struct judge *judge, const struct connector *connector);
const char *connector_say(struct judge *judge, const struct connector *connector,
                          enum connector_trouble trouble);
const char *connector_cure(const struct judge *judge, const struct connector *connector);
/* What the connectors' logs complain of, one line each; tunnel_id NULL: whatever their tunnel. The
 * worst of them is returned: NULL when there is none. */
const struct log_sighting *add_complaints(struct judge *judge, const char *tunnel_id,
                                          struct finding *out);
/* A certificate that is neither archived nor expired. */
bool certificate_is_valid(const struct certificate *certificate, int64_t now_ms);

#endif
