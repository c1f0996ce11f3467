#include "probe/cloudflared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "probe/prometheus.h"

static void
copy(char *out, size_t size, const char *s)
{
    text_clean(out, size, s, strlen(s));
}

static struct json *
parse_object(const char *body, size_t n, struct err *err)
{
    struct json *json = json_parse(body, n, err);

    if (json && !json_is_object(json)) {
        err_set(err, ERR_FORMAT, "expected a JSON object");
        json_free(json);
        return NULL;
    }
    return json;
}

bool
cloudflared_read_ready(const char *body, size_t n, struct cloudflared_ready *out, struct err *err)
{
    struct json *json = parse_object(body, n, err);
    const char *id = json_string(json, "connectorId", "");
    int64_t connections = json_int(json, "readyConnections", -1);
    bool is_good = *id && connections >= 0;

    if (!json)
        return false;
    copy(out->connector_id, sizeof(out->connector_id), id);
    out->connections = connections;
    json_free(json);
    if (!is_good)
        return err_set(err, ERR_FORMAT, "no connectorId and readyConnections: not cloudflared");
    return true;
}

/* --- /metrics --- */

/* A value as a whole number; -1 when it is none. */
static int64_t
whole(double value)
{
    return isfinite(value) && value >= 0 && value < 9e15 ? (int64_t)value : -1;
}

/* Series of one name with different labels are one number to us. */
static void
add_up(int64_t *sum, double value)
{
    int64_t n = whole(value);

    if (n >= 0)
        *sum = (*sum < 0 ? 0 : *sum) + n;
}

/* The connection that the label names; -1 when it is none of ours. */
static int
connection_of(const struct prometheus_sample *sample, const char *label)
{
    char text[PROMETHEUS_WORD_BYTES];
    int64_t index;

    if (!prometheus_label(sample, label, text) || !int_parse(text, &index) || index < 0 ||
        index >= CLOUDFLARED_CONNECTIONS)
        return -1;
    return (int)index;
}

static void
take_requests(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    add_up(&out->requests, sample->value);
}

static void
take_errors(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    add_up(&out->request_errors, sample->value);
}

/* A second connection to one server is refused, and made to another: no failure. */
static void
take_register_fail(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    char error[PROMETHEUS_WORD_BYTES];

    if (prometheus_label(sample, "error", error) && strcmp(error, "dup_edge_conn") == 0)
        return;
    add_up(&out->register_failures, sample->value);
}

static void
take_register_success(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    add_up(&out->register_successes, sample->value);
}

/* 1 is the current location; former ones stay there with 0. */
static void
take_location(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    int i = connection_of(sample, "connection_id");
    char location[PROMETHEUS_WORD_BYTES];

    if (i >= 0 && whole(sample->value) == 1 && prometheus_label(sample, "edge_location", location))
        copy(out->connections[i].location, sizeof(out->connections[i].location), location);
}

/* Whole milliseconds. */
static void
take_rtt(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    int i = connection_of(sample, "conn_index");
    int64_t ms = whole(sample->value);

    if (i >= 0 && ms >= 0)
        out->connections[i].smoothed_rtt_us = ms * 1000;
}

static void
take_mtu(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    int i = connection_of(sample, "conn_index");

    if (i >= 0)
        out->connections[i].mtu = whole(sample->value);
}

static void
take_lost(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    add_up(&out->lost_packets, sample->value);
}

static void
take_sent(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    add_up(&out->sent_bytes, sample->value);
}

static void
take_version(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    char version[PROMETHEUS_WORD_BYTES];

    if (prometheus_label(sample, "version", version))
        copy(out->version, sizeof(out->version), version);
}

static void
take_start(struct cloudflared_metrics *out, const struct prometheus_sample *sample)
{
    int64_t ms = whole(sample->value * 1000);

    out->started_ms = ms > 0 ? ms : 0;
}

