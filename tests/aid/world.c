#include "aid/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/die.h"
#include "core/text.h"

enum { DAY_S = 86400, MOST_RULES = 64, LONGEST = 1024 };

/* Rows of one kind while they are made; each is its own allocation, so that pointers stay. */
struct list {
    void **row;
    size_t n, room, row_bytes;
};

struct world {
    struct arena *arena;
    struct list list[SLOT_COUNT];
    struct source_status source[SOURCE_COUNT];
    struct thresholds thresholds;
    struct store *store;
    struct snapshot snapshot;
    bool has_snapshot;
    struct assessment *assessment;
    size_t n_jobs_ever;
};

int64_t
world_ago(int64_t seconds)
{
    return WORLD_NOW_MS - seconds * 1000;
}

struct world *
world_new(void)
{
    static const size_t bytes[] = {
#define SLOT(id, row) [SLOT_##id] = sizeof(row),
#include "model/slots.def"
#undef SLOT
    };
    struct world *world = calloc(1, sizeof(*world));

    if (!world)
        die("out of memory");
    world->arena = arena_new();
    world->store = store_new();
    world->thresholds = thresholds_default();
    for (int i = 0; i < SLOT_COUNT; i++)
        world->list[i].row_bytes = bytes[i];
    for (int i = 0; i < SOURCE_COUNT; i++)
        world->source[i] = (struct source_status){
            .state = SOURCE_STATE_ok,
            .ok_at_ms = world_ago(2),
            .tried_at_ms = world_ago(2),
            .interval_ms = source_interval_ms((enum source)i),
            .rounds = 3,
            .parts = 1,
            .parts_ok = 1,
        };
    return world;
}

static void
forget_view(struct world *world)
{
    assessment_free(world->assessment);
    world->assessment = NULL;
    if (world->has_snapshot)
        store_release(world->store, &world->snapshot);
    world->has_snapshot = false;
}

void
world_free(struct world *world)
{
    if (!world)
        return;
    forget_view(world);
    store_free(world->store);
    for (int i = 0; i < SLOT_COUNT; i++)
        free(world->list[i].row);
    arena_free(world->arena);
    free(world);
}

const char *
world_string(struct world *world, const char *format, ...)
{
    char raw[LONGEST];
    va_list args;

    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    return arena_strdup(world->arena, raw);
}

const char *
world_clean(struct world *world, const char *s)
{
    return text_clean_dup(world->arena, s, LONGEST);
}

void *
world_row(struct world *world, enum slot slot, size_t i)
{
    return world->list[slot].row[i];
}

static void *
row_new(struct world *world, enum slot slot)
{
    struct list *list = &world->list[slot];
    void *row = arena_alloc(world->arena, list->row_bytes);

    if (list->n == list->room) {
        list->room = list->room ? list->room * 2 : 16;
        list->row = realloc(list->row, list->room * sizeof(*list->row));
        if (!list->row)
            die("out of memory");
    }
    list->row[list->n++] = row;
    return row;
}

struct pool *
world_pool(struct world *world, const char *name)
{
    struct pool *pool = row_new(world, SLOT_pools);

    *pool = (struct pool){
        .id = world_string(world, "env_%s", name),
        .name = world_string(world, "%s", name),
        .work_access = WORK_LISTED,
        .expected_workers = -1,
        .stats_at_ms = world_ago(2),
        .workers_polling = 2,
        .stats_error = "",
        .work_at_ms = world_ago(2),
        .work_error = "",
    };
    series_add(&pool->depth_trend, 0);
    return pool;
}

struct job *
world_job(struct world *world, const char *pool, const char *title)
{
    struct job *job = row_new(world, SLOT_jobs);
    size_t n = ++world->n_jobs_ever;

    *job = (struct job){
        .id = world_string(world, "work_%zu", n),
        .pool_id = world_string(world, "env_%s", pool),
        .pool_name = world_string(world, "%s", pool),
        .from = JOB_FROM_WORK,
        .state = "active",
        .state_kind = JOB_STATE_active,
        .created_ms = world_ago(610),
        .acknowledged_ms = world_ago(607),
        .started_ms = world_ago(607),
        .heartbeat_ms = world_ago(14),
        .session_id = world_string(world, "sesn_%zu", n),
        .title = world_string(world, "%s", title),
        .agent = "bumper",
        .session_status = "running",
        .stop_reason = "",
        .session_created_ms = world_ago(610),
        .session_updated_ms = world_ago(20),
        .wait = JOB_WAIT_nothing,
        .cost_cents = 187,
        .budget_cents = 2500,
        .last_error = "",
        .seen_ms = world_ago(2),
    };
    return job;
}

