// SPDX-License-Identifier: GPL-2.0
/*
 * dahdi_lbsim: analog wires.
 *
 * At one end of a wire is an FXS port, which gives battery, rings and sees the loop close; at the
 * other an FXO port, which closes the loop and watches battery, polarity and ringing. Times are
 * those of a real card (wcaxx): battery and polarity count after 64 ms, an alarm after a second.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "lbsim.h"

#define LB_DEBOUNCE_MS	64
#define LB_ALARM_MS	1000
#define LB_ACIM_CHINA	15	/* fxo_modes.h, CHINA */
#define LB_GAIN_MAX	240	/* tenths of a dB, either way */

struct lb_wire *lb_wires;
unsigned int lb_wire_count;

static u32 lb_random = 2463534242u;

static struct lb_port *lb_other(const struct lb_port *port)
{
	return &port->wire->port[port->end == LB_BOX ? LB_EXCHANGE : LB_BOX];
}

static struct lb_port *lb_feeder(struct lb_wire *wire)
{
	return &wire->port[wire->port[LB_EXCHANGE].feeds ? LB_EXCHANGE : LB_BOX];
}

/* --- What the copper carries --- */

/* Whether the feeding port puts a voltage on its end of the wire. */
static bool lb_fed(struct lb_wire *wire)
{
	const struct lb_port *feeder = lb_feeder(wire);

	return feeder->chan && wire->battery && READ_ONCE(feeder->tx) != DAHDI_TXSIG_KEWL;
}

/* Whether that voltage reaches the other end. */
static bool lb_live(struct lb_wire *wire)
{
	return lb_fed(wire) && wire->fault == LB_FAULT_NONE;
}

static bool lb_ringing(struct lb_wire *wire)
{
	return lb_live(wire) && READ_ONCE(lb_feeder(wire)->tx) == DAHDI_TXSIG_START;
}

static bool lb_offhook(const struct lb_port *fxo)
{
	const enum dahdi_txsig tx = READ_ONCE(fxo->tx);

	return fxo->chan && (tx == DAHDI_TXSIG_OFFHOOK || tx == DAHDI_TXSIG_START);
}

static bool lb_reversed(struct lb_wire *wire)
{
	return READ_ONCE(lb_feeder(wire)->reversed) != wire->swapped;
}

/* At the FXO port, mV: 48 V idle, 9 V when it has closed the loop; negative when reversed. */
static int lb_voltage(struct lb_wire *wire)
{
	int mv;

	if (!lb_live(wire))
		return 0;
	mv = lb_offhook(lb_other(lb_feeder(wire))) ? 9000 : 48000;
	return lb_reversed(wire) ? -mv : mv;
}

/* How much of what an FXO port sends comes back to it, 16.16: the hybrid's return loss. */
static u32 lb_echo(const struct lb_port *port)
{
	int apart;

	if (port->feeds || port->wire->balance < 0)
		return 0;
	apart = abs((int)READ_ONCE(port->tune.acim) - port->wire->balance);
	return lb_factor(-max(340 - 40 * apart, 60));
}

static s32 lb_noise(u32 peak)
{
	lb_random ^= lb_random << 13;
	lb_random ^= lb_random >> 17;
	lb_random ^= lb_random << 5;
	return (s32)(((s64)(s32)lb_random * peak) >> 31);
}

/* Eight samples from one port to the other; unchanged, bit for bit, where nothing changes them. */
static void lb_carry(struct lb_port *to, struct lb_port *from, bool speaks)
{
	struct dahdi_chan *const in = to->chan, *const out = from->chan;
	const u32 gain = (u64)((u64)from->tx_factor * to->wire->loss_factor >> 16) * to->rx_factor >> 16;
	const u32 echo = lb_offhook(to) ? lb_echo(to) : 0;
	const u32 noise = to->wire->noise_peak;
	unsigned int i;

	if (speaks && gain == LB_UNITY && !echo && !noise && in->xlaw == out->xlaw) {
		memcpy(in->readchunk, out->writechunk, DAHDI_CHUNKSIZE);
		return;
	}
	for (i = 0; i < DAHDI_CHUNKSIZE; i++) {
		s64 sample = speaks ? (s64)DAHDI_XLAW(out->writechunk[i], out) * gain >> 16 : 0;

		if (echo)
			sample += (s64)DAHDI_XLAW(in->writechunk[i], in) * echo >> 16;
		if (noise)
			sample += lb_noise(noise);
		in->readchunk[i] = DAHDI_LIN2X((int)clamp_t(s64, sample, -32767, 32767), in);
	}
}

