// Every path shape against every call that takes a path and changes nothing.
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const cases[] = {
    "/", "//", "", ".", "./", "..", "../", "/..", "/../dir", "/../../dir/file.txt", "/.", "/./dir",
    "dir", "/dir", "/dir/", "/dir//", "//dir", "///dir///file.txt", "/dir/.", "/dir/./", "/dir/..", "/dir/../",
    "/dir/../dir/file.txt", "/dir/./././file.txt", "dir/file.txt", "./dir/file.txt", "dir//file.txt",
    "/file.txt", "/file.txt/", "/file.txt/.", "/file.txt/..", "/file.txt/x", "/file.txt/../file.txt",
    "/missing", "/missing/", "/missing/.", "/missing/..", "/missing/x", "/missing/../file.txt", "/dir/missing",
    "/FILE.TXT", "/fil", "/file.txt2", "/dir/file", "/dir/file.txt/", "/dir/file.txt/..",
    "/empty-dir", "/empty-dir/", "/empty-dir/x", "/empty-dir/..", "/empty-dir/../file.txt",
    "/link-file", "/link-file/", "/link-file/.", "/link-file/x", "/link-dir", "/link-dir/", "/link-dir/.",
    "/link-dir/file.txt", "/link-dir/..", "/link-dir/../file.txt", "/link-dir/missing", "/link-dir/nested/deep.txt",
    "/dir/link-up", "/dir/link-up/", "/dir/nested/link-up-up", "/dir/nested/link-up-up/file.txt",
    "/link-slash", "/link-slash/", "/link-slash/file.txt", "/link-dot", "/link-dot/", "/link-dot/file.txt",
    "/link-file-slash", "/link-file-slash/",
    "/chain-1", "/chain-1/", "/chain-3", "/chain-20", "/chain-20/", "/chain-20/file.txt", "/chain-32", "/chain-40", "/chain-41", "/chain-45/file.txt",
    "/loop-self", "/loop-self/", "/loop-self/x", "/loop-a", "/loop-b", "/loop-a/", "/loop-a/x",
    "/dangling", "/dangling/", "/dangling/x", "/dir/dangling-deep",
    "/hard-1", "/hard-2", "/dir/hard-3", "/size-0", "/size-1", "/size-4095", "/size-4096", "/size-65536", "/size-1m",
    "/Grüße.txt", "/日本語", "/日本語/ファイル.txt", "/emoji-🦀", "/Gru\u0308\u00dfe.txt", "/caf\xe9",
    "/name with spaces", "/back\\slash", "/new\nline", "/-dash", "/.hidden", "/.hidden/", "/...", "/..dots", "/*", "/[a]",
    "/time-0", "/time-2100", "/many", "/many/entry-000", "/many/entry-299", "/many/entry-300",
};

static long long fact(int fd) {
  if (fd < 0) return -1;
  struct stat s;
  if (fstat(fd, &s) != 0) s.st_mode = 0;
  close(fd);
  return S_ISDIR(s.st_mode) ? 2 : S_ISREG(s.st_mode) ? 1 : 0;
}

static void print_stat(const char *call, const char *path, int r, const struct stat *s) {
  if (r != 0) {
    outcome(call, path, -1);
    return;
  }
  printf("%s ", call);
  print_text(path);
  printf(" -> %s", type_name(s->st_mode));
  // The size and link count of a directory are the file system's own business.
  if (!S_ISDIR(s->st_mode)) printf(" size %lld nlink %lld", (long long)s->st_size, (long long)s->st_nlink);
  printf(" mtime %lld.%09ld\n", (long long)s->st_mtim.tv_sec, s->st_mtim.tv_nsec);
}

static void all_calls(const char *path) {
  struct stat s;
  outcome("open", path, fact(open(path, O_RDONLY)));
  outcome("open DIRECTORY", path, fact(open(path, O_RDONLY | O_DIRECTORY)));
  outcome("open NOFOLLOW", path, fact(open(path, O_RDONLY | O_NOFOLLOW)));
  print_stat("stat", path, stat(path, &s), &s);
  print_stat("lstat", path, lstat(path, &s), &s);
  char target[300];
  ssize_t n = readlink(path, target, sizeof target - 1);
  if (n < 0) outcome("readlink", path, -1);
  else {
    target[n] = 0;
    printf("readlink ");
    print_text(path);
    printf(" -> ");
    print_text(target);
    printf("\n");
  }
  outcome("access F", path, access(path, F_OK));
  outcome("access R", path, access(path, R_OK));
  DIR *d = opendir(path);
  outcome("opendir", path, d ? 0 : -1);
  if (d) closedir(d);
#ifdef HAVE_REALPATH
  char real[PATH_MAX];
  if (realpath(path, real)) {
    printf("realpath ");
    print_text(path);
    printf(" -> ");
    print_text(real);
    printf("\n");
  } else outcome("realpath", path, -1);
#endif
}

