/* main.c — wiring and shutdown order: which subcommand runs, on what, and who is stopped when. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "actions.h"
#include "arguments.h"
#include "cli/cli.h"
#include "command_help.h"
#include "config/config.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/version.h"
#include "demo.h"
#include "model/outlook.h"
#include "sim/operate.h"
#include "sim/sim.h"
#include "ui/app.h"
#include "wiring.h"

enum { STATUS_WITHIN_MS = 30000, CHECK_WITHIN_S = 15, LONGEST_CHECK_S = 3600 };

struct command {
    const char *name;
    int (*run)(struct program *program, struct arguments *arguments);
    const char *usage; /* after the name */
    const char *help;
    void (*more)(FILE *out); /* what its own help shows besides; NULL */
    int misconfigured;       /* its exit status where the configuration is wrong */
};

static int
fail(const struct err *err)
{
    fprintf(stderr, "sandwatch: %s\n", err->message);
    return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILURE;
}

static bool
take_seed(struct arguments *arguments, uint64_t *seed)
{
    const struct number number = {"--seed", "", 0, INT64_MAX};
    int64_t n = 1;

    if (!take_number(arguments, &number, &n))
        return false;
    *seed = (uint64_t)n;
    return true;
}

static int
run_status(struct program *program, struct arguments *arguments)
{
    struct err err = {0};
    int status;
    struct status_options options = {
        .context = program->config.context,
        .is_json = take_flag(arguments, "--json"),
        .is_ascii = program->config.is_ascii,
        .has_colour = !program->config.is_monochrome && isatty(STDOUT_FILENO),
        .timeout_ms = STATUS_WITHIN_MS,
        .thresholds = program->thresholds,
    };

    if (arguments->n > 0)
        return usage_error("status", arguments->v[0]);
    program->store = store_new();
    if (!program_start(program, &err))
        return fail(&err);
    status = cli_status(&options, program->store);
    return status;
}

static int
run_check(struct program *program, struct arguments *arguments)
{
    struct err err = {0};
    const struct number timeout = {"--timeout", "seconds", 1, LONGEST_CHECK_S};
    const char *only = NULL;
    int64_t timeout_s = CHECK_WITHIN_S;
    struct check_options options = {
        .look =
            {
                .context = program->config.context,
                .is_json = take_flag(arguments, "--json"),
                .is_ascii = program->config.is_ascii,
                .has_colour = !program->config.is_monochrome && isatty(STDOUT_FILENO),
                .thresholds = program->thresholds,
            },
        .is_watching = take_flag(arguments, "--watch"),
        .has_live_progress = isatty(STDERR_FILENO),
    };

    if (!take_number(arguments, &timeout, &timeout_s) || !take_value(arguments, "--only", &only))
        return EXIT_USAGE;
    options.look.timeout_ms = timeout_s * 1000;
    if (!check_only_read(only, &options.only, &err))
        return fail(&err);
    if (arguments->n > 0)
        return usage_error("check", arguments->v[0]);
    program->store = store_new();
    if (!program_start_checks(program, &options.only, &err)) {
        fail(&err);
        return OUTLOOK_unknown;
    }
    return cli_check(&options, program->store);
}

static bool
start_writers(void *context, struct err *err)
{
    return program_start(context, err) && program_start_ops(context, err);
}

static int
run_tui(struct program *program, struct arguments *arguments)
{
    struct err err = {0};
    struct ui_options options = program_ui_options(program);
    int status;

    if (arguments->n > 0)
        return usage_error("tui", arguments->v[0]);
    if (!term_is_usable(&err)) {
        fprintf(stderr, "sandwatch: %s; printing the status once instead\n", err.message);
        return run_status(program, arguments);
    }
    program->store = store_new();
    options.started = start_writers;
    options.started_context = program;
    status = ui_run(&options, program->store, &err);
    return err.code ? fail(&err) : status;
}

/* The demo's world: the simulator's configuration replaces what says where the service is; how the
 * console looks, and whether it may act, stays the operator's. */
struct demo_world {
    struct program *program;
    struct demo *demo;
};

static bool
load_demo_config(struct program *program, const char *path, struct err *err)
{
    char flag[] = "--config", name[] = "sandwatch";
    char *argv[] = {name, flag, arena_strdup(program->arena, path), NULL};
    struct program world = {0};
    int argc = 3;
    struct config mine = program->config;

    if (!program_load(&world, &argc, argv, err)) {
        arena_free(world.arena);
        return false;
    }
    program->config = world.config;
    program->config.interval_ms = mine.interval_ms;
    program->config.is_read_only = mine.is_read_only;
    program->config.arm = mine.arm;
    program->config.context = "demo";
    program->world_arena = world.arena;
    return true;
}

static bool
start_demo_writers(void *context, struct err *err)
{
    struct demo_world *world = context;
    const char *path = demo_config(world->demo, world->program->arena, err);

    return path && load_demo_config(world->program, path, err) &&
           program_start(world->program, err) && program_start_ops(world->program, err);
}

