/* Secrets: only what can stand in a header, never printed, never in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/log.h"
#include "core/secret.h"

enum { TOO_LONG = 16 * 1024 + 1 };

static void
white_space_around_it_is_dropped(void **state)
{
    struct err err = {0};
    struct secret *secret = secret_new("  sk-ant-x\r\n", 12, "key", &err);

    (void)state;
    assert_non_null(secret);
    assert_string_equal(secret_expose(secret), "sk-ant-x");
    secret_free(secret);
}

static void
what_cannot_be_a_credential_is_refused_without_showing_it(void **state)
{
    static char long_one[TOO_LONG];
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {"", 0},
        {" \n", 2},
        {"two words", 9},
        {"line\nbreak", 10},
        {"nul\0inside", 10},
        {"tab\tinside", 10},
        {"\x7f", 1},
        {"k\xC3\xA9y", 4},
        {long_one, TOO_LONG},
    };

    (void)state;
    memset(long_one, 'x', sizeof(long_one));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err = {0};

        assert_null(secret_new(bad[i].bytes, bad[i].n, "ANTHROPIC_API_KEY", &err));
        assert_int_equal(err.code, ERR_CONFIG);
        assert_memory_equal(err.message, "ANTHROPIC_API_KEY: ", 19);
        assert_null(strstr(err.message, "inside"));
        assert_null(strstr(err.message, "words"));
    }
}

static void
the_longest_allowed_one_is_allowed(void **state)
{
    static char longest[TOO_LONG - 1];
    struct err err = {0};
    struct secret *secret, *copy;

    (void)state;
    memset(longest, 'x', sizeof(longest));
    secret = secret_new(longest, sizeof(longest), "key", &err);
    assert_non_null(secret);
    copy = secret_copy(secret);
    secret_free(secret);
    assert_int_equal(strlen(secret_expose(copy)), sizeof(longest));
    secret_free(copy);
    secret_free(NULL);
}

/* A file with that mode; its path in path. */
static void
write_file(char *path, const char *content, mode_t mode)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void
a_file_that_others_may_read_is_refused(void **state)
{
    static const mode_t open_modes[] = {0640, 0604, 0644, 0620};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(open_modes); i++) {
        char path[] = "/tmp/test_secret_XXXXXX";
        struct err err = {0};

        write_file(path, "sk-ant-x\n", open_modes[i]);
        assert_null(secret_read_file(path, "key", &err));
        assert_non_null(strstr(err.message, "chmod 600"));
        unlink(path);
    }
}

static void
a_private_file_is_read(void **state)
{
    char path[] = "/tmp/test_secret_XXXXXX";
    struct err err = {0};
    struct secret *secret;

    (void)state;
    write_file(path, "sk-ant-x\n", 0600);
    secret = secret_read_file(path, "key", &err);
    assert_non_null(secret);
    assert_string_equal(secret_expose(secret), "sk-ant-x");
    secret_free(secret);
    unlink(path);
}

static void
a_file_that_is_none_says_which(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(secret_read_file("/nonexistent/key", "key", &err));
    assert_non_null(strstr(err.message, "/nonexistent/key"));
    assert_null(secret_read_file("/tmp", "key", &err));
    assert_non_null(strstr(err.message, "is not a file"));
}

static void
tokens_are_masked_but_for_their_class(void **state)
{
    static const struct {
        const char *line, *masked;
    } rows[] = {
        {"nothing here", "nothing here"},
        {"key=sk-ant-api03-AbC_123 end", "key=sk-ant-api03******** end"},
        {"sk-ant-oat01-abc,sk-ant-req-xyz", "sk-ant-oat01****,sk-ant-req-***"},
        {"sk-ant-", "sk-ant-"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char line[128];

        snprintf(line, sizeof(line), "%s", rows[i].line);
        log_mask(line);
        assert_string_equal(line, rows[i].masked);
    }
}

static void
a_logged_token_and_foreign_bytes_do_not_reach_the_file(void **state)
{
    char path[] = "/tmp/test_log_XXXXXX", line[512] = "";
    struct err err = {0};
    FILE *file;

    (void)state;
    write_file(path, "", 0600);
    log_line("before", "goes nowhere");
    assert_true(log_open(path, &err));
    log_line("api", "got \x1b[2J and sk-ant-api03-SECRET\nsecond line");
    log_close();
    log_line("after", "goes nowhere");
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_non_null(strstr(line, "Z api: got "));
    assert_null(strstr(line, "SECRET"));
    assert_null(strchr(line, '\x1b'));
    assert_non_null(strstr(line, "second line\n")); /* one event, one line */
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
    unlink(path);
}

static void
a_log_that_cannot_be_written_says_why(void **state)
{
    struct err err = {0};

    (void)state;
    assert_false(log_open("/nonexistent/folder/log", &err));
    assert_non_null(strstr(err.message, "/nonexistent/folder/log"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_around_it_is_dropped),
        cmocka_unit_test(what_cannot_be_a_credential_is_refused_without_showing_it),
        cmocka_unit_test(the_longest_allowed_one_is_allowed),
        cmocka_unit_test(a_file_that_others_may_read_is_refused),
        cmocka_unit_test(a_private_file_is_read),
        cmocka_unit_test(a_file_that_is_none_says_which),
        cmocka_unit_test(tokens_are_masked_but_for_their_class),
        cmocka_unit_test(a_logged_token_and_foreign_bytes_do_not_reach_the_file),
        cmocka_unit_test(a_log_that_cannot_be_written_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
