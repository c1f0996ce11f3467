/* The system's certificate authorities: by hash, or in one bundle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aid/folder.h"
#include "core/trust.h"

static void
a_folder_is_hashed_when_a_certificate_is_named_by_its_hash(void **state)
{
    char *folder = folder_new();

    (void)state;
    assert_false(trust_is_hashed(folder));
    folder_write(folder, "ca-certificates.crt", "");
    folder_write(folder, "example.0", "");
    assert_false(trust_is_hashed(folder));
    folder_write(folder, "0a1b2c3d.0", "");
    assert_true(trust_is_hashed(folder));
    folder_free(folder);
}

static void
no_folder_is_not_hashed(void **state)
{
    (void)state;
    assert_false(trust_is_hashed(NULL));
    assert_false(trust_is_hashed("/nowhere"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_hashed_when_a_certificate_is_named_by_its_hash),
        cmocka_unit_test(no_folder_is_not_hashed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
