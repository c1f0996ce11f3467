/* status_json.c — `status --json`: the document of DESIGN 5. Its names are a contract; members are
 * added, never removed. What is not known is null. */
#include <string.h>

#include "cli/fields.h"
#include "cli/report.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"

enum { US_PER_MS = 1000, TIME_BYTES = 32 };

/* How long ago that was; null when it is not known. */
static void
add_age(struct json *object, const char *key, int64_t now_ms, int64_t since_ms)
{
    int64_t age_ms = since_ms <= 0 ? -1 : now_ms > since_ms ? now_ms - since_ms : 0;

    field_seconds(object, key, age_ms);
}

static void
add_milliseconds(struct json *object, const char *key, int64_t us)
{
    if (us < 0)
        json_add_null(object, key);
    else
        json_add(object, key, json_new_double((double)us / US_PER_MS));
}

static const char *
source_word(const struct source_status *status, int64_t now_ms)
{
    if (status->state == SOURCE_STATE_ok && source_is_stale(status, now_ms))
        return "stale";
    if (status->state == SOURCE_STATE_waiting)
        return "error";
    return source_state_name(status->state);
}

static void
add_sources(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "sources");

    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &report->snapshot->source[i];
        bool is_waiting = status->state == SOURCE_STATE_waiting;
        struct json *object = json_add_object(array, NULL);

        json_add_string(object, "name", source_name((enum source)i));
        json_add_string(object, "state", source_word(status, report->now_ms));
        add_age(object, "age_seconds", report->now_ms, status->ok_at_ms);
        field_word(object, "error", is_waiting ? "not read in time" : status->error);
        field_word(object, "request_id", status->request_id);
    }
}

static void
add_pools(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "pools");
    size_t n;
    const struct pool *pools = snapshot_pools(report->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        const struct pool *pool = &pools[i];
        const struct pool_judgement *judgement = &report->assessment->pools[i];
        struct json *object = json_add_object(array, NULL);

        json_add_string(object, "id", pool->id);
        json_add_string(object, "name", pool->name);
        json_add_string(object, "health", pool_health_name(judgement->health));
        json_add_string(object, "severity", severity_name(judgement->severity));
        field_word(object, "reason", judgement->reason);
        json_add_bool(object, "is_stale", judgement->is_stale);
        add_age(object, "age_seconds", report->now_ms, pool->stats_at_ms);
        field_count(object, "workers_polling", pool->stats_at_ms > 0 ? pool->workers_polling : -1);
        field_count(object, "active", pool->active);
        field_count(object, "depth", pool->stats_at_ms > 0 ? pool->depth : -1);
        field_count(object, "pending", pool->stats_at_ms > 0 ? pool->pending : -1);
        add_age(object, "oldest_queued_seconds", report->now_ms,
                pool->has_oldest ? pool->oldest_queued_ms : 0);
    }
}

static void
add_flags(struct json *object, const struct job_judgement *judgement)
{
    struct json *array = json_add_array(object, "flags");

    for (int flag = 0; flag < JOB_FLAG_COUNT; flag++)
        if (judgement->flags >> flag & 1u)
            json_add(array, NULL, json_new_string(job_flag_name((enum job_flag)flag)));
}

static void
add_jobs(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "jobs");
    size_t n;
    const struct job *jobs = snapshot_jobs(report->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        const struct job *job = &jobs[i];
        struct json *object = json_add_object(array, NULL);

        json_add_string(object, "id", job->id);
        field_word(object, "pool_id", job->pool_id);
        field_word(object, "pool", job->pool_name);
        field_word(object, "session_id", job->session_id);
        field_word(object, "title", job->title);
        field_word(object, "state", job->state);
        field_seconds(object, "age_seconds", job_age_ms(job, report->now_ms));
        field_seconds(object, "heartbeat_age_seconds", job_heartbeat_age_ms(job, report->now_ms));
        field_word(object, "session_status", job->session_status);
        field_word(object, "stop_reason", job->stop_reason);
        add_flags(object, &report->assessment->jobs[i]);
        json_add_string(object, "from", job->from == JOB_FROM_WORK ? "work" : "session");
        field_word(object, "agent", job->agent);
        field_count(object, "cost_cents", job->cost_cents);
    }
}

static void
add_certificates(struct json *object, const struct tunnel *tunnel)
{
    struct json *array = json_add_array(object, "certificates");

    field_time(object, "certificates_read_at", tunnel->certificates_at_ms); /* null: not known */
    for (size_t i = 0; i < tunnel->n_certificates; i++) {
        const struct certificate *certificate = &tunnel->certificates[i];
        struct json *member = json_add_object(array, NULL);

        json_add_string(member, "id", certificate->id);
        field_word(member, "fingerprint", certificate->fingerprint);
        field_time(member, "created_at", certificate->created_ms);
        field_time(member, "expires_at", certificate->expires_ms);
        json_add_bool(member, "is_archived", certificate->is_archived);
    }
}

