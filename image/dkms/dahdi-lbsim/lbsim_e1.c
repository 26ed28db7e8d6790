// SPDX-License-Identifier: GPL-2.0
/*
 * dahdi_lbsim: E1 trunks.
 *
 * Each end sends 31 channels and their signalling bits to the other, unless a loop, a fault or a
 * pulled card is between. An end that gets no usable signal is in alarm and says so to the other
 * end (RAI), which then shows yellow. Errors are counted, not made: the bits carried stay whole.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "lbsim.h"

static unsigned int alarm_ms = 500;
module_param(alarm_ms, uint, 0644);
MODULE_PARM_DESC(alarm_ms, "How long an E1's signal must be bad before its alarm (real cards: 2500)");
static unsigned int settle_ms = 1000;
module_param(settle_ms, uint, 0644);
MODULE_PARM_DESC(settle_ms, "How long an E1 recovers after an alarm (real cards: 5000)");

#define LB_LINECOMPAT	(DAHDI_CONFIG_AMI | DAHDI_CONFIG_HDB3 | DAHDI_CONFIG_CCS | DAHDI_CONFIG_CRC4)
#define LB_BAD		(DAHDI_ALARM_RED | DAHDI_ALARM_BLUE)
#define LB_OURS		(LB_BAD | DAHDI_ALARM_YELLOW | DAHDI_ALARM_RECOVER | DAHDI_ALARM_LOS | \
			 DAHDI_ALARM_LFA | DAHDI_ALARM_LMFA)
/* A frame is lost or sent twice when two clocks have drifted apart by its length. */
#define LB_FRAME_NS	125000

struct lb_trunk *lb_trunks;
unsigned int lb_trunk_count;

static u32 lb_prbs_state = 1;

static bool lb_loops_back(const struct lb_e1_end *end)
{
	const int maint = READ_ONCE(end->maint);

	return maint == DAHDI_MAINT_NETWORKLINELOOP || maint == DAHDI_MAINT_NETWORKPAYLOADLOOP;
}

/* Whose signal arrives at an end: its own in a loop, else the far one's. */
static struct lb_e1_end *lb_source(struct lb_e1_end *end, struct lb_e1_end *far)
{
	if (READ_ONCE(end->maint) == DAHDI_MAINT_LOCALLOOP)
		return end;
	return lb_span_runs(far->span) && lb_loops_back(far) ? end : far;
}

/* The alarms that the signal arriving at an end gives reason for. */
static int lb_reason(struct lb_e1_end *end, struct lb_e1_end *far)
{
	const struct lb_e1_end *source = lb_source(end, far);
	int crc4;

	if (READ_ONCE(end->maint) == DAHDI_MAINT_LOCALLOOP)
		return 0;
	if (end->fault == LB_E1_LOS || !lb_span_runs(far->span))
		return DAHDI_ALARM_RED | DAHDI_ALARM_LOS;
	if (end->fault == LB_E1_LFA)
		return DAHDI_ALARM_RED | DAHDI_ALARM_LFA;
	if (end->fault == LB_E1_AIS)
		return DAHDI_ALARM_BLUE;
	crc4 = (end->span->lineconfig ^ source->span->lineconfig) & DAHDI_CONFIG_CRC4;
	if (crc4 && (end->span->lineconfig & DAHDI_CONFIG_CRC4))
		return DAHDI_ALARM_RED | DAHDI_ALARM_LMFA;
	if (end->fault == LB_E1_RAI || (source != end && (source->alarms & LB_BAD)))
		return DAHDI_ALARM_YELLOW;
	return 0;
}

static void lb_tell_alarms(struct lb_e1_end *end, int alarms)
{
	struct dahdi_span *span = end->span;
	unsigned long flags;

	if (alarms == end->alarms)
		return;
	end->alarms = alarms;
	spin_lock_irqsave(&span->lock, flags);
	span->alarms = (span->alarms & ~LB_OURS) | alarms;
	dahdi_alarm_notify(span);
	spin_unlock_irqrestore(&span->lock, flags);
}

static void lb_alarms_ms(struct lb_e1_end *end, int reason)
{
	int alarms = end->alarms & ~DAHDI_ALARM_RECOVER;

	if (reason & ~alarms) {
		if (++end->raise_ms < alarm_ms)
			reason &= alarms;	/* what is gone goes at once, what is new has to last */
	} else {
		end->raise_ms = 0;
	}
	if (reason & LB_BAD)
		end->settle_ms = 0;
	else if (alarms & LB_BAD)
		end->settle_ms = settle_ms;
	else if (end->settle_ms)
		end->settle_ms--;
	lb_tell_alarms(end, end->settle_ms ? reason | DAHDI_ALARM_RECOVER : reason);
}

