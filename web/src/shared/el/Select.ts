import 'element-plus/es/components/select/style/css'
import './theme.css'
import { ElOption as AnyOption, ElSelect as AnySelect } from 'element-plus'

/** What we use of it, typed by us: its own types don't hold under `exactOptionalPropertyTypes`. */
interface SelectProps<Value> {
  readonly modelValue: Value
  readonly 'onUpdate:modelValue'?: (value: Value) => void
  readonly onVisibleChange?: (open: boolean) => void
  readonly id: string
  readonly disabled: boolean
  readonly filterable: boolean
  readonly placeholder: string
  readonly noMatchText: string
  readonly noDataText: string
  readonly teleported: boolean
}
interface OptionProps {
  readonly value: string | number
  readonly label: string
}

export const ElSelect = AnySelect as unknown as new <Value extends string | number>(props: SelectProps<Value>) => { $props: SelectProps<Value>; $slots: { default: () => unknown } }
export const ElOption = AnyOption as unknown as new () => { $props: OptionProps }
