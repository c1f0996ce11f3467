/* credentials.h — which credential is used, where it came from, and what it takes to renew it.
 *
 * The order is the ecosystem's (facts/management-api.md 1.4): one explicit option,
 * ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, the profile ANTHROPIC_PROFILE names, the federation
 * variables, the active profile. Finding one reads files and variables only; programs and token
 * exchanges come later, in renewal.h. One thread. */
#ifndef API_CREDENTIALS_H
#define API_CREDENTIALS_H

#include "api/api.h"
#include "api/profile.h"

enum credential_kind {
    CREDENTIAL_NONE,
    CREDENTIAL_STATIC,    /* a key or token as it was given */
    CREDENTIAL_COMMAND,   /* a program prints it */
    CREDENTIAL_FEDERATED, /* exchanged for an identity token (RFC 7523) */
    CREDENTIAL_USER,      /* a person's login, kept in a profile */
};

struct credential {
    struct arena *arena; /* owns the strings */
    enum credential_kind kind;
    const char *origin;       /* for people: "API key from ANTHROPIC_API_KEY"; never its value */
    const char *warning;      /* something odd about how it was found; "" */
    const char *workspace_id; /* to send with each request; "" */
    const char *base_url;     /* a profile's, for when nobody else says; "" */
    bool is_provided;         /* came from a token provider: oauth beta value (facts 1.2) */

    struct secret *bearer; /* NULL: not obtained yet */
    int64_t obtained_ms;   /* monotonic; an older answer says nothing about this bearer */
    int64_t expires_s;     /* since 1970; 0: not known to expire */
    struct err refusal;    /* not ERR_NONE: must not be used any more, and why */

    /* what renewal needs; "" and NULL when not of that kind */
    const char *const *command;
    const char *identity_file;
    struct secret *identity;
    const char *federation_rule_id, *organization_id, *service_account_id, *target_workspace_id;
    const char *tokens_path, *client_id;
};

struct credential_query {
    const struct api_credential_source *source;
    const char *name;         /* of the option's group, for messages: "credential", "tunnels" */
    const char *workspace_id; /* the option; NULL */
    profile_getenv *getenv;
    bool is_explicit_only; /* do not look at the environment and profiles */
};

/* CREDENTIAL_NONE when nothing is configured, which is no error. NULL and ERR_CONFIG when something
 * is and cannot be right. Caller frees with credential_free. */
struct credential *credentials_find(const struct credential_query *query, struct err *err);

/* The environment key of one pool, from the options or from ANTHROPIC_ENVIRONMENT_KEY when
 * ANTHROPIC_ENVIRONMENT_ID names it; CREDENTIAL_NONE without one. As above. */
struct credential *credentials_find_environment_key(const char *pool_id,
                                                    const struct api_pool *pool,
                                                    profile_getenv *getenv, struct err *err);

/* One that cannot be used. Caller frees with credential_free. */
struct credential *credentials_none(void);

void credential_free(struct credential *credential); /* NULL is allowed */

/* May be sent now: it is there, not refused, and not about to expire. */
bool credential_is_ready(const struct credential *credential, int64_t wall_ms);

#endif
