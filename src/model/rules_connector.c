/* rules_connector.c — a connector that carries traffic, and still is not well
 * (facts/connectivity.md C4). */
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "model/layers.h"
#include "model/say.h"

enum {
    MOST_REGISTRATIONS = 3, /* in ten minutes */
    SLOW_TIMES = 3,         /* a round trip above so many medians */
    LEAST_SLOW_US = 50000,  /* and not merely above nothing */
    SMALLEST_MTU = 1280,
    OLDEST_YEAR = 2026,
    OLDEST_MONTH = 5,
};

#define MOST_LOSS 0.02
#define MOST_REQUEST_ERRORS 0.05

static bool
has_slow_connection(const struct connector *connector, size_t *which)
{
    for (size_t i = 0; i < connector->n_connections; i++) {
        const struct edge_connection *connection = &connector->connections[i];

        if (connection->median_rtt_us < 0 || connection->rtt_us < LEAST_SLOW_US ||
            connection->rtt_us <= SLOW_TIMES * connection->median_rtt_us)
            continue;
        *which = i;
        return true;
    }
    return false;
}

static const struct edge_connection *
small_connection(const struct connector *connector)
{
    for (size_t i = 0; i < connector->n_connections; i++)
        if (connector->connections[i].mtu > 0 && connector->connections[i].mtu < SMALLEST_MTU)
            return &connector->connections[i];
    return NULL;
}

/* HTTP/2 everywhere, although this host's datagrams reach the edge. */
static bool
fell_back(const struct judge *judge, const struct connector *connector)
{
    struct path udp = path_of(judge, CHECK_EDGE_UDP_7844, NULL);

    for (size_t i = 0; i < connector->n_connections; i++)
        if (strcmp(connector->connections[i].protocol, "http2") != 0)
            return false;
    return connector->n_connections > 0 && udp.n > 0 && udp.failed == 0;
}

/* The port of "http://localhost:8080" or ":8080"; 0 when it names none. */
static int64_t
port_of(const char *address)
{
    const char *colon = strrchr(address, ':');
    int64_t port;

    return colon && int_parse(colon + 1, &port) ? port : 0;
}

static const struct proxy *
proxy_behind(const struct judge *judge, const struct connector *connector)
{
    for (size_t i = 0; i < judge->n_proxies; i++) {
        const struct tunnel *tunnel = tunnel_of(judge, &judge->proxies[i]);

        if (strcmp(connector->tunnel_id, tunnel ? tunnel->id : judge->unlisted[i].id) == 0)
            return &judge->proxies[i];
    }
    return NULL;
}

/* What is wrong with where it forwards to (facts/connectivity.md C2, D2); "" nothing. */
static const char *
say_aim(const struct judge *judge, const struct connector *connector)
{
    const struct proxy *proxy = proxy_behind(judge, connector);
    const char *service = connector->service ? connector->service : "";
    int64_t port = port_of(service);

    if (strncmp(service, "http_status:", 12) == 0)
        return arena_printf(judge->arena,
                            "it has no local target: every request gets HTTP %s from itself",
                            service + 12);
    if (proxy && port > 0 && port_of(proxy->listen_address) > 0 &&
        port != port_of(proxy->listen_address))
        return arena_printf(judge->arena, "it forwards to %s, and the proxy listens on %s", service,
                            proxy->listen_address);
    return "";
}

bool
connector_has(const struct judge *judge, const struct connector *connector,
              enum connector_trouble trouble)
{
    size_t which;

    switch (trouble) {
    case CONNECTOR_aimless:
        return *say_aim(judge, connector);
    case CONNECTOR_flapping:
        return connector->registrations_10min > MOST_REGISTRATIONS;
    case CONNECTOR_refused:
        return connector->new_register_failures > 0;
    case CONNECTOR_failing:
        return connector->request_errors_10min > MOST_REQUEST_ERRORS;
    case CONNECTOR_one_region:
        return connector_is_in_one_region(connector);
    case CONNECTOR_fell_back:
        return fell_back(judge, connector);
    case CONNECTOR_slow:
        return has_slow_connection(connector, &which);
    case CONNECTOR_losing:
        return connector->loss > MOST_LOSS;
    case CONNECTOR_small_mtu:
        return small_connection(connector) != NULL;
    case CONNECTOR_old:
        return connector_is_older(connector->version, OLDEST_YEAR, OLDEST_MONTH);
    case CONNECTOR_TROUBLES:
        break;
    }
    return false;
}

