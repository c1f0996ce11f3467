#include "api/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/address.h"
#include "api/wire.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "core/trust.h"
#include "core/version.h"

enum { MOST_EXTRA_FDS = 5, FIRST_BODY_BYTES = 16 * 1024 };

struct transfer {
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    int64_t within_ms;
    struct wire wire; /* borrowed by libcurl while it is busy */
    char *in;
    size_t in_bytes, in_room;
    bool is_too_large;
    http_done *done;
    void *context;
    struct http_answer answer;
    char error[CURL_ERROR_SIZE];
    struct transfer *next; /* in http.free or http.busy */
    struct transfer *previous;
};

struct http {
    CURLM *multi;
    char *base_url, *version, *ca_file;
    bool is_trust_hashed; /* the system's: libcurl needs no bundle beside it */
    char host[ADDRESS_HOST_BYTES];
    bool is_loopback;
    struct transfer *busy, *free;
    size_t in_flight;
};

static void
global_init(void)
{
    /* never undone: other threads may use what libcurl shares (OpenSSL) until the program ends */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        die("cannot set up libcurl");
}

static char *
copy(const char *s)
{
    char *made = s ? strdup(s) : NULL;

    if (s && !made)
        die("out of memory");
    return made;
}

struct http *
http_new(const struct http_options *options, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http *http = calloc(1, sizeof(*http));

    if (!http)
        die("out of memory");
    if (!address_check(options->base_url, http->host, &http->is_loopback, err)) {
        free(http);
        return NULL;
    }
    pthread_once(&once, global_init);
    http->multi = curl_multi_init();
    http->base_url = copy(options->base_url);
    http->version = copy(options->version);
    http->ca_file = copy(options->ca_file);
    http->is_trust_hashed = trust_is_hashed(curl_version_info(CURLVERSION_NOW)->capath);
    if (!http->multi)
        die("out of memory");
    for (size_t n = strlen(http->base_url); n > 0 && http->base_url[n - 1] == '/'; n--)
        http->base_url[n - 1] = '\0';
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_MOST_IN_FLIGHT);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_MOST_IN_FLIGHT);
    return http;
}

/* Headers carry the credential: wipe them before the memory goes back. */
static void
headers_free(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static void
transfer_clear(struct transfer *transfer)
{
    headers_free(transfer->headers);
    transfer->headers = NULL;
    wire_clear(&transfer->wire);
    if (transfer->in)
        explicit_bzero(transfer->in, transfer->in_bytes); /* it may hold a token */
    free(transfer->in);
    transfer->in = NULL;
    transfer->in_bytes = transfer->in_room = 0;
}

static void
transfer_free(struct transfer *transfer)
{
    transfer_clear(transfer);
    curl_easy_cleanup(transfer->easy);
    free(transfer);
}

void
http_free(struct http *http)
{
    if (!http)
        return;
    while (http->busy) {
        struct transfer *transfer = http->busy;

        http->busy = transfer->next;
        curl_multi_remove_handle(http->multi, transfer->easy);
        transfer_free(transfer);
    }
    while (http->free) {
        struct transfer *transfer = http->free;

        http->free = transfer->next;
        transfer_free(transfer);
    }
    curl_multi_cleanup(http->multi);
    free(http->base_url);
    free(http->version);
    free(http->ca_file);
    free(http);
}

bool
http_has_room(const struct http *http)
{
    return http->in_flight < HTTP_MOST_IN_FLIGHT;
}

size_t
http_in_flight(const struct http *http)
{
    return http->in_flight;
}

static size_t
receive(char *bytes, size_t one, size_t n, void *context)
{
    struct transfer *transfer = context;
    size_t room = transfer->in_room ? transfer->in_room : FIRST_BODY_BYTES;
    char *grown;

    (void)one; /* always 1 */
    if (transfer->in_bytes + n > HTTP_LARGEST_ANSWER_BYTES) {
        transfer->is_too_large = true;
        return 0;
    }
    while (room < transfer->in_bytes + n + 1)
        room *= 2;
    if (room != transfer->in_room) {
        grown = realloc(transfer->in, room);
        if (!grown)
            die("out of memory");
        transfer->in = grown;
        transfer->in_room = room;
    }
    memcpy(transfer->in + transfer->in_bytes, bytes, n);
    transfer->in_bytes += n;
    transfer->in[transfer->in_bytes] = '\0';
    return n;
}

static void
set_wire(struct transfer *transfer, const struct http_request *request)
{
    struct wire *wire = &transfer->wire;

    wire_init(wire, request, transfer->http->version);
    for (size_t i = 0; i < wire->n; i++) {
        struct curl_slist *longer = curl_slist_append(transfer->headers, wire->headers[i]);

        if (!longer)
            die("out of memory");
        transfer->headers = longer;
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    if (!wire->body)
        return;
    curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, wire->body);
}

static void
set_connection(const struct http *http, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, http->is_loopback ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver thread */
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sandwatch/" SANDWATCH_VERSION);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_WITHIN_MS);
    if (http->is_loopback)
        curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* a proxy cannot reach this machine */
    if (strncasecmp(http->base_url, "https:", strlen("https:")) == 0)
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L); /* one connection for all, over HTTP/2 */
    if (http->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    } else if (http->is_trust_hashed) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    }
}

