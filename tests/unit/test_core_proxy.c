/* The proxy that the environment names: libcurl itself is asked, in the same environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include "core/proxy_env.h"
#include "core/text.h"

enum { PROXY_PORT = 3128, MOST_TURNS = 200 };

#define PROXY "http://127.0.0.1:3128"

static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                    "http_proxy",  "HTTP_PROXY",  "no_proxy",  "NO_PROXY"};

static const char *
environment(const char *name)
{
    return getenv(name);
}

/* --- libcurl's own decision: where it wants to connect, without being let --- */

static curl_socket_t
note_port(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)purpose;
    *(unsigned *)context = ntohs(((const struct sockaddr_in *)(const void *)&to->addr)->sin_port);
    return CURL_SOCKET_BAD;
}

/* The port that libcurl connects to for https://HOST:8443/. */
static unsigned
curl_connects_to(const char *host)
{
    CURL *easy = curl_easy_init();
    CURLM *multi = curl_multi_init();
    struct curl_slist *known;
    int running = 1;
    unsigned port = 0;
    TEXT(url, 300);
    TEXT(entry, 300);

    text_addf(&url, strchr(host, ':') ? "https://[%s]:8443/" : "https://%s:8443/", host);
    text_addf(&entry, "%s:8443:127.0.0.1", host);
    known = curl_slist_append(NULL, entry.bytes);
    curl_easy_setopt(easy, CURLOPT_URL, url.bytes);
    if (!strchr(host, ':'))
        curl_easy_setopt(easy, CURLOPT_RESOLVE, known);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, note_port);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &port);
    curl_multi_add_handle(multi, easy);
    for (int i = 0; i < MOST_TURNS && running && port == 0; i++) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, NULL, 0, 20, NULL);
    }
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    curl_slist_free_all(known);
    return port;
}

struct row {
    const char *host;
    const char *set[6]; /* name, value, … */
    bool is_proxied;
};

static void
agrees(const struct row *row)
{
    unsigned port;
    const char *proxy;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        unsetenv(names[i]);
    for (size_t i = 0; i + 1 < COUNT_OF(row->set) && row->set[i]; i += 2)
        setenv(row->set[i], row->set[i + 1], 1);
    port = curl_connects_to(row->host);
    proxy = proxy_env_for(row->host, environment);
    if ((proxy != NULL) != row->is_proxied || (port == PROXY_PORT) != row->is_proxied)
        fail_msg("%s with %s=%s %s=%s: we say %s, libcurl connects to port %u", row->host,
                 row->set[0] ? row->set[0] : "", row->set[0] ? row->set[1] : "",
                 row->set[2] ? row->set[2] : "", row->set[2] ? row->set[3] : "",
                 proxy ? proxy : "no proxy", port);
}

static void
the_environment_is_read_as_libcurl_reads_it(void **state)
{
    static const struct row rows[] = {
        {"api.test", {NULL}, false},
        {"api.test", {"HTTPS_PROXY", PROXY}, true},
        {"api.test", {"https_proxy", PROXY}, true},
        {"api.test", {"ALL_PROXY", PROXY}, true},
        {"api.test", {"all_proxy", PROXY}, true},
        {"api.test", {"http_proxy", PROXY}, false},
        {"api.test", {"HTTP_PROXY", PROXY}, false},
        {"api.test", {"HTTPS_PROXY", ""}, false},
        {"api.test", {"https_proxy", "", "HTTPS_PROXY", PROXY}, true},
        {"api.test", {"https_proxy", PROXY, "HTTPS_PROXY", "http://127.0.0.1:9"}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "*"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", ""}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "no_proxy", "", "NO_PROXY", "test"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "no_proxy", "other", "NO_PROXY", "test"}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "api.test"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "API.TEST"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "test"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", ".test"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", ".api.test"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "api.test."}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "i.test"}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "an.api.test"}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "xapi.test.other"}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "api.test:8443"}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "*.test"}, true},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "localhost,127.0.0.0/8, api.test"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", "localhost api.test"}, false},
        {"api.test", {"HTTPS_PROXY", PROXY, "NO_PROXY", ",, ,"}, true},
        {"192.0.2.7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "192.0.2.7"}, false},
        {"192.0.2.7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "192.0.2.0/24"}, false},
        {"192.0.2.7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "192.0.3.0/23"}, false},
        {"192.0.2.7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "192.0.2.8/29"}, true},
        {"192.0.2.7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "192.0.2.0/33"}, true},
        {"192.0.2.7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "2.7"}, true},
        {"192.0.2.7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "10.0.0.0/0"}, true},
        {"10.0.0.0", {"HTTPS_PROXY", PROXY, "NO_PROXY", "10.0.0.0/0"}, false},
        {"2001:db8::7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "2001:db8::8"}, true},
        {"2001:db8::7", {"HTTPS_PROXY", PROXY, "NO_PROXY", "2001:db8::7"}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        agrees(&rows[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_is_read_as_libcurl_reads_it),
    };

    return cmocka_run_group_tests_name("proxy environment", tests, NULL, NULL);
}
