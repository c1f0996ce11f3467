#include "probe/serving.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "core/x509.h"
#include "probe/attempt.h"
#include "probe/certificate.h"

enum { ASK_EVERY_MS = 10 * 60 * 1000, LONGEST_HOST = 64 };

void
serving_open(struct serving *serving, const struct serving_plan *plan, struct tools *tools)
{
    serving->plan = *plan;
    serving->exposure.loop = serving->inner.loop = tools->loop;
    serving->exposure.done = serving->inner.done = plan->answered;
    serving->exposure.context = serving->inner.context = plan->context;
    serving->inner.trust = tools->trust;
}

void
serving_close(struct serving *serving)
{
    if (!serving->exposure.loop)
        return; /* was never opened */
    exposure_cancel(&serving->exposure);
    inner_tls_close(&serving->inner);
}

bool
serving_is_asking(const struct serving *serving)
{
    return serving->exposure.is_running || serving->inner.is_running;
}

/* ":8080", "127.0.0.1:8080", "[::]:8080": all addresses include loopback. */
static bool
read_address(const char *text, struct address *out, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    char host[LONGEST_HOST] = "";
    size_t n = colon ? (size_t)(colon - text) : 0;
    int64_t number;

    if (!colon || n >= sizeof(host) || !int_parse(colon + 1, &number) || number < 1 ||
        number > UINT16_MAX)
        return false;
    memcpy(host, text, n);
    *port = (uint16_t)number;
    if (n == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "[::]") == 0)
        return address_parse("127.0.0.1", *port, out);
    return address_parse(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, *port, out);
}

const char *
serving_host(const struct proxy *proxy)
{
    for (size_t i = 0; i < proxy->n_routes; i++)
        if (*proxy->routes[i].host)
            return proxy->routes[i].host;
    return "";
}

static void
ask(struct serving *serving, const struct address *address, const char *host)
{
    int64_t now_ms = clock_mono_ms();

    if (!host || (serving->asked_ms > 0 && now_ms - serving->asked_ms < ASK_EVERY_MS &&
                  address_is_same(address, &serving->inner.address)))
        return;
    serving->asked_ms = now_ms;
    inner_tls_ask(&serving->inner, address, host);
}

static void
show_certificate(const struct inner_tls *inner, const struct certificate_file *ca,
                 struct arena *arena, struct served *out)
{
    struct x509 *certificate =
        inner->certificate ? x509_read_der(inner->certificate, inner->certificate_bytes) : NULL;
    struct x509 *authority = NULL;
    struct x509_facts facts;
    struct x509_file content;

    if (!certificate)
        return;
    if (*ca->path && !*ca->error)
        authority = x509_read(ca->bytes, ca->n, &content, NULL);
    x509_describe(certificate, &facts);
    out->fingerprint = arena_strdup(arena, facts.fingerprint);
    out->issuer = arena_strdup(arena, facts.issuer);
    out->until_ms = facts.until_ms;
    out->is_of_authority = authority && x509_is_signed_by(certificate, authority);
    x509_free(certificate);
    x509_free(authority);
}

static void
show(const struct serving *serving, const struct certificate_file *ca, struct arena *arena,
     struct served *out)
{
    const struct inner_tls *inner = &serving->inner;
    TEXT(asked, LONGEST_HOST + INNER_TLS_HOST_BYTES + 8);

    *out = (struct served){.answer = inner->answer,
                           .asked = "",
                           .error = "",
                           .fingerprint = "",
                           .issuer = "",
                           .at_ms = inner->at_ms};
    if (inner->answer == SERVED_off)
        return;
    address_add(&asked, &inner->address);
    text_addf(&asked, " as %s", inner->host);
    out->asked = arena_strndup(arena, asked.bytes, asked.n);
    out->error = arena_strdup(arena, inner->fault.text);
    if (inner->answer == SERVED_certificate)
        show_certificate(inner, ca, arena, out);
}

void
serving_show(struct serving *serving, const struct certificate_file *ca, struct arena *arena,
             struct proxy *proxy)
{
    struct address address;
    uint16_t port;

    if (read_address(serving->plan.address ? serving->plan.address : proxy->listen_address,
                     &address, &port)) {
        if (serving->plan.tries_exposure && address_is_loopback(&address))
            exposure_ask(&serving->exposure, port);
        if (serving->plan.probes_inner_tls)
            ask(serving, &address, serving_host(proxy));
    }
    exposure_show(&serving->exposure, arena, &proxy->exposure);
    show(serving, ca, arena, &proxy->served);
}
