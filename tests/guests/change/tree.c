// Laying out, looking at and deleting trees.
#include "change.h"

const char *at(const char *name) {
  static char buffers[8][4200];
  static int next;
  char *to = buffers[next++ % 8];
  snprintf(to, sizeof buffers[0], *name ? "%s/%s" : *root ? "%s" : "/", root, name);
  return to;
}

long long closed(int fd) { return fd < 0 ? -1 : close(fd); }

static void must(int good, const char *what, const char *name) {
  if (good) return;
  printf("can't %s %s -> %s\n", what, name, errno_name(errno));
  exit(3);
}

void put(const char *name, const char *text) {
  int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  must(fd >= 0, "open", name);
  must(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write", name);
  must(close(fd) == 0, "close", name);
}

void put_pattern(const char *name, size_t size, unsigned seed) {
  static unsigned char block[4099];
  int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  must(fd >= 0, "open", name);
  for (size_t done = 0; done < size;) {
    size_t n = size - done < sizeof block ? size - done : sizeof block;
    for (size_t i = 0; i < n; i++) block[i] = (unsigned char)((seed = seed * 1103515245u + 12345u) >> 16);
    must(write(fd, block, n) == (ssize_t)n, "write", name);
    done += n;
  }
  must(close(fd) == 0, "close", name);
}

void make_seed(void) {
  put("file", "the first line\nthe second line\n");
  put("nothing", "");
  put_pattern("big", 200000, 7);
  put("hard-1", "one file, two names\n");
  must(link(at("hard-1"), at("hard-2")) == 0, "link", "hard-2");
  must(symlink("file", at("link")) == 0, "symlink", "link");
  must(symlink("nowhere", at("dangling")) == 0, "symlink", "dangling");
  must(symlink("dir", at("link-dir")) == 0, "symlink", "link-dir");
  must(symlink("loop", at("loop")) == 0, "symlink", "loop");
  static const char *const dirs[] = {"dir", "dir/sub", "dir/sub/deeper", "empty", "many"};
  for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) must(mkdir(at(dirs[i]), 0755) == 0, "mkdir", dirs[i]);
  put("dir/a", "a\n");
  put("dir/sub/b", "bb\n");
  put("dir/sub/deeper/c", "ccc\n");
  must(symlink("../../file", at("dir/sub/up")) == 0, "symlink", "dir/sub/up");
  for (int i = 0; i < 100; i++) {
    char name[32], text[32];
    snprintf(name, sizeof name, "many/n%03d", i);
    snprintf(text, sizeof text, "number %d\n", i);
    put(name, text);
  }
  // Inner ones first: a new name changes its directory's time.
  static const char *const timed[] = {"file", "nothing", "big", "hard-1", "dir/sub/deeper/c", "dir/sub/b", "dir/a", "dir/sub/deeper", "dir/sub", "dir", "empty", "many"};
  for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
    struct timespec when[2] = {{1500000000 + (long)i, 123456789}, {1500000000 + (long)i, 123456789}};
    must(utimensat(AT_FDCWD, at(timed[i]), when, 0) == 0, "utimensat", timed[i]);
  }
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// The sorted names of a directory but `.` and `..`; the number of them, -1 when it can't be listed.
static int names_of(const char *name, char ***names) {
  DIR *d = opendir(at(name));
  *names = NULL;
  if (!d) return -1;
  int count = 0, room = 0;
  struct dirent *e;
  while ((e = readdir(d))) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    if (count == room) *names = realloc(*names, (size_t)(room = room * 2 + 16) * sizeof **names);
    (*names)[count++] = strdup(e->d_name);
  }
  closedir(d);
  qsort(*names, (size_t)count, sizeof **names, by_name);
  return count;
}

static uint64_t content(const char *name, uint64_t hash) {
  static unsigned char block[65536];
  int fd = open(at(name), O_RDONLY);
  if (fd < 0) return hash + (uint64_t)errno;
  ssize_t n;
  while ((n = read(fd, block, sizeof block)) > 0) hash = fnv(hash, block, (size_t)n);
  if (n < 0) hash += (uint64_t)errno + 1000;
  close(fd);
  return hash;
}

void show(const char *name) {
  struct stat s;
  print_text(*name ? name : ".");
  if (lstat(at(name), &s) != 0) {
    printf(" -> %s\n", errno_name(errno));
    return;
  }
  printf(" -> %s", type_name(s.st_mode));
  if (!S_ISDIR(s.st_mode)) printf(" size %lld nlink %llu", (long long)s.st_size, (unsigned long long)s.st_nlink);
  if (S_ISREG(s.st_mode)) printf(" fnv %016llx", (unsigned long long)content(name, FNV_START));
  if (S_ISLNK(s.st_mode)) {
    char target[300];
    ssize_t n = readlink(at(name), target, sizeof target - 1);
    target[n < 0 ? 0 : n] = 0;
    printf(" to ");
    print_text(target);
  }
  printf("\n");
}

// Names are joined on the heap: deep trees would fill the stack of buffers.
static char *join(const char *dir, const char *name) {
  char *path = malloc(strlen(dir) + strlen(name) + 2);
  sprintf(path, *dir ? "%s/%s" : "%s%s", dir, name);
  return path;
}

static int is_dir(const char *name) {
  struct stat s;
  return lstat(at(name), &s) == 0 && S_ISDIR(s.st_mode);
}

void dump(const char *name) {
  char **names;
  int count = names_of(name, &names);
  if (count > 20) printf("%s -> %d entries %016llx\n", name, count, (unsigned long long)digest(name));
  for (int i = 0; i < count; i++) {
    char *path = join(name, names[i]);
    if (count <= 20) {
      show(path);
      if (is_dir(path)) dump(path);
    }
    free(path);
    free(names[i]);
  }
  free(names);
}

static uint64_t digest_into(const char *name, uint64_t hash) {
  struct stat s;
  if (lstat(at(name), &s) != 0) return hash + (uint64_t)errno;
  hash = fnv(hash, type_name(s.st_mode), 3);
  if (S_ISLNK(s.st_mode)) {
    char target[300];
    ssize_t n = readlink(at(name), target, sizeof target);
    return fnv(hash, target, n < 0 ? 0 : (size_t)n);
  }
  if (!S_ISDIR(s.st_mode)) {
    hash = fnv(hash, &s.st_size, sizeof s.st_size);
    hash = fnv(hash, &s.st_nlink, sizeof s.st_nlink);
    return content(name, hash);
  }
  char **names;
  int count = names_of(name, &names);
  hash = fnv(hash, &count, sizeof count);
  for (int i = 0; i < count; i++) {
    char *path = join(name, names[i]);
    hash = digest_into(path, fnv(hash, names[i], strlen(names[i])));
    free(path);
    free(names[i]);
  }
  free(names);
  return hash;
}

uint64_t digest(const char *name) { return digest_into(name, FNV_START); }

void wipe(const char *name) {
  if (is_dir(name)) {
    char **names;
    int count = names_of(name, &names);
    for (int i = 0; i < count; i++) {
      char *path = join(name, names[i]);
      wipe(path);
      free(path);
      free(names[i]);
    }
    free(names);
    rmdir(at(name));
  } else unlink(at(name));
}
