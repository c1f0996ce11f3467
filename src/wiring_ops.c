/* wiring_ops.c — from what is configured to the thread that acts. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "history/journal.h"
#include "ops/ops.h"
#include "wiring.h"

/* A worker that stopped polling still counts for half a minute (facts/management-api.md 5.9). */
enum { POLLING_WINDOW_MS = 30000 };

static const char *
variable(const char *name)
{
    return getenv(name);
}

static enum arm_mode
arm_mode(const struct config *config)
{
    static const enum arm_mode modes[] = {
        [CONFIG_ARM_on_demand] = ARM_on_demand,
        [CONFIG_ARM_always] = ARM_always,
        [CONFIG_ARM_never] = ARM_never,
    };

    return modes[config->arm];
}

/* For the record: the account, even where somebody set USER to another name. */
static struct ops_who
who_acts(struct arena *arena)
{
    const char *client = getenv("SSH_CONNECTION"); /* address, port, our address, our port */
    char host[256] = "", names[1024];
    struct passwd row, *account;

    if (getpwuid_r(getuid(), &row, names, sizeof(names), &account) != 0)
        account = NULL;
    gethostname(host, sizeof(host) - 1);
    return (struct ops_who){
        .user = arena_strdup(arena, account ? account->pw_name : ""),
        .host = arena_strdup(arena, host),
        .ssh_client = client ? arena_printf(arena, "%.*s", (int)strcspn(client, " "), client) : "",
    };
}

static const struct ops_control *
controls(struct program *program, size_t *n)
{
    const struct config *config = &program->config;
    struct ops_control *rows =
        arena_array(program->arena, config->n_pools + config->n_connectors, sizeof(*rows));

    *n = 0;
    for (size_t i = 0; i < config->n_pools; i++)
        if (config->pools[i].control.driver)
            rows[(*n)++] =
                (struct ops_control){"pool", config->pools[i].id, config->pools[i].control};
    for (size_t i = 0; i < config->n_connectors; i++)
        if (config->connectors[i].control.driver)
            rows[(*n)++] = (struct ops_control){"connector", config->connectors[i].url,
                                                config->connectors[i].control};
    return rows;
}

static const struct ops_token *
tokens(struct program *program)
{
    const struct config *config = &program->config;
    struct ops_token *rows = arena_array(program->arena, config->n_tunnel_tokens, sizeof(*rows));

    for (size_t i = 0; i < config->n_tunnel_tokens; i++)
        rows[i] = (struct ops_token){.tunnel_id = config->tunnel_tokens[i].tunnel_id,
                                     .file = config->tunnel_tokens[i].file,
                                     .command = config->tunnel_tokens[i].command};
    return rows;
}

const char *
program_journal(const struct program *program)
{
    if (program->config.ops_journal)
        return program->config.ops_journal;
    return journal_folder(program->arena, variable);
}

bool
program_start_ops(struct program *program, struct err *err)
{
    const struct config *config = &program->config;
    struct ops_options options = {
        .arm = arm_mode(config),
        .is_read_only = config->is_read_only,
        .is_production = config->is_production,
        .context = config->context,
        .journal_folder = program_journal(program),
        .who = who_acts(program->arena),
        .tokens = tokens(program),
        .n_tokens = config->n_tunnel_tokens,
        .arm_ms = config->ops_arm_ms,
        .undo_ms = config->ops_undo_ms,
        .grace_ms = config->ops_grace_ms,
        .window_ms = POLLING_WINDOW_MS,
    };

    options.controls = controls(program, &options.n_controls);
    program->ops = ops_start(&options, program->api, program->store, err);
    return program->ops != NULL;
}
