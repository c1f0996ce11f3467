/* A certificate file: the same bytes as CA, server certificate and key. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "core/arena.h"
#include "probe/certificate.h"

FUZZ(certificate)
{
    static const struct proxy_route routes[] = {{"wiki", "wiki.t.example.com", "http://h:1"}};
    struct arena *arena = arena_new();
    struct certificate_file file = {
        .path = "f", .error = "", .bytes = arena_strndup(arena, (const char *)bytes, n), .n = n};
    struct certificate_files files = {.ca = file, .server = file, .key = file, .stray_ca_key = ""};
    struct proxy out = {.routes = routes, .n_routes = 1};

    certificate_check(&files, arena, &out);
    for (int i = 0; i < CERTIFICATE_RULES; i++)
        INSIST(out.rules[i].seen);
    INSIST(strlen(out.ca.fingerprint) == 0 || strlen(out.ca.fingerprint) == 64);
    INSIST(!*out.ca.file.error == (*out.ca.fingerprint != '\0'));
    arena_free(arena);
    return 0;
}
