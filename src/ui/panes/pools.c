#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "ui/panes/rows.h"

enum { REASONS_BELOW_CELLS = 130 }; /* wider, the reason is a column */

static const struct pool_judgement *
judged(const struct row *row)
{
    return pool_judged(row->frame, row->index);
}

static enum role
health_role(const struct pool_judgement *judgement)
{
    if (judgement->severity != SEVERITY_info)
        return severity_role(judgement->severity);
    switch (judgement->health) {
    case POOL_unknown:
    case POOL_archived:
        return ROLE_stale;
    case POOL_busy:
        return ROLE_info;
    default:
        return ROLE_ok;
    }
}

static enum role
mark(const struct row *row)
{
    return health_role(judged(row));
}

static enum role
name_role(const struct row *row)
{
    return judged(row)->severity == SEVERITY_info ? ROLE_text : ROLE_title;
}

static const char *
name(const struct row *row)
{
    return ((const struct pool *)row->data)->name;
}

static const char *
id(const struct row *row)
{
    return ((const struct pool *)row->data)->id;
}

static const char *
health_words(enum pool_health health)
{
    return health == POOL_no_workers ? "no workers" : pool_health_name(health);
}

static const char *
health(const struct row *row)
{
    return health_words(judged(row)->health);
}

static int64_t
polling(const struct row *row)
{
    return known(((const struct pool *)row->data)->workers_polling);
}

/* "3/4" where the configuration says how many are expected. */
static void
show_polling(struct text *out, const struct row *row)
{
    const struct pool *pool = row->data;

    unit_add(out, row->frame, UNIT_count, polling(row));
    if (pool->expected_workers >= 0)
        text_addf(out, "/%" PRId32, pool->expected_workers);
}

static int64_t
active(const struct row *row)
{
    return known(((const struct pool *)row->data)->active);
}

static int64_t
depth(const struct row *row)
{
    return known(((const struct pool *)row->data)->depth);
}

static int64_t
pending(const struct row *row)
{
    return known(((const struct pool *)row->data)->pending);
}

static int64_t
oldest(const struct row *row)
{
    const struct pool *pool = row->data;

    return pool->has_oldest ? age_ms(row->frame, pool->oldest_queued_ms) : LIST_UNKNOWN;
}

static const struct series *
trend(const struct row *row)
{
    return &((const struct pool *)row->data)->depth_trend;
}

static enum role
trend_role(const struct row *row)
{
    (void)row;
    return ROLE_graph;
}

static const char *
reason(const struct row *row)
{
    return judged(row)->reason;
}

static enum role
reason_role(const struct row *row)
{
    return judged(row)->severity == SEVERITY_info ? ROLE_dim : ROLE_text;
}

/* Zero is quiet, so that the eye finds what waits. */
static enum role
depth_role(const struct row *row)
{
    return depth(row) > 0 ? ROLE_text : ROLE_dim;
}

static enum role
active_role(const struct row *row)
{
    return active(row) > 0 ? ROLE_text : ROLE_dim;
}

static enum role
dim_role(const struct row *row)
{
    (void)row;
    return ROLE_dim;
}

static enum role
pending_role(const struct row *row)
{
    return pending(row) > 0 ? ROLE_text : ROLE_dim;
}

static bool
is_stale(const struct row *row)
{
    return judged(row)->is_stale;
}

/* Within a severity by name: numbers change with every sample, and rows must not dance. */
static int
order(const struct row *a, const struct row *b)
{
    const struct pool_judgement *left = judged(a), *right = judged(b);

    if (left->severity != right->severity)
        return (int)right->severity - (int)left->severity;
    if ((left->health == POOL_archived) != (right->health == POOL_archived))
        return left->health == POOL_archived ? 1 : -1;
    return strcasecmp(name(a), name(b));
}

