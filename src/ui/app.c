#include "ui/app.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/clock.h"
#include "ui/burst.h"
#include "ui/canvas.h"
#include "ui/console.h"
#include "ui/keys.h"
#include "ui/signals.h"
#include "ui/term.h"

enum {
    NEWS_FIRST_MS = 30, /* between pictures while the first answers come in */
    NEWS_MS = 250,      /* afterwards; a key is answered at once */
    FIRST_MS = 5000,
    PASTE_SILENCE_MS = 1000, /* after which a paste without an end has ended */
    KEYS_AT_ONCE = 256,
    STATUS_OF_SIGNAL = 128, /* as a shell reports it */
};

/* One turn waits for the terminal, the store, a signal or the next second. */
struct loop {
    struct console console;
    struct terminal *term;
    struct canvas *canvas;
    struct store *store;
    int signal_fd;
    int status;
    int64_t started_ms;    /* monotonic, as all here */
    int64_t news_due_ms;   /* when what was published is drawn; INT64_MAX: nothing was */
    int64_t drawn_news_ms; /* when that was last done */
    int64_t second_ms;     /* when the clock moves on */
    bool is_dirty;         /* the picture is not what should be seen */
    struct burst burst;
    bool is_pasting;
    int64_t pasted_ms;
};

static void
update(struct loop *loop)
{
    int64_t wall_ms = clock_wall_ms(), mono_ms = clock_mono_ms();

    console_update(&loop->console, wall_ms);
    console_tick(&loop->console, mono_ms);
    loop->second_ms = mono_ms + 1000 - wall_ms % 1000;
    loop->news_due_ms = INT64_MAX;
    loop->drawn_news_ms = mono_ms;
    loop->is_dirty = true;
}

static void
draw(struct loop *loop)
{
    int w, h;

    term_size(loop->term, &w, &h);
    canvas_reset(loop->canvas, w, h);
    console_draw(&loop->console, loop->canvas);
    if (!term_draw(loop->term, loop->canvas, loop->console.frame.theme))
        return;
    loop->is_dirty = false;
    if (loop->console.to_send) {
        term_send(loop->term, loop->console.to_send, loop->console.to_send_n);
        free(loop->console.to_send);
        loop->console.to_send = NULL;
    }
}

static void
quit(struct loop *loop, int status)
{
    loop->console.is_quitting = true;
    loop->status = status;
}

static void
suspend(struct loop *loop)
{
    bool was_stopped;
    int fatal;

    loop->console.wants_suspend = false;
    term_leave(loop->term);
    was_stopped = signals_stop(loop->signal_fd, &fatal);
    if (fatal) { /* the terminal was given back already, and is the shell's */
        quit(loop, STATUS_OF_SIGNAL + fatal);
        return;
    }
    if (!was_stopped)
        console_say(&loop->console, ROLE_warn, "cannot be suspended: no shell would resume it");
    term_enter(loop->term);
    update(loop);
}

static void
resize(struct loop *loop)
{
    if (term_resize(loop->term))
        loop->is_dirty = true;
}

/* Somebody stopped and continued us from outside; the terminal may be anything now. */
static void
come_back(struct loop *loop)
{
    term_leave(loop->term);
    term_enter(loop->term);
    loop->is_dirty = true;
}

static void
take_signals(struct loop *loop)
{
    int number;

    while ((number = signals_next(loop->signal_fd)) != 0) {
        switch (number) {
        case SIGWINCH:
            resize(loop);
            break;
        case SIGTSTP:
            loop->console.wants_suspend = true;
            break;
        case SIGCONT:
            if (!loop->console.is_quitting)
                come_back(loop);
            break;
        default:
            quit(loop, STATUS_OF_SIGNAL + number);
        }
    }
}

/* Pasted text fills fields and does nothing else. True: the key was dropped. */
static bool
drop_pasted(struct console *console, int key)
{
    if (console_takes_paste(console))
        return !key_is_text(key);
    console_say(console, ROLE_dim, "pasted text is dropped: keys act only when they are typed");
    return true;
}

/* True when the key was part of a paste and must not act. */
static bool
swallow(struct loop *loop, int key, int64_t mono_ms)
{
    struct console *console = &loop->console;

    if (key == KEY_paste_begins || key == KEY_paste_ends) {
        loop->is_pasting = key == KEY_paste_begins;
        loop->pasted_ms = mono_ms;
        return true;
    }
    if (!loop->is_pasting || mono_ms - loop->pasted_ms > PASTE_SILENCE_MS) {
        loop->is_pasting = false;
        return false;
    }
    loop->pasted_ms = mono_ms;
    return drop_pasted(console, key);
}

/* All the keys there are; how many. */
static size_t
read_keys(struct loop *loop, int *keys)
{
    size_t n = 0;

    while (n < KEYS_AT_ONCE && (keys[n] = term_key(loop->term)) != KEY_NONE)
        n++;
    return n;
}

/* What was typed before a dialog was there is not meant for it. */
static void
flush_keys(struct loop *loop)
{
    int keys[KEYS_AT_ONCE];

    loop->console.wants_flush = false;
    while (read_keys(loop, keys) == KEYS_AT_ONCE)
        continue;
}

