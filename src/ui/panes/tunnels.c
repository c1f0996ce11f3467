#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/panes/rows.h"

/* A row is a tunnel, or a connector that belongs to none that we know: without a credential for
 * tunnels the connectors of this host are all there is to see. */
struct entry {
    const struct tunnel *tunnel;       /* NULL: a connector alone */
    const struct connector *connector; /* of a connector alone */
};

static struct entry
entry_of(const struct row *row)
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

static size_t
count(const struct frame *frame)
{
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(frame->snapshot, &n);

    (void)tunnels;
    while (lonely_connector(frame, n - frame->snapshot->slot[SLOT_tunnels].n))
        n++;
    return n;
}

static const void *
at(const struct frame *frame, size_t index)
{
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(frame->snapshot, &n);

    return index < n ? (const void *)&tunnels[index] : lonely_connector(frame, index - n);
}

/* What its connectors add up to. */
struct sum {
    size_t connectors, ready;
    int64_t connections, expected, errors, rtt_us;
    double errors_per_min;
    enum severity severity;
    const char *protocol;
    char locations[64];
    bool is_mixed;
};

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
    if (connector->ready_connections >= 0)
        sum->connections =
            (sum->connections < 0 ? 0 : sum->connections) + connector->ready_connections;
    sum->expected += CONNECTOR_EXPECTED_CONNECTIONS;
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

