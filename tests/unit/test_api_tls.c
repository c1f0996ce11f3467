/* HTTP/2 over TLS, through a real proxy in front of the simulator, with an authority of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid/folder.h"
#include "aid/measure.h"
#include "aid/watch.h"
#include "core/clock.h"
#include "sim/pki.h"

enum { PROXY_WITHIN_MS = 60000 };

static struct watch run;
static char *folder;
static char ca_path[256], log_path[256], url[64];
static pid_t proxy;

static bool
listens(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    close(fd);
    return ok;
}

static void
write_certificates(char *leaf_path, size_t size)
{
    struct err err;
    struct pki *pki = pki_new(&err);

    assert_non_null(pki);
    snprintf(ca_path, sizeof(ca_path), "%s/ca.pem", folder);
    snprintf(leaf_path, size, "%s/leaf.pem", folder);
    assert_true(pki_write_authority(pki, ca_path, &err));
    folder_write(folder, "leaf.pem", pki_leaf_pem(pki, PKI_genuine));
    pki_free(pki);
}

static bool
start_proxy(void)
{
    char leaf[256], front[64], back[64], log[300], error_log[300];
    const char *authority = strstr(run.config.base_url, "//") + 2;
    const char *colon = strchr(authority, ':');
    int port = measure_free_port(SOCK_STREAM);
    int64_t deadline_ms = clock_mono_ms() + PROXY_WITHIN_MS;

    write_certificates(leaf, sizeof(leaf));
    snprintf(front, sizeof(front), "--frontend=127.0.0.1,%d", port);
    snprintf(back, sizeof(back), "--backend=127.0.0.1,%s", colon + 1);
    snprintf(log_path, sizeof(log_path), "%s/access", folder);
    snprintf(log, sizeof(log), "--accesslog-file=%s", log_path);
    snprintf(error_log, sizeof(error_log), "--errorlog-file=%s/errors", folder);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d", port);
    char format[] = "--accesslog-format=$remote_port $alpn $status";
    char name[] = "nghttpx", single[] = "--single-process", conf[] = "--conf=/dev/null";
    char *argv[] = {name, front, back, log, error_log, format, single, conf, leaf, leaf, NULL};

    if (posix_spawnp(&proxy, "nghttpx", NULL, NULL, argv, environ) != 0)
        return false;
    while (!listens(port)) {
        assert_true(clock_mono_ms() < deadline_ms);
        poll(NULL, 0, 10);
    }
    return true;
}

static int
begin(void **state)
{
    (void)state;
    folder = folder_new();
    proxy = 0;
    watch_begin(&run, "healthy");
    if (!start_proxy())
        proxy = 0;
    run.options.base_url = url;
    run.options.ca_file = ca_path;
    return 0;
}

static int
end(void **state)
{
    (void)state;
    watch_end(&run);
    if (proxy > 0) {
        kill(proxy, SIGKILL);
        waitpid(proxy, NULL, 0);
    }
    folder_free(folder);
    return 0;
}

static void
need_proxy(void)
{
    if (proxy <= 0)
        skip();
}

static bool
environments_fail(const struct snapshot *snapshot, const void *context)
{
    (void)context;
    return snapshot->source[SOURCE_environments].state == SOURCE_STATE_error;
}

/* An earlier attempt may have had too little time to connect. */
static bool
is_not_trusted(const struct snapshot *snapshot, const void *context)
{
    return environments_fail(snapshot, context) &&
           strstr(snapshot->source[SOURCE_environments].error, "not trusted");
}

static void
everything_travels_over_one_http2_connection(void **state)
{
    char line[128], first_port[16] = "", port[16], alpn[16];
    size_t n = 0;
    FILE *log;

    (void)state;
    need_proxy();
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(run.snapshot.source[SOURCE_certificates].state, SOURCE_STATE_ok);
    watch_stop(&run);
    log = fopen(log_path, "re");
    assert_non_null(log);
    while (fgets(line, sizeof(line), log)) {
        assert_int_equal(sscanf(line, "%15s %15s", port, alpn), 2);
        assert_string_equal(alpn, "h2");
        if (n++ == 0)
            memcpy(first_port, port, sizeof(port));
        assert_string_equal(port, first_port);
    }
    fclose(log);
    assert_true(n > 15);
}

static void
a_certificate_of_an_unknown_authority_is_refused(void **state)
{
    (void)state;
    need_proxy();
    run.options.ca_file = NULL;
    watch_start(&run);
    assert_true(watch_until(&run, is_not_trusted, NULL));
    assert_int_equal(run.snapshot.source[SOURCE_environments].code, ERR_NET);
    assert_int_equal(watch_asked(&run, "total"), 0);
}

static void
a_certificate_for_another_name_is_refused(void **state)
{
    char other[64];

    (void)state;
    need_proxy();
    snprintf(other, sizeof(other), "https://localhost:%s", strrchr(url, ':') + 1);
    run.options.base_url = other;
    watch_start(&run);
    assert_true(watch_until(&run, is_not_trusted, NULL));
    assert_int_equal(watch_asked(&run, "total"), 0);
}

static void
plain_http_to_another_machine_is_refused(void **state)
{
    static const char *const bad[] = {
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pw@api.example",
        "https://api.example/?q=1",
        "https://api.example:0",
        "https://api.example:70000",
        "https://",
        "https://api.example.com ",
        "http://[::2]",
        "127.0.0.1",
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        run.options.base_url = bad[i];
        err = (struct err){0};
        assert_null(api_start(&run.options, run.store, &err));
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.message, "base URL"));
    }
}

static bool
tunnels_fail(const struct snapshot *snapshot, const void *context)
{
    (void)context;
    return snapshot->source[SOURCE_tunnels].state == SOURCE_STATE_error;
}

static void
a_redirect_is_not_followed(void **state)
{
    (void)state;
    run.options.base_url = run.config.base_url;
    run.options.ca_file = NULL;
    watch_post(&run, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":\"/v1/tunnels\",\"status\":302,"
               "\"headers\":{\"location\":\"/v1/environments\"},\"times\":1}");
    watch_start(&run);
    assert_true(watch_until(&run, tunnels_fail, NULL));
    assert_int_equal(run.snapshot.source[SOURCE_tunnels].code, ERR_FORMAT);
    assert_non_null(strstr(run.snapshot.source[SOURCE_tunnels].error, "redirect"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_travels_over_one_http2_connection),
        TEST(a_certificate_of_an_unknown_authority_is_refused),
        TEST(a_certificate_for_another_name_is_refused),
        TEST(plain_http_to_another_machine_is_refused),
        TEST(a_redirect_is_not_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
