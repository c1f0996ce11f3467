#include "api/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

static bool
is_loopback_host(const char *host)
{
    struct in_addr four;

    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
        return true;
    return inet_pton(AF_INET, host, &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}

static bool
check_port(const char *port, size_t n, struct err *err)
{
    char digits[8];
    int64_t number = 0;

    if (n < sizeof(digits)) {
        memcpy(digits, port, n);
        digits[n] = '\0';
        if (int_parse(digits, &number) && number >= 1 && number <= UINT16_MAX)
            return true;
    }
    return err_set(err, ERR_CONFIG, "port: expected 1 to 65535, found \"%.*s\"",
                   n < 20 ? (int)n : 20, port);
}

/* "name", "name:port", "[v6]", "[v6]:port"; n bytes of it. */
static bool
split_host(const char *s, size_t n, char host[ADDRESS_HOST_BYTES], struct err *err)
{
    bool is_v6 = n > 0 && s[0] == '[';
    const char *start = is_v6 ? s + 1 : s;
    const char *end = memchr(start, is_v6 ? ']' : ':', (size_t)(s + n - start));
    const char *after;
    size_t length;

    if (is_v6 && !end)
        return err_set(err, ERR_CONFIG, "expected \"]\" after the address");
    if (!end)
        end = s + n;
    length = (size_t)(end - start);
    if (length == 0 || length >= ADDRESS_HOST_BYTES)
        return err_set(err, ERR_CONFIG, "expected a host of 1 to %d bytes", ADDRESS_HOST_BYTES - 1);
    for (const char *c = start; c < end; c++)
        if (*c <= ' ' || *c >= 0x7F || strchr("\\<>\"^`{|}%", *c))
            return err_set(err, ERR_CONFIG, "host: expected letters, digits, dots and dashes");
    memcpy(host, start, length);
    host[length] = '\0';
    after = is_v6 ? end + 1 : end;
    if (after == s + n)
        return true;
    if (*after != ':')
        return err_set(err, ERR_CONFIG, "expected \":\" and a port after the host");
    return check_port(after + 1, (size_t)(s + n - after - 1), err);
}

static bool
check(const char *url, char host[ADDRESS_HOST_BYTES], bool *is_loopback, struct err *err)
{
    bool is_https = strncasecmp(url, "https://", 8) == 0;
    bool is_http = strncasecmp(url, "http://", 7) == 0;
    const char *rest = url + (is_https ? 8 : 7);

    if (!is_https && !is_http)
        return err_set(err, ERR_CONFIG, "expected https://HOST");
    for (const char *c = rest; *c; c++)
        if (*c <= ' ' || *c >= 0x7F)
            return err_set(err, ERR_CONFIG, "expected printable ASCII without spaces");
    if (strpbrk(rest, "@?#"))
        return err_set(err, ERR_CONFIG, "expected no user, query or fragment");
    if (!split_host(rest, strcspn(rest, "/"), host, err))
        return false;
    *is_loopback = is_loopback_host(host);
    if (is_http && !*is_loopback)
        return err_set(err, ERR_CONFIG,
                       "plain http is accepted for this machine only, not for %.100s", host);
    return true;
}

bool
address_check(const char *url, char host[ADDRESS_HOST_BYTES], bool *is_loopback, struct err *err)
{
    return check(url, host, is_loopback, err) || err_context(err, "base URL \"%.100s\"", url);
}

bool
address_escape(char *out, size_t size, const char *s)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    size_t n = 0;

    for (; *s; s++) {
        bool is_plain = strchr(plain, *s) != NULL;

        if (n + (is_plain ? 1 : 3) >= size)
            return false;
        if (is_plain)
            out[n++] = *s;
        else
            n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*s);
    }
    out[n] = '\0';
    return true;
}
