/* config.h — the configuration: command line, environment and file become settings, each with its
 * origin. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdio.h>

#include "core/driver.h"
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
    int mode;                  /* an index into config_pool_modes */
    int64_t expected_workers;  /* -1 */
    struct driver_use control; /* driver NULL: none */
};

enum config_pool_mode { POOL_MODE_polling, POOL_MODE_webhook };

struct config_connector {
    const char *name, *url, *tunnel_id, *log_file;
    const char *const *log_command; /* NULL-terminated */
    struct driver_use control;      /* driver NULL: none */
};

struct config_edge {
    const char *name, *host;
    int64_t tcp_port, udp_port; /* 0: not checked */
};

/* The MCP proxy on this host, and the risks that somebody took on purpose. */
struct config_proxy {
    const char *config_file, *ca_file, *cert_file, *key_file, *data_dir;
    const char *const *mcp_paths;                        /* NULL-terminated */
    const char *const *ca_command, *const *cert_command; /* NULL-terminated */
    const char *log_file, *address;
    const char *const *log_command; /* NULL-terminated */
};

struct config_waiver {
    const char *route, *check, *who, *why;
};

struct config_binding {
    const char *key, *command;
};

/* Where a tunnel's new token goes when it is rotated; one of the two. */
struct config_tunnel_token {
    const char *tunnel_id;
    const char *file;
    const char *const *command; /* NULL-terminated; reads it from its standard input */
};

/* When the console may act, in the order of the choices. */
enum config_arm { CONFIG_ARM_on_demand, CONFIG_ARM_always, CONFIG_ARM_never };

enum config_origin {
    ORIGIN_default,
    ORIGIN_ambient, /* a variable of the official tools */
    ORIGIN_file,
    ORIGIN_environment,
    ORIGIN_flag,
};

/* One value in force and where it came from. */
struct config_setting {
    const struct option *option;
    const void *target; /* the struct that holds it */
    const char *list;   /* "pools", with index; "" outside lists */
    size_t index;
    enum config_origin origin;
    unsigned line, column; /* in the file */
};

/* What is in force for the chosen context. Owned by the arena given to config_load. */
struct config {
    const char *path;    /* of the file; "" when there is none */
    const char *context; /* "default" without a file */
    bool is_production, is_read_only;
    int arm;                                                 /* enum config_arm */
    const char *base_url, *version, *workspace_id, *ca_file; /* NULL: not set */
    int64_t requests_per_minute;
    struct config_credential credential, tunnels;
    const struct config_pool *pools;
    size_t n_pools;
    const struct config_connector *connectors;
    size_t n_connectors;
    const struct config_tunnel_token *tunnel_tokens;
    size_t n_tunnel_tokens;
    const char *ops_journal; /* a folder; NULL: the state folder */
    int64_t ops_arm_ms, ops_grace_ms, ops_undo_ms;
    const struct config_edge *edges;
    size_t n_edges;
    struct config_proxy proxy;
    const struct config_waiver *waivers;
    size_t n_waivers;
    const char *edge_region, *edge_ca_file;
    const char *dot_server, *dot_name, *dot_ca_file; /* DNS over TLS */
    bool checks_enabled, discover_connectors, checks_exposure, checks_inner_tls, checks_stranger;
    const struct config_binding *bindings;
    size_t n_bindings;
    const char *theme;
    bool is_ascii, is_monochrome, is_wall;
    int colour;          /* as set; is_monochrome says what follows */
    int64_t interval_ms; /* 0: the defaults */
    const char *log_file;
    const struct theme *themes; /* the built-in one and every file found; later folders override */
    size_t n_themes;
    const struct driver *const *drivers; /* all without mistakes; later folders override */
    size_t n_drivers;

    const struct config_setting *settings; /* all of them, in the order of the tables */
    size_t n_settings;
    /* Variables of the official tools that are set; they count where the context names no
     * credential. */
    const char *const *official;
    size_t n_official;
    /* Every mistake found, "FILE:LINE:COLUMN: key: what"; those after n_fatal hurt only what they
     * name (a theme that is not in use, a key file that cannot be read). */
    const char *const *mistakes;
    size_t n_mistakes, n_fatal;
};

/* What was said on the command line before the subcommand's own arguments. */
struct config_request {
    const struct option_table
        *tables; /* of other rooms, such as thresholds: top level of the file */
    size_t n_tables;
    const char *const *theme_folders;  /* NULL-terminated; later ones override */
    const char *const *driver_folders; /* the same */
    const char *const *commands;       /* what keys can be bound to; NULL: anything */
    bool (*is_key)(const char *name);  /* may this be bound? NULL: anything may */
    const char *(*getenv)(const char *name);
};

/* argv's global options are taken out (DESIGN 5) and the rest is left in *argc, argv, as they came.
 * An unknown global option stays, for the subcommand to judge. ERR_USAGE names the flag; ERR_CONFIG
 * says FILE:LINE:COLUMN, the key and the nearest valid one, and out has the list of mistakes. */
bool config_load(const struct config_request *request, int *argc, char **argv, struct arena *arena,
                 struct config *out, struct err *err);

/* `sandwatch config show`: every setting, its value and where it came from. */
void config_show(const struct config *config, FILE *out);
/* `sandwatch config check`: every mistake, or that there is none. Returns the exit status, 0 or
 * 1. */
int config_check(const struct config *config, FILE *out);
/* The same with --drivers: run the `list` of each pool and connector that has a control driver, and
 * print one line each: how it ended and how many workers it listed. Returns 0 or 1. */
int config_check_drivers(const struct config *config, FILE *out);
/* The help of global options, from the table. */
void config_help(FILE *out);
/* The help of the file's keys: name, what it takes, default, meaning. tables: other rooms', as in
 * config_request. */
void config_help_keys(const struct option_table *tables, size_t n_tables, FILE *out);
/* The help of the drivers in these folders: what each is for, its verbs and its fields. */
void config_help_drivers(const char *const *folders, FILE *out);

#endif
