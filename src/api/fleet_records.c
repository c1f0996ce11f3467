#include "api/fleet_records.h"

#include <stdlib.h>
#include <string.h>

#include "api/credentials.h"
#include "core/die.h"
#include "core/text.h"

static void *
zeroed(size_t bytes)
{
    void *p = calloc(1, bytes);

    if (!p)
        die("out of memory");
    return p;
}

/* Most strings of a large fleet are "": they share one. */
static char nothing[] = "";

static void
release(char *s)
{
    if (s != nothing)
        free(s);
}

static char *
copy(const char *s)
{
    char *made = *s ? strdup(s) : nothing;

    if (!made)
        die("out of memory");
    return made;
}

bool
fleet_keep(char **field, const char *s, size_t max)
{
    char clean[512];
    size_t room = max + 1 < sizeof(clean) ? max + 1 : sizeof(clean);

    text_clean(clean, room, s, strnlen(s, 4 * sizeof(clean)));
    if (*field && strcmp(*field, clean) == 0)
        return false;
    release(*field);
    *field = copy(clean);
    return true;
}

bool
fleet_word(char *field, size_t size, const char *s)
{
    char clean[FLEET_TITLE_BYTES];

    text_clean(clean, size < sizeof(clean) ? size : sizeof(clean), s, strnlen(s, 2 * size));
    if (strcmp(field, clean) == 0)
        return false;
    memcpy(field, clean, strlen(clean) + 1);
    return true;
}

bool
fleet_is_id(const char *id)
{
    size_t n = strnlen(id, FLEET_ID_BYTES);

    if (n == 0 || n == FLEET_ID_BYTES)
        return false;
    for (size_t i = 0; i < n; i++)
        if (id[i] <= ' ' || id[i] >= 0x7F)
            return false;
    return strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

struct fleet_work *
fleet_work_new(const char *id)
{
    struct fleet_work *work = zeroed(sizeof(*work));

    work->id = copy(id);
    work->session_id = copy("");
    return work;
}

void
fleet_work_free(struct fleet_work *work)
{
    free(work->id);
    release(work->session_id);
    free(work);
}

struct fleet_pool *
fleet_pool_new(const char *id)
{
    struct fleet_pool *pool = zeroed(sizeof(*pool));

    pool->id = copy(id);
    pool->name = copy("");
    pool->stats_error = copy("");
    pool->work_error = copy("");
    pool->workers_polling = pool->depth = pool->pending = -1;
    table_init(&pool->items);
    return pool;
}

void
fleet_pool_free(struct fleet_pool *pool)
{
    for (size_t i = 0; i < pool->items.n; i++)
        fleet_work_free(pool->items.rows[i]);
    table_clear(&pool->items);
    credential_free(pool->key);
    free(pool->id);
    release(pool->name);
    release(pool->stats_error);
    release(pool->work_error);
    free(pool);
}

struct fleet_session *
fleet_session_new(const char *id)
{
    struct fleet_session *session = zeroed(sizeof(*session));

    session->id = copy(id);
    session->title = copy("");
    session->agent = copy("");
    session->pool_id = copy("");
    session->last_error = copy("");
    session->cost_cents = session->budget_cents = -1;
    session->events_of_service_ms = -1;
    return session;
}

void
fleet_session_free(struct fleet_session *session)
{
    free(session->id);
    release(session->title);
    release(session->agent);
    release(session->pool_id);
    release(session->last_error);
    free(session);
}

struct fleet_certificate *
fleet_certificate_new(const char *id)
{
    struct fleet_certificate *certificate = zeroed(sizeof(*certificate));

    certificate->id = copy(id);
    return certificate;
}

void
fleet_certificate_free(struct fleet_certificate *certificate)
{
    free(certificate->id);
    free(certificate);
}

struct fleet_tunnel *
fleet_tunnel_new(const char *id)
{
    struct fleet_tunnel *tunnel = zeroed(sizeof(*tunnel));

    tunnel->id = copy(id);
    tunnel->name = copy("");
    tunnel->domain = copy("");
    tunnel->certificates_error = copy("");
    table_init(&tunnel->certificates);
    return tunnel;
}

void
fleet_tunnel_free(struct fleet_tunnel *tunnel)
{
    for (size_t i = 0; i < tunnel->certificates.n; i++)
        fleet_certificate_free(tunnel->certificates.rows[i]);
    table_clear(&tunnel->certificates);
    free(tunnel->id);
    release(tunnel->name);
    release(tunnel->domain);
    release(tunnel->certificates_error);
    free(tunnel);
}

bool
fleet_work_is_live(const struct fleet_work *work)
{
    return work->kind != JOB_STATE_stopped;
}

void
fleet_bounce(struct fleet_work *work, int64_t now_ms)
{
    size_t oldest = 0;

    for (size_t i = 1; i < FLEET_BOUNCES; i++)
        if (work->bounced_ms[i] < work->bounced_ms[oldest])
            oldest = i;
    work->bounced_ms[oldest] = now_ms;
}
