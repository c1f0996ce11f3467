/* Which credential is used, from where, and what is wrong with it when it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "aid/folder.h"
#include "api/command.h"
#include "api/credentials.h"
#include "api/renewal.h"
#include "core/clock.h"
#include "core/secret.h"

#define API_KEY "sk-ant-api03-made-up"
#define TOKEN "sk-ant-oat01-made-up"

/* The pretend environment: what one test says is set. */
static const char *variables[32];
static char *folder;

static const char *
pretend_getenv(const char *name)
{
    for (size_t i = 0; variables[i]; i += 2)
        if (strcmp(variables[i], name) == 0)
            return variables[i + 1];
    return NULL;
}

static void
set(const char *name, const char *value)
{
    size_t i = 0;

    while (variables[i])
        i += 2;
    assert_true(i + 2 < sizeof(variables) / sizeof(*variables));
    variables[i] = name;
    variables[i + 1] = value;
}

static int
begin(void **state)
{
    char path[256];

    (void)state;
    memset(variables, 0, sizeof(variables));
    folder = folder_new();
    snprintf(path, sizeof(path), "%s/configs", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/credentials", folder);
    mkdir(path, 0700);
    set("ANTHROPIC_CONFIG_DIR", folder);
    return 0;
}

static void
write_in(const char *inner, const char *name, const char *content)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, inner);
    folder_write(path, name, content);
}

static int
end(void **state)
{
    char path[512];

    (void)state;
    snprintf(path, sizeof(path), "%s/configs/", folder);
    folder_free(strdup(path));
    snprintf(path, sizeof(path), "%s/credentials/", folder);
    folder_free(strdup(path));
    folder_free(folder);
    return 0;
}

static struct credential *
find(const struct api_credential_source *source, struct err *err)
{
    static const struct api_credential_source none;

    *err = (struct err){0};
    return credentials_find(&(struct credential_query){.source = source ? source : &none,
                                                       .name = "credential",
                                                       .getenv = pretend_getenv},
                            err);
}

static void
expect_origin(const struct api_credential_source *source, const char *origin)
{
    struct err err;
    struct credential *found = find(source, &err);

    assert_non_null(found);
    assert_string_equal(found->origin, origin);
    credential_free(found);
}

static void
expect_error(const struct api_credential_source *source, const char *part)
{
    struct err err;
    struct credential *found = find(source, &err);

    assert_null(found);
    assert_int_equal(err.code, ERR_CONFIG);
    if (!strstr(err.message, part))
        fail_msg("expected \"%s\" in \"%s\"", part, err.message);
    assert_null(strchr(err.message, '\n'));
}

static void
the_environment_is_searched_in_the_order_of_the_sdks(void **state)
{
    (void)state;
    write_in("configs", "default.json",
             "{\"authentication\":{\"type\":\"user_oauth\"},\"base_url\":\"https://a.example\"}");
    write_in("credentials", "default.json", "{\"access_token\":\"" TOKEN "\"}");
    write_in("configs", "other.json", "{\"authentication\":{\"type\":\"user_oauth\"}}");
    write_in("credentials", "other.json", "{\"access_token\":\"" TOKEN "\"}");
    expect_origin(NULL, "profile default (login)");
    set("ANTHROPIC_FEDERATION_RULE_ID", "fdrl_1");
    set("ANTHROPIC_ORGANIZATION_ID", "org");
    expect_origin(NULL, "profile default (login)"); /* no identity token: not complete */
    set("ANTHROPIC_IDENTITY_TOKEN", "a.b.c");
    expect_origin(NULL, "federation by ANTHROPIC_FEDERATION_RULE_ID");
    set("ANTHROPIC_PROFILE", "other");
    expect_origin(NULL, "profile other (login)");
    set("ANTHROPIC_AUTH_TOKEN", TOKEN);
    expect_origin(NULL, "token from ANTHROPIC_AUTH_TOKEN");
    set("ANTHROPIC_API_KEY", API_KEY);
    expect_origin(NULL, "API key from ANTHROPIC_API_KEY");
}

