#include "sim/names.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"

static const char *const agents[] = {"bumper",   "reviewer",  "migrator", "flake-hunter",
                                     "releaser", "doc-smith", "triager",  "perf-scout"};
static const char *const models[] = {"claude-opus-5-5", "claude-sonnet-5-5"};

static const char *const titles[] = {
    "Nightly dependency bump, %s",
    "Review pull request %d of %s",
    "Migrate %s to the new logging library",
    "Find the flaky test in %s",
    "Release notes for %s",
    "Backfill invoices %d for %s",
    "Rebuild the search index of %s",
    "Upgrade %s to PostgreSQL 18",
    "Split the checkout module of %s",
    "Investigate memory growth in %s",
    "Port the deployment of %s to arm64",
    "Triage incident %d in %s",
    "Write integration tests for %s",
    "Remove dead feature flags from %s",
    "Profile the cold start of %s",
    "Rotate the signing keys of %s",
};
static const char *const projects[] = {"billing",  "catalogue", "gateway",  "ledger", "mobile-api",
                                       "payments", "search",    "shipping", "web",    "warehouse"};

static const char *const commands[] = {
    "make -j4 test",           "git log --oneline -20",   "cargo test --workspace",
    "npm ci && npm test",      "pytest -x -q tests/",     "go vet ./...",
    "rg -n 'TODO' src | head", "git diff --stat main...", "terraform plan -no-color | tail -40",
    "docker build -q .",
};
static const char *const files[] = {"src/main.rs", "README.md", "internal/queue/queue.go",
                                    "web/app/cart.tsx", "migrations/0042_ledger.sql"};
static const char *const outputs[] = {
    "ok\n",
    "128 passed, 0 failed in 14.2s\n",
    "3 files changed, 41 insertions(+), 17 deletions(-)\n",
    "error: test checkout::totals failed\n1 failed, 211 passed\n",
    "No changes. Your infrastructure matches the configuration.\n",
};
static const char *const remarks[] = {
    "Let me look at how the tests are run.",
    "One test fails; I will read the code it covers.",
    "The change is small. Running everything once more.",
    "That dependency has moved; adjusting the imports.",
};
static const char *const farewells[] = {
    "Done: all tests pass, and the change is on its branch.",
    "The cause is found and fixed; a summary is in the pull request.",
    "Nothing left to do: the index was already up to date.",
};

#define PICK(chance, table) ((table)[chance_next(chance) % COUNT_OF(table)])

size_t
name_agents(void)
{
    return COUNT_OF(agents);
}

const char *
name_agent(size_t nth)
{
    return agents[nth % COUNT_OF(agents)];
}

size_t
name_models(void)
{
    return COUNT_OF(models);
}

const char *
name_model(size_t nth)
{
    return models[nth % COUNT_OF(models)];
}

const char *
name_title(struct chance *chance)
{
    static char title[120];
    const char *format = PICK(chance, titles), *project = PICK(chance, projects);
    const char *at = strchr(format, '%');
    int n = (int)chance_between(chance, 100, 4999);
    size_t used = (size_t)(at - format);

    if (at[1] == 's')
        snprintf(title, sizeof(title), "%.*s%s%s", (int)used, format, project, at + 2);
    else /* "%d … %s" at the end */
        snprintf(title, sizeof(title), "%.*s%d%.*s%s", (int)used, format, n,
                 (int)(strlen(at + 2) - 2), at + 2, project);
    return title;
}

const char *
name_remark(struct chance *chance)
{
    return PICK(chance, remarks);
}

const char *
name_farewell(struct chance *chance)
{
    return PICK(chance, farewells);
}

void
name_tool_call(struct chance *chance, const char **tool, struct json **input)
{
    *input = json_new_object();
    if (chance_percent(chance, 65)) {
        *tool = "bash";
        json_add_string(*input, "command", PICK(chance, commands));
        return;
    }
    *tool = chance_percent(chance, 60) ? "read" : "edit";
    json_add_string(*input, "file_path", PICK(chance, files));
}

const char *
name_tool_output(struct chance *chance)
{
    return PICK(chance, outputs);
}

const char *
name_region(size_t nth)
{
    static const char *const regions[] = {"eu-west", "eu-north", "us-east", "us-west", "ap-south"};
    static const char *const uses[] = {"build", "review", "batch", "docs"};
    static char name[48];

    snprintf(name, sizeof(name), "%s-%s-%04zu", regions[nth % COUNT_OF(regions)],
             uses[nth / COUNT_OF(regions) % COUNT_OF(uses)], nth + 1);
    return name;
}

/* ESC ] 0, ESC ] 52, CSI, DCS, C1 as bytes and as code points, bidirectional overrides, isolates,
 * zero width, tags, overlong and surrogate encodings, a lone continuation, backspaces, a bell. */
static const char *const hostiles[] = {
    "\033[2J\033[Hgone \033[31mred\033[0m",
    "\033]0;owned title\007text",
    "\033]52;c;cm0gLXJmIH4K\033\\copy",
    "\033P1$r0m\033\\dcs \033_apc\033\\",
    "c1 \xc2\x9b"
    "31m \xc2\x9d"
    "0;x\xc2\x9c \x9b"
    "2J",
    ("bidi \xe2\x80\xae"
     "gnp.exe\xe2\x80\xac \xe2\x81\xa6"
     "isolate\xe2\x81\xa9"),
    "bad utf8 \xff\xfe\xc0\xaf \xed\xa0\x80 \x80 \xf8\x88\x80\x80\x80",
    "line\r\nbreak\x0b\x0c\ttab\b\b\bback \x7f del",
    "zero\xe2\x80\x8bwidth\xef\xbb\xbf \xf3\xa0\x81\x81tag \xe2\x80\xa8sep",
    "\033[?1049l\033[?25l\033c reset \016shift",
    "combining Z\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87\xcc\x88\xcc\x89\xcc\x8a",
    ("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 wide "
     "\xe6\xbc\xa2\xe5\xad\x97"),
    "%s%n%x `$(reboot)` '; drop table jobs; --",
};

size_t
name_hostiles(void)
{
    return COUNT_OF(hostiles);
}

const char *
name_hostile(size_t nth)
{
    return hostiles[nth % COUNT_OF(hostiles)];
}

const char *
name_hostile_endless(size_t nth)
{
    static char endless[(64 << 10) + 1];
    const char *one = name_hostile(nth);
    size_t length = strlen(one);

    for (size_t i = 0; i + 1 < sizeof(endless); i++)
        endless[i] = one[i % length];
    return endless;
}
