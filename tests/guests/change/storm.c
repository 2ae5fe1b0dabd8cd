// Random calls, the same for the same seed: one line each with its result, and now and then a hash of the whole tree.
#include "change.h"

static uint64_t state;

static unsigned pick(unsigned n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)((state >> 24) % n);
}

enum { FDS = 8 };
static int fds[FDS];

// A path of one to three of few names: collisions are what finds bugs.
static const char *path(void) {
  static char paths[4][64];
  static int next;
  static const char *const names[] = {"a", "b", "c", "dir", "sub", "file", "link", "link-dir", "empty", "big", "hard-1", "dangling", "loop", "many", "n001"};
  char *to = paths[next++ % 4];
  *to = 0;
  static const char *const dirs[] = {"dir", "sub", "a", "b", "empty", "link-dir", "..", "."};
  unsigned dice = pick(20);
  int parts = dice < 9 ? 1 : dice < 17 ? 2 : 3;
  for (int i = 0; i < parts; i++) {
    // `..` and `.` only between names: hosts differ about them at the end, and none may leave the root.
    const char *name = i + 1 == parts ? names[pick(15)] : dirs[pick(i ? 8 : 6)];
    if (i) strcat(to, "/");
    strcat(to, name);
  }
  return to;
}

static void said(long long r) {
  if (r < 0) printf(" -> %s\n", errno_name(errno));
  else printf(" -> %lld\n", r);
}

static void on_path(unsigned op) {
  const char *p = path(), *q = path();
  static const char *const targets[] = {"a", "../file", "dir", "b/c", "loop", "."};
  static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT, O_RDWR, O_RDWR | O_APPEND, O_RDWR | O_CREAT | O_TRUNC, O_RDWR | O_CREAT | O_EXCL, O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_APPEND | O_CREAT, O_RDONLY | O_DIRECTORY, O_WRONLY | O_TRUNC, O_RDONLY | O_NOFOLLOW};
  struct stat s;
  int i = (int)pick(FDS), f = flags[pick(sizeof flags / sizeof *flags)];
  switch (op) {
    case 0: case 1: case 2:
      if (fds[i] >= 0) close(fds[i]);
      fds[i] = open(at(p), f, 0644);
      printf("open %s %d as %d", p, f & 0xffff, i);
      said(fds[i] < 0 ? -1 : 0);
      break;
    case 3: case 15: printf("mkdir %s", p); said(mkdir(at(p), 0755)); break;
    case 4: printf("rmdir %s", p); said(rmdir(at(p))); break;
    case 5: printf("unlink %s", p); said(unlink(at(p))); break;
    case 6: case 7: printf("rename %s %s", p, q); said(rename(at(p), at(q))); break;
    case 8: printf("link %s %s", p, q); said(link(at(p), at(q))); break;
    case 9: {
      const char *target = targets[pick(6)];
      printf("symlink %s %s", target, p);
      said(symlink(target, at(p)));
      break;
    }
    case 10: printf("stat %s", p); said(stat(at(p), &s) ? -1 : S_ISDIR(s.st_mode) ? 0 : (long long)(s.st_size * 100 + (long long)s.st_nlink)); break;
    case 11: printf("lstat %s", p); said(lstat(at(p), &s) ? -1 : S_ISDIR(s.st_mode) ? 0 : (long long)(s.st_size * 100 + (long long)s.st_nlink)); break;
    case 12: printf("truncate %s %u", p, op = pick(20000)); said(truncate(at(p), op)); break;
    case 13: {
      char target[64];
      printf("readlink %s", p);
      said(readlink(at(p), target, sizeof target));
      break;
    }
    case 14: {
      struct timespec when[2] = {{(time_t)pick(1000000), 0}, {(time_t)pick(1000000), 7}};
      printf("utimensat %s", p);
      said(utimensat(AT_FDCWD, at(p), when, (op & 1) ? AT_SYMLINK_NOFOLLOW : 0));
      break;
    }
  }
}

static void on_descriptor(unsigned op) {
  static char buffer[9000];
  int i = (int)pick(FDS);
  for (int tries = 0; fds[i] < 0 && tries < 20; tries++) i = (int)pick(FDS);
  int fd = fds[i];
  unsigned size = pick(4) == 0 ? pick(9000) : pick(30), offset = pick(3) == 0 ? pick(100000) : pick(50);
  struct stat s;
  for (unsigned k = 0; k < size; k++) buffer[k] = (char)(k * 7 + size);
  printf("%u ", i);
  switch (op) {
    case 0: case 1:
      size |= 1; // for nothing to write, wasmtime moves the offset of an appending descriptor; Linux and a mount do not
      printf("write %u", size);
      said(write(fd, buffer, size));
      break;
    case 2: printf("pwrite %u %u", size, offset); said(pwrite(fd, buffer, size, offset)); break;
    case 3: {
      printf("read %u", size);
      ssize_t n = read(fd, buffer, size);
      said(n < 0 ? -1 : (long long)(fnv(FNV_START, buffer, (size_t)n) >> 1));
      break;
    }
    case 4: {
      printf("pread %u %u", size, offset);
      ssize_t n = pread(fd, buffer, size, offset);
      said(n < 0 ? -1 : (long long)(fnv(FNV_START, buffer, (size_t)n) >> 1));
      break;
    }
    case 5: printf("lseek %u", offset); said(lseek(fd, offset, (int)pick(3) == 0 ? SEEK_END : SEEK_SET)); break;
    case 6: printf("ftruncate %u", offset); said(ftruncate(fd, offset)); break;
    case 7: printf("fstat"); said(fstat(fd, &s) ? -1 : S_ISDIR(s.st_mode) ? 0 : (long long)(s.st_size * 100 + (long long)s.st_nlink)); break;
    case 8: printf("close"); said(fd < 0 ? -1 : close(fd)); fds[i] = -1; break;
    case 9: {
      static const char *const names[] = {"a", "b", "sub", "file"};
      const char *name = names[pick(4)];
      printf("openat %s", name);
      int r = openat(fd, name, O_RDWR | O_CREAT, 0644);
      said(r < 0 ? -1 : close(r));
      break;
    }
    case 10: printf("unlinkat a"); said(unlinkat(fd, "a", 0)); break;
  }
}

void storm(unsigned seed, int steps) {
  section("change", "storm");
  state = 0x9e3779b97f4a7c15ull * (seed + 1);
  for (int i = 0; i < FDS; i++) fds[i] = -1;
  for (int i = 0; i < steps; i++) {
    errno = EBADF; // what stands for an operation on no descriptor
    if (pick(2)) on_path(pick(16));
    else on_descriptor(pick(11));
    if (i % 50 == 49) printf("tree %d -> %016llx\n", i, (unsigned long long)digest(""));
  }
  for (int i = 0; i < FDS; i++)
    if (fds[i] >= 0) close(fds[i]);
  dump("");
}
