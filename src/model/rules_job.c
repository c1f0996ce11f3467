/* rules_job.c — what is wrong with a job, in words. */
#include <string.h>

#include "core/arena.h"
#include "model/judge.h"
#include "model/say.h"

enum { TITLE_CELLS = 40 };

/* The pool's workers are gone as a whole: its lost jobs merely follow. */
static bool
follows_from_pool(const struct judge *judge, size_t row, enum rule rule)
{
    size_t pool = judge->job_pool[row];

    return pool < judge->n_pools && judge->pool_judgements[pool].health == POOL_no_workers &&
           (rule == RULE_job_stale_heartbeat || rule == RULE_job_starting_too_long ||
            rule == RULE_job_orphaned || rule == RULE_job_bounced);
}

/* When what is wrong began; 0 when not known. */
static int64_t
since(const struct job *job, enum rule rule)
{
    switch (rule) {
    case RULE_job_stale_heartbeat:
        return job->heartbeat_ms;
    case RULE_job_stuck_stopping:
        return job->stop_requested_ms;
    case RULE_job_starting_too_long:
        return job->acknowledged_ms;
    case RULE_job_bounced:
        return job->bounced_ms;
    default:
        return job->idle_since_ms > 0 ? job->idle_since_ms : job->session_updated_ms;
    }
}

void
suspect_jobs(struct judge *judge)
{
    for (size_t row = 0; row < judge->n_jobs; row++) {
        enum rule rule = judge->job_rules[row];
        int64_t since_ms;

        if (rule == RULE_COUNT || follows_from_pool(judge, row, rule))
            continue;
        since_ms = since(&judge->jobs[row], rule);
        suspect_as(judge, judge->job_judgements[row].severity, rule, row,
                   since_ms > 0 ? judge->now_ms - since_ms : 0);
    }
}

/* ---- in words ---- */

static const char *
say_job(struct judge *judge, const struct job *job)
{
    if (job->title[0])
        return arena_printf(judge->arena, "\"%s\"",
                            say_short(judge->arena, job->title, TITLE_CELLS));
    return job->session_id[0] ? job->session_id : job->id;
}

/* Names the job; the pool comes with it, because that is where somebody must look. */
static const struct job *
subject(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = &judge->jobs[suspicion->row];

    out->subject =
        job->title[0] ? say_short(judge->arena, job->title, TITLE_CELLS) : say_job(judge, job);
    out->subject_id = job->id;
    out->since_ms = since(job, suspicion->rule);
    return job;
}

static const char *
say_pool(const struct job *job)
{
    return job->pool_name[0] ? job->pool_name : "its pool";
}

static const char *
say_since(struct judge *judge, int64_t since_ms)
{
    return say_duration(judge->arena, judge->now_ms - since_ms);
}

static void
add_item(struct judge *judge, const struct job *job, struct finding *out)
{
    if (job->from == JOB_FROM_SESSION)
        evidence_add(judge, out, "session %s; no work item is visible", job->session_id);
    else
        evidence_add(judge, out, "work item %s is %s, of session %s", job->id,
                     job->state[0] ? job->state : "in an unknown state", job->session_id);
    if (job->session_status[0])
        evidence_add(judge, out, "the session is %s%s%s", job->session_status,
                     job->stop_reason[0] ? ", " : "", job->stop_reason);
    if (job->last_error[0])
        evidence_add(judge, out, "its last error: %s", job->last_error);
}

/* Is it this worker or the whole pool? The question that decides where to look. */
static void
add_neighbours(struct judge *judge, size_t row, struct finding *out)
{
    size_t pool_row = judge->job_pool[row];
    const struct pool_jobs *jobs;

    if (pool_row >= judge->n_pools)
        return;
    jobs = &judge->pool_jobs[pool_row];
    if (jobs->live > 0)
        evidence_add(judge, out, "%s of %s beat%s: it is this worker, not the pool",
                     say_count(judge->arena, jobs->live, "other job"), judge->pools[pool_row].name,
                     jobs->live == 1 ? "s" : "");
    else if (judge->pools[pool_row].workers_polling > 0)
        evidence_add(judge, out, "other workers of %s poll: it is this worker, not the pool",
                     judge->pools[pool_row].name);
    else if (jobs->lost > 1)
        evidence_add(judge, out, "no job of %s beats: its whole host or network may be gone",
                     judge->pools[pool_row].name);
}

