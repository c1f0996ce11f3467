/* fault.h — what went wrong in a stage: the raw signal, its likely cause, and one next step.
 *
 * The taxonomy is facts/connectivity.md H; its rows are probe/faults.def. */
#ifndef PROBE_FAULT_H
#define PROBE_FAULT_H

#include "model/check.h"

struct text;

enum signal {
    SIGNAL_none,
    SIGNAL_timeout,         /* our own deadline; code: ms */
    SIGNAL_errno,           /* code: errno */
    SIGNAL_icmp,            /* code: FAULT_ICMP(type, code) as in ICMPv4; v6 ones are translated */
    SIGNAL_nxdomain,        /* the name does not exist */
    SIGNAL_nodata,          /* it exists, and has no address of this family */
    SIGNAL_servfail,        /* the resolver failed */
    SIGNAL_no_resolver,     /* it cannot be reached */
    SIGNAL_truncated,       /* its answer does not fit a datagram, and TCP to it fails */
    SIGNAL_dns,             /* any other trouble with the resolver */
    SIGNAL_alert,           /* a TLS alert; code: its number */
    SIGNAL_untrusted,       /* the chain ends in no root that we trust */
    SIGNAL_origin_ca,       /* the same, and the issuer calls itself a Cloudflare origin CA */
    SIGNAL_wrong_name,      /* a certificate for somebody else */
    SIGNAL_expired,         /* or not yet valid */
    SIGNAL_certificate,     /* any other mistake in the chain */
    SIGNAL_plaintext,       /* the answer was not TLS */
    SIGNAL_portal,          /* one of these, and a portal answers over http://; code: status */
    SIGNAL_eof,             /* the peer closed in the middle */
    SIGNAL_tls,             /* any other TLS trouble */
    SIGNAL_redirect,        /* HTTP: sent elsewhere; code: status */
    SIGNAL_not_api,         /* HTTP: something other than the API answered; code: status */
    SIGNAL_proxy,           /* HTTP: a proxy answered; code: status */
    SIGNAL_no_request_id,   /* HTTP: JSON, but without the API's mark; code: status */
    SIGNAL_server_error,    /* HTTP: the API, in trouble; code: status */
    SIGNAL_http,            /* HTTP: no answer that can be read */
    SIGNAL_clock,           /* the Date of the answer; code: seconds away from ours */
    SIGNAL_clock_far,       /* the same, and too far for tokens and certificates */
    SIGNAL_range,           /* the answer of the resolver lies outside the published ranges */
    SIGNAL_nat64,           /* the same, and it is a published IPv4 address inside an IPv6 one */
    SIGNAL_discovery,       /* the SRV record could not be had */
    SIGNAL_few_regions,     /* it names fewer regions than cloudflared needs; code: how many */
    SIGNAL_resolver,        /* one of the resolvers fails, another answers */
    SIGNAL_libc,            /* applications are told something else than DNS says */
    SIGNAL_unsure,          /* version negotiation is no longer answered; code: at how many */
    SIGNAL_quic_silent,     /* version negotiation passes, QUIC v1 gets no answer */
    SIGNAL_quic_strange,    /* something comes back, and it is no QUIC; code: datagrams */
    SIGNAL_quic_unfinished, /* the handshake began and stopped */
    SIGNAL_quic_close,      /* the peer closed with an error; code: it */
    SIGNAL_quic_version,    /* the peer speaks QUIC, but not v1 */
    SIGNAL_mtu,             /* the path carries small datagrams only; code: bytes that pass */
    SIGNAL_mtu_fatal,       /* the same, and too small for the handshake */
    SIGNAL_sni_filter,      /* another name passes at the same address */
    SIGNAL_large_hello,     /* a ClientHello of one packet passes, one of two does not */
    SIGNAL_path_mtu,        /* the path takes less than this host's interface; code: bytes */
    SIGNAL_some_addresses,  /* other addresses of the same name work; code: how many do not */
    SIGNAL_policed,         /* single datagrams pass, bursts lose; code: how many of a burst */
    SIGNAL_lossy,           /* both lose */
};

