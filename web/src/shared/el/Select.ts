import 'element-plus/es/components/select/style/css'
import './theme.css'
import { ElOption as AnyOption, ElSelect as AnySelect } from 'element-plus'

/** What we use of it, typed by us: its own types don't hold under `exactOptionalPropertyTypes`. */
interface SelectProps {
  readonly modelValue: string | number
  readonly 'onUpdate:modelValue'?: (value: string) => void
  readonly id?: string
  readonly disabled?: boolean
  readonly filterable?: boolean
  readonly placeholder?: string
  readonly noMatchText?: string
}
interface OptionProps {
  readonly value: string | number
  readonly label: string
}
type Part<Props> = new () => { $props: Props; $slots: { default?: () => unknown } }

export const ElSelect = AnySelect as unknown as Part<SelectProps>
export const ElOption = AnyOption as unknown as Part<OptionProps>
