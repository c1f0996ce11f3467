/* The configuration: what wins over what, what is refused and how it is said. */
#include <fcntl.h>
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

#include "aid/folder.h"
#include "config/config.h"
#include "core/arena.h"
#include "core/environment.h"

/* Another room's rows, as main.c hands them over. */
struct limits {
    int64_t patience_ms;
};

static const struct option limit_options[] = {
    {.name = "thresholds.patience",
     .type = OPTION_INT,
     .offset = offsetof(struct limits, patience_ms),
     .min = 1,
     .max = 100,
     .scale = 1000,
     .fallback = "30",
     .unit = "s",
     .help = "until we lose it"},
};

struct world {
    char *folder;
    struct arena *arena;
    struct limits limits;
    struct config config;
    struct err err;
};

static const char *environment[8]; /* NAME, value, NAME, value, … NULL */

static const char *
environment_get(const char *name)
{
    for (size_t i = 0; environment[i]; i += 2)
        if (strcmp(environment[i], name) == 0)
            return environment[i + 1];
    return NULL;
}

static int
set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->folder = folder_new();
    world->arena = arena_new();
    memset(environment, 0, sizeof(environment));
    *state = world;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *world = *state;

    folder_free(world->folder);
    arena_free(world->arena);
    free(world);
    return 0;
}

/* Load `yaml` (NULL: no file) with words as the command line, NULL-terminated. */
static bool
load(struct world *world, const char *yaml, char **words)
{
    static const char *const commands[] = {"refresh", "quit", "zoom", NULL};
    const char *folders[] = {world->folder, NULL};
    const struct option_table tables[] = {{limit_options, COUNT_OF(limit_options), &world->limits}};
    struct config_request request = {
        .tables = tables,
        .n_tables = 1,
        .theme_folders = folders,
        .commands = commands,
        .getenv = environment_get,
    };
    char name[] = "sandwatch", flag[] = "--config";
    char *argv[16] = {name};
    int argc = 1;

    if (yaml) {
        folder_write(world->folder, "config.conf", yaml);
        argv[argc++] = flag;
        argv[argc++] = arena_printf(world->arena, "%s/config.conf", world->folder);
    }
    for (size_t i = 0; words && words[i]; i++)
        argv[argc++] = words[i];
    world->err = (struct err){0};
    return config_load(&request, &argc, argv, world->arena, &world->config, &world->err);
}

static char **
words(struct world *world, const char *line)
{
    char **out = arena_array(world->arena, 16, sizeof(*out));
    size_t n = 0;

    for (const char *c = line; *c; c += strspn(c, " ")) {
        size_t length = strcspn(c, " ");

        out[n++] = arena_strndup(world->arena, c, length);
        c += length;
    }
    return out;
}

/* The n-th mistake, without the folder before it. */
static const char *
mistake(struct world *world, size_t n)
{
    assert_true(n < world->config.n_mistakes);
    return world->config.mistakes[n] + strlen(world->folder) + 1;
}

static const char *
shown(struct world *world)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    const char *copy;

    assert_non_null(out);
    config_show(&world->config, out);
    fclose(out);
    copy = arena_strdup(world->arena, bytes);
    free(bytes);
    return copy;
}

static const char whole[] = "context: sim\n"
                            "contexts:\n"
                            "  sim:\n"
                            "    production: true\n"
                            "    api:\n"
                            "      base_url: http://127.0.0.1:8080\n"
                            "      requests_per_minute: 120\n"
                            "      command: [helper, --now]\n"
                            "    tunnels: {auth_token_env: TUNNEL_TOKEN}\n"
                            "    pools:\n"
                            "      - {id: env_1, name: one, expected_workers: 4}\n"
                            "      - {id: env_2, mode: webhook}\n"
                            "    connectors:\n"
                            "      - {name: a, url: \"http://127.0.0.1:20241\"}\n"
                            "    edge: {region: us, targets: [{host: \"::1\", tcp_port: 0}]}\n"
                            "    checks: {enabled: false}\n"
                            "  other: {read_only: true}\n"
                            "thresholds: {patience: 12}\n"
                            "ui: {interval: 2, ascii: true}\n"
                            "keys: {F5: refresh, d: none}\n";