static int
run_demo(struct program *program, struct arguments *arguments)
{
    struct err err = {0};
    struct demo_world world = {.program = program};
    struct ui_options options = program_ui_options(program);
    const char *scenario = "healthy";
    uint64_t seed;
    int status;

    if (!take_value(arguments, "--scenario", &scenario) || !take_seed(arguments, &seed))
        return EXIT_USAGE;
    if (arguments->n > 0)
        return usage_error("demo", arguments->v[0]);
    if (!term_is_usable(&err))
        return fail(&err);
    world.demo = demo_start(
        &(struct sim_options){.scenario = scenario,
                              .seed = seed,
                              .scenario_folders = program_folders(program->arena, "scenarios"),
                              .program = program_path(program->arena)},
        &err);
    if (!world.demo)
        return fail(&err);
    program->store = store_new();
    options.context = "demo";
    options.started = start_demo_writers;
    options.started_context = &world;
    status = ui_run(&options, program->store, &err);
    program_quiet(program);
    demo_stop(world.demo);
    return err.code ? fail(&err) : status;
}

static int
run_sim(struct program *program, struct arguments *arguments)
{
    struct err err = {0};
    struct sim_options options = {
        .listen = "127.0.0.1:0",
        .scenario = "healthy",
        .scenario_folders = program_folders(program->arena, "scenarios"),
        .program = program_path(program->arena),
        .ready_fd = STDOUT_FILENO,
        .stop_fd = -1,
    };

    if (!take_value(arguments, "--listen", &options.listen) ||
        !take_value(arguments, "--scenario", &options.scenario) ||
        !take_seed(arguments, &options.seed))
        return EXIT_USAGE;
    if (arguments->n > 0)
        return usage_error("sim", arguments->v[0]);
    return sim_run(&options, &err) ? fail(&err) : EXIT_SUCCESS;
}

static int
check_config(struct program *program, struct arguments *arguments)
{
    bool has_drivers = take_flag(arguments, "--drivers");
    int status;

    if (arguments->n > 1)
        return usage_error("config check", arguments->v[1]);
    status = config_check(&program->config, stdout);
    if (!has_drivers || program->config.n_fatal > 0)
        return status;
    return config_check_drivers(&program->config, stdout) | status;
}

static int
run_config(struct program *program, struct arguments *arguments)
{
    if (arguments->n > 0 && strcmp(arguments->v[0], "check") == 0)
        return check_config(program, arguments);
    if (arguments->n == 1 && strcmp(arguments->v[0], "show") == 0) {
        config_show(&program->config, stdout);
        return EXIT_SUCCESS;
    }
    fputs("sandwatch: config: expected \"check\" or \"show\"\n", stderr);
    return EXIT_USAGE;
}

static void
help_keys(FILE *out)
{
    fputs("\nkeys of the configuration:\n", out);
    program_help_keys(out);
    fputs("\ndrivers and their fields, for control:\n", out);
    program_help_drivers(out);
}

static const struct command commands[] = {
    {"tui", run_tui, "", "the console (this is what runs without a command)", NULL, EXIT_FAILURE},
    {"demo", run_demo, "[--scenario S] [--seed N]",
     "the console on the embedded simulator: no account, no network", NULL, EXIT_FAILURE},
    {"status", run_status, "[--json]", "one full poll of every source, printed", NULL,
     EXIT_FAILURE},
    {"check", run_check, "[--json] [--only LIST] [--timeout SECONDS] [--watch]",
     "can this host work? connectivity and security layers; exit status 0 ok, 1 warning, 2 "
     "critical, 3 unknown",
     NULL, OUTLOOK_unknown},
    {"drain", run_drain, "pool|connector NAME|ID [ACTION OPTIONS]",
     "take a pool or a connector out, and prove that it is empty or down", actions_help,
     ACT_failed},
    {"restart", run_restart, "pool|job|connector NAME|ID [ACTION OPTIONS]",
     "bounce a pool, a job or a connector, and see it back", actions_help, ACT_failed},
    {"stop", run_stop, "job NAME|ID... [ACTION OPTIONS]", "stop jobs, and see them stopped",
     actions_help, ACT_failed},
    {"history", run_history, "[--since T] [--json] [ID] | --resume ID | --dismiss ID",
     "which actions there were, by whom and why; goes on with what was interrupted", actions_help,
     EXIT_FAILURE},
    {"sim", run_sim, "[--listen ADDR:PORT] [--scenario S] [--seed N] | control ...",
     "the simulator alone, until it is interrupted; control: what a driver does to its workers",
     NULL, EXIT_FAILURE},
    {"config", run_config, "check [--drivers]|show",
     "what is in force and where each value came from", help_keys, EXIT_FAILURE},
};

static const struct command *
command_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static bool
has_argument(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return false;
}

