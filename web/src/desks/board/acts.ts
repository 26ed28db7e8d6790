/**
 * What a supervisor asks of agents (SUP-2, SUP-4). Asterisk owns their states: a request is shown as
 * asked until the live line tells the truth; a refusal is told in a sentence.
 */
import { defineStore } from 'pinia'
import { shallowReactive, shallowRef, watch } from 'vue'
import { ApiError, NoAnswer, ask } from '@/shared/api/client'
import { language, nameOf, say, type Message } from '@/shared/i18n'
import type { LiveAgent, LiveGroup } from '@/shared/live/model'
import { useLive } from '@/shared/live/store'

export type Step =
  | { readonly do: 'ready' | 'logout' | 'wrapup-end' }
  | { readonly do: 'pause'; readonly reason: string }
  | { readonly do: 'join' | 'leave'; readonly group: number }
/** One agent and what is asked for them, in order. */
export interface Task {
  readonly agent: LiveAgent
  readonly steps: readonly Step[]
}
export interface Notice {
  readonly id: number
  readonly weight: 'done' | 'stop'
  readonly text: string
  readonly undo: (() => void) | null
}

export const REASONS = ['break', 'meal', 'meeting', 'training', 'work'] as const

/** So many agents are asked for at a time; so long an answer may take to be seen on the line. */
const AT_ONCE = 6
const SEEN_WITHIN_MS = 5000

const stateOf = (agent: LiveAgent | undefined): string => (agent ? `${agent.state} ${agent.reason ?? ''} ${agent.groups.join()}` : '')

/** Asks for an agent in `group` only: joined first, so that they are never in none. */
export const moved = (agent: LiveAgent, group: number): Task => ({
  agent,
  steps: [...(agent.groups.includes(group) ? [] : [{ do: 'join', group } as const]), ...agent.groups.filter((id) => id !== group).map((id) => ({ do: 'leave', group: id }) as const)],
})

/** What brings an agent back to where they were: nothing for a log-out, which only they can undo. */
function undone({ agent, steps }: Task): Task | null {
  const back = steps.flatMap((step): Step[] => {
    switch (step.do) {
      case 'join':
        return [{ do: 'leave', group: step.group }]
      case 'leave':
        return [{ do: 'join', group: step.group }]
      case 'ready':
        return agent.state === 'paused' ? [{ do: 'pause', reason: isReason(agent.reason) ? agent.reason : 'break' }] : []
      case 'pause':
        return agent.state === 'paused' ? [] : [{ do: 'ready' }]
      case 'logout':
      case 'wrapup-end':
        return []
    }
  })
  // Joined again before left: never in no group.
  return back.length === 0 ? null : { agent, steps: back.sort((a, b) => Number(a.do === 'leave') - Number(b.do === 'leave')) }
}

const isReason = (reason: string | null): reason is (typeof REASONS)[number] => REASONS.some((one) => one === reason)

function why(error: unknown): string {
  if (error instanceof ApiError) return error.text(language.value)
  if (error instanceof NoAnswer) return say('board.unreachable')
  throw error
}

export const useActs = defineStore('acts', () => {
  const live = useLive()
  /** Agents for whom something is asked, with their state when it was. */
  const asked = shallowReactive(new Map<string, string>())
  const notices = shallowRef<readonly Notice[]>([])
  let made = 0

  function tell(weight: Notice['weight'], text: string, undo: Notice['undo'] = null): void {
    const id = (made += 1)
    notices.value = [...notices.value.slice(-2), { id, weight, text, undo }]
    if (weight === 'done') setTimeout(() => { dismiss(id) }, 6000)
  }
  function dismiss(id: number): void {
    notices.value = notices.value.filter((one) => one.id !== id)
  }

  // The live line told something new of them: that is the truth, nothing is asked any more.
  watch(() => live.agentsByNumber, (agents) => {
    for (const [number, before] of asked) if (stateOf(agents.get(number)) !== before) asked.delete(number)
  })

  /** Throws what `ask` throws, at the first step refused. */
  async function perform({ agent, steps }: Task): Promise<void> {
    asked.set(agent.number, stateOf(live.agentsByNumber.get(agent.number)))
    try {
      for (const step of steps) await ask(`/api/agents/${agent.number}/state`, { method: 'POST', body: step })
      setTimeout(() => asked.delete(agent.number), SEEN_WITHIN_MS)
    } catch (error) {
      asked.delete(agent.number)
      throw error
    }
  }

  /** Ask for all of them; tell what was done, as `word`, and what wasn't. */
  async function run(word: keyof typeof WORDS, tasks: readonly Task[], group?: LiveGroup): Promise<void> {
    const waiting = tasks.filter((task) => task.steps.length > 0)
    const done: Task[] = []
    const failed: { agent: LiveAgent; error: unknown }[] = []
    const work = async (): Promise<void> => {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
        try {
          await perform(task)
          done.push(task)
        } catch (error) {
          failed.push({ agent: task.agent, error })
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    const [first] = failed
    if (first) {
      const reason = why(first.error)
      tell('stop', failed.length === 1 ? say('board.failed', { who: whoOf([first.agent]), why: reason }) : say('board.failedN', { n: failed.length, why: reason }))
    }
    if (done.length === 0) return
    const back = done.flatMap((task) => undone(task) ?? [])
    const fields = { who: whoOf(done.map((task) => task.agent)), ...(group ? { group: nameOf(group) } : {}) }
    tell('done', say(WORDS[word], fields), back.length === 0 ? null : () => void run('undo', back))
  }

  return { asked, notices, run, dismiss, tell }
})

const WORDS = {
  ready: 'board.did.ready',
  pause: 'board.did.pause',
  logout: 'board.did.logout',
  'wrapup-end': 'board.did.wrapup-end',
  join: 'board.did.join',
  leave: 'board.did.leave',
  move: 'board.did.move',
  undo: 'board.did.undo',
} as const satisfies Record<string, Message>

/** 林晓燕 · 林晓燕等 3 人 */
export function whoOf(agents: readonly LiveAgent[]): string {
  const [first] = agents
  const name = first ? first.name || first.number : ''
  return agents.length < 2 ? name : say('board.people', { name, n: language.value === 'en' ? agents.length - 1 : agents.length })
}
