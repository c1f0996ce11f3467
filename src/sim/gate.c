#include "sim/gate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/clock.h"
#include "core/json.h"
#include "sim/auth.h"
#include "sim/canned.h"
#include "sim/names.h"
#include "sim/route.h"
#include "sim/stamp.h"

enum { CLOCK_SKEW_S = 600 };

static const char managed_agents[] = "managed-agents-2026-04-01";
static const char agent_memory[] = "agent-memory-2026-07-22";

/* The beta that a family needs (facts/management-api.md 1.2); NULL: none. */
static const char *const beta_of[FAMILIES] = {
    [FAMILY_ENVIRONMENTS] = managed_agents, [FAMILY_WORK] = managed_agents,
    [FAMILY_SESSIONS] = managed_agents,     [FAMILY_TUNNELS] = "mcp-tunnels-2026-06-22",
    [FAMILY_MEMORY] = agent_memory,         [FAMILY_TOKEN] = "oidc-federation-2026-04-01",
};

static const char *const known_betas[] = {
    managed_agents,
    agent_memory,
    "mcp-tunnels-2026-06-22",
    "mcp-tunnels-2026-05-19",
    "skills-2025-10-02",
    "oauth-2025-04-20",
    "oidc-federation-2026-04-01",
    "webhooks-2026-10-07",
    "telemetry-destinations-2026-08-11",
};

static bool
api_fault(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;

    if (world->faults.api_down) {
        x->outcome = OUTCOME_RESET;
        return true;
    }
    if (world->faults.api_slow && clock_mono_ms() < x->begun_ms + world->switches.slow_ms) {
        answer_later(x, x->begun_ms + world->switches.slow_ms);
        return true;
    }
    if (world->faults.api_garbage) {
        answer_empty(x, 200);
        x->content_type = "text/html";
        buffer_add(&x->answer, "<html><\xff\xfe{\"data\":[{]]\033[31m");
        return true;
    }
    if (world->faults.api_error)
        answer_error(x, 500, "Internal server error");
    else if (world->faults.api_overloaded)
        answer_error(x, 529, "Overloaded");
    return answer_failed(x);
}

/* The next value of a comma-separated list; false at its end. */
static bool
next_value(const char **list, char *out, size_t size)
{
    size_t n;

    *list += strspn(*list, ", ");
    n = strcspn(*list, ", ");
    snprintf(out, size, "%.*s", (int)n, *list);
    *list += n;
    return n > 0;
}

static bool
has_beta(const char *list, const char *wanted)
{
    char value[80];

    while (next_value(&list, value, sizeof(value)))
        if (strcmp(value, wanted) == 0)
            return true;
    return false;
}

static bool
is_known(const char *beta)
{
    for (size_t i = 0; i < COUNT_OF(known_betas); i++)
        if (strcmp(known_betas[i], beta) == 0)
            return true;
    return false;
}

static bool
refuse_beta(struct exchange *x, const char *value)
{
    answer_error(x, 400, "Unexpected value(s) `%s` for the `anthropic-beta` header", value);
    return false;
}

static bool
is_beta_off(const struct faults *faults, enum family family)
{
    return (family == FAMILY_ENVIRONMENTS && faults->beta_off_environments) ||
           (family == FAMILY_WORK && faults->beta_off_work) ||
           (family == FAMILY_SESSIONS && faults->beta_off_sessions) ||
           (family == FAMILY_TUNNELS && faults->beta_off_tunnels);
}

static bool
check_beta(const struct world *world, struct exchange *x)
{
    const char *needed = beta_of[x->route->family], *given = x->beta ? x->beta : "";
    const char *rest = given;
    char value[80];

    if (is_beta_off(&world->faults, x->route->family) && has_beta(rest, needed))
        return refuse_beta(x, needed);
    if (x->route->family == FAMILY_MEMORY && has_beta(rest, managed_agents))
        return refuse_beta(x, managed_agents);
    while (next_value(&rest, value, sizeof(value)))
        if (!is_known(value))
            return refuse_beta(x, value);
    if (!needed || has_beta(given, needed))
        return true;
    answer_error(x, 404, "Not Found"); /* as if the path did not exist */
    return false;
}

static bool
check_version(const struct world *world, struct exchange *x)
{
    const char *version = exchange_header(x, "anthropic-version");
    int64_t taken = world->switches.version_accept;

    if (!version) {
        answer_error(x, 400, "anthropic-version: header is required");
        return false;
    }
    if ((taken != VERSION_2023_06_01 && strcmp(version, "2026-10-21") == 0) ||
        (taken != VERSION_2026_10_21 && strcmp(version, "2023-06-01") == 0))
        return true;
    answer_error(x, 400, "anthropic-version: \"%.40s\" is not a valid version", version);
    return false;
}

/* The workspace header is not offered on the calls of workers and on the work list (1.3). */
static bool
check_workspace(const struct world *world, struct exchange *x)
{
    const char *workspace = exchange_header(x, "anthropic-workspace-id");

    if (!workspace || x->credential.kind == CREDENTIAL_ENVIRONMENT ||
        x->credential.kind == CREDENTIAL_SECRET || strcmp(workspace, world->workspace_id) == 0)
        return true;
    answer_error(x, (int)world->switches.workspace_status,
                 "anthropic-workspace-id: this credential belongs to another workspace");
    return false;
}

static bool
is_utf8_charset(const char *type)
{
    const char *charset = strcasestr(type, "charset=");

    if (!charset)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    return strncasecmp(charset, "utf-8", 5) == 0 || strncasecmp(charset, "us-ascii", 8) == 0;
}

