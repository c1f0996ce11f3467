#include "ui/term.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include "core/clock.h"
#include "core/colour.h"
#include "core/die.h"
#include "core/text.h"
#include "ui/canvas.h"
#include "ui/caps.h"
#include "ui/guard.h"
#include "ui/keys.h"
#include "ui/line.h"
#include "ui/plain.h"
#include "ui/tty.h"

enum {
    FIRST_ROWS = 4,
    MOST_RUNS = 200, /* a clock, and an age in every row of a large screen */
    ESCAPE_WAIT_MS = 25,
    LAST_ANSWER_WITHIN_MS = 300,
    CODE_ANSWER = KEY_MAX + 1, /* what define_key() makes of answers and paste marks */
    CODE_PASTE_BEGINS,
    CODE_PASTE_ENDS,
};

/* curses writes into a file in memory; from there the line takes whole frames. */
struct terminal {
    SCREEN *screen;
    WINDOW *input; /* a pad, because reading from a pad refreshes nothing */
    FILE *memory;
    struct line *line;
    struct termios saved;
    int w, h;
    struct canvas *shown; /* what the last frame was */
    int next_row;         /* where the next frame of a slow line goes on */
    const struct theme *theme;
    enum colour_depth depth;
    bool is_ascii;
    char notice[160];
    struct {
        attr_t attributes;
        short pair; /* -1: not made yet */
    } pen[ROLE_COUNT][ROLE_COUNT];
    short n_pairs;
    struct {
        short fg, bg;
    } pair[256];
    cchar_t row[TTY_MOST_COLUMNS];
};

static void
restore_make(const struct terminal *term)
{
    TEXT(out, 512);

    caps_add_restore(&out, term->h);
    guard_set_restore(out.bytes);
}

/* TERM, else what nearly every terminal understands, else what all do. */
static bool
screen_open(struct terminal *term, struct err *err)
{
    const char *wanted = getenv("TERM");
    const char *names[] = {wanted, "xterm-256color", "vt100"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char name[64];

        if (!names[i] || !*names[i])
            continue;
        snprintf(name, sizeof(name), "%s", names[i]);
        term->screen = newterm(name, term->memory, stdin);
        if (!term->screen)
            continue;
        set_term(term->screen);
        if (caps_has("cup") && caps_has("clear")) {
            if (i > 0)
                snprintf(term->notice, sizeof(term->notice),
                         "TERM=%.40s is not known here; drawing for %s", wanted ? wanted : "",
                         name);
            return true;
        }
        endwin();
        delscreen(term->screen);
    }
    return err_set(err, ERR_IO, "TERM=%.40s is not known, and neither is xterm nor vt100",
                   wanted ? wanted : "");
}

/* newterm() takes over signals that are the console's. */
static bool
screen_open_quietly(struct terminal *term, struct err *err)
{
    static const int touched[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction before[COUNT_OF(touched)];
    bool is_open;

    for (size_t i = 0; i < COUNT_OF(touched); i++)
        sigaction(touched[i], NULL, &before[i]);
    is_open = screen_open(term, err);
    for (size_t i = 0; i < COUNT_OF(touched); i++)
        sigaction(touched[i], &before[i], NULL);
    return is_open;
}

static void
pens_forget(struct terminal *term)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        for (int j = 0; j < ROLE_COUNT; j++)
            term->pen[i][j].pair = -1;
    term->n_pairs = 0;
}

static void
colours_open(struct terminal *term, bool is_monochrome)
{
    const char *no_color = getenv("NO_COLOR");

    term->depth = COLOUR_DEPTH_none;
    pens_forget(term);
    if (is_monochrome || (no_color && *no_color) || !has_colors() || start_color() == ERR)
        return;
    use_default_colors();
    if (COLORS >= 256)
        term->depth = COLOUR_DEPTH_256;
    else if (COLORS >= 16)
        term->depth = COLOUR_DEPTH_16;
    else if (COLORS >= 8)
        term->depth = COLOUR_DEPTH_8;
}

/* Sequences that no terminfo entry lists, or not reliably. */
static void
sequences_define(void)
{
    static const struct {
        const char *sequence;
        int code;
    } extra[] = {
        {"\033[0n", CODE_ANSWER}, {"\033[200~", CODE_PASTE_BEGINS},
        {"\033[A", KEY_UP},       {"\033[201~", CODE_PASTE_ENDS},
        {"\033[B", KEY_DOWN},     {"\033[C", KEY_RIGHT},
        {"\033[D", KEY_LEFT},     {"\033[H", KEY_HOME},
        {"\033[F", KEY_END},      {"\033[Z", KEY_BTAB},
        {"\033[1~", KEY_HOME},    {"\033[4~", KEY_END},
    };

    for (size_t i = 0; i < COUNT_OF(extra); i++)
        define_key(extra[i].sequence, extra[i].code);
}