static void
without_a_file_everything_has_its_default(void **state)
{
    struct world *world = *state;

    assert_true(load(world, NULL, NULL));
    assert_string_equal(world->config.path, "");
    assert_string_equal(world->config.context, "default");
    assert_string_equal(world->config.theme, "default");
    assert_null(world->config.base_url);
    assert_int_equal(world->config.requests_per_minute, 300);
    assert_int_equal(world->config.interval_ms, 0);
    assert_true(world->config.checks_enabled && world->config.discover_connectors);
    assert_false(world->config.is_production || world->config.is_read_only);
    assert_int_equal(world->limits.patience_ms, 30000);
}

static void
a_whole_file_is_read(void **state)
{
    struct world *world = *state;
    const struct config *config = &world->config;

    assert_true(load(world, whole, NULL));
    assert_string_equal(config->context, "sim");
    assert_true(config->is_production);
    assert_string_equal(config->base_url, "http://127.0.0.1:8080");
    assert_int_equal(config->requests_per_minute, 120);
    assert_string_equal(config->credential.command[1], "--now");
    assert_null(config->credential.command[2]);
    assert_string_equal(config->tunnels.auth_token_env, "TUNNEL_TOKEN");
    assert_int_equal(config->n_pools, 2);
    assert_int_equal(config->pools[0].expected_workers, 4);
    assert_int_equal(config->pools[1].expected_workers, -1);
    assert_int_equal(config->pools[1].mode, POOL_MODE_webhook);
    assert_null(config->pools[1].name);
    assert_int_equal(config->n_connectors, 1);
    assert_int_equal(config->edges[0].tcp_port, 0);
    assert_int_equal(config->edges[0].udp_port, 7844);
    assert_false(config->checks_enabled);
    assert_false(config->is_read_only);
    assert_int_equal(world->limits.patience_ms, 12000);
    assert_int_equal(config->interval_ms, 2000);
    assert_int_equal(config->n_bindings, 2);
    assert_string_equal(config->bindings[1].command, "none");
}

static void
a_flag_wins_over_the_environment_and_both_over_the_file(void **state)
{
    struct world *world = *state;

    folder_write(world->folder, "a.yaml", "name: a\n");
    folder_write(world->folder, "b.yaml", "name: b\n");
    folder_write(world->folder, "c.yaml", "name: c\n");
    assert_true(load(world, "ui: {theme: a}\n", NULL));
    assert_string_equal(world->config.theme, "a");
    environment[0] = "SANDWATCH_THEME";
    environment[1] = "b";
    assert_true(load(world, "ui: {theme: a}\n", NULL));
    assert_string_equal(world->config.theme, "b");
    assert_true(load(world, "ui: {theme: a}\n", words(world, "--theme=c")));
    assert_string_equal(world->config.theme, "c");
}

static void
a_context_s_theme_is_stronger_than_the_common_one(void **state)
{
    struct world *world = *state;

    folder_write(world->folder, "a.yaml", "{}\n");
    folder_write(world->folder, "b.yaml", "{}\n");
    assert_true(load(world, "ui: {theme: a}\ncontexts: {x: {theme: b}}\n", NULL));
    assert_string_equal(world->config.theme, "b");
}

static void
no_color_and_the_official_base_url_are_honoured(void **state)
{
    struct world *world = *state;

    environment[0] = "NO_COLOR";
    environment[1] = "1";
    environment[2] = "ANTHROPIC_BASE_URL";
    environment[3] = "https://other.example";
    assert_true(load(world, NULL, NULL));
    assert_true(world->config.is_monochrome);
    assert_string_equal(world->config.base_url, "https://other.example");
    assert_non_null(strstr(shown(world), "environment ANTHROPIC_BASE_URL"));
    /* a context that says where its service is means it */
    assert_true(load(world, "contexts: {x: {api: {base_url: \"https://x.example\"}}}\n", NULL));
    assert_string_equal(world->config.base_url, "https://x.example");
    environment[1] = "";
    assert_true(load(world, NULL, NULL));
    assert_false(world->config.is_monochrome);
}

