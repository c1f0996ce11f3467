#include "ui/events.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/hash.h"
#include "core/text.h"

enum {
    EVENTS_KEPT = 500,
    FINDINGS_WATCHED = 256,
    SUMMARY_MS = 60000,
    LINES_WATCHED = 256, /* kinds of lines in logs */
};

/* A finding that is there, by what it is about. */
struct seen_finding {
    uint64_t key;
    int64_t since_ms;
    char summary[160];
};

/* A kind of line in somebody's log. */
struct seen_line {
    uint64_t key;
    int64_t told_ms; /* of the line that was told last */
};

struct events {
    struct event ring[EVENTS_KEPT];
    size_t next, n;
    struct seen_finding finding[FINDINGS_WATCHED];
    size_t n_findings;
    struct seen_line line[LINES_WATCHED];
    size_t n_lines;
    enum source_state source[SOURCE_COUNT];
    uint64_t jobs_version; /* of the slot */
    bool is_settled;       /* when the jobs were last compared */
    uint64_t *jobs;        /* hashes of the ids of unfinished jobs, sorted */
    size_t n_jobs;
    size_t started, ended; /* in the summary that is still growing */
    struct event *summary; /* in the ring; NULL when the next change begins a new one */
};

struct events *
events_new(void)
{
    struct events *events = calloc(1, sizeof(*events));

    if (!events)
        die("out of memory");
    return events;
}

void
events_free(struct events *events)
{
    if (!events)
        return;
    free(events->jobs);
    free(events);
}

size_t
events_count(const struct events *events)
{
    return events->n;
}

const struct event *
events_at(const struct events *events, size_t back)
{
    if (back >= events->n)
        return NULL;
    return &events->ring[(events->next + EVENTS_KEPT - 1 - back) % EVENTS_KEPT];
}

static struct event *
note(struct events *events, int64_t at_ms, enum role role, const char *what)
{
    struct event *event = &events->ring[events->next];

    if (events->summary == event)
        events->summary = NULL;
    events->next = (events->next + 1) % EVENTS_KEPT;
    if (events->n < EVENTS_KEPT)
        events->n++;
    *event = (struct event){.at_ms = at_ms, .role = role};
    text_clean(event->what, sizeof(event->what), what, strlen(what));
    return event;
}

void
events_note(struct events *events, int64_t at_ms, enum role role, const char *what,
            const char *text)
{
    struct event *event = note(events, at_ms, role, what);

    text_clean(event->text, sizeof(event->text), text, strlen(text));
}

static uint64_t
finding_key(const struct finding *finding)
{
    const char *about = finding->subject_id[0] ? finding->subject_id : finding->subject;

    return hash_add(hash_add(HASH_START, finding->rule), about);
}

static enum role
finding_role(enum severity severity)
{
    static const enum role roles[] = {
        [SEVERITY_info] = ROLE_info,
        [SEVERITY_warn] = ROLE_warn,
        [SEVERITY_critical] = ROLE_fail,
    };

    return roles[severity];
}

static const struct seen_finding *
find_seen(const struct seen_finding *seen, size_t n, uint64_t key)
{
    for (size_t i = 0; i < n; i++)
        if (seen[i].key == key)
            return &seen[i];
    return NULL;
}

static void
note_finding(struct events *events, const struct finding *finding, int64_t now_ms)
{
    struct event *event = note(events, now_ms, finding_role(finding->severity), finding->rule);
    struct text out = {.bytes = event->text, .size = sizeof(event->text)};

    text_add(&out, finding->summary);
}

/* Gone from the list is not fixed when what it rests on cannot be read any more. */
static void
note_gone(struct events *events, const struct seen_finding *seen, bool is_certain, int64_t now_ms)
{
    struct event *event = note(events, now_ms, is_certain ? ROLE_ok : ROLE_stale,
                               is_certain ? "cleared" : "not judged now");
    struct text out = {.bytes = event->text, .size = sizeof(event->text)};

    text_add(&out, seen->summary);
    text_add(&out, ", after ");
    duration_add(&out, now_ms - seen->since_ms);
}

static bool
is_all_read(const struct snapshot *snapshot, int64_t now_ms)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (snapshot->source[i].state == SOURCE_STATE_error ||
            source_is_stale(&snapshot->source[i], now_ms))
            return false;
    return true;
}

