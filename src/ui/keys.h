/* keys.h — keys as numbers and as the names people write: "F5", "^R", "Space", "g". */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include "core/base.h"

struct text;

/* A character is its code point, Ctrl with a letter 1 to 26; the rest begins after Unicode. */
enum key {
    KEY_NONE = 0,
    KEY_TAB = 9,
    KEY_RETURN = 13,
    KEY_ESCAPE = 27,
    KEY_RUBOUT = 127,
    KEY_FIRST = 0x110000,
#define KEY(id, name) KEY_##id,
#include "ui/keys.def"
#undef KEY
    KEY_paste_begins, /* what follows, up to KEY_paste_ends, was pasted and not typed */
    KEY_paste_ends,
};

/* "^R" to a key; KEY_NONE when there is no such name. */
int key_parse(const char *name);
void key_add(struct text *out, int key);

/* May it be typed into a field? */
bool key_is_text(int key);

#endif
