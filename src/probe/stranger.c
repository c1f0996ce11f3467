#include "probe/stranger.h"

#include <string.h>
#include <sys/random.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "probe/attempt.h"

enum {
    EVERY_MS = 10 * 60 * 1000,
    DEADLINE_MS = 5000,
    MOST_BYTES = 64 * 1024,
    HTTPS_PORT = 443,
    SETTLING_PASSES = 2, /* the first may have begun before the request */
};

static void
make_nonce(char out[STRANGER_NONCE_BYTES])
{
    uint8_t bytes[(STRANGER_NONCE_BYTES - 1) / 2];
    struct text text = {.bytes = out, .size = STRANGER_NONCE_BYTES};

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        die("no random numbers");
    text_clear(&text);
    for (size_t i = 0; i < sizeof(bytes); i++)
        text_addf(&text, "%02x", bytes[i]);
}

/* The answer is there; whether anything arrived, the next passes say. */
static void
settle(struct stranger_probe *stranger)
{
    stranger->phase = STRANGER_SETTLES;
    stranger->passes_left = SETTLING_PASSES;
}

static bool
is_from_server(const struct http_get *get)
{
    return (get->status == 401 && text_contains(get->challenge, "bearer")) ||
           (get->body && strstr(get->body, "\"jsonrpc\""));
}

/* Only the other side's no is one: what is missing or in the way here keeps nobody else out. */
static enum stranger_answer
answer_of(const struct fault *fault)
{
    if (fault->signal == SIGNAL_timeout)
        return STRANGER_timeout;
    if (fault->signal == SIGNAL_nxdomain || fault->signal == SIGNAL_nodata)
        return STRANGER_no_name;
    return fault->signal == SIGNAL_alert ? STRANGER_refused : STRANGER_unheard;
}

static void
answered(void *context)
{
    struct stranger_probe *stranger = context;
    const struct http_get *get = &stranger->get;
    struct stranger *out = &stranger->under_way;

    if (get->fault.signal) {
        out->answer = answer_of(&get->fault);
    } else {
        out->answer = STRANGER_status;
        out->status = get->status;
        out->is_from_server = is_from_server(get);
    }
    settle(stranger);
}

static void
resolved(void *context)
{
    struct stranger_probe *stranger = context;
    static const char *const headers[] = {"User-Agent: sandwatch (exposure check)", NULL};

    if (stranger->query.fault.signal) {
        stranger->under_way.answer = answer_of(&stranger->query.fault);
        settle(stranger);
        return;
    }
    stranger->address = stranger->query.addresses[0];
    address_set_port(&stranger->address, stranger->port ? stranger->port : HTTPS_PORT);
    stranger->get = (struct http_get){
        .url = stranger->url,
        .address = &stranger->address,
        .deadline_ms = DEADLINE_MS,
        .most_bytes = MOST_BYTES,
        .is_fresh = true,
        .headers = headers,
        .done = answered,
        .context = stranger,
    };
    http_start(stranger->tools->http, &stranger->get);
}

static void
ask(struct stranger_probe *stranger)
{
    struct text url = {.bytes = stranger->url, .size = sizeof(stranger->url)};

    make_nonce(stranger->nonce);
    text_clear(&url);
    text_addf(&url, "https://%s/%s", stranger->host, stranger->nonce);
    log_watch_expect(stranger->log, stranger->nonce);
    stranger->under_way =
        (struct stranger){.was_idle = stranger->requests == stranger->requests_before};
    stranger->requests_before = stranger->requests;
    stranger->asked_ms = clock_mono_ms();
    stranger->phase = STRANGER_ASKS;
    stranger->query = (struct dns_query){.done = resolved, .context = stranger};
    dns_lookup(stranger->tools->dns, &stranger->query, stranger->host, 4);
}

static void
judge(struct stranger_probe *stranger)
{
    stranger->phase = STRANGER_WAITS;
    stranger->under_way.has_moved = stranger->requests != stranger->requests_before;
    if (stranger->requests < stranger->requests_before) /* begun again: it tells nothing */
        stranger->under_way.was_idle = false;
    log_watch_look(stranger->log); /* its own turn may come later than ours */
    stranger->under_way.is_in_log = log_watch_met(stranger->log);
    stranger->under_way.at_ms = clock_wall_ms();
    stranger->result = stranger->under_way;
    stranger->done(stranger->context);
}

void
stranger_pass(struct stranger_probe *stranger, int64_t requests)
{
    bool was_known = stranger->requests >= 0;

    if (!stranger->is_on)
        return;
    if (stranger->phase == STRANGER_WAITS)
        stranger->requests_before = stranger->requests;
    stranger->requests = requests;
    if (stranger->phase == STRANGER_SETTLES && --stranger->passes_left == 0)
        judge(stranger);
    else if (stranger->phase == STRANGER_WAITS && requests >= 0 && was_known && *stranger->host &&
             (stranger->asked_ms == 0 || clock_mono_ms() - stranger->asked_ms >= EVERY_MS))
        ask(stranger);
}

void
stranger_set_host(struct stranger_probe *stranger, const char *host)
{
    if (strcmp(stranger->host, host) == 0)
        return;
    stranger_cancel(stranger);
    text_clean(stranger->host, sizeof(stranger->host), host, strlen(host));
    stranger->requests = stranger->requests_before = -1;
    stranger->asked_ms = 0;
    stranger->result = (struct stranger){.answer = STRANGER_off};
}

void
stranger_cancel(struct stranger_probe *stranger)
{
    dns_cancel(&stranger->query);
    http_cancel(&stranger->get);
    stranger->phase = STRANGER_WAITS;
}

void
stranger_show(const struct stranger_probe *stranger, struct arena *arena, struct stranger *out)
{
    *out = stranger->result;
    out->url = out->answer == STRANGER_off ? "" : arena_strdup(arena, stranger->url);
    out->error = "";
    if (out->answer != STRANGER_off && out->answer != STRANGER_status)
        out->error = arena_strdup(arena, stranger->get.fault.signal ? stranger->get.fault.text
                                                                    : stranger->query.fault.text);
}