void
explain_job_stale_heartbeat(struct judge *judge, const struct suspicion *suspicion,
                            struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);
    bool is_gone = judge->now_ms - job->heartbeat_ms >= judge->thresholds->heartbeat_gone_ms;

    out->summary =
        arena_printf(judge->arena,
                     is_gone ? "%s on %s: no heartbeat for %s, its lease is surely gone"
                             : "%s on %s: no heartbeat for %s, its worker hangs or is gone",
                     say_job(judge, job), say_pool(job), say_since(judge, job->heartbeat_ms));
    evidence_add(judge, out, "last heartbeat %s; workers beat every 30 s at most",
                 say_time(judge->arena, job->heartbeat_ms));
    add_neighbours(judge, suspicion->row, out);
    add_item(judge, job, out);
    out->next_step =
        arena_printf(judge->arena,
                     "look for the worker on the hosts of %s; when its lease ends, the "
                     "job is queued again and its open tool call runs once more",
                     say_pool(job));
}

void
explain_job_starting_too_long(struct judge *judge, const struct suspicion *suspicion,
                              struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    out->summary =
        arena_printf(judge->arena, "%s on %s: claimed %s ago, and no first heartbeat",
                     say_job(judge, job), say_pool(job), say_since(judge, job->acknowledged_ms));
    evidence_add(judge, out,
                 "acknowledged %s; the first heartbeat comes at once, or when the "
                 "container has started",
                 say_time(judge->arena, job->acknowledged_ms));
    add_neighbours(judge, suspicion->row, out);
    add_item(judge, job, out);
    out->next_step = arena_printf(judge->arena,
                                  "see on %s whether the worker's container starts: image pull, "
                                  "quota, or the --on-work script",
                                  say_pool(job));
}

void
explain_job_stuck_stopping(struct judge *judge, const struct suspicion *suspicion,
                           struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);
    bool has_beat = job->heartbeat_ms > job->stop_requested_ms;

    out->summary =
        arena_printf(judge->arena, "%s on %s: asked to stop %s ago, and not confirmed",
                     say_job(judge, job), say_pool(job), say_since(judge, job->stop_requested_ms));
    if (job->heartbeat_ms > 0)
        evidence_add(judge, out, "last heartbeat %s ago, %s the request to stop: its worker %s",
                     say_since(judge, job->heartbeat_ms), has_beat ? "after" : "before",
                     has_beat ? "lives and does not obey" : "is likely gone");
    evidence_add(judge, out, "a worker learns of a stop within 30 s and drains within 30 s more");
    add_neighbours(judge, suspicion->row, out);
    add_item(judge, job, out);
    out->next_step = arena_printf(
        judge->arena,
        "stop it by force: ant beta:environments:work stop --environment-id %s --work-id %s "
        "--force; a process that still runs on the worker is not ended by it",
        job->pool_id, job->id);
}

void
explain_job_bounced(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    if (job->bounces > 1)
        out->summary =
            arena_printf(judge->arena,
                         "%s on %s: lost its lease %" PRIu32 " times within the hour; its tools "
                         "may run more than once",
                         say_job(judge, job), say_pool(job), job->bounces);
    else
        out->summary = arena_printf(
            judge->arena,
            "%s on %s: lost its lease and was queued again; its open tool call may run twice",
            say_job(judge, job), say_pool(job));
    if (job->bounced_ms > 0)
        evidence_add(judge, out, "seen at %s, %s ago", say_time(judge->arena, job->bounced_ms),
                     say_since(judge, job->bounced_ms));
    if (job->state_kind == JOB_STATE_queued && job->acknowledged_ms > 0)
        evidence_add(judge, out, "it waits in the queue, although a worker took it at %s",
                     say_time(judge->arena, job->acknowledged_ms));
    add_neighbours(judge, suspicion->row, out);
    add_item(judge, job, out);
    out->next_step = arena_printf(
        judge->arena,
        "find out why the worker went silent on %s: killed, out of memory, or cut off from the "
        "API; then check what its last tool call changed",
        say_pool(job));
}

