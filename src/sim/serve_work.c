/* The calls of the family /v1/environments/{id}/work (facts/management-api.md 5). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "sim/base64.h"
#include "sim/page.h"
#include "sim/queue.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/show.h"
#include "sim/stamp.h"

enum { BLOCK_MOST_MS = 999 };

static struct item *
find_item(struct service *service, struct exchange *x)
{
    struct environment *environment = serve_environment(service, x);
    struct item *item;

    if (!environment)
        return NULL;
    queue_advance(service->world, environment);
    item = world_find_item(service->world, environment, x->part[1]);
    if (!item)
        answer_error(x, 404, "no work item with this id in this environment");
    return item;
}

static void
answer_item(struct service *service, struct exchange *x, const struct item *item)
{
    answer_json(x, 200, show_item(service->world, &item->object));
}

static bool
is_listed(const struct object *object, const void *with_stopped)
{
    const struct item *item = (const void *)object;

    return with_stopped || item->state != ITEM_STOPPED;
}

void
work_list(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct environment *environment = serve_environment(service, x);

    if (!environment)
        return;
    queue_advance(world, environment);
    struct page page = {
        .list = &environment->items,
        .keep = is_listed,
        .context = world->switches.include_stopped ? world : NULL,
        .show = show_item,
        .limit_otherwise = world->switches.page_default,
        .limit_most = world->switches.page_most,
    };
    page_answer(world, x, &page);
}

void
work_get(struct service *service, struct exchange *x)
{
    const struct item *item = find_item(service, x);

    if (item)
        answer_item(service, x, item);
}

void
work_update(struct service *service, struct exchange *x)
{
    struct item *item = find_item(service, x);
    const struct json *body = item ? serve_body(x) : NULL;
    const struct json *metadata = json_get(body, "metadata");

    if (!body)
        return;
    if (!json_is_object(metadata))
        answer_error(x, 400, "metadata: expected an object");
    else if (serve_metadata(x, &item->metadata, metadata, false, "invalid_metadata"))
        answer_item(service, x, item);
}

void
work_stats(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct environment *environment = serve_environment(service, x);
    struct queue_stats stats;
    struct json *json;

    if (!environment)
        return;
    queue_advance(world, environment);
    stats = queue_stats(world, environment);
    json = json_new_object();
    json_add_string(json, "type", "work_queue_stats");
    json_add_int(json, "depth", stats.depth);
    json_add_int(json, "pending", stats.pending);
    stamp_add(json, "oldest_queued_at", stats.oldest_ms);
    if (world->switches.workers_null)
        json_add_null(json, "workers_polling");
    else
        json_add_int(json, "workers_polling", stats.polling);
    answer_json(x, 200, json);
}

/* The secret of a poll answer: unpadded base64url of an object (5.1). */
static struct json *
secret_of(const struct item *item)
{
    struct json *secret = json_new_object(), *out;
    char *text, *encoded;

    if (!item->secret[0]) {
        json_free(secret);
        return json_new_null();
    }
    json_add_string(secret, "sessions_token", item->secret);
    text = json_print(secret, false);
    encoded = base64url(text, strlen(text));
    out = json_new_string(encoded);
    free(text);
    free(encoded);
    json_free(secret);
    return out;
}

static void
answer_hit(struct service *service, struct exchange *x, const struct item *item)
{
    struct json *shown = show_item(service->world, &item->object), *json = json_new_object();

    for (const struct json *m = json_first(shown); m; m = json_next(m))
        if (strcmp(json_key(m), "secret") != 0)
            json_add(json, json_key(m), json_copy(m));
    json_free(shown);
    json_add(json, "secret", secret_of(item));
    answer_json(x, 200, json);
}

static void
answer_miss(const struct world *world, struct exchange *x)
{
    if (world->switches.poll_miss == MISS_204) {
        answer_empty(x, 204);
        return;
    }
    answer_json(x, 200, json_new_null());
    if (world->switches.poll_miss == MISS_TEXT)
        x->content_type = "text/plain";
}

