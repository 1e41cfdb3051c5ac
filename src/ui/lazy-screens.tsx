import { lazy } from 'react'

const load = {
  link: () => import('./link/link-page.tsx'),
  list: () => import('./folders/file-list.tsx'),
  give: () => import('./give/give-screen.tsx'),
  people: () => import('./people/people-screen.tsx'),
  you: () => import('./you/you-screen.tsx'),
  transfers: () => import('./transfers/transfers-tray.tsx'),
  trash: () => import('./tree/trash-screen.tsx'),
  rescue: () => import('./parts/rescue.tsx'),
  restore: () => import('./you/restore.tsx'),
  doubles: () => import('./files/doubles-dialog.tsx'),
  missing: () => import('./parts/missing.tsx'),
}

/** Screens and sheets that the first paint does not wait for. */
export const LinkPage = lazy(async () => ({ default: (await load.link()).LinkPage }))
export const FileList = lazy(async () => ({ default: (await load.list()).FileList }))
export const TrashScreen = lazy(async () => ({ default: (await load.trash()).TrashScreen }))
export const GiveScreen = lazy(async () => ({ default: (await load.give()).GiveScreen }))
export const PeopleScreen = lazy(async () => ({ default: (await load.people()).PeopleScreen }))
export const YouScreen = lazy(async () => ({ default: (await load.you()).YouScreen }))
export const TransfersTray = lazy(async () => ({ default: (await load.transfers()).TransfersTray }))
export const RescueChoices = lazy(async () => ({ default: (await load.rescue()).RescueChoices }))
export const Missing = lazy(async () => ({ default: (await load.missing()).Missing }))
export const Restore = lazy(async () => ({ default: (await load.restore()).Restore }))
export const DoublesDialog = lazy(async () => ({ default: (await load.doubles()).DoublesDialog }))

/** Loads the page of a link, for a visit that begins there; resolves even if that fails. */
export async function loadLinkPage(): Promise<void> {
  await load.link().catch(() => undefined)
}

/** Loads the list of files, once the shell has been painted. */
export function loadRows(): void {
  load.list().catch(() => undefined)
}

/** Loads all of them, so that they are ready when they are needed, even without a network. A failure shows when one is needed. */
export function loadScreens(): void {
  for (const bring of Object.values(load)) bring().catch(() => undefined)
}
