#include "probe/api_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"
#include "probe/http.h"

enum { CLOCK_WARN_S = 60, CLOCK_FAIL_S = 300 }; /* facts/connectivity.md H 23 */

static bool
is_api_json(const struct http_get *get)
{
    struct json *json = get->body ? json_parse(get->body, get->body_bytes, NULL) : NULL;
    const char *type = json_string(json, "type", "");
    bool is_ours = get->status / 100 == 2 ? json_is_object(json) : strcmp(type, "error") == 0;

    json_free(json);
    return is_ours;
}

static bool
has_request_id(const struct http_get *get)
{
    return strncmp(get->request_id, "req_", 4) == 0;
}

/* Somebody else answered: who? */
static void
judge_stranger(const struct http_get *get, struct fault *fault)
{
    int status = (int)get->status;

    if (status / 100 == 3)
        fault_set(fault, STAGE_http, SIGNAL_redirect, status, "HTTP %d to %s", status,
                  *get->location ? get->location : "nowhere");
    else if (status == 407 || *get->via || (status == 403 && *get->server))
        fault_set(fault, STAGE_http, SIGNAL_proxy, status, "HTTP %d, via \"%s\", server \"%s\"",
                  status, get->via, get->server);
    else
        fault_set(fault, STAGE_http, SIGNAL_not_api, status,
                  "HTTP %d, %s, no API error and no request-id", status,
                  *get->content_type ? get->content_type : "no content type");
}

bool
api_answer_is_portal(const struct http_get *get, const char *host, struct text *out)
{
    static const char page[] = "text/html";
    struct http_url elsewhere;

    if (get->fault.signal != SIGNAL_none)
        return false;
    text_addf(out, "%ld", get->status);
    if (get->status == 511) /* RFC 6585 section 6 */
        return true;
    if (get->status == 200) {
        text_addf(out, ", %s", page);
        return strncasecmp(get->content_type, page, sizeof(page) - 1) == 0;
    }
    text_addf(out, " to %s", get->location);
    return get->status / 100 == 3 && http_url_read(get->location, &elsewhere, NULL) &&
           strcasecmp(elsewhere.host, host) != 0;
}

/* Half a second is the middle of what Date rounds off; and it was written half a round trip before
 * it came. */
bool
api_answer_clock(const struct http_get *get, int64_t *off_ms)
{
    int64_t date_ms;

    if (!*get->date || !http_date_parse(get->date, &date_ms) || get->at_ms == 0)
        return false;
    *off_ms = date_ms + 500 - (get->at_ms - (get->us > 0 ? get->us / 2000 : 0));
    return true;
}

enum api_clock
api_answer_clock_is(int64_t off_ms)
{
    if (llabs(off_ms) <= CLOCK_WARN_S * 1000)
        return API_CLOCK_right;
    return llabs(off_ms) <= CLOCK_FAIL_S * 1000 ? API_CLOCK_off : API_CLOCK_far;
}

void
api_answer_add_clock(struct text *out, int64_t off_ms)
{
    if (api_answer_clock_is(off_ms) == API_CLOCK_right)
        text_add(out, "our clock agrees with the API's");
    else
        text_addf(out, "our clock is %lld s %s the API's", (long long)llabs(off_ms) / 1000,
                  off_ms > 0 ? "behind" : "ahead of");
}

static void
judge_clock(const struct http_get *get, struct fault *fault)
{
    static const enum signal signals[] = {
        [API_CLOCK_right] = SIGNAL_none,
        [API_CLOCK_off] = SIGNAL_clock,
        [API_CLOCK_far] = SIGNAL_clock_far,
    };
    int64_t off_ms;
    enum signal signal;
    TEXT(text, FAULT_TEXT_BYTES);

    if (!api_answer_clock(get, &off_ms))
        return;
    signal = signals[api_answer_clock_is(off_ms)];
    if (signal == SIGNAL_none)
        return;
    api_answer_add_clock(&text, off_ms);
    fault_set(fault, STAGE_http, signal, (int)(off_ms / 1000), "%s", text.bytes);
}

void
api_answer_judge(const struct http_get *get, struct fault *fault, char *note, size_t size)
{
    struct text text = {.bytes = note, .size = size, .n = strlen(note)};
    int status = (int)get->status;

    if (get->fault.signal) {
        *fault = get->fault;
        return;
    }
    text_addf(&text, "%sHTTP %d", text.n ? ", " : "", status);
    if (has_request_id(get))
        text_addf(&text, ", request-id %s", get->request_id);
    if (*get->cf_ray)
        text_addf(&text, ", cf-ray %s", get->cf_ray);
    if (!is_api_json(get) && !(has_request_id(get) && status >= 500))
        judge_stranger(get, fault);
    else if (!has_request_id(get))
        fault_set(fault, STAGE_http, SIGNAL_no_request_id, status,
                  "HTTP %d, JSON like the API's but no request-id", status);
    else if (status >= 500)
        fault_set(fault, STAGE_http, SIGNAL_server_error, status, "HTTP %d from the API", status);
    else
        judge_clock(get, fault);
}
