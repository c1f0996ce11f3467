#include "probe/connectors.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "model/store.h"
#include "probe/spot.h"
#include "probe/stranger.h"

enum {
    FIRST_PORT = 20241, /* where cloudflared listens when nobody says otherwise (facts C1) */
    PORTS = 5,
    DISCOVER_EVERY_MS = 30000,
    FORGET_AFTER_MS = 15 * 60000, /* a discovered one that does not come back */
    PUBLISH_EVERY_MS = 100,
};

struct connectors {
    struct tools *tools;
    struct store *store;
    int64_t interval_ms;
    struct spot *spots; /* the configured ones, then the well-known ports */
    size_t n_spots, n_configured;
    struct stranger_probe *stranger; /* NULL: nobody wants to know */
    struct timer pass, publish;
    size_t n_left; /* spots that this pass waits for */
    bool wants_everything;
    int64_t pass_at_ms, discovered_at_ms, published_at_us;
    struct source_status status;
};

/* --- publishing --- */

/* A configured connector may listen on a well-known port. */
static bool
is_duplicate(const struct connectors *connectors, const struct spot *spot)
{
    for (size_t i = 0; spot->is_discovered && i < connectors->n_configured; i++)
        if (strcmp(connectors->spots[i].ready.connector_id, spot->ready.connector_id) == 0)
            return true;
    return false;
}

static void
publish_now(struct connectors *connectors)
{
    struct arena *arena = arena_new();
    struct connector *rows = arena_array(arena, connectors->n_spots, sizeof(*rows));
    struct source_status *status = &connectors->status;
    size_t n = 0;

    status->parts_ok = 0;
    for (size_t i = 0; i < connectors->n_spots; i++) {
        const struct spot *spot = &connectors->spots[i];

        if (spot->is_tentative || is_duplicate(connectors, spot))
            continue;
        spot_show(spot, arena, &rows[n++]);
        status->parts_ok +=
            spot->state != CONNECTOR_unknown && spot->state != CONNECTOR_unreachable;
    }
    status->parts = (uint32_t)n;
    timer_clear(connectors->tools->loop, &connectors->publish);
    connectors->published_at_us = clock_mono_us();
    store_publish(connectors->store, SLOT_connectors, arena, rows, n);
}

static void
publish_due(void *context)
{
    publish_now(context);
}

static void
set_status(struct connectors *connectors)
{
    struct source_status *status = &connectors->status;
    struct text error = {.bytes = status->error, .size = sizeof(status->error)};

    text_clear(&error);
    status->rounds++;
    status->tried_at_ms = clock_wall_ms();
    if (status->parts > 0) { /* one that does not answer is a fact about it, told in its row */
        status->state = SOURCE_STATE_ok;
        status->code = ERR_NONE;
        status->ok_at_ms = status->tried_at_ms;
    } else {
        status->state = SOURCE_STATE_disabled;
        status->code = ERR_CONFIG;
        text_add(&error, "no connector is configured");
        if (connectors->n_spots > 0)
            text_addf(&error, ", and none answers on 127.0.0.1:%d to %d", FIRST_PORT,
                      FIRST_PORT + PORTS - 1);
    }
    store_source(connectors->store, SOURCE_connectors, status);
}

/* --- passes --- */

/* All that those who answer have carried; -1 when one of them does not say. */
static int64_t
all_requests(const struct connectors *connectors)
{
    int64_t sum = -1;

    for (size_t i = 0; i < connectors->n_spots; i++) {
        const struct spot *spot = &connectors->spots[i];

        if (spot->is_tentative || is_duplicate(connectors, spot) ||
            spot->state == CONNECTOR_unreachable)
            continue;
        if (!spot->has_metrics || spot->metrics.requests < 0)
            return -1;
        sum = (sum < 0 ? 0 : sum) + spot->metrics.requests;
    }
    return sum;
}

void
connectors_tell(struct connectors *connectors, struct stranger_probe *stranger)
{
    connectors->stranger = stranger;
}

static void
end_pass(struct connectors *connectors)
{
    int64_t now_ms = clock_wall_ms();

    for (size_t i = connectors->n_configured; i < connectors->n_spots; i++) {
        struct spot *spot = &connectors->spots[i];

        if (spot->is_discovered && spot->state == CONNECTOR_unreachable &&
            now_ms - spot->at_ms > FORGET_AFTER_MS) {
            spot->is_tentative = true;
            spot->is_discovered = false;
        }
    }
    for (size_t i = 0; i < connectors->n_spots; i++)
        log_watch_look(connectors->spots[i].log);
    publish_now(connectors);
    set_status(connectors);
    if (connectors->stranger)
        stranger_pass(connectors->stranger, all_requests(connectors));
    timer_set(connectors->tools->loop, &connectors->pass,
              (connectors->pass_at_ms + connectors->interval_ms) * 1000);
}

