#include "sim/handout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/buffer.h"
#include "sim/controls.h"
#include "sim/customer.h"
#include "sim/scenario.h"
#include "sim/world.h"

enum { CONTROLLED_MOST = 64 }; /* pools: a configuration of thousands stays short */

struct handout {
    char *folder, *config;
};

struct handout *
handout_open(struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    struct handout *handout = zeroed(sizeof(*handout));

    handout->folder = copy_printf("%s/sandwatch-sim-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(handout->folder)) {
        err_set(err, ERR_IO, "%s: cannot make a private folder: %s", handout->folder,
                strerror(errno));
        free(handout->folder);
        free(handout);
        return NULL;
    }
    handout->config = copy_printf("%s/config.yaml", handout->folder);
    return handout;
}

void
handout_close(struct handout *handout)
{
    DIR *dir;

    if (!handout)
        return;
    dir = opendir(handout->folder);
    /* cppcheck-suppress readdirCalled ; the stream is this function's own */
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
    rmdir(handout->folder);
    free(handout->folder);
    free(handout->config);
    free(handout);
}

const char *
handout_folder(const struct handout *handout)
{
    return handout->folder;
}

const char *
handout_config(const struct handout *handout)
{
    return handout->config;
}

/* Write in one go to a new file, then put it in place. */
static bool
write_file(const char *path, const char *bytes, size_t n, struct err *err)
{
    char *fresh = copy_printf("%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n;

    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    ok = ok && rename(fresh, path) == 0;
    if (!ok)
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    free(fresh);
    return ok;
}

static bool
write_key(const struct handout *handout, const char *name, const char *key, struct err *err)
{
    char *path = copy_printf("%s/%s", handout->folder, name);
    bool ok = write_file(path, key, strlen(key), err);

    free(path);
    return ok;
}

/* A name that can stand in a configuration as it is. */
static bool
is_plain(const char *name)
{
    for (; *name; name++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. ", *name))
            return false;
    return true;
}

static bool
add_pool(const struct handout *handout, struct buffer *out, const struct environment *environment,
         const struct controls *controls, struct err *err)
{
    char file[SIM_ID_BYTES + 8];

    buffer_addf(out, "      - {id: %s", environment->object.id);
    if (is_plain(environment->name))
        buffer_addf(out, ", name: \"%s\"", environment->name);
    buffer_addf(out, ", mode: %s", environment->staffing.is_webhook ? "webhook" : "polling");
    if (environment->staffing.workers > 0)
        buffer_addf(out, ", expected_workers: %" PRId64, environment->staffing.workers);
    controls_write(controls, "pool", environment->object.id, out);
    if (environment->has_no_key) {
        buffer_add(out, "}\n");
        return true;
    }
    snprintf(file, sizeof(file), "%s.key", environment->object.id);
    buffer_addf(out, ", environment_key_file: %s/%s}\n", handout->folder, file);
    return write_key(handout, file, environment->key, err);
}

static bool
add_pools(const struct handout *handout, struct buffer *out, const struct handout_world *of,
          struct err *err)
{
    const struct world *world = of->world;
    bool is_crowd = world->environments.n > CONTROLLED_MOST;
    struct controls controls = {is_crowd ? NULL : of->program, of->api_url};

    if (world->environments.n > 0)
        buffer_add(out, "    pools:\n");
    for (size_t i = 0; i < world->environments.n; i++)
        if (!add_pool(handout, out, world->environments.items[i], &controls, err))
            return false;
    return true;
}

/* Where connectors look when they start, and where whoever rotates a token puts the new one. */
static bool
write_tunnel_tokens(const struct handout_world *of, struct err *err)
{
    bool ok = true;

    for (size_t i = 0; ok && i < of->world->tunnels.n; i++) {
        const struct tunnel *tunnel = of->world->tunnels.items[i];
        char *path = customer_token_file(of->customer, tunnel->object.id);

        ok = write_file(path, tunnel->token, strlen(tunnel->token), err);
        free(path);
    }
    return ok;
}

bool
handout_write(struct handout *handout, const struct handout_world *of, struct err *err)
{
    struct controls controls = {of->program, of->api_url};
    struct buffer out = {0};
    bool ok;

    buffer_add(&out, "# written by sandwatch sim; gone when it ends\n");
    /* what is done to a pretend world is nobody's history */
    buffer_addf(&out, "ops: {journal: %s}\n", handout->folder);
    buffer_add(&out, "context: sim\ncontexts:\n  sim:\n    production: false\n    api:\n");
    buffer_addf(&out, "      base_url: %s\n      requests_per_minute: %" PRId64 "\n", of->api_url,
                of->scenario->requests_per_minute);
    buffer_addf(&out, "      api_key_file: %s/api-key\n", handout->folder);
    buffer_addf(&out, "    tunnels:\n      auth_token_file: %s/tunnels-token\n", handout->folder);
    ok = write_key(handout, "api-key", of->world->api_key, err) &&
         write_key(handout, "tunnels-token", of->world->tunnels_token, err) &&
         write_tunnel_tokens(of, err) && add_pools(handout, &out, of, err);
    customer_configure(of->customer, &controls, &out);
    buffer_add(&out, "    checks: {enabled: true, discover_connectors: false}\n");
    ok = ok && write_file(handout->config, out.bytes, out.n, err);
    buffer_free(&out);
    return ok;
}