static void lb_silence(struct dahdi_chan *chan)
{
	memset(chan->readchunk, DAHDI_LIN2X(0, chan), DAHDI_CHUNKSIZE);
}

/* --- What the ports tell DAHDI --- */

static void lb_say(struct dahdi_chan *chan, enum dahdi_rxsig sig)
{
	if (READ_ONCE(chan->rxhooksig) != sig)
		dahdi_hooksig(chan, sig);
}

static void lb_fxs_ms(struct lb_wire *wire, struct lb_port *port)
{
	const bool closed = wire->fault == LB_FAULT_SHORT ||
			    (wire->fault == LB_FAULT_NONE && lb_offhook(lb_other(port)));

	lb_say(port->chan, closed && lb_fed(wire) ? DAHDI_RXSIG_OFFHOOK : DAHDI_RXSIG_ONHOOK);
}

static void lb_fxo_ms(struct lb_wire *wire, struct lb_port *port)
{
	const bool live = lb_live(wire), reversed = lb_reversed(wire);

	/* After CHANCONFIG and STARTUP DAHDI has forgotten the line and wants to hear of it again. */
	if (!port->known || READ_ONCE(port->chan->rxhooksig) == DAHDI_RXSIG_INITIAL) {
		port->known = true;
		port->battery = live;
		port->battery_ms = port->alarm_ms = 0;
	} else if (live == port->battery) {
		port->battery_ms = 0;
	} else if (++port->battery_ms >= LB_DEBOUNCE_MS) {
		port->battery = live;
		port->battery_ms = 0;
		port->alarm_ms = LB_DEBOUNCE_MS;
	}
	if (port->alarm != port->battery) {
		port->alarm_ms = 0;
	} else if (++port->alarm_ms >= LB_ALARM_MS) {
		port->alarm = !port->battery;
		port->alarm_ms = 0;
		dahdi_alarm_channel(port->chan, port->alarm ? DAHDI_ALARM_RED : DAHDI_ALARM_NONE);
	}
	if (lb_ringing(wire) && !lb_offhook(port))
		lb_say(port->chan, DAHDI_RXSIG_RING);
	else
		lb_say(port->chan, port->battery ? DAHDI_RXSIG_OFFHOOK : DAHDI_RXSIG_ONHOOK);
	if (!live || (port->polarity_known && reversed == port->polarity)) {
		port->polarity_ms = 0;
	} else if (!port->polarity_known) {
		port->polarity_known = true;
		port->polarity = reversed;
	} else if (++port->polarity_ms >= LB_DEBOUNCE_MS) {
		port->polarity = reversed;
		port->polarity_ms = 0;
		dahdi_qevent_lock(port->chan, DAHDI_EVENT_POLARITY);
	}
}

void lb_lines_ms(void)
{
	unsigned int i;

	for (i = 0; i < lb_wire_count; i++) {
		struct lb_wire *wire = &lb_wires[i];
		struct lb_port *fxs = lb_feeder(wire), *fxo = lb_other(fxs);
		const bool fxs_runs = fxs->chan && lb_span_runs(fxs->chan->span);
		const bool fxo_runs = fxo->chan && lb_span_runs(fxo->chan->span);
		const bool joined = fxs_runs && fxo_runs && lb_live(wire) && !lb_ringing(wire);

		/* An FXO port hears the line on hook too (caller ID); it speaks only off hook. */
		if (fxo_runs) {
			if (joined)
				lb_carry(fxo, fxs, true);
			else
				lb_silence(fxo->chan);
			lb_fxo_ms(wire, fxo);
		}
		if (fxs_runs) {
			if (joined)
				lb_carry(fxs, fxo, lb_offhook(fxo));
			else
				lb_silence(fxs->chan);
			lb_fxs_ms(wire, fxs);
		}
	}
}

/* --- What DAHDI asks of a port --- */

/* Called with chan->lock held: note it, the tick tells the other end. */
static int lb_hooksig(struct dahdi_chan *chan, enum dahdi_txsig sig)
{
	struct lb_port *port = chan->pvt;

	WRITE_ONCE(port->tx, sig);
	return 0;
}

static int lb_set_polarity(struct lb_port *port, unsigned long data)
{
	const enum dahdi_txsig tx = READ_ONCE(port->tx);
	int reversed;

	if (get_user(reversed, (int __user *)data))
		return -EFAULT;
	if (!port->feeds || tx == DAHDI_TXSIG_START || tx == DAHDI_TXSIG_KEWL)
		return -EINVAL;
	WRITE_ONCE(port->reversed, reversed != 0);
	return 0;
}

