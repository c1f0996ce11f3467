#include "aid/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    char *bytes;
    size_t n;
};

static size_t
collect(char *data, size_t size, size_t count, void *argument)
{
    struct bytes *to = argument;
    size_t n = size * count;
    char *bytes = realloc(to->bytes, to->n + n + 1);

    if (!bytes)
        abort();
    memcpy(bytes + to->n, data, n);
    bytes[to->n + n] = '\0';
    to->bytes = bytes;
    to->n += n;
    return n;
}

struct fetched
fetch(const char *url, const struct fetch *options)
{
    static const struct fetch plain = {0};
    const struct fetch *how = options ? options : &plain;
    struct bytes body = {calloc(1, 1), 0}, head = {calloc(1, 1), 0};
    struct curl_slist *headers = NULL;
    CURL *curl = curl_easy_init();
    long status = 0;

    if (!curl || !body.bytes || !head.bytes)
        abort();
    for (const char *const *h = how->headers; h && *h; h++)
        headers = curl_slist_append(headers, *h);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, how->timeout_ms > 0 ? (long)how->timeout_ms : 5000L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
    if (how->body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, how->body);
    if (how->method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, how->method);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return (struct fetched){(int)status, body.bytes, head.bytes};
}

struct fetched
fetch_at(const char *base, const char *path)
{
    char url[512];

    snprintf(url, sizeof(url), "%s%s", base, path);
    return fetch(url, NULL);
}

void
fetched_free(struct fetched *fetched)
{
    free(fetched->body);
    free(fetched->headers);
    *fetched = (struct fetched){0};
}
