/* tunnels.c — the list of tunnels. Their tokens are never asked for. */
#include "api/resource.h"
#include "core/json.h"

static struct task *
task(struct fleet *fleet, const char *subject)
{
    (void)subject;
    return &fleet->tunnel_list;
}

static void
begin(struct reading *reading)
{
    reading->fleet->tunnels_round++;
}

/* An archived tunnel is of interest only when we saw it alive: archiving cannot be undone. */
static bool
item(struct reading *reading, const struct json *item)
{
    struct fleet *fleet = reading->fleet;
    const char *id = json_string(item, "id", ""), *name = json_string(item, "display_name", "");
    bool is_archived = !json_is_null(json_get(item, "archived_at"));
    struct fleet_tunnel *tunnel;

    if (!fleet_is_id(id))
        return false;
    tunnel = fleet_tunnel(fleet, id);
    if (!tunnel && is_archived)
        return true;
    if (!tunnel)
        tunnel = fleet_add_tunnel(fleet, id);
    tunnel->round = fleet->tunnels_round;
    tunnel->is_archived = is_archived;
    tunnel->created_service_ms = resource_time(item, "created_at");
    fleet_keep(&tunnel->name, *name ? name : id, FLEET_NAME_BYTES);
    fleet_keep(&tunnel->domain, json_string(item, "domain", ""), FLEET_TITLE_BYTES);
    fleet->tunnels_changed = true;
    return true;
}

static void
complete(struct reading *reading)
{
    if (reading->is_whole)
        fleet_sweep_tunnels(reading->fleet);
    reading->fleet->tunnels_changed = true;
}

const struct resource resource_tunnels = {
    .what = "the list of tunnels",
    .path = "/v1/tunnels",
    .query = "include_archived=true",
    .beta = BETA_TUNNELS,
    .scope = "the scope workspace:manage_tunnels, or its service account is no member of the "
             "tunnels' workspace",
    .source = SOURCE_tunnels,
    .key = KEY_TUNNELS,
    .is_list = true,
    .limit = RESOURCE_PAGE_ROWS,
    .most_pages = 20,
    .begin = begin,
    .item = item,
    .complete = complete,
    .task = task,
};
