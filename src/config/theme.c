#include "config/theme.h"

#include <stdlib.h>
#include <string.h>

#include "config/reader.h"
#include "core/colour.h"
#include "core/text.h"
#include "core/yaml.h"

static const char *const borders[] = {"light", "heavy", "ascii", "none", NULL};
static const char *const graphs[] = {"block", "braille", "ascii", NULL};
static const char *const attributes[] = {"bold", "dim", "reverse", "underline", NULL};

static int
index_of(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static bool
read_rgb(struct reader *reader, const struct yaml *node, int32_t *out)
{
    const char *digits = node->value + 1;

    if (strcmp(node->value, "default") == 0) {
        *out = COLOUR_DEFAULT;
        return true;
    }
    if (node->value[0] != '#' || strlen(digits) != 6 ||
        strspn(digits, "0123456789abcdefABCDEF") != 6)
        return reader_fail(reader, node, node->key, "\"#rrggbb\" in quotes, or default", NULL);
    *out = (int32_t)strtol(digits, NULL, 16);
    return true;
}

static bool
read_16(struct reader *reader, const struct yaml *node, int16_t *out)
{
    int i = index_of(colour_names, node->value);

    if (strcmp(node->value, "default") == 0)
        i = COLOUR_DEFAULT;
    else if (i < 0)
        return reader_fail(reader, node, node->key, "a colour's name, or default", colour_names);
    *out = (int16_t)i;
    return true;
}

static bool
read_fg(struct reader *reader, const struct yaml *node, struct style *style)
{
    return read_rgb(reader, node, &style->fg);
}

static bool
read_bg(struct reader *reader, const struct yaml *node, struct style *style)
{
    return read_rgb(reader, node, &style->bg);
}

static bool
read_c16(struct reader *reader, const struct yaml *node, struct style *style)
{
    return read_16(reader, node, &style->fg16);
}

static bool
read_c16bg(struct reader *reader, const struct yaml *node, struct style *style)
{
    return read_16(reader, node, &style->bg16);
}

static bool
read_attr(struct reader *reader, const struct yaml *node, struct style *style)
{
    uint8_t bits = 0;

    if (node->kind != YAML_list)
        return reader_fail(reader, node, "attr", "a list, as in [bold]", NULL);
    for (const struct yaml *word = node->first; word; word = word->next) {
        int i = index_of(attributes, word->value);

        if (i < 0)
            return reader_fail(reader, word, "attr", "an attribute", attributes);
        bits |= (uint8_t)(1 << i); /* in the order of the STYLE_ bits */
    }
    style->attributes = bits;
    return true;
}

static bool
read_sym(struct reader *reader, const struct yaml *node, struct style *style)
{
    size_t n = text_clean(style->glyph, sizeof(style->glyph), node->value, strlen(node->value));

    if (n != strlen(node->value) || text_cells(style->glyph) > 1)
        return reader_fail(reader, node, "sym", "one character, one cell wide", NULL);
    return true;
}

static bool
read_ascii(struct reader *reader, const struct yaml *node, struct style *style)
{
    char c = node->value[0];

    if (c && (c <= ' ' || c > '~' || node->value[1]))
        return reader_fail(reader, node, "ascii", "one printable ASCII character", NULL);
    style->ascii[0] = c;
    style->ascii[1] = '\0';
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct reader *reader, const struct yaml *node, struct style *style);
} role_keys[] = {
    {"fg", read_fg},     {"bg", read_bg},   {"c16", read_c16},     {"c16bg", read_c16bg},
    {"attr", read_attr}, {"sym", read_sym}, {"ascii", read_ascii},
};

/* Without a word about 16 colours, the nearest of them. */
static void
fill_16(const struct yaml *role, struct style *style)
{
    if (yaml_get(role, "fg") && !yaml_get(role, "c16"))
        style->fg16 = style->fg == COLOUR_DEFAULT ? COLOUR_DEFAULT : colour_to_16(style->fg);
    if (yaml_get(role, "bg") && !yaml_get(role, "c16bg"))
        style->bg16 = style->bg == COLOUR_DEFAULT ? COLOUR_DEFAULT : colour_to_16(style->bg);
}

