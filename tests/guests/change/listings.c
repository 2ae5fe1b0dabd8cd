// Listings while entries come and go; times; many files.
#include "change.h"
#include <time.h>

static int is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

void listings(void) {
  // wasmtime's positions are places in a listing that it makes anew for each call: only the mount's are stable.
  section("mount", "listings that change");
  // Deleting what was just read: every name is seen once, and all are gone.
  mkdir(at("l"), 0755);
  enum { MANY = 500 };
  char name[40];
  for (int i = 0; i < MANY; i++) {
    snprintf(name, sizeof name, "l/entry-%03d", i);
    put(name, "");
  }
  static int seen[MANY];
  memset(seen, 0, sizeof seen);
  DIR *d = opendir(at("l"));
  struct dirent *e;
  int twice = 0, dots = 0, failed = 0;
  while ((e = readdir(d))) {
    if (is_dot(e->d_name)) {
      dots++;
      continue;
    }
    twice += seen[atoi(e->d_name + 6)]++ > 0;
    failed += unlinkat(dirfd(d), e->d_name, 0) != 0;
  }
  closedir(d);
  int all = 0;
  for (int i = 0; i < MANY; i++) all += seen[i] > 0;
  printf("deleted while reading -> %d seen, %d twice, %d dots, %d failed\n", all, twice, dots, failed);
  outcome("rmdir", "l", rmdir(at("l")));
  wipe("l");

  // Names that stay are seen exactly once, whatever else happens between two reads.
  mkdir(at("l"), 0755);
  for (int i = 0; i < MANY; i++) {
    snprintf(name, sizeof name, "l/entry-%03d", i);
    put(name, "");
  }
  memset(seen, 0, sizeof seen);
  d = opendir(at("l"));
  int turn = 0;
  twice = 0;
  while ((e = readdir(d))) {
    if (strncmp(e->d_name, "entry-", 6) != 0) continue;
    int n = atoi(e->d_name + 6);
    twice += seen[n]++ > 0;
    if (turn++ % 3 == 0) {
      snprintf(name, sizeof name, "l/other-%03d", turn);
      put(name, "");
    }
    if (turn % 7 == 0) {
      snprintf(name, sizeof name, "l/entry-%03d", (n * 31 + 7) % MANY);
      if ((n * 31 + 7) % MANY % 5 == 0) unlink(at(name));
    }
  }
  closedir(d);
  all = 0;
  for (int i = 0; i < MANY; i++) all += i % 5 != 0 && seen[i] == 1;
  printf("names that stay -> %d seen once, %d twice\n", all, twice);
  wipe("l");

  // Positions stay valid when names come in between.
  d = opendir(at("many"));
  for (int i = 0; i < 50; i++) readdir(d);
  long here = telldir(d);
  e = readdir(d);
  char expected[40] = "";
  if (e) strcpy(expected, e->d_name);
  put("many/extra", "");
  seekdir(d, here);
  e = readdir(d);
  printf("a position is kept -> %d\n", e && strcmp(e->d_name, expected) == 0);
  closedir(d);
  unlink(at("many/extra"));

  section("change", "listings");
  // Types and inodes agree with lstat, in a directory of the start with new names.
  put("dir/new", "new\n");
  symlink("a", at("dir/new-link"));
  mkdir(at("dir/new-dir"), 0755);
  unlink(at("dir/a"));
  d = opendir(at("dir"));
  int entries = 0, wrong = 0;
  while ((e = readdir(d))) {
    struct stat s;
    entries++;
    if (is_dot(e->d_name)) continue;
    int same = fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && s.st_ino == e->d_ino;
    int type = e->d_type == DT_DIR ? S_ISDIR(s.st_mode) : e->d_type == DT_REG ? S_ISREG(s.st_mode) : e->d_type == DT_LNK ? S_ISLNK(s.st_mode) : 0;
    wrong += !same || !type;
  }
  rewinddir(d);
  int again = 0;
  while (readdir(d)) again++;
  closedir(d);
  printf("entries -> %d, %d wrong, %d after rewinddir\n", entries, wrong, again);
  unlink(at("dir/new"));
  unlink(at("dir/new-link"));
  rmdir(at("dir/new-dir"));
  put("dir/a", "a\n");
}

