#include "probe/oauth_metadata.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "probe/well_known.h"

static void ask_resource(struct oauth_metadata *metadata);
static void ask_server(struct oauth_metadata *metadata);

static void add_seen(struct oauth_judgement *judgement, const char *format, ...) PRINTF_LIKE(2, 3);

static void
add_seen(struct oauth_judgement *judgement, const char *format, ...)
{
    struct text seen = {
        .bytes = judgement->seen, .size = sizeof(judgement->seen), .n = strlen(judgement->seen)};
    va_list args;

    va_start(args, format);
    text_vaddf(&seen, format, args);
    va_end(args);
}

/* ---- one request ---- */

static void
send_request(struct oauth_metadata *metadata, const struct address *address,
             void (*came)(void *context))
{
    metadata->get = (struct http_get){
        .url = metadata->ask_url,
        .address = address,
        .deadline_ms = OAUTH_WITHIN_MS,
        .connect_ms = OAUTH_CONNECT_MS,
        .most_bytes = OAUTH_MOST_BYTES,
        .may_be_cut = true,
        .is_fresh = true,
        .headers = metadata->headers,
        .until = HTTP_UNTIL_event,
        .done = came,
        .context = metadata,
    };
    http_start(metadata->tools->http, &metadata->get);
}

static void
elsewhere_came(void *context)
{
    struct oauth_metadata *metadata = context;
    struct http_url parts;

    if (metadata->query.fault.signal || !http_url_read(metadata->ask_url, &parts, NULL)) {
        memset(&metadata->get, 0, sizeof(metadata->get));
        fault_set(&metadata->get.fault, STAGE_dns, SIGNAL_dns, 0, "%s", metadata->query.fault.text);
        metadata->came(metadata);
        return;
    }
    metadata->elsewhere = metadata->query.addresses[0];
    address_set_port(&metadata->elsewhere, parts.port);
    send_request(metadata, &metadata->elsewhere, metadata->came);
}

/* Ask for the URL in asked_for, by the way that leads there from here; false when there is none. */
static bool
ask(struct oauth_metadata *metadata, void (*came)(void *context))
{
    struct text url = {.bytes = metadata->ask_url, .size = sizeof(metadata->ask_url)};
    struct http_url parts;
    size_t route = 0;
    size_t n = 0;
    bool is_own;
    enum url_way way = url_rewrite(metadata->asked_for, metadata->proxy->routes,
                                   metadata->proxy->n_routes, &url, &route);

    if (way == URL_refused || url.is_cut || !http_url_read(metadata->ask_url, &parts, NULL))
        return false;
    is_own = way == URL_upstream && route == metadata->route;
    if (is_own && metadata->host_header)
        metadata->headers[n++] = metadata->host_header;
    metadata->headers[n++] = "Accept: application/json";
    metadata->headers[n] = NULL;
    if (is_own) {
        send_request(metadata, metadata->address, came);
    } else if (address_parse(parts.host, parts.port, &metadata->elsewhere)) {
        send_request(metadata, &metadata->elsewhere, came);
    } else {
        metadata->came = came;
        metadata->query.done = elsewhere_came;
        metadata->query.context = metadata;
        dns_lookup(metadata->tools->dns, &metadata->query, parts.host, 4);
    }
    return true;
}

/* What clients call the endpoint; nothing when the tunnel's domain is not known. */
static void
public_url(const struct oauth_metadata *metadata, struct text *out)
{
    const struct proxy_route *route = &metadata->proxy->routes[metadata->route];

    if (*route->host)
        text_addf(out, "https://%s%s", route->host, metadata->path);
}

/* A name below the tunnel was asked at its upstream, past the tunnel. */
static void
tell_rewritten(const struct oauth_metadata *metadata, struct oauth_judgement *judgement)
{
    struct url_parts parts;

    if (strcmp(metadata->asked_for, metadata->ask_url) != 0 && url_split(metadata->ask_url, &parts))
        add_seen(judgement, ", read past the tunnel at %.*s", (int)parts.origin_bytes,
                 metadata->ask_url);
}

static void note_tried(struct oauth_metadata *metadata, const char *format, ...) PRINTF_LIKE(2, 3);

/* Why there is nothing at that place. */
static void
note_tried(struct oauth_metadata *metadata, const char *format, ...)
{
    struct text tried = {.bytes = metadata->tried, .size = sizeof(metadata->tried)};
    va_list args;

    text_clear(&tried);
    va_start(args, format);
    text_vaddf(&tried, format, args);
    va_end(args);
}

static void
note_transport(struct oauth_metadata *metadata, const char *url)
{
    metadata->is_plain |= strncmp(url, "http://", 7) == 0;
}

/* ---- B ---- */

/* Is the place that is being asked the one that the challenge names? */
static bool
asks_named(const struct oauth_metadata *metadata)
{
    return *metadata->named && metadata->place == 0;
}

/* What was not seen tells more than what is not there. */
static void
note_nothing_there(struct oauth_metadata *metadata)
{
    bool is_unseen = metadata->get.fault.signal || metadata->get.status / 100 == 5;

    if (metadata->get.fault.signal)
        note_tried(metadata, "%s: %s", metadata->ask_url, metadata->get.fault.text);
    else if (is_unseen || !metadata->is_unseen)
        note_tried(metadata, "HTTP %ld from %s", metadata->get.status, metadata->ask_url);
    if (asks_named(metadata) && !is_unseen)
        metadata->named_status = metadata->get.status;
    metadata->is_unseen |= is_unseen;
}

