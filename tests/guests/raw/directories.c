// fd_readdir with every buffer size and every cookie.
#include "wasi.h"

extern int image_sections;

static uint8_t whole[65536];
static uint32_t whole_size;

// Reads the entry at `at`; false when it is not there in full.
static int entry_at(const uint8_t *buf, uint32_t used, uint32_t at, dirent *e) {
  if (used - at < sizeof *e) return 0;
  memcpy(e, buf + at, sizeof *e);
  return used - at - sizeof *e >= e->namlen;
}

static void buffers(int32_t fd) {
  printf("## read listing buffers\n");
  int32_t e = p1_fd_readdir(fd, whole, sizeof whole, 0, &whole_size);
  int entries = 0;
  dirent d;
  for (uint32_t at = 0; entry_at(whole, whole_size, at, &d); at += sizeof d + d.namlen) entries++;
  printf("whole -> %s %u bytes %d entries\n", name_of(e), whole_size, entries);
  // A buffer that is too small is filled to the last byte, with the start of what it would have been.
  int filled = 0, prefix = 0, tried = 0;
  for (uint32_t size = 1; size < whole_size; size++) {
    uint8_t part[512];
    if (size > sizeof part) break;
    uint32_t used = 0;
    memset(part, 0x5A, sizeof part);
    if (p1_fd_readdir(fd, part, (int32_t)size, 0, &used) != 0) continue;
    tried++;
    filled += used == size;
    prefix += memcmp(part, whole, used) == 0;
  }
  printf("smaller buffers -> %d tried, %d filled, %d a prefix\n", tried, filled, prefix);
  uint32_t used = 77;
  e = p1_fd_readdir(fd, whole, 0, 0, &used);
  printf("buffer of 0 -> %s %u\n", name_of(e), used);
  uint8_t byte;
  e = p1_fd_readdir(fd, &byte, 1, 0, &used);
  printf("buffer of 1 -> %s %u\n", name_of(e), used);
}

static void cookies(int32_t fd) {
  printf("## read listing cookies\n");
  uint32_t used = 0;
  p1_fd_readdir(fd, whole, sizeof whole, 0, &whole_size);
  int rest_equal = 0, entries = 0, distinct = 1;
  uint64_t seen[400];
  dirent d;
  for (uint32_t at = 0; entry_at(whole, whole_size, at, &d); at += sizeof d + d.namlen) {
    static uint8_t rest[65536];
    for (int i = 0; i < entries; i++) distinct &= seen[i] != d.next;
    seen[entries++] = d.next;
    uint32_t behind = at + (uint32_t)sizeof d + d.namlen;
    if (p1_fd_readdir(fd, rest, sizeof rest, (int64_t)d.next, &used) == 0)
      rest_equal += used == whole_size - behind && memcmp(rest, whole + behind, used) == 0;
  }
  printf("entries -> %d\n", entries);
  printf("the cookie leads to the rest -> %d\n", rest_equal);
  printf("no cookie twice -> %d\n", distinct);
  int32_t e = p1_fd_readdir(fd, whole, sizeof whole, (int64_t)seen[entries - 1], &used);
  printf("at the end -> %s %u\n", name_of(e), used);
  // Entry by entry with the smallest useful buffer, as a program with little memory would.
  uint64_t cookie = 0;
  int steps = 0;
  uint8_t small[24 + 255];
  while (steps < 1000 && p1_fd_readdir(fd, small, sizeof small, (int64_t)cookie, &used) == 0 && entry_at(small, used, 0, &d)) {
    cookie = d.next;
    steps++;
  }
  printf("one by one -> %d\n", steps);
}

void directories(void) {
  int32_t dir, many, file;
  open_at(ROOT, "dir", DIRECTORY, R_ALL_READ, &dir);
  open_at(ROOT, "many", DIRECTORY, R_ALL_READ, &many);
  open_at(ROOT, "file.txt", 0, R_ALL_READ, &file);
  buffers(dir);
  cookies(many);
  printf("## read listing errors\n");
  uint32_t used = 0;
  printf("file -> %s\n", name_of(p1_fd_readdir(file, whole, sizeof whole, 0, &used)));
  printf("stdin -> %s\n", name_of(p1_fd_readdir(0, whole, sizeof whole, 0, &used)));
  printf("700 -> %s\n", name_of(p1_fd_readdir(700, whole, sizeof whole, 0, &used)));
  if (image_sections) {
    printf("## image listing\n");
    int32_t e = p1_fd_readdir(dir, whole, sizeof whole, 0, &whole_size);
    printf("fd_readdir -> %s\n", name_of(e));
    dirent d;
    for (uint32_t at = 0; entry_at(whole, whole_size, at, &d); at += sizeof d + d.namlen)
      printf("next %llu ino %s type %d name %.*s\n", (unsigned long long)d.next, d.ino ? "set" : "0", d.type,
             (int)d.namlen, (const char *)whole + at + sizeof d);
    e = p1_fd_readdir(dir, whole, sizeof whole, 1000000, &used);
    printf("cookie past the end -> %s %u\n", name_of(e), used);
    e = p1_fd_readdir(dir, whole, sizeof whole, -1, &used);
    printf("cookie 2^64-1 -> %s %u\n", name_of(e), used);
  }
  p1_fd_close(dir);
  p1_fd_close(many);
  p1_fd_close(file);
}
