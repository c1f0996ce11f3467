#include "actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/text.h"

enum {
    ACT_WITHIN_S = 3600,
    LONGEST_ACT_S = 7 * 86400,
    LONGEST_GRACE_S = 86400,
    OBJECTS_BYTES = 128,
};

/* ---- what drain, restart, stop and --resume have in common ---- */

/* Choices of a plan that have a word on the command line; true: it switches them on. */
static const struct {
    const char *flag;
    enum op_choice choice;
    bool is_on;
} choices[] = {
    {"--keep-stopping", OP_CHOICE_keep, true},  {"--stop-queued", OP_CHOICE_stop_queued, true},
    {"--no-command", OP_CHOICE_command, false}, {"--interrupt", OP_CHOICE_interrupt, true},
    {"--rolling", OP_CHOICE_rolling, true},
};

void
actions_help(FILE *out)
{
    static const char *const options[][2] = {
        {"--yes", "confirm beforehand; without a terminal it is needed"},
        {"--force", "force what is left when the grace time has passed, and say yes a second time"},
        {"--dry-run", "print the plan, do nothing"},
        {"--timeout SECONDS", "then leave it to the journal"},
        {"--grace SECONDS", "how long jobs may take to stop before force"},
        {"--reason TEXT", "why, for the history: a ticket"},
        {"--message TEXT", "sent to the session of a restarted job that finds no new worker"},
        {"--json", "the result as one document"},
    };

    fputs("\naction options:\n", out);
    for (size_t i = 0; i < COUNT_OF(options); i++)
        fprintf(out, "  %-24s %s\n", options[i][0], options[i][1]);
    for (size_t i = 0; i < COUNT_OF(choices); i++)
        fprintf(out, "  %-24s %s%s\n", choices[i].flag, choices[i].is_on ? "" : "do not ",
                op_choice_what(choices[i].choice));
}

static void
take_choices(struct arguments *arguments, struct act_options *options)
{
    for (size_t i = 0; i < COUNT_OF(choices); i++)
        if (take_flag(arguments, choices[i].flag))
            *(choices[i].is_on ? &options->choices_on : &options->choices_off) |=
                1u << choices[i].choice;
}

static struct status_options
look_of(const struct program *program, struct arguments *arguments)
{
    return (struct status_options){
        .context = program->config.context,
        .is_json = take_flag(arguments, "--json"),
        .is_ascii = program->config.is_ascii,
        .has_colour = !program->config.is_monochrome && isatty(STDOUT_FILENO),
        .timeout_ms = (int64_t)ACT_WITHIN_S * 1000,
        .thresholds = program->thresholds,
    };
}

/* A text that is cut would be another one. */
static bool
take_text(struct arguments *arguments, const char *name, size_t size, const char **out)
{
    *out = "";
    if (!take_value(arguments, name, out))
        return false;
    if (strlen(*out) < size)
        return true;
    fprintf(stderr, "sandwatch: %s: expected at most %zu bytes, found %zu\n", name, size - 1,
            strlen(*out));
    return false;
}

static bool
take_common(struct program *program, struct arguments *arguments, struct act_options *out)
{
    const struct number timeout = {"--timeout", "seconds", 1, LONGEST_ACT_S};
    const struct number grace = {"--grace", "seconds", 0, LONGEST_GRACE_S};
    int64_t timeout_s = ACT_WITHIN_S, grace_s = -1;

    out->look = look_of(program, arguments);
    out->is_yes = take_flag(arguments, "--yes");
    out->is_forced = take_flag(arguments, "--force");
    out->is_dry = take_flag(arguments, "--dry-run");
    out->has_terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    out->has_live_progress = isatty(STDERR_FILENO);
    take_choices(arguments, out);
    if (!take_number(arguments, &timeout, &timeout_s) ||
        !take_number(arguments, &grace, &grace_s) ||
        !take_text(arguments, "--reason", ORDER_REASON_BYTES, &out->reason) ||
        !take_text(arguments, "--message", ORDER_TYPED_BYTES, &out->message))
        return false;
    out->look.timeout_ms = timeout_s * 1000;
    out->grace_ms = grace_s < 0 ? -1 : grace_s * 1000;
    return true;
}

