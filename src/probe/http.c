#include "probe/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "core/version.h"

enum { DNS_LINE_BYTES = 256 + ADDRESS_TEXT_BYTES + 8 };

struct http {
    struct loop *loop;
    struct tls_trust *trust;
    CURLM *multi;
    struct timer timer;
};

/* --- libcurl's wishes become watches and a timer of our loop --- */

static void settle_finished(struct http *http);

static void
act(struct http *http, curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(http->multi, fd, what, &running);
    settle_finished(http);
}

struct http_socket {
    struct watch watch;
    struct http *http;
};

static void
socket_ready(void *context, unsigned events)
{
    struct http_socket *socket = context;
    int what = (events & LOOP_READ ? CURL_CSELECT_IN : 0) |
               (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0) |
               (events & LOOP_TROUBLE ? CURL_CSELECT_ERR : 0);

    act(socket->http, socket->watch.fd, what);
}

static int
socket_changed(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned)
{
    struct http *http = context;
    struct http_socket *socket = assigned;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket) {
            loop_unwatch(http->loop, &socket->watch);
            free(socket);
        }
        curl_multi_assign(http->multi, fd, NULL);
        return 0;
    }
    if (!socket) {
        socket = calloc(1, sizeof(*socket));
        if (!socket)
            die("out of memory");
        socket->http = http;
        socket->watch.ready = socket_ready;
        socket->watch.context = socket;
        curl_multi_assign(http->multi, fd, socket);
    }
    loop_watch(http->loop, &socket->watch, fd,
               (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0));
    return 0;
}

static void
timer_due(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int
timer_changed(CURLM *multi, long ms, void *context)
{
    struct http *http = context;

    (void)multi;
    timer_clear(http->loop, &http->timer);
    if (ms >= 0)
        timer_set(http->loop, &http->timer, clock_mono_us() + ms * INT64_C(1000));
    return 0;
}

struct http *
http_open(struct loop *loop, struct tls_trust *trust, struct err *err)
{
    struct http *http = calloc(1, sizeof(*http));

    if (!http)
        die("out of memory");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(http->multi = curl_multi_init())) {
        err_set(err, ERR_IO, "cannot start libcurl");
        free(http);
        return NULL;
    }
    http->loop = loop;
    http->trust = trust;
    http->timer = (struct timer){.due = timer_due, .context = http};
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    return http;
}

void
http_close(struct http *http)
{
    if (!http)
        return;
    curl_multi_cleanup(http->multi);
    timer_clear(http->loop, &http->timer);
    free(http);
    curl_global_cleanup();
}

/* --- one request --- */

static bool
is_stream(const struct http_get *get)
{
    return strncasecmp(get->content_type, "text/event-stream", 17) == 0;
}

/* Tell libcurl to stop: nothing that may still come is needed. */
static size_t
enough(struct http_get *get)
{
    get->is_enough = true;
    return 0;
}

static size_t
take_body(char *bytes, size_t size, size_t n, void *context)
{
    struct http_get *get = context;
    char *longer;

    (void)size; /* always 1 */
    if (get->body_bytes + n > get->most_bytes)
        return get->may_be_cut ? enough(get) : 0;
    longer = realloc(get->body, get->body_bytes + n + 1);
    if (!longer)
        die("out of memory");
    get->body = longer;
    memcpy(get->body + get->body_bytes, bytes, n);
    get->body_bytes += n;
    get->body[get->body_bytes] = '\0';
    if (get->until == HTTP_UNTIL_event && is_stream(get) &&
        (strstr(get->body, "\n\n") || strstr(get->body, "\r\n\r\n")))
        return enough(get);
    return n;
}

static void
add_challenge(struct http_get *get, const char *bytes, size_t n)
{
    struct text text = {
        .bytes = get->challenge, .size = sizeof(get->challenge), .n = strlen(get->challenge)};

    text_add(&text, text.n > 0 ? ", " : "");
    text_addn(&text, bytes, n);
}

static size_t
take_header(char *bytes, size_t size, size_t n, void *context)
{
    struct http_get *get = context;
    const struct {
        const char *name;
        char *field;
    } wanted[] = {
        {"content-type:", get->content_type},
        {"request-id:", get->request_id},
        {"via:", get->via},
        {"server:", get->server},
        {"location:", get->location},
        {"date:", get->date},
        {"cf-ray:", get->cf_ray},
        {"mcp-session-id:", get->mcp_session},
        {"www-authenticate:", NULL},
    };

    (void)size;
    if (get->at_ms == 0)
        get->at_ms = clock_wall_ms();
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        size_t skip = strlen(wanted[i].name), end = n;

        if (n <= skip || strncasecmp(bytes, wanted[i].name, skip) != 0)
            continue;
        while (skip < end && (bytes[skip] == ' ' || bytes[skip] == '\t'))
            skip++;
        while (end > skip && strchr(" \t\r\n", bytes[end - 1]))
            end--;
        if (wanted[i].field)
            text_clean(wanted[i].field, HTTP_FIELD_BYTES, bytes + skip, end - skip);
        else
            add_challenge(get, bytes + skip, end - skip);
    }
    if (get->until == HTTP_UNTIL_stream && n <= 2 && is_stream(get))
        return enough(get);
    return n;
}

