// SPDX-License-Identifier: GPL-2.0
/*
 * dahdi_lbsim: the module, its cards (platform devices) and its one tick.
 *
 * A card is a platform device: "unbind" in sysfs pulls it out, "bind" plugs it in again.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lbsim.h"

static unsigned int wires = 4;
module_param(wires, uint, 0444);
MODULE_PARM_DESC(wires, "Lines from the exchange to the box (FXO ports of the box), 0 to 64");
static unsigned int phones;
module_param(phones, uint, 0444);
MODULE_PARM_DESC(phones, "Wires to telephones (FXS ports of the box), 0 to 64 with wires");
static unsigned int e1;
module_param(e1, uint, 0444);
MODULE_PARM_DESC(e1, "E1 trunks between box and exchange, 0 to 8");
static unsigned int tick_ms = 2;
module_param(tick_ms, uint, 0444);
MODULE_PARM_DESC(tick_ms, "Milliseconds between two ticks, 1 to 20");
static unsigned int lost_ms;
module_param(lost_ms, uint, 0444);
MODULE_PARM_DESC(lost_ms, "Milliseconds that were never made up for (read only)");

/*
 * What a late tick makes up for at once; what is beyond never comes. Nothing is cut out of the sound
 * then, it comes later; while a burst longer than the reader's buffers (80 ms in chan_dahdi) is cut.
 */
#define LB_CATCH_UP_MS	20
/* How long a pulled card's memory stays: processes still leave DAHDI's poll then. */
#define LB_GRAVE_MS	10000

DEFINE_SPINLOCK(lb_lock);

/* What exists while a card is plugged in. */
struct lb_plug {
	struct dahdi_device *ddev;
	unsigned int span_count;
	struct dahdi_span *spans[LB_TRUNKS_MAX];
	struct list_head grave;
	unsigned long buried_at;
};

struct lb_card {
	const char *name;
	const char *type;
	enum lb_end end;
	bool digital;
	struct platform_device *pdev;
	struct lb_plug *plug;
};

/* In the order of their spans' numbers where DAHDI gives those by itself: the box's come first. */
static struct lb_card lb_cards[] = {
	{ .name = "lbsim-box", .type = "Simulated analog card", .end = LB_BOX },
	{ .name = "lbsim-e1-box", .type = "Simulated E1 card", .end = LB_BOX, .digital = true },
	{ .name = "lbsim-exchange", .type = "Simulated exchange", .end = LB_EXCHANGE },
	{ .name = "lbsim-e1-exchange", .type = "Simulated E1 exchange", .end = LB_EXCHANGE, .digital = true },
};

static const struct platform_device_id lb_ids[] = {
	{ .name = "lbsim-box", .driver_data = 0 },
	{ .name = "lbsim-e1-box", .driver_data = 1 },
	{ .name = "lbsim-exchange", .driver_data = 2 },
	{ .name = "lbsim-e1-exchange", .driver_data = 3 },
	{ }
};

static struct hrtimer lb_timer;
static ktime_t lb_done;		/* the time up to which audio has been carried */

u32 lb_factor(int tenths)
{
	u64 factor = LB_UNITY;

	/* 10^(1/20), 10^(1/200) and their inverses in 16.16 */
	for (; tenths >= 10; tenths -= 10)
		factor = factor * 73533 >> 16;
	for (; tenths > 0; tenths--)
		factor = factor * 66295 >> 16;
	for (; tenths <= -10; tenths += 10)
		factor = factor * 58409 >> 16;
	for (; tenths < 0; tenths++)
		factor = factor * 64786 >> 16;
	return factor;
}

int lb_number(const char *text, int low, int high, int *number)
{
	if (kstrtoint(text, 0, number))
		return -EINVAL;
	return *number < low || *number > high ? -EINVAL : 0;
}

/* --- The tick --- */

static void lb_each_span(int (*act)(struct dahdi_span *span))
{
	unsigned int i, s;

	for (i = 0; i < ARRAY_SIZE(lb_cards); i++) {
		const struct lb_plug *plug = lb_cards[i].plug;

		for (s = 0; plug && s < plug->span_count; s++)
			if (lb_span_runs(plug->spans[s]))
				act(plug->spans[s]);
	}
}

static int lb_receive(struct dahdi_span *span)
{
	dahdi_ec_span(span);
	return dahdi_receive(span);
}

/* One millisecond of every line: eight samples each way, and the lines' states. */
static void lb_ms(void)
{
	lb_each_span(dahdi_transmit);
	lb_lines_ms();
	lb_e1_ms();
	lb_each_span(lb_receive);
}

static enum hrtimer_restart lb_tick(struct hrtimer *timer)
{
	s64 due;

