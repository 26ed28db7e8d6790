import { ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'

type Shapes = components['schemas']
export type Home = Shapes['Home']
export type TodayCalls = Shapes['TodayCalls']
export type Ceilings = Shapes['Ceilings']
export type Trouble = Shapes['Trouble']

export const readHome = (): Promise<Home> => ask('/api/home')
