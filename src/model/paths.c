/* paths.c — what this host's own checks say about one way out. */
#include <string.h>

#include "model/judge.h"

bool
check_is_measured(const struct check *check)
{
    return check->at_ms > 0 && check->verdict != CHECK_skip && check->verdict != CHECK_unsupported;
}

struct path
path_of(const struct judge *judge, enum check_kind kind, const char *target)
{
    struct path path = {0};

    for (size_t i = 0; i < judge->n_checks; i++) {
        const struct check *check = &judge->checks[i];

        if (check->kind != kind || !check_is_measured(check) ||
            (target && strcmp(check->target, target) != 0))
            continue;
        path.n++;
        if (check->verdict != CHECK_fail)
            continue;
        path.failed++;
        if (!path.broken)
            path.broken = check;
    }
    return path;
}

struct path
path_of_edge(const struct judge *judge)
{
    struct path tcp = path_of(judge, CHECK_EDGE_TCP_7844, NULL);
    struct path udp = path_of(judge, CHECK_EDGE_UDP_7844, NULL);

    return (struct path){
        .n = tcp.n + udp.n,
        .failed = tcp.failed + udp.failed,
        .broken = tcp.broken ? tcp.broken : udp.broken,
    };
}

bool
path_is_dead(struct path path)
{
    return path.n > 0 && path.failed == path.n;
}

bool
path_is_gone(const struct judge *judge)
{
    enum err_code code =
        judge->api.is_unreachable ? judge->snapshot->source[judge->api.worst].code : ERR_NONE;

    return (code == ERR_NET || code == ERR_TIMEOUT) && /* others mean that somebody answered */
           path_is_dead(path_of(judge, CHECK_API_443, NULL)) &&
           path_is_dead(path_of(judge, CHECK_EDGE_TCP_7844, NULL));
}