static void
watch_findings(struct events *events, const struct snapshot *snapshot,
               const struct assessment *assessment, int64_t now_ms)
{
    struct seen_finding now[FINDINGS_WATCHED];
    bool is_new[FINDINGS_WATCHED] = {false};
    size_t n = 0;

    for (size_t i = 0; i < assessment->n_findings && n < FINDINGS_WATCHED; i++) {
        const struct finding *finding = &assessment->findings[i];
        uint64_t key = finding_key(finding);
        const struct seen_finding *seen = find_seen(events->finding, events->n_findings, key);

        now[n] = (struct seen_finding){.key = key, .since_ms = seen ? seen->since_ms : now_ms};
        text_clean(now[n].summary, sizeof(now[n].summary), finding->summary,
                   strlen(finding->summary));
        is_new[n++] = !seen;
    }
    for (size_t i = n; i-- > 0;) /* the worst last, so that it stands on top */
        if (is_new[i])
            note_finding(events, &assessment->findings[i], now_ms);
    for (size_t i = 0; i < events->n_findings; i++)
        if (!find_seen(now, n, events->finding[i].key))
            note_gone(events, &events->finding[i], is_all_read(snapshot, now_ms), now_ms);
    memcpy(events->finding, now, n * sizeof(*now));
    events->n_findings = n;
}

static void
watch_sources(struct events *events, const struct snapshot *snapshot, int64_t now_ms)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &snapshot->source[i];
        enum source_state before = events->source[i];

        events->source[i] = status->state;
        if (status->state == SOURCE_STATE_error && before != SOURCE_STATE_error) {
            struct event *event = note(events, now_ms, ROLE_stale, source_name((enum source)i));
            struct text out = {.bytes = event->text, .size = sizeof(event->text)};

            text_addf(&out, "lost: %s", status->error);
        }
        if (status->state == SOURCE_STATE_ok && before == SOURCE_STATE_error) {
            struct event *event = note(events, now_ms, ROLE_ok, source_name((enum source)i));
            struct text out = {.bytes = event->text, .size = sizeof(event->text)};

            text_addf(&out, "back: %s", source_what((enum source)i));
        }
    }
}

