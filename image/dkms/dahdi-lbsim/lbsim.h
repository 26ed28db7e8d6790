/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dahdi_lbsim: telephone lines and E1 trunks without hardware, for DAHDI.
 *
 * Linebox's own work. A kernel module that uses DAHDI must be under the GNU General Public License,
 * version 2; this one is.
 */
#ifndef LBSIM_H
#define LBSIM_H

#include <linux/device.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <dahdi/kernel.h>
#include <dahdi/wctdm_user.h>

/* Bounds of the module's parameters. */
#define LB_WIRES_MAX	64	/* wires and phones together */
#define LB_TRUNKS_MAX	8
#define LB_SLOTS	31	/* channels of an E1 */

#define LB_UNITY	65536	/* a gain of 1 in 16.16 fixed point */

/* Each wire and trunk joins the box with what is outside of it. */
enum lb_end { LB_BOX, LB_EXCHANGE, LB_ENDS };

/*
 * Guards what the tick and sysfs share: cards plugged in, wires' and trunks' state. The tick takes
 * it in a soft interrupt and calls DAHDI with it held, so nothing that DAHDI calls with its own
 * locks held (hooksig, rbsbits, maint) may take it: those only note, with WRITE_ONCE or atomics,
 * what the tick then carries to the other end.
 */
extern spinlock_t lb_lock;

/* --- Analog wires (lbsim_line.c) --- */

enum lb_fault { LB_FAULT_NONE, LB_FAULT_CUT, LB_FAULT_SHORT };

/* One port of an analog card, at one end of a wire. It outlives the card that is plugged in. */
struct lb_port {
	struct lb_wire *wire;
	enum lb_end end;
	bool feeds;			/* FXS: gives battery and rings; else FXO */
	struct dahdi_chan *chan;	/* NULL while its card is pulled out */
	enum dahdi_txsig tx;		/* what DAHDI last asked for: hook, ring, open */
	bool reversed;			/* FXS: polarity by DAHDI_SETPOLARITY */
	int messages;			/* FXS: messages waiting, by DAHDI_VMWI */
	int tx_gain, rx_gain;		/* by DAHDI_SET_HWGAIN, tenths of a dB */
	u32 tx_factor, rx_factor;	/* the same, 16.16 */
	struct wctdm_echo_coefs tune;	/* FXO: impedance and echo, by WCTDM_SET_ECHOTUNE */
	/* FXO: what it has told DAHDI, and for how many ms the line has been otherwise */
	bool known, battery, alarm, polarity_known, polarity;
	unsigned int battery_ms, alarm_ms, polarity_ms;
};

struct lb_wire {
	struct lb_port port[LB_ENDS];
	struct device *dev;
	bool battery;			/* the feeding end has power */
	bool swapped;			/* the two wires are exchanged */
	enum lb_fault fault;
	int loss;			/* of the wire, tenths of a dB */
	u32 loss_factor;
	int balance;			/* ACIM that fits the wire's impedance; -1: any does */
	int noise;			/* dBm0; 0: none */
	u32 noise_peak;
};

extern struct lb_wire *lb_wires;
extern unsigned int lb_wire_count;	/* lines of the exchange, then phones */

int lb_lines_init(const struct class *class, unsigned int lines, unsigned int phones);
void lb_lines_exit(void);
void lb_lines_plug(enum lb_end end, struct dahdi_span *span);
void lb_lines_pull(enum lb_end end);
void lb_lines_ms(void);
extern const struct dahdi_span_ops lb_line_ops;

/* --- E1 trunks (lbsim_e1.c) --- */

enum lb_e1_fault { LB_E1_OK, LB_E1_LOS, LB_E1_LFA, LB_E1_AIS, LB_E1_RAI };
enum lb_defect { LB_DEFECT_BPV, LB_DEFECT_CRC4, LB_DEFECT_FAS, LB_DEFECT_PRBS, LB_DEFECTS };

/* One end of a trunk. It outlives the card that is plugged in. */
struct lb_e1_end {
	struct dahdi_span *span;	/* NULL while its card is pulled out */
	enum lb_e1_fault fault;		/* what is wrong with the signal that arrives here */
	int maint;			/* loop or bit test, one of DAHDI_MAINT_ */
	int sync;			/* priority as source of the clock; 0: never */
	int bits[LB_SLOTS];		/* sent ABCD bits */
	atomic_t defects[LB_DEFECTS];	/* to be sent */
	int alarms;			/* told to DAHDI */
	unsigned int raise_ms, settle_ms;
};

struct lb_trunk {
	struct lb_e1_end end[LB_ENDS];
	struct device *dev;
	unsigned int drift;		/* of the two clocks, parts in a million */
	u64 drift_ns;
};

extern struct lb_trunk *lb_trunks;
extern unsigned int lb_trunk_count;

int lb_e1_init(const struct class *class, unsigned int trunks);
void lb_e1_exit(void);
void lb_e1_plug(enum lb_end end, struct dahdi_span **spans);
void lb_e1_pull(enum lb_end end);
void lb_e1_ms(void);
extern const struct dahdi_span_ops lb_e1_ops;

/* Whether a span's channels may be touched: it has a number, and an E1 is started. */
static inline bool lb_span_runs(const struct dahdi_span *span)
{
	return span && test_bit(DAHDI_FLAGBIT_REGISTERED, &span->flags) &&
	       (!span->linecompat || test_bit(DAHDI_FLAGBIT_RUNNING, &span->flags));
}

/* A gain in tenths of a dB as a factor in 16.16. */
u32 lb_factor(int tenths);

/* A number written to sysfs, from low to high; -EINVAL for anything else. */
int lb_number(const char *text, int low, int high, int *number);

#endif
