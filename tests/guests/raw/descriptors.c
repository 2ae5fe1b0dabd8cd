// Descriptors: what they say of themselves, offsets, vectors, numbers.
#include "wasi.h"

extern int image_sections;

static int32_t open_path(const char *path) {
  int32_t fd;
  int32_t e = open_at(ROOT, path, 0, R_ALL_READ, &fd);
  if (e) printf("path_open %s -> %s\n", path, name_of(e));
  return fd;
}

static void prestats(int32_t file, int32_t dir) {
  printf("## read prestat\n");
  int32_t fds[] = {0, 1, 2, ROOT, file, dir, 700, -1};
  const char *labels[] = {"stdin", "stdout", "stderr", "root", "file", "dir", "700", "-1"};
  for (int i = 0; i < 8; i++) {
    prestat p = {9, 999};
    int32_t e = p1_fd_prestat_get(fds[i], &p);
    printf("fd_prestat_get %s -> %s", labels[i], name_of(e));
    if (!e) printf(" tag %u len %u", p.tag, p.len);
    printf("\n");
    char name[8] = "~~~~~~~";
    e = p1_fd_prestat_dir_name(fds[i], name, 1);
    printf("fd_prestat_dir_name %s -> %s %s\n", labels[i], name_of(e), name);
  }
  char name[8] = "~~~~~~~";
  printf("fd_prestat_dir_name into 0 -> %s", name_of(p1_fd_prestat_dir_name(ROOT, name, 0)));
  printf(" %s\n", name);
}

static void fdstats(int32_t file, int32_t dir) {
  int32_t fds[] = {ROOT, file, dir, 700, -1};
  const char *labels[] = {"root", "file", "dir", "700", "-1"};
  for (int i = 0; i < 5; i++) {
    fdstat s;
    memset(&s, 0xEE, sizeof s);
    int32_t e = p1_fd_fdstat_get(fds[i], &s);
    printf("fd_fdstat_get %s -> %s", labels[i], name_of(e));
    if (!e) printf(" type %d flags %d", s.filetype, s.flags);
    printf("\n");
  }
}

static void offsets(int32_t fd) {
  printf("## read offsets\n");
  struct { int64_t offset; int32_t whence; } seeks[] = {
      {0, 0}, {10, 0}, {-1, 0}, {-11, 1}, {-10, 1}, {5, 1}, {0, 2}, {1, 2}, {-4096, 2}, {-4097, 2},
      {(1ll << 32) + 7, 0}, {-(1ll << 32), 1}, {INT64_MAX, 0}, {1, 1}, {INT64_MIN, 1}, {INT64_MIN, 2}, {INT64_MAX, 2}, {3, 0}};
  for (size_t i = 0; i < sizeof seeks / sizeof *seeks; i++) {
    uint64_t at = 77;
    int32_t e = p1_fd_seek(fd, seeks[i].offset, seeks[i].whence, &at);
    printf("fd_seek %lld whence %d -> %s", (long long)seeks[i].offset, seeks[i].whence, name_of(e));
    if (!e) printf(" %llu", (unsigned long long)at);
    e = p1_fd_tell(fd, &at);
    printf(", fd_tell %s %llu\n", name_of(e), (unsigned long long)at);
  }
}

static void vectors(int32_t fd) {
  uint8_t a[8] = {0}, b[8] = {0};
  uint32_t n = 99;
  printf("## read vectors\n");
  p1_fd_seek(fd, 0, 0, &(uint64_t){0});
  printf("no vectors -> %s", name_of(p1_fd_read(fd, NULL, 0, &n)));
  printf(" %u\n", n);
  iovec empty[3] = {{a, 0}, {NULL, 0}, {b, 0}};
  n = 99;
  printf("empty vectors -> %s", name_of(p1_fd_read(fd, empty, 3, &n)));
  printf(" %u\n", n);
  iovec one = {a, 8};
  printf("one -> %s", name_of(p1_fd_read(fd, &one, 1, &n)));
  printf(" %u %02x%02x%02x%02x\n", n, a[0], a[1], a[2], a[3]);
  printf("pread past the end -> %s", name_of(p1_fd_pread(fd, &one, 1, 4096, &n)));
  printf(" %u\n", n);
  printf("pread far past the end -> %s", name_of(p1_fd_pread(fd, &one, 1, 1ll << 40, &n)));
  printf(" %u\n", n);
  printf("pread over the end -> %s", name_of(p1_fd_pread(fd, &one, 1, 4093, &n)));
  printf(" %u\n", n);
  // The last byte of memory is a valid place to read to.
  uint8_t *end = (uint8_t *)(__builtin_wasm_memory_size(0) * 65536 - 1);
  uint8_t saved = *end;
  *end = 0;
  iovec edge = {end, 1};
  printf("into the last byte of memory -> %s", name_of(p1_fd_pread(fd, &edge, 1, 0, &n)));
  printf(" %u %02x\n", n, *end);
  *end = saved;
}

