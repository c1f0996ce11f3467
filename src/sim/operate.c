#include "sim/operate.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "sim/ask.h"
#include "sim/buffer.h"

/* What was asked for, from the command line. */
struct wish {
    const char *url, *name;
    const char *worker; /* NULL: all */
    const struct kind *kind;
};

static const struct kind {
    const char *name, *path;
    const char *orders, *list; /* below the path of one */
} kinds[] = {
    {"pool", "/sim/pools/", "/workers", "workers"},
    {"connector", "/sim/connectors/", "", NULL}, /* its own only instance */
};

static void
print_safely(FILE *out, const char *before, const char *foreign)
{
    TEXT(safe, 512);

    text_add(&safe, foreign);
    fprintf(out, "%s%s", before, safe.bytes);
}

static void
print_row(const struct wish *wish, const struct json *row, const char *const *members, FILE *out)
{
    if (wish->worker && strcmp(json_string(row, "name", ""), wish->worker) != 0)
        return;
    for (size_t i = 0; members[i]; i++)
        print_safely(out, i ? " " : "", json_string(row, members[i], "-"));
    fputc('\n', out);
}

static void
print_rows(const struct wish *wish, const struct json *answer, const char *const *members,
           bool with_down, FILE *out)
{
    const char *list = wish->kind->list;
    const struct json *row = list ? json_first(json_get(answer, list)) : answer;

    for (; row; row = list ? json_next(row) : NULL)
        if (with_down || strcmp(json_string(row, "state", ""), "down") != 0)
            print_row(wish, row, members, out);
}

/* What runs: a driver's list means that. */
static void
print_list(const struct wish *wish, const struct json *answer, FILE *out)
{
    static const char *const members[] = {"name", "state", NULL};

    print_rows(wish, answer, members, false, out);
}

static void
print_status(const struct wish *wish, const struct json *answer, FILE *out)
{
    static const char *const members[] = {"name", "state", "id", "work_id", NULL};

    print_rows(wish, answer, members, true, out);
}

/* Lines of a pool say "TIME WORKER: WORDS". */
static void
print_logs(const struct wish *wish, const struct json *answer, FILE *out)
{
    const struct json *line = json_first(json_get(answer, "lines"));
    size_t n = wish->worker ? strlen(wish->worker) : 0;

    for (; line; line = json_next(line)) {
        const char *text = json_as_string(line, ""), *subject = strchr(text, ' ');

        if (wish->worker &&
            (!subject || strncmp(subject + 1, wish->worker, n) != 0 || subject[1 + n] != ':'))
            continue;
        print_safely(out, "", text);
        fputc('\n', out);
    }
}

static const struct verb {
    const char *name;
    bool is_order;
    const char *below; /* the kind's path; NULL: where its orders go */
    void (*print)(const struct wish *wish, const struct json *answer, FILE *out);
} verbs[] = {
    {"list", false, NULL, print_list},    {"status", false, NULL, print_status},
    {"logs", false, "/logs", print_logs}, {"drain", true, NULL, NULL},
    {"restart", true, NULL, NULL},        {"start", true, NULL, NULL},
};

/* RFC 3986 2.3: what may stand as it is. */
static void
add_encoded(struct buffer *out, const char *s)
{
    for (; *s; s++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", *s))
            buffer_addn(out, s, 1);
        else
            buffer_addf(out, "%%%02X", (unsigned)(unsigned char)*s);
}

static char *
body_of(const struct verb *verb, const struct wish *wish)
{
    struct json *body = json_new_object();
    char *text;

    json_add_string(body, "verb", verb->name);
    if (wish->worker)
        json_add_string(body, "worker", wish->worker);
    text = json_print(body, false);
    json_free(body);
    return text;
}

static bool
carry_out(const struct verb *verb, const struct wish *wish, FILE *out, struct err *err)
{
    struct buffer path = {0};
    char *body = verb->is_order ? body_of(verb, wish) : NULL;
    struct json *answer;

    buffer_add(&path, wish->kind->path);
    add_encoded(&path, wish->name);
    buffer_add(&path, verb->below ? verb->below : wish->kind->orders);
    answer = ask_simulator(&(struct ask_question){wish->url, path.bytes, body}, err);
    if (answer && verb->print)
        verb->print(wish, answer, out);
    json_free(answer);
    buffer_free(&path);
    free(body);
    return answer;
}

static const struct verb *
verb_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static const struct kind *
kind_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

bool
sim_operate(int n, char *const *arguments, FILE *out, struct err *err)
{
    const struct verb *verb = n > 1 ? verb_find(arguments[1]) : NULL;
    struct wish wish = {.kind = n > 2 ? kind_find(arguments[2]) : NULL};

    if (!verb || !wish.kind || n < 4 || n > 5 || !*arguments[3])
        return err_set(err, ERR_USAGE,
                       "sim control: expected URL list|status|logs|drain|restart|start "
                       "pool|connector NAME [WORKER]");
    wish.url = arguments[0];
    wish.name = arguments[3];
    wish.worker = n > 4 && *arguments[4] ? arguments[4] : NULL;
    return carry_out(verb, &wish, out, err) ||
           err_context(err, "sim control %s %s", verb->name, wish.kind->name);
}
