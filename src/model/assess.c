/* assess.c — from one snapshot to what it means: judge the rows, suspect, rank, count. */
#include "core/arena.h"
#include "model/judge.h"

const char *
severity_name(enum severity severity)
{
    static const char *const names[] = {
        [SEVERITY_info] = "info",
        [SEVERITY_warn] = "warn",
        [SEVERITY_critical] = "critical",
    };

    return names[severity];
}

const char *
pool_health_name(enum pool_health health)
{
    static const char *const names[] = {
        [POOL_healthy] = "healthy",
        [POOL_busy] = "busy",
        [POOL_idle] = "idle",
        [POOL_backlogged] = "backlogged",
        [POOL_no_workers] = "no_workers",
        [POOL_stalled] = "stalled",
        [POOL_archived] = "archived",
        [POOL_unknown] = "unknown",
    };

    return names[health];
}

static const struct {
    const char *name, *word;
    int rank;
} layer_verdicts[] = {
    [LAYER_verified] = {"verified", "verified", 0},
    [LAYER_not_observable] = {"not_observable", "not observable", 1},
    [LAYER_accepted_risk] = {"accepted_risk", "accepted risk", 2},
    [LAYER_warning] = {"warning", "warning", 3},
    [LAYER_failed] = {"failed", "failed", 4},
};

const char *
layer_verdict_name(enum layer_verdict verdict)
{
    return layer_verdicts[verdict].name;
}

const char *
layer_verdict_word(enum layer_verdict verdict)
{
    return layer_verdicts[verdict].word;
}

int
layer_verdict_rank(enum layer_verdict verdict)
{
    return layer_verdicts[verdict].rank;
}

static const struct {
    const char *name, *word, *what;
} flags[] = {
#define JOB_FLAG(id, name, word, what) [JOB_FLAG_##id] = {name, word, what},
#include "model/flags.def"
#undef JOB_FLAG
};

const char *
job_flag_name(enum job_flag flag)
{
    return flags[flag].name;
}

const char *
job_flag_word(enum job_flag flag)
{
    return flags[flag].word;
}

const char *
job_flag_what(enum job_flag flag)
{
    return flags[flag].what;
}

static void
count_severity(struct counts *counts, enum severity severity)
{
    if (severity == SEVERITY_critical)
        counts->fail++;
    else if (severity == SEVERITY_warn)
        counts->warn++;
    else
        counts->ok++;
}

static void
count_pools(const struct judge *judge, struct counts *counts)
{
    for (size_t i = 0; i < judge->n_pools; i++) {
        const struct pool_judgement *judgement = &judge->pool_judgements[i];

        if (judgement->health == POOL_archived)
            continue;
        if (judgement->health == POOL_unknown)
            counts->unknown++;
        else
            count_severity(counts, judgement->severity);
    }
}

static void
count_network(const struct judge *judge, struct counts *counts)
{
    for (size_t i = 0; i < judge->n_tunnels; i++)
        if (!judge->tunnels[i].is_archived)
            count_severity(counts, judge->tunnel_severity[i]);
    for (size_t i = 0; i < judge->n_connectors; i++)
        if (judge->connectors[i].state == CONNECTOR_unknown)
            counts->unknown++;
        else
            count_severity(counts, judge->connector_severity[i]);
    for (size_t i = 0; i < judge->n_checks; i++) {
        counts->ok += judge->checks[i].verdict == CHECK_pass;
        counts->warn += judge->checks[i].verdict == CHECK_warn;
        counts->fail += judge->checks[i].verdict == CHECK_fail;
    }
}

/* Of what is too many to be counted, or no thing of its own, only what is wrong counts: a critical
 * finding and a zero beside it would contradict each other. */
static void
count_wrong(const struct judge *judge, struct counts *counts)
{
    for (size_t i = 0; i < judge->n_jobs; i++)
        if (judge->job_judgements[i].severity != SEVERITY_info)
            count_severity(counts, judge->job_judgements[i].severity);
    for (size_t i = 0; i < judge->n_suspicions; i++)
        if (judge->suspicions[i].severity != SEVERITY_info &&
            rule_is_of_sources(judge->suspicions[i].rule))
            count_severity(counts, judge->suspicions[i].severity);
}

static struct judge
judge_new(struct arena *arena, const struct snapshot *snapshot, const struct thresholds *thresholds,
          int64_t now_ms)
{
    struct judge judge = {
        .arena = arena,
        .snapshot = snapshot,
        .thresholds = thresholds,
        .now_ms = now_ms,
    };
    size_t n;

    judge.pools = snapshot_pools(snapshot, &judge.n_pools);
    judge.jobs = snapshot_jobs(snapshot, &judge.n_jobs);
    judge.tunnels = snapshot_tunnels(snapshot, &judge.n_tunnels);
    judge.connectors = snapshot_connectors(snapshot, &judge.n_connectors);
    judge.checks = snapshot_checks(snapshot, &judge.n_checks);
    judge.proxies = snapshot_proxies(snapshot, &judge.n_proxies);
    judge.upstreams = snapshot_upstreams(snapshot, &judge.n_upstreams);
    judge.service = snapshot_service(snapshot, &n);
    if (n == 0)
        judge.service = NULL;
    judge.pool_jobs = arena_array(arena, judge.n_pools, sizeof(*judge.pool_jobs));
    judge.pool_judgements = arena_array(arena, judge.n_pools, sizeof(*judge.pool_judgements));
    judge.job_judgements = arena_array(arena, judge.n_jobs, sizeof(*judge.job_judgements));
    judge.job_pool = arena_array(arena, judge.n_jobs, sizeof(*judge.job_pool));
    judge.job_rules = arena_array(arena, judge.n_jobs, sizeof(*judge.job_rules));
    judge.tunnel_severity = arena_array(arena, judge.n_tunnels, sizeof(*judge.tunnel_severity));
    judge.connector_severity =
        arena_array(arena, judge.n_connectors, sizeof(*judge.connector_severity));
    return judge;
}

struct assessment *
assess(const struct snapshot *snapshot, const struct thresholds *thresholds, int64_t now_ms)
{
    struct arena *arena = arena_new();
    struct assessment *out = arena_alloc(arena, sizeof(*out));
    struct judge judge = judge_new(arena, snapshot, thresholds, now_ms);

    judge_api(&judge);
    judge_jobs(&judge);
    judge_pools(&judge);
    judge_layers(&judge, out);
    suspect_api(&judge);
    suspect_edge(&judge);
    suspect_tunnels(&judge);
    suspect_layers(&judge);
    suspect_pools(&judge);
    suspect_jobs(&judge);
    suspect_sources(&judge);
    rank_findings(&judge, out);
    out->arena = arena;
    out->at_ms = now_ms;
    out->pools = judge.pool_judgements;
    out->jobs = judge.job_judgements;
    out->tunnels = judge.tunnel_severity;
    out->connectors = judge.connector_severity;
    count_pools(&judge, &out->counts);
    count_network(&judge, &out->counts);
    count_wrong(&judge, &out->counts);
    return out;
}

void
assessment_free(struct assessment *assessment)
{
    if (assessment)
        arena_free(assessment->arena);
}
