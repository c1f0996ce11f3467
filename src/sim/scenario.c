#include "sim/scenario.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/yaml.h"
#include "sim/buffer.h"

enum { BASES_DEEPEST = 4, PATH_BYTES = 512 };

/* One key of a map and where its value goes. */
struct field {
    const char *name;
    enum { FIELD_INT, FIELD_BOOL, FIELD_NOT, FIELD_TEXT } kind; /* NOT: a bool, inverted */
    size_t offset;
    int64_t most;
};

#define POOL(field) offsetof(struct pool_plan, field)
static const struct field pool_fields[] = {
    {"name", FIELD_TEXT, POOL(name), 0},
    {"webhook", FIELD_BOOL, POOL(is_webhook), 0},
    {"key", FIELD_NOT, POOL(has_no_key), 0},
    {"archived", FIELD_BOOL, POOL(is_archived), 0},
    {"workers", FIELD_INT, POOL(workers), 10000},
    {"jobs", FIELD_INT, POOL(jobs), 10000},
    {"arrival", FIELD_INT, POOL(arrival), 86400},
    {"calls", FIELD_INT, POOL(calls), 1000000},
    {"patience", FIELD_INT, POOL(patience), 86400},
    {"queued", FIELD_INT, POOL(queued), 10000},
    {"queued_for", FIELD_INT, POOL(queued_for), 864000},
    {"asking", FIELD_INT, POOL(asking), 10000},
    {"asking_for", FIELD_INT, POOL(asking_for), 864000},
    {"starting", FIELD_INT, POOL(starting), 10000},
    {"starting_for", FIELD_INT, POOL(starting_for), 864000},
    {"deaf", FIELD_INT, POOL(deaf), 10000},
    {"stopping", FIELD_INT, POOL(stopping), 10000},
    {"stopping_for", FIELD_INT, POOL(stopping_for), 864000},
    {"bounced", FIELD_INT, POOL(bounced), 10000},
    {"silent", FIELD_INT, POOL(silent), 10000},
    {"silent_for", FIELD_INT, POOL(silent_for), 864000},
    {"stalling", FIELD_INT, POOL(stalling), 10000},
};

#define TUNNEL(field) offsetof(struct tunnel_plan, field)
static const struct field tunnel_fields[] = {
    {"name", FIELD_TEXT, TUNNEL(name), 0},
    {"certificates", FIELD_INT, TUNNEL(certificates), 2},
    {"expires_in", FIELD_INT, TUNNEL(expires_in), 36500},
    {"connectors", FIELD_INT, TUNNEL(connectors), 8},
};

#define STEP(field) offsetof(struct step, field)
static const struct field step_fields[] = {
    {"at", FIELD_INT, STEP(at), 864000},          {"pool", FIELD_TEXT, STEP(pool), 0},
    {"workers", FIELD_INT, STEP(workers), 1000},  {"jobs", FIELD_INT, STEP(jobs), 1000},
    {"arrival", FIELD_INT, STEP(arrival), 86400}, {"silent", FIELD_INT, STEP(silent), 1},
    {"fault", FIELD_TEXT, STEP(fault), 0},        {"on", FIELD_BOOL, STEP(on), 0},
};

#define CROWD(field) offsetof(struct crowd, field)
static const struct field crowd_fields[] = {
    {"pools", FIELD_INT, CROWD(pools), 10000},
    {"jobs", FIELD_INT, CROWD(jobs), 100000},
    {"unmanned", FIELD_INT, CROWD(unmanned), 10000},
    {"backlogged", FIELD_INT, CROWD(backlogged), 10000},
    {"silent", FIELD_INT, CROWD(silent), 100000},
};

struct fields {
    const struct field *rows;
    size_t n;
};

#define FIELDS(table) ((struct fields){table, COUNT_OF(table)})

/* What is being read: messages say FILE:LINE:COLUMN. */
struct reading {
    struct scenario *scenario;
    const char *const *folders;
    const char *path;
    int depth;
};

static bool
mistake(const struct reading *r, const struct yaml *at, struct err *err, const char *what)
{
    return err_set(err, ERR_CONFIG, "%s:%u:%u: %s%s%s", r->path, at->line, at->column, at->key,
                   at->key[0] ? ": " : "", what);
}

static bool
read_bool(const struct yaml *value, bool *out)
{
    *out = strcmp(value->value, "true") == 0;
    return *out || strcmp(value->value, "false") == 0;
}

static bool
read_field(const struct reading *r, const struct field *field, const struct yaml *value, void *into,
           struct err *err)
{
    void *target = (char *)into + field->offset;
    bool truth;