static struct sum
sum_of(const struct row *row)
{
    struct sum sum = {
        .connections = -1, .errors = -1, .rtt_us = -1, .errors_per_min = -1, .protocol = ""};
    struct entry entry = entry_of(row);
    size_t n;
    const struct connector *connectors = snapshot_connectors(row->frame->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (entry.tunnel ? strcmp(connectors[i].tunnel_id, entry.tunnel->id) == 0
                         : &connectors[i] == entry.connector)
            sum_connector(&sum, row->frame, i, &connectors[i]);
    return sum;
}

static const char *
name(const struct row *row)
{
    struct entry entry = entry_of(row);

    if (entry.tunnel)
        return entry.tunnel->name;
    return entry.connector->name[0] ? entry.connector->name : entry.connector->url;
}

static const char *
id(const struct row *row)
{
    struct entry entry = entry_of(row);

    return entry.tunnel ? entry.tunnel->id : name(row);
}

static const char *
domain(const struct row *row)
{
    struct entry entry = entry_of(row);

    if (entry.tunnel)
        return entry.tunnel->domain;
    return "connector, tunnel unknown";
}

static enum severity
severity(const struct row *row)
{
    enum severity worst = sum_of(row).severity;

    if (entry_of(row).tunnel && row->frame->assessment->tunnels[row->index] > worst)
        worst = row->frame->assessment->tunnels[row->index];
    return worst;
}

static enum role
mark(const struct row *row)
{
    struct entry entry = entry_of(row);

    if (entry.tunnel && entry.tunnel->is_archived)
        return ROLE_stale;
    if (severity(row) != SEVERITY_info)
        return severity_role(severity(row));
    return sum_of(row).connectors > 0 ? ROLE_ok : ROLE_stale; /* nobody here to ask */
}

static enum role
name_role(const struct row *row)
{
    return severity(row) == SEVERITY_info ? ROLE_text : ROLE_title;
}

static enum role
dim_role(const struct row *row)
{
    (void)row;
    return ROLE_dim;
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
} states[] = {
    [CONNECTOR_unknown] = {"not seen", ROLE_stale}, [CONNECTOR_ready] = {"ready", ROLE_ok},
    [CONNECTOR_degraded] = {"degraded", ROLE_warn}, [CONNECTOR_down] = {"down", ROLE_fail},
    [CONNECTOR_unreachable] = {"down", ROLE_fail},
};

static bool
is_archived(const struct row *row)
{
    return entry_of(row).tunnel && entry_of(row).tunnel->is_archived;
}

static const char *
state(const struct row *row)
{
    struct sum sum = sum_of(row);

    return is_archived(row) ? "archived" : states[state_of(&sum)].word;
}

static enum role
state_role(const struct row *row)
{
    struct sum sum = sum_of(row);

    return is_archived(row) ? ROLE_stale : states[state_of(&sum)].role;
}

static int64_t
connectors(const struct row *row)
{
    struct sum sum = sum_of(row);

    return sum.connectors > 0 ? (int64_t)sum.ready : LIST_UNKNOWN;
}

static void
show_connectors(struct text *out, const struct row *row)
{
    struct sum sum = sum_of(row);

    if (sum.connectors > 0)
        text_addf(out, "%zu/%zu", sum.ready, sum.connectors);
}

static int64_t
connections(const struct row *row)
{
    return known(sum_of(row).connections);
}

static void
show_connections(struct text *out, const struct row *row)
{
    struct sum sum = sum_of(row);

    if (sum.connections >= 0)
        text_addf(out, "%" PRId64 "/%" PRId64, sum.connections, sum.expected);
}

static enum role
connections_role(const struct row *row)
{
    struct sum sum = sum_of(row);

    return sum.connections >= 0 && sum.connections < sum.expected ? mark(row) : ROLE_text;
}

static void
show_locations(struct text *out, const struct row *row)
{
    text_add(out, sum_of(row).locations);
}

static void
show_protocol(struct text *out, const struct row *row)
{
    struct sum sum = sum_of(row);

    text_add(out, sum.is_mixed ? "mixed" : sum.protocol);
}

static int64_t
rtt(const struct row *row)
{
    return known(sum_of(row).rtt_us);
}

static int64_t
errors(const struct row *row)
{
    return known(sum_of(row).errors);
}

static enum role
errors_role(const struct row *row)
{
    return sum_of(row).errors_per_min > 0 ? ROLE_warn : ROLE_text;
}

static bool
is_in_force(const struct row *row, const struct certificate *certificate)
{
    return !certificate->is_archived &&
           (certificate->expires_ms == 0 || certificate->expires_ms > row->frame->now_ms);
}

static int64_t
certificates(const struct row *row)
{
    struct entry entry = entry_of(row);
    int64_t n = 0;

    if (!entry.tunnel || entry.tunnel->certificates_at_ms == 0)
        return LIST_UNKNOWN;
    for (size_t i = 0; i < entry.tunnel->n_certificates; i++)
        n += is_in_force(row, &entry.tunnel->certificates[i]);
    return n;
}

static enum role
certificates_role(const struct row *row)
{
    return certificates(row) == 0 ? ROLE_fail : ROLE_text;
}

/* Until the first certificate in force runs out. */
static int64_t
expiry(const struct row *row)
{
    struct entry entry = entry_of(row);
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

static void
show_expiry(struct text *out, const struct row *row)
{
    int64_t left = expiry(row);

    if (left != LIST_UNKNOWN && left <= 0)
        text_add(out, "expired");
    else
        unit_add(out, row->frame, UNIT_ms, left);
}

/* As the thresholds judged it. */
static enum role
expiry_role(const struct row *row)
{
    return finding_role(row->frame, id(row), "certificate.");
}

static bool
is_stale(const struct row *row)
{
    enum source source = entry_of(row).tunnel ? SOURCE_tunnels : SOURCE_connectors;

    return source_is_stale(&row->frame->snapshot->source[source], row->frame->now_ms);
}

static int
order(const struct row *a, const struct row *b)
{
    enum severity left = severity(a), right = severity(b);

    if (left != right)
        return (int)right - (int)left;
    if ((mark(a) == ROLE_stale) != (mark(b) == ROLE_stale))
        return mark(a) == ROLE_stale ? 1 : -1;
    return strcasecmp(name(a), name(b));
}

static const struct column columns[] = {
    {"TUNNEL", "tunnel", 12, 24, 0, UNIT_none, .text = name, .role = name_role},
    {"STATE", "state", 8, 8, 0, UNIT_none, .text = state, .role = state_role},
    {"CONN", "conn", 5, 5, 2, UNIT_count, .value = connectors, .show = show_connectors},
    {"EDGE", "edge", 5, 5, 1, UNIT_count, .value = connections, .show = show_connections,
     .role = connections_role},
    {"LOCATIONS", "locations", 12, 24, 4, UNIT_none, .show = show_locations},
    {"PROTO", "proto", 5, 5, 3, UNIT_none, .show = show_protocol},
    {"RTT", "rtt", 5, 6, 3, UNIT_us, .value = rtt},
    {"ERRORS", "errors", 6, 6, 3, UNIT_count, .value = errors, .role = errors_role},
    {"CERTS", "certs", 5, 5, 2, UNIT_count, .value = certificates, .role = certificates_role},
    {"EXPIRY", "expiry", 7, 7, 1, UNIT_ms, .value = expiry, .show = show_expiry,
     .role = expiry_role},
    {"DOMAIN", "domain", 16, 48, 5, UNIT_none, .text = domain, .role = dim_role},
    {"ID", "id", 14, 32, 6, UNIT_none, .text = id, .role = dim_role},
};

static const struct list list = {
    .columns = columns,
    .n_columns = COUNT_OF(columns),
    .slot = SLOT_COUNT,
    .count = count,
    .at = at,
    .id = id,
    .mark = mark,
    .is_stale = is_stale,
    .order = order,
    .empty = "no tunnels in this workspace, and no connector on this host",
};

static enum role
connector_role(const struct page *page, const struct connector *connector)
{
    size_t n;
    const struct connector *all = snapshot_connectors(page->frame->snapshot, &n);
    enum severity judged = page->frame->assessment->connectors[connector - all];

    if (judged != SEVERITY_info)
        return severity_role(judged);
    return states[connector->state].role;
}

/* A connector and its connections in one line. */
static void
connector_line(struct page *page, const struct connector *connector)
{
    TEXT(line, 512);

    text_addf(&line, "%-8s ", connector->name[0] ? connector->name : connector->url);
    unit_add(&line, page->frame, UNIT_count, known(connector->ready_connections));
    text_addf(&line, "/%d ", CONNECTOR_EXPECTED_CONNECTIONS);
    for (size_t i = 0; i < connector->n_connections; i++) {
        const struct edge_connection *connection = &connector->connections[i];

        text_addf(&line, " %s %s", connection->location, connection->protocol);
        if (connection->rtt_us >= 0) {
            text_add(&line, " ");
            latency_add(&line, connection->rtt_us);
        }
        if (i + 1 < connector->n_connections)
            text_addf(&line, " %s", dot(page->frame));
    }
    if (connector->error[0])
        text_addf(&line, " %s", connector->error);
    page_line(page, connector_role(page, connector), ROLE_text, line.bytes);
}

static bool
is_on(const struct connector *connector, const char *entry_id)
{
    return strcmp(connector->tunnel_id, entry_id) == 0 || strcmp(connector->name, entry_id) == 0;
}

/* Under the rows, where there is room: all connectors, else those of the selected tunnel. */
static void
draw(struct canvas *canvas, struct rect r, const struct frame *frame, struct pane_state *pane_state,
     bool is_focused)
{
    int used = pane_draw_rows(&pane_tunnels, canvas, r, frame, pane_state, is_focused) + 1;
    struct page page = {.canvas = canvas, .frame = frame};
    size_t n;
    const struct connector *all = snapshot_connectors(frame->snapshot, &n);

    if (used + 1 >= r.h || pane_state->n_shown == 0)
        return;
    page.r = (struct rect){r.x, r.y + used, r.w, r.h - used};
    for (size_t i = 0; i < n; i++)
        if (n < (size_t)page.r.h || is_on(&all[i], pane_state->selected))
            connector_line(&page, &all[i]);
}

static void
draw_line(struct canvas *canvas, struct rect r, const struct row *row)
{
    TEXT(right, 64);
    int cells;

    if (finding_role(row->frame, id(row), "certificate.") != ROLE_text) {
        text_add(&right, "cert ");
        show_expiry(&right, row);
    } else if (certificates(row) == 0) {
        text_add(&right, "no cert");
    } else if (sum_of(row).connections >= 0) {
        show_connections(&right, row);
        text_add(&right, " ");
        show_protocol(&right, row);
    } else {
        text_add(&right, state(row));
    }
    cells = (int)text_cells(right.bytes);
    canvas_text(canvas, r.x, r.y, r.w - 1 - cells, name_role(row), name(row));
    canvas_right(canvas, r.x + r.w - cells, r.y, cells, ROLE_text, right.bytes);
}

static void
draw_summary(struct canvas *canvas, struct rect r, const struct frame *frame)
{
    pane_draw_worst(&pane_tunnels, canvas, r, frame, draw_line);
}

static void
page_connection(struct page *page, const struct edge_connection *connection)
{
    TEXT(value, 160);

    text_addf(&value, "%-6s %-6s %-18s ", connection->location, connection->protocol,
              connection->edge_address);
    unit_add(&value, page->frame, UNIT_us, known(connection->rtt_us));
    page_fieldf(page, "", ROLE_text, "#%d %s", connection->index, value.bytes);
}

static const char *
connector_words(enum connector_state connector_state)
{
    static const char *const words[] = {
        [CONNECTOR_unknown] = "not asked yet",
        [CONNECTOR_ready] = "ready",
        [CONNECTOR_degraded] = "degraded",
        [CONNECTOR_down] = "down: answers, but no connection is up",
        [CONNECTOR_unreachable] = "unreachable",
    };

    return words[connector_state];
}

static void
page_counters(struct page *page, const struct connector *connector)
{
    TEXT(value, 200);

    unit_add(&value, page->frame, UNIT_count, known(connector->requests));
    text_add(&value, " requests, ");
    unit_add(&value, page->frame, UNIT_count, known(connector->request_errors));
    text_add(&value, " errors, ");
    unit_add(&value, page->frame, UNIT_count, known(connector->register_failures));
    text_add(&value, " failed registrations");
    page_field(page, "  counted", connector->errors_per_min > 0 ? ROLE_warn : ROLE_text,
               value.bytes);
    if (connector->requests_per_s >= 0)
        page_fieldf(page, "  rate", ROLE_text, "%.1f requests/s", connector->requests_per_s);
    if (connector->errors_per_min > 0)
        page_fieldf(page, "  errors", ROLE_warn, "%.1f per minute", connector->errors_per_min);
}

void
page_connector(struct page *page, const struct connector *connector)
{
    connector_line(page, connector);
    page_field(page, "  state", ROLE_text, connector_words(connector->state));
    page_field(page, "  asked at", ROLE_text, connector->url);
    page_field(page, "  error", ROLE_fail, connector->error);
    page_field(page, "  version", ROLE_text, connector->version);
    page_field(page, "  serves", ROLE_text, connector->service);
    page_field(page, "  id", ROLE_dim, connector->connector_id);
    page_moment(page, "  started", connector->started_ms);
    page_moment(page, "  answered", connector->at_ms);
    page_counters(page, connector);
    for (size_t i = 0; i < connector->n_connections; i++)
        page_connection(page, &connector->connections[i]);
}

static void
page_certificate(struct page *page, const struct row *row, const struct certificate *certificate)
{
    int64_t left = certificate->expires_ms - row->frame->now_ms;
    enum role role = certificate->is_archived                               ? ROLE_stale
                     : !is_in_force(row, certificate)                       ? ROLE_fail
                     : left == expiry(row) && expiry_role(row) != ROLE_text ? expiry_role(row)
                                                                            : ROLE_ok;
    TEXT(line, 200);

    if (certificate->is_archived)
        text_add(&line, "archived");
    else if (certificate->expires_ms == 0)
        text_add(&line, "no expiry stated");
    else if (left <= 0)
        text_add(&line, "EXPIRED");
    else {
        unit_add(&line, row->frame, UNIT_ms, left);
        text_add(&line, " left, until ");
        rfc3339_add(&line, certificate->expires_ms);
    }
    page_line(page, role, ROLE_text, line.bytes);
    page_field(page, "  sha-256", ROLE_dim, certificate->fingerprint);
    page_field(page, "  id", ROLE_dim, certificate->id);
}

static void
page_tunnel(struct page *page, const struct row *row, const struct tunnel *tunnel)
{
    page_section(page, "CERTIFICATES");
    if (tunnel->certificates_at_ms == 0)
        page_sentence(page, ROLE_stale, ROLE_dim, "not read yet");
    else if (tunnel->n_certificates == 0)
        page_sentence(page, ROLE_fail, ROLE_text,
                      "none: the tunnel refuses all MCP traffic until a CA is registered");
    for (size_t i = 0; i < tunnel->n_certificates; i++)
        page_certificate(page, row, &tunnel->certificates[i]);
    page_field(page, "error", ROLE_fail, tunnel->certificates_error);
    page_section(page, "LAYERS");
    page_layers_of(page, tunnel->id);
    page_section(page, "TUNNEL");
    page_field(page, "domain", ROLE_text, tunnel->domain);
    page_moment(page, "created", tunnel->created_ms);
    page_field(page, "id", ROLE_text, tunnel->id);
}

static bool
entry_by_id(struct row *row, const char *entry_id)
{
    size_t n = count(row->frame);

    for (size_t i = 0; i < n; i++) {
        *row = list_row(&list, row->frame, i);
        if (strcmp(id(row), entry_id) == 0)
            return true;
    }
    return false;
}

static void
page_connectors(struct page *page, const struct row *row)
{
    struct entry entry = entry_of(row);
    size_t n, mine = 0;
    const struct connector *all = snapshot_connectors(page->frame->snapshot, &n);

    page_section(page, "CONNECTORS");
    for (size_t i = 0; i < n; i++) {
        if (entry.tunnel ? strcmp(all[i].tunnel_id, entry.tunnel->id) != 0
                         : &all[i] != entry.connector)
            continue;
        if (mine++ > 0)
            page_blank(page);
        page_connector(page, &all[i]);
    }
    if (mine == 0)
        page_sentence(page, ROLE_stale, ROLE_dim,
                      "none that this host can ask; it may run elsewhere");
}

static int
draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame, const char *entry_id,
            int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};
    struct row row = {.frame = frame};

    if (!entry_by_id(&row, entry_id)) {
        page_sentence(&page, ROLE_stale, ROLE_text, "this tunnel is no longer there");
        return page.lines;
    }
    page_title(&page, mark(&row), name(&row), state(&row));
    page_sentence(&page, ROLE_text, ROLE_dim, domain(&row));
    page_findings(&page, entry_id);
    page_connectors(&page, &row);
    if (entry_of(&row).tunnel)
        page_tunnel(&page, &row, entry_of(&row).tunnel);
    return page.lines;
}

static const enum source sources[] = {SOURCE_tunnels, SOURCE_certificates, SOURCE_connectors};

const struct pane pane_tunnels = {
    .name = "tunnels",
    .title = "Tunnels",
    .digit = '3',
    .list = &list,
    .sources = sources,
    .n_sources = COUNT_OF(sources),
    .draw = draw,
    .draw_summary = draw_summary,
    .draw_detail = draw_detail,
};
