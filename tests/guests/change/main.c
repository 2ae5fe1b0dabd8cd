// Changes a directory in every way POSIX has, and writes down what happened.
//
// Usage: change ROOT [make]          all sections; with `make` it lays out the start itself, else that is there
//        change ROOT seed            only lays it out
//        change ROOT storm SEED N    N random calls instead, in a directory with the start laid out
//
// The same lines on a directory of the host, on a tmpfs mount and on a writable mount.
#include "change.h"

const char *root = "";
int image_sections;

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0); // a trap must not swallow the lines before it
  if (argc > 1) root = strcmp(argv[1], "/") == 0 ? "" : argv[1];
  const char *what = argc > 2 ? argv[2] : "";
  if (strcmp(what, "make") == 0 || strcmp(what, "seed") == 0) make_seed();
  if (strcmp(what, "seed") == 0) return 0;
  if (strcmp(what, "storm") == 0) {
    storm((unsigned)atoi(argv[3]), atoi(argv[4]));
    printf("done\n");
    return 0;
  }
  section("change", "start");
  dump("");
  opens();
  contents();
  offsets();
  unlinked();
  directories();
  renames();
  links();
  listings();
  times();
  flags();
  numbers();
  polls();
  space();
  rawcalls();
  section("change", "end");
  dump("");
  printf("done\n");
}
