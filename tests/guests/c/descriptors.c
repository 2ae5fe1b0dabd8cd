// Descriptors: lowest free number, really freed, independent offsets, thousands at a time.
#include "report.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <wasi/libc.h>

static char c[16];
static struct stat s;

static void stale(void) {
  section("read", "stale descriptors");
  int e = open("/size-1", O_RDONLY);
  outcome("close", "e", close(e));
  outcome("close twice", "e", close(e));
  outcome("read stale", "e", read(e, c, 1));
  outcome("pread stale", "e", pread(e, c, 1, 0));
  outcome("lseek stale", "e", lseek(e, 0, SEEK_CUR));
  outcome("fstat stale", "e", fstat(e, &s));
  outcome("fcntl F_GETFL stale", "e", fcntl(e, F_GETFL));
  outcome("close", "-1", close(-1));
  outcome("close", "100000", close(100000));
  outcome("read", "-1", read(-1, c, 1));
  outcome("read", "2147483647", read(2147483647, c, 1));
  outcome("isatty", "9999", isatty(9999) ? 1 : -1);
}

// Hosts need not give out the lowest free number (wasmtime does not); POSIX and the bundle do.
static void numbers(void) {
  section("image", "descriptor numbers");
  int a = open("/file.txt", O_RDONLY), b = open("/dir/file.txt", O_RDONLY), d = open("/dir", O_RDONLY | O_DIRECTORY);
  printf("three in a row -> %d %d %d\n", a, b, d);
  outcome("close the middle one", "", close(b));
  int e = open("/size-1", O_RDONLY);
  printf("lowest free number again -> %d\n", e == b);
  close(e);
  close(a);
  close(d);
  enum { MANY = 2000 };
  static int fds[MANY];
  int ascending = 1;
  for (int i = 0; i < MANY; i++) {
    fds[i] = open("/size-4096", O_RDONLY);
    if (i > 0) ascending &= fds[i] == fds[i - 1] + 1;
  }
  printf("2000 in a row -> %d, last %d\n", ascending, fds[MANY - 1]);
  for (int i = 0; i < MANY; i += 2) close(fds[i]);
  e = open("/file.txt", O_RDONLY);
  printf("first hole is filled -> %d\n", e == fds[0]);
  close(e);
  for (int i = 1; i < MANY; i += 2) close(fds[i]);
  int highest = 0;
  size_t pages = __builtin_wasm_memory_size(0);
  for (int i = 0; i < 300000; i++) {
    int fd = open("/dir/file.txt", O_RDONLY);
    if (fd > highest) highest = fd;
    close(fd);
  }
  printf("300000 times open and close -> highest number %d, %zu pages taken\n", highest, __builtin_wasm_memory_size(0) - pages);
}

void descriptors(void) {
  stale();
  if (image_sections) numbers();
  int a = open("/file.txt", O_RDONLY), d = open("/dir", O_RDONLY | O_DIRECTORY);
  section("read", "flags");
  outcome("F_GETFL", "file", fcntl(a, F_GETFL));
  outcome("F_GETFD", "file", fcntl(a, F_GETFD));
  outcome("write", "opened for reading", write(a, "x", 1));
  outcome("ftruncate", "opened for reading", ftruncate(a, 0));

  section("read", "independent offsets");
  int a2 = open("/file.txt", O_RDONLY);
  outcome("read", "first", read(a, c, 4));
  outcome("offset", "second", lseek(a2, 0, SEEK_CUR));
  outcome("offset", "first", lseek(a, 0, SEEK_CUR));
  close(a2);

  section("read", "renumber");
  int from = open("/size-4096", O_RDONLY), to = open("/size-1", O_RDONLY);
  lseek(from, 1000, SEEK_SET);
  outcome("renumber", "file to file", __wasilibc_fd_renumber(from, to));
  outcome("offset moved along", "to", lseek(to, 0, SEEK_CUR));
  outcome("size moved along", "to", fstat(to, &s) ? -1 : s.st_size);
  outcome("read old number", "from", read(from, c, 1));
  outcome("renumber stale", "from", __wasilibc_fd_renumber(from, to));
  outcome("renumber to stale", "from", __wasilibc_fd_renumber(to, 7777));
  outcome("still open", "to", lseek(to, 0, SEEK_CUR));
  outcome("renumber", "directory to file", __wasilibc_fd_renumber(d, to));
  outcome("openat through it", "file.txt", openat(to, "file.txt", O_RDONLY) < 0 ? -1 : 0);
  close(to);

  section("read", "many descriptors");
  enum { MANY = 2000 };
  static int fds[MANY];
  int opened = 0;
  for (int i = 0; i < MANY; i++) {
    fds[i] = open(i % 3 ? "/size-4096" : "/dir", O_RDONLY);
    opened += fds[i] >= 0;
  }
  printf("opened -> %d\n", opened);
  int good = 0;
  for (int i = 0; i < MANY; i++) good += i % 3 ? pread(fds[i], c, 1, i) == 1 : fstat(fds[i], &s) == 0 && S_ISDIR(s.st_mode);
  printf("usable -> %d\n", good);
  int closed = 0;
  for (int i = 0; i < MANY; i++) closed += close(fds[i]) == 0;
  printf("closed -> %d\n", closed);

  section("read", "standard streams");
  outcome("fstat", "stdin", fstat(0, &s) ? -1 : 0);
  outcome("lseek", "stdin", lseek(0, 0, SEEK_CUR) < 0 ? -1 : 0);
  char rest[100];
  ssize_t n = read(0, rest, sizeof rest - 1);
  rest[n < 0 ? 0 : n] = 0;
  outcome("read stdin", "", n);
  printf("stdin -> %s", rest);
  close(a);
}
