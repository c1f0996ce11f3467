#include "api/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/http.h"
#include "core/die.h"
#include "core/secret.h"

/* head ends in ": ". */
static void
add_header(struct wire *wire, const char *head, const char *value)
{
    size_t room = strlen(head) + strlen(value) + 1;
    char *line = malloc(room);

    if (!line)
        die("out of memory");
    snprintf(line, room, "%s%s", head, value);
    assert(wire->n < WIRE_HEADERS);
    wire->headers[wire->n++] = line;
}

/* request->body with one more member in front, its value escaped as JSON wants it. */
static char *
body_with_secret(const struct http_request *request, const char *secret)
{
    size_t room = strlen(request->body) + strlen(request->secret_name) + 2 * strlen(secret) + 8;
    char *body = malloc(room);
    size_t n;

    if (!body)
        die("out of memory");
    n = (size_t)snprintf(body, room, "{\"%s\":\"", request->secret_name);
    for (; *secret; secret++) {
        if (*secret == '"' || *secret == '\\')
            body[n++] = '\\';
        body[n++] = *secret;
    }
    snprintf(body + n, room - n, "\"%s%s", strcmp(request->body, "{}") == 0 ? "" : ",",
             request->body + 1);
    return body;
}

static void
set_body(struct wire *wire, const struct http_request *request)
{
    if (request->secret_name)
        wire->body = body_with_secret(request, secret_expose(request->secret_value));
    else if (!(wire->body = strdup(request->body)))
        die("out of memory");
}

void
wire_init(struct wire *wire, const struct http_request *request, const char *version)
{
    *wire = (struct wire){0};
    add_header(wire, "accept: ", "application/json");
    if (request->bearer)
        add_header(wire, "authorization: Bearer ", secret_expose(request->bearer));
    add_header(wire, "anthropic-version: ", version);
    if (request->beta && *request->beta)
        add_header(wire, "anthropic-beta: ", request->beta);
    if (request->workspace_id && *request->workspace_id)
        add_header(wire, "anthropic-workspace-id: ", request->workspace_id);
    if (request->body) {
        add_header(wire, "content-type: ", "application/json");
        set_body(wire, request);
    }
}

static void
wipe(char *s)
{
    if (s)
        explicit_bzero(s, strlen(s));
    free(s);
}

void
wire_clear(struct wire *wire)
{
    while (wire->n > 0)
        wipe(wire->headers[--wire->n]);
    wipe(wire->body);
    wire->body = NULL;
}
