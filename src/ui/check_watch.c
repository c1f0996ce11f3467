#include "ui/check_watch.h"

#include <stdlib.h>

#include "core/die.h"
#include "core/hash.h"
#include "core/text.h"
#include "ui/words.h"

enum { LINE_BYTES = 200 };

struct seen_check {
    uint64_t key;
    enum check_verdict verdict;
    enum check_stage failed_stage;
};

void
check_watch_free(struct check_watch *watch)
{
    free(watch->seen);
    watch->seen = NULL;
}

static struct seen_check
see(const struct check *check)
{
    TEXT(id, LINE_BYTES);

    check_id_add(&id, check->target, check->protocol, check->family);
    return (struct seen_check){hash_add(HASH_START, id.bytes), check->verdict, check->failed_stage};
}

/* NULL when it was not measured then. */
static const struct seen_check *
before(const struct check_watch *watch, const struct seen_check *now)
{
    for (size_t i = 0; i < watch->n_seen; i++)
        if (watch->seen[i].key == now->key)
            return &watch->seen[i];
    return NULL;
}

static bool
is_news(const struct check_watch *watch, const struct check *check)
{
    const struct seen_check now = see(check), *then = before(watch, &now);

    return check->at_ms > 0 && then &&
           (then->verdict != now.verdict || then->failed_stage != now.failed_stage);
}

static void
tell(struct events *events, const struct check *check, int64_t now_ms)
{
    TEXT(line, LINE_BYTES);

    check_line_add(&line, check);
    events_note(events, now_ms, verdict_role(check->verdict), "check", line.bytes);
}

/* What changes together has one reason, as a rule: a line for each would push all else away. */
static void
tell_together(struct events *events, const struct check *worst, size_t n, int64_t now_ms)
{
    TEXT(line, LINE_BYTES);

    text_addf(&line, "%zu checks changed, among them ", n);
    check_line_add(&line, worst);
    events_note(events, now_ms, verdict_role(worst->verdict), "checks", line.bytes);
}

static int
badness(const struct check *check)
{
    return check->verdict == CHECK_fail ? 2 : check->verdict == CHECK_warn;
}

static void
remember(struct check_watch *watch, const struct check *checks, size_t n)
{
    watch->seen = realloc(watch->seen, (n ? n : 1) * sizeof(*watch->seen));
    if (!watch->seen)
        die("out of memory");
    watch->n_seen = 0;
    for (size_t i = 0; i < n; i++)
        if (checks[i].at_ms > 0)
            watch->seen[watch->n_seen++] = see(&checks[i]);
}

void
check_watch_look(struct check_watch *watch, const struct snapshot *snapshot, struct events *events,
                 int64_t now_ms)
{
    const struct check *worst = NULL, *checks;
    size_t n, changed = 0;

    if (snapshot->slot[SLOT_checks].version == watch->version)
        return;
    watch->version = snapshot->slot[SLOT_checks].version;
    checks = snapshot_checks(snapshot, &n);
    for (size_t i = 0; i < n; i++) {
        if (!is_news(watch, &checks[i]))
            continue;
        changed++;
        if (!worst || badness(&checks[i]) > badness(worst))
            worst = &checks[i];
    }
    if (changed > CHECKS_TOLD)
        tell_together(events, worst, changed, now_ms);
    for (size_t i = 0; changed <= CHECKS_TOLD && i < n; i++)
        if (is_news(watch, &checks[i]))
            tell(events, &checks[i], now_ms);
    remember(watch, checks, n);
}
