#include "probe/oauth_answer.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "core/json.h"
#include "core/text.h"
#include "probe/http.h"

static struct oauth_judgement judged(enum oauth_answer answer, const char *format, ...)
    PRINTF_LIKE(2, 3);

static struct oauth_judgement
judged(enum oauth_answer answer, const char *format, ...)
{
    struct oauth_judgement out = {.answer = answer};
    struct text text = {.bytes = out.seen, .size = sizeof(out.seen)};
    va_list args;

    va_start(args, format);
    text_vaddf(&text, format, args);
    va_end(args);
    return out;
}

/* ---- JSON, plain or in an event stream ---- */

static struct json *
parse_event(const char *body)
{
    const char *data = strncmp(body, "data:", 5) == 0 ? body : strstr(body, "\ndata:");

    if (!data)
        return NULL;
    data = strchr(data, ':') + 1;
    return json_parse(data, strcspn(data, "\r\n"), NULL);
}

static struct json *
parse_body(const struct http_get *get)
{
    struct json *json;

    if (!get->body)
        return NULL;
    json = json_parse(get->body, get->body_bytes, NULL);
    return json ? json : parse_event(get->body);
}

enum rpc { RPC_none, RPC_server, RPC_error };

static enum rpc
read_rpc(const struct http_get *get)
{
    struct json *json = parse_body(get);
    enum rpc rpc = json_is_object(json_get(json_get(json, "result"), "serverInfo")) ? RPC_server
                   : json_is_object(json_get(json, "error"))                        ? RPC_error
                                                                                    : RPC_none;

    json_free(json);
    return rpc;
}

/* ---- A, A2, A3 ---- */

/* Of several Bearer challenges the one that helps. */
static const struct challenge *
bearer_of(const struct challenge *challenges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (*challenges[i].resource_metadata && strcasecmp(challenges[i].scheme, "Bearer") == 0)
            return &challenges[i];
    return challenge_of(challenges, n, "Bearer");
}

static struct oauth_judgement
judge_unauthorized(const struct http_get *get, char metadata_url[CHALLENGE_URL_BYTES])
{
    struct challenge challenges[CHALLENGES_MOST];
    size_t n = challenges_read(get->challenge, strlen(get->challenge), challenges);
    const struct challenge *bearer = bearer_of(challenges, n);

    if (!bearer)
        return judged(OAUTH_other_scheme, "HTTP 401, %s",
                      n > 0 ? challenges[0].scheme : "no challenge");
    if (!*bearer->resource_metadata)
        return judged(OAUTH_challenge_bare, "HTTP 401, Bearer without resource_metadata");
    text_clean(metadata_url, CHALLENGE_URL_BYTES, bearer->resource_metadata,
               strlen(bearer->resource_metadata));
    return judged(OAUTH_challenge, "HTTP 401, Bearer with resource_metadata");
}

/* The TypeScript SDK's protection against DNS rebinding, in both of its forms: "Invalid Host: …"
 * and "Invalid Host header: …". */
static bool
refuses_host(const struct http_get *get)
{
    static const char words[] = "Invalid Host";
    struct json *json = parse_body(get);
    const char *message = json_string(json_get(json, "error"), "message", "");
    bool does = strncmp(message, words, strlen(words)) == 0;

    json_free(json);
    return does;
}

static struct oauth_judgement
judge_forbidden(const struct http_get *get)
{
    struct challenge challenges[CHALLENGES_MOST];
    size_t n = challenges_read(get->challenge, strlen(get->challenge), challenges);
    const struct challenge *bearer = challenge_of(challenges, n, "Bearer");

    if (bearer && strcmp(bearer->error, "insufficient_scope") == 0)
        return judged(OAUTH_scope, "HTTP 403, Bearer error=\"insufficient_scope\"");
    if (refuses_host(get))
        return judged(OAUTH_wrong_host, "HTTP 403, a JSON-RPC error about the Host header");
    return judged(OAUTH_forbidden, "HTTP 403");
}

static struct oauth_judgement
judge_served(const struct http_get *get)
{
    switch (read_rpc(get)) {
    case RPC_server:
        return judged(OAUTH_open, "HTTP %ld with serverInfo", get->status);
    case RPC_error:
        return judged(OAUTH_rpc_error, "HTTP %ld with a JSON-RPC error", get->status);
    case RPC_none:
        break;
    }
    return judged(OAUTH_inconclusive, "HTTP %ld, no JSON-RPC answer", get->status);
}

/* Statuses that mean one thing each. */
static const struct {
    int status;
    enum oauth_answer answer;
} statuses[] = {
    {400, OAUTH_inconclusive},  {404, OAUTH_wrong_path},    {405, OAUTH_wrong_path},
    {406, OAUTH_wrong_headers}, {415, OAUTH_wrong_headers}, {421, OAUTH_wrong_host},
};

struct oauth_judgement
oauth_judge_initialize(const struct http_get *get, char metadata_url[CHALLENGE_URL_BYTES])
{
    metadata_url[0] = '\0';
    if (get->fault.signal)
        return judged(OAUTH_unreachable, "%s", get->fault.text);
    if (get->status == 401)
        return judge_unauthorized(get, metadata_url);
    if (get->status == 403)
        return judge_forbidden(get);
    if (get->status / 100 == 2)
        return judge_served(get);
    if (get->status / 100 == 3)
        return judged(OAUTH_redirect, "HTTP %ld to %s", get->status,
                      *get->location ? get->location : "nowhere");
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == get->status)
            return judged(statuses[i].answer, "HTTP %ld", get->status);
    return judged(get->status / 100 == 5 ? OAUTH_server_trouble : OAUTH_inconclusive, "HTTP %ld",
                  get->status);
}

