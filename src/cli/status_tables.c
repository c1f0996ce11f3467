/* status_tables.c — the rows of `status` for people, as tables; the worst rows first. */
#include <string.h>

#include "cli/page.h"
#include "core/clock.h"
#include "core/text.h"
#include "model/looks.h"

enum {
    TITLE_CELLS = 32,
    NOTE_CELLS = 60,
    MOST_ROWS = 40, /* of one table; the rest is counted */
    WORD_BYTES = 32,
};

static const char *
duration(char out[WORD_BYTES], int64_t ms)
{
    struct text text = {.bytes = out, .size = WORD_BYTES};

    text_clear(&text);
    if (ms >= 0)
        duration_add(&text, ms);
    return out;
}

static const char *
age(char out[WORD_BYTES], const struct page *page, int64_t since_ms)
{
    return duration(out, since_ms <= 0                     ? -1
                         : page->report->now_ms > since_ms ? page->report->now_ms - since_ms
                                                           : 0);
}

static void
number_cell(struct table *table, int64_t n)
{
    if (n < 0)
        table_cell(table, "%s", "");
    else
        table_cell(table, "%" PRId64, n);
}

/* Print, say how many rows were left out, free. */
static void
finish(const struct page *page, struct table *table, size_t n_left_out)
{
    table_print(page->out, table, page->marking);
    table_free(table);
    if (n_left_out > 0)
        fprintf(page->out, "    and %zu more; all of them: status --json\n", n_left_out);
}

static enum role
pool_role(const struct pool_judgement *judgement)
{
    if (judgement->health == POOL_unknown || judgement->health == POOL_archived)
        return ROLE_stale;
    return severity_role(judgement->severity);
}

static void
add_pool(const struct page *page, struct table *table, size_t row)
{
    const struct pool *pool =
        (const struct pool *)page->report->snapshot->slot[SLOT_pools].rows + row;
    const struct pool_judgement *judgement = &page->report->assessment->pools[row];
    char oldest[WORD_BYTES];

    table_row(table, pool_role(judgement));
    table_cell_short(table, pool->name, PAGE_NAME_CELLS);
    table_cell(table, "%s", pool_health_name(judgement->health));
    number_cell(table, pool->stats_at_ms > 0 ? pool->workers_polling : -1);
    number_cell(table, pool->active);
    number_cell(table, pool->stats_at_ms > 0 ? pool->depth : -1);
    number_cell(table, pool->stats_at_ms > 0 ? pool->pending : -1);
    table_cell(table, "%s", age(oldest, page, pool->has_oldest ? pool->oldest_queued_ms : 0));
    table_cell_short(table, judgement->reason, NOTE_CELLS);
}

void
page_pools(const struct page *page)
{
    static const char *const headings[] = {"POOL",     "HEALTH",  ">POLLING", ">ACTIVE", ">DEPTH",
                                           ">PENDING", ">OLDEST", "WHY",      NULL};
    const struct assessment *assessment = page->report->assessment;
    size_t n = page->report->snapshot->slot[SLOT_pools].n, shown = 0;
    struct table *table;

    if (n == 0)
        return;
    page_heading(page, "Worker pools");
    table = table_new(headings);
    for (int severity = SEVERITY_critical; severity >= SEVERITY_info; severity--)
        for (size_t i = 0; i < n && shown < MOST_ROWS; i++)
            if (assessment->pools[i].severity == (enum severity)severity) {
                add_pool(page, table, i);
                shown++;
            }
    finish(page, table, n - shown);
}

