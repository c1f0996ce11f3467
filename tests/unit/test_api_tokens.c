/* Tokens that are exchanged, cached, renewed and refused, against the simulator. */
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
#include "aid/watch.h"
#include "api/profile.h"
#include "core/secret.h"

#define JWT "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.c2ln"

static struct watch run;
static char *folder;
static char organization[64], identity_path[256];
static const char *_Atomic rule; /* the thread reads variables again at a refresh */
static bool has_variables;

static const char *
pretend_getenv(const char *name)
{
    if (strcmp(name, "ANTHROPIC_CONFIG_DIR") == 0)
        return folder;
    if (!has_variables)
        return NULL;
    if (strcmp(name, "ANTHROPIC_FEDERATION_RULE_ID") == 0)
        return rule;
    if (strcmp(name, "ANTHROPIC_ORGANIZATION_ID") == 0)
        return organization;
    return strcmp(name, "ANTHROPIC_IDENTITY_TOKEN_FILE") == 0 ? identity_path : NULL;
}

/* Learns the organization with the key that the simulator made, then forgets that key. */
static int
begin(void **state)
{
    char path[256];
    const struct service *service;
    size_t n;

    (void)state;
    folder = folder_new();
    folder_write(folder, "identity", JWT "\n");
    snprintf(identity_path, sizeof(identity_path), "%s/identity", folder);
    snprintf(path, sizeof(path), "%s/configs", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/credentials", folder);
    mkdir(path, 0700);
    rule = "fdrl_developer";
    has_variables = true;
    watch_begin(&run, "healthy");
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    service = snapshot_service(&run.snapshot, &n);
    snprintf(organization, sizeof(organization), "%s", service->organization_id);
    watch_stop(&run);
    watch_forget(&run);
    run.options.getenv = pretend_getenv;
    run.options.credential = (struct api_credential_source){0};
    return 0;
}

static int
end(void **state)
{
    char path[512];

    (void)state;
    watch_end(&run);
    snprintf(path, sizeof(path), "%s/configs", folder);
    folder_free(strdup(path));
    snprintf(path, sizeof(path), "%s/credentials", folder);
    folder_free(strdup(path));
    folder_free(folder);
    return 0;
}

static const struct source_status *
status(enum source source)
{
    return &run.snapshot.source[source];
}

static int64_t
exchanges(void)
{
    return watch_asked(&run, "POST /v1/oauth/token");
}

static void
an_identity_token_is_exchanged_once_for_everything(void **state)
{
    (void)state;
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_ok);
    assert_int_equal(status(SOURCE_sessions)->state, SOURCE_STATE_ok);
    assert_int_equal(exchanges(), 1);
}

static bool
second_sweep(const struct snapshot *snapshot, const void *context)
{
    (void)context;
    return snapshot->source[SOURCE_sessions].rounds >= 3;
}

static void
a_token_that_is_refused_is_renewed_once_and_the_request_repeated(void **state)
{
    (void)state;
    watch_post(&run, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":401,"
               "\"times\":1}");
    watch_start(&run);
    assert_true(watch_until(&run, second_sweep, NULL));
    assert_int_equal(status(SOURCE_sessions)->state, SOURCE_STATE_ok);
    assert_int_equal(exchanges(), 2);
}

static void
a_token_that_is_refused_twice_is_given_up(void **state)
{
    (void)state;
    watch_post(&run, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":\"/v1/sessions\",\"status\":401,"
               "\"times\":1000}");
    watch_post(&run, "/sim/fault",
               "{\"name\":\"answer\",\"method\":\"GET\",\"path\":\"/v1/environments\","
               "\"status\":401,\"times\":1000}");
    run.options.n_pools = 0; /* so that nothing else accepts the token in between */
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_sessions)->code, ERR_AUTH);
    assert_int_equal(exchanges(), 2);
}

static void
a_denied_exchange_says_where_to_look(void **state)
{
    (void)state;
    rule = "fdrl_denied";
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_error);
    assert_int_equal(status(SOURCE_environments)->code, ERR_AUTH);
    assert_non_null(strstr(status(SOURCE_environments)->error, "federation rule"));
    assert_null(strstr(status(SOURCE_environments)->error, JWT));
    assert_int_equal(status(SOURCE_work)->state, SOURCE_STATE_ok); /* other keys live */
    assert_int_equal(exchanges(), 1);
}

static void
an_identity_file_that_is_gone_is_told(void **state)
{
    (void)state;
    unlink(identity_path);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->state, SOURCE_STATE_error);
    assert_non_null(strstr(status(SOURCE_environments)->error, "identity"));
    assert_int_equal(exchanges(), 0);
}

static void
write_in(const char *inner, const char *name, const char *content)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, inner);
    folder_write(path, name, content);
}

static void
a_profile_with_the_tunnel_scope_serves_the_tunnels_alone(void **state)
{
    char profile[1024], path[300];
    struct tokens tokens;
    struct err err;

    (void)state;
    snprintf(profile, sizeof(profile),
             "{\"organization_id\":\"%s\",\"authentication\":{\"type\":\"oidc_federation\","
             "\"federation_rule_id\":\"fdrl_tunnels\",\"identity_token\":{\"source\":\"file\","
             "\"path\":\"%s\"}}}",
             organization, identity_path);
    write_in("configs", "tunnels.json", profile);
    run.options.tunnels = (struct api_credential_source){.profile = "tunnels"};
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_tunnels)->state, SOURCE_STATE_ok);
    assert_int_equal(status(SOURCE_certificates)->state, SOURCE_STATE_ok);
    assert_int_equal(exchanges(), 2);
    snprintf(path, sizeof(path), "%s/credentials/tunnels.json", folder);
    assert_true(tokens_read(path, &tokens, &err)); /* kept for the next program */
    tokens_clear(&tokens);
    watch_stop(&run);
    watch_forget(&run);
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_tunnels)->state, SOURCE_STATE_ok);
    assert_int_equal(exchanges(), 3); /* the main one again; this one was found */
}

static bool
environments_are_ok(const struct snapshot *snapshot, const void *context)
{
    (void)context;
    return snapshot->source[SOURCE_environments].state == SOURCE_STATE_ok;
}

static void
a_refused_exchange_is_tried_again_after_a_refresh(void **state)
{
    (void)state;
    rule = "fdrl_denied";
    watch_start(&run);
    assert_true(watch_until_settled(&run));
    assert_int_equal(status(SOURCE_environments)->code, ERR_AUTH);
    rule = "fdrl_developer";
    watch_wish(&run, WISH_refresh, "");
    assert_true(watch_until(&run, environments_are_ok, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_identity_token_is_exchanged_once_for_everything),
        TEST(a_token_that_is_refused_is_renewed_once_and_the_request_repeated),
        TEST(a_token_that_is_refused_twice_is_given_up),
        TEST(a_denied_exchange_says_where_to_look),
        TEST(an_identity_file_that_is_gone_is_told),
        TEST(a_profile_with_the_tunnel_scope_serves_the_tunnels_alone),
        TEST(a_refused_exchange_is_tried_again_after_a_refresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
