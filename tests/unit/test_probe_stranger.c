/* The stranger's request: who answers it, and whether it was seen on the way (L1-5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "aid/dnsd.h"
#include "aid/folder.h"
#include "aid/measure.h"
#include "aid/peer.h"
#include "aid/pretend.h"
#include "sim/pki.h"

#define DOMAIN "b00b.tunnel.example.com"

static bool
was_tried(const struct snapshot *snapshot, void *context)
{
    size_t n;
    const struct proxy *rows = snapshot_proxies(snapshot, &n);

    (void)context;
    return n == 1 && rows[0].stranger.answer != STRANGER_off;
}

static const struct dnsd_row names[] = {
    {"wiki." DOMAIN, DNSD_A, DNSD_NOERROR, "127.0.0.1", 0},
    {NULL, 0, 0, NULL, 0},
};
static const struct dnsd_row no_names[] = {{NULL, 0, 0, NULL, 0}};

/* Instead of TLS: another protocol, and the alert "handshake failure". */
#define PLAIN "HTTP/1.1 400 Bad Request\r\n\r\n"
#define ALERT "\x15\x03\x03\x00\x02\x02\x28"

static const struct row {
    const struct dnsd_row *names;
    const char *reply; /* of the public host; NULL: nobody listens there */
    bool is_idle;      /* the connectors carry nothing else */
    enum stranger_answer answer;
    long status;
    bool is_from_server;
    size_t raw_bytes; /* the reply stands for itself, without TLS */
} rows[] = {
    {no_names, NULL, true, STRANGER_no_name, 0, false, 0},
    {names, NULL, true, STRANGER_unheard, 0, false, 0},
    {names, PLAIN, true, STRANGER_unheard, 0, false, sizeof(PLAIN) - 1},
    {names, ALERT, true, STRANGER_refused, 0, false, sizeof(ALERT) - 1},
    {names, "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", true, STRANGER_status, 403,
     false, 0},
    {names,
     "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer resource_metadata=\"https://x\"\r\n"
     "content-length: 0\r\n\r\n",
     true, STRANGER_status, 401, true, 0},
    {names, "HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"jsonrpc\":\"2.0\"}", true,
     STRANGER_status, 200, true, 0},
    {names, "HTTP/1.1 530 x\r\ncontent-length: 0\r\n\r\n", false, STRANGER_status, 530, false, 0},
};

/* Of a certificate for *.DOMAIN and its key. */
static void
read_pem(const char *folder, char *out, size_t size)
{
    static const char *const files[] = {"tls.crt", "tls.key"};
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[300];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        file = fopen(path, "re");
        assert_non_null(file);
        n += fread(out + n, 1, size - n - 1, file);
        fclose(file);
    }
    out[n] = '\0';
}

static void
make_files(const char *folder, const struct pki *pki)
{
    char ca[300], certificate[300], key[300];
    struct pki_proxy_plan plan = {PKI_genuine, DOMAIN, certificate, key};
    struct err err;

    snprintf(ca, sizeof(ca), "%s/ca.crt", folder);
    snprintf(certificate, sizeof(certificate), "%s/tls.crt", folder);
    snprintf(key, sizeof(key), "%s/tls.key", folder);
    assert_true(pki_write_tunnel_authority(pki, ca, &err));
    assert_true(pki_write_proxy(pki, &plan, &err));
    folder_write(folder, "proxy.yaml",
                 "listen_addr: \":1\"\ntunnel_domain: " DOMAIN
                 "\nroutes: {wiki: \"http://127.0.0.1:9\"}\n");
}

static void
try_one(struct network *network, const char *folder, const char *pem, const struct row *row)
{
    struct probe_connector connector = {
        "one", network_connector_url(network, 0), NULL, {NULL, NULL}};
    struct probe_options options = {
        .api_url = "http://127.0.0.1:9", .is_off = true, .interval_ms = 400};
    struct dnsd *dnsd = dnsd_start(row->names);
    struct peer *peer = peer_start(
        &(struct peer_plan){.manner = row->raw_bytes ? PEER_sends_first : PEER_answers_tls,
                            .reply_bytes = row->raw_bytes,
                            .reply = row->reply ? row->reply : "",
                            .pem = pem});
    char config[300], ca[300];
    const struct stranger *found;
    struct measure m;
    size_t n;

    snprintf(config, sizeof(config), "%s/proxy.yaml", folder);
    snprintf(ca, sizeof(ca), "%s/ca.crt", folder);
    options.api_ca_file = ca;
    options.dns_servers = dnsd_address(dnsd);
    options.connectors = &connector;
    options.n_connectors = 1;
    options.proxy.config_file = config;
    options.proxy.tries_stranger = options.proxy.skips_exposure = true;
    options.proxy.stranger_port = row->reply ? peer_port(peer) : measure_free_port(SOCK_STREAM);
    assert_true(network_fault(network, "connectors-down", row->is_idle));
    measure_start(&m, &options);
    assert_true(measure_until(&m, was_tried, NULL));
    found = &snapshot_proxies(&m.snapshot, &n)->stranger;
    print_message("%s %ld %s\n", found->url, found->status, found->error);
    assert_int_equal(found->answer, row->answer);
    assert_int_equal(found->status, row->status);
    assert_int_equal(found->is_from_server, row->is_from_server);
    assert_false(found->is_in_log);
    if (row->is_idle)
        assert_true(found->was_idle && !found->has_moved);
    assert_int_equal(peer_served(peer), row->reply ? 1 : 0);
    assert_memory_equal(found->url, "https://wiki." DOMAIN "/", sizeof("https://wiki." DOMAIN));
    measure_stop(&m);
    peer_stop(peer);
    dnsd_stop(dnsd);
}

