#include "wiring.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/address.h"
#include "api/api.h"
#include "core/arena.h"
#include "core/proxy_env.h"
#include "model/store.h"
#include "ops/ops.h"
#include "probe/probe.h"
#include "ui/keys.h"

#ifndef SANDWATCH_DATADIR
#define SANDWATCH_DATADIR "/usr/local/share/sandwatch"
#endif

#define DEFAULT_API_HOST "api.anthropic.com"

enum { LONGEST_PATH = 4096, LONGEST_THRESHOLD_S = 366 * 86400 };

static const char *
environment(const char *name)
{
    return getenv(name);
}

const char *
program_path(struct arena *arena)
{
    char path[LONGEST_PATH];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    return n > 0 ? arena_strndup(arena, path, (size_t)n) : NULL;
}

/* The folder of the program itself, or ".". */
static const char *
program_folder(struct arena *arena)
{
    const char *path = program_path(arena);

    return path ? dirname(arena_strdup(arena, path)) : ".";
}

const char *const *
program_folders(struct arena *arena, const char *kind)
{
    const char *config_home = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    const char *here = program_folder(arena);
    const char **folders = arena_array(arena, 6, sizeof(*folders));
    size_t n = 0;

    folders[n++] = SANDWATCH_DATADIR;
    folders[n++] = arena_printf(arena, "%s/../share/sandwatch", here);
    folders[n++] = arena_printf(arena, "%s/../..", here); /* build/release/sandwatch */
    if (config_home && *config_home)
        folders[n++] = arena_printf(arena, "%s/sandwatch", config_home);
    else if (home && *home)
        folders[n++] = arena_printf(arena, "%s/.config/sandwatch", home);
    for (size_t i = 0; i < n; i++)
        folders[i] = arena_printf(arena, "%s/%s", folders[i], kind);
    return folders;
}

