#include "ui/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/die.h"
#include "core/text.h"
#include "ui/list.h"

enum {
    COPY_BYTES = 256 * 1024,
    OSC52_BYTES = 74994, /* of base64: what xterm takes at most, and tmux with it */
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Caller frees. */
static char *
base64(const char *s, size_t n)
{
    char *out = malloc((n + 2) / 3 * 4 + 1), *p = out;

    if (!out)
        die("out of memory");
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)(unsigned char)s[i] << 16;

        if (i + 1 < n)
            bits |= (uint32_t)(unsigned char)s[i + 1] << 8;
        if (i + 2 < n)
            bits |= (unsigned char)s[i + 2];
        *p++ = alphabet[bits >> 18];
        *p++ = alphabet[bits >> 12 & 63];
        *p++ = i + 1 < n ? alphabet[bits >> 6 & 63] : '=';
        *p++ = i + 2 < n ? alphabet[bits & 63] : '=';
    }
    *p = '\0';
    return out;
}

/* Ask the terminal to take the text into its clipboard. tmux and screen pass it on when wrapped. */
static bool
send_to_terminal(struct console *console, const char *text, size_t n)
{
    const char *name = getenv("TERM");
    bool is_tmux = getenv("TMUX") != NULL;
    bool is_screen = !is_tmux && name && strncmp(name, "screen", 6) == 0;
    char *encoded = base64(text, n);
    size_t room = strlen(encoded) + 64;

    if (strlen(encoded) > OSC52_BYTES) {
        free(encoded);
        return false;
    }
    free(console->to_send);
    console->to_send = malloc(room);
    if (!console->to_send)
        die("out of memory");
    snprintf(console->to_send, room, "%s\033]52;c;%s\007%s",
             is_tmux     ? "\033Ptmux;\033"
             : is_screen ? "\033P"
                         : "",
             encoded, is_tmux || is_screen ? "\033\\" : "");
    console->to_send_n = strlen(console->to_send);
    free(encoded);
    return true;
}

static void
file_path(const struct console *console, struct text *out)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");

    if (console->options->copy_file)
        text_add(out, console->options->copy_file);
    else if (folder && *folder)
        text_addf(out, "%s/sandwatch-copy.txt", folder);
    else
        text_addf(out, "/tmp/sandwatch-copy-%ld.txt", (long)getuid());
}

/* In /tmp another user may have put something in our way: no links, and nobody else reads it. */
static bool
write_file(const char *path, const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool is_written;

    if (fd < 0)
        return false;
    is_written = write(fd, text, n) == (ssize_t)n;
    return close(fd) == 0 && is_written;
}

static void
copy(struct console *console, const char *text, size_t n, const char *what)
{
    bool is_sent = send_to_terminal(console, text, n);
    TEXT(path, 512);

    file_path(console, &path);
    if (write_file(path.bytes, text, n))
        console_say(console, ROLE_info, "copied %s%s and to %s", what,
                    is_sent ? " to the terminal" : " (too long for the terminal)", path.bytes);
    else
        console_say(console, ROLE_warn, "copied %s%s; %s: %s", what,
                    is_sent ? " to the terminal" : " nowhere: too long for the terminal",
                    path.bytes, strerror(errno));
}

/* text_add turns line feeds into spaces, as it must; what is copied is a page and has lines. */
static void
newline_add(struct text *out)
{
    if (out->n + 1 >= out->size)
        return;
    out->bytes[out->n++] = '\n';
    out->bytes[out->n] = '\0';
}

void
copy_selected(struct console *console)
{
    const struct list *list = console_pane(console)->list;
    size_t index;
    struct row row;
    TEXT(out, 8192);

    if (!list_selected(list, &console->frame, console_state(console), &index)) {
        console_say(console, ROLE_dim, "copy: no row is selected");
        return;
    }
    row = list_row(list, &console->frame, index);
    for (size_t i = 0; i < list->n_columns; i++) {
        TEXT(value, 512);

        column_show(&list->columns[i], &value, &row);
        if (!value.n)
            continue;
        text_addf(&out, "%s: %s", list->columns[i].heading, value.bytes);
        newline_add(&out);
    }
    copy(console, out.bytes, out.n, "the row");
}

void
copy_all(struct console *console)
{
    struct text out = {.bytes = malloc(COPY_BYTES), .size = COPY_BYTES};
    char what[48];

    if (!out.bytes)
        die("out of memory");
    text_clear(&out);
    list_copy(console_pane(console)->list, &console->frame, console_state(console), &out);
    snprintf(what, sizeof(what), "%d rows%s", console_state(console)->n_shown,
             out.is_cut ? " (cut)" : "");
    copy(console, out.bytes, out.n, what);
    free(out.bytes);
}
