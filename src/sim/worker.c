#include "sim/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/buffer.h"
#include "sim/inbox.h"
#include "sim/names.h"
#include "sim/queue.h"
#include "sim/session.h"
#include "sim/stamp.h"

enum {
    BEAT_MOST_MS = 30000,
    POLL_LEAST_MS = 1500,
    POLL_MOST_MS = 4000, /* a blocked poll and a pause of 1 to 3 s */
    STALL_MS = 120000,
};

enum phase { POLLING, CLAIMED, WORKING };

struct worker {
    struct environment *environment;
    struct item *item; /* NULL while polling */
    enum phase phase;
    enum quirk quirk;
    char name[64];
    char echo[STAMP_BYTES]; /* the last heartbeat, as the service wrote it */
    int64_t next_ms;        /* of the poll, or of the ack */
    int64_t beat_ms;
    char call_id[SIM_ID_BYTES]; /* the tool that runs; "" */
    int64_t call_done_ms;
};

struct worker *
worker_new(struct world *world, struct environment *environment, enum quirk quirk)
{
    struct worker *worker = zeroed(sizeof(*worker));

    worker->environment = environment;
    worker->quirk = quirk;
    snprintf(worker->name, sizeof(worker->name), "build-%02d-%012llx",
             (int)chance_between(&world->chance, 1, 99),
             (unsigned long long)(chance_next(&world->chance) >> 16));
    worker->next_ms = world->now_ms + chance_between(&world->chance, 0, POLL_MOST_MS);
    array_add(&world->workers, worker);
    return worker;
}

void
worker_was_polling(struct world *world, struct worker *worker)
{
    if (worker->environment->staffing.is_webhook)
        return; /* it sleeps until it is woken (6.5) */
    queue_see_poller(worker->environment, worker->name,
                     world->now_ms - chance_between(&world->chance, 0, POLL_MOST_MS));
}

void
worker_free(struct worker *worker)
{
    free(worker);
}

static int64_t
beat_interval(const struct item *item)
{
    int64_t half = item->ttl_s * 500;

    if (half > BEAT_MOST_MS)
        half = BEAT_MOST_MS;
    return half < 1000 ? 1000 : half;
}

void
worker_adopt(struct world *world, struct worker *worker, struct item *item)
{
    if (worker->item)
        worker->item->worker = NULL;
    worker->item = item;
    item->worker = worker;
    worker->phase = WORKING;
    item_last_beat(item, worker->echo);
    worker->beat_ms = world->now_ms + chance_between(&world->chance, 1000, beat_interval(item));
}

void
worker_set_quirk(struct worker *worker, enum quirk quirk)
{
    worker->quirk = quirk;
}

void
worker_release(struct world *world, struct worker *worker)
{
    if (worker->item)
        worker->item->worker = NULL;
    worker->item = NULL;
    worker->phase = POLLING;
    worker->call_id[0] = '\0';
    worker->next_ms = world->now_ms;
}

static void
leave(struct world *world, struct worker *worker)
{
    struct item *item = worker->item;

    worker_release(world, worker);
    if (!item_is_over(item))
        item_stop(world, item, true);
}

static void
poll_once(struct world *world, struct worker *worker)
{
    const struct environment *pool = worker->environment;
    bool is_asleep = pool->staffing.is_webhook && queue_stats(world, pool).depth == 0;
    struct item *item =
        is_asleep ? NULL : queue_poll(world, worker->environment, worker->name, RECLAIM_DEFAULT_MS);

    if (!item) {
        worker->next_ms =
            world->now_ms + chance_between(&world->chance, POLL_LEAST_MS, POLL_MOST_MS);
        return;
    }
    if (item->worker)
        worker_release(world, item->worker);
    worker->item = item;
    item->worker = worker;
    worker->phase = CLAIMED;
    worker->next_ms = world->now_ms + (worker->quirk == QUIRK_STALLS ? STALL_MS : 5);
}