void
explain_job_orphaned(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    out->summary = arena_printf(
        judge->arena, "%s on %s: its session has waited %s for a worker, and none will be sent",
        say_job(judge, job), say_pool(job), say_since(judge, out->since_ms));
    add_item(judge, job, out);
    evidence_add(judge, out, "the pool's list has no unfinished work item for this session");
    out->next_step =
        arena_printf(judge->arena, "send the session %s a message, which queues a new work item",
                     job->session_id);
}

void
explain_job_waiting_human(struct judge *judge, const struct suspicion *suspicion,
                          struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);
    bool holds_slot = job->state_kind == JOB_STATE_active;

    out->summary = arena_printf(judge->arena, "%s on %s: has waited %s for a person's answer%s",
                                say_job(judge, job), say_pool(job), say_since(judge, out->since_ms),
                                holds_slot ? ", and keeps its worker meanwhile" : "");
    add_item(judge, job, out);
    evidence_add(judge, out, "nothing is broken: an approval or a custom tool's result is missing");
    out->next_step = arena_printf(judge->arena, "approve or answer it in session %s%s%s",
                                  job->session_id, job->agent[0] ? ", agent " : "", job->agent);
}

void
explain_job_slot_held(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    out->summary =
        arena_printf(judge->arena, "%s on %s: has waited %s and keeps a worker's only slot",
                     say_job(judge, job), say_pool(job), say_since(judge, out->since_ms));
    add_item(judge, job, out);
    evidence_add(judge, out, "a worker never gives up a session that waits for an action");
    out->next_step = arena_printf(judge->arena,
                                  "answer session %s, or stop the work item to free the worker; "
                                  "the session keeps its place",
                                  job->session_id);
}

void
explain_job_failed_turn(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    out->summary = arena_printf(judge->arena, "%s on %s: its last turn failed for good%s%s",
                                say_job(judge, job), say_pool(job), job->last_error[0] ? ": " : "",
                                say_short(judge->arena, job->last_error, 80));
    add_item(judge, job, out);
    evidence_add(judge, out, "the service used up its retries; it will not go on by itself");
    out->next_step = arena_printf(judge->arena,
                                  "read the last events of session %s; a new message starts the "
                                  "next turn",
                                  job->session_id);
}

void
explain_job_retrying(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    out->summary =
        arena_printf(judge->arena, "%s on %s: the service has been retrying it for %s",
                     say_job(judge, job), say_pool(job), say_since(judge, out->since_ms));
    add_item(judge, job, out);
    out->next_step = "wait, and see the service's status page: it retries by itself";
}

void
explain_job_budget(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    out->summary = arena_printf(judge->arena, "%s on %s: paused at its budget", say_job(judge, job),
                                say_pool(job));
    if (job->cost_cents >= 0 && job->budget_cents >= 0)
        evidence_add(judge, out, "spent $%" PRId64 ".%02" PRId64 " of $%" PRId64 ".%02" PRId64,
                     job->cost_cents / 100, job->cost_cents % 100, job->budget_cents / 100,
                     job->budget_cents % 100);
    add_item(judge, job, out);
    out->next_step = arena_printf(
        judge->arena, "raise the budget of session %s, or remove it for good", job->session_id);
}

void
explain_job_refused(struct judge *judge, const struct suspicion *suspicion, struct finding *out)
{
    const struct job *job = subject(judge, suspicion, out);

    out->summary = arena_printf(judge->arena, "%s on %s: the model declined its last turn",
                                say_job(judge, job), say_pool(job));
    add_item(judge, job, out);
    out->next_step =
        arena_printf(judge->arena, "read why in session %s; a new message starts the next turn",
                     job->session_id);
}