static bool
parse_poll(const struct world *world, struct exchange *x, int64_t *block_ms, int64_t *reclaim_ms)
{
    int64_t most = world->switches.poll_excess == EXCESS_CLAMPED ? INT32_MAX : BLOCK_MOST_MS;

    if (!exchange_query_int(x, "block_ms", 1, most, block_ms)) {
        answer_error(x, 400, "block_ms: expected 1 to 999");
        return false;
    }
    if (*block_ms > BLOCK_MOST_MS)
        *block_ms = BLOCK_MOST_MS;
    if (!exchange_query_int(x, "reclaim_older_than_ms", 0, INT32_MAX, reclaim_ms)) {
        answer_error(x, 400, "reclaim_older_than_ms: expected milliseconds");
        return false;
    }
    return true;
}

void
work_poll(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct environment *environment = serve_environment(service, x);
    int64_t block_ms = 0, reclaim_ms = RECLAIM_DEFAULT_MS;
    const struct item *item;

    if (!environment || !parse_poll(world, x, &block_ms, &reclaim_ms))
        return;
    item = queue_poll(world, environment, exchange_header(x, "anthropic-worker-id"), reclaim_ms);
    if (item)
        answer_hit(service, x, item);
    else if (clock_mono_ms() < x->begun_ms + block_ms)
        answer_later(x, x->begun_ms + block_ms);
    else
        answer_miss(world, x);
}

static void
answer_conflict(const struct world *world, struct exchange *x, const char *message)
{
    answer_typed_error(x, 409,
                       world->switches.conflict_type == CONFLICT_INVALID ? "invalid_request_error"
                                                                         : "conflict_error",
                       message);
}

void
work_ack(struct service *service, struct exchange *x)
{
    struct item *item = find_item(service, x);

    if (!item)
        return;
    if (item_ack(service->world, item))
        answer_item(service, x, item);
    else
        answer_conflict(service->world, x, "the item is not claimed, or it is stopped");
}

static void
answer_beat(struct exchange *x, const struct item *item, bool is_extended)
{
    struct json *json = json_new_object();
    char last[STAMP_BYTES];

    json_add_string(json, "type", "work_heartbeat");
    json_add_string(json, "last_heartbeat", item_last_beat(item, last));
    json_add_bool(json, "lease_extended", is_extended);
    json_add_string(json, "state", item_state_name(item->state));
    json_add_int(json, "ttl_seconds", item->ttl_s);
    answer_json(x, 200, json);
}

static void
answer_lease_lost(struct exchange *x, const struct item *item)
{
    struct json *details = json_new_object(), *state;
    char last[STAMP_BYTES];

    json_add_string(details, "error_code", "heartbeat_precondition_failed");
    state = json_add_object(details, "current_state");
    json_add_string(state, "state", item_state_name(item->state));
    json_add_string(state, "last_heartbeat",
                    item->heartbeat_us ? item_last_beat(item, last) : NULL);
    json_add_bool(state, "lease_extended", false);
    json_add_int(state, "ttl_seconds", item->ttl_s);
    answer_details(x, 412, details, "The lease of this item is held under another heartbeat.");
}

void
work_heartbeat(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    const char *expected = exchange_query(x, "expected_last_heartbeat");
    struct item *item = find_item(service, x);
    int64_t ttl_s = 0, ttl_before_s;

    if (!item)
        return;
    ttl_before_s = item->ttl_s;
    if (!exchange_query_int(x, "desired_ttl_seconds", 1, 86400, &ttl_s)) {
        answer_error(x, 400, "desired_ttl_seconds: expected seconds");
        return;
    }
    if (!expected && world->switches.require_expected) {
        answer_error(x, 400, "expected_last_heartbeat: required");
        return;
    }
    if (ttl_s)
        item_set_ttl(world, item, ttl_s);
    switch (item_beat(world, item, expected)) {
    case BEAT_TAKEN:
        answer_beat(x, item, true);
        break;
    case BEAT_ENDING:
        answer_beat(x, item, false);
        break;
    case BEAT_REFUSED:
        item->ttl_s = ttl_before_s; /* a stranger changes no lease */
        answer_lease_lost(x, item);
        break;
    }
}

void
work_stop(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct item *item = find_item(service, x);
    const struct json *body = item ? serve_body(x) : NULL;

    if (!body)
        return;
    if (!serve_may_be_bool(body, "force")) {
        answer_error(x, 400, "force: expected true or false");
        return;
    }
    if (!item_stop(world, item, json_bool(body, "force", false))) {
        answer_conflict(world, x, "the item is already stopping or stopped");
        return;
    }
    if (world->switches.stop_success == STOP_200)
        answer_item(service, x, item);
    else
        answer_empty(x, 204);
}
