#include "ui/console.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/detail.h"
#include "ui/op_view.h"
#include "ui/op_words.h"

enum { LEAST_NEXT_STEP_CELLS = 24 };

/* A line that is filled from both ends. */
struct line_ends {
    struct canvas *canvas;
    int y, left, right; /* the next cell on each side; right is after the last free one */
};

static void
from_left(struct line_ends *line, enum role role, const char *s)
{
    line->left += canvas_text(line->canvas, line->left, line->y, line->right - line->left, role, s);
}

/* Nothing when it does not fit whole. */
static void
from_right(struct line_ends *line, enum role role, const char *s)
{
    int cells = (int)text_cells(s);

    if (cells > line->right - line->left)
        return;
    line->right -= cells;
    canvas_text(line->canvas, line->right, line->y, cells, role, s);
}

/* On the bar of production only what is wrong stands out of it. */
static void
say_count(struct line_ends *line, const struct frame *frame, enum role role, size_t n,
          enum role quiet)
{
    bool is_wrong = role == ROLE_fail || role == ROLE_warn;
    TEXT(out, 32);

    text_addf(&out, "%s %zu  ", glyph(frame->theme, frame->is_ascii, role), n);
    from_right(line, n > 0 && (is_wrong || !frame->is_production) ? role : quiet, out.bytes);
}

/* When what is shown was true: the oldest of what is late, else the newest, for some sources are
 * asked every ten minutes and that is no reason to look. 0 when nothing was read yet. */
static int64_t
data_ms(const struct frame *frame, bool *out_is_late)
{
    int64_t newest = 0, late = 0;

    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &frame->snapshot->source[i];

        if (status->state == SOURCE_STATE_disabled || status->ok_at_ms == 0)
            continue;
        if (source_is_stale(status, frame->now_ms) && (late == 0 || status->ok_at_ms < late))
            late = status->ok_at_ms;
        if (status->ok_at_ms > newest)
            newest = status->ok_at_ms;
    }
    *out_is_late = late > 0;
    return late > 0 ? late : newest;
}

static void
say_age(struct line_ends *line, const struct frame *frame, enum role bar)
{
    bool is_late;
    int64_t at_ms = data_ms(frame, &is_late);
    TEXT(out, 40);

    if (at_ms == 0) {
        from_right(line, bar, "no data yet ");
        return;
    }
    text_add(&out, "data ");
    duration_add(&out, frame->now_ms - at_ms);
    text_add(&out, " ");
    from_right(line, is_late ? ROLE_warn : bar, out.bytes);
}

static void
say_budget(struct line_ends *line, const struct frame *frame, enum role bar)
{
    size_t n;
    const struct service *service = snapshot_service(frame->snapshot, &n);
    TEXT(out, 40);

    if (n == 0 || service->budget_per_minute <= 0)
        return;
    text_addf(&out, "api %" PRId64 "/%" PRId64 "/min  ", service->used_last_minute,
              service->budget_per_minute);
    from_right(line,
               service->used_last_minute * 10 > service->budget_per_minute * 9 ? ROLE_warn : bar,
               out.bytes);
}

/* Whether keys may act: what the eye must find without being told where. */
static void
say_arming(struct line_ends *line, const struct frame *frame, enum role bar)
{
    const struct control *control = control_of(frame->snapshot);
    TEXT(out, 40);

    if (frame->is_read_only || (control && control->is_read_only)) {
        from_left(line, bar, "READ-ONLY  ");
    } else if (!control || control->armed_until_ms <= frame->now_ms) {
        from_left(line, bar, "LOCKED  ");
    } else {
        text_add(&out, " ARMED ");
        if (control->armed_until_ms != INT64_MAX) {
            duration_add(&out, control->armed_until_ms - frame->now_ms);
            text_add(&out, " ");
        }
        from_left(line, ROLE_armed, out.bytes);
        from_left(line, bar, "  ");
    }
}

