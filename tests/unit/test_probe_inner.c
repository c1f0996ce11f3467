/* The certificate that the proxy really serves: TLS inside a WebSocket (L2-6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid/folder.h"
#include "aid/measure.h"
#include "aid/peer.h"
#include "probe/websocket.h"
#include "sim/pki.h"

#define DOMAIN "b00b.tunnel.example.com"

/* A proxy's files, its authority, and what a peer needs to serve them. */
struct host {
    char *folder, config[300], ca[300], certificate[300], key[300], pem[16384];
    struct pki *pki;
};

static char *
path_in(const struct host *host, char out[300], const char *name)
{
    snprintf(out, 300, "%s/%s", host->folder, name);
    return out;
}

static void
add_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t n = strlen(out);

    assert_non_null(file);
    n += fread(out + n, 1, size - n - 1, file);
    out[n] = '\0';
    fclose(file);
}

static void
write_leaf(struct host *host, enum pki_leaf leaf)
{
    struct pki_proxy_plan plan = {leaf, DOMAIN, host->certificate, host->key};
    struct err err;

    assert_true(pki_write_proxy(host->pki, &plan, &err));
}

static struct host *
host_new(enum pki_leaf leaf)
{
    struct host *host = calloc(1, sizeof(*host));
    struct err err;

    host->folder = folder_new();
    host->pki = pki_new(&err);
    assert_non_null(host->pki);
    path_in(host, host->config, "proxy.yaml");
    path_in(host, host->certificate, "tls.crt");
    path_in(host, host->key, "tls.key");
    assert_true(pki_write_tunnel_authority(host->pki, path_in(host, host->ca, "ca.crt"), &err));
    write_leaf(host, leaf);
    add_file(host->certificate, host->pem, sizeof(host->pem));
    add_file(host->key, host->pem, sizeof(host->pem));
    return host;
}

static void
host_free(struct host *host)
{
    pki_free(host->pki);
    folder_free(host->folder);
    free(host);
}

/* What the probe finds where that peer listens; the measure must be stopped. */
static const struct proxy *
found(struct host *host, struct peer *peer, struct measure *m)
{
    struct probe_options options = {.api_url = "http://127.0.0.1:9", .is_off = true};
    const struct proxy *proxy;
    char yaml[300];
    size_t n;

    snprintf(yaml, sizeof(yaml),
             "listen_addr: \":%u\"\ntunnel_domain: " DOMAIN
             "\nroutes: {wiki: \"http://127.0.0.1:9\"}\n",
             (unsigned)peer_port(peer));
    folder_write(host->folder, "proxy.yaml", yaml);
    options.proxy.config_file = host->config;
    options.proxy.data_dir = host->folder;
    options.proxy.probes_inner_tls = true;
    measure_start(m, &options);
    assert_true(measure_rounds(m, SOURCE_proxy, 1)); /* which has what the port itself tells */
    proxy = snapshot_proxies(&m->snapshot, &n);
    assert_int_equal(n, 1);
    assert_int_not_equal(proxy->served.answer, SERVED_off);
    assert_true(proxy->exposure.at_ms > 0);
    return proxy;
}

static void
the_certificate_of_the_file_is_the_one_that_is_served(void **state)
{
    struct host *host = host_new(PKI_genuine);
    struct peer *peer =
        peer_start(&(struct peer_plan){.manner = PEER_is_proxy, .reply = "", .pem = host->pem});
    const struct proxy *proxy;
    struct measure m;

    (void)state;
    proxy = found(host, peer, &m);
    print_message("%s %s\n", proxy->served.asked, proxy->served.error);
    assert_int_equal(proxy->served.answer, SERVED_certificate);
    assert_string_equal(proxy->served.fingerprint, proxy->server.fingerprint);
    assert_true(proxy->served.is_of_authority);
    assert_int_equal(proxy->served.until_ms, proxy->server.until_ms);
    assert_non_null(strstr(proxy->served.asked, " as wiki." DOMAIN));
    assert_int_equal(peer_served(peer), 1);
    measure_stop(&m);
    peer_stop(peer);
    host_free(host);
}

static void
a_certificate_that_was_not_reloaded_is_another_one(void **state)
{
    struct host *host = host_new(PKI_other_authority);
    struct peer *peer =
        peer_start(&(struct peer_plan){.manner = PEER_is_proxy, .reply = "", .pem = host->pem});
    const struct proxy *proxy;
    struct measure m;

    (void)state;
    write_leaf(host, PKI_genuine); /* the file is new, the server is not */
    proxy = found(host, peer, &m);
    assert_int_equal(proxy->served.answer, SERVED_certificate);
    assert_string_not_equal(proxy->served.fingerprint, proxy->server.fingerprint);
    assert_false(proxy->served.is_of_authority);
    assert_non_null(strstr(proxy->served.issuer, "Example Corp"));
    measure_stop(&m);
    peer_stop(peer);
    host_free(host);
}