static u8 lb_prbs(void)
{
	unsigned int i;

	/* ITU-T O.150: 2^15-1, stages 14 and 15 */
	for (i = 0; i < 8; i++)
		lb_prbs_state = (lb_prbs_state << 1 | ((lb_prbs_state >> 14 ^ lb_prbs_state >> 13) & 1)) & 0x7fff;
	return lb_prbs_state;
}

static void lb_carry_ms(struct lb_e1_end *end, struct lb_e1_end *far, int reason)
{
	struct lb_e1_end *source = lb_source(end, far);
	const bool good = !(reason & (LB_BAD)) && lb_span_runs(source->span);
	const bool test = good && READ_ONCE(source->maint) == DAHDI_MAINT_PRBS;
	unsigned int i, k;

	for (i = 0; i < LB_SLOTS; i++) {
		struct dahdi_chan *chan = end->span->chans[i];

		if (test)
			for (k = 0; k < DAHDI_CHUNKSIZE; k++)
				chan->readchunk[k] = lb_prbs();
		else if (good)
			memcpy(chan->readchunk, source->span->chans[i]->writechunk, DAHDI_CHUNKSIZE);
		else
			memset(chan->readchunk, 0xff, DAHDI_CHUNKSIZE);
		if (good && !(end->span->lineconfig & DAHDI_CONFIG_CCS))
			dahdi_rbsbits(chan, READ_ONCE(source->bits[i]));
	}
	end->span->count.prbs = test && READ_ONCE(end->maint) == DAHDI_MAINT_PRBS;
}

/* Defects that an end was told to send: the far end counts them, and says so by the E bit. */
static void lb_defects_ms(struct lb_e1_end *end, struct lb_e1_end *far, int reason)
{
	struct lb_e1_end *source = lb_source(end, far);
	struct dahdi_count *count = &end->span->count;
	int crc4;

	if ((reason & LB_BAD) || !lb_span_runs(source->span))
		return;
	count->bpv += atomic_xchg(&source->defects[LB_DEFECT_BPV], 0);
	count->fas += atomic_xchg(&source->defects[LB_DEFECT_FAS], 0);
	crc4 = atomic_xchg(&source->defects[LB_DEFECT_CRC4], 0);
	if (end->span->lineconfig & DAHDI_CONFIG_CRC4) {
		count->crc4 += crc4;
		source->span->count.ebit += crc4;
	}
	if (count->prbs)
		count->be += atomic_xchg(&source->defects[LB_DEFECT_PRBS], 0);
}

/* Slips: both ends keep their own clock, or each takes the other's. */
static void lb_clock_ms(struct lb_trunk *trunk)
{
	struct lb_e1_end *box = &trunk->end[LB_BOX], *exchange = &trunk->end[LB_EXCHANGE];

	if (!lb_span_runs(box->span) || !lb_span_runs(exchange->span) || !box->sync != !exchange->sync)
		return;
	trunk->drift_ns += trunk->drift;	/* parts in a million of a millisecond are nanoseconds */
	if (trunk->drift_ns < LB_FRAME_NS)
		return;
	trunk->drift_ns -= LB_FRAME_NS;
	box->span->count.timingslips++;
	exchange->span->count.timingslips++;
}

/* The span that gives a card its clock: of those that work, the one of the lowest priority number. */
static void lb_choose_clock(enum lb_end end)
{
	const struct lb_e1_end *best = NULL;
	unsigned int i;

	for (i = 0; i < lb_trunk_count; i++) {
		const struct lb_e1_end *one = &lb_trunks[i].end[end];

		if (lb_span_runs(one->span) && one->sync && !(one->alarms & LB_BAD) &&
		    (!best || one->sync < best->sync))
			best = one;
	}
	for (i = 0; i < lb_trunk_count; i++)
		if (lb_trunks[i].end[end].span)
			lb_trunks[i].end[end].span->syncsrc = best ? best->span->spanno : 0;
}

void lb_e1_ms(void)
{
	enum lb_end end;
	unsigned int i;

	for (i = 0; i < lb_trunk_count; i++) {
		struct lb_trunk *trunk = &lb_trunks[i];

		for (end = LB_BOX; end < LB_ENDS; end++) {
			struct lb_e1_end *here = &trunk->end[end], *far = &trunk->end[!end];
			int reason;

			if (!lb_span_runs(here->span))
				continue;
			reason = lb_reason(here, far);
			lb_alarms_ms(here, reason);
			lb_carry_ms(here, far, reason);
			lb_defects_ms(here, far, reason);
		}
		lb_clock_ms(trunk);
	}
	for (end = LB_BOX; end < LB_ENDS && lb_trunk_count; end++)
		lb_choose_clock(end);
}

/* --- What DAHDI asks of a span --- */

static struct lb_e1_end *lb_end_of(struct dahdi_span *span)
{
	return span->chans[0]->pvt;
}

