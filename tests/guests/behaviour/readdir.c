// Lists directories, one with more names than a buffer of wasi-libc's holds.
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "say.h"

int main(void) {
  DIR *dir = opendir("/many");
  int count = 0, sum = 0, files = 0, right = 0, dots = 0;
  long middle = 0;
  char at_middle[256] = "";
  for (struct dirent *entry; (entry = readdir(dir)); count++) {
    if (count == 100) middle = telldir(dir);
    if (count == 101) strcpy(at_middle, entry->d_name);
    if (entry->d_name[0] == '.') {
      dots++;
      continue;
    }
    sum += atoi(entry->d_name + 5);
    files += entry->d_type == DT_REG;
    char path[300];
    struct stat stat_of;
    snprintf(path, sizeof path, "/many/%s", entry->d_name);
    right += !stat(path, &stat_of) && stat_of.st_ino == entry->d_ino;
  }
  printf("%d names, %d files, sum %d, %d inodes right, %d dots\n", count, files, sum, right, dots);
  seekdir(dir, middle);
  struct dirent *entry = readdir(dir);
  printf("seekdir: %d\n", entry && !strcmp(entry->d_name, at_middle));
  rewinddir(dir);
  for (count = 0; readdir(dir);) count++;
  printf("rewinddir: %d names\n", count);
  printf("closedir: %d\n", closedir(dir));

  struct dirent **names;
  count = scandir("/mixed", &names, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    int type = names[i]->d_type;
    printf("%s: %s\n", names[i]->d_name, type == DT_DIR ? "directory" : type == DT_LNK ? "link" : "file");
  }
  printf("a file: %s\n", opendir("/mixed/file") ? "?" : error_name());
  printf("nothing: %s\n", opendir("/none") ? "?" : error_name());
  count = scandir("/mixed/empty", &names, NULL, alphasort);
  printf("empty: %d names\n", count);
  return 0;
}
