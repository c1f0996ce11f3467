#include <stdio.h>

int
main(void)
{
    puts("sandwatch");
    return 0;
}
