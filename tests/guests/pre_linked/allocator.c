// Writes files and opens many before it first allocates: wasi-libc of 2022 takes all memory that there is by then for its
// heap. Then all of it is used in turns, and must stay what it was. Opened without wasi-libc, whose `open` allocates.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, BLOCKS = 600, FILES = 700, PIECES = 2000, PIECE = 1000, LARGE = 3 << 20 };

static int fds[FILES];
static unsigned char *pieces[PIECES], block[BLOCK];

int32_t __imported_wasi_snapshot_preview1_path_open(int32_t, int32_t, const char *, int32_t, int32_t, int64_t, int64_t, int32_t,
                                                    int32_t *)
    __attribute__((import_module("wasi_snapshot_preview1"), import_name("path_open")));

enum { ROOT = 3, CREAT = 1, READ = 1 << 1, SEEK = 1 << 2, WRITE = 1 << 6 };

static int open_at_root(const char *path, int how, int64_t rights) {
  int32_t fd = -1;
  __imported_wasi_snapshot_preview1_path_open(ROOT, 0, path, (int32_t)strlen(path), how, rights, 0, 0, &fd);
  return fd;
}

static int write_blocks(int fd, int from, int to) {
  for (int i = from; i < to; i++) {
    memset(block, i, BLOCK);
    if (write(fd, block, BLOCK) != BLOCK) return 1;
  }
  return 0;
}

static int wrong(const unsigned char *bytes, size_t size, unsigned char expected) {
  int wrong = 0;
  for (size_t i = 0; i < size; i++) wrong += bytes[i] != expected;
  return wrong;
}

int main(void) {
  int file = open_at_root("tmp/file", CREAT, READ | SEEK | WRITE), bad = file < 0;
  bad += write_blocks(file, 0, BLOCKS / 2);
  for (int i = 0; i < FILES; i++) bad += (fds[i] = open_at_root("hello.txt", 0, READ)) < 0;
  unsigned char *large = malloc(LARGE);
  memset(large, 0xee, LARGE);
  for (int i = 0; i < PIECES; i++) memset(pieces[i] = malloc(PIECE), 0xdd, PIECE);
  bad += write_blocks(file, BLOCKS / 2, BLOCKS);
  unsigned char *later = malloc(LARGE);
  memset(later, 0xcc, LARGE);

  lseek(file, 0, SEEK_SET);
  for (int i = 0; i < BLOCKS; i++) bad += read(file, block, BLOCK) != BLOCK || wrong(block, BLOCK, (unsigned char)i);
  bad += wrong(large, LARGE, 0xee) + wrong(later, LARGE, 0xcc);
  for (int i = 0; i < PIECES; i++) bad += wrong(pieces[i], PIECE, 0xdd);
  for (int i = 0; i < FILES; i++) {
    char first = 0;
    bad += read(fds[i], &first, 1) != 1 || first != 'h';
  }
  printf("%d bad\n", bad);
  return bad != 0;
}
