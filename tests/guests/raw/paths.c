// Paths are (pointer, length): never read to a NUL, never past the length.
#include "wasi.h"

extern int image_sections;

static const char *kind(int32_t fd) {
  filestat s;
  if (p1_fd_filestat_get(fd, &s) != 0) return "closed";
  return s.filetype == 3 ? "directory" : s.filetype == 4 ? "file" : "other";
}

static void open_len(const char *label, int32_t dir, const char *path, int32_t len) {
  int32_t fd = -1;
  int32_t e = p1_path_open(dir, FOLLOW, path, len, 0, R_ALL_READ, R_ALL_READ, 0, &fd);
  printf("path_open %s -> %s%s%s\n", label, name_of(e), e ? "" : " ", e ? "" : kind(fd));
  if (!e) p1_fd_close(fd);
  filestat s;
  e = p1_path_filestat_get(dir, FOLLOW, path, len, &s);
  printf("path_filestat_get %s -> %s", label, name_of(e));
  if (!e) printf(" type %d", s.filetype);
  printf("\n");
  char target[64];
  uint32_t n = 12345;
  e = p1_path_readlink(dir, path, len, target, sizeof target, &n);
  printf("path_readlink %s -> %s", label, name_of(e));
  if (!e) printf(" %.*s", (int)n, target);
  printf("\n");
}

static void stat_at(int32_t flags, const char *path) {
  filestat s;
  memset(&s, 0xEE, sizeof s);
  int32_t e = p1_path_filestat_get(ROOT, flags, path, (int32_t)strlen(path), &s);
  printf("path_filestat_get %d %s -> %s", flags, path, name_of(e));
  if (!e) {
    printf(" type %d mtim %llu", s.filetype, (unsigned long long)s.mtim);
    if (s.filetype != 3) printf(" size %llu nlink %llu", (unsigned long long)s.size, (unsigned long long)s.nlink);
    printf(" dev %s ino %s", s.dev ? "set" : "0", s.ino ? "set" : "0");
  }
  printf("\n");
}

void paths(void) {
  printf("## read lengths\n");
  open_len("file.txt of file.txtGARBAGE", ROOT, "file.txtGARBAGE", 8);
  open_len("dir of dir/file.txt", ROOT, "dir/file.txt", 3);
  open_len("dir/ of dir/file.txt", ROOT, "dir/file.txt", 4);
  open_len("length 0", ROOT, "file.txt", 0);
  open_len("file.txt NUL", ROOT, "file.txt", 9);
  open_len("file.txt NUL x", ROOT, "file.txt\0x", 10);
  open_len("NUL", ROOT, "", 1);
  open_len("dir NUL /file.txt", ROOT, "dir\0/file.txt", 13);
  open_len("not UTF-8", ROOT, "caf\xe9", 4);
  open_len("half of a character", ROOT, "日本語", 5);
  open_len("absolute /file.txt", ROOT, "/file.txt", 9);
  open_len("absolute /", ROOT, "/", 1);
  open_len("dot", ROOT, ".", 1);
  open_len("dot dot", ROOT, "..", 2);
  open_len("dir/../..", ROOT, "dir/../..", 9);
  open_len("dir/../../dir", ROOT, "dir/../../dir", 13);
  open_len("dir/..", ROOT, "dir/..", 6);
  open_len("from stdin", 0, "file.txt", 8);
  open_len("from stdout", 1, "file.txt", 8);
  open_len("from 500", 500, "file.txt", 8);
  open_len("from -1", -1, "file.txt", 8);
  open_len("link-file", ROOT, "link-file", 9);
  open_len("loop-self", ROOT, "loop-self", 9);

  printf("## read filestat\n");
  static const char *const names[] = {".", "file.txt", "dir", "link-file", "link-dir", "dangling", "loop-self", "size-0", "size-1m", "hard-1", "time-0", "time-2100", "missing", "chain-40", "chain-41"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    stat_at(FOLLOW, names[i]);
    stat_at(0, names[i]);
  }

  printf("## read open flags\n");
  static const char *const flagged[] = {"file.txt", "dir", "link-file", "link-dir", "dangling", "missing", "loop-self", "chain-20"};
  for (size_t i = 0; i < sizeof flagged / sizeof *flagged; i++)
    for (int32_t follow = 0; follow <= FOLLOW; follow++)
      for (int32_t directory = 0; directory <= DIRECTORY; directory += DIRECTORY) {
        int32_t fd = -1;
        int32_t e = p1_path_open(ROOT, follow, flagged[i], (int32_t)strlen(flagged[i]), directory, R_ALL_READ, 0, 0, &fd);
        printf("path_open follow %d directory %d %s -> %s\n", follow, directory, flagged[i], name_of(e));
        if (!e) p1_fd_close(fd);
      }

  printf("## read short targets\n");
  for (int32_t size = 1; size <= 10; size++) {
    char target[16];
    memset(target, '~', sizeof target);
    uint32_t n = 999;
    int32_t e = p1_path_readlink(ROOT, "link-file", 9, target, size, &n);
    printf("path_readlink link-file into %d -> %s %u %.16s\n", size, name_of(e), n, target);
  }
}
