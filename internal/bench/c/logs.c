/* The log benchmark's writer, and the least that a logger can be:
 *	logs write BYTES SIZE   BYTES of lines to stdout, SIZE of them in each write
 *	logs copy DIR           stdin to files in DIR by read and write
 *	logs splice DIR         the same by splice
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { line = 100, unit = 64 << 10, lines = 25 * unit / line }; /* as many as fill whole units */
enum { file_size = 10 << 20, files = 6, pipe_size = 1 << 20 };

static _Noreturn void fail(const char *what) {
	perror(what);
	exit(1);
}

static void report(clockid_t clock) { /* PID and time; birth in reports.go has the same */
	struct timespec now;
	clock_gettime(clock, &now);
	int64_t report[2] = {getpid(), (int64_t)now.tv_sec * 1000000000 + now.tv_nsec};
	int fd = open(getenv("HOLDFAST_BENCH_REPORTS"), O_WRONLY);
	if (fd < 0 || write(fd, report, sizeof report) != sizeof report)
		fail("report");
	close(fd);
}

static void write_all(int fd, const char *text, size_t size) {
	while (size > 0) {
		ssize_t n = write(fd, text, size);
		if (n < 0 && errno != EINTR)
			fail("write");
		if (n > 0)
			text += n, size -= n;
	}
}

/* Lines like those of a web server; they compress to about a fifth. */
static void make_lines(char *text) {
	uint32_t random = 1;
	for (int i = 0; i < lines; i++, text += line) {
		random = random * 1664525 + 1013904223;
		int n = sprintf(text, "10.%u.%u.%u GET /%08x/%05u.html 200 %u ", random >> 24, random >> 16 & 255,
			random >> 8 & 255, random * 2654435761u, i, random >> 12);
		while (n < line - 1)
			n += sprintf(text + n, "%.*s", line - 1 - n, "\"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0\"");
		text[line - 1] = '\n';
	}
}

static int write_lines(long long bytes, size_t size) {
	char *text = aligned_alloc(4096, lines * line);
	make_lines(text);
	report(CLOCK_MONOTONIC);
	close(open(getenv("HOLDFAST_BENCH_GO"), O_RDONLY)); /* waits for somebody to open it, too */
	size_t at = 0;
	for (long long left = bytes / line * line - line; left > 0;) { /* size divides the text */
		size_t n = left < (long long)size ? (size_t)left : size;
		write_all(1, text + at, n);
		at = (at + n) % (lines * line);
		left -= n;
	}
	char end[line];
	memset(end, '.', line);
	memcpy(end + line - 5, " END\n", 5);
	write_all(1, end, line);
	report(CLOCK_PROCESS_CPUTIME_ID);
	return 0;
}

static int next_file(const char *dir, int i) {
	char path[4096];
	snprintf(path, sizeof path, "%s/%d", dir, i % files);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		fail(path);
	return fd;
}

static int copy(const char *dir, int spliced) {
	static char block[64 << 10] __attribute__((aligned(4096)));
	fcntl(0, F_SETPIPE_SZ, pipe_size);
	int fd = next_file(dir, 0);
	long long written = 0;
	for (int i = 0;;) {
		ssize_t n = spliced ? splice(0, 0, fd, 0, pipe_size, SPLICE_F_MOVE) : read(0, block, sizeof block);
		if (n < 0 && errno != EINTR)
			fail(spliced ? "splice" : "read");
		if (n == 0)
			return 0;
		if (!spliced)
			write_all(fd, block, n);
		if ((written += n) >= file_size) {
			close(fd);
			fd = next_file(dir, ++i);
			written = 0;
		}
	}
}

int main(int argc, char **argv) {
	if (argc == 4 && !strcmp(argv[1], "write"))
		return write_lines(atoll(argv[2]), atoll(argv[3]));
	if (argc == 3)
		return copy(argv[2], !strcmp(argv[1], "splice"));
	return 2;
}