	spin_lock(&lb_lock);
	due = ktime_ms_delta(ktime_get(), lb_done);
	if (due > LB_CATCH_UP_MS) {
		lost_ms += due - LB_CATCH_UP_MS;
		lb_done = ktime_add_ms(lb_done, due - LB_CATCH_UP_MS);
		due = LB_CATCH_UP_MS;
	}
	lb_done = ktime_add_ms(lb_done, due);
	while (due-- > 0)
		lb_ms();
	spin_unlock(&lb_lock);
	hrtimer_forward_now(timer, ms_to_ktime(tick_ms));
	return HRTIMER_RESTART;
}

/* --- Cards plugged in and pulled out --- */

static struct dahdi_span *lb_span_new(const struct lb_card *card, unsigned int number, unsigned int channels)
{
	struct dahdi_span *span = kzalloc(sizeof(*span), GFP_KERNEL);
	unsigned int i;

	if (!span)
		return NULL;
	span->chans = kcalloc(channels, sizeof(*span->chans), GFP_KERNEL);
	if (!span->chans) {
		kfree(span);
		return NULL;
	}
	span->channels = channels;
	span->offset = number;
	span->deflaw = DAHDI_LAW_ALAW;
	span->flags = DAHDI_FLAG_RBS;
	span->ops = card->digital ? &lb_e1_ops : &lb_line_ops;
	snprintf(span->name, sizeof(span->name), "%s/%s/%u", card->digital ? "LBE1" : "LBSIM",
		 card->end == LB_BOX ? "BOX" : "EXCH", number);
	snprintf(span->desc, sizeof(span->desc), "%s, span %u", card->type, number + 1);
	for (i = 0; i < channels; i++) {
		struct dahdi_chan *chan = kzalloc(sizeof(*chan), GFP_KERNEL);

		if (!chan)
			return span;	/* told by a NULL among its channels */
		chan->chanpos = i + 1;
		scnprintf(chan->name, sizeof(chan->name), "%.30s/%u", span->name, i + 1);
		span->chans[i] = chan;
	}
	return span;
}

static void lb_plug_free(struct lb_plug *plug)
{
	unsigned int s, i;

	for (s = 0; s < plug->span_count; s++) {
		for (i = 0; i < plug->spans[s]->channels; i++)
			kfree(plug->spans[s]->chans[i]);
		kfree(plug->spans[s]->chans);
		kfree(plug->spans[s]);
	}
	if (plug->ddev) {
		kfree(plug->ddev->location);
		dahdi_free_device(plug->ddev);
	}
	kfree(plug);
}

static LIST_HEAD(lb_graves);
static DEFINE_MUTEX(lb_graves_lock);

static void lb_dig(struct work_struct *work);
static DECLARE_DELAYED_WORK(lb_digger, lb_dig);

static void lb_dig(struct work_struct *work)
{
	struct lb_plug *plug, *next;

	mutex_lock(&lb_graves_lock);
	list_for_each_entry_safe(plug, next, &lb_graves, grave) {
		if (time_before(jiffies, plug->buried_at + msecs_to_jiffies(LB_GRAVE_MS)))
			continue;
		list_del(&plug->grave);
		lb_plug_free(plug);
	}
	if (!list_empty(&lb_graves))
		schedule_delayed_work(&lb_digger, HZ);
	mutex_unlock(&lb_graves_lock);
}

static void lb_bury(struct lb_plug *plug)
{
	mutex_lock(&lb_graves_lock);
	plug->buried_at = jiffies;
	list_add_tail(&plug->grave, &lb_graves);
	mutex_unlock(&lb_graves_lock);
	schedule_delayed_work(&lb_digger, msecs_to_jiffies(LB_GRAVE_MS));
}

static struct lb_plug *lb_plug_new(const struct lb_card *card)
{
	unsigned int spans = card->digital ? lb_trunk_count : 1;
	unsigned int channels = card->digital ? LB_SLOTS : lb_wire_count;
	struct lb_plug *plug = kzalloc(sizeof(*plug), GFP_KERNEL);
	unsigned int s;

	if (!plug)
		return NULL;
	plug->ddev = dahdi_create_device();
	if (!plug->ddev)
		goto fail;
	plug->ddev->manufacturer = "Linebox";
	plug->ddev->devicetype = card->type;
	plug->ddev->hardware_id = card->name;
	plug->ddev->location = kasprintf(GFP_KERNEL, "lbsim:%s", card->name + strlen("lbsim-"));
	if (!plug->ddev->location)
		goto fail;
	for (s = 0; s < spans; s++) {
		plug->spans[s] = lb_span_new(card, s, channels);
		if (!plug->spans[s])
			goto fail;
		plug->span_count++;
		if (!plug->spans[s]->chans[channels - 1])
			goto fail;
	}
	return plug;
fail:
	lb_plug_free(plug);
	return NULL;
}

