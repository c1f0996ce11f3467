#include "sim/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

static const char ping[] = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

struct stream *
stream_open(struct streams *streams, const char *session_id, const struct switches *switches)
{
    struct stream *stream = zeroed(sizeof(*stream));
    int64_t now_ms = clock_mono_ms();

    snprintf(stream->session_id, sizeof(stream->session_id), "%s", session_id);
    stream->ping_ms = now_ms + switches->ping_s * 1000;
    if (switches->stream_max_age_s)
        stream->end_ms = now_ms + switches->stream_max_age_s * 1000;
    buffer_add(&stream->out, ping); /* sends the headers on their way at once */
    array_add(&streams->open, stream);
    return stream;
}

void
stream_close(struct streams *streams, struct stream *stream)
{
    array_remove(&streams->open, stream);
    if (streams->open.n == 0)
        array_free(&streams->open);
    buffer_free(&stream->out);
    free(stream);
}

void
streams_event(struct streams *streams, const struct session *session, const struct event *event)
{
    for (size_t i = 0; i < streams->open.n; i++) {
        struct stream *stream = streams->open.items[i];

        if (stream->is_over || strcmp(stream->session_id, session->object.id) != 0)
            continue;
        if (stream->out.n + event->json_bytes > STREAM_MOST_BYTES) {
            stream->is_over = true;
            continue;
        }
        buffer_addf(&stream->out, "event: %s\ndata: ", event->type);
        buffer_addn(&stream->out, event->json, event->json_bytes);
        buffer_add(&stream->out, "\n\n");
        if (strcmp(event->type, "session.status_terminated") == 0 ||
            strcmp(event->type, "session.deleted") == 0)
            stream->is_over = true;
    }
}

void
streams_end(struct streams *streams, const char *session_id)
{
    for (size_t i = 0; i < streams->open.n; i++) {
        struct stream *stream = streams->open.items[i];

        if (!session_id || strcmp(stream->session_id, session_id) == 0)
            stream->is_over = true;
    }
}

void
streams_fail(struct streams *streams, const char *type, const char *message)
{
    for (size_t i = 0; i < streams->open.n; i++) {
        struct stream *stream = streams->open.items[i];

        if (!stream->is_over)
            buffer_addf(&stream->out,
                        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"%s\","
                        "\"message\":\"%s\"},\"request_id\":null}\n\n",
                        type, message);
        stream->is_over = true;
    }
}

size_t
stream_read(struct stream *stream, const struct switches *switches, char *out, size_t n,
            int64_t *wait_until_ms)
{
    int64_t now_ms = clock_mono_ms();

    if (stream->end_ms && stream->end_ms <= now_ms)
        stream->is_over = true;
    if (stream->ping_ms <= now_ms && !stream->is_over) {
        buffer_add(&stream->out, ping);
        stream->ping_ms = now_ms + switches->ping_s * 1000;
    }
    if (n > stream->out.n)
        n = stream->out.n;
    if (n > 0) {
        memcpy(out, stream->out.bytes, n);
        buffer_drop(&stream->out, n);
    }
    *wait_until_ms =
        stream->end_ms && stream->end_ms < stream->ping_ms ? stream->end_ms : stream->ping_ms;
    return n;
}
