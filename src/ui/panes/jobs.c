#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "ui/panes/rows.h"

static const struct job *
job_of(const struct row *row)
{
    return row->data;
}

static const struct job_judgement *
judged(const struct row *row)
{
    return job_judged(row->frame, row->index);
}

static const char *
id(const struct row *row)
{
    return job_of(row)->id;
}

static enum role
mark(const struct row *row)
{
    const struct job *job = job_of(row);

    if (judged(row)->severity != SEVERITY_info)
        return severity_role(judged(row)->severity);
    if (judged(row)->flags)
        return ROLE_info;
    if (job->state_kind == JOB_STATE_active || job->state_kind == JOB_STATE_starting)
        return ROLE_ok;
    return ROLE_text; /* waiting is neither good nor bad */
}

static const char *
state(const struct row *row)
{
    return job_state_words(job_of(row));
}

static enum role
state_role(const struct row *row)
{
    const struct job *job = job_of(row);

    if (job->from == JOB_FROM_SESSION || job->state_kind == JOB_STATE_queued)
        return ROLE_dim;
    return ROLE_text;
}

static const char *
title(const struct row *row)
{
    const struct job *job = job_of(row);

    return job->title[0] ? job->title : job->session_id[0] ? job->session_id : job->id;
}

static enum role
title_role(const struct row *row)
{
    return judged(row)->severity == SEVERITY_info ? ROLE_text : ROLE_title;
}

static const char *
pool(const struct row *row)
{
    const struct job *job = job_of(row);

    return job->pool_name[0] ? job->pool_name : job->pool_id;
}

static enum role
dim_role(const struct row *row)
{
    (void)row;
    return ROLE_dim;
}

static int64_t
age(const struct row *row)
{
    return known(job_age_ms(job_of(row), row->frame->now_ms));
}

static int64_t
beat(const struct row *row)
{
    return known(job_heartbeat_age_ms(job_of(row), row->frame->now_ms));
}

static enum role
beat_role(const struct row *row)
{
    uint32_t stale = 1u << JOB_FLAG_stale_heartbeat;

    return judged(row)->flags & stale ? severity_role(judged(row)->severity) : ROLE_text;
}

static const char *
session(const struct row *row)
{
    return job_session_words(job_of(row));
}

static enum role
session_role(const struct row *row)
{
    return judged(row)->flags & (1u << JOB_FLAG_waiting_human) ? mark(row) : ROLE_dim;
}

static const char *
note(const struct row *row)
{
    enum job_flag flag = job_worst_flag(judged(row));

    if (flag != JOB_FLAG_COUNT)
        return job_flag_word(flag);
    return job_of(row)->last_error;
}

static enum role
note_role(const struct row *row)
{
    return judged(row)->flags ? mark(row) : ROLE_dim;
}

static const char *
agent(const struct row *row)
{
    return job_of(row)->agent;
}

static int64_t
cost(const struct row *row)
{
    return known(job_of(row)->cost_cents);
}

static bool
is_stale(const struct row *row)
{
    const struct job *job = job_of(row);
    enum source source = job->from == JOB_FROM_WORK ? SOURCE_work : SOURCE_sessions;
    const struct source_status *status = &row->frame->snapshot->source[source];

    return source_is_stale(status, row->frame->now_ms);
}

/* What runs before what waits. */
static int
state_rank(const struct job *job)
{
    static const int ranks[] = {
        [JOB_STATE_stopping] = 0, [JOB_STATE_active] = 1,  [JOB_STATE_starting] = 2,
        [JOB_STATE_queued] = 3,   [JOB_STATE_unknown] = 4, [JOB_STATE_stopped] = 5,
    };

    return ranks[job->state_kind];
}

static int64_t
born_ms(const struct job *job)
{
    return job->created_ms > 0 ? job->created_ms : job->session_created_ms;
}

static int
order(const struct row *a, const struct row *b)
{
    const struct job_judgement *left = judged(a), *right = judged(b);
    const struct job *x = job_of(a), *y = job_of(b);

    if (left->severity != right->severity)
        return (int)right->severity - (int)left->severity;
    if (!left->flags != !right->flags)
        return left->flags ? -1 : 1;
    if (state_rank(x) != state_rank(y))
        return state_rank(x) - state_rank(y);
    if (born_ms(x) != born_ms(y))
        return born_ms(x) < born_ms(y) ? -1 : 1; /* the oldest first */
    return strcmp(x->id, y->id);
}

