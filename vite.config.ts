import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [react()],
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'workers/**/*.test.ts'], exclude: ['**/*.browser.test.ts', 'node_modules'] },
})
