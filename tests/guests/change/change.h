// The shared part of `change`: where the work happens, and short ways to look at it.
#pragma once

#include "../c/report.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// The directory that is changed, without a slash at its end: empty for `/`.
extern const char *root;

// `name` below the root, in one of a few buffers that take turns.
const char *at(const char *name);

// Writes a file anew; the program stops when that fails.
void put(const char *name, const char *text);
void put_pattern(const char *name, size_t size, unsigned seed);

// `label -> type size nlink fnv of the content` of one name, links not followed.
void show(const char *name);

// The whole tree below `name`, sorted, one line an entry; a directory with more than 20 entries as one hash.
void dump(const char *name);

// One hash over all names, types, sizes, link counts, targets and contents.
uint64_t digest(const char *name);

// Deletes a name with all that is below; names that are not there are fine.
void wipe(const char *name);

// Lays out what every section starts from, with fixed times.
void make_seed(void);

// Whether an open succeeded, with the descriptor closed again.
long long closed(int fd);

void opens(void);
void contents(void);
void offsets(void);
void unlinked(void);
void directories(void);
void renames(void);
void links(void);
void listings(void);
void times(void);
void flags(void);
void numbers(void);
void polls(void);
void space(void);
void rawcalls(void);
void storm(unsigned seed, int steps);
