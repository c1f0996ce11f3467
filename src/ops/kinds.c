/* kinds.c — which op is made of which phases. */
#include <string.h>

#include "ops/phases.h"

static const struct phase *const stop_job[] = {&phase_stop, NULL};
static const struct phase *const restart_job[] = {&phase_check, &phase_stop, &phase_interrupt,
                                                  &phase_requeue, NULL};
static const struct phase *const drain_pool[] = {&phase_quiet, &phase_interrupt, &phase_stop,
                                                 &phase_empty, NULL};
static const struct phase *const restart_pool[] = {
    &phase_roll, &phase_quiet, &phase_stop, &phase_empty, &phase_renew, &phase_up, NULL};
static const struct phase *const drain_connector[] = {&phase_down, NULL};
static const struct phase *const restart_connector[] = {&phase_reconnect, NULL};
static const struct phase *const rotate_token[] = {&phase_rotate, &phase_reconnect, NULL};

static const struct phase *const look[] = {&phase_look, NULL};

const struct kind kinds[OP_KIND_COUNT] = {
    [OP_stop_job] = {plan_stop_job, stop_job, true, "stopped", NULL},
    [OP_restart_job] = {plan_restart_job, restart_job, true, "stopped, and queued again", NULL},
    [OP_drain_pool] = {plan_drain_pool, drain_pool, true, "nothing of it is left", NULL},
    [OP_restart_pool] = {plan_restart_pool, restart_pool, true, "its workers are there again",
                         NULL},
    [OP_drain_connector] = {plan_drain_connector, drain_connector, false,
                            "it carries nothing any more", NULL},
    [OP_restart_connector] = {plan_restart_connector, restart_connector, false,
                              "up again, with its connections", NULL},
    [OP_status_pool] = {plan_look, look, false, "this is what the driver says", NULL},
    [OP_status_connector] = {plan_look, look, false, "this is what the driver says", NULL},
    [OP_logs_pool] = {plan_look, look, false, "these are the newest lines", NULL},
    [OP_logs_connector] = {plan_look, look, false, "these are the newest lines", NULL},
    [OP_rotate_token] = {plan_rotate_token, rotate_token, false,
                         "a new token, and its connectors follow", token_doubt},
};

const struct phase *
phase_of(const struct run *run)
{
    return kinds[run->kind].phases[run->phase];
}

const char *
phase_name(const struct run *run)
{
    const struct phase *phase = phase_of(run);

    return phase ? phase->name : "";
}

const char *
phase_doing(enum op_kind kind, const char *name)
{
    for (size_t i = 0; kinds[kind].phases[i]; i++)
        if (strcmp(kinds[kind].phases[i]->name, name) == 0)
            return kinds[kind].phases[i]->doing;
    return "";
}

size_t
phase_find(enum op_kind kind, const char *name)
{
    size_t i = 0;

    while (kinds[kind].phases[i] && strcmp(kinds[kind].phases[i]->name, name) != 0)
        i++;
    return kinds[kind].phases[i] ? i : 0;
}

bool
phase_is_not_rolling(const struct run *run)
{
    return !run_chose(run, OP_CHOICE_rolling);
}
