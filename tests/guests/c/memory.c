// Takes memory hard before and after the file calls and looks at every byte again: an allocator that
// believes that everything up to `memory.size` is its own must never meet the interposer's state.
#include "report.h"
#include <stdlib.h>

enum { BLOCKS = 480 };
static unsigned char *block[BLOCKS];
static size_t length[BLOCKS];

static size_t block_length(int i) { return i % 5 == 0 ? 1 : i % 5 == 1 ? 333 : (size_t)(i % 7) * 70000 + 4096; }

static void fill(int from, int to) {
  for (int i = from; i < to; i++) {
    length[i] = block_length(i);
    block[i] = malloc(length[i]);
    if (!block[i]) {
      printf("malloc %d -> null\n", i);
      exit(1);
    }
    memset(block[i], 0x40 + i % 151, length[i]);
  }
}

static long long wrong_bytes(int from, int to) {
  long long wrong = 0;
  for (int i = from; i < to; i++)
    for (size_t k = 0; k < length[i]; k++) wrong += block[i][k] != (unsigned char)(0x40 + i % 151);
  return wrong;
}

static size_t pages(void) { return __builtin_wasm_memory_size(0); }

void memory_before(void) {
  section("read", "memory before");
  printf("pages at start -> %zu\n", pages());
  fill(0, BLOCKS / 2);
  printf("pages after malloc -> %zu\n", pages());
  printf("wrong bytes -> %lld\n", wrong_bytes(0, BLOCKS / 2));
}

void memory_after(void) {
  section("read", "memory after");
  printf("wrong bytes after files -> %lld\n", wrong_bytes(0, BLOCKS / 2));
  printf("pages -> %zu\n", pages());
  fill(BLOCKS / 2, BLOCKS);
  printf("pages after malloc -> %zu\n", pages());
  printf("wrong bytes -> %lld\n", wrong_bytes(0, BLOCKS));

  // New memory is zero, and `memory.grow` tells the program's own size.
  size_t before = pages();
  size_t old = __builtin_wasm_memory_grow(0, 40);
  printf("grow 40 returns the old size -> %d\n", old == before);
  printf("pages grown -> %zu\n", pages() - before);
  unsigned char *fresh = (unsigned char *)(old * 65536);
  long long dirty = 0;
  for (size_t i = 0; i < 40 * 65536; i++) dirty += fresh[i] != 0;
  printf("bytes not zero in new pages -> %lld\n", dirty);
  memset(fresh, 0xA5, 40 * 65536);

  // The file calls still work with the interposer's state moved, and did not touch the new pages.
  FILE *f = fopen("/dir/file.txt", "r");
  char line[64] = "";
  printf("fopen after growth -> %d\n", f != NULL);
  if (f) {
    printf("fgets after growth -> %s", fgets(line, sizeof line, f) ? line : "null\n");
    fclose(f);
  }
  long long changed = 0;
  for (size_t i = 0; i < 40 * 65536; i++) changed += fresh[i] != 0xA5;
  printf("bytes changed in new pages -> %lld\n", changed);
  printf("wrong bytes at end -> %lld\n", wrong_bytes(0, BLOCKS));
  printf("grow 0 -> %d\n", __builtin_wasm_memory_grow(0, 0) == pages());
  printf("grow too much -> %lld\n", (long long)(int)__builtin_wasm_memory_grow(0, 65000));
}
