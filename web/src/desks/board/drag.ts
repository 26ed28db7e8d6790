import { shallowRef } from 'vue'
import type { LiveAgent } from '@/shared/live/model'

/** The agents under way from the list to a group; null while nobody is dragged. */
export const dragged = shallowRef<readonly LiveAgent[] | null>(null)
