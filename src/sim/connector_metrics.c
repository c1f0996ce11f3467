#include "sim/connector_metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"

/* As Go prints a float64: the fewest digits that read back the same, with an exponent from a
 * million on ("1.234567e+06"). Readers that expect plain digits are to be found out. */
static void
number_print(FILE *out, double value)
{
    char digits[40];
    int precision = 0, exponent;

    do
        snprintf(digits, sizeof(digits), "%.*e", precision, value);
    while (strtod(digits, NULL) != value && ++precision < 17);
    exponent = (int)strtol(strchr(digits, 'e') + 1, NULL, 10);
    if (exponent < -4 || exponent > 5)
        fputs(digits, out);
    else
        fprintf(out, "%.*f", precision > exponent ? precision - exponent : 0, value);
}

static void
head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
sample(FILE *out, const char *name, const char *labels, double value)
{
    fprintf(out, "%s%s ", name, labels);
    number_print(out, value);
    fputc('\n', out);
}

static double
whole(double value)
{
    return (double)(int64_t)value;
}

static double
requests(const struct life *life)
{
    return whole(life->requests);
}

static double
request_errors(const struct life *life)
{
    return whole(life->request_errors);
}

static double
in_flight(const struct life *life)
{
    return life_connections(life) > 0 ? (double)(life->now_ms / 1000 % 3) : 0;
}

/* cloudflared counts connection loops, not connections (facts/connectivity.md C3): it says four
 * whatever is up. */
static double
connection_loops(const struct life *life)
{
    (void)life;
    return LIFE_CONNECTIONS;
}

static double
started_s(const struct life *life)
{
    return (double)life->started_ms / 1000;
}

static double
cpu_s(const struct life *life)
{
    return whole(life->requests * 0.13) / 100;
}

static double
resident_bytes(const struct life *life)
{
    return (double)((38 + life->place) << 20);
}

static double
open_files(const struct life *life)
{
    return 14 + life_connections(life);
}

static double
one(const struct life *life)
{
    (void)life;
    return 1;
}

static double
zero(const struct life *life)
{
    (void)life;
    return 0;
}

static double
config_version(const struct life *life)
{
    (void)life;
    return -1; /* a local target and no remote configuration */
}

static double
dials(const struct life *life)
{
    return whole(life->register_success) + whole(life->register_failures);
}

static double
dials_closed(const struct life *life)
{
    return dials(life) - life_connections(life);
}

/* The metrics of one value. */
static const struct single {
    const char *name, *type, *labels, *help;
    double (*value)(const struct life *life);
    bool is_quic; /* there only when QUIC has been tried */
} singles[] = {
    {"build_info", "gauge",
     "{goversion=\"go1.26.0\",revision=\"2026-08-20-0930 UTC\",type=\"\",version=\"2026.8.2\"}",
     "Build and version information", one, false},
    {"cloudflared_config_local_config_pushes", "counter", "", "Number of local config pushes", one,
     false},
    {"cloudflared_config_local_config_pushes_errors", "counter", "",
     "Number of errors in local config pushes", zero, false},
    {"cloudflared_orchestration_config_version", "gauge", "", "Configuration Version",
     config_version, false},
    {"cloudflared_proxy_connect_streams_errors", "counter", "",
     "Total count of failures to open streams", zero, false},
    {"cloudflared_tcp_active_sessions", "gauge", "", "Concurrent count of TCP sessions", zero,
     false},
    {"cloudflared_tcp_total_sessions", "counter", "", "Total count of TCP sessions", zero, false},
    {"cloudflared_tunnel_concurrent_requests_per_tunnel", "gauge", "",
     "Concurrent requests proxied through each tunnel", in_flight, false},
    {"cloudflared_tunnel_ha_connections", "gauge", "", "Number of active ha connections",
     connection_loops, false},
    {"cloudflared_tunnel_request_errors", "counter", "", "Count of error proxying to origin",
     request_errors, false},
    {"cloudflared_tunnel_total_requests", "counter", "",
     "Amount of requests proxied through all the tunnels", requests, false},
    {"process_cpu_seconds_total", "counter", "", "Total user and system CPU time spent in seconds.",
     cpu_s, false},
    {"process_open_fds", "gauge", "", "Number of open file descriptors.", open_files, false},
    {"process_resident_memory_bytes", "gauge", "", "Resident memory size in bytes.", resident_bytes,
     false},
    {"process_start_time_seconds", "gauge", "",
     "Start time of the process since unix epoch in seconds.", started_s, false},
    {"quic_client_closed_connections", "counter", "", "Number of connections that has been closed",
     dials_closed, true},
    {"quic_client_packet_too_big_dropped", "counter", "",
     "Count of packets received from origin that are too big to send", zero, true},
    {"quic_client_total_connections", "counter", "", "Number of connections initiated", dials,
     true},
};

/* One connection's share of a total; the first carries the rest. */
static double
share(double total, int i)
{
    double each = whole(total / LIFE_CONNECTIONS);

    return i == 0 ? whole(total) - each * (LIFE_CONNECTIONS - 1) : each;
}

static double
sent_bytes(const struct life *life, int i)
{
    return share(life->sent_bytes, i);
}

static double
received_bytes(const struct life *life, int i)
{
    return share(life->received_bytes, i);
}

static double
lost_packets(const struct life *life, int i)
{
    return share(life->lost_packets, i);
}

/* Whole milliseconds; what is below one reads 0. */
static double
smoothed_rtt(const struct life *life, int i)
{
    return whole(life->connection[i].rtt_ms);
}

static double
latest_rtt(const struct life *life, int i)
{
    return whole(life->connection[i].rtt_ms + (double)((life->now_ms / 1000 + i * 7) % 5) - 2);
}

