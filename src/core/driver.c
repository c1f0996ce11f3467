#include "core/driver.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/map.h"

/* regcomp doubles what stands before each +, so that their number bounds its work */
enum { MOST_PLUSES = 8, CONTROL_END = 0x20, DEL = 0x7f };

static const char worker_name[] = "worker";
static const char *const verb_names[DRIVER_VERBS] = {"list",  "drain",  "restart",
                                                     "start", "status", "logs"};

const char *
driver_verb_name(enum driver_verb verb)
{
    return verb < DRIVER_VERBS ? verb_names[verb] : "";
}

enum driver_verb
driver_verb_find(const char *name)
{
    int verb = 0;

    while (verb < DRIVER_VERBS && strcmp(verb_names[verb], name) != 0)
        verb++;
    return (enum driver_verb)verb;
}

unsigned
driver_verbs(const struct driver_use *use)
{
    unsigned bits = 0;

    for (int verb = 0; use && use->driver && verb < DRIVER_VERBS; verb++)
        if (use->driver->verbs[verb].n > 0)
            bits |= 1u << verb;
    return bits;
}

/* Caller frees with regfree. */
static bool
compile(const char *pattern, regex_t *out, struct err *err)
{
    size_t pluses = 0;
    int code;
    char why[80];

    for (const char *c = pattern; *c; c++) {
        pluses += *c == '+';
        if (*c == '{' || (*c == '\\' && c[1] >= '0' && c[1] <= '9'))
            return err_set(err, ERR_CONFIG, "a pattern has no counts {n} and no references \\1");
    }
    if (!*pattern || strlen(pattern) > DRIVER_LONGEST_PATTERN || pluses > MOST_PLUSES)
        return err_set(err, ERR_CONFIG, "expected a pattern of 1 to %d bytes with at most %d of +",
                       DRIVER_LONGEST_PATTERN, MOST_PLUSES);
    code = regcomp(out, pattern, REG_EXTENDED);
    if (code == 0)
        return true;
    regerror(code, out, why, sizeof(why));
    return err_set(err, ERR_CONFIG, "not a regular expression: %s", why);
}

bool
driver_pattern_is_valid(const char *pattern, struct err *err)
{
    regex_t compiled;

    if (!compile(pattern, &compiled, err))
        return false;
    regfree(&compiled);
    return true;
}

/* Whatever a pattern says: something, not endless, and no byte that ends a line or moves a cursor.
 */
static bool
is_plain(const char *value)
{
    size_t n = strlen(value);

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)value[i] < CONTROL_END || value[i] == DEL)
            return false;
    return n > 0 && n <= DRIVER_LONGEST_VALUE;
}

/* Does the pattern match all of the value? The leftmost longest match says it, whatever brackets
 * the pattern leaves open or closes too often. */
static bool
is_match(const regex_t *pattern, const char *value)
{
    regmatch_t match;

    return is_plain(value) && regexec(pattern, value, 1, &match, 0) == 0 && match.rm_so == 0 &&
           (size_t)match.rm_eo == strlen(value);
}

static bool
matches(const char *pattern, const char *value)
{
    regex_t compiled;
    bool does;

    if (!pattern || !compile(pattern, &compiled, NULL))
        return false;
    does = is_match(&compiled, value);
    regfree(&compiled);
    return does;
}

bool
driver_value_fits(const struct driver_field *field, const char *value, struct err *err)
{
    if (!*value)
        return err_set(err, ERR_CONFIG, "expected %s, found nothing", field->help);
    if (!is_plain(value))
        return err_set(err, ERR_CONFIG, "expected at most %d bytes without control characters",
                       DRIVER_LONGEST_VALUE);
    if (!matches(field->pattern, value))
        return err_set(err, ERR_CONFIG, "expected what matches %s, found \"%.60s\"", field->pattern,
                       value);
    return true;
}

bool
driver_is_worker(const struct driver *driver, const char *name)
{
    return matches(driver->worker_pattern, name);
}

static size_t
name_length(const char *s)
{
    return strspn(s, "abcdefghijklmnopqrstuvwxyz_");
}

const char *
driver_next_name(const char **text, size_t *n)
{
    for (const char *c = strchr(*text, '{'); c; c = strchr(c + strspn(c, "{"), '{')) {
        *n = name_length(c + 1);
        if (*n == 0 || c[1 + *n] != '}' || c[2 + *n] == '}')
            continue;
        *text = c + *n + 2;
        return c + 1;
    }
    return NULL;
}

/* One expansion. */
struct filling {
    const struct driver_use *use;
    const char *worker; /* NULL: for all */
    struct arena *arena;
    bool is_remote; /* behind the word that opens a remote shell */
};

static const char *
value_at(const struct driver_use *use, size_t i)
{
    const char *value = use->values ? use->values[i] : NULL;

    return value ? value : use->driver->fields[i].fallback;
}

/* NULL when nothing of that name has a value. */
static const char *
value_of(const struct filling *filling, const char *name, size_t n)
{
    const struct driver *driver = filling->use->driver;

    if (n == strlen(worker_name) && strncmp(name, worker_name, n) == 0)
        return filling->worker;
    for (size_t i = 0; i < driver->n_fields; i++)
        if (strlen(driver->fields[i].name) == n && strncmp(driver->fields[i].name, name, n) == 0)
            return value_at(filling->use, i);
    return NULL;
}

static bool
is_there(const struct filling *filling, const struct driver_word *word)
{
    for (size_t i = 0; word->when && word->when[i]; i++)
        if (!value_of(filling, word->when[i], strlen(word->when[i])))
            return false;
    for (size_t i = 0; word->unless && word->unless[i]; i++)
        if (value_of(filling, word->unless[i], strlen(word->unless[i])))
            return false;
    return true;
}