/* From what the API says and what the connectors here say; no more than that. */
static const char *
tunnel_word(const struct report *report, const struct tunnel *tunnel, enum severity severity)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(report->snapshot, &n);

    if (tunnel->is_archived)
        return "archived";
    if (severity == SEVERITY_critical)
        return "failed";
    if (severity == SEVERITY_warn)
        return "warning";
    for (size_t i = 0; i < n; i++)
        if (strcmp(connectors[i].tunnel_id, tunnel->id) == 0 &&
            connectors[i].state == CONNECTOR_ready)
            return "connected";
    return "unobserved";
}

static void
add_tunnels(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "tunnels");
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(report->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        struct json *object = json_add_object(array, NULL);

        json_add_string(object, "id", tunnels[i].id);
        json_add_string(object, "name", tunnels[i].name);
        field_word(object, "domain", tunnels[i].domain);
        json_add_string(object, "state",
                        tunnel_word(report, &tunnels[i], report->assessment->tunnels[i]));
        add_certificates(object, &tunnels[i]);
    }
}

/* null when none is read. */
static void
add_log(struct json *object, const struct log_facts *log)
{
    struct json *member, *array;

    if (!log->origin || !*log->origin) {
        json_add_null(object, "log");
        return;
    }
    member = json_add_object(object, "log");
    json_add_string(member, "origin", log->origin);
    field_word(member, "error", log->error);
    field_time(member, "last_line_at", log->line_ms);
    array = json_add_array(member, "seen");
    for (size_t i = 0; i < log->n_seen; i++) {
        struct json *seen = json_add_object(array, NULL);

        json_add_string(seen, "signal", log_signal_name(log->seen[i].signal));
        json_add_string(seen, "meaning", log_signal_meaning(log->seen[i].signal));
        field_time(seen, "last_at", log->seen[i].last_ms);
        json_add_int(seen, "recent", log->seen[i].recent);
        json_add_string(seen, "line", log->seen[i].line);
    }
}

static void
add_connectors(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "connectors");
    size_t n;
    const struct connector *connectors = snapshot_connectors(report->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        const struct connector *connector = &connectors[i];
        struct json *object = json_add_object(array, NULL);

        json_add_string(object, "name", connector->name);
        json_add_string(object, "url", connector->url);
        field_word(object, "tunnel_id", connector->tunnel_id);
        field_count(object, "ready_connections", connector->ready_connections);
        json_add_string(object, "state", connector_state_name(connector->state));
        field_word(object, "version", connector->version);
        field_word(object, "error", connector->error);
        add_log(object, &connector->log);
    }
}

/* Tenths of a per cent; null when it is not known. */
static void
add_percent(struct json *object, const char *key, int64_t parts)
{
    if (parts < 0)
        json_add_null(object, key);
    else
        json_add(object, key, json_new_double((double)parts / 10));
}

static void
add_moment(struct json *object, const char *key, int64_t at_ms)
{
    TEXT(time, TIME_BYTES);

    if (at_ms > 0)
        rfc3339_add(&time, at_ms);
    json_add_string(object, key, at_ms > 0 ? time.bytes : NULL);
}

static void
add_burst(struct json *object, const struct check_burst *burst)
{
    struct json *member;

    if (burst->at_ms == 0) {
        json_add_null(object, "burst");
        return;
    }
    member = json_add_object(object, "burst");
    json_add_int(member, "sent", burst->sent);
    json_add_int(member, "lost", burst->lost);
    json_add_int(member, "single_sent", burst->single_sent);
    json_add_int(member, "single_lost", burst->single_lost);
    add_milliseconds(member, "rtt_ms", burst->rtt_us);
    add_milliseconds(member, "best_ms", burst->best_us);
    add_milliseconds(member, "worst_ms", burst->worst_us);
    add_milliseconds(member, "jitter_ms", burst->jitter_us);
    add_moment(member, "measured_at", burst->at_ms);
}

static void
add_resolvers(struct json *object, const struct check *check)
{
    struct json *array = json_add_array(object, "resolvers");

    for (size_t i = 0; i < check->n_resolvers; i++) {
        const struct check_resolver *resolver = &check->resolvers[i];
        struct json *member = json_add_object(array, NULL);

        json_add_string(member, "via", resolver->via);
        json_add_string(member, "server", resolver->server);
        json_add_string(member, "answer", resolver->answer);
        add_milliseconds(member, "ms", resolver->us);
    }
}

static void
add_addresses(struct json *object, const struct check *check)
{
    struct json *array = json_add_array(object, "addresses");

    for (size_t i = 0; i < check->n_addresses; i++) {
        const struct check_address *address = &check->addresses[i];
        struct json *member = json_add_object(array, NULL);

        json_add_string(member, "address", address->address);
        if (address->is_known)
            json_add_bool(member, "passes", !*address->error);
        else
            json_add_null(member, "passes");
        field_word(member, "error", address->error);
        add_milliseconds(member, "rtt_ms", address->rtt_us);
    }
}

