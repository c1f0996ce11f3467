/* environments.c — the list of pools: environments whose config.type is self_hosted. */
#include <string.h>

#include "api/credentials.h"
#include "api/resource.h"
#include "core/clock.h"
#include "core/json.h"

int64_t
resource_time(const struct json *object, const char *key)
{
    int64_t ms;

    return rfc3339_parse(json_string(object, key, ""), &ms) ? ms : 0;
}

static struct task *
task(struct fleet *fleet, const char *subject)
{
    (void)subject;
    return &fleet->environments;
}

static void
begin(struct reading *reading)
{
    reading->fleet->environments_round++;
}

static bool
is_self_hosted(const struct json *item)
{
    return strcmp(json_string(json_get(item, "config"), "type", ""), "self_hosted") == 0;
}

/* Archived ones are listed too: a pool that is archived while we watch must still drain. */
static bool
item(struct reading *reading, const struct json *item)
{
    struct fleet *fleet = reading->fleet;
    const char *id = json_string(item, "id", "");
    bool is_archived = !json_is_null(json_get(item, "archived_at"));
    struct fleet_pool *pool;

    if (!fleet_is_id(id))
        return false;
    pool = fleet_pool(fleet, id);
    if (!is_self_hosted(item) || (is_archived && !pool))
        return true;
    if (!pool)
        pool = fleet_add_pool(fleet, id);
    pool->round = fleet->environments_round;
    if (!pool->is_confirmed) {
        pool->is_confirmed = true;
        if (pool->stats.is_off)
            fleet_keep(&pool->stats_error, "", 1);
        pool->stats.is_off = false;
        pool->work.is_off = pool->is_refused || !pool->key->bearer;
    }
    fleet->pools_changed |=
        fleet_keep(&pool->name, json_string(item, "name", ""), FLEET_NAME_BYTES);
    fleet->pools_changed |= pool->is_archived != is_archived;
    pool->is_archived = is_archived;
    return true;
}

static void
complete(struct reading *reading)
{
    reading->fleet->environment_pages = reading->pages;
    if (reading->is_whole)
        fleet_sweep_pools(reading->fleet);
}

const struct resource resource_environments = {
    .what = "the list of pools",
    .path = "/v1/environments",
    .query = "include_archived=true",
    .beta = BETA_AGENTS,
    .scope = "the scope workspace:developer",
    .source = SOURCE_environments,
    .key = KEY_MAIN,
    .is_list = true,
    .limit = RESOURCE_PAGE_ROWS,
    .most_pages = 50,
    .begin = begin,
    .item = item,
    .complete = complete,
    .task = task,
};