struct tunnel *
world_tunnel(struct world *world, const char *name)
{
    struct tunnel *tunnel = row_new(world, SLOT_tunnels);

    *tunnel = (struct tunnel){
        .id = world_string(world, "tnl_%s", name),
        .name = world_string(world, "%s", name),
        .domain = world_string(world, "%s.tunnel.example.com", name),
        .created_ms = world_ago(140 * DAY_S),
        .certificates_at_ms = world_ago(30),
        .certificates_error = "",
    };
    world_certificate(world, tunnel, INT64_C(4) * 365 * DAY_S);
    return tunnel;
}

struct certificate *
world_certificate(struct world *world, struct tunnel *tunnel, int64_t expires_in_s)
{
    struct certificate *all = arena_array(world->arena, tunnel->n_certificates + 1, sizeof(*all));
    struct certificate *certificate = &all[tunnel->n_certificates];

    if (tunnel->n_certificates > 0)
        memcpy(all, tunnel->certificates, tunnel->n_certificates * sizeof(*all));
    *certificate = (struct certificate){
        .id = world_string(world, "tcrt_%s_%zu", tunnel->name, tunnel->n_certificates + 1),
        .fingerprint = "9f2c0d5e4b7a61c8d3e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6",
        .created_ms = world_ago(140 * DAY_S),
        .expires_ms = WORLD_NOW_MS + expires_in_s * 1000,
    };
    tunnel->certificates = all;
    tunnel->n_certificates++;
    return certificate;
}

struct connector *
world_connector(struct world *world, const char *name, const char *tunnel)
{
    struct connector *connector = row_new(world, SLOT_connectors);
    struct edge_connection *connections =
        arena_array(world->arena, CONNECTOR_EXPECTED_CONNECTIONS, sizeof(*connections));

    for (int i = 0; i < CONNECTOR_EXPECTED_CONNECTIONS; i++)
        connections[i] = (struct edge_connection){
            .index = i,
            .protocol = "quic",
            .edge_address = world_string(world, "198.41.%d.7", i % 2 ? 200 : 192),
            .location = i % 2 ? "ams01" : "fra03",
            .rtt_us = 11000 + 700 * i,
            .median_rtt_us = 11000,
            .mtu = 1452,
        };
    *connector = (struct connector){
        .name = world_string(world, "%s", name),
        .url = world_string(world, "http://127.0.0.1:%zu", 20240 + world->list[SLOT_connectors].n),
        .connector_id = world_string(world, "c0ffee00-%s", name),
        .tunnel_id = world_string(world, "tnl_%s", tunnel),
        .state = CONNECTOR_ready,
        .ready_connections = CONNECTOR_EXPECTED_CONNECTIONS,
        .expected_connections = CONNECTOR_EXPECTED_CONNECTIONS,
        .version = "2026.11.0",
        .connections = connections,
        .n_connections = CONNECTOR_EXPECTED_CONNECTIONS,
        .requests = 48211,
        .request_errors = 3,
        .register_failures = 0,
        .registrations_10min = 0,
        .new_register_failures = 0,
        .request_errors_10min = 0,
        .loss = 0,
        .requests_per_s = 4.2,
        .errors_per_min = 0,
        .started_ms = world_ago(6 * DAY_S),
        .service = "http://localhost:8080",
        .error = "",
        .at_ms = world_ago(1),
    };
    return connector;
}

struct proxy *
world_proxy(struct world *world, const char *tunnel)
{
    static const struct proxy_range private[] = {{"10.0.0.0/8", 0x0a000000, 8}};
    static const struct proxy_certificate right = {
        .file = {"/data/x.crt", ""},
        .fingerprint = "9f2c0d5e4b7a61c8d3e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6",
        .subject = "CN=x",
        .issuer = "CN=ca",
        .from_ms = WORLD_NOW_MS - INT64_C(86400000),
        .until_ms = WORLD_NOW_MS + INT64_C(80) * 86400000,
    };
    struct proxy *proxy = row_new(world, SLOT_proxies);

    *proxy = (struct proxy){
        .config = {"/etc/mcp-gateway/config.yaml", ""},
        .tunnel_domain = world_string(world, "%s.tunnel.example.com", tunnel),
        .listen_address = ":8080",
        .data_domain = "",
        .ranges = private,
        .n_ranges = COUNT_OF(private),
        .ca = right,
        .server = right,
        .at_ms = world_ago(10),
    };
    for (int i = 0; i < CERTIFICATE_RULES; i++)
        proxy->rules[i] = (struct certificate_proof){PROOF_holds, ""};
    return proxy;
}