/* cloudflared_tunnel_ha_connections is left out on purpose: it counts attempts, not connections. */
static const struct {
    const char *name;
    void (*take)(struct cloudflared_metrics *out, const struct prometheus_sample *sample);
} metrics[] = {
    {"cloudflared_tunnel_total_requests", take_requests},
    {"cloudflared_tunnel_request_errors", take_errors},
    {"cloudflared_tunnel_tunnel_register_fail", take_register_fail},
    {"cloudflared_tunnel_tunnel_register_success", take_register_success},
    {"cloudflared_tunnel_server_locations", take_location},
    {"quic_client_smoothed_rtt", take_rtt},
    {"quic_client_mtu", take_mtu},
    {"quic_client_lost_packets", take_lost},
    {"quic_client_sent_bytes", take_sent},
    {"build_info", take_version},
    {"process_start_time_seconds", take_start},
};

static void
take_sample(void *context, const struct prometheus_sample *sample)
{
    for (size_t i = 0; i < COUNT_OF(metrics); i++)
        if (strcmp(metrics[i].name, sample->name) == 0)
            metrics[i].take(context, sample);
}

bool
cloudflared_read_metrics(const char *body, size_t n, struct cloudflared_metrics *out,
                         struct err *err)
{
    memset(out, 0, sizeof(*out));
    out->requests = out->request_errors = -1;
    out->register_failures = out->register_successes = -1;
    for (int i = 0; i < CLOUDFLARED_CONNECTIONS; i++)
        out->connections[i].smoothed_rtt_us = out->connections[i].mtu = -1;
    out->lost_packets = out->sent_bytes = -1;
    if (prometheus_read(body, n, take_sample, out) == 0)
        return err_set(err, ERR_FORMAT, "expected Prometheus text");
    if (out->register_failures < 0) /* that series is born with its first failure */
        out->register_failures = 0;
    return true;
}

/* --- /diag/tunnel, /config, /diag/configuration --- */

static int
by_index(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b; /* index is the first member */

    return (x > y) - (x < y);
}

bool
cloudflared_read_tunnel(const char *body, size_t n, struct cloudflared_tunnel *out, struct err *err)
{
    struct json *json = parse_object(body, n, err);
    const char *id = json_string(json, "tunnelID", "");
    bool is_good = *id != '\0';

    if (!json)
        return false;
    memset(out, 0, sizeof(*out));
    copy(out->tunnel_id, sizeof(out->tunnel_id), id);
    copy(out->connector_id, sizeof(out->connector_id), json_string(json, "connectorID", ""));
    for (const struct json *item = json_first(json_get(json, "connections"));
         item && out->n_connections < CLOUDFLARED_CONNECTIONS; item = json_next(item)) {
        size_t at = out->n_connections;
        int64_t index = json_int(item, "index", 0); /* 0 is left out */

        if (!json_is_object(item) || index < 0 || index > INT16_MAX)
            continue;
        out->connections[at].index = (int)index;
        out->connections[at].is_quic = json_int(item, "protocol", 0) == 1; /* so is HTTP/2's 0 */
        copy(out->connections[at].edge_address, sizeof(out->connections[at].edge_address),
             json_string(item, "edgeAddress", ""));
        out->n_connections++;
    }
    json_free(json);
    qsort(out->connections, out->n_connections, sizeof(out->connections[0]), by_index);
    if (!is_good)
        return err_set(err, ERR_FORMAT, "no tunnelID: not cloudflared's /diag/tunnel");
    return true;
}

bool
cloudflared_read_config(const char *body, size_t n, struct cloudflared_config *out, struct err *err)
{
    struct json *json = parse_object(body, n, err);
    const struct json *ingress;

    if (!json)
        return false;
    memset(out, 0, sizeof(*out));
    out->version = json_int(json, "version", -1);
    ingress = json_get(json_get(json, "config"), "ingress");
    for (const struct json *rule = json_first(ingress); rule; rule = json_next(rule))
        copy(out->service, sizeof(out->service), json_string(rule, "service", ""));
    json_free(json);
    return true;
}

bool
cloudflared_read_expected(const char *body, size_t n, int64_t *out, struct err *err)
{
    struct json *json = parse_object(body, n, err);

    if (!json)
        return false;
    if (!int_parse(json_string(json, "ha-connections", ""), out) || *out < 1 ||
        *out > CLOUDFLARED_CONNECTIONS)
        *out = -1;
    json_free(json);
    return true;
}
