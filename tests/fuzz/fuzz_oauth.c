/* What an MCP server and its authorization server answer. The first byte chooses the question, the
 * first line is the challenge, the rest the body: JSON, or an event stream. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "core/text.h"
#include "model/proxy.h"
#include "probe/http.h"
#include "probe/oauth_answer.h"
#include "probe/well_known.h"

static const char endpoint[] = "https://wiki.t.example.com/mcp";

static void
insist_judged(const struct oauth_judgement *judgement)
{
    INSIST(judgement->answer > OAUTH_none && judgement->answer < OAUTH_ANSWERS);
    INSIST(memchr(judgement->seen, '\0', sizeof(judgement->seen)));
    for (const char *s = judgement->seen; *s; s++)
        INSIST((unsigned char)*s >= 0x20 && *s != 0x7F);
}

/* Wherever it says that something is, we ask nobody but hosts of the tunnel and https. */
static void
follow(const char *url)
{
    const struct proxy_route route = {"wiki", "wiki.t.example.com", "http://10.0.0.5:3000"};
    TEXT(place, 4096);
    size_t nth = 0;

    while (well_known_server(url, nth, &place)) {
        TEXT(asked, 4096);
        size_t which = 0;
        enum url_way way = url_rewrite(place.bytes, &route, 1, &asked, &which);

        INSIST(way != URL_upstream ||
               strncmp(asked.bytes, route.upstream, strlen(route.upstream)) == 0);
        INSIST(way != URL_elsewhere || strncmp(asked.bytes, "https://", 8) == 0);
        INSIST(++nth <= 3);
    }
}

static void
judge_metadata(const struct http_get *get)
{
    struct oauth_issuers issuers = {0};
    struct oauth_judgement judgement = oauth_judge_resource(get, endpoint, &issuers);

    insist_judged(&judgement);
    INSIST(issuers.n <= OAUTH_ISSUERS);
    INSIST(judgement.answer != OAUTH_resource_good || issuers.n > 0);
    for (size_t i = 0; i < issuers.n; i++)
        follow(issuers.url[i]);
    judgement = oauth_judge_server(get, issuers.n > 0 ? issuers.url[0] : endpoint);
    insist_judged(&judgement);
}

static void
judge_requests(const struct http_get *get)
{
    char metadata_url[CHALLENGE_URL_BYTES] = "";
    struct oauth_judgement judgement = oauth_judge_initialize(get, metadata_url);

    insist_judged(&judgement);
    INSIST((judgement.answer == OAUTH_challenge) == (*metadata_url != '\0'));
    follow(metadata_url);
    judgement = oauth_judge_bad_token(get, OAUTH_challenge);
    insist_judged(&judgement);
    judgement = oauth_judge_stream(get);
    insist_judged(&judgement);
}

FUZZ(oauth)
{
    static const long statuses[] = {200, 202, 302, 400, 401, 403, 404, 421, 500};
    struct http_get get = {0};
    const uint8_t *end = n > 0 ? memchr(bytes + 1, '\n', n - 1) : NULL;
    char *body;

    if (!end)
        return 0;
    get.status = statuses[bytes[0] % COUNT_OF(statuses)];
    text_clean(get.challenge, sizeof(get.challenge), (const char *)bytes + 1,
               (size_t)(end - bytes - 1));
    get.body_bytes = n - (size_t)(end + 1 - bytes);
    body = malloc(get.body_bytes + 1); /* exactly, so that one byte too far is noticed */
    INSIST(body);
    memcpy(body, end + 1, get.body_bytes);
    body[get.body_bytes] = '\0';
    get.body = body;
    judge_requests(&get);
    judge_metadata(&get);
    free(body);
    return 0;
}
