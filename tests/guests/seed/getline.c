// Prints the file that its last argument names, line by line.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  FILE *file = fopen(argv[argc - 1], "r");
  if (!file) {
    perror(argv[argc - 1]);
    return 1;
  }
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, file) != -1) fputs(line, stdout);
  return fclose(file);
}
