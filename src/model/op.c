#include "model/op.h"

#include <string.h>

static const struct {
    const char *verb, *object, *what;
} kinds[] = {
#define OP(id, verb, object, what) [OP_##id] = {verb, object, what},
#include "model/ops.def"
#undef OP
};

static const struct {
    const char *name;
    bool is_over;
} states[] = {
#define OP_STATE(id, name, is_over, what) [OP_STATE_##id] = {name, is_over},
#include "model/op_states.def"
#undef OP_STATE
};

static const struct {
    const char *name, *what;
} choices[] = {
#define OP_CHOICE(id, name, what) [OP_CHOICE_##id] = {name, what},
#include "model/op_choices.def"
#undef OP_CHOICE
};

const char *
op_verb(enum op_kind kind)
{
    return kinds[kind].verb;
}

const char *
op_object(enum op_kind kind)
{
    return kinds[kind].object;
}

const char *
op_what(enum op_kind kind)
{
    return kinds[kind].what;
}

bool
op_is_look(enum op_kind kind)
{
    return strcmp(kinds[kind].verb, "status") == 0 || strcmp(kinds[kind].verb, "logs") == 0;
}

enum op_kind
op_kind_find(const char *verb, const char *object)
{
    for (int i = 0; i < OP_KIND_COUNT; i++)
        if (strcmp(kinds[i].verb, verb) == 0 && strcmp(kinds[i].object, object) == 0)
            return (enum op_kind)i;
    return OP_KIND_COUNT;
}

const char *
op_state_name(enum op_state state)
{
    return states[state].name;
}

enum op_state
op_state_find(const char *name)
{
    for (int i = 0; i < OP_STATE_COUNT; i++)
        if (strcmp(states[i].name, name) == 0)
            return (enum op_state)i;
    return OP_STATE_COUNT;
}

bool
op_state_is_over(enum op_state state)
{
    return states[state].is_over;
}

static const char *const progresses[] = {
    [OP_ITEM_waiting] = "waiting", [OP_ITEM_sent] = "sent",     [OP_ITEM_taken] = "taken",
    [OP_ITEM_done] = "done",       [OP_ITEM_failed] = "failed", [OP_ITEM_left] = "left",
};

const char *
op_progress_name(enum op_progress progress)
{
    return progresses[progress];
}

enum op_progress
op_progress_find(const char *name)
{
    for (int i = 0; i < OP_PROGRESS_COUNT; i++)
        if (strcmp(progresses[i], name) == 0)
            return (enum op_progress)i;
    return OP_PROGRESS_COUNT;
}

const char *
op_choice_name(enum op_choice choice)
{
    return choices[choice].name;
}

const char *
op_choice_what(enum op_choice choice)
{
    return choices[choice].what;
}

bool
op_has_grace(const struct op *op)
{
    return op->grace_ms > 0 && (op->choices_offered & 1u << OP_CHOICE_force) != 0;
}
