#include "ui/panes/tunnel_rows.h"

#include <string.h>

#include "core/text.h"

struct entry
tunnel_entry(const struct row *row)
{
    size_t n_tunnels;
    const struct tunnel *tunnels = snapshot_tunnels(row->frame->snapshot, &n_tunnels);
    struct entry entry = {0};

    (void)tunnels;
    if (row->index < n_tunnels)
        entry.tunnel = row->data;
    else
        entry.connector = row->data;
    return entry;
}

static bool
is_known_tunnel(const struct frame *frame, const char *id)
{
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(tunnels[i].id, id) == 0)
            return true;
    return false;
}

static const struct connector *
lonely_connector(const struct frame *frame, size_t nth)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (!is_known_tunnel(frame, connectors[i].tunnel_id) && nth-- == 0)
            return &connectors[i];
    return NULL;
}

size_t
tunnel_rows_count(const struct frame *frame)
{
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(frame->snapshot, &n);

    (void)tunnels;
    while (lonely_connector(frame, n - frame->snapshot->slot[SLOT_tunnels].n))
        n++;
    return n;
}

const void *
tunnel_rows_at(const struct frame *frame, size_t index)
{
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(frame->snapshot, &n);

    return index < n ? (const void *)&tunnels[index] : lonely_connector(frame, index - n);
}

static void
sum_connection(struct sum *sum, const struct edge_connection *connection)
{
    struct text locations = {
        .bytes = sum->locations, .size = sizeof(sum->locations), .n = strlen(sum->locations)};

    if (!sum->protocol[0])
        sum->protocol = connection->protocol;
    else if (strcmp(sum->protocol, connection->protocol) != 0)
        sum->is_mixed = true;
    if (connection->rtt_us >= 0 && (sum->rtt_us < 0 || connection->rtt_us > sum->rtt_us))
        sum->rtt_us = connection->rtt_us;
    if (connection->location[0] && !strstr(sum->locations, connection->location))
        text_addf(&locations, "%s%s", locations.n > 0 ? " " : "", connection->location);
}

static void
sum_connector(struct sum *sum, const struct frame *frame, size_t index,
              const struct connector *connector)
{
    sum->connectors++;
    sum->ready += connector->state == CONNECTOR_ready;
    sum->working += connector->state == CONNECTOR_ready ||
                    (connector->state == CONNECTOR_degraded && connector->ready_connections > 0);
    if (connector->ready_connections >= 0)
        sum->connections =
            (sum->connections < 0 ? 0 : sum->connections) + connector->ready_connections;
    sum->expected += connector->expected_connections;
    if (connector->request_errors >= 0)
        sum->errors = (sum->errors < 0 ? 0 : sum->errors) + connector->request_errors;
    if (connector->errors_per_min >= 0)
        sum->errors_per_min =
            (sum->errors_per_min < 0 ? 0 : sum->errors_per_min) + connector->errors_per_min;
    if (frame->assessment->connectors[index] > sum->severity)
        sum->severity = frame->assessment->connectors[index];
    for (size_t i = 0; i < connector->n_connections; i++)
        sum_connection(sum, &connector->connections[i]);
}

