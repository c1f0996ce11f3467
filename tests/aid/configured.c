#include "aid/configured.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "aid/folder.h"
#include "core/arena.h"

static const char *
no_environment(const char *name)
{
    (void)name;
    return NULL;
}

int
configured_begin(void **state)
{
    struct configured *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->folder = folder_new();
    world->arena = arena_new();
    *state = world;
    return 0;
}

int
configured_end(void **state)
{
    struct configured *world = *state;

    folder_free(world->folder);
    arena_free(world->arena);
    free(world);
    return 0;
}

bool
configured_load(struct configured *world, const char *yaml)
{
    const char *folders[] = {"drivers", world->folder, NULL};
    struct config_request request = {.driver_folders = folders, .getenv = no_environment};
    char name[] = "sandwatch", flag[] = "--config";
    char *argv[] = {name, flag, arena_printf(world->arena, "%s/config.conf", world->folder), NULL};
    int argc = 3;

    folder_write(world->folder, "config.conf", yaml);
    world->err = (struct err){0};
    return config_load(&request, &argc, argv, world->arena, &world->config, &world->err);
}

const char *
configured_pool(struct configured *world, const char *control)
{
    return arena_printf(world->arena,
                        "contexts:\n  a:\n    pools:\n      - id: env_1\n"
                        "        control: %s\n",
                        control);
}

const char *
configured_join(struct configured *world, const char *const *argv)
{
    const char *joined = "";

    for (size_t i = 0; argv[i]; i++)
        joined = arena_printf(world->arena, "%s%s%s", joined, i ? "|" : "", argv[i]);
    return joined;
}

const char *
configured_expand(struct configured *world, enum driver_verb verb, const char *worker)
{
    const char *const *argv;
    struct err err = {0};

    if (!driver_expand(&world->config.pools[0].control, verb, worker, world->arena, &argv, &err))
        fail_msg("%s", err.message);
    return configured_join(world, argv);
}