static CURLcode
lend_trust(CURL *easy, void *ssl_ctx, void *context)
{
    struct http_get *get = context;

    (void)easy;
    tls_trust_lend(get->http->trust, ssl_ctx, &get->lent);
    return CURLE_OK;
}

/* Whatever the host and the port: this address. Of a proxy, that its name has this address. */
static struct curl_slist *
connect_to(const struct http_get *get)
{
    TEXT(line, DNS_LINE_BYTES);
    struct http_url proxy;
    struct curl_slist *list;

    if (!get->proxy) {
        text_add(&line, "::");
        address_add(&line, get->address);
    } else if (http_proxy_read(get->proxy, &proxy)) {
        text_addf(&line, "%s:%u:", proxy.host, (unsigned)proxy.port);
        address_add_host(&line, get->address);
    }
    list = curl_slist_append(NULL, line.bytes);
    if (!list)
        die("out of memory");
    return list;
}

static struct curl_slist *
list_headers(const char *const *headers)
{
    struct curl_slist *list = NULL;

    for (; headers && *headers; headers++) {
        struct curl_slist *longer = curl_slist_append(list, *headers);

        if (!longer)
            die("out of memory");
        list = longer;
    }
    return list;
}

static void
set_options(struct http_get *get, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_URL, get->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, get->proxy ? CURLOPT_RESOLVE : CURLOPT_CONNECT_TO, get->connect_to);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* they are the proxy's */
    curl_easy_setopt(easy, CURLOPT_PROXY,
                     get->proxy ? get->proxy : ""); /* the direct path is what is measured */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)get->deadline_ms);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sandwatch/" SANDWATCH_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, get);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, get);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, get);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, get->error);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL); /* the store comes from us, already read */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, lend_trust);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, get);
    if (get->connect_ms > 0)
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)get->connect_ms);
    if (get->sent)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, get->sent);
    if (get->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, get->method);
    if (get->header_list)
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, get->header_list);
    if (get->is_fresh) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

static void
forget(struct http_get *get)
{
    if (get->easy) {
        curl_multi_remove_handle(get->http->multi, get->easy);
        curl_easy_cleanup(get->easy);
        curl_slist_free_all(get->connect_to);
        curl_slist_free_all(get->header_list);
        get->easy = get->connect_to = get->header_list = NULL;
    }
    timer_clear(get->http->loop, &get->settled);
}

static void
settled_due(void *context)
{
    struct http_get *get = context;
    char *body = get->body;

    forget(get);
    get->done(get->context); /* may start another in the same place */
    free(body);
}

void
http_start(struct http *http, struct http_get *get)
{
    CURL *easy = curl_easy_init();

    if (!easy)
        die("out of memory");
    get->http = http;
    get->easy = easy;
    get->us = -1;
    get->connect_to = connect_to(get);
    get->header_list = list_headers(get->headers);
    get->settled = (struct timer){.due = settled_due, .context = get};
    get->lent = (struct tls_lent){.is_timeless = get->is_timeless};
    set_options(get, easy);
    curl_multi_add_handle(http->multi, easy);
}

void
http_cancel(struct http_get *get)
{
    if (!get->easy)
        return;
    forget(get);
    free(get->body);
    get->body = NULL;
}

/* --- how it ended --- */

static bool
was_ended_within_tls(const struct http_get *get, CURLcode code)
{
    return code == CURLE_SSL_CONNECT_ERROR ||
           (strncmp(get->url, "https:", 6) == 0 &&
            (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING));
}

/* libcurl has general words for its codes, and often better ones for what happened. */
static void
explain_code(struct http_get *get, CURLcode code)
{
    static const char openssl[] = "SSL routines::"; /* after its version and a number */
    const char *said = *get->error ? get->error : curl_easy_strerror(code);
    const char *reason = strstr(said, openssl);
    char clean[HTTP_ERROR_BYTES];

    if (reason)
        said = reason + strlen(openssl);

    text_clean(clean, sizeof(clean), said, strlen(said));
    if (get->lent.fault.signal)
        get->fault = get->lent.fault;
    else if (code == CURLE_PEER_FAILED_VERIFICATION) /* that we have no objection to */
        fault_set(&get->fault, STAGE_tls, SIGNAL_wrong_name, 0, "%s", clean);
    else if (was_ended_within_tls(get, code)) /* OpenSSL's names of alerts have that word */
        fault_set(&get->fault, STAGE_tls, strstr(clean, " alert ") ? SIGNAL_alert : SIGNAL_tls, 0,
                  "%s", clean);
    else
        fault_set(&get->fault, STAGE_http, SIGNAL_http, (int)code, "%s", clean);
}

