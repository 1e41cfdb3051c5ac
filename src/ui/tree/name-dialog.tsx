import { useId } from 'react'
import { Sheet } from '../parts/sheet.tsx'
import { sayRename, treeWords } from '../words/tree-words.ts'
import { NameForm } from './name-form.tsx'
import '../look/tree.css'

interface Properties {
  /** What gets another name; without it a new folder is named. */
  readonly of?: { readonly name: string; readonly size: number; readonly madeAt?: number }
  readonly onName: (name: string) => void
  readonly onClose: () => void
}

/** Asks for the name of a new folder, or for another name of a file or a folder. */
export function NameDialog({ of, onName, onClose }: Properties) {
  const title = useId()
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onClose}>
      <h2 id={title}>{of === undefined ? treeWords.newFolder : sayRename(of.name)}</h2>
      <NameForm
        name={of?.name ?? ''}
        isFile={of !== undefined && of.madeAt === undefined}
        button={of === undefined ? treeWords.make : treeWords.save}
        onCancel={onClose}
        onName={(name) => {
          if (name !== of?.name) onName(name)
          onClose()
        }}
      />
    </Sheet>
  )
}
