/* The checklist for the proxy's certificate files: one set that is right, and one breaking each
 * rule; made by the openssl command, not by us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "aid/folder.h"
#include "core/arena.h"
#include "probe/disk.h"

static char *folder;

static int
make(void **state)
{
    char command[300];

    (void)state;
    folder = folder_new();
    snprintf(command, sizeof(command), "tests/aid/certificates %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static int
unmake(void **state)
{
    (void)state;
    folder_free(folder);
    return 0;
}

static struct certificate_file
load(struct arena *arena, const char *name)
{
    struct certificate_file out = {
        .path = arena_printf(arena, "%s/%s", folder, name), .error = "", .is_stated = true};
    char *bytes = arena_alloc(arena, CERTIFICATE_LARGEST_BYTES);
    FILE *in = fopen(out.path, "r");

    assert_non_null(in);
    out.n = fread(bytes, 1, CERTIFICATE_LARGEST_BYTES, in);
    fclose(in);
    out.bytes = bytes;
    out.mode = 0644;
    return out;
}

static const struct proxy_route routes[] = {
    {"wiki", "wiki.t.example.com", "http://10.0.0.1:1"},
    {"tickets", "tickets.t.example.com", "http://10.0.0.2:1"},
};

struct names {
    const char *ca, *server, *key;
};

static struct proxy
check(struct arena *arena, struct names names)
{
    struct proxy out = {.routes = routes, .n_routes = COUNT_OF(routes)};
    struct certificate_files files = {
        .ca = load(arena, names.ca),
        .server = load(arena, names.server),
        .key = load(arena, names.key),
        .stray_ca_key = "",
        .has_data_folder = true,
    };

    certificate_check(&files, arena, &out);
    return out;
}

/* The rules that the model judges. */
static bool
is_the_models(int rule)
{
    return rule == CERTIFICATE_ca_5 || rule == CERTIFICATE_ca_8 || rule == CERTIFICATE_s_5;
}

static void
a_right_set_breaks_no_rule(void **state)
{
    struct arena *arena = arena_new();
    struct proxy out = check(arena, (struct names){"ca.crt", "tls.crt", "tls.key"});

    (void)state;
    for (int rule = 0; rule < CERTIFICATE_RULES; rule++)
        if (!is_the_models(rule))
            assert_int_equal(out.rules[rule].proof, PROOF_holds);
    assert_int_equal(strlen(out.ca.fingerprint), 64);
    assert_true(out.server.until_ms - out.server.from_ms == INT64_C(90) * 86400000);
    assert_string_equal(out.server.issuer, "CN=ca");
    arena_free(arena);
}

