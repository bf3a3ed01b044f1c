// probe is what the service files of the differential tests run. It writes down what
// it was given and which signals reach it, and does what its arguments say, one after
// the other; without any more it exits with 0.
//
//   exit N             exits
//   die SIG            kills itself
//   stay               waits for signals; dies of them as a program without handlers does,
//   ignore SIG         ... but for this one,
//   on SIG N           ... and for this one it exits with N
//   until SIG... end   waits until all of these have come, in whatever order, and goes on
//   run N ... run M ... else ...   does what stands behind the number of this run
//   fork ... end       makes a child that does this, and goes on when that waits or has ended
//   setsid             leaves its session, as daemons do
//   pidfile FILE       writes its PID
//   touch FILE         makes an empty file
//   await FILE         waits until there is such a file
//   print TEXT         writes a line to stdout
//   complain TEXT      writes a line to stderr
//   read               takes down what stdin has
//   notify TEXT        sends a datagram to $NOTIFY_SOCKET; \n is a line's end, $PID its PID
//   barrier            waits until all it has sent was taken in
//   ping               sends WATCHDOG=1 while it waits, four times as often as it must
//   args ...           does nothing with the rest
//
// As its first words, "after FILE" makes it wait for a file before it does anything.
//
// The program is found by its own name, /lab/bin/NAME, and writes to /lab/case/NAME/record:
// lines of a PID, a word and what that is about.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static char record[300];    // the path
static char block[1 << 18]; // lines that are to be written together
static size_t used;
static sigset_t all, ignored;
static int code_on[NSIG];   // exit code + 1
static int parent_waits = -1;
static int pinging;
static int number;          // of this run of this command

static void fail(const char *what) {
	dprintf(2, "probe: %s: %s\n", what, strerror(errno));
	_exit(99);
}

static void add(const char *format, ...) {
	va_list args;
	va_start(args, format);
	used += vsnprintf(block + used, sizeof block - used, format, args);
	va_end(args);
	if (used >= sizeof block)
		fail("too much to write down");
}

// add_quoted adds a word so that it has neither spaces nor line ends in it.
static void add_quoted(const char *word) {
	if (!*word)
		add("''");
	for (; *word; word++) {
		unsigned char c = *word;
		if (c <= ' ' || c == '\\' || c >= 0x7f)
			add("\\x%02x", c);
		else
			add("%c", c);
	}
}

static void flush(void) {
	int fd = open(record, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, block, used) != (ssize_t)used)
		fail(record);
	close(fd);
	used = 0;
}

#define note(...) (add("%d ", getpid()), add(__VA_ARGS__), add("\n"), flush())

static const char *signal_name(int number) {
	static char name[20];
	if (number >= SIGRTMIN)
		snprintf(name, sizeof name, "RTMIN+%d", number - SIGRTMIN);
	else
		snprintf(name, sizeof name, "%s", sigabbrev_np(number));
	return name;
}

static int signal_number(const char *name) {
	for (int i = 1; i <= SIGRTMAX; i++)
		if ((i < SIGSYS + 1 || i >= SIGRTMIN) && !strcmp(signal_name(i), name))
			return i;
	errno = EINVAL;
	fail(name);
	return 0;
}

static int is_among(const char *word, ...) {
	va_list words;
	const char *other;
	int found = 0;
	va_start(words, word);
	while (!found && (other = va_arg(words, const char *)))
		found = !strcmp(word, other);
	va_end(words);
	return found;
}

static void add_file_line(const char *path, const char *prefix, const char *as) {
	char line[4096];
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, prefix, strlen(prefix))) {
			char *value = line + strlen(prefix);
			value += strspn(value, " \t:");
			value[strcspn(value, "\n")] = 0;
			add("%d %s %s\n", getpid(), as, value);
		}
	fclose(f);
}

static void add_descriptor(int fd, const char *name) {
	char link[64], target[300];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, target, sizeof target - 1);
	target[n < 0 ? 0 : n] = 0;
	struct stat st;
	const char *what = "closed";
	if (n >= 0 && !fstat(fd, &st))
		what = S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode) ? "log" : strncmp(target, "/memfd:", 7) ? target : "memory";
	add("%d %s %s\n", getpid(), name, what);
}

static int by_text(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_signals(const char *as, const sigset_t *set) {
	add("%d %s", getpid(), as);
	for (int i = 1; i <= SIGRTMAX; i++)
		if ((i <= SIGSYS || i >= SIGRTMIN) && sigismember(set, i))
			add(" %s", signal_name(i));
	add("\n");
}

static void add_limits(void) {
	static const char *names[] = {
		"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE",
		"MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
	};
	for (int i = 0; i < 16; i++) {
		struct rlimit l;
		if (getrlimit(i, &l))
			fail("getrlimit");
		add("%d limit %s %lld %lld\n", getpid(), names[i], (long long)l.rlim_cur, (long long)l.rlim_max);
	}
}

// count is how many runs of the same command line were written down before.
static int count(const char *start) {
	FILE *f = fopen(record, "re");
	static char line[1 << 16];
	int found = 0;
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		char *rest = strchr(line, ' ');
		found += rest && !strcmp(rest, start);
	}
	fclose(f);
	return found;
}

