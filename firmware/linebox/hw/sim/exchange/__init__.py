"""The exchange's side of simulated lines: rings, sends caller numbers, answers, ends calls (DIA-6).

Needs the kernel module ``dahdi_lbsim`` (image/dkms) and channels that Asterisk doesn't have open.
Asterisk itself can't play it: it sends no DTMF numbers and rounds tones to frames of 20 ms.
"""
