#include "cli/cli.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/fields.h"
#include "cli/report.h"
#include "core/clock.h"
#include "core/text.h"

enum { UNREAD_BYTES = 256 };

static bool
is_tried(const struct snapshot *snapshot, enum source source)
{
    const struct source_status *status = &snapshot->source[source];

    return status->rounds > 0 || status->state == SOURCE_STATE_disabled;
}

/* The API's sources tell it together: some wait for others, such as statistics for the pools, and
 * what they say is told before the rows that they brought. */
static bool
is_settled(const struct snapshot *snapshot)
{
    size_t n;
    const struct service *service = snapshot_service(snapshot, &n);

    if (n > 0)
        return service->is_settled && is_tried(snapshot, SOURCE_connectors) &&
               is_tried(snapshot, SOURCE_checks) && is_tried(snapshot, SOURCE_proxy) &&
               is_tried(snapshot, SOURCE_upstreams);
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (!is_tried(snapshot, (enum source)i))
            return false;
    return true;
}

/* Look until everything was tried once or the time is over; the snapshot is the last look. */
static bool
wait_settled(struct store *store, int64_t timeout_ms, struct snapshot *out)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;

    for (;;) {
        struct pollfd wake = {.fd = store_wake_fd(store), .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_mono_ms();

        store_woken(store);
        store_snapshot(store, out);
        if (is_settled(out))
            return true;
        if (left_ms <= 0)
            return false;
        store_release(store, out);
        (void)poll(&wake, 1, (int)left_ms); /* interrupted or over: looked at above */
    }
}

static void
say_unread(const struct snapshot *snapshot, int64_t timeout_ms)
{
    TEXT(names, UNREAD_BYTES);

    for (int i = 0; i < SOURCE_COUNT; i++)
        if (!is_tried(snapshot, (enum source)i))
            text_addf(&names, "%s%s", names.n > 0 ? ", " : "", source_name((enum source)i));
    fprintf(stderr, "sandwatch: status: not read to the end within %" PRId64 " s%s%s\n",
            timeout_ms / 1000, names.n > 0 ? ": " : "", names.bytes);
}

static bool
has_anything(const struct snapshot *snapshot)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (snapshot->source[i].ok_at_ms > 0 || snapshot->source[i].parts_ok > 0)
            return true;
    return false;
}

int
cli_status(const struct status_options *options, struct store *store)
{
    struct snapshot snapshot;
    struct report report = {.options = options, .snapshot = &snapshot};
    struct assessment *assessment;
    int status;

    if (!wait_settled(store, options->timeout_ms, &snapshot))
        say_unread(&snapshot, options->timeout_ms);
    report.now_ms = clock_wall_ms();
    assessment = assess(&snapshot, &options->thresholds, report.now_ms);
    report.assessment = assessment;
    if (options->is_json)
        fields_print(stdout, report_json(&report), true);
    else
        report_text(stdout, &report);
    status = has_anything(&snapshot) ? EXIT_SUCCESS : EXIT_FAILURE;
    assessment_free(assessment);
    store_release(store, &snapshot);
    return status;
}
