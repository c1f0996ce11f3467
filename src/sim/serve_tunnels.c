/* The calls of the family /v1/tunnels (facts/management-api.md 8). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sim/customer.h"
#include "sim/page.h"
#include "sim/pki.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/show.h"
#include "sim/stamp.h"

enum {
    TUNNELS_PER_PAGE = 20,
    TUNNELS_PER_PAGE_MOST = 1000,
    CERTIFICATES_MOST = 2,
    PEM_BYTES_MOST = 8192,
    NAME_CHARACTERS_MOST = 255,
};

static bool
is_shown_tunnel(const struct object *object, const void *with_archived)
{
    return with_archived || !((const struct tunnel *)(const void *)object)->archived_ms;
}

static bool
is_shown_certificate(const struct object *object, const void *with_archived)
{
    return with_archived || !((const struct tunnel_certificate *)(const void *)object)->archived_ms;
}

static const void *
with_archived(const struct exchange *x)
{
    const char *value = exchange_query(x, "include_archived");

    return value && strcmp(value, "true") == 0 ? x : NULL;
}

static struct tunnel *
find_tunnel(struct service *service, struct exchange *x)
{
    struct tunnel *tunnel = world_find_tunnel(service->world, x->part[0]);

    if (!tunnel)
        answer_error(x, 404, "no tunnel with this id");
    return tunnel;
}

static struct json *
show_certificate(const struct tunnel *tunnel, const struct tunnel_certificate *certificate)
{
    struct json *json = json_new_object();

    json_add_string(json, "id", certificate->object.id);
    json_add_string(json, "type", "tunnel_certificate");
    json_add_string(json, "tunnel_id", tunnel->object.id);
    json_add_string(json, "fingerprint", certificate->fingerprint);
    stamp_add(json, "created_at", certificate->object.created_ms);
    stamp_add(json, "expires_at", certificate->expires_ms);
    stamp_add(json, "archived_at", certificate->archived_ms);
    return json;
}

void
tunnels_list(struct service *service, struct exchange *x)
{
    struct page page = {
        .list = &service->world->tunnels,
        .keep = is_shown_tunnel,
        .context = with_archived(x),
        .show = show_tunnel,
        .limit_otherwise = TUNNELS_PER_PAGE,
        .limit_most = TUNNELS_PER_PAGE_MOST,
    };

    page_answer(service->world, x, &page);
}

void
tunnels_get(struct service *service, struct exchange *x)
{
    const struct tunnel *tunnel = find_tunnel(service, x);

    if (tunnel)
        answer_json(x, 200, show_tunnel(service->world, &tunnel->object));
}

static size_t
active_tunnels(const struct world *world)
{
    size_t n = 0;

    for (size_t i = 0; i < world->tunnels.n; i++)
        n += !((const struct tunnel *)world->tunnels.items[i])->archived_ms;
    return n;
}

void
tunnels_create(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    const struct json *body = serve_body(x);
    const struct json *name = json_get(body, "display_name");
    size_t length = serve_characters(json_as_string(name, ""));
    const struct tunnel *tunnel;
    struct json *json;
    char label[SIM_ID_BYTES];

    if (!body)
        return;
    if (!json_is_null(name) && (length < 1 || length > NAME_CHARACTERS_MOST)) {
        answer_error(x, 400, "display_name: expected 1 to 255 characters");
        return;
    }
    if (active_tunnels(world) >= (size_t)world->switches.tunnels_most) {
        answer_error(x, 400, "the organization has as many tunnels as it may");
        return;
    }
    chance_id(&world->chance, "made", label);
    tunnel = tunnel_new(world, label, json_as_string(name, NULL), world->now_ms);
    json = show_tunnel(world, &tunnel->object);
    if (world->switches.tunnel_extra)
        json_add_string(json, "token", tunnel->token);
    answer_json(x, 200, json);
}

void
tunnels_archive(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct tunnel *tunnel = find_tunnel(service, x);

    if (!tunnel)
        return;
    for (size_t i = 0; i < tunnel->certificates.n && !tunnel->archived_ms; i++) {
        struct tunnel_certificate *certificate = tunnel->certificates.items[i];

        if (!certificate->archived_ms)
            certificate->archived_ms = world->now_ms;
    }
    if (!tunnel->archived_ms)
        tunnel->archived_ms = world->now_ms;
    customer_tokens_changed(service->customer, world);
    answer_json(x, 200, show_tunnel(world, &tunnel->object));
}

static void
answer_token(struct exchange *x, const struct tunnel *tunnel)
{
    struct json *json = json_new_object();

    json_add_string(json, "id", tunnel->token_id);
    json_add_string(json, "type", "tunnel_token");
    json_add_string(json, "tunnel_token", tunnel->token);
    answer_json(x, 200, json);
}

/* An archived tunnel's token is gone. */
static struct tunnel *
find_live_tunnel(struct service *service, struct exchange *x)
{
    struct tunnel *tunnel = find_tunnel(service, x);

    if (!tunnel || !tunnel->archived_ms)
        return tunnel;
    answer_error(x, 400, "this tunnel is archived");
    return NULL;
}

