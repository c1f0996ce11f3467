#include "api/problem.h"

#include <string.h>

#include "api/http.h"
#include "core/json.h"
#include "core/text.h"

/* What the error body says; "" where it does not. Borrowed from the JSON. */
struct complaint {
    const char *type, *message, *code, *appeal_url;
};

/* A rule applies when all that it names matches; the first that applies decides. */
struct rule {
    long status;      /* 0: any of the class below */
    long low, high;   /* 0, 0: not looked at */
    const char *code; /* NULL: any */
    enum err_code err;
    enum problem_reach reach;
    bool may_retry;
    const char *line; /* %W what, %C credential, %S scope */
};

static const struct rule rules[] = {
    {400, 0, 0, "organization_on_hold", ERR_AUTH, PROBLEM_CREDENTIAL, false,
     "Anthropic put the organization on hold; %C is not used any more"},
    {400, 0, 0, "claude_code_key_creator_not_member", ERR_AUTH, PROBLEM_CREDENTIAL, false,
     "the creator of the key left the organization: replace %C"},
    {400, 0, 0, "organization_not_enrolled_in_beta", ERR_BETA, PROBLEM_FAMILY, false,
     "%W: the beta is not enabled for this organization"},
    {400, 0, 0, "cmek_key_disabled", ERR_REFUSED, PROBLEM_ONE_REQUEST, false,
     "%W: the workspace's own encryption key is disabled; ask its owner"},
    {400, 0, 0, "cmek_key_network_blocked", ERR_REFUSED, PROBLEM_ONE_REQUEST, false,
     "%W: the workspace's own encryption key cannot be reached by policy; ask its owner"},
    {401, 0, 0, NULL, ERR_AUTH, PROBLEM_CREDENTIAL, false,
     "%C was refused: revoked, expired or mistyped"},
    {402, 0, 0, NULL, ERR_SPEND, PROBLEM_ALL, false, "billing stops the service"},
    {403, 0, 0, NULL, ERR_FORBIDDEN, PROBLEM_FAMILY, false, "%W: %C lacks %S"},
    {429, 0, 0, "enforced_spend_limit_reached", ERR_SPEND, PROBLEM_ALL, false,
     "the monthly spend limit is reached; it ends on the first of the month or when raised"},
    {429, 0, 0, "contract_spend_limit_reached", ERR_SPEND, PROBLEM_ALL, false,
     "the contract's spend limit is reached"},
    {429, 0, 0, "ramp_limit_exceeded", ERR_RATE, PROBLEM_ALL, true,
     "rate limited: usage grew too fast"},
    {429, 0, 0, NULL, ERR_RATE, PROBLEM_ALL, true, "rate limited by the service"},
    {503, 0, 0, "cmek_key_unreachable", ERR_SERVER, PROBLEM_ONE_REQUEST, true,
     "%W: the workspace's own encryption key cannot be reached at the moment"},
    {408, 0, 0, NULL, ERR_TIMEOUT, PROBLEM_ONE_REQUEST, true, "%W: the service timed out"},
    {409, 0, 0, NULL, ERR_REFUSED, PROBLEM_ONE_REQUEST, true, "%W: conflict"},
    {413, 0, 0, NULL, ERR_REFUSED, PROBLEM_ONE_REQUEST, false, "%W: request too large"},
    {529, 0, 0, NULL, ERR_SERVER, PROBLEM_ONE_REQUEST, true, "the service is overloaded (529)"},
    {0, 500, 599, NULL, ERR_SERVER, PROBLEM_ONE_REQUEST, true, "the service failed"},
    {0, 300, 399, NULL, ERR_FORMAT, PROBLEM_ONE_REQUEST, false,
     "%W: a redirect, which is not followed; is the base URL right?"},
    {0, 0, 0, NULL, ERR_REFUSED, PROBLEM_ONE_REQUEST, false, "%W: refused"},
};

static const struct rule not_offered = {
    404,      0,
    0,        NULL,
    ERR_BETA, PROBLEM_FAMILY,
    false,    "%W: not offered to us (404); is the beta enabled?"};
static const struct rule gone = {
    404, 0, 0, NULL, ERR_GONE, PROBLEM_ONE_REQUEST, false, "%W: no longer there"};
static const struct rule bad_beta = {400,      0,
                                     0,        NULL,
                                     ERR_BETA, PROBLEM_FAMILY,
                                     false,    "%W: the beta is not enabled for this organization"};

