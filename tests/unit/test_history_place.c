/* The journal's place: whose folder and files it takes, and where it is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aid/home.h"

static unsigned
mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void
the_folder_and_the_files_are_private(void **state)
{
    struct home *home = *state;
    mode_t before = umask(0);
    struct journal *journal = home_open(home);
    char log[HOME_PATH_BYTES + 64];

    umask(before);
    home_begin_op(journal, "op_1");
    snprintf(log, sizeof(log), "%s-wal", home->file);
    assert_int_equal(mode_of(home->folder), 0700);
    assert_int_equal(mode_of(home->file), 0600);
    assert_int_equal(mode_of(log), 0600);
    journal_close(journal);
}

static void
a_shared_folder_shares_the_files(void **state)
{
    struct home *home = *state;
    struct journal *journal;
    mode_t before = umask(077);
    char log[HOME_PATH_BYTES + 64];

    assert_int_equal(mkdir(home->folder, 0700), 0);
    assert_int_equal(chmod(home->folder, 02770), 0);
    journal = home_open(home);
    home_begin_op(journal, "op_1");
    umask(before);
    snprintf(log, sizeof(log), "%s-wal", home->file);
    assert_int_equal(mode_of(home->file), 0660);
    assert_int_equal(mode_of(log), 0660);
    journal_close(journal);
}

static void
a_folder_that_others_may_write_is_refused(void **state)
{
    struct home *home = *state;
    struct err err = {0};

    assert_int_equal(mkdir(home->folder, 0700), 0);
    assert_int_equal(chmod(home->folder, 0777), 0);
    assert_null(journal_open(home->folder, &err));
    assert_non_null(strstr(err.message, "everybody may write"));
    assert_int_equal(chmod(home->folder, 0770), 0);
    assert_null(journal_open(home->folder, &err));
    assert_non_null(strstr(err.message, "chmod g+s"));
}

static void
a_link_in_place_of_the_file_is_not_followed(void **state)
{
    struct home *home = *state;
    struct err err = {0};

    assert_int_equal(mkdir(home->folder, 0700), 0);
    assert_int_equal(symlink("/dev/null", home->file), 0);
    assert_null(journal_open(home->folder, &err));
    assert_int_equal(err.code, ERR_IO);
}

static const char *pretended_state, *pretended_home;

static const char *
pretend(const char *name)
{
    if (strcmp(name, "XDG_STATE_HOME") == 0)
        return pretended_state;
    return strcmp(name, "HOME") == 0 ? pretended_home : NULL;
}

static void
the_folder_follows_the_xdg_specification(void **state)
{
    struct home *home = *state;

    pretended_state = "/var/state";
    pretended_home = "/home/a";
    assert_string_equal(journal_folder(home->arena, pretend), "/var/state/sandwatch");
    pretended_state = "relative";
    assert_string_equal(journal_folder(home->arena, pretend), "/home/a/.local/state/sandwatch");
    pretended_state = pretended_home = NULL;
    assert_null(journal_folder(home->arena, pretend));
}

static void
reading_makes_nothing(void **state)
{
    struct home *home = *state;
    struct err err = {0};
    struct journal *journal = journal_open_to_read(home->folder, &err);
    const struct journal_op *ops;
    struct stat status;
    size_t n = 9;

    assert_non_null(journal);
    assert_true(journal_read(journal, &(struct journal_query){0}, home->arena, &ops, &n, &err));
    assert_int_equal(n, 0);
    journal_close(journal);
    assert_int_equal(stat(home->folder, &status), -1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, home_begin, home_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_folder_and_the_files_are_private),
        T(a_shared_folder_shares_the_files),
        T(a_folder_that_others_may_write_is_refused),
        T(a_link_in_place_of_the_file_is_not_followed),
        T(the_folder_follows_the_xdg_specification),
        T(reading_makes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
