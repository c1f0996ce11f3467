#include "sim/switches.h"

#include <string.h>

#include "core/text.h"

enum kind { KIND_BOOL, KIND_INT, KIND_CHOICE };

struct row {
    const char *name;
    enum kind kind;
    size_t offset;
    int64_t otherwise, least, most;
    const char *choices; /* "a|b|c" */
};

#define AT(field) offsetof(struct switches, field)
static const struct row rows[] = {
#define SWITCH_BOOL(field, name, otherwise, meaning)                                               \
    {name, KIND_BOOL, AT(field), otherwise, 0, 1, "false|true"},
#define SWITCH_INT(field, name, otherwise, least, most, meaning)                                   \
    {name, KIND_INT, AT(field), otherwise, least, most, ""},
#define SWITCH_CHOICE(field, name, choices, meaning)                                               \
    {name, KIND_CHOICE, AT(field), 0, 0, 0, choices},
#include "sim/switches.def"
#undef SWITCH_BOOL
#undef SWITCH_INT
#undef SWITCH_CHOICE
};

static const struct fault_row fault_rows[] = {
#define FAULT(field, name, meaning) {name, meaning, offsetof(struct faults, field)},
#include "sim/faults.def"
#undef FAULT
};

static int64_t *
value_of(struct switches *switches, const struct row *row)
{
    return (int64_t *)(void *)((char *)switches + row->offset);
}

struct switches
switches_default(void)
{
    struct switches switches;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        *value_of(&switches, &rows[i]) = rows[i].otherwise;
    return switches;
}

/* The place of word in "a|b|c"; -1 when it is not there. */
static int64_t
choice_of(const char *choices, const char *word)
{
    size_t n = strlen(word);
    int64_t place = 0;

    for (const char *c = choices; c; c = strchr(c, '|'), place++) {
        if (*c == '|')
            c++;
        if (strncmp(c, word, n) == 0 && (c[n] == '|' || c[n] == '\0'))
            return place;
    }
    return -1;
}

static bool
row_parse(const struct row *row, const char *text, int64_t *out)
{
    if (row->kind == KIND_INT)
        return int_parse(text, out) && *out >= row->least && *out <= row->most;
    if (row->kind == KIND_BOOL && (strcmp(text, "on") == 0 || strcmp(text, "off") == 0)) {
        *out = strcmp(text, "on") == 0;
        return true;
    }
    *out = choice_of(row->choices, text);
    return *out >= 0;
}

bool
switches_set(struct switches *switches, const char *name, const char *text, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t value;

        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (row_parse(&rows[i], text, &value)) {
            *value_of(switches, &rows[i]) = value;
            return true;
        }
        if (rows[i].kind == KIND_INT)
            return err_set(err, ERR_CONFIG,
                           "%s: expected %" PRId64 " to %" PRId64 ", found \"%.40s\"", name,
                           rows[i].least, rows[i].most, text);
        return err_set(err, ERR_CONFIG, "%s: expected one of %s, found \"%.40s\"", name,
                       rows[i].choices, text);
    }
    return err_set(err, ERR_CONFIG, "no switch is called \"%.60s\"", name);
}

const struct fault_row *
faults_rows(size_t *n)
{
    *n = COUNT_OF(fault_rows);
    return fault_rows;
}

bool *
faults_find(struct faults *faults, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(fault_rows); i++)
        if (strcmp(fault_rows[i].name, name) == 0)
            return (bool *)(void *)((char *)faults + fault_rows[i].offset);
    return NULL;
}
