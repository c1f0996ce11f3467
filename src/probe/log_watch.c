#include "probe/log_watch.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "probe/log_command.h"
#include "probe/logbook.h"
#include "probe/loop.h"
#include "probe/tail.h"

enum {
    LOOK_EVERY_MS = 2000,
    LONGEST_WORD = 256,
    ERROR_BYTES = 240,
    EXPECTED_BYTES = 64,
};

struct log_watch {
    struct log_plan plan;
    struct loop *loop;
    struct timer look;
    struct tail tail;
    struct log_command command; /* instead of a file */
    int64_t told_until_ms;      /* a command that is started again tells its history again */
    struct logbook book;
    char origin[LONGEST_WORD], error[ERROR_BYTES];
    int64_t read_ms; /* wall */
    bool has_news;
    char expected[EXPECTED_BYTES];
    bool is_met;
};

static void
set_error(struct log_watch *watch, const char *why)
{
    struct text text = {.bytes = watch->error, .size = sizeof(watch->error)};

    watch->has_news |= strcmp(watch->error, why) != 0;
    text_clear(&text);
    text_add(&text, why);
}

static void
line_came(void *context, const char *bytes, size_t n)
{
    struct log_watch *watch = context;
    bool is_old = watch->plan.place.file ? watch->tail.is_old : watch->command.is_old;
    struct log_line line;

    if (!log_line_read(bytes, n, &line))
        return;
    if (is_old && line.at_ms > 0 && line.at_ms <= watch->told_until_ms)
        return;
    watch->has_news |= logbook_add(&watch->book, &line, is_old, clock_wall_ms());
    if (*watch->expected && !is_old && strstr(line.text, watch->expected))
        watch->is_met = true;
}

static void
tell(struct log_watch *watch)
{
    if (!watch->has_news)
        return;
    watch->has_news = false;
    watch->plan.news(watch->plan.context);
}

/* Those of several logs at one moment: one wake-up for all of them. */
static int64_t
next_look_us(void)
{
    int64_t every_us = LOOK_EVERY_MS * INT64_C(1000);

    return (clock_mono_us() / every_us + 1) * every_us;
}

void
log_watch_look(struct log_watch *watch)
{
    struct err err = {ERR_NONE, ""};

    if (!watch || !watch->plan.place.file)
        return;
    watch->read_ms = clock_wall_ms();
    set_error(watch, tail_look(&watch->tail, &err) ? "" : err.message);
    timer_set(watch->loop, &watch->look, next_look_us());
}

static void
look_due(void *context)
{
    struct log_watch *watch = context;

    watch->has_news |= watch->read_ms == 0;
    log_watch_look(watch);
    tell(watch);
}

static void
command_heard(void *context)
{
    struct log_watch *watch = context;

    watch->has_news |= watch->read_ms == 0;
    watch->read_ms = clock_wall_ms();
    set_error(watch, watch->command.why.code ? watch->command.why.message : "");
    if (watch->command.why.code)
        watch->told_until_ms = watch->book.line_ms;
    tell(watch);
}

static void
name_origin(struct log_watch *watch)
{
    struct text text = {.bytes = watch->origin, .size = sizeof(watch->origin)};
    const char *const *words = watch->plan.place.command;

    text_clear(&text);
    if (watch->plan.place.file)
        text_add(&text, watch->plan.place.file);
    else
        for (size_t i = 0; words[i]; i++)
            text_addf(&text, "%s%s", i > 0 ? " " : "", words[i]);
}

static void
open_file(struct log_watch *watch)
{
    watch->look = (struct timer){.due = look_due, .context = watch};
    watch->tail.path = watch->plan.place.file;
    watch->tail.lines.line = line_came;
    watch->tail.lines.context = watch;
    timer_set(watch->loop, &watch->look, 0);
}

static void
open_command(struct log_watch *watch)
{
    struct log_command *command = &watch->command;

    command->argv = watch->plan.place.command;
    command->loop = watch->loop;
    command->output.line = command->error.line = line_came;
    command->output.context = command->error.context = watch;
    command->heard = command_heard;
    command->context = watch;
    log_command_start(command);
}

struct log_watch *
log_watch_open(const struct log_plan *plan, struct loop *loop)
{
    struct log_watch *watch;

    if (!plan->place.file && !plan->place.command)
        return NULL;
    watch = calloc(1, sizeof(*watch));
    if (!watch)
        die("out of memory");
    watch->plan = *plan;
    watch->loop = loop;
    name_origin(watch);
    if (plan->place.file)
        open_file(watch);
    else
        open_command(watch);
    return watch;
}

void
log_watch_close(struct log_watch *watch)
{
    if (!watch)
        return;
    if (watch->plan.place.file) {
        timer_clear(watch->loop, &watch->look);
        tail_close(&watch->tail);
    } else {
        log_command_stop(&watch->command);
    }
    free(watch);
}

void
log_watch_show(const struct log_watch *watch, struct arena *arena, struct log_facts *out)
{
    *out = (struct log_facts){.origin = "", .error = ""};
    if (!watch)
        return;
    out->origin = arena_strdup(arena, watch->origin);
    out->error = arena_strdup(arena, watch->error);
    out->read_ms = watch->read_ms;
    logbook_show(&watch->book, clock_wall_ms(), arena, out);
}

void
log_watch_expect(struct log_watch *watch, const char *word)
{
    if (!watch)
        return;
    text_clean(watch->expected, sizeof(watch->expected), word, strlen(word));
    watch->is_met = false;
}

bool
log_watch_met(const struct log_watch *watch)
{
    return watch && watch->is_met;
}