static void
input_open(struct terminal *term)
{
    set_escdelay(ESCAPE_WAIT_MS);
    term->input = newpad(1, 1);
    if (!term->input)
        die("out of memory");
    nodelay(term->input, TRUE);
    keypad(term->input, TRUE);
    sequences_define();
}

/* What curses has written since the last time goes onto the line. */
static bool
frame_take(struct terminal *term)
{
    int fd = fileno(term->memory);
    off_t n = lseek(fd, 0, SEEK_CUR);
    char bytes[4096];

    for (off_t at = 0; at < n;) {
        ssize_t got = pread(fd, bytes, sizeof(bytes), at);

        if (got <= 0)
            die("lost a frame: %s", strerror(errno));
        if (at + got > n)
            got = (ssize_t)(n - at);
        line_add(term->line, bytes, (size_t)got);
        at += got;
    }
    if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        die("lost a frame: %s", strerror(errno));
    return n > 0;
}

static bool
memory_open(struct terminal *term, struct err *err)
{
    int fd = memfd_create("frame", MFD_CLOEXEC);

    term->memory = fd < 0 ? NULL : fdopen(fd, "w+");
    if (!term->memory)
        return err_set(err, ERR_IO, "cannot make room for a frame: %s", strerror(errno));
    return true;
}

static void
modes_open(struct terminal *term)
{
    guard_arm(STDOUT_FILENO, &term->saved, "");
    tty_make_raw(&term->saved);
    restore_make(term);
    if (caps_is_modern()) {
        line_add(term->line, "\033[?2004h", strlen("\033[?2004h"));
        line_ask(term->line, clock_mono_ms());
    }
}

struct terminal *
term_open(const struct term_options *options, struct err *err)
{
    struct terminal *term = calloc(1, sizeof(*term));

    if (!term)
        die("out of memory");
    tty_size(&term->w, &term->h);
    use_env(FALSE); /* the size is asked for here, and again whenever it changes */
    term->line = line_open(STDOUT_FILENO);
    if (!tty_read_modes(&term->saved, err) || !memory_open(term, err) ||
        !screen_open_quietly(term, err))
        goto failed;
    modes_open(term);
    term->is_ascii = options->is_ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    resizeterm(term->h, term->w);
    typeahead(-1); /* a key must not stop a frame half way */
    leaveok(stdscr, TRUE);
    curs_set(0);
    colours_open(term, options->is_monochrome);
    input_open(term);
    term->shown = canvas_new(term->w, term->h);
    return term;

failed:
    line_close(term->line);
    if (term->memory)
        fclose(term->memory);
    free(term);
    return NULL;
}

/* An answer that comes after we have gone would be typed into the shell. */
static void
last_answer_wait(struct terminal *term)
{
    int64_t until_ms = clock_mono_ms() + LAST_ANSWER_WITHIN_MS;

    while (line_expects_answer(term->line)) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        int64_t left_ms = until_ms - clock_mono_ms();

        if (left_ms <= 0 || poll(&input, 1, (int)left_ms) <= 0 || input.revents != POLLIN)
            return;
        term_key(term);
    }
}

void
term_close(struct terminal *term)
{
    if (!term)
        return;
    last_answer_wait(term);
    guard_disarm();
    delwin(term->input);
    delscreen(term->screen);
    line_close(term->line);
    fclose(term->memory);
    canvas_free(term->shown);
    free(term);
}

const char *
term_notice(const struct terminal *term)
{
    return term->notice;
}

bool
term_is_ascii(const struct terminal *term)
{
    return term->is_ascii;
}

bool
term_resize(struct terminal *term)
{
    int w = term->w, h = term->h;

    tty_size(&term->w, &term->h);
    if (w == term->w && h == term->h)
        return false;
    resizeterm(term->h, term->w);
    term_forget(term);
    restore_make(term);
    return true;
}

void
term_size(const struct terminal *term, int *w, int *h)
{
    *w = term->w;
    *h = term->h;
}

/* The pair for two colours; terminals have few, so equal ones are shared and the last resort is 0.
 */
static short
pair_for(struct terminal *term, short fg, short bg)
{
    if (fg < 0 && bg < 0)
        return 0;
    for (short i = 0; i < term->n_pairs; i++)
        if (term->pair[i].fg == fg && term->pair[i].bg == bg)
            return (short)(i + 1);
    if (term->n_pairs + 1 >= COLOR_PAIRS || term->n_pairs >= (short)COUNT_OF(term->pair))
        return 0;
    term->pair[term->n_pairs].fg = fg;
    term->pair[term->n_pairs].bg = bg;
    term->n_pairs++;
    init_pair(term->n_pairs, fg, bg);
    return term->n_pairs;
}

