#include "probe/oauth.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "core/die.h"
#include "core/text.h"
#include "core/version.h"
#include "probe/well_known.h"

enum { OAUTH_CONNECT_MS = 2000, OAUTH_WITHIN_MS = 5000, OAUTH_MOST_BYTES = 64 << 10 };

/* Tried in this order when the server finds fault with the request. */
static const char *const versions[] = {"2025-11-25", "2025-06-18", "2025-03-26"};

static void ask_initialize(struct oauth *oauth);
static void ask_bad_token(struct oauth *oauth);
static void ask_stream(struct oauth *oauth);
static void ask_resource(struct oauth *oauth);
static void ask_server(struct oauth *oauth);

static const struct proxy_route *
own_route(const struct oauth *oauth)
{
    return &oauth->proxy->routes[oauth->route];
}

static void
finish(struct oauth *oauth)
{
    for (int i = 0; i < OAUTH_REQUESTS; i++)
        if (oauth->reply[i].answer == OAUTH_none)
            oauth->reply[i].answer = OAUTH_skipped;
    oauth->is_running = false;
    oauth->done(oauth->context);
}

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
send_request(struct oauth *oauth, const char *method, const struct address *address,
             void (*came)(void *context))
{
    memset(&oauth->get, 0, sizeof(oauth->get));
    oauth->get.url = oauth->ask_url;
    oauth->get.address = address;
    oauth->get.deadline_ms = OAUTH_WITHIN_MS;
    oauth->get.connect_ms = OAUTH_CONNECT_MS;
    oauth->get.most_bytes = OAUTH_MOST_BYTES;
    oauth->get.may_be_cut = true;
    oauth->get.is_fresh = true;
    oauth->get.method = method;
    oauth->get.sent = strcmp(method, "POST") == 0 ? oauth->body : NULL;
    oauth->get.headers = oauth->headers;
    oauth->get.until = HTTP_UNTIL_event;
    oauth->get.done = came;
    oauth->get.context = oauth;
    http_start(oauth->tools->http, &oauth->get);
}

static void
add_header(struct oauth *oauth, const char *header)
{
    for (size_t i = 0; i + 1 < OAUTH_HEADERS; i++)
        if (!oauth->headers[i]) {
            oauth->headers[i] = header;
            return;
        }
}

static void
start_headers(struct oauth *oauth)
{
    memset(oauth->headers, 0, sizeof(oauth->headers));
    if (oauth->uses_public_host)
        add_header(oauth, oauth->host_header);
}

static void
set_endpoint(struct oauth *oauth)
{
    struct text url = {.bytes = oauth->ask_url, .size = sizeof(oauth->ask_url)};

    text_clear(&url);
    text_addf(&url, "%s%s", own_route(oauth)->upstream, oauth->paths[oauth->path]);
    memcpy(oauth->url, oauth->ask_url, sizeof(oauth->url));
}

static void
send_initialize(struct oauth *oauth, void (*came)(void *context))
{
    struct text body = {.bytes = oauth->body, .size = sizeof(oauth->body)};

    text_clear(&body);
    text_addf(&body,
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
              "\"protocolVersion\":\"%s\",\"capabilities\":{},\"clientInfo\":{\"name\":"
              "\"sandwatch-check\",\"version\":\"" SANDWATCH_VERSION "\"}}}",
              versions[oauth->version]);
    set_endpoint(oauth);
    add_header(oauth, "Content-Type: application/json");
    add_header(oauth, "Accept: application/json, text/event-stream");
    send_request(oauth, "POST", &oauth->addresses[0], came);
}

/* A session that was opened for us is given back before anything else. */
static void
session_ended(void *context)
{
    struct oauth *oauth = context;

    oauth->next(oauth);
}

static void
end_session(struct oauth *oauth, void (*next)(struct oauth *oauth))
{
    struct text header = {.bytes = oauth->session_header, .size = sizeof(oauth->session_header)};

    if (!*oauth->get.mcp_session) {
        next(oauth);
        return;
    }
    text_clear(&header);
    text_addf(&header, "MCP-Session-Id: %s", oauth->get.mcp_session);
    oauth->next = next;
    start_headers(oauth);
    add_header(oauth, oauth->session_header);
    if (*oauth->token_header) /* what opened it may close it */
        add_header(oauth, oauth->token_header);
    send_request(oauth, "DELETE", &oauth->addresses[0], session_ended);
}