static const struct column columns[] = {
    {"STATE", "state", 8, 8, 0, UNIT_none, .text = state, .role = state_role},
    {"SESSION", "session", 22, 48, 0, UNIT_none, .text = title, .role = title_role},
    {"NOTE", "note", 14, 18, 1, UNIT_none, .may_be_blank = true, .text = note, .role = note_role},
    {"AGE", "age", 6, 6, 1, UNIT_ms, .value = age},
    {"BEAT", "beat", 6, 6, 1, UNIT_ms, .value = beat, .role = beat_role},
    {"POOL", "pool", 10, 20, 2, UNIT_none, .keeps_end = true, .text = pool},
    {"STATUS", "status", 13, 20, 3, UNIT_none, .text = session, .role = session_role},
    {"AGENT", "agent", 10, 24, 5, UNIT_none, .text = agent, .role = dim_role},
    {"COST", "cost", 6, 7, 4, UNIT_cents, .value = cost, .role = dim_role},
    {"ID", "id", 14, 32, 6, UNIT_none, .text = id, .role = dim_role},
};

static const struct list list = {
    .columns = columns,
    .n_columns = COUNT_OF(columns),
    .slot = SLOT_jobs,
    .id = id,
    .mark = mark,
    .is_stale = is_stale,
    .order = order,
    .empty = "no jobs: nothing is queued and nothing is running",
};

/* Without a pool's environment key its jobs are guessed from sessions; say what would be needed. */
static void
say_without_key(struct text *out, const struct frame *frame)
{
    size_t n, without = 0;
    const struct pool *pools = snapshot_pools(frame->snapshot, &n), *first = NULL;

    for (size_t i = 0; i < n; i++) {
        if (pools[i].work_access != WORK_NO_KEY || pools[i].is_archived)
            continue;
        first = without++ == 0 ? &pools[i] : first;
    }
    if (!first)
        return;
    if (without == 1)
        text_addf(out, "\"session\" rows: work items need %s's environment key", first->name);
    else
        text_addf(out, "\"session\" rows: work items need the environment keys of %s and %zu more",
                  first->name, without - 1);
}

static void
draw(struct canvas *canvas, struct rect r, const struct frame *frame, struct pane_state *pane_state,
     bool is_focused)
{
    TEXT(hint, 320);

    say_without_key(&hint, frame);
    if (hint.n > 0 && r.h > 6) {
        struct page page = {.canvas = canvas, .r = {r.x, r.y + r.h - 1, r.w, 1}, .frame = frame};

        page_line(&page, ROLE_info, ROLE_dim, hint.bytes);
        r.h -= 1;
    }
    pane_draw_rows(&pane_jobs, canvas, r, frame, pane_state, is_focused);
}

static void
draw_line(struct canvas *canvas, struct rect r, const struct row *row)
{
    const char *right = note(row)[0] ? note(row) : state(row);
    int cells = (int)text_cells(right);

    if (cells > r.w / 2)
        cells = r.w / 2;
    canvas_text(canvas, r.x, r.y, r.w - 1 - cells, title_role(row), title(row));
    canvas_right(canvas, r.x + r.w - cells, r.y, cells, mark(row), right);
}

static void
draw_summary(struct canvas *canvas, struct rect r, const struct frame *frame)
{
    pane_draw_worst(&pane_jobs, canvas, r, frame, draw_line);
}

/* There is none, or we could not look. */
static void
page_unseen_item(struct page *page, const struct job *job)
{
    static const struct {
        const char *before, *after; /* the pool's name */
    } why[] = {
        [WORK_NO_KEY] = {"not seen: work items need ", "'s environment key"},
        [WORK_LISTED] = {"none: ", " lists none for this session"},
        [WORK_REFUSED] = {"not seen: ", "'s environment key was refused for listing"},
        [WORK_PENDING] = {"not seen: ", "'s work items are not listed yet"},
    };
    size_t row;
    const struct pool *pool = pool_by_id(page->frame, job->pool_id, &row);
    enum work_access access = pool ? pool->work_access : WORK_NO_KEY;

    page_fieldf(page, "", ROLE_dim, "%s%s%s", why[access].before,
                job->pool_name[0] ? job->pool_name : "the pool", why[access].after);
}