static void
add_job(const struct page *page, struct table *table, size_t row)
{
    const struct job *job = (const struct job *)page->report->snapshot->slot[SLOT_jobs].rows + row;
    const struct job_judgement *judgement = &page->report->assessment->jobs[row];
    char old[WORD_BYTES], beat[WORD_BYTES];
    TEXT(flags, TABLE_CELL_BYTES);

    for (int flag = 0; flag < JOB_FLAG_COUNT; flag++)
        if (judgement->flags >> flag & 1u)
            text_addf(&flags, "%s%s", flags.n > 0 ? ", " : "", job_flag_word((enum job_flag)flag));
    table_row(table, severity_role(judgement->severity));
    table_cell_short(table, job->title[0] ? job->title : job->session_id, TITLE_CELLS);
    table_cell_short(table, job->pool_name, PAGE_NAME_CELLS);
    table_cell_short(table, job->from == JOB_FROM_SESSION ? "(session)" : job->state,
                     PAGE_NAME_CELLS);
    table_cell(table, "%s", duration(old, job_age_ms(job, page->report->now_ms)));
    table_cell(table, "%s", duration(beat, job_heartbeat_age_ms(job, page->report->now_ms)));
    table_cell_short(table, job->session_status, PAGE_NAME_CELLS);
    table_cell_short(table, job->stop_reason, PAGE_NAME_CELLS);
    table_cell(table, "%s", flags.bytes);
}

void
page_jobs(const struct page *page)
{
    static const char *const headings[] = {"JOB",     "POOL",        "STATE", ">AGE", ">HEARTBEAT",
                                           "SESSION", "STOP REASON", "FLAGS", NULL};
    const struct assessment *assessment = page->report->assessment;
    size_t n = page->report->snapshot->slot[SLOT_jobs].n, shown = 0;
    struct table *table;

    if (n == 0)
        return;
    page_heading(page, "Jobs");
    table = table_new(headings);
    for (int severity = SEVERITY_critical; severity >= SEVERITY_info; severity--)
        for (size_t i = 0; i < n && shown < MOST_ROWS; i++)
            if (assessment->jobs[i].severity == (enum severity)severity) {
                add_job(page, table, i);
                shown++;
            }
    finish(page, table, n - shown);
}

/* The certificate that keeps the tunnel working longest. */
static void
certificate_cell(const struct page *page, struct table *table, const struct tunnel *tunnel)
{
    int64_t last_ms = 0;
    char left[WORD_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < tunnel->n_certificates; i++) {
        const struct certificate *certificate = &tunnel->certificates[i];

        if (certificate->is_archived)
            continue;
        n++;
        if (certificate->expires_ms > last_ms)
            last_ms = certificate->expires_ms;
    }
    if (tunnel->certificates_at_ms == 0)
        table_cell(table, "not read");
    else if (n == 0)
        table_cell(table, "none");
    else if (last_ms == 0)
        table_cell(table, "%zu, no expiry", n);
    else if (last_ms <= page->report->now_ms)
        table_cell(table, "%zu, expired", n);
    else
        table_cell(table, "%zu, %s left", n, duration(left, last_ms - page->report->now_ms));
}

void
page_tunnels(const struct page *page)
{
    static const char *const headings[] = {"TUNNEL", "DOMAIN", "CA CERTIFICATES", "ID", NULL};
    size_t n;
    const struct tunnel *tunnels = snapshot_tunnels(page->report->snapshot, &n);
    struct table *table;

    if (n == 0)
        return;
    page_heading(page, "Tunnels");
    table = table_new(headings);
    for (size_t i = 0; i < n; i++) {
        table_row(table, tunnels[i].is_archived
                             ? ROLE_stale
                             : severity_role(page->report->assessment->tunnels[i]));
        table_cell_short(table, tunnels[i].name, PAGE_NAME_CELLS);
        table_cell_short(table, tunnels[i].domain, NOTE_CELLS);
        certificate_cell(page, table, &tunnels[i]);
        table_cell_short(table, tunnels[i].id, NOTE_CELLS);
    }
    finish(page, table, 0);
}

