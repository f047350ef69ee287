/*
 * Runs one program confined, where namespaces cannot be had: inside an ordinary hardened container.
 *
 *   aura-launcher [--work DIR] [--write DIR]... [--read PATH]... [--env NAME=VALUE]... [--no-tcp]
 *                 --cpu S --file BYTES --open N --processes N [--memory BYTES] -- PROGRAM ARG...
 *
 * Descriptors: 0-2 and 3 (a channel, or nothing) go to the program; 4 is where this writes {"child-pid": n} and
 * {"exit-code": n} or {"refused": "what"}; 5 holds the seccomp filter as an array of struct sock_filter.
 *
 * Two processes: the supervisor is the subreaper of everything that the program starts and ends it all before it ends
 * itself; the confined child has a session, rlimits, a Landlock domain and a seccomp filter, and nothing inherited but
 * what is named above. Whatever cannot be had in full is refused with a code of its own, and the program never runs.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHANNEL = 3, STATUS = 4, FILTER = 5 };
enum { REFUSED_USAGE = 120, REFUSED_ROOT, REFUSED_NETWORK, REFUSED_LANDLOCK, REFUSED_SECCOMP, REFUSED_SETUP };

/* Landlock's interface, spelled out: the headers of the build machine may be older than the kernel it runs on. */
#define LANDLOCK_CREATE 444
#define LANDLOCK_ADD 445
#define LANDLOCK_RESTRICT 446
#define LANDLOCK_ABI_WANTED 6 /* signals and abstract sockets are scoped from here on */
#define FS_ALL ((1ULL << 16) - 1)
#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_BLOCK (1ULL << 11)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_ALL 3ULL
#define SCOPE_ALL 3ULL

struct ruleset { uint64_t fs, net, scoped; };
struct beneath { uint64_t allowed; int32_t folder; } __attribute__((packed));

#define LIST_MAX 64
struct list { const char *items[LIST_MAX]; size_t count; };

static struct {
  const char *work;
  struct list reads, writes, env;
  int no_tcp;
  rlim_t cpu, file, open, processes, memory;
  char **program;
} options;

static struct sock_filter filter[1024];
static size_t filter_length;

static void say(const char *format, ...) {
  char line[256];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (write(STATUS, line, (size_t)length) < 0) return; /* the parent is gone, and so shall we be */
}

static void refuse(int code, const char *what) {
  fprintf(stderr, "launcher: refused: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  say("{\"refused\": \"%s\"}\n", what);
  _exit(code);
}

/* ---- options ---- */

static void append(struct list *list, const char *item) {
  if (list->count == LIST_MAX - 1) refuse(REFUSED_USAGE, "too many arguments");
  list->items[list->count++] = item;
}

static rlim_t number(const char *text) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno || *end || end == text) refuse(REFUSED_USAGE, "not a number");
  return value;
}

static void read_options(int count, char **words) {
  int at = 1;
  for (; at < count && strcmp(words[at], "--") != 0; at++) {
    const char *name = words[at];
    if (strcmp(name, "--no-tcp") == 0) { options.no_tcp = 1; continue; }
    if (++at >= count) refuse(REFUSED_USAGE, "an option without a value");
    const char *value = words[at];
    if (strcmp(name, "--work") == 0) options.work = value;
    else if (strcmp(name, "--read") == 0) append(&options.reads, value);
    else if (strcmp(name, "--write") == 0) append(&options.writes, value);
    else if (strcmp(name, "--env") == 0) append(&options.env, value);
    else if (strcmp(name, "--cpu") == 0) options.cpu = number(value);
    else if (strcmp(name, "--file") == 0) options.file = number(value);
    else if (strcmp(name, "--open") == 0) options.open = number(value);
    else if (strcmp(name, "--processes") == 0) options.processes = number(value);
    else if (strcmp(name, "--memory") == 0) options.memory = number(value);
    else refuse(REFUSED_USAGE, "an unknown option");
  }
  options.program = words + at + 1;
  if (at + 1 >= count || !options.work || !options.cpu || !options.file || !options.open || !options.processes)
    refuse(REFUSED_USAGE, "a limit, the folder or the program is missing");
}

/* ---- what must hold before anything runs ---- */

