#include "api/api.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/calls.h"
#include "api/engine.h"
#include "core/arena.h"
#include "core/die.h"
#include "core/thread.h"

#define DEFAULT_VERSION "2026-10-21"

struct api {
    pthread_t thread;
    int stop_fd;
    struct arena *arena; /* owns options */
    struct api_options options;
    struct calls *calls;
    struct engine engine; /* the thread's, once it runs */
};

/* Copying the options: "" counts as not set, as in the environment. */

static const char *
copy(struct arena *arena, const char *s)
{
    return s && *s ? arena_strdup(arena, s) : NULL;
}

static const char *const *
copy_argv(struct arena *arena, const char *const *argv)
{
    size_t n = 0;
    const char **copied;

    if (!argv)
        return NULL;
    while (argv[n])
        n++;
    copied = arena_array(arena, n + 1, sizeof(*copied));
    for (size_t i = 0; i < n; i++)
        copied[i] = arena_strdup(arena, argv[i]);
    return copied;
}

static struct api_credential_source
copy_source(struct arena *arena, const struct api_credential_source *source)
{
    return (struct api_credential_source){
        .api_key_file = copy(arena, source->api_key_file),
        .api_key_env = copy(arena, source->api_key_env),
        .auth_token_file = copy(arena, source->auth_token_file),
        .auth_token_env = copy(arena, source->auth_token_env),
        .command = copy_argv(arena, source->command),
        .profile = copy(arena, source->profile),
    };
}

static const struct api_pool *
copy_pools(struct arena *arena, const struct api_pool *pools, size_t n)
{
    struct api_pool *copied = arena_array(arena, n, sizeof(*copied));

    for (size_t i = 0; i < n; i++) {
        copied[i] = pools[i];
        copied[i].id = copy(arena, pools[i].id);
        copied[i].name = copy(arena, pools[i].name);
        copied[i].environment_key_file = copy(arena, pools[i].environment_key_file);
        copied[i].environment_key_env = copy(arena, pools[i].environment_key_env);
    }
    return copied;
}

static void
copy_options(struct api *api, const struct api_options *options)
{
    struct arena *arena = api->arena;
    const char *version = copy(arena, options->version);

    api->options = *options;
    api->options.base_url = copy(arena, options->base_url);
    api->options.version = version ? version : DEFAULT_VERSION;
    api->options.workspace_id = copy(arena, options->workspace_id);
    api->options.ca_file = copy(arena, options->ca_file);
    api->options.credential = copy_source(arena, &options->credential);
    api->options.tunnels = copy_source(arena, &options->tunnels);
    api->options.pools = copy_pools(arena, options->pools, options->n_pools);
}

static void *
run(void *context)
{
    struct api *api = context;

    thread_give_way();
    engine_run(&api->engine, api->stop_fd);
    engine_clear(&api->engine);
    return NULL;
}

static void
api_free(struct api *api)
{
    calls_free(api->calls);
    if (api->stop_fd >= 0)
        close(api->stop_fd);
    arena_free(api->arena);
    free(api);
}

struct api *
api_start(const struct api_options *options, struct store *store, struct err *err)
{
    struct api *api = calloc(1, sizeof(*api));

    if (!api)
        die("out of memory");
    api->arena = arena_new();
    api->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    copy_options(api, options);
    api->calls = calls_new();
    if (api->stop_fd < 0) {
        err_set(err, ERR_IO, "api: cannot make an eventfd: %s", strerror(errno));
        api_free(api);
        return NULL;
    }
    if (!engine_init(&api->engine, &api->options, store, err)) {
        engine_clear(&api->engine);
        api_free(api);
        err_context(err, "api");
        return NULL;
    }
    api->engine.calls = api->calls;
    if (thread_start(&api->thread, "api", run, api, err))
        return api;
    engine_clear(&api->engine);
    api_free(api);
    return NULL;
}

void
api_stop(struct api *api)
{
    uint64_t one = 1;

    if (!api)
        return;
    (void)!write(api->stop_fd, &one, sizeof(one));
    pthread_join(api->thread, NULL);
    api_free(api);
}

void
api_call(struct api *api, const struct api_call *call)
{
    calls_add(api->calls, call);
}

void
api_call_forget(struct api *api, const void *context)
{
    calls_forget(api->calls, context);
}

void
api_hurry(struct api *api, const char *pool_id)
{
    calls_hurry(api->calls, pool_id);
}
