#include "sim/route.h"

#include <stdio.h>
#include <string.h>

#include "sim/serve.h"

static const struct route table[] = {
#define ROUTE(method, pattern, family, allow, cost, handler)                                       \
    {method, pattern, FAMILY_##family, (unsigned)(allow), cost, handler},
#include "sim/routes.def"
#undef ROUTE
};

const struct route *
routes(size_t *n)
{
    *n = COUNT_OF(table);
    return table;
}

/* Does path fit pattern? Copies what "{id}" takes, which is never empty. */
static bool
fits(const char *pattern, const char *path, char part[EXCHANGE_PARTS][SIM_ID_BYTES * 2])
{
    size_t n_part = 0;

    for (; *pattern; pattern++) {
        size_t n;

        if (*pattern != '{') {
            if (*pattern != *path++)
                return false;
            continue;
        }
        n = strcspn(path, "/");
        if (n == 0 || n >= SIM_ID_BYTES * 2)
            return false;
        snprintf(part[n_part++], SIM_ID_BYTES * 2, "%.*s", (int)n, path);
        path += n;
        pattern = strchr(pattern, '}');
    }
    return *path == '\0';
}

bool
route_fits(const char *pattern, const char *path)
{
    char part[EXCHANGE_PARTS][SIM_ID_BYTES * 2];

    return fits(pattern, path, part);
}

const struct route *
route_find(struct exchange *x, char allowed[64])
{
    size_t used = 0;

    allowed[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (!fits(table[i].pattern, x->path, x->part))
            continue;
        if (strcmp(table[i].method, x->method) == 0)
            return &table[i];
        used +=
            (size_t)snprintf(allowed + used, 64 - used, "%s%s", used ? ", " : "", table[i].method);
    }
    return NULL;
}
