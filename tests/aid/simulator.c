#include "aid/simulator.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/sim.h"

struct simulator {
    struct sim_options options;
    struct err err;
    pthread_t thread;
    int ready[2], stop[2];
    struct json *announced, *world;
};

static const char *const folders[] = {"scenarios", NULL};

static void *
run(void *argument)
{
    struct simulator *sim = argument;

    if (sim_run(&sim->options, &sim->err) != 0)
        fprintf(stderr, "# %s\n", sim->err.message);
    close(sim->ready[1]);
    return NULL;
}

static struct json *
read_line(int fd)
{
    char line[65536];
    size_t n = 0;
    ssize_t got;

    while (n < sizeof(line) && (got = read(fd, line + n, sizeof(line) - n)) > 0) {
        n += (size_t)got;
        if (line[n - 1] == '\n')
            break;
    }
    return json_parse(line, n, NULL);
}

struct simulator *
simulator_start(const char *scenario)
{
    struct simulator *sim = calloc(1, sizeof(*sim));
    struct simulator_ask world = {.path = "/sim/world"};

    assert_non_null(sim);
    assert_int_equal(pipe(sim->ready), 0);
    assert_int_equal(pipe(sim->stop), 0);
    sim->options = (struct sim_options){.listen = "127.0.0.1:0",
                                        .scenario = scenario,
                                        .seed = 7,
                                        .scenario_folders = folders,
                                        .ready_fd = sim->ready[1],
                                        .stop_fd = sim->stop[0]};
    assert_int_equal(pthread_create(&sim->thread, NULL, run, sim), 0);
    sim->announced = read_line(sim->ready[0]);
    assert_non_null(sim->announced);
    sim->world = simulator_json(sim, &world, 200);
    return sim;
}

void
simulator_stop(struct simulator *sim)
{
    close(sim->stop[1]);
    pthread_join(sim->thread, NULL);
    assert_int_not_equal(access(json_string(sim->announced, "config", "/"), F_OK), 0);
    close(sim->stop[0]);
    close(sim->ready[0]);
    json_free(sim->announced);
    json_free(sim->world);
    free(sim);
}

const struct json *
simulator_ready(const struct simulator *sim)
{
    return sim->announced;
}

const struct json *
simulator_world(const struct simulator *sim)
{
    return sim->world;
}

const char *
simulator_url(const struct simulator *sim)
{
    return json_string(sim->announced, "api", "");
}

static const struct json *
pool(const struct simulator *sim, size_t nth)
{
    const struct json *one = json_first(json_get(sim->world, "pools"));

    while (nth-- > 0)
        one = json_next(one);
    return one;
}

const char *
simulator_pool(const struct simulator *sim, size_t nth)
{
    return json_string(pool(sim, nth), "id", "");
}

const char *
simulator_pool_key(const struct simulator *sim, size_t nth)
{
    return json_string(pool(sim, nth), "key", "");
}

struct fetched
simulator_fetch(const struct simulator *sim, const struct simulator_ask *ask)
{
    const char *beta =
        strncmp(ask->path, "/v1/tunnels", 11) == 0 ? "anthropic-beta: mcp-tunnels-2026-06-22"
        : strncmp(ask->path, "/v1/oauth", 9) == 0
            ? "anthropic-beta: oauth-2025-04-20,oidc-federation-2026-04-01"
        : strncmp(ask->path, "/v1/memory", 10) == 0 ? "anthropic-beta: agent-memory-2026-07-22"
                                                    : "anthropic-beta: managed-agents-2026-04-01";
    char url[1024], authorization[200];
    const char *headers[7] = {"anthropic-version: 2026-10-21", beta,
                              "content-type: application/json"};
    struct fetch how = {.method = ask->method,
                        .body = ask->body,
                        .headers = headers,
                        .timeout_ms = ask->timeout_ms};
    size_t n = 3;

    if (ask->credential) {
        snprintf(authorization, sizeof(authorization), "authorization: Bearer %s", ask->credential);
        headers[n++] = authorization;
    }
    if (ask->header)
        headers[n++] = ask->header;
    if (ask->method && strcmp(ask->method, "POST") == 0 && !ask->body)
        how.body = "";
    snprintf(url, sizeof(url), "%s%s", simulator_url(sim), ask->path);
    return fetch(url, &how);
}

int
simulator_status(const struct simulator *sim, const struct simulator_ask *ask)
{
    struct fetched got = simulator_fetch(sim, ask);
    int status = got.status;

    fetched_free(&got);
    return status;
}

struct json *
simulator_json(const struct simulator *sim, const struct simulator_ask *ask, int expected)
{
    struct fetched got = simulator_fetch(sim, ask);
    struct json *json = json_parse(got.body, strlen(got.body), NULL);

    if (got.status != expected)
        fprintf(stderr, "# %s: %d %s\n", ask->path, got.status, got.body);
    assert_int_equal(got.status, expected);
    fetched_free(&got);
    return json;
}

struct json *
simulator_control(const struct simulator *sim, const char *path, const char *body)
{
    struct simulator_ask ask = {.method = "POST", .path = path, .body = body};

    return simulator_json(sim, &ask, 200);
}

void
simulator_fault(const struct simulator *sim, const char *name, bool on)
{
    char body[120];

    snprintf(body, sizeof(body), "{\"name\":\"%s\",\"on\":%s}", name, on ? "true" : "false");
    json_free(simulator_control(sim, "/sim/fault", body));
}
