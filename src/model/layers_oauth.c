/* layers_oauth.c — layer 3: does each MCP server ask for a token, and check it
 * (facts/connectivity.md E3)? */
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "model/layers.h"
#include "model/say.h"

/* Do two servers say the same, in the same words? */
static bool
is_same(const struct upstream *a, const struct upstream *b, enum oauth_request request)
{
    return a->reply[request].answer == b->reply[request].answer &&
           strcmp(a->reply[request].seen, b->reply[request].seen) == 0;
}

static bool
is_told(const struct judge *judge, size_t row, enum oauth_request request)
{
    for (size_t i = 0; i < row; i++)
        if (is_same(&judge->upstreams[i], &judge->upstreams[row], request))
            return true;
    return false;
}

/* "wiki, tickets": all that say the same as that one. */
static const char *
say_routes(const struct judge *judge, size_t row, enum oauth_request request)
{
    TEXT(routes, 300);

    for (size_t i = row; i < judge->n_upstreams; i++)
        if (is_same(&judge->upstreams[i], &judge->upstreams[row], request))
            text_addf(&routes, "%s%s", routes.n > 0 ? ", " : "", judge->upstreams[i].route);
    return arena_printf(judge->arena, "%s%s", routes.bytes, routes.is_cut ? "…" : "");
}

/* One request of E3 to every server behind the tunnel's proxy. Accepted risks are told one by one.
 */
static void
see_request(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out,
            enum oauth_request request)
{
    const struct proxy *proxy = proxy_of(judge, tunnel);

    for (size_t i = 0; proxy && i < judge->n_upstreams; i++) {
        const struct upstream *upstream = &judge->upstreams[i];
        const struct oauth_reply *reply = &upstream->reply[request];
        enum layer_verdict verdict = oauth_verdict(reply->answer);
        bool is_fault = verdict == LAYER_failed || verdict == LAYER_warning;
        const struct waiver *waiver = waiver_of(proxy, out->id, upstream->route);
        const char *seen = *reply->seen ? arena_printf(judge->arena, " (%s)", reply->seen) : "";

        if (waiver && is_fault)
            note(judge, out, LAYER_accepted_risk, "%s: %s%s; accepted by %s: %s", upstream->route,
                 oauth_what(reply->answer), seen, waiver->who, waiver->why);
        else if (is_fault)
            note(judge, out, verdict, "%s: %s%s", upstream->route, oauth_what(reply->answer), seen);
        else if (!is_told(judge, i, request))
            note(judge, out, verdict, "%s: %s%s", say_routes(judge, i, request),
                 oauth_what(reply->answer), seen);
    }
    if (!proxy || judge->n_upstreams == 0)
        note(judge, out, LAYER_not_observable,
             proxy ? "its proxy's configuration names no MCP server"
                   : "no proxy of this tunnel is configured here, so none of its MCP servers is "
                     "known");
}

#define SEE_REQUEST(id, request)                                                                   \
    void see_oauth_##id(const struct judge *judge, const struct tunnel *tunnel,                    \
                        struct layer_check *out)                                                   \
    {                                                                                              \
        see_request(judge, tunnel, out, request);                                                  \
    }

SEE_REQUEST(refuses, OAUTH_ASK_initialize)
SEE_REQUEST(validates, OAUTH_ASK_bad_token)
SEE_REQUEST(stream, OAUTH_ASK_stream)
SEE_REQUEST(resource, OAUTH_ASK_resource)
SEE_REQUEST(server, OAUTH_ASK_server)
SEE_REQUEST(transport, OAUTH_ASK_transport)

/* Sessions complain about MCP servers, not about tunnels: it is this tunnel's when its domain is
 * named, or when there is no other. */
static bool
is_about(const struct judge *judge, const struct tunnel *tunnel, const char *error)
{
    return judge->n_tunnels == 1 || (tunnel->domain[0] && strstr(error, tunnel->domain));
}

void
see_oauth_sessions(const struct judge *judge, const struct tunnel *tunnel, struct layer_check *out)
{
    size_t n_refused = 0;
    const char *example = "";

    for (size_t i = 0; i < judge->n_jobs; i++) {
        const char *error = judge->jobs[i].last_error;

        if (!error[0] || !strstr(error, "mcp_authentication_failed_error") ||
            !is_about(judge, tunnel, error))
            continue;
        n_refused++;
        example = error;
    }
    if (n_refused > 0)
        note(judge, out, LAYER_warning, "%s could not log in to an MCP server: %s",
             say_count(judge->arena, (int64_t)n_refused, "session"), example);
    else
        note(judge, out, LAYER_not_observable, "no session reports a refused login");
}