/* As one word of a POSIX shell. What needs no quotes gets none, so that the plan stays readable. */
static const char *
quote(struct arena *arena, const char *word)
{
    static const char harmless[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-";
    const char *quoted = "'";

    if (*word && *word != '=' && strspn(word, harmless) == strlen(word))
        return word;
    for (size_t n; *word; word += n) {
        n = strcspn(word, "'");
        quoted = arena_printf(arena, "%s%.*s%s", quoted, (int)n, word, word[n] ? "'\\''" : "");
        n += word[n] == '\'';
    }
    return arena_printf(arena, "%s'", quoted);
}

static const char *
fill(struct filling *filling, const struct driver_word *word, struct err *err)
{
    const char *filled = "", *text = word->text, *from = text, *name;
    size_t n;

    while ((name = driver_next_name(&text, &n))) {
        const char *value = value_of(filling, name, n);

        if (!value) {
            err_set(err, ERR_CONFIG, "%.*s has no value", (int)n, name);
            return NULL;
        }
        filled =
            arena_printf(filling->arena, "%s%.*s%s", filled, (int)(name - 1 - from), from, value);
        from = text;
    }
    filled = arena_printf(filling->arena, "%s%s", filled, from);
    if (*filled == '-' && *word->text != '-') {
        err_set(err, ERR_CONFIG, "\"%.60s\" would be read as an option", filled);
        return NULL;
    }
    return filling->is_remote ? quote(filling->arena, filled) : filled;
}

static bool
check_values(const struct driver_use *use, struct err *err)
{
    for (size_t i = 0; i < use->driver->n_fields; i++) {
        const struct driver_field *field = &use->driver->fields[i];
        const char *value = value_at(use, i);

        if (!value && field->is_required)
            return err_set(err, ERR_CONFIG, "%s is missing", field->name);
        if (value && !driver_value_fits(field, value, err))
            return err_context(err, "%s", field->name);
    }
    return true;
}

const char driver_any_worker[] = "{worker}";

static bool
check_worker(const struct driver_use *use, const struct driver_template *template,
             const char *worker, struct err *err)
{
    if (worker && !template->takes_worker)
        return err_set(err, ERR_CONFIG, "is for all workers, not for one");
    if (!worker && template->needs_worker)
        return err_set(err, ERR_CONFIG, "is for one worker, not for all");
    if (worker && worker != driver_any_worker && !driver_is_worker(use->driver, worker))
        return err_set(err, ERR_CONFIG, "no worker of this driver is called \"%.60s\"", worker);
    return true;
}

static bool
expand(const struct driver_use *use, const struct driver_template *template, const char *worker,
       struct arena *arena, const char *const **out, struct err *err)
{
    struct filling filling = {.use = use, .worker = worker, .arena = arena};
    const char **argv;
    size_t n = 0;

    if (template->n == 0)
        return err_set(err, ERR_CONFIG, "this driver cannot");
    if (!check_values(use, err) || !check_worker(use, template, worker, err))
        return false;
    argv = arena_array(arena, template->n + 1, sizeof(*argv));
    for (size_t i = 0; i < template->n; i++) {
        if (!is_there(&filling, &template->words[i]))
            continue;
        argv[n] = fill(&filling, &template->words[i], err);
        if (!argv[n++])
            return false;
        filling.is_remote = filling.is_remote || template->words[i].opens_remote_shell;
    }
    if (n == 0 || !*argv[0])
        return err_set(err, ERR_CONFIG, "no program is left to run");
    *out = argv;
    return true;
}

bool
driver_expand(const struct driver_use *use, enum driver_verb verb, const char *worker,
              struct arena *arena, const char *const **out, struct err *err)
{
    if (expand(use, &use->driver->verbs[verb], worker, arena, out, err))
        return true;
    return err_context(err, "%s: %s", use->driver->name, driver_verb_name(verb));
}

/* A copy of what a program printed; a NUL becomes another byte that no name may have. */
static const char *
copy_printed(struct arena *arena, const char *bytes, size_t n)
{
    char *text = arena_alloc(arena, n + 1);

    if (n > 0)
        memcpy(text, bytes, n);
    for (size_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = DEL;
    return text;
}

static size_t
count_lines(const char *text)
{
    size_t n = 1;

    while ((text = strchr(text, '\n'))) {
        text++;
        n++;
    }
    return n < DRIVER_MOST_WORKERS ? n : DRIVER_MOST_WORKERS;
}

struct driver_workers
driver_workers_read(const struct driver *driver, const char *bytes, size_t n, struct arena *arena)
{
    const char *text = copy_printed(arena, bytes, n);
    size_t room = count_lines(text);
    const char **names = arena_array(arena, room, sizeof(*names));
    struct driver_workers workers = {.names = names};
    struct map *seen;
    regex_t pattern;

    if (!driver->worker_pattern || !compile(driver->worker_pattern, &pattern, NULL))
        return workers;
    seen = map_new();
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        size_t space = strspn(text, " \t\r");
        const char *name = arena_strndup(arena, text + space, strcspn(text + space, " \t\r\n"));

        length = strcspn(text, "\n");
        if (!*name || map_get(seen, name))
            continue;
        map_set(seen, name, seen);
        if (workers.n < room && is_match(&pattern, name))
            names[workers.n++] = name;
        else
            workers.n_refused++;
    }
    map_free(seen);
    regfree(&pattern);
    return workers;
}
