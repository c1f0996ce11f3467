/* tunnel_rows.h — the rows of the tunnels pane: a tunnel with what its connectors add up to, or a
 * connector whose tunnel we do not know. UI thread only. */
#ifndef UI_PANES_TUNNEL_ROWS_H
#define UI_PANES_TUNNEL_ROWS_H

#include "ui/panes/rows.h"

/* Without a credential for tunnels, the connectors of this host are all there is to see. */
struct entry {
    const struct tunnel *tunnel;       /* NULL: a connector alone */
    const struct connector *connector; /* of a connector alone */
};

/* What the connectors of a row add up to; -1 is unknown. */
struct sum {
    size_t connectors, ready, working; /* working: ready or degraded, so it carries traffic */
    int64_t connections, expected, errors;
    int64_t rtt_us; /* the slowest connection */
    double errors_per_min;
    enum severity severity;
    const char *protocol;
    bool is_mixed; /* more than one protocol */
    char locations[64];
};

size_t tunnel_rows_count(const struct frame *frame);
const void *tunnel_rows_at(const struct frame *frame, size_t index);
/* Fill data and index of the row with this id; false when it is gone. */
bool tunnel_row_find(struct row *row, const char *entry_id);

struct entry tunnel_entry(const struct row *row);
struct sum tunnel_sum(const struct row *row);

const char *tunnel_row_id(const struct row *row);
const char *tunnel_row_name(const struct row *row);
const char *tunnel_row_domain(const struct row *row);
enum severity tunnel_row_severity(const struct row *row);
enum role tunnel_row_mark(const struct row *row);
/* The layer that makes it worse than its connectors, which are well; NULL when none does. */
const struct layer *tunnel_row_layer(const struct row *row);
/* Of its connectors, or of that layer: "layer 2". */
const char *tunnel_row_state(const struct row *row);
enum role tunnel_row_state_role(const struct row *row);
enum role connector_state_role(enum connector_state state);

/* Certificates in force; LIST_UNKNOWN until they were read. */
int64_t tunnel_row_certificates(const struct row *row);
/* Milliseconds until the first certificate runs out; negative when it did; LIST_UNKNOWN. */
int64_t tunnel_row_expiry(const struct row *row);
enum role tunnel_row_expiry_role(const struct row *row); /* as the thresholds judged it */
bool certificate_is_in_force(const struct frame *frame, const struct certificate *certificate);

/* tunnel_detail.c: a connector and its connections in one line; the selected row in full. */
void page_connector_line(struct page *page, const struct connector *connector);
int tunnel_draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame,
                       const char *entry_id, int scroll);

#endif
