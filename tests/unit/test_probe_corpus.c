/* Every input that a fuzzer starts from, or once broke something, stays harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

#define FUZZ_REPLAY
#include "fuzz/fuzz_certificate.c"
#include "fuzz/fuzz_challenge.c"
#include "fuzz/fuzz_cloudflared.c"
#include "fuzz/fuzz_dns.c"
#include "fuzz/fuzz_driver.c"
#include "fuzz/fuzz_json.c"
#include "fuzz/fuzz_log.c"
#include "fuzz/fuzz_oauth.c"
#include "fuzz/fuzz_prometheus.c"
#include "fuzz/fuzz_proxyconf.c"
#include "fuzz/fuzz_text.c"
#include "fuzz/fuzz_vn.c"
#include "fuzz/fuzz_websocket.c"
#include "fuzz/fuzz_yaml.c"

/* Returns how many files there were. */
static size_t
replay(const char *name, int (*one)(const uint8_t *bytes, size_t n))
{
    char path[512];
    size_t count = 0;
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", name);
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        uint8_t bytes[65536];
        FILE *file;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "tests/fuzz/corpus/%s/%s", name, entry->d_name);
        file = fopen(path, "re");
        assert_non_null(file);
        assert_int_equal(one(bytes, fread(bytes, 1, sizeof(bytes), file)), 0);
        fclose(file);
        count++;
    }
    closedir(folder);
    return count;
}

static void
every_known_input_is_harmless(void **state)
{
    static const struct {
        const char *name;
        int (*one)(const uint8_t *bytes, size_t n);
    } fuzzers[] = {
        {"vn", fuzz_vn},
        {"dns", fuzz_dns},
        {"prometheus", fuzz_prometheus},
        {"cloudflared", fuzz_cloudflared},
        {"driver", fuzz_driver},
        {"json", fuzz_json},
        {"log", fuzz_log},
        {"websocket", fuzz_websocket},
        {"yaml", fuzz_yaml},
        {"text", fuzz_text},
        {"challenge", fuzz_challenge},
        {"oauth", fuzz_oauth},
        {"certificate", fuzz_certificate},
        {"proxyconf", fuzz_proxyconf},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(fuzzers) / sizeof(fuzzers[0]); i++)
        assert_true(replay(fuzzers[i].name, fuzzers[i].one) > 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_known_input_is_harmless)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