static void
read_role(struct reader *reader, const struct yaml *role, struct style *style)
{
    struct words valid = {0};

    for (size_t i = 0; i < COUNT_OF(role_keys); i++)
        words_add(&valid, reader->mistakes->arena, role_keys[i].name);
    if (role->kind != YAML_map) {
        reader_fail(reader, role, role->key, "a map, as in {fg: \"#rrggbb\"}", NULL);
        return;
    }
    for (const struct yaml *key = role->first; key; key = key->next) {
        size_t i = 0;

        while (i < COUNT_OF(role_keys) && strcmp(role_keys[i].name, key->key) != 0)
            i++;
        if (i == COUNT_OF(role_keys))
            reader_unknown_key(reader, key, role->key, &valid);
        else if (role_keys[i].read(reader, key, style))
            fill_16(role, style);
    }
}

static void
read_roles(struct reader *reader, const struct yaml *roles, struct theme *theme)
{
    const char *names[ROLE_COUNT + 1] = {NULL};
    struct words valid = {0};

    for (enum role role = 0; role < ROLE_COUNT; role++) {
        names[role] = role_name(role);
        words_add(&valid, reader->mistakes->arena, names[role]);
    }
    if (roles->kind != YAML_map) {
        reader_fail(reader, roles, "roles", "a map of roles", NULL);
        return;
    }
    for (const struct yaml *role = roles->first; role; role = role->next) {
        int i = index_of(names, role->key);

        if (i < 0)
            reader_unknown_key(reader, role, "roles", &valid);
        else
            read_role(reader, role, &theme->role[i]);
    }
}

static void
read_word(struct reader *reader, const struct yaml *node, const char *const *words, int *out)
{
    int i = index_of(words, node->value);

    if (i < 0)
        reader_fail(reader, node, node->key, "another word", words);
    else
        *out = i;
}

bool
theme_read(const struct yaml *root, const char *path, struct theme *theme,
           struct mistakes *mistakes)
{
    static const char *const keys[] = {"name", "extends", "borders", "graph", "roles"};
    struct reader reader = {.path = path, .mistakes = mistakes};
    struct words valid = {0};
    size_t before = mistakes->n;
    int border = (int)theme->borders, graph = (int)theme->graph;

    for (size_t i = 0; i < COUNT_OF(keys); i++)
        words_add(&valid, mistakes->arena, keys[i]);
    if (root->kind != YAML_map)
        return reader_fail(&reader, root, "theme", "a map of keys and values", NULL);
    for (const struct yaml *key = root->first; key; key = key->next) {
        if (!words_have(&valid, key->key))
            reader_unknown_key(&reader, key, "", &valid);
        else if (strcmp(key->key, "name") == 0 && strcmp(key->value, theme->name) != 0)
            reader_fail(&reader, key, "name", "the name of the file without .yaml", NULL);
        else if (strcmp(key->key, "borders") == 0)
            read_word(&reader, key, borders, &border);
        else if (strcmp(key->key, "graph") == 0)
            read_word(&reader, key, graphs, &graph);
        else if (strcmp(key->key, "roles") == 0)
            read_roles(&reader, key, theme);
    }
    theme->borders = (enum borders)border;
    theme->graph = (enum graph)graph;
    return mistakes->n == before;
}

bool
theme_check(const struct theme *theme, const char *path, struct mistakes *mistakes)
{
    static const enum role states[] = {ROLE_ok, ROLE_info, ROLE_warn, ROLE_fail, ROLE_stale};
    size_t before = mistakes->n;

    for (size_t i = 0; i < COUNT_OF(states); i++) {
        const struct style *a = &theme->role[states[i]];

        if (!*a->glyph || !*a->ascii)
            mistakes_add(mistakes, path, 0, 0, "roles.%s: needs sym and ascii",
                         role_name(states[i]));
        for (size_t j = i + 1; j < COUNT_OF(states); j++) {
            const struct style *b = &theme->role[states[j]];

            if (strcmp(a->glyph, b->glyph) == 0 || strcmp(a->ascii, b->ascii) == 0)
                mistakes_add(mistakes, path, 0, 0, "roles: %s and %s look the same without colour",
                             role_name(states[i]), role_name(states[j]));
        }
    }
    return mistakes->n == before;
}