static void
every_mistake_is_listed_with_its_place_and_the_nearest_key(void **state)
{
    struct world *world = *state;

    assert_false(load(world,
                      "contexts:\n"
                      "  sim:\n"
                      "    api: {requests_per_minut: 3, base_url: \"http://example.com\"}\n"
                      "    pools:\n"
                      "      - {name: nameless}\n"
                      "      - {id: env_1, mode: pulling}\n"
                      "      - {id: env_1}\n"
                      "    checks: {enabled: yes}\n"
                      "thresholds: {patience: 101}\n"
                      "ui: [1]\n"
                      "keys: {F5: refersh}\n"
                      "pools: []\n",
                      NULL));
    assert_int_equal(world->err.code, ERR_CONFIG);
    assert_int_equal(world->config.n_mistakes, 10);
    assert_string_equal(mistake(world, 0),
                        "config.conf:9:24: thresholds.patience: expected a whole number from 1 to "
                        "100 (s), found \"101\"");
    assert_string_equal(mistake(world, 1),
                        "config.conf:10:5: ui: expected a map of keys and values");
    assert_string_equal(mistake(world, 2), "config.conf:12:1: pools: unknown key; it belongs under "
                                           "contexts.NAME");
    assert_string_equal(mistake(world, 3), "config.conf:11:12: keys.F5: unknown command "
                                           "\"refersh\"; did you mean \"refresh\"?");
    assert_string_equal(mistake(world, 4),
                        "config.conf:3:11: contexts.sim.api.requests_per_minut: unknown key; did "
                        "you mean \"requests_per_minute\"?");
    assert_string_equal(mistake(world, 5),
                        "config.conf:3:44: contexts.sim.api.base_url: expected https://…, or "
                        "http:// to this host, found \"http://example.com\"");
    assert_string_equal(mistake(world, 6), "config.conf:5:9: contexts.sim.pools[0]: id is missing");
    assert_string_equal(mistake(world, 7),
                        "config.conf:6:27: contexts.sim.pools[1].mode: expected polling or "
                        "webhook, found \"pulling\"");
    assert_string_equal(mistake(world, 8),
                        "config.conf:7:14: contexts.sim.pools[2].id: \"env_1\" stands in this list "
                        "twice");
    assert_string_equal(mistake(world, 9),
                        "config.conf:8:23: contexts.sim.checks.enabled: expected true or false, "
                        "found \"yes\"");
    assert_non_null(strstr(world->err.message, "(and 9 more: sandwatch config check)"));
}

static void
a_context_that_is_not_in_force_is_checked_too(void **state)
{
    struct world *world = *state;

    assert_false(load(world, "context: a\ncontexts: {a: {}, b: {produktion: true}}\n", NULL));
    assert_string_equal(mistake(world, 0), "config.conf:2:23: contexts.b.produktion: unknown key; "
                                           "did you mean \"production\"?");
}

static void
a_secret_in_the_file_is_refused_and_never_repeated(void **state)
{
    struct world *world = *state;

    assert_false(load(world,
                      "contexts:\n"
                      "  a:\n"
                      "    api: {api_key_env: sk-ant-api03-abcdefghijkl}\n"
                      "    tunnels: {command: [helper, sk-ant-oat01-abcdefghijkl]}\n"
                      "    pools: [{id: env_1, environment_key: sk-ant-oat01-abcdefghijkl}]\n",
                      NULL));
    assert_int_equal(world->config.n_mistakes, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(strstr(mistake(world, i), "a secret does not belong in this file"));
        assert_null(strstr(mistake(world, i), "abcdefghijkl"));
    }
    assert_non_null(strstr(mistake(world, 2), "environment_key_file"));
}

static void
two_credentials_of_a_kind_are_refused(void **state)
{
    struct world *world = *state;

    assert_false(load(world, "contexts: {a: {api: {profile: p, api_key_env: KEY}}}\n", NULL));
    assert_string_equal(mistake(world, 0), "config.conf:1:34: contexts.a.api.api_key_env: profile "
                                           "stands here too; keep one of them");
}

static void
a_credential_s_flag_replaces_the_file_s(void **state)
{
    struct world *world = *state;

    assert_true(load(world, "contexts: {a: {api: {api_key_env: KEY}}}\n",
                     words(world, "--auth-token-file /dev/null")));
    assert_string_equal(world->config.credential.auth_token_file, "/dev/null");
    assert_null(world->config.credential.api_key_env);
}

