// Every attempt to change a read-only tree, and what only an image answers the same way everywhere.
#include "report.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static long long opened(int fd) {
  if (fd < 0) return -1;
  close(fd);
  return 0;
}

void writes(void) {
  struct stat s;
  section("image", "open for writing");
  static const char *const paths[] = {"/file.txt", "/dir", "/missing", "/missing/x", "/file.txt/x", "/link-file", "/dangling", "/loop-self", "/dir/", "/new/", "/empty-dir/new"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    const char *p = paths[i];
    outcome("WRONLY", p, opened(open(p, O_WRONLY)));
    outcome("RDWR", p, opened(open(p, O_RDWR)));
    outcome("WRONLY APPEND", p, opened(open(p, O_WRONLY | O_APPEND)));
    outcome("WRONLY TRUNC", p, opened(open(p, O_WRONLY | O_TRUNC)));
    outcome("RDONLY TRUNC", p, opened(open(p, O_RDONLY | O_TRUNC)));
    outcome("WRONLY CREAT", p, opened(open(p, O_WRONLY | O_CREAT, 0666)));
    outcome("RDONLY CREAT", p, opened(open(p, O_RDONLY | O_CREAT, 0666)));
    outcome("WRONLY CREAT EXCL", p, opened(open(p, O_WRONLY | O_CREAT | O_EXCL, 0666)));
    outcome("RDONLY CREAT EXCL", p, opened(open(p, O_RDONLY | O_CREAT | O_EXCL, 0666)));
    outcome("RDONLY CREAT DIRECTORY", p, opened(open(p, O_RDONLY | O_CREAT | O_DIRECTORY, 0666)));
    FILE *f = fopen(p, "w");
    outcome("fopen w", p, f ? 0 : -1);
    if (f) fclose(f);
    f = fopen(p, "r+");
    outcome("fopen r+", p, f ? 0 : -1);
    if (f) fclose(f);
  }

  section("image", "change");
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    const char *p = paths[i];
    outcome("mkdir", p, mkdir(p, 0777));
    outcome("rmdir", p, rmdir(p));
    outcome("unlink", p, unlink(p));
    outcome("remove", p, remove(p));
    outcome("rename to /other", p, rename(p, "/other"));
    outcome("rename /size-1 to", p, rename("/size-1", p));
    outcome("link to /other", p, link(p, "/other"));
    outcome("link /size-1 to", p, link("/size-1", p));
    outcome("symlink x to", p, symlink("x", p));
    outcome("truncate", p, truncate(p, 1));
    struct timespec times[2] = {{1, 2}, {3, 4}};
    outcome("utimensat", p, utimensat(AT_FDCWD, p, times, 0));
    outcome("utimensat NOFOLLOW", p, utimensat(AT_FDCWD, p, times, AT_SYMLINK_NOFOLLOW));
    outcome("access W", p, access(p, W_OK));
  }
  outcome("rmdir", "/", rmdir("/"));
  outcome("unlink", "/", unlink("/"));
  outcome("rename", "/dir to /dir/nested/x", rename("/dir", "/dir/nested/x"));

  section("image", "change through a descriptor");
  int fd = open("/file.txt", O_RDONLY);
  struct timespec times[2] = {{1, 2}, {3, 4}};
  outcome("write", "/file.txt", write(fd, "x", 1));
  outcome("write nothing", "/file.txt", write(fd, "x", 0));
  outcome("pwrite", "/file.txt", pwrite(fd, "x", 1, 0));
  outcome("ftruncate", "/file.txt", ftruncate(fd, 3));
  outcome("futimens", "/file.txt", futimens(fd, times));
  printf("posix_fallocate /file.txt -> %s\n", errno_name(posix_fallocate(fd, 0, 100)));
  outcome("fcntl F_SETFL APPEND", "/file.txt", fcntl(fd, F_SETFL, O_APPEND));
  outcome("fcntl F_SETFL NONBLOCK", "/file.txt", fcntl(fd, F_SETFL, O_NONBLOCK));
  close(fd);
  fd = open("/dir", O_RDONLY | O_DIRECTORY);
  outcome("write", "/dir", write(fd, "x", 1));
  outcome("ftruncate", "/dir", ftruncate(fd, 3));
  outcome("futimens", "/dir", futimens(fd, times));
  outcome("mkdirat", "new", mkdirat(fd, "new", 0777));
  outcome("unlinkat", "file.txt", unlinkat(fd, "file.txt", 0));
  outcome("unlinkat REMOVEDIR", "nested", unlinkat(fd, "nested", AT_REMOVEDIR));
  close(fd);

  section("image", "unchanged");
  outcome("size of", "/file.txt", stat("/file.txt", &s) ? -1 : s.st_size);
  printf("mtime -> %lld.%09ld\n", (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
  printf("atime is mtime -> %d\n", s.st_atim.tv_sec == s.st_mtim.tv_sec && s.st_atim.tv_nsec == s.st_mtim.tv_nsec);
  printf("ctime is mtime -> %d\n", s.st_ctim.tv_sec == s.st_mtim.tv_sec && s.st_ctim.tv_nsec == s.st_mtim.tv_nsec);

  section("image", "permissions");
  outcome("open", "/mode/0000", opened(open("/mode/0000", O_RDONLY)));
  outcome("stat", "/mode/0000", stat("/mode/0000", &s) ? -1 : s.st_size);
  outcome("access R", "/mode/0000", access("/mode/0000", R_OK));
  outcome("access F", "/mode/0000", access("/mode/0000", F_OK));
  outcome("open", "/mode/0200", opened(open("/mode/0200", O_RDONLY)));
  outcome("open", "/mode/0400", opened(open("/mode/0400", O_RDONLY)));
  outcome("open", "/mode/0755", opened(open("/mode/0755", O_RDONLY)));
  outcome("open", "/mode/no-search/x", opened(open("/mode/no-search/x", O_RDONLY)));
  outcome("stat", "/mode/no-search/x", stat("/mode/no-search/x", &s));
  outcome("open", "/mode/no-search", opened(open("/mode/no-search", O_RDONLY | O_DIRECTORY)));
  outcome("open", "/mode/no-read/x", opened(open("/mode/no-read/x", O_RDONLY)));
  outcome("open", "/mode/no-read", opened(open("/mode/no-read", O_RDONLY | O_DIRECTORY)));
  outcome("stat", "/mode/no-read", stat("/mode/no-read", &s));

  section("image", "directories");
  static const char *const dirs[] = {"/", "/dir", "/empty-dir", "/many", "/dir/nested"};
  for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
    int r = stat(dirs[i], &s);
    outcome("nlink", dirs[i], r ? -1 : (long long)s.st_nlink);
    outcome("size", dirs[i], r ? -1 : s.st_size);
  }

  section("image", "links out of the tree and absolute ones");
  outcome("open", "/mode/link-absolute", opened(open("/mode/link-absolute", O_RDONLY)));
  outcome("stat", "/mode/link-absolute", stat("/mode/link-absolute", &s) ? -1 : s.st_size);
  outcome("open", "/mode/link-absolute-dir/file.txt", opened(open("/mode/link-absolute-dir/file.txt", O_RDONLY)));
  char target[20];
  ssize_t n = readlink("/mode/link-absolute", target, sizeof target);
  printf("readlink /mode/link-absolute -> %.*s\n", (int)n, target);
  outcome("open", "/..", opened(open("/..", O_RDONLY)));
  outcome("open", "/../file.txt", opened(open("/../file.txt", O_RDONLY)));
}
