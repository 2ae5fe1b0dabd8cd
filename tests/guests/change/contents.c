// Opening with every flag; writing, appending, cutting, reserving; positions.
#include "change.h"
#include <sys/uio.h>

void opens(void) {
  section("change", "open");
  static const char *const names[] = {"missing", "file", "dir", "link", "dangling", "link-dir", "loop", "file/x", "missing/x", "dir/a", "link-dir/new", "dir/sub/up", "empty/new", ".", "dir/..", "dir/../new"};
  static const struct { int flags; const char *label; } ways[] = {
      {O_RDONLY, "RDONLY"}, {O_WRONLY, "WRONLY"}, {O_RDWR, "RDWR"},
      {O_RDONLY | O_CREAT, "RDONLY CREAT"}, {O_WRONLY | O_CREAT, "WRONLY CREAT"}, {O_RDWR | O_CREAT | O_EXCL, "RDWR CREAT EXCL"},
      {O_WRONLY | O_TRUNC, "WRONLY TRUNC"}, {O_WRONLY | O_CREAT | O_TRUNC, "WRONLY CREAT TRUNC"}, {O_RDONLY | O_TRUNC, "RDONLY TRUNC"},
      {O_WRONLY | O_APPEND, "WRONLY APPEND"}, {O_RDONLY | O_DIRECTORY, "DIRECTORY"}, {O_WRONLY | O_DIRECTORY, "WRONLY DIRECTORY"},
      {O_RDONLY | O_CREAT | O_DIRECTORY, "CREAT DIRECTORY"}, {O_RDONLY | O_NOFOLLOW, "NOFOLLOW"},
      {O_WRONLY | O_CREAT | O_NOFOLLOW, "WRONLY CREAT NOFOLLOW"}, {O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, "RDWR CREAT EXCL NOFOLLOW"}};
  uint64_t before = digest("");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
      outcome(ways[k].label, names[i], closed(open(at(names[i]), ways[k].flags, 0644)));
      if (digest("") == before) continue;
      // What it changed, and back.
      static const char *const made[] = {"missing", "nowhere", "dir/new", "empty/new", "new"};
      for (size_t m = 0; m < sizeof made / sizeof *made; m++)
        if (unlink(at(made[m])) == 0) printf("  made %s\n", made[m]);
      struct stat s;
      if (stat(at("file"), &s) == 0 && s.st_size == 0) {
        printf("  emptied file\n");
        put("file", "the first line\nthe second line\n");
      }
      if (stat(at("dir/a"), &s) == 0 && s.st_size == 0) {
        printf("  emptied dir/a\n");
        put("dir/a", "a\n");
      }
      if (digest("") != before) printf("  and more\n");
    }
  FILE *f = fopen(at("by-stdio"), "w+x");
  printf("fopen w+x -> %d\n", f != NULL);
  if (f) {
    fprintf(f, "%d lines\n", 3);
    rewind(f);
    char line[20] = "";
    printf("fgets -> %s", fgets(line, sizeof line, f) ? line : "null\n");
    fclose(f);
  }
  printf("fopen w+x again -> %d\n", fopen(at("by-stdio"), "w+x") != NULL);
  outcome("remove", "by-stdio", remove(at("by-stdio")));
}

static void size_of(const char *label, int fd) {
  struct stat s;
  outcome("  size", label, fstat(fd, &s) ? -1 : s.st_size);
}

