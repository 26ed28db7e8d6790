import io
import math
import wave

import numpy as np
import pytest

from linebox.features.prompts import audio


def sine(hz: float, seconds: float, rate: int, amplitude: float = 0.5) -> audio.Samples:
    return np.asarray(amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate))


def test_loudness_is_that_of_the_standard() -> None:
    """EBU Tech 3341, test 1: a stereo sine of 1 kHz at −23 dBFS is −23 LUFS; one channel is 3 less."""
    samples = sine(1000, 5, 48000, 10 ** (-23 / 20))
    assert audio.loudness(samples, 48000) == pytest.approx(-26.0, abs=0.1)


def test_silence_between_words_does_not_count_for_loudness() -> None:
    word = sine(1000, 2, 8000, 0.1)
    spaced = np.concatenate([word, np.zeros(24000), word])
    assert audio.loudness(spaced, 8000) == pytest.approx(audio.loudness(word, 8000), abs=0.5)


def test_finished_sound_has_the_common_loudness_and_no_peak_above_the_limit() -> None:
    rng = np.random.default_rng(1)
    crest = sine(300, 2, 24000, 0.05) + np.where(rng.random(48000) > 0.9995, 0.9, 0.0)
    finished = audio.finish(crest, 24000)
    assert audio.db(audio.true_peak(finished)) < audio.PEAK_DBTP + 0.3
    assert audio.loudness(finished, 8000) == pytest.approx(audio.LOUDNESS_LUFS, abs=1.5)


def test_silence_around_is_cut() -> None:
    padded = np.concatenate([np.zeros(24000), sine(400, 1, 24000), np.zeros(24000)])
    assert len(audio.trim(padded, 24000, joined=False)) / 24000 == pytest.approx(1.08, abs=0.03)
    assert len(audio.trim(padded, 24000, joined=True)) / 24000 == pytest.approx(1.03, abs=0.03)


def test_nothing_stays_nothing() -> None:
    assert not len(audio.finish(np.zeros(0), 24000))


@pytest.mark.parametrize("rate", [24000, 22050, 16000])
def test_what_a_telephone_cannot_carry_does_not_fold_down(rate: int) -> None:
    inside, outside = sine(1000, 1, rate), sine(5500, 1, rate)
    kept = audio.to_telephone(inside + outside, rate)[800:-800]
    spectrum = np.abs(np.fft.rfft(kept * np.hanning(len(kept))))
    hz = np.fft.rfftfreq(len(kept), 1 / 8000)
    folded = spectrum[(hz > 2300) & (hz < 2700)].max()
    assert 20 * math.log10(folded / spectrum.max()) < -45


def test_alaw_comes_back_within_its_steps() -> None:
    samples = sine(440, 1, 8000, 0.9)
    error = audio.from_alaw(audio.alaw(samples)) - samples
    assert 10 * math.log10(np.mean(samples**2) / np.mean(error**2)) > 36


@pytest.mark.parametrize(
    ("pcm", "code"),
    [(0, 0xD5), (-1, 0x55), (32767, 0xAA), (-32768, 0x2A), (1000, 0xFA), (-1000, 0x7A)],
)
def test_alaw_codes_are_those_of_g711(pcm: int, code: int) -> None:
    assert audio.alaw(np.array([pcm / 32768]))[0] == code


def test_wav_is_what_players_expect() -> None:
    with wave.open(io.BytesIO(audio.wav(sine(440, 1, 8000)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.getnframes() == 8000


def test_tone_has_its_length_and_level() -> None:
    tone = audio.tone(1000, 0.3, -15)
    assert len(tone) == 2400
    assert audio.db(float(np.sqrt(np.mean(tone[100:-100] ** 2)))) == pytest.approx(-18, abs=0.1)
    assert not audio.tone(0, 0.18, -15).any()


def test_a_cut_off_or_hurried_word_is_found_uneven() -> None:
    fair = np.concatenate([np.zeros(6000), sine(300, 0.4, 24000), np.zeros(6000)])
    assert audio.unevenness(fair, 24000, 0.4) < 1
    assert audio.unevenness(fair[:-6000], 24000, 0.4) > 1
    assert audio.unevenness(fair, 24000, 0.2) > 1
