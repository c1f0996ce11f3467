#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/fetch.h"
#include "sim/http.h"

/* Three events, each longer than what is asked for at once. */
struct feed {
    size_t sent;
    bool is_closed;
};

static const char event[] = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

static size_t
feed_read(void *context, char *out, size_t room)
{
    struct feed *feed = context;
    size_t whole = 3 * (sizeof(event) - 1), n = 0;

    while (n < room && n < 7 && feed->sent < whole)
        out[n++] = event[feed->sent++ % (sizeof(event) - 1)];
    return n;
}

static void
feed_close(void *context)
{
    ((struct feed *)context)->is_closed = true;
}

static void
join_query(void *context, const char *name, const char *value)
{
    char *text = context;
    size_t n = strlen(text);

    snprintf(text + n, 256 - n, "[%s=%s]", name, value);
}

static void
answer(void *context, const struct http_request *request, struct http_answer *out)
{
    const char *color = http_header(request, "x-color");
    char text[256] = "";

    if (strcmp(request->path, "/reset") == 0)
        return;
    if (strcmp(request->path, "/stream") == 0) {
        out->status = 200;
        out->stream = (struct http_stream){context, feed_read, feed_close};
        http_answer_header(out, "Content-Type", "text/event-stream");
        return;
    }
    if (strcmp(request->path, "/query") == 0) {
        http_query_each(request, join_query, text);
        http_answer_text(out, 200, "text/plain", text);
        return;
    }
    snprintf(text, sizeof(text), "%s %s %s %s %zu", request->method, request->path,
             color ? color : "-", request->body, request->body_bytes);
    http_answer_text(out, 418, "text/plain", text);
}

static struct http_server *
listen_anywhere(struct feed *feed, char url[64])
{
    struct http_handler handler = {feed, answer};
    struct err err = {0};
    struct http_server *server = http_listen("127.0.0.1:0", &handler, &err);

    assert_non_null(server);
    snprintf(url, 64, "http://%s", http_address(server));
    return server;
}

static void
a_handler_sees_the_request_and_its_answer_is_sent(void **state)
{
    const char *headers[] = {"X-Color: green", NULL};
    struct fetch how = {.method = "PUT", .body = "hello", .headers = headers};
    struct feed feed = {0};
    struct fetched got;
    char url[64], whole[80];
    struct http_server *server = listen_anywhere(&feed, url);

    (void)state;
    snprintf(whole, sizeof(whole), "%s/a%%20b", url);
    got = fetch(whole, &how);
    assert_int_equal(got.status, 418);
    assert_string_equal(got.body, "PUT /a b green hello 5");
    fetched_free(&got);
    http_stop(server);
}

static void
repeated_query_parameters_are_all_seen(void **state)
{
    struct feed feed = {0};
    char url[64];
    struct http_server *server = listen_anywhere(&feed, url);
    struct fetched got = fetch_at(url, "/query?s%5B%5D=a&s%5B%5D=b%3Dc&plain");

    (void)state;
    assert_string_equal(got.body, "[s[]=a][s[]=b=c][plain=]");
    fetched_free(&got);
    http_stop(server);
}

static void
a_stream_arrives_whole_and_is_closed(void **state)
{
    struct feed feed = {0};
    char url[64];
    struct http_server *server = listen_anywhere(&feed, url);
    struct fetched got = fetch_at(url, "/stream");

    (void)state;
    assert_int_equal(strlen(got.body), 3 * (sizeof(event) - 1));
    fetched_free(&got);
    http_stop(server);
    assert_true(feed.is_closed);
}

static void
no_answer_is_a_broken_connection(void **state)
{
    struct feed feed = {0};
    char url[64];
    struct http_server *server = listen_anywhere(&feed, url);
    struct fetched got = fetch_at(url, "/reset");

    (void)state;
    assert_int_equal(got.status, 0);
    fetched_free(&got);
    http_stop(server);
}

static void
only_loopback_can_be_listened_on(void **state)
{
    static const char *const refused[] = {"0.0.0.0:0", "[::]:0",        "192.168.1.1:80",
                                          "127.0.0.1", "127.0.0.1:x",   "127.0.0.1:65536",
                                          "",          "example.org:80"};
    struct http_handler handler = {NULL, answer};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct err err = {0};

        assert_null(http_listen(refused[i], &handler, &err));
        assert_int_equal(err.code, ERR_USAGE);
    }
}

static void
a_port_in_use_is_an_error(void **state)
{
    struct feed feed = {0};
    char url[64];
    struct http_server *server = listen_anywhere(&feed, url);
    struct http_handler handler = {&feed, answer};
    struct err err = {0};

    (void)state;
    assert_null(http_listen(http_address(server), &handler, &err));
    assert_int_equal(err.code, ERR_IO);
    http_stop(server);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_sees_the_request_and_its_answer_is_sent),
        cmocka_unit_test(repeated_query_parameters_are_all_seen),
        cmocka_unit_test(a_stream_arrives_whole_and_is_closed),
        cmocka_unit_test(no_answer_is_a_broken_connection),
        cmocka_unit_test(only_loopback_can_be_listened_on),
        cmocka_unit_test(a_port_in_use_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