static attr_t
attributes_for(uint8_t style)
{
    return ((style & STYLE_BOLD) ? A_BOLD : 0) | ((style & STYLE_DIM) ? A_DIM : 0) |
           ((style & STYLE_REVERSE) ? A_REVERSE : 0) |
           ((style & STYLE_UNDERLINE) ? A_UNDERLINE : 0);
}

static void
pen_make(struct terminal *term, uint8_t role, uint8_t over)
{
    struct pen pen = colour_pen(&term->theme->role[role], term->depth);

    if (over != ROLE_text)
        pen = colour_pen_over(pen, colour_pen(&term->theme->role[over], term->depth));
    term->pen[role][over].attributes = attributes_for(pen.attributes);
    term->pen[role][over].pair =
        term->depth == COLOUR_DEPTH_none ? 0 : pair_for(term, (short)pen.fg, (short)pen.bg);
}

/* A cell as curses wants it. Where its idea of a width is not ours, the layout wins and the
 * character is replaced. */
static void
cell_put(struct terminal *term, const struct cell *cell, bool is_wide, cchar_t *out)
{
    wchar_t chars[CCHARW_MAX + 1] = {0};
    const char *s = cell->bytes;
    size_t left = strlen(s), n = 0;

    while (left > 0 && n < CCHARW_MAX) {
        uint32_t c = text_next(&s, &left);

        chars[n++] = (wchar_t)(term->is_ascii ? plain_char(c) : c);
        if (term->is_ascii)
            break;
    }
    if (n == 0 || (!term->is_ascii && wcwidth(chars[0]) != (is_wide ? 2 : 1)))
        wmemcpy(chars, L"?", 2);
    if (term->pen[cell->role][cell->over].pair < 0)
        pen_make(term, cell->role, cell->over);
    setcchar(out, chars, term->pen[cell->role][cell->over].attributes,
             term->pen[cell->role][cell->over].pair, NULL);
}

/* The cells from..to of a row; from is never the right half of a wide character. */
static void
run_put(struct terminal *term, const struct canvas *canvas, int y, int from, int to)
{
    int n = 0;

    for (int x = from; x < to; x++) {
        const struct cell *cell = canvas_at(canvas, x, y);
        bool is_wide = x + 1 < term->w && !canvas_at(canvas, x + 1, y)->bytes[0];

        cell_put(term, cell, is_wide, &term->row[n]);
        if (is_wide && term->row[n].chars[0] < 0x80) { /* replaced: fill its second cell too */
            term->row[n + 1] = term->row[n];
            n++;
            x++;
        } else if (is_wide) {
            x++;
        }
        n++;
    }
    mvwadd_wchnstr(stdscr, y, from, term->row, n);
}

static bool
is_cell_shown(const struct terminal *term, const struct canvas *canvas, int x, int y)
{
    return memcmp(canvas_at(canvas, x, y), canvas_at(term->shown, x, y), sizeof(struct cell)) == 0;
}

static bool
is_right_half(const struct terminal *term, const struct canvas *canvas, int x, int y)
{
    return !canvas_at(canvas, x, y)->bytes[0] || !canvas_at(term->shown, x, y)->bytes[0];
}

/* The next run of changed cells from *from on, whole characters only; false when there is none. */
static bool
run_next(const struct terminal *term, const struct canvas *canvas, int y, int *from, int *to)
{
    while (*from < term->w && is_cell_shown(term, canvas, *from, y))
        *from += 1;
    if (*from >= term->w)
        return false;
    for (*to = *from + 1; *to < term->w; *to += 1)
        if (is_cell_shown(term, canvas, *to, y) && !is_right_half(term, canvas, *to, y))
            break;
    while (*from > 0 && is_right_half(term, canvas, *from, y))
        *from -= 1;
    return true;
}

/* curses fills a gap between two changes of one update by sending it again, which costs a slow line
 * more than it saves in cursor movements. So every run is an update of its own, unless so much
 * changed that it is a new picture anyway. */
static void
row_draw(struct terminal *term, const struct canvas *canvas, int y, int *runs)
{
    int to;

    for (int from = 0; run_next(term, canvas, y, &from, &to); from = to) {
        run_put(term, canvas, y, from, to);
        if (++*runs > MOST_RUNS)
            continue;
        wnoutrefresh(stdscr);
        doupdate();
    }
}

static void
theme_use(struct terminal *term, const struct theme *theme)
{
    if (term->theme == theme)
        return;
    term->theme = theme;
    pens_forget(term);
    term_forget(term);
}

/* What an operator looks at first: the state, the worst finding, and the answer to the last key.
 * Then the others, from where a slow line made the last frame end. */
