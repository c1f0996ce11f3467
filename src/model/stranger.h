/* stranger.h — what became of a request that nobody should be able to make: from here, through the
 * Internet, to a host of the tunnel (facts/connectivity.md E1, L1-5). */
#ifndef MODEL_STRANGER_H
#define MODEL_STRANGER_H

#include "core/base.h"

enum stranger_answer {
    STRANGER_off,     /* not switched on, or not tried yet */
    STRANGER_no_name, /* there is no such name */
    STRANGER_refused, /* no HTTP: TLS said no */
    STRANGER_unheard, /* trouble before it could be refused, so that nothing was tried */
    STRANGER_timeout,
    STRANGER_status, /* an HTTP answer */
};

struct stranger {
    enum stranger_answer answer;
    const char *url;   /* with its nonce; NULL or "" */
    const char *error; /* why there is no answer; "" */
    long status;
    bool is_from_server; /* the answer is an MCP server's: a Bearer challenge, or JSON-RPC */
    bool is_in_log;      /* the proxy's log has the nonce */
    bool has_moved;      /* the connectors' counter of requests went up meanwhile */
    bool was_idle;       /* and it had stood still before */
    int64_t at_ms;       /* wall */
};

#endif
