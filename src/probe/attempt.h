/* attempt.h — one measurement of one address: its stages one after another, each with a deadline.
 */
#ifndef PROBE_ATTEMPT_H
#define PROBE_ATTEMPT_H

#include "probe/address.h"
#include "probe/berths.h"
#include "probe/fault.h"
#include "probe/http.h"
#include "probe/loop.h"
#include "probe/vn.h"

enum { /* facts/connectivity.md J1 */
       TCP_DEADLINE_MS = 3000,
       TLS_DEADLINE_MS = 3000,
       VN_DEADLINE_MS = 3000,
       HTTP_DEADLINE_MS = 4000,
       PORTAL_DEADLINE_MS = 2000,
       ATTEMPT_NOTE_BYTES = 200,
       ATTEMPT_URL_BYTES = 272,
};

enum { VN_SENDS = 4, SECOND_AFTER_MS = 1000 };

struct dns;
struct dot_server;
struct knock;
struct quic;
struct resolvers;
struct sweep;
struct tls;
struct tls_trust;

/* What all checks share; borrowed. */
struct tools {
    struct loop *loop;
    struct dns *dns;
    struct resolvers *resolvers;  /* the same, each by itself */
    const struct dot_server *dot; /* for second opinions; NULL: none is asked for */
    struct http *http;
    struct tls_trust *trust, *edge_trust;
    struct berths *berths; /* NULL: enough for all */
};

struct attempt_result {
    struct fault fault;    /* SIGNAL_none: it passed */
    enum signal vn_signal; /* UDP: what version negotiation met, whatever else passed; SIGNAL_none:
                              it was answered */
    int64_t shaken_at_ms;  /* of clock_mono_ms, when it began to ask the peer itself; 0: it did not,
                              or nothing of that can have reached the peer */
    int64_t stage_us[STAGE_COUNT];
    int64_t rtt_us;
    uint32_t sent, lost;           /* datagrams, or connections */
    int64_t retransmits, path_mtu; /* of the kernel's TCP; -1 */
    int64_t datagram_bytes;        /* the largest that passed; -1 */
    bool knows_clock;              /* the API told its time */
    int64_t clock_off_ms;          /* how far ours is from it: above 0, behind */
    char note[ATTEMPT_NOTE_BYTES]; /* who answered; clean */
    int64_t at_ms;                 /* wall */
};

/* A datagram on its way. */
struct vn_send {
    struct vn_probe probe;
    int64_t at_us;
};

/* Embedded; must stay until done was called or attempt_cancel. */
struct attempt {
    /* the plan */
    struct tools *tools;
    enum check_kind kind;
    struct address address;
    const char *url;        /* of the API check; borrowed */
    const char *proxy;      /* whose address it is; NULL: none; borrowed */
    const char *name;       /* that the certificate must prove; NULL: no TLS in this one */
    bool is_light;          /* stop as soon as the network has answered */
    bool is_large;          /* with a ClientHello of two packets, as post-quantum ones are */
    const char *other_name; /* NULL, or the one to try when the handshake for name fails */
    bool tries_large;       /* when all passes, once more with is_large */
    bool tries_sizes;       /* UDP: when all passes, how large the datagrams may be */
    void (*done)(void *context);
    void *context;
    struct attempt_result result;
    /* private */
    bool is_running, is_first_over;
    bool is_second; /* of another attempt, in whose berth it runs */
    struct berth berth;
    struct attempt *second; /* owned: with the other name, or large; NULL */
    struct timer second_due;
    int fd;
    struct watch watch;
    struct timer deadline, next_send, handshake;
    int64_t stage_started_us;
    struct tls *tls;
    struct http_get get;
    char portal_url[ATTEMPT_URL_BYTES];
    struct sweep *sweep;
    struct knock *knock; /* instead, where version negotiation is not answered */
    struct quic *quic;   /* NULL: no handshake in this one */
    struct fault vn_fault;
    struct fault path_fault; /* TCP: a weakness, told when all else is well */
    bool is_vn_over, is_quic_over;
    struct vn_send sends[VN_SENDS];
    size_t n_sends;
};

/* Fill in the plan, then start. done is called from the loop, never from within. */
void attempt_start(struct attempt *attempt);
void attempt_cancel(struct attempt *attempt); /* nothing when it is not running */

/* For the files that implement a way to measure. */
void attempt_finish(struct attempt *attempt);  /* the result is filled in */
void attempt_hang_up(struct attempt *attempt); /* give back connection and deadlines */
int64_t attempt_stage_passed(struct attempt *attempt, enum check_stage stage);
void attempt_over_tcp(struct attempt *attempt);
void attempt_over_udp(struct attempt *attempt);

#endif