static struct transfer *
transfer_take(struct http *http)
{
    struct transfer *transfer = http->free;

    if (transfer) {
        http->free = transfer->next;
        curl_easy_reset(transfer->easy);
        return transfer;
    }
    transfer = calloc(1, sizeof(*transfer));
    if (!transfer)
        die("out of memory");
    transfer->easy = curl_easy_init();
    if (!transfer->easy)
        die("out of memory");
    return transfer;
}

void
http_send(struct http *http, const struct http_request *request)
{
    struct transfer *transfer = transfer_take(http);
    char *url = NULL;

    transfer->http = http;
    transfer->done = request->done;
    transfer->context = request->context;
    transfer->is_too_large = false;
    transfer->error[0] = '\0';
    transfer->within_ms = request->within_ms ? request->within_ms : HTTP_ANSWER_WITHIN_MS;
    transfer->answer = (struct http_answer){.retry_after_ms = -1, .sent_ms = clock_wall_ms()};
    if (asprintf(&url, "%s%s", http->base_url, request->path) < 0)
        die("out of memory");
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    free(url);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    set_connection(http, transfer->easy);
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)transfer->within_ms);
    curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, request->is_effect ? 1L : 0L);
    set_wire(transfer, request);
    transfer->previous = NULL;
    transfer->next = http->busy;
    if (http->busy)
        http->busy->previous = transfer;
    http->busy = transfer;
    http->in_flight++;
    curl_multi_add_handle(http->multi, transfer->easy);
}

static const char *
header(const struct transfer *transfer, const char *name)
{
    struct curl_header *found;

    if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
        return NULL;
    return found->value;
}

static void
copy_header(const struct transfer *transfer, const char *name, char out[64])
{
    const char *value = header(transfer, name);

    if (value)
        text_clean(out, 64, value, strlen(value));
}

static int64_t
retry_after_ms(const struct transfer *transfer, const struct http_answer *answer)
{
    const char *ms = header(transfer, "retry-after-ms"), *s = header(transfer, "retry-after");
    int64_t n;

    if (ms && int_parse(ms, &n) && n >= 0 && n <= INT32_MAX)
        return n;
    if (s && int_parse(s, &n) && n >= 0 && n <= INT32_MAX / 1000)
        return n * 1000;
    if (s && http_date_parse(s, &n)) {
        int64_t from_ms = answer->date_ms ? answer->date_ms : answer->received_ms;

        return n > from_ms && n - from_ms <= INT32_MAX ? n - from_ms : -1;
    }
    return -1;
}

static void
read_headers(struct transfer *transfer)
{
    struct http_answer *answer = &transfer->answer;
    const char *date = header(transfer, "date"), *retry = header(transfer, "x-should-retry");
    long version = 0;
    curl_off_t took = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &took);
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
    answer->took_us = took;
    answer->http_version = version == CURL_HTTP_VERSION_2_0 ? 2 : 1;
    copy_header(transfer, "x-amzn-requestid", answer->request_id);
    copy_header(transfer, "request-id", answer->request_id);
    copy_header(transfer, "anthropic-organization-id", answer->organization_id);
    copy_header(transfer, "anthropic-workspace-id", answer->workspace_id);
    if (date && !http_date_parse(date, &answer->date_ms))
        answer->date_ms = 0;
    answer->retry_after_ms = retry_after_ms(transfer, answer);
    answer->is_retry_advised = retry && strcmp(retry, "true") == 0;
    answer->is_retry_forbidden = retry && strcmp(retry, "false") == 0;
}

