#include "api/renewal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/command.h"
#include "api/http.h"
#include "api/problem.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/json.h"
#include "core/log.h"
#include "core/secret.h"

#define EXCHANGE_BETA "oauth-2025-04-20,oidc-federation-2026-04-01"
#define REFRESH_BETA "oauth-2025-04-20"

struct renewal {
    struct credential *credential;
    struct command *command;  /* running, or NULL */
    struct secret *in_flight; /* what is being sent, or NULL */
    bool is_in_flight;        /* a request is on its way */
    bool is_forced;           /* the bearer was refused: get another one */
    bool was_forced;          /* ... and one was got: the next refusal is final */
    bool is_changed;          /* since the last step returned */
    int64_t not_before_ms;    /* monotonic, after a failure */
    struct err err;
};

struct renewal *
renewal_new(struct credential *credential)
{
    struct renewal *renewal = calloc(1, sizeof(*renewal));

    if (!renewal)
        die("out of memory");
    renewal->credential = credential;
    return renewal;
}

void
renewal_free(struct renewal *renewal)
{
    if (!renewal)
        return;
    command_free(renewal->command);
    secret_free(renewal->in_flight);
    free(renewal);
}

static bool
can_renew(const struct credential *credential)
{
    return credential->kind == CREDENTIAL_COMMAND || credential->kind == CREDENTIAL_FEDERATED ||
           (credential->kind == CREDENTIAL_USER && *credential->client_id);
}

/* Wall milliseconds from which on a new bearer is wanted. */
static int64_t
wanted_from_ms(const struct renewal *renewal)
{
    const struct credential *credential = renewal->credential;

    if (!can_renew(credential) || credential->refusal.code)
        return INT64_MAX;
    if (!credential->bearer || renewal->is_forced)
        return 0;
    return credential->expires_s ? (credential->expires_s - RENEWAL_ADVISED_S) * 1000 : INT64_MAX;
}

int
renewal_fd(const struct renewal *renewal)
{
    return renewal->command ? command_fd(renewal->command) : -1;
}

int64_t
renewal_due_ms(const struct renewal *renewal)
{
    int64_t wanted_ms = wanted_from_ms(renewal), now_ms = clock_mono_ms();
    int64_t in_ms;

    if (renewal->command)
        return command_deadline_ms(renewal->command);
    if (renewal->is_in_flight || wanted_ms == INT64_MAX)
        return INT64_MAX;
    in_ms = wanted_ms - clock_wall_ms();
    if (in_ms < 0)
        in_ms = 0;
    return now_ms + in_ms > renewal->not_before_ms ? now_ms + in_ms : renewal->not_before_ms;
}

const struct err *
renewal_error(const struct renewal *renewal)
{
    return &renewal->err;
}

static void
succeed(struct renewal *renewal, struct secret *bearer, int64_t expires_s)
{
    struct credential *credential = renewal->credential;

    secret_free(credential->bearer);
    credential->bearer = bearer;
    credential->obtained_ms = clock_mono_ms();
    credential->expires_s = expires_s;
    renewal->was_forced = renewal->is_forced;
    renewal->is_forced = false;
    renewal->is_changed = true;
    renewal->err = (struct err){0};
    log_line("api", "%s: a new token was obtained", credential->origin);
}

static void
fail(struct renewal *renewal)
{
    renewal->not_before_ms = clock_mono_ms() + RENEWAL_AGAIN_MS;
    renewal->is_changed = true;
    if (renewal->err.code == ERR_AUTH || renewal->err.code == ERR_REFUSED ||
        renewal->err.code == ERR_FORBIDDEN)
        renewal->credential->refusal = renewal->err; /* asking again cannot help */
    log_line("api", "%s", renewal->err.message);
}