static const struct column columns[] = {
    {"POOL", "pool", 12, 28, 0, UNIT_none, .keeps_end = true, .text = name, .role = name_role},
    {"HEALTH", "health", 10, 10, 0, UNIT_none, .text = health, .role = mark},
    {"POLLING", "polling", 7, 7, 1, UNIT_count, .value = polling, .show = show_polling},
    {"ACTIVE", "active", 6, 6, 2, UNIT_count, .value = active, .role = active_role},
    {"DEPTH", "depth", 5, 6, 1, UNIT_count, .value = depth, .role = depth_role},
    {"PENDING", "pending", 7, 7, 4, UNIT_count, .value = pending, .role = pending_role},
    {"OLDEST", "oldest", 6, 6, 2, UNIT_ms, .value = oldest},
    {"TREND", "trend", 8, 30, 3, UNIT_none, .trend = trend, .role = trend_role},
    {"WHY", "why", 36, 80, 5, UNIT_none, .text = reason, .role = reason_role},
    {"ID", "id", 16, 32, 6, UNIT_none, .text = id, .role = dim_role},
};

static const struct list list = {
    .columns = columns,
    .n_columns = COUNT_OF(columns),
    .slot = SLOT_pools,
    .id = id,
    .mark = mark,
    .is_stale = is_stale,
    .order = order,
    .empty = "no worker pools: no environment of this workspace is self-hosted",
};

static bool
is_wrong(const struct row *row, const char *key)
{
    (void)key;
    return judged(row)->severity != SEVERITY_info;
}

/* Under the rows, where there is room and none for the last columns: why the worst are wrong. */
static void
draw_reasons(struct canvas *canvas, struct rect r, const struct frame *frame)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .is_cut = true};
    struct worst worst = {.most = (size_t)r.h, .wanted = is_wrong};

    list_worst(&list, frame, &worst);
    for (size_t i = 0; i < worst.n; i++) {
        TEXT(line, 512);

        text_addf(&line, "%s: %s", name(&worst.row[i]), reason(&worst.row[i]));
        page_sentence(&page, mark(&worst.row[i]), ROLE_text, line.bytes);
    }
}

static void
draw(struct canvas *canvas, struct rect r, const struct frame *frame, struct pane_state *state,
     bool is_focused)
{
    int used = pane_draw_rows(&pane_pools, canvas, r, frame, state, is_focused) + 1;

    if (used < r.h && r.w < REASONS_BELOW_CELLS && state->n_shown > 0)
        draw_reasons(canvas, (struct rect){r.x, r.y + used, r.w, r.h - used}, frame);
}

/* "q12 4m10s" of a pool that is wrong; when that leaves no room for its name, the age alone. */
static void
say_short(struct text *out, const struct row *row, int cells)
{
    if (depth(row) == LIST_UNKNOWN) {
        text_add(out, health(row));
        return;
    }
    if (judged(row)->severity == SEVERITY_info) {
        TEXT(last, 16);

        if (judged(row)->health == POOL_busy)
            text_add(&last, "busy");
        else
            show_polling(&last, row);
        if (depth(row) > 0 || text_cells(name(row)) + text_cells(last.bytes) + 4 <= (size_t)cells)
            text_addf(out, "q%" PRId64 " ", depth(row)); /* an empty queue gives way to the name */
        text_add(out, last.bytes);
        return;
    }
    if ((int)text_cells(name(row)) + 13 <= cells)
        text_addf(out, "q%" PRId64 " ", depth(row));
    unit_add(out, row->frame, UNIT_ms, oldest(row));
}

static void
draw_line(struct canvas *canvas, struct rect r, const struct row *row)
{
    TEXT(right, 64);
    int cells;

    say_short(&right, row, r.w);
    cells = (int)text_cells(right.bytes);
    canvas_name(canvas, r.x, r.y, r.w - 1 - cells, name_role(row), name(row));
    canvas_right(canvas, r.x + r.w - cells, r.y, cells, ROLE_text, right.bytes);
}