static bool
check_body(struct exchange *x)
{
    const char *type = exchange_header(x, "content-type");
    const char *encoding = exchange_header(x, "content-encoding");

    if (x->is_too_large)
        answer_error(x, 413, "Request exceeds the maximum size");
    else if (x->body_bytes == 0)
        return true;
    else if (encoding && strcasecmp(encoding, "identity") != 0)
        answer_code(x, 400, "request_body_encoding_unsupported",
                    "content-encoding: only identity is read here");
    else if (!type || strncasecmp(type, "application/json", 16) != 0)
        answer_error(x, 400, "content-type: expected application/json");
    else if (!is_utf8_charset(type))
        answer_code(x, 400, "unsupported_charset", "content-type: expected charset=utf-8");
    else
        return true;
    return false;
}

static bool
check_permission(const struct world *world, struct exchange *x)
{
    const struct faults *faults = &world->faults;
    enum family family = x->route->family;

    if (faults->on_hold && family <= FAMILY_WORK) {
        struct json *details = json_new_object();

        json_add_string(details, "error_code", "organization_on_hold");
        json_add_string(details, "appeal_url", "https://support.example.com/appeal");
        answer_details(x, 400, details, "The organization is on hold.");
        return false;
    }
    if ((family == FAMILY_ENVIRONMENTS && faults->forbidden_environments) ||
        (family == FAMILY_WORK && faults->forbidden_work) ||
        (family == FAMILY_SESSIONS && faults->forbidden_sessions) ||
        (family == FAMILY_TUNNELS && faults->forbidden_tunnels)) {
        answer_error(x, 403, "the credential lacks the permission for this resource");
        return false;
    }
    return true;
}

static bool
is_counted(const struct world *world, const struct exchange *x)
{
    bool is_worker =
        x->route->family == FAMILY_SESSIONS &&
        (x->credential.kind == CREDENTIAL_ENVIRONMENT || x->credential.kind == CREDENTIAL_SECRET);

    return x->route->cost != COST_NONE && (!is_worker || world->switches.count_workers);
}

static void
add_limit_headers(struct service *service, struct exchange *x, int64_t per_minute)
{
    double left = service->limits.left[x->route->cost];
    int64_t missing_ms = (int64_t)(((double)per_minute - left) * 60000 / (double)per_minute);
    char reset[STAMP_BYTES];

    exchange_add_header(x, "anthropic-ratelimit-requests-limit", "%" PRId64, per_minute);
    exchange_add_header(x, "anthropic-ratelimit-requests-remaining", "%d", (int)left);
    exchange_add_header(x, "anthropic-ratelimit-requests-reset", "%s",
                        stamp_s(service->world->now_ms + missing_ms, reset));
}

static bool
check_limits(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;
    int64_t retry_s = 15, per_minute = x->route->cost == COST_CREATE
                                           ? world->switches.creates_per_minute
                                           : world->switches.reads_per_minute;
    bool is_taken = true;

    if (!is_counted(world, x))
        return true;
    if (world->faults.spend_capped) {
        answer_code(x, 429, "enforced_spend_limit_reached", "Monthly usage threshold crossed.");
        return false;
    }
    if (!world->faults.rate_limited)
        is_taken = limits_take(&service->limits, x->route->cost, per_minute, &retry_s);
    if (world->switches.limit_headers)
        add_limit_headers(service, x, per_minute);
    if (is_taken && !world->faults.rate_limited)
        return true;
    answer_error(x, 429, "This request would exceed the organization's rate limit.");
    exchange_add_header(x, "retry-after", "%" PRId64, retry_s);
    return false;
}

bool
gate_pass(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;
    char allowed[64];
    bool is_single;

    stamp_shift(world->faults.clock_skew ? INT64_C(-1000) * CLOCK_SKEW_S : 0);
    if (strncmp(x->path, "/sim/", 5) != 0 && api_fault(service, x))
        return false;
    is_single = auth_identify(world, x);
    x->route = route_find(x, allowed);
    if (!x->route) {
        answer_error(x, allowed[0] ? 405 : 404, allowed[0] ? "method not allowed" : "no such path");
        if (allowed[0])
            exchange_add_header(x, "allow", "%s", allowed);
        return false;
    }
    if (x->route->family == FAMILY_CONTROL)
        return true;
    if (!is_single) {
        answer_error(x, 401, "exactly one of x-api-key and authorization is expected");
        return false;
    }
    canned_take(&service->answers, x);
    return !canned_comes_first(x) && auth_permit(world, x) && check_version(world, x) &&
           check_beta(world, x) && check_workspace(world, x) && check_body(x) &&
           check_permission(world, x) && check_limits(service, x);
}

/* RFC 9110 §5.6.7; the library's own Date gives way to it. */
static void
add_past_date(struct exchange *x)
{
    time_t then = (time_t)(clock_wall_ms() / 1000) - CLOCK_SKEW_S;
    struct tm parts;
    char date[64];

    gmtime_r(&then, &parts);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    exchange_add_header(x, "Date", "%s", date);
}

void
gate_sign(struct service *service, struct exchange *x)
{
    const struct world *world = service->world;
    bool is_authentic = x->credential.kind > CREDENTIAL_UNKNOWN && x->status != 401;

    exchange_add_header(x, "request-id", "%s", x->request_id);
    if (world->faults.clock_skew)
        add_past_date(x);
    if (is_authentic) {
        exchange_add_header(x, "anthropic-organization-id", "%s", world->organization_id);
        exchange_add_header(x, "anthropic-workspace-id", "%s", world->workspace_id);
    }
    if (x->status == 409 && world->switches.conflict_no_retry && !x->prepared)
        exchange_add_header(x, "x-should-retry", "false");
}
