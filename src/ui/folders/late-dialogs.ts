import { lazy } from 'react'

/** Dialogs that are seldom opened; they come with the trash. */
export const NameDialog = lazy(async () => ({ default: (await import('../tree/name-dialog.tsx')).NameDialog }))
export const MoveDialog = lazy(async () => ({ default: (await import('../tree/move-dialog.tsx')).MoveDialog }))
