/* check.h — one connectivity probe: a target, a protocol and an address family, by stages. */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include "model/series.h"

enum check_verdict { CHECK_skip, CHECK_pass, CHECK_warn, CHECK_fail, CHECK_unsupported };

enum check_stage { STAGE_dns, STAGE_tcp, STAGE_tls, STAGE_http, STAGE_quic, STAGE_COUNT };

enum check_kind { /* the columns of the connectivity pane */
                  CHECK_API_443,
                  CHECK_EDGE_TCP_7844,
                  CHECK_EDGE_UDP_7844,
};

enum check_meaning { /* what the diagnosis wants to know of a failure beyond its stage */
                     CHECK_MEANS_nothing,
                     CHECK_MEANS_intercepted, /* somebody else answers in the peer's place */
                     CHECK_MEANS_other_name,  /* with a certificate for another name */
                     CHECK_MEANS_mtu,         /* the path carries small packets only */
                     CHECK_MEANS_no_start,    /* a connector that starts now finds no edge */
};

/* Loss and jitter over UDP: a burst of datagrams, as a connector's traffic would come, and single
 * ones when it loses. All 0 and at_ms 0 before the first, or when the peer answers none. */
struct check_burst {
    uint32_t sent, lost;
    uint32_t single_sent, single_lost;            /* none sent: the burst lost too little to ask */
    int64_t rtt_us, best_us, worst_us, jitter_us; /* the first is the mean; -1 */
    struct series loss, jitter; /* of the last bursts: parts of 1000, microseconds */
    int64_t at_ms;
};

/* One address of the name, for a name passes only for what passed. */
struct check_address {
    const char *address; /* "198.41.192.7:7844" */
    bool is_known;       /* it was tried */
    const char *error;   /* the raw signal; "" when it passed */
    int64_t rtt_us;      /* -1 */
};

/* One way to resolve the name of the host, and what it said. */
struct check_resolver {
    const char *via;    /* "dns", "tls" (a public resolver), "libc" (as applications are told) */
    const char *server; /* "10.0.0.2:53"; "getaddrinfo" */
    const char *answer; /* "10 addresses", or why there are none */
    int64_t us;         /* how long it took; -1 */
};

struct check {
    const char *target;   /* "api", "edge region1" */
    const char *protocol; /* "tcp/443", "tcp/7844", "udp/7844": the port is the real one */
    enum check_kind kind;
    int family; /* 4 or 6 */
    const char *host,
        *address; /* address: what was tried, "198.41.192.7:7844"; "" when DNS failed */
    enum check_verdict verdict;
    int64_t stage_us[STAGE_COUNT]; /* how long each stage took; -1: not reached or not part of it */
    enum check_meaning meaning;
    enum check_stage failed_stage; /* meaningful when verdict is fail */
    const char *error;             /* the raw signal: errno, alert, ICMP type and sender; "" */
    const char *hint;              /* likely cause and one next step, "cause: step"; "" */
    const char *cause, *next_step; /* the same in two; NULL or "" when there are none */
    const char *note;              /* what else was seen: server identity, HTTP status; "" */
    int64_t rtt_us; /* the number to show: connect time, or the version negotiation's; -1 */
    struct series rtt_trend;                /* microseconds; SERIES_UNKNOWN for a failure */
    uint32_t sent, lost;                    /* over the trend */
    const struct check_resolver *resolvers; /* of names that are public; NULL: none */
    size_t n_resolvers;
    const struct check_address *addresses; /* as the resolver gave them; NULL: none */
    size_t n_addresses;
    int64_t retransmits;    /* TCP: segments that the kernel sent again; -1 */
    int64_t path_mtu;       /* TCP: bytes, as the kernel knows it; -1 */
    int64_t datagram_bytes; /* UDP: the largest payload that passed; -1 */
    struct check_burst burst;
    int64_t at_ms;            /* when it was measured; 0: never */
    int64_t failing_since_ms; /* 0 when it is not failing */
    int64_t last_failure_ms;
};

struct text;

/* "edge region1 udp/7844 v4": what tells a check from all others. */
void check_id_add(struct text *out, const char *target, const char *protocol, int family);

/* What to do about it: the next step without the cause, or the hint when they are not apart; "". */
const char *check_next_step(const struct check *check);

/* "edge region1 udp/7844 IPv4: fail at quic: timeout …", on one line. */
void check_line_add(struct text *out, const struct check *check);

/* Parts of 1000 that were lost, of the last burst or else over the trend; -1 before anything was
 * sent. */
int64_t check_loss(const struct check *check);
/* Microseconds, of the last burst or else of the trend: the mean difference between neighbours, as
 * RFC 3550 section 6.4.1 means it; -1. */
int64_t check_jitter_us(const struct check *check);

/* "pass", as in JSON. */
const char *check_verdict_name(enum check_verdict verdict);
const char *check_stage_name(enum check_stage stage);

#endif
