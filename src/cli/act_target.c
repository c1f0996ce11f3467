#include "cli/act_target.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum { MOST_NAMED = 6, NEAR = 3, LIST_BYTES = 240 };

/* One thing that can be meant. */
struct candidate {
    const char *id, *name, *other_id; /* other_id: also names it; "" */
};

/* Fills the ith candidate; false when there are no more. */
typedef bool candidate_at(const struct snapshot *snapshot, size_t i, struct candidate *out);

static bool
pool_at(const struct snapshot *snapshot, size_t i, struct candidate *out)
{
    size_t n;
    const struct pool *pools = snapshot_pools(snapshot, &n);

    if (i < n)
        *out = (struct candidate){pools[i].id, pools[i].name, ""};
    return i < n;
}

/* A session has one work item after the other; those that have stopped are found by their id. */
static bool
job_at(const struct snapshot *snapshot, size_t i, struct candidate *out)
{
    size_t n;
    const struct job *jobs = snapshot_jobs(snapshot, &n);
    bool is_past = i < n && jobs[i].state_kind == JOB_STATE_stopped;

    if (i < n)
        *out = (struct candidate){jobs[i].id, is_past ? "" : jobs[i].title,
                                  is_past ? "" : jobs[i].session_id};
    return i < n;
}

static bool
connector_at(const struct snapshot *snapshot, size_t i, struct candidate *out)
{
    size_t n;
    const struct connector *connectors = snapshot_connectors(snapshot, &n);

    if (i < n)
        *out = (struct candidate){connectors[i].url, connectors[i].name, ""};
    return i < n;
}

static const struct {
    const char *object;
    candidate_at *at;
} kinds[] = {{"pool", pool_at}, {"job", job_at}, {"connector", connector_at}};

static candidate_at *
walk_of(const char *object)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].object, object) == 0)
            return kinds[i].at;
    return NULL;
}

/* ---- what is asked of a candidate ---- */

typedef bool is_meant(const struct candidate *candidate, const char *name);

static bool
has_id(const struct candidate *candidate, const char *name)
{
    return strcmp(candidate->id, name) == 0;
}

static bool
has_name(const struct candidate *candidate, const char *name)
{
    return name[0] &&
           (strcmp(candidate->name, name) == 0 || strcmp(candidate->other_id, name) == 0);
}

static bool
is_near(const struct candidate *candidate, const char *name)
{
    return text_contains(candidate->name, name) || text_contains(candidate->id, name) ||
           text_distance(candidate->name, name) <= NEAR;
}

static bool
is_any(const struct candidate *candidate, const char *name)
{
    (void)candidate, (void)name;
    return true;
}

/* How many there are; the first ones go to the list, "eu-west (env_1), …". */
static size_t
count(const struct snapshot *snapshot, candidate_at *at, is_meant *is, const char *name,
      const char **id, struct text *list)
{
    struct candidate candidate;
    size_t n = 0;

    for (size_t i = 0; at(snapshot, i, &candidate); i++) {
        if (!is(&candidate, name))
            continue;
        if (n++ == 0)
            *id = candidate.id;
        if (n > MOST_NAMED)
            continue;
        text_add(list, n > 1 ? ", " : "");
        text_add_cells(list, candidate.name[0] ? candidate.name : candidate.id, 32, "…");
        if (candidate.name[0])
            text_addf(list, " (%.60s)", candidate.id);
    }
    if (n > MOST_NAMED)
        text_addf(list, " and %zu more", n - MOST_NAMED);
    return n;
}

static bool
refuse(const struct snapshot *snapshot, candidate_at *at, const char *object, const char *name,
       struct err *err)
{
    const char *id;
    TEXT(list, LIST_BYTES);

    if (count(snapshot, at, is_near, name, &id, &list) > 0)
        return err_set(err, ERR_USAGE, "no %s is called \"%.60s\"; near it: %s", object, name,
                       list.bytes);
    if (count(snapshot, at, is_any, name, &id, &list) > 0)
        return err_set(err, ERR_USAGE, "no %s is called \"%.60s\"; there are: %s", object, name,
                       list.bytes);
    return err_set(err, ERR_USAGE, "no %s is called \"%.60s\"; none is known", object, name);
}

bool
act_target_find(const struct snapshot *snapshot, const char *object, const char *name,
                const char **id, struct err *err)
{
    candidate_at *at = walk_of(object);
    TEXT(same, LIST_BYTES);
    size_t n;

    if (!at)
        return err_set(err, ERR_USAGE, "a %s cannot be named here", object);
    if (count(snapshot, at, has_id, name, id, &same) > 0)
        return true;
    text_clear(&same);
    n = count(snapshot, at, has_name, name, id, &same);
    if (n == 1)
        return true;
    if (n > 1)
        return err_set(err, ERR_USAGE, "%zu %ss are called \"%.60s\"; say which by its id: %s", n,
                       object, name, same.bytes);
    return refuse(snapshot, at, object, name, err);
}
