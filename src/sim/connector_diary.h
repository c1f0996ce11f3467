/* connector_diary.h — what a pretend cloudflared writes into its log as its life goes on, and what
 * the proxy behind it writes. */
#ifndef SIM_CONNECTOR_DIARY_H
#define SIM_CONNECTOR_DIARY_H

#include "sim/connector_life.h"
#include "sim/diary.h"

struct connector_diary {
    struct diary *own, *proxy; /* borrowed; NULL: nothing is written there */
    /* private: as it was told last */
    int connections;
    bool is_quic;
    int64_t registered, refused; /* whole counters */
    int64_t dialled_ms, refused_tls_ms;
};

/* Its start, with the pre-checks that it made then, and the connections that it has. */
void connector_diary_begin(struct connector_diary *diary, const struct life *life,
                           const char *tunnel_id);
/* It was told to go. */
void connector_diary_end(struct connector_diary *diary, int64_t at_ms);
/* Whatever has changed since the last time. */
void connector_diary_go_on(struct connector_diary *diary, const struct life *life,
                           const struct network_faults *faults);

#endif
