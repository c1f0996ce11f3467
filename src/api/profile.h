/* profile.h — the profile files that the official SDKs and the CLI share.
 *
 * DIR/active_config names the active one; DIR/configs/NAME.json says how it authenticates;
 * DIR/credentials/NAME.json holds its tokens. DIR is ANTHROPIC_CONFIG_DIR, else
 * $XDG_CONFIG_HOME/anthropic, else $HOME/.config/anthropic. Checked against the SDK's 1.12 release;
 * unknown members are ignored and kept. */
#ifndef API_PROFILE_H
#define API_PROFILE_H

#include "core/err.h"

struct arena;
struct secret;

typedef const char *profile_getenv(const char *name);

enum profile_kind { PROFILE_FEDERATED, PROFILE_USER };

/* Strings are owned by the arena; "" when not set. */
struct profile {
    enum profile_kind kind;
    const char *name;
    const char *base_url, *organization_id, *workspace_id;
    const char *federation_rule_id, *service_account_id, *identity_file; /* PROFILE_FEDERATED */
    const char *client_id;                                               /* PROFILE_USER */
    const char *tokens_path;
};

/* The value of a variable, or NULL; an empty one counts as unset, as in the SDKs. */
const char *profile_variable(profile_getenv *getenv, const char *name);

/* The folder of all profiles; NULL when no variable tells. Owned by the arena. */
const char *profile_folder(struct arena *arena, profile_getenv *getenv);

/* The name in active_config, "default" without one. Owned by the arena; NULL and err when it cannot
 * be read. */
const char *profile_active(struct arena *arena, const char *folder, struct err *err);

/* Variables fill what the file leaves open. *is_there is false, with success, when there is no such
 * file; err then says which. ERR_CONFIG for everything that is wrong with it. */
bool profile_load(struct arena *arena, profile_getenv *getenv, const char *name,
                  struct profile *out, bool *is_there, struct err *err);

/* What a tokens file holds; free with tokens_clear. */
struct tokens {
    struct secret *access, *refresh; /* refresh: NULL when there is none */
    int64_t expires_s;               /* since 1970; 0: not known to expire */
};

/* False and err when there is no file, no token in it, or others may read it. */
bool tokens_read(const char *path, struct tokens *out, struct err *err);
void tokens_clear(struct tokens *tokens);

/* Put the answer of the token endpoint into the file, keeping its other members. `answer` is the
 * endpoint's JSON as text. */
bool tokens_write(const char *path, const char *answer, size_t n, int64_t expires_s,
                  struct err *err);

#endif