struct upstream *
world_upstream(struct world *world, const char *route)
{
    static const enum oauth_answer good[OAUTH_REQUESTS] = {
        OAUTH_challenge,     OAUTH_token_refused, OAUTH_stream_refused,
        OAUTH_resource_good, OAUTH_server_good,   OAUTH_metadata_https,
    };
    struct upstream *upstream = row_new(world, SLOT_upstreams);

    *upstream = (struct upstream){
        .route = world_string(world, "%s", route),
        .host = world_string(world, "%s.internal", route),
        .url = world_string(world, "http://%s.internal:3000/mcp", route),
        .outside = "",
        .dns_error = "",
        .resolved_ms = world_ago(60),
        .asked_ms = world_ago(60),
    };
    for (int i = 0; i < OAUTH_REQUESTS; i++)
        upstream->reply[i] = (struct oauth_reply){good[i], ""};
    return upstream;
}

struct check *
world_check(struct world *world, enum check_kind kind, const char *target, int family)
{
    static const struct {
        const char *protocol;
        const char *address[2];
    } kinds[] = {
        [CHECK_API_443] = {"tcp/443", {"160.79.104.10:443", "[2607:6bc0::10]:443"}},
        [CHECK_EDGE_TCP_7844] = {"tcp/7844", {"198.41.192.7:7844", "[2606:4700:a0::1]:7844"}},
        [CHECK_EDGE_UDP_7844] = {"udp/7844", {"198.41.192.7:7844", "[2606:4700:a0::1]:7844"}},
    };
    struct check *check = row_new(world, SLOT_checks);

    *check = (struct check){
        .target = world_string(world, "%s", target),
        .protocol = kinds[kind].protocol,
        .kind = kind,
        .family = family,
        .host = kind == CHECK_API_443 ? "api.anthropic.com" : "region1.v2.argotunnel.com",
        .address = kinds[kind].address[family == 6],
        .verdict = CHECK_pass,
        .stage_us = {2100, 11800, 24500, -1, -1},
        .error = "",
        .hint = "",
        .note = kind == CHECK_API_443 ? "HTTP 401" : "",
        .rtt_us = 11800,
        .sent = 30,
        .retransmits = kind == CHECK_EDGE_UDP_7844 ? -1 : 0,
        .path_mtu = kind == CHECK_EDGE_UDP_7844 ? -1 : 1500,
        .datagram_bytes = kind == CHECK_EDGE_UDP_7844 ? 1472 : -1,
        .at_ms = world_ago(3),
    };
    if (kind == CHECK_API_443)
        check->stage_us[STAGE_http] = 48000;
    if (kind == CHECK_EDGE_UDP_7844) {
        check->stage_us[STAGE_tcp] = check->stage_us[STAGE_tls] = -1;
        check->stage_us[STAGE_quic] = 12400;
    }
    for (int i = 0; i < 30; i++)
        series_add(&check->rtt_trend, 11000 + 97 * (i * 7 % 13));
    return check;
}

struct service *
world_service(struct world *world)
{
    struct service *service;

    if (world->list[SLOT_service].n > 0)
        return world->list[SLOT_service].row[0];
    service = row_new(world, SLOT_service);
    *service = (struct service){
        .base_url = "https://api.anthropic.com",
        .workspace_id = "wrkspc_011CZmWorkspace",
        .organization_id = "",
        .credential = "API key from ANTHROPIC_API_KEY",
        .last_request_id = "req_011CZmExample000000001",
        .budget_per_minute = 300,
        .used_last_minute = 84,
        .clock_offset_ms = 120,
        .has_clock_offset = true,
        .latency_us = 84000,
        .stretch = 1,
        .is_settled = true,
    };
    return service;
}

struct control *
world_control(struct world *world)
{
    struct control *control;

    if (world->list[SLOT_control].n > 0)
        return world->list[SLOT_control].row[0];
    control = row_new(world, SLOT_control);
    *control = (struct control){
        .arm = ARM_on_demand,
        .context = "acme-prod",
        .armed_until_ms = WORLD_NOW_MS + 461000,
        .locked_why = "",
        .reason = "",
        .journal = "",
    };
    return control;
}

