// Every function of preview1 with random arguments, the same for the same seed.
//
// Usage: hostile SEED CALLS inside    pointers and lengths stay in the program's memory: nothing may trap
//        hostile SEED CALLS polite    the same with aligned pointers and known flags: some hosts trap without
//        hostile SEED CALLS any       they may point anywhere: nothing but that may trap
//
// At its end the program looks whether the embedded files are as they were and leaves with exit code 42; with 4 when it was
// ever given a canary: bytes that lie only where it has no business, in names and contents beside what the host gives. What a
// call reads is searched at once, all of its memory at the end.
//
// With -DUNSTABLE it is a program of `wasi_unstable`, once its imports are renamed.
#include "raw/wasi.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *name_of(int32_t e) { return e ? "failed" : "success"; }

enum { AREA = 1 << 17 };
static _Alignas(8) uint8_t area[AREA], cells[4096];
static uint64_t state;
static int anywhere, polite;

// Whether the call at work was given something outside of memory: asked by the host when a call traps.
static volatile int32_t wild;
__attribute__((export_name("excuse"))) int32_t excuse(void) { return wild; }
enum { DIRS = 4 };
static int32_t opened[16];

static int caught; // the call that was given a canary, plus one

// Whether there is a canary. It is not in the program itself in this form.
static int canary(const uint8_t *at, uint32_t size) {
  static volatile const uint8_t hidden[] = {'c' ^ 0x55, 'A' ^ 0x55, 'n' ^ 0x55, 'A' ^ 0x55, 'r' ^ 0x55, 'Y' ^ 0x55};
  enum { LAST = sizeof hidden - 1 };
  static uint8_t skip[256]; // how far a letter is from the end, so that most bytes are not looked at
  for (int i = 0; i < 256; i++) skip[i] = sizeof hidden;
  for (int i = 0; i < LAST; i++) skip[hidden[i] ^ 0x55] = (uint8_t)(LAST - i);
  for (uint32_t i = LAST; i < size; i += skip[at[i]]) {
    uint32_t k = 0;
    while (k < sizeof hidden && at[i - k] == (hidden[LAST - k] ^ 0x55)) k++;
    if (k == sizeof hidden) return 1;
  }
  return 0;
}

// Searches what a call has read: so many bytes, into these buffers. Where pointers may be anything, the end is soon enough.
static void search(int32_t failed, const uint32_t *read, const iovec *list, int32_t n, int what) {
  uint32_t left;
  if (failed || anywhere || caught) return;
  memcpy(&left, read, 4);
  for (int32_t i = 0; i < n; i++) {
    uint32_t len = list[i].len < left ? list[i].len : left;
    left -= len;
    if (canary(list[i].buf, len)) caught = what + 1;
  }
}

static uint32_t pick(uint32_t n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)((state >> 20) % n);
}

// A number that is odd in one of the usual ways.
static int64_t number(void) {
  static const int64_t special[] = {0, 1, -1, 2, 4095, 4096, 4097, 65535, 65536, 0x7fffffff, 0x80000000ll, 0xffffffffll, 0x100000000ll, INT64_MAX, INT64_MIN, INT64_MAX - 4095, 1ll << 40};
  switch (pick(3)) {
    case 0: return special[pick(sizeof special / sizeof *special)];
    case 1: return pick(10000);
    default: return (int64_t)((uint64_t)pick(UINT32_MAX) << pick(33)) ^ pick(UINT32_MAX);
  }
}

// Small numbers, as lengths and offsets are in programs.
static int64_t moderate(void) { return pick(8) == 0 ? number() : pick(20000); }

static int32_t fd(void) {
  switch (pick(8)) {
    case 0: return (int32_t)number();
    case 1: return (int32_t)pick(40);
    case 2: return ROOT;
    default: return opened[pick(16)];
  }
}

// One of the first `known` values of an enumeration or set of flags, or another.
static int32_t choice(uint32_t known) {
  if (polite || pick(6)) return (int32_t)pick(known);
  return pick(2) ? (int32_t)pick(2 * known) : (int32_t)number();
}

// Not a standard stream: the program's last words go there.
static int32_t other_fd(void) {
  int32_t n = fd();
  return (uint32_t)n < 3 ? 5 : n;
}

// One time in `n`, where that is allowed.
static int odd(uint32_t n) {
  if (!anywhere || pick(n)) return 0;
  wild = 1;
  return 1;
}

// A place for `size` bytes.
static void *place(uint32_t size) {
  if (odd(60)) return (void *)(uintptr_t)(uint32_t)number();
  if (odd(60)) return (void *)(__builtin_wasm_memory_size(0) * 65536 - pick(size + 8));
  return area + (pick(AREA - size) & (polite ? ~7u : ~0u));
}

static int32_t length(const void *at) {
  if (odd(80)) return (int32_t)number();
  return (int32_t)pick((uint32_t)(area + AREA - (const uint8_t *)at) < 30000 ? 200 : 30000);
}

