import '@/shared/tokens.css'
import '@/shared/kit.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'
import { i18n } from '@/shared/i18n'

createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