static void when(const char *label, const char *name) {
  struct stat s;
  if (stat(at(name), &s) != 0) {
    outcome(label, name, -1);
    return;
  }
  printf("%s %s -> atime %lld.%09ld mtime %lld.%09ld\n", label, name, (long long)s.st_atim.tv_sec, s.st_atim.tv_nsec, (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

static const struct timespec OLD[2] = {{1000000000, 1}, {1100000000, 2}};

// Sets `name` to an old time; after `act` says whether mtime and ctime are of today.
#define TOUCHED(label, name, act)                                                                       \
  do {                                                                                                  \
    utimensat(AT_FDCWD, at(name), OLD, 0);                                                              \
    struct stat before, after;                                                                          \
    stat(at(name), &before);                                                                            \
    act;                                                                                                \
    stat(at(name), &after);                                                                             \
    printf("%s -> mtime of %s changed %d, ctime not older %d\n", label, name, after.st_mtim.tv_sec != 1100000000,   \
           after.st_ctim.tv_sec >= before.st_ctim.tv_sec && after.st_ctim.tv_sec > 1600000000);          \
  } while (0)

void times(void) {
  section("change", "times");
  // Without this call the program would import no clock, and changes in its mounts would have no time.
  struct timespec now = {0, 0};
  outcome("clock_gettime", "realtime", clock_gettime(CLOCK_REALTIME, &now));
  struct timespec set[2] = {{1234567890, 987654321}, {2345678901, 123456789}};
  outcome("utimensat", "file", utimensat(AT_FDCWD, at("file"), set, 0));
  when("after", "file");
  outcome("utimensat", "dir", utimensat(AT_FDCWD, at("dir"), set, 0));
  when("after", "dir");
  set[0].tv_nsec = UTIME_OMIT;
  set[1].tv_sec = 5;
  outcome("utimensat omitting atime", "file", utimensat(AT_FDCWD, at("file"), set, 0));
  when("after", "file");
  set[0].tv_nsec = UTIME_NOW;
  set[1].tv_nsec = UTIME_OMIT;
  outcome("utimensat now", "file", utimensat(AT_FDCWD, at("file"), set, 0));
  struct stat s;
  stat(at("file"), &s);
  printf("atime is of today -> %d, mtime -> %lld\n", s.st_atim.tv_sec > 1600000000, (long long)s.st_mtim.tv_sec);
  struct timespec odd[2] = {{1, 1}, {2, 1000000001}};
  outcome("utimensat", "missing", utimensat(AT_FDCWD, at("missing"), OLD, 0));
  outcome("utimensat", "dangling", utimensat(AT_FDCWD, at("dangling"), OLD, 0));
  outcome("utimensat NOFOLLOW", "dangling", utimensat(AT_FDCWD, at("dangling"), OLD, AT_SYMLINK_NOFOLLOW));
  outcome("utimensat", "loop", utimensat(AT_FDCWD, at("loop"), OLD, 0));
  lstat(at("dangling"), &s);
  printf("mtime of the link itself -> %lld\n", (long long)s.st_mtim.tv_sec);
  outcome("utimensat through a link", "link", utimensat(AT_FDCWD, at("link"), OLD, 0));
  when("after", "file");
  (void)odd;
  int fd = open(at("file"), O_RDWR);
  outcome("futimens", "file", futimens(fd, OLD));
  when("after", "file");

  TOUCHED("write", "file", pwrite(fd, "t", 1, 0));
  TOUCHED("write nothing", "file", pwrite(fd, "t", 0, 0));
  TOUCHED("truncate to the same size", "file", ftruncate(fd, 31));
  TOUCHED("truncate", "file", ftruncate(fd, 30));
  TOUCHED("read", "file", read(fd, &s, 1));
  TOUCHED("open with O_TRUNC", "file", closed(open(at("file"), O_WRONLY | O_TRUNC)));
  TOUCHED("open for writing", "file", closed(open(at("file"), O_WRONLY)));
  close(fd);
  put("file", "the first line\nthe second line\n");
  TOUCHED("link", "file", link(at("file"), at("third")));
  TOUCHED("rename", "third", rename(at("third"), at("fourth")); rename(at("fourth"), at("third")));
  TOUCHED("unlink of another name", "file", unlink(at("third")));
  TOUCHED("create in it", "dir", put("dir/x", "x"));
  TOUCHED("write into a file of it", "dir", put("dir/x", "y"));
  TOUCHED("rename in it", "dir", rename(at("dir/x"), at("dir/y")));
  TOUCHED("move out of it", "dir", rename(at("dir/y"), at("empty/y")));
  TOUCHED("move into it", "empty", rename(at("file"), at("empty/file")));
  rename(at("empty/file"), at("file"));
  TOUCHED("unlink in it", "empty", unlink(at("empty/y")));
  TOUCHED("mkdir in it", "empty", mkdir(at("empty/d"), 0755));
  TOUCHED("rmdir in it", "empty", rmdir(at("empty/d")));
  TOUCHED("symlink in it", "empty", symlink("x", at("empty/s")));
  unlink(at("empty/s"));
  TOUCHED("list it", "many", opendir(at("many")));
}
