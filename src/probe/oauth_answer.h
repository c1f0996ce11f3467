/* oauth_answer.h — what an MCP server's answers mean: the verdict tables of facts/connectivity.md
 * E3.
 *
 * Pure functions of an answer; foreign strings come out clean. */
#ifndef PROBE_OAUTH_ANSWER_H
#define PROBE_OAUTH_ANSWER_H

#include "model/upstream.h"
#include "probe/challenge.h"

struct http_get;

enum { OAUTH_SEEN_BYTES = 240, OAUTH_ISSUERS = 4 };

struct oauth_judgement {
    enum oauth_answer answer;
    char seen[OAUTH_SEEN_BYTES];
};

/* A. metadata_url: where its challenge says that its metadata are; "" when it does not. */
struct oauth_judgement oauth_judge_initialize(const struct http_get *get,
                                              char metadata_url[CHALLENGE_URL_BYTES]);
/* A2, after what A answered, and A3. */
struct oauth_judgement oauth_judge_bad_token(const struct http_get *get, enum oauth_answer first);
struct oauth_judgement oauth_judge_stream(const struct http_get *get);

struct oauth_issuers {
    char url[OAUTH_ISSUERS][CHALLENGE_URL_BYTES];
    size_t n;
};

/* B: an answer of 200. resource: what clients call it, "https://wiki.example/mcp"; "" not known. */
struct oauth_judgement oauth_judge_resource(const struct http_get *get, const char *resource,
                                            struct oauth_issuers *out);
/* C: an answer of 200. */
struct oauth_judgement oauth_judge_server(const struct http_get *get, const char *issuer);

/* The same URL, a slash at its end or not. */
bool oauth_is_same_url(const char *a, const char *b);

#endif