static void
an_explicit_place_wins_and_two_of_them_are_a_mistake(void **state)
{
    struct api_credential_source source = {.auth_token_env = "MY_TOKEN"};

    (void)state;
    set("ANTHROPIC_API_KEY", API_KEY);
    set("MY_TOKEN", TOKEN);
    expect_origin(&source, "token from MY_TOKEN");
    source.api_key_env = "MY_KEY";
    expect_error(&source, "expected one place for the credential, found 2");
    source.auth_token_env = NULL;
    expect_error(&source, "MY_KEY is not set");
}

static void
nothing_set_is_no_mistake(void **state)
{
    struct err err;
    struct credential *found = find(NULL, &err);

    (void)state;
    assert_non_null(found);
    assert_int_equal(found->kind, CREDENTIAL_NONE);
    assert_int_equal(err.code, ERR_NONE);
    assert_false(credential_is_ready(found, clock_wall_ms()));
    credential_free(found);
}

static void
empty_variables_count_as_unset(void **state)
{
    (void)state;
    set("ANTHROPIC_API_KEY", "");
    set("ANTHROPIC_AUTH_TOKEN", TOKEN);
    expect_origin(NULL, "token from ANTHROPIC_AUTH_TOKEN");
}

static void
key_and_token_together_are_worth_a_warning(void **state)
{
    struct err err;
    struct credential *found;

    (void)state;
    set("ANTHROPIC_API_KEY", API_KEY);
    set("ANTHROPIC_AUTH_TOKEN", TOKEN);
    found = find(NULL, &err);
    assert_non_null(strstr(found->warning, "both set"));
    credential_free(found);
}

static void
malformed_values_give_one_line_that_does_not_repeat_them(void **state)
{
    struct err err;

    (void)state;
    set("ANTHROPIC_API_KEY", "sk-ant-api03 with-a-space");
    expect_error(NULL, "ANTHROPIC_API_KEY: expected printable ASCII");
    find(NULL, &err);
    assert_null(strstr(err.message, "with-a-space"));
}

static void
a_key_file_that_others_may_read_is_refused(void **state)
{
    char path[256], origin[300];
    struct api_credential_source source = {.api_key_file = path};

    (void)state;
    snprintf(path, sizeof(path), "%s/key", folder);
    expect_error(&source, "cannot read");
    folder_write(folder, "key", API_KEY "\n");
    snprintf(origin, sizeof(origin), "API key from %s", path);
    expect_origin(&source, origin);
    chmod(path, 0644);
    expect_error(&source, "chmod 600");
}

static void
profiles_say_what_is_wrong_with_them(void **state)
{
    (void)state;
    set("ANTHROPIC_PROFILE", "work");
    expect_error(NULL, "ANTHROPIC_PROFILE: profile work");
    write_in("configs", "work.json", "not json");
    expect_error(NULL, "expected a JSON object");
    write_in("configs", "work.json", "{\"authentication\":{\"type\":\"magic\"}}");
    expect_error(NULL, "expected oidc_federation or user_oauth, found \"magic\"");
    write_in("configs", "work.json", "{\"authentication\":{\"type\":\"oidc_federation\"}}");
    expect_error(NULL, "federation_rule_id is missing");
    write_in("configs", "work.json",
             "{\"organization_id\":\"org\",\"authentication\":{\"type\":\"oidc_federation\","
             "\"federation_rule_id\":\"fdrl_1\"}}");
    expect_error(NULL, "expected ANTHROPIC_IDENTITY_TOKEN_FILE");
    write_in("configs", "work.json", "{\"authentication\":{\"type\":\"user_oauth\"}}");
    expect_error(NULL, "work.json");
}

static void
a_profile_name_cannot_leave_its_folder(void **state)
{
    (void)state;
    set("ANTHROPIC_PROFILE", "../../etc/passwd");
    expect_error(NULL, "expected letters, digits");
}

static void
the_active_profile_is_the_one_that_the_file_names(void **state)
{
    (void)state;
    folder_write(folder, "active_config", " staging\n");
    write_in("configs", "staging.json",
             "{\"organization_id\":\"org\",\"workspace_id\":\"wrkspc_1\",\"authentication\":{"
             "\"type\":\"oidc_federation\",\"federation_rule_id\":\"fdrl_1\",\"identity_token\":"
             "{\"source\":\"file\",\"path\":\"/run/token\"}}}");
    struct err err;
    struct credential *found = find(NULL, &err);

    assert_non_null(found);
    assert_int_equal(found->kind, CREDENTIAL_FEDERATED);
    assert_string_equal(found->identity_file, "/run/token");
    assert_string_equal(found->target_workspace_id, "wrkspc_1");
    assert_string_equal(found->workspace_id, ""); /* the token is the workspace's already */
    assert_true(found->is_provided);
    credential_free(found);
}

