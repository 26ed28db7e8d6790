import { ref, type InjectionKey, type Ref } from 'vue'

/** What this session may do on the box (base/rights.py): a page hides what it lacks. The box itself refuses it anyway. */
export const rights = ref<readonly string[]>([])

export const may = (right: string): boolean => rights.value.includes(right)

/** Whether what is around a control is locked (parts/Allowed.vue): for controls that aren't the browser's own. */
export const LOCKED: InjectionKey<Readonly<Ref<boolean>>> = Symbol('locked')

/** The feature whose rights a kind of setting needs, as features/settings/allowed.py has it. */
const FEATURES: Readonly<Record<string, string>> = {
  company: 'settings',
  calendar: 'calendars',
  limits: 'limits',
  'recording-rules': 'recordings',
  reading: 'prompts',
  music: 'prompts',
  'sound-defaults': 'prompts',
  prompt: 'prompts',
  trunk: 'lines',
  span: 'lines',
  port: 'lines',
  group: 'routing',
  extension: 'extensions',
  agent: 'agents',
  menu: 'ivr',
  did: 'numbering',
  number: 'numbering',
}

/** The rights that changing a kind of setting needs. */
export const rightsToChange = (what: string): readonly string[] => [
  'settings.change',
  ...(what in FEATURES ? [`${FEATURES[what] ?? ''}.change`] : []),
  ...(what === 'number' ? ['numbers.whole'] : []),
]
export const mayChange = (what: string): boolean => rightsToChange(what).every(may)