// introduce writes down what this process was given.
static void introduce(int argc, char **argv, const sigset_t *blocked) {
	add("%d start", getpid());
	for (int i = 0; i < argc; i++) {
		add(" ");
		add_quoted(argv[i]);
	}
	add("\n");
	number = count(strchr(block, ' ')) + 1;

	int n = 0;
	while (environ[n])
		n++;
	char **sorted = calloc(n + 1, sizeof *sorted);
	memcpy(sorted, environ, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, by_text);
	for (int i = 0; i < n; i++) {
		add("%d env ", getpid());
		add_quoted(sorted[i]);
		add("\n");
	}

	gid_t groups[1000];
	int ngroups = getgroups(1000, groups);
	add("%d ids %d:%d", getpid(), getuid(), getgid());
	for (int i = 0; i < ngroups; i++)
		add(" %d", groups[i]);
	add("\n");
	char cwd[4096];
	add("%d cwd %s\n", getpid(), getcwd(cwd, sizeof cwd) ? cwd : "?");
	mode_t mask = umask(0);
	umask(mask);
	add("%d umask %04o\n", getpid(), mask);
	add_limits();
	add_signals("blocked", blocked);
	sigset_t deaf;
	sigemptyset(&deaf);
	for (int i = 1; i <= SIGRTMAX; i++) {
		struct sigaction action;
		if (!sigaction(i, NULL, &action) && action.sa_handler == SIG_IGN)
			sigaddset(&deaf, i);
	}
	add_signals("deaf", &deaf);
	add_descriptor(0, "stdin");
	add_descriptor(1, "stdout");
	add_descriptor(2, "stderr");
	errno = 0;
	add("%d nice %d\n", getpid(), getpriority(PRIO_PROCESS, 0));
	struct sched_param param;
	sched_getparam(0, &param);
	add("%d scheduling %d %d\n", getpid(), sched_getscheduler(0), param.sched_priority);
	add("%d io %ld\n", getpid(), syscall(SYS_ioprio_get, 1, 0));
	add("%d timerslack %d\n", getpid(), prctl(PR_GET_TIMERSLACK));
	add("%d securebits %d\n", getpid(), prctl(PR_GET_SECUREBITS));
	add_file_line("/proc/self/oom_score_adj", "", "oom_score_adj");
	add_file_line("/proc/self/status", "Cpus_allowed_list", "cpus");
	add_file_line("/proc/self/status", "CapBnd", "capbnd");
	add_file_line("/proc/self/status", "CapEff", "capeff");
	add_file_line("/proc/self/status", "CapInh", "capinh");
	add_file_line("/proc/self/status", "CapAmb", "capamb");
	add_file_line("/proc/self/status", "NoNewPrivs", "nonewprivs");
	flush();
}

static void settled(void) {
	if (parent_waits >= 0)
		close(parent_waits);
	parent_waits = -1;
}

static void leave(int code) {
	note("exit %d", code);
	_exit(code);
}

static void die(int number) {
	note("die %s", signal_name(number));
	signal(number, SIG_DFL);
	sigset_t one;
	sigemptyset(&one);
	sigaddset(&one, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	fail("still alive");
}

static void tell(const char *text, int descriptor) {
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (!path || strlen(path) >= sizeof to.sun_path) {
		note("untold %s", path ? path : "no socket");
		return;
	}
	size_t length = strlen(path);
	memcpy(to.sun_path, path, length);
	if (*path == '@')
		to.sun_path[0] = 0;
	struct iovec data = {(void *)text, strlen(text)};
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = offsetof(struct sockaddr_un, sun_path) + length,
		.msg_iov = &data, .msg_iovlen = 1,
	};
	if (descriptor >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &descriptor, sizeof(int));
	}
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		note("untold %s", strerror(errno));
	close(fd);
}

static void notify(const char *text) {
	char out[4096];
	size_t n = 0;
	for (; *text && n < sizeof out - 20; text++) {
		if (text[0] == '\\' && text[1] == 'n')
			out[n++] = '\n', text++;
		else if (!strncmp(text, "$PID", 4))
			n += sprintf(out + n, "%d", getpid()), text += 3;
		else
			out[n++] = *text;
	}
	out[n] = 0;
	tell(out, -1);
}

static void barrier(void) {
	int ends[2];
	char c;
	if (pipe2(ends, O_CLOEXEC))
		fail("pipe");
	tell("BARRIER=1", ends[1]);
	close(ends[1]);
	read(ends[0], &c, 1);
	close(ends[0]);
}

// next takes the next signal.
static int next(void) {
	for (;;) {
		int got;
		if (pinging) {
			const char *usec = getenv("WATCHDOG_USEC");
			long long pause = (usec ? atoll(usec) : 1000000) / 4;
			struct timespec t = {pause / 1000000, pause % 1000000 * 1000};
			got = sigtimedwait(&all, NULL, &t);
			if (got < 0 && errno == EAGAIN)
				tell("WATCHDOG=1", -1);
		} else {
			got = sigwaitinfo(&all, NULL);
		}
		if (got > 0 && got != SIGCHLD)
			return got;
	}
}

