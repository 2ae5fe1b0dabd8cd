// Contents: every way of reading, every kind of offset.
#include "report.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static void whole(const char *path, size_t step) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    outcome("open", path, -1);
    return;
  }
  char *buffer = malloc(step);
  uint64_t hash = FNV_START;
  long long total = 0, calls = 0;
  ssize_t n;
  while ((n = read(fd, buffer, step)) > 0) {
    hash = fnv(hash, buffer, (size_t)n);
    total += n;
    calls++;
  }
  printf("read %s by %zu -> %lld bytes, %lld calls, last %zd, fnv %016llx, offset %lld\n", path, step, total, calls, n,
         (unsigned long long)hash, (long long)lseek(fd, 0, SEEK_CUR));
  printf("read again at the end -> %zd\n", read(fd, buffer, step));
  free(buffer);
  close(fd);
}

static void seeks(void) {
  section("read", "seek");
  int fd = open("/size-4096", O_RDONLY);
  char c[8];
  struct { const char *label; off_t offset; int whence; } cases[] = {
      {"set 0", 0, SEEK_SET}, {"set 100", 100, SEEK_SET}, {"cur 0", 0, SEEK_CUR}, {"cur 50", 50, SEEK_CUR},
      {"cur -150", -150, SEEK_CUR}, {"cur -1 at 0", -1, SEEK_CUR}, {"set -1", -1, SEEK_SET}, {"end 0", 0, SEEK_END},
      {"end -1", -1, SEEK_END}, {"end -4096", -4096, SEEK_END}, {"end -4097", -4097, SEEK_END}, {"end 10", 10, SEEK_END},
      {"set 4 GiB", 1ll << 32, SEEK_SET}, {"set 4 GiB + 5", (1ll << 32) + 5, SEEK_SET}, {"cur 1", 1, SEEK_CUR},
      {"set 2^40", 1ll << 40, SEEK_SET}, {"set min", INT64_MIN, SEEK_SET}, {"cur min", INT64_MIN, SEEK_CUR},
      {"set 4095", 4095, SEEK_SET},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    outcome("lseek", cases[i].label, lseek(fd, cases[i].offset, cases[i].whence));
    outcome("  offset after", cases[i].label, lseek(fd, 0, SEEK_CUR));
    outcome("  read 1 there", cases[i].label, read(fd, c, 1));
    lseek(fd, -1, SEEK_CUR);
  }
  close(fd);
  int dir = open("/dir", O_RDONLY | O_DIRECTORY);
  outcome("lseek on a directory at", "0", lseek(dir, 0, SEEK_SET) < 0 ? -1 : 0);
  outcome("read on a directory of", "1", read(dir, c, 1));
  outcome("pread on a directory of", "1", pread(dir, c, 1, 0));
  close(dir);
}

static void preads(void) {
  section("read", "pread");
  int fd = open("/size-65536", O_RDONLY);
  char buffer[64];
  lseek(fd, 7, SEEK_SET);
  struct { const char *label; off_t offset; size_t n; } cases[] = {
      {"16 at 0", 0, 16}, {"16 at 65530", 65530, 16}, {"16 at 65536", 65536, 16}, {"16 at 65537", 65537, 16},
      {"16 at 4 GiB", 1ll << 32, 16}, {"16 at 4 GiB + 3", (1ll << 32) + 3, 16}, {"0 at 5", 5, 0}, {"1 at 65535", 65535, 1},
      {"16 at 2^62", 1ll << 62, 16},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    memset(buffer, 0, sizeof buffer);
    outcome("pread", cases[i].label, pread(fd, buffer, cases[i].n, cases[i].offset));
    printf("  bytes -> %016llx\n", (unsigned long long)fnv(FNV_START, buffer, sizeof buffer));
  }
  outcome("offset stays", "7", lseek(fd, 0, SEEK_CUR));

  section("read", "vectors");
  char a[3] = {0}, b[5] = {0}, d[100] = {0};
  struct iovec v[5] = {{a, 3}, {NULL, 0}, {b, 5}, {NULL, 0}, {d, sizeof d}};
  lseek(fd, 0, SEEK_SET);
  outcome("readv", "3+0+5+0+100", readv(fd, v, 5));
  printf("bytes -> %016llx %016llx %016llx\n", (unsigned long long)fnv(FNV_START, a, 3),
         (unsigned long long)fnv(FNV_START, b, 5), (unsigned long long)fnv(FNV_START, d, sizeof d));
  lseek(fd, 65530, SEEK_SET);
  outcome("readv over the end", "3+0+5+0+100", readv(fd, v, 5));
  outcome("readv at the end", "3+0+5+0+100", readv(fd, v, 5));
  outcome("readv of nothing", "0", readv(fd, v + 1, 1));
  outcome("preadv", "at 65530", preadv(fd, v, 5, 65530));
  outcome("preadv", "at 10", preadv(fd, v, 5, 10));
  struct iovec many[600];
  static char cells[600];
  for (int i = 0; i < 600; i++) many[i] = (struct iovec){&cells[i], 1};
  lseek(fd, 100, SEEK_SET);
  outcome("readv", "600 cells", readv(fd, many, 600));
  printf("bytes -> %016llx\n", (unsigned long long)fnv(FNV_START, cells, 600));
  close(fd);
}

