#include "sim/connector_diary.h"

#include <stdio.h>

#include "core/base.h"

enum {
    DIAL_EVERY_MS = 5000,
    PRECHECK_MS = 400,
    REGISTER_MS = 1000, /* between the first connections */
};

#define FIELDS(...) ((const struct diary_field[]){__VA_ARGS__, {NULL, NULL}})

static void
say_connection(const struct connector_diary *diary, const struct life *life, int i, int64_t at_ms,
               const char *message)
{
    char index[8];

    snprintf(index, sizeof(index), "%d", i);
    diary_write(diary->own, at_ms, "INF", message,
                FIELDS({"connIndex", index}, {"ip", life->connection[i].edge_address},
                       {"location", life->connection[i].location},
                       {"protocol", life->is_quic ? "quic" : "http2"}));
}

static void
say_precheck(const struct connector_diary *diary, int64_t at_ms)
{
    static const struct {
        const char *component, *target;
    } steps[] = {
        {"DNS Resolution", "region1.v2.argotunnel.com"},
        {"DNS Resolution", "region2.v2.argotunnel.com"},
        {"UDP Connectivity", "region1.v2.argotunnel.com"},
        {"UDP Connectivity", "region2.v2.argotunnel.com"},
        {"TCP Connectivity", "region1.v2.argotunnel.com"},
        {"TCP Connectivity", "region2.v2.argotunnel.com"},
        {"Cloudflare API", "api.cloudflare.com"},
    };

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        diary_write(diary->own, at_ms, "INF", "precheck",
                    FIELDS({"component", steps[i].component}, {"run_id", "4f2c90"},
                           {"status", "pass"}, {"target", steps[i].target}));
    diary_write(diary->own, at_ms, "INF", "precheck complete",
                FIELDS({"hard_fail", "false"}, {"suggested_protocol", "quic"}));
}

void
connector_diary_begin(struct connector_diary *diary, const struct life *life, const char *tunnel_id)
{
    diary_write(diary->own, life->started_ms, "INF", "Starting tunnel",
                FIELDS({"tunnelID", tunnel_id}));
    say_precheck(diary, life->started_ms + PRECHECK_MS);
    diary->connections = life_connections(life);
    for (int i = 0; i < diary->connections; i++)
        say_connection(diary, life, i, life->started_ms + (i + 1) * (int64_t)REGISTER_MS,
                       "Registered tunnel connection");
    diary->is_quic = life->is_quic;
    diary->registered = (int64_t)life->register_success;
    diary->refused = (int64_t)life->register_failures;
}

void
connector_diary_end(struct connector_diary *diary, int64_t at_ms)
{
    diary_write(diary->own, at_ms, "INF",
                "Initiating graceful shutdown due to signal terminated ...", NULL);
}

static void
say_changes(struct connector_diary *diary, const struct life *life)
{
    int now = life_connections(life), before = diary->connections;
    int64_t registered = (int64_t)life->register_success;

    if (diary->is_quic && !life->is_quic) {
        diary_write(diary->own, life->now_ms, "ERR", "Failed to dial a quic connection",
                    FIELDS({"error", "failed to dial to edge with quic: timeout: no recent network "
                                     "activity"},
                           {"connIndex", "0"}));
        diary_write(diary->own, life->now_ms, "INF", "Switching to fallback protocol http2", NULL);
    }
    for (int i = before; i > now; i--)
        say_connection(diary, life, i - 1, life->now_ms, "Lost connection with the edge");
    if (now <= before && registered > diary->registered)
        say_connection(diary, life, now, life->now_ms, "Lost connection with the edge");
    for (int i = before; i < now; i++)
        say_connection(diary, life, i, life->now_ms, "Registered tunnel connection");
    if (now <= before && registered > diary->registered)
        say_connection(diary, life, now, life->now_ms, "Registered tunnel connection");
    diary->connections = now;
    diary->is_quic = life->is_quic;
    diary->registered = registered;
}

static bool
is_due(int64_t *last_ms, int64_t now_ms)
{
    if (now_ms - *last_ms < DIAL_EVERY_MS)
        return false;
    *last_ms = now_ms;
    return true;
}

/* Why it has none, again and again. */
static void
say_failures(struct connector_diary *diary, const struct life *life,
             const struct network_faults *faults)
{
    int64_t refused = (int64_t)life->register_failures;

    if (refused > diary->refused)
        diary_write(diary->own, life->now_ms, "ERR", "Register tunnel error from server side",
                    FIELDS({"error", "Unauthorized: Invalid tunnel secret"}, {"connIndex", "0"}));
    diary->refused = refused;
    if (!fault_on(faults, FAULT_connectors_down) || !is_due(&diary->dialled_ms, life->now_ms))
        return;
    diary_write(
        diary->own, life->now_ms, "ERR",
        "edge discovery: error looking up Cloudflare edge IPs: the DNS query failed",
        FIELDS({"error", "lookup _v2-origintunneld._tcp.argotunnel.com: server misbehaving"}));
    diary_write(diary->own, life->now_ms, "INF", "Retrying connection in up to 4s", NULL);
}

/* The proxy hears the service refuse its certificate, each time a request comes. */
static void
say_proxy(struct connector_diary *diary, const struct life *life,
          const struct network_faults *faults)
{
    bool is_expired = fault_on(faults, FAULT_cert_expired);

    if (life_connections(life) > 0 && (is_expired || fault_on(faults, FAULT_cert_wrong_ca)) &&
        is_due(&diary->refused_tls_ms, life->now_ms))
        diary_write(diary->proxy, life->now_ms, "ERR", "tls handshake failed",
                    FIELDS({"error", is_expired ? "remote error: tls: expired certificate"
                                                : "remote error: tls: unknown certificate "
                                                  "authority"}));
}

void
connector_diary_go_on(struct connector_diary *diary, const struct life *life,
                      const struct network_faults *faults)
{
    if (!diary->own)
        return;
    say_changes(diary, life);
    say_failures(diary, life, faults);
    say_proxy(diary, life, faults);
}
