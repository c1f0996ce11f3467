#include "ops/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/die.h"
#include "core/map.h"
#include "core/secret.h"
#include "core/text.h"
#include "ops/process.h"

enum { LINE_BYTES = 1024, ID_WORD_BYTES = 6, LONGEST_WORD_BYTES = 32 };

static void
make_id(char out[OP_ID_BYTES])
{
    uint8_t bytes[10];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        die("no random numbers");
    memcpy(out, "op_", 4);
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 3 + 2 * i, 3, "%02x", bytes[i]);
}

struct run *
run_new(enum op_kind kind, int64_t now_ms)
{
    struct run *run = calloc(1, sizeof(*run));

    if (!run)
        die("out of memory");
    make_id(run->id);
    run->kind = kind;
    run->planned_ms = now_ms;
    run->median_ms = run->p90_ms = run->expected = -1;
    return run;
}

static void
free_lines(struct run *run)
{
    for (size_t i = 0; i < run->n_lines; i++)
        free(run->lines[i].text);
    run->n_lines = run->n_plan_lines = 0;
}

void
run_free(struct run *run)
{
    if (!run)
        return;
    free_lines(run);
    free(run->lines);
    free(run->items);
    free(run->ids);
    process_let_go(run->command);
    secret_free(run->token);
    free(run->message);
    free(run);
}

void
run_clear_plan(struct run *run)
{
    free_lines(run);
    run->n_items = 0;
}

struct run_item *
run_add_item(struct run *run, const char *id, const char *name)
{
    struct run_item *item;

    if (run->n_items == run->room_items) {
        size_t room = run->room_items ? 2 * run->room_items : 8;
        struct run_item *longer = realloc(run->items, room * sizeof(*longer));

        if (!longer)
            die("out of memory");
        run->items = longer;
        run->room_items = room;
    }
    item = &run->items[run->n_items++];
    *item = (struct run_item){.expected = -1};
    snprintf(item->id, sizeof(item->id), "%s", id);
    text_clean(item->name, sizeof(item->name), name, strlen(name));
    return item;
}

struct run_item *
run_item(struct run *run, const char *id)
{
    for (size_t i = 0; i < run->n_items; i++)
        if (strcmp(run->items[i].id, id) == 0)
            return &run->items[i];
    return NULL;
}

struct map *
run_map_items(const struct run *run)
{
    struct map *map = map_new();

    for (size_t i = 0; i < run->n_items; i++)
        map_set(map, run->items[i].id, &run->items[i]);
    return map;
}

struct run_item *
run_item_of_tag(struct run *run, uint64_t tag)
{
    for (size_t i = 0; i < run->n_items; i++)
        if (run->items[i].tag == tag)
            return &run->items[i];
    return NULL;
}

/* The oldest line of the record gives way. */
static void
make_room(struct run *run)
{
    if (run->n_lines - run->n_plan_lines < RUN_LINES_MOST)
        return;
    free(run->lines[run->n_plan_lines].text);
    memmove(&run->lines[run->n_plan_lines], &run->lines[run->n_plan_lines + 1],
            (run->n_lines - run->n_plan_lines - 1) * sizeof(*run->lines));
    run->n_lines--;
}

void
run_say(struct run *run, enum op_line_kind kind, int64_t at_ms, const char *format, ...)
{
    TEXT(line, LINE_BYTES);
    va_list args;
    char *text;

    va_start(args, format);
    text_vaddf(&line, format, args);
    va_end(args);
    if (at_ms)
        make_room(run);
    if (run->n_lines == run->room_lines) {
        size_t room = run->room_lines ? 2 * run->room_lines : 16;
        struct run_line *longer = realloc(run->lines, room * sizeof(*longer));

        if (!longer)
            die("out of memory");
        run->lines = longer;
        run->room_lines = room;
    }
    text = strdup(line.bytes);
    if (!text)
        die("out of memory");
    run->lines[run->n_lines++] = (struct run_line){.kind = kind, .at_ms = at_ms, .text = text};
    if (!at_ms)
        run->n_plan_lines = run->n_lines;
}

void
run_write(char *out, size_t size, const char *format, va_list args)
{
    struct text text = {.bytes = out, .size = size};

    text_clear(&text);
    text_vaddf(&text, format, args);
}

void
run_summarize(struct run *run, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    run_write(run->summary, sizeof(run->summary), format, args);
    va_end(args);
}

void
item_note(struct run_item *item, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    run_write(item->note, sizeof(item->note), format, args);
    va_end(args);
}

size_t
run_count(const struct run *run, enum op_progress progress)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_items; i++)
        n += run->items[i].progress == progress;
    return n;
}

size_t
run_in_flight(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_items; i++)
        n += run->items[i].tag != 0;
    return n;
}

size_t
run_effects_in_flight(const struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->n_items; i++)
        n += run->items[i].tag && api_call_is_effect(run->items[i].call);
    return n;
}

bool
run_items_are_settled(const struct run *run)
{
    for (size_t i = 0; i < run->n_items; i++)
        if (run->items[i].tag || run->items[i].progress < OP_ITEM_done)
            return false;
    return true;
}

bool
run_chose(const struct run *run, enum op_choice choice)
{
    return run->choices & 1u << choice;
}

bool
run_is_active(const struct run *run)
{
    return run->state == OP_STATE_running || run->state == OP_STATE_asking ||
           run->state == OP_STATE_stopping;
}

/* Can it be read from any screen and typed on any keyboard? */
static bool
is_typable(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > LONGEST_WORD_BYTES || name[0] == ' ' || name[n - 1] == ' ')
        return false;
    while (n > 0 && name[n - 1] >= ' ' && name[n - 1] <= '~')
        n--;
    return n == 0;
}

const char *
run_typable(const char *name, const char *id)
{
    size_t n = strlen(id);

    if (is_typable(name) || n < ID_WORD_BYTES)
        return name;
    return id + n - ID_WORD_BYTES;
}

const char *
run_word(const struct run *run)
{
    bool is_title = strcmp(op_object(run->kind), "job") == 0 && run->n_items == 1;

    return run_typable(is_title ? "" : run->object_name, run->object_id);
}