static int
unknown_command(const char *name)
{
    fprintf(stderr, "sandwatch: unknown command \"%.60s\"; try: sandwatch --help\n", name);
    return EXIT_USAGE;
}

/* Of the subcommand among the arguments, or of everything. */
static int
print_help(int argc, char **argv)
{
    const struct command *command = NULL;

    for (int i = 1; i < argc && !command; i++)
        command = command_find(argv[i]);
    if (command) {
        printf("usage: sandwatch [options] %s%s%s\n\n%s\n", command->name,
               *command->usage ? " " : "", command->usage, command->help);
        command_help(command->name, stdout);
    } else {
        puts("usage: sandwatch [options] [command]\n\n"
             "An operations console for Claude Managed Agents self-hosted sandboxes and MCP "
             "tunnels.\n\ncommands:");
        for (size_t i = 0; i < COUNT_OF(commands); i++)
            printf("  %s%s%s\n      %s\n", commands[i].name, *commands[i].usage ? " " : "",
                   commands[i].usage, commands[i].help);
    }
    puts("\noptions:");
    config_help(stdout);
    if (command && command->more)
        command->more(stdout);
    return EXIT_SUCCESS;
}

/* Mistakes that hurt only what they name, such as a theme that is not in use, do not stop us; but
 * they are not passed over in silence. */
static void
log_mistakes(const struct config *config)
{
    for (size_t i = config->n_fatal; i < config->n_mistakes; i++)
        log_line("config", "%s", config->mistakes[i]);
}

/* To a monitor the usual failure would be a verdict of some commands. */
static int
fail_before(int argc, char **argv, const struct err *err)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
    bool takes_up = has_argument(argc, argv, "--resume") || has_argument(argc, argv, "--dismiss");
    int status = fail(err);

    if (status != EXIT_FAILURE || !command)
        return status;
    return command->run == run_history && takes_up ? ACT_failed : command->misconfigured;
}

static int
run(struct program *program, int argc, char **argv)
{
    struct arguments arguments = {.n = argc - 1, .v = argv + 1};
    const struct command *command = &commands[0];
    struct err err = {0};

    if (arguments.n > 0 && arguments.v[0][0] != '-') {
        command = command_find(arguments.v[0]);
        if (!command)
            return unknown_command(arguments.v[0]);
        arguments.n--;
        arguments.v++;
    }
    if (program->config.log_file && !log_open(program->config.log_file, &err))
        return fail_before(argc, argv, &err);
    log_mistakes(&program->config);
    return command->run(program, &arguments);
}

/* The only command that runs with a configuration that is wrong: it lists all mistakes. */
static bool
is_config_check(int argc, char **argv)
{
    return argc >= 3 && strcmp(argv[1], "config") == 0 && strcmp(argv[2], "check") == 0;
}

/* A control driver's child: whatever it finds, it needs no configuration. */
static bool
is_sim_control(int argc, char **argv)
{
    return argc >= 3 && strcmp(argv[1], "sim") == 0 && strcmp(argv[2], "control") == 0;
}

/* A program that was started with one of them closed must not print into what is opened next. What
 * is printed there fails, as it should. */
static void
keep_standard_streams(void)
{
    while (true) {
        int fd = open("/dev/null", O_RDONLY);

        if (fd > STDERR_FILENO)
            close(fd);
        if (fd < 0 || fd > STDERR_FILENO)
            return;
    }
}

/* Four threads that allocate little at a time need no heap each. What is large goes back to the
 * system when it is freed: left alone, malloc would learn to keep it. */
static void
keep_memory_small(void)
{
    enum { LARGE_BYTES = 64 << 10, SPARE_BYTES = 16 << 10 };

    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TOP_PAD, SPARE_BYTES);
}

/* What did not reach its reader was not said. */
static int
say_all_was_printed(int status)
{
    if (status != EXIT_SUCCESS || (fflush(stdout) == 0 && !ferror(stdout)))
        return status;
    fprintf(stderr, "sandwatch: standard output: %s\n", strerror(errno));
    return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
    struct program program = {0};
    struct err err = {0};
    int status;

    keep_standard_streams();
    keep_memory_small();
    setlocale(LC_ALL, "");
    setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* libraries hold copies of our credentials */
    if (has_argument(argc, argv, "--version")) {
        puts("sandwatch " SANDWATCH_VERSION);
        status = EXIT_SUCCESS;
    } else if (has_argument(argc, argv, "--help")) {
        status = print_help(argc, argv); /* also with a configuration that cannot be read */
    } else if (is_sim_control(argc, argv)) {
        status = sim_operate(argc - 3, argv + 3, stdout, &err) ? EXIT_SUCCESS : fail(&err);
    } else if (program_load(&program, &argc, argv, &err) ||
               (err.code == ERR_CONFIG && is_config_check(argc, argv))) {
        status = run(&program, argc, argv);
    } else {
        status = fail_before(argc, argv, &err);
    }
    program_stop(&program);
    log_close();
    return say_all_was_printed(status);
}
