import { onBeforeUnmount, ref, type Ref } from 'vue'

/** This device's clock, once a second: a talk's time goes on whether or not the live picture is fed. */
export function useTick(everyMs = 500): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => { now.value = Date.now() }, everyMs)
  onBeforeUnmount(() => { clearInterval(timer) })
  return now
}