void
page_connectors(const struct page *page)
{
    static const char *const headings[] = {"CONNECTOR", "STATE", ">READY", "URL",
                                           "VERSION",   "ERROR", NULL};
    size_t n;
    const struct connector *connectors = snapshot_connectors(page->report->snapshot, &n);
    struct table *table;

    if (n == 0)
        return;
    page_heading(page, "Connectors");
    table = table_new(headings);
    for (size_t i = 0; i < n; i++) {
        table_row(table, connectors[i].state == CONNECTOR_unknown
                             ? ROLE_stale
                             : severity_role(page->report->assessment->connectors[i]));
        table_cell_short(table, connectors[i].name, PAGE_NAME_CELLS);
        table_cell(table, "%s", connector_state_name(connectors[i].state));
        number_cell(table, connectors[i].ready_connections);
        table_cell_short(table, connectors[i].url, NOTE_CELLS);
        table_cell_short(table, connectors[i].version, PAGE_NAME_CELLS);
        table_cell_short(table, connectors[i].error, NOTE_CELLS);
    }
    finish(page, table, 0);
}

static void
stages_cell(struct table *table, const struct check *check)
{
    TEXT(stages, TABLE_CELL_BYTES);

    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        if (check->stage_us[stage] < 0)
            continue;
        text_addf(&stages, "%s%s ", stages.n > 0 ? "  " : "",
                  check_stage_name((enum check_stage)stage));
        latency_add(&stages, check->stage_us[stage]);
    }
    table_cell(table, "%s", stages.bytes);
}

/* What a burst of datagrams said; "—" where none was sent. */
static void
loss_cells(struct table *table, const struct check *check)
{
    int64_t loss = check_loss(check), jitter_us = check_jitter_us(check);
    TEXT(jitter, TABLE_CELL_BYTES);

    if (check->burst.at_ms == 0) {
        table_cell(table, "—");
        table_cell(table, "—");
        return;
    }
    table_cell(table, "%.1f %%", (double)loss / 10);
    if (jitter_us >= 0)
        latency_add(&jitter, jitter_us);
    table_cell(table, "%s", jitter.n ? jitter.bytes : "—");
}

static bool
has_bursts(const struct check *checks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (checks[i].burst.at_ms > 0)
            return true;
    return false;
}

void
page_checks(const struct page *page)
{
    static const char *const few[] = {"CHECK", "PROTOCOL", "IP", "VERDICT", "STAGES", "NOTE", NULL};
    static const char *const all[] = {"CHECK", "PROTOCOL", "IP",   "VERDICT", "STAGES",
                                      ">LOSS", ">JITTER",  "NOTE", NULL};
    size_t n;
    const struct check *checks = snapshot_checks(page->report->snapshot, &n);
    struct table *table;

    if (n == 0)
        return;
    page_heading(page, "Connectivity");
    table = table_new(has_bursts(checks, n) ? all : few);
    for (size_t i = 0; i < n; i++) {
        table_row(table, verdict_role(checks[i].verdict));
        table_cell_short(table, checks[i].target, PAGE_NAME_CELLS);
        table_cell(table, "%s", checks[i].protocol);
        table_cell(table, "v%d", checks[i].family);
        table_cell(table, "%s", check_verdict_name(checks[i].verdict));
        stages_cell(table, &checks[i]);
        if (has_bursts(checks, n))
            loss_cells(table, &checks[i]);
        table_cell_short(table, checks[i].error[0] ? checks[i].error : checks[i].note, NOTE_CELLS);
    }
    finish(page, table, 0);
}

void
page_sources(const struct page *page)
{
    static const char *const headings[] = {"SOURCE", "STATE", ">AGE", "WHAT", "NOTE", NULL};
    struct table *table = table_new(headings);

    page_heading(page, "Sources");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &page->report->snapshot->source[i];
        bool is_old =
            status->state == SOURCE_STATE_ok && source_is_stale(status, page->report->now_ms);
        char old[WORD_BYTES];

        table_row(table, source_role(status, page->report->now_ms));
        table_cell(table, "%s", source_name((enum source)i));
        table_cell(table, "%s", is_old ? "stale" : source_state_name(status->state));
        table_cell(table, "%s", age(old, page, status->ok_at_ms));
        table_cell(table, "%s", source_what((enum source)i));
        table_cell_short(table, status->error, NOTE_CELLS);
    }
    finish(page, table, 0);
}
