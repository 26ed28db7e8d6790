import { askFile } from '@/shared/api/client'
import type { Language } from '@/shared/i18n'

const VOICES: Readonly<Record<Language, string>> = { zh: 'zf_xiaoxiao', en: 'af_heart' }

/** A text as the box would say it, as WAV. */
export const speak = (lang: Language, text: string): Promise<Blob> => askFile('/api/prompts/speak', { method: 'POST', body: { lang, voice: VOICES[lang], text: text.trim() }, limitMs: 65_000 })