static bool
is_refusal(enum oauth_answer answer)
{
    return answer == OAUTH_challenge || answer == OAUTH_challenge_bare ||
           answer == OAUTH_other_scheme || answer == OAUTH_scope || answer == OAUTH_forbidden;
}

/* Whoever refuses without a token and does not with a made-up one has not looked at it, whatever
 * stands in the answer. */
struct oauth_judgement
oauth_judge_bad_token(const struct http_get *get, enum oauth_answer first)
{
    char ignored[CHALLENGE_URL_BYTES];
    struct oauth_judgement out = oauth_judge_initialize(get, ignored);

    if (get->fault.signal)
        return out;
    if (get->status == 401)
        out.answer = OAUTH_token_refused;
    else if (out.answer == OAUTH_open || (get->status / 100 == 2 && is_refusal(first)))
        out.answer = OAUTH_token_accepted;
    return out;
}

/* What says that there is no stream for us; a complaint about the request says nothing of tokens.
 */
static bool
refuses_stream(long status)
{
    return status == 401 || status == 403 || status == 404 || status == 405;
}

struct oauth_judgement
oauth_judge_stream(const struct http_get *get)
{
    if (get->fault.signal)
        return judged(OAUTH_unreachable, "%s", get->fault.text);
    if (refuses_stream(get->status))
        return judged(OAUTH_stream_refused, "HTTP %ld", get->status);
    if (get->status / 100 == 2 && strncasecmp(get->content_type, "text/event-stream", 17) == 0)
        return judged(OAUTH_stream_open, "HTTP %ld, an event stream", get->status);
    return judged(get->status / 100 == 5 ? OAUTH_server_trouble : OAUTH_inconclusive,
                  "HTTP %ld, no event stream", get->status);
}

/* ---- B ---- */

bool
oauth_is_same_url(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);

    n -= n > 0 && a[n - 1] == '/';
    m -= m > 0 && b[m - 1] == '/';
    return n == m && strncmp(a, b, n) == 0;
}

/* Clients use the endpoint's URL, or its origin. */
static bool
is_resource(const char *named, const char *wanted)
{
    const char *host = strstr(wanted, "://");
    size_t n = host ? (size_t)(host + 3 - wanted) : 0;
    char origin[CHALLENGE_URL_BYTES];

    n += strcspn(wanted + n, "/");
    text_clean(origin, sizeof(origin), wanted, n);
    return oauth_is_same_url(named, wanted) || oauth_is_same_url(named, origin);
}

static void
list_issuers(const struct json *json, struct oauth_issuers *out)
{
    out->n = 0;
    for (const struct json *item = json_first(json_get(json, "authorization_servers"));
         item && out->n < OAUTH_ISSUERS; item = json_next(item)) {
        const char *url = json_as_string(item, "");

        if (*url)
            text_clean(out->url[out->n++], CHALLENGE_URL_BYTES, url, strlen(url));
    }
}

struct oauth_judgement
oauth_judge_resource(const struct http_get *get, const char *resource, struct oauth_issuers *out)
{
    struct json *json = parse_body(get);
    const char *named = json_string(json, "resource", "");
    struct oauth_judgement judgement;

    list_issuers(json, out);
    if (!json_is_object(json) || !*named)
        judgement = judged(OAUTH_resource_unreadable, "no JSON object with a resource");
    else if (!*resource)
        judgement = judged(OAUTH_inconclusive,
                           "resource is %s; what clients call it is not known without the proxy's "
                           "tunnel_domain",
                           named);
    else if (!is_resource(named, resource))
        judgement = judged(OAUTH_resource_other, "resource is %s, clients use %s", named, resource);
    else if (out->n == 0)
        judgement = judged(OAUTH_resource_no_server, "authorization_servers is empty");
    else
        judgement = judged(OAUTH_resource_good, "authorization server %s", out->url[0]);
    json_free(json);
    return judgement;
}

/* ---- C ---- */

static bool
offers_s256(const struct json *json)
{
    for (const struct json *item = json_first(json_get(json, "code_challenge_methods_supported"));
         item; item = json_next(item))
        if (strcmp(json_as_string(item, ""), "S256") == 0)
            return true;
    return false;
}

static bool
is_https(const struct json *json, const char *key)
{
    return strncmp(json_string(json, key, ""), "https://", 8) == 0;
}

struct oauth_judgement
oauth_judge_server(const struct http_get *get, const char *issuer)
{
    struct json *json = parse_body(get);
    const char *named = json_string(json, "issuer", "");
    struct oauth_judgement out;

    if (!json_is_object(json))
        out = judged(OAUTH_server_none, "%s: no JSON object", issuer);
    else if (strcmp(named, issuer) != 0)
        out = judged(OAUTH_server_other, "%s calls itself %s", issuer, *named ? named : "nothing");
    else if (!is_https(json, "authorization_endpoint") || !is_https(json, "token_endpoint"))
        out = judged(OAUTH_server_no_endpoint, "%s", issuer);
    else if (!offers_s256(json))
        out =
            judged(OAUTH_server_no_pkce, "%s: code_challenge_methods_supported lacks S256", issuer);
    else if (!*json_string(json, "registration_endpoint", "") &&
             !json_bool(json, "client_id_metadata_document_supported", false))
        out = judged(OAUTH_server_no_registration, "%s", issuer);
    else
        out = judged(OAUTH_server_good, "%s", issuer);
    json_free(json);
    return out;
}
