import { ref } from 'vue'

export type Theme = 'light' | 'dark'

/** The theme of the page; first-paint.js has set it before the first frame. */
export const theme = ref<Theme>(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')

export function setTheme(next: Theme): void {
  theme.value = next
  document.documentElement.dataset.theme = next
  localStorage.setItem('linebox.theme', next)
}

// Until somebody chooses, the page follows the system.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
  if (localStorage.getItem('linebox.theme') !== null) return
  theme.value = matches ? 'dark' : 'light'
  document.documentElement.dataset.theme = theme.value
})
