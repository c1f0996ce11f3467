#include "sim/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "sim/buffer.h"
#include "sim/chronicle.h"
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
    /* scaled by fleet.pace: */
    BOOT_LEAST_MS = 1000,
    BOOT_MOST_MS = 3000,
    CALL_LEAST_MS = 400,
    CALL_MOST_MS = 12000,
    LEAVE_LEAST_MS = 300, /* from SIGTERM: cancel the call, stop the item, exit */
    LEAVE_MOST_MS = 2000,
    KILL_MS = 30000, /* whoever does not mind SIGTERM gets SIGKILL */
};

enum phase { DOWN, BOOTING, POLLING, CLAIMED, WARMING, WORKING };

struct worker {
    struct environment *environment;
    struct item *item; /* NULL while polling */
    enum phase phase;
    enum quirk quirk;
    char name[24];          /* of the unit: stays when the process is another */
    char id[64];            /* of the process: what Anthropic-Worker-ID says */
    char echo[STAMP_BYTES]; /* the last heartbeat, as the service wrote it */
    int64_t next_ms;        /* of the poll, of the ack, of the first heartbeat; BOOTING: its end */
    int64_t beat_ms;
    bool is_leaving;            /* it was sent SIGTERM */
    bool comes_back;            /* and is started again when it is gone */
    int64_t leave_ms, kill_ms;  /* while it is leaving */
    char call_id[SIM_ID_BYTES]; /* the tool that runs; "" */
    int64_t call_done_ms;
};

static int64_t
scaled(const struct world *world, int64_t ms)
{
    return ms * 100 / world->switches.pace;
}

/* A new process under the old name. */
static void
begin_process(struct world *world, struct worker *worker)
{
    worker->quirk = QUIRK_NONE;
    worker->is_leaving = worker->comes_back = false;
    snprintf(worker->id, sizeof(worker->id), "%s-%012llx", worker->name,
             (unsigned long long)(chance_next(&world->chance) >> 16));
}

struct worker *
worker_new(struct world *world, struct environment *environment, enum quirk quirk)
{
    struct worker *worker = zeroed(sizeof(*worker));

    worker->environment = environment;
    snprintf(worker->name, sizeof(worker->name), "build-%02u", ++environment->n_named);
    begin_process(world, worker);
    worker->quirk = quirk;
    worker->phase = POLLING;
    worker->next_ms = world->now_ms + chance_between(&world->chance, 0, POLL_MOST_MS);
    array_add(&world->workers, worker);
    return worker;
}

/* No longer ago than it waits between two polls, so that it never seems to be gone meanwhile. */
void
worker_was_polling(struct world *world, struct worker *worker)
{
    int64_t last_ms;

    if (worker->environment->staffing.is_webhook)
        return; /* it sleeps until it is woken (6.5) */
    last_ms = worker->next_ms - chance_between(&world->chance, POLL_LEAST_MS, POLL_MOST_MS);
    queue_see_poller(world, worker->environment, worker->id, earliest(last_ms, world->now_ms));
}

