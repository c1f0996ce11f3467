/* config.h — the configuration: command line, environment and file become settings, each with its
 * origin. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdio.h>

#include "core/err.h"
#include "core/option.h"
#include "core/style.h"

struct arena;

/* One row of a credential's place; see the api room for the order in which they are tried. */
struct config_credential {
    const char *api_key_file, *api_key_env, *auth_token_file, *auth_token_env, *profile;
    const char *const *command; /* NULL-terminated */
};

struct config_pool {
    const char *id, *name;
    const char *environment_key_file, *environment_key_env;
    bool is_webhook;
    int64_t expected_workers; /* -1 */
};

struct config_connector {
    const char *name, *url, *tunnel_id;
};

struct config_edge {
    const char *name, *host;
    int64_t tcp_port, udp_port;
};

struct config_binding {
    const char *key, *command;
};

/* What is in force for the chosen context. Owned by the arena given to config_load. */
struct config {
    const char *path;    /* of the file; "" when there is none */
    const char *context; /* "default" without a file */
    bool is_production, is_read_only;
    const char *base_url, *version, *workspace_id, *ca_file; /* NULL: not set */
    int64_t requests_per_minute;
    struct config_credential credential, tunnels;
    const struct config_pool *pools;
    size_t n_pools;
    const struct config_connector *connectors;
    size_t n_connectors;
    const struct config_edge *edges;
    size_t n_edges;
    const char *edge_region, *edge_ca_file;
    bool checks_enabled, discover_connectors;
    const struct config_binding *bindings;
    size_t n_bindings;
    const char *theme;
    bool is_ascii, is_monochrome, is_wall;
    int64_t interval_ms; /* 0: the defaults */
    const char *log_file;
    const struct theme
        *themes; /* the built-in one and every file found; by name, later folders override */
    size_t n_themes;
};

/* What was said on the command line before the subcommand's own arguments. */
struct config_request {
    const struct option *options; /* rows of other rooms, such as thresholds */
    size_t n_options;
    const char *const *theme_folders; /* NULL-terminated */
    const char *(*getenv)(const char *name);
};

/* argv's global options are taken out (DESIGN 5) and the rest is left in *argc, argv, as they came.
 * An unknown global option stays, for the subcommand to judge. ERR_USAGE names the flag; ERR_CONFIG
 * says FILE:LINE:COLUMN, the key and the nearest valid one. */
bool config_load(const struct config_request *request, int *argc, char **argv, struct arena *arena,
                 struct config *out, struct err *err);

/* `sandwatch config show`: every setting, its value and where it came from; secrets only as "set"
 * and their place. */
void config_show(FILE *out);
/* The help of global options, from the table. */
void config_help(FILE *out);

#endif