static int lb_get_stats(struct lb_port *port, unsigned long data)
{
	struct wctdm_stats stats;
	int mv;

	spin_lock_bh(&lb_lock);
	mv = lb_voltage(port->wire);
	if (!port->feeds) {
		stats = (struct wctdm_stats){ .tipvolt = mv, .ringvolt = mv, .batvolt = mv };
	} else {
		/* As a SLIC: the more negative wire is the ring, swapped when reversed. */
		const bool on = lb_fed(port->wire);
		const int low = on ? (lb_offhook(lb_other(port)) ? -12000 : -51000) : 0, high = on ? -3000 : 0;

		stats = (struct wctdm_stats){ .tipvolt = port->reversed ? low : high,
			.ringvolt = port->reversed ? high : low, .batvolt = port->wire->battery ? -54000 : 0 };
	}
	spin_unlock_bh(&lb_lock);
	return copy_to_user((void __user *)data, &stats, sizeof(stats)) ? -EFAULT : 0;
}

static int lb_set_tune(struct lb_port *port, unsigned long data)
{
	struct wctdm_echo_coefs tune;

	if (port->feeds)
		return -EINVAL;
	if (copy_from_user(&tune, (void __user *)data, sizeof(tune)))
		return -EFAULT;
	if (tune.acim > 15)
		return -EINVAL;
	spin_lock_bh(&lb_lock);
	port->tune = tune;
	spin_unlock_bh(&lb_lock);
	return 0;
}

static int lb_set_gain(struct lb_port *port, unsigned long data)
{
	struct dahdi_hwgain gain;

	if (copy_from_user(&gain, (void __user *)data, sizeof(gain)))
		return -EFAULT;
	if (abs(gain.newgain) > LB_GAIN_MAX)
		return -EINVAL;
	spin_lock_bh(&lb_lock);
	if (gain.tx) {
		port->tx_gain = gain.newgain;
		port->tx_factor = lb_factor(gain.newgain);
	} else {
		port->rx_gain = gain.newgain;
		port->rx_factor = lb_factor(gain.newgain);
	}
	spin_unlock_bh(&lb_lock);
	return 0;
}

static int lb_ioctl(struct dahdi_chan *chan, unsigned int cmd, unsigned long data)
{
	struct lb_port *port = chan->pvt;
	struct dahdi_vmwi_info vmwi;
	int value;

	switch (cmd) {
	case DAHDI_SETPOLARITY:
		return lb_set_polarity(port, data);
	case WCTDM_GET_STATS:
		return lb_get_stats(port, data);
	case WCTDM_SET_ECHOTUNE:
		return lb_set_tune(port, data);
	case DAHDI_SET_HWGAIN:
		return lb_set_gain(port, data);
	case DAHDI_ONHOOKTRANSFER:	/* these wires always transfer */
		if (get_user(value, (int __user *)data))
			return -EFAULT;
		return port->feeds ? 0 : -EINVAL;
	case DAHDI_VMWI_CONFIG:
		if (copy_from_user(&vmwi, (void __user *)data, sizeof(vmwi)))
			return -EFAULT;
		return port->feeds ? 0 : -EINVAL;
	case DAHDI_VMWI:
		if (get_user(value, (int __user *)data))
			return -EFAULT;
		if (!port->feeds || value < 0)
			return -EINVAL;
		WRITE_ONCE(port->messages, value);
		return 0;
	case DAHDI_TONEDETECT:		/* left to software */
		return -ENOSYS;
	default:
		return -ENOTTY;
	}
}

const struct dahdi_span_ops lb_line_ops = {
	.owner = THIS_MODULE,
	.hooksig = lb_hooksig,
	.ioctl = lb_ioctl,
};

/* --- Cards --- */

void lb_lines_plug(enum lb_end end, struct dahdi_span *span)
{
	unsigned int i, fxs = 0;

	spin_lock_bh(&lb_lock);
	for (i = 0; i < lb_wire_count; i++) {
		struct lb_port *port = &lb_wires[i].port[end];

		span->chans[i]->pvt = port;
		span->chans[i]->sigcap = port->feeds ?
			DAHDI_SIG_FXOKS | DAHDI_SIG_FXOLS | DAHDI_SIG_FXOGS | DAHDI_SIG_SF | DAHDI_SIG_EM | DAHDI_SIG_CLEAR :
			DAHDI_SIG_FXSKS | DAHDI_SIG_FXSLS | DAHDI_SIG_SF | DAHDI_SIG_CLEAR;
		fxs += port->feeds;
		*port = (struct lb_port){ .wire = &lb_wires[i], .end = end, .feeds = port->feeds,
			.chan = span->chans[i], .tx_factor = LB_UNITY, .rx_factor = LB_UNITY,
			.tune.acim = LB_ACIM_CHINA };
	}
	spin_unlock_bh(&lb_lock);
	span->spantype = !fxs ? SPANTYPE_ANALOG_FXO :
			 fxs == lb_wire_count ? SPANTYPE_ANALOG_FXS : SPANTYPE_ANALOG_MIXED;
}