void contents(void) {
  section("change", "write");
  int fd = open(at("new"), O_RDWR | O_CREAT, 0644);
  outcome("write", "new", write(fd, "hello", 5));
  outcome("write nothing", "new", write(fd, "", 0));
  struct iovec parts[3] = {{" and", 4}, {NULL, 0}, {" more", 5}};
  outcome("writev", "new", writev(fd, parts, 1) + writev(fd, parts + 2, 1));
  outcome("offset", "new", lseek(fd, 0, SEEK_CUR));
  outcome("pwrite in the middle", "new", pwrite(fd, "XY", 2, 5));
  outcome("pwrite behind the end", "new", pwrite(fd, "Z", 1, 9000));
  outcome("offset", "new", lseek(fd, 0, SEEK_CUR));
  size_of("new", fd);
  char text[16] = "";
  outcome("pread over a hole", "new", pread(fd, text, 4, 100));
  printf("hole is zero -> %d\n", !text[0] && !text[1] && !text[2] && !text[3]);
  show("new");
  outcome("pwrite at -1", "new", pwrite(fd, "Z", 1, -1));
  outcome("pread at -1", "new", pread(fd, text, 1, -1));

  section("change", "truncate");
  static const long long sizes[] = {9001, 5, 5, 4096, 4095, 4097, 70000, 65536, 0, 1, 0};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    printf("ftruncate %lld -> %s\n", sizes[i], ftruncate(fd, sizes[i]) ? errno_name(errno) : "done");
    show("new");
    if (i == 2) pwrite(fd, "0123456789", 10, 4090); // bytes that cutting and growing must not bring back
  }
  outcome("ftruncate", "-1", ftruncate(fd, -1));
  outcome("offset stays", "new", lseek(fd, 0, SEEK_CUR));
  outcome("truncate by name", "new", truncate(at("new"), 12));
  outcome("truncate by name", "dir", truncate(at("dir"), 12));
  outcome("truncate by name", "missing", truncate(at("missing"), 12));
  outcome("truncate by name", "link", truncate(at("link"), 9));
  show("file");
  put("file", "the first line\nthe second line\n");
  close(fd);
  fd = open(at("new"), O_RDONLY);
  outcome("write", "opened for reading", write(fd, "x", 1));
  outcome("pwrite", "opened for reading", pwrite(fd, "x", 1, 0));
  outcome("ftruncate", "opened for reading", ftruncate(fd, 1));
  close(fd);
  fd = open(at("new"), O_WRONLY);
  outcome("read", "opened for writing", read(fd, text, 1));
  outcome("pread", "opened for writing", pread(fd, text, 1, 0));
  close(fd);

  section("change", "append");
  fd = open(at("new"), O_WRONLY | O_APPEND | O_TRUNC);
  int other = open(at("new"), O_RDWR);
  outcome("append", "new", write(fd, "one ", 4));
  outcome("write from the start", "new", write(other, "ON", 2));
  outcome("append", "new", write(fd, "two ", 4));
  outcome("seek to the start", "new", lseek(fd, 0, SEEK_SET));
  outcome("append all the same", "new", write(fd, "three", 5));
  outcome("offset", "new", lseek(fd, 0, SEEK_CUR));
  outcome("the other's offset", "new", lseek(other, 0, SEEK_CUR));
  char all[32] = "";
  ssize_t n = pread(other, all, sizeof all - 1, 0);
  printf("content -> %.*s\n", (int)n, all);
  close(fd);
  close(other);

  section("change", "copy on write");
  fd = open(at("big"), O_RDWR);
  other = open(at("big"), O_RDONLY); // opened before the first change: sees it all the same
  outcome("one byte in the middle", "big", pwrite(fd, "!", 1, 100000));
  pread(other, text, 1, 100000);
  printf("seen by an older descriptor -> %.1s\n", text);
  show("big");
  outcome("append a byte", "big", pwrite(fd, "?", 1, 200000));
  show("big");
  outcome("cut in a block", "big", ftruncate(fd, 150001));
  outcome("grow again", "big", ftruncate(fd, 200000));
  show("big");
  outcome("cut to nothing", "big", ftruncate(fd, 0));
  outcome("read the older one", "big", read(other, text, 1));
  outcome("grow from nothing", "big", ftruncate(fd, 10000));
  show("big");
  close(fd);
  close(other);
  put_pattern("big", 200000, 7);
  show("big");
  unlink(at("new"));
}