static int
order_hashes(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static uint64_t *
hash_jobs(const struct snapshot *snapshot, size_t *out_n)
{
    size_t n, kept = 0;
    const struct job *jobs = snapshot_jobs(snapshot, &n);
    uint64_t *hashes = calloc(n ? n : 1, sizeof(*hashes));

    if (!hashes)
        die("out of memory");
    for (size_t i = 0; i < n; i++)
        if (jobs[i].state_kind != JOB_STATE_stopped)
            hashes[kept++] = hash_add(HASH_START, jobs[i].id);
    qsort(hashes, kept, sizeof(*hashes), order_hashes);
    *out_n = kept;
    return hashes;
}

/* How many of a are not in b; both are sorted. */
static size_t
count_missing(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    size_t missing = 0, j = 0;

    for (size_t i = 0; i < na; i++) {
        while (j < nb && b[j] < a[i])
            j++;
        missing += j >= nb || b[j] != a[i];
    }
    return missing;
}

/* One line for a minute of starts and ends, growing while it is young. */
static void
summarise_jobs(struct events *events, size_t started, size_t ended, int64_t now_ms)
{
    struct text out;

    if (started == 0 && ended == 0)
        return;
    if (!events->summary || now_ms - events->summary->at_ms > SUMMARY_MS) {
        events->started = events->ended = 0;
        events->summary = note(events, now_ms, ROLE_dim, "jobs");
    }
    events->started += started;
    events->ended += ended;
    out = (struct text){.bytes = events->summary->text, .size = sizeof(events->summary->text)};
    text_addf(&out, "%zu started, %zu ended", events->started, events->ended);
}

/* Before every source was asked once, jobs only seem to start. */
static bool
is_settled(const struct snapshot *snapshot)
{
    size_t n;
    const struct service *service = snapshot_service(snapshot, &n);

    return n > 0 && service->is_settled;
}

static void
watch_jobs(struct events *events, const struct snapshot *snapshot, int64_t now_ms)
{
    uint64_t version = snapshot->slot[SLOT_jobs].version;
    size_t n;
    uint64_t *jobs;

    if (version == events->jobs_version)
        return;
    jobs = hash_jobs(snapshot, &n);
    if (events->is_settled)
        summarise_jobs(events, count_missing(jobs, n, events->jobs, events->n_jobs),
                       count_missing(events->jobs, events->n_jobs, jobs, n), now_ms);
    free(events->jobs);
    events->jobs = jobs;
    events->n_jobs = n;
    events->jobs_version = version;
    events->is_settled = is_settled(snapshot);
}

static struct seen_line *
find_line(struct events *events, uint64_t key)
{
    for (size_t i = 0; i < events->n_lines; i++)
        if (events->line[i].key == key)
            return &events->line[i];
    if (events->n_lines == LINES_WATCHED)
        return NULL;
    events->line[events->n_lines] = (struct seen_line){.key = key};
    return &events->line[events->n_lines++];
}

/* The same thing over and over is told once a minute; what was there long before us, never. */
static void
watch_log(struct events *events, const char *whose, const struct log_facts *log, int64_t now_ms)
{
    static const enum role roles[] = {
        [LOG_MOOD_good] = ROLE_ok,
        [LOG_MOOD_bad] = ROLE_warn,
        [LOG_MOOD_fatal] = ROLE_fail,
    };

    for (size_t i = log->n_seen; i-- > 0;) { /* the oldest first */
        const struct log_sighting *seen = &log->seen[i];
        enum log_mood mood = log_signal_mood(seen->signal);
        struct seen_line *line =
            find_line(events, hash_add(hash_add(HASH_START, whose), log_signal_name(seen->signal)));
        struct text out;

        if (!line || mood == LOG_MOOD_note || seen->last_ms - line->told_ms < SUMMARY_MS ||
            now_ms - seen->last_ms > SUMMARY_MS)
            continue;
        line->told_ms = seen->last_ms;
        out = (struct text){.size = sizeof(events->ring->text)};
        out.bytes = note(events, now_ms, roles[mood], "log")->text;
        text_addf(&out, "%s, its log: %s", whose, log_signal_meaning(seen->signal));
    }
}

static void
watch_logs(struct events *events, const struct snapshot *snapshot, int64_t now_ms)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(snapshot, &n);
    const struct proxy *proxies;

    for (size_t i = 0; i < n; i++)
        watch_log(events, connectors[i].name, &connectors[i].log, now_ms);
    proxies = snapshot_proxies(snapshot, &n);
    for (size_t i = 0; i < n; i++)
        watch_log(events, "proxy", &proxies[i].log, now_ms);
}

void
events_watch(struct events *events, const struct snapshot *snapshot,
             const struct assessment *assessment, int64_t now_ms)
{
    watch_sources(events, snapshot, now_ms);
    watch_jobs(events, snapshot, now_ms);
    watch_logs(events, snapshot, now_ms);
    watch_findings(events, snapshot, assessment, now_ms);
}

static void
draw_event(const struct event *event, struct canvas *canvas, struct rect line,
           const struct frame *frame)
{
    enum { AT_GLYPH = 9, AT_WHAT = 11, AT_TEXT = 37, AT_TEXT_NARROW = 11, NARROW = 90 };
    int at_text = line.w < NARROW ? AT_TEXT_NARROW : AT_TEXT;
    TEXT(when, 16);

    time_of_day_add(&when, event->at_ms);
    canvas_text(canvas, line.x, line.y, 8, ROLE_dim, when.bytes);
    canvas_text(canvas, line.x + AT_GLYPH, line.y, 1, event->role,
                glyph(frame->theme, frame->is_ascii, event->role));
    if (line.w >= NARROW)
        canvas_text(canvas, line.x + AT_WHAT, line.y, AT_TEXT - AT_WHAT - 1, ROLE_dim, event->what);
    canvas_text(canvas, line.x + at_text, line.y, line.w - at_text, ROLE_text, event->text);
}

void
events_draw(const struct events *events, struct canvas *canvas, struct rect r,
            const struct frame *frame, int scroll)
{
    if (events->n == 0)
        canvas_text(canvas, r.x + 1, r.y, r.w - 1, ROLE_dim, "nothing has changed yet");
    for (int i = 0; i < r.h; i++) {
        const struct event *event = events_at(events, (size_t)(scroll + i));

        if (!event)
            break;
        draw_event(event, canvas, (struct rect){r.x + 1, r.y + i, r.w - 2, 1}, frame);
    }
}