static void streams(void) {
  section("read", "streams");
  FILE *f = fopen("/text.txt", "r");
  char line[200];
  int lines = 0;
  uint64_t hash = FNV_START;
  while (f && fgets(line, sizeof line, f)) {
    lines++;
    hash = fnv(hash, line, strlen(line));
  }
  printf("fgets -> %d lines, fnv %016llx, feof %d\n", lines, (unsigned long long)hash, f ? feof(f) : -1);
  if (f) {
    printf("fseek -> %d\n", fseek(f, -20, SEEK_END));
    printf("ftell -> %ld\n", ftell(f));
    printf("fgets -> %s", fgets(line, sizeof line, f) ? line : "null\n");
    rewind(f);
    int year = 0;
    printf("fscanf -> %d", fscanf(f, "line %d", &year));
    printf(" value %d\n", year);
    printf("ungetc -> %d\n", ungetc('x', f) == 'x' && getc(f) == 'x');
    fclose(f);
  }
  f = fopen("/missing", "r");
  outcome("fopen", "/missing", f ? 0 : -1);
  f = fopen("/dir", "r");
  printf("fopen /dir reads -> %d\n", f ? (int)fread(line, 1, 1, f) : -1);
  if (f) fclose(f);
  f = fopen("/size-1m", "rb");
  if (f) {
    setvbuf(f, NULL, _IOFBF, 100000);
    static char big[1 << 20];
    size_t n = fread(big, 1, sizeof big, f);
    printf("fread -> %zu fnv %016llx\n", n, (unsigned long long)fnv(FNV_START, big, n));
    fclose(f);
  }

  section("read", "mmap");
  int fd = open("/size-65536", O_RDONLY);
  void *map = mmap(NULL, 30000, PROT_READ, MAP_PRIVATE, fd, 4096);
  if (map == MAP_FAILED) outcome("mmap", "/size-65536", -1);
  else {
    printf("mmap -> fnv %016llx\n", (unsigned long long)fnv(FNV_START, map, 30000));
    printf("munmap -> %d\n", munmap(map, 30000));
  }
  close(fd);

  section("read", "hints");
  fd = open("/size-65536", O_RDONLY);
  printf("posix_fadvise -> %s\n", errno_name(posix_fadvise(fd, 0, 100, POSIX_FADV_SEQUENTIAL)));
  printf("posix_fadvise to the end -> %s\n", errno_name(posix_fadvise(fd, 4096, 0, POSIX_FADV_WILLNEED)));
  outcome("fsync", "/size-65536", fsync(fd));
  outcome("fdatasync", "/size-65536", fdatasync(fd));
  outcome("isatty", "/size-65536", isatty(fd) ? 1 : -1);
  close(fd);
}

void reads(void) {
  section("read", "contents");
  static const char *const files[] = {"/size-0", "/size-1", "/size-4095", "/size-4096", "/size-65536", "/size-1m",
                                      "/hard-1", "/hard-2", "/same-as-65536", "/日本語/ファイル.txt", "/link-file", "/chain-20"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    whole(files[i], 1 << 16);
    whole(files[i], 1000);
  }
  whole("/size-4095", 1);
  whole("/size-65536", 4095);
  whole("/size-1m", 3 << 20);
  seeks();
  preads();
  streams();
}
