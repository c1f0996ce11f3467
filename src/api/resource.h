/* resource.h — what is asked of the service: one row per kind of question, one file per row.
 *
 * A row knows its path, its credential, its beta and how to take in one item; asking, paging,
 * retrying and counting are the same for all (fetch.h). Sources of the facts:
 * facts/management-api.md 1.2, 1.3, 3 to 8. */
#ifndef API_RESOURCE_H
#define API_RESOURCE_H

#include "api/fleet.h"
#include "core/err.h"
#include "model/store.h"

struct json;

enum resource_key {
    KEY_MAIN,
    KEY_ENVIRONMENT, /* of the subject, a pool; used for listing its work and nothing else */
    KEY_TUNNELS,
};

/* One pass over one answer, of one page or many. */
struct reading {
    struct fleet *fleet;
    const char *subject; /* the id in the path; "" */
    int64_t now_ms;      /* wall, ours: what is read was true then, or later */
    int64_t offset_ms;   /* the service's clock minus ours */
    size_t pages;
    bool is_whole; /* the last page was reached */
};

struct resource {
    const char *what; /* "the list of pools": for messages */
    const char *path; /* with one %s where the subject goes */
    const char *query;
    const char *beta;
    const char *scope; /* what a 403 means is missing */
    enum source source;
    enum resource_key key;
    bool is_list;
    bool is_side; /* of a session: not counted as part of its source */
    int limit;    /* rows per page to ask for; 0: do not */
    size_t most_pages;

    /* all but item may be NULL */
    void (*begin)(struct reading *reading);
    bool (*item)(struct reading *reading,
                 const struct json *item); /* false: not what it should be */
    void (*complete)(struct reading *reading);
    void (*failed)(struct reading *reading, const struct err *err);
    struct task *(*task)(struct fleet *fleet, const char *subject); /* NULL: the subject is gone */
};

enum { RESOURCE_PAGE_ROWS = 100 };

#define BETA_AGENTS "managed-agents-2026-04-01"
#define BETA_TUNNELS "mcp-tunnels-2026-06-22"

extern const struct resource resource_environments, resource_stats, resource_work,
    resource_sessions, resource_session, resource_events, resource_tunnels, resource_certificates;

/* A member that is a time, by the service's clock; 0 when it is absent, null or unreadable. */
int64_t resource_time(const struct json *object, const char *key);

#endif
