#include "command_help.h"

#include <string.h>

#include "cli/cli.h"
#include "core/base.h"

static const struct {
    const char *command, *option, *help;
    const char *(*words)(void); /* what it takes, after the help; NULL */
} rows[] = {
    {"demo", "--scenario S", "which world: a name from the scenarios folder, or a path to a .yaml",
     NULL},
    {"demo", "--seed N", "the same number makes the same world", NULL},
    {"status", "--json", "one document; the manual page has its fields", NULL},
    {"check", "--json", "one document; the manual page has its fields", NULL},
    {"check", "--only LIST", "some of these, separated by commas: ", check_only_words},
    {"check", "--timeout SECONDS", "bounds all of it (15)", NULL},
    {"check", "--watch", "go on, and print each change, until it is interrupted", NULL},
    {"history", "--since T", "an age (90s, 45m, 2h, 3d) or a time (2026-11-23T09:00:00Z)", NULL},
    {"history", "--json", "one document; the manual page has its fields", NULL},
    {"history", "--resume ID", "go on with an interrupted action, looking first at what was done",
     NULL},
    {"history", "--dismiss ID", "set an interrupted action aside", NULL},
    {"sim", "--listen ADDR:PORT", "where the pretended API listens; of this host alone", NULL},
    {"sim", "--scenario S", "which world: a name from the scenarios folder, or a path to a .yaml",
     NULL},
    {"sim", "--seed N", "the same number makes the same world", NULL},
    {"config", "--drivers", "also run the harmless list of each control driver", NULL},
};

void
command_help(const char *command, FILE *out)
{
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].command, command) != 0)
            continue;
        if (n++ == 0)
            fprintf(out, "\noptions of %s:\n", command);
        fprintf(out, "  %-24s %s%s\n", rows[i].option, rows[i].help,
                rows[i].words ? rows[i].words() : "");
    }
}
