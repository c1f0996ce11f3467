/* serving.h — what the proxy really serves: where its port is, when it was last asked for its
 * certificate, and is that port open to other hosts. */
#ifndef PROBE_SERVING_H
#define PROBE_SERVING_H

#include "model/proxy.h"
#include "probe/exposure.h"
#include "probe/inner_tls.h"

struct arena;
struct certificate_file;
struct tools;

struct serving_plan {
    const char *address; /* "HOST:PORT" instead of listen_addr, HOST a literal; NULL; borrowed */
    bool tries_exposure, probes_inner_tls;
    void (*answered)(void *context); /* from the loop, never from within */
    void *context;
};

struct serving {
    struct serving_plan plan;
    struct exposure_probe exposure;
    struct inner_tls inner;
    int64_t asked_ms; /* monotonic; 0: never */
};

/* Zeroed before; must stay where it is until serving_close. */
void serving_open(struct serving *serving, const struct serving_plan *plan, struct tools *tools);
void serving_close(struct serving *serving);

/* What serving_show asked for has not been answered yet. */
bool serving_is_asking(const struct serving *serving);

/* The host of the first route that has one, "wiki.TUNNEL_DOMAIN"; "". */
const char *serving_host(const struct proxy *proxy);
/* Ask what is due for the proxy that its files describe, and fill in what was found out before. ca:
 * the file with its CA, read or not. */
void serving_show(struct serving *serving, const struct certificate_file *ca, struct arena *arena,
                  struct proxy *proxy);

#endif