static void lb_set_sigcap(struct dahdi_span *span)
{
	unsigned int i;

	for (i = 0; i < LB_SLOTS; i++)
		span->chans[i]->sigcap = DAHDI_SIG_CLEAR | DAHDI_SIG_CAS | DAHDI_SIG_EM_E1 | DAHDI_SIG_SF |
			DAHDI_SIG_FXSLS | DAHDI_SIG_FXSGS | DAHDI_SIG_FXSKS | DAHDI_SIG_FXOLS |
			DAHDI_SIG_FXOGS | DAHDI_SIG_FXOKS | DAHDI_SIG_MTP2;
	if (!(span->lineconfig & DAHDI_CONFIG_CCS))
		span->chans[15]->sigcap = 0;	/* carries all channels' bits */
}

static int lb_spanconfig(struct file *file, struct dahdi_span *span, struct dahdi_lineconfig *lc)
{
	if (lc->sync < 0 || lc->sync > LB_TRUNKS_MAX)
		return -EINVAL;
	spin_lock_bh(&lb_lock);
	lb_end_of(span)->sync = lc->sync;
	lb_set_sigcap(span);
	spin_unlock_bh(&lb_lock);
	return 0;
}

static int lb_startup(struct file *file, struct dahdi_span *span)
{
	return 0;
}

static int lb_shutdown(struct dahdi_span *span)
{
	struct lb_e1_end *end = lb_end_of(span);

	spin_lock_bh(&lb_lock);
	if (end->span == span)	/* else its card is being pulled out */
		lb_tell_alarms(end, 0);
	end->raise_ms = end->settle_ms = 0;
	WRITE_ONCE(end->maint, DAHDI_MAINT_NONE);
	spin_unlock_bh(&lb_lock);
	return 0;
}

/* Called with chan->lock held: note it, the tick tells the other end. */
static int lb_rbsbits(struct dahdi_chan *chan, int bits)
{
	struct lb_e1_end *end = chan->pvt;

	WRITE_ONCE(end->bits[chan->chanpos - 1], bits);
	return 0;
}

/* Called with span->lock held. */
static int lb_maint(struct dahdi_span *span, int mode)
{
	struct lb_e1_end *end = lb_end_of(span);

	switch (mode) {
	case DAHDI_MAINT_NONE:
	case DAHDI_MAINT_LOCALLOOP:
	case DAHDI_MAINT_NETWORKLINELOOP:
	case DAHDI_MAINT_NETWORKPAYLOADLOOP:
		WRITE_ONCE(end->maint, mode);
		return 0;
	case DAHDI_MAINT_PRBS:
		/* A span under test is out of service; and only so will DAHDI pass on MAINT_NONE. */
		span->maintstat = mode;
		WRITE_ONCE(end->maint, mode);
		return 0;
	case DAHDI_MAINT_BIPOLAR_DEFECT:
		atomic_inc(&end->defects[LB_DEFECT_BPV]);
		return 0;
	case DAHDI_MAINT_CRC_DEFECT:
		atomic_inc(&end->defects[LB_DEFECT_CRC4]);
		return 0;
	case DAHDI_MAINT_FAS_DEFECT:
		atomic_inc(&end->defects[LB_DEFECT_FAS]);
		return 0;
	case DAHDI_MAINT_PRBS_DEFECT:
		atomic_inc(&end->defects[LB_DEFECT_PRBS]);
		return 0;
	case DAHDI_RESET_COUNTERS:
		memset(&span->count, 0, sizeof(span->count));
		return 0;
	default:
		return -ENOSYS;
	}
}

static int lb_set_spantype(struct dahdi_span *span, enum spantypes type)
{
	return type == SPANTYPE_DIGITAL_E1 ? 0 : -EINVAL;
}

const struct dahdi_span_ops lb_e1_ops = {
	.owner = THIS_MODULE,
	.spanconfig = lb_spanconfig,
	.startup = lb_startup,
	.shutdown = lb_shutdown,
	.rbsbits = lb_rbsbits,
	.maint = lb_maint,
	.set_spantype = lb_set_spantype,
};

/* --- Cards --- */

void lb_e1_plug(enum lb_end end, struct dahdi_span **spans)
{
	unsigned int i, k;

	spin_lock_bh(&lb_lock);
	for (i = 0; i < lb_trunk_count; i++) {
		struct lb_e1_end *one = &lb_trunks[i].end[end];

		spans[i]->spantype = SPANTYPE_DIGITAL_E1;
		spans[i]->linecompat = LB_LINECOMPAT;
		spans[i]->lineconfig = DAHDI_CONFIG_CCS | DAHDI_CONFIG_HDB3;
		for (k = 0; k < LB_SLOTS; k++)
			spans[i]->chans[k]->pvt = one;
		lb_set_sigcap(spans[i]);
		*one = (struct lb_e1_end){ .span = spans[i], .fault = one->fault };
	}
	spin_unlock_bh(&lb_lock);
}

