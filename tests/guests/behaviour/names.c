// Lists a directory and opens everything by the names it is told, whatever their letters.
#include <dirent.h>
#include <stdlib.h>

#include "say.h"

static void list(const char *path) {
  struct dirent **names;
  int count = scandir(path, &names, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    if (names[i]->d_name[0] == '.') continue;
    char below[512];
    snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
    if (names[i]->d_type == DT_DIR)
      list(below);
    else
      say_file(below);
  }
}

int main(void) {
  list("/names");
  say_file("/names/Grüße.txt");
  return 0;
}
