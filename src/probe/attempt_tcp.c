/* attempt_tcp.c — connect, then TLS, then for the API one HTTP request without credentials. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/text.h"
#include "probe/api_answer.h"
#include "probe/attempt.h"
#include "probe/icmp.h"
#include "probe/link.h"
#include "probe/tls.h"

enum { PATH_MTU_ENOUGH = 1400 }; /* facts/connectivity.md H 17 */

static void
arm(struct attempt *attempt, int deadline_ms, void (*due)(void *context))
{
    struct loop *loop = attempt->tools->loop;

    timer_clear(loop, &attempt->deadline);
    attempt->deadline = (struct timer){.due = due, .context = attempt};
    timer_set(loop, &attempt->deadline, clock_mono_us() + deadline_ms * INT64_C(1000));
}

/* What the kernel's TCP knows of the path, for free (facts/connectivity.md G2). Returns the round
 * trip; -1. */
static int64_t
ask_kernel(struct attempt *attempt)
{
    struct attempt_result *result = &attempt->result;
    struct tcp_info info;
    socklen_t n = sizeof(info);

    if (getsockopt(attempt->fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0)
        return -1;
    result->retransmits = info.tcpi_total_retrans;
    result->path_mtu = info.tcpi_pmtu > 0 ? (int64_t)info.tcpi_pmtu : -1;
    return info.tcpi_rtt > 0 ? (int64_t)info.tcpi_rtt : -1;
}

/* Does the path take less than the interface gives? The kernel learned so from an ICMP message,
 * after it had sent too much. `before`: what it had sent again by then. */
static void
judge_path(struct attempt *attempt, int64_t before)
{
    const struct attempt_result *result = &attempt->result;
    int64_t mtu = result->path_mtu, again = result->retransmits - before, link;
    TEXT(text, FAULT_TEXT_BYTES);

    if (mtu <= 0 || mtu >= PATH_MTU_ENOUGH || (link = link_mtu(attempt->fd)) <= mtu)
        return;
    text_addf(&text, "the path takes packets of %d bytes, this host's interface %d", (int)mtu,
              (int)link);
    if (again > 0)
        text_addf(&text, "; %d %s sent again", (int)again, again == 1 ? "segment" : "segments");
    fault_set(&attempt->path_fault, STAGE_tls, SIGNAL_path_mtu, (int)mtu, "%s", text.bytes);
}

static void
finish(struct attempt *attempt)
{
    if (attempt->result.fault.signal == SIGNAL_none)
        attempt->result.fault = attempt->path_fault;
    attempt_finish(attempt);
}

/* --- HTTP --- */

/* A certificate that is over or not yet valid, and what time it is for the one who showed it. */
static void
add_clock(struct attempt_result *result)
{
    struct text text = {.bytes = result->fault.text,
                        .size = sizeof(result->fault.text),
                        .n = strlen(result->fault.text)};

    if (!result->knows_clock)
        return;
    text_add(&text, "; ");
    api_answer_add_clock(&text, result->clock_off_ms);
}

static void
answered(void *context)
{
    struct attempt *attempt = context;
    struct attempt_result *result = &attempt->result;

    result->knows_clock = api_answer_clock(&attempt->get, &result->clock_off_ms);
    if (result->fault.signal != SIGNAL_none) { /* the certificate is of another time */
        add_clock(result);
        finish(attempt);
        return;
    }
    result->stage_us[STAGE_http] = attempt->get.fault.signal ? -1 : attempt->get.us;
    api_answer_judge(&attempt->get, &result->fault, result->note, sizeof(result->note));
    finish(attempt);
}

/* On a connection of its own: libcurl speaks HTTP/2 where the API does, and our own connection has
 * served its purpose, which is to tell the stages apart. */
static void
start_http(struct attempt *attempt)
{
    attempt_hang_up(attempt);
    attempt->get.url = attempt->url;
    attempt->get.address = &attempt->address;
    attempt->get.proxy = attempt->proxy;
    attempt->get.deadline_ms = HTTP_DEADLINE_MS;
    attempt->get.most_bytes = 256 << 10;
    attempt->get.is_fresh = true;
    attempt->get.is_timeless = attempt->result.fault.signal == SIGNAL_expired;
    attempt->get.done = answered;
    attempt->get.context = attempt;
    http_start(attempt->tools->http, &attempt->get);
}

/* --- is it a captive portal? (facts/connectivity.md H 29) --- */

static bool
may_be_portal(const struct attempt *attempt)
{
    enum signal signal = attempt->result.fault.signal;
    struct address literal;

    return attempt->kind == CHECK_API_443 && !address_parse(attempt->name, 0, &literal) &&
           (signal == SIGNAL_plaintext || signal == SIGNAL_wrong_name ||
            signal == SIGNAL_untrusted);
}

static void
portal_answered(void *context)
{
    struct attempt *attempt = context;
    struct fault *fault = &attempt->result.fault;
    TEXT(text, FAULT_TEXT_BYTES);

    text_add(&text, "http:// answers ");
    if (api_answer_is_portal(&attempt->get, attempt->name, &text)) {
        text_addf(&text, "; %s", fault->text);
        fault_set(fault, STAGE_tls, SIGNAL_portal, (int)attempt->get.status, "%s", text.bytes);
    }
    attempt_finish(attempt);
}

/* Who answers in the API's place over TLS: what does he say over plain HTTP? No secret is told. */
static void
ask_portal(struct attempt *attempt)
{
    struct text url = {.bytes = attempt->portal_url, .size = sizeof(attempt->portal_url)};
    struct address address = attempt->address;

    attempt_hang_up(attempt);
    text_clear(&url);
    text_addf(&url, "http://%s/", attempt->name);
    address_set_port(&address, 80);
    attempt->get = (struct http_get){
        .url = attempt->portal_url,
        .address = &address,
        .deadline_ms = PORTAL_DEADLINE_MS,
        .most_bytes = 64 << 10,
        .may_be_cut = true,
        .is_fresh = true,
        .done = portal_answered,
        .context = attempt,
    };
    http_start(attempt->tools->http, &attempt->get);
}

static void
fail_in_tls(struct attempt *attempt)
{
    if (may_be_portal(attempt))
        ask_portal(attempt);
    else
        finish(attempt);
}

/* --- TLS --- */

static void
tls_late(void *context)
{
    struct attempt *attempt = context;

    ask_kernel(attempt);
    tls_explain_timeout(attempt->tls, TLS_DEADLINE_MS, &attempt->result.fault);
    attempt_finish(attempt);
}

static void
shake_hands(void *context, unsigned events)
{
    struct attempt *attempt = context;
    struct attempt_result *result = &attempt->result;
    int64_t sent_again = result->retransmits;
    TEXT(note, ATTEMPT_NOTE_BYTES);

    (void)events;
    switch (tls_step(attempt->tls, &result->fault)) {
    case TLS_wants_read:
        loop_watch(attempt->tools->loop, &attempt->watch, attempt->fd, LOOP_READ);
        return;
    case TLS_wants_write:
        loop_watch(attempt->tools->loop, &attempt->watch, attempt->fd, LOOP_WRITE);
        return;
    case TLS_failed:
        fail_in_tls(attempt);
        return;
    case TLS_done:
        break;
    }
    ask_kernel(attempt);
    judge_path(attempt, sent_again);
    attempt_stage_passed(attempt, STAGE_tls);
    tls_add_identity(&note, attempt->tls);
    text_clean(result->note, sizeof(result->note), note.bytes, note.n);
    if ((tls_judge(attempt->tls, &result->fault) || result->fault.signal == SIGNAL_expired) &&
        attempt->url)
        start_http(attempt); /* of two who disagree about the time, one is wrong: which? */
    else
        fail_in_tls(attempt);
}

static void
start_tls(struct attempt *attempt)
{
    bool is_api = attempt->kind == CHECK_API_443;

    attempt->tls = tls_open(
        is_api ? attempt->tools->trust : attempt->tools->edge_trust, attempt->fd, attempt->name,
        (is_api ? TLS_OFFERS_HTTP : 0) | (attempt->is_large ? TLS_IS_LARGE : 0));
    attempt->watch.ready = shake_hands;
    arm(attempt, TLS_DEADLINE_MS, tls_late);
    shake_hands(attempt, LOOP_WRITE);
}

/* --- TCP --- */

static void
tcp_late(void *context)
{
    struct attempt *attempt = context;

    attempt->result.lost = 1;
    ask_kernel(attempt); /* the path MTU of what never connected is a guess */
    attempt->result.path_mtu = -1;
    fault_set(&attempt->result.fault, STAGE_tcp, SIGNAL_timeout, TCP_DEADLINE_MS,
              "timeout after %d ms, no answer to SYN", TCP_DEADLINE_MS);
    attempt_finish(attempt);
}

static void
connected(void *context, unsigned events)
{
    struct attempt *attempt = context;
    struct attempt_result *result = &attempt->result;
    int error = 0;
    socklen_t n = sizeof(error);
    int64_t us, rtt_us;

    (void)events;
    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        error = errno;
    if (error) {
        result->lost = 1;
        if (!icmp_read(attempt->fd, STAGE_tcp, &result->fault))
            fault_set_errno(&result->fault, STAGE_tcp, error, NULL);
        attempt_finish(attempt);
        return;
    }
    icmp_listen(attempt->fd, attempt->address.bytes.ss_family, false); /* from now on a hint only */
    us = attempt_stage_passed(attempt, STAGE_tcp);
    rtt_us = ask_kernel(attempt);
    result->rtt_us = rtt_us > 0 && rtt_us < us ? rtt_us : us;
    if (attempt->is_light || (!attempt->name && !attempt->url)) {
        attempt_finish(attempt);
        return;
    }
    result->shaken_at_ms = clock_mono_ms();
    if (attempt->name)
        start_tls(attempt);
    else
        start_http(attempt);
}

void
attempt_over_tcp(struct attempt *attempt)
{
    const struct sockaddr *to = (const struct sockaddr *)&attempt->address.bytes;

    attempt->result.sent = 1;
    attempt->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (attempt->fd >= 0)
        icmp_listen(attempt->fd, to->sa_family, true);
    if (attempt->fd < 0 ||
        (connect(attempt->fd, to, attempt->address.n) != 0 && errno != EINPROGRESS)) {
        attempt->result.lost = 1;
        fault_set_errno(&attempt->result.fault, STAGE_tcp, errno, NULL);
        attempt_finish(attempt);
        return;
    }
    attempt->watch.ready = connected;
    attempt->watch.context = attempt;
    loop_watch(attempt->tools->loop, &attempt->watch, attempt->fd, LOOP_WRITE);
    arm(attempt, TCP_DEADLINE_MS, tcp_late);
}
