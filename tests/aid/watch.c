#include "aid/watch.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/fetch.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/json.h"
#include "demo.h"
#include "sim/sim.h"

enum { WITHIN_MS = 120000, QUICK_MS = 100 };

static const char *
no_variable(const char *name)
{
    (void)name;
    return NULL;
}

static struct api_credential_source
place(const struct config_credential *from)
{
    return (struct api_credential_source){
        .api_key_file = from->api_key_file,
        .auth_token_file = from->auth_token_file,
        .command = from->command,
        .profile = from->profile,
    };
}

static const struct api_pool *
pools(struct arena *arena, const struct config *config)
{
    struct api_pool *rows = arena_array(arena, config->n_pools, sizeof(*rows));

    for (size_t i = 0; i < config->n_pools; i++)
        rows[i] = (struct api_pool){
            .id = config->pools[i].id,
            .name = config->pools[i].name,
            .environment_key_file = config->pools[i].environment_key_file,
            .expected_workers = config->pools[i].expected_workers,
        };
    return rows;
}

static void
load(struct watch *watch, const char *path)
{
    static const char *const no_themes[] = {NULL}, *const drivers[] = {"drivers", NULL};
    struct config_request request = {
        .theme_folders = no_themes, .driver_folders = drivers, .getenv = no_variable};
    char name[] = "test", flag[] = "--config";
    char *argv[] = {name, flag, arena_strdup(watch->arena, path), NULL};
    struct err err = {0};
    int argc = 3;

    if (!config_load(&request, &argc, argv, watch->arena, &watch->config, &err))
        die("%s", err.message);
    watch->options = (struct api_options){
        .base_url = watch->config.base_url,
        .credential = place(&watch->config.credential),
        .tunnels = place(&watch->config.tunnels),
        .pools = pools(watch->arena, &watch->config),
        .n_pools = watch->config.n_pools,
        .requests_per_minute = 100000,
        .interval_ms = QUICK_MS,
        .getenv = no_variable,
    };
}

/* The program that was built together with the test, for control commands. */
static const char *
program_path(struct arena *arena)
{
    const char *build = getenv("BUILD");
    char path[PATH_MAX];
    char *whole = realpath(arena_printf(arena, "%s/sandwatch", build ? build : "build"), path);

    return whole ? arena_strdup(arena, whole) : NULL;
}

void
watch_begin(struct watch *watch, const char *scenario)
{
    static const char *const folders[] = {"scenarios", NULL};
    struct err err = {0};
    const char *path;

    *watch = (struct watch){.arena = arena_new(), .store = store_new()};
    watch->demo = demo_start(&(struct sim_options){.scenario = scenario,
                                                   .seed = 1,
                                                   .scenario_folders = folders,
                                                   .program = program_path(watch->arena)},
                             &err);
    path = watch->demo ? demo_config(watch->demo, watch->arena, &err) : NULL;
    if (!path)
        die("%s", err.message);
    load(watch, path);
}

void
watch_start(struct watch *watch)
{
    struct err err = {0};

    watch->api = api_start(&watch->options, watch->store, &err);
    if (!watch->api)
        die("%s", err.message);
}

void
watch_stop(struct watch *watch)
{
    api_stop(watch->api);
    watch->api = NULL;
}

void
watch_forget(struct watch *watch)
{
    store_release(watch->store, &watch->snapshot);
    store_free(watch->store);
    watch->store = store_new();
}

void
watch_end_world(struct watch *watch)
{
    demo_stop(watch->demo);
    watch->demo = NULL;
}

void
watch_end(struct watch *watch)
{
    watch_stop(watch);
    store_release(watch->store, &watch->snapshot);
    store_free(watch->store);
    demo_stop(watch->demo);
    arena_free(watch->arena);
}

bool
watch_until(struct watch *watch, watch_is_so *is_so, const void *context)
{
    int64_t deadline_ms = clock_mono_ms() + WITHIN_MS;

    for (;;) {
        struct pollfd news = {.fd = store_wake_fd(watch->store), .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_mono_ms();

        store_release(watch->store, &watch->snapshot);
        store_woken(watch->store);
        store_snapshot(watch->store, &watch->snapshot);
        if (is_so(&watch->snapshot, context))
            return true;
        if (left_ms <= 0 || poll(&news, 1, (int)left_ms) <= 0)
            return false;
    }
}

static bool
is_settled(const struct snapshot *snapshot, const void *context)
{
    size_t n;
    const struct service *service = snapshot_service(snapshot, &n);

    (void)context;
    return n == 1 && service->is_settled;
}

bool
watch_until_settled(struct watch *watch)
{
    return watch_until(watch, is_settled, NULL);
}

void
watch_wish(struct watch *watch, enum wish_kind kind, const char *id)
{
    struct wish wish = {.kind = kind};

    snprintf(wish.id, sizeof(wish.id), "%s", id);
    store_wish(watch->store, WISH_FOR_api, &wish);
}

void
watch_post(struct watch *watch, const char *path, const char *body)
{
    static const char *const headers[] = {"content-type: application/json", NULL};
    const struct fetch options = {.method = "POST", .body = body, .headers = headers};
    char url[256];
    struct fetched answer;

    snprintf(url, sizeof(url), "%s%s", watch->config.base_url, path);
    answer = fetch(url, &options);
    if (answer.status != 200)
        die("%s: %d %s", path, answer.status, answer.body);
    fetched_free(&answer);
}

void
watch_fault(struct watch *watch, const char *name, bool on)
{
    char body[128];

    snprintf(body, sizeof(body), "{\"name\":\"%s\",\"on\":%s}", name, on ? "true" : "false");
    watch_post(watch, "/sim/fault", body);
}

int64_t
watch_asked(struct watch *watch, const char *call)
{
    struct fetched answer = fetch_at(watch->config.base_url, "/sim/requests");
    struct json *json = json_parse(answer.body, strlen(answer.body), NULL);
    int64_t n = json_int(json, call, 0);

    json_free(json);
    fetched_free(&answer);
    return n;
}
