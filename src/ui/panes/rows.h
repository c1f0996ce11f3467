/* rows.h — what the panes say about the same things: a job in one line, a pool by its id. UI thread
 * only. */
#ifndef UI_PANES_ROWS_H
#define UI_PANES_ROWS_H

#include "ui/detail.h"

#define PANE(id, digit, title) extern const struct pane pane_##id;
#include "ui/panes.def"
#undef PANE

/* What was judged of a row; never NULL. */
const struct pool_judgement *pool_judged(const struct frame *frame, size_t index);
const struct job_judgement *job_judged(const struct frame *frame, size_t index);

/* The worst flag of a job, or JOB_FLAG_COUNT. */
enum job_flag job_worst_flag(const struct job_judgement *judgement);

/* The state of its session in a few words: "waits for you", "running", "turn ended". */
const char *job_session_words(const struct job *job);
/* "active", or "session" for a job that is only known from its session. */
const char *job_state_words(const struct job *job);

/* What was judged of the pool or the job with this id, when that is more than "fine". */
bool page_judgement(struct page *page, const char *id);
/* Every flag of a job in words. */
void page_flags(struct page *page, const struct job_judgement *judgement);
const struct job *job_by_id(const struct frame *frame, const char *id, size_t *index);

/* The jobs of a pool, worst first, one line each. */
void page_jobs_of(struct page *page, const char *pool_id, int most);
/* The three layers of a tunnel with their evidence. */
void page_layers_of(struct page *page, const char *tunnel_id);

/* The way of a request through a tunnel, a hop a line. */
void page_path_of(struct page *page, const char *tunnel_id);

/* The role of the worst finding about an id whose rule begins so; ROLE_text when there is none. */
enum role finding_role(const struct frame *frame, const char *subject_id, const char *rule);

/* "eu-west" for the id of a pool; the id when there is none. */
const struct pool *pool_by_id(const struct frame *frame, const char *id, size_t *index);

#endif
