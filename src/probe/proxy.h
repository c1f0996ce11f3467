/* proxy.h — the MCP proxy of this host, read from its files every minute: configuration and
 * certificates; its routes go to upstreams.h. */
#ifndef PROBE_PROXY_H
#define PROBE_PROXY_H

#include "core/base.h"
#include "probe/log_watch.h"

struct probe_waiver {
    const char *route, *check; /* NULL: every one */
    const char *who, *why;
};

/* Where the files are; NULL: not said. Without ca_file, cert_file and key_file they are looked for
 * in data_dir. A certificate may be printed by a program instead, which is run every minute. */
struct probe_proxy {
    const char *config_file, *ca_file, *cert_file, *key_file, *data_dir;
    const char *const *ca_command, *const *cert_command; /* NULL-terminated; NULL: none */
    const char *const *mcp_paths;                        /* NULL-terminated; NULL: /mcp, then / */
    struct log_place log;
    const char *address;    /* where its port is from here, "HOST:PORT"; NULL: as its file says */
    bool skips_exposure;    /* do not try whether its port is open to other hosts */
    bool tries_stranger;    /* send a stranger's request through the Internet, to see it refused */
    uint16_t stranger_port; /* 0: 443 */
    bool probes_inner_tls;  /* ask it for its certificate, inside a WebSocket: experimental */
    const struct probe_waiver *waivers;
    size_t n_waivers;
};

struct proxy_watch;
struct stranger_probe;
struct store;
struct tools;
struct upstreams;

/* Options are borrowed until proxy_close. Nothing is configured: its source is switched off. */
struct proxy_watch *proxy_open(const struct probe_proxy *options, struct tools *tools,
                               struct store *store, struct upstreams *upstreams);
/* Its stranger, to be told of passes over the connectors; borrowed until proxy_close. */
struct stranger_probe *proxy_stranger(struct proxy_watch *watch);
void proxy_close(struct proxy_watch *watch); /* NULL is allowed */
void proxy_refresh(struct proxy_watch *watch);

#endif
