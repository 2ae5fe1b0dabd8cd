// Traps some calls deep, behind many functions: so many that linking changes how the code section counts them.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_close"))) int close_directly(int);

#define ONE(n) static int filler##n(int x) { return x * n + printf("%d", x ^ n); }
#define TEN(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)
TEN(1) TEN(2) TEN(3) TEN(4)
#define PLACE(n)                                                                                                       \
    filler##n##0, filler##n##1, filler##n##2, filler##n##3, filler##n##4, filler##n##5, filler##n##6, filler##n##7,    \
        filler##n##8, filler##n##9,
int (*table[])(int) = {PLACE(1) PLACE(2) PLACE(3) PLACE(4)};

static int deeper(int left, volatile int *seen) {
    struct stat about;
    *seen += close_directly(77) + stat("/missing", &about);
    // An instruction that linking makes longer, so that code moves within the function.
    if (*seen == 12345)
        *seen += __builtin_wasm_memory_grow(0, left);
    if (left == 0)
        __builtin_trap(); // here
    return deeper(left - 1, seen) + *seen; // from here
}

int main(int argc, char **argv) {
    volatile int seen = argc;
    (void)argv;
    if (argc > 40)
        seen += table[argc](argc);
    return deeper(2, &seen) + seen; // first from here
}
