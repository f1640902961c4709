// Preloaded into a gateway by the section `bodies`: adds up the bytes that memcpy, memmove and moving reallocations copy, in the eight bytes of the
// file that BENCH_COPY_COUNTER names. Loops that copy byte by byte are not seen; the section's CPU a byte bounds them.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t before_start;
static uint64_t* copied = &before_start;

static void Count(size_t bytes) { __atomic_fetch_add(copied, bytes, __ATOMIC_RELAXED); }

__attribute__((constructor)) static void Open(void) {
  const char* path = getenv("BENCH_COPY_COUNTER");
  if (path == NULL) return;
  const int file = open(path, O_RDWR);
  void* page = file < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) _exit(3);
  close(file);
  copied = page;
}

// The real ones are looked up on first use; glibc's own dlsym copies nothing through these names.
typedef void* (*Copier)(void*, const void*, size_t);
typedef void* (*Reallocator)(void*, size_t);

#define COPIER(name)                                                      \
  void* name(void* to, const void* from, size_t bytes) {                  \
    static Copier real;                                                   \
    if (real == NULL) real = (Copier)dlsym(RTLD_NEXT, #name);             \
    Count(bytes);                                                         \
    return real(to, from, bytes);                                         \
  }

COPIER(memcpy)
COPIER(memmove)
COPIER(mempcpy)

#define CHECKED_COPIER(name, plain)                                       \
  void* name(void* to, const void* from, size_t bytes, size_t room) {     \
    if (bytes > room) abort();                                            \
    return plain(to, from, bytes);                                        \
  }

CHECKED_COPIER(__memcpy_chk, memcpy)
CHECKED_COPIER(__memmove_chk, memmove)

// glibc moves the pages of a mapped block without copying them; bit 1 of the word before a block says that it is mapped.
static int IsMapped(const void* block) { return (((const size_t*)block)[-1] & 2) != 0; }

void* realloc(void* block, size_t bytes) {
  static Reallocator real;
  if (real == NULL) real = (Reallocator)dlsym(RTLD_NEXT, "realloc");
  if (block == NULL) return real(block, bytes);
  const size_t old_bytes = malloc_usable_size(block);
  const int was_mapped = IsMapped(block);
  const uintptr_t old_place = (uintptr_t)block;
  void* moved = real(block, bytes);
  const int is_copied = moved != NULL && (uintptr_t)moved != old_place && !(was_mapped && IsMapped(moved));
  if (is_copied) Count(old_bytes < bytes ? old_bytes : bytes);
  return moved;
}
