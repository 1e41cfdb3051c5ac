import '../look/versions.css'
import { useEffect, useState } from 'react'
import type { FileView, VersionView } from '../../peer/index.ts'
import { useScreen, useShell } from '../shell.tsx'
import { sayBytes } from '../words/figures.ts'
import { sayMoments, sayVersionDeed, sayVersions, versionWords } from '../words/version-words.ts'

/** The list "Versions of NAME", of a file that has more than one. */
export function VersionsList({ file }: { readonly file: FileView }) {
  const { model, downloads } = useShell()
  const versions = useVersions(file)
  const [askedId, setAskedId] = useState<string>()
  if (file.versions < 2 || versions.length < 2) return null
  const moments = sayMoments(versions.map(({ addedAt }) => addedAt))
  const download = ({ id, size }: VersionView) =>
    downloads.start({
      key: `fetch ${file.id} ${id}`,
      name: file.name,
      size,
      open: async () => (await model.peer).openFile(file.id, id),
    })
  return (
    <section className="versions">
      <h3>{sayVersions(file.name)}</h3>
      <ul className="versions" aria-label={sayVersions(file.name)}>
        {versions.map((version, at) => {
          const { id, size, isCurrent, canDownload } = version
          const moment = moments[at] ?? ''
          return (
            <li key={id} className="pair wrap">
              <div className="grows">
                <b className="strong">{moment}</b>
                <p className="soft small num">{isCurrent ? `${sayBytes(size)} · ${versionWords.current}` : sayBytes(size)}</p>
              </div>
              {askedId === id ? (
                <div className="actions">
                  <button
                    type="button"
                    className="button small danger"
                    aria-label={sayVersionDeed.deleteForGood(moment)}
                    onClick={() => {
                      setAskedId(undefined)
                      model.ask((peer) => peer.removeVersion(file.id, id))
                    }}
                  >
                    {versionWords.deleteForGood}
                  </button>
                  <button
                    type="button"
                    className="button small"
                    aria-label={sayVersionDeed.keep(moment)}
                    ref={focusOn}
                    onClick={() => setAskedId(undefined)}
                  >
                    {versionWords.keep}
                  </button>
                </div>
              ) : (
                <div className="actions">
                  {canDownload && (
                    <button
                      type="button"
                      className="button small"
                      aria-label={sayVersionDeed.download(moment)}
                      onClick={() => download(version)}
                    >
                      {versionWords.download}
                    </button>
                  )}
                  {!isCurrent && (
                    <button
                      type="button"
                      className="button small"
                      aria-label={sayVersionDeed.restore(moment)}
                      onClick={() => model.ask((peer) => peer.useVersion(file.id, id))}
                    >
                      {versionWords.restore}
                    </button>
                  )}
                  <button
                    type="button"
                    className="button small plain danger"
                    aria-label={sayVersionDeed.delete(moment)}
                    onClick={() => setAskedId(id)}
                  >
                    {versionWords.delete}
                  </button>
                </div>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** The button that was pressed is gone: the focus goes to the safe answer. */
function focusOn(button: HTMLButtonElement | null): void {
  button?.focus()
}

/** Asks the peer for the versions of a file with more than one, whenever its row or the people have changed. */
function useVersions(file: FileView): readonly VersionView[] {
  const { model } = useShell()
  const { peer } = useScreen()
  const [versions, setVersions] = useState<readonly VersionView[]>([])
  useEffect(() => {
    if (file.versions < 2) return
    let isCurrent = true
    model.peer
      .then((running) => running.versions(file.id))
      .then(
        (found) => {
          if (isCurrent) setVersions(found)
        },
        () => undefined,
      )
    return () => {
      isCurrent = false
    }
  }, [model, file, peer.people])
  return versions
}
