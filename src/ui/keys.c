#include "ui/keys.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"

static const struct {
    const char *name;
    int key;
} names[] = {
#define KEY(id, name) {name, KEY_##id},
#include "ui/keys.def"
#undef KEY
    {"Tab", KEY_TAB}, {"Enter", KEY_RETURN},     {"Esc", KEY_ESCAPE},
    {"Space", ' '},   {"Backspace", KEY_RUBOUT}, {"Shift-Tab", KEY_back_tab},
};

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
control_parse(const char *name)
{
    const char *letter = NULL;

    if (name[0] == '^')
        letter = name + 1;
    else if (strncasecmp(name, "Ctrl-", 5) == 0)
        letter = name + 5;
    if (!letter || !is_letter(letter[0]) || letter[1])
        return KEY_NONE;
    return letter[0] & 0x1F;
}

int
key_parse(const char *name)
{
    size_t n = strlen(name);
    const char *rest = name;
    int key = control_parse(name);
    uint32_t c;

    if (key != KEY_NONE || n == 0)
        return key;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcasecmp(names[i].name, name) == 0)
            return names[i].key;
    c = text_next(&rest, &n);
    return n == 0 && c > ' ' && c != TEXT_REPLACEMENT ? (int)c : KEY_NONE;
}

void
key_add(struct text *out, int key)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].key == key) {
            text_add(out, names[i].name);
            return;
        }
    if (key > 0 && key < ' ')
        text_addf(out, "^%c", '@' + key);
    else
        text_add_char(out, (uint32_t)key);
}

bool
key_is_text(int key)
{
    return key >= ' ' && key < KEY_FIRST && (key < 0x7F || key > 0x9F);
}