static void
show_says_where_each_value_came_from_and_no_secret(void **state)
{
    struct world *world = *state;
    const char *text;

    folder_write(world->folder, "key", "sk-ant-api03-abcdefghijkl\n");
    assert_true(load(world, "contexts: {a: {api: {api_key_file: key}}}\nui: {interval: 3}\n",
                     words(world, "--ascii")));
    text = shown(world);
    assert_non_null(strstr(text, "config.conf:2:16"));
    assert_non_null(strstr(text, "3 s"));
    assert_non_null(strstr(text, "flag --ascii"));
    assert_non_null(strstr(text, "300 requests per minute"));
    assert_non_null(strstr(text, arena_printf(world->arena, "set (file %s/key)", world->folder)));
    assert_null(strstr(text, "abcdefghijkl"));
}

static void
show_names_the_official_variables_that_are_set(void **state)
{
    struct world *world = *state;

    environment[0] = "ANTHROPIC_API_KEY";
    environment[1] = "sk-ant-api03-abcdefghijkl";
    assert_true(load(world, NULL, NULL));
    assert_non_null(strstr(shown(world), "environment ANTHROPIC_API_KEY"));
    assert_null(strstr(shown(world), "abcdefghijkl"));
}

static void
a_key_file_that_cannot_be_read_is_a_mistake_but_no_reason_to_stay_down(void **state)
{
    struct world *world = *state;

    assert_true(load(world, "contexts: {a: {api: {api_key_file: nowhere}}}\n", NULL));
    assert_int_equal(world->config.n_mistakes, 1);
    assert_non_null(strstr(mistake(world, 0), "cannot read"));
}

static void
a_key_file_that_others_may_read_is_a_mistake_too(void **state)
{
    struct world *world = *state;

    folder_write(world->folder, "key", "sk-ant-api03-abcdefghijkl\n");
    chmod(arena_printf(world->arena, "%s/key", world->folder), 0644);
    assert_true(load(world, "contexts: {a: {api: {api_key_file: key}}}\n", NULL));
    assert_int_equal(world->config.n_mistakes, 1);
    assert_non_null(strstr(mistake(world, 0), "mode 0644): chmod 600 it"));
    chmod(arena_printf(world->arena, "%s/key", world->folder), 0600);
    assert_true(load(world, "contexts: {a: {api: {api_key_file: key}}}\n", NULL));
    assert_int_equal(world->config.n_mistakes, 0);
}

/* One setting of a context, with this value in the place of %s. */
static bool
load_with(struct world *world, const char *place, const char *value)
{
    char setting[128];

    snprintf(setting, sizeof(setting), "%.*s%s%s", (int)(strstr(place, "%s") - place), place, value,
             strstr(place, "%s") + 2);
    return load(world, arena_printf(world->arena, "contexts: {a: {%s}}\n", setting), NULL);
}

static void
hosts_and_addresses_are_judged_when_they_are_read(void **state)
{
    static const struct {
        const char *place, *good[4], *bad[5];
    } rows[] = {
        {"edge: {region: \"%s\"}", {"us", "fed", ""}, {"u s", "us/", "https://us"}},
        {"edge: {targets: [{host: \"%s\"}]}",
         {"region1.v2.argotunnel.com", "198.41.192.7", "2606:4700::1"},
         {"https://edge.example", "edge.example:7844", "edge.example/", "a b"}},
        {"proxy: {address: \"%s\"}",
         {"127.0.0.1:8443", "[::1]:8443"},
         {"127.0.0.1:0", "proxy:8443", "127.0.0.1:99999", "::1:8443", "[::1]"}},
        {"checks: {dns_over_tls: \"%s\"}",
         {"", "1.1.1.1:853"},
         {"dns.example:853", "1.1.1.1:", "1.1.1.1", "tls://1.1.1.1"}},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t k = 0; k < COUNT_OF(rows[i].good) && rows[i].good[k]; k++)
            if (!load_with(world, rows[i].place, rows[i].good[k]))
                fail_msg("%s: %s", rows[i].good[k], world->err.message);
        for (size_t k = 0; k < COUNT_OF(rows[i].bad) && rows[i].bad[k]; k++)
            if (load_with(world, rows[i].place, rows[i].bad[k]) ||
                !strstr(mistake(world, 0), "expected "))
                fail_msg("%s: %s", rows[i].bad[k], world->err.message);
    }
}

static void
a_required_value_that_is_wrong_is_one_mistake(void **state)
{
    struct world *world = *state;

    assert_false(load(world, "contexts: {a: {connectors: [{url: nowhere}]}}\n", NULL));
    assert_int_equal(world->config.n_mistakes, 1);
    assert_non_null(strstr(mistake(world, 0), "connectors[0].url: expected https://"));
    assert_false(load(world, "contexts: {a: {connectors: [{url: ~}]}}\n", NULL));
    assert_int_equal(world->config.n_mistakes, 1);
    assert_non_null(strstr(mistake(world, 0), "url is missing"));
}

