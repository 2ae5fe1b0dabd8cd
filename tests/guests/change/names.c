// Directories, renames and links: every case with its error.
#include "change.h"

void directories(void) {
  section("change", "directories");
  static const char *const names[] = {"new", "new", "new/inner", "dir", "file", "link", "dangling", "link-dir", "loop", "missing/x", "file/x", "new/", "fresh/", ".", "dir/.", "empty/..", "link-dir/made"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) outcome("mkdir", names[i], mkdir(at(names[i]), 0755));
  show("new");
  show("fresh");
  show("dir/made");
  struct stat s;
  outcome("mode", "new", stat(at("new"), &s) ? -1 : S_ISDIR(s.st_mode));
  static const char *const gone[] = {"new", "dir", "file", "link", "link-dir", "missing", "missing/x", "file/x", "loop", ".", "empty/.", "empty/..", "new/inner", "new", "new", "fresh/", "link-dir/made", "link-dir/"};
  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) outcome("rmdir", gone[i], rmdir(at(gone[i])));
  rmdir(at("fresh")); // hosts differ about a name with a slash

  // 200 levels, and down again.
  char path[1024] = "deep";
  int made = mkdir(at("deep"), 0755) == 0;
  for (int i = 0; i < 199; i++) {
    strcat(path, "/d");
    made += mkdir(at(path), 0755) == 0;
  }
  printf("levels made -> %d\n", made);
  char file[1100];
  snprintf(file, sizeof file, "%s/f", path);
  put(file, "deep\n");
  outcome("stat at the bottom", "f", stat(at(file), &s) ? -1 : s.st_size);
  outcome("rmdir a full one", "deep", rmdir(at("deep")));
  wipe("deep");
  show("deep");

  char name[300];
  memset(name, 'n', sizeof name);
  name[255] = 0;
  outcome("255 bytes", "mkdir", mkdir(at(name), 0755));
  outcome("255 bytes", "rmdir", rmdir(at(name)));
  name[255] = 'n', name[256] = 0;
  outcome("256 bytes", "mkdir", mkdir(at(name), 0755));
  outcome("256 bytes", "open", closed(open(at(name), O_CREAT | O_WRONLY, 0644)));
  outcome("256 bytes", "symlink", symlink("x", at(name)));
  outcome("256 bytes", "rename to", rename(at("file"), at(name)));
  outcome("256 bytes", "link to", link(at("file"), at(name)));
  outcome("256 bytes", "unlink", unlink(at(name)));
}

static void move(const char *from, const char *to) {
  int r = rename(at(from), at(to));
  int e = errno;
  printf("rename %s to %s -> %s\n", from, to, r ? errno_name(e) : "done");
}