static void
acknowledge(struct world *world, struct worker *worker)
{
    if (worker->quirk == QUIRK_STALLS || !item_ack(world, worker->item) ||
        item_beat(world, worker->item, HEARTBEAT_NONE) != BEAT_TAKEN) {
        worker_release(world, worker);
        return;
    }
    worker->phase = WORKING;
    item_last_beat(worker->item, worker->echo);
    worker->beat_ms = world->now_ms + beat_interval(worker->item);
}

/* False: the item is not this worker's any more. */
static bool
beat(struct world *world, struct worker *worker)
{
    switch (item_beat(world, worker->item, worker->echo)) {
    case BEAT_TAKEN:
        item_last_beat(worker->item, worker->echo);
        break;
    case BEAT_ENDING:
        if (worker->quirk == QUIRK_DEAF)
            break;
        leave(world, worker); /* the running call is cancelled, and nothing is posted for it */
        return false;
    case BEAT_REFUSED:
        worker_release(world, worker);
        return false;
    }
    worker->beat_ms = world->now_ms + beat_interval(worker->item);
    return true;
}

static void
run_tools(struct world *world, struct worker *worker, struct session *session)
{
    struct call *call;

    if (worker->call_id[0] && worker->call_done_ms <= world->now_ms) {
        inbox_tool_result(world, session, worker->call_id, name_tool_output(&world->chance));
        worker->call_id[0] = '\0';
    }
    call = session_runnable_call(session);
    if (worker->call_id[0] || !call)
        return;
    snprintf(worker->call_id, sizeof(worker->call_id), "%s", call->id);
    worker->call_done_ms =
        world->now_ms + chance_between(&world->chance, 400, 12000) * 100 / world->switches.pace;
}

static void
work(struct world *world, struct worker *worker)
{
    struct session *session = worker->item->session;

    if (worker->beat_ms <= world->now_ms && !beat(world, worker))
        return;
    if (worker->quirk == QUIRK_DEAF && worker->item->state != ITEM_ACTIVE)
        return;
    if (!session || session->status == SESSION_TERMINATED) {
        leave(world, worker);
        return;
    }
    run_tools(world, worker, session);
    if (session->mind.is_idle && session->idle_ms &&
        world->now_ms - session->idle_ms >= world->switches.max_idle_s * 1000)
        leave(world, worker);
}

void
worker_tick(struct world *world, struct worker *worker)
{
    if (worker->quirk == QUIRK_SILENT || world->faults.environment_keys_revoked)
        return; /* frozen, or ended by the 401 */
    if (worker->phase == WORKING)
        work(world, worker);
    else if (worker->next_ms > world->now_ms)
        return;
    else if (worker->phase == CLAIMED)
        acknowledge(world, worker);
    else
        poll_once(world, worker);
}

static void
remove_worker(struct world *world, size_t i)
{
    struct worker *worker = world->workers.items[i];

    if (worker->item)
        worker->item->worker = NULL;
    array_remove_at(&world->workers, i);
    worker_free(worker);
}

void
workers_set(struct world *world, struct environment *environment, int64_t n)
{
    int64_t have = 0;

    for (size_t i = 0; i < world->workers.n; i++) {
        const struct worker *worker = world->workers.items[i];

        have += worker->environment == environment;
    }
    for (size_t i = world->workers.n; i-- > 0 && have > n;) {
        const struct worker *worker = world->workers.items[i];

        if (worker->environment == environment) {
            remove_worker(world, i);
            have--;
        }
    }
    for (; have < n; have++)
        worker_new(world, environment, QUIRK_NONE);
    environment->staffing.workers = n;
}

void
workers_set_quirk(struct world *world, struct environment *environment, enum quirk quirk)
{
    for (size_t i = 0; i < world->workers.n; i++) {
        struct worker *worker = world->workers.items[i];

        if (worker->environment == environment)
            worker->quirk = quirk;
    }
}