static void
take_keys(struct loop *loop)
{
    int64_t mono_ms = clock_mono_ms();
    int keys[KEYS_AT_ONCE];
    size_t n = read_keys(loop, keys);
    bool is_burst = burst_is_paste(&loop->burst, keys, n, mono_ms);

    console_tick(&loop->console, mono_ms);
    for (size_t i = 0; i < n && !loop->console.is_quitting && !loop->console.wants_flush; i++) {
        loop->is_dirty = true;
        if (swallow(loop, keys[i], mono_ms) || (is_burst && drop_pasted(&loop->console, keys[i])))
            continue;
        console_key(&loop->console, keys[i]);
    }
    if (loop->console.wants_flush)
        flush_keys(loop);
    if (loop->console.wants_redraw) {
        loop->console.wants_redraw = false;
        term_resize(loop->term);
        term_forget(loop->term);
    }
}

/* Readable without a byte is how a terminal says that it has gone. */
static bool
is_gone(const struct loop *loop, short events)
{
    int bytes = 0;

    if (events & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    return (events & POLLIN) && ioctl(term_input_fd(loop->term), FIONREAD, &bytes) == 0 &&
           bytes == 0;
}

/* In how many milliseconds something is to be done without being woken. */
static int
patience_ms(struct loop *loop)
{
    int64_t now_ms = clock_mono_ms();
    int64_t at_ms = earliest(loop->second_ms, loop->news_due_ms);

    at_ms = earliest(at_ms, console_due_ms(&loop->console));
    at_ms = earliest(at_ms, console_look_at(&loop->console, now_ms));
    if (loop->is_dirty)
        at_ms = earliest(at_ms, term_frees_at_ms(loop->term));
    return at_ms <= now_ms ? 0 : (int)(at_ms - now_ms);
}

static void
news(struct loop *loop)
{
    int64_t now_ms = clock_mono_ms();
    int64_t gap_ms = now_ms - loop->started_ms < FIRST_MS ? NEWS_FIRST_MS : NEWS_MS;

    loop->news_due_ms =
        loop->drawn_news_ms + gap_ms > now_ms ? loop->drawn_news_ms + gap_ms : now_ms;
}

static void
wait_and_act(struct loop *loop)
{
    enum { INPUT, OUTPUT, SIGNALS, STORE, SOURCES };
    bool is_listening = loop->news_due_ms == INT64_MAX; /* more news do not make it newer */
    struct pollfd fds[SOURCES] = {
        [INPUT] = {.fd = term_input_fd(loop->term), .events = POLLIN},
        [OUTPUT] = {.fd = term_has_rest(loop->term) ? term_output_fd(loop->term) : -1,
                    .events = POLLOUT},
        [SIGNALS] = {.fd = loop->signal_fd, .events = POLLIN},
        [STORE] = {.fd = is_listening ? store_wake_fd(loop->store) : -1, .events = POLLIN},
    };

    if (poll(fds, SOURCES, patience_ms(loop)) < 0)
        return;
    if (fds[SIGNALS].revents)
        take_signals(loop);
    if (is_gone(loop, fds[INPUT].revents) || (fds[OUTPUT].revents && !term_pump(loop->term)))
        quit(loop, STATUS_OF_SIGNAL + SIGHUP);
    else if (fds[INPUT].revents)
        take_keys(loop);
    if (fds[STORE].revents)
        news(loop);
}

static void
run(struct loop *loop)
{
    while (!loop->console.is_quitting) {
        int64_t now_ms = clock_mono_ms();

        if (loop->console.wants_suspend) {
            suspend(loop);
            continue; /* a signal may have ended it: then the terminal is the shell's */
        }
        if (now_ms >= loop->second_ms || now_ms >= loop->news_due_ms ||
            now_ms >= console_due_ms(&loop->console))
            update(loop);
        if (loop->is_dirty)
            draw(loop);
        wait_and_act(loop);
    }
}

/* The first picture goes out before anything is asked for. */
static bool
start(struct loop *loop, const struct ui_options *options, struct err *err)
{
    struct term_options how = {.is_ascii = options->is_ascii,
                               .is_monochrome = options->is_monochrome};

    loop->signal_fd = signals_open(err);
    if (loop->signal_fd < 0)
        return false;
    loop->term = term_open(&how, err);
    if (!loop->term)
        return false;
    loop->console.frame.is_ascii = term_is_ascii(loop->term);
    update(loop);
    if (*term_notice(loop->term))
        console_say(&loop->console, ROLE_warn, "%s", term_notice(loop->term));
    draw(loop);
    return !options->started || options->started(options->started_context, err);
}

int
ui_run(const struct ui_options *options, struct store *store, struct err *err)
{
    struct loop loop = {
        .store = store,
        .signal_fd = -1,
        .started_ms = clock_mono_ms(),
        .news_due_ms = INT64_MAX,
        .canvas = canvas_new(1, 1),
    };
    int status = EXIT_FAILURE;

    if (console_open(&loop.console, options, store, err)) {
        if (start(&loop, options, err)) {
            run(&loop);
            console_leave(&loop.console);
            status = loop.status;
        }
        term_close(loop.term);
        if (loop.signal_fd >= 0)
            signals_close(loop.signal_fd);
        console_close(&loop.console);
    }
    canvas_free(loop.canvas);
    return status;
}
