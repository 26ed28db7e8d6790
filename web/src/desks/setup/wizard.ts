/** Where the wizard is: the box's word, and the step that this browser looks at. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { apply as applyOn, leave as leaveOn, mark, readSetup, STEPS, type Outcome, type Setup, type Step } from './api'
import { ApiError } from '@/shared/api/client'
import { language, say } from '@/shared/i18n'

/** What is left to do from each step on, in minutes, for who reads and types at leisure. */
const MINUTES: Readonly<Record<Step, number>> = { language: 0.3, secret: 0.6, company: 0.6, network: 0.3, lines: 1.2, people: 1.5, group: 0.4, greeting: 0.8, hours: 0.4, call: 1.5, done: 0.4 }

/** What went wrong, for people: at its field where it has one. */
export function told(error: unknown, ...fields: readonly string[]): string {
  if (!(error instanceof ApiError)) return say('setup.noAnswer')
  return fields.map((field) => error.problem(field, language.value)).find((text) => text !== '') ?? error.text(language.value)
}

export const useWizard = defineStore('setup', () => {
  const setup = shallowRef<Setup | null>(null)
  const step = ref<Step>('language')
  const place = computed(() => STEPS.indexOf(step.value) + 1)
  const minutes = computed(() => Math.ceil(STEPS.slice(place.value - 1).reduce((sum, one) => sum + MINUTES[one], 0)))

  /** Ask the box; `follow`: go where it goes on. */
  async function load(follow = true): Promise<void> {
    setup.value = await readSetup()
    if (follow) step.value = setup.value.step
  }

  /** This step is over: on to the next. */
  async function finish(outcome: Outcome = 'done'): Promise<void> {
    await mark(step.value, outcome)
    await load()
  }

  async function go(to: Step): Promise<void> {
    await mark(to, 'open')
    await load()
  }

  const back = (): Promise<void> => go(STEPS[Math.max(0, place.value - 2)] ?? 'language')

  /** Compile and switch what was saved by this step. */
  const apply = async (): Promise<void> => {
    await applyOn(`setup: ${step.value}`)
  }

  return { setup, step, place, minutes, load, finish, go, back, apply, leave: leaveOn }
})