/* The thresholds as options of the configuration; the model owns their list. */
static const struct option threshold_options[] = {
#define THRESHOLD(id, seconds, why)                                                                \
    {.name = "thresholds." #id,                                                                    \
     .type = OPTION_INT,                                                                           \
     .offset = offsetof(struct thresholds, id##_ms),                                               \
     .min = 1,                                                                                     \
     .max = LONGEST_THRESHOLD_S,                                                                   \
     .scale = 1000,                                                                                \
     .fallback = #seconds,                                                                         \
     .unit = "s",                                                                                  \
     .help = why},
#include "model/thresholds.def"
#undef THRESHOLD
};

void
program_help_keys(FILE *out)
{
    const struct option_table tables[] = {
        {threshold_options, COUNT_OF(threshold_options), NULL},
    };

    config_help_keys(tables, COUNT_OF(tables), out);
}

void
program_help_drivers(FILE *out)
{
    struct arena *arena = arena_new();

    config_help_drivers(program_folders(arena, "drivers"), out);
    arena_free(arena);
}

static bool
is_key(const char *name)
{
    return key_parse(name) != KEY_NONE;
}

bool
program_load(struct program *program, int *argc, char **argv, struct err *err)
{
    const struct option_table tables[] = {
        {threshold_options, COUNT_OF(threshold_options), &program->thresholds},
    };
    static const char *const command_names[] = {
#define COMMAND(id, keys, needs, argument, help) #id,
#include "ui/commands.def"
#undef COMMAND
        NULL,
    };
    struct config_request request = {
        .tables = tables,
        .n_tables = COUNT_OF(tables),
        .commands = command_names,
        .is_key = is_key,
        .getenv = environment,
    };

    program->arena = arena_new();
    request.theme_folders = program_folders(program->arena, "themes");
    request.driver_folders = program_folders(program->arena, "drivers");
    return config_load(&request, argc, argv, program->arena, &program->config, err);
}

static struct api_credential_source
credential_source(const struct config_credential *from)
{
    return (struct api_credential_source){
        .api_key_file = from->api_key_file,
        .api_key_env = from->api_key_env,
        .auth_token_file = from->auth_token_file,
        .auth_token_env = from->auth_token_env,
        .command = from->command,
        .profile = from->profile,
    };
}

static struct api *
start_api(struct program *program, struct err *err)
{
    const struct config *config = &program->config;
    struct api_pool *pools = arena_array(program->arena, config->n_pools, sizeof(*pools));

    for (size_t i = 0; i < config->n_pools; i++)
        pools[i] = (struct api_pool){
            .id = config->pools[i].id,
            .name = config->pools[i].name,
            .environment_key_file = config->pools[i].environment_key_file,
            .environment_key_env = config->pools[i].environment_key_env,
            .is_webhook = config->pools[i].mode == POOL_MODE_webhook,
            .expected_workers = config->pools[i].expected_workers,
        };
    return api_start(
        &(struct api_options){
            .base_url = config->base_url,
            .version = config->version,
            .workspace_id = config->workspace_id,
            .ca_file = config->ca_file,
            .credential = credential_source(&config->credential),
            .tunnels = credential_source(&config->tunnels),
            .pools = pools,
            .n_pools = config->n_pools,
            .requests_per_minute = config->requests_per_minute,
            .interval_ms = config->interval_ms,
            .getenv = environment,
        },
        program->store, err);
}

/* --interval is the fastest source's, the connectors'; checks keep their proportion to it. */
static int64_t
checks_interval_ms(const struct config *config)
{
    if (!config->interval_ms)
        return source_interval_ms(SOURCE_checks);
    return config->interval_ms * source_interval_ms(SOURCE_checks) /
           source_interval_ms(SOURCE_connectors);
}

static const char *
api_url(const struct config *config)
{
    const char *url = config->base_url ? config->base_url : environment("ANTHROPIC_BASE_URL");

    return url && *url ? url : NULL;
}

static struct probe_proxy
proxy_options(struct program *program)
{
    const struct config *config = &program->config;
    struct probe_waiver *waivers = arena_array(program->arena, config->n_waivers, sizeof(*waivers));

    for (size_t i = 0; i < config->n_waivers; i++)
        waivers[i] = (struct probe_waiver){
            .route = config->waivers[i].route,
            .check = config->waivers[i].check,
            .who = config->waivers[i].who,
            .why = config->waivers[i].why,
        };
    return (struct probe_proxy){
        .config_file = config->proxy.config_file,
        .ca_file = config->proxy.ca_file,
        .cert_file = config->proxy.cert_file,
        .ca_command = config->proxy.ca_command,
        .cert_command = config->proxy.cert_command,
        .key_file = config->proxy.key_file,
        .data_dir = config->proxy.data_dir,
        .mcp_paths = config->proxy.mcp_paths,
        .log = {config->proxy.log_file, config->proxy.log_command},
        .address = config->proxy.address,
        .skips_exposure = !config->checks_exposure,
        .tries_stranger = config->checks_stranger,
        .probes_inner_tls = config->checks_inner_tls,
        .waivers = waivers,
        .n_waivers = config->n_waivers,
    };
}

/* What the API's requests go through, as libcurl reads the environment. */
static const char *
api_proxy(const struct config *config)
{
    const char *url = api_url(config);
    char host[ADDRESS_HOST_BYTES] = DEFAULT_API_HOST;
    bool is_loopback = false;

    if (url && !address_check(url, host, &is_loopback, NULL))
        return NULL; /* and the probe will say so */
    return is_loopback ? NULL : proxy_env_for(host, environment);
}

/* only: what `check` asked for; NULL: what the configuration says. */
static struct probe *
start_probe(struct program *program, const struct check_only *only, struct err *err)
{
    const struct config *config = &program->config;
    struct probe_edge *edges = arena_array(program->arena, config->n_edges, sizeof(*edges));
    struct probe_connector *connectors =
        arena_array(program->arena, config->n_connectors, sizeof(*connectors));

    for (size_t i = 0; i < config->n_edges; i++)
        edges[i] = (struct probe_edge){
            .name = config->edges[i].name,
            .host = config->edges[i].host,
            .tcp_port = (uint16_t)config->edges[i].tcp_port,
            .udp_port = (uint16_t)config->edges[i].udp_port,
        };
    for (size_t i = 0; i < config->n_connectors; i++)
        connectors[i] = (struct probe_connector){
            .name = config->connectors[i].name,
            .url = config->connectors[i].url,
            .tunnel_id = config->connectors[i].tunnel_id,
            .log = {config->connectors[i].log_file, config->connectors[i].log_command},
        };
    return probe_start(
        &(struct probe_options){
            .api_url = api_url(config),
            .api_ca_file = config->ca_file,
            .proxy_url = api_proxy(config),
            .region = config->edge_region,
            .edges = edges,
            .n_edges = config->n_edges,
            .edge_ca_file = config->edge_ca_file,
            .dot_server = config->dot_server,
            .dot_name = config->dot_name,
            .dot_ca_file = config->dot_ca_file,
            .connectors = connectors,
            .n_connectors = config->n_connectors,
            .proxy = proxy_options(program),
            .discover_connectors = config->discover_connectors,
            .skips_exposure = !config->checks_exposure,
            .is_off = only ? only->kinds == 0 : !config->checks_enabled,
            .measures_loss = only && only->has_loss,
            .kinds = only ? only->kinds : 0,
            .families = only ? only->families : 0,
            .interval_ms = checks_interval_ms(config),
        },
        program->store, err);
}

bool
program_start(struct program *program, struct err *err)
{
    program->api = start_api(program, err);
    if (!program->api)
        return false;
    program->probe = start_probe(program, NULL, err);
    return program->probe != NULL;
}

bool
program_start_checks(struct program *program, const struct check_only *only, struct err *err)
{
    program->probe = start_probe(program, only, err);
    if (!program->probe || !only->has_layers)
        return program->probe != NULL;
    program->api = start_api(program, err);
    return program->api != NULL;
}

bool
program_start_action(struct program *program, struct err *err)
{
    static const struct check_only connectors_only = {.has_layers = true};

    program->api = start_api(program, err);
    if (!program->api)
        return false;
    program->probe = start_probe(program, &connectors_only, err);
    return program->probe && program_start_ops(program, err);
}

/* Whoever waits for the prompt is told what for; see ops_stop. */
static void
tell_of_tokens(struct store *store)
{
    struct snapshot snapshot = {0};
    const struct op *ops;
    size_t n;

    store_snapshot(store, &snapshot);
    ops = snapshot_ops(&snapshot, &n);
    for (size_t i = 0; i < n; i++) {
        const struct op *op = &ops[i];
        bool is_rotating = op->is_ours && op->kind == OP_rotate_token && op->n_items > 0 &&
                           !op_state_is_over(op->state);

        if (is_rotating &&
            (op->items[0].progress == OP_ITEM_sent || op->items[0].progress == OP_ITEM_taken))
            fprintf(stderr, "sandwatch: waiting for the new token of %s\n", op->object_name);
    }
    store_release(store, &snapshot);
}

void
program_quiet(struct program *program)
{
    if (program->ops)
        tell_of_tokens(program->store);
    ops_stop(program->ops);
    probe_stop(program->probe);
    api_stop(program->api);
    program->ops = NULL;
    program->probe = NULL;
    program->api = NULL;
}

void
program_stop(struct program *program)
{
    program_quiet(program);
    store_free(program->store);
    arena_free(program->world_arena);
    arena_free(program->arena);
    *program = (struct program){0};
}

/* Whoever hangs it on a wall and names no theme wants the one for five metres. */
static bool
is_default_on_wall(const struct config *config)
{
    return config->is_wall && strcmp(config->theme, "default") == 0;
}

struct ui_options
program_ui_options(const struct program *program)
{
    const struct config *config = &program->config;
    struct ui_binding *bindings =
        arena_array(program->arena, config->n_bindings, sizeof(*bindings));

    for (size_t i = 0; i < config->n_bindings; i++)
        bindings[i] = (struct ui_binding){
            .key = config->bindings[i].key,
            .command = config->bindings[i].command,
        };
    return (struct ui_options){
        .context = config->context,
        .is_production = config->is_production,
        .is_read_only = config->is_read_only,
        .theme = is_default_on_wall(config) ? "wall" : config->theme,
        .themes = config->themes,
        .n_themes = config->n_themes,
        .is_ascii = config->is_ascii,
        .is_monochrome = config->is_monochrome,
        .is_wall = config->is_wall,
        .bindings = bindings,
        .n_bindings = config->n_bindings,
        .thresholds = program->thresholds,
    };
}