static void stay(void) {
	settled();
	for (;;) {
		int got = next();
		if (code_on[got]) {
			note("signal %s", signal_name(got));
			leave(code_on[got] - 1);
		}
		note("signal %s", signal_name(got));
		if (!sigismember(&ignored, got) && got != SIGCONT && got != SIGWINCH && got != SIGURG)
			die(got);
	}
}

// until takes the signals that stand before "end"; it returns where that stands.
static char **until(char **word) {
	sigset_t wanted, seen;
	sigemptyset(&wanted);
	sigemptyset(&seen);
	int missing = 0;
	for (; *word && strcmp(*word, "end"); word++, missing++)
		sigaddset(&wanted, signal_number(*word));
	settled();
	while (missing > 0) {
		int got = next();
		if (sigismember(&seen, got))
			continue;
		sigaddset(&seen, got);
		missing -= sigismember(&wanted, got);
	}
	add_signals("signals", &seen);
	flush();
	return word;
}

// past skips over a fork's words, to the "end" that belongs to it.
static char **past(char **word) {
	for (int depth = 0; *word; word++) {
		if (is_among(*word, "fork", "until", NULL))
			depth++;
		else if (!strcmp(*word, "end") && depth-- == 0)
			break;
	}
	return word;
}

static void act(char **word);

static void child(char **word) {
	int ends[2];
	char c;
	if (pipe2(ends, O_CLOEXEC))
		fail("pipe");
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		settled();
		close(ends[0]);
		parent_waits = ends[1];
		note("fork");
		act(word);
		leave(0);
	}
	close(ends[1]);
	read(ends[0], &c, 1);
	close(ends[0]);
}

static void make(const char *path, const char *text) {
	char temporary[4096];
	snprintf(temporary, sizeof temporary, "%s.new", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || rename(temporary, path))
		fail(path);
	close(fd);
}

static void await(const char *path) {
	const struct timespec pause = {0, 2000000};
	settled();
	while (access(path, F_OK))
		nanosleep(&pause, NULL);
}

static void read_stdin(void) {
	static char text[4096];
	ssize_t n, length = 0;
	while ((n = read(0, text + length, sizeof text - 1 - length)) > 0)
		length += n;
	add("%d read ", getpid());
	if (n < 0)
		add("%s", strerror(errno));
	else
		add_quoted(text);
	add("\n");
	flush();
}

static void act(char **word) {
	static char pid[20];
#define NEXT (word[1] ? *++word : (errno = EINVAL, fail(*word), ""))
	for (; *word; word++) {
		if (!strcmp(*word, "exit"))
			leave(atoi(NEXT));
		else if (!strcmp(*word, "die"))
			die(signal_number(NEXT));
		else if (!strcmp(*word, "stay"))
			stay();
		else if (!strcmp(*word, "ignore"))
			sigaddset(&ignored, signal_number(NEXT));
		else if (!strcmp(*word, "on")) {
			int number = signal_number(NEXT);
			code_on[number] = atoi(NEXT) + 1;
		} else if (!strcmp(*word, "until"))
			word = until(word + 1);
		else if (!strcmp(*word, "run")) {
			if (atoi(NEXT) != number)
				while (word[1] && !is_among(word[1], "run", "else", NULL))
					word++;
			else
				number = -1; // what stands behind the next number is for another
		} else if (!strcmp(*word, "else")) {
			if (number < 0)
				return;
		} else if (!strcmp(*word, "fork")) {
			child(word + 1);
			word = past(word + 1);
		} else if (!strcmp(*word, "end"))
			return;
		else if (!strcmp(*word, "setsid"))
			setsid();
		else if (!strcmp(*word, "pidfile")) {
			snprintf(pid, sizeof pid, "%d\n", getpid());
			make(NEXT, pid);
		} else if (!strcmp(*word, "touch"))
			make(NEXT, "");
		else if (!strcmp(*word, "await"))
			await(NEXT);
		else if (!strcmp(*word, "print"))
			dprintf(1, "%s\n", NEXT);
		else if (!strcmp(*word, "complain"))
			dprintf(2, "%s\n", NEXT);
		else if (!strcmp(*word, "read"))
			read_stdin();
		else if (!strcmp(*word, "notify"))
			notify(NEXT);
		else if (!strcmp(*word, "barrier"))
			barrier();
		else if (!strcmp(*word, "ping"))
			pinging = 1;
		else if (!strcmp(*word, "args"))
			return;
		else {
			errno = EINVAL;
			fail(*word);
		}
	}
}

int main(int argc, char **argv) {
	sigset_t blocked;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &blocked);
	sigemptyset(&ignored);
	char self[200];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0)
		fail("/proc/self/exe");
	self[n] = 0;
	snprintf(record, sizeof record, "/lab/case/%s/record", strrchr(self, '/') + 1);
	char **word = argv + 1;
	if (argc > 2 && !strcmp(argv[1], "after")) {
		await(argv[2]);
		word += 2;
	}
	introduce(argc, argv, &blocked);
	act(word);
	leave(0);
}
