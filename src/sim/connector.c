#include "sim/connector.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/json.h"
#include "sim/chance.h"
#include "sim/connector_diary.h"
#include "sim/connector_life.h"
#include "sim/connector_metrics.h"
#include "sim/http.h"
#include "sim/loopback.h"

enum { CONNECTORS_APART = 4096 }; /* more than there are: ids of later processes differ */

static const char text_plain[] = "text/plain; charset=utf-8"; /* what Go's server sniffs */

struct connector {
    char name[64], tunnel_id[64], id[40], address[LOOPBACK_BYTES], url[LOOPBACK_BYTES + 8];
    const struct network_faults *faults;
    struct http_server *server; /* NULL while unreachable, or down */
    int port_fd;                /* keeps its port meanwhile */
    bool is_running, may_listen;
    uint64_t seed;
    size_t place, n_begun; /* processes */
    pthread_mutex_t lock;
    /* guarded by lock: */
    struct life life;
    struct connector_diary diary;
    unsigned tunnel_asked;
    char token[SIM_TOKEN_BYTES], valid_token[SIM_TOKEN_BYTES]; /* its own, and the edge's */
};

static void
answer_json(struct http_answer *answer, int status, const char *type, struct json *body)
{
    char *text = json_print(body, false);

    http_answer_text(answer, status, type, text);
    free(text);
    json_free(body);
}

static void
ready_page(struct connector *connector, struct http_answer *answer)
{
    int connections = life_connections(&connector->life);
    int status = connections > 0 ? 200 : 503;
    struct json *body = json_new_object();

    json_add_int(body, "status", status);
    json_add_int(body, "readyConnections", connections);
    json_add_string(body, "connectorId", connector->id);
    answer_json(answer, status, text_plain, body);
}

static void
health_page(struct connector *connector, struct http_answer *answer)
{
    (void)connector;
    http_answer_text(answer, 200, text_plain, "OK\n");
}

static void
metrics_page(struct connector *connector, struct http_answer *answer)
{
    char *text = connector_metrics(&connector->life);

    http_answer_text(answer, 200, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
                     text);
    free(text);
}

static void
origin_request_add(struct json *parent)
{
    struct json *origin = json_add_object(parent, "originRequest");

    json_add_int(origin, "connectTimeout", 30);
    json_add_int(origin, "tlsTimeout", 10);
    json_add_int(origin, "tcpKeepAlive", 30);
    json_add_bool(origin, "noHappyEyeballs", false);
    json_add_int(origin, "keepAliveTimeout", 90);
    json_add_int(origin, "keepAliveConnections", 100);
    json_add_bool(origin, "noTLSVerify", false);
    json_add_bool(origin, "http2Origin", false);
}

static void
config_page(struct connector *connector, struct http_answer *answer)
{
    struct json *body = json_new_object(), *config, *rule;

    (void)connector;
    json_add_int(body, "version", -1); /* no remote configuration: the target is local */
    config = json_add_object(body, "config");
    rule = json_add_object(json_add_array(config, "ingress"), NULL);
    json_add_string(rule, "hostname", "");
    json_add_null(rule, "path");
    json_add_string(rule, "service", "http://localhost:8080");
    json_add_null(rule, "Handlers");
    origin_request_add(rule);
    json_add_object(config, "warp-routing");
    origin_request_add(config);
    answer_json(answer, 200, text_plain, body);
}

static void
quicktunnel_page(struct connector *connector, struct http_answer *answer)
{
    (void)connector;
    http_answer_text(answer, 200, text_plain, "{\"hostname\":\"\"}");
}

/* In any order, as the real one walks a map; protocol only for QUIC, index only when not 0. */
static void
tunnel_page(struct connector *connector, struct http_answer *answer)
{
    const struct life *life = &connector->life;
    int n = life_connections(life), first = (int)(connector->tunnel_asked++ % LIFE_CONNECTIONS);
    struct json *body = json_new_object();
    struct json *list = NULL;

    json_add_string(body, "tunnelID", connector->tunnel_id);
    json_add_string(body, "connectorID", connector->id);
    if (n > 0)
        list = json_add_array(body, "connections");
    for (int k = 0; k < n; k++) {
        int i = (first + k) % n;
        struct json *connection = json_add_object(list, NULL);

        json_add_bool(connection, "isConnected", true);
        if (life->is_quic)
            json_add_int(connection, "protocol", 1);
        json_add_string(connection, "edgeAddress", life->connection[i].edge_address);
        if (i > 0)
            json_add_int(connection, "index", i);
    }
    answer_json(answer, 200, "application/json", body);
}

