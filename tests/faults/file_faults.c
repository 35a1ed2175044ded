/* Kills the process, or fills the disk, at a chosen change of a file. Preloaded before libc; see harness.py.
 *
 * A change is a call that writes to, cuts, makes, renames or removes a regular file or a folder. Changes are counted
 * from the last arm(). Of pipes and sockets nothing is counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OFF, COUNT, KILL_BEFORE, KILL_HALFWAY, DISK_FULL };

static atomic_long seen;
static long chosen;
static int effect = OFF;

void arm(int what, long at) {
    atomic_store(&seen, 0);
    chosen = at;
    effect = what;
}

long changes(void) { return atomic_load(&seen); }

/* For programs that nobody can call arm() in: FILE_FAULT=EFFECT:CHANGE. */
__attribute__((constructor)) static void arm_from_environment(void) {
    const char *said = getenv("FILE_FAULT");
    if (said && said[0] && said[1] == ':')
        arm(said[0] - '0', atol(said + 2));
}

static int is_file(int fd) {
    struct stat status;
    int before = errno;
    int regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    errno = before;
    return regular;
}

/* Whether this call goes wrong: nothing is left on the disk, or the process is to end in the midst of it. */
static int goes_wrong(void) {
    if (effect == OFF)
        return 0;
    long number = atomic_fetch_add(&seen, 1) + 1;
    if (effect == KILL_BEFORE && number == chosen)
        kill(getpid(), SIGKILL);
    return (effect == KILL_HALFWAY && number == chosen) || (effect == DISK_FULL && number >= chosen);
}

static int full(void) {
    if (effect == KILL_HALFWAY)
        kill(getpid(), SIGKILL);
    errno = ENOSPC;
    return -1;
}

#define REAL(name) static typeof(name) *real; if (!real) real = (typeof(name) *)dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    if (effect != OFF && is_file(fd) && goes_wrong()) {
        if (effect == KILL_HALFWAY && size > 1)
            real(fd, data, size / 2);
        return full();
    }
    return real(fd, data, size);
}

#define PWRITE(name, offset_type)                                            \
    ssize_t name(int fd, const void *data, size_t size, offset_type at) {    \
        REAL(name);                                                          \
        if (effect != OFF && is_file(fd) && goes_wrong()) {                  \
            if (effect == KILL_HALFWAY && size > 1)                          \
                real(fd, data, size / 2, at);                                \
            return full();                                                   \
        }                                                                    \
        return real(fd, data, size, at);                                     \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (effect != OFF && is_file(fd) && goes_wrong()) {
        if (effect == KILL_HALFWAY && count > 1)
            real(fd, parts, count / 2);
        return full();
    }
    return real(fd, parts, count);
}

#define ON_FD(result, name, arguments, names)                                \
    result name arguments {                                                  \
        REAL(name);                                                          \
        if (effect != OFF && is_file(fd) && goes_wrong() && effect == KILL_HALFWAY) \
            return full();                                                   \
        return real names;                                                   \
    }
ON_FD(int, ftruncate, (int fd, off_t size), (fd, size))
ON_FD(int, ftruncate64, (int fd, off64_t size), (fd, size))
ON_FD(int, fsync, (int fd), (fd))
ON_FD(int, fdatasync, (int fd), (fd))

/* Names can be taken away on a full disk, and given where something goes for them. */
#define ON_NAME(name, arguments, names)                                      \
    int name arguments {                                                     \
        REAL(name);                                                          \
        if (effect != OFF && goes_wrong() && effect == KILL_HALFWAY)         \
            return full();                                                   \
        return real names;                                                   \
    }
ON_NAME(rename, (const char *from, const char *to), (from, to))
ON_NAME(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
ON_NAME(unlink, (const char *path), (path))
ON_NAME(unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
ON_NAME(link, (const char *from, const char *to), (from, to))
ON_NAME(linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
ON_NAME(rmdir, (const char *path), (path))

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (effect != OFF && goes_wrong())
        return full();
    return real(path, mode);
}

/* Opening a file that is not there makes one. */
static int makes(int flags, const char *path) {
    struct stat status;
    int before = errno;
    int made = effect != OFF && (flags & O_CREAT) && stat(path, &status) != 0;
    errno = before;
    return made && goes_wrong();
}

#define OPEN(name)                                                           \
    int name(const char *path, int flags, ...) {                             \
        REAL(name);                                                          \
        va_list more;                                                        \
        va_start(more, flags);                                               \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                        \
        return makes(flags, path) ? full() : real(path, flags, mode);        \
    }
OPEN(open)
OPEN(open64)
