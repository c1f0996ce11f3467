/* The threads of a session (facts/management-api.md 7.4, 7.7): each has its primary thread here,
 * and no other. */
#include <string.h>

#include "core/json.h"
#include "sim/route.h"
#include "sim/serve.h"
#include "sim/session.h"
#include "sim/show.h"

enum { THREADS_PER_PAGE_MOST = 1000 };

void
threads_list(struct service *service, struct exchange *x)
{
    const struct session *session = serve_session(service, x);
    const char *cursor = exchange_query(x, "page");
    unsigned statuses = 0;
    int64_t limit = THREADS_PER_PAGE_MOST;
    struct json *json, *data;

    if (!session || !serve_statuses(x, &statuses))
        return;
    if (!exchange_query_int(x, "limit", 1, THREADS_PER_PAGE_MOST, &limit)) {
        answer_error(x, 400, "limit: expected 1 to %d", (int)THREADS_PER_PAGE_MOST);
        return;
    }
    if (cursor && *cursor) {
        answer_error(x, 400, "page: not a cursor of this list");
        return;
    }
    json = json_new_object();
    data = json_add_array(json, "data");
    if (!statuses || statuses & 1u << session->status)
        json_add(data, NULL, show_thread(service->world, session));
    json_add_null(json, "next_page");
    answer_json(x, 200, json);
}

/* The session whose thread the path names; NULL after a 404 was answered. */
static const struct session *
find_thread(struct service *service, struct exchange *x)
{
    const struct session *session = serve_session(service, x);
    char id[SIM_ID_BYTES];

    if (!session || strcmp(session_thread_id(session, id), x->part[1]) == 0)
        return session;
    answer_error(x, 404, "no thread with this id in this session");
    return NULL;
}

void
threads_get(struct service *service, struct exchange *x)
{
    const struct session *session = find_thread(service, x);

    if (session)
        answer_json(x, 200, show_thread(service->world, session));
}

void
threads_archive(struct service *service, struct exchange *x)
{
    if (find_thread(service, x))
        answer_error(x, 400, "the primary thread is archived with its session, not without it");
}

void
threads_events(struct service *service, struct exchange *x)
{
    const struct session *session = find_thread(service, x);

    if (session)
        serve_events(service, x, session, false);
}

void
threads_stream(struct service *service, struct exchange *x)
{
    const struct session *session = find_thread(service, x);

    if (session)
        serve_stream(service, x, session);
}
