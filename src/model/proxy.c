#include "model/proxy.h"

static const struct {
    const char *name, *what;
} rules[] = {
#define CERTIFICATE_RULE(id, name, verdict, what) [CERTIFICATE_##id] = {name, what},
#include "model/certificate_rules.def"
#undef CERTIFICATE_RULE
};

const char *
certificate_rule_name(enum certificate_rule rule)
{
    return rules[rule].name;
}

const char *
certificate_rule_what(enum certificate_rule rule)
{
    return rules[rule].what;
}