#define FAULT_ICMP(type, code) ((type)*256 + (code))
#define FAULT_ANY (-1)

enum { FAULT_TEXT_BYTES = 200, FAULT_HINT_BYTES = 320 };

struct fault {
    enum check_stage stage;
    enum signal signal; /* SIGNAL_none: nothing went wrong */
    int code;
    char text[FAULT_TEXT_BYTES]; /* the raw signal for the operator; clean */
};

/* What else is known when a fault is judged; several may hold at once. */
enum {
    WHEN_ALWAYS = 0,
    WHEN_OTHER_FAMILY_PASSES = 1, /* the same check over the other address family */
    WHEN_TCP_PASSES = 2,          /* the same host's TCP check */
    WHEN_PORT_FAILS = 4,          /* nothing passes to the edge's port, neither TCP nor UDP */
    WHEN_API_PASSES = 8,
    WHEN_PROXY_IS_SET = 16, /* the API's requests go through one, and this check does not */
    WHEN_IS_IPV6 = 32,
    WHEN_OTHER_FAMILY_RESOLVES = 64, /* the name has addresses of the other family */
    WHEN_OPINION_DIFFERS = 128,      /* a public resolver has what ours did not give */
    WHEN_OPINION_AGREES = 256,
    WHEN_OPINION_SILENT = 512,  /* it could not be asked */
    WHEN_SRV_WORKS = 1024,      /* the resolver gave the edge's SRV record */
    WHEN_CLOCK_IS_WRONG = 4096, /* by the API's Date, and so much that it matters */
    WHEN_CLOCK_IS_RIGHT = 8192,
    WHEN_IN_DOCKER = 2048,  /* the resolver is the one that Docker embeds, 127.0.0.11 */
    WHEN_VIA_PROXY = 16384, /* the API is asked through a proxy: it is the proxy that fails */
    WHEN_OTHER_FAMILY_REACHES_ALL = 32768, /* the same check over it, of every region */
};

struct fault_rule {
    unsigned kinds; /* KIND_ bits */
    int stage;      /* enum check_stage or FAULT_ANY */
    enum signal signal;
    int code; /* or FAULT_ANY */
    unsigned when;
    enum check_verdict verdict;
    const char *cause, *next_step;
};

enum {
    KIND_API = 1 << CHECK_API_443,
    KIND_TCP = 1 << CHECK_EDGE_TCP_7844,
    KIND_UDP = 1 << CHECK_EDGE_UDP_7844,
    KIND_EDGE = KIND_TCP | KIND_UDP,
    KIND_ALL = KIND_API | KIND_EDGE,
};

/* The first row of the taxonomy that fits; never NULL. */
const struct fault_rule *fault_judge(const struct fault *fault, enum check_kind kind,
                                     unsigned circumstances);
/* The rows, for tests. */
const struct fault_rule *fault_rules(size_t *n);

/* Beyond the network part: the handshake or the answer. */
bool fault_is_deep(const struct fault *fault);
/* The handshake was cut or swallowed by somebody who does not say who it is. */
bool fault_is_silence(const struct fault *fault);
/* The same, or refused in a way that the name may be the reason of. */
bool fault_is_hidden(const struct fault *fault);

/* The address works, and the closer look that is taken at one address of many found the path weak:
 * it counts as passing, and the row has a warning. */
bool fault_is_weakness(const struct fault *fault);
/* It is this program or this host that lacks something: nothing was measured. */
bool fault_is_own(const struct fault *fault);
/* None, or no more than a weakness. */
bool fault_is_bearable(const struct fault *fault);

void fault_clear(struct fault *fault);
/* Fill in; foreign bytes in the text are made safe. */
void fault_set(struct fault *fault, enum check_stage stage, enum signal signal, int code,
               const char *format, ...) PRINTF_LIKE(5, 6);
/* "ECONNREFUSED (connection refused)"; what names the call. */
void fault_set_errno(struct fault *fault, enum check_stage stage, int error, const char *what);

#endif