/* ---- A, A2, A3 ---- */

/* What the answer allows us to try once more with; false when it is to be taken as it is. */
static bool
try_otherwise(struct oauth *oauth, enum oauth_answer answer)
{
    if (answer == OAUTH_wrong_path && oauth->paths[oauth->path + 1])
        oauth->path++;
    else if (answer == OAUTH_wrong_host && !oauth->uses_public_host && *own_route(oauth)->host)
        oauth->uses_public_host = true;
    else if (answer == OAUTH_inconclusive && oauth->get.status == 400 &&
             oauth->version + 1 < COUNT_OF(versions))
        oauth->version++;
    else
        return false;
    return true;
}

/* Is there an MCP server at all? Otherwise the other requests say nothing. */
static bool
is_worth_more(enum oauth_answer answer)
{
    return answer == OAUTH_challenge || answer == OAUTH_challenge_bare ||
           answer == OAUTH_other_scheme || answer == OAUTH_open || answer == OAUTH_rpc_error ||
           answer == OAUTH_scope || answer == OAUTH_forbidden;
}

static void
initialize_came(void *context)
{
    struct oauth *oauth = context;
    struct oauth_judgement judgement = oauth_judge_initialize(&oauth->get, oauth->metadata_url);

    if (try_otherwise(oauth, judgement.answer)) {
        ask_initialize(oauth);
        return;
    }
    if (oauth->uses_public_host && judgement.answer != OAUTH_wrong_host)
        add_seen(&judgement, ", with the tunnel's name as Host");
    oauth->reply[OAUTH_ASK_initialize] = judgement;
    if (is_worth_more(judgement.answer))
        end_session(oauth, ask_bad_token);
    else
        finish(oauth);
}

static void
ask_initialize(struct oauth *oauth)
{
    start_headers(oauth);
    send_initialize(oauth, initialize_came);
}

static void
bad_token_came(void *context)
{
    struct oauth *oauth = context;

    oauth->reply[OAUTH_ASK_bad_token] =
        oauth_judge_bad_token(&oauth->get, oauth->reply[OAUTH_ASK_initialize].answer);
    end_session(oauth, ask_stream);
}

/* Random, so that it is nobody's. */
static void
make_token(struct oauth *oauth)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char random[OAUTH_TOKEN_BYTES - 1];
    char token[OAUTH_TOKEN_BYTES] = "";

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        die("no random numbers");
    for (size_t i = 0; i < sizeof(random); i++)
        token[i] = letters[random[i] % 64];
    snprintf(oauth->token_header, sizeof(oauth->token_header), "Authorization: Bearer %s", token);
}

static void
ask_bad_token(struct oauth *oauth)
{
    start_headers(oauth);
    make_token(oauth);
    add_header(oauth, oauth->token_header);
    send_initialize(oauth, bad_token_came);
}

static void
stream_came(void *context)
{
    struct oauth *oauth = context;
    enum oauth_answer first = oauth->reply[OAUTH_ASK_initialize].answer;

    oauth->reply[OAUTH_ASK_stream] = oauth_judge_stream(&oauth->get);
    oauth->place = 0;
    if (first == OAUTH_challenge || first == OAUTH_challenge_bare)
        ask_resource(oauth);
    else
        finish(oauth);
}

static void
ask_stream(struct oauth *oauth)
{
    start_headers(oauth);
    add_header(oauth, "Accept: text/event-stream");
    set_endpoint(oauth);
    send_request(oauth, "GET", &oauth->addresses[0], stream_came);
    oauth->get.until = HTTP_UNTIL_stream;
}

/* ---- metadata: B and C ---- */

static void
note_transport(struct oauth *oauth, const char *url)
{
    oauth->is_plain |= strncmp(url, "http://", 7) == 0;
}

