import { choice, number, own, text, type Choice, type Kind } from '../kind'
import { say } from '@/shared/i18n'

export const VOICES = {
  zh: ['zf_xiaoxiao', 'zf_xiaobei', 'zf_xiaoni', 'zf_xiaoyi', 'zm_yunjian', 'zm_yunxi', 'zm_yunxia', 'zm_yunyang'],
  en: ['af_heart', 'af_bella', 'af_nicole', 'af_aoede', 'af_kore', 'af_sarah', 'bf_emma', 'am_fenrir', 'am_michael', 'am_puck'],
} as const

const voices = (lang: keyof typeof VOICES): Choice[] => VOICES[lang].map((value) => ({ value, label: say(`prompts.voices.${value}`) }))
const builtins = (): Choice[] => [
  { value: null, label: say('prompts.noBuiltin') },
  { value: 'lb/welcome', label: say('prompts.builtins.welcome') }, { value: 'lb/menu-main', label: say('prompts.builtins.menu') }, { value: 'lb/closed', label: say('prompts.builtins.closed') },
]
const sayFile = (value: unknown): string => (typeof value === 'string' ? say('prompts.file') : say('settings.empty'))

/** What the box says: a built-in sound, or per language a file or a text that is spoken. */
export const prompt: Kind = {
  what: 'prompt', one: 'settings.one.prompt', tab: 'prompts', list: '/api/prompts', key: 'id', needs: ['did', 'menu'],
  title: ({ name }) => String(name),
  fresh: () => ({ name: '', text_zh: '', text_en: '', voice_zh: 'zf_xiaoxiao', voice_en: 'af_heart', speed: 1, builtin: null, file_zh: null, file_en: null }),
  fields: [
    text('name', 'prompts.name'),
    choice('builtin', 'prompts.builtin', builtins),
    number('speed', 'prompts.speed', 0.5, 2),
    text('text_zh', 'prompts.text_zh', { max: 2000, lines: true, required: false }),
    choice('voice_zh', 'prompts.voice_zh', () => voices('zh')),
    own('file_zh', 'prompts.file_zh', { say: sayFile }),
    text('text_en', 'prompts.text_en', { max: 2000, lines: true, required: false }),
    choice('voice_en', 'prompts.voice_en', () => voices('en')),
    own('file_en', 'prompts.file_en', { say: sayFile }),
  ],
}