static void
half_a_federation_is_a_mistake_when_nothing_else_is_there(void **state)
{
    (void)state;
    set("ANTHROPIC_FEDERATION_RULE_ID", "fdrl_1");
    set("ANTHROPIC_ORGANIZATION_ID", "org");
    expect_error(NULL, "ANTHROPIC_IDENTITY_TOKEN");
}

static void
a_login_that_has_expired_is_not_ready(void **state)
{
    struct err err;
    struct credential *found;

    (void)state;
    write_in("configs", "default.json",
             "{\"authentication\":{\"type\":\"user_oauth\",\"client_id\":\"c\"}}");
    write_in("credentials", "default.json",
             "{\"access_token\":\"" TOKEN "\",\"expires_at\":1700000000}");
    found = find(NULL, &err);
    assert_non_null(found);
    assert_false(credential_is_ready(found, clock_wall_ms()));
    assert_true(credential_is_ready(found, INT64_C(1699999000000)));
    credential_free(found);
}

static void
an_environment_key_belongs_to_the_pool_that_is_named(void **state)
{
    struct err err = {0};
    struct credential *mine, *other;

    (void)state;
    set("ANTHROPIC_ENVIRONMENT_ID", "env_1");
    set("ANTHROPIC_ENVIRONMENT_KEY", TOKEN);
    mine = credentials_find_environment_key("env_1", NULL, pretend_getenv, &err);
    other = credentials_find_environment_key("env_2", NULL, pretend_getenv, &err);
    assert_int_equal(mine->kind, CREDENTIAL_STATIC);
    assert_int_equal(other->kind, CREDENTIAL_NONE);
    credential_free(mine);
    credential_free(other);
}

static void
the_exchange_names_the_rule_and_not_the_secret(void **state)
{
    struct err err;
    struct credential *found;
    char *body;

    (void)state;
    set("ANTHROPIC_FEDERATION_RULE_ID", "fdrl_1");
    set("ANTHROPIC_ORGANIZATION_ID", "org");
    set("ANTHROPIC_IDENTITY_TOKEN", "a.b.c");
    set("ANTHROPIC_WORKSPACE_ID", "wrkspc_9");
    found = find(NULL, &err);
    body = renewal_exchange_body(found);
    assert_string_equal(body, "{\"grant_type\":\"urn:ietf:params:oauth:grant-type:jwt-bearer\","
                              "\"federation_rule_id\":\"fdrl_1\",\"organization_id\":\"org\","
                              "\"workspace_id\":\"wrkspc_9\"}");
    free(body);
    credential_free(found);
}

static void
a_token_answer_is_read_strictly(void **state)
{
    static const char *const bad[] = {
        "",
        "no",
        "{}",
        "{\"access_token\":\"t\"}",
        "{\"access_token\":\"\",\"expires_in\":60}",
        "{\"access_token\":\"t\",\"expires_in\":60,\"token_type\":\"mac\"}",
        "{\"access_token\":\"a b\",\"expires_in\":60}",
    };
    static const char good[] =
        "{\"access_token\":\"t\",\"expires_in\":60,\"token_type\":\"bearer\"}";
    struct secret *bearer;
    struct err err;
    int64_t lives_s;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(renewal_read_answer(bad[i], strlen(bad[i]), &bearer, &lives_s, &err));
    assert_true(renewal_read_answer(good, strlen(good), &bearer, &lives_s, &err));
    assert_int_equal(lives_s, 60);
    secret_free(bearer);
}

