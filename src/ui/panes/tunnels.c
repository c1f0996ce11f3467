#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/panes/tunnel_rows.h"

static enum role
name_role(const struct row *row)
{
    return tunnel_row_severity(row) == SEVERITY_info ? ROLE_text : ROLE_title;
}

static enum role
dim_role(const struct row *row)
{
    (void)row;
    return ROLE_dim;
}

static int64_t
connectors(const struct row *row)
{
    struct sum sum = tunnel_sum(row);

    return sum.connectors > 0 ? (int64_t)sum.working : LIST_UNKNOWN;
}

static void
show_connectors(struct text *out, const struct row *row)
{
    struct sum sum = tunnel_sum(row);

    if (sum.connectors > 0)
        text_addf(out, "%zu/%zu", sum.working, sum.connectors);
}

static enum role
connectors_role(const struct row *row)
{
    struct sum sum = tunnel_sum(row);

    return sum.working < sum.connectors ? tunnel_row_mark(row) : ROLE_text;
}

static int64_t
connections(const struct row *row)
{
    return known(tunnel_sum(row).connections);
}

static void
show_connections(struct text *out, const struct row *row)
{
    struct sum sum = tunnel_sum(row);

    if (sum.connections >= 0)
        text_addf(out, "%" PRId64 "/%" PRId64, sum.connections, sum.expected);
}

static enum role
connections_role(const struct row *row)
{
    struct sum sum = tunnel_sum(row);

    return sum.connections >= 0 && sum.connections < sum.expected ? tunnel_row_mark(row)
                                                                  : ROLE_text;
}

static void
show_locations(struct text *out, const struct row *row)
{
    text_add(out, tunnel_sum(row).locations);
}

static void
show_protocol(struct text *out, const struct row *row)
{
    struct sum sum = tunnel_sum(row);

    text_add(out, sum.is_mixed ? "mixed" : sum.protocol);
}

static int64_t
rtt(const struct row *row)
{
    return known(tunnel_sum(row).rtt_us);
}

static int64_t
errors(const struct row *row)
{
    return known(tunnel_sum(row).errors);
}

static enum role
errors_role(const struct row *row)
{
    return tunnel_sum(row).errors_per_min > 0 ? ROLE_warn : ROLE_text;
}

static enum role
certificates_role(const struct row *row)
{
    return tunnel_row_certificates(row) == 0 ? ROLE_fail : ROLE_text;
}

static void
show_expiry(struct text *out, const struct row *row)
{
    int64_t left = tunnel_row_expiry(row);

    if (left != LIST_UNKNOWN && left <= 0)
        text_add(out, "expired");
    else
        unit_add(out, row->frame, UNIT_ms, left);
}

static bool
is_stale(const struct row *row)
{
    enum source source = tunnel_entry(row).tunnel ? SOURCE_tunnels : SOURCE_connectors;

    return source_is_stale(&row->frame->snapshot->source[source], row->frame->now_ms);
}

static int
order(const struct row *a, const struct row *b)
{
    enum severity left = tunnel_row_severity(a), right = tunnel_row_severity(b);

    if (left != right)
        return (int)right - (int)left;
    if ((tunnel_row_mark(a) == ROLE_stale) != (tunnel_row_mark(b) == ROLE_stale))
        return tunnel_row_mark(a) == ROLE_stale ? 1 : -1;
    return strcasecmp(tunnel_row_name(a), tunnel_row_name(b));
}

static const struct column columns[] = {
    {"TUNNEL", "tunnel", 12, 24, 0, UNIT_none, .keeps_end = true, .text = tunnel_row_name,
     .role = name_role},
    {"STATE", "state", 8, 8, 0, UNIT_none, .text = tunnel_row_state, .role = tunnel_row_state_role},
    {"CONN", "conn", 5, 5, 2, UNIT_count, .value = connectors, .show = show_connectors,
     .role = connectors_role},
    {"EDGE", "edge", 5, 5, 1, UNIT_count, .value = connections, .show = show_connections,
     .role = connections_role},
    {"LOCATIONS", "locations", 12, 24, 4, UNIT_none, .show = show_locations},
    {"PROTO", "proto", 5, 5, 3, UNIT_none, .show = show_protocol},
    {"RTT", "rtt", 5, 6, 3, UNIT_us, .value = rtt},
    {"ERRORS", "errors", 6, 6, 3, UNIT_count, .value = errors, .role = errors_role},
    {"CERTS", "certs", 5, 5, 2, UNIT_count, .value = tunnel_row_certificates,
     .role = certificates_role},
    {"EXPIRY", "expiry", 7, 7, 1, UNIT_ms, .value = tunnel_row_expiry, .show = show_expiry,
     .role = tunnel_row_expiry_role},
    {"DOMAIN", "domain", 16, 48, 5, UNIT_none, .text = tunnel_row_domain, .role = dim_role},
    {"ID", "id", 14, 32, 6, UNIT_none, .text = tunnel_row_id, .role = dim_role},
};

static const struct list list = {
    .columns = columns,
    .n_columns = COUNT_OF(columns),
    .slot = SLOT_COUNT,
    .count = tunnel_rows_count,
    .at = tunnel_rows_at,
    .id = tunnel_row_id,
    .mark = tunnel_row_mark,
    .is_stale = is_stale,
    .order = order,
    .empty = "no tunnels in this workspace, and no connector on this host",
};

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
            page_connector_line(&page, &all[i]);
}

/* A name that can be told from the others is worth more than the protocol. */
static void
say_short_protocol(struct text *out, const struct row *row, int cells)
{
    TEXT(protocol, 16);

    show_protocol(&protocol, row);
    if (strcmp(protocol.bytes, "http2") == 0) {
        text_clear(&protocol);
        text_add(&protocol, "h2");
    }
    if ((int)(text_cells(out->bytes) + 1 + text_cells(protocol.bytes)) <= cells)
        text_addf(out, " %s", protocol.bytes);
}

static void
draw_line(struct canvas *canvas, struct rect r, const struct row *row)
{
    TEXT(right, 64);
    int cells;

    if (finding_role(row->frame, tunnel_row_id(row), "certificate.") != ROLE_text) {
        text_add(&right, "cert ");
        show_expiry(&right, row);
    } else if (tunnel_row_certificates(row) == 0) {
        text_add(&right, "no cert");
    } else if (tunnel_row_layer(row)) {
        text_add(&right, tunnel_row_state(row));
    } else if (tunnel_sum(row).connections >= 0) {
        show_connections(&right, row);
        say_short_protocol(&right, row, r.w - (int)text_cells(tunnel_row_name(row)) - 1);
    } else {
        text_add(&right, tunnel_row_state(row));
    }
    cells = (int)text_cells(right.bytes);
    canvas_name(canvas, r.x, r.y, r.w - 1 - cells, name_role(row), tunnel_row_name(row));
    canvas_right(canvas, r.x + r.w - cells, r.y, cells, ROLE_text, right.bytes);
}

static void
draw_summary(struct canvas *canvas, struct rect r, const struct frame *frame)
{
    pane_draw_worst(&pane_tunnels, canvas, r, frame, draw_line);
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
    .draw_detail = tunnel_draw_detail,
};
