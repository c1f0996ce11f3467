/* What a resolver answers over TLS: the first byte chooses the kind of the question. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "probe/dns.h"

FUZZ(dns)
{
    static const int families[] = {0, 4, 6};
    static const uint8_t question[2] = {'i', 'd'};
    static struct dns_query answer;
    int family;

    if (n == 0)
        return 0;
    family = families[bytes[0] % 3];
    if (!dns_read_answer(question, bytes + 1, n - 1, family, &answer))
        return 0;
    INSIST(n > 12 && memcmp(bytes + 1, question, sizeof(question)) == 0);
    INSIST(answer.n_addresses <= DNS_ADDRESSES && answer.n_services <= DNS_SERVICES);
    INSIST((answer.n_addresses + answer.n_services > 0) == (answer.fault.signal == SIGNAL_none));
    for (size_t i = 0; i < answer.n_addresses; i++)
        INSIST(address_family(&answer.addresses[i]) == family);
    for (size_t i = 0; i < answer.n_services; i++)
        INSIST(strlen(answer.services[i].host) < DNS_NAME_BYTES);
    return 0;
}
