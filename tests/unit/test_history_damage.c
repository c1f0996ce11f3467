/* The journal on disks that fail and in files that are damaged: it says so, and spoils nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aid/folder.h"
#include "aid/home.h"
#include "core/arena.h"

enum {
    NOBODY = 65534,
    CHILD_SKIPS = 77, /* exit status of a child that lacks the rights for its test */
};

/* ---- disks that fail ---- */

/* In a child with its own mounts: a tiny file system on the folder. */
static void
mount_tiny(const struct home *home, const char *options)
{
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        _exit(CHILD_SKIPS);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", home->folder, "tmpfs", 0, options) != 0)
        _exit(CHILD_SKIPS);
}

/* The line that a full disk gives; 0 when it is right. */
static int
is_told_full(bool is_written, const struct err *err)
{
    if (is_written || err->code != ERR_IO || !strstr(err->message, "is full"))
        fprintf(stderr, "written %d: %s\n", is_written, err->message);
    return !is_written && err->code == ERR_IO && strstr(err->message, "is full") ? 0 : 1;
}

static void
fill(const struct home *home)
{
    static const char zeros[4096];
    char path[HOME_PATH_BYTES + 32];
    int fd;

    snprintf(path, sizeof(path), "%s/ballast", home->folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(fd, zeros, sizeof(zeros)) > 0)
        ;
    close(fd);
}

/* The child mounts where the journal is to be. */
static void
ends_well_in_child(const struct home *home, void (*child)(const struct home *home))
{
    pid_t pid;
    int status;

    assert_int_equal(mkdir(home->folder, 0700), 0);
    pid = fork();
    if (pid == 0)
        child(home);
    status = home_exit_status(pid);
    if (status == CHILD_SKIPS)
        skip();
    assert_int_equal(status, 0);
}

static void
child_fills_disk(const struct home *home)
{
    struct err err = {0};
    struct journal *journal;
    struct arena *arena = arena_new();
    const struct journal_op *ops;
    struct journal_op op = home_drain("op_1");
    size_t n;

    mount_tiny(home, "size=1m,mode=0700");
    journal = journal_open(home->folder, &err);
    if (!journal || !journal_begin(journal, &op, &err) || !journal_try(journal, &err)) {
        fprintf(stderr, "%s\n", err.message);
        _exit(2);
    }
    fill(home);
    /* what was recorded is still there, and an op that is begun now is refused with the reason */
    for (int i = 0; i < 200 && journal_try(journal, &err); i++)
        ;
    if (is_told_full(err.code == 0, &err) != 0)
        _exit(3);
    if (!journal_read(journal, &(struct journal_query){0}, arena, &ops, &n, &err) || n != 1)
        _exit(4);
    _exit(0);
}

static void
a_full_disk_is_told(void **state)
{
    ends_well_in_child(*state, child_fills_disk);
}

/* A limit on the size of files stands for a full disk where mounting is not allowed. */
static void
a_file_that_may_not_grow_is_told(void **state)
{
    struct home *home = *state;
    pid_t pid;

    pid = fork();
    if (pid == 0) {
        struct journal *journal = journal_open(home->folder, NULL);
        struct journal_op op = home_drain("op_1");
        struct err err = {0};
        const struct rlimit limit = {100 * 1024, 100 * 1024};
        bool is_good = journal && journal_begin(journal, &op, NULL);

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        for (int i = 0; i < 50 && is_good && journal_try(journal, &err); i++)
            ;
        if (err.code != ERR_IO || !strchr(err.message, '/'))
            fprintf(stderr, "code %d: %s\n", (int)err.code, err.message);
        _exit(is_good && err.code == ERR_IO && strchr(err.message, '/') ? 0 : 1);
    }
    assert_int_equal(home_exit_status(pid), 0);
}

