#include "sim/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/map.h"
#include "sim/buffer.h"
#include "sim/stamp.h"
#include "sim/worker.h"

enum { STOPPED_KEPT = 40 }; /* per environment; older ones are forgotten */

static struct item *
enter(struct world *world, struct environment *environment, int64_t created_ms)
{
    struct item *item = zeroed(sizeof(*item));

    item->environment = environment;
    item->object.created_ms = created_ms;
    item->queued_ms = item->available_ms = created_ms;
    item->ttl_s = world->switches.lease_ttl;
    item->metadata = json_new_object();
    world_enter(world, &environment->items, &item->object, "work");
    return item;
}

struct item *
item_new(struct world *world, struct session *session, int64_t created_ms)
{
    struct item *item = enter(world, session->environment, created_ms);

    item->session = session;
    item->data_type = "session";
    snprintf(item->data_id, sizeof(item->data_id), "%s", session->object.id);
    session->item = item;
    if (world->hooks.queued)
        world->hooks.queued(world->hooks.context, session->environment);
    return item;
}

struct item *
item_new_healthcheck(struct world *world, struct environment *environment)
{
    struct item *item = enter(world, environment, world->now_ms);

    item->data_type = "healthcheck";
    chance_id(&world->chance, "hchk", item->data_id);
    if (world->hooks.queued)
        world->hooks.queued(world->hooks.context, environment);
    return item;
}

void
item_free(struct item *item)
{
    json_free(item->metadata);
    free(item);
}

void
item_forget(struct world *world, struct item *item)
{
    if (item->worker)
        worker_release(world, item->worker);
    if (item->session && item->session->item == item)
        item->session->item = NULL;
    map_remove(world->by_id, item->object.id);
    if (item->secret[0])
        map_remove(world->by_token, item->secret);
    array_remove(&item->environment->items, item);
    item_free(item);
}

const char *
item_state_name(enum item_state state)
{
    static const char *const names[] = {"queued", "starting", "active", "stopping", "stopped"};

    return names[state];
}

bool
item_is_over(const struct item *item)
{
    return item->state == ITEM_STOPPED;
}

/* Did it poll within the window in which a worker counts as polling (facts/management-api.md 5.9)?
 */
static bool
counts_as_polling(const struct world *world, const struct poller *poller)
{
    return world->now_ms - poller->seen_ms <= world->switches.polling_window * 1000;
}

/* The place of that one, or else of one that is gone. */
static struct poller *
place_of_poller(const struct world *world, const struct environment *environment, const char *id)
{
    struct poller *gone = NULL;

    for (size_t i = 0; i < environment->pollers.n; i++) {
        struct poller *one = environment->pollers.items[i];

        if (strcmp(one->id, id) == 0)
            return one;
        if (!counts_as_polling(world, one))
            gone = one;
    }
    return gone;
}

void
queue_see_poller(const struct world *world, struct environment *environment, const char *id,
                 int64_t seen_ms)
{
    struct poller *poller = place_of_poller(world, environment, id);

    if (!poller) {
        poller = zeroed(sizeof(*poller));
        array_add(&environment->pollers, poller);
    }
    if (!poller->id || strcmp(poller->id, id) != 0) {
        free(poller->id);
        poller->id = copy_string(id);
    }
    poller->seen_ms = seen_ms;
}

/* Claim, and make the credential that goes with the item. */
static void
claim(struct world *world, struct item *item)
{
    item->claimed_ms = world->now_ms;
    if (item->secret[0] || !world->switches.poll_secret)
        return;
    chance_token(&world->chance, "sk-ant-req-", item->secret);
    map_set(world->by_token, item->secret, item);
}

struct item *
queue_poll(struct world *world, struct environment *environment, const char *worker_id,
           int64_t reclaim_older_than_ms)
{
    if (worker_id)
        queue_see_poller(world, environment, worker_id, world->now_ms);
    queue_advance(world, environment);
    for (size_t i = 0; i < environment->items.n; i++) {
        struct item *item = environment->items.items[i];

        if (item->state == ITEM_STOPPING && world->switches.finalize_lapsed &&
            item->lease_until_ms <= world->now_ms)
            item_stop(world, item, true);
        if (item->state != ITEM_QUEUED || item->available_ms > world->now_ms)
            continue;
        if (item->claimed_ms && world->now_ms - item->claimed_ms <= reclaim_older_than_ms)
            continue;
        claim(world, item);
        return item;
    }
    return NULL;
}

