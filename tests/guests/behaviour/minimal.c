// Has nothing to do with files.
int main(void) { return 7; }