/* Soon, with whatever else has changed until then. */
static void
publish_soon(void *context)
{
    struct connectors *connectors = context;

    if (!connectors->publish.is_set)
        timer_set(connectors->tools->loop, &connectors->publish,
                  connectors->published_at_us + PUBLISH_EVERY_MS * INT64_C(1000));
}

static void
spot_over(void *context)
{
    struct connectors *connectors = context;

    if (--connectors->n_left == 0)
        end_pass(connectors);
    else
        publish_soon(connectors);
}

static void
begin_pass(void *context)
{
    struct connectors *connectors = context;
    bool is_everything = connectors->wants_everything;
    bool discovers;

    connectors->wants_everything = false;
    connectors->pass_at_ms = clock_mono_ms();
    discovers =
        is_everything || connectors->pass_at_ms - connectors->discovered_at_ms >= DISCOVER_EVERY_MS;
    if (discovers)
        connectors->discovered_at_ms = connectors->pass_at_ms;
    connectors->n_left = 1; /* ours, so that the pass cannot end before it has begun */
    for (size_t i = 0; i < connectors->n_spots; i++)
        if (discovers || !connectors->spots[i].is_tentative) {
            connectors->n_left++;
            spot_ask(&connectors->spots[i], is_everything);
        }
    spot_over(connectors);
}

void
connectors_refresh(struct connectors *connectors)
{
    for (size_t i = 0; i < connectors->n_spots; i++)
        spot_cancel(&connectors->spots[i]);
    connectors->wants_everything = true;
    timer_set(connectors->tools->loop, &connectors->pass, 0);
}

static bool
set_spots(struct connectors *connectors, const struct probe_options *options, struct err *err)
{
    for (size_t i = 0; i < connectors->n_spots; i++) {
        struct spot *spot = &connectors->spots[i];
        TEXT(name, SPOT_NAME_BYTES);
        TEXT(url, SPOT_URL_BYTES);

        spot->tools = connectors->tools;
        spot->over = spot_over;
        spot->context = connectors;
        spot->tries_exposure = !options->skips_exposure;
        if (i < connectors->n_configured) {
            const struct probe_connector *row = &options->connectors[i];
            const char *id = row->tunnel_id ? row->tunnel_id : "";

            if (!spot_set(spot, row->name ? row->name : row->url, row->url, err))
                return false;
            text_clean(spot->configured_tunnel_id, sizeof(spot->configured_tunnel_id), id,
                       strlen(id));
            spot->log = log_watch_open(&(struct log_plan){row->log, publish_soon, connectors},
                                       connectors->tools->loop);
            continue;
        }
        text_addf(&name, "local:%zu", FIRST_PORT + i - connectors->n_configured);
        text_addf(&url, "http://127.0.0.1:%zu", FIRST_PORT + i - connectors->n_configured);
        if (!spot_set(spot, name.bytes, url.bytes, err))
            return false;
        spot->is_tentative = true;
    }
    return true;
}

struct connectors *
connectors_open(const struct probe_options *options, struct tools *tools, struct store *store,
                struct err *err)
{
    struct connectors *connectors = calloc(1, sizeof(*connectors));
    size_t n = options->n_connectors + (options->discover_connectors ? PORTS : 0);

    if (!connectors)
        die("out of memory");
    connectors->spots = calloc(n ? n : 1, sizeof(*connectors->spots));
    if (!connectors->spots)
        die("out of memory");
    connectors->tools = tools;
    connectors->store = store;
    connectors->interval_ms = options->interval_ms / 2;
    connectors->n_configured = options->n_connectors;
    connectors->n_spots = n;
    connectors->pass = (struct timer){.due = begin_pass, .context = connectors};
    connectors->publish = (struct timer){.due = publish_due, .context = connectors};
    connectors->status.interval_ms = connectors->interval_ms;
    if (!set_spots(connectors, options, err)) {
        connectors_close(connectors);
        return NULL;
    }
    publish_now(connectors);
    connectors_refresh(connectors);
    return connectors;
}

void
connectors_close(struct connectors *connectors)
{
    if (!connectors)
        return;
    for (size_t i = 0; i < connectors->n_spots; i++) {
        spot_cancel(&connectors->spots[i]);
        log_watch_close(connectors->spots[i].log);
    }
    timer_clear(connectors->tools->loop, &connectors->pass);
    timer_clear(connectors->tools->loop, &connectors->publish);
    free(connectors->spots);
    free(connectors);
}
