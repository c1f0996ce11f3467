#include "sim/mcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/die.h"
#include "core/json.h"
#include "sim/http.h"

static const char endpoint[] = "/mcp";
static const char application_json[] = "application/json";
static const char session_id[] = "sim-session-1";

enum { RPC_PARSE_ERROR = -32700, RPC_INVALID_REQUEST = -32600, RPC_NO_METHOD = -32601 };

struct mcp {
    char name[64], origin[64], url[80];
    char public_origin[160]; /* as clients call it: origin, unless it stands behind a tunnel */
    const struct network_faults *faults;
    struct http_server *server;
};

static void
answer_json(struct http_answer *answer, int status, struct json *body)
{
    char *text = json_print(body, false);

    http_answer_text(answer, status, application_json, text);
    free(text);
    json_free(body);
}

static struct json *
rpc_new(const struct json *request)
{
    const struct json *id = json_get(request, "id");
    struct json *message = json_new_object();

    json_add_string(message, "jsonrpc", "2.0");
    json_add(message, "id", id ? json_copy(id) : json_new_null());
    return message;
}

static void
answer_rpc_error(struct http_answer *answer, int status, const struct json *request, int code,
                 const char *what)
{
    struct json *message = rpc_new(request), *error = json_add_object(message, "error");

    json_add_int(error, "code", code);
    json_add_string(error, "message", what);
    answer_json(answer, status, message);
}

/* RFC 6750 section 3 and RFC 9728 section 5.1. */
static void
answer_challenge(const struct mcp *mcp, bool has_token, struct http_answer *answer)
{
    char challenge[400], metadata[256] = "";

    if (!fault_on(mcp->faults, FAULT_oauth_no_metadata))
        snprintf(metadata, sizeof(metadata),
                 ", resource_metadata=\"%s/.well-known/oauth-protected-resource%s\"",
                 mcp->public_origin, endpoint);
    snprintf(challenge, sizeof(challenge), "Bearer realm=\"%s\"%s%s", mcp->name,
             has_token ? ", error=\"invalid_token\", error_description=\"unknown token\"" : "",
             metadata);
    http_answer_header(answer, "WWW-Authenticate", challenge);
    http_answer_text(answer, 401, application_json,
                     has_token ? "{\"error\":\"invalid_token\"}" : "{\"error\":\"unauthorized\"}");
}

static bool
is_let_in(const struct mcp *mcp, const struct http_request *request, bool *has_token)
{
    const char *authorization = http_header(request, "Authorization");

    *has_token = authorization && strncasecmp(authorization, "Bearer ", 7) == 0;
    return fault_on(mcp->faults, FAULT_oauth_open) ||
           (*has_token && fault_on(mcp->faults, FAULT_oauth_any_token));
}

static void
answer_initialize(const struct mcp *mcp, const struct json *request, struct http_answer *answer)
{
    struct json *message = rpc_new(request), *result = json_add_object(message, "result"), *server;

    json_add_string(result, "protocolVersion",
                    json_string(json_get(request, "params"), "protocolVersion", "2025-11-25"));
    json_add_object(json_add_object(result, "capabilities"), "tools");
    server = json_add_object(result, "serverInfo");
    json_add_string(server, "name", mcp->name);
    json_add_string(server, "version", "1.4.0");
    http_answer_header(answer, "MCP-Session-Id", session_id);
    answer_json(answer, 200, message);
}

static void
rpc_page(const struct mcp *mcp, const struct http_request *request, struct http_answer *answer)
{
    struct json *message = json_parse(request->body, request->body_bytes, NULL);
    const char *method = json_string(message, "method", "");

    if (!message)
        answer_rpc_error(answer, 400, NULL, RPC_PARSE_ERROR, "Parse error");
    else if (strcmp(method, "initialize") == 0)
        answer_initialize(mcp, message, answer);
    else if (!http_header(request, "MCP-Session-Id"))
        answer_rpc_error(answer, 400, message, RPC_INVALID_REQUEST, "Bad Request: no session id");
    else
        answer_rpc_error(answer, 200, message, RPC_NO_METHOD, "Method not found");
    json_free(message);
}

static bool
has(const struct http_request *request, const char *header, const char *wanted)
{
    const char *value = http_header(request, header);

    return value && (strstr(value, wanted) || strstr(value, "*/*"));
}

/* In the order real servers check: who, where from, what form, what. */
static void
endpoint_page(const struct mcp *mcp, const struct http_request *request, struct http_answer *answer)
{
    bool has_token, is_post = strcmp(request->method, "POST") == 0;

    if (!is_let_in(mcp, request, &has_token))
        answer_challenge(mcp, has_token, answer);
    else if (http_header(request, "Origin"))
        answer_rpc_error(answer, 403, NULL, RPC_INVALID_REQUEST, "Forbidden: Origin");
    else if (strcmp(request->method, "DELETE") == 0)
        http_answer_text(answer, http_header(request, "MCP-Session-Id") ? 200 : 400,
                         application_json, "");
    else if (!is_post)
        answer_rpc_error(answer, 405, NULL, RPC_INVALID_REQUEST, "Method Not Allowed");
    else if (!has(request, "Content-Type", application_json))
        answer_rpc_error(answer, 415, NULL, RPC_INVALID_REQUEST, "Unsupported Media Type");
    else if (!has(request, "Accept", application_json) ||
             !has(request, "Accept", "text/event-stream"))
        answer_rpc_error(answer, 406, NULL, RPC_INVALID_REQUEST, "Not Acceptable");
    else
        rpc_page(mcp, request, answer);
}