static void
system_page(struct connector *connector, struct http_answer *answer)
{
    struct json *body = json_new_object(), *info = json_add_object(body, "info"), *errors, *disk;

    json_add_int(info, "memoryMaximum", 8048176);
    json_add_int(info, "memoryCurrent", 3104992);
    json_add_int(info, "fileDescriptorMaximum", 1048576);
    json_add_int(info, "fileDescriptorCurrent", 2176);
    json_add_string(info, "osSystem", "Linux");
    json_add_string(info, "hostName", connector->name);
    json_add_string(info, "osVersion", "6.1.0-41-cloud-amd64");
    json_add_string(info, "osRelease", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.158-1");
    json_add_string(info, "architecture", "x86_64");
    json_add_string(info, "cloudflaredVersion", "2026.8.2");
    json_add_string(info, "goVersion", "go1.26.0");
    json_add_string(info, "goArch", "amd64");
    json_add_array(info, "disk");
    /* the distroless image has no df: an error beside the rest is the usual case */
    errors = json_add_object(body, "errors");
    disk = json_add_object(errors, "diskVolumeInformationError");
    json_add_string(disk, "error",
                    "error retrieving output from command 'df': exec: \"df\": executable file not "
                    "found in $PATH");
    json_add_string(disk, "rawInfo", "");
    answer_json(answer, 200, "application/json", body);
}

static void
configuration_page(struct connector *connector, struct http_answer *answer)
{
    struct json *body = json_new_object();

    json_add_string(body, "loglevel", "info");
    json_add_string(body, "metrics", connector->address);
    json_add_string(body, "no-autoupdate", "true");
    json_add_string(body, "uid", "65532");
    json_add_string(body, "url", "http://localhost:8080");
    answer_json(answer, 200, "application/json", body);
}

static void
cmdline_page(struct connector *connector, struct http_answer *answer)
{
    (void)connector;
    http_answer_text(answer, 403, text_plain, "Forbidden\n");
}

static const struct page {
    const char *path;
    void (*show)(struct connector *connector, struct http_answer *answer); /* with the lock held */
} pages[] = {
    {"/ready", ready_page},
    {"/healthcheck", health_page},
    {"/metrics", metrics_page},
    {"/config", config_page},
    {"/quicktunnel", quicktunnel_page},
    {"/diag/tunnel", tunnel_page},
    {"/diag/system", system_page},
    {"/diag/configuration", configuration_page},
    {"/debug/pprof/cmdline", cmdline_page},
};

static void
go_on(struct connector *connector) /* with the lock held */
{
    life_go_on(&connector->life, connector->faults, clock_wall_ms());
    connector_diary_go_on(&connector->diary, &connector->life, connector->faults);
}

void
connector_go_on(struct connector *connector)
{
    if (!connector->is_running)
        return;
    pthread_mutex_lock(&connector->lock);
    go_on(connector);
    pthread_mutex_unlock(&connector->lock);
}

static void
connector_answer(void *context, const struct http_request *request, struct http_answer *answer)
{
    struct connector *connector = context;

    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        if (strcmp(pages[i].path, request->path) != 0)
            continue;
        pthread_mutex_lock(&connector->lock);
        go_on(connector);
        pages[i].show(connector, answer);
        pthread_mutex_unlock(&connector->lock);
        return;
    }
    http_answer_text(answer, 404, text_plain, "404 page not found\n");
}

