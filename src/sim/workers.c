#include "sim/workers.h"

static void
remove_worker(struct world *world, size_t i)
{
    worker_free(world->workers.items[i]);
    array_remove_at(&world->workers, i);
}

/* The newest that is down, or the newest of all. */
static void
remove_newest(struct world *world, const struct environment *environment, bool is_down)
{
    for (size_t i = world->workers.n; i-- > 0;) {
        const struct worker *worker = world->workers.items[i];

        if (worker_pool(worker) == environment && (!is_down || worker_is_down(worker))) {
            remove_worker(world, i);
            return;
        }
    }
}

void
workers_set(struct world *world, struct environment *environment, int64_t n)
{
    int64_t have = 0, down = 0;

    for (size_t i = 0; i < world->workers.n; i++) {
        const struct worker *worker = world->workers.items[i];

        if (worker_pool(worker) == environment) {
            down += worker_is_down(worker);
            have += !worker_is_down(worker);
        }
    }
    for (; down > 0; down--)
        remove_newest(world, environment, true);
    for (; have > n; have--)
        remove_newest(world, environment, false);
    for (; have < n; have++)
        worker_new(world, environment, QUIRK_NONE);
    environment->staffing.workers = n;
}

void
workers_set_quirk(struct world *world, struct environment *environment, enum quirk quirk)
{
    for (size_t i = 0; i < world->workers.n; i++) {
        struct worker *worker = world->workers.items[i];

        if (worker_pool(worker) == environment)
            worker_set_quirk(worker, quirk);
    }
}
