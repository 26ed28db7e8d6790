import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { alarmsOf } from './alarms'
import { groupRows, type GroupRow } from './board'
import { boxNow, clockNow, learnTime, resumeClocks, stopClocks } from './clock'
import type { LiveAgent, LiveGroup, Snapshot } from './model'
import { LiveSocket, type Pulse, type Wire } from './socket'
import { ask } from '@/shared/api/client'

/** `never`: nothing was shown yet. `live`: as it is now. `gone`: the last picture, no longer fed. */
export type Line = 'never' | 'live' | 'gone'

/** Where the picture comes from, and how long a line may be silent before it is asked whether it lives. */
export interface Source {
  readonly path: '/api/live' | '/api/wall/live'
  readonly silenceMs: number
}
const PAGE: Source = { path: '/api/live', silenceMs: 8000 }

/** The one picture of the box that every page shares. */
export const useLive = defineStore('live', () => {
  const snapshot = shallowRef<Snapshot | null>(null)
  const line = ref<Line>('never')
  /** Box time in ms at which the line broke. */
  const goneSince = ref<number | null>(null)
  const failures = ref(0)
  /** Box time in ms of the last sign of life; null before the first. */
  const heardAt = shallowRef<number | null>(null)
  let onLost: (() => void) | null = null
  let source = PAGE

  const open = (query: string): Wire => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    return new WebSocket(`${scheme}://${location.host}${source.path}/ws${query}`)
  }

  const socket = new LiveSocket({
    open,
    probe: () => ask<Pulse>(source.path, { limitMs: 4000 }),
    silenceMs: () => source.silenceMs,
    listener: {
      picture(next) {
        snapshot.value = next
        if (next.stale_since === null) resumeClocks()
        else stopClocks()
      },
      heard(at) {
        learnTime(at)
        heardAt.value = boxNow()
      },
      connected() {
        line.value = 'live'
        goneSince.value = null
        failures.value = 0
        if (snapshot.value === null || snapshot.value.stale_since === null) resumeClocks()
      },
      lost() {
        failures.value += 1
        if (line.value === 'live') {
          line.value = 'gone'
          goneSince.value = boxNow()
          stopClocks()
        }
        onLost?.()
      },
    },
  })

  const nudge = (): void => {
    if (document.visibilityState === 'visible') socket.nudge()
  }

  /** `lost` is called after every failure to connect, so that a session that ended is noticed. */
  function start(lost: () => void, from: Source = PAGE): void {
    onLost = lost
    source = from
    addEventListener('online', nudge)
    document.addEventListener('visibilitychange', nudge)
    socket.start()
  }

  function stop(): void {
    removeEventListener('online', nudge)
    document.removeEventListener('visibilitychange', nudge)
    socket.stop()
    snapshot.value = null
    line.value = 'never'
    goneSince.value = null
    failures.value = 0
    heardAt.value = null
  }

  /** Since when (box ms) the picture isn't fed, be it the network or calld; null while it is. */
  const staleSince = computed(() => {
    if (goneSince.value !== null) return goneSince.value
    const since = snapshot.value?.stale_since ?? null
    return since === null ? null : Date.parse(since)
  })

  const groupsById = computed(() => new Map<number, LiveGroup>((snapshot.value?.groups ?? []).map((g) => [g.id, g])))
  const agentsByNumber = computed(() => new Map<string, LiveAgent>((snapshot.value?.agents ?? []).map((a) => [a.number, a])))

  /** The groups by pressure, and what must be acted on: made once for all who show them. */
  const rows = computed((before?: GroupRow[]) => (snapshot.value === null ? [] : groupRows(snapshot.value, clockNow.value, before)))
  const alarms = computed(() => (snapshot.value === null ? [] : alarmsOf(snapshot.value, rows.value, clockNow.value)))

  return { snapshot, line, goneSince, staleSince, failures, heardAt, groupsById, agentsByNumber, rows, alarms, start, stop, retry: nudge }
})
