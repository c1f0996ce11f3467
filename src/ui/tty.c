#include "ui/tty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ui/app.h"

bool
term_is_usable(struct err *err)
{
    const char *name = getenv("TERM");

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(err, ERR_IO, "the console needs a terminal on standard input and output");
    if (name && strcmp(name, "dumb") == 0)
        return err_set(err, ERR_IO, "TERM=dumb cannot place a cursor, so there is no console");
    return true;
}

bool
tty_read_modes(struct termios *out, struct err *err)
{
    if (tcgetattr(STDIN_FILENO, out) == 0)
        return true;
    return err_set(err, ERR_IO, "cannot read the terminal's modes: %s", strerror(errno));
}

void
tty_make_raw(const struct termios *saved)
{
    struct termios modes = *saved;

    modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP | BRKINT);
    modes.c_oflag &= ~(tcflag_t)OPOST;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

void
tty_size(int *w, int *h)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
        size = (struct winsize){.ws_col = 80, .ws_row = 24};
    *w = size.ws_col > TTY_MOST_COLUMNS ? TTY_MOST_COLUMNS : size.ws_col;
    *h = size.ws_row > TTY_MOST_LINES ? TTY_MOST_LINES : size.ws_row;
}
