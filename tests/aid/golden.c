#include "aid/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/canvas.h"

static FILE *
open_golden(const char *name, const char *mode)
{
    char path[256];

    snprintf(path, sizeof(path), "tests/golden/%s.txt", name);
    return fopen(path, mode);
}

static void
compare(const char *name, const char *printed)
{
    FILE *file = open_golden(name, "r");
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t n;

    if (!file)
        fail_msg("no tests/golden/%s.txt; make golden writes it", name);
    while ((n = getline(&line, &room, file)) >= 0) {
        number++;
        if (strncmp(printed, line, (size_t)n) != 0)
            fail_msg("tests/golden/%s.txt line %zu: expected\n%sfound\n%.*s", name, number, line,
                     (int)strcspn(printed, "\n"), printed);
        printed += n;
    }
    assert_string_equal(printed, "");
    free(line);
    fclose(file);
}

void
golden_check(const char *name, const struct canvas *canvas)
{
    const char *mode = getenv("GOLDEN");
    char *printed = NULL;
    size_t n;
    FILE *memory = open_memstream(&printed, &n);

    assert_non_null(memory);
    canvas_print(canvas, memory);
    fclose(memory);
    if (mode && strcmp(mode, "write") == 0) {
        FILE *file = open_golden(name, "w");

        assert_non_null(file);
        fputs(printed, file);
        fclose(file);
    } else {
        compare(name, printed);
    }
    free(printed);
}