static void
elsewhere_came(void *context)
{
    struct oauth *oauth = context;
    struct http_url parts;

    if (oauth->query.fault.signal || !http_url_read(oauth->ask_url, &parts, NULL)) {
        memset(&oauth->get, 0, sizeof(oauth->get));
        fault_set(&oauth->get.fault, STAGE_dns, SIGNAL_dns, 0, "%s", oauth->query.fault.text);
        oauth->came(oauth);
        return;
    }
    oauth->elsewhere = oauth->query.addresses[0];
    address_set_port(&oauth->elsewhere, parts.port);
    send_request(oauth, "GET", &oauth->elsewhere, oauth->came);
}

/* Ask for the URL in asked_for, by the way that leads there from here; false when there is none. */
static bool
ask_metadata(struct oauth *oauth, void (*came)(void *context))
{
    struct text url = {.bytes = oauth->ask_url, .size = sizeof(oauth->ask_url)};
    struct http_url parts;
    size_t route = 0;
    enum url_way way =
        url_rewrite(oauth->asked_for, oauth->proxy->routes, oauth->proxy->n_routes, &url, &route);

    if (way == URL_refused || url.is_cut || !http_url_read(oauth->ask_url, &parts, NULL))
        return false;
    memset(oauth->headers, 0, sizeof(oauth->headers));
    if (way == URL_upstream && route == oauth->route && oauth->uses_public_host)
        add_header(oauth, oauth->host_header);
    add_header(oauth, "Accept: application/json");
    if (way == URL_upstream && route == oauth->route) {
        send_request(oauth, "GET", &oauth->addresses[0], came);
    } else if (address_parse(parts.host, parts.port, &oauth->elsewhere)) {
        send_request(oauth, "GET", &oauth->elsewhere, came);
    } else {
        oauth->came = came;
        oauth->query.done = elsewhere_came;
        oauth->query.context = oauth;
        dns_lookup(oauth->tools->dns, &oauth->query, parts.host, 4);
    }
    return true;
}

/* What clients call the endpoint; nothing when the tunnel's domain is not known. */
static void
public_url(const struct oauth *oauth, struct text *out)
{
    const struct proxy_route *route = own_route(oauth);

    if (*route->host)
        text_addf(out, "https://%s%s", route->host, oauth->paths[oauth->path]);
}

/* A name below the tunnel was asked at its upstream, past the tunnel. */
static void
tell_rewritten(const struct oauth *oauth, struct oauth_judgement *judgement)
{
    struct url_parts parts;

    if (strcmp(oauth->asked_for, oauth->ask_url) != 0 && url_split(oauth->ask_url, &parts))
        add_seen(judgement, ", read past the tunnel at %.*s", (int)parts.origin_bytes,
                 oauth->ask_url);
}

static void note_tried(struct oauth *oauth, const char *format, ...) PRINTF_LIKE(2, 3);

/* Why there is nothing at that place. */
static void
note_tried(struct oauth *oauth, const char *format, ...)
{
    struct text tried = {.bytes = oauth->tried, .size = sizeof(oauth->tried)};
    va_list args;

    text_clear(&tried);
    va_start(args, format);
    text_vaddf(&tried, format, args);
    va_end(args);
}

/* Is the place that is being asked the one that the challenge names? */
static bool
asks_named(const struct oauth *oauth)
{
    return *oauth->metadata_url && oauth->place == 0;
}

/* What was not seen tells more than what is not there. */
static void
note_nothing_there(struct oauth *oauth)
{
    bool is_unseen = oauth->get.fault.signal || oauth->get.status / 100 == 5;

    if (oauth->get.fault.signal)
        note_tried(oauth, "%s: %s", oauth->ask_url, oauth->get.fault.text);
    else if (is_unseen || !oauth->is_unseen)
        note_tried(oauth, "HTTP %ld from %s", oauth->get.status, oauth->ask_url);
    if (asks_named(oauth) && !is_unseen)
        oauth->named_status = oauth->get.status;
    oauth->is_unseen |= is_unseen;
}