static const struct rule *
find_rule(long status, const struct complaint *complaint, bool is_list)
{
    if (status == 404)
        return is_list ? &not_offered : &gone;
    if (status == 400 &&
        strncmp(complaint->message, "Unexpected value(s)", strlen("Unexpected value(s)")) == 0)
        return &bad_beta; /* the one case that has no code yet (facts 1.2) */
    for (size_t i = 0; i < COUNT_OF(rules) - 1; i++) {
        const struct rule *rule = &rules[i];
        bool is_status =
            rule->status ? rule->status == status : status >= rule->low && status <= rule->high;

        if (is_status && (!rule->code || strcmp(rule->code, complaint->code) == 0))
            return rule;
    }
    return &rules[COUNT_OF(rules) - 1];
}

static void
expand(struct text *out, const char *line, const struct problem_context *context)
{
    for (; *line; line++) {
        if (line[0] != '%') {
            text_addn(out, line, 1);
            continue;
        }
        line++;
        text_add(out, *line == 'W'   ? context->what
                      : *line == 'C' ? context->credential
                                     : context->scope);
    }
}

/* The service's own words, where ours do not say it all already. */
static void
add_details(struct text *out, const struct rule *rule, long status,
            const struct complaint *complaint)
{
    if (rule->err == ERR_REFUSED || rule->err == ERR_SERVER)
        text_addf(out, " (%ld)", status);
    if (*complaint->appeal_url)
        text_addf(out, "; appeal: %.80s", complaint->appeal_url);
    if (*complaint->message && rule->err != ERR_AUTH)
        text_addf(out, ": %.120s", complaint->message);
}

static struct complaint
read_complaint(const struct json *body)
{
    const struct json *error = json_get(body, "error");
    const struct json *details = json_get(error, "details");

    return (struct complaint){
        .type = json_string(error, "type", ""),
        .message = json_string(error, "message", ""),
        .code = json_string(details, "error_code", ""),
        .appeal_url = json_string(details, "appeal_url", ""),
    };
}

static void
judge_status(const struct http_answer *answer, const struct problem_context *context,
             struct problem *out)
{
    struct json *body = json_parse(answer->body, answer->body_bytes, NULL);
    struct complaint complaint = read_complaint(body);
    const struct rule *rule = find_rule(answer->status, &complaint, context->is_list);
    TEXT(line, 240);

    expand(&line, rule->line, context);
    add_details(&line, rule, answer->status, &complaint);
    out->reach = rule->reach;
    out->may_retry = (rule->may_retry || answer->is_retry_advised) && !answer->is_retry_forbidden;
    out->names_limit = answer->status == 400 && text_contains(complaint.message, "limit");
    err_set(&out->err, rule->err, "%s", line.bytes);
    json_free(body);
}

bool
problem_judge(const struct http_answer *answer, const struct problem_context *context,
              struct problem *out)
{
    if (answer->status >= 200 && answer->status < 300)
        return true;
    *out = (struct problem){0};
    memcpy(out->request_id, answer->request_id, sizeof(out->request_id));
    if (answer->status) {
        judge_status(answer, context, out);
        return false;
    }
    out->err = answer->err;
    out->reach = PROBLEM_ONE_REQUEST;
    out->may_retry = answer->err.code == ERR_NET;
    return false;
}

bool
problem_judge_token(const struct http_answer *answer, struct err *err)
{
    static const struct {
        long status;
        enum err_code code;
        const char *line;
    } lines[] = {
        {400, ERR_REFUSED, "the token request was refused as malformed (400)"},
        {401, ERR_AUTH,
         "the token request was refused (401): does the federation rule match the "
         "identity token, and name the workspace?"},
        {403, ERR_FORBIDDEN, "the token request is forbidden (403)"},
        {404, ERR_GONE, "the token endpoint is not there (404)"},
        {429, ERR_RATE, "the token request was rate limited (429)"},
    };

    if (answer->status >= 200 && answer->status < 300)
        return true;
    if (!answer->status) {
        *err = answer->err;
        return err_context(err, "token request");
    }
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (lines[i].status == answer->status)
            return err_set(err, lines[i].code, "%s", lines[i].line);
    return err_set(err, ERR_SERVER, "the token request failed (%ld)", answer->status);
}
