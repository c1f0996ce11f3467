#include "config/options.h"

#define AT(member) .offset = offsetof(struct config, member)
#define ROW(type, member) .offset = offsetof(struct type, member)

enum { LONGEST_INTERVAL_S = 3600, LARGEST_PORT = 65535 };

static const char *const colour_choices[] = {"auto", "never", NULL};
static const char *const mode_choices[] = {"polling", "webhook", NULL};

const struct option start_options[] = {
    {.name = "config",
     .type = OPTION_FILE,
     AT(path),
     .flag = {.name = "--config", .value = "FILE"},
     .environment = {.name = "SANDWATCH_CONFIG", .value = "FILE"},
     .help = "read this configuration"},
};
const size_t start_options_n = COUNT_OF(start_options);

const struct option file_options[] = {
    {.name = "context",
     .type = OPTION_STRING,
     AT(context),
     .flag = {.name = "--context", .value = "NAME"},
     .help = "which of the contexts is in force"},
    {.name = "ui.theme",
     .type = OPTION_STRING,
     AT(theme),
     .fallback = "default",
     .flag = {.name = "--theme", .value = "NAME"},
     .environment = {.name = "SANDWATCH_THEME", .value = "NAME"},
     .help = "how the console looks"},
    {.name = "ui.interval",
     .type = OPTION_INT,
     AT(interval_ms),
     .min = 1,
     .max = LONGEST_INTERVAL_S,
     .scale = 1000,
     .unit = "s",
     .flag = {.name = "--interval", .value = "SECONDS"},
     .help = "how often the fastest source is asked; the others keep their proportion to it"},
    {.name = "ui.ascii",
     .type = OPTION_BOOL,
     AT(is_ascii),
     .fallback = "false",
     .flag = {.name = "--ascii", .implies = "true"},
     .help = "draw with ASCII only"},
    {.name = "ui.color",
     .type = OPTION_CHOICE,
     AT(colour),
     .fallback = "auto",
     .choices = colour_choices,
     .flag = {.name = "--no-color",
              .implies = "never",
              .help = "draw without colours, as NO_COLOR does"},
     .environment = {.name = "NO_COLOR", .implies = "never"},
     .help = "use colours when the terminal has them"},
    {.name = "ui.wall",
     .type = OPTION_BOOL,
     AT(is_wall),
     .fallback = "false",
     .flag = {.name = "--wall", .implies = "true"},
     .help = "for a screen on the wall: large, and no key acts"},
    {.name = "log",
     .type = OPTION_FILE,
     AT(log_file),
     .flag = {.name = "--log", .value = "FILE"},
     .help = "append what happens to this file"},
};
const size_t file_options_n = COUNT_OF(file_options);

#define SECRET(key, kind, member, flag_name, what)                                                 \
    {                                                                                              \
        .name = (key), .type = (kind), AT(member), .flag = {.name = (flag_name), .value = "FILE"}, \
        .is_secret = true, .help = (what)                                                          \
    }

/* Where a credential is: one of them at most. */
#define CREDENTIAL(prefix, member, key_flag, token_flag)                                           \
    SECRET(prefix ".api_key_file", OPTION_FILE, member.api_key_file, key_flag,                     \
           "a file with an API key, mode 0600"),                                                   \
        SECRET(prefix ".api_key_env", OPTION_ENV, member.api_key_env, NULL,                        \
               "a variable with an API key"),                                                      \
        SECRET(prefix ".auth_token_file", OPTION_FILE, member.auth_token_file, token_flag,         \
               "a file with a bearer token, mode 0600"),                                           \
        SECRET(prefix ".auth_token_env", OPTION_ENV, member.auth_token_env, NULL,                  \
               "a variable with a bearer token"),                                                  \
        SECRET(prefix ".profile", OPTION_STRING, member.profile, NULL,                             \
               "a profile of the official tools"),                                                 \
        SECRET(prefix ".command", OPTION_WORDS, member.command, NULL,                              \
               "a program and its arguments; its first line of output is a bearer token")

