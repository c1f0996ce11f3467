/* `sandwatch config check --drivers`: the harmless `list` of each pool and connector, some at a
 * time, and how each of them ended. */
#include <poll.h>

#include "config/config.h"
#include "core/arena.h"
#include "core/child.h"
#include "core/clock.h"
#include "core/text.h"

enum {
    MOST_AT_ONCE = 8,
    MOST_OUTPUT_BYTES = 1 << 20,
    MOST_ERROR_BYTES = 4096,
    LONGEST_LINE = 512,
};

/* One pool or connector. */
struct trial {
    const char *kind, *name;
    const struct driver_use *use;
    struct child *child; /* NULL: it did not start */
    struct err err;      /* why it did not */
    bool is_running;
};

struct trials {
    struct arena *arena;
    struct trial *rows;
    size_t n, n_started, n_running;
};

static void
add(struct trials *trials, const char *kind, const char *name, const char *id,
    const struct driver_use *use)
{
    if (use->driver)
        trials->rows[trials->n++] =
            (struct trial){.kind = kind, .name = name ? name : id, .use = use};
}

static bool
can_list(const struct trial *trial)
{
    return (driver_verbs(trial->use) & 1u << DRIVER_list) != 0;
}

static void
start(struct trials *trials, struct trial *trial)
{
    const struct driver *driver = trial->use->driver;
    const char *const *argv;

    if (!can_list(trial) ||
        !driver_expand(trial->use, DRIVER_list, NULL, trials->arena, &argv, &trial->err))
        return;
    trial->child = child_start(
        &(struct child_plan){
            .argv = argv,
            .most_output_bytes = MOST_OUTPUT_BYTES,
            .most_error_bytes = MOST_ERROR_BYTES,
            .environment = driver->environment,
            .within_ms = driver->verbs[DRIVER_list].deadline_ms,
        },
        &trial->err);
    trial->is_running = trial->child != NULL;
    trials->n_running += trial->is_running;
}

/* Until at least one of those that run has something to say or is late. */
static void
wait_for_any(const struct trials *trials)
{
    struct pollfd fds[MOST_AT_ONCE];
    int64_t until_ms = INT64_MAX, left_ms;
    nfds_t n = 0;

    for (size_t i = 0; i < trials->n_started && n < MOST_AT_ONCE; i++) {
        const struct trial *trial = &trials->rows[i];

        if (!trial->is_running)
            continue;
        fds[n++] = (struct pollfd){.fd = child_fd(trial->child), .events = POLLIN};
        if (child_deadline_ms(trial->child) < until_ms)
            until_ms = child_deadline_ms(trial->child);
    }
    left_ms = until_ms - clock_mono_ms();
    if (n > 0)
        poll(fds, n, left_ms > 0 ? (int)left_ms : 0);
}

static void
step(struct trials *trials)
{
    for (size_t i = 0; i < trials->n_started; i++) {
        struct trial *trial = &trials->rows[i];

        if (!trial->is_running || child_step(trial->child) == CHILD_RUNNING)
            continue;
        trial->is_running = false;
        trials->n_running--;
    }
}

static bool
add_result(struct trials *trials, struct trial *trial, struct text *line)
{
    struct driver_workers workers;
    struct child_output output;

    if (!can_list(trial)) {
        text_add(line, "has no command that lists workers");
        return true;
    }
    if (!trial->child || !child_succeeded(trial->child, &trial->err)) {
        text_add(line, trial->err.message);
        return false;
    }
    output = child_output(trial->child);
    workers = driver_workers_read(trial->use->driver, output.bytes, output.n, trials->arena);
    text_addf(line, "exit status 0, %zu worker%s", workers.n, workers.n == 1 ? "" : "s");
    if (workers.n_refused > 0)
        text_addf(line, ", and %zu that cannot be a worker's name", workers.n_refused);
    return workers.n_refused == 0;
}

/* In the order of the configuration, as soon as it is their turn. */
static bool
print_next(struct trials *trials, size_t *n_printed, FILE *out)
{
    bool is_good = true;

    while (*n_printed < trials->n_started && !trials->rows[*n_printed].is_running) {
        struct trial *trial = &trials->rows[(*n_printed)++];
        TEXT(line, LONGEST_LINE);

        text_addf(&line, "%s %s: %s: ", trial->kind, trial->name, trial->use->driver->name);
        is_good = add_result(trials, trial, &line) && is_good;
        fprintf(out, "%s\n", line.bytes);
        fflush(out);
        child_free(trial->child);
        trial->child = NULL;
    }
    return is_good;
}

int
config_check_drivers(const struct config *config, FILE *out)
{
    struct trials trials = {.arena = arena_new()};
    size_t n_printed = 0;
    bool is_good = true;

    trials.rows =
        arena_array(trials.arena, config->n_pools + config->n_connectors, sizeof(*trials.rows));
    for (size_t i = 0; i < config->n_pools; i++)
        add(&trials, "pool", config->pools[i].name, config->pools[i].id, &config->pools[i].control);
    for (size_t i = 0; i < config->n_connectors; i++)
        add(&trials, "connector", config->connectors[i].name, config->connectors[i].url,
            &config->connectors[i].control);
    if (trials.n == 0)
        fputs("no pool and no connector has a control driver\n", out);
    while (n_printed < trials.n) {
        while (trials.n_started < trials.n && trials.n_running < MOST_AT_ONCE)
            start(&trials, &trials.rows[trials.n_started++]);
        wait_for_any(&trials);
        step(&trials);
        is_good = print_next(&trials, &n_printed, out) && is_good;
    }
    arena_free(trials.arena);
    return is_good ? 0 : 1;
}
