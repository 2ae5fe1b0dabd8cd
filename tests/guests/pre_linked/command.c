// Prints a file and a directory: the seed of every program that reads.
#include <dirent.h>
#include <stdio.h>

int main(int argc, char **argv) {
  FILE *file = fopen(argv[1], "r");
  if (argc < 2 || !file) {
    perror(argv[1]);
    return 1;
  }
  char text[256];
  size_t size = fread(text, 1, sizeof text, file);
  fwrite(text, 1, size, stdout);
  fclose(file);
  int count = 0;
  DIR *dir = opendir("/");
  for (struct dirent *entry; (entry = readdir(dir));) count++;
  printf("%d names in /\n", count);
  return 0;
}