const struct option context_options[] = {
    {.name = "production",
     .type = OPTION_BOOL,
     AT(is_production),
     .fallback = "false",
     .help = "look different, so that nobody mistakes it"},
    {.name = "read_only",
     .type = OPTION_BOOL,
     AT(is_read_only),
     .fallback = "false",
     .flag = {.name = "--read-only", .implies = "true"},
     .help = "nothing that changes the world can be done"},
    {.name = "theme", .type = OPTION_STRING, AT(theme), .help = "instead of ui.theme"},
    {.name = "api.base_url",
     .type = OPTION_URL,
     AT(base_url),
     .ambient = "ANTHROPIC_BASE_URL",
     .help = "where the management API is"},
    {.name = "api.version",
     .type = OPTION_STRING,
     AT(version),
     .help = "the anthropic-version to send"},
    {.name = "api.workspace_id",
     .type = OPTION_STRING,
     AT(workspace_id),
     .help = "for a credential that spans workspaces"},
    {.name = "api.ca_file",
     .type = OPTION_FILE,
     AT(ca_file),
     .help = "certificates to trust instead of the system's"},
    {.name = "api.requests_per_minute",
     .type = OPTION_INT,
     AT(requests_per_minute),
     .min = 1,
     .max = 100000,
     .fallback = "300",
     .unit = "requests per minute",
     .help = "never ask more often than this, whatever the size of the fleet"},
    CREDENTIAL("api", credential, "--api-key-file", "--auth-token-file"),
    CREDENTIAL("tunnels", tunnels, NULL, NULL),
    {.name = "edge.region",
     .type = OPTION_STRING,
     AT(edge_region),
     .help = "of the tunnel edge: empty for global, us, fed"},
    {.name = "edge.ca_file",
     .type = OPTION_FILE,
     AT(edge_ca_file),
     .help = "certificates to trust for the edge besides the system's"},
    {.name = "proxy.config_file",
     .type = OPTION_FILE,
     AT(proxy.config_file),
     .help = "the MCP proxy's own configuration, to be checked"},
    {.name = "proxy.ca_file",
     .type = OPTION_FILE,
     AT(proxy.ca_file),
     .help = "the CA that signed its certificate; else ca.crt in data_dir"},
    {.name = "proxy.cert_file",
     .type = OPTION_FILE,
     AT(proxy.cert_file),
     .help = "its server certificate; else tls.crt in data_dir"},
    {.name = "proxy.key_file",
     .type = OPTION_FILE,
     AT(proxy.key_file),
     .help = "its private key, compared and forgotten; else tls.key in data_dir"},
    {.name = "proxy.data_dir",
     .type = OPTION_FILE,
     AT(proxy.data_dir),
     .help = "the folder that is mounted into it"},
    {.name = "proxy.mcp_paths",
     .type = OPTION_WORDS,
     AT(proxy.mcp_paths),
     .help = "paths of MCP endpoints to try; /mcp, then / when not set"},
    {.name = "proxy.log_file",
     .type = OPTION_FILE,
     AT(proxy.log_file),
     .help = "its log, read for refused handshakes and addresses"},
    {.name = "proxy.log_command",
     .type = OPTION_WORDS,
     AT(proxy.log_command),
     .help = "a program and its arguments that prints its log, instead of proxy.log_file"},
    {.name = "checks.enabled",
     .type = OPTION_BOOL,
     AT(checks_enabled),
     .fallback = "true",
     .help = "measure connectivity from this host"},
    {.name = "checks.discover_connectors",
     .type = OPTION_BOOL,
     AT(discover_connectors),
     .fallback = "true",
     .help = "look for connectors on their well-known local ports"},
};
const size_t context_options_n = COUNT_OF(context_options);