static void
page_work_item(struct page *page, const struct job *job)
{
    page_section(page, "WORK ITEM");
    if (job->from == JOB_FROM_SESSION) {
        page_unseen_item(page, job);
        return;
    }
    page_field(page, "state", ROLE_text, job->state);
    page_moment(page, "created", job->created_ms);
    page_moment(page, "acknowledged", job->acknowledged_ms);
    page_moment(page, "started", job->started_ms);
    page_moment(page, "heartbeat", job->heartbeat_ms);
    page_moment(page, "stop asked", job->stop_requested_ms);
    page_moment(page, "stopped", job->stopped_ms);
    if (job->bounces > 0)
        page_fieldf(page, "lease lost", ROLE_warn, "%" PRIu32 " times in the last hour",
                    job->bounces);
    page_moment(page, "last bounce", job->bounced_ms);
    page_field(page, "id", ROLE_text, job->id);
}

static void
page_cost(struct page *page, const struct job *job)
{
    TEXT(value, 64);

    if (job->cost_cents < 0)
        return;
    unit_add(&value, page->frame, UNIT_cents, job->cost_cents);
    if (job->budget_cents >= 0) {
        text_add(&value, " of ");
        unit_add(&value, page->frame, UNIT_cents, job->budget_cents);
    }
    page_field(page, "cost", ROLE_text, value.bytes);
}

static void
page_session(struct page *page, const struct job *job)
{
    page_section(page, "SESSION");
    page_field(page, "status", ROLE_text, job->session_status);
    page_field(page, "stop reason", ROLE_text, job->stop_reason);
    if (strcmp(job_session_words(job), job->session_status) != 0)
        page_field(page, "means", ROLE_text, job_session_words(job));
    page_moment(page, "idle since", job->idle_since_ms);
    page_field(page, "last error", ROLE_fail, job->last_error);
    page_field(page, "agent", ROLE_text, job->agent);
    page_cost(page, job);
    page_moment(page, "created", job->session_created_ms);
    page_moment(page, "updated", job->session_updated_ms);
    page_field(page, "id", ROLE_text, job->session_id);
}

static int
draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame, const char *job_id,
            int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};
    struct row row = {.frame = frame};
    TEXT(place, 320);

    row.data = job_by_id(frame, job_id, &row.index);
    if (!row.data) {
        page_sentence(&page, ROLE_stale, ROLE_text, "this job is no longer there");
        return page.lines;
    }
    page_title(&page, mark(&row), title(&row), state(&row));
    text_addf(&place, "on %s for ", pool(&row));
    unit_add(&place, frame, UNIT_ms, age(&row));
    page_sentence(&page, ROLE_text, ROLE_dim, place.bytes);
    if (page_findings(&page, job_id) == 0)
        page_flags(&page, judged(&row));
    page_work_item(&page, row.data);
    page_session(&page, row.data);
    page_moment(&page, "read", job_of(&row)->seen_ms);
    return page.lines;
}

/* One line of a pool's job list. */
static void
line_add(struct text *out, const struct row *row)
{
    TEXT(age_text, 16);

    unit_add(&age_text, row->frame, UNIT_ms, age(row));
    text_addf(out, "%-8s %6s  %s", state(row), age_text.bytes, title(row));
    if (note(row)[0])
        text_addf(out, "  %s", note(row));
}

static bool
is_of_pool(const struct row *row, const char *pool_id)
{
    return strcmp(job_of(row)->pool_id, pool_id) == 0;
}

void
page_jobs_of(struct page *page, const char *pool_id, int most)
{
    struct worst worst = {.most = (size_t)most, .wanted = is_of_pool, .key = pool_id};

    list_worst(&list, page->frame, &worst);
    for (size_t i = 0; i < worst.n; i++) {
        TEXT(line, 512);

        line_add(&line, &worst.row[i]);
        page_line(page, mark(&worst.row[i]), ROLE_text, line.bytes);
    }
    if (worst.n_wanted == 0)
        page_sentence(page, ROLE_text, ROLE_dim, "none");
    if (worst.n < worst.n_wanted)
        page_fieldf(page, "", ROLE_dim,
                    "and %zu more; filter the jobs with pool:", worst.n_wanted - worst.n);
}

static const enum source sources[] = {SOURCE_sessions, SOURCE_work};

const struct pane pane_jobs = {
    .name = "jobs",
    .title = "Running jobs",
    .digit = '2',
    .list = &list,
    .sources = sources,
    .n_sources = COUNT_OF(sources),
    .draw = draw,
    .draw_summary = draw_summary,
    .draw_detail = draw_detail,
};
