#include "sim/operate.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/text.h"
#include "sim/ask.h"
#include "sim/buffer.h"

enum {
    BACK_WITHIN_MS = 50000, /* less than the 60 s that a driver has by default */
    LOOK_AGAIN_MS = 50,
};

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

static bool
is_meant(const struct wish *wish, const struct json *row)
{
    return !wish->worker || strcmp(json_string(row, "name", ""), wish->worker) == 0;
}

static void
print_row(const struct wish *wish, const struct json *row, const char *const *members, FILE *out)
{
    if (!is_meant(wish, row))
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

struct verb {
    const char *name;
    bool is_order;
    const char *below; /* the kind's path; NULL: where its orders go */
    void (*print)(const struct wish *wish, const struct json *answer, FILE *out);
    bool (*wait)(const struct wish *wish, struct err *err);
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

/* Caller frees the answer. */
static struct json *
ask_about(const struct wish *wish, const char *below, const char *body, struct err *err)
{
    struct buffer path = {0};
    struct json *answer;

    buffer_add(&path, wish->kind->path);
    add_encoded(&path, wish->name);
    buffer_add(&path, below ? below : wish->kind->orders);
    answer = ask_simulator(&(struct ask_question){wish->url, path.bytes, body}, err);
    buffer_free(&path);
    return answer;
}

/* Of those that were meant: how many are in this state. */
static size_t
count_in_state(const struct wish *wish, const struct json *answer, const char *state)
{
    const char *list = wish->kind->list;
    const struct json *row = list ? json_first(json_get(answer, list)) : answer;
    size_t n = 0;

    for (; row; row = list ? json_next(row) : NULL)
        n += is_meant(wish, row) && strcmp(json_string(row, "state", ""), state) == 0;
    return n;
}

/* As systemctl does: until what was stopped has started, so that a rolling restart takes one after
 * the other. Nothing is down in between, so what is down has failed. */
static bool
wait_until_back(const struct wish *wish, struct err *err)
{
    int64_t deadline_ms = clock_mono_ms() + BACK_WITHIN_MS;

    for (;;) {
        struct json *answer = ask_about(wish, NULL, NULL, err);
        size_t down = count_in_state(wish, answer, "down");
        size_t coming =
            count_in_state(wish, answer, "draining") + count_in_state(wish, answer, "starting");

        json_free(answer);
        if (!answer)
            return false;
        if (down > 0)
            return err_set(err, ERR_REFUSED, "%zu did not start; see logs", down);
        if (coming == 0)
            return true;
        if (clock_mono_ms() > deadline_ms)
            return err_set(err, ERR_TIMEOUT, "%zu not back after %d s", coming,
                           BACK_WITHIN_MS / 1000);
        poll(NULL, 0, LOOK_AGAIN_MS);
    }
}

static bool
carry_out(const struct verb *verb, const struct wish *wish, FILE *out, struct err *err)
{
    char *body = verb->is_order ? body_of(verb, wish) : NULL;
    struct json *answer = ask_about(wish, verb->below, body, err);
    bool ok = answer;

    if (ok && verb->print)
        verb->print(wish, answer, out);
    if (ok && verb->wait)
        ok = verb->wait(wish, err);
    json_free(answer);
    free(body);
    return ok;
}

static const struct verb verbs[] = {
    {.name = "list", .print = print_list},
    {.name = "status", .print = print_status},
    {.name = "logs", .below = "/logs", .print = print_logs},
    {.name = "drain", .is_order = true},
    {.name = "restart", .is_order = true, .wait = wait_until_back},
    {.name = "start", .is_order = true},
};

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