static void
resource_came(void *context)
{
    struct oauth_metadata *metadata = context;
    struct oauth_judgement *reply = &metadata->resource;
    TEXT(resource, OAUTH_URL_BYTES);

    if (metadata->get.fault.signal || metadata->get.status != 200) {
        note_nothing_there(metadata);
        metadata->place++;
        ask_resource(metadata);
        return;
    }
    public_url(metadata, &resource);
    *reply = oauth_judge_resource(&metadata->get, resource.bytes, &metadata->issuers);
    if (reply->answer == OAUTH_resource_good && metadata->named_status) {
        reply->answer = OAUTH_resource_moved;
        snprintf(reply->seen, sizeof(reply->seen), "HTTP %ld from %.180s", metadata->named_status,
                 metadata->named);
    } else {
        tell_rewritten(metadata, reply);
    }
    metadata->place = metadata->issuer = 0;
    ask_server(metadata);
}

/* None is a fault only when every place was seen. */
static void
judge_no_resource(struct oauth_metadata *metadata)
{
    struct oauth_judgement *reply = &metadata->resource;

    reply->answer = metadata->is_unseen ? OAUTH_resource_unseen : OAUTH_resource_none;
    add_seen(reply, "%s", metadata->tried);
    ask_server(metadata);
}

/* B1 is what the challenge names; B2 and B3 are well known. */
static void
ask_resource(struct oauth_metadata *metadata)
{
    struct text url = {.bytes = metadata->asked_for, .size = sizeof(metadata->asked_for)};
    size_t named = *metadata->named ? 1 : 0;
    bool is_there = true;

    for (; is_there; metadata->place++) {
        text_clear(&url);
        if (metadata->place < named)
            text_add(&url, metadata->named);
        else
            is_there = well_known_resource(metadata->endpoint, metadata->place - named, &url);
        if (metadata->place < named)
            note_transport(metadata, metadata->asked_for);
        if (is_there && ask(metadata, resource_came))
            return;
        if (asks_named(metadata)) {
            note_tried(metadata, "%s: not asked, for it is no https URL", metadata->asked_for);
            metadata->is_unseen = true;
        }
    }
    judge_no_resource(metadata);
}

/* ---- C, and D ---- */

/* The worst of several authorization servers is what a client may meet. */
static void
keep_worst(struct oauth_metadata *metadata, const struct oauth_judgement *judgement)
{
    static const int ranks[] = {
        [LAYER_verified] = 1,
        [LAYER_not_observable] = 2,
        [LAYER_warning] = 3,
        [LAYER_failed] = 4,
    };
    struct oauth_judgement *kept = &metadata->server;

    if (kept->answer == OAUTH_none ||
        ranks[oauth_verdict(judgement->answer)] > ranks[oauth_verdict(kept->answer)])
        *kept = *judgement;
}

static void
next_issuer(struct oauth_metadata *metadata, const struct oauth_judgement *judgement)
{
    keep_worst(metadata, judgement);
    metadata->issuer++;
    metadata->place = 0;
    ask_server(metadata);
}

static void
server_came(void *context)
{
    struct oauth_metadata *metadata = context;
    const char *issuer = metadata->issuers.url[metadata->issuer];
    struct oauth_judgement judgement = {.answer = OAUTH_server_elsewhere};

    if (metadata->get.fault.signal) {
        snprintf(judgement.seen, sizeof(judgement.seen), "%.100s: %.120s", issuer,
                 metadata->get.fault.text);
        next_issuer(metadata, &judgement);
    } else if (metadata->get.status / 100 == 5) {
        judgement.answer = OAUTH_server_trouble;
        snprintf(judgement.seen, sizeof(judgement.seen),
                 "its authorization server %.100s: HTTP %ld", issuer, metadata->get.status);
        next_issuer(metadata, &judgement);
    } else if (metadata->get.status != 200) {
        note_tried(metadata, "HTTP %ld from %s", metadata->get.status, metadata->ask_url);
        metadata->place++;
        ask_server(metadata);
    } else {
        judgement = oauth_judge_server(&metadata->get, issuer);
        tell_rewritten(metadata, &judgement);
        next_issuer(metadata, &judgement);
    }
}

static void
judge_transport(struct oauth_metadata *metadata)
{
    if (metadata->issuers.n > 0 || *metadata->named)
        metadata->transport.answer =
            metadata->is_plain ? OAUTH_metadata_plain : OAUTH_metadata_https;
}

static void
ask_server(struct oauth_metadata *metadata)
{
    struct text url = {.bytes = metadata->asked_for, .size = sizeof(metadata->asked_for)};
    struct oauth_judgement none = {.answer = OAUTH_server_elsewhere};
    bool was_asked = metadata->place > 0;

    if (metadata->issuer >= metadata->issuers.n) {
        judge_transport(metadata);
        metadata->done(metadata->context);
        return;
    }
    note_transport(metadata, metadata->issuers.url[metadata->issuer]);
    while (well_known_server(metadata->issuers.url[metadata->issuer], metadata->place, &url)) {
        if (ask(metadata, server_came))
            return;
        metadata->place++;
    }
    if (was_asked)
        none.answer = OAUTH_server_none;
    add_seen(&none, "%.100s: %s", metadata->issuers.url[metadata->issuer],
             was_asked ? metadata->tried : "not asked, for it is no https URL");
    next_issuer(metadata, &none);
}

/* ---- start and cancel ---- */

void
oauth_metadata_start(struct oauth_metadata *metadata)
{
    ask_resource(metadata);
}

void
oauth_metadata_cancel(struct oauth_metadata *metadata)
{
    dns_cancel(&metadata->query);
    http_cancel(&metadata->get);
}