static void
each_answer_is_told_from_the_others(void **state)
{
    char *folder = folder_new(), pem[16384];
    struct err err;
    struct pki *pki = pki_new(&err);

    assert_non_null(pki);
    make_files(folder, pki);
    read_pem(folder, pem, sizeof(pem));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        try_one(*state, folder, pem, &rows[i]);
    pki_free(pki);
    folder_free(folder);
}

/* The public host is the proxy itself, which writes into its log what it is asked. */
static void
a_request_that_stands_in_the_proxys_log_has_arrived(void **state)
{
    char *folder = folder_new(), pem[16384], log[300], config[300], ca[300];
    struct probe_connector connector = {
        "one", network_connector_url(*state, 0), NULL, {NULL, NULL}};
    struct probe_options options = {
        .api_url = "http://127.0.0.1:9", .is_off = true, .interval_ms = 400};
    struct err err;
    struct pki *pki = pki_new(&err);
    struct dnsd *dnsd = dnsd_start(names);
    struct peer_plan plan = {.manner = PEER_answers_tls,
                             .reply = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
                             .pem = pem,
                             .log_file = log};
    struct peer *peer;
    struct measure m;
    size_t n;

    assert_non_null(pki);
    make_files(folder, pki);
    read_pem(folder, pem, sizeof(pem));
    folder_write(folder, "proxy.log", "");
    snprintf(log, sizeof(log), "%s/proxy.log", folder);
    snprintf(config, sizeof(config), "%s/proxy.yaml", folder);
    snprintf(ca, sizeof(ca), "%s/ca.crt", folder);
    peer = peer_start(&plan);
    options.api_ca_file = ca;
    options.dns_servers = dnsd_address(dnsd);
    options.connectors = &connector;
    options.n_connectors = 1;
    options.proxy.config_file = config;
    options.proxy.log.file = log;
    options.proxy.tries_stranger = options.proxy.skips_exposure = true;
    options.proxy.stranger_port = peer_port(peer);
    measure_start(&m, &options);
    assert_true(measure_until(&m, was_tried, NULL));
    assert_int_equal(snapshot_proxies(&m.snapshot, &n)->stranger.status, 403);
    assert_true(snapshot_proxies(&m.snapshot, &n)->stranger.is_in_log);
    measure_stop(&m);
    peer_stop(peer);
    dnsd_stop(dnsd);
    pki_free(pki);
    folder_free(folder);
}

static bool
has_rounds(const struct snapshot *snapshot, void *context)
{
    (void)context;
    return snapshot->source[SOURCE_connectors].rounds >= 6 &&
           snapshot->source[SOURCE_proxy].rounds > 0;
}

static void
unless_it_is_switched_on_nobody_is_asked(void **state)
{
    char *folder = folder_new(), config[300];
    struct probe_connector connector = {
        "one", network_connector_url(*state, 0), NULL, {NULL, NULL}};
    struct probe_options options = {.api_url = "http://127.0.0.1:9",
                                    .is_off = true,
                                    .interval_ms = 400,
                                    .connectors = &connector,
                                    .n_connectors = 1};
    struct dnsd *dnsd = dnsd_start(names);
    struct measure m;
    size_t n;

    folder_write(folder, "proxy.yaml",
                 "tunnel_domain: " DOMAIN "\nroutes: {wiki: \"http://127.0.0.1:9\"}\n");
    snprintf(config, sizeof(config), "%s/proxy.yaml", folder);
    options.proxy.config_file = config;
    options.dns_servers = dnsd_address(dnsd);
    measure_start(&m, &options);
    assert_true(measure_until(&m, has_rounds, NULL));
    assert_int_equal(snapshot_proxies(&m.snapshot, &n)->stranger.answer, STRANGER_off);
    measure_stop(&m);
    dnsd_stop(dnsd);
    folder_free(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_answer_is_told_from_the_others, pretend_start,
                                        pretend_stop),
        cmocka_unit_test_setup_teardown(a_request_that_stands_in_the_proxys_log_has_arrived,
                                        pretend_start, pretend_stop),
        cmocka_unit_test_setup_teardown(unless_it_is_switched_on_nobody_is_asked, pretend_start,
                                        pretend_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
