import { useState } from 'react'
import type { PageMemory } from '../surroundings.ts'

/** How the page looks: as the system does, or always one way. */
export type Theme = 'system' | 'light' | 'dark'

/** The choices in their order, with their names. */
export const themes: readonly { readonly value: Theme; readonly name: string }[] = [
  { value: 'system', name: 'System' },
  { value: 'light', name: 'Light' },
  { value: 'dark', name: 'Dark' },
]

/** Tells whether `text` is a theme. */
export function isTheme(text: string): text is Theme {
  return themes.some((theme) => theme.value === text)
}

/** Makes the page look as remembered; before its first paint. */
export function applyTheme(memory: PageMemory): Theme {
  const remembered = memory.read('theme') ?? ''
  const theme = isTheme(remembered) ? remembered : 'system'
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  return theme
}

/** Returns the theme and how to choose another, which is remembered. */
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
