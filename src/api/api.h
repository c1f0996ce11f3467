/* api.h — the management API: one thread that polls it under one request budget and publishes what
 * it learns. */
#ifndef API_API_H
#define API_API_H

#include "core/err.h"

struct store;
struct secret;
struct api;

/* Where a credential may come from; every member may be NULL. The first set one wins, in this
 * order; two set at once is an error. The ecosystem's environment variables and profiles come after
 * them (facts 1.3-1.5). */
struct api_credential_source {
    const char *api_key_file;
    const char *api_key_env; /* the name of a variable */
    const char *auth_token_file;
    const char *auth_token_env;
    const char *const
        *command; /* argv, NULL-terminated; its first line of output is a bearer token */
    const char *profile;
};

struct api_pool {
    const char *id;   /* an environment's */
    const char *name; /* how the operator calls it; NULL: the service's name */
    const char *environment_key_file, *environment_key_env; /* NULL: none */
    bool is_webhook;          /* workers are woken: nobody polling is normal */
    int64_t expected_workers; /* -1: not stated */
};

struct api_options {
    const char *base_url;     /* NULL: ANTHROPIC_BASE_URL, then https://api.anthropic.com */
    const char *version;      /* anthropic-version; NULL: 2026-10-21 */
    const char *workspace_id; /* anthropic-workspace-id; NULL: not sent */
    const char *ca_file;      /* NULL: the system's */
    struct api_credential_source credential, tunnels; /* tunnels: for /v1/tunnels only */
    const struct api_pool *pools; /* what is configured about pools; others are found by listing */
    size_t n_pools;
    int64_t requests_per_minute;
    int64_t interval_ms; /* of the fastest source; others in proportion to model/sources.def; 0: the
                            defaults */
    int64_t effect_within_ms; /* how long an answer to a request that changes the world may take;
                               * 0: 30 s */
    const char *(*getenv)(const char *name); /* so that tests need no environment */
};

/* Resolve credentials and start the thread. Everything in options is copied. Missing credentials
 * are no error: their sources become disabled and say what they need; malformed ones are
 * (ERR_CONFIG). NULL and err on failure. Takes wishes of WISH_FOR_api. */
struct api *api_start(const struct api_options *options, struct store *store, struct err *err);

/* End the thread, cancelling what is in flight; returns within milliseconds. NULL is allowed. */
void api_stop(struct api *api);

#endif
