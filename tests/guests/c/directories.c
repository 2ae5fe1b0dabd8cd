// Listings: complete, with `.` and `..`, right types and inodes, positions that can be returned to.
#include "report.h"
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 400 };
static char *names[MOST];
static int types[MOST];
static int count;

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a + 0, *(char *const *)b + 0);
}

// Reads the rest of `d`; names come out sorted, each with its type as the first byte.
static void collect(DIR *d, const char *dir, int *inode_mismatches) {
  struct dirent *e;
  count = 0;
  *inode_mismatches = 0;
  while ((e = readdir(d)) && count < MOST) {
    size_t n = strlen(e->d_name);
    char *copy = malloc(n + 2);
    copy[0] = e->d_type == DT_DIR ? 'd' : e->d_type == DT_REG ? 'f' : e->d_type == DT_LNK ? 'l' : '?';
    memcpy(copy + 1, e->d_name, n + 1);
    types[count] = copy[0];
    names[count++] = copy;
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
    struct stat s;
    // `..` of the root leads outside of it on a host directory.
    if (strcmp(e->d_name, "..") != 0 && (lstat(path, &s) != 0 || s.st_ino != e->d_ino)) (*inode_mismatches)++;
  }
  qsort(names, (size_t)count, sizeof *names, by_name);
}

static void release(void) {
  for (int i = 0; i < count; i++) free(names[i]);
  count = 0;
}

static void list(const char *dir) {
  DIR *d = opendir(dir);
  if (!d) {
    outcome("opendir", dir, -1);
    return;
  }
  int mismatches;
  collect(d, dir, &mismatches);
  printf("list ");
  print_text(dir);
  printf(" -> %d entries, %d with another inode than lstat\n", count, mismatches);
  if (count <= 100)
    for (int i = 0; i < count; i++) {
      printf("  %c ", names[i][0]);
      print_text(names[i] + 1);
      printf("\n");
    }
  else {
    uint64_t hash = FNV_START;
    for (int i = 0; i < count; i++) hash = fnv(hash, names[i], strlen(names[i]) + 1);
    printf("  fnv of all sorted names and types %016llx\n", (unsigned long long)hash);
  }
  release();
  rewinddir(d);
  collect(d, dir, &mismatches);
  printf("after rewinddir -> %d entries\n", count);
  release();
  closedir(d);
}

static void positions(void) {
  section("read", "positions");
  static char at[MOST][256];
  static long tell[MOST];
  int n = 0;
  DIR *d = opendir("/many");
  if (!d) return;
  struct dirent *e;
  for (;;) {
    tell[n] = telldir(d);
    e = readdir(d);
    if (!e || n + 1 == MOST) break;
    strcpy(at[n++], e->d_name);
  }
  printf("entries -> %d\n", n);
  int wrong = 0;
  for (int k = 0; k < n; k++) {
    int i = (k * 7919) % n; // every position once, in a scattered order
    seekdir(d, tell[i]);
    e = readdir(d);
    wrong += !e || strcmp(e->d_name, at[i]) != 0;
  }
  printf("positions that led elsewhere -> %d\n", wrong);
  seekdir(d, tell[n]);
  printf("at the end -> %d\n", readdir(d) == NULL);
  int distinct = 1;
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++) distinct &= strcmp(at[i], at[j]) != 0;
  printf("no name twice -> %d\n", distinct);

  // Two streams on one directory do not disturb each other, nor do other calls in between.
  DIR *other = opendir("/many");
  rewinddir(d);
  int same = 1;
  for (int i = 0; i < n; i++) {
    struct dirent *x = readdir(d);
    same &= x && strcmp(x->d_name, at[i]) == 0;
    char path[300];
    snprintf(path, sizeof path, "/many/%s", at[i]);
    struct stat s;
    stat(path, &s);
    if (i % 3 == 0) readdir(other);
  }
  printf("interleaved listing is the same -> %d\n", same);
  closedir(other);
  closedir(d);

  int fd = open("/dir", O_RDONLY | O_DIRECTORY);
  d = fdopendir(fd);
  printf("fdopendir -> %d\n", d != NULL);
  if (d) {
    int mismatches;
    collect(d, "/dir", &mismatches);
    printf("entries -> %d\n", count);
    release();
    closedir(d);
  }
  fd = open("/file.txt", O_RDONLY);
  d = fdopendir(fd);
  int entries = d && readdir(d) != NULL;
  printf("fdopendir on a file lists -> %d\n", entries);
  if (d) closedir(d);
  else close(fd);
}

static void helpers(void) {
  section("read", "scandir and glob");
  struct dirent **found;
  int n = scandir("/dir", &found, NULL, alphasort);
  for (int i = 0; i < n; i++) {
    printf("scandir -> %s\n", found[i]->d_name);
    free(found[i]);
  }
  glob_t g;
  static const char *const patterns[] = {"/many/entry-00*", "/*/file.txt", "/size-?", "/dir/*/*", "/nothing*", "/.*"};
  for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
    int r = glob(patterns[k], 0, NULL, &g);
    printf("glob %s -> %d, %d paths\n", patterns[k], r, r ? 0 : (int)g.gl_pathc);
    for (size_t i = 0; r == 0 && i < g.gl_pathc && g.gl_pathc < 20; i++) printf("  %s\n", g.gl_pathv[i]);
    uint64_t hash = FNV_START;
    for (size_t i = 0; r == 0 && i < g.gl_pathc; i++) hash = fnv(hash, g.gl_pathv[i], strlen(g.gl_pathv[i]) + 1);
    printf("  fnv of all paths %016llx\n", (unsigned long long)hash);
    if (r == 0) globfree(&g);
  }
}

void directories(void) {
  section("read", "listings");
  static const char *const dirs[] = {"/", "/dir", "/dir/nested", "/empty-dir", "/many", "/link-dir", "/日本語", "/.", "/dir/..", "/chain-20"};
  for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) list(dirs[i]);
  positions();
  helpers();
}