char *
renewal_exchange_body(const struct credential *credential)
{
    struct json *body = json_new_object();
    char *text;

    json_add_string(body, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    json_add_string(body, "federation_rule_id", credential->federation_rule_id);
    json_add_string(body, "organization_id", credential->organization_id);
    if (*credential->service_account_id)
        json_add_string(body, "service_account_id", credential->service_account_id);
    if (*credential->target_workspace_id)
        json_add_string(body, "workspace_id", credential->target_workspace_id);
    text = json_print(body, false);
    json_free(body);
    return text;
}

static char *
refresh_body(const struct credential *credential)
{
    struct json *body = json_new_object();
    char *text;

    json_add_string(body, "grant_type", "refresh_token");
    json_add_string(body, "client_id", credential->client_id);
    text = json_print(body, false);
    json_free(body);
    return text;
}

bool
renewal_read_answer(const char *body, size_t n, struct secret **bearer, int64_t *lives_s,
                    struct err *err)
{
    struct json *json = json_parse(body, n, NULL); /* never quote it: it may hold a token */
    const char *token = json_string(json, "access_token", "");
    const char *type = json_string(json, "token_type", "Bearer");

    *bearer = NULL;
    *lives_s = json_int(json, "expires_in", -1);
    if (!json)
        err_set(err, ERR_FORMAT, "the token endpoint's answer is not JSON");
    else if (!*token || *lives_s < 0)
        err_set(err, ERR_FORMAT, "the token endpoint's answer lacks access_token or expires_in");
    else if (strcasecmp(type, "bearer") != 0)
        err_set(err, ERR_FORMAT, "expected a bearer token, found \"%.20s\"", type);
    else
        *bearer = secret_new(token, strlen(token), "access_token", err);
    json_free(json);
    return *bearer != NULL;
}

static void
answered(void *context, const struct http_answer *answer)
{
    struct renewal *renewal = context;
    struct credential *credential = renewal->credential;
    struct secret *bearer = NULL;
    int64_t lives_s = 0, expires_s;
    struct err err = {0};

    renewal->is_in_flight = false;
    secret_free(renewal->in_flight);
    renewal->in_flight = NULL;
    if (!problem_judge_token(answer, &renewal->err) ||
        !renewal_read_answer(answer->body, answer->body_bytes, &bearer, &lives_s, &renewal->err)) {
        err_context(&renewal->err, "%s", credential->origin);
        fail(renewal);
        return;
    }
    expires_s = clock_wall_ms() / 1000 + lives_s;
    if (*credential->tokens_path &&
        !tokens_write(credential->tokens_path, answer->body, answer->body_bytes, expires_s, &err) &&
        credential->kind == CREDENTIAL_USER)
        log_line("api", "%s: the new token could not be kept: %s", credential->origin, err.message);
    succeed(renewal, bearer, expires_s);
}

static void
send(struct renewal *renewal, struct http *http, const char *secret_name, char *body)
{
    bool is_exchange = renewal->credential->kind == CREDENTIAL_FEDERATED;

    renewal->is_in_flight = true;
    http_send(http, &(struct http_request){
                        .path = "/v1/oauth/token",
                        .beta = is_exchange ? EXCHANGE_BETA : REFRESH_BETA,
                        .body = body,
                        .secret_name = secret_name,
                        .secret_value = renewal->in_flight,
                        .done = answered,
                        .context = renewal,
                    });
    free(body);
}

/* The token that the SDKs left in the profile's cache, while it is fresh. */
static bool
take_cached(struct renewal *renewal)
{
    struct credential *credential = renewal->credential;
    struct tokens tokens;
    int64_t now_s = clock_wall_ms() / 1000;
    bool is_fresh;

    if (!*credential->tokens_path || renewal->is_forced || credential->bearer ||
        !tokens_read(credential->tokens_path, &tokens, NULL))
        return false;
    is_fresh = tokens.expires_s && now_s < tokens.expires_s - RENEWAL_ADVISED_S;
    if (is_fresh) {
        succeed(renewal, tokens.access, tokens.expires_s);
        tokens.access = NULL;
    }
    tokens_clear(&tokens);
    return is_fresh;
}

static bool
start_exchange(struct renewal *renewal, struct http *http)
{
    const struct credential *credential = renewal->credential;

    renewal->in_flight =
        *credential->identity_file
            ? secret_read_file(credential->identity_file, "identity token", &renewal->err)
            : secret_copy(credential->identity);
    if (!renewal->in_flight)
        return false;
    send(renewal, http, "assertion", renewal_exchange_body(credential));
    return true;
}

static bool
start_refresh(struct renewal *renewal, struct http *http)
{
    struct tokens tokens;

    if (!tokens_read(renewal->credential->tokens_path, &tokens, &renewal->err))
        return false;
    renewal->in_flight = tokens.refresh;
    tokens.refresh = NULL;
    tokens_clear(&tokens);
    if (!renewal->in_flight)
        return err_set(&renewal->err, ERR_AUTH, "%s: the login has expired and cannot be renewed",
                       renewal->credential->origin);
    send(renewal, http, "refresh_token", refresh_body(renewal->credential));
    return true;
}

static bool
start_command(struct renewal *renewal)
{
    renewal->command = command_start(renewal->credential->command, &renewal->err);
    return renewal->command != NULL;
}

static void
watch_command(struct renewal *renewal)
{
    struct secret *bearer = NULL;
    enum command_state state = command_step(renewal->command, &bearer, &renewal->err);

    if (state == COMMAND_RUNNING)
        return;
    command_free(renewal->command);
    renewal->command = NULL;
    if (state == COMMAND_DONE)
        succeed(renewal, bearer, 0);
    else
        fail(renewal);
}

static bool
start(struct renewal *renewal, struct http *http, bool *has_sent)
{
    bool ok;

    if (renewal->credential->kind == CREDENTIAL_COMMAND)
        return start_command(renewal);
    ok = renewal->credential->kind == CREDENTIAL_FEDERATED ? start_exchange(renewal, http)
                                                           : start_refresh(renewal, http);
    *has_sent = ok;
    return ok;
}

bool
renewal_step(struct renewal *renewal, struct http *http, bool may_send, bool *has_sent)
{
    bool needs_request = renewal->credential->kind != CREDENTIAL_COMMAND;
    bool is_changed;

    *has_sent = false;
    if (renewal->command)
        watch_command(renewal);
    else if (!renewal->is_in_flight && renewal_due_ms(renewal) <= clock_mono_ms() &&
             !take_cached(renewal) && (may_send || !needs_request) &&
             !start(renewal, http, has_sent))
        fail(renewal);
    is_changed = renewal->is_changed;
    renewal->is_changed = false;
    return is_changed;
}

bool
renewal_after_refusal(struct renewal *renewal)
{
    if (!can_renew(renewal->credential) || renewal->was_forced)
        return false;
    secret_free(renewal->credential->bearer);
    renewal->credential->bearer = NULL;
    renewal->is_forced = true;
    return true;
}

void
renewal_accepted(struct renewal *renewal)
{
    renewal->was_forced = false;
}

bool
renewal_is_busy(const struct renewal *renewal)
{
    return renewal->is_in_flight || renewal->command;
}