static int
act(struct program *program, const struct act_options *options)
{
    struct err err = {0};

    program->store = store_new();
    if (!options->is_yes && !options->is_dry && !options->has_terminal)
        return cli_act_refuse(options, program->store,
                              "refused: without a terminal to ask on, it takes --yes (or "
                              "--dry-run, for the plan)");
    if (options->op_id && !history_is_open(program_journal(program), options->op_id, &err))
        return cli_act_refuse(options, program->store, err.message);
    if (!program_start_action(program, &err))
        return cli_act_refuse(options, program->store, err.message);
    return cli_act(options, program->store);
}

/* ---- drain, restart, stop ---- */

/* "pool, connector": what that verb acts on from the command line. */
static void
objects_add(struct text *out, const char *verb)
{
    for (int i = 0; i < OP_KIND_COUNT; i++)
        if (strcmp(op_verb((enum op_kind)i), verb) == 0)
            text_addf(out, "%s%s", out->n ? ", " : "", op_object((enum op_kind)i));
}

static int
object_error(const char *verb, const char *found)
{
    TEXT(objects, OBJECTS_BYTES);

    objects_add(&objects, verb);
    if (found)
        fprintf(stderr, "sandwatch: %s: expected one of %s, found \"%.40s\"\n", verb, objects.bytes,
                found);
    else
        fprintf(stderr, "sandwatch: %s: expected one of %s, and a name or an id\n", verb,
                objects.bytes);
    return EXIT_USAGE;
}

static int
run_verb(const char *verb, struct program *program, struct arguments *arguments)
{
    struct act_options options = {.command = verb};
    const char *unknown;

    if (!take_common(program, arguments, &options))
        return EXIT_USAGE;
    unknown = take_names(arguments);
    if (unknown)
        return usage_error(verb, unknown);
    if (arguments->n < 2)
        return object_error(verb, NULL);
    options.kind = op_kind_find(verb, arguments->v[0]);
    if (options.kind == OP_KIND_COUNT)
        return object_error(verb, arguments->v[0]);
    for (int i = 1; i < arguments->n; i++)
        if (!arguments->v[i][0])
            return object_error(verb, NULL); /* a variable of a script that was not set */
    options.names = (const char *const *)&arguments->v[1];
    options.n_names = (size_t)arguments->n - 1;
    if (options.n_names > 1 && options.kind != OP_stop_job)
        return usage_error(verb, arguments->v[2]);
    return act(program, &options);
}

int
run_drain(struct program *program, struct arguments *arguments)
{
    return run_verb("drain", program, arguments);
}

int
run_restart(struct program *program, struct arguments *arguments)
{
    return run_verb("restart", program, arguments);
}

int
run_stop(struct program *program, struct arguments *arguments)
{
    return run_verb("stop", program, arguments);
}

/* ---- history ---- */

static int
run_taken_up(struct program *program, struct arguments *arguments, const char *op_id,
             bool is_dismissal)
{
    struct act_options options = {
        .command = "history", .op_id = op_id, .is_dismissal = is_dismissal};

    if (!take_common(program, arguments, &options))
        return EXIT_USAGE;
    if (arguments->n > 0)
        return usage_error("history", arguments->v[0]);
    return act(program, &options);
}

int
run_history(struct program *program, struct arguments *arguments)
{
    const char *since = NULL, *resumed = NULL, *dismissed = NULL, *unknown;
    struct history_options options = {.folder = program_journal(program)};
    struct err err = {0};

    if (!take_value(arguments, "--resume", &resumed) ||
        !take_value(arguments, "--dismiss", &dismissed) ||
        !take_value(arguments, "--since", &since))
        return EXIT_USAGE;
    if (resumed && dismissed) {
        fputs("sandwatch: history: expected one of --resume and --dismiss, found both\n", stderr);
        return EXIT_USAGE;
    }
    if (resumed || dismissed)
        return run_taken_up(program, arguments, resumed ? resumed : dismissed, !resumed);
    options.look = look_of(program, arguments);
    if (since && !history_since_read(since, clock_wall_ms(), &options.since_ms, &err)) {
        fprintf(stderr, "sandwatch: history: %s\n", err.message);
        return EXIT_USAGE;
    }
    unknown = take_names(arguments);
    if (!unknown && arguments->n > 1)
        unknown = arguments->v[1];
    if (unknown)
        return usage_error("history", unknown);
    options.op_id = arguments->v[0];
    return cli_history(&options);
}
