// Flags and numbers of descriptors, poll, and how much there is room for.
#include "change.h"
#include <poll.h>
#include <wasi/libc.h>

void flags(void) {
  section("change", "flags");
  int fd = open(at("flags"), O_RDWR | O_CREAT | O_TRUNC, 0644);
  outcome("F_GETFL", "RDWR", fcntl(fd, F_GETFL));
  outcome("write", "flags", write(fd, "0123456789", 10));
  outcome("F_SETFL APPEND", "flags", fcntl(fd, F_SETFL, O_APPEND));
  outcome("F_GETFL", "APPEND", fcntl(fd, F_GETFL));
  lseek(fd, 2, SEEK_SET);
  outcome("write", "appended", write(fd, "ab", 2));
  outcome("pwrite with APPEND", "flags", lseek(fd, 0, SEEK_END));
  outcome("F_SETFL 0", "flags", fcntl(fd, F_SETFL, 0));
  lseek(fd, 2, SEEK_SET);
  outcome("write", "in place", write(fd, "XY", 2));
  char text[32] = "";
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  printf("content -> %.*s\n", (int)n, text);
  outcome("F_SETFL NONBLOCK", "flags", fcntl(fd, F_SETFL, O_NONBLOCK));
  outcome("F_GETFL", "NONBLOCK", fcntl(fd, F_GETFL));
  outcome("F_SETFL 0", "flags", fcntl(fd, F_SETFL, 0));
  outcome("fsync", "flags", fsync(fd));
  outcome("fdatasync", "flags", fdatasync(fd));
  printf("posix_fadvise -> %s\n", errno_name(posix_fadvise(fd, 0, 100, POSIX_FADV_SEQUENTIAL)));
  close(fd);
  fd = open(at("flags"), O_WRONLY);
  outcome("F_GETFL", "WRONLY", fcntl(fd, F_GETFL));
  close(fd);
  fd = open(at("flags"), O_RDONLY);
  outcome("F_GETFL", "RDONLY", fcntl(fd, F_GETFL));
  close(fd);
  fd = open(at("dir"), O_RDONLY | O_DIRECTORY);
  outcome("fsync", "dir", fsync(fd));
  outcome("ftruncate", "dir", ftruncate(fd, 0));
  outcome("write", "dir", write(fd, "x", 1));
  outcome("read", "dir", read(fd, text, 1));
  close(fd);
  unlink(at("flags"));

  section("mount", "allocate"); // wasmtime has none
  fd = open(at("flags"), O_RDWR | O_CREAT, 0644);
  write(fd, "0123456789", 10);
  printf("posix_fallocate in the file -> %s\n", errno_name(posix_fallocate(fd, 0, 5)));
  show("flags");
  printf("posix_fallocate behind it -> %s\n", errno_name(posix_fallocate(fd, 0, 10000)));
  show("flags");
  printf("posix_fallocate of nothing -> %s\n", errno_name(posix_fallocate(fd, 0, 0)));
  close(fd);
  fd = open(at("flags"), O_RDONLY);
  printf("posix_fallocate opened for reading -> %s\n", errno_name(posix_fallocate(fd, 0, 5)));
  close(fd);
  unlink(at("flags"));
}

void numbers(void) {
  section("change", "numbers");
  put("one", "1111");
  put("two", "2222");
  int one = open(at("one"), O_RDWR), two = open(at("two"), O_RDWR);
  char c[2] = "";
  read(one, c, 1);
  outcome("renumber", "one to two", __wasilibc_fd_renumber(one, two));
  outcome("write", "two", write(two, "x", 1));
  outcome("write", "one", write(one, "x", 1));
  close(two);
  show("one");
  show("two");
  int fds[300], good = 0;
  for (int i = 0; i < 300; i++) good += (fds[i] = open(at("one"), i % 2 ? O_RDWR : O_RDONLY)) >= 0;
  printf("300 at a time -> %d\n", good);
  for (int i = 1; i < 300; i += 2) good += pwrite(fds[i], "z", 1, i) == 1;
  for (int i = 0; i < 300; i++) good += close(fds[i]) == 0;
  printf("written and closed -> %d\n", good);
  show("one");
  unlink(at("one"));
  unlink(at("two"));
  outcome("write", "a closed number", write(one, "x", 1));
  outcome("ftruncate", "a closed number", ftruncate(one, 1));
  outcome("ftruncate", "-1", ftruncate(-1, 1));
  outcome("fsync", "-1", fsync(-1));
  outcome("close", "-1", close(-1));
}

void polls(void) {
  // What a host says of a directory's files is its own business.
  section("mount", "poll");
  int fd = open(at("big"), O_RDWR);
  struct pollfd p = {.fd = fd, .events = POLLRDNORM | POLLWRNORM};
  int n = poll(&p, 1, 1000);
  printf("a file -> %d, readable %d, writable %d\n", n, (p.revents & POLLRDNORM) != 0, (p.revents & POLLWRNORM) != 0);
  lseek(fd, 0, SEEK_END);
  n = poll(&p, 1, 1000);
  printf("at its end -> %d, readable %d, writable %d\n", n, (p.revents & POLLRDNORM) != 0, (p.revents & POLLWRNORM) != 0);
  close(fd);
}

void space(void) {
  section("change", "room");
  // Names, contents and the program's own memory grow by turns; every byte of each is looked at again.
  enum { FILES = 1000, BLOCK = 1 << 20, BLOCKS = 50 };
  static unsigned char *block[BLOCKS];
  mkdir(at("space"), 0755);
  char name[40], text[40];
  int made = 0;
  for (int i = 0; i < FILES; i++) {
    snprintf(name, sizeof name, "space/%d", i);
    snprintf(text, sizeof text, "content of %d\n", i);
    put(name, text);
    made++;
    if (i % (FILES / BLOCKS) == 0) {
      int b = i / (FILES / BLOCKS);
      block[b] = malloc(BLOCK);
      if (!block[b]) printf("no memory for block %d\n", b);
      else memset(block[b], b + 1, BLOCK);
    }
  }
  printf("files -> %d\n", made);
  put_pattern("space/large", 8 << 20, 99);
  show("space/large");
  long wrong = 0;
  for (int b = 0; b < BLOCKS; b++)
    for (int i = 0; block[b] && i < BLOCK; i++) wrong += block[b][i] != b + 1;
  printf("wrong bytes -> %ld\n", wrong);
  int right = 0;
  for (int i = 0; i < FILES; i++) {
    snprintf(name, sizeof name, "space/%d", i);
    snprintf(text, sizeof text, "content of %d\n", i);
    char found[40] = "";
    int fd = open(at(name), O_RDONLY);
    ssize_t n = read(fd, found, sizeof found - 1);
    close(fd);
    right += n == (ssize_t)strlen(text) && strcmp(found, text) == 0;
  }
  printf("right contents -> %d\n", right);
  for (int b = 0; b < BLOCKS; b++) free(block[b]);
  wipe("space");
  show("space");
}