static void
draw_summary(struct canvas *canvas, struct rect r, const struct frame *frame)
{
    pane_draw_worst(&pane_pools, canvas, r, frame, draw_line);
}

static void
page_queue(struct page *page, const struct row *row)
{
    const struct pool *pool = row->data;
    TEXT(value, 160);

    page_section(page, "QUEUE");
    unit_add(&value, row->frame, UNIT_count, polling(row));
    if (pool->expected_workers >= 0)
        text_addf(&value, " of %" PRId32 " expected", pool->expected_workers);
    text_add(&value, pool->mode == POOL_WEBHOOK ? " (woken by webhooks: 0 is normal)" : "");
    page_field(page, "polling", ROLE_text, value.bytes);
    text_clear(&value);
    unit_add(&value, row->frame, UNIT_count, depth(row));
    page_fieldf(page, "depth", ROLE_text, "%s waiting to be claimed", value.bytes);
    text_clear(&value);
    unit_add(&value, row->frame, UNIT_count, pending(row));
    page_fieldf(page, "pending", ROLE_text, "%s claimed, not yet acknowledged", value.bytes);
    if (pool->has_oldest)
        page_moment(page, "oldest", pool->oldest_queued_ms);
    page_trend(page, "depth trend", &pool->depth_trend);
    page_moment(page, "read", pool->stats_at_ms);
    page_field(page, "error", ROLE_fail, pool->stats_error);
}

static void
access_add(struct text *out, const struct pool *pool)
{
    if (pool->work_access == WORK_NO_KEY)
        text_addf(out, "from sessions: work items need %s's environment key", pool->name);
    else if (pool->work_access == WORK_REFUSED)
        text_addf(out, "from sessions: %s's environment key was refused for listing", pool->name);
    else if (pool->work_access == WORK_PENDING)
        text_add(out, "work items not listed yet");
}

static void
page_work(struct page *page, const struct row *row)
{
    const struct pool *pool = row->data;
    TEXT(access, 256);

    page_section(page, "JOBS");
    if (pool->work_access == WORK_LISTED) {
        page_fieldf(page, "work items", ROLE_text,
                    "%" PRId64 " active, %" PRId64 " starting, %" PRId64 " stopping, %" PRId64
                    " queued",
                    pool->active, pool->starting, pool->stopping, pool->queued);
        page_moment(page, "listed", pool->work_at_ms);
    }
    access_add(&access, pool);
    if (access.n > 0)
        page_sentence(page, pool->work_access == WORK_REFUSED ? ROLE_warn : ROLE_info, ROLE_text,
                      access.bytes);
    page_field(page, "error", ROLE_fail, pool->work_error);
    page_jobs_of(page, pool->id, WORST_ROWS);
}

static int
draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame, const char *pool_id,
            int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};
    struct row row = {.frame = frame};

    row.data = pool_by_id(frame, pool_id, &row.index);
    if (!row.data) {
        page_sentence(&page, ROLE_stale, ROLE_text, "this pool is no longer there");
        return page.lines;
    }
    page_title(&page, mark(&row), name(&row), health(&row));
    if (page_findings(&page, pool_id) == 0)
        page_sentence(&page, ROLE_text, ROLE_text, judged(&row)->reason);
    page_queue(&page, &row);
    page_work(&page, &row);
    page_section(&page, "POOL");
    page_field(&page, "id", ROLE_text, pool_id);
    if (((const struct pool *)row.data)->is_archived)
        page_field(&page, "archived", ROLE_warn, "yes: it takes no new work");
    return page.lines;
}

static const enum source sources[] = {SOURCE_environments, SOURCE_stats};

const struct pane pane_pools = {
    .name = "pools",
    .title = "Worker pools",
    .digit = '1',
    .list = &list,
    .sources = sources,
    .n_sources = COUNT_OF(sources),
    .draw = draw,
    .draw_summary = draw_summary,
    .draw_detail = draw_detail,
};