void renames(void) {
  section("change", "rename");
  mkdir(at("r"), 0755);
  mkdir(at("r/full"), 0755);
  put("r/full/x", "x\n");
  mkdir(at("r/empty"), 0755);
  mkdir(at("r/empty2"), 0755);
  put("r/a", "a\n");
  put("r/b", "bb\n");
  symlink("a", at("r/l"));
  symlink("full", at("r/ld"));
  uint64_t before = digest("r");
  static const char *const names[] = {"r/a", "r/full", "r/empty", "r/l", "r/ld", "r/missing", "r/a/x", "r/missing/x", "r/full/x"};
  static const char *const targets[] = {"r/a", "r/b", "r/full", "r/empty2", "r/l", "r/ld", "r/new", "r/missing/x", "r/a/x", "r/full/new", "r/full/x", "r/ld/y", "r/empty/y", "r/full/sub/y", "r"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (size_t k = 0; k < sizeof targets / sizeof *targets; k++) {
      move(names[i], targets[k]);
      if (digest("r") == before) continue;
      show(targets[k]);
      printf("  then %016llx\n", (unsigned long long)digest("r"));
      wipe("r");
      mkdir(at("r"), 0755);
      mkdir(at("r/full"), 0755);
      put("r/full/x", "x\n");
      mkdir(at("r/empty"), 0755);
      mkdir(at("r/empty2"), 0755);
      put("r/a", "a\n");
      put("r/b", "bb\n");
      symlink("a", at("r/l"));
      symlink("full", at("r/ld"));
      if (digest("r") != before) printf("can't be laid out again\n");
    }

  // Between directories of the start; files that are open go along.
  int fd = open(at("dir/sub/b"), O_RDWR);
  int dir = open(at("dir/sub"), O_RDONLY | O_DIRECTORY);
  struct stat s, t;
  fstat(fd, &s);
  move("dir/sub", "empty/moved");
  show("dir/sub");
  dump("empty");
  outcome("write to a moved file", "b", pwrite(fd, "BB", 2, 0));
  outcome("open below the moved directory", "b", closed(openat(dir, "b", O_RDONLY)));
  outcome("create below it", "n", closed(openat(dir, "n", O_WRONLY | O_CREAT, 0644)));
  show("empty/moved/n");
  printf("the inode stays -> %d\n", stat(at("empty/moved/b"), &t) == 0 && t.st_ino == s.st_ino);
  outcome("open dot dot of the moved directory", "..", closed(openat(dir, "deeper/../b", O_RDONLY)));
  unlink(at("empty/moved/n"));
  pwrite(fd, "bb", 2, 0);
  close(fd);
  close(dir);
  move("empty/moved/deeper", "empty/moved/deeper/own");
  move("empty", "empty/moved/x");
  move("empty/moved", "dir/sub");
  dump("dir");
  move("dir", "dir2");
  move("dir2", "dir");
  move("hard-1", "hard-2"); // two names of one file: nothing happens, both stay
  show("hard-1");
  show("hard-2");
  // Over a file that is open.
  put("r/old", "old\n");
  put("r/new", "new\n");
  fd = open(at("r/old"), O_RDONLY);
  move("r/new", "r/old");
  char text[8] = "";
  outcome("read the replaced file", "r/old", read(fd, text, 4));
  printf("text -> %s", text);
  outcome("its nlink", "r/old", fstat(fd, &s) ? -1 : (long long)s.st_nlink);
  close(fd);
  show("r/old");
  show("r/new");
  // Many renames over one name: what is replaced must be freed.
  for (int i = 0; i < 300; i++) {
    put_pattern("r/tmp", 10000, (unsigned)i);
    if (rename(at("r/tmp"), at("r/target")) != 0) printf("rename %d failed\n", i);
  }
  show("r/target");
  wipe("r");
}

static void hard(const char *from, const char *to) {
  int r = link(at(from), at(to));
  int e = errno;
  printf("link %s to %s -> %s\n", from, to, r ? errno_name(e) : "done");
}

void links(void) {
  section("change", "hard links");
  hard("file", "third");
  show("file");
  show("third");
  hard("file", "third");
  hard("file", "dir");
  hard("dir", "dir-link");
  hard("missing", "x");
  hard("file", "missing/x");
  hard("file/x", "y");
  hard("file", "file");
  hard("file", "link");
  hard("link", "link-link"); // a name for the link itself
  show("link-link");
  show("link");
  outcome("unlink", "link-link", unlink(at("link-link")));
  int fd = open(at("third"), O_WRONLY | O_TRUNC);
  write(fd, "by the third name\n", 18);
  close(fd);
  show("file");
  outcome("unlink", "file", unlink(at("file")));
  show("third");
  outcome("rename back", "third", rename(at("third"), at("file")));
  put("file", "the first line\nthe second line\n");
  show("file");
  // Names in other directories, of a file of the start.
  hard("hard-1", "dir/hard-3");
  show("hard-2");
  outcome("unlink", "hard-2", unlink(at("hard-2")));
  show("dir/hard-3");
  hard("dir/hard-3", "hard-2");
  outcome("unlink", "dir/hard-3", unlink(at("dir/hard-3")));
  show("hard-1");

  section("change", "symbolic links");
  struct { const char *target, *name; } made[] = {
      {"file", "s1"}, {"dir/../file", "s2"}, {"s3", "s3"}, {"missing", "s4"}, {"..", "dir/s5"}, {"", "s6"}, {"x", "file"}, {"x", "dir"}, {"x", "missing/s"}, {"x", "file/s"}, {"x", "s1"}, {"dir/", "s7"}, {"s1", "s8"}};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
    int r = symlink(made[i].target, at(made[i].name));
    int e = errno;
    printf("symlink %s at %s -> %s\n", made[i].target, made[i].name, r ? errno_name(e) : "done");
  }
  static const char *const followed[] = {"s1", "s2", "s3", "s4", "dir/s5/file", "s7/a", "s8", "s1/x"};
  struct stat s;
  for (size_t i = 0; i < sizeof followed / sizeof *followed; i++) outcome("stat", followed[i], stat(at(followed[i]), &s) ? -1 : s.st_size);
  outcome("write through", "s4", closed(open(at("s4"), O_WRONLY | O_CREAT, 0644)));
  show("missing");
  unlink(at("missing"));
  char target[300];
  memset(target, 't', sizeof target);
  outcome("readlink", "file", readlink(at("file"), target, sizeof target));
  outcome("readlink", "dir", readlink(at("dir"), target, sizeof target));
  outcome("readlink into 3 bytes", "s2", readlink(at("s2"), target, 3));
  printf("  bytes -> %.4s\n", target);
  static const char *const gone[] = {"s1", "s2", "s3", "s4", "dir/s5", "s6", "s7", "s8"};
  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) unlink(at(gone[i]));
  // A chain of 40 leads somewhere, one of 41 does not; through files of its own.
  symlink("file", at("c1"));
  for (int i = 2; i <= 45; i++) {
    char from[8], to[8];
    snprintf(to, sizeof to, "c%d", i - 1);
    snprintf(from, sizeof from, "c%d", i);
    symlink(to, at(from));
  }
  outcome("stat", "c32", stat(at("c32"), &s) ? -1 : s.st_size);
  outcome("stat", "c45", stat(at("c45"), &s) ? -1 : s.st_size);
  for (int i = 1; i <= 45; i++) {
    char name[8];
    snprintf(name, sizeof name, "c%d", i);
    unlink(at(name));
  }
}
