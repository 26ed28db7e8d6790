import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { manual } from './manual.js'

const box = process.env.LINEBOX_URL ?? 'http://127.0.0.1:8186'

export default defineConfig({
  plugins: [vue(), manual()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': { target: box, ws: true, secure: false } } },
  test: { include: ['tests/**/*.test.ts'] },
})
