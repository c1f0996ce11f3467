#include "sim/controls.h"

#include <string.h>

#include "core/driver.h"
#include "sim/buffer.h"

/* A double-quoted scalar (YAML 1.2, 7.3.1). */
static void
add_quoted(struct buffer *out, const char *s)
{
    buffer_add(out, "\"");
    for (; *s; s++)
        if (*s == '"' || *s == '\\')
            buffer_addf(out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            buffer_addf(out, "\\x%02x", (unsigned)(unsigned char)*s);
        else
            buffer_addn(out, s, 1);
    buffer_add(out, "\"");
}

void
controls_write(const struct controls *controls, const char *kind, const char *name,
               struct buffer *out)
{
    bool has_workers = strcmp(kind, "pool") == 0;

    if (!controls->program)
        return;
    buffer_add(out, ", control: {driver: command");
    for (int i = 0; i < DRIVER_VERBS; i++) {
        enum driver_verb verb = (enum driver_verb)i;

        buffer_addf(out, ", %s: [", driver_verb_name(verb));
        add_quoted(out, controls->program);
        buffer_addf(out, ", sim, control, \"%s\", %s, %s, ", controls->url, driver_verb_name(verb),
                    kind);
        add_quoted(out, name);
        if (has_workers && verb != DRIVER_list)
            buffer_add(out, ", {when: worker, words: [\"{worker}\"]}");
        buffer_add(out, "]");
    }
    buffer_add(out, "}");
}
