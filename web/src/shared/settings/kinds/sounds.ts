/** Music on hold, the box's usual voices, and how words are read. */
import { choice, own, reference, text, type Body, type Choice, type Kind, type Refs, type Trouble } from '../kind'
import { say } from '@/shared/i18n'

export const VOICES = {
  zh: ['zf_xiaoxiao', 'zf_xiaobei', 'zf_xiaoni', 'zf_xiaoyi', 'zm_yunjian', 'zm_yunxi', 'zm_yunxia', 'zm_yunyang'],
  en: ['af_heart', 'af_bella', 'af_nicole', 'af_aoede', 'af_kore', 'af_sarah', 'bf_emma', 'am_fenrir', 'am_michael', 'am_puck'],
} as const
export type Lang = keyof typeof VOICES
type Voice = (typeof VOICES)[Lang][number]

export const nameOfVoice = (voice: unknown): string => ([...VOICES.zh, ...VOICES.en].includes(voice as Voice) ? say(`prompts.voices.${voice as Voice}`) : String(voice))
export const voiceChoices = (lang: Lang): Choice[] => VOICES[lang].map((value) => ({ value, label: nameOfVoice(value) }))

const SPEEDS = [0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5]
/** The usual ones, and what is set if it is none of them. */
export const speedChoices = (now: unknown): Choice[] =>
  [...new Set([...SPEEDS, ...(typeof now === 'number' ? [now] : [])])].sort((a, b) => a - b).map((value) => ({ value, label: say('prompts.times', { n: value }) }))

/** What the box speaks with where a prompt says nothing else; null until it is read. */
export const usual = (refs: Refs): Body | null => refs.rows('sound-defaults')[0] ?? null

export interface Piece {
  readonly file: string
  readonly name: string
}
const pieces = (value: unknown): readonly Piece[] => (Array.isArray(value) ? (value as Piece[]) : [])

export const music: Kind = {
  what: 'music', one: 'prompts.music.one', tab: 'music', list: '/api/music', key: 'id', needs: ['group', 'sound-defaults'],
  title: ({ name }) => String(name),
  fresh: () => ({ name: '', pieces: [] }),
  fields: [
    text('name', 'prompts.music.name'),
    own('pieces', 'prompts.music.pieces', {
      say: (value) => pieces(value).map(({ name }) => name).join(say('common.and')) || say('settings.empty'),
    }),
  ],
  check: (body): Trouble[] => (pieces(body.pieces).length === 0 ? [{ field: 'pieces', text: say('prompts.music.none') }] : []),
}

export const soundDefaults: Kind = {
  what: 'sound-defaults', one: 'prompts.usual.one', tab: 'voices', list: '/api/sound-defaults', single: true, key: 'id', needs: ['music'],
  title: () => say('prompts.usual.title'),
  fields: [
    choice('voice_zh', 'prompts.usual.voice_zh', () => voiceChoices('zh')),
    choice('voice_en', 'prompts.usual.voice_en', () => voiceChoices('en')),
    choice('speed', 'prompts.usual.speed', (_, { speed }) => speedChoices(speed), { say: (value) => say('prompts.times', { n: Number(value) }) }),
    reference('music_id', 'prompts.usual.music_id', 'music', 'prompts.music.builtin'),
  ],
  uses: ({ music_id }) => (music_id === null ? [] : [{ what: 'music', key: music_id }]),
}

export const reading: Kind = {
  what: 'reading', one: 'prompts.readings.one', tab: 'readings', list: '/api/readings', key: 'id', needs: [],
  title: ({ word }) => String(word),
  fresh: () => ({ lang: 'zh', word: '', reading: '' }),
  fields: [
    choice('lang', 'prompts.readings.lang', () => [{ value: 'zh', label: say('prompts.zh') }, { value: 'en', label: say('prompts.en') }]),
    text('word', 'prompts.readings.word', { max: 40 }),
    text('reading', 'prompts.readings.reading', { max: 100 }),
  ],
}
