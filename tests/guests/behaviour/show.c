// Prints the files it is told to.
#include "say.h"

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) say_file(argv[i]);
  return 0;
}