struct sum
tunnel_sum(const struct row *row)
{
    struct sum sum = {
        .connections = -1, .errors = -1, .rtt_us = -1, .errors_per_min = -1, .protocol = ""};
    struct entry entry = tunnel_entry(row);
    size_t n;
    const struct connector *connectors = snapshot_connectors(row->frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (entry.tunnel ? strcmp(connectors[i].tunnel_id, entry.tunnel->id) == 0
                         : &connectors[i] == entry.connector)
            sum_connector(&sum, row->frame, i, &connectors[i]);
    return sum;
}

const char *
tunnel_row_name(const struct row *row)
{
    struct entry entry = tunnel_entry(row);

    if (entry.tunnel)
        return entry.tunnel->name;
    return entry.connector->name[0] ? entry.connector->name : entry.connector->url;
}

const char *
tunnel_row_id(const struct row *row)
{
    struct entry entry = tunnel_entry(row);

    return entry.tunnel ? entry.tunnel->id : tunnel_row_name(row);
}

const char *
tunnel_row_domain(const struct row *row)
{
    struct entry entry = tunnel_entry(row);

    if (entry.tunnel)
        return entry.tunnel->domain;
    return "connector, tunnel unknown";
}

enum severity
tunnel_row_severity(const struct row *row)
{
    enum severity worst = tunnel_sum(row).severity;

    if (tunnel_entry(row).tunnel && row->frame->assessment->tunnels[row->index] > worst)
        worst = row->frame->assessment->tunnels[row->index];
    return worst;
}

enum role
tunnel_row_mark(const struct row *row)
{
    struct entry entry = tunnel_entry(row);

    if (entry.tunnel && entry.tunnel->is_archived)
        return ROLE_stale;
    if (tunnel_row_severity(row) != SEVERITY_info)
        return severity_role(tunnel_row_severity(row));
    return tunnel_sum(row).connectors > 0 ? ROLE_ok : ROLE_stale; /* nobody here to ask */
}

/* What the connectors add up to. */
static enum connector_state
state_of(const struct sum *sum)
{
    if (sum->connectors == 0)
        return CONNECTOR_unknown;
    if (sum->connections <= 0)
        return CONNECTOR_down;
    return sum->ready < sum->connectors ? CONNECTOR_degraded : CONNECTOR_ready;
}

static const struct {
    const char *word;
    enum role role;
} connector_states[] = {
    [CONNECTOR_unknown] = {"not seen", ROLE_stale}, [CONNECTOR_ready] = {"ready", ROLE_ok},
    [CONNECTOR_degraded] = {"degraded", ROLE_warn}, [CONNECTOR_down] = {"down", ROLE_fail},
    [CONNECTOR_unreachable] = {"down", ROLE_fail},
};

enum role
connector_state_role(enum connector_state state)
{
    return connector_states[state].role;
}

static bool
is_archived(const struct row *row)
{
    return tunnel_entry(row).tunnel && tunnel_entry(row).tunnel->is_archived;
}

const struct layer *
tunnel_row_layer(const struct row *row)
{
    static const enum layer_verdict verdicts[] = {
        [SEVERITY_warn] = LAYER_warning, [SEVERITY_critical] = LAYER_failed};
    const struct assessment *assessment = row->frame->assessment;
    enum severity severity = tunnel_row_severity(row);
    struct sum sum = tunnel_sum(row);

    if (is_archived(row) || state_of(&sum) != CONNECTOR_ready || severity == SEVERITY_info ||
        sum.severity >= severity)
        return NULL;
    for (size_t i = 0; i < assessment->n_layers; i++)
        if (assessment->layers[i].verdict == verdicts[severity] &&
            strcmp(assessment->layers[i].tunnel_id, tunnel_row_id(row)) == 0)
            return &assessment->layers[i];
    return NULL;
}

const char *
tunnel_row_state(const struct row *row)
{
    static const char *const layers[LAYERS] = {"layer 1", "layer 2", "layer 3"};
    const struct layer *layer = tunnel_row_layer(row);
    struct sum sum = tunnel_sum(row);

    if (is_archived(row))
        return "archived";
    return layer ? layers[layer->number - 1] : connector_states[state_of(&sum)].word;
}

enum role
tunnel_row_state_role(const struct row *row)
{
    struct sum sum = tunnel_sum(row);

    if (is_archived(row))
        return ROLE_stale;
    return tunnel_row_layer(row) ? tunnel_row_mark(row) : connector_states[state_of(&sum)].role;
}

bool
certificate_is_in_force(const struct frame *frame, const struct certificate *certificate)
{
    return !certificate->is_archived &&
           (certificate->expires_ms == 0 || certificate->expires_ms > frame->now_ms);
}

int64_t
tunnel_row_certificates(const struct row *row)
{
    struct entry entry = tunnel_entry(row);
    int64_t n = 0;

    if (!entry.tunnel || entry.tunnel->certificates_at_ms == 0)
        return LIST_UNKNOWN;
    for (size_t i = 0; i < entry.tunnel->n_certificates; i++)
        n += certificate_is_in_force(row->frame, &entry.tunnel->certificates[i]);
    return n;
}

/* Until the first certificate in force runs out. */
int64_t
tunnel_row_expiry(const struct row *row)
{
    struct entry entry = tunnel_entry(row);
    int64_t first = LIST_UNKNOWN;

    for (size_t i = 0; entry.tunnel && i < entry.tunnel->n_certificates; i++) {
        const struct certificate *certificate = &entry.tunnel->certificates[i];
        int64_t left = certificate->expires_ms - row->frame->now_ms;

        if (!certificate->is_archived && certificate->expires_ms > 0 &&
            (first == LIST_UNKNOWN || left < first))
            first = left;
    }
    return first;
}

/* As the thresholds judged it. */
enum role
tunnel_row_expiry_role(const struct row *row)
{
    return finding_role(row->frame, tunnel_row_id(row), "certificate.");
}

bool
tunnel_row_find(struct row *row, const char *entry_id)
{
    size_t n = tunnel_rows_count(row->frame);

    for (size_t i = 0; i < n; i++) {
        row->index = i;
        row->data = tunnel_rows_at(row->frame, i);
        if (strcmp(tunnel_row_id(row), entry_id) == 0)
            return true;
    }
    return false;
}