/* A version 4 UUID, the same for the same seed and place; every process has another. */
static void
id_make(char out[40], uint64_t seed, uint64_t place)
{
    uint64_t a = (seed + 1) * 0x9e3779b97f4a7c15, b = (a ^ (place + 1)) * 0xbf58476d1ce4e5b9;

    b ^= b >> 29;
    a ^= b * 0x94d049bb133111eb;
    snprintf(out, 40, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(a >> 32),
             (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
             ((unsigned)(b >> 48) & 0x3fff) | 0x8000, b & 0xffffffffffff);
}

static bool
listen_or_not(struct connector *connector, struct err *err)
{
    struct http_handler handler = {connector, connector_answer};
    bool is_wanted = connector->is_running && connector->may_listen;

    if (is_wanted == (connector->server != NULL))
        return true;
    if (!is_wanted) {
        http_stop(connector->server);
        connector->server = NULL;
        return true;
    }
    connector->server = http_listen(connector->address, &handler, err);
    return connector->server != NULL;
}

static bool
reserve_port(struct connector *connector, struct err *err)
{
    struct sockaddr_storage bound;

    connector->port_fd = loopback_bind("127.0.0.1:0", &bound, err);
    if (connector->port_fd >= 0)
        loopback_print(&bound, connector->address);
    return connector->port_fd >= 0;
}

/* Every second one writes JSON. */
static bool
begin_diary(struct connector *connector, const struct connector_plan *plan, struct err *err)
{
    enum diary_form form = plan->place % 2 == 1 ? DIARY_json : DIARY_console;

    if (!plan->log_file)
        return true;
    connector->diary.own = diary_open(plan->log_file, form, err);
    connector->diary.proxy = plan->proxy_diary;
    if (connector->diary.own)
        connector_diary_begin(&connector->diary, &connector->life, connector->tunnel_id);
    return connector->diary.own != NULL;
}

bool
connector_listen(struct connector *connector, bool is_reachable, struct err *err)
{
    connector->may_listen = is_reachable;
    return listen_or_not(connector, err);
}

void
connector_end(struct connector *connector)
{
    connector->is_running = false;
    listen_or_not(connector, NULL);
    pthread_mutex_lock(&connector->lock);
    connector_diary_end(&connector->diary, clock_wall_ms());
    pthread_mutex_unlock(&connector->lock);
}

static void
judge_token_locked(struct connector *connector)
{
    connector->life.is_refused = strcmp(connector->token, connector->valid_token) != 0;
}

bool
connector_begin(struct connector *connector, const char *token, int64_t pace, struct err *err)
{
    if (connector->is_running)
        connector_end(connector);
    pthread_mutex_lock(&connector->lock);
    snprintf(connector->token, sizeof(connector->token), "%s", token);
    judge_token_locked(connector);
    connector->life.pace = pace;
    life_restart(&connector->life, clock_wall_ms());
    id_make(connector->id, connector->seed,
            connector->place + ++connector->n_begun * CONNECTORS_APART);
    connector_diary_begin(&connector->diary, &connector->life, connector->tunnel_id);
    pthread_mutex_unlock(&connector->lock);
    connector->is_running = true;
    return listen_or_not(connector, err);
}

void
connector_set_valid_token(struct connector *connector, const char *token)
{
    pthread_mutex_lock(&connector->lock);
    go_on(connector);
    snprintf(connector->valid_token, sizeof(connector->valid_token), "%s", token);
    judge_token_locked(connector);
    pthread_mutex_unlock(&connector->lock);
}

const char *
connector_state(struct connector *connector)
{
    int connections;

    if (!connector->is_running)
        return "down";
    pthread_mutex_lock(&connector->lock);
    go_on(connector);
    connections = life_connections(&connector->life);
    pthread_mutex_unlock(&connector->lock);
    return connections > 0 ? "up" : "starting";
}

struct connector *
connector_start(const struct connector_plan *plan, const struct network_faults *faults,
                struct err *err)
{
    struct connector *connector = calloc(1, sizeof(*connector));

    if (!connector || pthread_mutex_init(&connector->lock, NULL) != 0)
        die("out of memory");
    snprintf(connector->name, sizeof(connector->name), "%s", plan->name);
    snprintf(connector->tunnel_id, sizeof(connector->tunnel_id), "%s", plan->tunnel_id);
    snprintf(connector->token, sizeof(connector->token), "%s", plan->token);
    snprintf(connector->valid_token, sizeof(connector->valid_token), "%s", plan->token);
    connector->seed = plan->seed;
    connector->place = plan->place;
    connector->is_running = true;
    id_make(connector->id, plan->seed, plan->place);
    connector->faults = faults;
    life_begin(&connector->life, plan->place, plan->seed, clock_wall_ms());
    if (!reserve_port(connector, err) || !begin_diary(connector, plan, err) ||
        !connector_listen(connector, true, err)) {
        connector_stop(connector);
        return NULL;
    }
    snprintf(connector->url, sizeof(connector->url), "http://%s", connector->address);
    return connector;
}

void
connector_stop(struct connector *connector)
{
    if (!connector)
        return;
    http_stop(connector->server);
    if (connector->port_fd >= 0)
        close(connector->port_fd);
    diary_close(connector->diary.own);
    pthread_mutex_destroy(&connector->lock);
    free(connector);
}

const char *
connector_log_file(const struct connector *connector)
{
    return connector->diary.own ? diary_path(connector->diary.own) : NULL;
}

const char *
connector_url(const struct connector *connector)
{
    return connector->url;
}
