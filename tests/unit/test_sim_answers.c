/* Every answer that a client may ever get to a request, prepared: as a status, as garbage, as a
 * broken connection, as silence; with the request acted upon, and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aid/simulator.h"
#include "core/clock.h"
#include "sim/loopback.h"

enum { PATIENCE_MS = 400 };

static struct simulator *sim;

static int
start(void **state)
{
    (void)state;
    sim = simulator_start("drain-stuck");
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    simulator_stop(sim);
    return 0;
}

static const char *
key(void)
{
    return json_string(simulator_world(sim), "api_key", NULL);
}

/* The path of a new work item that nobody will take. */
static const char *
queued_work(void)
{
    static char path[200];
    char body[200];
    struct json *session;

    json_free(simulator_control(sim, "/sim/pools/docs", "{\"workers\":0}"));
    snprintf(body, sizeof(body), "{\"environment_id\":\"docs\",\"script\":[]}");
    session = simulator_control(sim, "/sim/session", body);
    snprintf(path, sizeof(path), "/v1/environments/%s/work/%s",
             json_string(session, "environment_id", ""), json_string(session, "work_id", ""));
    json_free(session);
    return path;
}

static void
prepare(const char *path, const char *more)
{
    char order[600];

    snprintf(order, sizeof(order), "{\"name\":\"answer\",\"method\":\"POST\",\"path\":\"%s\",%s}",
             path, more);
    json_free(simulator_control(sim, "/sim/fault", order));
}

static bool
is_stopped(const char *work)
{
    struct simulator_ask ask = {.path = work, .credential = key()};
    struct json *item = simulator_json(sim, &ask, 200);
    bool yes = strcmp(json_string(item, "state", ""), "stopped") == 0;

    json_free(item);
    return yes;
}

static struct fetched
send_stop(const char *work)
{
    char path[220];
    struct simulator_ask ask = {.method = "POST",
                                .path = path,
                                .credential = key(),
                                .body = "{\"force\":true}",
                                .timeout_ms = PATIENCE_MS};

    snprintf(path, sizeof(path), "%s/stop", work);
    return simulator_fetch(sim, &ask);
}

static void
every_answer_can_be_prepared_with_the_request_acted_upon_or_not(void **state)
{
    static const struct {
        const char *order;
        int status; /* 0: none came */
        const char *words;
    } rows[] = {
        {"\"status\":200,\"body\":{\"id\":\"work_1\"}", 200, "work_1"},
        {"\"status\":204", 204, ""},
        {"\"status\":401,\"message\":\"who are you?\"", 401, "authentication_error"},
        {"\"status\":403,\"message\":\"no\"", 403, "permission_error"},
        {"\"status\":404,\"message\":\"no\"", 404, "not_found_error"},
        {"\"status\":409,\"message\":\"already stopping\"", 409, "conflict_error"},
        {"\"status\":412,\"message\":\"no\"", 412, "invalid_request_error"},
        {"\"status\":429,\"message\":\"slow\",\"headers\":{\"retry-after\":\"1\"}", 429,
         "rate_limit_error"},
        {"\"status\":500,\"message\":\"oh\"", 500, "api_error"},
        {"\"status\":200,\"body\":\"<html>{[\",\"content_type\":\"text/html\"", 200, "<html>{["},
        {"\"answer\":\"reset\"", 0, ""},
        {"\"answer\":\"silence\"", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        const char *work = queued_work();
        bool is_acted = i % 2;
        char order[300], path[220];
        struct fetched got;

        snprintf(order, sizeof(order), "%s,\"acted\":%s", rows[i / 2].order,
                 is_acted ? "true" : "false");
        snprintf(path, sizeof(path), "%s/stop", work);
        prepare(path, order);
        got = send_stop(work);
        if (got.status != rows[i / 2].status || !strstr(got.body, rows[i / 2].words) ||
            is_stopped(work) != is_acted)
            fail_msg("%s: %d %s, stopped: %d", order, got.status, got.body, is_stopped(work));
        fetched_free(&got);
        got = send_stop(work); /* it was for one request only */
        assert_int_equal(got.status, is_acted ? 409 : 204);
        fetched_free(&got);
    }
}

static void
an_answer_is_only_for_the_path_and_the_credential_that_it_names(void **state)
{
    char one[220], other[220], path[240];
    struct fetched got;

    (void)state;
    snprintf(one, sizeof(one), "%s", queued_work());
    snprintf(other, sizeof(other), "%s", queued_work());
    snprintf(path, sizeof(path), "%s/stop", one);
    prepare(path, "\"status\":500");
    prepare("/v1/environments/{id}/work/{id}/stop", "\"status\":503,\"from\":\"environment_key\"");
    got = send_stop(other);
    assert_int_equal(got.status, 204);
    fetched_free(&got);
    got = send_stop(one);
    assert_int_equal(got.status, 500);
    fetched_free(&got);
}

static void
an_order_that_makes_no_sense_is_refused(void **state)
{
    static const char *const orders[] = {
        "\"method\":\"GET\",\"path\":\"/v1/nowhere\",\"status\":500",
        "\"method\":\"PUT\",\"path\":\"/v1/sessions\",\"status\":500",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\"",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":99",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"answer\":\"shout\"",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"answer\":\"reset\",\"status\":500",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":200,\"message\":\"m\"",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":500,\"message\":\"m\",\"body\":{}",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":500,\"from\":\"me\"",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":500,\"times\":0",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":500,\"skip\":-1",
        "\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":500,\"headers\":{\"date\":\"\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        char body[300];
        struct simulator_ask ask = {.method = "POST", .path = "/sim/fault", .body = body};

        snprintf(body, sizeof(body), "{\"name\":\"answer\",%s}", orders[i]);
        if (simulator_status(sim, &ask) != 400)
            fail_msg("%s was taken", body);
    }
}

/* A request that is out, with nobody reading; the caller closes it. */
static int
send_raw(const char *path)
{
    struct sockaddr_storage address;
    socklen_t n;
    char request[400];
    int fd;

    assert_true(loopback_parse(simulator_url(sim) + strlen("http://"), &address, &n, NULL));
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, n), 0);
    snprintf(request, sizeof(request), "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
             path);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return fd;
}

static int64_t
count_requests(void)
{
    struct simulator_ask ask = {.path = "/sim/requests"};
    struct json *json = simulator_json(sim, &ask, 200);
    int64_t n = json_int(json, "total", 0);

    json_free(json);
    return n;
}

static void
a_silent_request_is_counted_at_once_and_does_not_hold_up_the_end(void **state)
{
    char path[220];
    int64_t begun_ms;
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/stop", queued_work());
    prepare(path, "\"answer\":\"silence\"");
    json_free(simulator_json(
        sim, &(struct simulator_ask){.method = "DELETE", .path = "/sim/requests"}, 200));
    fd = send_raw(path);
    begun_ms = clock_mono_ms();
    while (count_requests() == 0 && clock_mono_ms() - begun_ms < 5000)
        poll(NULL, 0, 10);
    assert_int_equal(count_requests(), 1);
    begun_ms = clock_mono_ms();
    simulator_stop(sim); /* with the client still waiting */
    assert_true(clock_mono_ms() - begun_ms < 5000);
    close(fd);
    sim = simulator_start("drain-stuck");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_can_be_prepared_with_the_request_acted_upon_or_not),
        cmocka_unit_test(an_answer_is_only_for_the_path_and_the_credential_that_it_names),
        cmocka_unit_test(an_order_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_silent_request_is_counted_at_once_and_does_not_hold_up_the_end),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