static void exact(int32_t fd) {
  printf("## image vectors\n");
  uint8_t a[8] = {0}, b[8] = {0};
  uint32_t n = 99;
  iovec mixed[4] = {{a, 3}, {NULL, 0}, {b, 4}, {a + 3, 5}};
  printf("3 + 0 + 4 + 5 -> %s", name_of(p1_fd_pread(fd, mixed, 4, 0, &n)));
  printf(" %u", n);
  for (int i = 0; i < 8; i++) printf(" %02x%02x", a[i], b[i]);
  printf("\n");
  iovec same[2] = {{a, 8}, {a, 8}};
  printf("twice the same buffer -> %s", name_of(p1_fd_pread(fd, same, 2, 0, &n)));
  printf(" %u %02x\n", n, a[0]);
  printf("over the end -> %s", name_of(p1_fd_pread(fd, mixed, 4, 4090, &n)));
  printf(" %u\n", n);

  printf("## image rights\n");
  int32_t few, none, writer, dir;
  printf("open without rights -> %s\n", name_of(open_at(ROOT, "file.txt", 0, 0, &none)));
  iovec one = {a, 8};
  printf("read what was opened without rights -> %s\n", name_of(p1_fd_read(none, &one, 1, &n)));
  printf("seek in it -> %s\n", name_of(p1_fd_seek(none, 0, 0, &(uint64_t){0})));
  printf("open with read only -> %s\n", name_of(open_at(ROOT, "file.txt", 0, R_READ, &few)));
  printf("read -> %s\n", name_of(p1_fd_read(few, &one, 1, &n)));
  fdstat s;
  p1_fd_fdstat_get(few, &s);
  printf("its rights -> %llx %llx\n", (unsigned long long)s.base, (unsigned long long)s.inheriting);
  printf("giving them up -> %s\n", name_of(p1_fd_fdstat_set_rights(few, 0, 0)));
  printf("read then -> %s\n", name_of(p1_fd_read(few, &one, 1, &n)));
  printf("asking for more -> %s\n", name_of(p1_fd_fdstat_set_rights(few, R_READ, 0)));
  printf("open with write -> %s\n", name_of(open_at(ROOT, "file.txt", 0, R_WRITE, &writer)));
  printf("open with read and write -> %s\n", name_of(open_at(ROOT, "file.txt", 0, R_READ | R_WRITE, &writer)));
  printf("open directory -> %s\n", name_of(open_at(ROOT, "dir", DIRECTORY, R_ALL_READ, &dir)));
  p1_fd_fdstat_get(dir, &s);
  printf("its rights -> %llx %llx\n", (unsigned long long)s.base, (unsigned long long)s.inheriting);
  p1_fd_fdstat_get(ROOT, &s);
  printf("rights of the root -> %llx %llx\n", (unsigned long long)s.base, (unsigned long long)s.inheriting);
  p1_fd_close(few);
  p1_fd_close(none);
  p1_fd_close(dir);

  printf("## image odd arguments\n");
  printf("fd_seek whence 3 -> %s\n", name_of(p1_fd_seek(fd, 0, 3, &(uint64_t){0})));
  printf("fd_seek whence 256 -> %s\n", name_of(p1_fd_seek(fd, 0, 256, &(uint64_t){0})));
  printf("fd_advise advice 6 -> %s\n", name_of(p1_fd_advise(fd, 0, 0, 6)));
  printf("fd_fdstat_set_flags 32 -> %s\n", name_of(p1_fd_fdstat_set_flags(fd, 32)));
  int32_t out = -1;
  printf("path_open oflags 16 -> %s\n", name_of(p1_path_open(ROOT, 0, "dir", 3, 16, R_READ, 0, 0, &out)));
  printf("path_open fdflags 32 -> %s\n", name_of(p1_path_open(ROOT, 0, "dir", 3, 0, R_READ, 0, 32, &out)));
  printf("path_open lookupflags 2 -> %s\n", name_of(p1_path_open(ROOT, 2, "dir", 3, 0, R_READ, 0, 0, &out)));
}

