import { createContext, useContext, useSyncExternalStore, type ComponentType, type ReactNode } from 'react'
import { assert } from '../core/errors.ts'
import type { ScreenModel, ScreenView } from './screen-model.ts'
import type { Downloads, DownloadView } from './downloads/downloads.ts'
import type { Notice, Notices } from './notices.ts'
import type { Rescue } from './words/rescue-words.ts'
import type { Sheets } from './sheets.ts'
import type { PageClock, PageMemory } from './surroundings.ts'

/** The parts of the page that every screen may use. */
export interface Shell {
  readonly model: ScreenModel
  readonly downloads: Downloads
  readonly notices: Notices
  readonly sheets: Sheets
  readonly clock: PageClock
  readonly memory: PageMemory
  /** Version of the app, as people can report it. */
  readonly version: string
  readonly onEveryScreen: OnEveryScreen
}

/** Components that stand on every screen and are loaded after the first paint. */
export interface OnEveryScreen {
  readonly TransfersTray: ComponentType
  readonly RescueChoices: ComponentType<{ readonly rescue: Rescue }>
  readonly Missing: ComponentType
}

const ShellContext = createContext<Shell | undefined>(undefined)

/** Gives `shell` to everything below. */
export function ShellProvider({ shell, children }: { readonly shell: Shell; readonly children: ReactNode }) {
  return <ShellContext value={shell}>{children}</ShellContext>
}

/** Returns the shell of this page. */
export function useShell(): Shell {
  const shell = useContext(ShellContext)
  assert(shell !== undefined, 'a screen stands inside the shell')
  return shell
}

/** Returns the view of the screens now, and again after every change. */
export function useScreen(): ScreenView {
  const { model } = useShell()
  return useSyncExternalStore(model.watch, model.snapshot)
}

/** Returns the downloads of this page, and again after every change. */
export function useDownloads(): readonly DownloadView[] {
  const { downloads } = useShell()
  return useSyncExternalStore(downloads.watch, downloads.snapshot)
}

/** Returns the notices shown now, and again after every change. */
export function useNotices(): readonly Notice[] {
  const { notices } = useShell()
  return useSyncExternalStore(notices.watch, notices.snapshot)
}