static void
resource_came(void *context)
{
    struct oauth *oauth = context;
    struct oauth_judgement *reply = &oauth->reply[OAUTH_ASK_resource];
    TEXT(resource, OAUTH_URL_BYTES);

    if (oauth->get.fault.signal || oauth->get.status != 200) {
        note_nothing_there(oauth);
        oauth->place++;
        ask_resource(oauth);
        return;
    }
    public_url(oauth, &resource);
    *reply = oauth_judge_resource(&oauth->get, resource.bytes, &oauth->issuers);
    if (reply->answer == OAUTH_resource_good && oauth->named_status) {
        reply->answer = OAUTH_resource_moved;
        snprintf(reply->seen, sizeof(reply->seen), "HTTP %ld from %.180s", oauth->named_status,
                 oauth->metadata_url);
    } else {
        tell_rewritten(oauth, reply);
    }
    oauth->place = oauth->issuer = 0;
    ask_server(oauth);
}

/* None is a fault only when every place was seen. */
static void
judge_no_resource(struct oauth *oauth)
{
    struct oauth_judgement *reply = &oauth->reply[OAUTH_ASK_resource];

    reply->answer = oauth->is_unseen ? OAUTH_resource_unseen : OAUTH_resource_none;
    add_seen(reply, "%s", oauth->tried);
    ask_server(oauth);
}

/* B1 is what the challenge names; B2 and B3 are well known. */
static void
ask_resource(struct oauth *oauth)
{
    struct text url = {.bytes = oauth->asked_for, .size = sizeof(oauth->asked_for)};
    size_t named = *oauth->metadata_url ? 1 : 0;
    bool is_there = true;

    for (; is_there; oauth->place++) {
        text_clear(&url);
        if (oauth->place < named)
            text_add(&url, oauth->metadata_url);
        else
            is_there = well_known_resource(oauth->url, oauth->place - named, &url);
        if (oauth->place < named)
            note_transport(oauth, oauth->asked_for);
        if (is_there && ask_metadata(oauth, resource_came))
            return;
        if (asks_named(oauth)) {
            note_tried(oauth, "%s: not asked, for it is no https URL", oauth->asked_for);
            oauth->is_unseen = true;
        }
    }
    judge_no_resource(oauth);
}

/* The worst of several authorization servers is what a client may meet. */
static void
keep_worst(struct oauth *oauth, const struct oauth_judgement *judgement)
{
    static const int ranks[] = {
        [LAYER_verified] = 1,
        [LAYER_not_observable] = 2,
        [LAYER_warning] = 3,
        [LAYER_failed] = 4,
    };
    struct oauth_judgement *kept = &oauth->reply[OAUTH_ASK_server];

    if (kept->answer == OAUTH_none ||
        ranks[oauth_verdict(judgement->answer)] > ranks[oauth_verdict(kept->answer)])
        *kept = *judgement;
}

static void
next_issuer(struct oauth *oauth, const struct oauth_judgement *judgement)
{
    keep_worst(oauth, judgement);
    oauth->issuer++;
    oauth->place = 0;
    ask_server(oauth);
}

static void
server_came(void *context)
{
    struct oauth *oauth = context;
    const char *issuer = oauth->issuers.url[oauth->issuer];
    struct oauth_judgement judgement = {.answer = OAUTH_server_elsewhere};

    if (oauth->get.fault.signal) {
        snprintf(judgement.seen, sizeof(judgement.seen), "%.100s: %.120s", issuer,
                 oauth->get.fault.text);
        next_issuer(oauth, &judgement);
    } else if (oauth->get.status / 100 == 5) {
        judgement.answer = OAUTH_server_trouble;
        snprintf(judgement.seen, sizeof(judgement.seen),
                 "its authorization server %.100s: HTTP %ld", issuer, oauth->get.status);
        next_issuer(oauth, &judgement);
    } else if (oauth->get.status != 200) {
        note_tried(oauth, "HTTP %ld from %s", oauth->get.status, oauth->ask_url);
        oauth->place++;
        ask_server(oauth);
    } else {
        judgement = oauth_judge_server(&oauth->get, issuer);
        tell_rewritten(oauth, &judgement);
        next_issuer(oauth, &judgement);
    }
}

static void
judge_transport(struct oauth *oauth)
{
    if (oauth->issuers.n > 0 || *oauth->metadata_url)
        oauth->reply[OAUTH_ASK_transport].answer =
            oauth->is_plain ? OAUTH_metadata_plain : OAUTH_metadata_https;
}