    if (value->kind != YAML_scalar)
        return mistake(r, value, err, "expected one value");
    if (field->kind == FIELD_TEXT) {
        *(const char **)target = arena_strdup(r->scenario->arena, value->value);
        return true;
    }
    if (field->kind == FIELD_INT) {
        int64_t *n = target;

        return (int_parse(value->value, n) && *n >= 0 && *n <= field->most) ||
               mistake(r, value, err, "expected a whole number in its range");
    }
    if (!read_bool(value, &truth))
        return mistake(r, value, err, "expected true or false");
    *(bool *)target = field->kind == FIELD_NOT ? !truth : truth;
    return true;
}

static bool
read_map(const struct reading *r, const struct yaml *map, struct fields fields, void *into,
         struct err *err)
{
    if (map->kind != YAML_map)
        return mistake(r, map, err, "expected a map");
    for (const struct yaml *m = map->first; m; m = m->next) {
        const struct field *field = NULL;

        for (size_t i = 0; i < fields.n && !field; i++)
            if (strcmp(fields.rows[i].name, m->key) == 0)
                field = &fields.rows[i];
        if (!field)
            return err_set(err, ERR_CONFIG, "%s:%u:%u: unknown key \"%.40s\"", r->path, m->key_line,
                           m->key_column, m->key);
        if (!read_field(r, field, m, into, err))
            return false;
    }
    return true;
}

/* The plan of that name in the list, or a new one of so many bytes; both begin with the name. */
static void *
plan_named(struct scenario *scenario, struct array *list, const char *name, size_t bytes)
{
    void *plan;

    for (size_t i = 0; i < list->n; i++)
        if (strcmp(*(const char **)list->items[i], name) == 0)
            return list->items[i];
    plan = arena_alloc(scenario->arena, bytes);
    array_add(list, plan);
    return plan;
}

static bool
read_pools(const struct reading *r, const struct yaml *list, struct err *err)
{
    for (const struct yaml *m = list->first; m; m = m->next) {
        const struct yaml *name = yaml_get(m, "name");
        struct pool_plan *plan;

        if (!name)
            return mistake(r, m, err, "expected a name");
        plan = plan_named(r->scenario, &r->scenario->pools, name->value, sizeof(*plan));
        if (!read_map(r, m, FIELDS(pool_fields), plan, err))
            return false;
    }
    return true;
}

static bool
read_tunnels(const struct reading *r, const struct yaml *list, struct err *err)
{
    for (const struct yaml *m = list->first; m; m = m->next) {
        const struct yaml *name = yaml_get(m, "name");
        struct tunnel_plan *plan;

        if (!name)
            return mistake(r, m, err, "expected a name");
        plan = plan_named(r->scenario, &r->scenario->tunnels, name->value, sizeof(*plan));
        if (!read_map(r, m, FIELDS(tunnel_fields), plan, err))
            return false;
    }
    return true;
}

static bool
read_timeline(const struct reading *r, const struct yaml *list, struct err *err)
{
    for (const struct yaml *m = list->first; m; m = m->next) {
        struct step *step = arena_alloc(r->scenario->arena, sizeof(*step));

        *step = (struct step){.workers = -1, .jobs = -1, .silent = -1, .arrival = -1, .on = true};
        if (!read_map(r, m, FIELDS(step_fields), step, err))
            return false;
        array_add(&r->scenario->timeline, step);
    }
    return true;
}

static bool
read_faults(const struct reading *r, const struct yaml *list, struct err *err)
{
    for (const struct yaml *m = list->first; m; m = m->next) {
        if (m->kind != YAML_scalar)
            return mistake(r, m, err, "expected the name of a fault");
        array_add(&r->scenario->faults, arena_strdup(r->scenario->arena, m->value));
    }
    return true;
}

static bool
read_switches(const struct reading *r, const struct yaml *map, struct err *err)
{
    for (const struct yaml *m = map->first; m; m = m->next) {
        struct err why = {0};

        if (!switches_set(&r->scenario->switches, m->key, m->value, &why))
            return err_set(err, ERR_CONFIG, "%s:%u:%u: %.200s", r->path, m->key_line, m->key_column,
                           why.message);
    }
    return true;
}

static bool
read_crowd(const struct reading *r, const struct yaml *map, struct err *err)
{
    return read_map(r, map, FIELDS(crowd_fields), &r->scenario->crowd, err);
}

static bool
read_about(const struct reading *r, const struct yaml *value, struct err *err)
{
    (void)err;
    r->scenario->about = arena_strdup(r->scenario->arena, value->value);
    return true;
}

static bool
read_hostile(const struct reading *r, const struct yaml *value, struct err *err)
{
    return read_bool(value, &r->scenario->is_hostile) ||
           mistake(r, value, err, "expected true or false");
}

static bool
read_budget(const struct reading *r, const struct yaml *value, struct err *err)
{
    int64_t *n = &r->scenario->requests_per_minute;

    return (int_parse(value->value, n) && *n >= 1 && *n <= 1000000) ||
           mistake(r, value, err, "expected 1 to 1000000");
}

