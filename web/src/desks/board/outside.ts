import { onBeforeUnmount, onMounted, type Ref } from 'vue'

/** Calls `act` for each press outside of `element` while the component lives. */
export function onClickOutside(element: Readonly<Ref<HTMLElement | null>>, act: () => void): void {
  const listen = (event: PointerEvent): void => {
    if (event.target instanceof Node && element.value?.contains(event.target) !== true) act()
  }
  onMounted(() => { document.addEventListener('pointerdown', listen) })
  onBeforeUnmount(() => { document.removeEventListener('pointerdown', listen) })
}