bool
item_ack(struct world *world, struct item *item)
{
    if (item->state != ITEM_QUEUED)
        return item->state != ITEM_STOPPED;
    if (!item->claimed_ms)
        return false; /* lapsed, or never handed out */
    item->state = ITEM_STARTING;
    item->claimed_ms = 0;
    item->acknowledged_ms = world->now_ms;
    item->started_ms = 0;
    item->lease_until_ms = world->now_ms + world->switches.starting_grace * 1000;
    return true;
}

const char *
item_last_beat(const struct item *item, char out[STAMP_BYTES])
{
    out[0] = '\0';
    return item->heartbeat_us ? stamp_us(item->heartbeat_us, out) : out;
}

enum beat_answer
item_beat(struct world *world, struct item *item, const char *expected)
{
    char last[STAMP_BYTES];
    int64_t now_us = world->now_ms * 1000 + chance_between(&world->chance, 0, 999);

    if (item->state == ITEM_STOPPING || item->state == ITEM_STOPPED)
        return BEAT_ENDING;
    queue_advance(world, item->environment);
    if (item->state == ITEM_QUEUED)
        return BEAT_REFUSED;
    item_last_beat(item, last);
    if (expected && strcmp(expected, item->heartbeat_us ? last : HEARTBEAT_NONE) != 0)
        return BEAT_REFUSED;
    if (item->state == ITEM_STARTING) {
        item->state = ITEM_ACTIVE;
        item->started_ms = world->now_ms;
    }
    item->heartbeat_us = now_us > item->heartbeat_us ? now_us : item->heartbeat_us + 1;
    item->lease_until_ms = world->now_ms + item->ttl_s * 1000;
    return BEAT_TAKEN;
}

void
item_set_ttl(const struct world *world, struct item *item, int64_t ttl_s)
{
    item->ttl_s = ttl_s < world->switches.lease_ttl ? ttl_s : world->switches.lease_ttl;
}

/* The oldest stopped items are forgotten, so that a long run does not fill the memory. */
static void
forget_old(struct world *world, const struct item *keep)
{
    struct environment *environment = keep->environment;
    struct item *oldest = NULL;
    size_t n = 0;

    for (size_t i = environment->items.n; i-- > 0;) {
        struct item *item = environment->items.items[i];

        if (item->state == ITEM_STOPPED && !item->worker && item != keep && n++ >= STOPPED_KEPT)
            oldest = item;
    }
    if (oldest)
        item_forget(world, oldest);
}

bool
item_stop(struct world *world, struct item *item, bool is_forced)
{
    bool has_worker = item->state == ITEM_STARTING || item->state == ITEM_ACTIVE;

    if (item->state == ITEM_STOPPED || (item->state == ITEM_STOPPING && !is_forced))
        return false;
    if (!item->stop_requested_ms)
        item->stop_requested_ms = world->now_ms;
    item->claimed_ms = 0;
    if (!is_forced && (has_worker || world->switches.graceful_queued == GRACEFUL_STOPPING)) {
        item->state = ITEM_STOPPING;
        return true;
    }
    item->state = ITEM_STOPPED;
    item->stopped_ms = world->now_ms;
    forget_old(world, item);
    return true;
}

struct queue_stats
queue_stats(const struct world *world, const struct environment *environment)
{
    struct queue_stats stats = {0};

    for (size_t i = 0; i < environment->items.n; i++) {
        const struct item *item = environment->items.items[i];

        if (item->state != ITEM_QUEUED || item->available_ms > world->now_ms)
            continue;
        if (item->claimed_ms)
            stats.pending++;
        else
            stats.depth++;
        if (!stats.oldest_ms || item->queued_ms < stats.oldest_ms)
            stats.oldest_ms = item->queued_ms;
    }
    for (size_t i = 0; i < environment->pollers.n; i++) {
        const struct poller *poller = environment->pollers.items[i];

        stats.polling += counts_as_polling(world, poller);
    }
    return stats;
}

static void
lapse(struct world *world, struct item *item)
{
    item->state = ITEM_QUEUED;
    item->heartbeat_us = 0;
    item->claimed_ms = 0;
    item->queued_ms = world->now_ms;
    item->available_ms = world->now_ms + world->switches.requeue_delay * 1000;
    if (!world->switches.keep_stamps)
        item->acknowledged_ms = item->started_ms = 0;
    if (world->hooks.queued)
        world->hooks.queued(world->hooks.context, item->environment);
}

void
item_requeue(struct world *world, struct item *item)
{
    item->stop_requested_ms = item->stopped_ms = 0;
    lapse(world, item);
}

void
queue_advance(struct world *world, struct environment *environment)
{
    for (size_t i = 0; i < environment->items.n; i++) {
        struct item *item = environment->items.items[i];

        if ((item->state == ITEM_STARTING || item->state == ITEM_ACTIVE) &&
            item->lease_until_ms <= world->now_ms)
            lapse(world, item);
    }
}