static void
every_rule_is_noticed_when_it_is_broken(void **state)
{
    static const struct {
        enum certificate_rule rule;
        struct names names;
    } rows[] = {
        {CERTIFICATE_ca_1, {"ca-1.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_1, {"ca-1b.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_1, {"ca-1c.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_1, {"ca-1d.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_1, {"ca-1e.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_1, {"tls.key", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_2, {"ca-2.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_2, {"ca-2b.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_3, {"ca-3.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_4, {"ca-4.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_4, {"ca-4b.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_6, {"ca-6.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_ca_7, {"ca-7.crt", "tls.crt", "tls.key"}},
        {CERTIFICATE_s_1, {"ca.crt", "tls-1.crt", "tls.key"}},
        {CERTIFICATE_s_2, {"ca.crt", "tls-2.crt", "tls.key"}},
        {CERTIFICATE_s_3, {"ca.crt", "tls-3.crt", "tls.key"}},
        {CERTIFICATE_s_3, {"ca.crt", "tls-3b.crt", "tls.key"}},
        {CERTIFICATE_s_4, {"ca.crt", "tls-4.crt", "tls.key"}},
        {CERTIFICATE_s_3, {"ca.crt", "tls-3c.crt", "tls.key"}},
        {CERTIFICATE_s_3, {"ca.crt", "tls-3d.crt", "tls.key"}},
        {CERTIFICATE_s_3, {"ca.crt", "tls-3e.crt", "tls.key"}},
        {CERTIFICATE_s_4, {"ca.crt", "tls-4b.crt", "tls.key"}},
        {CERTIFICATE_s_6, {"ca.crt", "tls-6.crt", "small.key"}},
        {CERTIFICATE_s_6, {"ca.crt", "tls-6b.crt", "rsa2047.key"}},
        {CERTIFICATE_s_6, {"ca.crt", "tls-6c.crt", "p224.key"}},
        {CERTIFICATE_s_6, {"ca.crt", "tls-6d.crt", "ed25519.key"}},
        {CERTIFICATE_s_7, {"ca.crt", "tls-7b.crt", "tls.key"}},
        {CERTIFICATE_s_7, {"ca.crt", "tls-7.crt", "tls.key"}},
        {CERTIFICATE_s_8, {"ca.crt", "tls-8.crt", "tls.key"}},
        {CERTIFICATE_s_9, {"ca.crt", "tls.crt", "small.key"}},
        {CERTIFICATE_s_9, {"ca.crt", "tls.crt", "ca.crt"}},
        {CERTIFICATE_s_9, {"ca.crt", "tls.crt", "tls-9b.key"}},
        {CERTIFICATE_s_8, {"ca.crt", "tls-8b.crt", "tls.key"}},
        {CERTIFICATE_s_9, {"ca.crt", "tls-8c.crt", "tls.key"}},
        {CERTIFICATE_s_10, {"ca.crt", "tls-10.crt", "tls.key"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        struct proxy out = check(arena, rows[i].names);

        if (out.rules[rows[i].rule].proof != PROOF_broken)
            fail_msg("%s held with %s and %s", certificate_rule_name(rows[i].rule),
                     rows[i].names.ca, rows[i].names.server);
        assert_true(*out.rules[rows[i].rule].seen);
        arena_free(arena);
    }
}

/* What is just good enough, made by the openssl command: sizes, forms of names, of use, of time. */
static void
what_is_just_right_breaks_no_rule(void **state)
{
    static const struct names rows[] = {
        {"ca.crt", "tls-ok-any.crt", "tls.key"},   /* no extended key usage */
        {"ca.crt", "tls-ok-names.crt", "tls.key"}, /* each host by itself, in capitals, among others
                                                    */
        {"ca.crt", "tls-ok-both.crt", "tls.key"},  /* for servers and clients */
        {"ca.crt", "tls-ok-rsa.crt", "rsa2048.key"}, {"ca.crt", "tls-ok-p521.crt", "p521.key"},
        {"ca-ok-8192.crt", "tls.crt", "tls.key"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        struct proxy out = check(arena, rows[i]);

        for (int rule = 0; rule < CERTIFICATE_RULES; rule++)
            if (!is_the_models(rule) && out.rules[rule].proof != PROOF_holds)
                fail_msg("%s with %s and %s: %s",
                         certificate_rule_name((enum certificate_rule)rule), rows[i].ca,
                         rows[i].server, out.rules[rule].seen);
        arena_free(arena);
    }
}

static void
only_that_rule_is_broken(void **state)
{
    struct arena *arena = arena_new();
    struct proxy out = check(arena, (struct names){"ca.crt", "tls-4.crt", "tls.key"});

    (void)state;
    for (int rule = 0; rule < CERTIFICATE_RULES; rule++)
        if (!is_the_models(rule) && rule != CERTIFICATE_s_4)
            assert_int_equal(out.rules[rule].proof, PROOF_holds);
    arena_free(arena);
}

static void
the_keys_file_is_judged_by_mode_and_owner(void **state)
{
    static const struct {
        mode_t mode;
        uid_t uid;
        gid_t gid;
        enum proof proof;
    } rows[] = {
        {0644, 0, 0, PROOF_holds},     {0600, 0, 0, PROOF_broken},
        {0400, 65532, 0, PROOF_holds}, {0440, 0, 65532, PROOF_holds},
        {0646, 0, 0, PROOF_broken},    {0000, 65532, 65532, PROOF_broken},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        struct proxy out = {0};
        struct certificate_files files = {
            .ca = {.path = "", .error = ""},
            .server = {.path = "", .error = ""},
            .key = load(arena, "tls.key"),
            .stray_ca_key = "/data/ca.key",
            .has_data_folder = true,
        };

        files.key.mode = rows[i].mode;
        files.key.uid = rows[i].uid;
        files.key.gid = rows[i].gid;
        certificate_check(&files, arena, &out);
        assert_int_equal(out.rules[CERTIFICATE_s_11].proof, rows[i].proof);
        assert_int_equal(out.rules[CERTIFICATE_s_12].proof, PROOF_broken);
        arena_free(arena);
    }
}

/* Secrets of Kubernetes are links; what cannot be opened is a socket here, for root opens all. */
static void
of_a_link_the_file_behind_it_is_judged(void **state)
{
    struct arena *arena = arena_new();
    const char *path = arena_printf(arena, "%s/socket", folder);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct certificate_file file;

    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(chmod(path, 0440), 0);
    assert_int_equal(symlink("socket", arena_printf(arena, "%s/link.key", folder)), 0);
    file = disk_read(arena, arena_printf(arena, "%s/link.key", folder), 100);
    assert_true(*file.error && file.is_stated);
    assert_int_equal(file.mode & 07777, 0440);
    close(fd);
    arena_free(arena);
}

static void
what_a_program_prints_instead_breaks_no_rule(void **state)
{
    struct arena *arena = arena_new();
    struct proxy out = {0};
    struct certificate_files files = {
        .ca = {.path = "command a", .error = "", .bytes = "garbage", .n = 7, .is_printed = true},
        .server = {.path = "command b", .error = "", .bytes = "", .n = 0, .is_printed = true},
        .key = {.path = "", .error = ""},
        .stray_ca_key = "",
    };

    (void)state;
    certificate_check(&files, arena, &out);
    for (int rule = 0; rule < CERTIFICATE_RULES; rule++)
        assert_int_equal(out.rules[rule].proof, PROOF_unknown);
    assert_string_equal(out.server.file.error, "command b: no certificate in PEM form");
    arena_free(arena);
}

static void
what_was_not_read_is_not_judged(void **state)
{
    struct arena *arena = arena_new();
    struct proxy out = {0};
    struct certificate_files files = {
        .ca = {.path = "", .error = ""},
        .server = {.path = "/x/tls.crt", .error = "", .bytes = "garbage", .n = 7},
        .key = {.path = "/x/tls.key", .error = "/x/tls.key: permission denied"},
        .stray_ca_key = "",
    };

    (void)state;
    certificate_check(&files, arena, &out);
    for (int rule = 0; rule < CERTIFICATE_RULES; rule++)
        assert_int_equal(out.rules[rule].proof,
                         rule == CERTIFICATE_s_1 ? PROOF_broken : PROOF_unknown);
    assert_string_equal(out.rules[CERTIFICATE_s_1].seen, "its file holds no certificate");
    assert_string_equal(out.server.file.error, "/x/tls.crt: no certificate in PEM form");
    assert_string_equal(out.rules[CERTIFICATE_s_9].seen, "/x/tls.key: permission denied");
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_set_breaks_no_rule),
        cmocka_unit_test(every_rule_is_noticed_when_it_is_broken),
        cmocka_unit_test(what_is_just_right_breaks_no_rule),
        cmocka_unit_test(only_that_rule_is_broken),
        cmocka_unit_test(the_keys_file_is_judged_by_mode_and_owner),
        cmocka_unit_test(of_a_link_the_file_behind_it_is_judged),
        cmocka_unit_test(what_was_not_read_is_not_judged),
        cmocka_unit_test(what_a_program_prints_instead_breaks_no_rule),
    };

    return cmocka_run_group_tests(tests, make, unmake);
}