static void
explain(struct http_get *get, CURLcode code)
{
    long error = 0, connect = 0;

    curl_easy_getinfo(get->easy, CURLINFO_OS_ERRNO, &error);
    curl_easy_getinfo(get->easy, CURLINFO_HTTP_CONNECTCODE, &connect);
    if (code == CURLE_OPERATION_TIMEDOUT)
        fault_set(&get->fault, STAGE_http, SIGNAL_timeout, (int)get->deadline_ms,
                  "no answer within %d ms", (int)get->deadline_ms);
    else if (code == CURLE_COULDNT_CONNECT && error != 0)
        fault_set_errno(&get->fault, STAGE_tcp, (int)error, NULL);
    else if (connect != 0 && connect / 100 != 2)
        fault_set(&get->fault, STAGE_http, SIGNAL_proxy, (int)connect,
                  "the proxy answers CONNECT with %d", (int)connect);
    else if (code == CURLE_SSL_CONNECT_ERROR && error != 0)
        fault_set_errno(&get->fault, STAGE_tls, (int)error, "in the handshake");
    else if (code == CURLE_WRITE_ERROR)
        fault_set(&get->fault, STAGE_http, SIGNAL_http, 0, "an answer of more than %zu bytes",
                  get->most_bytes);
    else
        explain_code(get, code);
}

static void
finish(struct http_get *get, CURLcode code)
{
    curl_off_t sent = 0, first = 0, total = 0;

    if (code != CURLE_OK && !get->is_enough) {
        explain(get, code);
    } else {
        curl_easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &get->status);
        curl_easy_getinfo(get->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
        curl_easy_getinfo(get->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
        curl_easy_getinfo(get->easy, CURLINFO_TOTAL_TIME_T, &total);
        get->us = first - sent;
        get->total_us = total;
    }
    timer_set(get->http->loop, &get->settled, 0); /* libcurl may not be re-entered from here */
}

static void
settle_finished(struct http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        struct http_get *get = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&get);
        finish(get, message->data.result);
    }
}

static bool
read_parts(CURLU *url, struct http_url *out)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *written = NULL;
    int64_t number = 0;
    bool is_good = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                   curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                   curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                   int_parse(port, &number) && number > 0 && number <= UINT16_MAX;

    if (is_good) {
        size_t n = strlen(host);
        bool is_bracketed = n > 2 && host[0] == '[';

        out->is_https = strcmp(scheme, "https") == 0;
        out->has_port = curl_url_get(url, CURLUPART_PORT, &written, 0) == CURLUE_OK;
        out->port = (uint16_t)number;
        is_good = (out->is_https || strcmp(scheme, "http") == 0) && n < sizeof(out->host);
        text_clean(out->host, sizeof(out->host), host + is_bracketed, is_bracketed ? n - 2 : n);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(written);
    return is_good;
}

bool
http_proxy_read(const char *url, struct http_url *out)
{
    static const struct {
        const char *scheme;
        uint16_t port;
    } schemes[] = {{"http", 1080},    {"https", 443},   {"socks4", 1080},
                   {"socks4a", 1080}, {"socks5", 1080}, {"socks5h", 1080}};
    const char *rest = strstr(url, "://");
    size_t n = rest ? (size_t)(rest - url) : 0;
    TEXT(plain, 1024);

    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        const char *scheme = schemes[i].scheme;

        if (rest && (strlen(scheme) != n || strncasecmp(url, scheme, n) != 0))
            continue;
        text_addf(&plain, "https://%s", rest ? rest + 3 : url);
        if (plain.is_cut || !http_url_read(plain.bytes, out, NULL))
            return false;
        out->is_https = strcmp(scheme, "https") == 0;
        out->port = out->has_port ? out->port : schemes[i].port;
        return true;
    }
    return false;
}

bool
http_url_read(const char *url, struct http_url *out, struct err *err)
{
    CURLU *parts = curl_url();
    bool is_good;

    if (!parts)
        die("out of memory");
    is_good = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK && read_parts(parts, out);
    curl_url_cleanup(parts);
    if (!is_good)
        return err_set(err, ERR_CONFIG, "expected http:// or https:// with a host, found \"%.80s\"",
                       url);
    return true;
}
