#include "model/upstream.h"

static const struct {
    enum layer_verdict verdict;
    const char *what;
} answers[] = {
#define OAUTH_ANSWER(id, verdict, what) [OAUTH_##id] = {LAYER_##verdict, what},
#include "model/oauth_answers.def"
#undef OAUTH_ANSWER
};

enum layer_verdict
oauth_verdict(enum oauth_answer answer)
{
    return answers[answer].verdict;
}

const char *
oauth_what(enum oauth_answer answer)
{
    return answers[answer].what;
}
