#include "model/check.h"

const char *
check_verdict_name(enum check_verdict verdict)
{
    static const char *const names[] = {
        [CHECK_skip] = "skip",
        [CHECK_pass] = "pass",
        [CHECK_warn] = "warn",
        [CHECK_fail] = "fail",
        [CHECK_unsupported] = "unsupported",
    };

    return names[verdict];
}

const char *
check_stage_name(enum check_stage stage)
{
    static const char *const names[] = {
        [STAGE_dns] = "dns",   [STAGE_tcp] = "tcp",   [STAGE_tls] = "tls",
        [STAGE_http] = "http", [STAGE_quic] = "quic",
    };

    return names[stage];
}