static bool read_file(const struct reading *from, const char *name, struct err *err);

static bool
read_base(const struct reading *r, const struct yaml *value, struct err *err)
{
    if (r->depth >= BASES_DEEPEST)
        return mistake(r, value, err, "too many scenarios build on each other");
    return read_file(r, value->value, err);
}

static const struct {
    const char *key;
    enum yaml_kind kind;
    bool (*read)(const struct reading *r, const struct yaml *value, struct err *err);
} sections[] = {
    {"base", YAML_scalar, read_base}, /* first: the others change what it gave */
    {"about", YAML_scalar, read_about},
    {"hostile", YAML_scalar, read_hostile},
    {"requests_per_minute", YAML_scalar, read_budget},
    {"switches", YAML_map, read_switches},
    {"faults", YAML_list, read_faults},
    {"crowd", YAML_map, read_crowd},
    {"pools", YAML_list, read_pools},
    {"tunnels", YAML_list, read_tunnels},
    {"timeline", YAML_list, read_timeline},
};

static bool
is_section(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        if (strcmp(sections[i].key, key) == 0)
            return true;
    return false;
}

static bool
read_all(const struct reading *r, const struct yaml *root, struct err *err)
{
    for (const struct yaml *m = root->first; m; m = m->next)
        if (!is_section(m->key))
            return err_set(err, ERR_CONFIG, "%s:%u:%u: unknown key \"%.40s\"", r->path, m->key_line,
                           m->key_column, m->key);
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        const struct yaml *value = yaml_get(root, sections[i].key);

        if (!value)
            continue;
        if (value->kind != sections[i].kind)
            return mistake(r, value, err, "not of the expected kind");
        if (!sections[i].read(r, value, err))
            return false;
    }
    return true;
}

/* A path as it is, a name in the folders, the last that has it; NULL when there is no such file. */
static const char *
find_file(struct arena *arena, const char *name, const char *const *folders)
{
    size_t n = strlen(name);
    const char *found = NULL;

    if (n > 5 && strcmp(name + n - 5, ".yaml") == 0)
        return access(name, R_OK) == 0 ? name : NULL;
    if (strchr(name, '/'))
        return NULL;
    for (; folders && *folders; folders++) {
        const char *path = arena_printf(arena, "%s/%s.yaml", *folders, name);

        if (access(path, R_OK) == 0)
            found = path;
    }
    return found;
}

static int
is_scenario(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 5 && strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

/* The name that was probably meant, and where all of them are: more than a line has room for. */
static bool
say_unknown(struct arena *arena, const char *name, const char *const *folders, struct err *err)
{
    const char *nearest = NULL, *folder = NULL;
    size_t least = SIZE_MAX;

    for (; folders && *folders; folders++) {
        struct dirent **entries;
        int n = scandir(*folders, &entries, is_scenario, alphasort);

        for (int i = 0; i < n; i++) {
            const char *known =
                arena_strndup(arena, entries[i]->d_name, strlen(entries[i]->d_name) - 5);
            size_t distance = text_distance(known, name);

            if (distance < least) {
                least = distance;
                nearest = known;
                folder = *folders;
            }
            free(entries[i]);
        }
        if (n >= 0)
            free(entries);
    }
    if (!nearest)
        return err_set(err, ERR_USAGE, "--scenario: there is no \"%.40s\"; none is installed",
                       name);
    return err_set(err, ERR_USAGE,
                   "--scenario: there is no \"%.40s\"; nearest is %s, and all are in %.160s", name,
                   nearest, folder);
}

static bool
read_file(const struct reading *from, const char *name, struct err *err)
{
    struct reading r = *from;
    const struct yaml *root;

    r.depth++;
    r.path = find_file(r.scenario->arena, name, r.folders);
    if (!r.path)
        return say_unknown(r.scenario->arena, name, r.folders, err);
    root = yaml_load(r.scenario->arena, r.path, err);
    return root && read_all(&r, root, err);
}

struct scenario *
scenario_load(const char *name, const char *const *folders, struct err *err)
{
    struct scenario *scenario = zeroed(sizeof(*scenario));
    struct reading r = {.scenario = scenario, .folders = folders, .path = ""};

    scenario->arena = arena_new();
    scenario->name = arena_strdup(scenario->arena, name);
    scenario->about = "";
    scenario->requests_per_minute = 300;
    scenario->switches = switches_default();
    if (read_file(&r, name, err))
        return scenario;
    scenario_free(scenario);
    return NULL;
}

void
scenario_free(struct scenario *scenario)
{
    if (!scenario)
        return;
    array_free(&scenario->faults);
    array_free(&scenario->pools);
    array_free(&scenario->tunnels);
    array_free(&scenario->timeline);
    arena_free(scenario->arena);
    free(scenario);
}
