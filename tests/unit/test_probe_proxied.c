/* Which cloudflared of this host is told to use a proxy, found in a made-up /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aid/folder.h"
#include "probe/proxied.h"

enum { TOKEN_BYTES = 9000 }; /* more than is read at once */

static void
write_file(const char *folder, const char *pid, const char *name, const char *bytes, size_t n)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s/%s", folder, pid, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static void
add_process(const char *folder, const char *pid, const char *name, const char *environment,
            size_t n)
{
    char path[256], line[64];

    snprintf(path, sizeof(path), "%s/%s", folder, pid);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(line, sizeof(line), "%s\n", name);
    write_file(folder, pid, "comm", line, strlen(line));
    write_file(folder, pid, "environ", environment, n);
}

static void
remove_process(const char *folder, const char *pid)
{
    static const char *const files[] = {"comm", "environ"};
    char path[256];

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof(path), "%s/%s/%s", folder, pid, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/%s", folder, pid);
    assert_int_equal(rmdir(path), 0);
}

static void
only_a_cloudflared_with_a_proxy_counts(void **state)
{
    static const char with[] = "PATH=/bin\0HTTPS_PROXY=http://10.0.0.1:3128",
                      empty[] = "HTTPS_PROXY=\0NO_PROXY=x\0MY_HTTPS_PROXY=http://x";
    static char behind[TOKEN_BYTES + 64];
    char *folder = folder_new();
    struct proxied found;
    size_t n = TOKEN_BYTES;

    (void)state;
    memset(behind, 'x', TOKEN_BYTES);
    n += (size_t)sprintf(behind + n, "%chttp_proxy=http://10.0.0.1:3128", '\0') + 1;
    add_process(folder, "100", "nginx", with, sizeof(with));
    add_process(folder, "101", "cloudflared", empty, sizeof(empty));
    add_process(folder, "102", "cloudflared-old", with, sizeof(with));
    proxied_find(folder, &found);
    assert_int_equal(found.pid, 0);
    assert_null(found.variable);

    add_process(folder, "103", "cloudflared", behind, n);
    proxied_find(folder, &found);
    assert_int_equal(found.pid, 103);
    assert_string_equal(found.variable, "http_proxy");
    for (int pid = 100; pid <= 103; pid++) {
        char name[16];

        snprintf(name, sizeof(name), "%d", pid);
        remove_process(folder, name);
    }
    folder_free(folder);
}

static void
without_proc_nothing_is_found(void **state)
{
    struct proxied found = {.pid = 7};

    (void)state;
    proxied_find("/nowhere/at/all", &found);
    assert_int_equal(found.pid, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_cloudflared_with_a_proxy_counts),
        cmocka_unit_test(without_proc_nothing_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