static void
add_quality(struct json *object, const struct check *check)
{
    add_milliseconds(object, "rtt_ms", check->rtt_us);
    add_percent(object, "loss_percent", check_loss(check));
    add_milliseconds(object, "jitter_ms", check_jitter_us(check));
    json_add_int(object, "sent", check->sent);
    json_add_int(object, "lost", check->lost);
    field_count(object, "retransmits", check->retransmits);
    field_count(object, "path_mtu", check->path_mtu);
    field_count(object, "datagram_bytes", check->datagram_bytes);
    add_burst(object, &check->burst);
    add_moment(object, "measured_at", check->at_ms);
    add_moment(object, "failing_since", check->failing_since_ms);
    add_moment(object, "last_failure_at", check->last_failure_ms);
}

void
report_add_checks(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "checks");
    size_t n;
    const struct check *checks = snapshot_checks(report->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        const struct check *check = &checks[i];
        struct json *object = json_add_object(array, NULL), *stages;

        json_add_string(object, "target", check->target);
        json_add_string(object, "protocol", check->protocol);
        json_add_int(object, "family", check->family);
        field_word(object, "address", check->address);
        json_add_string(object, "verdict", check_verdict_name(check->verdict));
        stages = json_add_object(object, "stages");
        for (int stage = 0; stage < STAGE_COUNT; stage++)
            if (check->stage_us[stage] >= 0)
                add_milliseconds(stages, check_stage_name((enum check_stage)stage),
                                 check->stage_us[stage]);
        json_add_string(object, "failed_stage",
                        check->verdict == CHECK_fail || check->verdict == CHECK_warn
                            ? check_stage_name(check->failed_stage)
                            : NULL);
        field_word(object, "error", check->error);
        field_word(object, "hint", check->hint);
        field_word(object, "cause", check->cause);
        field_word(object, "next_step", check->next_step);
        field_word(object, "note", check->note);
        add_quality(object, check);
        add_resolvers(object, check);
        add_addresses(object, check);
    }
}

static void
add_layer_checks(struct json *object, const struct layer *layer)
{
    struct json *array = json_add_array(object, "checks");

    for (size_t i = 0; i < layer->n_checks; i++) {
        struct json *member = json_add_object(array, NULL);

        json_add_string(member, "id", layer->checks[i].id);
        json_add_string(member, "proves", layer->checks[i].what);
        json_add_string(member, "verdict", layer_verdict_name(layer->checks[i].verdict));
        json_add_string(member, "evidence", layer->checks[i].evidence);
    }
}

void
report_add_layers(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "layers");

    for (size_t i = 0; i < report->assessment->n_layers; i++) {
        const struct layer *layer = &report->assessment->layers[i];
        struct json *object = json_add_object(array, NULL);

        json_add_string(object, "tunnel_id", layer->tunnel_id);
        json_add_int(object, "layer", layer->number);
        json_add_string(object, "name", layer->name);
        json_add_string(object, "verdict", layer_verdict_name(layer->verdict));
        field_lines(object, "evidence", layer->evidence, layer->n_evidence);
        add_layer_checks(object, layer);
    }
}

static void
add_diagnosis(struct json *document, const struct report *report)
{
    struct json *array = json_add_array(document, "diagnosis");

    for (size_t i = 0; i < report->assessment->n_findings; i++) {
        const struct finding *finding = &report->assessment->findings[i];
        struct json *object = json_add_object(array, NULL);

        json_add_string(object, "severity", severity_name(finding->severity));
        json_add_string(object, "rule", finding->rule);
        json_add_string(object, "subject", finding->subject);
        field_word(object, "subject_id", finding->subject_id);
        json_add_string(object, "summary", finding->summary);
        field_lines(object, "evidence", finding->evidence, finding->n_evidence);
        json_add_string(object, "next_step", finding->next_step);
        field_time(object, "since", finding->since_ms);
    }
}

static void
add_summary(struct json *document, const struct report *report)
{
    const struct counts *counts = &report->assessment->counts;
    struct json *object = json_add_object(document, "counts");
    size_t n;
    const struct service *service = snapshot_service(report->snapshot, &n);

    json_add_int(object, "ok", (int64_t)counts->ok);
    json_add_int(object, "warn", (int64_t)counts->warn);
    json_add_int(object, "fail", (int64_t)counts->fail);
    json_add_int(object, "unknown", (int64_t)counts->unknown);
    if (n == 0) {
        json_add_null(document, "service");
        return;
    }
    object = json_add_object(document, "service");
    field_word(object, "base_url", service->base_url);
    field_word(object, "workspace_id", service->workspace_id);
    field_word(object, "credential", service->credential);
    field_count(object, "budget_per_minute", service->budget_per_minute);
    field_count(object, "used_last_minute", service->used_last_minute);
    add_milliseconds(object, "latency_ms", service->latency_us);
    if (service->has_clock_offset)
        json_add_int(object, "clock_offset_ms", service->clock_offset_ms);
    else
        json_add_null(object, "clock_offset_ms");
}

struct json *
report_json(const struct report *report)
{
    struct json *document = json_new_object();

    field_time(document, "generated_at", report->now_ms);
    json_add_string(document, "context", report->options->context);
    add_summary(document, report);
    add_diagnosis(document, report);
    add_sources(document, report);
    add_pools(document, report);
    add_jobs(document, report);
    add_tunnels(document, report);
    add_connectors(document, report);
    report_add_checks(document, report);
    report_add_layers(document, report);
    return document;
}
