#include "sim/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "sim/auth.h"
#include "sim/route.h"
#include "sim/stamp.h"

enum { STATUSES = 12, LOG_ENTRIES = 1000 };

struct count {
    uint64_t n;
    struct {
        int status;
        uint64_t n;
    } statuses[STATUSES];
};

struct ledger {
    struct count *counts; /* one per route, and one for paths that no route knows */
    size_t n_routes;
    struct json *log[LOG_ENTRIES]; /* a ring */
    size_t next;
};

struct ledger *
ledger_new(void)
{
    struct ledger *ledger = zeroed(sizeof(*ledger));

    routes(&ledger->n_routes);
    ledger->counts = zeroed((ledger->n_routes + 1) * sizeof(*ledger->counts));
    return ledger;
}

void
ledger_clear(struct ledger *ledger)
{
    memset(ledger->counts, 0, (ledger->n_routes + 1) * sizeof(*ledger->counts));
    for (size_t i = 0; i < LOG_ENTRIES; i++) {
        json_free(ledger->log[i]);
        ledger->log[i] = NULL;
    }
    ledger->next = 0;
}

void
ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    ledger_clear(ledger);
    free(ledger->counts);
    free(ledger);
}

static void
count(struct count *count, int status)
{
    count->n++;
    for (size_t i = 0; i < STATUSES; i++)
        if (count->statuses[i].status == status || count->statuses[i].n == 0) {
            count->statuses[i].status = status;
            count->statuses[i].n++;
            return;
        }
}

static void
add_query(struct json *entry, const struct exchange *x)
{
    struct json *query = json_add_object(entry, "query");

    for (size_t i = 0; i < x->n_query; i++)
        if (!json_get(query, x->query[i].name))
            json_add_string(query, x->query[i].name, x->query[i].value);
}

static struct json *
entry_of(const struct exchange *x)
{
    static const struct {
        const char *key, *header;
    } headers[] = {
        {"version", "anthropic-version"},
        {"beta", "anthropic-beta"},
        {"helper", "x-stainless-helper"},
        {"worker_id", "anthropic-worker-id"},
        {"accept", "accept"},
        {"retry", "x-stainless-retry-count"},
        {"user_agent", "user-agent"},
        {"content_type", "content-type"},
    };
    struct json *entry = json_new_object();

    stamp_add_us(entry, "at", clock_wall_ms() * 1000);
    json_add_string(entry, "method", x->method);
    json_add_string(entry, "path", x->path);
    json_add_string(entry, "pattern", x->route ? x->route->pattern : NULL);
    add_query(entry, x);
    json_add_int(entry, "status", x->status);
    json_add_string(entry, "credential", auth_kind_name(x->credential.kind));
    json_add_bool(entry, "api_key_header", exchange_header(x, "x-api-key"));
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        json_add_string(entry, headers[i].key, exchange_header(x, headers[i].header));
    return entry;
}

void
ledger_add(struct ledger *ledger, const struct exchange *x)
{
    size_t n, i = ledger->n_routes;

    if (x->route)
        i = (size_t)(x->route - routes(&n));
    count(&ledger->counts[i], x->status);
    json_free(ledger->log[ledger->next]);
    ledger->log[ledger->next] = entry_of(x);
    ledger->next = (ledger->next + 1) % LOG_ENTRIES;
}

static void
add_count(struct json *json, struct json *statuses, const char *key, const struct count *c)
{
    struct json *mine;

    if (c->n == 0)
        return;
    json_add_int(json, key, (int64_t)c->n);
    mine = json_add_object(statuses, key);
    for (size_t i = 0; i < STATUSES && c->statuses[i].n > 0; i++) {
        char status[16];

        snprintf(status, sizeof(status), "%d", c->statuses[i].status);
        json_add_int(mine, status, (int64_t)c->statuses[i].n);
    }
}

struct json *
ledger_counts(const struct ledger *ledger)
{
    struct json *json = json_new_object(), *statuses = json_new_object();
    const struct route *table;
    uint64_t total = 0;
    size_t n;

    table = routes(&n);
    for (size_t i = 0; i <= n; i++)
        total += ledger->counts[i].n;
    json_add_int(json, "total", (int64_t)total);
    for (size_t i = 0; i < n; i++) {
        char key[96];

        snprintf(key, sizeof(key), "%s %s", table[i].method, table[i].pattern);
        add_count(json, statuses, key, &ledger->counts[i]);
    }
    add_count(json, statuses, "unknown", &ledger->counts[n]);
    json_add(json, "statuses", statuses);
    return json;
}

struct json *
ledger_log(const struct ledger *ledger)
{
    struct json *json = json_new_object(), *data = json_add_array(json, "data");

    for (size_t i = 0; i < LOG_ENTRIES; i++) {
        const struct json *entry = ledger->log[(ledger->next + i) % LOG_ENTRIES];

        if (entry)
            json_add(data, NULL, json_copy(entry));
    }
    return json;
}