void
worker_free(struct worker *worker)
{
    if (worker->item)
        worker->item->worker = NULL;
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
worker_adopt(struct worker *worker, struct item *item)
{
    if (worker->item)
        worker->item->worker = NULL;
    worker->item = item;
    item->worker = worker;
    worker->phase = WORKING;
    item_last_beat(item, worker->echo);
    worker->beat_ms = item->heartbeat_us / 1000 + beat_interval(item);
}

void
worker_warm_up(struct worker *worker, struct item *item, int64_t until_ms)
{
    worker_adopt(worker, item);
    worker->phase = WARMING;
    worker->next_ms = until_ms;
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

/* The running call is cut short; who executes the session's history next runs it again, unless its
 * error is posted (6.2). */
static void
cancel_call(struct world *world, struct worker *worker)
{
    struct session *session = worker->item ? worker->item->session : NULL;

    if (worker->call_id[0] && session && world->switches.posts_cancelled)
        inbox_tool_result(world, session, worker->call_id, "The call was cancelled.", true);
    worker->call_id[0] = '\0';
}

static void
leave(struct world *world, struct worker *worker)
{
    struct item *item = worker->item;

    cancel_call(world, worker);
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
        is_asleep ? NULL : queue_poll(world, worker->environment, worker->id, RECLAIM_DEFAULT_MS);

    worker->phase = POLLING;
    if (!item) {
        worker->next_ms =
            world->now_ms + chance_between(&world->chance, POLL_LEAST_MS, POLL_MOST_MS);
        return;
    }
    if (item->worker)
        worker_release(world, item->worker);
    chronicle_add(world, worker->environment->object.id, "%s: took %s", worker->name,
                  item->object.id);
    worker->item = item;
    item->worker = worker;
    worker->phase = CLAIMED;
    worker->next_ms = world->now_ms + (worker->quirk == QUIRK_STALLS ? STALL_MS : 5);
}

static void
first_beat(struct world *world, struct worker *worker)
{
    switch (item_beat(world, worker->item, HEARTBEAT_NONE)) {
    case BEAT_TAKEN:
        worker->phase = WORKING;
        item_last_beat(worker->item, worker->echo);
        worker->beat_ms = world->now_ms + beat_interval(worker->item);
        break;
    case BEAT_ENDING:
        leave(world, worker);
        break;
    case BEAT_REFUSED:
        worker_release(world, worker);
        break;
    }
}

static void
acknowledge(struct world *world, struct worker *worker)
{
    if (worker->quirk == QUIRK_STALLS || !item_ack(world, worker->item))
        worker_release(world, worker);
    else
        first_beat(world, worker);
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

static int64_t
call_takes_ms(struct world *world)
{
    return world->switches.tool_ms
               ? world->switches.tool_ms
               : scaled(world, chance_between(&world->chance, CALL_LEAST_MS, CALL_MOST_MS));
}

static void
run_tools(struct world *world, struct worker *worker, struct session *session)
{
    struct call *call;

    if (worker->call_id[0] && worker->call_done_ms <= world->now_ms) {
        inbox_tool_result(world, session, worker->call_id, name_tool_output(&world->chance), false);
        worker->call_id[0] = '\0';
    }
    call = session_runnable_call(session);
    if (worker->call_id[0] || !call)
        return;
    snprintf(worker->call_id, sizeof(worker->call_id), "%s", call->id);
    worker->call_done_ms = world->now_ms + call_takes_ms(world);
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

static void
boot(struct world *world, struct worker *worker)
{
    begin_process(world, worker);
    worker->phase = BOOTING;
    worker->next_ms =
        world->now_ms + scaled(world, chance_between(&world->chance, BOOT_LEAST_MS, BOOT_MOST_MS));
    chronicle_add(world, worker->environment->object.id, "%s: started as %s", worker->name,
                  worker->id);
}

/* The process is gone; what it held is not, unless it was stopped. */
static void
end_process(struct world *world, struct worker *worker, const char *how)
{
    bool comes_back = worker->comes_back;

    worker_release(world, worker);
    worker->phase = DOWN;
    worker->is_leaving = worker->comes_back = false;
    chronicle_add(world, worker->environment->object.id, "%s: %s", worker->name, how);
    if (comes_back)
        boot(world, worker);
}

/* Does it still react to what it is told? */
static bool
hears(const struct worker *worker)
{
    return worker->quirk != QUIRK_SILENT && worker->quirk != QUIRK_DEAF;
}

/* After SIGTERM, as `ant` does and as the SDK's worker should be wired (6.3): cancel the call,
 * force-stop the item, exit. */
static void
go_away(struct world *world, struct worker *worker)
{
    if (hears(worker) && worker->leave_ms <= world->now_ms) {
        if (worker->item && !world->faults.environment_keys_revoked)
            leave(world, worker);
        end_process(world, worker, "exited");
    } else if (worker->kill_ms <= world->now_ms) {
        end_process(world, worker, "did not react to SIGTERM, and was killed");
    } else if (worker->phase == WORKING && worker->quirk != QUIRK_SILENT) {
        work(world, worker);
    }
}

static void
go_on(struct world *world, struct worker *worker)
{
    if (worker->phase == WORKING)
        work(world, worker);
    else if (worker->next_ms > world->now_ms)
        return;
    else if (worker->phase == WARMING)
        first_beat(world, worker);
    else if (worker->phase == CLAIMED)
        acknowledge(world, worker);
    else
        poll_once(world, worker);
}

void
worker_tick(struct world *world, struct worker *worker)
{
    if (worker->phase == DOWN)
        return;
    if (worker->is_leaving)
        go_away(world, worker);
    else if (worker->quirk != QUIRK_SILENT && !world->faults.environment_keys_revoked)
        go_on(world, worker); /* else it is frozen, or was ended by the 401 */
}

void
worker_drain(struct world *world, struct worker *worker)
{
    if (worker->phase == DOWN || worker->is_leaving)
        return;
    chronicle_add(world, worker->environment->object.id, "%s: SIGTERM", worker->name);
    if (worker->phase == BOOTING) {
        end_process(world, worker, "exited");
        return;
    }
    worker->is_leaving = true;
    worker->leave_ms = world->now_ms;
    if (worker->item)
        worker->leave_ms +=
            scaled(world, chance_between(&world->chance, LEAVE_LEAST_MS, LEAVE_MOST_MS));
    worker->kill_ms = world->now_ms + scaled(world, KILL_MS);
}

void
worker_start(struct world *world, struct worker *worker)
{
    if (worker->phase == DOWN)
        boot(world, worker);
    else if (worker->is_leaving)
        worker->comes_back = true;
}

void
worker_restart(struct world *world, struct worker *worker)
{
    worker_drain(world, worker);
    worker_start(world, worker);
}

const char *
worker_name(const struct worker *worker)
{
    return worker->name;
}

const char *
worker_id(const struct worker *worker)
{
    return worker->phase == DOWN ? "" : worker->id;
}

const char *
worker_state(const struct world *world, const struct worker *worker)
{
    static const char *const names[] = {"down",    "starting", "polling",
                                        "working", "working",  "working"};

    if (worker->phase != DOWN && world->faults.environment_keys_revoked)
        return names[DOWN]; /* the 401 ended it */
    return worker->is_leaving ? "draining" : names[worker->phase];
}

bool
worker_is_down(const struct worker *worker)
{
    return worker->phase == DOWN;
}

const struct item *
worker_item(const struct worker *worker)
{
    return worker->item;
}

const struct environment *
worker_pool(const struct worker *worker)
{
    return worker->environment;
}