static void
bar_draw(const struct console *console, struct canvas *canvas, struct rect r)
{
    const struct frame *frame = &console->frame;
    const struct counts *counts = &frame->assessment->counts;
    enum role bar = frame->is_production ? ROLE_bar_production : ROLE_bar;
    struct line_ends line = {canvas, r.y, r.x + 1, r.x + r.w};
    TEXT(clock, 16);

    canvas_fill(canvas, r, bar, " ");
    time_of_day_add(&clock, frame->now_ms);
    text_add(&clock, "Z  ");
    say_age(&line, frame, bar);
    from_right(&line, bar, clock.bytes);
    if (r.w >= 100)
        from_left(&line, bar, "sandwatch  ");
    from_left(&line, frame->is_production ? bar : ROLE_title, frame->context);
    from_left(&line, bar, frame->is_production ? " PRODUCTION  " : "  ");
    say_arming(&line, frame, bar);
    if (frame->is_paused)
        from_left(&line, ROLE_warn, "PAUSED  ");
    if (r.w >= 100)
        say_budget(&line, frame, bar);
    say_count(&line, frame, ROLE_fail, counts->fail, bar);
    say_count(&line, frame, ROLE_warn, counts->warn, bar);
    say_count(&line, frame, ROLE_ok, counts->ok, bar);
    if (counts->unknown > 0)
        say_count(&line, frame, ROLE_stale, counts->unknown, bar);
    if (r.w < 100)
        say_budget(&line, frame, bar);
}

static enum role
finding_role(const struct finding *finding)
{
    return finding->severity == SEVERITY_info ? ROLE_info : severity_role(finding->severity);
}

/* On a wide line a long summary leaves a third to the next step: that is what the operator came
 * for.
 */
static void
say_summary(struct line_ends *line, enum role role, const struct finding *finding)
{
    enum { WIDE = 100 };
    int width = line->right - line->left, right = line->right;

    if (width >= WIDE && finding->next_step && *finding->next_step)
        line->right = line->left + width * 2 / 3;
    from_left(line, role, finding->summary);
    line->right = right;
}

/* The first finding is the worst; information alone is no alarm. True when nothing that it says had
 * to be left out for lack of room. */
static bool
finding_draw(const struct frame *frame, struct canvas *canvas, struct rect r)
{
    const struct assessment *assessment = frame->assessment;
    const struct finding *worst = &assessment->findings[0];
    enum role role = finding_role(worst);
    struct line_ends line = {canvas, r.y, r.x + 1, r.x + r.w - 1};
    bool is_whole;
    TEXT(position, 32);

    if (assessment->n_findings > 1)
        text_addf(&position, " 1/%zu", assessment->n_findings);
    from_right(&line, ROLE_dim, position.bytes);
    from_left(&line, role, glyph(frame->theme, frame->is_ascii, role));
    from_left(&line, role, " ");
    say_summary(&line, role, worst);
    if (!worst->next_step || !*worst->next_step)
        return true;
    if (line.right - line.left <= LEAST_NEXT_STEP_CELLS)
        return false;
    from_left(&line, ROLE_dim, "  ");
    from_left(&line, ROLE_dim, arrow(frame));
    from_left(&line, ROLE_dim, " ");
    is_whole = (int)text_cells(worst->next_step) <= line.right - line.left;
    from_left(&line, ROLE_text, worst->next_step);
    return is_whole;
}

static size_t
sources_in(const struct snapshot *snapshot, enum source_state state)
{
    size_t n = 0;

    for (int i = 0; i < SOURCE_COUNT; i++)
        n += snapshot->source[i].state == state;
    return n;
}

static void
nothing_wrong_draw(const struct frame *frame, struct canvas *canvas, struct rect r)
{
    const struct snapshot *snapshot = frame->snapshot;
    size_t waiting = sources_in(snapshot, SOURCE_STATE_waiting);
    size_t jobs = snapshot->slot[SLOT_jobs].n, pools = snapshot->slot[SLOT_pools].n;
    enum role role = waiting ? ROLE_stale : ROLE_ok;
    struct line_ends line = {canvas, r.y, r.x + 1, r.x + r.w - 1};
    TEXT(out, 160);

    if (waiting == SOURCE_COUNT)
        text_add(&out, "waiting for the first answers");
    else if (waiting > 0)
        text_addf(&out, "nothing wrong so far; waiting for %zu of %d sources", waiting,
                  SOURCE_COUNT);
    else
        text_addf(&out, "all is well: %zu pool%s, %zu job%s, %zu thing%s checked", pools,
                  pools == 1 ? "" : "s", jobs, jobs == 1 ? "" : "s", frame->assessment->counts.ok,
                  frame->assessment->counts.ok == 1 ? "" : "s");
    from_left(&line, role, glyph(frame->theme, frame->is_ascii, role));
    from_left(&line, role, " ");
    from_left(&line, waiting ? ROLE_dim : ROLE_ok, out.bytes);
}