/* RFC 9728 section 2 */
static void
resource_page(const struct mcp *mcp, struct http_answer *answer)
{
    struct json *body = json_new_object();

    char url[176];

    snprintf(url, sizeof(url), "%s%s", mcp->public_origin, endpoint);
    json_add_string(body, "resource", url);
    json_add(json_add_array(body, "authorization_servers"), NULL,
             json_new_string(mcp->public_origin));
    json_add(json_add_array(body, "scopes_supported"), NULL, json_new_string("mcp:tools"));
    json_add(json_add_array(body, "bearer_methods_supported"), NULL, json_new_string("header"));
    json_add_string(body, "resource_name", mcp->name);
    answer_json(answer, 200, body);
}

/* RFC 8414 section 2 */
static void
authorization_page(const struct mcp *mcp, struct http_answer *answer)
{
    static const struct {
        const char *key, *path;
    } endpoints[] = {
        {"authorization_endpoint", "/authorize"},
        {"token_endpoint", "/token"},
        {"registration_endpoint", "/register"},
    };
    struct json *body = json_new_object();
    char url[176];

    json_add_string(body, "issuer", mcp->public_origin);
    for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
        snprintf(url, sizeof(url), "%s%s", mcp->public_origin, endpoints[i].path);
        json_add_string(body, endpoints[i].key, url);
    }
    json_add(json_add_array(body, "response_types_supported"), NULL, json_new_string("code"));
    json_add(json_add_array(body, "grant_types_supported"), NULL,
             json_new_string("authorization_code"));
    if (!fault_on(mcp->faults, FAULT_oauth_no_pkce))
        json_add(json_add_array(body, "code_challenge_methods_supported"), NULL,
                 json_new_string("S256"));
    answer_json(answer, 200, body);
}

static bool
is_resource_metadata(const char *path)
{
    static const char well_known[] = "/.well-known/oauth-protected-resource";
    size_t n = sizeof(well_known) - 1;

    return strncmp(path, well_known, n) == 0 &&
           (path[n] == '\0' || strcmp(path + n, endpoint) == 0);
}

static void
mcp_answer(void *context, const struct http_request *request, struct http_answer *answer)
{
    const struct mcp *mcp = context;
    bool has_metadata =
        !fault_on(mcp->faults, FAULT_oauth_no_metadata) && !fault_on(mcp->faults, FAULT_oauth_open);

    if (fault_on(mcp->faults, FAULT_mcp_down))
        http_answer_text(answer, 503, "text/plain", "upstream is down\n");
    else if (strcmp(request->path, endpoint) == 0)
        endpoint_page(mcp, request, answer);
    else if (has_metadata && is_resource_metadata(request->path))
        resource_page(mcp, answer);
    else if (has_metadata && strcmp(request->path, "/.well-known/oauth-authorization-server") == 0)
        authorization_page(mcp, answer);
    else
        http_answer_text(answer, 404, "text/plain", "not found\n");
}

struct mcp *
mcp_start(const char *name, const char *domain, const struct network_faults *faults,
          struct err *err)
{
    struct mcp *mcp = calloc(1, sizeof(*mcp));
    struct http_handler handler = {mcp, mcp_answer};

    if (!mcp)
        die("out of memory");
    mcp->faults = faults;
    for (size_t i = 0, n = 0; name[i] && n + 1 < sizeof(mcp->name); i++)
        if (name[i] >= ' ' && name[i] < 0x7f && name[i] != '"' && name[i] != '\\')
            mcp->name[n++] = name[i]; /* it becomes a quoted string in a header */
    mcp->server = http_listen("127.0.0.1:0", &handler, err);
    if (!mcp->server) {
        mcp_stop(mcp);
        return NULL;
    }
    snprintf(mcp->origin, sizeof(mcp->origin), "http://%s", http_address(mcp->server));
    snprintf(mcp->url, sizeof(mcp->url), "%s%s", mcp->origin, endpoint);
    if (domain)
        snprintf(mcp->public_origin, sizeof(mcp->public_origin), "https://%s.%s", mcp->name,
                 domain);
    else
        snprintf(mcp->public_origin, sizeof(mcp->public_origin), "%s", mcp->origin);
    return mcp;
}

void
mcp_stop(struct mcp *mcp)
{
    if (!mcp)
        return;
    http_stop(mcp->server);
    free(mcp);
}

const char *
mcp_url(const struct mcp *mcp)
{
    return mcp->url;
}