static void
a_refreshed_login_is_written_back_with_what_else_the_file_held(void **state)
{
    static const char answer[] = "{\"access_token\":\"new\",\"expires_in\":60}";
    char path[256];
    struct tokens tokens;
    struct err err;
    struct stat st;

    (void)state;
    snprintf(path, sizeof(path), "%s/tokens", folder);
    folder_write(folder, "tokens",
                 "{\"access_token\":\"old\",\"refresh_token\":\"r\",\"account_email\":\"a@b\"}");
    assert_true(tokens_write(path, answer, strlen(answer), 1800000000, &err));
    assert_true(tokens_read(path, &tokens, &err));
    assert_string_equal(secret_expose(tokens.access), "new");
    assert_string_equal(secret_expose(tokens.refresh), "r");
    assert_int_equal(tokens.expires_s, 1800000000);
    tokens_clear(&tokens);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

/* Runs a program to its end. */
static enum command_state
run(const char *const *argv, struct secret **out, struct err *err)
{
    struct command *command = command_start(argv, err);
    enum command_state state = COMMAND_FAILED;

    if (!command)
        return COMMAND_FAILED;
    for (;;) {
        struct pollfd fd = {.fd = command_fd(command), .events = POLLIN};

        state = command_step(command, out, err);
        if (state != COMMAND_RUNNING)
            break;
        assert_true(poll(&fd, 1, 5000) > 0);
    }
    command_free(command);
    return state;
}

static void
a_command_gives_its_first_line(void **state)
{
    const char *const argv[] = {"printf", "%s\\nmore\\n", TOKEN, NULL};
    struct secret *out = NULL;
    struct err err;

    (void)state;
    assert_int_equal(run(argv, &out, &err), COMMAND_DONE);
    assert_string_equal(secret_expose(out), TOKEN);
    secret_free(out);
}

static void
a_command_sees_none_of_our_credentials(void **state)
{
    const char *const argv[] = {"sh", "-c", "echo ${ANTHROPIC_API_KEY-nothing}", NULL};
    struct secret *out = NULL;
    struct err err;

    (void)state;
    setenv("ANTHROPIC_API_KEY", API_KEY, 1);
    assert_int_equal(run(argv, &out, &err), COMMAND_DONE);
    unsetenv("ANTHROPIC_API_KEY");
    assert_string_equal(secret_expose(out), "nothing");
    secret_free(out);
}

static void
a_command_that_fails_says_how(void **state)
{
    const char *const fails[] = {"sh", "-c", "echo secret; exit 3", NULL};
    const char *const absent[] = {"no-such-program-here", NULL};
    const char *const mute[] = {"true", NULL};
    struct secret *out = NULL;
    struct err err;

    (void)state;
    assert_int_equal(run(fails, &out, &err), COMMAND_FAILED);
    assert_non_null(strstr(err.message, "exit status 3"));
    assert_null(strstr(err.message, "secret"));
    assert_int_equal(run(absent, &out, &err), COMMAND_FAILED);
    assert_non_null(strstr(err.message, "cannot start"));
    assert_int_equal(run(mute, &out, &err), COMMAND_FAILED);
    assert_non_null(strstr(err.message, "found nothing"));
}

static void
a_command_that_hangs_is_killed_with_its_children(void **state)
{
    const char *const argv[] = {"sh", "-c", "sleep 60; echo late", NULL};
    struct err err;
    int64_t before_ms = clock_mono_ms();
    struct command *command = command_start(argv, &err);

    (void)state;
    assert_non_null(command);
    command_free(command);
    assert_true(clock_mono_ms() - before_ms < 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_environment_is_searched_in_the_order_of_the_sdks),
        TEST(an_explicit_place_wins_and_two_of_them_are_a_mistake),
        TEST(nothing_set_is_no_mistake),
        TEST(empty_variables_count_as_unset),
        TEST(key_and_token_together_are_worth_a_warning),
        TEST(malformed_values_give_one_line_that_does_not_repeat_them),
        TEST(a_key_file_that_others_may_read_is_refused),
        TEST(profiles_say_what_is_wrong_with_them),
        TEST(a_profile_name_cannot_leave_its_folder),
        TEST(the_active_profile_is_the_one_that_the_file_names),
        TEST(half_a_federation_is_a_mistake_when_nothing_else_is_there),
        TEST(a_login_that_has_expired_is_not_ready),
        TEST(an_environment_key_belongs_to_the_pool_that_is_named),
        TEST(the_exchange_names_the_rule_and_not_the_secret),
        TEST(a_token_answer_is_read_strictly),
        TEST(a_refreshed_login_is_written_back_with_what_else_the_file_held),
        TEST(a_command_gives_its_first_line),
        TEST(a_command_sees_none_of_our_credentials),
        TEST(a_command_that_fails_says_how),
        TEST(a_command_that_hangs_is_killed_with_its_children),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