void lb_e1_pull(enum lb_end end)
{
	unsigned int i;

	spin_lock_bh(&lb_lock);
	for (i = 0; i < lb_trunk_count; i++)
		lb_trunks[i].end[end].span = NULL;
	spin_unlock_bh(&lb_lock);
}

/* --- sysfs: /sys/class/lbsim/e1-<n>/ --- */

static struct lb_trunk *lb_trunk_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static const char *const lb_e1_fault_names[] = { "none", "los", "lfa", "ais", "rai" };

static ssize_t lb_e1_fault_store(struct device *dev, enum lb_end end, const char *buf, size_t count)
{
	const int fault = sysfs_match_string(lb_e1_fault_names, buf);

	if (fault < 0)
		return -EINVAL;
	WRITE_ONCE(lb_trunk_of(dev)->end[end].fault, fault);
	return count;
}

/* What is wrong with the signal that the box gets. */
static ssize_t box_fault_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", lb_e1_fault_names[lb_trunk_of(dev)->end[LB_BOX].fault]);
}

static ssize_t box_fault_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	return lb_e1_fault_store(dev, LB_BOX, buf, count);
}
static DEVICE_ATTR_RW(box_fault);

/* What is wrong with the signal that the exchange gets. */
static ssize_t exchange_fault_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", lb_e1_fault_names[lb_trunk_of(dev)->end[LB_EXCHANGE].fault]);
}

static ssize_t exchange_fault_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	return lb_e1_fault_store(dev, LB_EXCHANGE, buf, count);
}
static DEVICE_ATTR_RW(exchange_fault);

static ssize_t drift_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", lb_trunk_of(dev)->drift);
}

/* How far the two ends' own clocks are apart, parts in a million, 0 to 1000. */
static ssize_t drift_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	int value;

	if (lb_number(buf, 0, 1000, &value))
		return -EINVAL;
	WRITE_ONCE(lb_trunk_of(dev)->drift, value);
	return count;
}
static DEVICE_ATTR_RW(drift);

/* "box crc4 5": five more of that error are counted at that end. */
static ssize_t count_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	static const char *const names[] = { "bpv", "crc4", "ebit", "fas", "slips", "be" };
	char end[10], what[8], rest;
	unsigned int number;
	struct dahdi_span *span;
	u32 *counters[6];
	int kind;

	if (sscanf(buf, "%9s %7s %u %c", end, what, &number, &rest) != 3 || !number || number > 1000000)
		return -EINVAL;
	kind = match_string(names, ARRAY_SIZE(names), what);
	if (kind < 0 || (strcmp(end, "box") && strcmp(end, "exchange")))
		return -EINVAL;
	spin_lock_bh(&lb_lock);
	span = lb_trunk_of(dev)->end[strcmp(end, "box") ? LB_EXCHANGE : LB_BOX].span;
	if (span) {
		counters[0] = &span->count.bpv;
		counters[1] = &span->count.crc4;
		counters[2] = &span->count.ebit;
		counters[3] = &span->count.fas;
		counters[4] = &span->count.timingslips;
		counters[5] = &span->count.be;
		*counters[kind] += number;
	}
	spin_unlock_bh(&lb_lock);
	return span ? count : -ENODEV;
}
static DEVICE_ATTR_WO(count);

static struct attribute *lb_trunk_attrs[] = {
	&dev_attr_box_fault.attr, &dev_attr_exchange_fault.attr, &dev_attr_drift.attr, &dev_attr_count.attr, NULL
};
ATTRIBUTE_GROUPS(lb_trunk);

int lb_e1_init(const struct class *class, unsigned int trunks)
{
	unsigned int i;

	if (!trunks)
		return 0;
	lb_trunks = kcalloc(trunks, sizeof(*lb_trunks), GFP_KERNEL);
	if (!lb_trunks)
		return -ENOMEM;
	lb_trunk_count = trunks;
	for (i = 0; i < trunks; i++) {
		struct lb_trunk *trunk = &lb_trunks[i];

		trunk->dev = device_create_with_groups(class, NULL, MKDEV(0, 0), trunk, lb_trunk_groups, "e1-%u", i + 1);
		if (IS_ERR(trunk->dev)) {
			const int res = PTR_ERR(trunk->dev);

			trunk->dev = NULL;
			lb_e1_exit();
			return res;
		}
	}
	return 0;
}

void lb_e1_exit(void)
{
	unsigned int i;

	for (i = 0; i < lb_trunk_count; i++)
		if (lb_trunks[i].dev)
			device_unregister(lb_trunks[i].dev);
	kfree(lb_trunks);
	lb_trunks = NULL;
	lb_trunk_count = 0;
}