static void require_no_network(void) {
  struct ifaddrs *all;
  if (getifaddrs(&all) != 0) refuse(REFUSED_NETWORK, "network interfaces cannot be listed");
  for (struct ifaddrs *one = all; one; one = one->ifa_next)
    if ((one->ifa_flags & IFF_UP) && !(one->ifa_flags & IFF_LOOPBACK)) {
      errno = 0;
      refuse(REFUSED_NETWORK, "a network other than the loopback is up");
    }
  freeifaddrs(all);
}

static void require_landlock(void) {
  errno = 0;
  long abi = syscall(LANDLOCK_CREATE, NULL, 0, 1);
  if (abi < LANDLOCK_ABI_WANTED) refuse(REFUSED_LANDLOCK, "Landlock is missing or too old; Linux 6.12 or newer is needed");
}

static void read_filter(void) {
  ssize_t size = pread(FILTER, filter, sizeof filter, 0);
  if (size <= 0 || size % (ssize_t)sizeof *filter != 0 || size == sizeof filter)
    refuse(REFUSED_SECCOMP, "the filter cannot be read");
  filter_length = (size_t)size / sizeof *filter;
}

/* ---- processes, by /proc ---- */

struct process { pid_t pid, parent; char state; };

static int read_process(const char *name, struct process *found) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%s/stat", name);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0) return 0;
  text[size] = 0;
  char *end = strrchr(text, ')'); /* the name before it may hold anything */
  found->pid = atoi(name);
  return end && sscanf(end + 1, " %c %d", &found->state, &found->parent) == 2;
}

static size_t list_processes(struct process *found, size_t max) {
  DIR *proc = opendir("/proc");
  size_t count = 0;
  if (!proc) return 0;
  for (struct dirent *entry; count < max && (entry = readdir(proc));)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') count += (size_t)read_process(entry->d_name, &found[count]);
  closedir(proc);
  return count;
}

/* RLIMIT_NPROC counts every thread of the user, so the limit is set above what runs already. */
static rlim_t tasks_of_user(void) {
  DIR *proc = opendir("/proc");
  rlim_t count = 0;
  if (!proc) refuse(REFUSED_SETUP, "/proc cannot be read");
  for (struct dirent *entry; (entry = readdir(proc));) {
    char path[300];
    struct stat owner;
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    snprintf(path, sizeof path, "/proc/%s/task", entry->d_name);
    if (stat(path, &owner) == 0 && owner.st_uid == getuid()) count += owner.st_nlink - 2;
  }
  closedir(proc);
  return count;
}

/* ---- the confined child ---- */

static void limit(int resource, rlim_t soft, rlim_t hard) {
  struct rlimit value = {soft, hard};
  if (setrlimit(resource, &value) != 0) refuse(REFUSED_SETUP, "a limit cannot be set");
}

static void set_limits(rlim_t processes) {
  limit(RLIMIT_CPU, options.cpu, options.cpu + 1);
  limit(RLIMIT_FSIZE, options.file, options.file);
  limit(RLIMIT_NOFILE, options.open, options.open);
  limit(RLIMIT_NPROC, processes, processes);
  limit(RLIMIT_CORE, 0, 0);
  if (options.memory) limit(RLIMIT_AS, options.memory, options.memory);
}

static void allow(int ruleset, const char *path, uint64_t rights, int required) {
  int folder = open(path, O_PATH | O_CLOEXEC);
  if (folder < 0 && !required) return;
  struct stat kind;
  if (folder < 0 || fstat(folder, &kind) != 0) refuse(REFUSED_LANDLOCK, "a folder to allow is missing");
  if (!S_ISDIR(kind.st_mode)) rights &= FS_EXECUTE | FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
  struct beneath rule = {rights, folder};
  if (syscall(LANDLOCK_ADD, ruleset, 1, &rule, 0) != 0) refuse(REFUSED_LANDLOCK, "a rule was not taken");
  close(folder);
}

static void confine_files(void) {
  static const char *devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
  const uint64_t reading = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR;
  const uint64_t writing = FS_ALL & ~(FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_IOCTL_DEV);
  struct ruleset wanted = {FS_ALL, options.no_tcp ? NET_ALL : 0, SCOPE_ALL};
  int ruleset = (int)syscall(LANDLOCK_CREATE, &wanted, sizeof wanted, 0);
  if (ruleset < 0) refuse(REFUSED_LANDLOCK, "not every right is enforced");
  for (size_t i = 0; i < options.reads.count; i++) allow(ruleset, options.reads.items[i], reading, 0);
  for (size_t i = 0; i < options.writes.count; i++) allow(ruleset, options.writes.items[i], writing, 1);
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
    allow(ruleset, devices[i], FS_READ_FILE | FS_WRITE_FILE, 0);
  allow(ruleset, options.work, writing, 1);
  if (syscall(LANDLOCK_RESTRICT, ruleset, 0) != 0) refuse(REFUSED_LANDLOCK, "the domain was not entered");
  close(ruleset);
}