static void
ask_server(struct oauth *oauth)
{
    struct text url = {.bytes = oauth->asked_for, .size = sizeof(oauth->asked_for)};
    struct oauth_judgement none = {.answer = OAUTH_server_elsewhere};
    bool was_asked = oauth->place > 0;

    if (oauth->issuer >= oauth->issuers.n) {
        judge_transport(oauth);
        finish(oauth);
        return;
    }
    note_transport(oauth, oauth->issuers.url[oauth->issuer]);
    while (well_known_server(oauth->issuers.url[oauth->issuer], oauth->place, &url)) {
        if (ask_metadata(oauth, server_came))
            return;
        oauth->place++;
    }
    if (was_asked)
        none.answer = OAUTH_server_none;
    add_seen(&none, "%.100s: %s", oauth->issuers.url[oauth->issuer],
             was_asked ? oauth->tried : "not asked, for it is no https URL");
    next_issuer(oauth, &none);
}

/* ---- where its name leads ---- */

static void
give_up(struct oauth *oauth, const char *why)
{
    text_clean(oauth->dns_error, sizeof(oauth->dns_error), why, strlen(why));
    oauth->reply[OAUTH_ASK_initialize].answer = OAUTH_unreachable;
    text_clean(oauth->reply[OAUTH_ASK_initialize].seen, OAUTH_SEEN_BYTES, why, strlen(why));
    finish(oauth);
}

static void
ipv6_came(void *context)
{
    struct oauth *oauth = context;

    oauth->is_ipv6_only = oauth->query.fault.signal == SIGNAL_none;
    give_up(oauth, oauth->dns_error);
}

static void
ipv4_came(void *context)
{
    struct oauth *oauth = context;

    if (oauth->query.fault.signal) {
        text_clean(oauth->dns_error, sizeof(oauth->dns_error), oauth->query.fault.text,
                   strlen(oauth->query.fault.text));
        oauth->query.done = ipv6_came;
        dns_lookup(oauth->tools->dns, &oauth->query, oauth->host, 6);
        return;
    }
    oauth->n_addresses = oauth->query.n_addresses;
    for (size_t i = 0; i < oauth->n_addresses; i++) {
        oauth->addresses[i] = oauth->query.addresses[i];
        address_set_port(&oauth->addresses[i], oauth->port);
    }
    ask_initialize(oauth);
}

static void
start_query(struct oauth *oauth)
{
    oauth->query.done = ipv4_came;
    oauth->query.context = oauth;
    dns_lookup(oauth->tools->dns, &oauth->query, oauth->host, 4);
}

void
oauth_start(struct oauth *oauth)
{
    struct http_url parts = {0};

    memset(oauth->reply, 0, sizeof(oauth->reply));
    memset(&oauth->issuers, 0, sizeof(oauth->issuers));
    oauth->path = oauth->version = oauth->place = oauth->issuer = oauth->n_addresses = 0;
    oauth->uses_public_host = oauth->is_plain = oauth->is_ipv6_only = false;
    oauth->is_unseen = false;
    oauth->named_status = 0;
    oauth->tried[0] = '\0';
    oauth->dns_error[0] = oauth->metadata_url[0] = oauth->url[0] = oauth->token_header[0] = '\0';
    snprintf(oauth->host_header, sizeof(oauth->host_header), "Host: %.250s",
             own_route(oauth)->host);
    oauth->is_running = true;
    if (!http_url_read(own_route(oauth)->upstream, &parts, NULL)) {
        give_up(oauth, "its upstream is no URL");
        return;
    }
    memcpy(oauth->host, parts.host, sizeof(oauth->host));
    oauth->port = parts.port;
    if (address_parse(parts.host, parts.port, &oauth->addresses[0])) {
        oauth->n_addresses = 1;
        oauth->is_ipv6_only = address_family(&oauth->addresses[0]) == 6;
        ask_initialize(oauth);
    } else {
        start_query(oauth);
    }
}

void
oauth_cancel(struct oauth *oauth)
{
    if (!oauth->is_running)
        return;
    oauth->is_running = false;
    dns_cancel(&oauth->query);
    http_cancel(&oauth->get);
}