void lb_lines_pull(enum lb_end end)
{
	unsigned int i;

	spin_lock_bh(&lb_lock);
	for (i = 0; i < lb_wire_count; i++)
		lb_wires[i].port[end].chan = NULL;
	spin_unlock_bh(&lb_lock);
}

/* --- sysfs: /sys/class/lbsim/wire<n>/ --- */

static struct lb_wire *lb_wire_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t battery_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", lb_wire_of(dev)->battery);
}

static ssize_t battery_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	int value;

	if (lb_number(buf, 0, 1, &value))
		return -EINVAL;
	WRITE_ONCE(lb_wire_of(dev)->battery, value);
	return count;
}
static DEVICE_ATTR_RW(battery);

static ssize_t swapped_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", lb_wire_of(dev)->swapped);
}

static ssize_t swapped_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	int value;

	if (lb_number(buf, 0, 1, &value))
		return -EINVAL;
	WRITE_ONCE(lb_wire_of(dev)->swapped, value);
	return count;
}
static DEVICE_ATTR_RW(swapped);

static const char *const lb_fault_names[] = { "none", "cut", "short" };

static ssize_t fault_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", lb_fault_names[lb_wire_of(dev)->fault]);
}

static ssize_t fault_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	const int value = sysfs_match_string(lb_fault_names, buf);

	if (value < 0)
		return -EINVAL;
	WRITE_ONCE(lb_wire_of(dev)->fault, value);
	return count;
}
static DEVICE_ATTR_RW(fault);

static ssize_t loss_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", lb_wire_of(dev)->loss);
}

/* Tenths of a dB, 0 to 400. */
static ssize_t loss_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct lb_wire *wire = lb_wire_of(dev);
	int value;

	if (lb_number(buf, 0, 400, &value))
		return -EINVAL;
	spin_lock_bh(&lb_lock);
	wire->loss = value;
	wire->loss_factor = lb_factor(-value);
	spin_unlock_bh(&lb_lock);
	return count;
}
static DEVICE_ATTR_RW(loss);

static ssize_t balance_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", lb_wire_of(dev)->balance);
}

/* The ACIM that fits this wire, 0 to 15; -1: any fits, no echo. */
static ssize_t balance_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	int value;

	if (lb_number(buf, -1, 15, &value))
		return -EINVAL;
	WRITE_ONCE(lb_wire_of(dev)->balance, value);
	return count;
}
static DEVICE_ATTR_RW(balance);

static ssize_t noise_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", lb_wire_of(dev)->noise);
}

/* White noise, dBm0, -70 to -20; 0: none. */
static ssize_t noise_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t count)
{
	struct lb_wire *wire = lb_wire_of(dev);
	int value;

	if (lb_number(buf, -70, 0, &value) || (value > -20 && value))
		return -EINVAL;
	spin_lock_bh(&lb_lock);
	wire->noise = value;
	/* An even spread up to 27408 is 15824 r.m.s., which is 0 dBm0 in A-law (G.711: full scale 3.14). */
	wire->noise_peak = value ? (u64)27408 * lb_factor(10 * value) >> 16 : 0;
	spin_unlock_bh(&lb_lock);
	return count;
}
static DEVICE_ATTR_RW(noise);

static ssize_t kind_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", lb_wire_of(dev)->port[LB_BOX].feeds ? "phone" : "line");
}
static DEVICE_ATTR_RO(kind);

static ssize_t polarity_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", lb_reversed(lb_wire_of(dev)) ? "reversed" : "normal");
}
static DEVICE_ATTR_RO(polarity);

static ssize_t voltage_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int mv;

	spin_lock_bh(&lb_lock);
	mv = lb_voltage(lb_wire_of(dev));
	spin_unlock_bh(&lb_lock);
	return sysfs_emit(buf, "%d\n", mv);
}
static DEVICE_ATTR_RO(voltage);

