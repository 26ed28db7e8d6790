/*
 * One MFC-R2 call between two ends of libopenr2, without hardware and without waiting.
 *
 *   r2call VARIANT CALLED CALLER MAX_ANI MAX_DNIS ANI_FIRST
 *
 * CALLER "-": withheld. Prints what both ends are told, a line each: "callee offered <called> <caller>", "caller
 * answered", "caller ended", … The library's calls to DAHDI and to the clock end here: two wires of A-law, 20 ms a
 * frame, as quick as they are computed. Ends after the call, or after two minutes of its own time.
 */
#include <dahdi/user.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <openr2.h> /* needs the types of the others */

enum { CALLER, CALLEE, SIDES };
enum { FIRST_FD = 900, FRAME = 160, FRAME_US = 20000, LIMIT_S = 120 };

struct side {
	unsigned char sent[FRAME], heard[FRAME];
	int wrote, readable, bits, moved, events;
	openr2_chan_t *line;
};
static struct side sides[SIDES];
static const char *names[SIDES] = {"caller", "callee"};
static long long now_us = 1000000000LL * 1000000;
static int over;

/* -- what the library takes for the system ------------------------------------------------------------ */

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	(void)zone;
	tv->tv_sec = now_us / 1000000;
	tv->tv_usec = now_us % 1000000;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct side *own = &sides[fd - FIRST_FD], *other = &sides[!(fd - FIRST_FD)];
	va_list rest;
	va_start(rest, request);
	void *to = va_arg(rest, void *);
	va_end(rest);
	int *word = to;

	switch (request) {
	case DAHDI_CHANNO:
		*word = fd;
		return 0;
	case DAHDI_GET_PARAMS:
		memset(to, 0, sizeof(struct dahdi_params));
		((struct dahdi_params *)to)->sigtype = DAHDI_SIG_CAS;
		return 0;
	case DAHDI_SETTXBITS:
		if (own->bits != *word)
			other->moved = 1;
		own->bits = *word;
		return 0;
	case DAHDI_GETRXBITS:
		*word = other->bits;
		return 0;
	case DAHDI_FLUSH:
		own->wrote = 0;
		return 0;
	case DAHDI_IOMUX: {
		int wanted = *word;
		*word = 0;
		if (own->events && (wanted & DAHDI_IOMUX_SIGEVENT))
			*word |= DAHDI_IOMUX_SIGEVENT;
		if (own->readable && (wanted & DAHDI_IOMUX_READ))
			*word |= DAHDI_IOMUX_READ;
		if (!own->wrote && (wanted & DAHDI_IOMUX_WRITE))
			*word |= DAHDI_IOMUX_WRITE;
		return 0;
	}
	case DAHDI_GETEVENT:
		*word = own->events ? DAHDI_EVENT_BITSCHANGED : DAHDI_EVENT_NONE;
		own->events = 0;
		return 0;
	default: /* buffers, gains, law, echo: as they are */
		return 0;
	}
}

ssize_t read(int fd, void *to, size_t count)
{
	struct side *own = &sides[fd - FIRST_FD];
	memcpy(to, own->heard, count);
	own->readable = 0;
	return (ssize_t)count;
}

ssize_t write(int fd, const void *from, size_t count)
{
	struct side *own = &sides[fd - FIRST_FD];
	memcpy(own->sent, from, count);
	own->wrote = 1;
	return (ssize_t)count;
}

/* -- what the library tells ---------------------------------------------------------------------------- */

static int side_of(openr2_chan_t *line) { return line == sides[CALLEE].line; }

static void told(openr2_chan_t *line, const char *what) { printf("%s %s\n", names[side_of(line)], what); }

static void on_init(openr2_chan_t *line) { (void)line; }

static void on_offered(openr2_chan_t *line, const char *caller, const char *called,
		       openr2_calling_party_category_t category)
{
	(void)category;
	printf("callee offered %s %s\n", called, caller ? caller : "-");
	openr2_chan_accept_call(line, OR2_CALL_WITH_CHARGE);
}

static void on_accepted(openr2_chan_t *line, openr2_call_mode_t mode)
{
	(void)mode;
	told(line, "accepted");
	if (side_of(line) == CALLEE)
		openr2_chan_answer_call(line);
}

static void on_answered(openr2_chan_t *line)
{
	told(line, "answered");
	openr2_chan_disconnect_call(line, OR2_CAUSE_NORMAL_CLEARING);
}

static void on_disconnect(openr2_chan_t *line, openr2_call_disconnect_cause_t cause)
{
	(void)cause;
	told(line, "disconnected");
	openr2_chan_disconnect_call(line, OR2_CAUSE_NORMAL_CLEARING);
}

static void on_end(openr2_chan_t *line)
{
	told(line, "ended");
	over++;
}

static void on_error(openr2_chan_t *line, openr2_protocol_error_t error)
{
	printf("%s error %s\n", names[side_of(line)], openr2_proto_get_error(error));
	over = SIDES;
}

static void log_nothing(openr2_chan_t *line, openr2_log_level_t level, const char *text, va_list rest)
{
	if (getenv("R2CALL_LOG")) {
		fprintf(stderr, "%8.2f %s %d ", (double)(now_us % 1000000000) / 1e6, names[side_of(line)], (int)level);
		vfprintf(stderr, text, rest);
	}
}

static openr2_event_interface_t events = {
	.on_call_init = on_init,
	.on_call_offered = on_offered,
	.on_call_accepted = on_accepted,
	.on_call_answered = on_answered,
	.on_call_disconnect = on_disconnect,
	.on_call_end = on_end,
	.on_protocol_error = on_error,
};

/* What was sent in a frame's time is heard in the next. */
static void pass_frame(void)
{
	for (int from = 0; from < SIDES; from++) {
		struct side *to = &sides[!from];
		if (sides[from].wrote)
			memcpy(to->heard, sides[from].sent, FRAME);
		else
			memset(to->heard, 0xD5, FRAME); /* silence */
		sides[from].wrote = 0;
		to->readable = 1;
		to->events |= to->moved;
		to->moved = 0;
	}
	now_us += FRAME_US;
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr, "r2call VARIANT CALLED CALLER MAX_ANI MAX_DNIS ANI_FIRST\n");
		return 2;
	}
	for (int side = 0; side < SIDES; side++) {
		openr2_context_t *context = openr2_context_new(NULL, &events, NULL, openr2_proto_get_variant(argv[1]),
							       atoi(argv[4]), atoi(argv[5]));
		if (!context)
			return 2;
		openr2_context_set_ani_first(context, atoi(argv[6]));
		sides[side].line = openr2_chan_new_from_fd(context, FIRST_FD + side, NULL, NULL);
		openr2_chan_set_logging_func(sides[side].line, log_nothing);
		openr2_chan_set_log_level(sides[side].line, OR2_LOG_ALL);
	}
	for (int side = 0; side < SIDES; side++)
		openr2_chan_set_idle(sides[side].line);
	long long end = now_us + LIMIT_S * 1000000LL;
	for (int frame = 0; over < SIDES && now_us < end; frame++) {
		pass_frame();
		for (int side = 0; side < SIDES; side++)
			openr2_chan_process_event(sides[side].line);
		if (frame == 10 && openr2_chan_make_call(sides[CALLER].line, strcmp(argv[3], "-") ? argv[3] : NULL,
							 argv[2], OR2_CALLING_PARTY_CATEGORY_NATIONAL_SUBSCRIBER))
			return 2;
	}
	return 0;
}
