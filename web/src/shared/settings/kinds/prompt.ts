import { choice, own, text, type Choice, type Kind, type Refs } from '../kind'
import { nameOfVoice, speedChoices, usual, voiceChoices, type Lang } from './sounds'
import { say } from '@/shared/i18n'

/** The box's, which it names, or one of its own. */
const voices = (lang: Lang, refs: Refs): Choice[] => [{ value: null, label: usual(refs) === null ? say('prompts.usual.as') : say('prompts.usual.asThat', { value: nameOfVoice(usual(refs)?.[`voice_${lang}`]) }) }, ...voiceChoices(lang)]
const speeds = (refs: Refs, now: unknown): Choice[] => [{ value: null, label: usual(refs) === null ? say('prompts.usual.as') : say('prompts.usual.asThat', { value: say('prompts.times', { n: Number(usual(refs)?.speed) }) }) }, ...speedChoices(now)]
const builtins = (): Choice[] => [
  { value: null, label: say('prompts.noBuiltin') },
  { value: 'lb/welcome', label: say('prompts.builtins.welcome') }, { value: 'lb/menu-main', label: say('prompts.builtins.menu') }, { value: 'lb/closed', label: say('prompts.builtins.closed') },
]
const sayFile = (value: unknown): string => (typeof value === 'string' ? say('prompts.file') : say('settings.empty'))

/** What the box says: a built-in sound, or per language a file or a text that is spoken. */
export const prompt: Kind = {
  what: 'prompt', one: 'settings.one.prompt', tab: 'prompts', list: '/api/prompts', key: 'id', needs: ['did', 'menu', 'sound-defaults', 'reading'],
  title: ({ name }) => String(name),
  fresh: () => ({ name: '', text_zh: '', text_en: '', voice_zh: null, voice_en: null, speed: null, builtin: null, file_zh: null, file_en: null }),
  fields: [
    text('name', 'prompts.name'),
    choice('builtin', 'prompts.builtin', builtins),
    choice('speed', 'prompts.speed', (refs, { speed }) => speeds(refs, speed), { say: (value, refs) => speeds(refs, value).find((one) => one.value === (value ?? null))?.label ?? '' }),
    text('text_zh', 'prompts.text_zh', { max: 2000, lines: true, required: false }),
    choice('voice_zh', 'prompts.voice_zh', (refs) => voices('zh', refs)),
    own('file_zh', 'prompts.file_zh', { say: sayFile }),
    text('text_en', 'prompts.text_en', { max: 2000, lines: true, required: false }),
    choice('voice_en', 'prompts.voice_en', (refs) => voices('en', refs)),
    own('file_en', 'prompts.file_en', { say: sayFile }),
  ],
}