static void confine_calls(void) {
  struct sock_fprog program = {(unsigned short)filter_length, filter};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) refuse(REFUSED_SECCOMP, "the filter was not taken");
}

static void run_confined(rlim_t processes, pid_t supervisor) {
  sigset_t none;
  sigemptyset(&none);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != supervisor) _exit(REFUSED_SETUP);
  if (setsid() < 0 || chdir(options.work) != 0) refuse(REFUSED_SETUP, "no session or no folder");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refuse(REFUSED_SETUP, "no_new_privs");
  set_limits(processes);
  confine_files();
  if (fcntl(STATUS, F_SETFD, FD_CLOEXEC) != 0) refuse(REFUSED_SETUP, "descriptors");
  confine_calls();
  sigprocmask(SIG_SETMASK, &none, NULL);
  environ = (char **)options.env.items;
  execvp(options.program[0], options.program); /* by the PATH that the program gets */
  fprintf(stderr, "%s: %s\n", options.program[0], strerror(errno));
  _exit(127); /* as a shell says it: the program is not there */
}

/* ---- the supervisor ---- */

#define PROCESSES_SEEN 8192
static struct process seen[PROCESSES_SEEN];
static char below[PROCESSES_SEEN];

/* Marks all descendants of this process; a parent may stand after its child, hence the repetition. */
static size_t find_descendants(void) {
  size_t count = list_processes(seen, PROCESSES_SEEN);
  memset(below, 0, sizeof below);
  for (int changed = 1; changed;) {
    changed = 0;
    for (size_t i = 0; i < count; i++) {
      int is_below = seen[i].parent == getpid();
      for (size_t j = 0; !is_below && j < count; j++) is_below = below[j] && seen[j].pid == seen[i].parent;
      if (is_below && !below[i]) below[i] = 1, changed = 1;
    }
  }
  return count;
}

/*
 * Stops everything first and kills only then: the stopped keep their places under the process limit, so that a fork
 * bomb, which would refill what is killed one by one, runs out of places.
 */
static void sweep(void) {
  for (int running = 1, rounds = 0; running && rounds < 1000; rounds++) {
    running = 0;
    size_t count = find_descendants();
    for (size_t i = 0; i < count; i++)
      if (below[i] && seen[i].state != 'T' && seen[i].state != 'Z') running = 1, kill(seen[i].pid, SIGSTOP);
  }
  for (;;) {
    size_t count = find_descendants();
    for (size_t i = 0; i < count; i++)
      if (below[i]) kill(seen[i].pid, SIGKILL);
    pid_t reaped;
    while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    if (reaped < 0 && errno == ECHILD) return;
    usleep(1000);
  }
}

static void supervise(pid_t child, const sigset_t *signals) {
  for (;;) {
    int status, signal = sigwaitinfo(signals, NULL);
    if (signal == SIGTERM) {
      sweep();
      _exit(128 + SIGTERM);
    }
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended != child) continue;
      int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      sweep();
      say("{\"exit-code\": %d}\n", code);
      _exit(0);
    }
  }
}

int main(int count, char **words) {
  sigset_t signals;
  pid_t supervisor = getpid(), parent = getppid();
  syscall(SYS_close_range, FILTER + 1, ~0U, 0);
  errno = 0;
  read_options(count, words);
  if (getuid() == 0 || geteuid() == 0) refuse(REFUSED_ROOT, "root is not confined by a process limit");
  require_no_network();
  require_landlock();
  read_filter();
  close(FILTER);
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
    refuse(REFUSED_SETUP, "the supervisor cannot watch over what it starts");
  if (getppid() != parent) return 128 + SIGTERM;
  rlim_t processes = tasks_of_user() + options.processes;
  pid_t child = fork();
  if (child < 0) refuse(REFUSED_SETUP, "no process can be started");
  if (child == 0) run_confined(processes, supervisor);
  say("{\"child-pid\": %d}\n", child);
  close(CHANNEL);
  supervise(child, &signals);
}