static int lb_probe(struct platform_device *pdev)
{
	struct lb_card *card = &lb_cards[platform_get_device_id(pdev)->driver_data];
	struct lb_plug *plug = lb_plug_new(card);
	unsigned int s;
	int res;

	if (!plug)
		return -ENOMEM;
	if (card->digital)
		lb_e1_plug(card->end, plug->spans);
	else
		lb_lines_plug(card->end, plug->spans[0]);
	for (s = 0; s < plug->span_count; s++)
		list_add_tail(&plug->spans[s]->device_node, &plug->ddev->spans);
	spin_lock_bh(&lb_lock);
	card->plug = plug;
	spin_unlock_bh(&lb_lock);
	res = dahdi_register_device(plug->ddev, &pdev->dev);
	if (!res)
		return 0;
	spin_lock_bh(&lb_lock);
	card->plug = NULL;
	spin_unlock_bh(&lb_lock);
	if (card->digital)
		lb_e1_pull(card->end);
	else
		lb_lines_pull(card->end);
	lb_plug_free(plug);
	return res;
}

static void lb_remove(struct platform_device *pdev)
{
	struct lb_card *card = &lb_cards[platform_get_device_id(pdev)->driver_data];
	struct lb_plug *plug = card->plug;
	unsigned int s, i;

	/* As with a real card: first nothing comes from it any more, then DAHDI hears of it. */
	spin_lock_bh(&lb_lock);
	card->plug = NULL;
	spin_unlock_bh(&lb_lock);
	if (card->digital)
		lb_e1_pull(card->end);
	else
		lb_lines_pull(card->end);
	dahdi_unregister_device(plug->ddev);
	/* Whoever polls a channel by epoll is still on its queue, for as long as the file is open. */
	for (s = 0; s < plug->span_count; s++)
		for (i = 0; i < plug->spans[s]->channels; i++)
			__wake_up(&plug->spans[s]->chans[i]->waitq, TASK_NORMAL, 0,
				  poll_to_key(EPOLLHUP | POLLFREE));
	lb_bury(plug);
}

static struct platform_driver lb_driver = {
	.driver = { .name = "dahdi_lbsim" },
	.id_table = lb_ids,
	.probe = lb_probe,
	.remove = lb_remove,
};

static const struct class lb_class = { .name = "lbsim" };

static void lb_cards_gone(void)
{
	unsigned int i;

	for (i = ARRAY_SIZE(lb_cards); i-- > 0;)
		if (lb_cards[i].pdev)
			platform_device_unregister(lb_cards[i].pdev);
	platform_driver_unregister(&lb_driver);
}

static void lb_graves_gone(void)
{
	struct lb_plug *plug, *next;

	cancel_delayed_work_sync(&lb_digger);
	if (!list_empty(&lb_graves))
		msleep(1000);
	list_for_each_entry_safe(plug, next, &lb_graves, grave)
		lb_plug_free(plug);
}

static int __init lb_init(void)
{
	unsigned int i;
	int res;

	if (wires > LB_WIRES_MAX || phones > LB_WIRES_MAX - wires || e1 > LB_TRUNKS_MAX ||
	    tick_ms < 1 || tick_ms > 20 || (!wires && !phones && !e1)) {
		pr_err("lbsim: wires and phones 0 to %d together, e1 0 to %d, tick_ms 1 to 20, and not all three 0\n",
		       LB_WIRES_MAX, LB_TRUNKS_MAX);
		return -EINVAL;
	}
	res = class_register(&lb_class);
	if (res)
		return res;
	res = lb_lines_init(&lb_class, wires, phones);
	if (res)
		goto fail_class;
	res = lb_e1_init(&lb_class, e1);
	if (res)
		goto fail_lines;
	res = platform_driver_register(&lb_driver);
	if (res)
		goto fail_e1;
	for (i = 0; i < ARRAY_SIZE(lb_cards); i++) {
		struct platform_device *pdev;

		if (!(lb_cards[i].digital ? e1 : wires + phones))
			continue;
		pdev = platform_device_register_simple(lb_cards[i].name, PLATFORM_DEVID_NONE, NULL, 0);
		if (IS_ERR(pdev)) {
			res = PTR_ERR(pdev);
			goto fail_cards;
		}
		lb_cards[i].pdev = pdev;
	}
	lb_done = ktime_get();
	hrtimer_setup(&lb_timer, lb_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	hrtimer_start(&lb_timer, ms_to_ktime(tick_ms), HRTIMER_MODE_REL_SOFT);
	return 0;
fail_cards:
	lb_cards_gone();
	lb_graves_gone();
fail_e1:
	lb_e1_exit();
fail_lines:
	lb_lines_exit();
fail_class:
	class_unregister(&lb_class);
	return res;
}

static void __exit lb_exit(void)
{
	hrtimer_cancel(&lb_timer);
	lb_cards_gone();
	lb_graves_gone();
	lb_e1_exit();
	lb_lines_exit();
	class_unregister(&lb_class);
}

module_init(lb_init);
module_exit(lb_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("Linebox");
MODULE_DESCRIPTION("Telephone lines and E1 trunks without hardware");
