/* network_faults.h — which faults of the customer's network are on, readable from every server's
 * thread. */
#ifndef SIM_NETWORK_FAULTS_H
#define SIM_NETWORK_FAULTS_H

#include <stdatomic.h>

#include "core/base.h"

enum network_fault {
#define FAULT(id, name, what) FAULT_##id,
#include "sim/network_faults.def"
#undef FAULT
    NETWORK_FAULT_COUNT
};

struct network_faults {
    atomic_bool on[NETWORK_FAULT_COUNT];
};

static inline bool
fault_on(const struct network_faults *faults, enum network_fault fault)
{
    return atomic_load_explicit(&faults->on[fault], memory_order_relaxed);
}

#endif