static void
explain_connect(const struct transfer *transfer, struct err *err)
{
    long reason = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &reason);
    err_set(err, ERR_NET, "cannot connect to %.100s: %s", transfer->http->host,
            reason ? strerror((int)reason) : "no address answers");
}

static void
explain_timeout(const struct transfer *transfer, struct err *err)
{
    curl_off_t connected = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected > 0)
        err_set(err, ERR_TIMEOUT, "no answer from %.100s within %d s", transfer->http->host,
                (int)(transfer->within_ms / 1000));
    else
        err_set(err, ERR_TIMEOUT, "no connection to %.100s within %d s", transfer->http->host,
                HTTP_CONNECT_WITHIN_MS / 1000);
}

static void
explain(struct transfer *transfer, CURLcode code)
{
    struct err *err = &transfer->answer.err;
    const char *host = transfer->http->host;
    TEXT(detail, 160);

    text_add(&detail, transfer->error[0] ? transfer->error : curl_easy_strerror(code));
    if (transfer->is_too_large)
        err_set(err, ERR_LIMIT, "an answer of more than %d MiB was cut off",
                HTTP_LARGEST_ANSWER_BYTES >> 20);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        explain_timeout(transfer, err);
    else if (code == CURLE_COULDNT_CONNECT)
        explain_connect(transfer, err);
    else if (code == CURLE_COULDNT_RESOLVE_HOST)
        err_set(err, ERR_NET, "the name %.100s cannot be resolved", host);
    else if (code == CURLE_PEER_FAILED_VERIFICATION)
        err_set(err, ERR_NET, "the certificate of %.100s is not trusted: %s", host, detail.bytes);
    else
        err_set(err, ERR_NET, "%.100s: %s", host, detail.bytes);
}

static void
unlink_busy(struct http *http, struct transfer *transfer)
{
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        http->busy = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
    http->in_flight--;
}

/* Nothing can have happened when the connection was not ready for a request, and none was begun. */
static bool
is_unsent(const struct transfer *transfer)
{
    curl_off_t ready = 0;
    long sent_bytes = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    return ready == 0 && sent_bytes == 0;
}

static void
finish(struct http *http, struct transfer *transfer, CURLcode code)
{
    struct http_answer *answer = &transfer->answer;

    answer->received_ms = clock_wall_ms();
    if (code == CURLE_OK)
        read_headers(transfer);
    else
        explain(transfer, code);
    answer->is_unsent = code != CURLE_OK && is_unsent(transfer);
    answer->body = transfer->in ? transfer->in : "";
    answer->body_bytes = transfer->in_bytes;
    curl_multi_remove_handle(http->multi, transfer->easy);
    unlink_busy(http, transfer);
    transfer->done(transfer->context, answer);
    transfer_clear(transfer);
    transfer->next = http->free;
    http->free = transfer;
}

/* Whether anything was finished. */
static bool
dispatch(struct http *http)
{
    CURLMsg *message;
    bool any = false;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        char *transfer = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish(http, (struct transfer *)(void *)transfer, message->data.result);
        any = true;
    }
    return any;
}

void
http_wait(struct http *http, const int *fds, size_t n_fds, int64_t timeout_ms)
{
    struct curl_waitfd extra[MOST_EXTRA_FDS];
    size_t n = n_fds < MOST_EXTRA_FDS ? n_fds : MOST_EXTRA_FDS;
    int running;

    for (size_t i = 0; i < n; i++)
        extra[i] = (struct curl_waitfd){.fd = fds[i], .events = CURL_WAIT_POLLIN};
    curl_multi_perform(http->multi, &running); /* what was just added starts before we sleep */
    if (dispatch(http))
        return;
    curl_multi_poll(http->multi, extra, (unsigned)n,
                    timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms, NULL);
    curl_multi_perform(http->multi, &running);
    dispatch(http);
}
