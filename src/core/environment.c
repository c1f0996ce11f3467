#include "core/environment.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/die.h"
#include "core/map.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map *hidden; /* guarded by lock; lives as long as the process */

/* Every variable of the service's tools, secret or not: a child has no business with any. */
static const char service_prefix[] = "ANTHROPIC_";
static const char connector_token[] = "TUNNEL_TOKEN";

void
environment_hide(const char *name)
{
    pthread_mutex_lock(&lock);
    if (!hidden)
        hidden = map_new();
    map_set(hidden, name, &hidden);
    pthread_mutex_unlock(&lock);
}

static bool
is_hidden_locked(const char *variable)
{
    size_t n = strcspn(variable, "=");
    char *name;
    bool is;

    if (strncmp(variable, service_prefix, strlen(service_prefix)) == 0)
        return true;
    name = strndup(variable, n);
    if (!name)
        die("out of memory");
    is = strcmp(name, connector_token) == 0 || (hidden && map_get(hidden, name));
    free(name);
    return is;
}

static bool
is_named(const char *variable, const char *const *names)
{
    size_t n = strcspn(variable, "=");

    for (; *names; names++)
        if (strlen(*names) == n && strncmp(*names, variable, n) == 0)
            return true;
    return false;
}

char **
environment_of_child(const char *const *names)
{
    char **clean;
    size_t n = 0, kept = 0;

    while (environ && environ[n])
        n++;
    clean = calloc(n + 1, sizeof(*clean));
    if (!clean)
        die("out of memory");
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < n; i++)
        if ((!names || is_named(environ[i], names)) && !is_hidden_locked(environ[i]))
            clean[kept++] = environ[i];
    pthread_mutex_unlock(&lock);
    return clean;
}