bool
connector_is_troubled(const struct judge *judge, const struct connector *connector)
{
    for (int i = 0; i < CONNECTOR_TROUBLES; i++)
        if (connector_has(judge, connector, (enum connector_trouble)i))
            return true;
    return false;
}

static bool
is_exposed(const struct connector *connector)
{
    return connector->exposure.address && *connector->exposure.address;
}

const char *
connector_say(struct judge *judge, const struct connector *connector,
              enum connector_trouble trouble)
{
    size_t which = 0;

    switch (trouble) {
    case CONNECTOR_aimless:
        return say_aim(judge, connector);
    case CONNECTOR_flapping:
        return arena_printf(judge->arena, "it registered %s again within ten minutes: flapping",
                            say_count(judge->arena, connector->registrations_10min, "connection"));
    case CONNECTOR_refused:
        return arena_printf(
            judge->arena, "the edge refused %s within ten minutes",
            say_count(judge->arena, connector->new_register_failures, "registration"));
    case CONNECTOR_failing:
        return arena_printf(judge->arena,
                            "%.0f %% of its requests of the last ten minutes failed at what it "
                            "forwards to%s%s",
                            connector->request_errors_10min * 100,
                            connector->service && *connector->service ? ", " : "",
                            connector->service ? connector->service : "");
    case CONNECTOR_one_region:
        return "all its connections lead to one region of the edge";
    case CONNECTOR_fell_back:
        return "it uses HTTP/2 although UDP passes from here: it fell back earlier";
    case CONNECTOR_slow:
        has_slow_connection(connector, &which);
        return arena_printf(
            judge->arena, "connection %d takes %" PRId64 " ms, %" PRId64 " ms in the last hour",
            connector->connections[which].index, connector->connections[which].rtt_us / 1000,
            connector->connections[which].median_rtt_us / 1000);
    case CONNECTOR_losing:
        return arena_printf(judge->arena, "it loses about %.1f %% of its packets",
                            connector->loss * 100);
    case CONNECTOR_small_mtu:
        return arena_printf(judge->arena, "its path carries packets of %" PRId64 " bytes only",
                            small_connection(connector)->mtu);
    case CONNECTOR_old:
        return arena_printf(judge->arena,
                            "version %s shows its token to whoever reaches its metrics port%s%s",
                            connector->version, is_exposed(connector) ? ", which is open at " : "",
                            is_exposed(connector) ? connector->exposure.address : "");
    case CONNECTOR_TROUBLES:
        break;
    }
    return "";
}

const char *
connector_cure(const struct judge *judge, const struct connector *connector)
{
    static const struct {
        enum connector_trouble trouble;
        const char *cure;
    } cures[] = {
        {CONNECTOR_aimless, "start cloudflared with --url http://localhost and the port that the "
                            "proxy listens on, in the proxy's network namespace"},
        {CONNECTOR_refused, "give the tunnel's current token to cloudflared and restart it"},
        {CONNECTOR_failing, "see that the proxy runs at the address that it forwards to, and the "
                            "proxy's log"},
        {CONNECTOR_flapping, "see its log for \"Lost connection with the edge\"; measure loss on "
                             "its way, compare with protocol http2"},
        {CONNECTOR_losing, "look for loss on the way to the edge, or compare with protocol http2"},
        {CONNECTOR_slow, "look for load on its host, and loss on the way to the edge"},
        {CONNECTOR_small_mtu,
         "look at tunnels and VPNs on the path; let ICMP too-big messages pass"},
        {CONNECTOR_fell_back, "restart it, so that it tries QUIC again"},
        {CONNECTOR_one_region, "restart it; when that does not help, see which region is blocked"},
        {CONNECTOR_old, "update cloudflared to 2026.5.0 or later"},
    };

    for (size_t i = 0; i < COUNT_OF(cures); i++)
        if (connector_has(judge, connector, cures[i].trouble))
            return cures[i].cure;
    return "";
}

const struct log_sighting *
add_complaints(struct judge *judge, const char *tunnel_id, struct finding *out)
{
    const struct log_sighting *worst = NULL;

    for (size_t i = 0; i < judge->n_connectors; i++) {
        const struct connector *connector = &judge->connectors[i];
        const struct log_sighting *seen = log_complaint(&connector->log);

        if (!seen || (tunnel_id && strcmp(connector->tunnel_id, tunnel_id) != 0))
            continue;
        evidence_add(judge, out, "%s, %s", connector->name, say_log(judge->arena, seen));
        if (!worst || log_signal_mood(seen->signal) > log_signal_mood(worst->signal))
            worst = seen;
    }
    return worst;
}