void
tunnels_reveal(struct service *service, struct exchange *x)
{
    const struct tunnel *tunnel = find_live_tunnel(service, x);

    if (tunnel)
        answer_token(x, tunnel);
}

void
tunnels_rotate(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct tunnel *tunnel = find_live_tunnel(service, x);

    if (!tunnel || !serve_body(x))
        return;
    chance_id(&world->chance, "ttok", tunnel->token_id);
    chance_token(&world->chance, "eyJhIjoi", tunnel->token);
    customer_tokens_changed(service->customer, world);
    answer_token(x, tunnel);
}

/* page.c shows things without knowing whose they are; a certificate's tunnel is found by its id. */
static struct json *
show_any_certificate(const struct world *world, const struct object *object)
{
    for (size_t i = 0; i < world->tunnels.n; i++) {
        const struct tunnel *tunnel = world->tunnels.items[i];

        for (size_t j = 0; j < tunnel->certificates.n; j++)
            if (tunnel->certificates.items[j] == object)
                return show_certificate(tunnel, (const void *)object);
    }
    return json_new_null();
}

void
certificates_list(struct service *service, struct exchange *x)
{
    const struct tunnel *tunnel = find_tunnel(service, x);

    if (!tunnel)
        return;
    struct page page = {
        .list = &tunnel->certificates,
        .keep = is_shown_certificate,
        .context = with_archived(x),
        .show = show_any_certificate,
        .limit_otherwise = TUNNELS_PER_PAGE,
        .limit_most = TUNNELS_PER_PAGE_MOST,
    };
    page_answer(service->world, x, &page);
}

static struct tunnel_certificate *
find_certificate(struct exchange *x, const struct tunnel *tunnel)
{
    for (size_t i = 0; tunnel && i < tunnel->certificates.n; i++) {
        struct tunnel_certificate *certificate = tunnel->certificates.items[i];

        if (strcmp(certificate->object.id, x->part[1]) == 0)
            return certificate;
    }
    if (tunnel)
        answer_error(x, 404, "no certificate with this id on this tunnel");
    return NULL;
}

void
certificates_get(struct service *service, struct exchange *x)
{
    const struct tunnel *tunnel = find_tunnel(service, x);
    const struct tunnel_certificate *certificate = find_certificate(x, tunnel);

    if (certificate)
        answer_json(x, 200, show_certificate(tunnel, certificate));
}

void
certificates_archive(struct service *service, struct exchange *x)
{
    const struct tunnel *tunnel = find_tunnel(service, x);
    struct tunnel_certificate *certificate = find_certificate(x, tunnel);

    if (!certificate)
        return;
    if (!certificate->archived_ms)
        certificate->archived_ms = service->world->now_ms;
    answer_json(x, 200, show_certificate(tunnel, certificate));
}

static size_t
active_certificates(const struct tunnel *tunnel)
{
    size_t n = 0;

    for (size_t i = 0; i < tunnel->certificates.n; i++)
        n += !((const struct tunnel_certificate *)tunnel->certificates.items[i])->archived_ms;
    return n;
}

void
certificates_create(struct service *service, struct exchange *x)
{
    struct world *world = service->world;
    struct tunnel *tunnel = find_live_tunnel(service, x);
    const struct json *body = tunnel ? serve_body(x) : NULL;
    const char *pem = json_string(body, "ca_certificate_pem", "");
    struct tunnel_certificate *certificate;
    struct pki_authority authority;
    struct err err = {0};

    if (!body)
        return;
    if (strlen(pem) > PEM_BYTES_MOST) {
        answer_error(x, 400, "ca_certificate_pem: at most 8 KB");
        return;
    }
    if (!pki_read_authority(pem, &authority, &err)) {
        answer_error(x, 400, "ca_certificate_pem: %s", err.message);
        return;
    }
    if (active_certificates(tunnel) >= CERTIFICATES_MOST) {
        answer_error(x, 400, "the tunnel has two certificates; archive one first");
        return;
    }
    certificate =
        tunnel_add_certificate(world, tunnel, authority.fingerprint, authority.expires_ms);
    answer_json(x, 200, show_certificate(tunnel, certificate));
}
