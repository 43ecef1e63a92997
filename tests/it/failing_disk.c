/* Preloaded: calls on the files of a store fail from a chosen call on, a chosen number of times.
 *
 * FAILING_DISK_COUNT names a file that gets one byte for each such call; before that file exists, no call counts.
 * FAILING_DISK_FROM and FAILING_DISK_TIMES say which of them fail. A write fails whole or, every third, after its first
 * half, as on a disk that becomes full during the write.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static int is_of_a_store(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "roomwright.db") != NULL;
}

/* The number of a call that fails; 0 for a call that succeeds. */
static long fails(int fd) {
    const char *count = getenv("FAILING_DISK_COUNT");
    int before = errno;
    if (!count || !is_of_a_store(fd)) {
        errno = before;
        return 0;
    }
    long file = syscall(SYS_openat, AT_FDCWD, count, O_WRONLY | O_APPEND, 0);
    if (file < 0) {
        errno = before;
        return 0;
    }
    syscall(SYS_write, (int)file, ".", 1);
    syscall(SYS_close, (int)file);
    errno = before;
    long call = atomic_fetch_add(&calls, 1) + 1;
    long from = number("FAILING_DISK_FROM"), times = number("FAILING_DISK_TIMES");
    if (from == 0 || call < from || call >= from + times) return 0;
    errno = call % 2 ? EIO : ENOSPC;
    return call;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size) {
    return fails(fd) ? -1 : REAL(write)(fd, data, size);
}

#define PWRITE(name, offset)                                                   \
    ssize_t name(int fd, const void *data, size_t size, offset at) {           \
        long call = fails(fd);                                                 \
        if (!call) return REAL(name)(fd, data, size, at);                      \
        int error = errno;                                                     \
        if (call % 3 == 0 && size > 1) REAL(name)(fd, data, size / 2, at);     \
        errno = error;                                                         \
        return -1;                                                             \
    }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

int fsync(int fd) {
    return fails(fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
    return fails(fd) ? -1 : REAL(fdatasync)(fd);
}

int ftruncate(int fd, off_t size) {
    return fails(fd) ? -1 : REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    return fails(fd) ? -1 : REAL(ftruncate64)(fd, size);
}