/* What came of what was done here stands first for a while. */
static bool
outcome_draw(const struct frame *frame, struct canvas *canvas, struct rect r)
{
    const struct op *op = op_outcome(frame->snapshot, frame->now_ms);
    struct line_ends line = {canvas, r.y, r.x + 1, r.x + r.w - 1};
    TEXT(out, 400);

    if (!op)
        return false;
    op_outcome_add(&out, op);
    from_left(&line, op_state_role(op->state),
              glyph(frame->theme, frame->is_ascii, op_state_role(op->state)));
    from_left(&line, op_state_role(op->state), " ");
    from_left(&line, op_state_role(op->state), out.bytes);
    return true;
}

/* Where there is no pane, the whole rest of the screen may say it. */
static void
findings_wrap(const struct frame *frame, struct canvas *canvas, struct rect r)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame};

    for (size_t i = 0; i < frame->assessment->n_findings && page.lines < r.h; i++) {
        const struct finding *finding = &frame->assessment->findings[i];

        page_sentence(&page, finding_role(finding), finding_role(finding), finding->summary);
    }
}

/* False when the next step of the finding that it shows had no room. */
static bool
diagnosis_draw(const struct frame *frame, struct canvas *canvas, struct rect r)
{
    if (r.h < 1)
        return true;
    if (outcome_draw(frame, canvas, (struct rect){r.x, r.y, r.w, 1})) {
        r.y++;
        r.h--;
    }
    if (r.h < 1)
        return true;
    if (frame->assessment->n_findings == 0)
        nothing_wrong_draw(frame, canvas, r);
    else if (r.h > 1)
        findings_wrap(frame, canvas, r);
    else
        return finding_draw(frame, canvas, r);
    return true;
}

static enum role
worst_role(const struct frame *frame)
{
    const struct assessment *assessment = frame->assessment;

    if (assessment->n_findings > 0)
        return finding_role(&assessment->findings[0]);
    return sources_in(frame->snapshot, SOURCE_STATE_waiting) == SOURCE_COUNT ? ROLE_stale : ROLE_ok;
}

/* Below 40 by 10: what is wrong over all lines there are, the counts last; at the very least its
 * symbol. */
static void
counts_draw(const struct console *console, struct canvas *canvas)
{
    static const enum role roles[] = {ROLE_fail, ROLE_warn, ROLE_ok};
    const struct frame *frame = &console->frame;
    const struct counts *counts = &frame->assessment->counts;
    const size_t n[] = {counts->fail, counts->warn, counts->ok};
    enum role worst = worst_role(frame);
    struct line_ends line = {canvas, console->layout.bar.y, 0, canvas_width(canvas)};

    from_left(&line, worst, glyph(frame->theme, frame->is_ascii, worst));
    for (size_t i = 0; i < COUNT_OF(n) && !console->layout.is_symbol; i++) {
        TEXT(out, 32);

        text_addf(&out, "  %s %zu", glyph(frame->theme, frame->is_ascii, roles[i]), n[i]);
        from_left(&line, n[i] ? roles[i] : ROLE_dim, out.bytes);
    }
    diagnosis_draw(frame, canvas, console->layout.diagnosis);
}

void
header_draw(struct console *console, struct canvas *canvas)
{
    if (console->layout.is_counts) {
        counts_draw(console, canvas);
        return;
    }
    bar_draw(console, canvas, console->layout.bar);
    console->is_next_step_said = diagnosis_draw(&console->frame, canvas, console->layout.diagnosis);
}
