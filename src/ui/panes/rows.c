#include "ui/panes/rows.h"

#include <string.h>

#include "core/text.h"

const struct pool_judgement *
pool_judged(const struct frame *frame, size_t index)
{
    return &frame->assessment->pools[index];
}

const struct job_judgement *
job_judged(const struct frame *frame, size_t index)
{
    return &frame->assessment->jobs[index];
}

/* Worst first: what is lost before what waits. */
static const enum job_flag by_weight[] = {
    JOB_FLAG_failed_turn, JOB_FLAG_stale_heartbeat, JOB_FLAG_stuck_stopping, JOB_FLAG_bounced,
    JOB_FLAG_orphaned,    JOB_FLAG_starting_long,   JOB_FLAG_waiting_human,  JOB_FLAG_slot_held,
    JOB_FLAG_retrying,    JOB_FLAG_budget,          JOB_FLAG_refused,
};

_Static_assert(COUNT_OF(by_weight) == JOB_FLAG_COUNT, "every flag has its weight");

enum job_flag
job_worst_flag(const struct job_judgement *judgement)
{
    for (size_t i = 0; i < COUNT_OF(by_weight); i++)
        if (judgement->flags & (1u << by_weight[i]))
            return by_weight[i];
    return JOB_FLAG_COUNT;
}

const char *
job_state_words(const struct job *job)
{
    if (job->from == JOB_FROM_SESSION)
        return "session";
    return job->state;
}

static const struct {
    const char *stop_reason, *words; /* facts/management-api.md 7.3 */
} reasons[] = {
    {"end_turn", "turn ended"},
    {"retries_exhausted", "retries used up"},
    {"budget_reached", "budget reached"},
    {"refusal", "refused"},
};

static const char *
idle_words(const struct job *job)
{
    if (job->wait == JOB_WAIT_human)
        return "waits for you";
    if (job->wait == JOB_WAIT_worker)
        return "waits for worker";
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (strcmp(reasons[i].stop_reason, job->stop_reason) == 0)
            return reasons[i].words;
    return job->stop_reason[0] ? job->stop_reason : job->session_status;
}

const char *
job_session_words(const struct job *job)
{
    return strcmp(job->session_status, "idle") == 0 ? idle_words(job) : job->session_status;
}

const struct pool *
pool_by_id(const struct frame *frame, const char *id, size_t *index)
{
    size_t n;
    const struct pool *pools = snapshot_pools(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(pools[i].id, id) != 0)
            continue;
        *index = i;
        return &pools[i];
    }
    return NULL;
}

enum role
finding_role(const struct frame *frame, const char *subject_id, const char *rule)
{
    const struct assessment *assessment = frame->assessment;

    for (size_t i = 0; i < assessment->n_findings; i++) /* worst first */
        if (strcmp(assessment->findings[i].subject_id, subject_id) == 0 &&
            strncmp(assessment->findings[i].rule, rule, strlen(rule)) == 0)
            return severity_role(assessment->findings[i].severity);
    return ROLE_text;
}

const struct job *
job_by_id(const struct frame *frame, const char *id, size_t *index)
{
    size_t n;
    const struct job *jobs = snapshot_jobs(frame->snapshot, &n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(jobs[i].id, id) != 0)
            continue;
        *index = i;
        return &jobs[i];
    }
    return NULL;
}

void
page_flags(struct page *page, const struct job_judgement *judgement)
{
    enum severity severity = judgement->severity;

    for (size_t i = 0; i < COUNT_OF(by_weight); i++) {
        TEXT(line, 200);

        if (!(judgement->flags & (1u << by_weight[i])))
            continue;
        text_addf(&line, "%s: %s", job_flag_word(by_weight[i]), job_flag_what(by_weight[i]));
        page_sentence(page, severity == SEVERITY_info ? ROLE_info : severity_role(severity),
                      ROLE_text, line.bytes);
    }
}

bool
page_judgement(struct page *page, const char *id)
{
    size_t index;

    if (job_by_id(page->frame, id, &index) && job_judged(page->frame, index)->flags) {
        page_flags(page, job_judged(page->frame, index));
        return true;
    }
    if (pool_by_id(page->frame, id, &index)) {
        const struct pool_judgement *judgement = pool_judged(page->frame, index);

        page_sentence(page,
                      judgement->severity == SEVERITY_info ? ROLE_info
                                                           : severity_role(judgement->severity),
                      ROLE_text, judgement->reason);
        return true;
    }
    return false;
}
