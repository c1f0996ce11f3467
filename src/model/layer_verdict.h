/* layer_verdict.h — what can be said of a security layer, and never more than was seen. */
#ifndef MODEL_LAYER_VERDICT_H
#define MODEL_LAYER_VERDICT_H

enum layer_verdict {
    LAYER_verified,
    LAYER_warning,
    LAYER_failed,
    LAYER_not_observable,
    LAYER_accepted_risk,
};

const char *layer_verdict_name(enum layer_verdict verdict); /* "not_observable", as in JSON */
const char *layer_verdict_word(enum layer_verdict verdict); /* "not observable" */
/* What hides what, and how bad it is: one thing that nobody saw spoils a claim, but not a fault
 * that was seen. */
int layer_verdict_rank(enum layer_verdict verdict);

#endif
