#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/map.h"
#include "sim/buffer.h"
#include "sim/chronicle.h"
#include "sim/queue.h"
#include "sim/session.h"
#include "sim/workers.h"

static void
make_credentials(struct world *world)
{
    struct chance chance = chance_for(world->seed, "credentials", "");
    uint64_t a = chance_next(&chance), b = chance_next(&chance);

    chance_token(&chance, "sk-ant-api03-", world->api_key);
    chance_token(&chance, "sk-ant-admin01-", world->admin_key);
    chance_token(&chance, "sk-ant-oat01-", world->developer_token);
    chance_token(&chance, "sk-ant-oat01-", world->tunnels_token);
    chance_id(&chance, "wrkspc", world->workspace_id);
    snprintf(world->organization_id, sizeof(world->organization_id),
             "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a & 0xffff),
             (unsigned)((a >> 16) & 0xfff), (unsigned)(b & 0xfff), (unsigned long long)(b >> 16));
}

struct world *
world_begin(uint64_t seed, const struct switches *switches)
{
    struct world *world = zeroed(sizeof(*world));

    world->seed = seed;
    world->chance = chance_for(seed, "world", "");
    world->switches = *switches;
    world->by_id = map_new();
    world->by_token = map_new();
    make_credentials(world);
    return world;
}

static void
poller_free(struct poller *poller)
{
    free(poller->id);
    free(poller);
}

static void
environment_free(struct environment *environment)
{
    for (size_t i = 0; i < environment->items.n; i++)
        item_free(environment->items.items[i]);
    for (size_t i = 0; i < environment->pollers.n; i++)
        poller_free(environment->pollers.items[i]);
    array_free(&environment->items);
    array_free(&environment->pollers);
    json_free(environment->config);
    json_free(environment->metadata);
    free(environment->label);
    free(environment->name);
    free(environment->description);
    free(environment);
}

static void
tunnel_free(struct tunnel *tunnel)
{
    for (size_t i = 0; i < tunnel->certificates.n; i++)
        free(tunnel->certificates.items[i]);
    array_free(&tunnel->certificates);
    free(tunnel->label);
    free(tunnel->name);
    free(tunnel);
}

void
world_end(struct world *world)
{
    if (!world)
        return;
    for (size_t i = 0; i < world->workers.n; i++)
        worker_free(world->workers.items[i]);
    for (size_t i = 0; i < world->sessions.n; i++)
        session_free(world->sessions.items[i]);
    for (size_t i = 0; i < world->environments.n; i++)
        environment_free(world->environments.items[i]);
    for (size_t i = 0; i < world->tunnels.n; i++)
        tunnel_free(world->tunnels.items[i]);
    for (size_t i = 0; i < world->agents.n; i++)
        json_free(world->agents.items[i]);
    chronicle_clear(world);
    array_free(&world->workers);
    array_free(&world->sessions);
    array_free(&world->environments);
    array_free(&world->tunnels);
    array_free(&world->agents);
    map_free(world->by_id);
    map_free(world->by_token);
    free(world);
}

static bool
is_before(const struct object *a, const struct object *b)
{
    return a->created_ms != b->created_ms ? a->created_ms < b->created_ms : a->serial < b->serial;
}

void
world_enter(struct world *world, struct array *list, struct object *object, const char *prefix)
{
    size_t i;

    if (object->id[0] == '\0')
        chance_id(&world->chance, prefix, object->id);
    object->serial = ++world->serial;
    map_set(world->by_id, object->id, object);
    array_add(list, object);
    for (i = list->n - 1; i > 0 && is_before(object, list->items[i - 1]); i--)
        list->items[i] = list->items[i - 1];
    list->items[i] = object;
}

/* By id, and only when the id names that kind of thing. */
static void *
find(const struct world *world, const char *prefix, const char *id)
{
    size_t n = strlen(prefix);

    return strncmp(id, prefix, n) == 0 && id[n] == '_' ? map_get(world->by_id, id) : NULL;
}

struct environment *
world_find_environment(const struct world *world, const char *id)
{
    return find(world, "env", id);
}

struct environment *
world_find_pool(const struct world *world, const char *id)
{
    struct environment *environment = world_find_environment(world, id);

    for (size_t i = 0; !environment && i < world->environments.n; i++) {
        struct environment *one = world->environments.items[i];

        if (strcmp(one->label, id) == 0)
            environment = one;
    }
    return environment;
}

struct item *
world_find_item(const struct world *world, const struct environment *environment, const char *id)
{
    struct item *item = find(world, "work", id);

    return item && item->environment == environment ? item : NULL;
}

struct session *
world_find_session(const struct world *world, const char *id)
{
    return find(world, "sesn", id);
}

struct tunnel *
world_find_tunnel(const struct world *world, const char *id)
{
    return find(world, "tnl", id);
}

struct environment *
environment_new(struct world *world, const char *label, const char *name, int64_t created_ms)
{
    struct chance chance = chance_for(world->seed, "environment", label);
    struct environment *environment = zeroed(sizeof(*environment));

    chance_id(&chance, "env", environment->object.id);
    chance_token(&chance, "sk-ant-oat01-", environment->key);
    environment->label = copy_string(label);
    environment->name = copy_string(name);
    environment->config = json_new_object();
    json_add_string(environment->config, "type", "self_hosted");
    environment->metadata = json_new_object();
    environment->object.created_ms = environment->updated_ms = created_ms;
    world_enter(world, &world->environments, &environment->object, "env");
    map_set(world->by_token, environment->key, environment);
    return environment;
}

void
environment_delete(struct world *world, struct environment *environment)
{
    while (environment->items.n > 0)
        item_forget(world, environment->items.items[environment->items.n - 1]);
    workers_set(world, environment, 0);
    map_remove(world->by_id, environment->object.id);
    map_remove(world->by_token, environment->key);
    array_remove(&world->environments, environment);
    environment_free(environment);
}

struct tunnel *
tunnel_new(struct world *world, const char *label, const char *name, int64_t created_ms)
{
    struct chance chance = chance_for(world->seed, "tunnel", label);
    struct tunnel *tunnel = zeroed(sizeof(*tunnel));
    uint64_t host = chance_next(&chance);

    chance_id(&chance, "tnl", tunnel->object.id);
    tunnel->label = copy_string(label);
    tunnel->name = copy_string(name);
    snprintf(tunnel->domain, sizeof(tunnel->domain), "%08x.tunnel.anthropic.com",
             (unsigned)(host & 0xffffffffu));
    chance_id(&chance, "ttok", tunnel->token_id);
    chance_token(&chance, "eyJhIjoi", tunnel->token);
    tunnel->object.created_ms = created_ms;
    world_enter(world, &world->tunnels, &tunnel->object, "tnl");
    return tunnel;
}

struct tunnel_certificate *
tunnel_add_certificate(struct world *world, struct tunnel *tunnel, const char *fingerprint,
                       int64_t expires_ms)
{
    struct tunnel_certificate *certificate = zeroed(sizeof(*certificate));
    char *hex = certificate->fingerprint;

    if (fingerprint)
        snprintf(hex, sizeof(certificate->fingerprint), "%.64s", fingerprint);
    for (size_t i = 0; !fingerprint && i < 64; i += 16)
        snprintf(hex + i, 17, "%016llx", (unsigned long long)chance_next(&world->chance));
    certificate->expires_ms = expires_ms;
    certificate->object.created_ms = world->now_ms;
    world_enter(world, &tunnel->certificates, &certificate->object, "tcrt");
    return certificate;
}