// One to five cells; a list of them may be too long only when pointers may be anything.
static const iovec *vectors(int32_t *n) {
  iovec *list = (iovec *)(void *)(cells + pick(100) * 8);
  *n = (int32_t)pick(6);
  for (int32_t i = 0; i < *n; i++) {
    list[i].buf = place(30000);
    list[i].len = (uint32_t)length(list[i].buf);
    if (!anywhere && list[i].buf + list[i].len > area + AREA) list[i].len = 0;
  }
  if (odd(60)) *n = (int32_t)number();
  if (odd(60)) return place(48);
  return list;
}

// A path of names that are there, are not there, and lead out; sometimes bytes that are no path.
static const char *path(int32_t *n) {
  static const char *const names[] = {"ro", "a", "b", "work", "tmp", "..", ".", "given", "secret.txt", "link", "file.txt", "dir", "x", "..", "", "/", "etc", "passwd", "beside", "leave", "absolute", "host"};
  char *to = (char *)area + pick(AREA - 600);
  uint32_t at = 0;
  uint32_t parts = pick(5);
  if (pick(12) == 0) to[at++] = '/';
  if (pick(3) == 0) {
    static const char *const dirs[] = {"ro/", "work/", "tmp/", "given/", "ro/host/", "work/dir/"};
    const char *dir = dirs[pick(sizeof dirs / sizeof *dirs)];
    memcpy(to, dir, strlen(dir));
    at = (uint32_t)strlen(dir), parts = 1;
  }
  for (uint32_t i = 0; i < parts; i++) {
    const char *name = names[pick(sizeof names / sizeof *names)];
    if (i) to[at++] = '/';
    memcpy(to + at, name, strlen(name));
    at += (uint32_t)strlen(name);
  }
  if (pick(20) == 0) for (uint32_t i = 0; i < 20; i++) to[at++] = (char)pick(256);
  if (pick(60) == 0) while (at < 500) to[at++] = 'n';
  *n = (int32_t)at;
  if (odd(60)) *n = (int32_t)number();
  if (odd(60)) return place(10);
  return to;
}

static const subscription *subscriptions(int32_t *n) {
  subscription *list = (subscription *)(void *)(cells + pick(100) * 8);
  *n = (int32_t)pick(6);
  for (int32_t i = 0; i < *n; i++) {
    memset(list + i, 0, sizeof *list);
    list[i].userdata = (uint64_t)number();
    list[i].tag = (uint8_t)choice(3);
    if (list[i].tag == 0) {
      list[i].u.clock.id = (uint32_t)choice(2);
      list[i].u.clock.timeout = pick(1000); // never a real wait
      list[i].u.clock.flags = (uint16_t)choice(2);
    } else list[i].u.fd = (uint32_t)other_fd();
  }
  if (odd(60)) return place(240);
  return list;
}

// Directories are not opened for writing.
static int64_t rights(void) { return pick(3) ? (pick(2) ? 0x1fffffff : 0x1fffffff & ~R_WRITE) : polite ? pick(0x20000000) : number(); }

