#include "probe/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/text.h"

static const struct fault_rule rules[] = {
#define FAULT(kinds, stage, signal, code, when, verdict, cause, next)                              \
    {kinds, stage, signal, code, when, verdict, cause, next},
#include "probe/faults.def"
#undef FAULT
};

static const struct fault_rule unheard_of = {
    .kinds = KIND_ALL,
    .verdict = CHECK_fail,
    .cause = "not one that we know",
    .next_step = "look the signal up",
};

const struct fault_rule *
fault_rules(size_t *n)
{
    *n = COUNT_OF(rules);
    return rules;
}

const struct fault_rule *
fault_judge(const struct fault *fault, enum check_kind kind, unsigned circumstances)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const struct fault_rule *rule = &rules[i];

        if ((rule->kinds & 1u << kind) && rule->signal == fault->signal &&
            (rule->stage == FAULT_ANY || rule->stage == (int)fault->stage) &&
            (rule->code == FAULT_ANY || rule->code == fault->code) &&
            (rule->when & ~circumstances) == 0)
            return rule;
    }
    return &unheard_of;
}

bool
fault_is_deep(const struct fault *fault)
{
    return fault->signal != SIGNAL_none &&
           (fault->stage == STAGE_tls || fault->stage == STAGE_http ||
            (fault->signal >= SIGNAL_quic_silent && fault->signal <= SIGNAL_large_hello));
}

bool
fault_is_silence(const struct fault *fault)
{
    return fault->signal == SIGNAL_quic_silent || fault->signal == SIGNAL_quic_unfinished ||
           (fault->stage == STAGE_tls &&
            (fault->signal == SIGNAL_timeout || fault->signal == SIGNAL_eof ||
             (fault->signal == SIGNAL_errno &&
              (fault->code == ECONNRESET || fault->code == EPIPE))));
}

bool
fault_is_hidden(const struct fault *fault)
{
    return fault_is_silence(fault) || fault->signal == SIGNAL_alert ||
           fault->signal == SIGNAL_quic_close;
}

bool
fault_is_weakness(const struct fault *fault)
{
    return fault->signal == SIGNAL_mtu || fault->signal == SIGNAL_large_hello ||
           fault->signal == SIGNAL_path_mtu;
}

bool
fault_is_own(const struct fault *fault)
{
    return fault->signal == SIGNAL_errno && (fault->code == EMFILE || fault->code == ENFILE);
}

bool
fault_is_bearable(const struct fault *fault)
{
    return fault->signal == SIGNAL_none || fault_is_weakness(fault);
}

void
fault_clear(struct fault *fault)
{
    memset(fault, 0, sizeof(*fault));
}

void
fault_set(struct fault *fault, enum check_stage stage, enum signal signal, int code,
          const char *format, ...)
{
    struct text text = {.bytes = fault->text, .size = sizeof(fault->text)};
    va_list args;

    fault->stage = stage;
    fault->signal = signal;
    fault->code = code;
    text_clear(&text);
    va_start(args, format);
    text_vaddf(&text, format, args);
    va_end(args);
}

void
fault_set_errno(struct fault *fault, enum check_stage stage, int error, const char *what)
{
    const char *name = strerrorname_np(error);

    fault_set(fault, stage, SIGNAL_errno, error, "%s (%s%s%s)", name ? name : "unknown error",
              what ? what : "", what ? ": " : "", strerrordesc_np(error));
}
