#include "probe/oauth.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "core/die.h"
#include "core/text.h"
#include "core/version.h"

/* Tried in this order when the server finds fault with the request. */
static const char *const versions[] = {"2025-11-25", "2025-06-18", "2025-03-26"};

static void ask_initialize(struct oauth *oauth);
static void ask_bad_token(struct oauth *oauth);
static void ask_stream(struct oauth *oauth);
static void ask_metadata(struct oauth *oauth);

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

/* ---- one request ---- */

static void
send_request(struct oauth *oauth, const char *method, void (*came)(void *context))
{
    memset(&oauth->get, 0, sizeof(oauth->get));
    oauth->get.url = oauth->url;
    oauth->get.address = &oauth->addresses[0];
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
    struct text url = {.bytes = oauth->url, .size = sizeof(oauth->url)};

    text_clear(&url);
    text_addf(&url, "%s%s", own_route(oauth)->upstream, oauth->paths[oauth->path]);
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
    send_request(oauth, "POST", came);
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
    send_request(oauth, "DELETE", session_ended);
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
tell_public_host(struct oauth_judgement *judgement)
{
    struct text seen = {
        .bytes = judgement->seen, .size = sizeof(judgement->seen), .n = strlen(judgement->seen)};

    text_add(&seen, ", with the tunnel's name as Host");
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
        tell_public_host(&judgement);
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
    if (first == OAUTH_challenge || first == OAUTH_challenge_bare)
        ask_metadata(oauth);
    else
        finish(oauth);
}

static void
ask_stream(struct oauth *oauth)
{
    start_headers(oauth);
    add_header(oauth, "Accept: text/event-stream");
    set_endpoint(oauth);
    send_request(oauth, "GET", stream_came);
    oauth->get.until = HTTP_UNTIL_stream;
}

/* ---- B, C, D ---- */

static void
metadata_came(void *context)
{
    struct oauth *oauth = context;

    oauth->reply[OAUTH_ASK_resource] = oauth->metadata.resource;
    oauth->reply[OAUTH_ASK_server] = oauth->metadata.server;
    oauth->reply[OAUTH_ASK_transport] = oauth->metadata.transport;
    finish(oauth);
}

static void
ask_metadata(struct oauth *oauth)
{
    oauth->metadata = (struct oauth_metadata){
        .tools = oauth->tools,
        .proxy = oauth->proxy,
        .route = oauth->route,
        .path = oauth->paths[oauth->path],
        .endpoint = oauth->url,
        .address = &oauth->addresses[0],
        .host_header = oauth->uses_public_host ? oauth->host_header : NULL,
        .named = oauth->metadata_url,
        .done = metadata_came,
        .context = oauth,
    };
    oauth_metadata_start(&oauth->metadata);
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
    oauth->path = oauth->version = oauth->n_addresses = 0;
    oauth->uses_public_host = oauth->is_ipv6_only = false;
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
    oauth_metadata_cancel(&oauth->metadata);
}