struct op *
world_op(struct world *world, enum op_kind kind, const char *object_id, const char *name)
{
    struct op *op = row_new(world, SLOT_ops);

    *op = (struct op){
        .id = world_string(world, "op_%zu", world->list[SLOT_ops].n),
        .kind = kind,
        .state = OP_STATE_running,
        .object_id = world_string(world, "%s", object_id),
        .object_name = world_string(world, "%s", name),
        .pool_id = "",
        .summary = "",
        .phase = "",
        .user = "you",
        .host = "bastion-2",
        .ssh_client = "10.1.2.3",
        .reason = "INC-4711",
        .is_ours = true,
        .must_type = "",
        .must_retype = "",
        .why_retype = "",
        .planned_ms = world_ago(70),
        .confirmed_ms = world_ago(65),
        .undo_until_ms = world_ago(60),
        .started_ms = world_ago(60),
        .remaining_ms = -1,
        .offer_text = "",
    };
    return op;
}

struct op_item *
world_op_item(struct world *world, struct op *op, const char *id, const char *name)
{
    struct op_item *items = arena_array(world->arena, op->n_items + 1, sizeof(*items));

    if (op->n_items > 0)
        memcpy(items, op->items, op->n_items * sizeof(*items));
    items[op->n_items] = (struct op_item){
        .id = world_string(world, "%s", id),
        .name = world_string(world, "%s", name),
        .what = "",
        .loses = "",
        .note = "",
    };
    op->items = items;
    return &items[op->n_items++];
}

void
world_op_line(struct world *world, struct op *op, enum op_line_kind kind, const char *text)
{
    struct op_line *lines = arena_array(world->arena, op->n_lines + 1, sizeof(*lines));

    if (op->n_lines > 0)
        memcpy(lines, op->lines, op->n_lines * sizeof(*lines));
    lines[op->n_lines++] = (struct op_line){
        .kind = kind,
        .at_ms = kind >= OP_LINE_step ? world_ago(50) : 0,
        .text = world_string(world, "%s", text),
    };
    op->lines = lines;
}

struct source_status *
world_source(struct world *world, enum source source)
{
    return &world->source[source];
}

void
world_fail(struct world *world, enum source source, enum err_code code, const char *error)
{
    struct source_status *status = &world->source[source];

    status->state = SOURCE_STATE_error;
    status->code = code;
    snprintf(status->error, sizeof(status->error), "%s", error);
    status->tried_at_ms = world_ago(1);
    status->failures = 3;
    status->failing_since_ms = status->ok_at_ms > 0 ? status->ok_at_ms + 1000 : world_ago(2);
    status->parts_ok = 0;
}

/* Rows as one array in an arena of their own; their strings stay with the world, which lives
 * longer than its store. */
static void
publish(struct world *world, enum slot slot)
{
    const struct list *list = &world->list[slot];
    struct arena *arena = arena_new();
    char *rows = arena_array(arena, list->n, list->row_bytes);

    for (size_t i = 0; i < list->n; i++)
        memcpy(rows + i * list->row_bytes, list->row[i], list->row_bytes);
    store_publish(world->store, slot, arena, rows, list->n);
}

struct store *
world_store(struct world *world)
{
    for (int i = 0; i < SLOT_COUNT; i++)
        if (world->list[i].n > 0 || world->source[0].rounds > 0)
            publish(world, (enum slot)i);
    for (int i = 0; i < SOURCE_COUNT; i++)
        store_source(world->store, (enum source)i, &world->source[i]);
    return world->store;
}

const struct snapshot *
world_snapshot(struct world *world)
{
    forget_view(world);
    store_snapshot(world_store(world), &world->snapshot);
    world->has_snapshot = true;
    return &world->snapshot;
}

const struct assessment *
world_assess(struct world *world)
{
    const struct snapshot *snapshot = world_snapshot(world);

    world->assessment = assess(snapshot, &world->thresholds, WORLD_NOW_MS);
    return world->assessment;
}

const struct snapshot *
world_looked_at(const struct world *world)
{
    return &world->snapshot;
}

const struct finding *
world_finding(struct world *world, const char *rule)
{
    const struct assessment *assessment = world_assess(world);

    for (size_t i = 0; i < assessment->n_findings; i++)
        if (strcmp(assessment->findings[i].rule, rule) == 0)
            return &assessment->findings[i];
    return NULL;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *
world_rules(struct world *world)
{
    const struct assessment *assessment = world_assess(world);
    const char *names[MOST_RULES];
    size_t n = 0;
    TEXT(out, LONGEST);

    for (size_t i = 0; i < assessment->n_findings && n < MOST_RULES; i++)
        names[n++] = assessment->findings[i].rule;
    if (n > 0)
        qsort(names, n, sizeof(names[0]), by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            text_addf(&out, "%s%s", out.n > 0 ? " " : "", names[i]);
    return world_string(world, "%s", out.bytes);
}