static const struct bad_case {
    enum peer_manner manner;
    const char *reply, *error;
    enum served_answer answer;
} bad[] = {
    {PEER_answers, "HTTP/1.1 404 Not Found\r\n\r\n", "\"HTTP/1.1 404 Not Found\"",
     SERVED_no_answer},
    {PEER_answers, "SSH-2.0-x\r\n\r\n", "no WebSocket", SERVED_no_answer},
    {PEER_hangs_up, "", "closed by the peer", SERVED_no_answer},
    {PEER_is_silent, "", "no WebSocket within 3000 ms", SERVED_no_answer},
    {PEER_answers, "HTTP/1.1 101 Switching Protocols\r\n\r\n", "closed by the peer",
     SERVED_tls_failed},
    {PEER_answers, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x82\x05hello", "not TLS",
     SERVED_tls_failed},
    {PEER_answers, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x88\x02\x03\xe8",
     "ended the WebSocket", SERVED_tls_failed},
    {PEER_answers, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x82\x85xxxxhello",
     "ended the WebSocket", SERVED_tls_failed}, /* servers do not mask */
};

static void
without_a_websocket_nothing_is_claimed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct host *host = host_new(PKI_genuine);
        struct peer *peer =
            peer_start(&(struct peer_plan){.manner = bad[i].manner, .reply = bad[i].reply});
        const struct proxy *proxy;
        struct measure m;

        proxy = found(host, peer, &m);
        print_message("%s\n", proxy->served.error);
        assert_int_equal(proxy->served.answer, bad[i].answer);
        assert_non_null(strstr(proxy->served.error, bad[i].error));
        assert_string_equal(proxy->served.fingerprint, "");
        measure_stop(&m);
        peer_stop(peer);
        host_free(host);
    }
}

/* ---- frames ---- */

struct heard {
    char bytes[400];
    size_t n;
};

static void
hear(void *context, const uint8_t *bytes, size_t n)
{
    struct heard *heard = context;

    assert_true(heard->n + n < sizeof(heard->bytes));
    memcpy(heard->bytes + heard->n, bytes, n);
    heard->n += n;
}

static void
frames_come_in_any_pieces(void **state)
{
    static const uint8_t stream[] = "\x02\x02he\x89\x01!\x80\x03llo\x82\x7e\x00\x02!?\x82\x00";

    (void)state;
    for (size_t size = 1; size < sizeof(stream); size++) {
        struct heard heard = {.n = 0};
        struct websocket_reader reader = {.data = hear, .context = &heard};

        for (size_t at = 0; at < sizeof(stream) - 1; at += size) {
            size_t left = sizeof(stream) - 1 - at;

            assert_true(websocket_read(&reader, stream + at, left < size ? left : size));
        }
        assert_int_equal(heard.n, 7);
        assert_memory_equal(heard.bytes, "hello!?", 7);
        assert_false(reader.is_closed);
    }
}

static void
an_endless_frame_is_refused(void **state)
{
    static const uint8_t stream[] = {0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0};
    struct heard heard = {.n = 0};
    struct websocket_reader reader = {.data = hear, .context = &heard};

    (void)state;
    assert_false(websocket_read(&reader, stream, sizeof(stream)));
}

static void
a_request_has_the_key_of_its_nonce(void **state)
{
    static const uint8_t nonce[WEBSOCKET_NONCE_BYTES] = "the sample nonce"; /* RFC 6455 1.2 */
    char out[400];

    (void)state;
    assert_true(websocket_request(out, sizeof(out), "wiki.example", nonce) > 0);
    assert_non_null(strstr(out, "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    assert_non_null(strstr(out, "\r\nHost: wiki.example\r\n"));
    assert_int_equal(websocket_request(out, 100, "wiki.example", nonce), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_certificate_of_the_file_is_the_one_that_is_served),
        cmocka_unit_test(a_certificate_that_was_not_reloaded_is_another_one),
        cmocka_unit_test(without_a_websocket_nothing_is_claimed),
        cmocka_unit_test(frames_come_in_any_pieces),
        cmocka_unit_test(an_endless_frame_is_refused),
        cmocka_unit_test(a_request_has_the_key_of_its_nonce),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
