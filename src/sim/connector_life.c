#include "sim/connector_life.h"

#include <stdio.h>
#include <string.h>

enum {
    HOUR_MS = 60 * 60 * 1000,
    DEGRADED_CONNECTIONS = 2,
    BYTES_PER_REQUEST = 2900,
    BYTES_PER_ANSWER = 11300,
    FLAP_PERIOD_S = 4,
    REGISTER_PERIOD_S = 5, /* a rejected registration is tried again */
};

/* The last byte of the published addresses: 198.41.192.x and 198.41.200.x, and
 * 2606:4700:a0::x (facts/connectivity.md A2). */
static const int region_host[2][10] = {
    {7, 27, 37, 47, 57, 67, 77, 107, 167, 227},
    {13, 23, 33, 43, 53, 63, 73, 113, 193, 233},
};
static const int region_net[2] = {192, 200};

static const char *const colos[] = {"fra03", "fra08", "ams01", "ams04", "cdg02", "lhr13", "waw01"};

/* splitmix64 */
static uint64_t
next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void
connection_begin(struct life_connection *connection, int index, uint64_t *chance)
{
    int region = index % 2, host = (int)(next(chance) % 5) + index / 2 * 5;
    size_t colo = next(chance) % COUNT_OF(colos);

    snprintf(connection->edge_address, sizeof(connection->edge_address), "198.41.%d.%d",
             region_net[region], region_host[region][host]);
    snprintf(connection->location, sizeof(connection->location), "%s", colos[colo]);
    if (index == 0) /* one that moved is enough to catch whoever reads the stale series */
        snprintf(connection->former_location, sizeof(connection->former_location), "%s",
                 colos[(colo + 1) % COUNT_OF(colos)]);
    connection->rtt_ms = 7 + (double)(next(chance) % 120) / 10;
}

void
life_begin(struct life *life, size_t place, uint64_t seed, int64_t now_ms)
{
    uint64_t chance = seed ^ ((uint64_t)place + 1) * 0x2545f4914f6cdd1d;
    int64_t age_ms = (30 + (int64_t)(next(&chance) % 90)) * HOUR_MS;

    *life = (struct life){.place = place, .started_ms = now_ms - age_ms, .now_ms = now_ms};
    life->is_quic = true;
    life->pace = 100;
    life->up = LIFE_CONNECTIONS;
    for (int i = 0; i < LIFE_CONNECTIONS; i++)
        connection_begin(&life->connection[i], i, &chance);
    life->requests_per_s = 2 + (double)(next(&chance) % 100) / 10;
    life->requests = life->requests_per_s * (double)age_ms / 1000;
    life->request_errors = life->requests * 0.00002;
    life->register_success = LIFE_CONNECTIONS + 1;
    life->sent_bytes = life->requests * BYTES_PER_ANSWER;
    life->received_bytes = life->requests * BYTES_PER_REQUEST;
    life->lost_packets = life->requests * 0.004;
}

void
life_restart(struct life *life, int64_t now_ms)
{
    struct life fresh = {.place = life->place,
                         .started_ms = now_ms,
                         .now_ms = now_ms,
                         .is_quic = true,
                         .pace = life->pace,
                         .is_refused = life->is_refused,
                         .requests_per_s = life->requests_per_s};

    memcpy(fresh.connection, life->connection, sizeof(fresh.connection));
    *life = fresh;
}

static int
wanted(const struct life *life, const struct network_faults *faults)
{
    if (fault_on(faults, FAULT_connectors_down) || fault_on(faults, FAULT_token_rejected))
        return 0;
    if (life->place == 0 && fault_on(faults, FAULT_connector_degraded))
        return DEGRADED_CONNECTIONS;
    if (fault_on(faults, FAULT_connector_flapping))
        return LIFE_CONNECTIONS - 1; /* one of them is always registering again */
    return LIFE_CONNECTIONS;
}

static void
serve_requests(struct life *life, const struct network_faults *faults, double seconds)
{
    double requests = life_connections(life) > 0 ? life->requests_per_s * seconds : 0;
    double minutes_of_day = (double)(life->now_ms / 60000 % 1440);
    double swell = 1 + 0.25 * (minutes_of_day / 720 - 1); /* a day is not flat */

    requests *= swell;
    life->requests += requests;
    if (fault_on(faults, FAULT_proxy_down))
        life->request_errors += requests;
    life->sent_bytes += requests * BYTES_PER_ANSWER;
    life->received_bytes += requests * BYTES_PER_REQUEST;
    life->lost_packets += requests * 0.004;
}

void
life_go_on(struct life *life, const struct network_faults *faults, int64_t now_ms)
{
    double seconds = now_ms > life->now_ms ? (double)(now_ms - life->now_ms) / 1000 : 0;
    int most = wanted(life, faults), before = life_connections(life);
    double paced = (double)life->pace / 100;

    if (life->is_refused && most > before)
        most = before; /* what is established stays */
    life->now_ms = now_ms;
    life->is_quic = !fault_on(faults, FAULT_udp_blocked) &&
                    !(life->place == 0 && fault_on(faults, FAULT_connector_degraded));
    if (life->up > most)
        life->up = most;
    else /* the next connection starts a second after the one before (facts A4) */
        life->up = life->up + seconds * paced < most ? life->up + seconds * paced : most;
    if (life_connections(life) > before)
        life->register_success += life_connections(life) - before;
    if (fault_on(faults, FAULT_connector_flapping))
        life->register_success += seconds / FLAP_PERIOD_S;
    if (fault_on(faults, FAULT_token_rejected) || (life->is_refused && before < LIFE_CONNECTIONS))
        life->register_failures += seconds * paced / REGISTER_PERIOD_S;
    serve_requests(life, faults, seconds);
}

int
life_connections(const struct life *life)
{
    return (int)life->up;
}