static const struct option pool_options[] = {
    {.name = "id",
     .type = OPTION_STRING,
     ROW(config_pool, id),
     .is_required = true,
     .help = "of the environment, env_…"},
    {.name = "name",
     .type = OPTION_STRING,
     ROW(config_pool, name),
     .help = "how it is called here; else the service's name"},
    {.name = "mode",
     .type = OPTION_CHOICE,
     ROW(config_pool, mode),
     .choices = mode_choices,
     .fallback = "polling",
     .help = "with webhook, workers are woken and nobody polling is normal"},
    {.name = "expected_workers",
     .type = OPTION_INT,
     ROW(config_pool, expected_workers),
     .max = 100000,
     .unset = -1,
     .help = "fewer than this is worth a warning"},
    {.name = "environment_key_file",
     .type = OPTION_FILE,
     ROW(config_pool, environment_key_file),
     .is_secret = true,
     .help = "a file with the environment key, mode 0600; only lists work"},
    {.name = "environment_key_env",
     .type = OPTION_ENV,
     ROW(config_pool, environment_key_env),
     .is_secret = true,
     .help = "a variable with the environment key"},
};

static const struct option connector_options[] = {
    {.name = "name",
     .type = OPTION_STRING,
     ROW(config_connector, name),
     .help = "how it is called here"},
    {.name = "url",
     .type = OPTION_URL,
     ROW(config_connector, url),
     .is_required = true,
     .help = "its metrics address"},
    {.name = "tunnel_id",
     .type = OPTION_STRING,
     ROW(config_connector, tunnel_id),
     .help = "tnl_…, when it cannot say so itself"},
    {.name = "log_file",
     .type = OPTION_FILE,
     ROW(config_connector, log_file),
     .help = "its log, read for what it complains of"},
    {.name = "log_command",
     .type = OPTION_WORDS,
     ROW(config_connector, log_command),
     .help = "a program and its arguments that prints its log, instead of log_file"},
};

static const struct option edge_options[] = {
    {.name = "name", .type = OPTION_STRING, ROW(config_edge, name), .help = "of the region"},
    {.name = "host",
     .type = OPTION_STRING,
     ROW(config_edge, host),
     .is_required = true,
     .help = "a name or an address"},
    {.name = "tcp_port",
     .type = OPTION_INT,
     ROW(config_edge, tcp_port),
     .max = LARGEST_PORT,
     .fallback = "7844",
     .help = "0: not checked"},
    {.name = "udp_port",
     .type = OPTION_INT,
     ROW(config_edge, udp_port),
     .max = LARGEST_PORT,
     .fallback = "7844",
     .help = "0: not checked"},
};

static const struct option waiver_options[] = {
    {.name = "route",
     .type = OPTION_STRING,
     ROW(config_waiver, route),
     .help = "which MCP server; every one when not set"},
    {.name = "check",
     .type = OPTION_STRING,
     ROW(config_waiver, check),
     .help = "which check of the layers, L3-1; every one when not set"},
    {.name = "who",
     .type = OPTION_STRING,
     ROW(config_waiver, who),
     .is_required = true,
     .help = "who took the risk"},
    {.name = "why",
     .type = OPTION_STRING,
     ROW(config_waiver, why),
     .is_required = true,
     .help = "and why"},
};

#define LIST(key, type, table, array, count)                                                       \
    .name = (key), .rows = (table), .n = COUNT_OF(table), .element_bytes = sizeof(struct type),    \
    .array_offset = offsetof(struct config, array), .count_offset = offsetof(struct config, count)

const struct option_list context_lists[] = {
    {LIST("pools", config_pool, pool_options, pools, n_pools), .unique = "id",
     .help = "what the service does not know about pools"},
    {LIST("connectors", config_connector, connector_options, connectors, n_connectors),
     .unique = "url", .help = "connectors to ask besides those that are found"},
    {LIST("edge.targets", config_edge, edge_options, edges, n_edges),
     .help = "the edge to check instead of the one that DNS names"},
    {LIST("proxy.waivers", config_waiver, waiver_options, waivers, n_waivers),
     .help = "risks that are accepted: shown as that, and no finding"},
};
const size_t context_lists_n = COUNT_OF(context_lists);

const char *const official_variables[] = {
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_PROFILE",
    "ANTHROPIC_CONFIG_DIR",
    "ANTHROPIC_FEDERATION_RULE_ID",
    "ANTHROPIC_ORGANIZATION_ID",
    "ANTHROPIC_SERVICE_ACCOUNT_ID",
    "ANTHROPIC_WORKSPACE_ID",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_ENVIRONMENT_ID",
    "ANTHROPIC_ENVIRONMENT_KEY",
    NULL,
};