static void
child_reads_only(const struct home *home)
{
    struct err err = {0};
    struct journal *journal;
    struct journal_op op = home_drain("op_1");
    const struct journal_op *ops;
    size_t n;

    mount_tiny(home, "size=4m,mode=0700");
    journal = journal_open(home->folder, &err);
    if (!journal || !journal_begin(journal, &op, &err))
        _exit(2);
    journal_close(journal);
    if (mount(NULL, home->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
        _exit(CHILD_SKIPS);
    if (journal_open(home->folder, &err) || err.code != ERR_IO || strchr(err.message, '\n') ||
        !strstr(err.message, home->folder))
        _exit(3);
    journal = journal_open_to_read(home->folder, &err);
    if (!journal) {
        fprintf(stderr, "%s\n", err.message);
        _exit(4);
    }
    _exit(journal_read(journal, &(struct journal_query){0}, home->arena, &ops, &n, &err) && n == 1
              ? 0
              : 5);
}

static void
read_only_media_refuse_writing_and_allow_reading(void **state)
{
    ends_well_in_child(*state, child_reads_only);
}

static void
child_may_not_write(const struct home *home)
{
    struct err err = {0};

    if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) /* root may write anywhere */
        _exit(2);
    if (journal_open(home->folder, &err) || err.code != ERR_IO ||
        !strstr(err.message, "Permission denied"))
        _exit(3);
    _exit(0);
}

static void
a_folder_without_write_permission_is_told(void **state)
{
    struct home *home = *state;
    pid_t pid;

    assert_int_equal(chmod(home->root, 0755), 0);
    assert_int_equal(mkdir(home->folder, 0555), 0);
    pid = fork();
    if (pid == 0)
        child_may_not_write(home);
    assert_int_equal(home_exit_status(pid), 0);
}

/* ---- files that are damaged ---- */

static void
prepare_file(const struct home *home)
{
    struct journal *journal = home_open(home);

    for (int i = 0; i < 40; i++) {
        char id[16];

        snprintf(id, sizeof(id), "op_%d", i);
        home_begin_op(journal, id);
    }
    journal_close(journal);
}

static void
assert_damaged_and_untouched(const struct home *home)
{
    struct err err = {0};
    struct stat before, after;

    assert_int_equal(stat(home->file, &before), 0);
    assert_null(journal_open(home->folder, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.message, "damaged"));
    assert_non_null(strstr(err.message, home->file));
    assert_null(strchr(err.message, '\n'));
    assert_int_equal(stat(home->file, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void
a_file_that_is_no_journal_is_left_alone(void **state)
{
    struct home *home = *state;

    assert_int_equal(mkdir(home->folder, 0700), 0);
    folder_write(home->folder, "journal.db",
                 "this is somebody's shopping list, which nobody wants to lose\n");
    assert_damaged_and_untouched(home);
}

static void
a_truncated_file_is_told_and_left_alone(void **state)
{
    struct home *home = *state;
    struct stat status;

    prepare_file(home);
    assert_int_equal(stat(home->file, &status), 0);
    assert_int_equal(truncate(home->file, status.st_size / 2 / 4096 * 4096), 0);
    assert_damaged_and_untouched(home);
}

static void
a_file_with_overwritten_pages_is_told_and_left_alone(void **state)
{
    struct home *home = *state;
    char noise[3 * 4096];
    int fd;

    prepare_file(home);
    memset(noise, 0x5a, sizeof(noise));
    fd = open(home->file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, noise, sizeof(noise), 4096), sizeof(noise));
    close(fd);
    assert_damaged_and_untouched(home);
}

static void
the_log_of_a_file_cut_to_nothing_is_kept(void **state)
{
    struct home *home = *state;
    char log[HOME_PATH_BYTES + 64];
    struct stat before, after;

    home_leave_op(home, "op_1"); /* killed: its log was not folded into the file */
    snprintf(log, sizeof(log), "%s-wal", home->file);
    assert_int_equal(truncate(home->file, 0), 0);
    assert_int_equal(stat(log, &before), 0);
    assert_true(before.st_size > 0);
    assert_damaged_and_untouched(home);
    assert_int_equal(stat(log, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

#define T(test) cmocka_unit_test_setup_teardown(test, home_begin, home_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_full_disk_is_told),
        T(a_file_that_may_not_grow_is_told),
        T(read_only_media_refuse_writing_and_allow_reading),
        T(a_folder_without_write_permission_is_told),
        T(a_file_that_is_no_journal_is_left_alone),
        T(a_truncated_file_is_told_and_left_alone),
        T(a_file_with_overwritten_pages_is_told_and_left_alone),
        T(the_log_of_a_file_cut_to_nothing_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
