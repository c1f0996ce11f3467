#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/panes/tunnel_rows.h"

static enum role
connector_role(const struct page *page, const struct connector *connector)
{
    size_t n;
    const struct connector *all = snapshot_connectors(page->frame->snapshot, &n);
    enum severity judged = page->frame->assessment->connectors[connector - all];

    if (judged != SEVERITY_info)
        return severity_role(judged);
    return connector_state_role(connector->state);
}

/* A connector and its connections in one line. */
void
page_connector_line(struct page *page, const struct connector *connector)
{
    const struct log_sighting *complaint = log_complaint(&connector->log);
    TEXT(line, 512);

    text_addf(&line, "%-8s ", connector->name[0] ? connector->name : connector->url);
    unit_add(&line, page->frame, UNIT_count, known(connector->ready_connections));
    text_addf(&line, "/%" PRId64 " ", connector->expected_connections);
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
    if (complaint)
        text_addf(&line, " %s log: %s (%" PRId64 ")", dot(page->frame),
                  log_signal_meaning(complaint->signal), complaint->recent);
    page_line(page, connector_role(page, connector), ROLE_text, line.bytes);
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
    if (connector->restarts > 0)
        text_addf(&value, ", restarted %" PRId64 " times since we look", connector->restarts);
    page_field(page, "  counted", connector->errors_per_min > 0 ? ROLE_warn : ROLE_text,
               value.bytes);
    if (connector->requests_per_s >= 0)
        page_fieldf(page, "  rate", ROLE_text, "%.1f requests/s", connector->requests_per_s);
    if (connector->errors_per_min > 0)
        page_fieldf(page, "  errors", ROLE_warn, "%.1f per minute", connector->errors_per_min);
}

static enum role
mood_role(const struct log_sighting *seen)
{
    static const enum role roles[] = {
        [LOG_MOOD_good] = ROLE_text,
        [LOG_MOOD_note] = ROLE_dim,
        [LOG_MOOD_bad] = ROLE_warn,
        [LOG_MOOD_fatal] = ROLE_fail,
    };

    return seen->recent > 0 ? roles[log_signal_mood(seen->signal)] : ROLE_dim;
}

/* What its log said last, and how often in the last ten minutes. */
static void
page_log(struct page *page, const struct log_facts *log)
{
    enum { MOST_SIGHTINGS = 5 };

    page_field(page, "  log", ROLE_dim, log->origin);
    page_field(page, "", ROLE_fail, log->error);
    for (size_t i = 0; i < log->n_seen && i < MOST_SIGHTINGS; i++) {
        const struct log_sighting *seen = &log->seen[i];
        TEXT(line, 160);

        if (seen->recent > 0)
            time_of_day_add(&line, seen->last_ms);
        else if (seen->last_ms > 0)
            duration_add(&line, page->frame->now_ms - seen->last_ms);
        text_addf(&line, "%s %s",
                  seen->recent > 0    ? ""
                  : seen->last_ms > 0 ? " ago:"
                                      : "earlier:",
                  log_signal_meaning(seen->signal));
        if (seen->recent > 1)
            text_addf(&line, ", %" PRId64 " times in ten minutes", seen->recent);
        page_field(page, "", mood_role(seen), line.bytes);
    }
}

static void
page_connector(struct page *page, const struct connector *connector)
{
    page_connector_line(page, connector);
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
    if (connector->log.origin)
        page_log(page, &connector->log);
}

static void
page_certificate(struct page *page, const struct row *row, const struct certificate *certificate)
{
    int64_t left = certificate->expires_ms - row->frame->now_ms;
    enum role role = certificate->is_archived                            ? ROLE_stale
                     : !certificate_is_in_force(row->frame, certificate) ? ROLE_fail
                     : left == tunnel_row_expiry(row) && tunnel_row_expiry_role(row) != ROLE_text
                         ? tunnel_row_expiry_role(row)
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

static void
page_connectors(struct page *page, const struct row *row)
{
    struct entry entry = tunnel_entry(row);
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

int
tunnel_draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame,
                   const char *entry_id, int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};
    struct row row = {.frame = frame};

    if (!tunnel_row_find(&row, entry_id)) {
        page_sentence(&page, ROLE_stale, ROLE_text, "this tunnel is no longer there");
        return page.lines;
    }
    page_title(&page, tunnel_row_mark(&row), tunnel_row_name(&row), tunnel_row_state(&row));
    page_sentence(&page, ROLE_text, ROLE_dim, tunnel_row_domain(&row));
    page_findings(&page, entry_id);
    if (tunnel_entry(&row).tunnel) {
        page_section(&page, "PATH OF A REQUEST");
        page_path_of(&page, tunnel_entry(&row).tunnel->id);
    }
    page_connectors(&page, &row);
    if (tunnel_entry(&row).tunnel)
        page_tunnel(&page, &row, tunnel_entry(&row).tunnel);
    return page.lines;
}
