import { useState } from 'react'
import type { PageMemory } from '../surroundings.ts'

/** The look of the page: that of the system, or always one. */
export type Theme = 'system' | 'light' | 'dark'

/** The choices in their order. */
export const themes: readonly Theme[] = ['system', 'light', 'dark']

/** Tells whether `text` is a theme. */
export function isTheme(text: string): text is Theme {
  return themes.some((theme) => theme === text)
}

/** Gives the page the remembered look, before its first paint. */
export function applyTheme(memory: PageMemory): Theme {
  const remembered = memory.read('theme') ?? ''
  const theme = isTheme(remembered) ? remembered : 'system'
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  return theme
}

/** Returns the theme, and a function that sets and remembers another. */
export function useTheme(memory: PageMemory): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(() => applyTheme(memory))
  return [
    theme,
    (chosen) => {
      memory.write('theme', chosen)
      setTheme(applyTheme(memory))
    },
  ]
}