static char *repeat(const char *piece, int times) {
  char *text = malloc(strlen(piece) * (size_t)times + 1);
  text[0] = 0;
  char *end = text;
  for (int i = 0; i < times; i++) end = stpcpy(end, piece);
  return text;
}

static void long_paths(void) {
  section("read", "long paths");
  char name[300];
  memset(name, 'n', sizeof name);
  name[0] = '/';
  name[256] = 0; // a slash and 255 bytes: the longest name there is
  all_calls(name);
  name[255] = 0;
  all_calls(name);
  name[255] = 'n';
  name[256] = 'n';
  name[257] = 0; // 256 bytes
  all_calls(name);

  char *dots = repeat("/.", 1500);
  char *path = malloc(8000);
  strcpy(path, dots);
  strcat(path, "/file.txt");
  all_calls(path);
  char *back = repeat("/dir/..", 500);
  strcpy(path, back);
  strcat(path, "/file.txt");
  all_calls(path);
  free(dots);
  free(back);
  free(path);
}

static void relative(void) {
  section("read", "relative to a descriptor");
  int dir = open("/dir", O_RDONLY | O_DIRECTORY);
  outcome("open", "/dir", dir < 0 ? -1 : 0);
  static const char *const names[] = {"file.txt", "nested/deep.txt", ".", "./", "nested/..", "nested/../file.txt",
                                      "missing", "file.txt/", "link-up", "link-up/", "..", "../file.txt", "../dir/file.txt", ""};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct stat s;
    outcome("openat", names[i], fact(openat(dir, names[i], O_RDONLY)));
    print_stat("fstatat", names[i], fstatat(dir, names[i], &s, 0), &s);
    print_stat("fstatat NOFOLLOW", names[i], fstatat(dir, names[i], &s, AT_SYMLINK_NOFOLLOW), &s);
  }
  int file = open("/file.txt", O_RDONLY);
  outcome("openat on a file", "x", openat(file, "x", O_RDONLY));
  outcome("openat on a file", ".", openat(file, ".", O_RDONLY));
  close(file);
  close(dir);
  outcome("openat on a closed descriptor", "file.txt", openat(dir, "file.txt", O_RDONLY));
  outcome("openat on 1000", "file.txt", openat(1000, "file.txt", O_RDONLY));

  section("read", "working directory");
  outcome("chdir", "/dir", chdir("/dir"));
  outcome("open", "file.txt", fact(open("file.txt", O_RDONLY)));
  outcome("open", "nested/deep.txt", fact(open("nested/deep.txt", O_RDONLY)));
  char cwd[100];
  printf("getcwd -> %s\n", getcwd(cwd, sizeof cwd) ? cwd : "null");
  outcome("chdir", "/file.txt", chdir("/file.txt"));
  outcome("chdir", "/missing", chdir("/missing"));
  outcome("chdir", "/", chdir("/"));
}

static void identities(void) {
  section("read", "identities");
  struct stat a, b, c;
  int r = stat("/hard-1", &a) | stat("/hard-2", &b) | stat("/dir/hard-3", &c);
  printf("hard links: one inode -> %d\n", r == 0 && a.st_ino == b.st_ino && b.st_ino == c.st_ino);
  printf("inode not 0 -> %d\n", a.st_ino != 0);
  r = stat("/file.txt", &a) | stat("/dir/file.txt", &b);
  printf("two files: two inodes -> %d\n", r == 0 && a.st_ino != b.st_ino);
  printf("one device -> %d\n", a.st_dev == b.st_dev);
  r = stat("/link-file", &b) | lstat("/link-file", &c);
  printf("a followed link is its target -> %d\n", r == 0 && a.st_ino == b.st_ino);
  printf("a link is itself -> %d\n", c.st_ino != a.st_ino);
  int fd = open("/file.txt", O_RDONLY);
  r = fstat(fd, &b);
  close(fd);
  printf("open file has the same inode -> %d\n", r == 0 && a.st_ino == b.st_ino);
  r = stat("/dir", &a) | stat("/dir/nested/..", &b) | stat("/link-dir", &c);
  printf("directory by three names: one inode -> %d\n", r == 0 && a.st_ino == b.st_ino && a.st_ino == c.st_ino);
  r = stat("/", &a) | stat("/dir/..", &b);
  printf("root by two names: one inode -> %d\n", r == 0 && a.st_ino == b.st_ino);
}

void paths(void) {
  section("read", "paths");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) all_calls(cases[i]);
  long_paths();
  relative();
  identities();
}