static int
row_nth(const struct terminal *term, int n)
{
    const int first[FIRST_ROWS] = {term->h - 2, term->h - 1, 1, 0};

    if (term->h <= FIRST_ROWS)
        return n;
    if (n < FIRST_ROWS)
        return first[n];
    return 2 + (term->next_row + n - FIRST_ROWS) % (term->h - FIRST_ROWS);
}

/* The rows that changed, as many as the line carries soon; false when some are left for later. */
static bool
rows_draw(struct terminal *term, const struct canvas *canvas)
{
    size_t budget = line_budget_bytes(term->line);
    int runs = 0;

    for (int n = 0; n < term->h; n++) {
        int y = row_nth(term, n);

        if (canvas_row_equals(term->shown, canvas, y))
            continue;
        if ((size_t)lseek(fileno(term->memory), 0, SEEK_CUR) > budget) {
            if (n >= FIRST_ROWS)
                term->next_row += n - FIRST_ROWS;
            return false;
        }
        row_draw(term, canvas, y, &runs);
        canvas_copy_row(term->shown, canvas, y);
    }
    term->next_row = 0;
    return true;
}

bool
term_draw(struct terminal *term, const struct canvas *canvas, const struct theme *theme)
{
    bool is_whole;

    if (canvas_width(canvas) != term->w || canvas_height(canvas) != term->h)
        return false;
    if (!line_is_free(term->line, clock_mono_ms()))
        return false;
    theme_use(term, theme);
    is_whole = rows_draw(term, canvas);
    wnoutrefresh(stdscr);
    doupdate();
    if (frame_take(term))
        line_send(term->line, clock_mono_ms());
    return is_whole;
}

void
term_forget(struct terminal *term)
{
    canvas_reset(term->shown, term->w, term->h);
    canvas_fill(term->shown, canvas_all(term->shown), ROLE_match, " "); /* like no real frame */
    clearok(curscr, TRUE);
}

void
term_send(struct terminal *term, const char *bytes, size_t n)
{
    line_add(term->line, bytes, n);
    line_send(term->line, clock_mono_ms());
}

static int
code_to_key(wint_t code)
{
    static const struct {
        wint_t code;
        int key;
    } codes[] = {
        {KEY_UP, KEY_up},
        {KEY_DOWN, KEY_down},
        {KEY_LEFT, KEY_left},
        {KEY_RIGHT, KEY_right},
        {KEY_PPAGE, KEY_page_up},
        {KEY_NPAGE, KEY_page_down},
        {KEY_HOME, KEY_home},
        {KEY_END, KEY_end},
        {KEY_IC, KEY_insert},
        {KEY_DC, KEY_delete},
        {KEY_BTAB, KEY_back_tab},
        {KEY_ENTER, KEY_RETURN},
        {KEY_BACKSPACE, KEY_RUBOUT},
        {CODE_PASTE_BEGINS, KEY_paste_begins},
        {CODE_PASTE_ENDS, KEY_paste_ends},
    };

    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (codes[i].code == code)
            return codes[i].key;
    if (code >= KEY_F(1) && code <= KEY_F(12))
        return KEY_f1 + (int)(code - KEY_F(1));
    return KEY_NONE;
}

int
term_key(struct terminal *term)
{
    for (;;) {
        wint_t code;
        int kind = wget_wch(term->input, &code);
        int key = (int)code;

        if (kind == ERR)
            return KEY_NONE;
        if (kind == KEY_CODE_YES && code == CODE_ANSWER) {
            line_answered(term->line, clock_mono_ms());
            continue;
        }
        if (kind == KEY_CODE_YES)
            key = code_to_key(code);
        if (key == '\n')
            key = KEY_RETURN;
        if (key == '\b')
            key = KEY_RUBOUT;
        if (key != KEY_NONE)
            return key;
    }
}

int
term_input_fd(const struct terminal *term)
{
    (void)term;
    return STDIN_FILENO;
}

int
term_output_fd(const struct terminal *term)
{
    return line_fd(term->line);
}

bool
term_has_rest(const struct terminal *term)
{
    return line_has_rest(term->line);
}

int64_t
term_frees_at_ms(const struct terminal *term)
{
    return line_free_at_ms(term->line);
}

bool
term_pump(struct terminal *term)
{
    return line_send(term->line, clock_mono_ms());
}

void
term_leave(struct terminal *term)
{
    last_answer_wait(term);
    guard_restore();
    line_drop(term->line);
}

void
term_enter(struct terminal *term)
{
    TEXT(out, 256);

    guard_arm(STDOUT_FILENO, &term->saved, "");
    tty_make_raw(&term->saved);
    restore_make(term);
    caps_add_enter(&out);
    line_add(term->line, out.bytes, out.n);
    term_resize(term);
    term_forget(term);
}