static void
a_file_that_is_named_from_where_one_is_is_named_like_that_in_every_mistake(void **state)
{
    struct world *world = *state;
    const char *name = arena_printf(world->arena, "%s/a.conf", strrchr(world->folder, '/') + 1);
    const char *line = arena_printf(world->arena, "--config %s --log here.log", name);
    int back = open(".", O_RDONLY | O_DIRECTORY);

    folder_write(world->folder, "a.conf", "contexts: {a: {prodction: true}}\n");
    assert_int_equal(chdir(arena_printf(world->arena, "%s/..", world->folder)), 0);
    assert_false(load(world, NULL, words(world, line)));
    assert_int_equal(strncmp(world->config.mistakes[0], name, strlen(name)), 0);
    assert_string_equal(world->config.log_file, "here.log");
    assert_int_equal(fchdir(back), 0);
    close(back);
}

static void
a_wrong_flag_is_named(void **state)
{
    struct world *world = *state;

    assert_false(load(world, NULL, words(world, "--interval soon")));
    assert_int_equal(world->err.code, ERR_USAGE);
    assert_string_equal(world->err.message, "--interval: expected a whole number from 1 to 3600 "
                                            "(s), found \"soon\"");
    assert_false(load(world, NULL, words(world, "--theme")));
    assert_string_equal(world->err.message, "--theme: expected NAME after it");
    assert_false(load(world, NULL, words(world, "--ascii=yes")));
    assert_string_equal(world->err.message, "--ascii: takes no value, found \"yes\"");
    assert_false(load(world, NULL, words(world, "--theme defualt")));
    assert_int_equal(world->err.code, ERR_USAGE);
    assert_string_equal(world->err.message,
                        "--theme: there is no theme \"defualt\"; did you mean \"default\"?");
}

static void
the_context_must_be_one_that_is_there(void **state)
{
    struct world *world = *state;

    assert_false(load(world, "contexts: {prod: {}, stage: {}}\n", words(world, "--context prd")));
    assert_int_equal(world->err.code, ERR_USAGE);
    assert_non_null(strstr(world->err.message, "did you mean \"prod\"?"));
    assert_false(load(world, "contexts: {prod: {}, stage: {}}\n", NULL));
    assert_non_null(strstr(world->err.message, "say which is in force"));
    assert_true(load(world, "contexts: {prod: {}}\n", NULL));
    assert_string_equal(world->config.context, "prod");
}

static void
arguments_that_are_not_ours_stay_in_order(void **state)
{
    const char *folders[] = {NULL};
    struct config_request request = {.theme_folders = folders, .getenv = environment_get};
    struct world *world = *state;
    char **argv = words(world, "sandwatch --ascii status --json --wall -- --theme");
    int argc = 7;

    assert_true(config_load(&request, &argc, argv, world->arena, &world->config, &world->err));
    assert_int_equal(argc, 5);
    assert_string_equal(argv[1], "status");
    assert_string_equal(argv[2], "--json");
    assert_string_equal(argv[3], "--");
    assert_string_equal(argv[4], "--theme");
    assert_null(argv[5]);
    assert_true(world->config.is_ascii && world->config.is_wall);
}

static void
a_file_that_is_no_yaml_says_where(void **state)
{
    struct world *world = *state;

    assert_false(load(world, "contexts: {a: [}\n", NULL));
    assert_int_equal(world->err.code, ERR_CONFIG);
    assert_non_null(strstr(world->err.message, "config.conf:1:16: "));
}

static void
a_theme_with_mistakes_says_where_and_hurts_only_when_it_is_chosen(void **state)
{
    struct world *world = *state;

    folder_write(world->folder, "mine.yaml",
                 "name: mine\n"
                 "roles:\n"
                 "  okk: {fg: \"#00ff00\"}\n"
                 "  warn: {fg: #ff0\n"
                 "    , attr: [blod]}\n");
    assert_true(load(world, NULL, NULL));
    assert_int_equal(world->config.n_mistakes, 3);
    assert_int_equal(world->config.n_fatal, 0);
    assert_string_equal(mistake(world, 0),
                        "mine.yaml:3:3: roles.okk: unknown key; did you mean \"ok\"?");
    assert_string_equal(mistake(world, 1), "mine.yaml:5:5: fg: expected \"#rrggbb\" in quotes, or "
                                           "default, found nothing");
    assert_string_equal(
        mistake(world, 2),
        "mine.yaml:5:14: attr: expected an attribute, found \"blod\"; did you mean \"bold\"?");
    assert_false(load(world, NULL, words(world, "--theme mine")));
    assert_int_equal(world->config.n_fatal, 3);
}