static void call(void) {
  int32_t n, n2, out;
  uint32_t *size = place(4);
  const iovec *v;
  iovec one;
  const char *p, *q;
  int what = (int)pick(36);
  switch (what) {
    case 0: p1_fd_advise(fd(), moderate(), moderate(), choice(6)); break;
    case 1: p1_fd_allocate(fd(), moderate(), moderate()); break;
    case 2: if (pick(3) == 0) p1_fd_close(other_fd()); break;
    case 3: p1_fd_datasync(fd()); break;
    case 4: p1_fd_fdstat_get(fd(), place(24)); break;
    case 5: p1_fd_fdstat_set_flags(other_fd(), choice(32)); break;
    case 6: if (pick(20) == 0) p1_fd_fdstat_set_rights(other_fd(), rights(), rights()); break;
    case 7: p1_fd_filestat_get(fd(), place(64)); break;
    case 8: p1_fd_filestat_set_size(fd(), moderate()); break;
    case 9: p1_fd_filestat_set_times(fd(), number(), number(), choice(16)); break;
    case 10: v = vectors(&n); search(p1_fd_pread(fd(), v, n, moderate(), size), size, v, n, what); break;
    case 11: p1_fd_prestat_get(fd(), place(8)); break;
    case 12: p = place(30000); p1_fd_prestat_dir_name(fd(), (char *)p, length(p)); break;
    case 13: v = vectors(&n); p1_fd_pwrite(other_fd(), v, n, moderate(), size); break;
    case 14: v = vectors(&n); search(p1_fd_read(fd(), v, n, size), size, v, n, what); break;
    case 15: p = place(30000), n = length(p); one = (iovec){(uint8_t *)p, (uint32_t)n}, search(p1_fd_readdir(fd(), (void *)p, n, pick(3) ? (int64_t)pick(20) : number(), size), size, &one, 1, what); break;
    case 16: if (pick(8) == 0) p1_fd_renumber(other_fd(), other_fd()); break;
    case 17: p1_fd_seek(fd(), pick(2) ? moderate() : -moderate(), choice(3), place(8)); break;
    case 18: p1_fd_sync(fd()); break;
    case 19: p1_fd_tell(fd(), place(8)); break;
    case 20: case 21: v = vectors(&n); p1_fd_write(other_fd(), v, n, size); break;
    case 22: p = path(&n); p1_path_create_directory(fd(), p, n); break;
    case 23: p = path(&n); p1_path_filestat_get(fd(), choice(2), p, n, place(64)); break;
    case 24: p = path(&n); p1_path_filestat_set_times(fd(), choice(2), p, n, number(), number(), choice(16)); break;
    case 25: p = path(&n), q = path(&n2); p1_path_link(fd(), choice(2), p, n, fd(), q, n2); break;
    case 26: case 27: case 28: {
      int32_t *result = pick(4) ? &out : place(4);
      out = -1;
      p = path(&n);
      p1_path_open(fd(), choice(2), p, n, choice(16), rights(), rights(), choice(32), result);
      if (result == &out && out > 2) {
        int32_t *slot = &opened[DIRS + pick(16 - DIRS)]; // the first stay
        if (*slot != ROOT) p1_fd_close(*slot);
        *slot = out;
      }
      break;
    }
    case 29: p = path(&n), q = place(30000), n2 = length(q); one = (iovec){(uint8_t *)q, (uint32_t)n2}, search(p1_path_readlink(fd(), p, n, (char *)q, n2, size), size, &one, 1, what); break;
    case 30: p = path(&n); p1_path_remove_directory(fd(), p, n); break;
    case 31: p = path(&n), q = path(&n2); p1_path_rename(fd(), p, n, fd(), q, n2); break;
    case 32: p = path(&n), q = path(&n2); p1_path_symlink(p, n, fd(), q, n2); break;
    case 33: p = path(&n); p1_path_unlink_file(fd(), p, n); break;
    case 34: {
      const subscription *s = subscriptions(&n);
      p1_poll_oneoff(s, place(200), n, size);
      break;
    }
    case 35:
#ifdef UNSTABLE
      if (polite) break; // there is a host that traps
#endif
      v = vectors(&n);
      switch (pick(3)) {
        case 0: p1_sock_recv(other_fd(), v, n, choice(4), size, place(2)); break;
        case 1: p1_sock_send(other_fd(), v, n, polite ? 0 : choice(4), size); break;
        default: p1_sock_shutdown(other_fd(), choice(4)); break;
      }
      break;
  }
}

// The embedded files, through a descriptor of the start that no call is told of.
static uint64_t embedded(int32_t dir) {
  uint64_t hash = 0;
  static const char *const names[] = {"a", "b", "dir/c"};
  for (int i = 0; i < 3; i++) {
    int32_t file;
    uint8_t text[64];
    iovec one = {text, sizeof text};
    uint32_t n = 0;
    if (open_at(dir, names[i], 0, R_READ, &file)) return 0;
    if (p1_fd_pread(file, &one, 1, 0, &n)) return 0;
    p1_fd_close(file);
    for (uint32_t k = 0; k < n; k++) hash = hash * 31 + text[k];
  }
  return hash | 1;
}

int main(int argc, char **argv) {
  state = 0x9e3779b97f4a7c15ull * (uint64_t)(atoll(argv[1]) + 1);
  int calls = atoi(argv[2]);
  anywhere = argc > 3 && strcmp(argv[3], "any") == 0;
  polite = argc > 3 && strcmp(argv[3], "polite") == 0;
  // A number that random ones do not reach.
  int32_t held[60], ro;
  for (int i = 0; i < 60; i++)
    if (open_at(ROOT, "ro", DIRECTORY, R_ALL_READ, &held[i])) return 1;
  ro = held[59];
  for (int i = 0; i < 59; i++) p1_fd_close(held[i]);
  uint64_t before = embedded(ro);
  if (!before) return 2;
  for (int i = 0; i < 16; i++) opened[i] = ROOT;
  static const char *const dirs[DIRS] = {"work", "tmp", "given", "ro/host"};
  for (int i = 0; i < DIRS; i++)
    if (open_at(ROOT, dirs[i], DIRECTORY, 0x1fffffff & ~R_WRITE, &opened[i])) opened[i] = ROOT;
  for (int i = 0; i < calls; i++) {
    wild = 0;
    call();
  }
  wild = 0;
  // Nor is what it says in a variable worth anything then.
  if (anywhere) caught = 0;
  else if (!caught && canary((const uint8_t *)8, __builtin_wasm_memory_size(0) * 65536 - 8)) caught = 100;
  // What libc would still do may rely on what was written over.
  if (anywhere) _Exit(embedded(ro) == before ? 42 : 3);
  if (caught) return fprintf(stderr, "a canary was caught by call %d\n", caught - 1), 4;
  return embedded(ro) == before ? 42 : 3;
}