/* What a port does: an FXO port on or off hook, an FXS port idle, ringing or open; or unplugged. */
static ssize_t lb_port_show(const struct lb_port *port, char *buf)
{
	const char *does = "unplugged";

	spin_lock_bh(&lb_lock);
	if (port->chan && !port->feeds)
		does = lb_offhook(port) ? "offhook" : "onhook";
	else if (port->chan)
		does = port->tx == DAHDI_TXSIG_START ? "ringing" : port->tx == DAHDI_TXSIG_KEWL ? "open" : "idle";
	spin_unlock_bh(&lb_lock);
	return sysfs_emit(buf, "%s\n", does);
}

static ssize_t box_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return lb_port_show(&lb_wire_of(dev)->port[LB_BOX], buf);
}
static DEVICE_ATTR_RO(box);

static ssize_t exchange_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return lb_port_show(&lb_wire_of(dev)->port[LB_EXCHANGE], buf);
}
static DEVICE_ATTR_RO(exchange);

static ssize_t ring_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int rings;

	spin_lock_bh(&lb_lock);
	rings = lb_ringing(lb_wire_of(dev));
	spin_unlock_bh(&lb_lock);
	return sysfs_emit(buf, "%d\n", rings);
}
static DEVICE_ATTR_RO(ring);

static ssize_t alarm_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct lb_port *fxo = lb_other(lb_feeder(lb_wire_of(dev)));

	return sysfs_emit(buf, "%s\n", READ_ONCE(fxo->alarm) ? "red" : "none");
}
static DEVICE_ATTR_RO(alarm);

/* ACIM and the eight echo coefficients that the FXO port was given. */
static ssize_t tune_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct wctdm_echo_coefs tune;

	spin_lock_bh(&lb_lock);
	tune = lb_other(lb_feeder(lb_wire_of(dev)))->tune;
	spin_unlock_bh(&lb_lock);
	return sysfs_emit(buf, "%u %u %u %u %u %u %u %u %u\n", tune.acim, tune.coef1, tune.coef2, tune.coef3,
			  tune.coef4, tune.coef5, tune.coef6, tune.coef7, tune.coef8);
}
static DEVICE_ATTR_RO(tune);

/* The box's port's gains in tenths of a dB: as sent, as received. */
static ssize_t gains_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct lb_port *box = &lb_wire_of(dev)->port[LB_BOX];

	return sysfs_emit(buf, "%d %d\n", READ_ONCE(box->tx_gain), READ_ONCE(box->rx_gain));
}
static DEVICE_ATTR_RO(gains);

static ssize_t messages_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(lb_feeder(lb_wire_of(dev))->messages));
}
static DEVICE_ATTR_RO(messages);

static struct attribute *lb_wire_attrs[] = {
	&dev_attr_battery.attr, &dev_attr_swapped.attr, &dev_attr_fault.attr, &dev_attr_loss.attr,
	&dev_attr_balance.attr, &dev_attr_noise.attr, &dev_attr_kind.attr, &dev_attr_polarity.attr,
	&dev_attr_voltage.attr, &dev_attr_box.attr, &dev_attr_exchange.attr, &dev_attr_ring.attr,
	&dev_attr_alarm.attr, &dev_attr_tune.attr, &dev_attr_gains.attr, &dev_attr_messages.attr, NULL
};
ATTRIBUTE_GROUPS(lb_wire);

int lb_lines_init(const struct class *class, unsigned int lines, unsigned int phones)
{
	unsigned int i;

	if (!lines && !phones)
		return 0;
	lb_wires = kcalloc(lines + phones, sizeof(*lb_wires), GFP_KERNEL);
	if (!lb_wires)
		return -ENOMEM;
	lb_wire_count = lines + phones;
	for (i = 0; i < lb_wire_count; i++) {
		struct lb_wire *wire = &lb_wires[i];
		enum lb_end end;

		wire->battery = true;
		wire->loss_factor = LB_UNITY;
		wire->balance = -1;
		for (end = LB_BOX; end < LB_ENDS; end++)
			wire->port[end] = (struct lb_port){ .wire = wire, .end = end,
				.feeds = (end == LB_EXCHANGE) == (i < lines), .tune.acim = LB_ACIM_CHINA };
		wire->dev = device_create_with_groups(class, NULL, MKDEV(0, 0), wire, lb_wire_groups, "wire%u", i + 1);
		if (IS_ERR(wire->dev)) {
			const int res = PTR_ERR(wire->dev);

			wire->dev = NULL;
			lb_lines_exit();
			return res;
		}
	}
	return 0;
}

void lb_lines_exit(void)
{
	unsigned int i;

	for (i = 0; i < lb_wire_count; i++)
		if (lb_wires[i].dev)
			device_unregister(lb_wires[i].dev);
	kfree(lb_wires);
	lb_wires = NULL;
	lb_wire_count = 0;
}
