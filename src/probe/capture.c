#include "probe/capture.h"

#include "core/child.h"

enum { REASON_BYTES = 4096 }; /* kubectl says five times how, and then why */

static void
judge(struct capture *capture)
{
    struct child_output output = child_output(capture->child);

    capture->why = (struct err){ERR_NONE, ""};
    if (!child_succeeded(capture->child, &capture->why))
        return;
    if (output.is_cut) {
        err_set(&capture->why, ERR_LIMIT, "command %.60s: printed more than %zu bytes",
                capture->argv[0], capture->most_bytes);
        return;
    }
    capture->bytes = output.bytes;
    capture->n = output.n;
}

static void
finish(struct capture *capture)
{
    loop_unwatch(capture->loop, &capture->watch);
    timer_clear(capture->loop, &capture->late);
    capture->done(capture->context);
}

static void
look(void *context)
{
    struct capture *capture = context;

    if (child_step(capture->child) == CHILD_RUNNING)
        return;
    judge(capture);
    finish(capture);
}

static void
child_spoke(void *context, unsigned events)
{
    (void)events;
    look(context);
}

static void
never_began(void *context)
{
    finish(context);
}

void
capture_start(struct capture *capture)
{
    const struct child_plan plan = {
        .argv = capture->argv,
        .most_output_bytes = capture->most_bytes,
        .most_error_bytes = REASON_BYTES,
        .within_ms = CAPTURE_WITHIN_MS,
    };

    capture_stop(capture);
    capture->watch = (struct watch){.ready = child_spoke, .context = capture};
    capture->child = child_start(&plan, &capture->why);
    if (capture->child) {
        capture->late = (struct timer){.due = look, .context = capture};
        loop_watch(capture->loop, &capture->watch, child_fd(capture->child), LOOP_READ);
        timer_set(capture->loop, &capture->late, child_deadline_ms(capture->child) * 1000);
    } else {
        capture->late = (struct timer){.due = never_began, .context = capture};
        timer_set(capture->loop, &capture->late, 0);
    }
}

void
capture_stop(struct capture *capture)
{
    loop_unwatch(capture->loop, &capture->watch);
    timer_clear(capture->loop, &capture->late);
    child_free(capture->child);
    capture->child = NULL;
    capture->bytes = NULL;
    capture->n = 0;
}
