#include "sim/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"

const char *
exchange_query(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->n_query; i++)
        if (strcmp(x->query[i].name, name) == 0)
            return x->query[i].value;
    return NULL;
}

bool
exchange_query_int(const struct exchange *x, const char *name, int64_t least, int64_t most,
                   int64_t *out)
{
    const char *text = exchange_query(x, name);
    int64_t n;

    if (!text)
        return true;
    if (!int_parse(text, &n) || n < least || n > most)
        return false;
    *out = n;
    return true;
}

void
exchange_add_header(struct exchange *x, const char *name, const char *format, ...)
{
    char value[512];
    va_list args;

    if (x->n_headers == EXCHANGE_HEADERS)
        return;
    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    x->headers[x->n_headers].name = name;
    x->headers[x->n_headers++].value = copy_string(value);
}

void
answer_json(struct exchange *x, int status, struct json *json)
{
    char *text = json_print(json, false);

    x->outcome = OUTCOME_ANSWER;
    x->status = status;
    x->content_type = "application/json";
    buffer_free(&x->answer);
    buffer_add(&x->answer, text);
    free(text);
    json_free(json);
}

void
answer_empty(struct exchange *x, int status)
{
    x->outcome = OUTCOME_ANSWER;
    x->status = status;
    x->content_type = NULL;
    buffer_free(&x->answer);
}

static const char *
error_type(int status)
{
    static const struct {
        int status;
        const char *type;
    } types[] = {
        {401, "authentication_error"}, {402, "billing_error"},  {403, "permission_error"},
        {404, "not_found_error"},      {409, "conflict_error"}, {413, "request_too_large"},
        {429, "rate_limit_error"},     {504, "timeout_error"},  {529, "overloaded_error"},
    };

    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (types[i].status == status)
            return types[i].type;
    return status >= 500 ? "api_error" : "invalid_request_error";
}

static void
answer_envelope(struct exchange *x, int status, const char *type, struct json *details,
                const char *message)
{
    struct json *body = json_new_object(), *error;
    char *scary = x->scare ? copy_printf("%s %s", message, x->scare) : NULL;

    json_add_string(body, "type", "error");
    error = json_add_object(body, "error");
    json_add_string(error, "type", type);
    json_add_string(error, "message", scary ? scary : message);
    free(scary);
    if (details)
        json_add(error, "details", details);
    json_add_string(body, "request_id", x->request_id[0] ? x->request_id : NULL);
    answer_json(x, status, body);
}

void
answer_details(struct exchange *x, int status, struct json *details, const char *message)
{
    answer_envelope(x, status, error_type(status), details, message);
}

void
answer_typed_error(struct exchange *x, int status, const char *type, const char *message)
{
    answer_envelope(x, status, type, NULL, message);
}

void
answer_code(struct exchange *x, int status, const char *code, const char *message)
{
    struct json *details = json_new_object();

    json_add_string(details, "error_code", code);
    answer_details(x, status, details, message);
}

void
answer_error(struct exchange *x, int status, const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    answer_details(x, status, NULL, message);
}

void
answer_later(struct exchange *x, int64_t wait_until_ms)
{
    x->outcome = OUTCOME_WAIT;
    x->wait_until_ms = wait_until_ms;
}

bool
answer_failed(const struct exchange *x)
{
    return x->status >= 400;
}
