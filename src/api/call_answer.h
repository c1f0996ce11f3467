/* call_answer.h — what an answer means for the call: whether its effect may have happened, and what
 * of the body the ops room wants to know. */
#ifndef API_CALL_ANSWER_H
#define API_CALL_ANSWER_H

#include "api/call.h"

struct http_answer;

/* origin: of the credential that it was sent with. */
void call_answer_judge(enum api_call_id id, const struct http_answer *answer, const char *origin,
                       struct api_answer *out);

/* It never left this host, and why. */
struct api_answer call_answer_unsent(const struct err *why);

#endif