static double
min_rtt(const struct life *life, int i)
{
    return whole(life->connection[i].rtt_ms * 0.8);
}

static double
mtu(const struct life *life, int i)
{
    (void)life;
    (void)i;
    return 1452;
}

static double
congestion_window(const struct life *life, int i)
{
    (void)life;
    return 46464 + i * 1452;
}

static double
application_limited(const struct life *life, int i)
{
    (void)life;
    (void)i;
    return 2;
}

/* QUIC's metrics of each connection: they stay when the connection has died. */
static const struct each {
    const char *name, *type, *more_labels, *help;
    double (*value)(const struct life *life, int i);
} eaches[] = {
    {"quic_client_congestion_state", "gauge", "", "Current congestion control state",
     application_limited},
    {"quic_client_congestion_window", "gauge", "", "Current congestion window size",
     congestion_window},
    {"quic_client_latest_rtt", "gauge", "", "Latest RTT measured on a connection", latest_rtt},
    {"quic_client_lost_packets", "counter", ",reason=\"time_threshold\"",
     "Number of packets that have been lost from a connection", lost_packets},
    {"quic_client_min_rtt", "gauge", "", "Lowest RTT measured on a connection in millisec",
     min_rtt},
    {"quic_client_mtu", "gauge", "", "Current maximum transmission unit (MTU) of a connection",
     mtu},
    {"quic_client_receive_bytes", "counter", "", "Bytes that have been received over a connection",
     received_bytes},
    {"quic_client_sent_bytes", "counter", "", "Bytes that have been sent over a connection",
     sent_bytes},
    {"quic_client_smoothed_rtt", "gauge", "", "Calculated smoothed RTT measured on a connection",
     smoothed_rtt},
};

static void
each_print(FILE *out, const struct life *life, const struct each *each)
{
    char labels[96];

    head(out, each->name, each->type, each->help);
    for (int i = 0; i < LIFE_CONNECTIONS; i++) {
        snprintf(labels, sizeof(labels), "{conn_index=\"%d\"%s}", i, each->more_labels);
        sample(out, each->name, labels, each->value(life, i));
    }
}

/* 1 where a connection is, 0 where it once was; not cleared when it goes down. */
static void
locations_print(FILE *out, const struct life *life)
{
    static const char name[] = "cloudflared_tunnel_server_locations";
    char labels[96];

    head(
        out, name, "gauge",
        "Where each tunnel is connected to. 1 means current location, 0 means previous locations.");
    for (int i = 0; i < LIFE_CONNECTIONS; i++) {
        const struct life_connection *connection = &life->connection[i];

        snprintf(labels, sizeof(labels), "{connection_id=\"%d\",edge_location=\"%s\"}", i,
                 connection->former_location);
        if (*connection->former_location)
            sample(out, name, labels, 0);
        snprintf(labels, sizeof(labels), "{connection_id=\"%d\",edge_location=\"%s\"}", i,
                 connection->location);
        sample(out, name, labels, 1);
    }
}

static void
registrations_print(FILE *out, const struct life *life)
{
    if (life->register_failures >= 1) { /* the series does not exist before the first failure */
        head(out, "cloudflared_tunnel_tunnel_register_fail", "counter",
             "Count of tunnel registration errors by type");
        sample(out, "cloudflared_tunnel_tunnel_register_fail",
               "{error=\"server_error\",rpcName=\"registerConnection\"}",
               whole(life->register_failures));
    }
    head(out, "cloudflared_tunnel_tunnel_register_success", "counter",
         "Count of successful tunnel registrations");
    sample(out, "cloudflared_tunnel_tunnel_register_success", "{rpcName=\"registerConnection\"}",
           whole(life->register_success));
}

static void
responses_print(FILE *out, const struct life *life)
{
    static const char name[] = "cloudflared_tunnel_response_by_code";
    double bad = request_errors(life), all = requests(life);

    head(out, name, "counter", "Count of responses by HTTP status code");
    sample(out, name, "{status_code=\"101\"}", all - bad);
    sample(out, name, "{status_code=\"502\"}", bad);
}

static void
latency_print(FILE *out, const struct life *life)
{
    static const struct {
        const char *bound;
        double share;
    } buckets[] = {{"1", 0.61}, {"10", 0.97}, {"25", 0.99}, {"50", 0.995}, {"100", 0.999},
                   {"500", 1},  {"1000", 1},  {"5000", 1},  {"+Inf", 1}};
    static const char name[] = "cloudflared_proxy_connect_latency";
    double all = requests(life) - request_errors(life);
    char labels[32];

    head(out, name, "histogram",
         "Time it takes to establish and acknowledge connections in milliseconds");
    for (size_t i = 0; i < COUNT_OF(buckets); i++) {
        snprintf(labels, sizeof(labels), "{le=\"%s\"}", buckets[i].bound);
        sample(out, "cloudflared_proxy_connect_latency_bucket", labels,
               whole(all * buckets[i].share));
    }
    sample(out, "cloudflared_proxy_connect_latency_sum", "", whole(all * 2.1));
    sample(out, "cloudflared_proxy_connect_latency_count", "", all);
}

char *
connector_metrics(const struct life *life)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        die("out of memory");
    for (size_t i = 0; i < COUNT_OF(singles); i++) {
        if (singles[i].is_quic && !life->is_quic)
            continue;
        head(out, singles[i].name, singles[i].type, singles[i].help);
        sample(out, singles[i].name, singles[i].labels, singles[i].value(life));
    }
    latency_print(out, life);
    responses_print(out, life);
    locations_print(out, life);
    registrations_print(out, life);
    for (size_t i = 0; life->is_quic && i < COUNT_OF(eaches); i++)
        each_print(out, life, &eaches[i]);
    if (fclose(out) != 0)
        die("out of memory");
    return text;
}
