/* peer.h — a server on a loopback port that behaves, well or badly, in one way. */
#ifndef AID_PEER_H
#define AID_PEER_H

#include "core/base.h"

enum peer_manner {
    PEER_answers,     /* over TCP: reads a request, sends the reply, closes */
    PEER_answers_tls, /* the same inside TLS, with the certificate and key of pem */
    PEER_is_proxy,    /* a WebSocket, and TLS inside, with the certificate and key of pem */
    PEER_sends_first, /* sends the reply without TLS to whatever comes, closes */
    PEER_resets,      /* RST after the first bytes */
    PEER_hangs_up,    /* FIN after the first bytes */
    PEER_is_silent,   /* accepts, reads, says nothing */
    PEER_forges_udp,  /* over UDP: answers version negotiation like one who guesses */
    PEER_is_late_udp, /* over UDP: answers the second datagram, not the first */
    PEER_is_silent_udp,
};

struct peer_plan {
    enum peer_manner manner;
    const char *reply;  /* borrowed until peer_stop */
    size_t reply_bytes; /* 0: it is a string */
    const char *pem;
    uint16_t port;           /* 0: any */
    const char *wanted_host; /* another Host is misdirected: HTTP 421; NULL: all are right */
    const char *log_file;    /* the first line of each request is added to it; NULL: to none */
};

struct peer;

/* NULL when the port is taken. */
struct peer *peer_start(const struct peer_plan *plan);
void peer_stop(struct peer *peer); /* NULL is allowed */
uint16_t peer_port(const struct peer *peer);
/* "http://127.0.0.1:PORT" or https; borrowed until peer_stop. */
const char *peer_url(const struct peer *peer);
/* How many connections or datagrams came. */
unsigned peer_served(const struct peer *peer);

#endif
