#include "ui/caps.h"

#include <stdio.h>
#include <string.h>
#include <term.h>

#include "core/text.h"

/* A capability's bytes, with padding left out. */
static struct text *collecting;

static int
collect(int c)
{
    char byte[2] = {(char)c, '\0'};

    if (collecting->n + 1 < collecting->size) {
        memcpy(collecting->bytes + collecting->n, byte, 2);
        collecting->n++;
    }
    return c;
}

static void
capability_add(struct text *out, const char *name)
{
    char id[16];
    char *value;

    snprintf(id, sizeof(id), "%s", name);
    value = tigetstr(id);
    if (!value || value == (char *)-1)
        return;
    collecting = out;
    tputs(value, 1, collect);
}

bool
caps_has(const char *name)
{
    char bytes[8] = "";
    struct text out = {.bytes = bytes, .size = sizeof(bytes)};

    capability_add(&out, name);
    return out.n > 0;
}

static void
sequence_add(struct text *out, const char *sequence)
{
    for (collecting = out; *sequence; sequence++)
        collect(*sequence);
}

bool
caps_is_modern(void)
{
    TEXT(enter, 64);

    capability_add(&enter, "smcup");
    return strstr(enter.bytes, "?1049h") != NULL;
}

void
caps_add_enter(struct text *out)
{
    capability_add(out, "smcup");
    capability_add(out, "smkx");
    capability_add(out, "civis");
    if (caps_is_modern())
        sequence_add(out, "\033[?2004h");
}

void
caps_add_restore(struct text *out, int h)
{
    if (caps_is_modern())
        sequence_add(out, "\033[?2004l");
    capability_add(out, "rmkx");
    capability_add(out, "sgr0");
    capability_add(out, "op");
    capability_add(out, "cnorm");
    if (caps_has("rmcup")) {
        capability_add(out, "rmcup");
    } else {
        collecting = out; /* no other screen: leave ours, with the prompt below it */
        tputs(tparm(cursor_address, (long)(h - 1), 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), 1, collect);
        sequence_add(out, "\r\n");
    }
}