static void hints(int32_t fd, int32_t dir) {
  printf("## read hints\n");
  for (int32_t advice = 0; advice < 6; advice++)
    printf("fd_advise %d -> %s\n", advice, name_of(p1_fd_advise(fd, 0, 100, advice)));
  printf("fd_advise far -> %s\n", name_of(p1_fd_advise(fd, 1ll << 40, 1ll << 40, 0)));
  printf("fd_sync -> %s\n", name_of(p1_fd_sync(fd)));
  printf("fd_datasync -> %s\n", name_of(p1_fd_datasync(fd)));
  printf("fd_sync dir -> %s\n", name_of(p1_fd_sync(dir)));
  printf("fd_datasync dir -> %s\n", name_of(p1_fd_datasync(dir)));
  printf("fd_advise dir -> %s\n", name_of(p1_fd_advise(dir, 0, 0, 0)));
  printf("fd_advise 700 -> %s\n", name_of(p1_fd_advise(700, 0, 0, 0)));
  printf("fd_sync 700 -> %s\n", name_of(p1_fd_sync(700)));
  printf("fd_tell dir -> %s\n", name_of(p1_fd_tell(dir, &(uint64_t){0})));
  printf("fd_seek dir -> %s\n", name_of(p1_fd_seek(dir, 0, 1, &(uint64_t){0})));
  uint8_t byte;
  uint32_t n;
  uint16_t flags;
  iovec one = {&byte, 1};
  printf("fd_read dir -> %s\n", name_of(p1_fd_read(dir, &one, 1, &n)));
  printf("fd_pread dir -> %s\n", name_of(p1_fd_pread(dir, &one, 1, 0, &n)));
  printf("fd_write file -> %s\n", name_of(p1_fd_write(fd, &one, 1, &n)));
  printf("sock_recv file -> %s\n", name_of(p1_sock_recv(fd, &one, 1, 0, &n, &flags)));
  printf("sock_send file -> %s\n", name_of(p1_sock_send(fd, &one, 1, 0, &n)));
  printf("sock_shutdown file -> %s\n", name_of(p1_sock_shutdown(fd, 1)));
}

static void renumbers(void) {
  printf("## read renumber\n");
  int32_t a = open_path("size-4096"), b = open_path("size-1");
  uint64_t at = 0;
  p1_fd_seek(a, 9, 0, &at);
  printf("to itself -> %s\n", name_of(p1_fd_renumber(a, a)));
  printf("still open -> %s\n", name_of(p1_fd_tell(a, &at)));
  printf("offset -> %llu\n", (unsigned long long)at);
  printf("a to b -> %s\n", name_of(p1_fd_renumber(a, b)));
  printf("a is closed -> %s\n", name_of(p1_fd_tell(a, &at)));
  printf("b is a -> %s", name_of(p1_fd_tell(b, &at)));
  printf(" %llu\n", (unsigned long long)at);
  printf("closed to b -> %s\n", name_of(p1_fd_renumber(a, b)));
  printf("b to a number never used -> %s\n", name_of(p1_fd_renumber(b, 5000)));
  printf("b -> %s\n", name_of(p1_fd_tell(b, &at)));
  printf("-1 to b -> %s\n", name_of(p1_fd_renumber(-1, b)));
  p1_fd_close(b);
}

void descriptors(void) {
  int32_t file = open_path("size-4096"), dir = open_path("dir");
  prestats(file, dir);
  printf("## read fdstat\n");
  fdstats(file, dir);
  offsets(file);
  vectors(file);
  hints(file, dir);
  if (image_sections) exact(file);
  p1_fd_close(file);
  p1_fd_close(dir);
  renumbers();
}