static void
a_theme_extends_another_of_its_own_name_and_not_itself(void **state)
{
    struct world *world = *state;

    folder_write(world->folder, "default.yaml", "extends: default\nborders: heavy\n");
    folder_write(world->folder, "a.yaml", "extends: b\n");
    folder_write(world->folder, "b.yaml", "extends: a\n");
    folder_write(world->folder, "same.yaml",
                 "roles: {ok: {sym: \"x\"}, fail: {sym: \"x\", ascii: \"+\"}}\n");
    assert_true(load(world, NULL, NULL));
    assert_string_equal(world->config.themes[0].name, "default");
    assert_int_equal(world->config.themes[0].borders, BORDERS_heavy);
    assert_non_null(strstr(mistake(world, 0), "there are mistakes in \"b\""));
    assert_non_null(strstr(mistake(world, 1), "this leads back here: \"a\""));
    assert_non_null(strstr(world->config.mistakes[world->config.n_mistakes - 1],
                           "ok and fail look the same without colour"));
}

static bool
reaches_a_child(const char *variable)
{
    char **variables = environment_of_child(NULL);
    bool does = false;

    for (size_t i = 0; variables[i]; i++)
        does = does || strcmp(variables[i], variable) == 0;
    free(variables);
    return does;
}

static void
a_variable_with_a_credential_is_hidden_from_children(void **state)
{
    struct world *world = *state;

    setenv("OUR_POOL_KEY", "k", 1);
    setenv("OUR_SPARE_KEY", "s", 1);
    assert_true(reaches_a_child("OUR_POOL_KEY=k"));
    assert_true(load(world,
                     "contexts:\n"
                     "  a: {pools: [{id: env_1, environment_key_env: OUR_POOL_KEY}]}\n"
                     "  b: {api: {api_key_env: OUR_SPARE_KEY}}\n",
                     words(world, "--context a")));
    assert_false(reaches_a_child("OUR_POOL_KEY=k"));
    assert_false(reaches_a_child("OUR_SPARE_KEY=s"));
    unsetenv("OUR_POOL_KEY");
    unsetenv("OUR_SPARE_KEY");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_a_file_everything_has_its_default),
        TEST(a_whole_file_is_read),
        TEST(a_flag_wins_over_the_environment_and_both_over_the_file),
        TEST(a_context_s_theme_is_stronger_than_the_common_one),
        TEST(no_color_and_the_official_base_url_are_honoured),
        TEST(every_mistake_is_listed_with_its_place_and_the_nearest_key),
        TEST(a_context_that_is_not_in_force_is_checked_too),
        TEST(a_secret_in_the_file_is_refused_and_never_repeated),
        TEST(two_credentials_of_a_kind_are_refused),
        TEST(a_credential_s_flag_replaces_the_file_s),
        TEST(a_variable_with_a_credential_is_hidden_from_children),
        TEST(show_says_where_each_value_came_from_and_no_secret),
        TEST(show_names_the_official_variables_that_are_set),
        TEST(a_key_file_that_cannot_be_read_is_a_mistake_but_no_reason_to_stay_down),
        TEST(a_key_file_that_others_may_read_is_a_mistake_too),
        TEST(a_required_value_that_is_wrong_is_one_mistake),
        TEST(hosts_and_addresses_are_judged_when_they_are_read),
        TEST(a_file_that_is_named_from_where_one_is_is_named_like_that_in_every_mistake),
        TEST(a_wrong_flag_is_named),
        TEST(the_context_must_be_one_that_is_there),
        TEST(arguments_that_are_not_ours_stay_in_order),
        TEST(a_file_that_is_no_yaml_says_where),
        TEST(a_theme_with_mistakes_says_where_and_hurts_only_when_it_is_chosen),
        TEST(a_theme_extends_another_of_its_own_name_and_not_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
