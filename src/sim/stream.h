/* stream.h — event streams that clients hold open (facts/management-api.md 7.7): only what happens
 * after the connection, a ping now and then, no replay. */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include "sim/buffer.h"
#include "sim/world.h"

enum { STREAM_MOST_BYTES = 32 << 20 }; /* a client that lags more is cut off */

struct stream {
    char session_id[SIM_ID_BYTES];
    struct buffer out;
    bool is_over;            /* ends when out is empty */
    int64_t ping_ms, end_ms; /* monotonic; end_ms 0: never */
};

struct streams {
    struct array open; /* struct stream */
};

struct stream *stream_open(struct streams *streams, const char *session_id,
                           const struct switches *switches);
void stream_close(struct streams *streams, struct stream *stream);

/* An event, for all who listen to its session. */
void streams_event(struct streams *streams, const struct session *session,
                   const struct event *event);
/* No more events will come: of that session, or of all when NULL. */
void streams_end(struct streams *streams, const char *session_id);
/* The service fails: all streams end with an error event. */
void streams_fail(struct streams *streams, const char *type, const char *message);

/* Copy what there is; pings when it is time. 0 and *wait_until_ms when there is nothing. */
size_t stream_read(struct stream *stream, const struct switches *switches, char *out, size_t n,
                   int64_t *wait_until_ms);

#endif