void offsets(void) {
  section("change", "offsets");
  int fd = open(at("sparse"), O_RDWR | O_CREAT | O_TRUNC, 0644);
  static const struct { long long by; int from; const char *label; } moves[] = {
      {0, SEEK_END, "end"}, {100, SEEK_SET, "set 100"}, {-100, SEEK_CUR, "cur -100"}, {-1, SEEK_CUR, "cur -1"},
      {1ll << 33, SEEK_SET, "set 8 GiB"}, {5, SEEK_END, "end 5"}, {-6, SEEK_END, "end -6"}};
  for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) outcome("lseek", moves[i].label, lseek(fd, moves[i].by, moves[i].from));
  // A megabyte of nothing with a few bytes in it.
  for (int i = 0; i < 16; i++) {
    char c = (char)('a' + i);
    if (pwrite(fd, &c, 1, (off_t)((i * 7919) % 17) * 65537) != 1) printf("pwrite %d failed\n", i);
  }
  show("sparse");
  outcome("write at 100 then", "sparse", lseek(fd, 100, SEEK_SET) == 100 ? write(fd, "x", 1) : -1);
  outcome("offset", "sparse", lseek(fd, 0, SEEK_CUR));
  close(fd);
  outcome("unlink", "sparse", unlink(at("sparse")));
}

void unlinked(void) {
  section("change", "unlinked while open");
  put("gone", "still here\n");
  int a = open(at("gone"), O_RDWR), b = open(at("gone"), O_RDONLY);
  outcome("unlink", "gone", unlink(at("gone")));
  show("gone");
  struct stat s;
  outcome("nlink", "gone", fstat(a, &s) ? -1 : (long long)s.st_nlink);
  char text[32] = "";
  outcome("read", "gone", read(b, text, sizeof text));
  outcome("write", "gone", pwrite(a, "STILL", 5, 0));
  outcome("pread", "gone", pread(b, text, 5, 0));
  printf("text -> %.5s\n", text);
  outcome("grow", "gone", ftruncate(a, 100000));
  outcome("size", "gone", fstat(b, &s) ? -1 : s.st_size);
  put("gone", "another\n");
  fstat(a, &s);
  struct stat other;
  stat(at("gone"), &other);
  printf("another file of that name -> %d\n", s.st_ino != other.st_ino);
  close(a);
  outcome("size after one close", "gone", fstat(b, &s) ? -1 : s.st_size);
  close(b);
  show("gone");
  unlink(at("gone"));

  // A directory that is deleted while it is open is empty and takes no new names.
  mkdir(at("going"), 0755);
  int dir = open(at("going"), O_RDONLY | O_DIRECTORY);
  outcome("rmdir", "going", rmdir(at("going")));
  outcome("fstat", "going", fstat(dir, &s));
  outcome("create in it", "x", closed(openat(dir, "x", O_CREAT | O_WRONLY, 0644)));
  outcome("mkdir in it", "x", mkdirat(dir, "x", 0755));
  outcome("open in it", "x", openat(dir, "x", O_RDONLY));
  DIR *d = fdopendir(dir);
  int entries = 0;
  struct dirent *e;
  while (d && (e = readdir(d))) entries += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
  printf("entries in it -> %d\n", entries);
  if (d) closedir(d);
  outcome("unlink", "dir", unlink(at("dir")));
  outcome("unlink", "empty", unlink(at("empty")));
  outcome("unlink", "missing", unlink(at("missing")));
  outcome("unlink", "missing/x", unlink(at("missing/x")));
  outcome("unlink", "file/x", unlink(at("file/x")));
  outcome("unlink", "loop/x", unlink(at("loop/x")));
  outcome("unlink", "link-dir", unlink(at("link-dir")));
  outcome("the directory behind it", "dir", stat(at("dir"), &s));
  outcome("symlink again", "link-dir", symlink("dir", at("link-dir")));
}
